-- What is suspect about each figure of the region's own authorities, judged by what came before it.
-- A held figure is not judged by the performance checks and is not part of any comparison. The figure stands
-- beside it as it was sent: whoever needs both reads the grid once.
CREATE OR REPLACE VIEW held AS
WITH steps AS (
  SELECT
    series.collection,
    series.authority,
    series.indicator,
    series.quarter,
    settings.unit,
    settings.factor,
    settings.decimals,
    is_annualised(series.collection, series.indicator) AS annualised,
    collections.reporters = 'publisher' AS published,
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
    max(series.quarter) OVER (PARTITION BY series.collection) AS newest,
    lag(series.value) OVER line AS previous,
    lag(series.value, 2) OVER line AS value_before_previous,
    lag(series.quarter) OVER line AS previous_quarter,
    lag(series.numerator) OVER line AS previous_numerator,
    lag(series.denominator) OVER line AS previous_denominator,
    lead(series.value IGNORE NULLS) OVER line AS following,
    abs(series.value - lag(series.value) OVER line) AS moving_range,
    count(series.value) OVER before AS earlier_values,
    count(nullif(series.value, 0)) OVER before AS earlier_more_than_nothing,
    median(series.value) OVER before AS usual,
    coalesce(
      base_of(settings.unit, settings.factor, series.numerator, series.denominator, series.value)
        < settings.minimum_denominator,
      FALSE
    ) AS small
  FROM series
  JOIN indicator_settings AS settings
    ON settings.collection = series.collection AND settings.indicator = series.indicator
  JOIN collection_settings AS collections ON collections.collection = series.collection
  WHERE series.own AND is_asked(series.collection)
  WINDOW
    line AS (PARTITION BY series.collection, series.authority, series.indicator ORDER BY series.quarter),
    before AS (
      PARTITION BY series.collection, series.authority, series.indicator
      ORDER BY series.quarter
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
ranges AS (
  SELECT
    *,
    count(moving_range) OVER before AS earlier_ranges,
    avg(moving_range) OVER before AS usual_range,
    CASE
      WHEN unit = 'count' AND value >= 0 AND previous >= 0 THEN pair_z('count', value, 1.0, previous, 1.0)
      WHEN least(denominator, previous_denominator) > 0 AND least(numerator, previous_numerator) >= 0
        THEN pair_z(unit, numerator, denominator, previous_numerator, previous_denominator)
    END AS step_z,
    CASE WHEN value > 0 AND usual > 0 THEN pow(10, round(log10(usual / value))) END AS power,
    CASE WHEN stated > 0 AND usual > 0 THEN pow(10, round(log10(usual / stated))) END AS stated_power,
    CASE
      WHEN numerator IS NOT NULL AND (denominator IS NOT NULL OR unit = 'count') AND stated IS NOT NULL
        THEN abs(stated - value) > 0.5 * pow(10, -decimals) + 1e-9
          AND NOT (annualised AND abs(stated - value / 4) <= 0.5 * pow(10, -decimals) + 1e-9)
    END AS disagrees
  FROM steps
  WINDOW before AS (
    PARTITION BY collection, authority, indicator
    ORDER BY quarter
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),
tested AS (
  SELECT
    *,
    coalesce(earlier_ranges >= jump_ranges_min() AND value IS NOT NULL AND previous IS NOT NULL AND NOT small
      AND coalesce(greatest(numerator, previous_numerator) >= suspect_events_min(), TRUE), FALSE) AS jump_eligible,
    abs(value - previous) > screen_factor() * usual_range
      AND greatest(value, previous) >= jump_ratio_min() * least(value, previous)
      -- A few more or less is what chance does, and the first after nothing but nothing is news and no slip.
      AND coalesce(abs(step_z) >= jump_z_min(), TRUE)
      AND NOT (previous = 0 AND usual_range = 0) AS far,
    -- greatest and least pass over NULL.
    value IS NOT NULL AND value_before_previous IS NOT NULL
      AND greatest(value, value_before_previous) < jump_ratio_min() * least(value, value_before_previous)
      AS back_again,
    -- The base moved further than what is counted: the one slip is of the base.
    coalesce(
      least(numerator, previous_numerator) > 0 AND least(denominator, previous_denominator) > 0
        AND numerator IS NOT NULL AND previous_numerator IS NOT NULL
        AND denominator IS NOT NULL AND previous_denominator IS NOT NULL
        AND greatest(denominator, previous_denominator) / least(denominator, previous_denominator)
          > greatest(numerator, previous_numerator) / least(numerator, previous_numerator),
      FALSE
    ) AS base_moved,
    value IS NOT NULL AND following IS NOT NULL
      AND greatest(value, following) < jump_ratio_min() * least(value, following) AS confirmed,
    coalesce(earlier_more_than_nothing >= slip_points_min() AND value > 0 AND usual > 0 AND NOT small, FALSE)
      AS slip_eligible,
    -- A value that is that of its parts and near the one before came in the units of always.
    coalesce(NOT disagrees AND greatest(value, previous) <= slip_steady_max() * least(value, previous), FALSE)
      AND value IS NOT NULL AND previous IS NOT NULL AS steady,
    abs(ln(value / usual)) >= ln(slip_distance_min())
      AND abs(log10(power)) BETWEEN 1 AND 4
      AND abs(ln(value * power / usual)) <= ln(slip_tolerance()) AS slipped,
    abs(ln(stated / usual)) >= ln(slip_distance_min())
      AND abs(log10(stated_power)) BETWEEN 1 AND 4
      AND abs(ln(stated * stated_power / usual)) <= ln(slip_tolerance()) AS stated_slipped
  FROM ranges
),
suspected AS (
  SELECT
    *,
    coalesce(jump_eligible AND far, FALSE) AS moved,
    coalesce(numerator < 0, FALSE)
      OR coalesce(denominator < 0, FALSE)
      OR coalesce(denominator = 0 AND numerator > 0, FALSE)
      OR coalesce(unit = 'percent' AND numerator > denominator, FALSE) AS impossible,
    coalesce(slip_eligible AND slipped AND NOT steady AND abs(log10(power)) > 1.5, FALSE)
      OR coalesce(slip_eligible AND slipped AND disagrees AND NOT stated_slipped, FALSE) AS slips,
    coalesce(slip_eligible AND slipped AND abs(log10(power)) < 1.5 AND disagrees IS NULL, FALSE)
      AND NOT base_moved AS slips_perhaps,
    coalesce(slip_eligible AND NOT slipped AND stated_slipped AND disagrees, FALSE) AS slips_as_stated
  FROM tested
),
said AS (
  SELECT collection, authority, indicator, quarter, numerator, denominator, value,
    arg_max(confirmed_by, confirmed_at) AS confirmed_by
  FROM confirmed_figures
  WHERE is_known(confirmed_at)
  GROUP BY collection, authority, indicator, quarter, numerator, denominator, value
),
jumps AS (
  SELECT
    suspected.*,
    said.confirmed_by,
    moved AND NOT (back_again AND coalesce(lag(moved) OVER line, FALSE)) AS jumps
  FROM suspected
  -- Another figure in its place is not what was confirmed.
  LEFT JOIN said
    ON said.collection = suspected.collection
    AND said.authority = suspected.authority
    AND said.indicator = suspected.indicator
    AND said.quarter = suspected.quarter
    AND is_same_number(said.numerator, suspected.numerator)
    AND is_same_number(said.denominator, suspected.denominator)
    AND is_same_number(said.value, suspected.value)
  WINDOW line AS (
    PARTITION BY suspected.collection, suspected.authority, suspected.indicator ORDER BY suspected.quarter
  )
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  previous_quarter,
  previous,
  usual_range,
  usual,
  earlier_values,
  jump_eligible,
  jumps,
  jumps AND base_moved AS jumps_by_base,
  previous_denominator,
  confirmed OR confirmed_by IS NOT NULL AS confirmed,
  confirmed_by,
  impossible,
  slip_eligible,
  slips,
  slips_perhaps,
  slips_as_stated,
  CASE WHEN slips_as_stated THEN stated_power ELSE power END AS power,
  CASE
    WHEN impossible THEN 'numerator-over-denominator'
    -- A check that is switched off holds nothing: nobody would be told why.
    WHEN confirmed_by IS NOT NULL THEN NULL
    WHEN slips AND holds('unit-slip') THEN 'unit-slip'
    -- What a publisher releases stands: nobody here can confirm or correct it.
    WHEN jumps AND NOT confirmed AND NOT published AND newest - quarter <= hold_quarters_max()
      AND holds('implausible-jump') THEN 'implausible-jump'
  END AS held_by,
  published,
  value,
  stated,
  numerator,
  denominator,
  status,
  provisional,
  submission,
  version,
  received_at,
  carried_from
FROM jumps;
