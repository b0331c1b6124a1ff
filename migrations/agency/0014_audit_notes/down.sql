DROP TABLE audit_notes;
UPDATE head SET schema_version = 13;
