ALTER TABLE payment_lines
    DROP CONSTRAINT payment_lines_reference_once, DROP CONSTRAINT payment_lines_proposed_return,
    DROP CONSTRAINT payment_lines_reference_key, DROP CONSTRAINT payment_lines_paid_in,
    DROP COLUMN recorded_by, DROP COLUMN proposed_return, DROP COLUMN paid_in, DROP COLUMN reference_key;
ALTER TABLE payment_batches DROP COLUMN name_max, DROP COLUMN waiting;
DROP INDEX log_without_step;
CREATE INDEX log_without_step ON log (document, sequence)
    WHERE kind IN ('expire_voucher', 'offset_recovery', 'receive_recovery', 'settle_payment');
COMMENT ON INDEX log_without_step IS 'Transactions about a document are found by its steps and by these.';
UPDATE head SET schema_version = 18;
