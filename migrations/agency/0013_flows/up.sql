-- The totals of what is committed to vouchers know why it moved: a roll-forward at any time reads few rows.

ALTER TABLE totals DROP CONSTRAINT totals_pkey;
ALTER TABLE totals ADD COLUMN flow text NOT NULL DEFAULT ''
    CONSTRAINT totals_flow CHECK (flow IN ('', 'issued', 'redeemed', 'released', 'expired'));
COMMENT ON COLUMN totals.flow IS 'Of B2003: why the commitment moved. Empty on every other account.';

DELETE FROM totals WHERE account = 'B2003';
INSERT INTO totals (account, programme, level, fiscal_year, effective_date, block, debit, credit, flow)
SELECT account, programme, level, fiscal_year, effective_date, block,
       coalesce(sum(amount) FILTER (WHERE side = 'D'), 0), coalesce(sum(amount) FILTER (WHERE side = 'C'), 0), flow
  FROM (SELECT e.account, e.programme, e.level, e.fiscal_year, e.effective_date, e.sequence / 65536 AS block, e.side, e.amount,
               CASE WHEN l.kind = 'issue_voucher' THEN 'issued'
                    WHEN c.account = 'B2007' THEN 'redeemed'
                    WHEN l.kind = 'expire_voucher' THEN 'expired'
                    ELSE 'released' END AS flow
          FROM entries AS e
          JOIN entries AS c ON c.sequence = e.sequence AND c.line = ((e.line::int - 1) # 1) + 1
          JOIN log AS l ON l.sequence = e.sequence
         WHERE e.account = 'B2003') AS moved
 GROUP BY account, programme, level, fiscal_year, effective_date, block, flow;

ALTER TABLE totals ADD CONSTRAINT totals_pkey
    PRIMARY KEY (account, programme, level, fiscal_year, effective_date, flow, block);

UPDATE head SET schema_version = 13;
