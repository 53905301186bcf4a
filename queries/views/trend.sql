-- Steady change of each series of the region's own authorities, as it stands in its newest quarter:
-- Mann-Kendall with ties, season by season where the measure follows the seasons (Hirsch), and Theil and
-- Sen's slope, the median of the slopes of all pairs. From the latest figures, at most 20. The quarters of a
-- rolling year overlap: of those every fourth counts.
CREATE OR REPLACE VIEW trend AS
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
    judged.behaviour,
    rarer_events(judged.unit, judged.numerator, judged.denominator, judged.value) AS events,
    seasons.indicator IS NOT NULL AS seasonal,
    judged.behaviour = 'rolling-year' OR collections.step > 1 AS yearly,
    max(judged.quarter) OVER (
      PARTITION BY judged.collection, judged.authority, judged.indicator
    ) AS newest
  FROM judged
  JOIN collection_settings AS collections ON collections.collection = judged.collection
  LEFT JOIN seasonal_settings AS seasons
    ON seasons.collection = judged.collection AND seasons.indicator = judged.indicator
),
latest AS (
  SELECT
    *,
    quarter - min(quarter) OVER (PARTITION BY collection, authority, indicator) + 1 AS t
  FROM (
    SELECT *
    FROM figures
    WHERE
      value IS NOT NULL
      AND (behaviour <> 'rolling-year' OR (newest - quarter) % 4 = 0)
    QUALIFY
      row_number() OVER (PARTITION BY collection, authority, indicator ORDER BY quarter DESC)
        <= trend_points_max()
  ) AS valid
),
placed AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY collection, authority, indicator ORDER BY quarter DESC)
      <= trend_points_recent() AS recent
  FROM latest
),
pairs AS (
  SELECT
    later.collection,
    later.authority,
    later.indicator,
    sign(later.value - earlier.value) AS way,
    (later.value - earlier.value) / (later.t - earlier.t) AS slope,
    later.t % 4 = earlier.t % 4 AS same_season,
    -- The later of the two is recent, too.
    earlier.recent AS recent
  FROM placed AS earlier
  JOIN placed AS later
    ON later.collection = earlier.collection
    AND later.authority = earlier.authority
    AND later.indicator = earlier.indicator
    AND later.t > earlier.t
),
slopes AS (
  SELECT
    collection,
    authority,
    indicator,
    sum(way) AS s,
    median(slope) AS slope,
    sum(way) FILTER (WHERE same_season) AS seasonal_s,
    4 * median(slope) FILTER (WHERE same_season) AS seasonal_slope,
    sum(way) FILTER (WHERE recent) AS recent_s,
    median(slope) FILTER (WHERE recent) AS recent_slope
  FROM pairs
  GROUP BY collection, authority, indicator
),
equals AS (
  SELECT
    collection,
    authority,
    indicator,
    t % 4 AS season,
    value,
    count(*) AS times,
    count(*) FILTER (WHERE recent) AS recent_times
  FROM placed
  GROUP BY collection, authority, indicator, t % 4, value
),
ties AS (
  SELECT
    collection,
    authority,
    indicator,
    sum(times * (times - 1) * (2 * times + 5)) AS tied,
    sum(recent_times * (recent_times - 1) * (2 * recent_times + 5)) AS recent_tied
  FROM (
    SELECT
      collection,
      authority,
      indicator,
      sum(times) AS times,
      sum(recent_times) AS recent_times
    FROM equals
    GROUP BY collection, authority, indicator, value
  ) AS whole
  GROUP BY collection, authority, indicator
),
seasons AS (
  SELECT
    collection,
    authority,
    indicator,
    sum((n * (n - 1) * (2 * n + 5) - tied) / 18.0) AS seasonal_variance
  FROM (
    SELECT
      collection,
      authority,
      indicator,
      sum(times) AS n,
      sum(times * (times - 1) * (2 * times + 5)) AS tied
    FROM equals
    GROUP BY collection, authority, indicator, season
  ) AS each_season
  GROUP BY collection, authority, indicator
),
centres AS (
  SELECT
    collection,
    authority,
    indicator,
    any_value(newest) AS quarter,
    min(quarter) AS first_quarter,
    max(quarter) AS last_quarter,
    any_value(behaviour) AS behaviour,
    any_value(seasonal) AS seasonal,
    any_value(yearly) AS yearly,
    count(*) AS n,
    median(value) AS middle,
    median(t) AS middle_t,
    count(*) FILTER (WHERE recent) AS recent_n,
    median(value) FILTER (WHERE recent) AS recent_middle,
    median(t) FILTER (WHERE recent) AS recent_middle_t,
    max(events) AS events,
    max(events) FILTER (WHERE recent) AS recent_events,
    max_by(value, quarter) AS value,
    max_by(numerator, quarter) AS numerator,
    max_by(denominator, quarter) AS denominator,
    max_by(status, quarter) AS status,
    max_by(version, quarter) AS version
  FROM placed
  GROUP BY collection, authority, indicator
),
found AS (
  SELECT
    centres.*,
    slopes.s,
    (centres.n * (centres.n - 1) * (2 * centres.n + 5) - ties.tied) / 18.0 AS variance,
    slopes.slope,
    centres.middle - slopes.slope * centres.middle_t AS intercept,
    slopes.seasonal_s,
    seasons.seasonal_variance,
    slopes.seasonal_slope,
    kendall_z(
      slopes.recent_s,
      (centres.recent_n * (centres.recent_n - 1) * (2 * centres.recent_n + 5) - ties.recent_tied) / 18.0
    ) AS recent_z,
    slopes.recent_slope,
    -- Two quarters after the newest one, on the line through the latest figures.
    centres.recent_middle
      + slopes.recent_slope * (centres.quarter + 3 - centres.first_quarter - centres.recent_middle_t)
      AS projected,
    -- A yearly figure has but one season.
    centres.seasonal AND NOT centres.yearly AS by_season
  FROM centres
  LEFT JOIN slopes
    ON slopes.collection = centres.collection
    AND slopes.authority = centres.authority
    AND slopes.indicator = centres.indicator
  JOIN ties
    ON ties.collection = centres.collection
    AND ties.authority = centres.authority
    AND ties.indicator = centres.indicator
  JOIN seasons
    ON seasons.collection = centres.collection
    AND seasons.authority = centres.authority
    AND seasons.indicator = centres.indicator
),
-- Each test by itself first: whoever uses it then does not work it out again.
scored AS (
  SELECT
    *,
    kendall_z(s, variance) AS z,
    kendall_z(seasonal_s, seasonal_variance) AS seasonal_z
  FROM found
),
chosen_test AS (
  SELECT
    *,
    CASE WHEN by_season THEN seasonal_z ELSE z END AS trend_z,
    CASE WHEN by_season THEN seasonal_slope ELSE 4 * slope END AS slope_per_year,
    CASE
      WHEN by_season THEN trend_points_min_seasonal()
      WHEN yearly THEN trend_points_min_yearly()
      ELSE trend_points_min()
    END AS needed
  FROM scored
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
  first_quarter,
  last_quarter,
  n,
  s,
  variance,
  z,
  p_two_sided(z) AS p,
  slope,
  intercept,
  seasonal_s,
  seasonal_variance,
  seasonal_z,
  p_two_sided(seasonal_z) AS seasonal_p,
  seasonal_slope,
  seasonal,
  yearly,
  CASE
    WHEN by_season THEN 'season by season'
    WHEN behaviour = 'rolling-year' THEN 'every fourth quarter'
    WHEN yearly THEN 'every year'
    ELSE 'every quarter'
  END AS method,
  trend_z,
  p_two_sided(trend_z) AS trend_p,
  slope_per_year,
  slope_per_year * (last_quarter - first_quarter) / 4 AS change,
  middle,
  recent_n,
  recent_z,
  recent_slope,
  projected,
  events,
  recent_events,
  n >= needed AND variance > 0 AS eligible,
  CASE
    WHEN n < needed THEN 'fewer than ' || needed || ' figures'
    WHEN variance = 0 THEN 'cannot be calculated: every figure is the same'
  END AS reason
FROM chosen_test;
