UPDATE head SET schema_version = 9;

COMMENT ON COLUMN contract_uses.voucher IS NULL;
COMMENT ON TABLE contract_uses IS 'Which vouchers rest on which contract: not funded twice.';

ALTER TABLE recoveries DROP COLUMN class;

DROP INDEX claims_rental;
ALTER TABLE claims
    DROP CONSTRAINT claims_subject,
    DROP CONSTRAINT claims_held,
    DROP CONSTRAINT claims_kind_check,
    DROP COLUMN rental,
    DROP COLUMN period_from,
    DROP COLUMN period_until,
    DROP COLUMN class,
    ALTER COLUMN voucher SET NOT NULL,
    ADD CONSTRAINT claims_kind_check CHECK (kind IN ('voucher_redemption')),
    ADD CONSTRAINT claims_held CHECK (
        CASE WHEN status IN ('submitted', 'reviewed') THEN held = amount WHEN status = 'returned' THEN held > 0 ELSE held = 0 END);
