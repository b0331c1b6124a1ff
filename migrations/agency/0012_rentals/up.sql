-- What rests on a contract: vouchers and claims, each under its own name; and claims from metered usage.

ALTER TABLE contract_uses RENAME COLUMN voucher TO document;
ALTER TABLE contract_uses
    ADD COLUMN kind text NOT NULL DEFAULT 'voucher',
    ADD COLUMN period_from date,
    ADD COLUMN period_until date,
    ADD COLUMN items jsonb,
    ADD COLUMN invoiced boolean,
    ADD COLUMN metered boolean,
    ADD COLUMN netted jsonb;
-- what a claim settles is its settlement: before this there was no claim from usage, and nothing was taken off by source
UPDATE contract_uses AS u SET
    kind = 'claim',
    period_from = c.period_from,
    period_until = c.period_until,
    items = (
        SELECT jsonb_agg(jsonb_build_object('item', s.item, 'amount', s.amount::text) ORDER BY s.item COLLATE "C")
        FROM (SELECT line ->> 'item' AS item, sum((line ->> 'amount')::numeric(20, 2)) AS amount
              FROM jsonb_array_elements(c.settlement) AS line GROUP BY 1) AS s),
    invoiced = jsonb_array_length(c.invoices) > 0,
    metered = false,
    netted = '[]'
FROM claims AS c WHERE c.id = u.document AND c.rental = u.rental;
ALTER TABLE contract_uses
    ALTER COLUMN kind DROP DEFAULT,
    ADD CONSTRAINT contract_uses_kind CHECK (kind IN ('voucher', 'claim')),
    ADD CONSTRAINT contract_uses_settled CHECK (
        CASE kind
            WHEN 'voucher' THEN num_nonnulls(period_from, period_until, items, invoiced, metered, netted) = 0
            ELSE num_nulls(period_from, period_until, items, invoiced, metered, netted) = 0
                AND period_from < period_until END);
COMMENT ON COLUMN contract_uses.document IS 'The voucher, or the claim that draws on none.';
COMMENT ON COLUMN contract_uses.items IS 'What a claim claims of which item, CNY with tax.';
COMMENT ON COLUMN contract_uses.netted IS 'What other programmes pay and was taken off, by who pays it: each yuan once.';

ALTER TABLE claims
    ADD COLUMN usage_sequence bigint,
    ADD CONSTRAINT claims_usage CHECK (usage_sequence IS NULL OR rental IS NOT NULL);
COMMENT ON COLUMN claims.usage_sequence IS 'Of a claim from metered usage: the leaf after which it was read.';
ALTER TABLE recalculations ADD COLUMN usage_sequence bigint;
COMMENT ON COLUMN recalculations.usage_sequence IS 'Of a claim from metered usage: the leaf after which it was read.';

UPDATE head SET schema_version = 12;
