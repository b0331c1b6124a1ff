DROP TABLE loan_uses;
DROP TABLE loans;
UPDATE head SET schema_version = 3;
