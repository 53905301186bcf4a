/*
title = "Target missed"
asks = "Which figures are on the wrong side of their target?"
severity = "high"
kind = "performance"
evidence = "target"
minimum_points = 1
open_after = 1
close_after = 2
says = "{area}: {indicator} stood at {value} in {quarter}, against a target of {target}. The gap is larger than chance would explain."
says_possible = "{area}: {indicator} stood at {value} in {quarter}, against a target of {target}: on the wrong side for the second time running, and no further than chance would explain."
says_regional = "{n} of {of} authorities missed the target for {indicator} in {quarter}; likely a definition or national change."
*/
-- Certain: the 99.8% limits of chance exclude the target. Likely: the 95% limits do. Possible: only the
-- figure itself is beyond it; that fires when the figure before it was beyond it too.
WITH points AS (
  SELECT
    judged.authority,
    judged.indicator,
    judged.quarter,
    judged.value,
    judged.stated,
    judged.numerator,
    judged.denominator,
    judged.status,
    judged.provisional,
    judged.unit,
    judged.decimals,
    judged.adverse,
    judged.target,
    judged.reason,
    intervals.low95,
    intervals.high95,
    judged.adverse * (judged.value - judged.target) > 0 AS beyond,
    CASE judged.adverse WHEN 1 THEN intervals.low95 > judged.target ELSE intervals.high95 < judged.target END
      AS likely,
    CASE judged.adverse WHEN 1 THEN intervals.low998 > judged.target ELSE intervals.high998 < judged.target END
      AS certain,
    last_value(
      CASE WHEN judged.reason IS NULL THEN judged.adverse * (judged.value - judged.target) > 0 END IGNORE NULLS
    ) OVER earlier AS beyond_before
  FROM judged
  LEFT JOIN intervals
    ON intervals.collection = judged.collection
    AND intervals.authority = judged.authority
    AND intervals.indicator = judged.indicator
    AND intervals.quarter = judged.quarter
  WHERE judged.collection = asked_collection() AND judged.target IS NOT NULL AND judged.adverse <> 0
  WINDOW earlier AS (
    PARTITION BY judged.authority, judged.indicator
    ORDER BY judged.quarter
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),
called AS (
  SELECT
    authority,
    indicator,
    quarter,
    value,
    stated,
    numerator,
    denominator,
    status,
    provisional,
    unit,
    decimals,
    adverse,
    target,
    reason,
    low95,
    high95,
    CASE
      WHEN reason IS NOT NULL THEN NULL
      WHEN NOT beyond THEN 'none'
      WHEN certain THEN 'certain'
      WHEN likely THEN 'likely'
      ELSE 'possible'
    END AS certainty,
    coalesce(beyond_before, FALSE) AS beyond_before
  FROM points
  WHERE quarter = asked_quarter()
),
decided AS (
  SELECT
    *,
    coalesce(certainty IN ('certain', 'likely') OR (certainty = 'possible' AND beyond_before), FALSE) AS fires
  FROM called
)
SELECT
  authority,
  indicator,
  quarter,
  fires,
  CASE
    WHEN NOT fires THEN 0
    WHEN certainty = 'certain' THEN 3
    WHEN certainty = 'likely' THEN 2
    ELSE 1
  END AS level,
  adverse * (value - target) / nullif((high95 - low95) / 2, 0) AS effect,
  NULL AS p,
  reason IS NULL AS eligible,
  CASE
    WHEN reason IS NOT NULL THEN reason
    WHEN certainty = 'possible' AND NOT fires THEN 'possible, for the first time'
  END AS reason,
  json_object(
    'says', CASE certainty WHEN 'possible' THEN 'possible' ELSE 'says' END,
    'quarter', quarter_label(quarter),
    'value', value,
    'target', target,
    'certainty', certainty,
    'low95', low95,
    'high95', high95,
    'direction', CASE WHEN value > target THEN 'up' ELSE 'down' END,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM decided
ORDER BY authority, indicator;
