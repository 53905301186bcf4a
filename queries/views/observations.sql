-- The figures that count: of a return, those of its latest accepted version that was not withdrawn, wholly;
-- of publishers' files, the latest figure of each area, indicator and quarter.
CREATE OR REPLACE VIEW observations AS
WITH latest AS (
  SELECT
    collection,
    authority,
    quarter,
    max_by(submission, (received_at, submission)) AS submission
  FROM submissions
  WHERE
    verdict = 'accepted'
    AND authority IS NOT NULL
    AND is_known(received_at)
    AND NOT is_withdrawn(submission)
  GROUP BY collection, authority, quarter
)
SELECT
  versions.collection,
  versions.authority,
  versions.level,
  versions.indicator,
  versions.quarter,
  versions.submission,
  versions.version,
  versions.received_at,
  versions.value,
  versions.stated,
  versions.numerator,
  versions.denominator,
  versions.status,
  versions.symbol,
  versions.note,
  versions.provisional,
  versions.hash,
  versions.file_name,
  versions.sheet,
  versions.line
FROM observation_versions AS versions
WHERE versions.sender IS NULL OR versions.submission IN (SELECT latest.submission FROM latest)
QUALIFY row_number() OVER (
  PARTITION BY versions.collection, versions.authority, versions.indicator, versions.quarter
  ORDER BY versions.received_at DESC, versions.submission DESC, versions.line DESC
) = 1;
