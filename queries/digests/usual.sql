-- The usual range of each figure of the asked quarter: the limits of its own chart, where it has any, as far as
-- its unit reaches: nothing is less than nothing, and no percentage is above 100.
SELECT
  xmr.authority,
  xmr.indicator,
  coalesce(xmr.expected_lower, greatest(xmr.lower, 0.0)) AS lower,
  coalesce(xmr.expected_upper, CASE settings.unit WHEN 'percent' THEN least(xmr.upper, 100.0) ELSE xmr.upper END) AS upper,
  xmr.since
FROM xmr
JOIN indicator_settings AS settings
  ON settings.collection = xmr.collection AND settings.indicator = xmr.indicator
WHERE xmr.collection = asked_collection()
  AND xmr.quarter = asked_quarter()
  AND xmr.eligible
  AND xmr.lower IS NOT NULL
  AND xmr.upper IS NOT NULL
ORDER BY xmr.authority, xmr.indicator;
