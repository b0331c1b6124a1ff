DROP TABLE true_ups;
DROP TABLE prefund_years;
DROP TABLE prefunds;
DROP TABLE recoveries;
DROP TABLE payment_lines;
DROP TABLE payment_batches;
UPDATE head SET schema_version = 5;
