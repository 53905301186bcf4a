-- Figures that a later version changed, added or left out.
CREATE OR REPLACE VIEW revisions AS
WITH versions AS (
  SELECT
    submission,
    version,
    received_at,
    lag(submission) OVER (
      PARTITION BY collection, authority, quarter
      ORDER BY received_at, submission
    ) AS submission_before
  FROM submissions
  WHERE
    verdict = 'accepted'
    AND authority IS NOT NULL
    AND is_known(received_at)
    AND is_asked(collection)
),
sides AS (
  SELECT
    submission AS newer,
    version,
    received_at,
    unnest([submission, submission_before]) AS submission
  FROM versions
  WHERE submission_before IS NOT NULL
),
compared AS (
  SELECT
    figures.collection,
    sides.newer AS submission,
    sides.version,
    sides.received_at,
    figures.authority,
    figures.indicator,
    figures.quarter,
    sides.submission = sides.newer AS is_new,
    figures.value,
    figures.numerator,
    figures.denominator,
    figures.status
  FROM sides
  JOIN observation_versions AS figures ON figures.submission = sides.submission
),
returned AS (
  SELECT
    collection,
    authority,
    indicator,
    quarter,
    submission,
    version,
    received_at,
    max(value) FILTER (WHERE NOT is_new) AS old_value,
    max(value) FILTER (WHERE is_new) AS new_value,
    max(numerator) FILTER (WHERE NOT is_new) AS old_numerator,
    max(numerator) FILTER (WHERE is_new) AS new_numerator,
    max(denominator) FILTER (WHERE NOT is_new) AS old_denominator,
    max(denominator) FILTER (WHERE is_new) AS new_denominator,
    max(status) FILTER (WHERE NOT is_new) AS old_status,
    max(status) FILTER (WHERE is_new) AS new_status
  FROM compared
  GROUP BY collection, authority, indicator, quarter, submission, version, received_at
),
published AS (
  SELECT
    collection,
    authority,
    indicator,
    quarter,
    submission,
    version,
    received_at,
    lag(value) OVER line AS old_value,
    value AS new_value,
    lag(numerator) OVER line AS old_numerator,
    numerator AS new_numerator,
    lag(denominator) OVER line AS old_denominator,
    denominator AS new_denominator,
    lag(status) OVER line AS old_status,
    status AS new_status
  FROM observation_versions
  WHERE sender IS NULL AND is_asked(collection)
  WINDOW line AS (
    PARTITION BY collection, authority, indicator, quarter
    ORDER BY received_at, submission, line
  )
  QUALIFY lag(submission) OVER line IS NOT NULL
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  submission,
  version,
  received_at,
  old_value,
  new_value,
  old_numerator,
  new_numerator,
  old_denominator,
  new_denominator,
  old_status,
  new_status
FROM (
  SELECT * FROM returned
  UNION ALL
  SELECT * FROM published
) AS changes
WHERE
  old_value IS DISTINCT FROM new_value
  OR old_numerator IS DISTINCT FROM new_numerator
  OR old_denominator IS DISTINCT FROM new_denominator
  OR old_status IS DISTINCT FROM new_status;
