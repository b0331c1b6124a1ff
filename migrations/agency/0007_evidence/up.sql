-- Files that back claims, and the invoices among them.

CREATE TABLE evidence (
    id uuid CONSTRAINT evidence_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT evidence_kind_check CHECK (kind IN (
        'invoice', 'contract', 'delivery', 'payment', 'bank_statement', 'loan_contract', 'commitment', 'review', 'other')),
    organisation text NOT NULL,
    sha256 bytea NOT NULL CONSTRAINT evidence_sha256_check CHECK (length(sha256) = 32),
    bytes integer NOT NULL CONSTRAINT evidence_bytes_check CHECK (bytes BETWEEN 1 AND 20971520),
    media_type text NOT NULL,
    invoice_code text,
    invoice_number text,
    invoice jsonb,
    brought_on date NOT NULL,
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
CREATE INDEX evidence_invoice ON evidence (invoice_number, invoice_code, created) WHERE kind = 'invoice';
COMMENT ON INDEX evidence_invoice IS 'Which files show an invoice: an auditor asks for those that several do.';
COMMENT ON COLUMN evidence.sha256 IS 'The bytes are kept outside the database under this digest.';
COMMENT ON COLUMN evidence.brought_on IS 'The business date on which it was brought.';
COMMENT ON COLUMN evidence.invoice IS 'What this file and who brought it said of the invoice.';

CREATE TABLE invoices (
    organisation text NOT NULL,
    code text NOT NULL,
    number text NOT NULL,
    amount numeric(20, 2) CONSTRAINT invoices_amount_check CHECK (amount <> 0 AND amount <> 'NaN'),
    original_code text,
    original_number text,
    einvoice boolean NOT NULL,
    confirmed text NOT NULL CONSTRAINT invoices_confirmed_check CHECK (confirmed IN ('typed', 'einvoice', 'officer')),
    allocated numeric(20, 2) NOT NULL CONSTRAINT invoices_allocated_check CHECK (allocated >= 0 AND allocated <> 'NaN'),
    holds jsonb NOT NULL,
    reversed numeric(20, 2) NOT NULL CONSTRAINT invoices_reversed_check CHECK (reversed >= 0 AND reversed <> 'NaN'),
    reversal bytea CONSTRAINT invoices_reversal_check CHECK (length(reversal) = 32),
    tax numeric(20, 2),
    buyer text,
    buyer_name bytea,
    seller text,
    seller_name bytea,
    issued_on date,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT invoices_pkey PRIMARY KEY (organisation, code, number),
    CONSTRAINT invoices_number CHECK (
        CASE WHEN code = '' THEN number ~ '^[0-9]{20}$' ELSE code ~ '^([0-9]{10}|[0-9]{12})$' AND number ~ '^[0-9]{8}$' END),
    CONSTRAINT invoices_original CHECK (
        (coalesce(amount, 0) < 0) = (original_number IS NOT NULL) AND (original_code IS NULL) = (original_number IS NULL)),
    CONSTRAINT invoices_allocated CHECK (allocated <= greatest(coalesce(amount, 0), 0))
) WITH (fillfactor = 70);
CREATE INDEX invoices_number ON invoices (number, code);
COMMENT ON TABLE invoices IS 'What each organisation says of an invoice. It binds that organisation alone until the file of an e-invoice that names it, or an officer, confirms it.';
COMMENT ON INDEX invoices_number IS 'What others say of an invoice is looked up where a claim on it is decided.';
COMMENT ON COLUMN invoices.code IS 'Empty for a fully digital invoice, which has none.';
COMMENT ON COLUMN invoices.amount IS 'Tax included; below zero of a red invoice, which takes back original_number.';
COMMENT ON COLUMN invoices.einvoice IS 'Whether the file of an e-invoice itself says number, amount, buyer and seller.';
COMMENT ON COLUMN invoices.confirmed IS 'Who stands for it: who typed it, an e-invoice whose file names the organisation, an officer.';
COMMENT ON COLUMN invoices.allocated IS 'What claims of the organisation hold of it or were paid for, in all programmes.';
COMMENT ON COLUMN invoices.holds IS 'allocated by claim, in the order in which they took it.';
COMMENT ON COLUMN invoices.reversed IS 'What red invoices took back.';
COMMENT ON COLUMN invoices.reversal IS 'Digest of the text that says why what was paid on it is to come back, of the last red invoice.';
COMMENT ON COLUMN invoices.buyer IS 'A credit code; other for a party that has none.';

UPDATE head SET schema_version = 7;
