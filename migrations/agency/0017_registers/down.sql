UPDATE head SET schema_version = 16;

DROP INDEX rentals_updated;
DROP INDEX claims_updated;
DROP INDEX vouchers_updated;
DROP INDEX recoveries_organisation;
DROP INDEX claims_settled;
DROP INDEX vouchers_settled;
DROP INDEX evidence_invoice;
