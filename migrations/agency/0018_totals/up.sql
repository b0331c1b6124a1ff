-- What reports group the totals by comes to few groups, which the columns one by one do not say: with it they are summed in
-- a hash table by several workers, without it sorted on disk. Nothing that is written takes part in it; ANALYZE reads it.

CREATE STATISTICS totals_months (ndistinct)
    ON programme, level, account, (date_trunc('month', effective_date::timestamp)) FROM totals;

UPDATE head SET schema_version = 18;
