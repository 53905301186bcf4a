/*
title = "Withheld figures"
asks = "Which figures are withheld?"
severity = "low"
kind = "data-quality"
evidence = "data"
minimum_points = 0
open_after = 1
close_after = 1
says = "{area}, {indicator}: withheld for {quarter} because numbers are small."
says_unavailable = "{area}, {indicator}: marked as not available for {quarter}, although given before."
says_return = "{area}: {n} of {of} figures for {quarter} are withheld because numbers are small."
harmless = ["n", "of"]

[parameters]
# So many withheld figures of one return are one finding about the return.
many = 3
*/
-- Low when a figure with a direction is withheld that was given in the year before, else information. What is
-- not applicable is nothing to look at.
WITH points AS (
  SELECT
    quality.authority,
    quality.indicator,
    quality.quarter,
    quality.value,
    quality.stated,
    quality.numerator,
    quality.denominator,
    quality.status,
    quality.provisional,
    quality.newly_withheld,
    settings.adverse,
    settings.unit,
    settings.decimals,
    CASE
      WHEN quality.status = 'suppressed' THEN 'says'
      WHEN quality.status = 'unavailable' AND quality.newly_withheld THEN 'unavailable'
    END AS says
  FROM quality
  JOIN indicators AS settings
    ON settings.collection = quality.collection AND settings.indicator = quality.indicator
  WHERE
    quality.collection = asked_collection()
    AND quality.quarter = asked_quarter()
    AND quality.carried_from IS NULL
),
shares AS (
  SELECT
    authority,
    quarter,
    count(status) AS given,
    count(*) FILTER (WHERE status = 'suppressed') AS suppressed,
    count(*) FILTER (WHERE status = 'suppressed') >= getvariable('many') AS whole
  FROM points
  GROUP BY authority, quarter
),
called AS (
  SELECT
    points.*,
    points.says IS NOT NULL AND points.newly_withheld AND points.adverse <> 0 AS is_news,
    shares.whole AND coalesce(points.status = 'suppressed', FALSE) AS is_one_of_many
  FROM points
  JOIN shares ON shares.authority = points.authority
)
SELECT
  authority,
  NULL AS indicator,
  quarter,
  whole AS fires,
  0 AS level,
  CASE WHEN whole THEN 1.0 ELSE 0.0 END AS effect,
  NULL AS p,
  given > 0 AS eligible,
  CASE WHEN given = 0 THEN 'no figures' END AS reason,
  json_object(
    'says', 'return',
    'quarter', quarter_label(quarter),
    'n', suppressed,
    'of', given
  ) AS detail
FROM shares
UNION ALL
SELECT
  authority,
  indicator,
  quarter,
  says IS NOT NULL AND (is_news OR NOT is_one_of_many) AS fires,
  CASE WHEN is_news THEN 1 ELSE 0 END AS level,
  CASE WHEN says IS NOT NULL THEN 1.0 ELSE 0.0 END AS effect,
  NULL AS p,
  status IS NOT NULL AS eligible,
  CASE
    WHEN status IS NULL THEN 'no figure'
    WHEN is_one_of_many AND NOT is_news THEN 'one of many that are withheld'
  END AS reason,
  json_object(
    'says', coalesce(says, 'says'),
    'quarter', quarter_label(quarter),
    'value', value,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM called
ORDER BY authority, indicator;
