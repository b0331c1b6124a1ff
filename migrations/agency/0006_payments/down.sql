UPDATE head SET schema_version = 5;
ALTER TABLE vouchers DROP COLUMN reminded_days;
ALTER TABLE organisations DROP COLUMN account_change, DROP COLUMN account_since;
