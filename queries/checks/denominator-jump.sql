/*
title = "Another population"
asks = "Which populations or bases of a rate changed at one go?"
severity = "low"
kind = "data-quality"
evidence = "data"
minimum_points = 2
open_after = 1
close_after = 1
default = "off"
says = "{area}: the base of {indicator} went from {previous:count} in {previous_quarter} to {denominator} in {quarter}. Is it another population?"
says_regional = "{n} of {of} authorities gave another base of {indicator} in {quarter}; likely a definition or national change."
harmless = ["previous_quarter"]

[figures]
previous = "previous_quarter"

[parameters]
# Of the base before.
share_max = 0.10
*/
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
    lag(found.denominator) OVER line AS previous,
    lag(found.quarter) OVER line AS previous_quarter
  FROM series AS found
  JOIN indicators AS settings
    ON settings.collection = found.collection AND settings.indicator = found.indicator
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
    abs(denominator - previous) / previous AS share
  FROM points
  WHERE quarter = asked_quarter()
)
SELECT
  authority,
  indicator,
  quarter,
  coalesce(share > getvariable('share_max'), FALSE) AS fires,
  CASE WHEN share > getvariable('share_max') THEN 1 ELSE 0 END AS level,
  share / getvariable('share_max') AS effect,
  NULL AS p,
  share IS NOT NULL AS eligible,
  CASE WHEN share IS NULL THEN 'no base before' END AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(quarter),
    'value', value,
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
FROM compared
ORDER BY authority, indicator;
