DROP TABLE tags;
DROP TABLE tag_imports;
UPDATE head SET schema_version = 10;
