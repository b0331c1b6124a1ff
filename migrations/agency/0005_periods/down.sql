ALTER TABLE recoveries DROP CONSTRAINT recoveries_parts;
ALTER TABLE recoveries ADD CONSTRAINT recoveries_parts CHECK (
    amount = received + written_off + coalesce(sum_of_parts(owed), 0)
    AND received = coalesce(sum_of_parts(receipts), 0)
    AND (status = 'settled') = (received + written_off = amount));
COMMENT ON COLUMN recoveries.receipts IS 'What came back, in order.';
ALTER TABLE budget_changes DROP CONSTRAINT budget_changes_status_check;
ALTER TABLE budget_changes ADD CONSTRAINT budget_changes_status_check CHECK (status IN ('proposed', 'approved'));
DROP TABLE reversals, periods;
CREATE OR REPLACE FUNCTION check_head_moves_on() RETURNS trigger LANGUAGE plpgsql
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
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE head DROP COLUMN closed_through;
SET CONSTRAINTS ALL DEFERRED;
UPDATE head SET schema_version = 4;
