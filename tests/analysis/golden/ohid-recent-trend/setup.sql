-- The collection comes once a year.
UPDATE collection_settings SET step = 4, first_quarter = 8029;
