-- The measures, one row per collection that carries them.
CREATE OR REPLACE VIEW indicators AS
SELECT
  collection,
  indicator,
  name,
  theme,
  definition,
  unit,
  factor,
  numerator_name,
  denominator_name,
  polarity,
  adverse,
  behaviour,
  EXISTS (
    SELECT 1
    FROM seasonal_settings AS seasons
    WHERE seasons.collection = indicator_settings.collection AND seasons.indicator = indicator_settings.indicator
  ) AS seasonal,
  EXISTS (
    SELECT 1
    FROM context_settings AS contexts
    WHERE contexts.collection = indicator_settings.collection AND contexts.indicator = indicator_settings.indicator
  ) AS context,
  decimals,
  target,
  minimum_denominator
FROM indicator_settings
WHERE is_asked(collection);
