-- The second half of a voucher's life.

CREATE FUNCTION sum_of_parts(parts jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT sum((part ->> 'amount')::numeric) FROM jsonb_array_elements(parts) AS part
$$;
REVOKE ALL ON FUNCTION sum_of_parts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_of_parts TO subsidy_app;
COMMENT ON FUNCTION sum_of_parts IS 'What the parts of an amount by funding level sum to.';

CREATE TABLE claims (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('voucher_redemption')),
    programme text NOT NULL,
    organisation text NOT NULL,
    provider text NOT NULL,
    payee text NOT NULL,
    voucher uuid NOT NULL,
    status text NOT NULL CHECK (status IN (
        'draft', 'submitted', 'reviewed', 'approved', 'paid', 'returned', 'rejected', 'withdrawn')),
    settlement jsonb NOT NULL,
    closing boolean NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT claims_amount_positive CHECK (amount > 0 AND amount <> 'NaN'),
    parts jsonb NOT NULL,
    held numeric(20, 2) NOT NULL CHECK (held >= 0 AND held <> 'NaN'),
    fiscal_year smallint NOT NULL,
    rules_version integer NOT NULL,
    calculation integer NOT NULL,
    reviewed_on date,
    approved_on date,
    batch uuid,
    paid_on date,
    recovered numeric(20, 2) NOT NULL DEFAULT 0,
    reason bytea,
    created_by text NOT NULL,
    submitted_by text,
    reviewed_by text,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT claims_parts CHECK (
        coalesce(sum_of_parts(parts), 0) = amount),
    CONSTRAINT claims_held CHECK (
        CASE WHEN status IN ('submitted', 'reviewed') THEN held = amount WHEN status = 'returned' THEN held > 0 ELSE held = 0 END),
    CONSTRAINT claims_approved CHECK ((status IN ('approved', 'paid')) = (approved_on IS NOT NULL)),
    CONSTRAINT claims_paid CHECK (
        (status = 'paid') = (paid_on IS NOT NULL)
        AND (batch IS NULL OR status IN ('approved', 'paid')) AND (batch IS NOT NULL OR status <> 'paid')),
    CONSTRAINT claims_recovered CHECK (recovered BETWEEN 0 AND amount AND (recovered = 0 OR status = 'paid')),
    CONSTRAINT claims_four_eyes CHECK (approved_by NOT IN (created_by, submitted_by, reviewed_by))
) WITH (fillfactor = 70);
CREATE INDEX claims_created ON claims (created);
CREATE INDEX claims_programme ON claims (programme, created);
CREATE INDEX claims_organisation ON claims (organisation, created);
CREATE INDEX claims_provider ON claims (provider, created);
CREATE INDEX claims_voucher ON claims (voucher);
CREATE INDEX claims_waiting ON claims (status, created) WHERE status IN ('submitted', 'reviewed', 'returned', 'approved');
COMMENT ON COLUMN claims.settlement IS 'Its inputs: what was settled. They change in a draft or a returned claim only.';
COMMENT ON COLUMN claims.parts IS 'The amount by funding level; they sum to it.';
COMMENT ON COLUMN claims.held IS 'What it holds on its voucher until it is decided.';
COMMENT ON COLUMN claims.fiscal_year IS 'Of the commitment.';

CREATE TABLE payment_batches (
    id uuid PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('proposed', 'approved', 'settled', 'rejected')),
    count integer NOT NULL,
    open integer NOT NULL,
    total numeric(20, 2) NOT NULL CHECK (total > 0 AND total <> 'NaN'),
    reason bytea,
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT payment_batches_lines CHECK (
        count BETWEEN 1 AND 1000 AND open BETWEEN 0 AND count
        AND CASE status WHEN 'proposed' THEN open = count WHEN 'approved' THEN open > 0 ELSE open = 0 END),
    CONSTRAINT payment_batches_four_eyes CHECK (
        approved_by <> created_by AND (approved_by IS NULL) = (status IN ('proposed', 'rejected')))
) WITH (fillfactor = 70);
CREATE INDEX payment_batches_created ON payment_batches (created);
COMMENT ON COLUMN payment_batches.open IS 'Lines that have no result yet.';

CREATE TABLE payment_lines (
    batch uuid NOT NULL,
    claim uuid NOT NULL,
    payee text NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT payment_lines_amount_positive CHECK (amount > 0 AND amount <> 'NaN'),
    status text NOT NULL CHECK (status IN ('open', 'paid', 'returned', 'dropped')),
    bank_reference text,
    date date,
    reason bytea,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (batch, claim),
    CONSTRAINT payment_lines_result CHECK ((status IN ('paid', 'returned')) = (date IS NOT NULL AND bank_reference IS NOT NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX payment_lines_once ON payment_lines (claim) WHERE status IN ('open', 'paid');
COMMENT ON INDEX payment_lines_once IS 'A claim stands in one open batch, and is paid once.';

CREATE TABLE recoveries (
    id uuid PRIMARY KEY,
    claim uuid NOT NULL,
    programme text NOT NULL,
    organisation text NOT NULL,
    status text NOT NULL CHECK (status IN ('proposed', 'approved', 'settled')),
    amount numeric(20, 2) NOT NULL CHECK (amount > 0 AND amount <> 'NaN'),
    received numeric(20, 2) NOT NULL CHECK (received >= 0 AND received <> 'NaN'),
    written_off numeric(20, 2) NOT NULL CHECK (written_off >= 0 AND written_off <> 'NaN'),
    owed jsonb NOT NULL,
    receipts jsonb NOT NULL,
    decision_no text NOT NULL,
    reason bytea NOT NULL,
    fraud boolean NOT NULL,
    fiscal_year smallint NOT NULL,
    paid_on date NOT NULL,
    effective_date date,
    decided_on date,
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT recoveries_parts CHECK (
        amount = received + written_off + coalesce(sum_of_parts(owed), 0)
        AND received = coalesce(sum_of_parts(receipts), 0)
        AND (status = 'settled') = (received + written_off = amount)),
    CONSTRAINT recoveries_four_eyes CHECK (
        approved_by <> created_by AND num_nulls(approved_by, decided_on) = CASE status WHEN 'proposed' THEN 2 ELSE 0 END)
) WITH (fillfactor = 70);
CREATE INDEX recoveries_created ON recoveries (created);
CREATE INDEX recoveries_claim ON recoveries (claim);
COMMENT ON COLUMN recoveries.owed IS 'What is outstanding, by funding level.';
COMMENT ON COLUMN recoveries.receipts IS 'What came back, in order.';

GRANT SELECT, INSERT, UPDATE ON claims, payment_batches, payment_lines, recoveries TO subsidy_app;
GRANT SELECT ON claims, payment_batches, payment_lines, recoveries TO subsidy_auditor;

UPDATE head SET schema_version = 3;
