-- Contracts, what rests on them, and their metered usage from billing files.

CREATE TABLE rentals (
    id uuid CONSTRAINT rentals_pkey PRIMARY KEY,
    organisation text NOT NULL,
    provider text NOT NULL,
    contract_no text NOT NULL,
    contract_fold text NOT NULL,
    signed_on date NOT NULL,
    from_date date NOT NULL,
    until_date date NOT NULL,
    order_no text,
    scenario text,
    lines jsonb NOT NULL,
    total numeric(20, 2) NOT NULL CONSTRAINT rentals_total_check CHECK (total >= 0 AND total <> 'NaN'),
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    contract text NOT NULL GENERATED ALWAYS AS (organisation || '/' || provider || '/' || contract_fold) STORED
        CONSTRAINT rentals_contract UNIQUE
);
COMMENT ON COLUMN rentals.contract_fold IS 'The fold of contract_no (NFKC, case, blanks, look-alikes): what it is compared by, however it is typed.';
COMMENT ON COLUMN rentals.contract IS 'The parties and the fold of their number as one key, by which a writer finds it: a join on three columns would be planned over another index while the table is small.';
CREATE INDEX rentals_created ON rentals (created);
CREATE INDEX rentals_provider ON rentals (provider, created);
CREATE INDEX rentals_updated ON rentals USING brin (updated_at) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON INDEX rentals_updated IS 'Rows that changed lately lie apart: a summary of each stretch of pages says where none can be.';

CREATE TABLE contract_uses (
    rental uuid NOT NULL,
    document uuid NOT NULL,
    programme text NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT contract_uses_amount_check CHECK (amount >= 0 AND amount <> 'NaN'),
    level text NOT NULL CONSTRAINT contract_uses_level_check CHECK (level IN ('central', 'province', 'city', 'district')),
    refuses jsonb NOT NULL,
    live boolean NOT NULL,
    kind text NOT NULL CONSTRAINT contract_uses_kind CHECK (kind IN ('voucher', 'claim')),
    period_from date,
    period_until date,
    items jsonb,
    invoiced boolean,
    metered boolean,
    netted jsonb,
    invoices jsonb,
    base numeric(20, 2) CONSTRAINT contract_uses_base_check CHECK (base >= 0 AND base <> 'NaN'),
    CONSTRAINT contract_uses_pkey PRIMARY KEY (rental, document),
    CONSTRAINT contract_uses_settled CHECK (
        CASE kind
            WHEN 'voucher' THEN num_nonnulls(period_from, period_until, items, invoiced, metered, netted, base) = 0
            ELSE num_nulls(period_from, period_until, items, invoiced, metered, netted, base) = 0
                AND period_from < period_until END),
    CONSTRAINT contract_uses_invoices CHECK ((kind = 'claim') = (invoices IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE contract_uses IS 'Which vouchers and claims rest on which contract: not funded twice.';
COMMENT ON COLUMN contract_uses.document IS 'The voucher, or the claim that draws on none.';
COMMENT ON COLUMN contract_uses.refuses IS 'The levels beside whose money its programme pays nothing.';
COMMENT ON COLUMN contract_uses.items IS 'What a claim claims of which item, CNY with tax.';
COMMENT ON COLUMN contract_uses.netted IS 'What other programmes pay and was taken off, by who pays it: each yuan once.';
COMMENT ON COLUMN contract_uses.base IS 'CNY that counts for the minimum of the cost year; 0 where the rules have none.';
COMMENT ON COLUMN contract_uses.invoices IS
    'What counts of which invoice, CNY: what the claim takes less what rows under the invoice do not show.';

CREATE TABLE rental_usage (
    rental uuid CONSTRAINT rental_usage_pkey PRIMARY KEY,
    imports integer NOT NULL CONSTRAINT rental_usage_imports_check CHECK (imports > 0),
    totals jsonb NOT NULL CONSTRAINT rental_usage_totals_check CHECK (jsonb_array_length(totals) <= 2000),
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    invoices jsonb NOT NULL CONSTRAINT rental_usage_invoices CHECK (jsonb_array_length(invoices) <= 2000),
    periods jsonb NOT NULL,
    incomplete jsonb NOT NULL,
    replaced jsonb NOT NULL
) WITH (fillfactor = 70);
COMMENT ON COLUMN rental_usage.totals IS 'Exact CNY by month and service category, corrections netted.';
COMMENT ON COLUMN rental_usage.invoices IS 'Exact CNY by the invoice that rows name and month.';
COMMENT ON COLUMN rental_usage.periods IS 'Which imports count of each billing period, and the leaf that changed that last.';
COMMENT ON COLUMN rental_usage.incomplete IS 'How many rows of each month were refused.';
COMMENT ON COLUMN rental_usage.replaced IS 'Months of which usage was replaced, and the leaf that did so last.';

-- Files on their way: an import counts only while its mark stands, and a mark goes only while no import counts.
CREATE TABLE usage_staged (
    import uuid CONSTRAINT usage_staged_pkey PRIMARY KEY,
    rental uuid NOT NULL,
    staged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX usage_staged_rental ON usage_staged (rental);

CREATE TABLE usage_imports (
    id uuid CONSTRAINT usage_imports_pkey PRIMARY KEY CONSTRAINT usage_imports_id_fkey REFERENCES usage_staged (import),
    rental uuid NOT NULL,
    status text NOT NULL CONSTRAINT usage_imports_status CHECK (status IN ('imported', 'proposed', 'rejected', 'replaced')),
    mode text NOT NULL CONSTRAINT usage_imports_mode_check CHECK (mode IN ('strict', 'lenient')),
    replaces jsonb NOT NULL,
    adds boolean NOT NULL,
    sha256 bytea NOT NULL CONSTRAINT usage_imports_sha256_check CHECK (length(sha256) = 32),
    rows integer NOT NULL CONSTRAINT usage_imports_rows_check CHECK (rows = accepted + repeated + rejected),
    accepted integer NOT NULL CONSTRAINT usage_imports_accepted_check CHECK (accepted >= 0),
    repeated integer NOT NULL CONSTRAINT usage_imports_repeated_check CHECK (repeated >= 0),
    rejected integer NOT NULL CONSTRAINT usage_imports_rejected_check CHECK (rejected >= 0),
    rows_sha256 bytea NOT NULL CONSTRAINT usage_imports_rows_sha256_check CHECK (length(rows_sha256) = 32),
    errors_sha256 bytea NOT NULL CONSTRAINT usage_imports_errors_sha256 CHECK (length(errors_sha256) = 32),
    billed text NOT NULL,
    billed_total numeric(20, 2) NOT NULL CONSTRAINT usage_imports_billed_total_check CHECK (billed_total <> 'NaN'),
    deliveries jsonb NOT NULL,
    counting jsonb NOT NULL,
    readings jsonb NOT NULL,
    findings jsonb NOT NULL,
    pending uuid,
    replacement_proposed_by jsonb NOT NULL,
    approved_by text,
    reason bytea,
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT usage_imports_counting CHECK (status NOT IN ('proposed', 'rejected') OR counting = '[]'),
    CONSTRAINT usage_imports_four_eyes CHECK (approved_by IS NULL OR approved_by <> created_by),
    CONSTRAINT usage_imports_reason CHECK ((status = 'rejected') = (reason IS NOT NULL))
);
COMMENT ON COLUMN usage_imports.errors_sha256 IS 'Of the rows of usage_errors, in their order.';
COMMENT ON COLUMN usage_imports.deliveries IS 'What the file brings of each billing period.';
COMMENT ON COLUMN usage_imports.counting IS 'The billing periods of which its rows count.';
COMMENT ON COLUMN usage_imports.pending IS 'The import that waits to take its place.';
CREATE INDEX usage_imports_rental ON usage_imports (rental, created);
COMMENT ON COLUMN usage_imports.sha256 IS 'Of the file.';
COMMENT ON COLUMN usage_imports.rows_sha256 IS 'Of the rows of usage_rows that count, in their order.';
COMMENT ON COLUMN usage_imports.billed IS 'Exact CNY: more decimals than numeric is read with.';

CREATE TABLE usage_rows (
    import uuid NOT NULL,
    row integer NOT NULL CONSTRAINT usage_rows_row_check CHECK (row > 0),
    rental uuid NOT NULL,
    billing_period text NOT NULL CONSTRAINT usage_rows_billing_period CHECK (billing_period ~ '^[0-9]{4}-[0-9]{2}$'),
    identity bytea NOT NULL CONSTRAINT usage_rows_identity_check CHECK (length(identity) = 32),
    ordinal integer NOT NULL CONSTRAINT usage_rows_ordinal_check CHECK (ordinal >= 0),
    subject bytea CONSTRAINT usage_rows_subject_check CHECK (length(subject) = 32),
    row_id text,
    correction boolean NOT NULL,
    corrects text,
    provider text NOT NULL,
    billing_account text NOT NULL,
    sub_account text,
    resource text,
    sku text,
    service_category text NOT NULL,
    service text NOT NULL,
    region text,
    category text NOT NULL,
    description text,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    pricing_quantity text,
    pricing_unit text,
    consumed_quantity text,
    consumed_unit text,
    invoice text,
    currency text NOT NULL,
    billed text NOT NULL,
    rate numeric(9, 6),
    amount text NOT NULL,
    CONSTRAINT usage_rows_pkey PRIMARY KEY (import, row),
    CONSTRAINT usage_rows_period CHECK (period_start < period_end)
);
CREATE INDEX usage_rows_identity ON usage_rows (rental, identity, ordinal);
CREATE INDEX usage_rows_subject ON usage_rows (rental, subject) WHERE subject IS NOT NULL;
CREATE INDEX usage_rows_row_id ON usage_rows (rental, row_id) WHERE row_id IS NOT NULL;
COMMENT ON COLUMN usage_rows.billing_period IS 'The agency''s month in which its billing period begins.';
COMMENT ON COLUMN usage_rows.identity IS 'SHA-256 of all that tells a charge from others; rows equal in it are told apart by ordinal, their place among their equals in one file.';
COMMENT ON COLUMN usage_rows.subject IS 'SHA-256 of resource, SKU and charge period: what a correction may name.';
COMMENT ON COLUMN usage_rows.rate IS 'CNY for one of the currency; none for CNY.';
COMMENT ON COLUMN usage_rows.amount IS 'Exact CNY: billed times rate, with up to 24 decimals.';

CREATE TABLE usage_errors (
    import uuid NOT NULL,
    row integer NOT NULL,
    line integer NOT NULL,
    "column" text,
    code text NOT NULL,
    found text,
    CONSTRAINT usage_errors_pkey PRIMARY KEY (import, row, line)
);
COMMENT ON COLUMN usage_errors.line IS 'Which of the row''s errors.';
COMMENT ON COLUMN usage_errors.found IS 'The cell, where it is a date, a number or a word of the specification.';

UPDATE head SET schema_version = 3;
