/*
title = "Far from similar areas"
asks = "Which figures are far worse than those of similar areas?"
asks_neutral = "Which figures are far from those of similar areas?"
severity = "medium"
kind = "performance"
evidence = "peers"
family = "peers"
minimum_points = 1
open_after = 1
close_after = 2
says = "{area}: {indicator} stood at {value} in {quarter}; similar areas are typically at {median} ({comparator_quarter})."
says_regional = "{n} of {of} authorities are far from similar areas on {indicator} in {quarter}; likely a definition or national change."
harmless = ["comparator_quarter"]

[figures]
median = "neighbours"

[parameters]
# Neighbours with a figure: without so many it does not judge; without so many it is information.
neighbours_min = 6
neighbours_full = 8
# Robust standard deviations.
fires_z = 2.0
medium_z = 3.5
# Where the neighbours do not differ: the gap that matters, a tenth or two percentage points.
relative_gap_min = 0.10
points_gap_min = 2.0
*/
-- Robust z among the statistical neighbours; where the figure has limits of chance, they must exclude the
-- neighbours' median. Where the neighbours do not differ, as when all are at 100%, the 99.8% limits of chance must. How old their figures may be stands in `views/parameters.sql`.
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
    neighbours.median,
    neighbours.available,
    neighbours.listed,
    neighbours.neighbours_collection,
    neighbours.neighbours_quarter,
    neighbours.z,
    neighbours.spread,
    neighbours.figures,
    -- In standard deviations of the neighbours; of chance where the neighbours do not differ.
    coalesce(
      neighbours.z,
      neighbours.gap * 2 * z95() / nullif(intervals.high95 - intervals.low95, 0)
    ) AS distance,
    CASE WHEN judged.adverse = 0 THEN abs(distance) ELSE judged.adverse * distance END AS effect,
    coalesce(
      neighbours.spread IS NOT NULL
      OR (
        neighbours.median NOT BETWEEN intervals.low998 AND intervals.high998
        AND (
          abs(neighbours.gap) >= getvariable('relative_gap_min') * abs(neighbours.median) - 1e-9
          OR (judged.unit = 'percent' AND abs(neighbours.gap) >= getvariable('points_gap_min') - 1e-9)
        )
      ),
      FALSE
    ) AS is_apart,
    coalesce(neighbours.median BETWEEN intervals.low95 AND intervals.high95, FALSE) AS may_be_chance,
    CASE
      WHEN judged.reason IS NOT NULL THEN judged.reason
      WHEN judged.unit = 'count' THEN 'counts are not compared between areas'
      WHEN coalesce(neighbours.available, 0) < getvariable('neighbours_min')
        THEN 'fewer than ' || getvariable('neighbours_min') || ' neighbours with a figure'
      WHEN neighbours.spread IS NULL AND intervals.low998 IS NULL
        THEN 'cannot be calculated: the neighbours do not differ'
    END AS reason
  FROM judged
  LEFT JOIN neighbours
    ON neighbours.collection = judged.collection
    AND neighbours.authority = judged.authority
    AND neighbours.indicator = judged.indicator
    AND neighbours.quarter = judged.quarter
  LEFT JOIN intervals
    ON intervals.collection = judged.collection
    AND intervals.authority = judged.authority
    AND intervals.indicator = judged.indicator
    AND intervals.quarter = judged.quarter
  WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
),
decided AS (
  SELECT
    *,
    coalesce(reason IS NULL AND effect >= getvariable('fires_z') AND is_apart AND NOT may_be_chance, FALSE) AS fires
  FROM points
)
SELECT
  authority,
  indicator,
  quarter,
  fires,
  CASE
    WHEN NOT fires OR adverse = 0 OR available < getvariable('neighbours_full') THEN 0
    WHEN effect >= getvariable('medium_z') AND spread IS NOT NULL THEN 2
    ELSE 1
  END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  CASE
    WHEN reason IS NOT NULL THEN reason
    WHEN effect >= getvariable('fires_z') AND may_be_chance THEN 'within the limits of chance'
    WHEN effect >= getvariable('fires_z') AND NOT is_apart THEN 'too little to matter, or chance'
  END AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(quarter),
    'value', value,
    'median', median,
    'k', available,
    'of', listed,
    'available', available,
    'z', z,
    'spread', spread,
    'neighbours', CASE WHEN fires THEN CAST(figures AS JSON) END,
    'comparator', neighbours_collection,
    'comparator_quarter', quarter_label(neighbours_quarter),
    'direction', CASE WHEN value > median THEN 'up' ELSE 'down' END,
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
