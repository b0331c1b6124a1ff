-- Loans whose interest is subsidised, and what claims take of their days.

CREATE TABLE loans (
    id uuid CONSTRAINT loans_pkey PRIMARY KEY,
    organisation text NOT NULL,
    bank text NOT NULL,
    loan_no text NOT NULL,
    loan_fold text NOT NULL,
    annual_rate_percent numeric(9, 6) NOT NULL CONSTRAINT loans_annual_rate_percent_check CHECK (annual_rate_percent BETWEEN 0 AND 100),
    signed_on date NOT NULL,
    matures_on date NOT NULL CONSTRAINT loans_matures_on_check CHECK (matures_on > signed_on),
    project jsonb NOT NULL,
    events jsonb NOT NULL CONSTRAINT loans_events_check CHECK (jsonb_array_length(events) <= 200),
    interest jsonb NOT NULL CONSTRAINT loans_interest_check CHECK (jsonb_array_length(interest) <= 100),
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    contract text NOT NULL GENERATED ALWAYS AS (organisation || '/' || bank || '/' || loan_fold) STORED
        CONSTRAINT loans_contract UNIQUE
) WITH (fillfactor = 70);
CREATE INDEX loans_created ON loans (created);
CREATE INDEX loans_organisation ON loans (organisation, created);
CREATE INDEX loans_bank ON loans (bank, created);
COMMENT ON COLUMN loans.events IS 'Drawdowns, repayments, changes of the rate, what is overdue: in the order of their days.';
COMMENT ON COLUMN loans.interest IS 'What the bank confirmed as paid, by period.';
COMMENT ON COLUMN loans.loan_fold IS 'The fold of loan_no (NFKC, case, blanks, look-alikes): what it is compared by, however it is typed.';
COMMENT ON COLUMN loans.contract IS 'The parties and the fold of their number: what makes a loan one.';

CREATE TABLE loan_uses (
    loan uuid NOT NULL,
    claim uuid NOT NULL,
    programme text NOT NULL,
    organisation text NOT NULL,
    period_from date NOT NULL,
    period_until date NOT NULL,
    points numeric(18, 14) NOT NULL CONSTRAINT loan_uses_points_check CHECK (points >= 0 AND points <> 'NaN'),
    principal jsonb NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT loan_uses_amount_check CHECK (amount >= 0 AND amount <> 'NaN'),
    base numeric(20, 2) NOT NULL CONSTRAINT loan_uses_base_check CHECK (base >= 0 AND base <> 'NaN'),
    level text NOT NULL CONSTRAINT loan_uses_level_check CHECK (level IN ('central', 'province', 'city', 'district')),
    refuses jsonb NOT NULL,
    live boolean NOT NULL,
    borrower text NOT NULL GENERATED ALWAYS AS (programme || '/' || organisation) STORED,
    CONSTRAINT loan_uses_pkey PRIMARY KEY (loan, claim),
    CONSTRAINT loan_uses_period CHECK (period_from < period_until)
) WITH (fillfactor = 80);
CREATE INDEX loan_uses_borrower ON loan_uses (borrower) WHERE live;
COMMENT ON TABLE loan_uses IS 'Which claims take which days of a loan: no day is subsidised twice.';
COMMENT ON COLUMN loan_uses.refuses IS 'The levels beside whose money its programme pays nothing.';
COMMENT ON COLUMN loan_uses.points IS 'The most points that the claim takes on any of its days.';
COMMENT ON COLUMN loan_uses.principal IS 'The principal that the claim earns on, from each day on: what counts against the organisation''s cap.';
COMMENT ON COLUMN loan_uses.base IS 'CNY that counts for the minimum of the cost year; 0 where the rules have none.';
COMMENT ON COLUMN loan_uses.live IS 'From the submission on, until the claim is withdrawn or rejected.';

UPDATE head SET schema_version = 4;
