-- Months that are closed, and postings that are reversed.

-- what earlier migrations of the same walk changed in the head is checked before it is altered
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE head ADD COLUMN closed_through date;
SET CONSTRAINTS ALL DEFERRED;
COMMENT ON COLUMN head.closed_through IS 'The last day of the last closed month: nothing is posted on it or before.';

CREATE TABLE periods (
    month text PRIMARY KEY CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    status text NOT NULL CHECK (status IN ('open', 'closed')),
    books jsonb NOT NULL,
    closed_by text NOT NULL,
    closed_at timestamptz NOT NULL,
    reopened_by text,
    reopened_at timestamptz,
    reason bytea,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT periods_reopened CHECK (
        num_nulls(reopened_by, reopened_at, reason) IN (0, 3) AND (status = 'closed' OR reopened_by IS NOT NULL)),
    CONSTRAINT periods_tie CHECK (
        books #>> '{B,debit}' = books #>> '{B,credit}' AND books #>> '{F,debit}' = books #>> '{F,credit}'
        AND books #>> '{Y,debit}' = books #>> '{Y,credit}')
);
COMMENT ON TABLE periods IS 'Months that were closed, whether they are still or not; head.closed_through says which are.';
COMMENT ON COLUMN periods.books IS 'Debits and credits by book, as they were when the month was last closed.';

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

CREATE TABLE reversals (
    sequence bigint PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('proposed', 'approved')),
    reason bytea NOT NULL,
    effective_date date,
    reversed_by bigint CONSTRAINT reversals_reversed_by UNIQUE,
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT reversals_later CHECK (created > sequence AND reversed_by > created),
    CONSTRAINT reversals_four_eyes CHECK (
        approved_by <> created_by
        AND num_nulls(approved_by, effective_date, reversed_by) = CASE status WHEN 'proposed' THEN 3 ELSE 0 END)
);
CREATE INDEX reversals_created ON reversals (created);
COMMENT ON COLUMN reversals.sequence IS 'What it reverses: a leaf is reversed once.';
COMMENT ON COLUMN reversals.reversed_by IS 'The leaf that posts the opposite.';

ALTER TABLE budget_changes DROP CONSTRAINT budget_changes_status_check;
ALTER TABLE budget_changes ADD CONSTRAINT budget_changes_status_check
    CHECK (status IN ('proposed', 'approved', 'reversed'));

ALTER TABLE recoveries DROP CONSTRAINT recoveries_parts;
ALTER TABLE recoveries ADD CONSTRAINT recoveries_parts CHECK (
    amount = received + written_off + coalesce(sum_of_parts(owed), 0)
    AND received = coalesce(sum_of_parts(jsonb_path_query_array(receipts, '$[*] ? (!exists(@.reversed))')), 0)
    AND (status = 'settled') = (received + written_off = amount));
COMMENT ON COLUMN recoveries.receipts IS 'What came back, in order; one whose posting was reversed says so and counts no more.';

GRANT SELECT, INSERT, UPDATE ON periods, reversals TO subsidy_app;
GRANT SELECT ON periods, reversals TO subsidy_auditor;

UPDATE head SET schema_version = 5;
