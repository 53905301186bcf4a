-- Where the chart of a figure begins anew, because somebody decided that it is a new process.
CREATE OR REPLACE VIEW rebases AS
SELECT
  settings.collection,
  mine.authority,
  settings.indicator,
  settings.quarter,
  settings.reason
FROM rebase_settings AS settings
JOIN authority_settings AS mine ON mine.authority = coalesce(settings.authority, mine.authority)
WHERE is_asked(settings.collection) AND is_within(settings.quarter);
