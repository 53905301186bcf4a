/*
title = "On course to miss its target"
asks = "Which figures are on course to miss their target within half a year?"
severity = "low"
kind = "performance"
evidence = "target"
minimum_points = 8
open_after = 1
close_after = 2
says = "On its present course {area}'s {indicator} ({value} in {quarter}) would miss the target of {target} by {until}."
says_regional = "{n} of {of} authorities are on course to miss the target for {indicator}; likely a definition or national change."
harmless = ["until"]

[parameters]
# 95% one-sided.
fires_z = 1.645
*/
-- Theil-Sen's line and Mann-Kendall on the latest eight figures, carried on for two quarters. Not where the
-- seasons or overlapping years would carry it astray.
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
    judged.adverse * (judged.value - judged.target) > 0 AS missed,
    judged.adverse * (trend.projected - judged.target) > 0 AS will_miss,
    judged.adverse * trend.recent_z AS effect,
    trend.recent_slope,
    trend.projected,
    coalesce(trend.recent_events < trend_events_min(), FALSE) AS handful,
    CASE
      WHEN judged.reason IS NOT NULL THEN judged.reason
      WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
      WHEN trend.yearly THEN 'comes once a year'
      WHEN trend.seasonal THEN 'follows the seasons'
      WHEN coalesce(trend.recent_n, 0) < trend_points_recent()
        THEN 'fewer than ' || trend_points_recent() || ' figures'
    END AS reason
  FROM judged
  LEFT JOIN trend
    ON trend.collection = judged.collection
    AND trend.authority = judged.authority
    AND trend.indicator = judged.indicator
    AND trend.quarter = judged.quarter
  WHERE
    judged.collection = asked_collection()
    AND judged.quarter = asked_quarter()
    AND judged.target IS NOT NULL
    AND judged.adverse <> 0
),
decided AS (
  SELECT
    *,
    coalesce(reason IS NULL AND NOT missed AND will_miss AND effect >= getvariable('fires_z'), FALSE) AS on_course,
    on_course AND NOT handful AS fires
  FROM points
)
SELECT
  authority,
  indicator,
  quarter,
  fires,
  CASE WHEN fires THEN 1 ELSE 0 END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  CASE
    WHEN reason IS NOT NULL THEN reason
    WHEN missed THEN 'the target is missed already'
    WHEN on_course AND handful THEN 'a handful, of which chance makes trends'
  END AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(quarter),
    'value', value,
    'target', target,
    'until', quarter_label(quarter + 2),
    'projected', projected,
    'slope', recent_slope,
    'direction', CASE WHEN adverse > 0 THEN 'up' ELSE 'down' END,
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
