DROP TABLE objections;
DROP TABLE recalculations;
DROP TABLE claims;
DROP TABLE calculations;
DROP TABLE vouchers;
DROP FUNCTION sum_of_parts;
UPDATE head SET schema_version = 4;
