-- The ledger: the head and its log, what the log posted, and what is kept so that nobody sums the log.
-- Runs with search_path = <the agency's schema>, pg_temp.

CREATE TABLE head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    next_sequence bigint NOT NULL CHECK (next_sequence >= 0),
    frontier bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    semantics integer NOT NULL,
    schema_version integer NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    sandbox boolean NOT NULL,
    business_date date,
    related_programmes jsonb NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE head IS 'One row. Who holds its lock writes; its order is the order of the log.';
COMMENT ON COLUMN head.frontier IS 'Right edge of the Merkle tree over log.hash up to next_sequence.';
COMMENT ON COLUMN head.semantics IS 'Which edition of the rules of decision is in force.';
COMMENT ON COLUMN head.schema_version IS 'Number of agency migrations; each migration moves it.';
COMMENT ON COLUMN head.business_date IS 'Set in a sandbox only; never moves back.';

CREATE TABLE log (
    sequence bigint PRIMARY KEY CHECK (sequence >= 0),
    leaf bytea NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    line_count integer NOT NULL CHECK (line_count >= 0),
    kind text NOT NULL,
    document text NOT NULL,
    effective_date date,
    subject text NOT NULL,
    recorded_at timestamptz NOT NULL,
    xact xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE log IS 'Every accepted command, gapless, in commit order. Append-only.';
COMMENT ON COLUMN log.leaf IS 'Canonical JSON (RFC 8785), byte for byte what was hashed.';
COMMENT ON COLUMN log.hash IS 'RFC 6962 leaf hash of leaf.';
COMMENT ON COLUMN log.line_count IS 'How many entries this sequence has; held by triggers.';
COMMENT ON COLUMN log.xact IS 'The transaction that wrote the row: no other may add lines to it. subsidy_app cannot set it.';

CREATE TABLE entries (
    sequence bigint NOT NULL,
    line smallint NOT NULL,
    account text NOT NULL CHECK (account ~ '^[BFY]'),
    side char(1) NOT NULL CHECK (side IN ('D', 'C')),
    amount numeric(20, 2) NOT NULL CONSTRAINT entries_amount_positive CHECK (amount > 0 AND amount <> 'NaN'),
    programme text NOT NULL,
    organisation text NOT NULL DEFAULT '',
    level text NOT NULL DEFAULT '',
    fiscal_year smallint NOT NULL,
    effective_date date NOT NULL,
    document text NOT NULL,
    PRIMARY KEY (sequence, line)
);
COMMENT ON TABLE entries IS 'Double-entry lines. Append-only; debits equal credits per sequence and book.';
COMMENT ON COLUMN entries.account IS 'Its first letter is the book: B budget, F accrual, Y cash.';
COMMENT ON CONSTRAINT entries_amount_positive ON entries IS 'NaN is greater than every number: refused by name.';

CREATE TABLE transitions (
    sequence bigint NOT NULL,
    ordinal smallint NOT NULL,
    kind text NOT NULL,
    document text NOT NULL,
    from_status text,
    to_status text NOT NULL,
    PRIMARY KEY (sequence, ordinal)
);
CREATE INDEX transitions_document ON transitions (document, sequence);
COMMENT ON TABLE transitions IS 'History of every document''s states. Append-only.';

CREATE TABLE balances (
    account text NOT NULL,
    programme text NOT NULL,
    payee text NOT NULL DEFAULT '',
    amount numeric(20, 2) NOT NULL,
    PRIMARY KEY (account, programme, payee),
    CONSTRAINT balances_not_nan CHECK (amount <> 'NaN'),
    CONSTRAINT balances_floor CHECK (
        amount >= 0
        OR account NOT IN ('B2001', 'B2002', 'B2003', 'B2004', 'B2005', 'B2006', 'B2007', 'B2008', 'B2009', 'F2302')
    )
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE balances IS 'Current balance on the account''s own side.';
COMMENT ON COLUMN balances.payee IS 'Empty but for F2302, whose floor holds per payee.';

CREATE TABLE totals (
    account text NOT NULL,
    programme text NOT NULL,
    level text NOT NULL DEFAULT '',
    fiscal_year smallint NOT NULL,
    effective_date date NOT NULL,
    block bigint NOT NULL,
    debit numeric(20, 2) NOT NULL CHECK (debit >= 0 AND debit <> 'NaN'),
    credit numeric(20, 2) NOT NULL CHECK (credit >= 0 AND credit <> 'NaN'),
    PRIMARY KEY (account, programme, level, fiscal_year, effective_date, block)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE totals IS 'Turnovers per block of sequences, so that a report at any time reads few rows.';
COMMENT ON COLUMN totals.block IS 'sequence / 65536.';

CREATE TABLE usages (
    programme text NOT NULL,
    organisation text NOT NULL,
    year smallint NOT NULL,
    counts text NOT NULL,
    amount numeric(20, 2) NOT NULL CHECK (amount <> 'NaN'),
    PRIMARY KEY (programme, organisation, year, counts)
) WITH (fillfactor = 70);
COMMENT ON TABLE usages IS 'What caps count, kept as counters: never a scan.';

CREATE TABLE numbers (
    series text PRIMARY KEY,
    last bigint NOT NULL CHECK (last >= 0)
) WITH (fillfactor = 50);
COMMENT ON TABLE numbers IS 'Human numbers, gapless within a series; sequences would leave gaps.';

CREATE TABLE idempotency (
    subject text NOT NULL,
    key bytea NOT NULL,
    request bytea NOT NULL,
    sequence bigint,
    refusal jsonb,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (subject, key),
    CONSTRAINT idempotency_one_answer CHECK (num_nonnulls(sequence, refusal) = 1)
);
COMMENT ON COLUMN idempotency.key IS 'Digest of the caller''s key.';
COMMENT ON COLUMN idempotency.request IS 'Digest of the request: the same key with another request is a conflict.';

CREATE TABLE tiles (
    level smallint NOT NULL CHECK (level >= 0),
    index bigint NOT NULL CHECK (index >= 0),
    data bytea NOT NULL,
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (level, index)
);
COMMENT ON TABLE tiles IS 'Full tiles of the log (C2SP tlog-tiles). Append-only.';

CREATE TABLE texts (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    salt bytea,
    body text,
    CONSTRAINT texts_whole_or_erased CHECK (num_nonnulls(salt, body) IN (0, 2))
);
COMMENT ON TABLE texts IS 'Free text, which stands in leaves as a salted digest. Erasing sets salt and body to null.';

CREATE TABLE bank_accounts (
    organisation text NOT NULL,
    mac bytea NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (organisation, mac)
);
COMMENT ON TABLE bank_accounts IS 'Account numbers, sealed with a key outside the database; mac finds one again.';

-- ---------------------------------------------------------------------------------------------------------------------
-- What the database refuses. Functions run as the caller but pin the path they were made with: a temporary table named
-- like one of ours must not answer in its place. Their plans are kept for a connection's life and made when tables may
-- be small: they go by key always.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END
$$;
COMMENT ON FUNCTION refuse_change IS 'Beside missing privileges: holds for owners and superusers too.';

CREATE FUNCTION check_log() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    first bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM added) THEN
        RETURN NULL;
    END IF;
    -- the touch queues check_head_meets_log for the commit, once per statement instead of once per row
    UPDATE head SET one = one RETURNING next_sequence INTO first;
    IF first IS NULL THEN
        RAISE EXCEPTION 'a log without a head'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'log_has_head';
    END IF;
    IF EXISTS (SELECT FROM added WHERE sequence < first OR xact <> pg_current_xact_id()) THEN
        RAISE EXCEPTION 'the log only grows at its end'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'log_grows_at_its_end';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION check_entries() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT SET enable_seqscan = off SET enable_nestloop = off AS $$
DECLARE
    first bigint;
    broken record;
BEGIN
    SELECT next_sequence FROM head INTO first;
    -- Lines 1 to line_count in one statement: with the primary key that leaves no second one for the same sequence.
    -- What this transaction logged is the log's end from the head on: one range, read once, hashed.
    SELECT l.sequence, g.line_count, l.lines = g.line_count AND l.lowest = 1 AND l.highest = g.line_count AS complete
      INTO broken
      FROM (SELECT sequence, count(*) AS lines, min(line) AS lowest, max(line) AS highest,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'B') AS b,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'F') AS f,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'Y') AS y
              FROM added GROUP BY sequence) AS l
      LEFT JOIN (SELECT sequence, line_count FROM log WHERE sequence >= first AND xact = pg_current_xact_id()) AS g
             ON g.sequence = l.sequence
     WHERE g.sequence IS NULL OR l.lines <> g.line_count OR l.lowest <> 1 OR l.highest <> g.line_count
        OR l.b <> 0 OR l.f <> 0 OR l.y <> 0
     ORDER BY l.sequence
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF broken.line_count IS NULL THEN
        RAISE EXCEPTION 'sequence % is not of this transaction', broken.sequence
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_with_their_log';
    ELSIF NOT broken.complete THEN
        RAISE EXCEPTION 'the lines of sequence % are not those its log row counts', broken.sequence
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_counted';
    END IF;
    RAISE EXCEPTION 'debits and credits of sequence % differ', broken.sequence
        USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_balanced';
END
$$;

CREATE FUNCTION check_of_this_batch() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    lowest bigint;
    highest bigint;
BEGIN
    SELECT min(sequence), max(sequence) FROM added INTO lowest, highest;
    -- The log has no gaps and nothing beyond the batch that holds the head's lock: two ends are enough.
    IF lowest IS NOT NULL AND (
        lowest < (SELECT next_sequence FROM head) OR highest > (SELECT max(sequence) FROM log)
    ) IS NOT FALSE THEN
        RAISE EXCEPTION '% of a sequence that is not of this transaction', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_with_their_log';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION check_head_moves_on() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    logged record;
    lines bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.next_sequence <> 0 THEN
            RAISE EXCEPTION 'a log begins at sequence 0'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'head_begins_at_zero';
        END IF;
        RETURN NULL;
    END IF;
    IF NEW.next_sequence < OLD.next_sequence OR NEW.recorded_at < OLD.recorded_at THEN
        RAISE EXCEPTION 'the head never moves back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'head_moves_on';
    END IF;
    IF OLD.business_date IS NOT NULL AND (NEW.business_date >= OLD.business_date) IS NOT TRUE THEN
        RAISE EXCEPTION 'the business date never moves back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'head_business_date_moves_on';
    END IF;
    IF NEW.next_sequence = OLD.next_sequence THEN
        RETURN NULL;
    END IF;
    SELECT count(*) AS rows, coalesce(sum(line_count), 0) AS lines, bool_and(xact = pg_current_xact_id()) AS fresh
      FROM log WHERE sequence >= OLD.next_sequence AND sequence < NEW.next_sequence
      INTO logged;
    IF logged.rows <> NEW.next_sequence - OLD.next_sequence OR NOT logged.fresh THEN
        RAISE EXCEPTION 'the log has % rows for % sequences', logged.rows, NEW.next_sequence - OLD.next_sequence
            USING ERRCODE = 'check_violation', CONSTRAINT = 'head_meets_log';
    END IF;
    -- check_entries admits all lines of a sequence or none, so equal sums mean that none is missing
    SELECT count(*) FROM entries
     WHERE sequence >= OLD.next_sequence AND sequence < NEW.next_sequence
      INTO lines;
    IF lines <> logged.lines THEN
        RAISE EXCEPTION 'the log counts % lines, there are %', logged.lines, lines
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_counted';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION check_head_meets_log() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    IF (SELECT next_sequence FROM head) <> coalesce((SELECT max(sequence) + 1 FROM log), 0) THEN
        RAISE EXCEPTION 'the head does not meet the end of the log'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'head_meets_log';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_head_meets_log IS 'At commit: no log rows without a head that moved.';

CREATE TRIGGER head_moves_on AFTER INSERT OR UPDATE ON head FOR EACH ROW EXECUTE FUNCTION check_head_moves_on();
CREATE CONSTRAINT TRIGGER head_meets_log AFTER INSERT OR UPDATE ON head
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_head_meets_log();
CREATE TRIGGER head_delete BEFORE DELETE OR TRUNCATE ON head EXECUTE FUNCTION refuse_change();

CREATE TRIGGER log_added AFTER INSERT ON log
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_log();
CREATE TRIGGER log_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log EXECUTE FUNCTION refuse_change();

CREATE TRIGGER entries_added AFTER INSERT ON entries
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_entries();
CREATE TRIGGER entries_change BEFORE UPDATE OR DELETE OR TRUNCATE ON entries EXECUTE FUNCTION refuse_change();

CREATE TRIGGER transitions_added AFTER INSERT ON transitions
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_of_this_batch();
CREATE TRIGGER transitions_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions EXECUTE FUNCTION refuse_change();

CREATE TRIGGER idempotency_change BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tiles_change BEFORE UPDATE OR DELETE OR TRUNCATE ON tiles EXECUTE FUNCTION refuse_change();

-- ALWAYS: session_replication_role = replica skips every other kind.
ALTER TABLE head ENABLE ALWAYS TRIGGER head_moves_on;
ALTER TABLE head ENABLE ALWAYS TRIGGER head_meets_log;
ALTER TABLE head ENABLE ALWAYS TRIGGER head_delete;
ALTER TABLE log ENABLE ALWAYS TRIGGER log_added;
ALTER TABLE log ENABLE ALWAYS TRIGGER log_change;
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_added;
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_change;
ALTER TABLE transitions ENABLE ALWAYS TRIGGER transitions_added;
ALTER TABLE transitions ENABLE ALWAYS TRIGGER transitions_change;
ALTER TABLE idempotency ENABLE ALWAYS TRIGGER idempotency_change;
ALTER TABLE tiles ENABLE ALWAYS TRIGGER tiles_change;

REVOKE ALL ON FUNCTION refuse_change, check_log, check_entries, check_of_this_batch, check_head_moves_on, check_head_meets_log
    FROM PUBLIC;

-- ---------------------------------------------------------------------------------------------------------------------
-- Who may do what. Nobody deletes.

GRANT SELECT, INSERT, UPDATE ON head, balances, totals, usages, numbers, bank_accounts TO subsidy_app;
GRANT SELECT, INSERT ON entries, transitions, idempotency, tiles, texts TO subsidy_app;
GRANT UPDATE (salt, body) ON texts TO subsidy_app;
GRANT SELECT ON log TO subsidy_app;
GRANT INSERT (sequence, leaf, hash, line_count, kind, document, effective_date, subject, recorded_at) ON log TO subsidy_app;
GRANT SELECT ON head, log, entries, transitions, balances, totals, usages, numbers, idempotency, tiles, texts TO subsidy_auditor;
