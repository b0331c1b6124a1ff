-- What registers and lists look for is found by an index, also where it is rare. None of them takes part in what most
-- postings write: their conditions leave out the states and the accounts that most rows have.

CREATE INDEX evidence_invoice ON evidence (invoice_number, invoice_code, created) WHERE kind = 'invoice';
COMMENT ON INDEX evidence_invoice IS 'Which files show an invoice: an auditor asks for those that several do.';

CREATE INDEX vouchers_settled ON vouchers (status, created)
    WHERE status IN ('partly_redeemed', 'redeemed', 'expired', 'cancelled', 'suspended', 'rejected');
CREATE INDEX claims_settled ON claims (status, created) WHERE status IN ('draft', 'paid', 'rejected', 'withdrawn');
CREATE INDEX recoveries_organisation ON recoveries (organisation, created);

-- Rows that changed lately lie apart: a summary of each stretch of pages says where none can be.
CREATE INDEX vouchers_updated ON vouchers USING brin (updated_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX claims_updated ON claims USING brin (updated_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX rentals_updated ON rentals USING brin (updated_at) WITH (pages_per_range = 16, autosummarize = on);

UPDATE head SET schema_version = 17;
