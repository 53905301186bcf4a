-- The figures of the quarters before an authority existed, from those whose whole area it took over: one
-- predecessor's figure as it was, or the sum of numerators over the sum of denominators of several when
-- each gave both parts. A quarter in which one of several is missing has none.
CREATE OR REPLACE VIEW carried AS
WITH heirs AS (
  SELECT
    lineage.authority,
    lineage.predecessor,
    mine.valid_from
  FROM lineage
  JOIN authority_settings AS mine ON mine.authority = lineage.authority
  -- Nobody carries on a history before there is somebody.
  WHERE asked_quarter() IS NULL OR mine.valid_from <= quarter_last_day(asked_quarter())
),
parts AS (
  SELECT
    heirs.authority,
    figures.collection,
    figures.indicator,
    figures.quarter,
    heirs.predecessor,
    settings.unit,
    settings.factor,
    figures.value,
    figures.stated,
    figures.numerator,
    figures.denominator,
    figures.status,
    figures.provisional,
    figures.submission,
    figures.version,
    figures.received_at,
    -- How many there were on that day, whether they gave a figure or not.
    (
      SELECT count(*)
      FROM heirs AS every_one
      JOIN authority_settings AS theirs ON theirs.authority = every_one.predecessor
      WHERE
        every_one.authority = heirs.authority
        AND coalesce(theirs.valid_from <= quarter_last_day(figures.quarter), TRUE)
        AND coalesce(theirs.valid_until >= quarter_last_day(figures.quarter), TRUE)
    ) AS of_them
  FROM heirs
  JOIN observations AS figures ON figures.authority = heirs.predecessor
  JOIN authority_settings AS theirs ON theirs.authority = heirs.predecessor
  JOIN indicator_settings AS settings
    ON settings.collection = figures.collection AND settings.indicator = figures.indicator
  WHERE
    quarter_last_day(figures.quarter) < heirs.valid_from
    AND coalesce(theirs.valid_from <= quarter_last_day(figures.quarter), TRUE)
    AND coalesce(theirs.valid_until >= quarter_last_day(figures.quarter), TRUE)
),
summed AS (
  SELECT
    authority,
    collection,
    indicator,
    quarter,
    string_agg(predecessor, ', ' ORDER BY predecessor) AS carried_from,
    any_value(unit) AS unit,
    any_value(factor) AS factor,
    count(*) AS given,
    any_value(of_them) AS of_them,
    count(*) FILTER (WHERE numerator IS NOT NULL AND (unit = 'count' OR denominator > 0)) AS whole,
    sum(numerator) AS numerator,
    sum(denominator) AS denominator,
    any_value(value) AS value,
    any_value(stated) AS stated,
    max(status) FILTER (WHERE status <> 'ok') AS other_status,
    bool_or(provisional) AS provisional,
    max(submission) AS submission,
    max(version) AS version,
    max(received_at) AS received_at
  FROM parts
  GROUP BY authority, collection, indicator, quarter
)
SELECT
  collection,
  authority,
  indicator,
  quarter,
  CASE
    WHEN given = 1 THEN value
    WHEN unit = 'count' THEN numerator
    ELSE factor * numerator / denominator
  END AS value,
  CASE WHEN given = 1 THEN stated END AS stated,
  numerator,
  denominator,
  coalesce(other_status, 'ok') AS status,
  provisional,
  submission,
  version,
  received_at,
  carried_from
FROM summed
WHERE given = of_them AND (given = 1 OR whole = given);
