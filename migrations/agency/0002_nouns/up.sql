-- The nouns: what each document says now. How it came to say so stands in log and transitions.
-- created is the sequence that made the row, version the one that last changed it.

CREATE TABLE organisations (
    credit_code text PRIMARY KEY CHECK (credit_code ~ '^[0-9A-Z]{18}$'),
    name text NOT NULL,
    category text NOT NULL,
    size text,
    startup boolean NOT NULL DEFAULT false,
    region text,
    controller text,
    related jsonb NOT NULL DEFAULT '[]',
    bank_name text,
    bank_code text,
    account_masked text,
    account_mac text,
    status text NOT NULL CHECK (status IN ('active', 'blocked')),
    reason bytea,
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX organisations_created ON organisations (created);
COMMENT ON COLUMN organisations.related IS 'Credit codes of related parties.';
COMMENT ON COLUMN organisations.account_mac IS 'HMAC of the account number; the number itself is sealed in bank_accounts.';
COMMENT ON COLUMN organisations.reason IS 'Digest of the free text, which stands in texts.';

CREATE TABLE reference_rates (
    name text NOT NULL,
    date date NOT NULL,
    percent numeric(9, 6) NOT NULL CHECK (percent <> 'NaN'),
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (name, date)
);
COMMENT ON TABLE reference_rates IS 'Dated rates such as LPR5Y: in force is the latest on or before the day.';

CREATE TABLE programmes (
    code text PRIMARY KEY,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    instrument text NOT NULL CHECK (instrument IN ('voucher', 'rental_subsidy', 'interest_subsidy')),
    document text NOT NULL,
    valid_from date,
    valid_until date,
    window_from date NOT NULL,
    window_until date NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'active')),
    versions integer NOT NULL CHECK (versions > 0),
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (window_from <= window_until)
);
CREATE INDEX programmes_created ON programmes (created);
COMMENT ON COLUMN programmes.document IS 'The official text it rests on; its own validity is valid_from to valid_until.';
COMMENT ON COLUMN programmes.window_until IS 'Last day that earns, inclusive.';

CREATE TABLE statutory_limits (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    points_max numeric(9, 6) NOT NULL,
    window_until date NOT NULL
);
COMMENT ON TABLE statutory_limits IS 'One row, written by migrations alone: no role that serves may change it.';
INSERT INTO statutory_limits (points_max, window_until) VALUES (1.50, '2027-12-31');

CREATE TABLE rules_versions (
    programme text NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    effective_from date NOT NULL,
    rules jsonb NOT NULL,
    rules_sha256 text NOT NULL,
    status text NOT NULL CHECK (status IN ('proposed', 'approved')),
    reason bytea,
    created_by text NOT NULL,
    approved_by text,
    points_max numeric(9, 6),
    window_until date,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (programme, number)
);
COMMENT ON COLUMN rules_versions.points_max IS 'Held to statutory_limits; must be given for an interest subsidy.';
COMMENT ON COLUMN rules_versions.window_until IS 'Held to statutory_limits; must be given for an interest subsidy.';

CREATE TABLE budget_changes (
    id uuid PRIMARY KEY,
    programme text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('appropriation', 'adjustment', 'lapse')),
    amount numeric(20, 2) NOT NULL CHECK (amount <> 'NaN'),
    fiscal_year smallint NOT NULL,
    document text,
    source text,
    effective_date date,
    status text NOT NULL CHECK (status IN ('proposed', 'approved')),
    reason bytea,
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX budget_changes_programme ON budget_changes (programme, created);
COMMENT ON COLUMN budget_changes.amount IS 'Signed: an adjustment may take away.';

CREATE TABLE rentals (
    id uuid PRIMARY KEY,
    organisation text NOT NULL,
    provider text NOT NULL,
    contract_no text NOT NULL,
    signed_on date NOT NULL,
    from_date date NOT NULL,
    until_date date NOT NULL,
    order_no text,
    scenario text,
    lines jsonb NOT NULL,
    total numeric(20, 2) NOT NULL CHECK (total >= 0 AND total <> 'NaN'),
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    contract text NOT NULL GENERATED ALWAYS AS (organisation || '/' || provider || '/' || contract_no) STORED
        CONSTRAINT rentals_contract UNIQUE
);
COMMENT ON COLUMN rentals.contract IS 'The parties and their number as one key, by which a writer finds it: a join on three columns would be planned over another index while the table is small.';
CREATE INDEX rentals_created ON rentals (created);
CREATE INDEX rentals_provider ON rentals (provider, created);

CREATE TABLE vouchers (
    id uuid PRIMARY KEY,
    number text UNIQUE,
    programme text NOT NULL,
    organisation text NOT NULL,
    provider text NOT NULL,
    rental uuid NOT NULL,
    status text NOT NULL CHECK (status IN (
        'submitted', 'reviewed', 'returned', 'rejected', 'issued', 'partly_redeemed', 'redeemed', 'expired', 'cancelled',
        'suspended')),
    suspended_from text,
    face numeric(20, 2) NOT NULL DEFAULT 0,
    redeemed numeric(20, 2) NOT NULL DEFAULT 0,
    held numeric(20, 2) NOT NULL DEFAULT 0,
    released numeric(20, 2) NOT NULL DEFAULT 0,
    expired numeric(20, 2) NOT NULL DEFAULT 0,
    available numeric(20, 2) NOT NULL DEFAULT 0,
    valid_from date,
    valid_until date,
    fiscal_year smallint,
    rules_version integer NOT NULL,
    calculation integer NOT NULL,
    reason bytea,
    created_by text NOT NULL,
    reviewed_by text,
    issued_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT vouchers_parts CHECK (
        face = redeemed + held + released + expired + available
        AND least(face, redeemed, held, released, expired, available) >= 0
        AND greatest(face, redeemed, held, released, expired, available) <> 'NaN'),
    CONSTRAINT vouchers_suspended CHECK ((status = 'suspended') = (suspended_from IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX vouchers_created ON vouchers (created);
CREATE INDEX vouchers_programme ON vouchers (programme, created);
CREATE INDEX vouchers_organisation ON vouchers (organisation, created);
CREATE INDEX vouchers_provider ON vouchers (provider, created);
CREATE INDEX vouchers_waiting ON vouchers (status, created) WHERE status IN ('submitted', 'reviewed', 'returned');
CREATE INDEX vouchers_open ON vouchers (valid_until) WHERE status IN ('issued', 'partly_redeemed', 'suspended');
COMMENT ON COLUMN vouchers.valid_until IS 'Last usable day; it expires on the day after.';
COMMENT ON COLUMN vouchers.calculation IS 'Version of the sheet in calculations.';
COMMENT ON INDEX vouchers_open IS 'Expiry looks for what has passed its last day.';

CREATE TABLE contract_uses (
    rental uuid NOT NULL,
    voucher uuid NOT NULL,
    programme text NOT NULL,
    amount numeric(20, 2) NOT NULL CHECK (amount >= 0 AND amount <> 'NaN'),
    exclusive boolean NOT NULL,
    live boolean NOT NULL,
    PRIMARY KEY (rental, voucher)
) WITH (fillfactor = 80);
COMMENT ON TABLE contract_uses IS 'Which vouchers rest on which contract: not funded twice.';

CREATE TABLE calculations (
    document text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    sequence bigint NOT NULL,
    sheet jsonb NOT NULL,
    PRIMARY KEY (document, version)
);
COMMENT ON TABLE calculations IS 'Sheets with frozen inputs. Append-only: news makes version n + 1.';

CREATE FUNCTION check_rules_versions() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    broken record;
BEGIN
    SELECT a.programme, a.number, p.instrument INTO broken
      FROM added AS a CROSS JOIN statutory_limits AS l LEFT JOIN programmes AS p ON p.code = a.programme
     WHERE p.code IS NULL OR a.points_max > l.points_max OR a.window_until > l.window_until
        OR (p.instrument = 'interest_subsidy' AND num_nulls(a.points_max, a.window_until) > 0)
     LIMIT 1;
    IF NOT FOUND AND EXISTS (SELECT FROM statutory_limits) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'rules % of programme % pass a statutory limit, or do not say that they keep it', broken.number, broken.programme
        USING ERRCODE = 'check_violation', CONSTRAINT = 'rules_versions_statutory_limits';
END
$$;
COMMENT ON FUNCTION check_rules_versions IS 'Points and window of every version against statutory_limits, whoever writes.';

CREATE FUNCTION refuse_new_instrument() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a programme keeps its instrument'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'programmes_keep_instrument';
END
$$;
COMMENT ON FUNCTION refuse_new_instrument IS 'Else a programme could become an interest subsidy after its rules were checked.';

CREATE TRIGGER rules_versions_added AFTER INSERT ON rules_versions
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_rules_versions();
CREATE TRIGGER rules_versions_updated AFTER UPDATE ON rules_versions
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_rules_versions();
CREATE TRIGGER programmes_instrument BEFORE UPDATE ON programmes FOR EACH ROW
    WHEN (OLD.instrument IS DISTINCT FROM NEW.instrument OR OLD.code IS DISTINCT FROM NEW.code)
    EXECUTE FUNCTION refuse_new_instrument();
CREATE TRIGGER statutory_limits_change BEFORE DELETE OR TRUNCATE ON statutory_limits EXECUTE FUNCTION refuse_change();
CREATE TRIGGER calculations_added AFTER INSERT ON calculations
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_of_this_batch();
CREATE TRIGGER calculations_change BEFORE UPDATE OR DELETE OR TRUNCATE ON calculations EXECUTE FUNCTION refuse_change();

ALTER TABLE rules_versions ENABLE ALWAYS TRIGGER rules_versions_added;
ALTER TABLE rules_versions ENABLE ALWAYS TRIGGER rules_versions_updated;
ALTER TABLE programmes ENABLE ALWAYS TRIGGER programmes_instrument;
ALTER TABLE statutory_limits ENABLE ALWAYS TRIGGER statutory_limits_change;
ALTER TABLE calculations ENABLE ALWAYS TRIGGER calculations_added;
ALTER TABLE calculations ENABLE ALWAYS TRIGGER calculations_change;

REVOKE ALL ON FUNCTION check_rules_versions, refuse_new_instrument FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE ON organisations, programmes, rules_versions, budget_changes, rentals, vouchers, contract_uses
    TO subsidy_app;
GRANT SELECT, INSERT, UPDATE ON reference_rates TO subsidy_app;
GRANT SELECT, INSERT ON calculations TO subsidy_app;
GRANT SELECT ON statutory_limits TO subsidy_app;
GRANT SELECT ON organisations, reference_rates, programmes, statutory_limits, rules_versions, budget_changes, rentals, vouchers,
    contract_uses, calculations TO subsidy_auditor;

UPDATE head SET schema_version = 2;
