-- What a figure of the region's own authorities is compared with, each with its vintage. The region is
-- the sum of numerators over the sum of denominators of its own authorities that gave both parts; for
-- a count, their total. Neighbours and country are from the last published quarter that is not later
-- than the figure; where nothing is published, neighbours are those inside the region, same quarter.
CREATE OR REPLACE VIEW comparators AS
WITH parts AS (
  SELECT
    judged.collection,
    -- Published files give past years under the code of a successor: both are one place.
    coalesce(mine.dfe_number, mine.authority) AS place,
    coalesce(mine.valid_from <= quarter_last_day(judged.quarter), TRUE)
      AND coalesce(mine.valid_until >= quarter_last_day(judged.quarter), TRUE) AS exists_then,
    judged.indicator,
    judged.quarter,
    judged.unit,
    judged.factor,
    coalesce(judged.numerator, CASE judged.unit WHEN 'count' THEN judged.value END) AS numerator,
    judged.denominator
  FROM judged
  JOIN authority_settings AS mine ON mine.authority = judged.authority
  -- What is carried on is counted where it came from.
  WHERE judged.carried_from IS NULL
),
given AS (
  SELECT
    *,
    numerator IS NOT NULL AND (unit = 'count' OR coalesce(denominator > 0, FALSE)) AS counts
  FROM parts
),
region AS (
  SELECT
    collection,
    indicator,
    quarter,
    any_value(unit) AS unit,
    any_value(factor) AS factor,
    greatest(
      count(DISTINCT place) FILTER (WHERE exists_then),
      count(DISTINCT place) FILTER (WHERE counts)
    ) AS expected,
    count(DISTINCT place) FILTER (WHERE counts) AS contributors,
    sum(numerator) FILTER (WHERE unit = 'count' OR denominator > 0) AS numerator,
    sum(denominator) FILTER (WHERE numerator IS NOT NULL AND denominator > 0) AS denominator
  FROM given
  GROUP BY collection, indicator, quarter
),
published AS (
  SELECT
    series.indicator,
    series.quarter,
    series.authority,
    series.level,
    max_by(series.value, series.collection) AS value,
    max(series.collection) AS collection
  FROM series
  JOIN collection_settings AS collections ON collections.collection = series.collection
  WHERE
    collections.reporters = 'publisher'
    AND series.value IS NOT NULL
    AND series.carried_from IS NULL
  GROUP BY series.indicator, series.quarter, series.authority, series.level
),
listed AS (
  SELECT
    neighbours.authority,
    neighbours.dfe_number,
    areas.authority AS neighbour,
    count(DISTINCT neighbours.dfe_number) OVER (PARTITION BY neighbours.authority) AS listed
  FROM neighbour_settings AS neighbours
  JOIN region_settings ON region_settings.neighbours_version = neighbours.version
  LEFT JOIN areas ON areas.dfe_number = neighbours.dfe_number
),
each_published AS (
  SELECT
    listed.authority,
    published.indicator,
    published.quarter,
    listed.dfe_number,
    any_value(listed.listed) AS listed,
    max(published.value) AS value,
    max(published.collection) AS collection
  FROM listed
  JOIN published ON published.authority = listed.neighbour
  GROUP BY listed.authority, published.indicator, published.quarter, listed.dfe_number
),
published_neighbours AS (
  SELECT
    authority,
    indicator,
    quarter,
    max(collection) AS collection,
    avg(value) AS mean,
    median(value) AS median,
    count(*) AS available,
    any_value(listed) AS listed
  FROM each_published
  GROUP BY authority, indicator, quarter
),
inside_neighbours AS (
  SELECT
    listed.authority,
    inside.collection,
    inside.indicator,
    inside.quarter,
    avg(inside.value) AS mean,
    median(inside.value) AS median,
    count(*) AS available,
    any_value(listed.listed) AS listed
  FROM listed
  JOIN judged AS inside ON inside.authority = listed.neighbour
  WHERE inside.value IS NOT NULL AND inside.carried_from IS NULL
  GROUP BY listed.authority, inside.collection, inside.indicator, inside.quarter
),
country AS (
  SELECT
    indicator,
    quarter,
    min_by(value, authority) AS value,
    min_by(collection, authority) AS collection
  FROM published
  WHERE level = 'national'
  GROUP BY indicator, quarter
),
region_published AS (
  SELECT
    published.indicator,
    published.quarter,
    published.value,
    published.collection
  FROM published
  JOIN region_settings ON region_settings.code = published.authority
)
SELECT
  mine.collection,
  mine.authority,
  mine.indicator,
  mine.quarter,
  mine.value,
  CASE mine.unit
    WHEN 'count' THEN region.numerator
    ELSE mine.factor * region.numerator / nullif(region.denominator, 0)
  END AS region_value,
  region.numerator AS region_numerator,
  region.denominator AS region_denominator,
  CAST(region.contributors AS INTEGER) AS region_contributors,
  CAST(region.expected AS INTEGER) AS region_expected,
  coalesce(published_neighbours.mean, inside_neighbours.mean) AS neighbours_mean,
  coalesce(published_neighbours.median, inside_neighbours.median) AS neighbours_median,
  CAST(coalesce(published_neighbours.available, inside_neighbours.available) AS INTEGER)
    AS neighbours_available,
  CAST(coalesce(published_neighbours.listed, inside_neighbours.listed) AS INTEGER) AS neighbours_listed,
  coalesce(published_neighbours.collection, inside_neighbours.collection) AS neighbours_collection,
  coalesce(published_neighbours.quarter, inside_neighbours.quarter) AS neighbours_quarter,
  country.value AS country_value,
  country.collection AS country_collection,
  country.quarter AS country_quarter,
  region_published.value AS region_published_value,
  region_published.collection AS region_published_collection,
  region_published.quarter AS region_published_quarter,
  ranks.rank,
  ranks.ranked,
  ranks.quartile,
  CASE collections.reporters WHEN 'publisher' THEN 'country' ELSE 'region' END AS ranked_in
FROM judged AS mine
JOIN collection_settings AS collections ON collections.collection = mine.collection
JOIN region
  ON region.collection = mine.collection
  AND region.indicator = mine.indicator
  AND region.quarter = mine.quarter
ASOF LEFT JOIN published_neighbours
  ON published_neighbours.authority = mine.authority
  AND published_neighbours.indicator = mine.indicator
  AND published_neighbours.quarter <= mine.quarter
LEFT JOIN inside_neighbours
  ON inside_neighbours.authority = mine.authority
  AND inside_neighbours.collection = mine.collection
  AND inside_neighbours.indicator = mine.indicator
  AND inside_neighbours.quarter = mine.quarter
ASOF LEFT JOIN country
  ON country.indicator = mine.indicator
  AND country.quarter <= mine.quarter
ASOF LEFT JOIN region_published
  ON region_published.indicator = mine.indicator
  AND region_published.quarter <= mine.quarter
LEFT JOIN ranks
  ON ranks.collection = mine.collection
  AND ranks.authority = mine.authority
  AND ranks.indicator = mine.indicator
  AND ranks.quarter = mine.quarter;
