-- Vouchers, calculation sheets, claims, and what comes to a claim after its approval or on the way to it.

CREATE TABLE vouchers (
    id uuid CONSTRAINT vouchers_pkey PRIMARY KEY,
    number text CONSTRAINT vouchers_number_key UNIQUE,
    programme text NOT NULL,
    organisation text NOT NULL,
    provider text NOT NULL,
    rental uuid NOT NULL,
    status text NOT NULL CONSTRAINT vouchers_status_check CHECK (
        status ~ '^(submitted|reviewed|returned|rejected|issued|partly_redeemed|redeemed|expired|cancelled|suspended)$'),
    suspended_from text,
    face numeric(20, 2) NOT NULL DEFAULT 0,
    redeemed numeric(20, 2) NOT NULL DEFAULT 0,
    held numeric(20, 2) NOT NULL DEFAULT 0,
    released numeric(20, 2) NOT NULL DEFAULT 0,
    expired numeric(20, 2) NOT NULL DEFAULT 0,
    available numeric(20, 2) NOT NULL DEFAULT 0,
    closed boolean NOT NULL DEFAULT false,
    submitted_on date NOT NULL,
    reviewed_on date,
    valid_from date,
    valid_until date,
    fiscal_year smallint,
    rules_version integer NOT NULL,
    tier integer CONSTRAINT vouchers_tier_check CHECK (tier > 0),
    calculation integer NOT NULL,
    other_funding jsonb,
    assessment jsonb,
    overrides jsonb NOT NULL DEFAULT '[]',
    reason bytea,
    created_by text NOT NULL,
    reviewed_by text,
    issued_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    reminded_days smallint CONSTRAINT vouchers_reminded CHECK (reminded_days BETWEEN 1 AND 366),
    CONSTRAINT vouchers_parts CHECK (
        face = redeemed + held + released + expired + available
        AND least(redeemed, held, released, expired, available) >= 0
        AND face <> 'NaN'),
    CONSTRAINT vouchers_suspended CHECK ((status = 'suspended') = (suspended_from IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX vouchers_created ON vouchers (created);
CREATE INDEX vouchers_programme ON vouchers (programme, created);
CREATE INDEX vouchers_organisation ON vouchers (organisation, created);
CREATE INDEX vouchers_provider ON vouchers (provider, created);
CREATE INDEX vouchers_waiting ON vouchers (status, created) WHERE status IN ('submitted', 'reviewed', 'returned');
CREATE INDEX vouchers_settled ON vouchers (status, created)
    WHERE status IN ('partly_redeemed', 'redeemed', 'expired', 'cancelled', 'suspended', 'rejected');
CREATE INDEX vouchers_updated ON vouchers USING brin (updated_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX vouchers_open ON vouchers (valid_until) WHERE status IN ('issued', 'partly_redeemed', 'suspended');
COMMENT ON COLUMN vouchers.closed IS 'A last claim was approved: what claims free from then on is released.';
COMMENT ON COLUMN vouchers.submitted_on IS 'Its issue counts from no earlier day.';
COMMENT ON COLUMN vouchers.reviewed_on IS 'The day of its last review: its issue is due so many working days after it.';
COMMENT ON COLUMN vouchers.valid_until IS 'Last usable day; it expires on the day after.';
COMMENT ON COLUMN vouchers.tier IS 'The tier of its rules, from 1; null where their own apply.';
COMMENT ON COLUMN vouchers.calculation IS 'Version of the sheet in calculations.';
COMMENT ON COLUMN vouchers.reminded_days IS 'How many days ahead its holder was last reminded of its end; each time fewer.';
COMMENT ON CONSTRAINT vouchers_parts ON vouchers IS 'The face is the sum of its parts: one that is not a number shows in it.';
COMMENT ON INDEX vouchers_updated IS 'Rows that changed lately lie apart: a summary of each stretch of pages says where none can be.';
COMMENT ON INDEX vouchers_open IS 'Expiry looks for what has passed its last day.';

CREATE TABLE calculations (
    document text NOT NULL,
    version integer NOT NULL CONSTRAINT calculations_version_check CHECK (version > 0),
    sequence bigint NOT NULL,
    sheet jsonb NOT NULL,
    points_max numeric(18, 14),
    window_until date,
    CONSTRAINT calculations_pkey PRIMARY KEY (document, version)
);
COMMENT ON TABLE calculations IS 'Sheets with frozen inputs. Append-only: news makes version n + 1.';
COMMENT ON COLUMN calculations.points_max IS 'Of an interest subsidy: the most points of a segment. Held to the segments and to the limits of its leaf.';
COMMENT ON COLUMN calculations.window_until IS 'Of an interest subsidy: the last day that earns. Held to the segments and to the limits of its leaf.';

CREATE FUNCTION sum_of_parts(parts jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT sum((part ->> 'amount')::numeric) FROM jsonb_array_elements(parts) AS part
$$;
REVOKE ALL ON FUNCTION sum_of_parts FROM PUBLIC;
COMMENT ON FUNCTION sum_of_parts IS 'What the parts of an amount by funding level sum to.';

CREATE TABLE claims (
    id uuid CONSTRAINT claims_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT claims_kind_check CHECK (kind IN ('voucher_redemption', 'rental_subsidy', 'interest_subsidy', 'grant_tranche')),
    programme text NOT NULL,
    organisation text NOT NULL,
    provider text NOT NULL,
    buyer text,
    payee text NOT NULL,
    voucher uuid,
    rental uuid,
    loan uuid,
    award uuid,
    tranche text,
    period_from date,
    period_until date,
    class text NOT NULL DEFAULT 'voucher' CONSTRAINT claims_class_check CHECK (class IN ('voucher', 'rental', 'procurement', 'interest', 'grant', 'advance')),
    status text NOT NULL CONSTRAINT claims_status_check CHECK (status IN ('draft', 'submitted', 'reviewed', 'approved', 'paid', 'returned', 'rejected', 'withdrawn')),
    settlement jsonb NOT NULL,
    closing boolean NOT NULL,
    amount numeric(20, 2) NOT NULL,
    parts jsonb NOT NULL,
    held numeric(20, 2) NOT NULL CONSTRAINT claims_held_check CHECK (held >= 0 AND held <> 'NaN'),
    fiscal_year smallint NOT NULL,
    rules_version integer NOT NULL,
    calculation integer NOT NULL,
    interest_paid numeric(20, 2) CONSTRAINT claims_interest_paid_check CHECK (interest_paid >= 0 AND interest_paid <> 'NaN'),
    penalty_interest numeric(20, 2) CONSTRAINT claims_penalty_interest_check CHECK (penalty_interest >= 0 AND penalty_interest <> 'NaN'),
    other_points numeric(9, 6) CONSTRAINT claims_other_points_check CHECK (other_points >= 0 AND other_points <> 'NaN'),
    usage_sequence bigint,
    invoices jsonb NOT NULL DEFAULT '[]',
    evidence jsonb NOT NULL DEFAULT '[]',
    other_funding jsonb,
    assessment jsonb,
    overrides jsonb NOT NULL DEFAULT '[]',
    submitted_on date,
    reviewed_on date,
    reviewed_at bigint,
    published_until date,
    approved_on date,
    batch uuid,
    paid_on date,
    payments jsonb NOT NULL DEFAULT '[]',
    settled jsonb NOT NULL DEFAULT '[]',
    recovered numeric(20, 2) NOT NULL DEFAULT 0,
    corrected numeric(20, 2) NOT NULL DEFAULT 0 CONSTRAINT claims_corrected_check CHECK (corrected >= 0 AND corrected <> 'NaN'),
    freed numeric(20, 2) NOT NULL DEFAULT 0,
    redrawn numeric(20, 2) NOT NULL DEFAULT 0,
    last_sheet integer NOT NULL DEFAULT 0,
    pending integer,
    recalculated_on date,
    objections integer NOT NULL DEFAULT 0,
    objections_open integer NOT NULL DEFAULT 0,
    objection_upheld boolean NOT NULL DEFAULT false,
    reason bytea,
    created_by text NOT NULL,
    submitted_by text,
    reviewed_by text,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT claims_subject CHECK (
        CASE kind
            WHEN 'voucher_redemption' THEN voucher IS NOT NULL AND num_nonnulls(rental, period_from, period_until) = 0
                AND class = 'voucher'
            WHEN 'rental_subsidy' THEN voucher IS NULL AND num_nulls(rental, period_from, period_until) = 0
                AND period_from < period_until AND NOT closing AND class IN ('rental', 'procurement')
            WHEN 'grant_tranche' THEN num_nonnulls(voucher, rental, period_from, period_until) = 0
                AND num_nulls(award, tranche) = 0 AND NOT closing AND settlement = '[]' AND class IN ('grant', 'advance')
            ELSE num_nonnulls(voucher, rental) = 0
                AND num_nulls(loan, period_from, period_until, interest_paid, penalty_interest) = 0
                AND period_from < period_until AND NOT closing AND settlement = '[]' AND class = 'interest' END
        AND (kind = 'interest_subsidy' OR num_nonnulls(loan, interest_paid, penalty_interest, other_points) = 0)
        AND (kind = 'grant_tranche' OR num_nonnulls(award, tranche) = 0)
        AND (buyer IS NULL OR (kind = 'rental_subsidy' AND buyer <> organisation AND provider = organisation))),
    CONSTRAINT claims_usage CHECK (usage_sequence IS NULL OR rental IS NOT NULL),
    CONSTRAINT claims_parts CHECK (coalesce(sum_of_parts(parts), 0) = amount),
    -- what draws on no voucher holds nothing
    CONSTRAINT claims_held CHECK (
        CASE WHEN voucher IS NULL THEN held = 0
             WHEN status = 'submitted' THEN held = amount
             -- reviewed again, it keeps what it held
             WHEN status = 'reviewed' THEN held >= amount AND held <> 'NaN'
             WHEN status = 'returned' THEN held > 0 ELSE held = 0 END),
    CONSTRAINT claims_approved CHECK ((status IN ('approved', 'paid')) = (approved_on IS NOT NULL)),
    CONSTRAINT claims_paid_interest CHECK (amount <= interest_paid),
    -- sums are made only where there is something to sum
    CONSTRAINT claims_paid CHECK (
        CASE WHEN payments = '[]' THEN status <> 'paid' AND paid_on IS NULL
             WHEN status = 'paid' THEN paid_on IS NOT NULL AND sum_of_parts(settled) = amount
             ELSE status = 'approved' AND paid_on IS NOT NULL AND sum_of_parts(settled) BETWEEN 0 AND amount - 0.01 END
        AND (batch IS NULL OR status IN ('approved', 'paid'))),
    -- only what was paid comes to nothing: it is asked back
    CONSTRAINT claims_amount_check CHECK (
        amount <> 'NaN' AND (amount > 0 OR (amount = 0 AND payments <> '[]' AND recalculated_on IS NOT NULL))),
    CONSTRAINT claims_freed CHECK (freed BETWEEN 0 AND recovered),
    CONSTRAINT claims_redrawn CHECK (redrawn BETWEEN 0 AND corrected),
    CONSTRAINT claims_settled CHECK (
        CASE WHEN payments = '[]' THEN settled = '[]' AND corrected = 0
             ELSE sum_of_parts(settled) = sum_of_parts(payments) - corrected END),
    CONSTRAINT claims_recovered CHECK (
        CASE WHEN payments = '[]' THEN recovered = 0 ELSE recovered BETWEEN corrected AND sum_of_parts(payments) END),
    CONSTRAINT claims_pending CHECK (
        pending IS NULL OR (pending = last_sheet AND pending > calculation AND status IN ('approved', 'paid'))),
    CONSTRAINT claims_objections CHECK (
        -- BETWEEN beside AND would read differently once a dump is restored, and `verify` compares the text
        objections_open >= 0 AND objections_open <= objections
        AND (status NOT IN ('approved', 'paid') OR (objections_open = 0 AND NOT objection_upheld))),
    CONSTRAINT claims_four_eyes CHECK (
        approved_by <> created_by AND approved_by <> submitted_by AND approved_by <> reviewed_by)
) WITH (fillfactor = 70);
CREATE INDEX claims_created ON claims (created);
CREATE INDEX claims_programme ON claims (programme, created);
CREATE INDEX claims_organisation ON claims (organisation, created);
CREATE INDEX claims_provider ON claims (provider, created);
CREATE INDEX claims_buyer ON claims (buyer, created) WHERE buyer IS NOT NULL;
CREATE INDEX claims_voucher ON claims (voucher);
CREATE INDEX claims_rental ON claims (rental) WHERE rental IS NOT NULL;
CREATE INDEX claims_loan ON claims (loan) WHERE loan IS NOT NULL;
CREATE INDEX claims_waiting ON claims (status, created) WHERE status IN ('submitted', 'reviewed', 'returned', 'approved');
CREATE INDEX claims_settled ON claims (status, created) WHERE status IN ('draft', 'paid', 'rejected', 'withdrawn');
CREATE INDEX claims_updated ON claims USING brin (updated_at) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON COLUMN claims.published_until IS 'The last day of its publicity, as the calendar was known at the review; a later calendar does not move it.';
COMMENT ON COLUMN claims.submitted_on IS 'When it was filed last; its approval counts from no earlier day.';
COMMENT ON COLUMN claims.freed IS 'What came in of recoveries without fraud: the caps count it no more.';
COMMENT ON COLUMN claims.redrawn IS 'What of corrected came in and was drawn again: the voucher is charged with it once.';
COMMENT ON COLUMN claims.provider IS 'Who supplied; of a loan the bank that lent.';
COMMENT ON COLUMN claims.buyer IS 'Who bought, where the provider of the contract claims.';
COMMENT ON COLUMN claims.rental IS 'The contract, of a rental subsidy.';
COMMENT ON COLUMN claims.loan IS 'The loan, of an interest subsidy.';
COMMENT ON COLUMN claims.award IS 'The award, of a tranche of a grant.';
COMMENT ON COLUMN claims.tranche IS 'Its name.';
COMMENT ON COLUMN claims.period_from IS 'The first day that it is for.';
COMMENT ON COLUMN claims.period_until IS 'The day after the last that it is for.';
COMMENT ON COLUMN claims.class IS 'Which expense it is: its commitment and its expense account follow from it.';
COMMENT ON COLUMN claims.settlement IS 'Its inputs: what was settled. They change in a draft or a returned claim only.';
COMMENT ON COLUMN claims.parts IS 'The amount by funding level; they sum to it.';
COMMENT ON COLUMN claims.held IS 'What it holds on its voucher until it is decided.';
COMMENT ON COLUMN claims.fiscal_year IS 'Of the commitment.';
COMMENT ON COLUMN claims.interest_paid IS 'Ordinary interest that was paid for the period: the amount is never more.';
COMMENT ON COLUMN claims.penalty_interest IS 'Penalty and compound interest: recorded, never subsidised.';
COMMENT ON COLUMN claims.other_points IS 'Points of other subsidies for the same days.';
COMMENT ON COLUMN claims.usage_sequence IS 'Of a claim from metered usage: the leaf after which it was read.';
COMMENT ON COLUMN claims.invoices IS 'What it takes of which invoice.';
COMMENT ON COLUMN claims.evidence IS 'The ids of further evidence.';
COMMENT ON COLUMN claims.reviewed_at IS 'The leaf of its last review: what came later nobody has seen yet.';
COMMENT ON COLUMN claims.payments IS 'What was paid of it or offset, in order.';
COMMENT ON COLUMN claims.settled IS 'By funding level, what was paid or offset and no recalculation asked back. Due is parts less settled.';
COMMENT ON COLUMN claims.corrected IS 'What recalculations asked back.';
COMMENT ON COLUMN claims.pending IS 'The recalculation that waits for another person.';
COMMENT ON INDEX claims_updated IS 'Rows that changed lately lie apart: a summary of each stretch of pages says where none can be.';

CREATE TABLE recalculations (
    claim uuid NOT NULL,
    number integer NOT NULL,
    previous integer NOT NULL,
    status text NOT NULL CONSTRAINT recalculations_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    settlement jsonb NOT NULL,
    closing boolean NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT recalculations_amount_check CHECK (amount >= 0 AND amount <> 'NaN'),
    difference numeric(20, 2) NOT NULL CONSTRAINT recalculations_difference_check CHECK (difference <> 'NaN' AND difference <= amount),
    reason bytea NOT NULL,
    rejection bytea,
    recovery uuid,
    proposed_on date NOT NULL,
    decided_on date,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    interest jsonb,
    usage_sequence bigint,
    other_funding jsonb,
    invoices jsonb NOT NULL,
    CONSTRAINT recalculations_pkey PRIMARY KEY (claim, number),
    CONSTRAINT recalculations_order CHECK (number > previous),
    CONSTRAINT recalculations_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL)
        AND (status = 'approved') = (decided_on IS NOT NULL)
        AND (status = 'rejected') = (rejection IS NOT NULL)
        AND (recovery IS NULL OR (status = 'approved' AND difference < 0))),
    CONSTRAINT recalculations_four_eyes CHECK (status <> 'approved' OR decided_by <> created_by)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX recalculations_pending ON recalculations (claim) WHERE status = 'proposed';
CREATE INDEX recalculations_waiting ON recalculations (created) WHERE status = 'proposed';
COMMENT ON TABLE recalculations IS 'Further sheets of approved claims; the number is the sheet''s.';
COMMENT ON COLUMN recalculations.interest IS 'Of an interest subsidy: period, interest paid and other points as they are known now.';
COMMENT ON COLUMN recalculations.other_funding IS 'What others pay for the same costs, as it is known now.';
COMMENT ON COLUMN recalculations.usage_sequence IS 'Of a claim from metered usage: the leaf after which it was read.';
COMMENT ON COLUMN recalculations.invoices IS 'The parts of invoices that the claim holds with it: what was taken back until its proposal is let go.';
COMMENT ON COLUMN recalculations.proposed_on IS 'Its approval counts from no earlier day.';
COMMENT ON COLUMN recalculations.difference IS 'Its amount less that of the sheet before.';

CREATE TABLE objections (
    id uuid CONSTRAINT objections_pkey PRIMARY KEY,
    claim uuid NOT NULL,
    status text NOT NULL CONSTRAINT objections_status_check CHECK (status IN ('open', 'upheld', 'dismissed')),
    text bytea NOT NULL,
    reason bytea,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    resolved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT objections_resolved CHECK (
        num_nulls(reason, resolved_by) = CASE status WHEN 'open' THEN 2 ELSE 0 END AND resolved_by <> created_by)
) WITH (fillfactor = 70);
CREATE INDEX objections_claim ON objections (claim, created);
CREATE INDEX objections_waiting ON objections (created) WHERE status = 'open';

UPDATE head SET schema_version = 5;
