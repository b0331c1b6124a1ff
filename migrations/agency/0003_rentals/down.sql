DROP TABLE usage_errors;
DROP TABLE usage_rows;
DROP TABLE usage_imports;
DROP TABLE usage_staged;
DROP TABLE rental_usage;
DROP TABLE contract_uses;
DROP TABLE rentals;
UPDATE head SET schema_version = 2;
