-- Which values are not those of their numerators and denominators?
SELECT authority, indicator, quarter
FROM {{ ref('figures') }}
WHERE denominator > 0
  AND abs(value - CASE unit WHEN 'percent' THEN 100 ELSE 10000 END * numerator / denominator) > 0.051
