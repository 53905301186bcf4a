-- Measures that a return was sent with and that nobody can use: every row of them was set aside.
CREATE OR REPLACE VIEW set_aside AS
SELECT
  submissions.collection,
  submissions.authority,
  submissions.quarter,
  submissions.submission,
  submissions.version,
  submissions.received_at,
  set_aside_indicators.indicator
FROM set_aside_indicators
JOIN submissions ON submissions.submission = set_aside_indicators.submission
WHERE
  is_known(submissions.received_at)
  AND is_asked(submissions.collection)
  AND coalesce(is_within(submissions.quarter), TRUE);
