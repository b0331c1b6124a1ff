DROP TABLE reminders;
UPDATE head SET schema_version = 14;
