-- Ten neighbours of each authority, published for the quarter before; of the fourth only five have a figure,
-- of the fifth they are all alike, of the sixth they are two quarters old, of the seventh there are six.
INSERT INTO collection_settings VALUES ('published', 'Published', 1, 8056, NULL, FALSE, 'publisher');
INSERT INTO indicator_settings SELECT 'published', * EXCLUDE (collection) FROM indicator_settings;
INSERT INTO submissions VALUES (900, 'published', NULL, NULL, 1, 'h', TIMESTAMP '2017-10-10 08:00:00',
  'folder', 'p.csv', 'long', 1, 1, 0, 'accepted', NULL);
INSERT INTO neighbour_settings
SELECT 'E060000' || lpad(CAST(a AS VARCHAR), 2, '0'), '2021', i, CAST(1000 * a + i AS VARCHAR)
  FROM range(1, 9) AS authorities(a), range(1, 11) AS places(i);
INSERT INTO area_names
SELECT 'E09' || lpad(dfe_number, 6, '0'), 'N' || dfe_number, 'authority', dfe_number, NULL
  FROM neighbour_settings;
INSERT INTO figures
SELECT 900, 'E09' || lpad(dfe_number, 6, '0'), of.indicator,
       CASE authority WHEN 'E06000006' THEN 8067 ELSE 8068 END, NULL, NULL,
       CASE authority WHEN 'E06000005' THEN 50 ELSE [50, 52, 48, 55, 47, 51, 49, 53, 50, 54][position] END,
       'ok', NULL, NULL, NULL, position
  FROM neighbour_settings, (VALUES ('late_pct'), ('timely_pct'), ('demand_rate'), ('plans')) AS of(indicator)
 WHERE position <= CASE authority WHEN 'E06000004' THEN 5 WHEN 'E06000007' THEN 6 ELSE 10 END;
