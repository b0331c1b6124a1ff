-- Reminders before vouchers expire, and bank accounts that change.

ALTER TABLE vouchers ADD COLUMN reminded_days smallint
    CONSTRAINT vouchers_reminded CHECK (reminded_days BETWEEN 1 AND 366);
COMMENT ON COLUMN vouchers.reminded_days IS 'How many days ahead its holder was last reminded of its end; each time fewer.';

ALTER TABLE organisations ADD COLUMN account_change jsonb, ADD COLUMN account_since bigint;
COMMENT ON COLUMN organisations.account_change IS 'An account that waits for another person''s approval; its number is sealed in bank_accounts.';
COMMENT ON COLUMN organisations.account_since IS 'The leaf that put this account in another''s place; null where it is the first.';

UPDATE head SET schema_version = 6;
