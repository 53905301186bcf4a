-- Rank (1 is best, ties share the lower number) and quartile (1 is best) where a direction is good.
-- The peers are those of `funnel`. Figures with a small denominator are not ranked.
CREATE OR REPLACE VIEW ranks AS
WITH peers AS (
  SELECT
    series.collection,
    series.authority,
    series.indicator,
    series.quarter,
    settings.adverse * series.value AS badness
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
    AND settings.adverse <> 0
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
    collection,
    authority,
    indicator,
    quarter,
    rank() OVER (PARTITION BY collection, indicator, quarter ORDER BY badness) AS rank,
    count(*) OVER (PARTITION BY collection, indicator, quarter) AS ranked
  FROM peers
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  CAST(rank AS INTEGER) AS rank,
  CAST(ranked AS INTEGER) AS ranked,
  CASE
    WHEN ranked >= quartile_groups() THEN CAST(greatest(
      1,
      floor(quartile_groups() + 1 - ceil((ranked + 1 - rank) / (ranked / quartile_groups())))
    ) AS INTEGER)
  END AS quartile
FROM placed;
