-- What is to be asked of each figure of the region's own authorities before it is believed: whether it is
-- withheld, whether the stated value is that of its parts, whether it repeats the one before, and what `held`
-- suspects.
CREATE OR REPLACE VIEW quality AS
WITH measures AS (
  SELECT
    held.collection,
    held.indicator,
    -- Full-time equivalents: where one figure of a measure has decimals, the others are rounded to them, too.
    max(CASE WHEN held.carried_from IS NULL THEN decimals_of(held.numerator) END) AS numerator_decimals,
    max(CASE WHEN held.carried_from IS NULL THEN decimals_of(held.denominator) END) AS denominator_decimals
  FROM held
  GROUP BY held.collection, held.indicator
),
-- Windows over many columns cost far more: what stands before each figure alone, then the rest beside it.
lines AS (
  SELECT
    collection,
    authority,
    indicator,
    quarter,
    lag(quarter) OVER line AS previous_quarter,
    lag(value) OVER line AS previous,
    coalesce(numerator = lag(numerator) OVER line, FALSE)
      AND coalesce(denominator = lag(denominator) OVER line, FALSE) AS same_parts,
    coalesce(value = lag(value) OVER line, FALSE) AS same_value,
    count(value) OVER (
      PARTITION BY collection, authority, indicator
      ORDER BY quarter
      ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING
    ) AS earlier_values,
    coalesce(status IN ('suppressed', 'unavailable', 'not-applicable'), FALSE) AS withheld,
    lag(denominator, 2) OVER line AS base_before,
    row_number() OVER line AS place
  FROM held
  WINDOW line AS (PARTITION BY collection, authority, indicator ORDER BY quarter)
),
runs AS (
  SELECT
    *,
    coalesce(lag(withheld) OVER line, FALSE) AS withheld_before,
    -- How many figures stand here since the parts, or the value, were others.
    place - max(CASE WHEN NOT same_parts THEN place END) OVER line + 1 AS parts_run,
    place - max(CASE WHEN NOT same_value THEN place END) OVER line + 1 AS value_run
  FROM lines
  WINDOW line AS (PARTITION BY collection, authority, indicator ORDER BY quarter)
),
figures AS (
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
    runs.withheld,
    CASE
      WHEN held.numerator IS NULL OR held.stated IS NULL THEN NULL
      WHEN settings.unit = 'count' THEN held.numerator
      ELSE settings.factor * held.numerator / nullif(held.denominator, 0)
    END AS calculated_wanted,
    measures.numerator_decimals,
    measures.denominator_decimals,
    runs.previous_quarter,
    runs.previous,
    runs.earlier_values,
    runs.withheld_before,
    runs.base_before,
    CASE WHEN held.numerator IS NOT NULL AND held.denominator IS NOT NULL THEN runs.parts_run END AS parts_repeated,
    CASE WHEN held.value IS NOT NULL THEN runs.value_run END AS value_repeated
  FROM held
  JOIN runs
    ON runs.collection = held.collection
    AND runs.authority = held.authority
    AND runs.indicator = held.indicator
    AND runs.quarter = held.quarter
  JOIN measures ON measures.collection = held.collection AND measures.indicator = held.indicator
  JOIN indicator_settings AS settings
    ON settings.collection = held.collection AND settings.indicator = held.indicator
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
    END AS calculated
  FROM figures
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
  withheld AND NOT withheld_before AND earlier_values > 0
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
