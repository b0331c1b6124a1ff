UPDATE head SET schema_version = 7;
DROP TABLE loans;
