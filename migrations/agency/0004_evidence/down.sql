UPDATE head SET schema_version = 3;
ALTER TABLE claims DROP COLUMN invoices, DROP COLUMN evidence;
DROP TABLE evidence, invoices;
