-- Whose history an authority carries on: those whose whole area it took over, when its area is theirs and
-- no other's, so that its figures and theirs are about the same place. Through several changes, too.
CREATE OR REPLACE VIEW lineage AS
WITH RECURSIVE changes AS (
  SELECT
    successor AS authority,
    predecessor,
    -- Nothing of the predecessor went elsewhere.
    share = 'whole' AND count(*) OVER (PARTITION BY predecessor) = 1 AS is_whole
  FROM succession_settings
),
same_area AS (
  SELECT
    authority,
    predecessor
  FROM changes
  -- All of them, or none: two thirds of an area are not the area.
  QUALIFY bool_and(is_whole) OVER (PARTITION BY authority)
),
reached AS (
  SELECT
    authority,
    predecessor,
    1 AS steps
  FROM same_area
  UNION ALL
  SELECT
    reached.authority,
    same_area.predecessor,
    reached.steps + 1 AS steps
  FROM reached
  JOIN same_area ON same_area.authority = reached.predecessor
  WHERE reached.steps < 10
)
SELECT DISTINCT
  authority,
  predecessor
FROM reached;
