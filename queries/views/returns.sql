-- The chase grid: every return that was expected or came, with its latest accepted version.
CREATE OR REPLACE VIEW returns AS
WITH known AS (
  SELECT
    collection,
    authority,
    quarter,
    count(*) FILTER (WHERE verdict = 'accepted') AS accepted_versions,
    count(*) FILTER (WHERE verdict = 'refused') AS refused_versions,
    min(received_at) FILTER (WHERE verdict = 'accepted') AS first_received_at,
    max_by(reason, (received_at, submission)) FILTER (WHERE verdict = 'refused') AS refused_reason,
    max(received_at) FILTER (WHERE verdict = 'refused') AS refused_at,
    max_by(submission, (received_at, submission)) FILTER (WHERE verdict = 'accepted') AS submission
  FROM submissions
  WHERE authority IS NOT NULL AND is_known(received_at)
  GROUP BY collection, authority, quarter
)
SELECT
  coalesce(expected.collection, known.collection) AS collection,
  coalesce(expected.authority, known.authority) AS authority,
  coalesce(expected.quarter, known.quarter) AS quarter,
  expected.due,
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
  known.refused_at
FROM expected_returns AS expected
FULL JOIN known
  ON known.collection = expected.collection
  AND known.authority = expected.authority
  AND known.quarter = expected.quarter
LEFT JOIN submissions AS latest ON latest.submission = known.submission
WHERE
  is_asked(coalesce(expected.collection, known.collection))
  AND is_within(coalesce(expected.quarter, known.quarter));
