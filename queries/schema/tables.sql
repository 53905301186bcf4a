-- Append-only, without keys and indexes; uniqueness is kept by SQL inside the transaction that loads.
-- A quarter is its running number: four times the year in which the financial year starts, plus 0 to 3.
-- Instants are UTC. What comes from the configuration is replaced when the configuration changes.

-- From the configuration
CREATE TABLE IF NOT EXISTS authority_settings (
  authority VARCHAR, name VARCHAR, dfe_number VARCHAR, valid_from DATE, valid_until DATE
);
-- Who took over from whom: 'whole' when all of the old area went there, else 'part'.
CREATE TABLE IF NOT EXISTS succession_settings (
  predecessor VARCHAR, successor VARCHAR, share VARCHAR
);
CREATE TABLE IF NOT EXISTS neighbour_settings (
  authority VARCHAR, version VARCHAR, position INTEGER, dfe_number VARCHAR
);
CREATE TABLE IF NOT EXISTS region_settings (
  name VARCHAR, code VARCHAR, neighbours_version VARCHAR, small_number_max INTEGER
);
CREATE TABLE IF NOT EXISTS collection_settings (
  collection VARCHAR, title VARCHAR, step INTEGER, first_quarter INTEGER,
  due_working_days INTEGER, provisional BOOLEAN, reporters VARCHAR  -- 'members' or 'publisher'
);
-- One row per collection that carries the indicator. value = factor * numerator / denominator;
-- factor: 1 for a count (value = numerator), 100 for a percent, per (times 4 where annualised) for a rate.
CREATE TABLE IF NOT EXISTS indicator_settings (
  collection VARCHAR, indicator VARCHAR, name VARCHAR, theme VARCHAR, definition VARCHAR,
  unit VARCHAR,                       -- 'count', 'percent', 'rate'
  factor DOUBLE, numerator_name VARCHAR, denominator_name VARCHAR,
  polarity VARCHAR,                   -- 'high-is-good', 'low-is-good', 'none'
  adverse TINYINT,                    -- -1, 1, 0
  behaviour VARCHAR,                  -- 'flow', 'stock', 'rolling-year'
  decimals INTEGER, target DOUBLE, minimum_denominator DOUBLE
);
-- Measures that follow the seasons.
CREATE TABLE IF NOT EXISTS seasonal_settings (
  collection VARCHAR, indicator VARCHAR
);
-- Rates of a quarter's events that are shown for a year: their factor is four times that of the quarter.
CREATE TABLE IF NOT EXISTS annualised_settings (
  collection VARCHAR, indicator VARCHAR
);
-- Measures that are there only to relate others to.
CREATE TABLE IF NOT EXISTS context_settings (
  collection VARCHAR, indicator VARCHAR
);
-- What the operator set of `views/parameters.sql`.
CREATE TABLE IF NOT EXISTS parameter_settings (
  name VARCHAR, value DOUBLE
);
-- From that quarter on a chart begins anew; of every authority where there is none.
CREATE TABLE IF NOT EXISTS rebase_settings (
  collection VARCHAR, authority VARCHAR, indicator VARCHAR, quarter INTEGER, reason VARCHAR
);
CREATE TABLE IF NOT EXISTS holiday_settings (
  "day" DATE
);
-- Every return that is or was expected, by the configuration and the calendar.
CREATE TABLE IF NOT EXISTS expected_returns (
  collection VARCHAR, authority VARCHAR, quarter INTEGER, due DATE
);
-- A return of an earlier quarter that never came is not asked for: it was due before the first run.
CREATE TABLE IF NOT EXISTS asked_from_settings (
  collection VARCHAR, quarter INTEGER
);

-- From files
CREATE TABLE IF NOT EXISTS area_names (
  code VARCHAR, name VARCHAR, level VARCHAR, dfe_number VARCHAR, region VARCHAR
);
-- authority and quarter are NULL for a publisher's file, which is about many.
CREATE TABLE IF NOT EXISTS submissions (
  submission BIGINT, collection VARCHAR, authority VARCHAR, quarter INTEGER, version INTEGER,
  hash VARCHAR, received_at TIMESTAMP, source VARCHAR, file_name VARCHAR, layout VARCHAR,
  rows_read INTEGER, rows_accepted INTEGER, rows_quarantined INTEGER,
  verdict VARCHAR,                    -- 'accepted' or 'refused'
  reason VARCHAR
);
-- Which journal line each submission came from: the same bytes may come again after others.
CREATE TABLE IF NOT EXISTS submission_arrivals (
  submission BIGINT, journal_line BIGINT
);
-- Versions that somebody withdrew: they are kept, and count no more from that instant on.
CREATE TABLE IF NOT EXISTS withdrawals (
  submission BIGINT, withdrawn_at TIMESTAMP, withdrawn_by VARCHAR, reason VARCHAR
);
-- Versions that were taken in as history, long after their quarter: they are not late, and no news.
CREATE TABLE IF NOT EXISTS history_submissions (
  submission BIGINT
);
CREATE TABLE IF NOT EXISTS figures (
  submission BIGINT, authority VARCHAR, indicator VARCHAR, quarter INTEGER,
  numerator DOUBLE, denominator DOUBLE, stated DOUBLE,
  status VARCHAR,                     -- 'ok', 'suppressed', 'unavailable', 'not-applicable', 'rounds-to-zero', 'unreliable', 'estimate'
  symbol VARCHAR, note VARCHAR, sheet VARCHAR, line INTEGER
);
CREATE TABLE IF NOT EXISTS quarantined_rows (
  submission BIGINT, sheet VARCHAR, line INTEGER,
  column_number INTEGER, column_letters VARCHAR, heading VARCHAR,  -- where one column is at fault
  raw VARCHAR, code VARCHAR, reason VARCHAR
);
-- Measures of which an accepted return has rows, all of them set aside.
CREATE TABLE IF NOT EXISTS set_aside_indicators (
  submission BIGINT, indicator VARCHAR
);
-- The fingerprint of the configuration that stands in the tables above.
CREATE TABLE IF NOT EXISTS configured (
  fingerprint VARCHAR
);
-- The headings of each accepted file, to tell which columns come and go.
CREATE TABLE IF NOT EXISTS headings (
  submission BIGINT, position INTEGER, heading VARCHAR
);
CREATE TABLE IF NOT EXISTS remarks (
  submission BIGINT, sheet VARCHAR, line INTEGER, code VARCHAR, remark VARCHAR
);

-- What was asked, when the answers were not those of before; the latest run of a quarter counts.
CREATE TABLE IF NOT EXISTS asked (
  run BIGINT, check_name VARCHAR, collection VARCHAR, quarter INTEGER, answers_sum VARCHAR
);
-- What checks said in that run: nothing where there is no row.
CREATE TABLE IF NOT EXISTS answers (
  run BIGINT, asked_at TIMESTAMP, check_name VARCHAR, collection VARCHAR,
  authority VARCHAR, indicator VARCHAR, quarter INTEGER,
  fires BOOLEAN, level INTEGER, effect DOUBLE, p DOUBLE, eligible BOOLEAN, reason VARCHAR, detail VARCHAR
);
-- The fold of the answers; of a finding and quarter the row of the latest run counts.
CREATE TABLE IF NOT EXISTS finding_moments (
  run BIGINT, run_at TIMESTAMP, finding VARCHAR, check_name VARCHAR, collection VARCHAR,
  authority VARCHAR, indicator VARCHAR, quarter INTEGER, state VARCHAR, episode INTEGER,
  level INTEGER, effect DOUBLE, event VARCHAR, stale BOOLEAN
);

-- From the journal, replaced at the start of each run: support that was agreed for a finding.
CREATE TABLE IF NOT EXISTS support_actions (
  action VARCHAR, finding VARCHAR, check_name VARCHAR, collection VARCHAR, authority VARCHAR,
  indicator VARCHAR, quarter INTEGER, what VARCHAR, agreed_by VARCHAR,
  supporter VARCHAR,                  -- the code of the authority that supports
  agreed_at TIMESTAMP,
  review_on DATE,                     -- NULL once it has ended
  ended_at TIMESTAMP, ended_by VARCHAR, outcome VARCHAR
);

-- From the journal, replaced at the start of each run: figures that somebody confirmed, as they stood then.
CREATE TABLE IF NOT EXISTS confirmed_figures (
  collection VARCHAR, authority VARCHAR, indicator VARCHAR, quarter INTEGER,
  numerator DOUBLE, denominator DOUBLE, value DOUBLE,
  confirmed_by VARCHAR, confirmed_at TIMESTAMP, reason VARCHAR
);
-- Where a check that was asked gave no answer, and how many runs in a row; it is asked again.
CREATE TABLE IF NOT EXISTS unanswered (
  check_name VARCHAR, collection VARCHAR, quarter INTEGER, runs INTEGER
);

-- What the journal says, copied at every start; the journal is the truth.
CREATE TABLE IF NOT EXISTS journal_lines (
  seq BIGINT, "at" TIMESTAMP, event VARCHAR, subject VARCHAR, detail VARCHAR
);
CREATE TABLE IF NOT EXISTS outbox_messages (
  key VARCHAR, kind VARCHAR, recipient VARCHAR, address VARCHAR, subject VARCHAR,
  message_id VARCHAR, queued_at TIMESTAMP, bytes BLOB,
  told VARCHAR                        -- the ids of the findings that it spells out, as JSON
);
CREATE TABLE IF NOT EXISTS runs (
  run BIGINT, started_at TIMESTAMP, answers_for VARCHAR, settings_fingerprint VARCHAR
);
-- The last row says what was laid: the fingerprint of the statements that made tables and views.
CREATE TABLE IF NOT EXISTS schema_versions (
  version INTEGER, applied_at TIMESTAMP, fingerprint VARCHAR
);
