/*
title = "Outside its usual range"
asks = "Which figures are outside the range that their own history would lead us to expect?"
severity = "high"
kind = "performance"
evidence = "own-history"
minimum_points = 13
open_after = 1
close_after = 2
says = "{area}: {indicator} stood at {value} in {quarter}, outside the range that earlier figures would lead us to expect ({lower} to {upper})."
says_neutral = "{area}: {indicator} stood at {value} in {quarter}, unusual against earlier figures (usual range {lower} to {upper})."
says_regional = "{n} of {of} authorities had an unusual {indicator} in {quarter}; likely a definition or national change."

[figures]
lower = "history"
upper = "history"

[parameters]
# Beyond so many standard deviations the level is high.
high_sigmas = 4.0
*/
-- Of a stock measure the limits are three standard deviations at least: steps between neighbouring quarters that
-- resemble each other are smaller than the spread. In a simulated region without a change that is four false
-- findings in ten fewer, and of a step of three standard deviations it misses 5 in 100 more.
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
    xmr.n,
    xmr.baseline,
    CASE judged.behaviour WHEN 'stock' THEN greatest(xmr.sigma, xmr.deviation) ELSE xmr.sigma END AS spread,
    xmr.mean - CASE judged.behaviour
      WHEN 'stock' THEN greatest(xmr.mean - xmr.lower, 3 * xmr.deviation)
      ELSE xmr.mean - xmr.lower
    END AS lowest,
    xmr.mean + CASE judged.behaviour
      WHEN 'stock' THEN greatest(xmr.upper - xmr.mean, 3 * xmr.deviation)
      ELSE xmr.upper - xmr.mean
    END AS highest,
    coalesce(judged.value < lowest OR judged.value > highest, FALSE) AS outside,
    (judged.value - xmr.mean) / nullif(spread, 0) AS sigmas,
    coalesce(
      judged.reason,
      xmr.reason,
      CASE WHEN judged.behaviour = 'rolling-year' THEN 'rolling year' END
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
    authority,
    indicator,
    quarter,
    value,
    stated,
    numerator,
    denominator,
    status,
    provisional,
    unit,
    decimals,
    adverse,
    mean,
    lowest,
    highest,
    spread,
    n,
    baseline,
    outside,
    reason,
    CASE WHEN adverse = 0 THEN abs(sigmas) ELSE adverse * sigmas END AS effect
  FROM points
)
SELECT
  authority,
  indicator,
  quarter,
  coalesce(reason IS NULL AND outside AND effect > 0, FALSE) AS fires,
  CASE
    WHEN reason IS NOT NULL OR NOT outside OR adverse = 0 OR effect <= 0 THEN 0
    WHEN effect > getvariable('high_sigmas') THEN 3
    ELSE 2
  END AS level,
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
    'sigma', spread,
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
