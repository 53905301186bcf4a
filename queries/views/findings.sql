-- Where each finding stands: the rows of the latest run that was known.
CREATE OR REPLACE VIEW findings AS
SELECT
  finding,
  check_name,
  collection,
  authority,
  indicator,
  quarter,
  state,
  episode,
  level,
  effect,
  event,
  stale,
  run,
  run_at
FROM finding_moments
WHERE
  is_asked(collection)
  AND run = (SELECT max(latest.run) FROM finding_moments AS latest WHERE is_known(latest.run_at))
QUALIFY quarter = max(quarter) OVER (PARTITION BY finding);
