-- The history of each figure of the asked collection up to the asked quarter, with the region's beside it,
-- and since when it has been known.
WITH first_known AS (
  SELECT
    authority,
    indicator,
    quarter,
    min(received_at) AS received_at
  FROM observation_versions
  WHERE collection = asked_collection()
  GROUP BY authority, indicator, quarter
)
SELECT
  mine.authority,
  mine.indicator,
  mine.quarter,
  mine.value,
  mine.numerator,
  mine.denominator,
  coalesce(
    judged.held_by IS NULL
      AND judged.carried_from IS NULL
      AND coalesce(mine.numerator, CASE judged.unit WHEN 'count' THEN mine.value END) IS NOT NULL
      AND (judged.unit = 'count' OR mine.denominator > 0),
    FALSE
  ) AS summed,
  compared.region_value,
  compared.region_numerator,
  compared.region_denominator,
  compared.region_contributors,
  compared.region_expected,
  mine.carried_from,
  epoch_us(first_known.received_at) AS known_from
FROM series AS mine
JOIN judged
  ON judged.collection = mine.collection
  AND judged.authority = mine.authority
  AND judged.indicator = mine.indicator
  AND judged.quarter = mine.quarter
LEFT JOIN comparators AS compared
  ON compared.collection = mine.collection
  AND compared.authority = mine.authority
  AND compared.indicator = mine.indicator
  AND compared.quarter = mine.quarter
LEFT JOIN first_known
  ON first_known.authority = mine.authority
  AND first_known.indicator = mine.indicator
  AND first_known.quarter = mine.quarter
WHERE mine.own AND mine.collection = asked_collection()
ORDER BY mine.authority, mine.indicator, mine.quarter;
