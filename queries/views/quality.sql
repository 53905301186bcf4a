-- What is to be asked of each figure of the region's own authorities before it is believed: whether it is
-- withheld, whether the stated value is that of its parts, whether it repeats the one before, and what `held`
-- suspects.
CREATE OR REPLACE VIEW quality AS
WITH figures AS (
  SELECT
    held.collection,
    held.authority,
    held.indicator,
    held.quarter,
    held.value,
    held.stated,
    held.numerator,
    held.denominator,
    held.status,
    held.provisional,
    held.submission,
    held.version,
    held.received_at,
    held.carried_from,
    held.usual,
    held.usual_range,
    held.jumps,
    held.confirmed,
    held.impossible,
    held.slips,
    held.slips_perhaps,
    held.slips_as_stated,
    held.held_by,
    settings.unit,
    settings.factor,
    settings.decimals,
    is_annualised(held.collection, held.indicator) AS annualised,
    coalesce(held.status IN ('suppressed', 'unavailable', 'not-applicable'), FALSE) AS withheld,
    CASE
      WHEN held.numerator IS NULL OR held.stated IS NULL THEN NULL
      WHEN settings.unit = 'count' THEN held.numerator
      ELSE settings.factor * held.numerator / nullif(held.denominator, 0)
    END AS calculated_wanted,
    -- Full-time equivalents: where one figure of a measure has decimals, the others are rounded to them, too.
    max(CASE WHEN held.carried_from IS NULL THEN decimals_of(held.numerator) END) OVER measure AS numerator_decimals,
    max(CASE WHEN held.carried_from IS NULL THEN decimals_of(held.denominator) END) OVER measure AS denominator_decimals
  FROM held
  JOIN indicator_settings AS settings
    ON settings.collection = held.collection AND settings.indicator = held.indicator
  WINDOW measure AS (PARTITION BY held.collection, held.indicator)
),
beside AS (
  SELECT
    *,
    lag(quarter) OVER line AS previous_quarter,
    lag(value) OVER line AS previous,
    coalesce(numerator = lag(numerator) OVER line, FALSE)
      AND coalesce(denominator = lag(denominator) OVER line, FALSE) AS same_parts,
    coalesce(value = lag(value) OVER line, FALSE) AS same_value,
    count(value) OVER earlier AS earlier_values,
    lag(withheld) OVER line AS withheld_before,
    lag(denominator, 2) OVER line AS base_before
  FROM figures
  WINDOW
    line AS (PARTITION BY collection, authority, indicator ORDER BY quarter),
    earlier AS (
      PARTITION BY collection, authority, indicator
      ORDER BY quarter
      ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING
    )
),
runs AS (
  SELECT
    *,
    count_if(NOT same_parts) OVER line AS parts_run,
    count_if(NOT same_value) OVER line AS value_run
  FROM beside
  WINDOW line AS (PARTITION BY collection, authority, indicator ORDER BY quarter)
),
counted AS (
  SELECT
    *,
    -- The rate of the quarter beside its parts is right, too.
    CASE
      WHEN annualised AND NOT is_apart(
        stated, calculated_wanted / 4, decimals,
        calculated_tolerance(factor / 4, numerator, denominator, numerator_decimals, denominator_decimals)
      )
        THEN calculated_wanted / 4
      ELSE calculated_wanted
    END AS calculated,
    CASE
      WHEN numerator IS NOT NULL AND denominator IS NOT NULL
        THEN count(*) OVER (PARTITION BY collection, authority, indicator, parts_run ORDER BY quarter)
    END AS parts_repeated,
    CASE
      WHEN value IS NOT NULL
        THEN count(*) OVER (PARTITION BY collection, authority, indicator, value_run ORDER BY quarter)
    END AS value_repeated
  FROM runs
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  value,
  stated,
  numerator,
  denominator,
  status,
  provisional,
  submission,
  version,
  received_at,
  carried_from,
  previous_quarter,
  previous,
  withheld,
  withheld AND NOT coalesce(withheld_before, FALSE) AND earlier_values > 0
    AS newly_withheld,
  calculated,
  is_apart(stated, calculated, decimals, CASE unit
    WHEN 'count' THEN 0
    ELSE calculated_tolerance(factor, numerator, denominator, numerator_decimals, denominator_decimals)
  END) AS mismatch,
  parts_repeated,
  value_repeated,
  base_before,
  usual,
  usual_range,
  jumps,
  confirmed,
  impossible,
  slips,
  slips_perhaps,
  slips_as_stated,
  held_by
FROM counted;
