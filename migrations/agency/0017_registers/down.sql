UPDATE head SET schema_version = 14;

DROP INDEX evidence_invoice;
