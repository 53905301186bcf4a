-- Where each finding stands: after its latest quarter, by the latest run that was known.
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
WHERE is_asked(collection) AND is_known(run_at)
QUALIFY row_number() OVER (PARTITION BY finding ORDER BY quarter DESC, run DESC) = 1;
