/*
title = "Worse time after time"
title_neutral = "Rising or falling time after time"
asks = "Which figures have got worse time after time?"
asks_neutral = "Which figures have risen or fallen time after time?"
severity = "medium"
kind = "performance"
evidence = "own-history"
family = "own-history"
minimum_points = 6
open_after = 1
close_after = 2
says = "{area}, {indicator}: worse for {quarters} {periods} running, from {first} to {value} in {quarter}."
says_neutral = "{area}, {indicator}: {way} for {quarters} {periods} running, from {first} to {value} in {quarter}."
says_regional = "{n} of {of} authorities had {indicator} move the same way {period} after {period} up to {quarter}; likely a definition or national change."
harmless = ["way", "quarters"]

[figures]
first = "quarters"

[parameters]
# Figures from which on it is more than information.
full_points = 13
# Moved by so many standard deviations in all: six figures without a change span less, 19 times in 20.
moved_min = 4.03
# And from so many on the level is medium.
medium_sigmas = 6.0
*/
-- Six figures or more, each worse than the one before (NHS England's spreadsheet; 7 in the NHS-R package); a
-- tie or a gap ends the run, and what is shown alike, or is the same count of children, is a tie. The length of a
-- run, and how many events it needs, stand in `views/parameters.sql`.
WITH points AS (
  SELECT
    judged.authority,
    judged.indicator,
    judged.quarter,
    judged.value,
    judged.stated,
    judged.numerator,
    judged.denominator,
    judged.status,
    judged.provisional,
    judged.unit,
    judged.decimals,
    judged.adverse,
    xmr.sigma,
    xmr.n,
    xmr.shown_way,
    xmr.shown_way_from,
    coalesce(xmr.shown_way >= trend_length(), FALSE) AS in_trend,
    coalesce(xmr.shown_way_events < trend_events_min(), FALSE) AS handful,
    (judged.value - xmr.shown_way_from) / nullif(xmr.sigma, 0) AS moved,
    CASE
      WHEN judged.reason IS NOT NULL THEN judged.reason
      WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
      WHEN xmr.n < trend_length() THEN 'fewer than ' || trend_length() || ' figures'
      WHEN NOT xmr.trial THEN xmr.reason
    END AS reason
  FROM judged
  LEFT JOIN xmr
    ON xmr.collection = judged.collection
    AND xmr.authority = judged.authority
    AND xmr.indicator = judged.indicator
    AND xmr.quarter = judged.quarter
  WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
),
effects AS (
  SELECT
    *,
    CASE WHEN adverse = 0 THEN abs(moved) ELSE adverse * moved END AS effect
  FROM points
),
decided AS (
  SELECT
    *,
    CASE
      WHEN reason IS NOT NULL THEN reason
      WHEN NOT in_trend OR adverse * (value - shown_way_from) < 0 THEN NULL
      WHEN handful THEN 'a handful, of which chance makes runs'
      WHEN effect < getvariable('moved_min') THEN 'moved no further than chance would'
    END AS why_not,
    coalesce(reason IS NULL AND in_trend AND why_not IS NULL AND effect > 0, FALSE) AS fires
  FROM effects
)
SELECT
  authority,
  indicator,
  quarter,
  fires,
  CASE
    WHEN NOT fires OR adverse = 0 OR n < getvariable('full_points') THEN 0
    WHEN effect > getvariable('medium_sigmas') THEN 2
    ELSE 1
  END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  why_not AS reason,
  json_object(
    'says', CASE adverse WHEN 0 THEN 'neutral' ELSE 'says' END,
    'quarter', quarter_label(quarter),
    'value', value,
    'first', shown_way_from,
    'quarters', shown_way - 1,
    'way', CASE WHEN value > shown_way_from THEN 'up' ELSE 'down' END,
    'sigma', sigma,
    'n', n,
    'direction', CASE WHEN value > shown_way_from THEN 'up' ELSE 'down' END,
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
