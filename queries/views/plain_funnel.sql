-- Each area against the pooled average of its peers of the same quarter, by chance alone, as OHID's funnels have
-- it: for percentages the limits of chance round the average at the area's size; a rate is high when the
-- average lies below the area's own limits of chance, and low when above. Areas that really differ lie
-- outside all the time: `funnel` allows for that. Of a small area the lower limit may lie below nothing.
CREATE OR REPLACE VIEW plain_funnel AS
WITH peers AS (
  SELECT
    series.collection,
    series.indicator,
    series.quarter,
    series.authority,
    series.own,
    series.value,
    series.numerator AS x,
    series.denominator AS n,
    series.status,
    series.version,
    settings.unit,
    settings.factor
  FROM series
  JOIN indicator_settings AS settings
    ON settings.collection = series.collection AND settings.indicator = series.indicator
  LEFT JOIN held
    ON held.collection = series.collection
    AND held.authority = series.authority
    AND held.indicator = series.indicator
    AND held.quarter = series.quarter
  WHERE
    series.level = 'authority'
    AND series.carried_from IS NULL
    AND held.held_by IS NULL
    AND is_asked(series.collection)
    AND is_needed(series.quarter, 0)
    AND settings.unit IN ('percent', 'rate')
    AND series.value IS NOT NULL
    AND series.numerator >= 0
    AND series.denominator > 0
    AND (settings.unit = 'rate' OR series.numerator <= series.denominator)
    AND series.denominator >= coalesce(settings.minimum_denominator, 0)
),
pooled AS (
  SELECT
    *,
    sum(x) OVER (PARTITION BY collection, indicator, quarter)
      / sum(n) OVER (PARTITION BY collection, indicator, quarter) AS p0
  FROM peers
),
limits AS (
  SELECT
    *,
    CASE unit WHEN 'percent' THEN factor * expected_low(p0, n, z95()) END AS low95,
    CASE unit WHEN 'percent' THEN factor * expected_high(p0, n, z95()) END AS high95,
    CASE unit WHEN 'percent' THEN factor * expected_low(p0, n, z998()) END AS low998,
    CASE unit WHEN 'percent' THEN factor * expected_high(p0, n, z998()) END AS high998
  FROM pooled
)
SELECT
  collection,
  authority,
  own,
  indicator,
  quarter,
  value,
  x AS numerator,
  n AS denominator,
  status,
  version,
  unit,
  factor,
  factor * p0 AS average,
  low95,
  high95,
  low998,
  high998,
  CASE
    WHEN unit = 'percent' AND factor * x / n > high998 THEN 'high-99.8'
    WHEN unit = 'percent' AND factor * x / n > high95 THEN 'high-95'
    WHEN unit = 'percent' AND factor * x / n < low998 THEN 'low-99.8'
    WHEN unit = 'percent' AND factor * x / n < low95 THEN 'low-95'
    WHEN unit = 'rate' AND p0 < count_low_998(x) / n THEN 'high-99.8'
    WHEN unit = 'rate' AND p0 < count_low_95(x) / n THEN 'high-95'
    WHEN unit = 'rate' AND p0 > count_high_998(x) / n THEN 'low-99.8'
    WHEN unit = 'rate' AND p0 > count_high_95(x) / n THEN 'low-95'
    ELSE 'as-expected'
  END AS significance
FROM limits;
