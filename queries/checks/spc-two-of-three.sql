/*
title = "Near the edge of its usual range"
asks = "Which figures came close to the worst that we would expect, in two of the last three?"
asks_neutral = "Which figures came close to the edge of their usual range, in two of the last three?"
severity = "low"
kind = "performance"
evidence = "own-history"
family = "own-history"
minimum_points = 13
open_after = 1
close_after = 2
says = "{area}, {indicator}: two of the last three {periods} were close to the worst we would expect or beyond it, with {value} in {quarter} (usual range {lower} to {upper})."
says_neutral = "{area}, {indicator}: two of the last three {periods} were close to the edge of the usual range or beyond it ({lower} to {upper}), with {value} in {quarter}."
says_regional = "{n} of {of} authorities had {indicator} near the edge of the usual range in {quarter}; likely a definition or national change."

[figures]
lower = "history"
upper = "history"
*/
-- Three figures on one side of what the figures before each of them lead to, two of them in the outer third of the
-- range or beyond it, the latest one of those (Making Data Count), and as far from what chance does to the counts. Not of
-- stock measures: there neighbouring quarters resemble each other, so that two of three are one: in a simulated region
-- without a change it found four times as much of a stock as of all others, and little else saw the changes less.
WITH charted AS (
  SELECT
    *,
    abs(expected_sigmas) > 2
      AND coalesce(abs(chance_z) > 2, TRUE) AS edge,
    edge
      AND count(expected_sigmas) OVER three = 3
      AND abs(sum(sign(expected_sigmas)) OVER three) = 3
      AND count_if(edge) OVER three >= 2 AS two_of_three
  FROM xmr
  WHERE collection = asked_collection()
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
    xmr.expected_mean AS mean,
    xmr.expected_lower AS lowest,
    xmr.expected_upper AS highest,
    xmr.expected_sigma AS sigma,
    xmr.expected_n AS n,
    xmr.expected_baseline AS baseline,
    coalesce(xmr.two_of_three, FALSE) AS in_three,
    xmr.expected_sigmas AS sigmas,
    coalesce(
      judged.reason,
      xmr.reason,
      CASE
        WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
        WHEN judged.behaviour = 'stock' THEN 'neighbouring quarters of a stock resemble each other'
        WHEN xmr.expected_lower IS NULL THEN 'too flat for limits'
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
    'lower', lowest,
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
