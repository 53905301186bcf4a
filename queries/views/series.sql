-- The complete grid: a row for every quarter in which a figure could be, NULL where there is none.
-- The region's own authorities have rows for every indicator of the collection while they existed;
-- other areas from their first figure on. An annual series has only the quarters of its reference date.
-- Before an authority existed, the figures of those whose whole area it took over: `carried_from` names them. Where
-- two codes of one place both have a figure of a quarter, as when a code has just changed, it counts among others
-- once: under the code that existed then, else the newer; `carried_from` of the other names it.
CREATE OR REPLACE VIEW series AS
WITH counted AS MATERIALIZED (
  SELECT
    collection,
    authority,
    indicator,
    quarter,
    value,
    stated,
    numerator,
    denominator,
    status,
    provisional,
    submission,
    version,
    received_at
  FROM observations
),
codes AS (
  SELECT
    areas.authority,
    areas.dfe_number,
    mine.valid_from,
    mine.valid_until
  FROM areas
  LEFT JOIN authority_settings AS mine ON mine.authority = areas.authority
  WHERE areas.dfe_number IS NOT NULL AND areas.level = 'authority'
  QUALIFY count(*) OVER (PARTITION BY areas.dfe_number) > 1
),
twice AS (
  SELECT
    counted.collection,
    counted.authority,
    counted.indicator,
    counted.quarter,
    first_value(counted.authority) OVER place AS instead
  FROM counted
  JOIN codes ON codes.authority = counted.authority
  WHERE counted.value IS NOT NULL
  WINDOW place AS (
    PARTITION BY counted.collection, codes.dfe_number, counted.indicator, counted.quarter
    ORDER BY
      coalesce(codes.valid_from <= quarter_last_day(counted.quarter), TRUE)
        AND coalesce(codes.valid_until >= quarter_last_day(counted.quarter), TRUE) DESC,
      counted.authority DESC
  )
),
observed AS (
  SELECT
    collection,
    authority,
    indicator,
    min(quarter) AS first_quarter
  FROM counted
  GROUP BY collection, authority, indicator
),
bounds AS (
  SELECT
    collection,
    indicator,
    mode(quarter % 4) AS phase,
    max(quarter) AS last_quarter
  FROM counted
  GROUP BY collection, indicator
),
asked_for AS (
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
    asked_for.collection,
    mine.authority,
    TRUE AS own,
    mine.valid_from,
    mine.valid_until,
    asked_for.indicator,
    asked_for.step,
    asked_for.phase,
    least(asked_for.first_quarter, observed.first_quarter) AS first_quarter,
    asked_for.last_quarter
  FROM asked_for
  CROSS JOIN authority_settings AS mine
  LEFT JOIN observed
    ON observed.collection = asked_for.collection
    AND observed.authority = mine.authority
    AND observed.indicator = asked_for.indicator
  WHERE is_asked(asked_for.collection) OR observed.first_quarter IS NOT NULL
  UNION ALL
  SELECT
    observed.collection,
    observed.authority,
    FALSE AS own,
    NULL AS valid_from,
    NULL AS valid_until,
    observed.indicator,
    asked_for.step,
    asked_for.phase,
    observed.first_quarter,
    asked_for.last_quarter
  FROM observed
  JOIN asked_for
    ON asked_for.collection = observed.collection AND asked_for.indicator = observed.indicator
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
  coalesce(found.value, carried.value) AS value,
  coalesce(found.stated, carried.stated) AS stated,
  coalesce(found.numerator, carried.numerator) AS numerator,
  coalesce(found.denominator, carried.denominator) AS denominator,
  coalesce(found.status, carried.status) AS status,
  coalesce(found.provisional, carried.provisional) AS provisional,
  coalesce(found.submission, carried.submission) AS submission,
  coalesce(found.version, carried.version) AS version,
  coalesce(found.received_at, carried.received_at) AS received_at,
  coalesce(carried.carried_from, nullif(twice.instead, grid.authority)) AS carried_from
FROM grid
LEFT JOIN counted AS found
  ON found.collection = grid.collection
  AND found.authority = grid.authority
  AND found.indicator = grid.indicator
  AND found.quarter = grid.quarter
LEFT JOIN twice
  ON twice.collection = grid.collection
  AND twice.authority = grid.authority
  AND twice.indicator = grid.indicator
  AND twice.quarter = grid.quarter
-- What an authority has of its own counts, even for a quarter before it existed.
LEFT JOIN carried
  ON found.collection IS NULL
  AND carried.collection = grid.collection
  AND carried.authority = grid.authority
  AND carried.indicator = grid.indicator
  AND carried.quarter = grid.quarter
WHERE
  found.collection IS NOT NULL
  OR carried.collection IS NOT NULL
  OR NOT grid.own
  OR (
    coalesce(grid.valid_from <= quarter_last_day(grid.quarter), TRUE)
    AND coalesce(grid.valid_until >= quarter_last_day(grid.quarter), TRUE)
  );
