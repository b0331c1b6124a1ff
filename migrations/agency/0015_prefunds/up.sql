-- Money paid to banks ahead, what each has of it by year, and its yearly settlement.

ALTER TABLE balances
    DROP CONSTRAINT balances_floor,
    ADD CONSTRAINT balances_floor CHECK (
        amount >= 0
        OR account NOT IN ('B2001', 'B2002', 'B2003', 'B2004', 'B2005', 'B2006', 'B2007', 'B2008', 'B2009', 'F1214', 'F2302'));
COMMENT ON COLUMN balances.payee IS 'Of F1214 the bank, of F2302 the payee, whose floors hold for each; empty on every other account.';

CREATE TABLE prefunds (
    id uuid PRIMARY KEY,
    programme text NOT NULL,
    bank text NOT NULL,
    amount numeric(20, 2) NOT NULL CHECK (amount > 0 AND amount <> 'NaN'),
    fiscal_year smallint NOT NULL,
    document text NOT NULL,
    status text NOT NULL CHECK (status IN ('proposed', 'approved', 'rejected', 'reversed')),
    parts jsonb NOT NULL,
    effective_date date,
    reason bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT prefunds_parts CHECK (
        CASE WHEN status IN ('approved', 'reversed') THEN sum_of_parts(parts) IS NOT DISTINCT FROM amount AND effective_date IS NOT NULL
             ELSE parts = '[]' END),
    CONSTRAINT prefunds_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'rejected') = (reason IS NOT NULL)),
    CONSTRAINT prefunds_four_eyes CHECK (status NOT IN ('approved', 'reversed') OR decided_by <> created_by)
) WITH (fillfactor = 70);
CREATE INDEX prefunds_created ON prefunds (created);
COMMENT ON TABLE prefunds IS 'Money paid to banks ahead, out of which they deduct the subsidy of their borrowers'' interest.';
COMMENT ON COLUMN prefunds.parts IS 'The amount by funding level, from the approval on.';
COMMENT ON COLUMN prefunds.reason IS 'Why it was rejected.';

CREATE TABLE prefund_years (
    programme text NOT NULL,
    bank text NOT NULL,
    fiscal_year smallint NOT NULL,
    opening numeric(20, 2) NOT NULL CHECK (opening >= 0 AND opening <> 'NaN'),
    paid numeric(20, 2) NOT NULL CHECK (paid >= 0 AND paid <> 'NaN'),
    deducted numeric(20, 2) NOT NULL CHECK (deducted <> 'NaN'),
    rolled numeric(20, 2) NOT NULL CHECK (rolled >= 0 AND rolled <> 'NaN'),
    returned numeric(20, 2) NOT NULL CHECK (returned >= 0 AND returned <> 'NaN'),
    remaining numeric(20, 2) NOT NULL CHECK (remaining >= 0 AND remaining <> 'NaN'),
    parts jsonb NOT NULL,
    since date NOT NULL,
    newest date NOT NULL,
    true_up uuid,
    closed boolean NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (programme, bank, fiscal_year),
    CONSTRAINT prefund_years_ties CHECK (
        remaining = opening + paid - deducted - rolled - returned AND remaining = coalesce(sum_of_parts(parts), 0)),
    CONSTRAINT prefund_years_closed CHECK (
        CASE WHEN closed THEN remaining = 0 AND true_up IS NOT NULL ELSE rolled = 0 AND returned = 0 END),
    CONSTRAINT prefund_years_days CHECK (since <= newest)
) WITH (fillfactor = 70);
CREATE INDEX prefund_years_created ON prefund_years (created);
COMMENT ON TABLE prefund_years IS 'What a bank has of a programme''s prefunds for a year: no more can be deducted.';
COMMENT ON COLUMN prefund_years.deducted IS 'Less what the bank was given back; below zero where that is more.';
COMMENT ON COLUMN prefund_years.parts IS 'What is left, by funding level.';
COMMENT ON COLUMN prefund_years.true_up IS 'The true-up that waits, or that closed the year.';

CREATE TABLE true_ups (
    id uuid PRIMARY KEY,
    programme text NOT NULL,
    bank text NOT NULL,
    fiscal_year smallint NOT NULL,
    action text NOT NULL CHECK (action IN ('roll', 'return')),
    bank_reference text,
    date date,
    status text NOT NULL CHECK (status IN ('proposed', 'approved', 'rejected')),
    opening numeric(20, 2) NOT NULL CHECK (opening <> 'NaN'),
    paid numeric(20, 2) NOT NULL CHECK (paid <> 'NaN'),
    deducted numeric(20, 2) NOT NULL CHECK (deducted <> 'NaN'),
    parts jsonb NOT NULL,
    stated_deducted numeric(20, 2) NOT NULL CHECK (stated_deducted <> 'NaN'),
    stated_left numeric(20, 2) CHECK (stated_left <> 'NaN'),
    document text NOT NULL,
    reason bytea,
    rejection bytea,
    decided_on date,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT true_ups_stated CHECK (
        stated_deducted = deducted
        AND coalesce(sum_of_parts(parts), 0) = opening + paid - deducted
        AND (stated_left IS NULL OR stated_left = opening + paid - deducted)),
    CONSTRAINT true_ups_action CHECK (
        CASE action WHEN 'roll' THEN bank_reference IS NULL ELSE num_nulls(bank_reference, date) = 0 END),
    CONSTRAINT true_ups_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'approved') = (decided_on IS NOT NULL)
        AND (status = 'rejected') = (rejection IS NOT NULL)),
    CONSTRAINT true_ups_four_eyes CHECK (status <> 'approved' OR decided_by <> created_by)
) WITH (fillfactor = 70);
CREATE INDEX true_ups_created ON true_ups (created);
CREATE UNIQUE INDEX true_ups_once ON true_ups (programme, bank, fiscal_year) WHERE status IN ('proposed', 'approved');
COMMENT ON TABLE true_ups IS 'Years of banks'' prefunds settled: what the bank states is what the ledger has.';
COMMENT ON COLUMN true_ups.parts IS 'What was left, by funding level.';
COMMENT ON INDEX true_ups_once IS 'A year is settled once, and by one proposal at a time.';

GRANT SELECT, INSERT, UPDATE ON prefunds, prefund_years, true_ups TO subsidy_app;
GRANT SELECT ON prefunds, prefund_years, true_ups TO subsidy_auditor;

UPDATE head SET schema_version = 15;
