/*
title = "A figure that moved by half"
asks = "Which figures changed by more than half since the quarter before?"
severity = "low"
kind = "data-quality"
evidence = "data"
minimum_points = 2
open_after = 1
close_after = 1
says = "{area}, {indicator}: {value} in {quarter}, more than half away from the quarter before."
*/
SELECT
  found.authority,
  found.indicator,
  found.quarter,
  coalesce(abs(found.value - before.value) > 0.5 * abs(before.value), FALSE) AS fires,
  CASE WHEN abs(found.value - before.value) > 0.5 * abs(before.value) THEN 1 ELSE 0 END AS level,
  abs(found.value - before.value) AS effect,
  NULL AS p,
  found.value IS NOT NULL AND before.value IS NOT NULL AS eligible,
  CASE WHEN found.value IS NULL OR before.value IS NULL THEN 'no two figures' END AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(found.quarter),
    'value', found.value,
    'unit', settings.unit,
    'decimals', settings.decimals
  ) AS detail
FROM series AS found
JOIN series AS before
  ON before.collection = found.collection
  AND before.authority = found.authority
  AND before.indicator = found.indicator
  AND before.quarter = found.quarter - 1
JOIN indicators AS settings
  ON settings.collection = found.collection AND settings.indicator = found.indicator
WHERE found.own AND found.collection = getvariable('collection') AND found.quarter = getvariable('quarter')
ORDER BY found.authority, found.indicator;
