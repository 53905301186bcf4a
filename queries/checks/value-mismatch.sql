/*
title = "A value that is not that of its parts"
asks = "Which stated values do not match their numerator and denominator?"
severity = "medium"
kind = "data-quality"
evidence = "data"
means = "figure-doubtful"
minimum_points = 1
open_after = 1
close_after = 1
says = "{area}: the value stated for {indicator} in {quarter} ({stated:exact}) does not match {numerator:exact} out of {denominator:exact} ({calculated})."
says_count = "{area}: the value stated for {indicator} in {quarter} ({stated:exact}) does not match the count ({calculated})."
says_regional = "{n} of {of} authorities stated {indicator} for {quarter} in a way that does not match its parts; likely a definition or national change."

[figures]
calculated = "quarter"
*/
-- Further apart than half a unit of the last decimal that is stated, or that the indicator shows, and than the
-- rounding of parts that have decimals themselves. Of a rate for a year the rate of the quarter is right, too.
SELECT
  quality.authority,
  quality.indicator,
  quality.quarter,
  coalesce(quality.mismatch, FALSE) AS fires,
  CASE WHEN quality.mismatch THEN 2 ELSE 0 END AS level,
  abs(quality.stated - quality.calculated) / nullif(abs(quality.calculated), 0) AS effect,
  NULL AS p,
  quality.mismatch IS NOT NULL AS eligible,
  CASE
    WHEN quality.mismatch IS NULL THEN coalesce(nullif(quality.status, 'ok'), 'no stated value, or no parts')
  END AS reason,
  json_object(
    'says', CASE settings.unit WHEN 'count' THEN 'count' ELSE 'says' END,
    'quarter', quarter_label(quality.quarter),
    'value', quality.value,
    'calculated', quality.calculated,
    'direction', CASE WHEN quality.stated > quality.calculated THEN 'up' ELSE 'down' END,
    'stated', quality.stated,
    'numerator', quality.numerator,
    'denominator', quality.denominator,
    'status', quality.status,
    'provisional', quality.provisional,
    'unit', settings.unit,
    'decimals', settings.decimals
  ) AS detail
FROM quality
JOIN indicators AS settings
  ON settings.collection = quality.collection AND settings.indicator = quality.indicator
WHERE
  quality.collection = asked_collection()
  AND quality.quarter = asked_quarter()
  AND quality.carried_from IS NULL
ORDER BY quality.authority, quality.indicator;
