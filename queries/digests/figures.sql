-- Each authority's figures of the asked collection and quarter, beside what they are compared with.
SELECT
  mine.authority,
  mine.indicator,
  mine.value,
  mine.numerator,
  mine.denominator,
  mine.status,
  coalesce(mine.provisional, FALSE) AS provisional,
  last_year.value AS last_year_value,
  last_year.numerator AS last_year_numerator,
  last_year.denominator AS last_year_denominator,
  last_year.status AS last_year_status,
  compared.region_value,
  compared.region_numerator,
  compared.region_denominator,
  compared.region_contributors,
  compared.region_expected,
  compared.country_value,
  compared.country_quarter,
  compared.neighbours_median,
  compared.neighbours_available,
  compared.neighbours_listed,
  compared.neighbours_quarter,
  compared.neighbours_collection,
  usual.expected_lower AS lower,
  usual.expected_upper AS upper,
  settings.target,
  observed.note
FROM series AS mine
JOIN indicator_settings AS settings
  ON settings.collection = mine.collection AND settings.indicator = mine.indicator
LEFT JOIN observations AS observed
  ON observed.collection = mine.collection
  AND observed.authority = mine.authority
  AND observed.indicator = mine.indicator
  AND observed.quarter = mine.quarter
LEFT JOIN series AS last_year
  ON last_year.collection = mine.collection
  AND last_year.authority = mine.authority
  AND last_year.indicator = mine.indicator
  AND last_year.quarter = mine.quarter - 4
LEFT JOIN comparators AS compared
  ON compared.collection = mine.collection
  AND compared.authority = mine.authority
  AND compared.indicator = mine.indicator
  AND compared.quarter = mine.quarter
LEFT JOIN xmr AS usual
  ON usual.collection = mine.collection
  AND usual.authority = mine.authority
  AND usual.indicator = mine.indicator
  AND usual.quarter = mine.quarter
  AND usual.eligible
WHERE mine.own AND mine.collection = asked_collection() AND mine.quarter = asked_quarter()
ORDER BY mine.authority, mine.indicator;
