-- Rank (1 is best, ties share the lower number) and quartile (1 is best) where a direction is good.
CREATE OR REPLACE VIEW ranks AS
SELECT
  collection,
  authority,
  indicator,
  quarter,
  place AS rank,
  ranked,
  quartile
FROM quartiles
WHERE directed;
