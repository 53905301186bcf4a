-- Due on Tuesday 3 October 2017; a bank holiday on Monday 9 October. The five grace days end on 11 October.
INSERT INTO holiday_settings VALUES (DATE '2017-10-09'), (DATE '2017-10-14');
UPDATE expected_returns SET due = DATE '2017-10-03' WHERE quarter = 8069;
UPDATE submissions SET received_at = TIMESTAMP '2017-08-01 08:00:00' WHERE quarter = 8068;
UPDATE submissions SET received_at = TIMESTAMP '2017-10-11 08:00:00' WHERE authority = 'E06000001' AND quarter = 8069;
UPDATE submissions SET received_at = TIMESTAMP '2017-10-12 08:00:00' WHERE authority = 'E06000002' AND quarter = 8069;
UPDATE submissions SET received_at = TIMESTAMP '2017-11-02 08:00:00' WHERE authority = 'E06000003' AND quarter = 8069;
UPDATE expected_returns SET due = DATE '2017-11-20' WHERE authority = 'E06000005' AND quarter = 8069;
UPDATE expected_returns SET due = DATE '2017-07-20' WHERE authority = 'E06000006' AND quarter = 8069;
