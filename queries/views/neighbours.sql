-- Each figure of the region's own authorities beside those of its statistical neighbours: their median, and
-- how far from it in robust standard deviations (median absolute deviation; where that is nothing, the
-- quartiles). From the last published quarter that is at most one quarter older; else from inside the region.
CREATE OR REPLACE VIEW neighbours AS
WITH listed AS (
  SELECT
    neighbours.authority,
    areas.authority AS neighbour,
    areas.name,
    neighbours.dfe_number,
    count(DISTINCT neighbours.dfe_number) OVER (PARTITION BY neighbours.authority) AS listed
  FROM neighbour_settings AS neighbours
  JOIN region_settings ON region_settings.neighbours_version = neighbours.version
  LEFT JOIN areas ON areas.dfe_number = neighbours.dfe_number
),
others AS (
  SELECT
    series.collection,
    series.indicator,
    series.quarter,
    series.authority,
    series.value,
    collections.reporters = 'publisher' AS published
  FROM series
  JOIN collection_settings AS collections ON collections.collection = series.collection
  LEFT JOIN held
    ON held.collection = series.collection
    AND held.authority = series.authority
    AND held.indicator = series.indicator
    AND held.quarter = series.quarter
  WHERE
    series.level = 'authority'
    AND series.value IS NOT NULL
    AND series.carried_from IS NULL
    AND held.held_by IS NULL
    AND is_needed(series.quarter, neighbour_lag_max())
),
-- One figure of each neighbour, although a place may have had several codes.
each_other AS (
  SELECT
    listed.authority,
    others.published,
    others.collection,
    others.indicator,
    others.quarter,
    any_value(listed.listed) AS listed,
    max_by(listed.name, others.value) AS name,
    max(others.value) AS value
  FROM listed
  JOIN others ON others.authority = listed.neighbour
  GROUP BY
    listed.authority, others.published, others.collection, others.indicator, others.quarter, listed.dfe_number
),
groups AS (
  SELECT
    authority,
    published,
    collection,
    indicator,
    quarter,
    any_value(listed) AS listed,
    count(*) AS available,
    median(value) AS middle,
    mad(value) AS deviation,
    list(struct_pack(name := name, value := value) ORDER BY value DESC, name) AS figures,
    quantile_cont(value, 0.75) - quantile_cont(value, 0.25) AS inner_range
  FROM each_other
  GROUP BY authority, published, collection, indicator, quarter
),
matched AS (
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
    groups.listed,
    groups.available,
    groups.middle,
    groups.deviation,
    groups.figures,
    groups.inner_range,
    groups.collection AS neighbours_collection,
    groups.quarter AS neighbours_quarter
  FROM judged
  LEFT JOIN groups
    ON groups.authority = judged.authority
    AND groups.indicator = judged.indicator
    AND (
      (groups.published AND groups.quarter BETWEEN judged.quarter - neighbour_lag_max() AND judged.quarter)
      OR (groups.collection = judged.collection AND groups.quarter = judged.quarter)
    )
  QUALIFY row_number() OVER (
    PARTITION BY judged.collection, judged.authority, judged.indicator, judged.quarter
    ORDER BY groups.published DESC NULLS LAST, groups.quarter DESC, groups.collection
  ) = 1
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  value,
  numerator,
  denominator,
  status,
  version,
  CAST(listed AS INTEGER) AS listed,
  CAST(available AS INTEGER) AS available,
  middle AS median,
  neighbours_collection,
  neighbours_quarter,
  value - middle AS gap,
  coalesce(nullif(1.4826 * deviation, 0), nullif(inner_range / 1.349, 0)) AS spread,
  (value - middle) / coalesce(nullif(1.4826 * deviation, 0), nullif(inner_range / 1.349, 0)) AS z,
  CAST(to_json(figures) AS VARCHAR) AS figures
FROM matched;
