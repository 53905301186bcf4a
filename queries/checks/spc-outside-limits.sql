/*
title = "Outside its usual range"
asks = "Which figures are outside the range that their own history would lead us to expect?"
severity = "high"
kind = "performance"
evidence = "own-history"
family = "own-history"
minimum_points = 13
open_after = 1
close_after = 2
says = "{area}: {indicator} stood at {value} in {quarter}, outside the range that earlier figures would lead us to expect ({lower} to {upper})."
says_neutral = "{area}: {indicator} stood at {value} in {quarter}, unusual against earlier figures (usual range {lower} to {upper})."
says_flat = "{area}: {indicator} stood at {value} in {quarter}, against {mean} in the {k} figures before it, which hardly moved. Chance is an unlikely explanation."
says_unlike = "{area}: {indicator} stood at {value} in {quarter}, against {mean} in the {k} figures before it, which hardly moved."
says_regional = "{n} of {of} authorities had an unusual {indicator} in {quarter}; likely a definition or national change."
harmless = ["k"]

[figures]
mean = "history"
lower = "history"
upper = "history"

[parameters]
# Beyond so many standard deviations the level is high.
high_sigmas = 4.0
# Of figures that hardly ever moved: the change that matters, a tenth or two percentage points.
relative_change_min = 0.10
points_change_min = 2.0
*/
-- The range is what the figures before this one lead to (`xmr.expected_lower`). From so few the range may come out
-- narrower than chance is: the counts must be further apart than that, too. Figures that hardly ever moved, such
-- as 100% for years, lead to none: there chance alone is asked, by all of them together against this one; and where
-- nobody knows of how many they are, a change that matters is told at a low level.
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
    xmr.expected_mean AS mean,
    xmr.expected_lower AS lowest,
    xmr.expected_upper AS highest,
    xmr.expected_sigma AS spread,
    xmr.expected_n AS n,
    xmr.expected_baseline AS baseline,
    xmr.chance_z,
    coalesce(xmr.within_chance, FALSE) AS within_chance,
    coalesce(xmr.reason = 'too flat for limits', xmr.expected_lower IS NULL AND xmr.expected_mean IS NOT NULL)
      AND coalesce(xmr.chance_z IS NOT NULL OR (judged.numerator IS NULL AND judged.unit <> 'count'), FALSE) AS flat,
    xmr.expected_sigmas,
    abs(judged.value - xmr.expected_mean) >= getvariable('relative_change_min') * abs(xmr.expected_mean) - 1e-9
      OR (
        judged.unit = 'percent'
        AND abs(judged.value - xmr.expected_mean) >= getvariable('points_change_min') - 1e-9
      ) AS matters,
    coalesce(
      judged.reason,
      CASE WHEN NOT flat THEN xmr.reason END,
      CASE
        WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
        WHEN xmr.expected_lower IS NULL AND NOT flat THEN 'too flat for limits'
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
placed AS (
  SELECT
    *,
    coalesce(
      CASE
        WHEN NOT flat THEN value < lowest OR value > highest
        ELSE matters AND value <> mean
      END,
      FALSE
    ) AS beyond,
    beyond AND NOT within_chance AS outside,
    CASE WHEN flat THEN chance_z ELSE expected_sigmas END AS sigmas,
    sign(value - mean) * CASE WHEN adverse = 0 THEN sign(value - mean) ELSE adverse END > 0 AS is_worse
  FROM points
),
effects AS (
  SELECT
    *,
    CASE WHEN adverse = 0 THEN abs(sigmas) ELSE adverse * sigmas END AS effect
  FROM placed
)
SELECT
  authority,
  indicator,
  quarter,
  coalesce(reason IS NULL AND outside AND is_worse, FALSE) AS fires,
  CASE
    WHEN reason IS NOT NULL OR NOT outside OR adverse = 0 OR NOT is_worse THEN 0
    WHEN effect IS NULL THEN 1
    -- How unusual it is among figures that hardly moved, nobody knows.
    WHEN effect > getvariable('high_sigmas') AND NOT flat THEN 3
    ELSE 2
  END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  CASE
    WHEN reason IS NOT NULL THEN reason
    WHEN beyond AND within_chance AND is_worse THEN 'within what chance does to the counts'
  END AS reason,
  json_object(
    'says', CASE
      WHEN flat AND sigmas IS NULL THEN 'unlike'
      WHEN flat THEN 'flat'
      WHEN adverse = 0 THEN 'neutral'
      ELSE 'says'
    END,
    'quarter', quarter_label(quarter),
    'value', value,
    'mean', mean,
    'lower', CASE WHEN NOT flat THEN lowest END,
    'upper', CASE WHEN NOT flat THEN highest END,
    'sigma', CASE WHEN NOT flat THEN spread END,
    'n', n,
    'k', n,
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
