-- The history of each figure of the asked collection up to the asked quarter, with the region's beside it.
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
  compared.region_expected
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
WHERE mine.own AND mine.collection = asked_collection()
ORDER BY mine.authority, mine.indicator, mine.quarter;
