-- Every threshold that a view needs stands here, once, with its reason. A check's own thresholds stand in its header.

-- Two-sided 95% and 99.8% of the normal distribution.
CREATE OR REPLACE MACRO z95() AS CAST(1.959963984540054 AS DOUBLE);
CREATE OR REPLACE MACRO z998() AS CAST(3.090232306167813 AS DOUBLE);

-- XmR: points in a trend and on one side of the mean (NHS England's spreadsheet: 6 and 7).
CREATE OR REPLACE MACRO trend_length() AS 6;
CREATE OR REPLACE MACRO shift_length() AS 7;
-- XmR: moving ranges above 3.267 times their average are left out of the limits.
CREATE OR REPLACE MACRO screen_outliers() AS TRUE;
CREATE OR REPLACE MACRO screen_factor() AS CAST(3.267 AS DOUBLE);
-- XmR: fewer values give trial limits only.
CREATE OR REPLACE MACRO limits_points_min() AS 13;
-- XmR: near-flat series have no usable limits.
CREATE OR REPLACE MACRO limits_ranges_min() AS 5;
CREATE OR REPLACE MACRO limits_values_min() AS 4;
-- XmR of stock measures: the latest quarters are judged by those before them, and neighbouring
-- quarters resemble each other; above this autocorrelation the limits use the standard deviation.
CREATE OR REPLACE MACRO stock_left_out() AS 4;
CREATE OR REPLACE MACRO autocorrelation_max() AS CAST(0.40 AS DOUBLE);
CREATE OR REPLACE MACRO autocorrelation_points_min() AS 12;

-- A jump: beyond the usual steps, and at least half as large again, and about ten events or more.
CREATE OR REPLACE MACRO jump_ranges_min() AS 6;
CREATE OR REPLACE MACRO jump_ratio_min() AS CAST(1.5 AS DOUBLE);
CREATE OR REPLACE MACRO suspect_events_min() AS 10;
-- A slip of units: five times away from the usual level, and near it after a power of ten.
CREATE OR REPLACE MACRO slip_points_min() AS 4;
CREATE OR REPLACE MACRO slip_distance_min() AS CAST(5 AS DOUBLE);
CREATE OR REPLACE MACRO slip_tolerance() AS CAST(1.5 AS DOUBLE);

-- Funnel: winsorised share at each end, and expected events below which an area is left out.
CREATE OR REPLACE MACRO funnel_trim() AS CAST(0.1 AS DOUBLE);
CREATE OR REPLACE MACRO funnel_events_min() AS CAST(5 AS DOUBLE);

-- Groups in a ranking by quartile.
CREATE OR REPLACE MACRO quartile_groups() AS 4;
