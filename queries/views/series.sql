-- The complete grid: a row for every quarter in which a figure could be, NULL where there is none.
-- The region's own authorities have rows for every indicator of the collection while they existed;
-- other areas from their first figure on. An annual series has only the quarters of its reference date.
CREATE OR REPLACE VIEW series AS
WITH observed AS (
  SELECT
    collection,
    authority,
    indicator,
    min(quarter) AS first_quarter
  FROM observations
  GROUP BY collection, authority, indicator
),
bounds AS (
  SELECT
    collection,
    indicator,
    mode(quarter % 4) AS phase,
    max(quarter) AS last_quarter
  FROM observations
  GROUP BY collection, indicator
),
carried AS (
  SELECT
    settings.collection,
    settings.indicator,
    collections.step,
    collections.first_quarter,
    coalesce(bounds.phase, collections.first_quarter % 4) AS phase,
    coalesce(
      asked_quarter(),
      (SELECT max(expected.quarter) FROM expected_returns AS expected
       WHERE expected.collection = settings.collection AND expected.due < asked_as_of()),
      bounds.last_quarter
    ) AS last_quarter
  FROM indicator_settings AS settings
  JOIN collection_settings AS collections ON collections.collection = settings.collection
  LEFT JOIN bounds
    ON bounds.collection = settings.collection AND bounds.indicator = settings.indicator
),
lines AS (
  SELECT
    carried.collection,
    mine.authority,
    TRUE AS own,
    mine.valid_from,
    mine.valid_until,
    carried.indicator,
    carried.step,
    carried.phase,
    least(carried.first_quarter, observed.first_quarter) AS first_quarter,
    carried.last_quarter
  FROM carried
  CROSS JOIN authority_settings AS mine
  LEFT JOIN observed
    ON observed.collection = carried.collection
    AND observed.authority = mine.authority
    AND observed.indicator = carried.indicator
  WHERE is_asked(carried.collection) OR observed.first_quarter IS NOT NULL
  UNION ALL
  SELECT
    observed.collection,
    observed.authority,
    FALSE AS own,
    NULL AS valid_from,
    NULL AS valid_until,
    observed.indicator,
    carried.step,
    carried.phase,
    observed.first_quarter,
    carried.last_quarter
  FROM observed
  JOIN carried
    ON carried.collection = observed.collection AND carried.indicator = observed.indicator
  ANTI JOIN authority_settings AS mine ON mine.authority = observed.authority
),
grid AS (
  SELECT
    collection,
    authority,
    own,
    valid_from,
    valid_until,
    indicator,
    CAST(unnest(
      CASE
        WHEN step = 1 THEN range(first_quarter, last_quarter + 1)
        ELSE range(first_quarter + (phase - first_quarter % 4 + 4) % 4, last_quarter + 1, step)
      END
    ) AS INTEGER) AS quarter
  FROM lines
)
SELECT
  grid.collection,
  grid.authority,
  area_level(grid.authority) AS level,
  grid.own,
  grid.indicator,
  grid.quarter,
  found.value,
  found.stated,
  found.numerator,
  found.denominator,
  found.status,
  found.provisional,
  found.submission,
  found.version,
  found.received_at
FROM grid
LEFT JOIN observations AS found
  ON found.collection = grid.collection
  AND found.authority = grid.authority
  AND found.indicator = grid.indicator
  AND found.quarter = grid.quarter
WHERE
  found.collection IS NOT NULL
  OR NOT grid.own
  OR (
    coalesce(grid.valid_from <= quarter_last_day(grid.quarter), TRUE)
    AND coalesce(grid.valid_until >= quarter_last_day(grid.quarter), TRUE)
  );
