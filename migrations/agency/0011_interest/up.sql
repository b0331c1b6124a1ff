-- Claims for the interest on loans, what they take of a loan's days, and what the law limits on their sheets.

ALTER TABLE claims
    ADD COLUMN loan uuid,
    ADD COLUMN interest_paid numeric(20, 2) CHECK (interest_paid >= 0 AND interest_paid <> 'NaN'),
    ADD COLUMN penalty_interest numeric(20, 2) CHECK (penalty_interest >= 0 AND penalty_interest <> 'NaN'),
    ADD COLUMN other_points numeric(9, 6) CHECK (other_points >= 0 AND other_points <> 'NaN'),
    DROP CONSTRAINT claims_class_check,
    DROP CONSTRAINT claims_kind_check,
    DROP CONSTRAINT claims_subject,
    ADD CONSTRAINT claims_class_check CHECK (class IN ('voucher', 'rental', 'procurement', 'interest')),
    ADD CONSTRAINT claims_kind_check CHECK (kind IN ('voucher_redemption', 'rental_subsidy', 'interest_subsidy')),
    ADD CONSTRAINT claims_subject CHECK (
        CASE kind
            WHEN 'voucher_redemption' THEN voucher IS NOT NULL AND num_nonnulls(rental, period_from, period_until) = 0
                AND class = 'voucher'
            WHEN 'rental_subsidy' THEN voucher IS NULL AND num_nulls(rental, period_from, period_until) = 0
                AND period_from < period_until AND NOT closing AND class IN ('rental', 'procurement')
            ELSE num_nonnulls(voucher, rental) = 0
                AND num_nulls(loan, period_from, period_until, interest_paid, penalty_interest) = 0
                AND period_from < period_until AND NOT closing AND settlement = '[]' AND class = 'interest' END
        AND (kind = 'interest_subsidy' OR num_nonnulls(loan, interest_paid, penalty_interest, other_points) = 0)),
    ADD CONSTRAINT claims_paid_interest CHECK (amount <= interest_paid);
CREATE INDEX claims_loan ON claims (loan) WHERE loan IS NOT NULL;
COMMENT ON COLUMN claims.provider IS 'Who supplied; of a loan the bank that lent.';
COMMENT ON COLUMN claims.loan IS 'The loan, of an interest subsidy.';
COMMENT ON COLUMN claims.interest_paid IS 'Ordinary interest that was paid for the period: the amount is never more.';
COMMENT ON COLUMN claims.penalty_interest IS 'Penalty and compound interest: recorded, never subsidised.';
COMMENT ON COLUMN claims.other_points IS 'Points of other subsidies for the same days.';

ALTER TABLE recalculations ADD COLUMN interest jsonb;
COMMENT ON COLUMN recalculations.interest IS 'Of an interest subsidy: period, interest paid and other points as they are known now.';

ALTER TABLE recoveries
    DROP CONSTRAINT recoveries_class_check,
    ADD CONSTRAINT recoveries_class_check CHECK (class IN ('voucher', 'rental', 'procurement', 'interest'));

CREATE TABLE loan_uses (
    loan uuid NOT NULL,
    claim uuid NOT NULL,
    programme text NOT NULL,
    organisation text NOT NULL,
    period_from date NOT NULL,
    period_until date NOT NULL,
    points numeric(18, 14) NOT NULL CHECK (points >= 0 AND points <> 'NaN'),
    principal jsonb NOT NULL,
    exclusive boolean NOT NULL,
    live boolean NOT NULL,
    borrower text NOT NULL GENERATED ALWAYS AS (programme || '/' || organisation) STORED,
    PRIMARY KEY (loan, claim),
    CHECK (period_from < period_until)
) WITH (fillfactor = 80);
CREATE INDEX loan_uses_borrower ON loan_uses (borrower) WHERE live;
COMMENT ON TABLE loan_uses IS 'Which claims take which days of a loan: no day is subsidised twice.';
COMMENT ON COLUMN loan_uses.points IS 'The most points that the claim takes on any of its days.';
COMMENT ON COLUMN loan_uses.principal IS 'The principal that the claim earns on, from each day on: what counts against the organisation''s cap.';
COMMENT ON COLUMN loan_uses.live IS 'From the submission on, until the claim is withdrawn or rejected.';

ALTER TABLE calculations
    ADD COLUMN points_max numeric(18, 14),
    ADD COLUMN window_until date;
COMMENT ON COLUMN calculations.points_max IS 'Of an interest subsidy: the most points of a segment. Held to the segments and to statutory_limits.';
COMMENT ON COLUMN calculations.window_until IS 'Of an interest subsidy: the last day that earns. Held to the segments and to statutory_limits.';

CREATE FUNCTION check_interest_segments() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    -- none of no limits is no answer: what is not held to a limit is refused
    IF (SELECT bool_and(NEW.points_max <= l.points_max AND NEW.window_until <= l.window_until) FROM statutory_limits AS l)
       AND (SELECT max((s ->> 'points')::numeric) = NEW.points_max AND max((s ->> 'until')::date) - 1 = NEW.window_until
              FROM jsonb_array_elements(NEW.sheet -> 'segments') AS s) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'sheet % of % passes a statutory limit, or does not say that it keeps it', NEW.version, NEW.document
        USING ERRCODE = 'check_violation', CONSTRAINT = 'calculations_statutory_limits';
END
$$;
COMMENT ON FUNCTION check_interest_segments IS 'Points and days of every interest sheet against statutory_limits, whoever writes.';
REVOKE ALL ON FUNCTION check_interest_segments FROM PUBLIC;
-- row by row, so that sheets without segments, which are most, cost a condition and no call
CREATE TRIGGER calculations_limits AFTER INSERT ON calculations FOR EACH ROW
    WHEN (NEW.sheet ? 'segments' OR NEW.points_max IS NOT NULL OR NEW.window_until IS NOT NULL)
    EXECUTE FUNCTION check_interest_segments();
ALTER TABLE calculations ENABLE ALWAYS TRIGGER calculations_limits;

GRANT SELECT, INSERT, UPDATE ON loan_uses TO subsidy_app;
GRANT SELECT ON loan_uses TO subsidy_auditor;

UPDATE head SET schema_version = 11;
