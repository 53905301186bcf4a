/*
title = "Earlier figures revised"
asks = "Which earlier figures were changed by much?"
severity = "low"
kind = "data-quality"
evidence = "data"
minimum_points = 1
open_after = 1
close_after = 1
default = "off"
says = "{area}, {indicator}: changed for {revised_quarter} from {previous} to {value} on {day}."
harmless = ["revised_quarter", "day"]

[figures]
previous = "revised_quarter"
value = "revised_quarter"

[parameters]
# Of the figure before.
share_max = 0.05
*/
-- Of the quarters before the one that is asked about, what was changed since that quarter ended; the largest
-- change counts.
WITH changes AS (
  SELECT
    revisions.authority,
    revisions.indicator,
    revisions.quarter AS revised_quarter,
    revisions.version,
    revisions.received_at,
    revisions.old_value,
    revisions.new_value,
    abs(revisions.new_value - revisions.old_value) / nullif(abs(revisions.old_value), 0) AS share
  FROM revisions
  WHERE
    revisions.collection = asked_collection()
    AND revisions.quarter < asked_quarter()
    AND revisions.received_at > quarter_last_day(asked_quarter())
    AND revisions.old_value IS NOT NULL
    AND revisions.new_value IS NOT NULL
),
largest AS (
  SELECT
    authority,
    indicator,
    revised_quarter,
    version,
    received_at,
    old_value,
    new_value,
    share
  FROM changes
  QUALIFY row_number() OVER (
    PARTITION BY authority, indicator ORDER BY share DESC NULLS LAST, revised_quarter DESC, received_at DESC
  ) = 1
)
SELECT
  judged.authority,
  judged.indicator,
  judged.quarter,
  coalesce(largest.share > getvariable('share_max'), FALSE) AS fires,
  CASE WHEN largest.share > getvariable('share_max') THEN 1 ELSE 0 END AS level,
  largest.share / getvariable('share_max') AS effect,
  NULL AS p,
  TRUE AS eligible,
  NULL AS reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(judged.quarter),
    'revised_quarter', quarter_label(largest.revised_quarter),
    'value', largest.new_value,
    'previous', largest.old_value,
    'version', largest.version,
    'day', strftime(largest.received_at, '%-d %B %Y'),
    'direction', CASE WHEN largest.new_value > largest.old_value THEN 'up' ELSE 'down' END,
    'provisional', judged.provisional,
    'unit', judged.unit,
    'decimals', judged.decimals
  ) AS detail
FROM judged
LEFT JOIN largest ON largest.authority = judged.authority AND largest.indicator = judged.indicator
WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
ORDER BY judged.authority, judged.indicator;
