-- What is to be asked of each figure of the region's own authorities before it is believed: whether it is
-- withheld, whether the stated value is that of its parts, whether it repeats the one before, and what `held`
-- suspects.
CREATE OR REPLACE VIEW quality AS
WITH figures AS (
  SELECT
    series.collection,
    series.authority,
    series.indicator,
    series.quarter,
    series.value,
    series.stated,
    series.numerator,
    series.denominator,
    series.status,
    series.provisional,
    series.submission,
    series.version,
    series.received_at,
    series.carried_from,
    settings.unit,
    settings.factor,
    settings.decimals,
    coalesce(series.status IN ('suppressed', 'unavailable', 'not-applicable'), FALSE) AS withheld,
    CASE
      WHEN series.numerator IS NULL OR series.stated IS NULL THEN NULL
      WHEN settings.unit = 'count' THEN series.numerator
      ELSE settings.factor * series.numerator / nullif(series.denominator, 0)
    END AS calculated
  FROM series
  JOIN indicator_settings AS settings
    ON settings.collection = series.collection AND settings.indicator = series.indicator
  WHERE series.own AND is_asked(series.collection)
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
  counted.collection,
  counted.authority,
  counted.indicator,
  counted.quarter,
  counted.value,
  counted.stated,
  counted.numerator,
  counted.denominator,
  counted.status,
  counted.provisional,
  counted.submission,
  counted.version,
  counted.received_at,
  counted.carried_from,
  counted.previous_quarter,
  counted.previous,
  counted.withheld,
  counted.withheld AND NOT coalesce(counted.withheld_before, FALSE) AND counted.earlier_values > 0
    AS newly_withheld,
  counted.calculated,
  abs(counted.stated - counted.calculated) > stated_tolerance(counted.stated, counted.decimals) AS mismatch,
  counted.parts_repeated,
  counted.value_repeated,
  counted.base_before,
  held.usual,
  held.usual_range,
  held.jumps,
  held.confirmed,
  held.impossible,
  held.slips,
  held.slips_perhaps,
  held.slips_as_stated,
  held.held_by
FROM counted
LEFT JOIN held
  ON held.collection = counted.collection
  AND held.authority = counted.authority
  AND held.indicator = counted.indicator
  AND held.quarter = counted.quarter;
