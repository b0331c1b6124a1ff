-- What reports group the totals by comes to few groups, which the columns one by one do not say: with it they are summed in
-- a hash table by several workers, without it sorted on disk. Nothing that is written takes part in it; ANALYZE reads it.

CREATE STATISTICS totals_months (ndistinct)
    ON programme, level, account, (date_trunc('month', effective_date::timestamp)) FROM totals;

-- What posts about a document is mostly a step of it. These kinds may post while its state stays.
CREATE INDEX log_without_step ON log (document, sequence)
    WHERE kind IN ('expire_voucher', 'offset_recovery', 'receive_recovery', 'settle_payment');
COMMENT ON INDEX log_without_step IS 'Transactions about a document are found by its steps and by these.';

-- The same conditions as before, shorter: the server reads the text of each once a statement, and lists of words are the
-- longest of all. A voucher's face is the sum of its parts, so that one that is negative or not a number shows in the others.
ALTER TABLE vouchers
    DROP CONSTRAINT vouchers_status_check,
    ADD CONSTRAINT vouchers_status_check CHECK (
        status ~ '^(submitted|reviewed|returned|rejected|issued|partly_redeemed|redeemed|expired|cancelled|suspended)$'),
    DROP CONSTRAINT vouchers_parts,
    ADD CONSTRAINT vouchers_parts CHECK (
        face = redeemed + held + released + expired + available
        AND least(redeemed, held, released, expired, available) >= 0
        AND face <> 'NaN');
ALTER TABLE balances
    DROP CONSTRAINT balances_floor,
    ADD CONSTRAINT balances_floor CHECK (amount >= 0 OR account !~ '^(B200[1-9]|F1214|F2302)$');
ALTER TABLE totals
    DROP CONSTRAINT totals_flow,
    ADD CONSTRAINT totals_flow CHECK (flow ~ '^(|issued|redeemed|released|expired)$');

UPDATE head SET schema_version = 18;
