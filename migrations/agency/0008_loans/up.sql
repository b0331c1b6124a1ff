-- Loans whose interest is subsidised.

CREATE TABLE loans (
    id uuid PRIMARY KEY,
    organisation text NOT NULL,
    bank text NOT NULL,
    loan_no text NOT NULL,
    annual_rate_percent numeric(9, 6) NOT NULL CHECK (annual_rate_percent BETWEEN 0 AND 100),
    signed_on date NOT NULL,
    matures_on date NOT NULL CHECK (matures_on > signed_on),
    project jsonb NOT NULL,
    events jsonb NOT NULL CHECK (jsonb_array_length(events) <= 200),
    interest jsonb NOT NULL CHECK (jsonb_array_length(interest) <= 100),
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    contract text NOT NULL GENERATED ALWAYS AS (organisation || '/' || bank || '/' || loan_no) STORED
        CONSTRAINT loans_contract UNIQUE
) WITH (fillfactor = 70);
CREATE INDEX loans_created ON loans (created);
CREATE INDEX loans_organisation ON loans (organisation, created);
CREATE INDEX loans_bank ON loans (bank, created);
COMMENT ON COLUMN loans.events IS 'Drawdowns, repayments, changes of the rate, what is overdue: in the order of their days.';
COMMENT ON COLUMN loans.interest IS 'What the bank confirmed as paid, by period.';
COMMENT ON COLUMN loans.contract IS 'The parties and their number: what makes a loan one.';

GRANT SELECT, INSERT, UPDATE ON loans TO subsidy_app;
GRANT SELECT ON loans TO subsidy_auditor;

UPDATE head SET schema_version = 8;
