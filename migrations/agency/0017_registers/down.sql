UPDATE head SET schema_version = 13;

DROP INDEX evidence_invoice;
