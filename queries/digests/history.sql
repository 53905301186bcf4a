-- The history of each figure of the asked collection up to the asked quarter, with the region's beside it.
SELECT
  mine.authority,
  mine.indicator,
  mine.quarter,
  mine.value,
  mine.numerator,
  mine.denominator,
  compared.region_value,
  compared.region_numerator,
  compared.region_denominator,
  compared.region_contributors,
  compared.region_expected
FROM series AS mine
LEFT JOIN comparators AS compared
  ON compared.collection = mine.collection
  AND compared.authority = mine.authority
  AND compared.indicator = mine.indicator
  AND compared.quarter = mine.quarter
WHERE mine.own AND mine.collection = asked_collection()
ORDER BY mine.authority, mine.indicator, mine.quarter;
