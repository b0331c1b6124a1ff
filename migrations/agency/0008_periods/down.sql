DROP TABLE calendar_days;
DROP TABLE calendar_changes;
DROP TABLE reversals;
DROP TABLE periods;
UPDATE head SET schema_version = 7;
