-- Who has a figure of the asked collection that may be named, where a direction is good and at least half of
-- the region has sent; whether it does well: better than the region by the interval of chance (95%); whether it
-- is in the best half now; and its worst figure of the three years before, from which it may have recovered.
WITH recent AS (
  SELECT
    judged.authority,
    judged.indicator,
    judged.quarter,
    judged.value,
    judged.adverse,
    intervals.low95,
    intervals.high95,
    comparators.region_value
  FROM judged
  JOIN intervals
    ON intervals.collection = judged.collection
    AND intervals.authority = judged.authority
    AND intervals.indicator = judged.indicator
    AND intervals.quarter = judged.quarter
  JOIN comparators
    ON comparators.collection = judged.collection
    AND comparators.authority = judged.authority
    AND comparators.indicator = judged.indicator
    AND comparators.quarter = judged.quarter
  WHERE judged.collection = asked_collection()
    AND judged.quarter > asked_quarter() - 4
    AND 2 * comparators.region_contributors >= comparators.region_expected
    AND judged.adverse <> 0
    AND judged.value IS NOT NULL
    AND judged.status = 'ok'
    AND coalesce(judged.denominator >= judged.minimum_denominator, judged.unit = 'count')
  QUALIFY row_number() OVER (PARTITION BY judged.authority, judged.indicator ORDER BY judged.quarter DESC) = 1
),
worst AS (
  SELECT
    judged.authority,
    judged.indicator,
    max(judged.adverse * judged.value) AS badness
  FROM judged
  JOIN recent ON recent.authority = judged.authority AND recent.indicator = judged.indicator
  WHERE judged.collection = asked_collection()
    AND judged.quarter BETWEEN recent.quarter - 12 AND recent.quarter - 1
    AND judged.value IS NOT NULL
    AND judged.status = 'ok'
    AND coalesce(judged.denominator >= judged.minimum_denominator, judged.unit = 'count')
  GROUP BY judged.authority, judged.indicator
),
judged_here AS (
  SELECT
    recent.authority,
    recent.indicator,
    recent.quarter,
    coalesce(
      CASE
        WHEN recent.adverse > 0 THEN recent.high95 < recent.region_value
        ELSE recent.low95 > recent.region_value
      END,
      FALSE
    ) AS better,
    coalesce(2 * ranks.rank <= ranks.ranked, FALSE) AS best_half,
    recent.value,
    recent.adverse * worst.badness AS worst
  FROM recent
  LEFT JOIN worst ON worst.authority = recent.authority AND worst.indicator = recent.indicator
  LEFT JOIN ranks
    ON ranks.collection = asked_collection()
    AND ranks.authority = recent.authority
    AND ranks.indicator = recent.indicator
    AND ranks.quarter = recent.quarter
)
SELECT authority, indicator, quarter, better, best_half, value, worst
FROM judged_here
ORDER BY authority, indicator;
