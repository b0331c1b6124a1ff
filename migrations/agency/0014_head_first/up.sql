-- The head moves first, and the commit holds the log against it: what a batch writes is checked once, not at every step.
-- A posting of its own spent a third of the server's time in triggers that looked for the same end of the log.
--
-- Who writes moves the head past the sequences that the transaction then logs. From there on
--   * a log row lies below the head (else it has none), and above every row that was there (the log has no gaps: the primary key);
--   * what names a sequence names one that this transaction logged;
--   * at commit the log holds every sequence that the head passed, and all of their lines.

-- what earlier migrations of the same walk changed in the head is checked before it is altered
SET CONSTRAINTS ALL IMMEDIATE;
DROP TRIGGER head_moves_on ON head;
DROP TRIGGER head_meets_log ON head;
DROP FUNCTION check_head_meets_log;
SET CONSTRAINTS ALL DEFERRED;

CREATE OR REPLACE FUNCTION check_log() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    -- without a head no row is below it
    IF EXISTS (
        SELECT FROM added
         WHERE (sequence < (SELECT next_sequence FROM head)) IS NOT TRUE OR xact <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'the log only grows at its end, and the head moves first'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'log_grows_at_its_end';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION check_entries() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    broken record;
BEGIN
    -- Lines 1 to line_count in one statement: with the primary key that leaves no second one for the same sequence.
    SELECT l.sequence, g.line_count, l.lines = g.line_count AND l.lowest = 1 AND l.highest = g.line_count AS complete
      INTO broken
      FROM (SELECT sequence, count(*) AS lines, min(line) AS lowest, max(line) AS highest,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'B') AS b,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'F') AS f,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'Y') AS y
              FROM added GROUP BY sequence) AS l
      LEFT JOIN log AS g ON g.sequence = l.sequence AND g.xact = pg_current_xact_id()
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
    SET search_path FROM CURRENT AS $$
BEGIN
    -- what lies between two rows of this transaction is of this transaction
    IF EXISTS (
        SELECT FROM (SELECT min(sequence) AS lowest, max(sequence) AS highest FROM added) AS a
         WHERE a.lowest IS NOT NULL AND (
               NOT EXISTS (SELECT FROM log WHERE sequence = a.lowest AND xact = pg_current_xact_id())
            OR NOT EXISTS (SELECT FROM log WHERE sequence = a.highest AND xact = pg_current_xact_id()))
    ) THEN
        RAISE EXCEPTION '% of a sequence that is not of this transaction', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_with_their_log';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION check_head_moves_on() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    batch record;
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
    SELECT l.rows, l.counted, l.fresh, e.lines, e.earliest
      FROM (SELECT count(*) AS rows, coalesce(sum(line_count), 0) AS counted, bool_and(xact = pg_current_xact_id()) AS fresh
              FROM log WHERE sequence >= OLD.next_sequence AND sequence < NEW.next_sequence) AS l,
           (SELECT count(*) AS lines, min(effective_date) AS earliest
              FROM entries WHERE sequence >= OLD.next_sequence AND sequence < NEW.next_sequence) AS e
      INTO batch;
    IF batch.rows <> NEW.next_sequence - OLD.next_sequence OR NOT batch.fresh THEN
        RAISE EXCEPTION 'the log has % rows for % sequences', batch.rows, NEW.next_sequence - OLD.next_sequence
            USING ERRCODE = 'check_violation', CONSTRAINT = 'head_meets_log';
    END IF;
    -- check_entries admits all lines of a sequence or none, so equal sums mean that none is missing
    IF batch.lines <> batch.counted THEN
        RAISE EXCEPTION 'the log counts % lines, there are %', batch.counted, batch.lines
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_counted';
    END IF;
    -- a batch may close a month after it posted into it, or reopen one before: both marks count, and what it reopened
    IF batch.earliest <= OLD.closed_through AND batch.earliest <= NEW.closed_through AND NOT EXISTS (
        SELECT FROM transitions
         WHERE sequence >= OLD.next_sequence AND sequence < NEW.next_sequence AND kind = 'period' AND to_status = 'open'
    ) THEN
        RAISE EXCEPTION 'a posting of % lies in a closed month', batch.earliest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_in_open_months';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_head_moves_on IS 'At commit: every sequence that the head passed is logged, with all of its lines.';

CREATE CONSTRAINT TRIGGER head_moves_on AFTER INSERT OR UPDATE ON head
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_head_moves_on();
ALTER TABLE head ENABLE ALWAYS TRIGGER head_moves_on;

UPDATE head SET schema_version = 14;
