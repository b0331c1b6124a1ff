-- What a claim is for: a voucher, or a contract and the days for which a part of it is paid.

ALTER TABLE claims
    ALTER COLUMN voucher DROP NOT NULL,
    ADD COLUMN rental uuid,
    ADD COLUMN period_from date,
    ADD COLUMN period_until date,
    ADD COLUMN class text NOT NULL DEFAULT 'voucher' CHECK (class IN ('voucher', 'rental', 'procurement')),
    DROP CONSTRAINT claims_kind_check,
    DROP CONSTRAINT claims_held,
    ADD CONSTRAINT claims_kind_check CHECK (kind IN ('voucher_redemption', 'rental_subsidy')),
    ADD CONSTRAINT claims_subject CHECK (
        CASE kind
            WHEN 'voucher_redemption' THEN voucher IS NOT NULL AND num_nonnulls(rental, period_from, period_until) = 0
                AND class = 'voucher'
            ELSE voucher IS NULL AND num_nulls(rental, period_from, period_until) = 0 AND period_from < period_until
                AND NOT closing AND class IN ('rental', 'procurement') END),
    -- what draws on no voucher holds nothing
    ADD CONSTRAINT claims_held CHECK (
        CASE WHEN voucher IS NULL THEN held = 0
             WHEN status IN ('submitted', 'reviewed') THEN held = amount
             WHEN status = 'returned' THEN held > 0 ELSE held = 0 END);
CREATE INDEX claims_rental ON claims (rental) WHERE rental IS NOT NULL;
COMMENT ON COLUMN claims.rental IS 'The contract, of a rental subsidy.';
COMMENT ON COLUMN claims.period_from IS 'The first day that it is for.';
COMMENT ON COLUMN claims.period_until IS 'The day after the last that it is for.';
COMMENT ON COLUMN claims.class IS 'Which expense it is: its commitment and its expense account follow from it.';

ALTER TABLE recoveries
    ADD COLUMN class text NOT NULL DEFAULT 'voucher' CHECK (class IN ('voucher', 'rental', 'procurement'));
COMMENT ON COLUMN recoveries.class IS 'Which expense it takes back: that of its claim.';

COMMENT ON TABLE contract_uses IS 'Which vouchers and claims rest on which contract: not funded twice.';
COMMENT ON COLUMN contract_uses.voucher IS 'The id of the voucher, or of the claim that draws on none.';

UPDATE head SET schema_version = 10;
