-- The ledger: the head and its log, what the log posted, and what is kept so that nobody sums the log.
--
-- All files of this folder run with search_path = <the agency's schema>, pg_temp. Each is sent statement by statement, and
-- a statement ends with a line that ends with a semicolon outside of a function's body. A statement names one table, an
-- ALTER has one subcommand, every constraint has a name, and no query joins a transition table with a table of the schema:
-- so that a PostgreSQL whose schemas lie on several servers takes them too.

CREATE TABLE head (
    one boolean CONSTRAINT head_pkey PRIMARY KEY DEFAULT true CONSTRAINT head_one_check CHECK (one),
    next_sequence bigint NOT NULL CONSTRAINT head_next_sequence_check CHECK (next_sequence >= 0),
    frontier bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    semantics integer NOT NULL,
    schema_version integer NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    sandbox boolean NOT NULL,
    business_date date,
    related_programmes jsonb NOT NULL,
    closed_through date,
    agency text NOT NULL,
    lost jsonb,
    limits jsonb NOT NULL DEFAULT '[]' CONSTRAINT head_limits_check CHECK (jsonb_typeof(limits) = 'array'),
    refusals bigint NOT NULL DEFAULT 0 CONSTRAINT head_refusals_check CHECK (refusals >= 0),
    refusals_mac bytea NOT NULL DEFAULT ''
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE head IS 'One row. Who holds its lock writes; its order is the order of the log.';
COMMENT ON COLUMN head.frontier IS 'Right edge of the Merkle tree over log.hash up to next_sequence.';
COMMENT ON COLUMN head.semantics IS 'Which edition of the rules of decision is in force.';
COMMENT ON COLUMN head.schema_version IS 'Number of agency migrations; each migration moves it.';
COMMENT ON COLUMN head.business_date IS 'Set in a sandbox only; never moves back.';
COMMENT ON COLUMN head.closed_through IS 'The last day of the last closed month: nothing is posted on it or before.';
COMMENT ON COLUMN head.lost IS 'The log that an operator last accepted to be lost: {size, root, kept}.';
COMMENT ON COLUMN head.limits IS 'Statutory limits in the order of their approval: {since, points_max, window_until}; since is the leaf. Before the first, 1.50 and 2027-12-31.';
COMMENT ON COLUMN head.refusals IS 'How many answers of refused requests are stored: they are numbered, and each leaf says how many there were before it.';
COMMENT ON COLUMN head.refusals_mac IS 'HMAC of that number under a key outside the database.';
COMMENT ON COLUMN head.agency IS 'Whose ledger this is; every leaf says the same.';

CREATE TABLE log (
    sequence bigint CONSTRAINT log_pkey PRIMARY KEY CONSTRAINT log_sequence_check CHECK (sequence >= 0),
    leaf bytea NOT NULL,
    hash bytea NOT NULL CONSTRAINT log_hash_check CHECK (octet_length(hash) = 32),
    line_count integer NOT NULL CONSTRAINT log_line_count_check CHECK (line_count >= 0),
    kind text NOT NULL,
    document text NOT NULL,
    effective_date date,
    subject text NOT NULL,
    recorded_at timestamptz NOT NULL,
    xact xid8 NOT NULL
);
CREATE INDEX log_document ON log (document, sequence);
COMMENT ON TABLE log IS 'Every accepted command, gapless, in commit order. Append-only.';
COMMENT ON COLUMN log.leaf IS 'Canonical JSON (RFC 8785), byte for byte what was hashed.';
COMMENT ON COLUMN log.hash IS 'RFC 6962 leaf hash of leaf.';
COMMENT ON COLUMN log.line_count IS 'How many entries this sequence has; held by triggers.';
COMMENT ON COLUMN log.xact IS 'The transaction that wrote the row: no other may add lines to it. A trigger sets it, whatever is said.';
COMMENT ON INDEX log_document IS 'What was done with a document, and, beside its steps, the transactions about it.';

CREATE TABLE entries (
    sequence bigint NOT NULL,
    line smallint NOT NULL,
    account text NOT NULL CONSTRAINT entries_account_check CHECK (account ~ '^[BFY]'),
    side char(1) NOT NULL CONSTRAINT entries_side_check CHECK (side IN ('D', 'C')),
    amount numeric(20, 2) NOT NULL CONSTRAINT entries_amount_positive CHECK (amount > 0 AND amount <> 'NaN'),
    programme text NOT NULL,
    organisation text NOT NULL DEFAULT '',
    level text NOT NULL DEFAULT '',
    fiscal_year smallint NOT NULL,
    effective_date date NOT NULL,
    document text NOT NULL,
    CONSTRAINT entries_pkey PRIMARY KEY (sequence, line)
);
-- Lines are appended in the order of the log, which is nearly that of their days.
CREATE INDEX entries_days ON entries USING brin (effective_date) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE entries IS 'Double-entry lines. Append-only; debits equal credits per sequence and book.';
COMMENT ON INDEX entries_days IS 'Lines of a day stand together: a summary of each stretch of pages says where none can be.';
COMMENT ON COLUMN entries.account IS 'Its first letter is the book: B budget, F accrual, Y cash.';
COMMENT ON CONSTRAINT entries_amount_positive ON entries IS 'NaN is greater than every number: refused by name.';

CREATE TABLE transitions (
    sequence bigint NOT NULL,
    ordinal smallint NOT NULL,
    kind text NOT NULL,
    document text NOT NULL,
    from_status text,
    to_status text NOT NULL,
    CONSTRAINT transitions_pkey PRIMARY KEY (sequence, ordinal)
);
CREATE INDEX transitions_document ON transitions (document, sequence);
COMMENT ON TABLE transitions IS 'History of every document''s states. Append-only.';

-- Conditions of the tables that every batch writes are short: the server reads the text of each once a statement, and
-- lists of words are the longest of all.
CREATE TABLE balances (
    account text NOT NULL,
    programme text NOT NULL,
    payee text NOT NULL DEFAULT '',
    amount numeric(20, 2) NOT NULL,
    CONSTRAINT balances_pkey PRIMARY KEY (account, programme, payee),
    CONSTRAINT balances_not_nan CHECK (amount <> 'NaN'),
    CONSTRAINT balances_floor CHECK (amount >= 0 OR account !~ '^(B200[1-9]|F1214|F2302)$')
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE balances IS 'Current balance on the account''s own side.';
COMMENT ON COLUMN balances.payee IS 'Of F1214 the bank, of F2302 the payee, whose floors hold for each; empty on every other account.';

CREATE TABLE totals (
    account text NOT NULL,
    programme text NOT NULL,
    level text NOT NULL DEFAULT '',
    fiscal_year smallint NOT NULL,
    effective_date date NOT NULL,
    block bigint NOT NULL,
    debit numeric(20, 2) NOT NULL CONSTRAINT totals_debit_check CHECK (debit >= 0 AND debit <> 'NaN'),
    credit numeric(20, 2) NOT NULL CONSTRAINT totals_credit_check CHECK (credit >= 0 AND credit <> 'NaN'),
    flow text NOT NULL DEFAULT '' CONSTRAINT totals_flow CHECK (flow ~ '^(|issued|redeemed|released|expired)$'),
    CONSTRAINT totals_pkey PRIMARY KEY (account, programme, level, fiscal_year, effective_date, flow, block)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
-- What reports group the totals by comes to few groups, which the columns one by one do not say: with it they are summed in
-- a hash table by several workers, without it sorted on disk. Nothing that is written takes part in it; ANALYZE reads it.
CREATE STATISTICS totals_months (ndistinct)
    ON programme, level, account, (date_trunc('month', effective_date::timestamp)) FROM totals;
COMMENT ON TABLE totals IS 'Turnovers per block of sequences, so that a report at any time reads few rows.';
COMMENT ON COLUMN totals.block IS 'sequence / 65536.';
COMMENT ON COLUMN totals.flow IS 'Of B2003: why the commitment moved. Empty on every other account.';

CREATE TABLE usages (
    programme text NOT NULL,
    organisation text NOT NULL,
    scope text NOT NULL DEFAULT '',
    year smallint NOT NULL,
    counts text NOT NULL,
    amount numeric(20, 2) NOT NULL CONSTRAINT usages_amount_check CHECK (amount <> 'NaN'),
    freed_on date,
    CONSTRAINT usages_pkey PRIMARY KEY (programme, organisation, scope, year, counts)
) WITH (fillfactor = 70);
COMMENT ON COLUMN usages.freed_on IS 'The last day from which anything counts no more: what is dated back before it does not draw on that.';
COMMENT ON COLUMN usages.scope IS 'Empty for the organisation under the programme; project/…, loan/… or contract/… for a part of it; group/… for all programmes of a cap group, with no programme, where one counter (issue) counts vouchers at their issue and claims without a voucher at their approval; base and base/… for the bases that a minimum of the year sums.';
COMMENT ON TABLE usages IS 'What caps count, kept as counters: never a scan.';

CREATE TABLE numbers (
    series text CONSTRAINT numbers_pkey PRIMARY KEY,
    last bigint NOT NULL CONSTRAINT numbers_last_check CHECK (last >= 0)
) WITH (fillfactor = 50);
COMMENT ON TABLE numbers IS 'Human numbers, gapless within a series; sequences would leave gaps.';

CREATE TABLE idempotency (
    subject text NOT NULL,
    key bytea NOT NULL,
    request bytea NOT NULL,
    sequence bigint,
    refusal jsonb,
    recorded_at timestamptz NOT NULL,
    mac bytea NOT NULL CONSTRAINT idempotency_mac_check CHECK (octet_length(mac) = 32),
    ordinal bigint CONSTRAINT idempotency_ordinal_check CHECK (ordinal > 0),
    CONSTRAINT idempotency_pkey PRIMARY KEY (subject, key),
    CONSTRAINT idempotency_one_answer CHECK (num_nonnulls(sequence, refusal) = 1),
    CONSTRAINT idempotency_refusals_numbered CHECK (num_nonnulls(refusal, ordinal) <> 1)
);
COMMENT ON COLUMN idempotency.key IS 'Digest of the caller''s key.';
COMMENT ON COLUMN idempotency.mac IS 'HMAC of the row under a key outside the database: nobody invents or changes an answer there.';
COMMENT ON COLUMN idempotency.ordinal IS 'Number of a refusal among all of the agency, without gaps: one that goes is missed.';
COMMENT ON COLUMN idempotency.request IS 'Digest of the request: the same key with another request is a conflict.';

CREATE TABLE tiles (
    level smallint NOT NULL CONSTRAINT tiles_level_check CHECK (level >= 0),
    index bigint NOT NULL CONSTRAINT tiles_index_check CHECK (index >= 0),
    data bytea NOT NULL,
    root bytea NOT NULL CONSTRAINT tiles_root_check CHECK (octet_length(root) = 32),
    CONSTRAINT tiles_pkey PRIMARY KEY (level, index)
);
COMMENT ON TABLE tiles IS 'Full tiles of the log (C2SP tlog-tiles). Append-only.';

UPDATE head SET schema_version = 1;
