-- Where each finding stands: after its latest quarter, by the latest run that was known. `finding` is the number as
-- people read and write it, with a letter in front.
CREATE OR REPLACE VIEW findings AS
SELECT
  'f' || finding AS finding,
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
QUALIFY row_number() OVER (PARTITION BY finding_moments.finding ORDER BY quarter DESC, run DESC) = 1;
