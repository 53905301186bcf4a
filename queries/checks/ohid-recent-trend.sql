/*
title = "A trend over five years"
asks = "Which annual figures have got worse over the last five years?"
asks_neutral = "Which annual figures have risen or fallen over the last five years?"
severity = "low"
kind = "performance"
evidence = "own-history"
minimum_points = 5
open_after = 1
close_after = 2
default = "off"
says = "{area}, {indicator}: worse over the last five years, to {value} in {quarter}."
says_neutral = "{area}, {indicator}: {way} over the last five years, to {value} in {quarter}."
says_regional = "{n} of {of} authorities had a five-year trend of {indicator} up to {quarter}; likely a definition or national change."
harmless = ["way"]

[parameters]
# 99.8% of chi-squared with one degree of freedom.
chi_squared_min = 9.54953570608324
*/
-- The recent-trend marker of Fingertips (OHID), for annual figures: chi-squared for a trend over the latest
-- five figures, and a slope that keeps its sign when any one of them is left out. For percentages by numerator and
-- denominator, else by the limits of chance. It fires too often where cases come in clusters.
WITH latest AS (
  SELECT
    judged.authority,
    judged.indicator,
    judged.unit,
    judged.value,
    judged.numerator AS x,
    judged.denominator AS n,
    intervals.low95,
    intervals.high95,
    row_number() OVER (PARTITION BY judged.authority, judged.indicator ORDER BY judged.quarter DESC) AS age
  FROM judged
  JOIN collection_settings AS collections ON collections.collection = judged.collection AND collections.step = 4
  LEFT JOIN intervals
    ON intervals.collection = judged.collection
    AND intervals.authority = judged.authority
    AND intervals.indicator = judged.indicator
    AND intervals.quarter = judged.quarter
  WHERE judged.collection = asked_collection() AND judged.value IS NOT NULL
),
five AS (
  SELECT
    *,
    6 - age AS t,
    unit = 'percent' AND x IS NOT NULL AND n IS NOT NULL AS as_proportion,
    pow(3.92 / nullif(high95 - low95, 0), 2) AS weight,
    CASE WHEN x > 0 AND x < n THEN ln(x / (n - x)) END AS logit
  FROM latest
  WHERE age <= 5
),
left_out AS (
  SELECT
    five.*,
    unnest([0, 1, 2, 3, 4, 5]) AS without
  FROM five
),
fits AS (
  SELECT
    authority,
    indicator,
    without,
    bool_and(as_proportion) AS as_proportion,
    count(*) AS years,
    count(logit) AS logits,
    count(weight) AS weights,
    max(rarer_events(unit, x, n, value)) AS events,
    finite(regr_slope(logit, t)) AS logit_slope,
    sum(weight) AS w,
    sum(weight * t) AS wt,
    sum(weight * t * t) AS wtt,
    sum(weight * value) AS wv,
    sum(weight * value * t) AS wvt,
    sum(n) AS n,
    sum(x) AS x,
    sum(x * t) AS xt,
    sum(n * t) AS nt,
    sum(n * t * t) AS ntt
  FROM left_out
  WHERE t <> without
  GROUP BY authority, indicator, without
),
slopes AS (
  SELECT
    *,
    CASE
      WHEN as_proportion AND logits = years THEN logit_slope
      WHEN NOT as_proportion AND weights = years THEN (w * wvt - wt * wv) / nullif(w * wtt - wt * wt, 0)
    END AS slope,
    CASE
      WHEN as_proportion THEN n * pow(n * xt - x * nt, 2) / nullif(x * (n - x) * (n * ntt - nt * nt), 0)
      ELSE pow((w * wvt - wt * wv) / nullif(w * wtt - wt * wt, 0), 2) * (w * wtt - wt * wt) / w
    END AS chi_squared
  FROM fits
),
markers AS (
  SELECT
    authority,
    indicator,
    max(years) FILTER (WHERE without = 0) AS years,
    max(events) FILTER (WHERE without = 0) AS events,
    max(slope) FILTER (WHERE without = 0) AS slope,
    max(chi_squared) FILTER (WHERE without = 0) AS chi_squared,
    count(slope) AS fitted,
    abs(sum(CASE WHEN slope < 0 THEN -1 ELSE 1 END) FILTER (WHERE slope IS NOT NULL)) = 6 AS keeps_its_sign
  FROM slopes
  GROUP BY authority, indicator
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
    markers.slope,
    markers.chi_squared,
    markers.keeps_its_sign,
    CASE
      WHEN judged.reason IS NOT NULL THEN judged.reason
      WHEN collections.step <> 4 THEN 'for annual figures only'
      WHEN coalesce(markers.years, 0) < 5 THEN 'fewer than 5 figures'
      WHEN markers.events < trend_events_min() THEN 'a handful, of which chance makes trends'
      WHEN markers.fitted < 6 OR markers.chi_squared IS NULL THEN 'cannot be calculated'
    END AS reason,
    sqrt(markers.chi_squared) * CASE judged.adverse
      WHEN 0 THEN 1
      ELSE judged.adverse * sign(markers.slope)
    END AS effect
  FROM judged
  JOIN collection_settings AS collections ON collections.collection = judged.collection
  LEFT JOIN markers ON markers.authority = judged.authority AND markers.indicator = judged.indicator
  WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
),
decided AS (
  SELECT
    *,
    CASE
      WHEN reason IS NOT NULL THEN 'cannot-be-calculated'
      WHEN NOT keeps_its_sign OR chi_squared <= getvariable('chi_squared_min') THEN 'no-change'
      WHEN slope > 0 THEN 'increasing'
      ELSE 'decreasing'
    END AS marker
  FROM points
)
SELECT
  authority,
  indicator,
  quarter,
  marker IN ('increasing', 'decreasing') AND effect > 0 AS fires,
  CASE WHEN marker IN ('increasing', 'decreasing') AND effect > 0 AND adverse <> 0 THEN 1 ELSE 0 END AS level,
  effect,
  CASE WHEN reason IS NULL THEN p_two_sided(sqrt(chi_squared)) END AS p,
  reason IS NULL AS eligible,
  reason,
  json_object(
    'says', CASE adverse WHEN 0 THEN 'neutral' ELSE 'says' END,
    'quarter', quarter_label(quarter),
    'value', value,
    'marker', marker,
    'chi_squared', chi_squared,
    'slope', slope,
    'way', CASE WHEN slope > 0 THEN 'up' ELSE 'down' END,
    'direction', CASE WHEN slope > 0 THEN 'up' ELSE 'down' END,
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
