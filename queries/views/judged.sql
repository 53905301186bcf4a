-- The figures of the region's own authorities as the performance checks see them: a held figure is
-- a gap. `reason` says why a figure cannot be judged; NULL means that it can.
CREATE OR REPLACE VIEW judged AS
SELECT
  series.collection,
  series.authority,
  series.indicator,
  series.quarter,
  CASE WHEN held.held_by IS NULL THEN series.value END AS value,
  CASE WHEN held.held_by IS NULL THEN series.numerator END AS numerator,
  CASE WHEN held.held_by IS NULL THEN series.denominator END AS denominator,
  series.value AS sent,
  series.stated,
  series.status,
  series.provisional,
  settings.unit,
  settings.factor,
  settings.polarity,
  CAST(settings.adverse AS INTEGER) AS adverse,
  settings.behaviour,
  settings.decimals,
  settings.target,
  settings.minimum_denominator,
  held.held_by,
  series.carried_from,
  series.submission,
  series.version,
  series.received_at,
  CASE
    WHEN held.held_by IS NOT NULL THEN 'held by ' || held.held_by
    WHEN series.value IS NULL THEN coalesce(nullif(series.status, 'ok'), 'no figure')
    WHEN coalesce(
      base_of(settings.unit, settings.factor, series.numerator, series.denominator, series.value)
        < settings.minimum_denominator,
      FALSE
    ) THEN 'small numbers'
    -- 0% of something small cannot be told from 0% of something large.
    WHEN series.numerator IS NOT NULL
      AND base_of(settings.unit, settings.factor, series.numerator, series.denominator, series.value) IS NULL
      THEN 'no denominator'
  END AS reason
FROM series
JOIN indicator_settings AS settings
  ON settings.collection = series.collection AND settings.indicator = series.indicator
LEFT JOIN held
  ON held.collection = series.collection
  AND held.authority = series.authority
  AND held.indicator = series.indicator
  AND held.quarter = series.quarter
WHERE series.own AND is_asked(series.collection);
