/*
title = "Late returns"
asks = "Which returns came late?"
severity = "medium"
kind = "data-quality"
evidence = "data"
minimum_points = 0
open_after = 1
close_after = 1
says = "{area}'s return for {quarter} arrived {n} working days late."
says_outstanding = "{area}'s return for {quarter} is {n} working days late, and has not come yet."
harmless = ["n"]

[parameters]
# Working days after the due day that nobody minds; and from which on the level is medium.
grace_days = 5
medium_days = 20
*/
-- Counted in working days to the day on which the first accepted version came, or to today. What was due
-- before anything was collected at all is history that was loaded, and not late.
WITH began AS (
  SELECT CAST(min(received_at) AS DATE) AS first_day
  FROM observation_versions
  WHERE collection = asked_collection()
),
due_returns AS (
  SELECT
    returns.authority,
    returns.quarter,
    returns.due,
    returns.version,
    returns.first_received_at IS NOT NULL AS came,
    working_days_between(
      returns.due,
      coalesce(CAST(returns.first_received_at AS DATE), asked_as_of())
    ) AS late_days,
    CASE
      WHEN returns.is_history THEN 'loaded as history'
      WHEN returns.due < began.first_day AND returns.first_received_at IS NOT NULL
        THEN 'due before the first return was collected'
      WHEN returns.first_received_at IS NULL AND returns.due >= asked_as_of() THEN 'not due yet'
    END AS reason
  FROM returns
  CROSS JOIN began
  WHERE
    returns.collection = asked_collection()
    AND returns.quarter = asked_quarter()
    AND returns.due IS NOT NULL
)
SELECT
  authority,
  NULL AS indicator,
  quarter,
  reason IS NULL AND late_days > getvariable('grace_days') AS fires,
  CASE
    WHEN reason IS NOT NULL OR late_days <= getvariable('grace_days') THEN 0
    WHEN late_days > getvariable('medium_days') THEN 2
    ELSE 1
  END AS level,
  late_days / getvariable('grace_days') AS effect,
  NULL AS p,
  reason IS NULL AS eligible,
  reason,
  json_object(
    'says', CASE WHEN came THEN 'says' ELSE 'outstanding' END,
    'quarter', quarter_label(quarter),
    'due', strftime(due, '%-d %B %Y'),
    'version', version,
    'n', late_days
  ) AS detail
FROM due_returns
ORDER BY authority;
