-- Which authorities have no return for the newest quarter?
SELECT authority, NULL AS indicator, max(quarter) AS quarter
FROM {{ ref('figures') }}
GROUP BY authority
HAVING max(quarter) < (SELECT max(quarter) FROM {{ ref('figures') }})
