-- Each figure of the region's own authorities beside that of the same quarter a year before: the pooled z of
-- two proportions for percentages, the conditional z of two counts for rates and counts, and phi, the usual
-- spread of such changes among all areas in the latest eight quarters: 1 or more, and 1 where there are too few.
-- `year_..`: four quarters together beside the four before them.
CREATE OR REPLACE VIEW year_ago AS
WITH parts AS (
  SELECT
    judged.collection,
    judged.authority,
    judged.indicator,
    judged.quarter,
    judged.value,
    judged.numerator,
    judged.denominator,
    judged.status,
    judged.version,
    judged.unit,
    judged.factor,
    judged.reason,
    CASE WHEN judged.unit = 'count' THEN coalesce(judged.numerator, judged.value) ELSE judged.numerator END AS x,
    CASE WHEN judged.unit = 'count' THEN 1.0 ELSE judged.denominator END AS n,
    coalesce(judged.reason IS NULL AND x >= 0 AND n > 0, FALSE) AS counts,
    -- A rolling year is a year already, and a yearly figure, too.
    judged.behaviour <> 'rolling-year' AND collections.step = 1 AS has_quarters
  FROM judged
  JOIN collection_settings AS collections ON collections.collection = judged.collection
),
years AS (
  SELECT
    *,
    CASE WHEN has_quarters AND count_if(counts) OVER this_year = 4 THEN sum(x) OVER this_year END AS year_x1,
    CASE WHEN has_quarters AND count_if(counts) OVER this_year = 4 THEN sum(n) OVER this_year END AS year_n1,
    CASE WHEN has_quarters AND count_if(counts) OVER year_before = 4 THEN sum(x) OVER year_before END AS year_x0,
    CASE WHEN has_quarters AND count_if(counts) OVER year_before = 4 THEN sum(n) OVER year_before END AS year_n0
  FROM parts
  WINDOW
    this_year AS (
      PARTITION BY collection, authority, indicator ORDER BY quarter RANGE BETWEEN 3 PRECEDING AND CURRENT ROW
    ),
    year_before AS (
      PARTITION BY collection, authority, indicator ORDER BY quarter RANGE BETWEEN 7 PRECEDING AND 4 PRECEDING
    )
),
pairs AS (
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
    now.factor,
    before.value AS previous,
    now.value - before.value AS change,
    now.x AS x1,
    before.x AS x0,
    now.n AS n1,
    before.n AS n0,
    now.year_x1,
    now.year_n1,
    now.year_x0,
    now.year_n0,
    before.status AS previous_status,
    before.version AS previous_version,
    CASE
      WHEN now.reason IS NOT NULL THEN now.reason
      WHEN before.reason IS NOT NULL THEN 'last year: ' || before.reason
      WHEN before.value IS NULL THEN 'last year: no figure'
    END AS reason
  FROM years AS now
  LEFT JOIN parts AS before
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
    pair_z(unit, x1, n1, x0, n0) AS z,
    pair_z(unit, year_x1, year_n1, year_x0, year_n0) AS year_z
  FROM pairs
),
squares AS (
  SELECT
    collection,
    indicator,
    quarter,
    -- None in either year is as good a pair as all in both.
    sum(z * z) FILTER (WHERE x0 + x1 >= year_events_min() OR x0 + x1 = 0) AS squared,
    count(z) FILTER (WHERE x0 + x1 >= year_events_min() OR x0 + x1 = 0) AS areas,
    sum(year_z * year_z) FILTER (WHERE year_x0 + year_x1 >= year_events_min() OR year_x0 + year_x1 = 0)
      AS year_squared,
    count(year_z) FILTER (WHERE year_x0 + year_x1 >= year_events_min() OR year_x0 + year_x1 = 0) AS year_areas
  FROM scored
  WHERE has_parts AND reason IS NULL
  GROUP BY collection, indicator, quarter
),
spread AS (
  SELECT
    asked.collection,
    asked.indicator,
    asked.quarter,
    usual_spread(sum(counted.squared), sum(counted.areas)) AS phi,
    usual_spread(sum(counted.year_squared), sum(counted.year_areas)) AS year_phi
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
  CASE scored.unit WHEN 'count' THEN scored.year_x1 ELSE scored.factor * scored.year_x1 / scored.year_n1 END
    AS year_value,
  CASE scored.unit WHEN 'count' THEN scored.year_x0 ELSE scored.factor * scored.year_x0 / scored.year_n0 END
    AS year_previous,
  coalesce(spread.year_phi, 1.0) AS year_phi,
  CASE
    WHEN scored.has_parts AND scored.year_x0 + scored.year_x1 >= year_events_min()
      THEN scored.year_z / sqrt(coalesce(spread.year_phi, 1.0))
  END AS year_score,
  CASE
    WHEN scored.reason IS NOT NULL THEN scored.reason
    WHEN scored.has_parts AND scored.x0 + scored.x1 < year_events_min() THEN 'small numbers'
  END AS reason
FROM scored
LEFT JOIN spread
  ON spread.collection = scored.collection
  AND spread.indicator = scored.indicator
  AND spread.quarter = scored.quarter;
