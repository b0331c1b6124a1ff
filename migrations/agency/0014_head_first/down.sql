SET CONSTRAINTS ALL IMMEDIATE;
DROP TRIGGER head_moves_on ON head;

CREATE OR REPLACE FUNCTION check_log() RETURNS trigger LANGUAGE plpgsql
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

CREATE OR REPLACE FUNCTION check_entries() RETURNS trigger LANGUAGE plpgsql
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

CREATE OR REPLACE FUNCTION check_of_this_batch() RETURNS trigger LANGUAGE plpgsql
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

CREATE OR REPLACE FUNCTION check_head_moves_on() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    logged record;
    posted record;
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
    SELECT count(*) AS lines, min(effective_date) AS earliest FROM entries
     WHERE sequence >= OLD.next_sequence AND sequence < NEW.next_sequence
      INTO posted;
    IF posted.lines <> logged.lines THEN
        RAISE EXCEPTION 'the log counts % lines, there are %', logged.lines, posted.lines
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_counted';
    END IF;
    -- a batch may close a month after it posted into it, or reopen one before: both marks count, and what it reopened
    IF posted.earliest <= OLD.closed_through AND posted.earliest <= NEW.closed_through AND NOT EXISTS (
        SELECT FROM transitions
         WHERE sequence >= OLD.next_sequence AND sequence < NEW.next_sequence AND kind = 'period' AND to_status = 'open'
    ) THEN
        RAISE EXCEPTION 'a posting of % lies in a closed month', posted.earliest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_in_open_months';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_head_moves_on IS NULL;

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
REVOKE ALL ON FUNCTION check_head_meets_log FROM PUBLIC;

CREATE TRIGGER head_moves_on AFTER INSERT OR UPDATE ON head FOR EACH ROW EXECUTE FUNCTION check_head_moves_on();
CREATE CONSTRAINT TRIGGER head_meets_log AFTER INSERT OR UPDATE ON head
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_head_meets_log();
ALTER TABLE head ENABLE ALWAYS TRIGGER head_moves_on;
ALTER TABLE head ENABLE ALWAYS TRIGGER head_meets_log;
SET CONSTRAINTS ALL DEFERRED;

UPDATE head SET schema_version = 13;
