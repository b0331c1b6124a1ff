-- What registers and lists look for is found by an index.

CREATE INDEX evidence_invoice ON evidence (invoice_number, invoice_code, created) WHERE kind = 'invoice';
COMMENT ON INDEX evidence_invoice IS 'Which files show an invoice: an auditor asks for those that several do.';

UPDATE head SET schema_version = 17;
