UPDATE head SET schema_version = 15;

DROP INDEX evidence_invoice;
