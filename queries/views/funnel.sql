-- Each area against its peers of the same quarter, after allowing for the usual spread between areas
-- (Spiegelhalter's additive model on the square-root scale). The peers are the region's authorities;
-- for a publisher's collection all authorities of the country. Held figures and small denominators are left
-- out. Where few events are expected an area counts for the spread, and cannot be judged itself.
CREATE OR REPLACE VIEW funnel AS
WITH peers AS (
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
    CASE unit WHEN 'percent' THEN denominator ELSE denominator * average / factor END AS e,
    CASE unit
      WHEN 'percent' THEN denominator * average / factor * (1 - average / factor)
      ELSE denominator * average / factor
    END >= funnel_events_min()
    OR rarer_events(unit, numerator, denominator, NULL) >= funnel_seen_min() AS eligible,
    -- Where most stand at 0 or at 100% nothing can be learnt of the spread between areas.
    CASE unit
      WHEN 'percent' THEN greatest(count_if(numerator = 0) OVER peers, count_if(numerator = denominator) OVER peers)
      ELSE count_if(numerator = 0) OVER peers
    END * 2 > count(*) OVER peers AS most_at_one_end,
    sum(numerator) OVER peers - numerator AS x_others,
    nullif(sum(denominator) OVER peers - denominator, 0) AS n_others
  FROM plain_funnel
  WHERE average > 0
  WINDOW peers AS (PARTITION BY collection, indicator, quarter)
),
angles AS (
  SELECT
    *,
    pair_z(unit, x, n, x_others, n_others) AS z_others,
    CASE unit WHEN 'percent' THEN asin(sqrt(x / n)) ELSE sqrt(x / e) END AS y,
    CASE unit WHEN 'percent' THEN asin(sqrt(p0)) ELSE 1.0 END AS y0,
    1 / (2 * sqrt(e)) AS s
  FROM peers
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
),
adjusted AS (
  SELECT
    scores.*,
    between_areas.areas,
    between_areas.phi,
    between_areas.tau2,
    sqrt(scores.s * scores.s + between_areas.tau2) AS total
  FROM scores
  JOIN between_areas
    ON between_areas.collection = scores.collection
    AND between_areas.indicator = scores.indicator
    AND between_areas.quarter = scores.quarter
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
  factor * p0 AS average,
  areas,
  z AS z_plain,
  phi,
  tau2,
  (y - y0) / total AS z,
  most_at_one_end,
  z_others,
  funnel_low(unit, factor, p0, funnel_z95() * total) AS low95,
  funnel_high(unit, factor, p0, funnel_z95() * total) AS high95,
  funnel_low(unit, factor, p0, funnel_z998() * total) AS low998,
  funnel_high(unit, factor, p0, funnel_z998() * total) AS high998,
  eligible,
  CASE
    WHEN NOT eligible THEN 'fewer than ' || CAST(funnel_events_min() AS INTEGER) || ' expected events'
  END AS reason
FROM adjusted;
