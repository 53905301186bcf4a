/*
title = "A figure in other units"
asks = "Which figures look right only after moving the decimal point?"
severity = "high"
kind = "data-quality"
evidence = "data"
means = "figure-suspect"
hides = ["value-mismatch"]
minimum_points = 5
open_after = 1
close_after = 1
says = "{area}: {value} for {indicator} in {quarter} looks like {suggested} in different units (usual level {usual})."
says_possible = "{area}: {value} for {indicator} in {quarter} may be {suggested} in different units (usual level {usual}), or a real change by a factor of ten. Please check it."
says_stated = "{area}: the value stated for {indicator} in {quarter}, {stated:exact}, looks like {suggested} in different units; {numerator} out of {denominator} is {value}, and that is used."
says_regional = "{indicator} came in other units in {quarter} from {n} of {of} authorities; likely a definition or national change."

[figures]
suggested = "quarter"
usual = "history"
*/
-- Five times away from the usual level (the median of earlier figures, at least four of them more than
-- nothing), and within half as much again of it after a power of ten. Not where the stated value is that of
-- its parts and within a factor of two of the figure before. A factor of ten alone can be a real change: it is only possible,
-- unless numerator and denominator disagree with the stated value.
WITH points AS (
  SELECT
    found.authority,
    found.indicator,
    found.quarter,
    found.value,
    found.stated,
    found.numerator,
    found.denominator,
    found.status,
    found.provisional,
    settings.unit,
    settings.decimals,
    held.usual,
    held.power,
    held.slip_eligible,
    CASE
      WHEN held.slips THEN 'says'
      WHEN held.slips_perhaps THEN 'possible'
      WHEN held.slips_as_stated THEN 'stated'
    END AS says
  FROM series AS found
  JOIN held
    ON held.collection = found.collection
    AND held.authority = found.authority
    AND held.indicator = found.indicator
    AND held.quarter = found.quarter
  JOIN indicators AS settings
    ON settings.collection = found.collection AND settings.indicator = found.indicator
  WHERE found.own AND found.collection = asked_collection() AND found.quarter = asked_quarter()
)
SELECT
  authority,
  indicator,
  quarter,
  says IS NOT NULL AS fires,
  CASE says WHEN 'says' THEN 3 WHEN 'possible' THEN 1 WHEN 'stated' THEN 1 ELSE 0 END AS level,
  CASE WHEN says IS NOT NULL THEN abs(log10(power)) END AS effect,
  NULL AS p,
  slip_eligible AS eligible,
  CASE
    WHEN value IS NULL THEN coalesce(nullif(status, 'ok'), 'no figure')
    WHEN NOT slip_eligible THEN 'too short a history, zero, or small numbers'
  END AS reason,
  json_object(
    'says', coalesce(says, 'says'),
    'held', coalesce(says = 'says', FALSE),
    'quarter', quarter_label(quarter),
    'value', value,
    'usual', usual,
    'factor', CASE WHEN says IS NOT NULL THEN power END,
    'suggested', CASE says WHEN 'stated' THEN stated * power ELSE value * power END,
    'direction', CASE WHEN power < 1 THEN 'up' ELSE 'down' END,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM points
ORDER BY authority, indicator;
