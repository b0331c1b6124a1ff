-- Files that back claims, and the invoices among them.

CREATE TABLE evidence (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN (
        'invoice', 'contract', 'delivery', 'payment', 'bank_statement', 'loan_contract', 'review', 'other')),
    organisation text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    bytes integer NOT NULL CHECK (bytes BETWEEN 1 AND 20971520),
    media_type text NOT NULL,
    invoice_code text,
    invoice_number text,
    invoice jsonb,
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT evidence_invoice CHECK (
        CASE WHEN kind = 'invoice' THEN num_nulls(invoice_code, invoice_number, invoice) = 0
             ELSE num_nonnulls(invoice_code, invoice_number, invoice) = 0 END)
);
CREATE INDEX evidence_created ON evidence (created);
CREATE INDEX evidence_organisation ON evidence (organisation, created);
COMMENT ON COLUMN evidence.sha256 IS 'The bytes are kept outside the database under this digest.';
COMMENT ON COLUMN evidence.invoice IS 'What this file and who brought it said of the invoice.';

CREATE TABLE invoices (
    code text NOT NULL,
    number text NOT NULL,
    amount numeric(20, 2) CHECK (amount > 0 AND amount <> 'NaN'),
    allocated numeric(20, 2) NOT NULL CHECK (allocated >= 0 AND allocated <> 'NaN'),
    tax numeric(20, 2),
    buyer text,
    buyer_name bytea,
    seller text,
    seller_name bytea,
    issued_on date,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (code, number),
    CONSTRAINT invoices_number CHECK (
        CASE WHEN code = '' THEN number ~ '^[0-9]{20}$' ELSE code ~ '^([0-9]{10}|[0-9]{12})$' AND number ~ '^[0-9]{8}$' END),
    CONSTRAINT invoices_allocated CHECK (allocated <= coalesce(amount, 0))
) WITH (fillfactor = 70);
COMMENT ON COLUMN invoices.code IS 'Empty for a fully digital invoice, which has none.';
COMMENT ON COLUMN invoices.amount IS 'Tax included.';
COMMENT ON COLUMN invoices.allocated IS 'What claims of the agency hold of it or were paid for, in all programmes.';
COMMENT ON COLUMN invoices.buyer IS 'A credit code; other for a party that has none.';

ALTER TABLE claims
    ADD COLUMN invoices jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN evidence jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN claims.invoices IS 'What it takes of which invoice.';
COMMENT ON COLUMN claims.evidence IS 'The ids of further evidence.';

GRANT SELECT, INSERT, UPDATE ON evidence, invoices TO subsidy_app;
GRANT SELECT ON evidence, invoices TO subsidy_auditor;

UPDATE head SET schema_version = 4;
