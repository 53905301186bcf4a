-- Support that was agreed for a finding, and what its figure did since: better or worse when the figure of
-- then is outside the interval of chance (95%) round the figure of now.
CREATE OR REPLACE VIEW actions AS
WITH figures AS (
  SELECT
    judged.collection,
    judged.authority,
    judged.indicator,
    judged.quarter,
    judged.value,
    judged.numerator,
    judged.denominator,
    judged.adverse,
    intervals.low95,
    intervals.high95
  FROM judged
  LEFT JOIN intervals
    ON intervals.collection = judged.collection
    AND intervals.authority = judged.authority
    AND intervals.indicator = judged.indicator
    AND intervals.quarter = judged.quarter
  WHERE judged.value IS NOT NULL
    AND EXISTS (
      SELECT 1
      FROM support_actions AS agreed
      WHERE agreed.collection = judged.collection
        AND agreed.authority = judged.authority
        AND agreed.indicator = judged.indicator
    )
),
latest AS (
  FROM figures
  QUALIFY row_number() OVER (PARTITION BY collection, authority, indicator ORDER BY quarter DESC) = 1
)
SELECT
  'f' || agreed.action AS action,
  'f' || agreed.finding AS finding,
  agreed.check_name,
  agreed.collection,
  agreed.authority,
  agreed.indicator,
  agreed.what,
  agreed.agreed_by,
  agreed.supporter,
  agreed.agreed_at,
  agreed.review_on,
  agreed.ended_at,
  agreed.ended_by,
  agreed.outcome,
  agreed.quarter AS quarter_then,
  before.value AS value_then,
  before.numerator AS numerator_then,
  before.denominator AS denominator_then,
  latest.quarter AS quarter_now,
  latest.value AS value_now,
  latest.numerator AS numerator_now,
  latest.denominator AS denominator_now,
  latest.low95,
  latest.high95,
  CASE
    WHEN before.value IS NULL OR latest.low95 IS NULL OR latest.quarter <= agreed.quarter THEN 'unknown'
    WHEN before.value BETWEEN latest.low95 AND latest.high95 THEN 'unchanged'
    WHEN latest.adverse = 0 THEN CASE WHEN latest.value > before.value THEN 'higher' ELSE 'lower' END
    WHEN latest.adverse * (latest.value - before.value) > 0 THEN 'worse'
    ELSE 'better'
  END AS since
FROM support_actions AS agreed
LEFT JOIN figures AS before
  ON before.collection = agreed.collection
  AND before.authority = agreed.authority
  AND before.indicator = agreed.indicator
  AND before.quarter = agreed.quarter
LEFT JOIN latest
  ON latest.collection = agreed.collection
  AND latest.authority = agreed.authority
  AND latest.indicator = agreed.indicator
WHERE is_asked(agreed.collection) AND is_known(agreed.agreed_at);
