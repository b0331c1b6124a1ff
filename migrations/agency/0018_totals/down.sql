UPDATE head SET schema_version = 17;

ALTER TABLE totals
    DROP CONSTRAINT totals_flow,
    ADD CONSTRAINT totals_flow CHECK (flow IN ('', 'issued', 'redeemed', 'released', 'expired'));
ALTER TABLE balances
    DROP CONSTRAINT balances_floor,
    ADD CONSTRAINT balances_floor CHECK (
        amount >= 0
        OR account NOT IN ('B2001', 'B2002', 'B2003', 'B2004', 'B2005', 'B2006', 'B2007', 'B2008', 'B2009', 'F1214', 'F2302'));
ALTER TABLE vouchers
    DROP CONSTRAINT vouchers_parts,
    ADD CONSTRAINT vouchers_parts CHECK (
        face = redeemed + held + released + expired + available
        AND least(face, redeemed, held, released, expired, available) >= 0
        AND greatest(face, redeemed, held, released, expired, available) <> 'NaN'),
    DROP CONSTRAINT vouchers_status_check,
    ADD CONSTRAINT vouchers_status_check CHECK (status IN (
        'submitted', 'reviewed', 'returned', 'rejected', 'issued', 'partly_redeemed', 'redeemed', 'expired', 'cancelled',
        'suspended'));
DROP INDEX log_without_step;
DROP STATISTICS totals_months;
