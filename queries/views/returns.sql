-- The chase grid: every return that was expected or came, with the version that counts: the latest that was
-- accepted and not withdrawn.
CREATE OR REPLACE VIEW returns AS
WITH versions AS (
  SELECT
    collection,
    authority,
    quarter,
    submission,
    received_at,
    reason,
    CASE WHEN verdict = 'accepted' AND is_withdrawn(submission) THEN 'withdrawn' ELSE verdict END AS verdict
  FROM submissions
  WHERE authority IS NOT NULL AND is_known(received_at)
),
known AS (
  SELECT
    collection,
    authority,
    quarter,
    count(*) FILTER (WHERE verdict = 'accepted') AS accepted_versions,
    count(*) FILTER (WHERE verdict = 'refused') AS refused_versions,
    count(*) FILTER (WHERE verdict = 'withdrawn') AS withdrawn_versions,
    min(received_at) FILTER (WHERE verdict = 'accepted') AS first_received_at,
    min_by(submission, (received_at, submission)) FILTER (WHERE verdict = 'accepted') AS first_submission,
    max_by(reason, (received_at, submission)) FILTER (WHERE verdict = 'refused') AS refused_reason,
    max(received_at) FILTER (WHERE verdict = 'refused') AS refused_at,
    max_by(submission, (received_at, submission)) FILTER (WHERE verdict = 'accepted') AS submission,
    max_by(submission, (received_at, submission)) FILTER (WHERE verdict = 'withdrawn') AS withdrawn_submission
  FROM versions
  GROUP BY collection, authority, quarter
)
SELECT
  coalesce(expected.collection, known.collection) AS collection,
  coalesce(expected.authority, known.authority) AS authority,
  coalesce(expected.quarter, known.quarter) AS quarter,
  -- A return that never came, and was due before this installation began, is not asked for.
  CASE WHEN known.submission IS NULL AND expected.quarter < asked_from.quarter THEN NULL ELSE expected.due END
    AS due,
  known.first_received_at,
  latest.received_at,
  known.submission,
  latest.version,
  latest.hash,
  latest.file_name,
  latest.source,
  latest.rows_accepted AS accepted,
  latest.rows_quarantined AS quarantined,
  coalesce(known.accepted_versions, 0) AS accepted_versions,
  coalesce(known.refused_versions, 0) AS refused_versions,
  known.refused_reason,
  known.refused_at,
  coalesce(known.withdrawn_versions, 0) AS withdrawn_versions,
  taken_back.version AS withdrawn_version,
  withdrawals.withdrawn_at,
  withdrawals.reason AS withdrawn_reason,
  coalesce(known.first_submission IN (SELECT submission FROM history_submissions), FALSE) AS is_history
FROM expected_returns AS expected
FULL JOIN known
  ON known.collection = expected.collection
  AND known.authority = expected.authority
  AND known.quarter = expected.quarter
LEFT JOIN asked_from_settings AS asked_from ON asked_from.collection = expected.collection
LEFT JOIN submissions AS latest ON latest.submission = known.submission
LEFT JOIN submissions AS taken_back ON taken_back.submission = known.withdrawn_submission
LEFT JOIN withdrawals ON withdrawals.submission = known.withdrawn_submission
WHERE
  is_asked(coalesce(expected.collection, known.collection))
  AND is_within(coalesce(expected.quarter, known.quarter));
