-- The figures before one of the asked quarter that its usual range is from, and what they lead to.
SELECT
  expected_first AS first_quarter,
  expected_last AS last_quarter,
  expected_n::INTEGER AS figures,
  expected_baseline AS baseline,
  expected_mean AS mean,
  expected_lower AS lower,
  expected_upper AS upper
FROM xmr
WHERE collection = asked_collection()
  AND quarter = asked_quarter()
  AND authority = $1
  AND indicator = $2
  AND eligible
  AND expected_n IS NOT NULL
ORDER BY authority, indicator;
