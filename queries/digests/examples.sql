-- Who has a figure of the asked collection that may be named, where a direction is good and at least half of
-- the region has sent; and whether it does well: better than the region by the interval of chance (95%), or in
-- the best half now and in the worst quarter within the last three years.
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
    coalesce(2 * ranks.rank <= ranks.ranked, FALSE)
      AND EXISTS (
        SELECT 1
        FROM ranks AS earlier
        WHERE earlier.collection = asked_collection()
          AND earlier.authority = recent.authority
          AND earlier.indicator = recent.indicator
          AND earlier.quarter BETWEEN recent.quarter - 12 AND recent.quarter - 1
          AND earlier.quartile = quartile_groups()
      ) AS recovered
  FROM recent
  LEFT JOIN ranks
    ON ranks.collection = asked_collection()
    AND ranks.authority = recent.authority
    AND ranks.indicator = recent.indicator
    AND ranks.quarter = recent.quarter
)
SELECT authority, indicator, quarter, better, recovered
FROM judged_here
ORDER BY authority, indicator;
