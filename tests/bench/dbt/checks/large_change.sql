-- Which figures changed by more than half since the quarter before?
WITH steps AS (
  SELECT
    authority,
    indicator,
    quarter,
    value,
    lag(value) OVER series AS previous,
    lag(quarter) OVER series AS previous_quarter
  FROM {{ ref('figures') }}
  WINDOW series AS (PARTITION BY authority, indicator ORDER BY quarter)
)
SELECT authority, indicator, quarter
FROM steps
WHERE previous_quarter = quarter - 1 AND previous <> 0 AND abs(value - previous) > 0.5 * abs(previous)
