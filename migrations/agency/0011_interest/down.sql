UPDATE head SET schema_version = 10;

DROP TRIGGER calculations_limits ON calculations;
DROP FUNCTION check_interest_segments();
ALTER TABLE calculations DROP COLUMN points_max, DROP COLUMN window_until;

DROP TABLE loan_uses;

ALTER TABLE recoveries
    DROP CONSTRAINT recoveries_class_check,
    ADD CONSTRAINT recoveries_class_check CHECK (class IN ('voucher', 'rental', 'procurement'));
ALTER TABLE recalculations DROP COLUMN interest;

DROP INDEX claims_loan;
COMMENT ON COLUMN claims.provider IS NULL;
ALTER TABLE claims
    DROP CONSTRAINT claims_paid_interest,
    DROP CONSTRAINT claims_subject,
    DROP CONSTRAINT claims_kind_check,
    DROP CONSTRAINT claims_class_check,
    DROP COLUMN loan,
    DROP COLUMN interest_paid,
    DROP COLUMN penalty_interest,
    DROP COLUMN other_points,
    ADD CONSTRAINT claims_class_check CHECK (class IN ('voucher', 'rental', 'procurement')),
    ADD CONSTRAINT claims_kind_check CHECK (kind IN ('voucher_redemption', 'rental_subsidy')),
    ADD CONSTRAINT claims_subject CHECK (
        CASE kind
            WHEN 'voucher_redemption' THEN voucher IS NOT NULL AND num_nonnulls(rental, period_from, period_until) = 0
                AND class = 'voucher'
            ELSE voucher IS NULL AND num_nulls(rental, period_from, period_until) = 0 AND period_from < period_until
                AND NOT closing AND class IN ('rental', 'procurement') END);
