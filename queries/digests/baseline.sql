-- The figures before one of the asked quarter, and what they lead to.
SELECT
  min(point.quarter) AS first_quarter,
  max(point.quarter) AS last_quarter,
  count(point.value)::INTEGER AS figures,
  any_value(here.baseline) AS baseline,
  any_value(here.expected_mean) AS mean,
  any_value(here.expected_lower) AS lower,
  any_value(here.expected_upper) AS upper
FROM xmr AS here
JOIN xmr AS point
  ON point.collection = here.collection
  AND point.authority = here.authority
  AND point.indicator = here.indicator
  AND point.since IS NOT DISTINCT FROM here.since
WHERE here.collection = asked_collection()
  AND here.quarter = asked_quarter()
  AND here.authority = $1
  AND here.indicator = $2
  AND here.eligible
  AND point.quarter < here.quarter
  AND point.value IS NOT NULL
HAVING count(*) > 0;
