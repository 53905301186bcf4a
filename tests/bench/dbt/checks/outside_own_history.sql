-- Which figures are further than three standard deviations from the mean of their own history?
WITH history AS (
  SELECT
    authority,
    indicator,
    quarter,
    value,
    avg(value) OVER series AS mean,
    stddev_samp(value) OVER series AS deviation
  FROM {{ ref('figures') }}
  WINDOW series AS (PARTITION BY authority, indicator)
)
SELECT authority, indicator, quarter
FROM history
WHERE abs(value - mean) > 3 * deviation
