/*
title = "Not received"
asks = "Which returns, or which figures of a return, have not come?"
severity = "high"
kind = "data-quality"
evidence = "data"
means = "return-missing"
minimum_points = 0
open_after = 1
close_after = 1
says = "{area} has not supplied {indicator} for {quarter}."
says_aside = "{area} has sent {indicator} for {quarter}, but in a form that could not be used; it was set aside."
says_return = "{area} has not sent its return for {quarter}; it was due on {due}."
says_mostly = "{area} has sent a return for {quarter} that lacks {n} of {of} indicators."
harmless = ["due", "n", "of"]

[parameters]
# An authority of which at least this share is missing has one finding about the whole return.
whole_share = 0.8
*/
-- A figure that is suppressed or unavailable is not missing: it came, with its reason. An indicator is
-- expected of an authority that has supplied it for an earlier quarter.
WITH grid AS (
  SELECT
    authority,
    quarter,
    due,
    submission,
    version,
    coalesce(due < asked_as_of(), FALSE) AS is_due,
    coalesce(
      lag(submission IS NULL AND due < asked_as_of()) OVER (PARTITION BY authority ORDER BY quarter),
      FALSE
    ) AS missed_before
  FROM returns
  WHERE collection = asked_collection() AND due IS NOT NULL
),
due_returns AS (
  SELECT
    authority,
    quarter,
    due,
    submission,
    version,
    is_due,
    missed_before
  FROM grid
  WHERE quarter = asked_quarter()
),
supplied AS (
  SELECT
    authority,
    indicator,
    bool_or(quarter < asked_quarter()) AS before,
    bool_or(quarter = asked_quarter()) AS now,
    bool_or(quarter = asked_quarter() - settings.step) AS last_time
  FROM observations
  JOIN collection_settings AS settings ON settings.collection = observations.collection
  WHERE observations.collection = asked_collection()
  GROUP BY authority, indicator
),
expected AS (
  SELECT
    due_returns.authority,
    supplied.indicator,
    due_returns.quarter,
    due_returns.due,
    due_returns.submission,
    due_returns.version,
    NOT supplied.now AS missing,
    NOT supplied.now AND NOT supplied.last_time AS missing_twice,
    aside.indicator IS NOT NULL AS was_set_aside
  FROM due_returns
  JOIN supplied ON supplied.authority = due_returns.authority
  LEFT JOIN set_aside AS aside
    ON aside.submission = due_returns.submission AND aside.indicator = supplied.indicator
  WHERE supplied.before OR supplied.now
),
shares AS (
  SELECT
    authority,
    count(*) AS expected,
    count(*) FILTER (WHERE missing) AS missing
  FROM expected
  GROUP BY authority
),
whole AS (
  SELECT
    due_returns.authority,
    due_returns.quarter,
    due_returns.due,
    due_returns.version,
    due_returns.is_due,
    due_returns.submission IS NOT NULL AS came,
    due_returns.missed_before,
    coalesce(shares.expected, 0) AS expected,
    coalesce(shares.missing, 0) AS missing,
    CASE
      WHEN due_returns.submission IS NULL THEN due_returns.is_due
      ELSE coalesce(shares.missing >= getvariable('whole_share') * shares.expected, FALSE)
    END AS fires
  FROM due_returns
  LEFT JOIN shares ON shares.authority = due_returns.authority
)
SELECT
  authority,
  NULL AS indicator,
  quarter,
  fires,
  CASE WHEN NOT fires THEN 0 WHEN missed_before THEN 3 ELSE 2 END AS level,
  CASE WHEN NOT fires THEN 0.0 WHEN missed_before THEN 2.0 ELSE 1.0 END AS effect,
  NULL AS p,
  came OR is_due AS eligible,
  CASE WHEN NOT came AND NOT is_due THEN 'not due yet' END AS reason,
  json_object(
    'says', CASE WHEN came THEN 'mostly' ELSE 'return' END,
    'quarter', quarter_label(quarter),
    'due', strftime(due, '%-d %B %Y'),
    'version', version,
    'n', missing,
    'of', expected
  ) AS detail
FROM whole
UNION ALL
SELECT
  expected.authority,
  expected.indicator,
  expected.quarter,
  whole.came AND NOT whole.fires AND expected.missing AS fires,
  CASE
    WHEN NOT whole.came OR whole.fires OR NOT expected.missing THEN 0
    WHEN expected.missing_twice THEN 3
    ELSE 2
  END AS level,
  CASE WHEN expected.missing THEN 1.0 ELSE 0.0 END + CASE WHEN expected.missing_twice THEN 1.0 ELSE 0.0 END
    AS effect,
  NULL AS p,
  whole.came AND NOT whole.fires AS eligible,
  CASE
    WHEN NOT whole.came THEN 'the return has not come'
    WHEN whole.fires THEN 'most of the return is missing'
  END AS reason,
  json_object(
    'says', CASE WHEN expected.was_set_aside THEN 'aside' ELSE 'says' END,
    'quarter', quarter_label(expected.quarter),
    'due', strftime(expected.due, '%-d %B %Y'),
    'version', expected.version
  ) AS detail
FROM expected
JOIN whole ON whole.authority = expected.authority
ORDER BY authority, indicator;
