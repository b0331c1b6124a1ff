DROP TABLE invoices;
DROP TABLE evidence;
UPDATE head SET schema_version = 6;
