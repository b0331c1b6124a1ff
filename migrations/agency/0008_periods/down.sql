DROP TABLE reversals;
DROP TABLE periods;
UPDATE head SET schema_version = 7;
