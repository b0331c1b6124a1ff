-- Who may do what: subsidy_app serves, subsidy_auditor reads. Nobody deletes but rows of billing files on their way.
--
-- What a document was made with stays: the role that serves updates the columns that move and no other. What the log posted,
-- steps, sheets, answers, tiles, sealed numbers and texts are inserted alone; a text goes by erase_text, in the transaction
-- that logs who ordered it. Sealed numbers and texts are no business of an auditor's.

GRANT SELECT, INSERT ON head TO subsidy_app;
GRANT UPDATE (
    next_sequence, frontier, recorded_at, semantics, business_date, related_programmes, closed_through, limits, lost, refusals,
    refusals_mac
) ON head TO subsidy_app;
GRANT SELECT ON log TO subsidy_app;
GRANT INSERT (
    sequence, leaf, hash, line_count, kind, document, effective_date, subject, recorded_at
) ON log TO subsidy_app;
GRANT SELECT, INSERT ON entries TO subsidy_app;
GRANT SELECT, INSERT ON transitions TO subsidy_app;
GRANT SELECT, INSERT ON balances TO subsidy_app;
GRANT UPDATE (amount) ON balances TO subsidy_app;
GRANT SELECT, INSERT ON totals TO subsidy_app;
GRANT UPDATE (debit, credit) ON totals TO subsidy_app;
GRANT SELECT, INSERT ON usages TO subsidy_app;
GRANT UPDATE (amount, freed_on) ON usages TO subsidy_app;
GRANT SELECT, INSERT ON numbers TO subsidy_app;
GRANT UPDATE (last) ON numbers TO subsidy_app;
GRANT SELECT, INSERT ON idempotency TO subsidy_app;
GRANT SELECT, INSERT ON tiles TO subsidy_app;
GRANT SELECT, INSERT ON organisations TO subsidy_app;
GRANT UPDATE (
    bank_name, bank_code, account_masked, account_mac, account_change, account_since, status, reason, version,
    updated_at
) ON organisations TO subsidy_app;
GRANT SELECT, INSERT ON revocations TO subsidy_app;
GRANT UPDATE (revoked_by, version, updated_at) ON revocations TO subsidy_app;
GRANT SELECT, INSERT ON people TO subsidy_app;
GRANT UPDATE (subject, former, version, updated_at) ON people TO subsidy_app;
GRANT SELECT, INSERT ON participants TO subsidy_app;
GRANT UPDATE (people, version, updated_at) ON participants TO subsidy_app;
GRANT SELECT, INSERT ON bank_accounts TO subsidy_app;
GRANT SELECT, INSERT ON texts TO subsidy_app;
GRANT SELECT, INSERT ON erasures TO subsidy_app;
GRANT SELECT, INSERT ON reference_rates TO subsidy_app;
GRANT SELECT, INSERT ON programmes TO subsidy_app;
GRANT UPDATE (status, versions, approved_by, version, updated_at) ON programmes TO subsidy_app;
GRANT SELECT, INSERT ON statutory_limits TO subsidy_app;
GRANT UPDATE (status, rejection, decided_by, version, updated_at) ON statutory_limits TO subsidy_app;
GRANT SELECT, INSERT ON cap_groups TO subsidy_app;
GRANT UPDATE (status, caps, proposed, rejection, created_by, decided_by, version, updated_at) ON cap_groups TO subsidy_app;
GRANT SELECT, INSERT ON rules_versions TO subsidy_app;
GRANT UPDATE (status, approved_by, approved_on, version, updated_at) ON rules_versions TO subsidy_app;
GRANT SELECT, INSERT ON budget_changes TO subsidy_app;
GRANT UPDATE (effective_date, status, approved_by, version, updated_at) ON budget_changes TO subsidy_app;
GRANT SELECT, INSERT ON rentals TO subsidy_app;
GRANT SELECT, INSERT ON contract_uses TO subsidy_app;
GRANT UPDATE (
    amount, refuses, live, period_from, period_until, items, invoiced, metered, netted, invoices, base
) ON contract_uses TO subsidy_app;
GRANT SELECT, INSERT ON rental_usage TO subsidy_app;
GRANT UPDATE (imports, totals, invoices, periods, incomplete, replaced, version, updated_at) ON rental_usage TO subsidy_app;
GRANT SELECT, INSERT, DELETE ON usage_staged TO subsidy_app;
GRANT SELECT, INSERT ON usage_imports TO subsidy_app;
GRANT UPDATE (
    status, deliveries, counting, pending, replacement_proposed_by, approved_by, reason, version, updated_at
) ON usage_imports TO subsidy_app;
GRANT SELECT, INSERT, DELETE ON usage_rows TO subsidy_app;
GRANT UPDATE (ordinal) ON usage_rows TO subsidy_app;
GRANT SELECT, INSERT, DELETE ON usage_errors TO subsidy_app;
GRANT SELECT, INSERT ON loans TO subsidy_app;
GRANT UPDATE (events, interest, version, updated_at) ON loans TO subsidy_app;
GRANT SELECT, INSERT ON loan_uses TO subsidy_app;
GRANT UPDATE (period_from, period_until, points, principal, amount, base, refuses, live) ON loan_uses TO subsidy_app;
GRANT SELECT, INSERT ON vouchers TO subsidy_app;
GRANT UPDATE (
    number, status, suspended_from, face, redeemed, held, released, expired, available, closed, reviewed_on, valid_from, valid_until,
    fiscal_year, rules_version, tier, calculation, assessment, overrides, reason, reviewed_by, issued_by, reminded_days, version, updated_at
) ON vouchers TO subsidy_app;
GRANT SELECT, INSERT ON calculations TO subsidy_app;
GRANT SELECT, INSERT ON claims TO subsidy_app;
GRANT UPDATE (
    payee, period_from, period_until, interest_paid, penalty_interest, other_points, status, class, settlement,
    usage_sequence, closing, invoices, evidence, other_funding, assessment, overrides, amount, parts, held, fiscal_year, rules_version, calculation,
    submitted_on, reviewed_on, reviewed_at, published_until, approved_on, batch, paid_on, recovered, reason, submitted_by, reviewed_by, approved_by, payments,
    settled, corrected, freed, redrawn, last_sheet, pending, recalculated_on, objections, objections_open, objection_upheld, version,
    updated_at
) ON claims TO subsidy_app;
GRANT SELECT, INSERT ON recalculations TO subsidy_app;
GRANT UPDATE (
    status, rejection, recovery, decided_on, decided_by, version, updated_at
) ON recalculations TO subsidy_app;
GRANT SELECT, INSERT ON objections TO subsidy_app;
GRANT UPDATE (status, reason, resolved_by, version, updated_at) ON objections TO subsidy_app;
GRANT SELECT, INSERT ON payment_batches TO subsidy_app;
GRANT UPDATE (status, open, waiting, reason, approved_by, approved_on, version, updated_at) ON payment_batches TO subsidy_app;
GRANT SELECT, INSERT ON payment_lines TO subsidy_app;
GRANT UPDATE (
    status, bank_reference, date, reason, reference_key, paid_in, proposed_result, recorded_by, version, updated_at
) ON payment_lines TO subsidy_app;
GRANT SELECT, INSERT ON recoveries TO subsidy_app;
GRANT UPDATE (
    status, received, written_off, cancelled, owed, receipts, offsets, decided_on, approved_by, rejection, rejected_by,
    version, updated_at
) ON recoveries TO subsidy_app;
GRANT SELECT, INSERT ON prefunds TO subsidy_app;
GRANT UPDATE (status, parts, effective_date, reason, decided_by, version, updated_at) ON prefunds TO subsidy_app;
GRANT SELECT, INSERT ON prefund_years TO subsidy_app;
GRANT UPDATE (
    opening, paid, deducted, rolled, returned, remaining, parts, since, newest, true_up, closed, version, updated_at
) ON prefund_years TO subsidy_app;
GRANT SELECT, INSERT ON true_ups TO subsidy_app;
GRANT UPDATE (status, reference_key, rejection, decided_on, decided_by, version, updated_at) ON true_ups TO subsidy_app;
GRANT SELECT, INSERT ON evidence TO subsidy_app;
GRANT SELECT, INSERT ON invoices TO subsidy_app;
GRANT UPDATE (
    amount, original_code, original_number, einvoice, confirmed, allocated, holds, reversed, reversal, tax, buyer, buyer_name,
    seller, seller_name, issued_on, version, updated_at
) ON invoices TO subsidy_app;
GRANT SELECT, INSERT ON calendar_changes TO subsidy_app;
GRANT UPDATE (status, reason, decided_by, version, updated_at) ON calendar_changes TO subsidy_app;
GRANT SELECT, INSERT ON calendar_days TO subsidy_app;
GRANT UPDATE (kind, calendar, version, updated_at) ON calendar_days TO subsidy_app;
GRANT SELECT, INSERT ON periods TO subsidy_app;
GRANT UPDATE (
    status, books, closed_by, closed_at, reopened_by, reopened_at, reason, version, updated_at
) ON periods TO subsidy_app;
GRANT SELECT, INSERT ON reversals TO subsidy_app;
GRANT UPDATE (status, effective_date, reversed_by, approved_by, version, updated_at) ON reversals TO subsidy_app;
GRANT EXECUTE ON FUNCTION sum_of_parts TO subsidy_app;
GRANT EXECUTE ON FUNCTION erase_text TO subsidy_app;
GRANT EXECUTE ON FUNCTION kept_texts TO subsidy_app;
GRANT EXECUTE ON FUNCTION statutory_limits_at TO subsidy_app;

GRANT SELECT ON head TO subsidy_auditor;
GRANT SELECT ON log TO subsidy_auditor;
GRANT SELECT ON entries TO subsidy_auditor;
GRANT SELECT ON transitions TO subsidy_auditor;
GRANT SELECT ON balances TO subsidy_auditor;
GRANT SELECT ON totals TO subsidy_auditor;
GRANT SELECT ON usages TO subsidy_auditor;
GRANT SELECT ON numbers TO subsidy_auditor;
GRANT SELECT ON idempotency TO subsidy_auditor;
GRANT SELECT ON tiles TO subsidy_auditor;
GRANT SELECT ON organisations TO subsidy_auditor;
GRANT SELECT ON erasures TO subsidy_auditor;
GRANT SELECT ON people TO subsidy_auditor;
GRANT SELECT ON revocations TO subsidy_auditor;
GRANT SELECT ON participants TO subsidy_auditor;
GRANT SELECT ON reference_rates TO subsidy_auditor;
GRANT SELECT ON programmes TO subsidy_auditor;
GRANT SELECT ON statutory_limits TO subsidy_auditor;
GRANT SELECT ON cap_groups TO subsidy_auditor;
GRANT SELECT ON rules_versions TO subsidy_auditor;
GRANT SELECT ON budget_changes TO subsidy_auditor;
GRANT SELECT ON rentals TO subsidy_auditor;
GRANT SELECT ON contract_uses TO subsidy_auditor;
GRANT SELECT ON rental_usage TO subsidy_auditor;
GRANT SELECT ON usage_staged TO subsidy_auditor;
GRANT SELECT ON usage_imports TO subsidy_auditor;
GRANT SELECT ON usage_rows TO subsidy_auditor;
GRANT SELECT ON usage_errors TO subsidy_auditor;
GRANT SELECT ON loans TO subsidy_auditor;
GRANT SELECT ON loan_uses TO subsidy_auditor;
GRANT SELECT ON vouchers TO subsidy_auditor;
GRANT SELECT ON calculations TO subsidy_auditor;
GRANT SELECT ON claims TO subsidy_auditor;
GRANT SELECT ON recalculations TO subsidy_auditor;
GRANT SELECT ON objections TO subsidy_auditor;
GRANT SELECT ON payment_batches TO subsidy_auditor;
GRANT SELECT ON payment_lines TO subsidy_auditor;
GRANT SELECT ON recoveries TO subsidy_auditor;
GRANT SELECT ON prefunds TO subsidy_auditor;
GRANT SELECT ON prefund_years TO subsidy_auditor;
GRANT SELECT ON true_ups TO subsidy_auditor;
GRANT SELECT ON evidence TO subsidy_auditor;
GRANT SELECT ON invoices TO subsidy_auditor;
GRANT SELECT ON periods TO subsidy_auditor;
GRANT SELECT ON calendar_changes TO subsidy_auditor;
GRANT SELECT ON calendar_days TO subsidy_auditor;
GRANT SELECT ON reversals TO subsidy_auditor;
GRANT EXECUTE ON FUNCTION kept_texts TO subsidy_auditor;

UPDATE head SET schema_version = 10;
