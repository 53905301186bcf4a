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
  decimals,
  target,
  minimum_denominator
FROM indicator_settings
WHERE is_asked(collection);
