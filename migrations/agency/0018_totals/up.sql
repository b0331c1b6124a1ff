-- What reports group the totals by comes to few groups, which the columns one by one do not say: with it they are summed in
-- a hash table by several workers, without it sorted on disk. Nothing that is written takes part in it; ANALYZE reads it.

CREATE STATISTICS totals_months (ndistinct)
    ON programme, level, account, (date_trunc('month', effective_date::timestamp)) FROM totals;

-- What posts about a document is mostly a step of it. These kinds may post while its state stays.
CREATE INDEX log_without_step ON log (document, sequence)
    WHERE kind IN ('expire_voucher', 'offset_recovery', 'receive_recovery', 'settle_payment');
COMMENT ON INDEX log_without_step IS 'Transactions about a document are found by its steps and by these.';

UPDATE head SET schema_version = 18;
