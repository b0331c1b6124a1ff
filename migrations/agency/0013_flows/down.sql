UPDATE head SET schema_version = 12;

ALTER TABLE totals DROP CONSTRAINT totals_pkey;
WITH apart AS (DELETE FROM totals WHERE account = 'B2003' RETURNING *)
INSERT INTO totals (account, programme, level, fiscal_year, effective_date, block, debit, credit)
SELECT account, programme, level, fiscal_year, effective_date, block, sum(debit), sum(credit)
  FROM apart GROUP BY account, programme, level, fiscal_year, effective_date, block;
ALTER TABLE totals DROP COLUMN flow;
ALTER TABLE totals ADD CONSTRAINT totals_pkey
    PRIMARY KEY (account, programme, level, fiscal_year, effective_date, block);
