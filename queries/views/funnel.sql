-- Each area against its peers of the same quarter, after allowing for the usual spread between areas
-- (Spiegelhalter's additive model on the square-root scale). The peers are the region's authorities;
-- for a publisher's collection all authorities of the country. Small and held figures are left out.
CREATE OR REPLACE VIEW funnel AS
WITH enough AS (
  SELECT
    collection,
    authority,
    own,
    indicator,
    quarter,
    value,
    numerator AS x,
    denominator AS n,
    status,
    version,
    unit,
    factor,
    average / factor AS p0,
    CASE unit WHEN 'percent' THEN denominator ELSE denominator * average / factor END AS e
  FROM plain_funnel
  WHERE
    average > 0
    AND CASE unit
      WHEN 'percent' THEN denominator * average / factor * (1 - average / factor)
      ELSE denominator * average / factor
    END >= funnel_events_min()
),
angles AS (
  SELECT
    *,
    CASE unit WHEN 'percent' THEN asin(sqrt(x / n)) ELSE sqrt(x / e) END AS y,
    CASE unit WHEN 'percent' THEN asin(sqrt(p0)) ELSE 1.0 END AS y0,
    1 / (2 * sqrt(e)) AS s
  FROM enough
),
scores AS (
  SELECT
    *,
    (y - y0) / s AS z
  FROM angles
),
trims AS (
  SELECT
    collection,
    indicator,
    quarter,
    quantile_cont(z, funnel_trim()) AS lowest,
    quantile_cont(z, 1 - funnel_trim()) AS highest
  FROM scores
  GROUP BY collection, indicator, quarter
),
spread AS (
  SELECT
    scores.collection,
    scores.indicator,
    scores.quarter,
    count(*) AS areas,
    avg(pow(least(greatest(scores.z, trims.lowest), trims.highest), 2)) AS phi,
    sum(pow(scores.s, -2)) AS weight,
    sum(pow(scores.s, -4)) AS weight2
  FROM scores
  JOIN trims
    ON trims.collection = scores.collection
    AND trims.indicator = scores.indicator
    AND trims.quarter = scores.quarter
  GROUP BY scores.collection, scores.indicator, scores.quarter
),
between_areas AS (
  SELECT
    collection,
    indicator,
    quarter,
    areas,
    phi,
    CASE
      WHEN areas * phi < areas - 1 THEN 0.0
      ELSE coalesce(greatest(0.0, (areas * phi - (areas - 1)) / nullif(weight - weight2 / weight, 0)), 0.0)
    END AS tau2
  FROM spread
)
SELECT
  scores.collection,
  scores.authority,
  scores.own,
  scores.indicator,
  scores.quarter,
  scores.value,
  scores.x AS numerator,
  scores.n AS denominator,
  scores.status,
  scores.version,
  scores.factor * scores.p0 AS average,
  between_areas.areas,
  scores.z AS z_plain,
  between_areas.phi,
  between_areas.tau2,
  (scores.y - scores.y0) / sqrt(scores.s * scores.s + between_areas.tau2) AS z,
  CASE scores.unit
    WHEN 'percent' THEN scores.factor * pow(sin(greatest(
      0.0, scores.y0 - z998() * sqrt(scores.s * scores.s + between_areas.tau2))), 2)
    ELSE scores.factor * scores.p0 * pow(greatest(
      0.0, 1 - z998() * sqrt(scores.s * scores.s + between_areas.tau2)), 2)
  END AS low998,
  CASE scores.unit
    WHEN 'percent' THEN scores.factor * pow(sin(least(
      pi() / 2, scores.y0 + z998() * sqrt(scores.s * scores.s + between_areas.tau2))), 2)
    ELSE scores.factor * scores.p0 * pow(1 + z998() * sqrt(scores.s * scores.s + between_areas.tau2), 2)
  END AS high998
FROM scores
JOIN between_areas
  ON between_areas.collection = scores.collection
  AND between_areas.indicator = scores.indicator
  AND between_areas.quarter = scores.quarter;
