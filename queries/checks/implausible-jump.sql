/*
title = "A jump to be confirmed"
asks = "Which figures moved further in one step than they ever do?"
severity = "medium"
kind = "data-quality"
evidence = "data"
means = "figure-suspect"
minimum_points = 7
open_after = 1
close_after = 1
says = "{area}: {indicator} went from {previous} in {previous_quarter} to {value} in {quarter}. Please check the figure before relying on it."
says_base = "{area}: {indicator} went from {previous} in {previous_quarter} to {value} in {quarter}, as {base} went from {previous_base:count} to {denominator}. Please check both before relying on it."
says_published = "{area}: {indicator} went from {previous} in {previous_quarter} to {value} in {quarter}, an unusual step, as published. There is nothing to confirm."
says_regional = "{indicator} jumped in {quarter} for {n} of {of} authorities; likely a definition or national change."
harmless = ["previous_quarter", "base"]

[figures]
previous = "previous_quarter"
previous_base = "previous_quarter"
*/
-- A jump is beyond 3.267 times the average of the earlier steps, and at least half as large again.
-- A publisher's figure is information only: it is not kept apart, for nobody here can change it.
-- The thresholds stand in `views/parameters.sql`, because the view `held` keeps such figures apart.
SELECT
  judged.authority,
  judged.indicator,
  judged.quarter,
  coalesce(held.jump_eligible AND held.jumps, FALSE) AS fires,
  CASE WHEN coalesce(held.jump_eligible AND held.jumps AND NOT held.published, FALSE) THEN 2 ELSE 0 END AS level,
  abs(judged.sent - held.previous) / nullif(held.usual_range, 0) AS effect,
  NULL AS p,
  coalesce(held.jump_eligible, FALSE) AS eligible,
  CASE
    WHEN judged.sent IS NULL THEN coalesce(nullif(judged.status, 'ok'), 'no figure')
    WHEN NOT held.jump_eligible THEN 'too short a history, or small numbers'
  END AS reason,
  json_object(
    'says', CASE
      WHEN held.published THEN 'published'
      WHEN held.jump_eligible AND held.jumps_by_base THEN 'base'
      ELSE 'says'
    END,
    'quarter', quarter_label(judged.quarter),
    'value', judged.sent,
    'previous', held.previous,
    'previous_quarter', quarter_label(held.previous_quarter),
    'base', CASE WHEN held.jumps_by_base THEN coalesce(settings.denominator_name, 'its denominator') END,
    'previous_base', CASE WHEN held.jumps_by_base THEN held.previous_denominator END,
    'usual_step', held.usual_range,
    'direction', CASE WHEN judged.sent > held.previous THEN 'up' ELSE 'down' END,
    'stated', judged.stated,
    'numerator', found.numerator,
    'denominator', found.denominator,
    'status', judged.status,
    'provisional', judged.provisional,
    'unit', judged.unit,
    'decimals', judged.decimals
  ) AS detail
FROM judged
JOIN held
  ON held.collection = judged.collection
  AND held.authority = judged.authority
  AND held.indicator = judged.indicator
  AND held.quarter = judged.quarter
JOIN indicators AS settings
  ON settings.collection = judged.collection AND settings.indicator = judged.indicator
JOIN series AS found
  ON found.collection = judged.collection
  AND found.authority = judged.authority
  AND found.indicator = judged.indicator
  AND found.quarter = judged.quarter
WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
ORDER BY judged.authority, judged.indicator;
