UPDATE head SET schema_version = 1;
DROP TABLE organisations, reference_rates, programmes, statutory_limits, rules_versions, budget_changes, rentals, vouchers,
    contract_uses, calculations;
DROP FUNCTION check_rules_versions, refuse_new_instrument;
