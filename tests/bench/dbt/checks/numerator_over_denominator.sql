-- Which figures count more than there are?
SELECT authority, indicator, quarter
FROM {{ ref('figures') }}
WHERE numerator > denominator
