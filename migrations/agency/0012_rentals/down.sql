UPDATE head SET schema_version = 11;

ALTER TABLE recalculations DROP COLUMN usage_sequence;
ALTER TABLE claims DROP CONSTRAINT claims_usage, DROP COLUMN usage_sequence;

ALTER TABLE contract_uses
    DROP CONSTRAINT contract_uses_settled,
    DROP CONSTRAINT contract_uses_kind,
    DROP COLUMN netted,
    DROP COLUMN metered,
    DROP COLUMN invoiced,
    DROP COLUMN items,
    DROP COLUMN period_until,
    DROP COLUMN period_from,
    DROP COLUMN kind;
ALTER TABLE contract_uses RENAME COLUMN document TO voucher;
COMMENT ON COLUMN contract_uses.voucher IS 'The id of the voucher, or of the claim that draws on none.';
