UPDATE head SET schema_version = 16;

DROP INDEX evidence_invoice;
