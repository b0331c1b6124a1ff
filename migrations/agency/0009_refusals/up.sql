-- What the database refuses, whoever asks.
--
-- Functions run as the caller but pin the path they were made with: a temporary table named like one of ours must not
-- answer in its place. Triggers are ENABLE ALWAYS: session_replication_role = replica skips every other kind.
--
-- The head moves first, and the commit holds the log against it: what a batch writes is checked once, not at every step.
-- Who writes moves the head past the sequences that the transaction then logs. From there on
--   * a log row lies below the head (else it has none), and above every row that was there (the log has no gaps: the primary key);
--   * what names a sequence names one that this transaction logged;
--   * at commit the log holds every sequence that the head passed, and all of their lines.
-- Each of these is a read of one range, or of its two ends, by primary key: a posting spends a third of its time in them.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END
$$;
COMMENT ON FUNCTION refuse_change IS 'Beside missing privileges: holds for owners and superusers too.';
REVOKE ALL ON FUNCTION refuse_change FROM PUBLIC;

CREATE FUNCTION refuse_other_than_erasure() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.sha256 = OLD.sha256 AND NEW.salt IS NULL AND NEW.body IS NULL
       AND EXISTS (SELECT FROM erasures WHERE sha256 = OLD.sha256) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE on texts is refused: a text stays as it is, or is erased by erase_text'
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END
$$;
COMMENT ON FUNCTION refuse_other_than_erasure IS 'A text goes whole, and only where erasures says so.';
REVOKE ALL ON FUNCTION refuse_other_than_erasure FROM PUBLIC;

CREATE FUNCTION erase_text(digest bytea) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path FROM CURRENT AS $$
DECLARE
    ordered bigint;
BEGIN
    SELECT created INTO ordered FROM erasures WHERE sha256 = digest;
    IF NOT EXISTS (SELECT FROM log WHERE sequence = ordered AND kind = 'erase_text' AND xact = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a text is erased by the transaction that logs its erasure'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'texts_erased_with_their_log', TABLE = 'texts';
    END IF;
    UPDATE texts SET salt = NULL, body = NULL WHERE sha256 = digest AND body IS NOT NULL;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION erase_text IS 'Takes a text''s words, in the transaction that logs who ordered it. False where there are none any more. With the owner''s rights: the role that serves can empty a text so and change none.';
REVOKE ALL ON FUNCTION erase_text FROM PUBLIC;

-- A default could be told another value, and a server that plans for several others would evaluate it where it plans.
CREATE FUNCTION stamp_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xact := pg_catalog.pg_current_xact_id();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION stamp_log IS 'The transaction that writes a row of the log is never said by who writes it.';
REVOKE ALL ON FUNCTION stamp_log FROM PUBLIC;

CREATE FUNCTION check_log() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    next bigint;
    last bigint;
    fresh boolean;
BEGIN
    SELECT next_sequence INTO next FROM head;
    SELECT max(sequence), bool_and(xact = pg_current_xact_id()) INTO last, fresh FROM added;
    -- without a head no row is below it
    IF last IS NOT NULL AND (last < next AND fresh) IS NOT TRUE THEN
        RAISE EXCEPTION 'the log only grows at its end, and the head moves first'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'log_grows_at_its_end';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_log FROM PUBLIC;

CREATE FUNCTION check_entries() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    first bigint;
    last bigint;
    counts integer[];
    broken record;
BEGIN
    SELECT min(sequence), max(sequence) INTO first, last FROM added;
    IF first IS NULL THEN
        RETURN NULL;
    END IF;
    -- by its place in the range, how many lines each sequence is said to have
    counts := ARRAY(
        SELECT line_count FROM log
         WHERE sequence >= first AND sequence <= last AND xact = pg_current_xact_id()
         ORDER BY sequence);
    IF cardinality(counts) <> last - first + 1 THEN
        RAISE EXCEPTION 'sequences % to % are not all of this transaction', first, last
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_with_their_log';
    END IF;
    -- Lines 1 to line_count in one statement: with the primary key that leaves no second one for the same sequence.
    SELECT l.sequence, l.lines = l.counted AND l.lowest = 1 AND l.highest = l.counted AS complete
      INTO broken
      FROM (SELECT sequence, counts[(sequence - first + 1)::integer] AS counted,
                   count(*) AS lines, min(line) AS lowest, max(line) AS highest,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'B') AS b,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'F') AS f,
                   sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FILTER (WHERE left(account, 1) = 'Y') AS y
              FROM added GROUP BY sequence) AS l
     WHERE l.lines <> l.counted OR l.lowest <> 1 OR l.highest <> l.counted OR l.b <> 0 OR l.f <> 0 OR l.y <> 0
     ORDER BY l.sequence
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NOT broken.complete THEN
        RAISE EXCEPTION 'the lines of sequence % are not those its log row counts', broken.sequence
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_counted';
    END IF;
    RAISE EXCEPTION 'debits and credits of sequence % differ', broken.sequence
        USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_balanced';
END
$$;
REVOKE ALL ON FUNCTION check_entries FROM PUBLIC;

CREATE FUNCTION check_of_this_batch() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    first bigint;
    last bigint;
BEGIN
    SELECT min(sequence), max(sequence) INTO first, last FROM added;
    -- what lies between two rows of this transaction is of this transaction
    IF first IS NOT NULL AND (
           NOT EXISTS (SELECT FROM log WHERE sequence = first AND xact = pg_current_xact_id())
        OR NOT EXISTS (SELECT FROM log WHERE sequence = last AND xact = pg_current_xact_id())
    ) THEN
        RAISE EXCEPTION '% of a sequence that is not of this transaction', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_with_their_log';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION check_of_this_batch FROM PUBLIC;

CREATE FUNCTION check_head_moves_on() RETURNS trigger LANGUAGE plpgsql
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
    IF NEW.next_sequence < OLD.next_sequence OR NEW.recorded_at < OLD.recorded_at OR NEW.refusals < OLD.refusals THEN
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
REVOKE ALL ON FUNCTION check_head_moves_on FROM PUBLIC;

CREATE FUNCTION statutory_limits_at(leaf bigint) RETURNS TABLE (points_max numeric, window_until date)
    LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT l.points_max, l.window_until
      FROM (SELECT (entry ->> 'since')::bigint AS since, (entry ->> 'points_max')::numeric AS points_max,
                   (entry ->> 'window_until')::date AS window_until
              FROM head, jsonb_array_elements(head.limits) AS entry
             UNION ALL SELECT -1, 1.50, '2027-12-31') AS l
     WHERE l.since < leaf ORDER BY l.since DESC LIMIT 1
$$;
COMMENT ON FUNCTION statutory_limits_at IS 'The limits that were approved before a leaf; those that every agency begins with before the first.';
REVOKE ALL ON FUNCTION statutory_limits_at FROM PUBLIC;

CREATE FUNCTION check_rules_versions() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    limits record;
    rules record;
    subject text;
BEGIN
    FOR rules IN SELECT programme, number, points_max, window_until, version FROM added LOOP
        SELECT points_max, window_until INTO limits FROM statutory_limits_at(rules.version);
        SELECT instrument INTO subject FROM programmes WHERE code = rules.programme;
        -- none of no limits is no answer: what is not held to a limit is refused
        IF limits.points_max IS NULL OR limits.window_until IS NULL OR subject IS NULL
           OR rules.points_max > limits.points_max OR rules.window_until > limits.window_until
           OR (subject = 'interest_subsidy' AND rules.window_until IS NULL) THEN
            RAISE EXCEPTION 'rules % of programme % pass a statutory limit, or do not say that they keep it', rules.number, rules.programme
                USING ERRCODE = 'check_violation', CONSTRAINT = 'rules_versions_statutory_limits';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_rules_versions IS 'Points and window of every version against the limits of its leaf, whoever writes.';
REVOKE ALL ON FUNCTION check_rules_versions FROM PUBLIC;

CREATE FUNCTION check_interest_segments() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    -- none of no limits is no answer: what is not held to a limit is refused
    IF (SELECT bool_and(NEW.points_max <= l.points_max AND NEW.window_until <= l.window_until)
          FROM statutory_limits_at(NEW.sequence) AS l)
       -- days after the limit stand on the sheet and earn nothing
       AND (SELECT max((s ->> 'points')::numeric) = NEW.points_max
                   AND max((s ->> 'until')::date) FILTER (WHERE NOT coalesce(s -> 'bound_by' ? 'statutory_window', false)) - 1
                       = NEW.window_until
                   AND bool_and(NOT coalesce(s -> 'bound_by' ? 'statutory_window', false) OR (s ->> 'exact')::numeric = 0)
              FROM jsonb_array_elements(NEW.sheet -> 'segments') AS s) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'sheet % of % passes a statutory limit, or does not say that it keeps it', NEW.version, NEW.document
        USING ERRCODE = 'check_violation', CONSTRAINT = 'calculations_statutory_limits';
END
$$;
COMMENT ON FUNCTION check_interest_segments IS 'Points and days of every interest sheet against the limits of its leaf, whoever writes.';
REVOKE ALL ON FUNCTION check_interest_segments FROM PUBLIC;

CREATE FUNCTION refuse_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who took part in % stays in its set', OLD.matter
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'participants_stay', TABLE = TG_TABLE_NAME;
END
$$;
REVOKE ALL ON FUNCTION refuse_to_forget FROM PUBLIC;

CREATE FUNCTION refuse_new_instrument() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a programme keeps its instrument'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'programmes_keep_instrument';
END
$$;
COMMENT ON FUNCTION refuse_new_instrument IS 'Else a programme could become an interest subsidy after its rules were checked.';
REVOKE ALL ON FUNCTION refuse_new_instrument FROM PUBLIC;

CREATE FUNCTION kept_texts(after bytea, most bigint) RETURNS TABLE (sha256 bytea, state text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT t.sha256,
           CASE WHEN t.body IS NULL THEN 'erased'
                WHEN sha256(t.salt || convert_to(t.body, 'UTF8')) = t.sha256 THEN 'whole'
                ELSE 'altered' END
      FROM texts AS t WHERE t.sha256 > after ORDER BY t.sha256 LIMIT most
$$;
COMMENT ON FUNCTION kept_texts IS 'Which texts there are, and whether they have their digest: for whoever verifies and may not read them.';
REVOKE ALL ON FUNCTION kept_texts FROM PUBLIC;

CREATE FUNCTION usage_rows_stay() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    touched uuid[];
BEGIN
    touched := ARRAY(SELECT DISTINCT import FROM before_rows);
    IF EXISTS (SELECT FROM usage_imports WHERE id = ANY (touched)) THEN
        RAISE EXCEPTION 'rows of an import that counts stay as they are'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'usage_rows_stay';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION usage_rows_stay IS 'Rows of a file on its way may go; those that count never change.';
REVOKE ALL ON FUNCTION usage_rows_stay FROM PUBLIC;

CREATE CONSTRAINT TRIGGER head_moves_on AFTER INSERT OR UPDATE ON head
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_head_moves_on();
ALTER TABLE head ENABLE ALWAYS TRIGGER head_moves_on;
CREATE TRIGGER head_delete BEFORE DELETE OR TRUNCATE ON head EXECUTE FUNCTION refuse_change();
ALTER TABLE head ENABLE ALWAYS TRIGGER head_delete;

CREATE TRIGGER log_xact BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION stamp_log();
ALTER TABLE log ENABLE ALWAYS TRIGGER log_xact;
CREATE TRIGGER log_added AFTER INSERT ON log
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_log();
ALTER TABLE log ENABLE ALWAYS TRIGGER log_added;
CREATE TRIGGER log_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log EXECUTE FUNCTION refuse_change();
ALTER TABLE log ENABLE ALWAYS TRIGGER log_change;

CREATE TRIGGER entries_added AFTER INSERT ON entries
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_entries();
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_added;
CREATE TRIGGER entries_change BEFORE UPDATE OR DELETE OR TRUNCATE ON entries EXECUTE FUNCTION refuse_change();
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_change;

CREATE TRIGGER transitions_added AFTER INSERT ON transitions
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_of_this_batch();
ALTER TABLE transitions ENABLE ALWAYS TRIGGER transitions_added;
CREATE TRIGGER transitions_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions EXECUTE FUNCTION refuse_change();
ALTER TABLE transitions ENABLE ALWAYS TRIGGER transitions_change;

CREATE TRIGGER calculations_added AFTER INSERT ON calculations
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_of_this_batch();
ALTER TABLE calculations ENABLE ALWAYS TRIGGER calculations_added;
-- row by row, so that sheets without segments, which are most, cost a condition and no call
CREATE TRIGGER calculations_limits AFTER INSERT ON calculations FOR EACH ROW
    WHEN (NEW.sheet ? 'segments' OR NEW.points_max IS NOT NULL OR NEW.window_until IS NOT NULL)
    EXECUTE FUNCTION check_interest_segments();
ALTER TABLE calculations ENABLE ALWAYS TRIGGER calculations_limits;
CREATE TRIGGER calculations_change BEFORE UPDATE OR DELETE OR TRUNCATE ON calculations EXECUTE FUNCTION refuse_change();
ALTER TABLE calculations ENABLE ALWAYS TRIGGER calculations_change;

CREATE TRIGGER idempotency_change BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency EXECUTE FUNCTION refuse_change();
ALTER TABLE idempotency ENABLE ALWAYS TRIGGER idempotency_change;
CREATE TRIGGER tiles_change BEFORE UPDATE OR DELETE OR TRUNCATE ON tiles EXECUTE FUNCTION refuse_change();
ALTER TABLE tiles ENABLE ALWAYS TRIGGER tiles_change;

CREATE TRIGGER bank_accounts_change BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_accounts EXECUTE FUNCTION refuse_change();
ALTER TABLE bank_accounts ENABLE ALWAYS TRIGGER bank_accounts_change;
CREATE TRIGGER texts_erased BEFORE UPDATE ON texts FOR EACH ROW EXECUTE FUNCTION refuse_other_than_erasure();
ALTER TABLE texts ENABLE ALWAYS TRIGGER texts_erased;
CREATE TRIGGER texts_change BEFORE DELETE OR TRUNCATE ON texts EXECUTE FUNCTION refuse_change();
ALTER TABLE texts ENABLE ALWAYS TRIGGER texts_change;
CREATE TRIGGER erasures_change BEFORE UPDATE OR DELETE OR TRUNCATE ON erasures EXECUTE FUNCTION refuse_change();
ALTER TABLE erasures ENABLE ALWAYS TRIGGER erasures_change;

CREATE TRIGGER rules_versions_added AFTER INSERT ON rules_versions
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_rules_versions();
ALTER TABLE rules_versions ENABLE ALWAYS TRIGGER rules_versions_added;
CREATE TRIGGER rules_versions_updated AFTER UPDATE ON rules_versions
    REFERENCING NEW TABLE AS added EXECUTE FUNCTION check_rules_versions();
ALTER TABLE rules_versions ENABLE ALWAYS TRIGGER rules_versions_updated;
CREATE TRIGGER programmes_instrument BEFORE UPDATE ON programmes FOR EACH ROW
    WHEN (OLD.instrument IS DISTINCT FROM NEW.instrument OR OLD.code IS DISTINCT FROM NEW.code)
    EXECUTE FUNCTION refuse_new_instrument();
ALTER TABLE programmes ENABLE ALWAYS TRIGGER programmes_instrument;
CREATE TRIGGER people_updated BEFORE UPDATE ON people FOR EACH ROW
    WHEN (OLD.folded IS DISTINCT FROM NEW.folded OR NOT NEW.former @> (OLD.former || to_jsonb(OLD.subject)))
    EXECUTE FUNCTION refuse_to_forget();
ALTER TABLE people ENABLE ALWAYS TRIGGER people_updated;
CREATE TRIGGER people_change BEFORE DELETE OR TRUNCATE ON people EXECUTE FUNCTION refuse_change();
ALTER TABLE people ENABLE ALWAYS TRIGGER people_change;
CREATE TRIGGER revocations_change BEFORE DELETE OR TRUNCATE ON revocations EXECUTE FUNCTION refuse_change();
ALTER TABLE revocations ENABLE ALWAYS TRIGGER revocations_change;
CREATE TRIGGER participants_updated BEFORE UPDATE ON participants FOR EACH ROW
    WHEN (OLD.matter IS DISTINCT FROM NEW.matter OR NOT NEW.people @> OLD.people)
    EXECUTE FUNCTION refuse_to_forget();
ALTER TABLE participants ENABLE ALWAYS TRIGGER participants_updated;
CREATE TRIGGER participants_change BEFORE DELETE OR TRUNCATE ON participants EXECUTE FUNCTION refuse_change();
ALTER TABLE participants ENABLE ALWAYS TRIGGER participants_change;

CREATE TRIGGER usage_rows_updated AFTER UPDATE ON usage_rows
    REFERENCING OLD TABLE AS before_rows EXECUTE FUNCTION usage_rows_stay();
ALTER TABLE usage_rows ENABLE ALWAYS TRIGGER usage_rows_updated;
CREATE TRIGGER usage_rows_deleted AFTER DELETE ON usage_rows
    REFERENCING OLD TABLE AS before_rows EXECUTE FUNCTION usage_rows_stay();
ALTER TABLE usage_rows ENABLE ALWAYS TRIGGER usage_rows_deleted;

UPDATE head SET schema_version = 9;
