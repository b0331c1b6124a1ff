UPDATE head SET schema_version = 14;

DROP TABLE true_ups, prefund_years, prefunds;

COMMENT ON COLUMN balances.payee IS 'Empty but for F2302, whose floor holds per payee.';
ALTER TABLE balances
    DROP CONSTRAINT balances_floor,
    ADD CONSTRAINT balances_floor CHECK (
        amount >= 0
        OR account NOT IN ('B2001', 'B2002', 'B2003', 'B2004', 'B2005', 'B2006', 'B2007', 'B2008', 'B2009', 'F2302'));
