DROP TABLE awards;
DROP TABLE applications;
DROP TABLE calls;
UPDATE head SET schema_version = 11;
