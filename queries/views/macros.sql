-- Quarters. A quarter is four times the year in which the financial year starts, plus 0 to 3.
CREATE OR REPLACE MACRO quarter_label(quarter) AS
  format('{}-{:02d} Q{}', quarter // 4, (quarter // 4 + 1) % 100, quarter % 4 + 1);
CREATE OR REPLACE MACRO quarter_first_day(quarter) AS
  make_date((quarter * 3 + 3) // 12, (quarter * 3 + 3) % 12 + 1, 1);
CREATE OR REPLACE MACRO quarter_last_day(quarter) AS
  CAST(quarter_first_day(quarter + 1) - 1 AS DATE);

-- Working days after `first` up to `last`: Monday to Friday without the bank holidays; 0 when there are none.
CREATE OR REPLACE MACRO weekdays_until(until) AS
  -- 1 January 2001 was a Monday.
  (until - DATE '2001-01-01') // 7 * 5 + least((until - DATE '2001-01-01') % 7 + 1, 5);
CREATE OR REPLACE MACRO working_days_between(first, last) AS
  greatest(0, weekdays_until(last) - weekdays_until(first) - (
    SELECT count(*) FROM holiday_settings WHERE "day" > first AND "day" <= last AND isodow("day") <= 5
  ));

-- NULL in the place of NaN and infinity, which nobody can compare.
CREATE OR REPLACE MACRO finite(number) AS CASE WHEN isfinite(number) THEN number END;

-- Whether two texts of a number mean the same one; nothing is the same as nothing.
CREATE OR REPLACE MACRO is_same_number(one, other) AS
  CASE
    WHEN one IS NULL OR other IS NULL THEN one IS NULL AND other IS NULL
    ELSE abs(one - other) <= 1e-9 * greatest(1.0, abs(one))
  END;

-- What kind of area a code names.
CREATE OR REPLACE MACRO area_level(code) AS
  CASE
    WHEN left(code, 3) IN ('E92', 'K02', 'K03', 'K04') THEN 'national'
    WHEN left(code, 3) IN ('E12', 'E13') THEN 'region'
    ELSE 'authority'
  END;

-- What was asked: the limits of what a view shows. Unset means no limit.
CREATE OR REPLACE MACRO asked_quarter() AS CAST(getvariable('quarter') AS INTEGER);
CREATE OR REPLACE MACRO asked_collection() AS CAST(getvariable('collection') AS VARCHAR);
CREATE OR REPLACE MACRO asked_known_on() AS CAST(getvariable('known_on') AS TIMESTAMP);
CREATE OR REPLACE MACRO asked_as_of() AS CAST(getvariable('as_of') AS DATE);
CREATE OR REPLACE MACRO is_asked(collection) AS
  asked_collection() IS NULL OR collection = asked_collection();
CREATE OR REPLACE MACRO is_known(received_at) AS
  asked_known_on() IS NULL OR received_at <= asked_known_on();
CREATE OR REPLACE MACRO is_within(quarter) AS
  asked_quarter() IS NULL OR quarter <= asked_quarter();

-- While the shipped checks are asked, which look at no other rows of a view that judges each quarter alone: whether
-- a quarter is needed for the asked one. Otherwise every quarter is.
CREATE OR REPLACE MACRO is_needed(quarter, lag_max) AS
  NOT coalesce(CAST(getvariable('asked_only') AS BOOLEAN), FALSE) OR quarter >= asked_quarter() - lag_max;

-- Whether a version has been withdrawn.
CREATE OR REPLACE MACRO is_withdrawn(version_of) AS
  version_of IN (SELECT submission FROM withdrawals WHERE is_known(withdrawn_at));

-- The denominator of a figure: as given, or what numerator and value come from together.
CREATE OR REPLACE MACRO implied_denominator(factor, numerator, denominator, value) AS
  coalesce(denominator, CASE WHEN numerator > 0 AND value > 0 THEN factor * numerator / value END);
-- What a figure is small by: its denominator; of a count, the count.
CREATE OR REPLACE MACRO base_of(unit, factor, numerator, denominator, value) AS
  CASE unit WHEN 'count' THEN value ELSE implied_denominator(factor, numerator, denominator, value) END;

-- Where a range ends: no percentage is below 0 or above 100, no rate and no count below nothing.
CREATE OR REPLACE MACRO range_low(number) AS CASE WHEN number IS NOT NULL THEN greatest(number, 0.0) END;
CREATE OR REPLACE MACRO range_high(unit, number) AS
  CASE WHEN unit = 'percent' AND number > 100 THEN 100.0 ELSE number END;

-- Events of the rarer kind: of 99 in 100 that is the one that is not.
CREATE OR REPLACE MACRO rarer_events(unit, x, n, value) AS
  CASE unit
    WHEN 'count' THEN coalesce(x, value)
    WHEN 'percent' THEN CASE WHEN n IS NOT NULL THEN least(x, n - x) ELSE x END
    ELSE x
  END;

-- A value as a reader sees it: half is rounded up.
CREATE OR REPLACE MACRO as_shown(value, decimals) AS
  floor(value * pow(10, decimals) + 0.5 + 1e-9) / pow(10, decimals);

-- How far two figures are apart, in standard deviations of chance: of two proportions pooled, of two counts given
-- their sum. 0 where both are all, or both are none: then nothing differs. A count has a base of 1.
CREATE OR REPLACE MACRO pair_z(unit, x1, n1, x0, n0) AS
  CASE
    WHEN x1 + x0 = 0 THEN 0.0
    WHEN unit = 'percent' AND x1 + x0 = n1 + n0 THEN 0.0
    WHEN unit = 'percent' THEN (x1 / n1 - x0 / n0)
      / nullif(sqrt((x0 + x1) / (n0 + n1) * (1 - (x0 + x1) / (n0 + n1)) * (1 / n0 + 1 / n1)), 0)
    ELSE (x1 - (x0 + x1) * n1 / (n0 + n1)) / nullif(sqrt((x0 + x1) * n1 / (n0 + n1) * (1 - n1 / (n0 + n1))), 0)
  END;

-- The usual spread of so many changes, of which these are the squares: 1 is chance alone.
CREATE OR REPLACE MACRO usual_spread(squared, changes) AS
  CASE WHEN changes >= year_spread_pairs_min() THEN greatest(1.0, squared / changes) END;

-- Wilson's limits of a proportion, as a proportion.
CREATE OR REPLACE MACRO wilson_low(x, n, z) AS
  CASE
    WHEN n > 0 AND x BETWEEN 0 AND n
      THEN greatest(0.0, (2 * x + z * z - z * sqrt(z * z + 4 * x * (1 - x / n))) / (2 * (n + z * z)))
  END;
CREATE OR REPLACE MACRO wilson_high(x, n, z) AS
  CASE
    WHEN n > 0 AND x BETWEEN 0 AND n
      THEN least(1.0, (2 * x + z * z + z * sqrt(z * z + 4 * x * (1 - x / n))) / (2 * (n + z * z)))
  END;

-- Limits of a count: exact below ten, Byar's from ten. A part of an event widens the exact limits.
CREATE OR REPLACE MACRO byar_low(x, z) AS
  x * pow(1 - 1 / (9.0 * x) - z / (3 * sqrt(x)), 3);
CREATE OR REPLACE MACRO byar_high(x, z) AS
  (x + 1) * pow(1 - 1 / (9.0 * (x + 1)) + z / (3 * sqrt(x + 1)), 3);
CREATE OR REPLACE MACRO count_low_95(x) AS
  CASE
    WHEN x < 0 THEN NULL
    WHEN x < 10 THEN CAST([
      0, 0.0253178079842899, 0.242209278543965, 0.618672122895601, 1.08986537362632,
      1.62348639011842, 2.20189425349085, 2.81436305151987, 3.4538321767485, 4.11537309737833
    ] AS DOUBLE[])[CAST(floor(x) AS INTEGER) + 1]
    ELSE byar_low(x, z95())
  END;
CREATE OR REPLACE MACRO count_high_95(x) AS
  CASE
    WHEN x < 0 THEN NULL
    WHEN x <= 9 THEN CAST([
      3.68887945411394, 5.5716433909389, 7.22468766772396, 8.76727306974232, 10.2415886754037,
      11.6683320793227, 13.0594740224187, 14.4226753617024, 15.7631892201933, 17.0848034514192
    ] AS DOUBLE[])[CAST(ceil(x) AS INTEGER) + 1]
    ELSE byar_high(x, z95())
  END;
CREATE OR REPLACE MACRO count_low_998(x) AS
  CASE
    WHEN x < 0 THEN NULL
    WHEN x < 10 THEN CAST([
      0, 0.00100050033358353, 0.0454020177694896, 0.190533377568403, 0.428552413628423,
      0.739371731917832, 1.10710466025564, 1.52033626039881, 1.97081392174037, 2.45242440436377
    ] AS DOUBLE[])[CAST(floor(x) AS INTEGER) + 1]
    ELSE byar_low(x, z998())
  END;
CREATE OR REPLACE MACRO count_high_998(x) AS
  CASE
    WHEN x < 0 THEN NULL
    WHEN x <= 9 THEN CAST([
      6.90775527898214, 9.23341347645158, 11.2288722424127, 13.0622407791881, 14.7941492225372,
      16.4547452036801, 18.0616368401991, 19.6261773953842, 21.15619816584, 22.6573733090629
    ] AS DOUBLE[])[CAST(ceil(x) AS INTEGER) + 1]
    ELSE byar_high(x, z998())
  END;

-- The upper tail of the normal distribution beyond a >= 0: Hart's rational approximation.
CREATE OR REPLACE MACRO normal_tail(a) AS
  CASE
    WHEN a > 37 THEN 0.0
    WHEN a < 7.07106781186547 THEN exp(-a * a / 2)
      * ((((((3.52624965998911e-2 * a + 0.700383064443688) * a + 6.37396220353165) * a
        + 33.912866078383) * a + 112.079291497871) * a + 221.213596169931) * a + 220.206867912376)
      / (((((((8.83883476483184e-2 * a + 1.75566716318264) * a + 16.064177579207) * a
        + 86.7807322029461) * a + 296.564248779674) * a + 637.333633378831) * a
        + 793.826512519948) * a + 440.413735824752)
    ELSE exp(-a * a / 2) / (a + 1 / (a + 2 / (a + 3 / (a + 4 / (a + 0.65))))) / 2.506628274631
  END;
CREATE OR REPLACE MACRO p_two_sided(z) AS least(1.0, 2 * normal_tail(abs(CAST(z AS DOUBLE))));

-- Mann-Kendall: z of a sum of signs and its variance; 0 where nothing can be told.
CREATE OR REPLACE MACRO kendall_z(s, variance) AS
  CASE WHEN s = 0 OR variance = 0 THEN 0.0 ELSE (s - sign(s)) / sqrt(variance) END;

-- The group of the area in place `place` among `areas`, as PHEindicatormethods' phe_quantile has it.
CREATE OR REPLACE MACRO quantile_group(place, areas, groups) AS
  CASE
    WHEN areas >= groups
      THEN CAST(greatest(1, floor(groups + 1 - ceil((areas + 1 - place) / (areas / groups)))) AS INTEGER)
  END;

-- Half a unit in the last decimal of a stated value, as far as the indicator shows decimals.
CREATE OR REPLACE MACRO stated_tolerance(stated, decimals) AS
  0.5 * pow(10, -least(decimals, length(regexp_extract(CAST(stated AS VARCHAR), '\.(\d*[1-9])0*$', 1)))) + 1e-9;

-- Decimals of a number as it is written; beyond six they are those of binary fractions.
CREATE OR REPLACE MACRO decimals_of(number) AS
  CASE
    WHEN number = floor(number) THEN 0
    ELSE length(regexp_extract(CAST(round(number, 6) AS VARCHAR), '^-?\d*\.(\d*[1-9])0*$', 1))
  END;
-- How far rounding may have moved a part: nothing when it counts, half a unit of its last decimal otherwise.
CREATE OR REPLACE MACRO part_tolerance(decimals) AS CASE WHEN decimals > 0 THEN 0.5 * pow(10, -decimals) ELSE 0 END;
-- How far rounding of numerator and denominator may have moved what is calculated of them.
CREATE OR REPLACE MACRO calculated_tolerance(factor, x, n, x_decimals, n_decimals) AS
  coalesce(
    factor * ((x + part_tolerance(x_decimals)) / nullif(greatest(n - part_tolerance(n_decimals), 0), 0) - x / n), 0
  );

-- Whether a stated value is not what was calculated: further apart than rounding.
CREATE OR REPLACE MACRO is_apart(stated, calculated, decimals, tolerance) AS
  abs(stated - calculated) > stated_tolerance(stated, decimals) + tolerance;

-- Of a rate that is shown for a year, what was stated may be the quarter's, a quarter of what the parts give.
CREATE OR REPLACE MACRO is_annualised(of_collection, of_indicator) AS EXISTS (
  SELECT 1
  FROM annualised_settings AS annualised
  WHERE annualised.collection = of_collection AND annualised.indicator = of_indicator
);

-- 1st, 2nd, 3rd, 4th.
CREATE OR REPLACE MACRO ordinal(place) AS
  place || CASE
    WHEN place % 100 BETWEEN 11 AND 13 THEN 'th'
    WHEN place % 10 = 1 THEN 'st'
    WHEN place % 10 = 2 THEN 'nd'
    WHEN place % 10 = 3 THEN 'rd'
    ELSE 'th'
  END;

-- Benjamini and Hochberg: the place of a p among those that are there, ties by two more columns; then p after
-- allowing for so many tests.
CREATE OR REPLACE MACRO bh_position(p, first, second) AS
  row_number() OVER (PARTITION BY p IS NULL ORDER BY round(p, 12), first, second);
CREATE OR REPLACE MACRO bh_adjusted(p, position, tests) AS
  CASE
    WHEN p IS NOT NULL THEN least(1.0, min(p * tests / position) OVER (
      PARTITION BY p IS NULL
      ORDER BY position DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ))
  END;

-- A limit so far from the average on the square-root scale, back in the indicator's unit (Spiegelhalter). The
-- angle of a proportion ends at 0 and at a right angle.
CREATE OR REPLACE MACRO funnel_low(unit, factor, p0, distance) AS
  CASE unit
    WHEN 'percent' THEN factor * pow(sin(greatest(0.0, asin(sqrt(p0)) - distance)), 2)
    ELSE factor * p0 * pow(greatest(0.0, 1 - distance), 2)
  END;
CREATE OR REPLACE MACRO funnel_high(unit, factor, p0, distance) AS
  CASE unit
    WHEN 'percent' THEN factor * pow(sin(least(pi() / 2, asin(sqrt(p0)) + distance)), 2)
    ELSE factor * p0 * pow(1 + distance, 2)
  END;

-- Limits of chance round an expected proportion.
CREATE OR REPLACE MACRO expected_low(p0, n, z) AS p0 - z * sqrt(p0 * (1 - p0) / n);
CREATE OR REPLACE MACRO expected_high(p0, n, z) AS p0 + z * sqrt(p0 * (1 - p0) / n);
