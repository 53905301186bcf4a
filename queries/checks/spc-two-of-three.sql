/*
title = "Near the edge of its usual range"
asks = "Which figures came close to the worst that we would expect, in two of the last three?"
asks_neutral = "Which figures came close to the edge of their usual range, in two of the last three?"
severity = "low"
kind = "performance"
evidence = "own-history"
minimum_points = 13
open_after = 1
close_after = 2
says = "{area}, {indicator}: two of the last three {periods} were close to the worst we would expect, with {value} in {quarter} (usual range {lower} to {upper})."
says_neutral = "{area}, {indicator}: two of the last three {periods} were close to the edge of the usual range ({lower} to {upper}), with {value} in {quarter}."
says_regional = "{n} of {of} authorities had {indicator} near the edge of the usual range in {quarter}; likely a definition or national change."

[figures]
lower = "history"
upper = "history"
*/
-- Three figures on one side of the mean, two of them in the outer third of the limits, the latest one of those
-- (Making Data Count). Where neighbouring quarters resemble each other that is usual, and means nothing. Of a
-- stock measure the limits are three standard deviations at least, as in `spc-outside-limits`.
WITH spread_out AS (
  SELECT
    *,
    3 * greatest(sigma, deviation) AS spread,
    3 * (value - mean) / nullif(spread, 0) AS spreads
  FROM xmr
  WHERE collection = asked_collection()
),
charted AS (
  SELECT
    *,
    abs(spreads) > 2 AND abs(spreads) <= 3
      AND count(spreads) OVER three = 3
      AND abs(sum(sign(spreads)) OVER three) = 3
      AND count_if(abs(spreads) > 2 AND abs(spreads) <= 3) OVER three >= 2 AS in_three_spread_out
  FROM spread_out
  WINDOW three AS (
    PARTITION BY authority, indicator, since ORDER BY quarter ROWS BETWEEN 2 PRECEDING AND CURRENT ROW
  )
),
points AS (
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
    CASE judged.behaviour WHEN 'stock' THEN xmr.mean - xmr.spread ELSE xmr.lower END AS lowest,
    CASE judged.behaviour WHEN 'stock' THEN xmr.mean + xmr.spread ELSE xmr.upper END AS highest,
    xmr.sigma,
    xmr.n,
    xmr.baseline,
    coalesce(
      CASE judged.behaviour WHEN 'stock' THEN xmr.in_three_spread_out ELSE xmr.in_three END,
      FALSE
    ) AS in_three,
    (judged.value - xmr.mean) / nullif(xmr.sigma, 0) AS sigmas,
    coalesce(
      judged.reason,
      xmr.reason,
      CASE
        WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
        WHEN xmr.autocorrelation > autocorrelation_max() THEN 'neighbouring quarters resemble each other'
      END
    ) AS reason
  FROM judged
  LEFT JOIN charted AS xmr
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
  coalesce(reason IS NULL AND in_three AND effect > 0, FALSE) AS fires,
  CASE WHEN reason IS NULL AND in_three AND effect > 0 AND adverse <> 0 THEN 1 ELSE 0 END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  reason,
  json_object(
    'says', CASE adverse WHEN 0 THEN 'neutral' ELSE 'says' END,
    'quarter', quarter_label(quarter),
    'value', value,
    'mean', mean,
    'lower', greatest(lowest, 0),
    'upper', highest,
    'sigma', sigma,
    'n', n,
    'baseline', baseline,
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
