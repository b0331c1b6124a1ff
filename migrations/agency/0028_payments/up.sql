-- What a bank says of payments: its reference once, its amount held against the line, what undoes a payment by two people.

ALTER TABLE payment_batches
    ADD COLUMN waiting integer NOT NULL DEFAULT 0 CONSTRAINT payment_batches_waiting CHECK (waiting BETWEEN 0 AND count),
    ADD COLUMN name_max integer NOT NULL DEFAULT 140 CONSTRAINT payment_batches_name_max CHECK (name_max > 0);
ALTER TABLE payment_batches ALTER COLUMN waiting DROP DEFAULT, ALTER COLUMN name_max DROP DEFAULT;
COMMENT ON COLUMN payment_batches.waiting IS 'Results that wait for another person''s approval.';
COMMENT ON COLUMN payment_batches.name_max IS 'The most characters of a name that the agency''s bank takes.';

ALTER TABLE payment_lines
    ADD COLUMN reference_key text,
    ADD COLUMN paid_in bigint,
    ADD COLUMN proposed_return jsonb,
    ADD COLUMN recorded_by jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT payment_lines_paid_in CHECK ((status = 'paid') = (paid_in IS NOT NULL)),
    ADD CONSTRAINT payment_lines_reference_key CHECK (
        CASE status WHEN 'paid' THEN reference_key IS NOT NULL WHEN 'returned' THEN true ELSE reference_key IS NULL END),
    ADD CONSTRAINT payment_lines_proposed_return CHECK (proposed_return IS NULL OR status = 'paid'),
    ADD CONSTRAINT payment_lines_reference_once UNIQUE (reference_key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE payment_lines ALTER COLUMN recorded_by DROP DEFAULT;
COMMENT ON COLUMN payment_lines.reference_key IS 'The reference that it was paid under, as it is compared; none where that was an error.';
COMMENT ON COLUMN payment_lines.paid_in IS 'The leaf that paid it, while it is paid.';
COMMENT ON COLUMN payment_lines.proposed_return IS 'A result that undoes the payment and waits for another person.';
COMMENT ON COLUMN payment_lines.recorded_by IS 'Who recorded a result of it or proposed one.';
COMMENT ON CONSTRAINT payment_lines_reference_once ON payment_lines IS 'One payment a reference. At commit: a batch may free a reference and take it.';

DROP INDEX log_without_step;
CREATE INDEX log_without_step ON log (document, sequence)
    WHERE kind IN ('approve_payment_return', 'expire_voucher', 'offset_recovery', 'receive_recovery', 'settle_payment');
COMMENT ON INDEX log_without_step IS 'Transactions about a document are found by its steps and by these.';

UPDATE head SET schema_version = 28;
