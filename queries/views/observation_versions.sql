-- Every figure of every accepted submission that was known. Publishers' files are shown whatever
-- collection was asked for, because they are what a return is compared with.
CREATE OR REPLACE VIEW observation_versions AS
SELECT
  submissions.collection,
  figures.authority,
  area_level(figures.authority) AS level,
  figures.indicator,
  figures.quarter,
  submissions.submission,
  submissions.version,
  submissions.received_at,
  submissions.authority AS sender,
  submissions.quarter AS return_quarter,
  CASE
    WHEN figures.status IN ('suppressed', 'unavailable', 'not-applicable') THEN NULL
    WHEN settings.unit = 'count' THEN coalesce(figures.numerator, figures.stated)
    WHEN figures.denominator > 0 AND figures.numerator IS NOT NULL
      THEN settings.factor * figures.numerator / figures.denominator
    ELSE figures.stated
  END AS value,
  figures.stated,
  figures.numerator,
  figures.denominator,
  figures.status,
  figures.symbol,
  figures.note,
  collections.provisional,
  submissions.hash,
  submissions.file_name,
  figures.sheet,
  figures.line
FROM figures
JOIN submissions ON submissions.submission = figures.submission
LEFT JOIN indicator_settings AS settings
  ON settings.collection = submissions.collection AND settings.indicator = figures.indicator
LEFT JOIN collection_settings AS collections ON collections.collection = submissions.collection
WHERE
  submissions.verdict = 'accepted'
  AND is_known(submissions.received_at)
  AND is_within(figures.quarter)
  AND (is_asked(submissions.collection) OR submissions.authority IS NULL);
