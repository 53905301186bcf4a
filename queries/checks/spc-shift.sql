/*
title = "A new level"
asks = "Which figures have been on the worse side of their usual level for long?"
asks_neutral = "Which figures have been on one side of their usual level for long?"
severity = "medium"
kind = "performance"
evidence = "own-history"
minimum_points = 13
open_after = 1
close_after = 2
says = "{area}, {indicator}: {side} the usual level ({mean}) for {quarters} {periods} in a row, with {value} in {quarter}."
says_regional = "{n} of {of} authorities have had another level of {indicator} up to {quarter}; likely a definition or national change."
harmless = ["side", "quarters"]

[figures]
mean = "history"
*/
-- Seven figures or more on one side of the mean (Making Data Count); a figure on the mean, or a gap, ends the
-- run. The length of a run stands in `views/parameters.sql`. Of a stock measure neighbouring quarters resemble
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
    xmr.mean,
    xmr.sigma,
    xmr.n,
    xmr.baseline,
    xmr.one_side,
    coalesce(xmr.in_shift, FALSE) AS in_shift,
    (xmr.one_side_mean - xmr.mean) / nullif(xmr.sigma, 0) AS sigmas,
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
  coalesce(reason IS NULL AND in_shift AND effect > 0, FALSE) AS fires,
  CASE WHEN reason IS NULL AND in_shift AND effect > 0 AND adverse <> 0 THEN 2 ELSE 0 END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  reason,
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
