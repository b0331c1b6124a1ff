UPDATE head SET schema_version = 2;
DROP TABLE claims, payment_batches, payment_lines, recoveries;
DROP FUNCTION sum_of_parts;
