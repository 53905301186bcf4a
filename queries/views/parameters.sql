-- Every threshold that a view needs stands here, once, with its reason. A check's own thresholds stand in its
-- header. Where public tools differ, `[charts]` of quarterdeck.toml sets another: that is what `chosen` is for.
CREATE OR REPLACE MACRO chosen(parameter, otherwise) AS
  coalesce((SELECT any_value(value) FROM parameter_settings WHERE name = parameter), otherwise);

-- Whether a check that may hold a figure is asked at all.
CREATE OR REPLACE MACRO holds(check_name) AS chosen('off ' || check_name, 0) = 0;

-- Two-sided 95% and 99.8% of the normal distribution.
CREATE OR REPLACE MACRO z95() AS CAST(1.959963984540054 AS DOUBLE);
CREATE OR REPLACE MACRO z998() AS CAST(3.090232306167813 AS DOUBLE);

-- XmR: points in a trend (NHS England's spreadsheet and SQL 6, the NHS-R package 7, Power BI 5) and on one
-- side of the mean (7).
CREATE OR REPLACE MACRO trend_length() AS CAST(chosen('trend_length', 6) AS INTEGER);
CREATE OR REPLACE MACRO shift_length() AS CAST(chosen('shift_length', 7) AS INTEGER);
-- XmR: moving ranges above 3.267 times their average are left out of the limits (1), as the NHS-R package
-- does, or not (0), as NHS England's spreadsheet does.
CREATE OR REPLACE MACRO screen_outliers() AS chosen('screen_outliers', 1) > 0;
CREATE OR REPLACE MACRO screen_factor() AS CAST(3.267 AS DOUBLE);
-- XmR: fewer values give trial limits only.
CREATE OR REPLACE MACRO limits_points_min() AS CAST(chosen('limits_points_min', 13) AS INTEGER);
-- XmR: near-flat series have no usable limits.
CREATE OR REPLACE MACRO limits_ranges_min() AS 5;
CREATE OR REPLACE MACRO limits_values_min() AS 4;
-- XmR: mean and limits from the first so many quarters of a section only (at least 12); 0 is from all.
CREATE OR REPLACE MACRO fixed_points() AS CAST(chosen('fixed_points', 0) AS INTEGER);
-- XmR of stock measures: the latest quarters are judged by those before them, and neighbouring
-- quarters resemble each other; above this autocorrelation the limits use the standard deviation.
CREATE OR REPLACE MACRO stock_left_out() AS CAST(chosen('stock_left_out', 4) AS INTEGER);
CREATE OR REPLACE MACRO autocorrelation_max() AS CAST(chosen('autocorrelation_max', 0.40) AS DOUBLE);
CREATE OR REPLACE MACRO autocorrelation_points_min() AS 12;
-- What earlier figures of a stock lead to: so many standard deviations, as three are where mean and spread are known;
-- from a few quarters that resemble each other both come out wrong, and the spread too small.
CREATE OR REPLACE MACRO stock_sigmas() AS CAST(3.25 AS DOUBLE);

-- What earlier figures lead to is told of so many of the latest figures: two of three is the longest look back.
CREATE OR REPLACE MACRO expected_points() AS 3;
-- Series that do not move are judged by chance alone: beyond three standard deviations, as any limit.
CREATE OR REPLACE MACRO flat_z() AS CAST(3 AS DOUBLE);

-- Trend: at most so many of the latest figures, about five years; and so many for a look ahead.
CREATE OR REPLACE MACRO trend_points_max() AS 20;
CREATE OR REPLACE MACRO trend_points_recent() AS 8;
-- Trend: fewer figures give no verdict; of a seasonal measure, and of figures a year apart.
CREATE OR REPLACE MACRO trend_points_min() AS 12;
CREATE OR REPLACE MACRO trend_points_min_seasonal() AS 16;
CREATE OR REPLACE MACRO trend_points_min_yearly() AS 8;

-- Trend: a handful of children has none. So many events in one of its figures, at least.
CREATE OR REPLACE MACRO trend_events_min() AS 10;

-- A year's change: combined events below which chance decides, and from how many quarters the usual spread
-- of such changes is learnt.
CREATE OR REPLACE MACRO year_events_min() AS 10;
CREATE OR REPLACE MACRO year_spread_quarters() AS 8;
-- From fewer changes it is not learnt: one that is judged would excuse itself.
CREATE OR REPLACE MACRO year_spread_pairs_min() AS 8;

-- CUSUM: figures that tell the usual level, and the slack in standard deviations.
CREATE OR REPLACE MACRO cusum_baseline() AS 12;
CREATE OR REPLACE MACRO cusum_slack() AS CAST(0.5 AS DOUBLE);

-- Neighbours: how many quarters their figures may be older.
CREATE OR REPLACE MACRO neighbour_lag_max() AS 1;

-- A jump: beyond the usual steps, and at least half as large again, and about ten events or more.
CREATE OR REPLACE MACRO jump_ranges_min() AS 6;
CREATE OR REPLACE MACRO jump_ratio_min() AS CAST(1.5 AS DOUBLE);
CREATE OR REPLACE MACRO suspect_events_min() AS 10;
-- And by more than chance does to the two counts.
CREATE OR REPLACE MACRO jump_z_min() AS CAST(3 AS DOUBLE);
-- A jump is held for so many quarters at most: by then nobody will confirm or correct it any more, and what is
-- compared with it a year later has been left out.
CREATE OR REPLACE MACRO hold_quarters_max() AS 4;
-- A slip of units: five times away from the usual level, and near it after a power of ten.
CREATE OR REPLACE MACRO slip_points_min() AS 4;
CREATE OR REPLACE MACRO slip_distance_min() AS CAST(5 AS DOUBLE);
-- Not where a value that is that of its parts is within this factor of the one before.
CREATE OR REPLACE MACRO slip_steady_max() AS CAST(2 AS DOUBLE);
CREATE OR REPLACE MACRO slip_tolerance() AS CAST(1.5 AS DOUBLE);

-- Funnel: 95% and 99.8% as SHMI and FunnelPlotR round them, the winsorised share at each end, and expected
-- events below which an area is not judged.
CREATE OR REPLACE MACRO funnel_z95() AS CAST(1.959964 AS DOUBLE);
CREATE OR REPLACE MACRO funnel_z998() AS CAST(3.090232 AS DOUBLE);
CREATE OR REPLACE MACRO funnel_trim() AS CAST(0.1 AS DOUBLE);
CREATE OR REPLACE MACRO funnel_events_min() AS CAST(5 AS DOUBLE);
-- Or so many that were seen where next to none was expected.
CREATE OR REPLACE MACRO funnel_seen_min() AS 10;

-- Groups in a ranking by quartile.
CREATE OR REPLACE MACRO quartile_groups() AS 4;
