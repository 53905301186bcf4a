-- Which figures stand in more rows than one?
SELECT authority, indicator, quarter
FROM {{ ref('figures') }}
GROUP BY authority, indicator, quarter
HAVING count(*) > 1
