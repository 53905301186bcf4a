/*
title = "Steadily worse"
title_neutral = "Steadily changing"
asks = "Which figures have worsened steadily over the years?"
asks_neutral = "Which figures have risen or fallen steadily over the years?"
severity = "medium"
kind = "performance"
evidence = "own-history"
family = "own-history"
minimum_points = 8
open_after = 1
close_after = 2
says = "{area}, {indicator}: steadily worse since {start}, by about {slope:points} a year, with {value} in {quarter}."
says_neutral = "{area}, {indicator}: steadily {way} since {start}, by about {slope:points} a year, with {value} in {quarter}."
says_regional = "{n} of {of} authorities have had {indicator} move the same way for years; likely a definition or national change."
harmless = ["start", "way"]

[figures]
slope = "history"

[parameters]
# 98% two-sided; stock measures drift by themselves, and where neighbouring quarters resemble each other z comes out
# nearly twice as large.
fires_z = 2.326
fires_z_stock = 4.0
# The whole change as a share of the usual level, from which on it matters, and is medium.
share_min = 0.10
medium_share = 0.20
# Share of false discoveries across the run.
false_discovery = 0.10
*/
-- Mann-Kendall and Theil-Sen on the latest 12 to 20 figures; season by season where the measure follows the
-- seasons. False discoveries are limited by Benjamini and Hochberg.
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
    judged.behaviour,
    trend.n,
    trend.method,
    trend.first_quarter,
    trend.trend_z,
    trend.slope_per_year,
    trend.change,
    coalesce(trend.events < trend_events_min(), FALSE) AS handful,
    abs(trend.change) / nullif(abs(trend.middle), 0) AS share,
    CASE WHEN judged.adverse = 0 THEN abs(trend.trend_z) ELSE judged.adverse * trend.trend_z END AS effect,
    coalesce(judged.reason, trend.reason, CASE WHEN trend.n IS NULL THEN 'no figures' END) AS reason
  FROM judged
  LEFT JOIN trend
    ON trend.collection = judged.collection
    AND trend.authority = judged.authority
    AND trend.indicator = judged.indicator
    AND trend.quarter = judged.quarter
  WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
),
tested AS (
  SELECT
    *,
    CASE WHEN reason IS NULL THEN p_two_sided(trend_z) END AS p,
    coalesce(
      effect >= CASE behaviour
        WHEN 'stock' THEN getvariable('fires_z_stock')
        ELSE getvariable('fires_z')
      END
      AND share >= getvariable('share_min')
      -- The slope and the count of rises and falls may disagree.
      AND sign(change) = sign(trend_z)
      -- Less than a reader sees is no trend.
      AND abs(change) >= pow(10, -decimals),
      FALSE
    ) AS stands_out
  FROM points
),
ordered AS (
  SELECT
    *,
    bh_position(p, authority, indicator) AS position,
    count(p) OVER () AS tests
  FROM tested
),
corrected AS (
  SELECT
    *,
    bh_adjusted(p, position, tests) AS p_corrected
  FROM ordered
),
decided AS (
  SELECT
    *,
    reason IS NULL AND stands_out AND NOT handful AND coalesce(p_corrected <= getvariable('false_discovery'), FALSE) AS fires
  FROM corrected
)
SELECT
  authority,
  indicator,
  quarter,
  fires,
  CASE
    WHEN NOT fires OR adverse = 0 THEN 0
    WHEN share >= getvariable('medium_share') THEN 2
    ELSE 1
  END AS level,
  effect,
  p,
  reason IS NULL AS eligible,
  CASE
    WHEN reason IS NOT NULL THEN reason
    WHEN stands_out AND handful THEN 'a handful, of which chance makes trends'
    WHEN stands_out AND NOT fires THEN 'may be chance among so many figures'
  END AS reason,
  json_object(
    'says', CASE adverse WHEN 0 THEN 'neutral' ELSE 'says' END,
    'quarter', quarter_label(quarter),
    'value', value,
    'start', quarter_label(first_quarter),
    'slope', abs(slope_per_year),
    'way', CASE WHEN change > 0 THEN 'up' ELSE 'down' END,
    'change', change,
    'change_pct', 100 * share,
    'n', n,
    'method', method,
    'z', trend_z,
    'p_corrected', p_corrected,
    'direction', CASE WHEN change > 0 THEN 'up' ELSE 'down' END,
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
