DROP TABLE head, log, entries, transitions, balances, totals, usages, numbers, idempotency, tiles, texts, bank_accounts;
DROP FUNCTION refuse_change, check_log, check_entries, check_of_this_batch, check_head_moves_on, check_head_meets_log;
