-- The place of each area among its peers, and its quarter of them as PHEindicatormethods' phe_quantile has it:
-- 1 is best where a direction is good, else the highest. Ties share the lower number. The peers are those of
-- `funnel`. Figures with a small denominator, and counts, have no place.
CREATE OR REPLACE VIEW quartiles AS
WITH peers AS (
  SELECT
    series.collection,
    series.authority,
    series.own,
    series.indicator,
    series.quarter,
    series.value,
    series.numerator,
    series.denominator,
    series.status,
    series.version,
    settings.adverse <> 0 AS directed,
    CASE settings.adverse WHEN 1 THEN series.value ELSE -series.value END AS badness,
    CASE collections.reporters WHEN 'publisher' THEN 'country' ELSE 'region' END AS ranked_in
  FROM series
  JOIN collection_settings AS collections ON collections.collection = series.collection
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
    AND settings.unit <> 'count'
    AND series.value IS NOT NULL
    AND coalesce(
      base_of(settings.unit, settings.factor, series.numerator, series.denominator, series.value)
        >= settings.minimum_denominator,
      series.numerator IS NULL OR settings.minimum_denominator IS NULL
    )
),
placed AS (
  SELECT
    *,
    CAST(rank() OVER (PARTITION BY collection, indicator, quarter ORDER BY badness) AS INTEGER) AS place,
    CAST(count(*) OVER (PARTITION BY collection, indicator, quarter) AS INTEGER) AS ranked
  FROM peers
),
grouped AS (
  SELECT
    *,
    quantile_group(place, ranked, quartile_groups()) AS quartile
  FROM placed
)
SELECT
  now.collection,
  now.authority,
  now.own,
  now.indicator,
  now.quarter,
  now.value,
  now.numerator,
  now.denominator,
  now.status,
  now.version,
  now.directed,
  now.place,
  now.ranked,
  now.ranked_in,
  now.quartile,
  before.place AS place_year_ago,
  before.ranked AS ranked_year_ago,
  before.quartile AS quartile_year_ago
FROM grouped AS now
LEFT JOIN grouped AS before
  ON before.collection = now.collection
  AND before.authority = now.authority
  AND before.indicator = now.indicator
  AND before.quarter = now.quarter - 4;
