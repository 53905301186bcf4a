-- XmR charts of the region's own authorities (NHS England, Making Data Count). Whole series for a flow;
-- for a stock the latest quarters are left out of the limits, and where neighbouring quarters resemble
-- each other the limits use the standard deviation. Not for rolling years. A gap breaks every run. A rebase
-- begins a new section, with limits of its own.
-- `mean`, `lower` and `upper` are those of the public tools, the judged figure among the figures. `expected_..` is
-- what the figures before it lead to, without it and without those among them that stand out.
CREATE OR REPLACE VIEW xmr AS
WITH figures AS (
  SELECT
    judged.collection,
    judged.authority,
    judged.indicator,
    judged.quarter,
    judged.value,
    judged.numerator,
    judged.denominator,
    judged.status,
    judged.version,
    judged.unit,
    judged.decimals,
    judged.adverse,
    judged.target,
    judged.behaviour,
    as_shown(judged.value, judged.decimals) AS shown,
    rarer_events(judged.unit, judged.numerator, judged.denominator, judged.value) AS events,
    rebases.quarter AS since
  FROM judged
  ASOF LEFT JOIN rebases
    ON rebases.collection = judged.collection
    AND rebases.authority = judged.authority
    AND rebases.indicator = judged.indicator
    AND rebases.quarter <= judged.quarter
  WHERE judged.behaviour <> 'rolling-year'
),
-- Each series, and each of its sections, by a number. Windows over many columns, or by many names, cost far more.
numbered AS (
  SELECT
    *,
    dense_rank() OVER (ORDER BY collection, authority, indicator) AS series,
    dense_rank() OVER (ORDER BY collection, authority, indicator, since) AS section
  FROM figures
),
points AS (
  SELECT
    series,
    section,
    quarter,
    value,
    shown,
    events,
    behaviour = 'stock' AS is_stock,
    numerator,
    denominator,
    CASE WHEN unit = 'rate' THEN numerator END AS rate_numerator,
    row_number() OVER line AS position,
    CASE
      WHEN fixed_points() > 0 AND count(value) OVER line <= fixed_points() THEN value
      WHEN fixed_points() > 0 THEN NULL
      WHEN behaviour = 'stock' AND row_number() OVER line_backwards <= stock_left_out() THEN NULL
      ELSE value
    END AS base
  FROM numbered
  WINDOW
    line AS (PARTITION BY section ORDER BY quarter),
    line_backwards AS (PARTITION BY section ORDER BY quarter DESC)
),
steps AS (
  SELECT
    series,
    section,
    quarter,
    value,
    events,
    is_stock,
    numerator,
    denominator,
    position,
    base,
    lag(base) OVER line AS base_before,
    abs(base - lag(base) OVER line) AS moving_range,
    lag(value) OVER line AS value_before,
    lag(events) OVER line AS events_before,
    sign(value - lag(value) OVER line) AS step,
    -- What is shown alike, or is the same count of another population, has not moved.
    CASE
      WHEN rate_numerator = lag(rate_numerator) OVER line THEN 0
      ELSE sign(shown - lag(shown) OVER line)
    END AS shown_step,
    avg(base) OVER earlier AS mean_before,
    count(base) OVER earlier AS n_before
  FROM points
  WINDOW
    line AS (PARTITION BY section ORDER BY quarter),
    earlier AS (PARTITION BY section ORDER BY quarter ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- The latest figures, each beside those before it.
latest AS (
  SELECT section, quarter, position, is_stock
  FROM steps
  QUALIFY row_number() OVER (PARTITION BY series ORDER BY quarter DESC) <= expected_points()
),
earlier_figures AS (
  SELECT
    latest.section,
    latest.quarter,
    latest.is_stock,
    earlier.quarter AS earlier_quarter,
    earlier.base,
    earlier.moving_range,
    earlier.numerator,
    earlier.denominator
  FROM latest
  JOIN steps AS earlier
    ON earlier.section = latest.section
    AND earlier.position
      <= latest.position - CASE WHEN latest.is_stock AND fixed_points() = 0 THEN stock_left_out() ELSE 1 END
    AND earlier.base IS NOT NULL
),
centres AS (
  SELECT
    section,
    quarter,
    count(*) AS n,
    median(base) AS middle,
    CASE WHEN any_value(is_stock) THEN 3 * 1.4826 * mad(base) ELSE 0 END AS scatter,
    avg(moving_range) AS first_range
  FROM earlier_figures
  GROUP BY section, quarter
),
ranges_before AS (
  SELECT
    found.section,
    found.quarter,
    avg(found.moving_range) FILTER (
      WHERE NOT screen_outliers() OR found.moving_range < screen_factor() * centres.first_range
    ) AS usual_range
  FROM earlier_figures AS found
  JOIN centres USING (section, quarter)
  GROUP BY found.section, found.quarter
),
expected AS (
  SELECT
    found.section,
    found.quarter,
    avg(found.base) AS mean,
    count(*) AS n,
    any_value(centres.n) - count(*) AS left_out,
    min(found.earlier_quarter) AS first_quarter,
    max(found.earlier_quarter) AS last_quarter,
    any_value(ranges_before.usual_range) AS usual_range,
    CASE WHEN any_value(found.is_stock) THEN coalesce(stddev(found.base), 0) ELSE 0 END AS deviation,
    CASE WHEN count(found.numerator) = count(*) THEN sum(found.numerator) END AS numerator,
    CASE WHEN count(found.denominator) = count(*) THEN sum(found.denominator) END AS denominator
  FROM earlier_figures AS found
  JOIN centres USING (section, quarter)
  JOIN ranges_before USING (section, quarter)
  -- One that stands out would move the mean and not the steps: a range in which no figure ever was.
  WHERE
    NOT screen_outliers()
    OR coalesce(ranges_before.usual_range, 0) = 0
    OR abs(found.base - centres.middle) <= greatest(2.66 * ranges_before.usual_range, centres.scatter)
  GROUP BY found.section, found.quarter
),
averages AS (
  SELECT
    section,
    avg(base) AS mean,
    avg(moving_range) AS first_range,
    stddev(base) AS deviation,
    count(value) AS n,
    count(base) AS n_base,
    count(DISTINCT base) AS different,
    CASE
      WHEN NOT any_value(is_stock) THEN NULL
      WHEN count(base) >= autocorrelation_points_min() THEN finite(corr(base, base_before))
      WHEN count(value) >= autocorrelation_points_min() THEN finite(corr(value, value_before))
    END AS autocorrelation
  FROM steps
  GROUP BY section
),
limits AS (
  SELECT
    steps.section,
    any_value(averages.mean) AS mean,
    any_value(averages.n) AS n,
    any_value(averages.different) AS different,
    any_value(averages.autocorrelation) AS autocorrelation,
    any_value(averages.deviation) AS deviation,
    coalesce(any_value(averages.autocorrelation) > autocorrelation_max(), FALSE) AS resembling,
    avg(steps.moving_range) FILTER (
      WHERE NOT screen_outliers() OR steps.moving_range < screen_factor() * averages.first_range
    ) AS usual_range,
    count(*) FILTER (
      WHERE steps.moving_range > 0
        AND (NOT screen_outliers() OR steps.moving_range < screen_factor() * averages.first_range)
    ) AS ranges,
    count(steps.moving_range) AS all_ranges
  FROM steps
  JOIN averages ON averages.section = steps.section
  GROUP BY steps.section
),
ranged AS (
  SELECT
    section,
    mean,
    deviation,
    n,
    autocorrelation,
    resembling,
    ranges,
    all_ranges,
    different,
    CASE WHEN resembling THEN greatest(2.66 * usual_range, 3 * deviation) ELSE 2.66 * usual_range END AS raw_width,
    -- Limits upon the mean are none: what does not move cannot be judged by how it moves.
    CASE WHEN raw_width > 1e-9 * greatest(1.0, abs(mean)) THEN raw_width END AS width,
    CASE WHEN resembling THEN greatest(usual_range / 1.128, deviation) ELSE usual_range / 1.128 END AS sigma,
    CASE
      WHEN n < limits_points_min() THEN 'fewer than ' || limits_points_min() || ' figures'
      WHEN all_ranges < limits_ranges_min() THEN 'too many gaps for limits'
      WHEN ranges < limits_ranges_min() OR different < limits_values_min() THEN 'too flat for limits'
    END AS reason
  FROM limits
),
placed AS (
  SELECT
    steps.section,
    steps.quarter,
    steps.position,
    steps.value,
    steps.value_before,
    steps.events,
    steps.events_before,
    steps.mean_before,
    steps.n_before,
    steps.step,
    steps.shown_step,
    ranged.resembling,
    sign(steps.value - ranged.mean) AS side,
    coalesce(abs(steps.value - ranged.mean) > ranged.width, FALSE) AS outside,
    coalesce(
      abs(steps.value - ranged.mean) > ranged.width * 2 / 3 AND abs(steps.value - ranged.mean) <= ranged.width, FALSE
    ) AS near
  FROM steps
  JOIN ranged ON ranged.section = steps.section
),
ends AS (
  SELECT
    *,
    -- Where the side, or the way of the step, is another than before.
    coalesce(lag(side) OVER line <> side, TRUE) AS side_turns,
    coalesce(lag(step) OVER line <> step, TRUE) AS step_turns,
    coalesce(lag(shown_step) OVER line <> shown_step, TRUE) AS shown_turns,
    NOT resembling AND count(side) OVER shift = shift_length() AND abs(sum(side) OVER shift) = shift_length()
      AS shift_ends,
    position >= trend_length()
      AND count(step) OVER trend = trend_length() - 1
      AND abs(sum(step) OVER trend) = trend_length() - 1 AS trend_ends,
    NOT resembling AND count(side) OVER three = 3 AND abs(sum(side) OVER three) = 3
      AND count_if(near) OVER three >= 2 AS three_ends
  FROM placed
  WINDOW
    line AS (PARTITION BY section ORDER BY quarter),
    shift AS (
      PARTITION BY section ORDER BY quarter
      ROWS BETWEEN (shift_length() - 1) PRECEDING AND CURRENT ROW
    ),
    trend AS (
      PARTITION BY section ORDER BY quarter
      ROWS BETWEEN (trend_length() - 2) PRECEDING AND CURRENT ROW
    ),
    three AS (
      PARTITION BY section ORDER BY quarter
      ROWS BETWEEN 2 PRECEDING AND CURRENT ROW
    )
),
runs AS (
  SELECT
    section,
    quarter,
    value,
    value_before,
    events,
    events_before,
    mean_before,
    n_before,
    side,
    step,
    shown_step,
    outside,
    bool_or(shift_ends) OVER (
      PARTITION BY section ORDER BY quarter
      ROWS BETWEEN CURRENT ROW AND (shift_length() - 1) FOLLOWING
    ) AS in_shift,
    bool_or(trend_ends) OVER (
      PARTITION BY section ORDER BY quarter
      ROWS BETWEEN CURRENT ROW AND (trend_length() - 1) FOLLOWING
    ) AS in_trend,
    near AND bool_or(three_ends) OVER (
      PARTITION BY section ORDER BY quarter
      ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING
    ) AS in_three,
    count_if(side_turns) OVER line AS side_run,
    count_if(step_turns) OVER line AS step_run,
    count_if(shown_turns) OVER line AS shown_run
  FROM ends
  WINDOW line AS (PARTITION BY section ORDER BY quarter)
),
one_sides AS (
  SELECT
    section,
    quarter,
    count(*) OVER same_side AS one_side,
    avg(value) OVER same_side AS one_side_mean,
    first_value(mean_before) OVER same_side AS one_side_before,
    first_value(n_before) OVER same_side AS one_side_n_before
  FROM runs
  WHERE side <> 0
  WINDOW same_side AS (PARTITION BY section, side_run ORDER BY quarter)
),
one_ways AS (
  SELECT
    section,
    quarter,
    1 + count(*) OVER same_way AS one_way,
    first_value(value_before) OVER same_way AS one_way_from
  FROM runs
  WHERE step <> 0
  WINDOW same_way AS (PARTITION BY section, step_run ORDER BY quarter)
),
shown_ways AS (
  SELECT
    section,
    quarter,
    1 + count(*) OVER shown_way AS shown_way,
    first_value(value_before) OVER shown_way AS shown_way_from,
    -- The figure from which the run starts counts, too.
    greatest(max(events) OVER shown_way, first_value(events_before) OVER shown_way) AS shown_way_events
  FROM runs
  WHERE shown_step <> 0
  WINDOW shown_way AS (PARTITION BY section, shown_run ORDER BY quarter)
),
headed AS (
  SELECT
    section,
    quarter,
    outside,
    in_trend,
    in_three,
    in_shift,
    CASE
      WHEN outside THEN side
      WHEN in_trend AND lead(in_trend) OVER line THEN lead(step) OVER line
      WHEN in_trend THEN step
      WHEN in_three OR in_shift THEN side
    END AS heading
  FROM runs
  WINDOW line AS (PARTITION BY section ORDER BY quarter)
),
named AS (
  SELECT
    figures.* EXCLUDE (series, section, shown, events),
    ranged.* EXCLUDE (section),
    headed.* EXCLUDE (section, quarter),
    one_sides.* EXCLUDE (section, quarter),
    one_ways.* EXCLUDE (section, quarter),
    shown_ways.* EXCLUDE (section, quarter),
    expected.mean AS expected_mean,
    expected.n AS expected_n,
    expected.first_quarter AS expected_first,
    expected.last_quarter AS expected_last,
    expected.left_out AS expected_left_out,
    -- Of a stock some standard deviations at least: steps between neighbouring quarters that resemble each other
    -- are smaller than the spread.
    greatest(2.66 * expected.usual_range, stock_sigmas() * expected.deviation) AS raw_expected_width,
    CASE WHEN raw_expected_width > 1e-9 * greatest(1.0, abs(expected.mean)) THEN raw_expected_width END
      AS expected_width,
    greatest(expected.usual_range / 1.128, expected.deviation) AS expected_sigma,
    CASE
      WHEN figures.unit = 'count'
        THEN pair_z('count', figures.value, 1.0, coalesce(expected.numerator, expected.mean * expected.n), expected.n)
      WHEN figures.denominator > 0 AND expected.denominator > 0
        THEN pair_z(figures.unit, figures.numerator, figures.denominator, expected.numerator, expected.denominator)
    END AS chance_z,
    CASE
      WHEN figures.unit = 'count' THEN figures.value + coalesce(expected.numerator, expected.mean * expected.n)
      ELSE rarer_events(
        figures.unit, figures.numerator + expected.numerator, figures.denominator + expected.denominator, NULL
      )
    END AS chance_events,
    CASE
      WHEN ranged.width IS NULL THEN NULL
      WHEN headed.outside THEN 'outside'
      WHEN headed.in_trend THEN 'trend'
      WHEN headed.in_three THEN 'two-of-three'
      WHEN headed.in_shift THEN 'shift'
    END AS rule
  FROM numbered AS figures
  JOIN ranged ON ranged.section = figures.section
  JOIN headed ON headed.section = figures.section AND headed.quarter = figures.quarter
  LEFT JOIN expected ON expected.section = figures.section AND expected.quarter = figures.quarter
  LEFT JOIN one_sides ON one_sides.section = figures.section AND one_sides.quarter = figures.quarter
  LEFT JOIN one_ways ON one_ways.section = figures.section AND one_ways.quarter = figures.quarter
  LEFT JOIN shown_ways ON shown_ways.section = figures.section AND shown_ways.quarter = figures.quarter
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  value,
  numerator,
  denominator,
  status,
  version,
  since,
  mean,
  mean - width AS lower,
  mean + width AS upper,
  range_low(mean - width) AS usual_lower,
  range_high(unit, mean + width) AS usual_upper,
  expected_mean,
  range_low(expected_mean - expected_width) AS expected_lower,
  range_high(unit, expected_mean + expected_width) AS expected_upper,
  expected_sigma,
  expected_n,
  expected_first,
  expected_last,
  CASE
    WHEN expected_n IS NULL THEN NULL
    ELSE concat_ws(
      ', ',
      CASE WHEN fixed_points() > 0 THEN 'the first ' || fixed_points() ELSE 'all before it' END
        || coalesce(' since ' || quarter_label(since), ''),
      CASE
        WHEN behaviour = 'stock' AND fixed_points() = 0 THEN 'the latest ' || stock_left_out() || ' quarters left out'
      END,
      CASE WHEN expected_left_out > 0 THEN expected_left_out || ' left out as unlike the others' END
    )
  END AS expected_baseline,
  (value - expected_mean) / nullif(CASE WHEN expected_width IS NOT NULL THEN expected_sigma END, 0) AS expected_sigmas,
  chance_z,
  -- By chance alone, or of a handful: what the counts do without a change. A stock is mostly the same children as the
  -- quarter before, and moves by less than chance; one that hardly ever moved has nothing else to be judged by.
  (behaviour <> 'stock' OR expected_width IS NULL OR coalesce(reason = 'too flat for limits', FALSE))
    AND coalesce(abs(chance_z) < flat_z() OR chance_events < year_events_min(), FALSE) AS within_chance,
  sigma,
  deviation,
  n,
  CASE
    WHEN fixed_points() > 0 THEN 'first ' || fixed_points()
    WHEN behaviour = 'stock' THEN 'latest ' || stock_left_out() || ' left out'
    ELSE 'whole series'
  END || coalesce(' since ' || quarter_label(since), '') AS baseline,
  autocorrelation,
  outside,
  in_trend,
  in_three,
  in_shift,
  one_side,
  one_side_mean,
  one_side_before,
  one_side_n_before,
  one_way,
  one_way_from,
  shown_way,
  shown_way_from,
  shown_way_events,
  rule,
  CASE
    WHEN rule IS NULL THEN NULL
    WHEN adverse = 0 THEN CASE WHEN heading > 0 THEN 'neutral-high' ELSE 'neutral-low' END
    WHEN adverse * heading < 0 THEN 'improvement'
    ELSE 'concern'
  END AS meaning,
  CASE
    WHEN target IS NULL OR adverse = 0 OR width IS NULL THEN NULL
    WHEN target > mean + width THEN CASE WHEN adverse < 0 THEN 'consistent-fail' ELSE 'consistent-pass' END
    WHEN target < mean - width THEN CASE WHEN adverse < 0 THEN 'consistent-pass' ELSE 'consistent-fail' END
    ELSE 'hit-and-miss'
  END AS assurance,
  n < limits_points_min() AS trial,
  reason IS NULL AS eligible,
  reason
FROM named;
