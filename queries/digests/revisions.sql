-- Figures of the region's own authorities that a later version changed after an instant.
SELECT
  revisions.authority,
  revisions.indicator,
  revisions.quarter,
  revisions.version,
  revisions.old_value,
  revisions.old_numerator,
  revisions.old_denominator,
  revisions.old_status,
  revisions.new_value,
  revisions.new_numerator,
  revisions.new_denominator,
  revisions.new_status,
  epoch_us(revisions.received_at) AS received_at
FROM revisions
JOIN authority_settings AS mine ON mine.authority = revisions.authority
WHERE revisions.collection = asked_collection()
ORDER BY revisions.received_at, revisions.step, revisions.authority, revisions.indicator, revisions.quarter;
