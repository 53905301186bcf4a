/*
title = "A count that cannot be right"
asks = "Which figures count more than there are, or fewer than none?"
severity = "high"
kind = "data-quality"
evidence = "data"
means = "figure-impossible"
hides = ["value-mismatch"]
minimum_points = 1
open_after = 1
close_after = 1
says = "{area}, {indicator}: {numerator} counted out of {denominator} in {quarter}, which cannot be right."
*/
SELECT
  found.authority,
  found.indicator,
  found.quarter,
  coalesce(held.impossible, FALSE) AS fires,
  CASE WHEN held.impossible THEN 3 ELSE 0 END AS level,
  CASE WHEN held.impossible THEN 1.0 ELSE 0.0 END AS effect,
  NULL AS p,
  found.numerator IS NOT NULL AS eligible,
  CASE
    WHEN found.numerator IS NULL THEN coalesce(nullif(found.status, 'ok'), 'no numerator')
  END AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(found.quarter),
    'value', found.value,
    'stated', found.stated,
    'numerator', found.numerator,
    'denominator', found.denominator,
    'status', found.status,
    'provisional', found.provisional,
    'unit', settings.unit,
    'decimals', settings.decimals
  ) AS detail
FROM series AS found
JOIN held
  ON held.collection = found.collection
  AND held.authority = found.authority
  AND held.indicator = found.indicator
  AND held.quarter = found.quarter
JOIN indicators AS settings
  ON settings.collection = found.collection AND settings.indicator = found.indicator
WHERE found.own AND found.collection = asked_collection() AND found.quarter = asked_quarter()
ORDER BY found.authority, found.indicator;
