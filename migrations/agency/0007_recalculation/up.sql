-- What comes to a claim after its approval or on the way to it: recalculations, objections, offsets.

ALTER TABLE claims
    ADD COLUMN payments jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN settled jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN corrected numeric(20, 2) NOT NULL DEFAULT 0 CHECK (corrected >= 0 AND corrected <> 'NaN'),
    ADD COLUMN last_sheet integer NOT NULL DEFAULT 0,
    ADD COLUMN pending integer,
    ADD COLUMN recalculated_on date,
    ADD COLUMN objections integer NOT NULL DEFAULT 0,
    ADD COLUMN objections_open integer NOT NULL DEFAULT 0,
    ADD COLUMN objection_upheld boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN claims.payments IS 'What was paid of it or offset, in order.';
COMMENT ON COLUMN claims.settled IS 'By funding level, what was paid or offset and no recalculation asked back. Due is parts less settled.';
COMMENT ON COLUMN claims.corrected IS 'What recalculations asked back.';
COMMENT ON COLUMN claims.pending IS 'The recalculation that waits for another person.';

-- what was paid so far was paid whole, with one line
UPDATE claims AS c
   SET settled = c.parts,
       payments = jsonb_build_array(jsonb_build_object(
           'by', jsonb_build_object('batch', l.batch::text), 'amount', c.amount::text, 'parts', c.parts,
           'date', to_char(c.paid_on, 'YYYY-MM-DD')))
  FROM payment_lines AS l
 WHERE c.status = 'paid' AND l.claim = c.id AND l.status = 'paid';

ALTER TABLE claims
    DROP CONSTRAINT claims_paid,
    DROP CONSTRAINT claims_recovered,
    -- sums are made only where there is something to sum
    ADD CONSTRAINT claims_paid CHECK (
        CASE WHEN payments = '[]' THEN status <> 'paid' AND paid_on IS NULL
             WHEN status = 'paid' THEN paid_on IS NOT NULL AND sum_of_parts(settled) = amount
             ELSE status = 'approved' AND paid_on IS NOT NULL AND sum_of_parts(settled) BETWEEN 0 AND amount - 0.01 END
        AND (batch IS NULL OR status IN ('approved', 'paid'))),
    ADD CONSTRAINT claims_settled CHECK (
        CASE WHEN payments = '[]' THEN settled = '[]' AND corrected = 0
             ELSE sum_of_parts(settled) = sum_of_parts(payments) - corrected END),
    ADD CONSTRAINT claims_recovered CHECK (
        CASE WHEN payments = '[]' THEN recovered = 0 ELSE recovered BETWEEN corrected AND sum_of_parts(payments) END),
    ADD CONSTRAINT claims_pending CHECK (
        pending IS NULL OR (pending = last_sheet AND pending > calculation AND status IN ('approved', 'paid'))),
    ADD CONSTRAINT claims_objections CHECK (
        objections_open BETWEEN 0 AND objections
        AND (status NOT IN ('approved', 'paid') OR (objections_open = 0 AND NOT objection_upheld)));

DROP INDEX payment_lines_once;
CREATE UNIQUE INDEX payment_lines_once ON payment_lines (claim) WHERE status = 'open';
COMMENT ON INDEX payment_lines_once IS 'A claim stands in one open batch. It is paid what is due of it, and no more: claims_paid.';

CREATE TABLE recalculations (
    claim uuid NOT NULL,
    number integer NOT NULL,
    previous integer NOT NULL,
    status text NOT NULL CHECK (status IN ('proposed', 'approved', 'rejected')),
    settlement jsonb NOT NULL,
    closing boolean NOT NULL,
    amount numeric(20, 2) NOT NULL CHECK (amount > 0 AND amount <> 'NaN'),
    difference numeric(20, 2) NOT NULL CHECK (difference <> 'NaN' AND difference < amount),
    reason bytea NOT NULL,
    rejection bytea,
    recovery uuid,
    decided_on date,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (claim, number),
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
COMMENT ON COLUMN recalculations.difference IS 'Its amount less that of the sheet before.';

CREATE TABLE objections (
    id uuid PRIMARY KEY,
    claim uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'upheld', 'dismissed')),
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

ALTER TABLE recoveries
    ADD COLUMN offsets jsonb NOT NULL DEFAULT '[]',
    DROP CONSTRAINT recoveries_parts,
    ADD CONSTRAINT recoveries_parts CHECK (
        amount = received + written_off + coalesce(sum_of_parts(owed), 0)
        AND received = coalesce(sum_of_parts(jsonb_path_query_array(receipts, '$[*] ? (!exists(@.reversed))')), 0)
            + coalesce(sum_of_parts(offsets), 0)
        AND (status = 'settled') = (received + written_off = amount));
COMMENT ON COLUMN recoveries.offsets IS 'What was kept of claims that were due to the same payee, in order.';

GRANT SELECT, INSERT, UPDATE ON recalculations, objections TO subsidy_app;
GRANT SELECT ON recalculations, objections TO subsidy_auditor;

UPDATE head SET schema_version = 7;
