-- The figures of the region's own authorities as the performance checks see them: a held figure is
-- a gap. `reason` says why a figure cannot be judged; NULL means that it can.
CREATE OR REPLACE VIEW judged AS
SELECT
  held.collection,
  held.authority,
  held.indicator,
  held.quarter,
  CASE WHEN held.held_by IS NULL THEN held.value END AS value,
  CASE WHEN held.held_by IS NULL THEN held.numerator END AS numerator,
  CASE WHEN held.held_by IS NULL THEN held.denominator END AS denominator,
  held.value AS sent,
  held.stated,
  held.status,
  held.provisional,
  settings.unit,
  settings.factor,
  settings.polarity,
  CAST(settings.adverse AS INTEGER) AS adverse,
  settings.behaviour,
  settings.decimals,
  settings.target,
  settings.minimum_denominator,
  held.held_by,
  held.carried_from,
  held.submission,
  held.version,
  held.received_at,
  CASE
    -- The checks of performance leave it out; those of data quality do not ask here.
    WHEN EXISTS (
      SELECT 1
      FROM context_settings AS contexts
      WHERE contexts.collection = held.collection AND contexts.indicator = held.indicator
    ) THEN 'context only'
    WHEN held.held_by IS NOT NULL THEN 'held by ' || held.held_by
    WHEN held.value IS NULL THEN coalesce(nullif(held.status, 'ok'), 'no figure')
    WHEN coalesce(
      base_of(settings.unit, settings.factor, held.numerator, held.denominator, held.value)
        < settings.minimum_denominator,
      FALSE
    ) THEN 'small numbers'
    -- 0% of something small cannot be told from 0% of something large.
    WHEN held.numerator IS NOT NULL
      AND base_of(settings.unit, settings.factor, held.numerator, held.denominator, held.value) IS NULL
      THEN 'no denominator'
  END AS reason
FROM held
JOIN indicator_settings AS settings
  ON settings.collection = held.collection AND settings.indicator = held.indicator;
