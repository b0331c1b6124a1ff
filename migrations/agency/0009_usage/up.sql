-- Metered usage of contracts, from billing files.

CREATE TABLE rental_usage (
    rental uuid PRIMARY KEY,
    imports integer NOT NULL CHECK (imports > 0),
    totals jsonb NOT NULL CHECK (jsonb_array_length(totals) <= 2000),
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON COLUMN rental_usage.totals IS 'Exact CNY by month and service category, corrections netted.';

-- Files on their way: an import counts only while its mark stands, and a mark goes only while no import counts.
CREATE TABLE usage_staged (
    import uuid PRIMARY KEY,
    rental uuid NOT NULL,
    staged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX usage_staged_rental ON usage_staged (rental);

CREATE TABLE usage_imports (
    id uuid PRIMARY KEY REFERENCES usage_staged (import),
    rental uuid NOT NULL,
    mode text NOT NULL CHECK (mode IN ('strict', 'lenient')),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    rows integer NOT NULL CHECK (rows = accepted + repeated + rejected),
    accepted integer NOT NULL CHECK (accepted >= 0),
    repeated integer NOT NULL CHECK (repeated >= 0),
    rejected integer NOT NULL CHECK (rejected >= 0),
    rows_sha256 bytea NOT NULL CHECK (length(rows_sha256) = 32),
    billed text NOT NULL,
    billed_total numeric(20, 2) NOT NULL CHECK (billed_total <> 'NaN'),
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX usage_imports_rental ON usage_imports (rental, created);
COMMENT ON COLUMN usage_imports.sha256 IS 'Of the file.';
COMMENT ON COLUMN usage_imports.rows_sha256 IS 'Of the rows of usage_rows that count, in their order.';
COMMENT ON COLUMN usage_imports.billed IS 'Exact CNY: more decimals than numeric is read with.';

CREATE TABLE usage_rows (
    import uuid NOT NULL,
    row integer NOT NULL CHECK (row > 0),
    rental uuid NOT NULL,
    identity bytea NOT NULL CHECK (length(identity) = 32),
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    subject bytea CHECK (length(subject) = 32),
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
    PRIMARY KEY (import, row),
    CHECK (period_start < period_end)
);
CREATE INDEX usage_rows_identity ON usage_rows (rental, identity, ordinal);
CREATE INDEX usage_rows_subject ON usage_rows (rental, subject) WHERE subject IS NOT NULL;
CREATE INDEX usage_rows_row_id ON usage_rows (rental, row_id) WHERE row_id IS NOT NULL;
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
    PRIMARY KEY (import, row, line)
);
COMMENT ON COLUMN usage_errors.line IS 'Which of the row''s errors.';

-- Rows that count never change.
CREATE FUNCTION usage_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM before_rows AS b JOIN usage_imports AS i ON i.id = b.import) THEN
        RAISE EXCEPTION 'rows of an import that counts stay as they are';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION usage_rows_stay FROM PUBLIC;
CREATE TRIGGER usage_rows_updated AFTER UPDATE ON usage_rows
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION usage_rows_stay();
CREATE TRIGGER usage_rows_deleted AFTER DELETE ON usage_rows
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION usage_rows_stay();
ALTER TABLE usage_rows ENABLE ALWAYS TRIGGER usage_rows_updated;
ALTER TABLE usage_rows ENABLE ALWAYS TRIGGER usage_rows_deleted;

GRANT SELECT, INSERT, UPDATE ON rental_usage, usage_imports TO subsidy_app;
GRANT SELECT, INSERT, DELETE ON usage_staged, usage_errors TO subsidy_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_rows TO subsidy_app;
GRANT SELECT ON rental_usage, usage_imports, usage_staged, usage_rows, usage_errors TO subsidy_auditor;

UPDATE head SET schema_version = 9;
