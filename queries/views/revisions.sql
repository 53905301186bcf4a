-- Figures that changed because another version began to count: a later one, or, when one was withdrawn, the
-- one before it. `received_at` is the instant at which it began to count; `version` is the one that counts
-- since, or the withdrawn one where none does.
CREATE OR REPLACE VIEW revisions AS
WITH versions AS (
  SELECT
    submissions.submission,
    submissions.collection,
    submissions.authority,
    submissions.quarter,
    submissions.version,
    submissions.received_at,
    withdrawals.withdrawn_at
  FROM submissions
  LEFT JOIN withdrawals
    ON withdrawals.submission = submissions.submission AND is_known(withdrawals.withdrawn_at)
  WHERE
    submissions.verdict = 'accepted'
    AND submissions.authority IS NOT NULL
    AND is_known(submissions.received_at)
    AND is_asked(submissions.collection)
),
-- What happened to a return, in order: at one instant versions come before they are withdrawn.
happened AS (
  SELECT
    collection,
    authority,
    quarter,
    received_at AS happened_at,
    submission AS place
  FROM versions
  UNION ALL
  SELECT
    collection,
    authority,
    quarter,
    withdrawn_at AS happened_at,
    9223372036854775807 AS place
  FROM versions
  WHERE withdrawn_at IS NOT NULL
),
standing AS (
  SELECT
    happened.collection,
    happened.authority,
    happened.quarter,
    happened.happened_at,
    happened.place,
    max_by(versions.submission, (versions.received_at, versions.submission)) AS submission,
    max_by(versions.version, (versions.received_at, versions.submission)) AS version
  FROM happened
  LEFT JOIN versions
    ON versions.collection = happened.collection
    AND versions.authority = happened.authority
    AND versions.quarter = happened.quarter
    AND (versions.received_at, versions.submission) <= (happened.happened_at, happened.place)
    AND (
      versions.withdrawn_at IS NULL
      OR versions.withdrawn_at > happened.happened_at
      OR (versions.withdrawn_at = happened.happened_at AND happened.place < 9223372036854775807)
    )
  GROUP BY happened.collection, happened.authority, happened.quarter, happened.happened_at, happened.place
),
steps AS (
  SELECT
    collection,
    authority,
    quarter,
    happened_at,
    submission,
    lag(submission) OVER line AS submission_before,
    coalesce(version, lag(version) OVER line) AS version,
    row_number() OVER line AS step
  FROM standing
  WINDOW line AS (PARTITION BY collection, authority, quarter ORDER BY happened_at, place)
),
changes AS (
  SELECT
    step,
    version,
    happened_at,
    submission,
    submission_before,
    coalesce(submission, submission_before) AS newer
  FROM steps
  WHERE step > 1 AND submission IS DISTINCT FROM submission_before
),
sides AS (
  SELECT
    step,
    version,
    happened_at,
    newer,
    unnest([submission, submission_before]) AS submission,
    unnest([TRUE, FALSE]) AS is_new
  FROM changes
),
compared AS (
  SELECT
    figures.collection,
    sides.newer AS submission,
    sides.step,
    sides.version,
    sides.happened_at AS received_at,
    figures.authority,
    figures.indicator,
    figures.quarter,
    sides.is_new,
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
    step,
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
  GROUP BY collection, authority, indicator, quarter, submission, step, version, received_at
),
published AS (
  SELECT
    collection,
    authority,
    indicator,
    quarter,
    submission,
    row_number() OVER line AS step,
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
  new_status,
  step
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
