-- The figures of all returns, with their unit and the running number of their quarter.
SELECT
  authority_code AS authority,
  indicator,
  CAST(left(quarter, 4) AS INTEGER) * 4 + CAST(right(quarter, 1) AS INTEGER) - 1 AS quarter,
  numerator,
  denominator,
  value,
  CASE
    WHEN ends_with(indicator, '_pct') THEN 'percent'
    WHEN ends_with(indicator, '_rate') THEN 'rate'
    ELSE 'count'
  END AS unit
FROM {{ source('files', 'returns') }}
