UPDATE head SET schema_version = schema_version - 1;
ALTER TABLE claims DROP COLUMN invoices, DROP COLUMN evidence;
DROP TABLE evidence, invoices;
