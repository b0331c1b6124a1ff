UPDATE head SET schema_version = 8;
DROP TABLE rental_usage, usage_imports, usage_staged, usage_rows, usage_errors;
DROP FUNCTION usage_rows_stay();
