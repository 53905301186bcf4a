-- The financial quarters from 1990 on.
CREATE OR REPLACE VIEW quarters AS
SELECT
  CAST(q AS INTEGER) AS quarter,
  quarter_label(q) AS label,
  quarter_first_day(q) AS first_day,
  quarter_last_day(q) AS last_day
FROM range(1990 * 4, 2200 * 4) AS years(q);
