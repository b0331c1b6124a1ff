-- Invoice by invoice: what rows of usage come to under each, and what claims count of it.

ALTER TABLE rental_usage
    ADD COLUMN invoices jsonb,
    ADD CONSTRAINT rental_usage_invoices CHECK (jsonb_array_length(invoices) <= 2000);
COMMENT ON COLUMN rental_usage.invoices IS
    'Exact CNY by the invoice that rows name and month; none where an import before this did not tell.';

ALTER TABLE contract_uses ADD COLUMN invoices jsonb;
-- before this nothing was cut of an invoice: what counts is what is taken
UPDATE contract_uses AS u SET invoices = (
    SELECT coalesce(jsonb_agg(
        jsonb_build_object(
            'invoice', jsonb_strip_nulls(jsonb_build_object('code', s.code, 'number', s.number)),
            'amount', s.amount::text)
        ORDER BY s.code COLLATE "C" NULLS FIRST, s.number COLLATE "C"), '[]')
    FROM (SELECT part -> 'invoice' ->> 'code' AS code, part -> 'invoice' ->> 'number' AS number,
                 sum((part ->> 'amount')::numeric(20, 2)) AS amount
          FROM jsonb_array_elements(c.invoices) AS part GROUP BY 1, 2) AS s)
FROM claims AS c WHERE c.id = u.document AND u.kind = 'claim';
ALTER TABLE contract_uses
    ADD CONSTRAINT contract_uses_invoices CHECK ((kind = 'claim') = (invoices IS NOT NULL));
COMMENT ON COLUMN contract_uses.invoices IS
    'What counts of which invoice, CNY: what the claim takes less what rows under the invoice do not show.';

UPDATE head SET schema_version = 16;
