/*
title = "Slipping behind the others"
asks = "Who has slipped behind the other authorities, and really got worse?"
severity = "low"
kind = "performance"
evidence = "peers"
minimum_points = 2
open_after = 2
close_after = 2
says = "{area} has moved from {old} to {new} of {k} for {indicator} in a year, with {value} in {quarter}."
harmless = ["old", "new", "k"]

[parameters]
# Areas without which a place says little.
areas_min = 8
# Quarters of the ranking lost in a year; or so many quarters in the last one after so many out of it.
quartiles_lost = 2
# Really worse than a year ago: 95% two-sided after allowing for the usual spread.
fires_z = 1.960
*/
-- A place among the peers moves by chance alone: the figure itself must be worse than a year ago, too, and it
-- must last for a second quarter.
WITH places AS (
  SELECT
    authority,
    indicator,
    quarter,
    place,
    ranked,
    quartile,
    place_year_ago,
    quartile_year_ago,
    count_if(quartile = quartile_groups()) OVER (
      PARTITION BY authority, indicator ORDER BY quarter RANGE BETWEEN 1 PRECEDING AND CURRENT ROW
    ) = 2
    AND count_if(quartile < quartile_groups()) OVER (
      PARTITION BY authority, indicator ORDER BY quarter RANGE BETWEEN 5 PRECEDING AND 2 PRECEDING
    ) = 4 AS now_among_the_last
  FROM quartiles
  WHERE collection = asked_collection() AND own AND directed
),
points AS (
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
    places.place,
    places.ranked,
    places.place_year_ago,
    year_ago.previous,
    judged.adverse * year_ago.score AS effect,
    places.quartile - places.quartile_year_ago >= getvariable('quartiles_lost') OR places.now_among_the_last
      AS slid,
    CASE
      WHEN judged.reason IS NOT NULL THEN judged.reason
      WHEN judged.unit = 'count' THEN 'counts are not compared between areas'
      WHEN places.place IS NULL THEN 'small numbers'
      WHEN places.ranked < getvariable('areas_min') THEN 'fewer than ' || getvariable('areas_min') || ' areas'
      WHEN places.place_year_ago IS NULL THEN 'last year: no place'
      WHEN year_ago.reason IS NOT NULL THEN year_ago.reason
      WHEN year_ago.score IS NULL THEN 'no numerators'
    END AS reason
  FROM judged
  LEFT JOIN places
    ON places.authority = judged.authority
    AND places.indicator = judged.indicator
    AND places.quarter = judged.quarter
  LEFT JOIN year_ago
    ON year_ago.collection = judged.collection
    AND year_ago.authority = judged.authority
    AND year_ago.indicator = judged.indicator
    AND year_ago.quarter = judged.quarter
  WHERE
    judged.collection = asked_collection()
    AND judged.quarter = asked_quarter()
    AND judged.adverse <> 0
),
decided AS (
  SELECT
    *,
    coalesce(reason IS NULL AND slid AND effect >= getvariable('fires_z'), FALSE) AS fires
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
    WHEN slid AND NOT fires THEN 'slipped, and not worse by more than chance'
  END AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(quarter),
    'value', value,
    'previous', previous,
    'old', ordinal(place_year_ago),
    'new', ordinal(place),
    'k', ranked,
    'direction', CASE WHEN value > previous THEN 'up' ELSE 'down' END,
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
