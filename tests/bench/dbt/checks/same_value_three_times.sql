-- Which figures are the same three quarters in a row?
WITH steps AS (
  SELECT
    authority,
    indicator,
    quarter,
    value,
    lag(value, 1) OVER series AS one_before,
    lag(value, 2) OVER series AS two_before,
    lag(quarter, 2) OVER series AS first_quarter
  FROM {{ ref('figures') }}
  WINDOW series AS (PARTITION BY authority, indicator ORDER BY quarter)
)
SELECT authority, indicator, quarter
FROM steps
WHERE first_quarter = quarter - 2 AND value = one_before AND value = two_before
