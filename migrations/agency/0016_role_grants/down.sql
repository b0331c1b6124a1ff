DROP TABLE role_grants;
UPDATE head SET schema_version = 15;
