/*
title = "A new level"
asks = "Which figures have been on the worse side of their usual level for long?"
asks_neutral = "Which figures have been on one side of their usual level for long?"
severity = "medium"
kind = "performance"
evidence = "own-history"
family = "own-history"
minimum_points = 13
open_after = 1
close_after = 2
says = "{area}, {indicator}: {side} the usual level ({mean}) for {quarters} {periods} in a row, with {value} in {quarter}."
says_regional = "{n} of {of} authorities have had another level of {indicator} up to {quarter}; likely a definition or national change."
harmless = ["side", "quarters"]

[figures]
mean = "history"

[parameters]
# From the level before, in standard errors of the difference: three, as any limit.
fires_z = 3.0
*/
-- Seven figures or more on one side of the mean (Making Data Count); a figure on the mean, or a gap, ends the
-- run. The length of a run stands in `views/parameters.sql`. Among so many series a run comes by chance, too: the
-- figures of the run must differ on average from those before it. Of a stock measure neighbouring quarters resemble
-- each other, so that such runs are usual and mean nothing: half of what it found in a simulated region without
-- a change, and almost nothing of what had changed that the other checks did not find.
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
    xmr.one_side_before AS mean,
    xmr.sigma,
    xmr.one_side_n_before AS n,
    'before the run' || coalesce(' since ' || quarter_label(xmr.since), '') AS baseline,
    xmr.one_side,
    coalesce(xmr.in_shift, FALSE) AS in_shift,
    (xmr.one_side_mean - xmr.one_side_before) / nullif(xmr.sigma, 0) AS sigmas,
    abs(sigmas) / sqrt(1.0 / xmr.one_side + 1.0 / nullif(xmr.one_side_n_before, 0)) >= getvariable('fires_z')
      AS is_new_level,
    coalesce(
      judged.reason,
      xmr.reason,
      CASE
        WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
        WHEN judged.behaviour = 'stock' THEN 'neighbouring quarters of a stock resemble each other'
      END
    ) AS reason
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
    CASE WHEN adverse = 0 THEN abs(sigmas) ELSE adverse * sigmas END AS effect
  FROM points
)
SELECT
  authority,
  indicator,
  quarter,
  coalesce(reason IS NULL AND in_shift AND is_new_level AND effect > 0, FALSE) AS fires,
  CASE WHEN reason IS NULL AND in_shift AND is_new_level AND effect > 0 AND adverse <> 0 THEN 2 ELSE 0 END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  CASE
    WHEN reason IS NOT NULL THEN reason
    WHEN in_shift AND effect > 0 AND NOT coalesce(is_new_level, FALSE) THEN 'a run no further off than chance would be'
  END AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(quarter),
    'value', value,
    'mean', mean,
    'sigma', sigma,
    'n', n,
    'baseline', baseline,
    'quarters', one_side,
    'side', CASE WHEN value > mean THEN 'above' ELSE 'below' END,
    'direction', CASE WHEN value > mean THEN 'up' ELSE 'down' END,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM effects
ORDER BY authority, indicator;
