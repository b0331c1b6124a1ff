-- The head says whose ledger it is, as every leaf does: a connection that stands in another schema is found out.

SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE head ADD COLUMN agency text;
UPDATE head SET agency = substr(current_schema(), length('agency_') + 1);
ALTER TABLE head ALTER COLUMN agency SET NOT NULL;
SET CONSTRAINTS ALL DEFERRED;
COMMENT ON COLUMN head.agency IS 'Whose ledger this is; every leaf says the same.';
UPDATE head SET schema_version = 23;
