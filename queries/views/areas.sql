-- Every area that has a name: the region's own authorities, the region, and what published files name.
CREATE OR REPLACE VIEW areas AS
WITH published AS (
  SELECT
    code AS authority,
    max(name) AS name,
    max(dfe_number) AS dfe_number
  FROM area_names
  GROUP BY code
)
SELECT
  authority,
  name,
  area_level(authority) AS level,
  dfe_number,
  TRUE AS own
FROM authority_settings
UNION ALL
SELECT
  published.authority,
  published.name,
  area_level(published.authority) AS level,
  published.dfe_number,
  FALSE AS own
FROM published
ANTI JOIN authority_settings AS mine USING (authority)
UNION ALL
SELECT
  region_settings.code AS authority,
  region_settings.name,
  area_level(region_settings.code) AS level,
  NULL AS dfe_number,
  FALSE AS own
FROM region_settings
ANTI JOIN published ON published.authority = region_settings.code;
