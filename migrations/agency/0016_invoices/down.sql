UPDATE head SET schema_version = 15;

ALTER TABLE contract_uses DROP CONSTRAINT contract_uses_invoices, DROP COLUMN invoices;
ALTER TABLE rental_usage DROP CONSTRAINT rental_usage_invoices, DROP COLUMN invoices;
