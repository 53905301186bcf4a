-- The region's own authorities, past ones and future ones too.
CREATE OR REPLACE VIEW authorities AS
SELECT
  authority,
  name,
  dfe_number,
  valid_from,
  valid_until
FROM authority_settings;
