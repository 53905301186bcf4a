-- Each figure of the region's own authorities beside that of the same quarter a year before: the pooled z of
-- two proportions for percentages, the conditional z of two counts for rates and counts, and phi, the usual
-- spread of such changes among all areas in the latest eight quarters; 1 or more.
CREATE OR REPLACE VIEW year_ago AS
WITH pairs AS (
  SELECT
    now.collection,
    now.authority,
    now.indicator,
    now.quarter,
    now.value,
    now.numerator,
    now.denominator,
    now.status,
    now.version,
    now.unit,
    before.value AS previous,
    now.value - before.value AS change,
    CASE WHEN now.unit = 'count' THEN coalesce(now.numerator, now.value) ELSE now.numerator END AS x1,
    CASE WHEN now.unit = 'count' THEN coalesce(before.numerator, before.value) ELSE before.numerator END AS x0,
    CASE WHEN now.unit = 'count' THEN 1.0 ELSE now.denominator END AS n1,
    CASE WHEN now.unit = 'count' THEN 1.0 ELSE before.denominator END AS n0,
    before.status AS previous_status,
    before.version AS previous_version,
    CASE
      WHEN now.reason IS NOT NULL THEN now.reason
      WHEN before.reason IS NOT NULL THEN 'last year: ' || before.reason
      WHEN before.value IS NULL THEN 'last year: no figure'
    END AS reason
  FROM judged AS now
  LEFT JOIN judged AS before
    ON before.collection = now.collection
    AND before.authority = now.authority
    AND before.indicator = now.indicator
    AND before.quarter = now.quarter - 4
),
scored AS (
  SELECT
    *,
    coalesce(x1 IS NOT NULL AND x0 IS NOT NULL AND n1 > 0 AND n0 > 0 AND x1 >= 0 AND x0 >= 0, FALSE)
      AS has_parts,
    CASE
      WHEN x1 + x0 = 0 THEN 0.0
      WHEN unit = 'percent' THEN (x1 / n1 - x0 / n0)
        / nullif(sqrt((x0 + x1) / (n0 + n1) * (1 - (x0 + x1) / (n0 + n1)) * (1 / n0 + 1 / n1)), 0)
      ELSE (x1 - (x0 + x1) * n1 / (n0 + n1)) / sqrt((x0 + x1) * n1 / (n0 + n1) * (1 - n1 / (n0 + n1)))
    END AS z
  FROM pairs
),
squares AS (
  SELECT
    collection,
    indicator,
    quarter,
    sum(z * z) AS squared,
    count(z) AS areas
  FROM scored
  WHERE has_parts AND reason IS NULL AND x0 + x1 >= year_events_min()
  GROUP BY collection, indicator, quarter
),
spread AS (
  SELECT
    asked.collection,
    asked.indicator,
    asked.quarter,
    greatest(1.0, sum(counted.squared) / nullif(sum(counted.areas), 0)) AS phi
  FROM (SELECT DISTINCT collection, indicator, quarter FROM scored) AS asked
  JOIN squares AS counted
    ON counted.collection = asked.collection
    AND counted.indicator = asked.indicator
    AND counted.quarter BETWEEN asked.quarter - year_spread_quarters() + 1 AND asked.quarter
  GROUP BY asked.collection, asked.indicator, asked.quarter
)
SELECT
  scored.collection,
  scored.authority,
  scored.indicator,
  scored.quarter,
  scored.value,
  scored.numerator,
  scored.denominator,
  scored.status,
  scored.version,
  scored.quarter - 4 AS previous_quarter,
  scored.previous,
  scored.x0 AS previous_numerator,
  CASE WHEN scored.unit <> 'count' THEN scored.n0 END AS previous_denominator,
  scored.previous_status,
  scored.previous_version,
  scored.change,
  scored.has_parts,
  scored.x0 + scored.x1 AS events,
  CASE WHEN scored.has_parts THEN scored.z END AS z,
  coalesce(spread.phi, 1.0) AS phi,
  CASE WHEN scored.has_parts THEN scored.z / sqrt(coalesce(spread.phi, 1.0)) END AS score,
  CASE
    WHEN scored.reason IS NOT NULL THEN scored.reason
    WHEN scored.has_parts AND scored.x0 + scored.x1 < year_events_min() THEN 'small numbers'
  END AS reason
FROM scored
LEFT JOIN spread
  ON spread.collection = scored.collection
  AND spread.indicator = scored.indicator
  AND spread.quarter = scored.quarter;
