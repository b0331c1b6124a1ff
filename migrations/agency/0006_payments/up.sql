-- Payment batches and their lines, recoveries, and money paid to banks ahead.

CREATE TABLE payment_batches (
    id uuid CONSTRAINT payment_batches_pkey PRIMARY KEY,
    status text NOT NULL CONSTRAINT payment_batches_status_check CHECK (status IN ('proposed', 'approved', 'settled', 'rejected')),
    count integer NOT NULL,
    open integer NOT NULL,
    waiting integer NOT NULL CONSTRAINT payment_batches_waiting CHECK (waiting BETWEEN 0 AND 1000),
    name_max integer NOT NULL CONSTRAINT payment_batches_name_max CHECK (name_max > 0),
    total numeric(20, 2) NOT NULL CONSTRAINT payment_batches_total_check CHECK (total > 0 AND total <> 'NaN'),
    left_out jsonb NOT NULL DEFAULT '[]',
    reason bytea,
    created_by text NOT NULL,
    approved_by text,
    approved_on date,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT payment_batches_approved CHECK (num_nulls(approved_by, approved_on) IN (0, 2)),
    CONSTRAINT payment_batches_lines CHECK (
        count >= 1 AND count <= 1000 AND open >= 0 AND open <= count
        AND CASE status WHEN 'proposed' THEN open = count WHEN 'approved' THEN open > 0 ELSE open = 0 END),
    CONSTRAINT payment_batches_four_eyes CHECK (
        approved_by <> created_by AND (approved_by IS NULL) = (status IN ('proposed', 'rejected')))
) WITH (fillfactor = 70);
CREATE INDEX payment_batches_created ON payment_batches (created);
COMMENT ON COLUMN payment_batches.left_out IS 'Claims that wait for their payment and are not in a batch of everything, each with what stands in the way.';
COMMENT ON COLUMN payment_batches.open IS 'Lines that have no result yet.';
COMMENT ON COLUMN payment_batches.approved_on IS 'The business date of its approval: no result is of an earlier day.';
COMMENT ON COLUMN payment_batches.waiting IS 'Results that wait for another person''s approval.';
COMMENT ON COLUMN payment_batches.name_max IS 'The most characters of a name that the agency''s bank takes.';

CREATE TABLE payment_lines (
    batch uuid NOT NULL,
    claim uuid NOT NULL,
    payee text NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT payment_lines_amount_positive CHECK (amount > 0 AND amount <> 'NaN'),
    status text NOT NULL CONSTRAINT payment_lines_status_check CHECK (status IN ('open', 'paid', 'returned', 'dropped')),
    bank_reference text,
    date date,
    reason bytea,
    reference_key text,
    paid_in bigint,
    proposed_result jsonb,
    recorded_by jsonb NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT payment_lines_pkey PRIMARY KEY (batch, claim),
    CONSTRAINT payment_lines_result CHECK ((status IN ('paid', 'returned')) = (date IS NOT NULL AND bank_reference IS NOT NULL)),
    CONSTRAINT payment_lines_paid_in CHECK ((status = 'paid') = (paid_in IS NOT NULL)),
    CONSTRAINT payment_lines_reference_key CHECK (
        CASE status WHEN 'paid' THEN reference_key IS NOT NULL WHEN 'returned' THEN true ELSE reference_key IS NULL END),
    CONSTRAINT payment_lines_proposed_result CHECK (proposed_result IS NULL OR status IN ('open', 'paid')),
    CONSTRAINT payment_lines_reference_once UNIQUE (reference_key) DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 70);
COMMENT ON COLUMN payment_lines.reference_key IS 'The reference that it was paid under, as it is compared; none where that was an error.';
COMMENT ON COLUMN payment_lines.paid_in IS 'The leaf that paid it, while it is paid.';
COMMENT ON COLUMN payment_lines.proposed_result IS 'A result that waits for another person.';
COMMENT ON COLUMN payment_lines.recorded_by IS 'Who recorded a result of it or proposed one.';
COMMENT ON CONSTRAINT payment_lines_reference_once ON payment_lines IS 'One payment a reference. At commit: a batch may free a reference and take it.';
CREATE UNIQUE INDEX payment_lines_once ON payment_lines (claim) WHERE status = 'open';
COMMENT ON INDEX payment_lines_once IS 'A claim stands in one open batch. It is paid what is due of it, and no more: claims_paid.';

CREATE TABLE recoveries (
    id uuid CONSTRAINT recoveries_pkey PRIMARY KEY,
    claim uuid NOT NULL,
    programme text NOT NULL,
    organisation text NOT NULL,
    status text NOT NULL CONSTRAINT recoveries_status_check CHECK (status IN ('proposed', 'approved', 'settled', 'rejected')),
    amount numeric(20, 2) NOT NULL CONSTRAINT recoveries_amount_check CHECK (amount > 0 AND amount <> 'NaN'),
    received numeric(20, 2) NOT NULL CONSTRAINT recoveries_received_check CHECK (received >= 0 AND received <> 'NaN'),
    written_off numeric(20, 2) NOT NULL CONSTRAINT recoveries_written_off_check CHECK (written_off >= 0 AND written_off <> 'NaN'),
    cancelled numeric(20, 2) NOT NULL DEFAULT 0,
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
    offsets jsonb NOT NULL DEFAULT '[]',
    class text NOT NULL DEFAULT 'voucher' CONSTRAINT recoveries_class_check CHECK (class IN ('voucher', 'rental', 'procurement', 'interest', 'grant', 'advance')),
    rejection bytea,
    rejected_by text,
    CONSTRAINT recoveries_parts CHECK (
        CASE status WHEN 'rejected' THEN 0 ELSE amount END
            = received + written_off + cancelled + coalesce(sum_of_parts(owed), 0)
        AND cancelled >= 0
        AND received = coalesce(sum_of_parts(jsonb_path_query_array(receipts, '$[*] ? (!exists(@.reversed))')), 0)
            + coalesce(sum_of_parts(offsets), 0)
        AND (status = 'settled') = (received + written_off + cancelled = amount)),
    CONSTRAINT recoveries_four_eyes CHECK (
        approved_by <> created_by AND rejected_by <> created_by
        AND num_nulls(approved_by, decided_on) = CASE WHEN status IN ('proposed', 'rejected') THEN 2 ELSE 0 END
        AND num_nulls(rejected_by, rejection) = CASE status WHEN 'rejected' THEN 0 ELSE 2 END)
) WITH (fillfactor = 70);
CREATE INDEX recoveries_created ON recoveries (created);
CREATE INDEX recoveries_claim ON recoveries (claim);
CREATE INDEX recoveries_organisation ON recoveries (organisation, created);
COMMENT ON COLUMN recoveries.owed IS 'What is outstanding, by funding level.';
COMMENT ON COLUMN recoveries.cancelled IS 'Not owed any more: a later recalculation of the claim gave it back.';
COMMENT ON COLUMN recoveries.receipts IS 'What came back, in order; one whose posting was reversed says so and counts no more.';
COMMENT ON COLUMN recoveries.offsets IS 'What was kept of claims that were due to the same payee, in order.';
COMMENT ON COLUMN recoveries.class IS 'Which expense it takes back: that of its claim.';

CREATE TABLE prefunds (
    id uuid CONSTRAINT prefunds_pkey PRIMARY KEY,
    programme text NOT NULL,
    bank text NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT prefunds_amount_check CHECK (amount > 0 AND amount <> 'NaN'),
    fiscal_year smallint NOT NULL,
    document text NOT NULL,
    status text NOT NULL CONSTRAINT prefunds_status_check CHECK (status IN ('proposed', 'approved', 'rejected', 'reversed')),
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
    opening numeric(20, 2) NOT NULL CONSTRAINT prefund_years_opening_check CHECK (opening >= 0 AND opening <> 'NaN'),
    paid numeric(20, 2) NOT NULL CONSTRAINT prefund_years_paid_check CHECK (paid >= 0 AND paid <> 'NaN'),
    deducted numeric(20, 2) NOT NULL CONSTRAINT prefund_years_deducted_check CHECK (deducted <> 'NaN'),
    rolled numeric(20, 2) NOT NULL CONSTRAINT prefund_years_rolled_check CHECK (rolled >= 0 AND rolled <> 'NaN'),
    returned numeric(20, 2) NOT NULL CONSTRAINT prefund_years_returned_check CHECK (returned >= 0 AND returned <> 'NaN'),
    remaining numeric(20, 2) NOT NULL CONSTRAINT prefund_years_remaining_check CHECK (remaining >= 0 AND remaining <> 'NaN'),
    parts jsonb NOT NULL,
    since date NOT NULL,
    newest date NOT NULL,
    true_up uuid,
    closed boolean NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT prefund_years_pkey PRIMARY KEY (programme, bank, fiscal_year),
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
    id uuid CONSTRAINT true_ups_pkey PRIMARY KEY,
    programme text NOT NULL,
    bank text NOT NULL,
    fiscal_year smallint NOT NULL,
    action text NOT NULL CONSTRAINT true_ups_action_check CHECK (action IN ('roll', 'return')),
    bank_reference text,
    date date,
    reference_key text,
    status text NOT NULL CONSTRAINT true_ups_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    opening numeric(20, 2) NOT NULL CONSTRAINT true_ups_opening_check CHECK (opening <> 'NaN'),
    paid numeric(20, 2) NOT NULL CONSTRAINT true_ups_paid_check CHECK (paid <> 'NaN'),
    deducted numeric(20, 2) NOT NULL CONSTRAINT true_ups_deducted_check CHECK (deducted <> 'NaN'),
    parts jsonb NOT NULL,
    stated_deducted numeric(20, 2) NOT NULL CONSTRAINT true_ups_stated_deducted_check CHECK (stated_deducted <> 'NaN'),
    stated_left numeric(20, 2) CONSTRAINT true_ups_stated_left_check CHECK (stated_left <> 'NaN'),
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
    CONSTRAINT true_ups_reference CHECK (
        (reference_key IS NOT NULL) = (status = 'approved' AND action = 'return')),
    CONSTRAINT true_ups_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'approved') = (decided_on IS NOT NULL)
        AND (status = 'rejected') = (rejection IS NOT NULL)),
    CONSTRAINT true_ups_four_eyes CHECK (status <> 'approved' OR decided_by <> created_by)
) WITH (fillfactor = 70);
CREATE INDEX true_ups_created ON true_ups (created);
CREATE UNIQUE INDEX true_ups_once ON true_ups (programme, bank, fiscal_year) WHERE status IN ('proposed', 'approved');
CREATE UNIQUE INDEX true_ups_returned_under ON true_ups (reference_key) WHERE reference_key IS NOT NULL;
COMMENT ON TABLE true_ups IS 'Years of banks'' prefunds settled: what the bank states is what the ledger has.';
COMMENT ON COLUMN true_ups.parts IS 'What was left, by funding level.';
COMMENT ON COLUMN true_ups.reference_key IS 'The fold of the reference under which money came back: no two of an agency are the same.';
COMMENT ON INDEX true_ups_once IS 'A year is settled once, and by one proposal at a time.';

UPDATE head SET schema_version = 6;
