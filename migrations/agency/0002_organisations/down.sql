DROP TABLE budget_changes;
DROP TABLE rules_versions;
DROP TABLE statutory_limits;
DROP TABLE programmes;
DROP TABLE reference_rates;
DROP TABLE texts;
DROP TABLE bank_accounts;
DROP TABLE organisations;
UPDATE head SET schema_version = 1;
