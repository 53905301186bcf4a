-- Which percentages are below 0 or above 100?
SELECT authority, indicator, quarter
FROM {{ ref('figures') }}
WHERE unit = 'percent' AND value NOT BETWEEN 0 AND 100
