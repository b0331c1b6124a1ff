-- Organisations, what is kept beside the log because it must be erasable, programmes, their rules and their budget.
--
-- A document's table says what the document says now; how it came to say so stands in log and transitions. created is the
-- sequence that made the row, version the one that last changed it.

CREATE TABLE organisations (
    credit_code text CONSTRAINT organisations_pkey PRIMARY KEY CONSTRAINT organisations_credit_code_check CHECK (credit_code ~ '^[0-9A-Z]{18}$'),
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
    status text NOT NULL CONSTRAINT organisations_status_check CHECK (status IN ('active', 'blocked')),
    reason bytea,
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    account_change jsonb,
    account_since bigint
) WITH (fillfactor = 80);
CREATE INDEX organisations_created ON organisations (created);
COMMENT ON COLUMN organisations.related IS 'Credit codes of related parties.';
COMMENT ON COLUMN organisations.account_mac IS 'HMAC of the account number; the number itself is sealed in bank_accounts.';
COMMENT ON COLUMN organisations.reason IS 'Digest of the free text, which stands in texts.';
COMMENT ON COLUMN organisations.account_change IS 'An account that waits for another person''s approval; its number is sealed in bank_accounts.';
COMMENT ON COLUMN organisations.account_since IS 'The leaf that put this account in another''s place; null where it is the first.';

CREATE TABLE bank_accounts (
    organisation text NOT NULL,
    mac bytea NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT bank_accounts_pkey PRIMARY KEY (organisation, mac)
);
COMMENT ON TABLE bank_accounts IS 'Account numbers, sealed with a key outside the database; mac finds one again.';

CREATE TABLE texts (
    sha256 bytea CONSTRAINT texts_pkey PRIMARY KEY CONSTRAINT texts_sha256_check CHECK (octet_length(sha256) = 32),
    salt bytea,
    body text,
    CONSTRAINT texts_whole_or_erased CHECK (num_nonnulls(salt, body) IN (0, 2))
);
COMMENT ON TABLE texts IS 'Free text, which stands in leaves as a salted digest. Erasing sets salt and body to null.';

CREATE TABLE erasures (
    sha256 bytea CONSTRAINT erasures_pkey PRIMARY KEY CONSTRAINT erasures_sha256_check CHECK (octet_length(sha256) = 32),
    document text NOT NULL CONSTRAINT erasures_document_check CHECK (document <> ''),
    erased_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX erasures_created ON erasures (created);
COMMENT ON TABLE erasures IS 'Which texts were erased, on what order, by whom and when: what their leaves say. Append-only.';
COMMENT ON COLUMN erasures.document IS 'The order or the request that it was done on.';

CREATE TABLE reference_rates (
    name_fold text NOT NULL,
    name text NOT NULL,
    date date NOT NULL,
    percent numeric(9, 6) NOT NULL CONSTRAINT reference_rates_percent_check CHECK (percent <> 'NaN'),
    created_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT reference_rates_pkey PRIMARY KEY (name_fold, date)
);
COMMENT ON TABLE reference_rates IS 'Dated rates such as LPR5Y: in force is the latest on or before the day.';
COMMENT ON COLUMN reference_rates.name_fold IS 'The fold of the name (NFKC, case, blanks, look-alikes): what it is compared by, however it is typed.';

CREATE TABLE programmes (
    code text CONSTRAINT programmes_pkey PRIMARY KEY,
    code_fold text NOT NULL CONSTRAINT programmes_code_fold UNIQUE,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    instrument text NOT NULL CONSTRAINT programmes_instrument_check CHECK (instrument IN ('voucher', 'rental_subsidy', 'interest_subsidy', 'grant')),
    level text NOT NULL CONSTRAINT programmes_level_check CHECK (level IN ('central', 'province', 'city', 'district')),
    document text NOT NULL,
    valid_from date,
    valid_until date,
    window_from date NOT NULL,
    window_until date NOT NULL,
    budget_codes jsonb CONSTRAINT programmes_budget_codes_check CHECK (jsonb_typeof(budget_codes) = 'object'),
    status text NOT NULL CONSTRAINT programmes_status_check CHECK (status IN ('draft', 'active')),
    versions integer NOT NULL CONSTRAINT programmes_versions_check CHECK (versions > 0),
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT programmes_window CHECK (window_from <= window_until)
);
CREATE INDEX programmes_created ON programmes (created);
COMMENT ON COLUMN programmes.code_fold IS 'The fold of the code: codes that look alike are one.';
COMMENT ON COLUMN programmes.document IS 'The official text it rests on; its own validity is valid_from to valid_until.';
COMMENT ON COLUMN programmes.window_until IS 'Last day that earns, inclusive.';

CREATE TABLE statutory_limits (
    id uuid CONSTRAINT statutory_limits_pkey PRIMARY KEY,
    status text NOT NULL CONSTRAINT statutory_limits_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    points_max numeric(9, 6) NOT NULL CONSTRAINT statutory_limits_points_check CHECK (points_max >= 0 AND points_max <> 'NaN'),
    window_until date NOT NULL,
    document text NOT NULL,
    reason bytea NOT NULL,
    rejection bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT statutory_limits_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'rejected') = (rejection IS NOT NULL)),
    CONSTRAINT statutory_limits_four_eyes CHECK (decided_by <> created_by)
);
CREATE INDEX statutory_limits_created ON statutory_limits (created);
COMMENT ON TABLE statutory_limits IS 'Other limits than those that every agency begins with, 1.50 points and 2027-12-31; head.limits says since when each holds.';

CREATE TABLE cap_groups (
    code text CONSTRAINT cap_groups_pkey PRIMARY KEY,
    status text NOT NULL CONSTRAINT cap_groups_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    caps jsonb,
    proposed jsonb,
    rejection bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT cap_groups_decided CHECK (
        (status = 'proposed') = (proposed IS NOT NULL) AND (status = 'proposed') = (decided_by IS NULL)
        AND (status <> 'approved' OR caps IS NOT NULL)),
    CONSTRAINT cap_groups_four_eyes CHECK (decided_by <> created_by)
);
CREATE INDEX cap_groups_created ON cap_groups (created);
COMMENT ON TABLE cap_groups IS 'Caps of an organisation that several programmes share: what holds, and what waits for another person.';

CREATE TABLE rules_versions (
    programme text NOT NULL,
    number integer NOT NULL CONSTRAINT rules_versions_number_check CHECK (number > 0),
    effective_from date NOT NULL,
    rules jsonb NOT NULL,
    rules_sha256 text NOT NULL,
    status text NOT NULL CONSTRAINT rules_versions_status_check CHECK (status IN ('proposed', 'approved')),
    reason bytea,
    created_by text NOT NULL,
    approved_by text,
    approved_on date,
    points_max numeric(9, 6),
    window_until date,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT rules_versions_pkey PRIMARY KEY (programme, number)
);
COMMENT ON COLUMN rules_versions.approved_on IS 'A version dated back governs nothing that was filed before it was approved.';
COMMENT ON COLUMN rules_versions.points_max IS 'Held to the limits of its leaf; of rules that leave it out, the limits bind their sheets.';
COMMENT ON COLUMN rules_versions.window_until IS 'Held to the limits of its leaf; must be given for an interest subsidy.';

CREATE TABLE budget_changes (
    id uuid CONSTRAINT budget_changes_pkey PRIMARY KEY,
    programme text NOT NULL,
    kind text NOT NULL CONSTRAINT budget_changes_kind_check CHECK (kind IN ('appropriation', 'adjustment', 'lapse')),
    amount numeric(20, 2) NOT NULL CONSTRAINT budget_changes_amount_check CHECK (amount <> 'NaN'),
    fiscal_year smallint NOT NULL,
    document text,
    source text,
    budget_codes jsonb CONSTRAINT budget_changes_budget_codes_check CHECK (jsonb_typeof(budget_codes) = 'object'),
    targets jsonb NOT NULL CONSTRAINT budget_changes_targets_check CHECK (jsonb_typeof(targets) = 'array'),
    effective_date date,
    status text NOT NULL CONSTRAINT budget_changes_status_check CHECK (status IN ('proposed', 'approved', 'reversed')),
    reason bytea,
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX budget_changes_programme ON budget_changes (programme, created);
COMMENT ON COLUMN budget_changes.targets IS 'What the appropriation''s fiscal year is to achieve.';
COMMENT ON COLUMN budget_changes.amount IS 'Signed: an adjustment may take away.';


CREATE TABLE people (
    folded text CONSTRAINT people_pkey PRIMARY KEY,
    subject text NOT NULL CONSTRAINT people_subject_key UNIQUE,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    former jsonb NOT NULL CONSTRAINT people_former_check CHECK (jsonb_typeof(former) = 'array')
);
COMMENT ON TABLE people IS 'Subjects that acted: another one that folds to the same is refused.';
COMMENT ON COLUMN people.former IS 'Spellings under which the same person acted before an operator said which is right.';
COMMENT ON COLUMN people.folded IS 'The subject with case, width and composition folded.';

CREATE TABLE revocations (
    tokens text CONSTRAINT revocations_pkey PRIMARY KEY CONSTRAINT revocations_tokens_check CHECK (tokens ~ '^(subject|token)/.'),
    revoked_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE revocations IS 'Tokens that serve no more, whoever issued them: all of a subject until updated_at, or one by its id.';
COMMENT ON COLUMN revocations.tokens IS 'subject/issuer#sub or token/issuer#jti.';

CREATE TABLE participants (
    matter text CONSTRAINT participants_pkey PRIMARY KEY CONSTRAINT participants_matter_check CHECK (matter ~ '^[a-z_]+/.'),
    people jsonb NOT NULL CONSTRAINT participants_people_check CHECK (jsonb_typeof(people) = 'array' AND people <> '[]'),
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE participants IS 'Those who took part in a document, or in what documents have in common: nobody of them approves it.';
COMMENT ON COLUMN participants.matter IS 'A kind and a key: claim/…, rental/…, attempts/….';
COMMENT ON COLUMN participants.people IS 'Subject, part, the sequence from which it counts, and of an attempt its days, in order.';

UPDATE head SET schema_version = 2;
