UPDATE head SET schema_version = 6;
DROP TABLE recalculations, objections;

ALTER TABLE recoveries
    DROP CONSTRAINT recoveries_parts,
    DROP COLUMN offsets,
    ADD CONSTRAINT recoveries_parts CHECK (
        amount = received + written_off + coalesce(sum_of_parts(owed), 0)
        AND received = coalesce(sum_of_parts(jsonb_path_query_array(receipts, '$[*] ? (!exists(@.reversed))')), 0)
        AND (status = 'settled') = (received + written_off = amount));

DROP INDEX payment_lines_once;
CREATE UNIQUE INDEX payment_lines_once ON payment_lines (claim) WHERE status IN ('open', 'paid');
COMMENT ON INDEX payment_lines_once IS 'A claim stands in one open batch, and is paid once.';

ALTER TABLE claims
    DROP CONSTRAINT claims_paid,
    DROP CONSTRAINT claims_settled,
    DROP CONSTRAINT claims_recovered,
    DROP CONSTRAINT claims_pending,
    DROP CONSTRAINT claims_objections,
    DROP COLUMN payments,
    DROP COLUMN settled,
    DROP COLUMN corrected,
    DROP COLUMN last_sheet,
    DROP COLUMN pending,
    DROP COLUMN recalculated_on,
    DROP COLUMN objections,
    DROP COLUMN objections_open,
    DROP COLUMN objection_upheld,
    ADD CONSTRAINT claims_paid CHECK (
        (status = 'paid') = (paid_on IS NOT NULL)
        AND (batch IS NULL OR status IN ('approved', 'paid')) AND (batch IS NOT NULL OR status <> 'paid')),
    ADD CONSTRAINT claims_recovered CHECK (recovered BETWEEN 0 AND amount AND (recovered = 0 OR status = 'paid'));
