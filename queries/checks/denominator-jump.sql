/*
title = "Another population"
asks = "Which populations or bases of a rate changed at one go?"
severity = "low"
kind = "data-quality"
evidence = "data"
minimum_points = 2
open_after = 1
close_after = 1
says = "{area}: {base} went from {previous:count} in {previous_quarter} to {denominator} in {quarter}; {indicator} {way} by {pct} for that reason alone. Is it another population?"
says_shared = "{area}: {base} went from {previous:count} in {previous_quarter} to {denominator} in {quarter}; the {k} rates for it {way} by {pct} for that reason alone. Is it another population?"
says_published = "{area}: {base} went from {previous:count} in {previous_quarter} to {denominator} in {quarter}, as published; {indicator} {way} by {pct} for that reason alone."
says_published_shared = "{area}: {base} went from {previous:count} in {previous_quarter} to {denominator} in {quarter}, as published; the {k} rates for it {way} by {pct} for that reason alone."
says_regional = "{n} of {of} authorities gave another base of {indicator} in {quarter}; likely a definition or national change."
harmless = ["base", "k", "way", "previous_quarter"]

[figures]
previous = "previous_quarter"
pct = "previous_quarter"

[parameters]
# Of the base before.
share_max = 0.10
*/
-- A base that several rates share is told once, under the first of them: those that went from the same number to the
-- same number. A publisher's base is information only. Where the rate is asked about as a jump, which names the base,
-- that is the one story; so it is told under a rate that is not.
WITH points AS (
  SELECT
    found.authority,
    found.indicator,
    found.quarter,
    found.value,
    found.stated,
    found.numerator,
    found.denominator,
    found.status,
    found.provisional,
    settings.unit,
    settings.decimals,
    settings.denominator_name,
    collections.reporters = 'publisher' AS published,
    held.jump_eligible AND held.jumps_by_base AND NOT held.published AND holds('implausible-jump') AS told_as_jump,
    lag(found.denominator) OVER line AS previous,
    lag(found.quarter) OVER line AS previous_quarter
  FROM series AS found
  JOIN held
    ON held.collection = found.collection
    AND held.authority = found.authority
    AND held.indicator = found.indicator
    AND held.quarter = found.quarter
  JOIN indicators AS settings
    ON settings.collection = found.collection AND settings.indicator = found.indicator
  JOIN collection_settings AS collections ON collections.collection = found.collection
  WHERE
    found.own
    AND found.collection = asked_collection()
    AND found.carried_from IS NULL
    AND settings.unit = 'rate'
    AND found.denominator > 0
  WINDOW line AS (PARTITION BY found.authority, found.indicator ORDER BY found.quarter)
),
compared AS (
  SELECT
    *,
    abs(denominator - previous) / previous AS share,
    count(*) OVER same_base AS rates,
    first_value(indicator) OVER same_base AS told_under
  FROM points
  WHERE quarter = asked_quarter()
  WINDOW same_base AS (
    PARTITION BY authority, previous, previous_quarter, denominator
    ORDER BY told_as_jump, indicator
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
  )
),
decided AS (
  SELECT
    *,
    coalesce(share > getvariable('share_max'), FALSE) AS changed,
    changed AND indicator = told_under AND NOT told_as_jump AS fires
  FROM compared
)
SELECT
  authority,
  indicator,
  quarter,
  fires,
  CASE WHEN fires AND NOT published THEN 1 ELSE 0 END AS level,
  share / getvariable('share_max') AS effect,
  NULL AS p,
  share IS NOT NULL AS eligible,
  CASE
    WHEN share IS NULL THEN 'no base before'
    WHEN changed AND told_as_jump THEN 'told by implausible-jump'
    WHEN changed AND NOT fires THEN 'the same base as that of ' || told_under
  END AS reason,
  json_object(
    'says', CASE
      WHEN rates > 1 THEN CASE WHEN published THEN 'published_shared' ELSE 'shared' END
      ELSE CASE WHEN published THEN 'published' ELSE 'says' END
    END,
    'quarter', quarter_label(quarter),
    'value', value,
    'base', denominator_name,
    'k', rates,
    'pct', 100 * abs(previous / denominator - 1),
    'way', CASE WHEN denominator < previous THEN 'rose' ELSE 'fell' END,
    'previous', previous,
    'previous_quarter', quarter_label(previous_quarter),
    'direction', CASE WHEN denominator > previous THEN 'up' ELSE 'down' END,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM decided
ORDER BY authority, indicator;
