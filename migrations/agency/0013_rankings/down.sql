DROP TABLE rankings;
UPDATE head SET schema_version = 12;
