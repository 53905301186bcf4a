-- Limits of chance round each figure that has a numerator: Wilson for percentages; for counts and
-- rates exact below ten events, Byar from ten. In the unit of the value.
CREATE OR REPLACE VIEW intervals AS
WITH parts AS (
  SELECT
    series.collection,
    series.authority,
    series.indicator,
    series.quarter,
    series.value,
    series.numerator AS x,
    series.denominator AS n,
    series.status,
    series.version,
    settings.unit,
    settings.factor,
    CASE settings.unit WHEN 'count' THEN 1.0 ELSE settings.factor / nullif(series.denominator, 0) END AS scale
  FROM series
  JOIN indicator_settings AS settings
    ON settings.collection = series.collection AND settings.indicator = series.indicator
  WHERE series.value IS NOT NULL AND series.numerator >= 0 AND is_asked(series.collection)
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  value,
  x AS numerator,
  n AS denominator,
  status,
  version,
  CASE unit WHEN 'percent' THEN 'wilson' ELSE CASE WHEN x < 10 THEN 'exact' ELSE 'byar' END END AS method,
  CASE unit WHEN 'percent' THEN factor * wilson_low(x, n, z95()) ELSE scale * count_low_95(x) END AS low95,
  CASE unit WHEN 'percent' THEN factor * wilson_high(x, n, z95()) ELSE scale * count_high_95(x) END AS high95,
  CASE unit WHEN 'percent' THEN factor * wilson_low(x, n, z998()) ELSE scale * count_low_998(x) END AS low998,
  CASE unit WHEN 'percent' THEN factor * wilson_high(x, n, z998()) ELSE scale * count_high_998(x) END AS high998
FROM parts
WHERE unit = 'count' OR n > 0;
