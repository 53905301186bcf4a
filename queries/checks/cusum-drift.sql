/*
title = "A slow drift"
asks = "Which figures have drifted away, too slowly to be seen at once?"
severity = "low"
kind = "performance"
evidence = "own-history"
family = "own-history"
minimum_points = 16
open_after = 1
close_after = 2
default = "off"
says = "{area}, {indicator}: drifted {side} the usual level ({mean}) little by little, to {value} in {quarter}."
says_regional = "{n} of {of} authorities have had {indicator} drift the same way up to {quarter}; likely a definition or national change."
harmless = ["side"]

[figures]
mean = "history"

[parameters]
# Added-up deviations; 4 gives a false signal about once in 168 quarters, 5 once in 465.
signals_at = 4.0
points_min = 16
*/
-- The tabular CUSUM. Slow for quarterly figures: two years and more to see a change of one standard deviation.
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
    cusum.mean,
    cusum.sigma,
    cusum.n,
    cusum.high,
    cusum.low,
    CASE judged.adverse
      WHEN 1 THEN cusum.high
      WHEN -1 THEN cusum.low
      ELSE greatest(cusum.high, cusum.low)
    END AS effect,
    CASE judged.adverse WHEN 1 THEN TRUE WHEN -1 THEN FALSE ELSE cusum.high > cusum.low END AS is_up,
    CASE
      WHEN judged.reason IS NOT NULL THEN judged.reason
      WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
      WHEN coalesce(cusum.n, 0) < getvariable('points_min')
        THEN 'fewer than ' || getvariable('points_min') || ' figures'
      WHEN cusum.events < trend_events_min() THEN 'a handful, of which chance makes drifts'
      ELSE cusum.reason
    END AS reason
  FROM judged
  LEFT JOIN cusum
    ON cusum.collection = judged.collection
    AND cusum.authority = judged.authority
    AND cusum.indicator = judged.indicator
    AND cusum.quarter = judged.quarter
  WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
)
SELECT
  authority,
  indicator,
  quarter,
  coalesce(reason IS NULL AND effect > getvariable('signals_at'), FALSE) AS fires,
  CASE WHEN reason IS NULL AND effect > getvariable('signals_at') AND adverse <> 0 THEN 1 ELSE 0 END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(quarter),
    'value', value,
    'mean', mean,
    'sigma', sigma,
    'n', n,
    'side', CASE WHEN is_up THEN 'above' ELSE 'below' END,
    'direction', CASE WHEN is_up THEN 'up' ELSE 'down' END,
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
