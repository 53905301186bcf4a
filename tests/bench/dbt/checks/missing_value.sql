-- Which figures are not there?
SELECT authority, indicator, quarter
FROM {{ ref('figures') }}
WHERE numerator IS NULL OR value IS NULL OR (unit <> 'count' AND denominator IS NULL)
