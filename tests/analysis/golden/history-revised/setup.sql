-- A second version of the quarter before: of the first by more than a twentieth, of the second by a twentieth,
-- of the third in another quarter's time; and of the fourth of the asked quarter itself.
INSERT INTO submissions
SELECT submission + 100, collection, authority, quarter, 2, 'h2',
       CASE authority WHEN 'E06000003' THEN TIMESTAMP '2017-09-20 08:00:00' ELSE TIMESTAMP '2017-11-15 08:00:00' END,
       source, file_name, layout, 1, 1, 0, 'accepted', NULL
  FROM submissions
 WHERE quarter = CASE authority WHEN 'E06000004' THEN 8069 ELSE 8068 END;
UPDATE submissions SET received_at = TIMESTAMP '2017-09-10 08:00:00' WHERE quarter = 8068 AND version = 1;
INSERT INTO figures
SELECT submission + 100, authority, indicator, quarter,
       CASE authority WHEN 'E06000002' THEN 105 ELSE 106 END, denominator, stated, status, symbol, note, sheet, line
  FROM figures
 WHERE quarter = CASE authority WHEN 'E06000004' THEN 8069 ELSE 8068 END;
