-- The tabular CUSUM of the region's own authorities: deviations beyond the slack, added up from the end of a
-- baseline of twelve figures and never below nothing. No recursion: a running sum less its own minimum.
-- Not for rolling years. A gap adds nothing.
CREATE OR REPLACE VIEW cusum AS
WITH placed AS (
  SELECT
    collection,
    authority,
    indicator,
    quarter,
    value,
    numerator,
    denominator,
    status,
    version,
    max(rarer_events(unit, numerator, denominator, value)) OVER (
      PARTITION BY collection, authority, indicator
    ) AS events,
    row_number() OVER line AS place,
    CASE WHEN quarter - lag(quarter) OVER line = step THEN abs(value - lag(value) OVER line) END AS moving_range
  FROM (
    SELECT judged.*, collections.step
    FROM judged
    JOIN collection_settings AS collections ON collections.collection = judged.collection
    WHERE judged.value IS NOT NULL AND judged.behaviour <> 'rolling-year'
  ) AS figures
  WINDOW line AS (PARTITION BY collection, authority, indicator ORDER BY quarter)
),
usual AS (
  SELECT
    collection,
    authority,
    indicator,
    count(*) AS n,
    avg(value) FILTER (WHERE place <= cusum_baseline()) AS mean,
    avg(moving_range) FILTER (WHERE place <= cusum_baseline()) / 1.128 AS sigma
  FROM placed
  GROUP BY collection, authority, indicator
),
scored AS (
  SELECT
    placed.*,
    usual.n,
    usual.mean,
    usual.sigma,
    CASE
      WHEN placed.place > cusum_baseline() THEN (placed.value - usual.mean) / nullif(usual.sigma, 0)
    END AS z
  FROM placed
  JOIN usual
    ON usual.collection = placed.collection
    AND usual.authority = placed.authority
    AND usual.indicator = placed.indicator
),
sums AS (
  SELECT
    *,
    sum(z - cusum_slack()) OVER line AS upward,
    sum(-z - cusum_slack()) OVER line AS downward
  FROM scored
  WINDOW line AS (PARTITION BY collection, authority, indicator ORDER BY quarter)
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  value,
  numerator,
  denominator,
  status,
  version,
  n,
  mean,
  sigma,
  events,
  z,
  upward - least(0, min(upward) OVER line) AS high,
  downward - least(0, min(downward) OVER line) AS low,
  n > cusum_baseline() AND coalesce(sigma > 0, FALSE) AS eligible,
  CASE
    WHEN n <= cusum_baseline() THEN 'no figure after a baseline of ' || cusum_baseline()
    WHEN coalesce(sigma = 0, TRUE) THEN 'cannot be calculated: the baseline does not move'
  END AS reason
FROM sums
WINDOW line AS (PARTITION BY collection, authority, indicator ORDER BY quarter);
