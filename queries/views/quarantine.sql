-- The rows that were refused, with the file, the line, the raw text and the reason.
CREATE OR REPLACE VIEW quarantine AS
SELECT
  submissions.collection,
  submissions.authority,
  submissions.quarter,
  submissions.submission,
  submissions.version,
  submissions.received_at,
  submissions.hash,
  submissions.file_name,
  quarantined_rows.sheet,
  quarantined_rows.line,
  quarantined_rows.column_letters,
  quarantined_rows.heading,
  quarantined_rows.raw,
  quarantined_rows.code,
  quarantined_rows.reason
FROM quarantined_rows
JOIN submissions ON submissions.submission = quarantined_rows.submission
WHERE
  is_known(submissions.received_at)
  AND is_asked(submissions.collection)
  AND coalesce(is_within(submissions.quarter), TRUE);
