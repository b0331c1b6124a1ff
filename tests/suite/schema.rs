//! What the database refuses by itself, whoever asks: proved with raw SQL, as the role that serves and as the owner with
//! triggers "off".

use crate::support;

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use subsidy_core::domain::agency_code::AgencyCode;
use subsidy_store::db::migrate;
use subsidy_store::db::pool::DatabaseError;
use support::TestDatabase;
use tokio_postgres::Client;

/// A head as this release makes it.
fn newborn() -> String {
    let version = migrate::SCHEMA_VERSION;
    format!(
        "INSERT INTO head (next_sequence, frontier, recorded_at, semantics, schema_version, name, zone, sandbox,
         business_date, related_programmes, agency)
         VALUES (0, '', '2025-01-01', 1, {version}, 'Test', 'Asia/Shanghai', true, '2025-06-30', '[]', 'test');"
    )
}

/// What follows it is a batch that begins at sequence 1.
const POSTED: &str = "INSERT INTO programmes VALUES
    ('I', 'i', '贴息', 'Interest', 'interest_subsidy', 'city', 'doc', null, null, '2025-01-01', '2027-12-31', null, 'active', 1, 'a', 'b', 0, 0, now()),
    ('V', 'v', '券', 'Voucher', 'voucher', 'city', 'doc', null, null, '2025-01-01', '2030-12-31', null, 'active', 1, 'a', 'b', 0, 0, now());";

fn log(sequence: i64, line_count: i32) -> String {
    format!(
        "INSERT INTO log (sequence, leaf, hash, line_count, kind, document, subject, recorded_at)
         VALUES ({sequence}, '', sha256(''), {line_count}, 'kind', 'document', 'subject', '2025-01-01');"
    )
}

/// `D B1001 5.00, C B2001 5.00`: lines from `first` on.
fn entries(sequence: i64, first: i16, lines: &str) -> String {
    let rows: Vec<String> = lines
        .split(", ")
        .zip(first..)
        .map(|(line, number)| {
            let [side, account, amount] = line.split(' ').collect::<Vec<_>>().try_into().expect("three words");
            format!("({sequence}, {number}, '{account}', '{side}', '{amount}', 'P', 2025, '2025-01-01', 'document')")
        })
        .collect();
    format!(
        "INSERT INTO entries (sequence, line, account, side, amount, programme, fiscal_year, effective_date, document)
         VALUES {};",
        rows.join(", ")
    )
}

fn head(next_sequence: i64) -> String {
    format!("UPDATE head SET next_sequence = {next_sequence};")
}

fn rules(programme: &str, points_max: &str, window_until: &str) -> String {
    format!(
        "INSERT INTO rules_versions VALUES ('{programme}', 1, '2025-01-01', '{{}}', '', 'proposed', null, 'a', null, null,
         {points_max}, {window_until}, 1, 1, now());"
    )
}

/// Other limits from a leaf on.
fn limits(since: i64) -> String {
    let one =
        format!("[{{\"since\": \"{since}\", \"points_max\": \"2.5\", \"window_until\": \"2028-12-31\"}}]");
    format!("UPDATE head SET limits = '{one}';")
}

fn limit(status: &str, decided: &str) -> String {
    format!(
        "INSERT INTO statutory_limits (id, status, points_max, window_until, document, reason, rejection, created_by,
         decided_by, created, version, updated_at)
         VALUES (gen_random_uuid(), '{status}', 2.5, '2028-12-31', 'D', '', {decided}, 1, 1, now());"
    )
}

/// A role of somebody: organisation, why it was rejected and taken away, who proposed, decided and ended it, and when.
fn role(role: &str, status: &str, rest: &str) -> String {
    format!(
        "INSERT INTO role_grants (id, status, subject, folded, role, reason, created, version, updated_at, organisation,
         rejection, end_reason, created_by, decided_by, decided, decided_on, ended_by, ended, ended_on)
         VALUES (gen_random_uuid(), '{status}', 'wang', 'wang', '{role}', sha256(''), 1, 1, now(), {rest});"
    )
}

/// A batch with the sheet of an interest subsidy, of one segment.
fn sheet(points: &str, until: &str, columns: &str) -> String {
    format!(
        "{}{}INSERT INTO calculations VALUES ('d', 1, 1,
         '{{\"segments\": [{{\"points\": \"{points}\", \"until\": \"{until}\"}}]}}', {columns});",
        head(2),
        log(1, 0)
    )
}

fn voucher(status: &str, suspended_from: &str, amounts: &str) -> String {
    format!(
        "INSERT INTO vouchers (id, programme, organisation, provider, rental, status, suspended_from, face, redeemed, held,
         released, expired, available, rules_version, calculation, created_by, created, version, updated_at, submitted_on)
         VALUES (gen_random_uuid(), 'V', 'O', 'Q', gen_random_uuid(), '{status}', {suspended_from}, {amounts}, 1, 1, 'a', 1, 1,
         now(), '2025-01-02');"
    )
}

fn recovery(status: &str, amounts: &str, by: &str) -> String {
    format!(
        "INSERT INTO recoveries (id, claim, programme, organisation, status, amount, received, written_off, owed, receipts,
         decision_no, reason, fraud, fiscal_year, paid_on, created_by, approved_by, decided_on, created, version, updated_at)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'V', 'O', '{status}', {amounts}, '[{{\"amount\": \"2.50\"}}]',
         '[{{\"amount\": \"2.50\"}}]', '1', '', false, 2025, '2025-01-01', {by}, 1, 1, now());"
    )
}

/// 5.00 paid to a bank ahead.
fn prefund(status: &str, parts: &str, decided: &str) -> String {
    format!(
        "INSERT INTO prefunds (id, programme, bank, amount, fiscal_year, document, status, parts, effective_date, reason,
         created_by, decided_by, created, version, updated_at)
         VALUES (gen_random_uuid(), 'I', 'B', 5, 2025, 'D', '{status}', '{parts}', {decided}, 1, 1, now());"
    )
}

const SHARED: &str =
    "[{\"amount\": \"2.50\", \"level\": \"city\"}, {\"amount\": \"2.50\", \"level\": \"district\"}]";
const THREE: &str = "[{\"amount\": \"3.00\"}]";

fn prefund_year(amounts: &str, parts: &str, settled: &str) -> String {
    format!(
        "INSERT INTO prefund_years (programme, bank, fiscal_year, opening, paid, deducted, rolled, returned, remaining, parts,
         true_up, closed, since, newest, created, version, updated_at)
         VALUES ('I', 'B', 2025, {amounts}, '{parts}', {settled}, '2025-01-01', '2025-02-01', 1, 1, now());"
    )
}

/// A year of 5.00 of which 2.00 were deducted.
fn true_up(action: &str, stated: &str, decided: &str) -> String {
    let key = if action.contains("'return'") && action.ends_with("'approved'") { "'ft'" } else { "null" };
    true_up_under(action, stated, (decided, key))
}

fn true_up_under(action: &str, stated: &str, (decided, key): (&str, &str)) -> String {
    format!(
        "INSERT INTO true_ups (id, programme, bank, fiscal_year, action, bank_reference, date, status, stated_deducted,
         stated_left, decided_on, created_by, decided_by, opening, paid, deducted, parts, document, created, version, updated_at,
         reference_key)
         VALUES (gen_random_uuid(), 'I', 'B', 2025, {action}, {stated}, {decided}, 1, 4, 2, '{THREE}', 'D', 1, 1, now(), {key});"
    )
}

fn calendar(status: &str, days: &str, decided: &str) -> String {
    format!(
        "INSERT INTO calendar_changes (id, status, days, document, reason, created_by, decided_by, created, version, updated_at)
         VALUES (gen_random_uuid(), '{status}', '{days}', 'D', {decided}, 1, 1, now());"
    )
}

/// A tag of 2025 with its end, and who decided on it.
fn tag(status: &str, (name, until): (&str, &str), ending: &str, decided: &str) -> String {
    format!(
        "INSERT INTO tags (id, tag, kind, subject, valid_from, valid_until, document, line, status, ending, reason, created_by,
         decided_by, created, version, updated_at)
         VALUES (gen_random_uuid(), '{name}', 'organisation', 'A', '2025-01-01', {until}, 'D', 0, '{status}', {ending}, {decided}, 1, 1, now());"
    )
}

fn tag_import(status: &str, count: u32, decided: &str) -> String {
    format!(
        "INSERT INTO tag_imports (id, tag, kind, document, sha256, count, status, reason, created_by, decided_by, created, version,
         updated_at)
         VALUES (gen_random_uuid(), 'little_giant', 'loan', 'D', 'x', {count}, '{status}', {decided}, 1, 1, now());"
    )
}

fn payment_batch(status: &str, numbers: &str, by: &str) -> String {
    let day = if by.ends_with("null") { "null" } else { "'2025-01-02'" };
    format!(
        "INSERT INTO payment_batches (id, status, count, open, total, created_by, approved_by, waiting, name_max, created, version,
         updated_at, approved_on)
         VALUES (gen_random_uuid(), '{status}', {numbers}, {by}, 0, 140, 1, 1, now(), {day});"
    )
}

/// An approved claim of 5.00 of which so much was paid, and so much of it asked back.
fn settled(status: &str, paid: &str, corrected: &str) -> String {
    format!(
        "{}UPDATE claims SET status = '{status}', paid_on = '2025-01-02', corrected = {corrected}, recovered = {corrected},
         payments = '[{{\"amount\": \"{paid}\"}}]', settled = '[{{\"amount\": \"{paid}\"}}]';",
        claim("approved", "5", PARTS, "0", "'2025-01-01', 'd'")
    )
}

fn recalculation(status: &str, difference: &str, decided: &str) -> String {
    format!(
        "INSERT INTO recalculations (claim, number, previous, status, settlement, closing, amount, difference, reason, recovery,
         decided_on, decided_by, rejection, created_by, created, version, updated_at, proposed_on, invoices)
         VALUES ('01900000-0000-7000-8000-000000000001', 2, 1, '{status}', '[]', false, 5, {difference}, '', {decided}, 'a', 1, 1,
         now(), '2025-01-02', '[]');"
    )
}

fn objection(status: &str, resolved: &str) -> String {
    format!(
        "INSERT INTO objections (id, claim, status, text, reason, resolved_by, created_by, created_at, created, version, updated_at)
         VALUES (gen_random_uuid(), gen_random_uuid(), '{status}', '', {resolved}, 'a', now(), 1, 1, now());"
    )
}

/// A line of a batch of its own, of one claim for all.
fn payment_line(status: &str, amount: &str, result: &str) -> String {
    format!(
        "INSERT INTO payment_lines (batch, claim, payee, amount, status, bank_reference, date, reference_key, paid_in, recorded_by,
         created, version, updated_at)
         VALUES (gen_random_uuid(), '01900000-0000-7000-8000-000000000001', 'O', {amount}, '{status}', {result},
         CASE WHEN '{status}' = 'paid' THEN 'ft1' END, CASE WHEN '{status}' = 'paid' THEN 1 END, '[]', 1, 1, now());"
    )
}

fn claim(status: &str, amount: &str, parts: &str, held: &str, approved: &str) -> String {
    format!(
        "INSERT INTO claims (id, kind, programme, organisation, provider, payee, voucher, status, settlement, closing, amount,
         parts, held, fiscal_year, rules_version, calculation, approved_on, approved_by, created_by, submitted_by, reviewed_by,
         created, version, updated_at)
         VALUES (gen_random_uuid(), 'voucher_redemption', 'V', 'O', 'Q', 'O', gen_random_uuid(), '{status}', '[]', false,
         {amount}, '{parts}', {held}, 2025, 1, 1, {approved}, 'a', 'b', 'c', 1, 1, now());"
    )
}

/// Who rests on a contract, and which part of it.
fn contract_use(kind: &str, settled: &str) -> String {
    counted(kind, settled, if kind == "claim" { "'[]'" } else { "null" })
}

/// The same, and what counts of which invoice.
fn counted(kind: &str, settled: &str, invoices: &str) -> String {
    let base = if kind == "claim" { "1" } else { "null" };
    format!(
        "INSERT INTO contract_uses (rental, document, programme, amount, level, refuses, live, kind, period_from, period_until,
         items, invoiced, metered, netted, invoices, base)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'V', 1, 'city', '[]', true, '{kind}', {settled}, {invoices}, {base});"
    )
}

fn invoice(code: &str, number: &str, amounts: &str) -> String {
    format!(
        "INSERT INTO invoices (organisation, code, number, amount, allocated, einvoice, confirmed, holds, reversed, created,
         version, updated_at) VALUES ('O', '{code}', '{number}', {amounts}, false, 'typed', '[]', 0, 1, 1, now());"
    )
}

fn evidence(kind: &str, bytes: &str, invoice: &str) -> String {
    format!(
        "INSERT INTO evidence (id, kind, organisation, sha256, bytes, media_type, invoice_code, invoice_number, invoice,
         brought_on, created_by, created, version, updated_at) VALUES (gen_random_uuid(), '{kind}', 'O', sha256(''), {bytes},
         'application/pdf', {invoice}, '2025-01-01', 'a', 1, 1, now());"
    )
}

fn period(month: &str, status: &str, debit: &str, reopened: &str) -> String {
    format!(
        "INSERT INTO periods VALUES ('{month}', '{status}', '{{\"B\": {{\"debit\": \"{debit}\", \"credit\": \"5.00\"}},
         \"F\": {{\"debit\": \"0.00\", \"credit\": \"0.00\"}}, \"Y\": {{\"debit\": \"0.00\", \"credit\": \"0.00\"}}}}',
         'a', now(), {reopened}, 1, 1, now());"
    )
}

/// Of leaf 3, proposed in leaf 4: the day, the leaf that posts it, who approved.
fn reversal(status: &str, posted: &str) -> String {
    let [day, by, approved]: [&str; 3] = posted.split(", ").collect::<Vec<_>>().try_into().expect("three");
    format!("INSERT INTO reversals VALUES (3, '{status}', 'r', {day}, {by}, 'a', {approved}, 4, 4, now());")
}

const PARTS: &str = r#"[{"level": "city", "amount": "2.50"}, {"amount": "2.50"}]"#;
const PAIR: &str = "D B1001 5.00, C B2001 5.00";
const THREE_BOOKS: &str =
    "D B2007 1.10, C B2008 1.10, D F2302 1.10, C F4001 1.10, D Y7101 1.10, C Y6001 1.10";

async fn opened() -> TestDatabase {
    let database = TestDatabase::create().await;
    let app = database.client("subsidy_app").await;
    let genesis = format!("{}{}{}{}{POSTED}", newborn(), head(1), log(0, 2), entries(0, 1, PAIR));
    app.batch_execute(&genesis).await.expect("an agency's first batch");
    database
}

/// SQLSTATE and the constraint, or what is there instead of it. Several statements are one transaction.
async fn refusal(client: &Client, sql: &str) -> String {
    let error = match client.batch_execute(sql).await {
        Ok(()) => return "accepted".to_owned(),
        Err(error) => error,
    };
    client.batch_execute("ROLLBACK").await.expect("a rollback");
    let error = error.as_db_error().expect("an answer of the server");
    let name = error.constraint().unwrap_or_else(|| error.message());
    format!("{} {name}", error.code().code())
}

#[tokio::test]
async fn a_batch_that_keeps_the_rules_is_accepted() {
    let database = opened().await;
    let app = database.client("subsidy_app").await;
    let batch = format!(
        "{}{}{}{}{}INSERT INTO transitions VALUES (1, 1, 'voucher', 'd', null, 'submitted');
         INSERT INTO calculations VALUES ('d', 1, 2, '{{}}');{}{}",
        head(4),
        log(1, 6),
        log(2, 0),
        log(3, 2),
        entries(1, 1, THREE_BOOKS),
        entries(3, 1, PAIR),
        rules("I", "1.50", "'2027-12-31'"),
    );
    assert_eq!(refusal(&app, &batch).await, "accepted");
}

#[tokio::test]
async fn what_breaks_a_ledger_is_refused_to_the_app_and_to_an_owner_with_triggers_off() {
    let pair = |sequence| entries(sequence, 1, PAIR);
    let posted = |lines: &str, count| format!("{}{}{}", head(2), log(1, count), entries(1, 1, lines));
    let interest = |points: &str, until: &str| rules("I", points, until);
    #[rustfmt::skip]
    let cases: Vec<(String, &str)> = vec![
        // debits and credits
        (posted("D B1001 5.00, C B2001 5.01", 2), "23514 entries_balanced"),
        (posted("D B1001 5.00, C F4001 5.00", 2), "23514 entries_balanced"),
        (posted("D B2007 5.00, C F4001 5.00, D F2302 5.00, C B2008 4.99", 4), "23514 entries_balanced"),
        (posted("D B1001 5.00", 1), "23514 entries_balanced"),
        (posted("D Y7101 5.00, C Y6001 4.00", 2), "23514 entries_balanced"),
        (posted("D X1001 5.00, C X2001 5.00", 2), "23514 entries_account_check"),
        (posted("D B1001 NaN, C B2001 NaN", 2), "23514 entries_amount_positive"),
        (posted("D B1001 0.00, C B2001 0.00", 2), "23514 entries_amount_positive"),
        (posted("D B1001 -5.00, C B2001 -5.00", 2), "23514 entries_amount_positive"),
        (posted("D B1001 0.004, C B2001 0.004", 2), "23514 entries_amount_positive"),
        // closed months: a batch may close one after it posted into it
        (format!("UPDATE head SET closed_through = '2025-01-31';{}", posted(PAIR, 2)), "23514 entries_in_open_months"),
        (format!("UPDATE head SET closed_through = '2025-01-01';UPDATE head SET next_sequence = 2, closed_through = '2025-02-28';{}{}",
            log(1, 2), pair(1)), "23514 entries_in_open_months"),
        (format!("UPDATE head SET closed_through = '2024-12-31';{}", posted(PAIR, 2)), "accepted"),
        (format!("UPDATE head SET next_sequence = 2, closed_through = '2025-01-31';{}{}", log(1, 2), pair(1)), "accepted"),
        (format!("UPDATE head SET closed_through = '2025-01-31';UPDATE head SET next_sequence = 2, closed_through = null;{}{}",
            log(1, 2), pair(1)), "accepted"),
        (format!("UPDATE head SET closed_through = '2025-01-31';{}{}{}INSERT INTO transitions VALUES (1, 1, 'period', '2025-01', 'closed', 'open');",
            head(2), log(1, 2), pair(1)), "accepted"),
        // lines and their count
        (posted(PAIR, 3), "23514 entries_counted"),
        (posted(PAIR, 1), "23514 entries_counted"),
        (posted(PAIR, 0), "23514 entries_counted"),
        (format!("{}{}", head(2), log(1, 2)), "23514 entries_counted"),
        (format!("{}{}{}", head(2), log(1, 2), entries(1, 0, PAIR)), "23514 entries_counted"),
        (format!("{}{}{}{}", head(2), log(1, 2), pair(1), entries(1, 3, PAIR)), "23514 entries_counted"),
        (format!("{}{}{}{}", head(2), log(1, 2), entries(1, 1, "D B1001 5.00"), entries(1, 2, "C B2001 5.00")), "23514 entries_counted"),
        // lines and their log
        (entries(0, 3, PAIR), "23514 entries_with_their_log"),
        (pair(1), "23514 entries_with_their_log"),
        (format!("{}{}{}", head(3), log(1, 2), entries(2, 1, PAIR)), "23514 entries_with_their_log"),
        ("INSERT INTO transitions VALUES (0, 1, 'k', 'd', null, 's')".to_owned(), "23514 transitions_with_their_log"),
        ("INSERT INTO transitions VALUES (1, 1, 'k', 'd', null, 's')".to_owned(), "23514 transitions_with_their_log"),
        (format!("{}{}INSERT INTO transitions VALUES (1, 1, 'k', 'd', null, 's'), (2, 1, 'k', 'd', null, 's');", head(2), log(1, 0)),
            "23514 transitions_with_their_log"),
        ("INSERT INTO calculations VALUES ('d', 1, 0, '{}')".to_owned(), "23514 calculations_with_their_log"),
        // the log and its head
        (log(1, 0), "23514 log_grows_at_its_end"),
        (format!("{}{}", log(1, 0), head(2)), "23514 log_grows_at_its_end"),
        (format!("{}{}{}", head(2), log(1, 0), log(2, 0)), "23514 log_grows_at_its_end"),
        (head(2), "23514 head_meets_log"),
        (format!("{}{}", head(3), log(1, 0)), "23514 head_meets_log"),
        (format!("{}{}", head(3), log(2, 0)), "23514 head_meets_log"),
        (format!("{}{}SET CONSTRAINTS ALL IMMEDIATE", head(3), log(1, 0)), "23514 head_meets_log"),
        (format!("BEGIN;SET CONSTRAINTS ALL IMMEDIATE;{}COMMIT", head(2)), "23514 head_meets_log"),
        (head(0), "23514 head_moves_on"),
        ("UPDATE head SET recorded_at = '2024-12-31'".to_owned(), "23514 head_moves_on"),
        ("UPDATE head SET business_date = '2025-06-29'".to_owned(), "23514 head_business_date_moves_on"),
        ("UPDATE head SET business_date = null".to_owned(), "23514 head_business_date_moves_on"),
        (newborn(), "23505 head_pkey"),
        (log(0, 0), "23505 log_pkey"),
        // a table of the session's own does not answer for the ledger's
        (format!("CREATE TEMP TABLE log AS SELECT 9::bigint AS sequence, 6 AS line_count, pg_current_xact_id() AS xact;
            CREATE TEMP TABLE head AS SELECT 0::bigint AS next_sequence;
            SET LOCAL search_path = pg_temp, agency_test;{}", entries(9, 1, THREE_BOOKS).replace("INTO entries", "INTO agency_test.entries")),
            "23514 entries_with_their_log"),
        // balances
        ("INSERT INTO balances VALUES ('B2001', 'P', '', -0.01)".to_owned(), "23514 balances_floor"),
        ("INSERT INTO balances VALUES ('B2009', 'P', '', -0.01)".to_owned(), "23514 balances_floor"),
        ("INSERT INTO balances VALUES ('F2302', 'P', 'O', -0.01)".to_owned(), "23514 balances_floor"),
        ("INSERT INTO balances VALUES ('F1214', 'P', 'O', -0.01)".to_owned(), "23514 balances_floor"),
        ("INSERT INTO balances VALUES ('F2302', 'P', 'O', 'NaN')".to_owned(), "23514 balances_not_nan"),
        ("INSERT INTO balances VALUES ('F4001', 'P', '', -0.01)".to_owned(), "accepted"),
        ("INSERT INTO balances VALUES ('B2001', 'P', '', 0)".to_owned(), "accepted"),
        // statutory limits
        (interest("1.500001", "'2027-12-31'"), "23514 rules_versions_statutory_limits"),
        (interest("'NaN'", "'2027-12-31'"), "23514 rules_versions_statutory_limits"),
        (interest("1.50", "'2028-01-01'"), "23514 rules_versions_statutory_limits"),
        (interest("1.50", "null"), "23514 rules_versions_statutory_limits"),
        (interest("null", "'2027-12-31'"), "accepted"),
        (rules("V", "1.51", "null"), "23514 rules_versions_statutory_limits"),
        (rules("none", "1.50", "'2027-12-31'"), "23514 rules_versions_statutory_limits"),
        (sheet("1.5", "2028-01-01", "1.5, '2027-12-31'"), "accepted"),
        // the limits of its leaf: approved before it, not with it or later
        (format!("{}{}", limits(0), sheet("2.5", "2029-01-01", "2.5, '2028-12-31'")), "accepted"),
        (format!("{}{}", limits(0), sheet("2.51", "2029-01-01", "2.51, '2028-12-31'")), "23514 calculations_statutory_limits"),
        (format!("{}{}", limits(1), sheet("2.5", "2029-01-01", "2.5, '2028-12-31'")), "23514 calculations_statutory_limits"),
        (format!("{}{}", limits(0), interest("2.5", "'2028-12-31'")), "accepted"),
        (format!("{}{}", limits(1), interest("2.5", "'2028-12-31'")), "23514 rules_versions_statutory_limits"),
        (role("officer", "proposed", "null, null, null, 'a', null, null, null, null, null, null"), "accepted"),
        (role("officer", "approved", "null, null, null, 'a', 'b', 1, '2025-01-01', null, null, null"), "accepted"),
        (role("officer", "ended", "null, null, '', 'a', 'b', 1, '2025-01-01', 'a', 2, '2025-01-02'"), "accepted"),
        (role("officer", "approved", "null, null, null, 'a', 'a', 1, '2025-01-01', null, null, null"), "23514 role_grants_four_eyes"),
        (role("officer", "approved", "null, null, null, 'a', 'wang', 1, '2025-01-01', null, null, null"), "23514 role_grants_four_eyes"),
        (role("officer", "approved", "null, null, null, 'a', null, null, null, null, null, null"), "23514 role_grants_decided"),
        (role("officer", "rejected", "null, null, null, 'a', 'b', 1, '2025-01-01', null, null, null"), "23514 role_grants_decided"),
        (role("officer", "ended", "null, null, null, 'a', 'b', 1, '2025-01-01', null, null, null"), "23514 role_grants_ended"),
        (role("enterprise", "proposed", "null, null, null, 'a', null, null, null, null, null, null"), "23514 role_grants_organisation"),
        (role("root", "proposed", "null, null, null, 'a', null, null, null, null, null, null"), "23514 role_grants_role_check"),
        (limit("proposed", "null, 'a', null"), "accepted"),
        (limit("approved", "null, 'a', 'b'"), "accepted"),
        (limit("approved", "null, 'a', 'a'"), "23514 statutory_limits_four_eyes"),
        (limit("approved", "'', 'a', 'b'"), "23514 statutory_limits_decided"),
        (limit("rejected", "null, 'a', 'b'"), "23514 statutory_limits_decided"),
        (sheet("1.50000000000001", "2028-01-01", "1.50000000000001, '2027-12-31'"), "23514 calculations_statutory_limits"),
        (sheet("NaN", "2028-01-01", "'NaN', '2027-12-31'"), "23514 calculations_statutory_limits"),
        (sheet("1.5", "2028-01-02", "1.5, '2028-01-01'"), "23514 calculations_statutory_limits"),
        (sheet("1.6", "2028-01-01", "1.5, '2027-12-31'"), "23514 calculations_statutory_limits"),
        (sheet("1.5", "2028-01-02", "1.5, '2027-12-31'"), "23514 calculations_statutory_limits"),
        (sheet("1.5", "2028-01-01", "null, '2027-12-31'"), "23514 calculations_statutory_limits"),
        (sheet("1.5", "2028-01-01", "1.5, null"), "23514 calculations_statutory_limits"),
        (sheet("1.5", "2028-01-01", "null, null"), "23514 calculations_statutory_limits"),
        (format!("{}{}INSERT INTO calculations VALUES ('d', 1, 1, '{{}}', 1.5, '2027-12-31');", head(2), log(1, 0)),
            "23514 calculations_statutory_limits"),
        // states
        (voucher("issued", "null", "100, 20, 30, 0, 0, 50"), "accepted"),
        (voucher("issued", "null", "100, 20, 30, 0, 0, 49.99"), "23514 vouchers_parts"),
        (voucher("issued", "null", "100, 120, -20, 0, 0, 0"), "23514 vouchers_parts"),
        (voucher("issued", "null", "'NaN', 'NaN', 0, 0, 0, 0"), "23514 vouchers_parts"),
        (voucher("gone", "null", "0, 0, 0, 0, 0, 0"), "23514 vouchers_status_check"),
        (voucher("suspended", "null", "0, 0, 0, 0, 0, 0"), "23514 vouchers_suspended"),
        (claim("approved", "5", PARTS, "0", "'2025-01-01', 'd'"), "accepted"),
        (claim("submitted", "5", PARTS, "5", "null, null"), "accepted"),
        (claim("gone", "5", PARTS, "0", "null, null"), "23514 claims_status_check"),
        (claim("approved", "5.01", PARTS, "0", "'2025-01-01', 'd'"), "23514 claims_parts"),
        (claim("approved", "5", "[]", "0", "'2025-01-01', 'd'"), "23514 claims_parts"),
        (claim("draft", "0", "[]", "0", "null, null"), "23514 claims_amount_check"),
        (claim("draft", "'NaN'", "[]", "0", "null, null"), "23514 claims_amount_check"),
        (claim("draft", "5", PARTS, "5", "null, null"), "23514 claims_held"),
        (claim("submitted", "5", PARTS, "4.99", "null, null"), "23514 claims_held"),
        (claim("approved", "5", PARTS, "5", "'2025-01-01', 'd'"), "23514 claims_held"),
        (claim("approved", "5", PARTS, "0", "null, 'd'"), "23514 claims_approved"),
        (claim("approved", "5", PARTS, "0", "'2025-01-01', 'a'"), "23514 claims_four_eyes"),
        (claim("approved", "5", PARTS, "0", "'2025-01-01', 'c'"), "23514 claims_four_eyes"),
        (claim("paid", "5", PARTS, "0", "'2025-01-01', 'd'"), "23514 claims_paid"),
        (contract_use("voucher", "null, null, null, null, null, null"), "accepted"),
        (contract_use("claim", "'2025-01-01', '2025-02-01', '[]', false, false, '[]'"), "accepted"),
        (contract_use("claim", "'2025-01-01', '2025-01-01', '[]', false, false, '[]'"), "23514 contract_uses_settled"),
        (contract_use("claim", "'2025-01-01', '2025-02-01', '[]', false, null, '[]'"), "23514 contract_uses_settled"),
        (contract_use("voucher", "'2025-01-01', '2025-02-01', '[]', false, false, '[]'"), "23514 contract_uses_settled"),
        (counted("voucher", "null, null, null, null, null, null", "'[]'"), "23514 contract_uses_invoices"),
        (counted("claim", "'2025-01-01', '2025-02-01', '[]', false, false, '[]'", "null"), "23514 contract_uses_invoices"),
        (contract_use("loan", "'2025-01-01', '2025-02-01', '[]', false, false, '[]'"), "23514 contract_uses_kind"),
        (claim("draft", "5", PARTS, "0", "null, null").replace("INSERT INTO claims (id,", "INSERT INTO claims (usage_sequence, id,")
            .replace("VALUES (", "VALUES (7, "), "23514 claims_usage"),
        (invoice("", "24312000000000000001", "5, 5"), "accepted"),
        (invoice("3100201130", "12345678", "null, 0"), "accepted"),
        (invoice("", "24312000000000000001", "5, 5.01"), "23514 invoices_allocated"),
        (invoice("", "24312000000000000001", "null, 0.01"), "23514 invoices_allocated"),
        (invoice("", "24312000000000000001", "5, -0.01"), "23514 invoices_allocated_check"),
        (invoice("", "24312000000000000001", "-5, 0"), "23514 invoices_original"),
        (invoice("", "24312000000000000001", "0, 0"), "23514 invoices_amount_check"),
        (invoice("", "12345678", "5, 0"), "23514 invoices_number"),
        (invoice("310020113", "12345678", "5, 0"), "23514 invoices_number"),
        (evidence("invoice", "5", "'', '24312000000000000001', '{}'"), "accepted"),
        (evidence("contract", "20971520", "null, null, null"), "accepted"),
        (evidence("contract", "20971521", "null, null, null"), "23514 evidence_bytes_check"),
        (evidence("contract", "0", "null, null, null"), "23514 evidence_bytes_check"),
        (evidence("contract", "5", "'', '24312000000000000001', '{}'"), "23514 evidence_invoice"),
        (evidence("invoice", "5", "null, null, null"), "23514 evidence_invoice"),
        (evidence("letter", "5", "null, null, null"), "23514 evidence_kind_check"),
        (recovery("approved", "5, 2.50, 0", "'a', 'b', '2025-01-01'"), "accepted"),
        (recovery("approved", "5, 2.51, 0", "'a', 'b', '2025-01-01'"), "23514 recoveries_parts"),
        (recovery("settled", "5, 2.50, 0", "'a', 'b', '2025-01-01'"), "23514 recoveries_parts"),
        (recovery("approved", "5, 2.50, 0", "'a', 'a', '2025-01-01'"), "23514 recoveries_four_eyes"),
        (recovery("approved", "5, 2.50, 0", "'a', null, null"), "23514 recoveries_four_eyes"),
        (recovery("rejected", "5, 2.50, 0", "'a', null, null"), "23514 recoveries_four_eyes"),
        (calendar("proposed", "[1]", "null, 'a', null"), "accepted"),
        (calendar("approved", "[1]", "null, 'a', 'b'"), "accepted"),
        (calendar("rejected", "[1]", "'', 'a', 'b'"), "accepted"),
        (calendar("approved", "[1]", "null, 'a', 'a'"), "23514 calendar_changes_four_eyes"),
        (calendar("rejected", "[1]", "'', 'a', 'a'"), "23514 calendar_changes_four_eyes"),
        (calendar("approved", "[1]", "'', 'a', 'b'"), "23514 calendar_changes_decided"),
        (calendar("proposed", "[1]", "null, 'a', 'b'"), "23514 calendar_changes_decided"),
        (calendar("proposed", "[]", "null, 'a', null"), "23514 calendar_changes_days"),
        (calendar("gone", "[1]", "null, 'a', 'b'"), "23514 calendar_changes_status_check"),
        (tag("approved", ("t", "null"), "null", "null, 'a', 'b'"), "accepted"),
        (tag("approved", ("t", "'2024-12-31'"), r#"'{"status":"approved","created_by":"a","decided_by":"b"}'"#, "null, 'a', 'b'"), "accepted"),
        (tag("approved", ("t", "'2024-12-31'"), "null", "null, 'a', 'b'"), "23514 tags_days"),
        (tag("approved", ("t", "null"), r#"'{"status":"approved","created_by":"a","decided_by":"a"}'"#, "null, 'a', 'b'"), "23514 tags_ending"),
        (tag("proposed", ("t", "null"), r#"'{"status":"proposed","created_by":"a"}'"#, "null, 'a', null"), "23514 tags_ending"),
        (tag("approved", ("t", "null"), "null", "null, 'a', 'a'"), "23514 tags_four_eyes"),
        (tag("approved", ("t", "null"), "null", "null, 'a', null"), "23514 tags_decided"),
        (tag("approved", ("T", "null"), "null", "null, 'a', 'b'"), "23514 tags_tag_check"),
        (tag("gone", ("t", "null"), "null", "null, 'a', 'b'"), "23514 tags_status_check"),
        (tag_import("proposed", 400, "null, 'a', null"), "accepted"),
        (tag_import("proposed", 401, "null, 'a', null"), "23514 tag_imports_count_check"),
        (tag_import("approved", 1, "null, 'a', 'a'"), "23514 tag_imports_four_eyes"),
        (tag_import("rejected", 1, "null, 'a', 'b'"), "23514 tag_imports_decided"),
        ("INSERT INTO calendar_days (date, kind, calendar, created, version, updated_at)
         VALUES ('2025-01-01', 'sunday', gen_random_uuid(), 1, 1, now())".to_owned(), "23514 calendar_days_kind_check"),
        (payment_batch("approved", "2, 1, 5", "'a', 'b'"), "accepted"),
        (payment_batch("gone", "2, 0, 5", "'a', 'b'"), "23514 payment_batches_status_check"),
        (payment_batch("proposed", "0, 0, 5", "'a', null"), "23514 payment_batches_lines"),
        (payment_batch("proposed", "1001, 1001, 5", "'a', null"), "23514 payment_batches_lines"),
        (payment_batch("settled", "2, 1, 5", "'a', 'b'"), "23514 payment_batches_lines"),
        (payment_batch("proposed", "1, 1, 0", "'a', null"), "23514 payment_batches_total_check"),
        (payment_batch("approved", "1, 1, 5", "'a', 'a'"), "23514 payment_batches_four_eyes"),
        (payment_batch("approved", "1, 1, 5", "'a', null"), "23514 payment_batches_four_eyes"),
        (payment_line("open", "5", "null, null"), "accepted"),
        (format!("{}UPDATE payment_lines SET reference_key = null", payment_line("paid", "5", "'FT1', '2025-01-01'")),
            "23514 payment_lines_reference_key"),
        (format!("{}UPDATE payment_lines SET paid_in = null", payment_line("paid", "5", "'FT1', '2025-01-01'")),
            "23514 payment_lines_paid_in"),
        (format!("{}UPDATE payment_lines SET proposed_result = '{{}}'", payment_line("returned", "5", "'FT1', '2025-01-01'")),
            "23514 payment_lines_proposed_result"),
        (format!("{}UPDATE payment_batches SET waiting = 1001", payment_batch("approved", "2, 1, 5", "'a', 'b'")),
            "23514 payment_batches_waiting"),
        (payment_line("open", "0", "null, null"), "23514 payment_lines_amount_positive"),
        (payment_line("paid", "5", "null, '2025-01-01'"), "23514 payment_lines_result"),
        (payment_line("open", "5", "'FT1', '2025-01-01'"), "23514 payment_lines_result"),
        (format!("{}{}", payment_line("open", "5", "null, null"), payment_line("open", "5", "null, null")),
            "23505 payment_lines_once"),
        (format!("{}{}", payment_line("paid", "5", "'FT1', '2025-01-01'"), payment_line("open", "5", "null, null")),
            "accepted"),
        // what is paid of a claim
        (settled("paid", "5", "0"), "accepted"),
        (settled("approved", "2", "0"), "accepted"),
        (settled("approved", "5", "0"), "23514 claims_paid"),
        (settled("paid", "2", "0"), "23514 claims_paid"),
        (settled("approved", "6", "0"), "23514 claims_paid"),
        (settled("approved", "2", "1"), "23514 claims_settled"),
        (format!("{}UPDATE claims SET recovered = 5.01", settled("paid", "5", "0")), "23514 claims_recovered"),
        (format!("{}UPDATE claims SET pending = 2, last_sheet = 2", settled("paid", "5", "0")), "accepted"),
        (format!("{}UPDATE claims SET pending = 1, last_sheet = 1", settled("paid", "5", "0")), "23514 claims_pending"),
        (format!("{}UPDATE claims SET objections = 1, objections_open = 1", settled("paid", "5", "0")), "23514 claims_objections"),
        (recalculation("proposed", "-2", "null, null, null, null"), "accepted"),
        (recalculation("approved", "-2", "gen_random_uuid(), '2025-01-01', 'b', null"), "accepted"),
        (recalculation("approved", "2", "gen_random_uuid(), '2025-01-01', 'b', null"), "23514 recalculations_decided"),
        (recalculation("approved", "2", "null, '2025-01-01', 'a', null"), "23514 recalculations_four_eyes"),
        (recalculation("rejected", "2", "null, null, 'b', null"), "23514 recalculations_decided"),
        (format!("{0}{0}", recalculation("proposed", "2", "null, null, null, null")), "23505 recalculations_pkey"),
        (objection("open", "null, null"), "accepted"),
        (objection("upheld", "'', 'b'"), "accepted"),
        (objection("upheld", "'', 'a'"), "23514 objections_resolved"),
        (objection("open", "'', 'b'"), "23514 objections_resolved"),
        (format!("{}{}", payment_line("returned", "5", "'FT1', '2025-01-01'"), payment_line("open", "5", "null, null")),
            "accepted"),
        (period("2025-01", "closed", "5.00", "null, null, null"), "accepted"),
        (period("2025-13", "closed", "5.00", "null, null, null"), "23514 periods_month_check"),
        (period("2025-01", "closed", "5.01", "null, null, null"), "23514 periods_tie"),
        (period("2025-01", "open", "5.00", "null, null, null"), "23514 periods_reopened"),
        (period("2025-01", "open", "5.00", "'b', now(), null"), "23514 periods_reopened"),
        (period("2025-01", "open", "5.00", "'b', now(), 'r'"), "accepted"),
        (reversal("proposed", "null, null, null"), "accepted"),
        (reversal("approved", "'2025-01-01', 9, 'b'"), "accepted"),
        (reversal("approved", "'2025-01-01', 9, 'a'"), "23514 reversals_four_eyes"),
        (reversal("approved", "'2025-01-01', null, 'b'"), "23514 reversals_four_eyes"),
        (reversal("approved", "'2025-01-01', 4, 'b'"), "23514 reversals_later"),
        (format!("{}{}", reversal("proposed", "null, null, null"), reversal("proposed", "null, null, null")), "23505 reversals_pkey"),
        (prefund("proposed", "[]", "null, null, 'a', null"), "accepted"),
        (prefund("approved", SHARED, "'2025-01-01', null, 'a', 'b'"), "accepted"),
        (prefund("approved", SHARED, "'2025-01-01', null, 'a', 'a'"), "23514 prefunds_four_eyes"),
        (prefund("approved", "[]", "'2025-01-01', null, 'a', 'b'"), "23514 prefunds_parts"),
        (prefund("approved", SHARED, "null, null, 'a', 'b'"), "23514 prefunds_parts"),
        (prefund("proposed", SHARED, "null, null, 'a', null"), "23514 prefunds_parts"),
        (prefund("proposed", "[]", "null, null, 'a', 'b'"), "23514 prefunds_decided"),
        (prefund("rejected", "[]", "null, null, 'a', 'b'"), "23514 prefunds_decided"),
        (prefund_year("1, 4, 2, 0, 0, 3", THREE, "null, false"), "accepted"),
        (prefund_year("1, 4, -2, 0, 0, 7", "[{\"amount\": \"7.00\"}]", "null, false"), "accepted"),
        (prefund_year("1, 4, 2, 0, 3, 0", "[]", "gen_random_uuid(), true"), "accepted"),
        (prefund_year("1, 4, 2, 0, 0, 2.99", "[{\"amount\": \"2.99\"}]", "null, false"), "23514 prefund_years_ties"),
        (prefund_year("1, 4, 2, 0, 0, 3", "[]", "null, false"), "23514 prefund_years_ties"),
        (prefund_year("1, 4, 6, 0, 0, -1", "[{\"amount\": \"-1.00\"}]", "null, false"), "23514 prefund_years_remaining_check"),
        (prefund_year("1, 4, 2, 3, 0, 0", "[]", "null, false"), "23514 prefund_years_closed"),
        (prefund_year("1, 4, 2, 3, 0, 0", "[]", "null, true"), "23514 prefund_years_closed"),
        (prefund_year("1, 4, 2, 0, 0, 3", THREE, "gen_random_uuid(), true"), "23514 prefund_years_closed"),
        (true_up("'roll', null, null, 'proposed'", "2, 3", "null, 'a', null"), "accepted"),
        (true_up("'return', 'FT', '2025-01-01', 'approved'", "2, null", "'2025-01-01', 'a', 'b'"), "accepted"),
        (true_up("'roll', null, null, 'proposed'", "2.01, null", "null, 'a', null"), "23514 true_ups_stated"),
        (true_up("'roll', null, null, 'proposed'", "2, 3.01", "null, 'a', null"), "23514 true_ups_stated"),
        (true_up("'return', null, '2025-01-01', 'proposed'", "2, 3", "null, 'a', null"), "23514 true_ups_action"),
        (true_up("'roll', 'FT', null, 'proposed'", "2, 3", "null, 'a', null"), "23514 true_ups_action"),
        (true_up("'roll', null, null, 'approved'", "2, 3", "'2025-01-01', 'a', 'a'"), "23514 true_ups_four_eyes"),
        (
            true_up_under("'return', 'FT', '2025-01-01', 'approved'", "2, 3", ("'2025-01-01', 'a', 'b'", "null")),
            "23514 true_ups_reference",
        ),
        (true_up("'roll', null, null, 'approved'", "2, 3", "null, 'a', 'b'"), "23514 true_ups_decided"),
        (true_up("'roll', null, null, 'rejected'", "2, 3", "null, 'a', 'b'"), "23514 true_ups_decided"),
        (
            [("proposed", "null, 'a', null"), ("approved", "'2025-01-01', 'a', 'b'")]
                .map(|(status, decided)| true_up(&format!("'roll', null, null, '{status}'"), "2, 3", decided))
                .concat(),
            "23505 true_ups_once",
        ),
        ("INSERT INTO idempotency VALUES ('s', 'a', 'r', null, null, now(), sha256(''))".to_owned(), "23514 idempotency_one_answer"),
        ("INSERT INTO idempotency VALUES ('s', 'b', 'r', 0, '{}', now(), sha256(''))".to_owned(), "23514 idempotency_one_answer"),
    ];
    // what the role that serves has no right to, and an owner is refused all the same
    #[rustfmt::skip]
    let beyond: [(String, &str); 3] = [
        (format!("{}UPDATE rules_versions SET points_max = 1.51", interest("1.50", "'2027-12-31'")), "23514 rules_versions_statutory_limits"),
        (format!("{}UPDATE rules_versions SET window_until = null", interest("1.50", "'2027-12-31'")), "23514 rules_versions_statutory_limits"),
        (format!("{}UPDATE programmes SET instrument = 'interest_subsidy' WHERE code = 'V'", rules("V", "null", "null")),
            "23514 programmes_keep_instrument"),
    ];
    // a unique key that is checked at commit is an internal trigger, which an owner with triggers off skips: verify finds it
    let twice = format!("{0}{0}", payment_line("paid", "5", "'FT1', '2025-01-01'"));
    let client = opened().await.client("subsidy_app").await;
    assert_eq!(refusal(&client, &twice).await, "23505 payment_lines_reference_once");
    for role in ["subsidy_app", "subsidy_owner"] {
        let database = opened().await;
        let client = database.client(role).await;
        if role == "subsidy_owner" {
            client.batch_execute("SET session_replication_role = replica").await.expect("a superuser may");
        }
        for (sql, expected) in &cases {
            // each case finds the ledger as it was
            let sql = if *expected == "accepted" { format!("BEGIN;{sql};ROLLBACK") } else { sql.clone() };
            assert_eq!(refusal(&client, &sql).await, *expected, "{role}: {sql}");
        }
        for (sql, expected) in &beyond {
            let found = refusal(&client, sql).await;
            let denied = role == "subsidy_app" && found.starts_with("42501 permission denied for table ");
            assert!(denied || found == *expected, "{role}: {sql}: {found}");
        }
        let rows = client
            .query_one("SELECT count(*), (SELECT count(*) FROM entries) FROM log", &[])
            .await
            .expect("counts");
        assert_eq!((rows.get::<_, i64>(0), rows.get::<_, i64>(1)), (1, 2), "{role} left something behind");
    }
}

#[tokio::test]
async fn an_agency_begins_with_a_head_at_zero() {
    let database = TestDatabase::create().await;
    let app = database.client("subsidy_app").await;
    assert_eq!(refusal(&app, &log(0, 0)).await, "23514 log_grows_at_its_end");
    assert_eq!(refusal(&app, &newborn().replacen("(0,", "(7,", 1)).await, "23514 head_begins_at_zero");
    assert_eq!(refusal(&app, &newborn()).await, "accepted");
}

#[tokio::test]
async fn what_was_written_is_never_changed() {
    let database = opened().await;
    let app = database.client("subsidy_app").await;
    let owner = database.client("subsidy_owner").await;
    owner.batch_execute("SET session_replication_role = replica").await.expect("a superuser may");
    for (table, column) in [
        ("log", "kind"),
        ("entries", "account"),
        ("transitions", "kind"),
        ("calculations", "document"),
        ("idempotency", "subject"),
        ("tiles", "root"),
        ("bank_accounts", "sealed"),
        ("erasures", "document"),
    ] {
        let update = format!("UPDATE {table} SET {column} = {column}");
        for sql in [update, format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
            assert_eq!(
                refusal(&app, &sql).await,
                format!("42501 permission denied for table {table}"),
                "{sql}"
            );
            let verb = sql.split(' ').next().expect("a word");
            let expected = format!("23001 {verb} on {table} is refused: its rows are never changed");
            assert_eq!(refusal(&owner, &sql).await, expected);
        }
    }
    for (sql, expected) in [
        ("DELETE FROM head", "23001 DELETE on head is refused: its rows are never changed"),
        ("TRUNCATE head", "23001 TRUNCATE on head is refused: its rows are never changed"),
        ("TRUNCATE log, entries", "23001 TRUNCATE on log is refused: its rows are never changed"),
        ("DELETE FROM texts", "23001 DELETE on texts is refused: its rows are never changed"),
        ("TRUNCATE texts, erasures", "23001 TRUNCATE on texts is refused: its rows are never changed"),
    ] {
        assert_eq!(refusal(&owner, sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_text_goes_with_the_leaf_that_orders_it_and_not_otherwise() {
    let database = opened().await;
    let app = database.client("subsidy_app").await;
    let owner = database.client("subsidy_owner").await;
    owner.batch_execute("SET session_replication_role = replica").await.expect("a superuser may");
    let texts = "INSERT INTO texts VALUES (sha256('one'), 'salt', 'one'), (sha256('two'), 'salt', 'two')";
    assert_eq!(refusal(&app, texts).await, "accepted");
    let erase = "SELECT erase_text(sha256('one'));";
    let ordered = |sequence: i64| {
        format!("INSERT INTO erasures VALUES (sha256('one'), '2025-7', 'me', {sequence}, {sequence}, now());")
    };
    let leaf = |kind: &str| format!("{}{}", head(2), log(1, 0).replacen("'kind'", kind, 1));
    let unlogged = "23001 texts_erased_with_their_log";
    for (sql, expected) in [
        (erase.to_owned(), unlogged),
        (format!("{}{erase}", ordered(0)), unlogged),
        (format!("{}{}{erase}", leaf("'block_organisation'"), ordered(1)), unlogged),
        ("UPDATE texts SET body = 'other'".to_owned(), "42501 permission denied for table texts"),
        ("UPDATE texts SET salt = null, body = null".to_owned(), "42501 permission denied for table texts"),
        ("DELETE FROM erasures".to_owned(), "42501 permission denied for table erasures"),
    ] {
        assert_eq!(refusal(&app, &sql).await, expected, "{sql}");
    }
    let refused = "23001 UPDATE on texts is refused: a text stays as it is, or is erased by erase_text";
    for sql in ["UPDATE texts SET body = 'other'", "UPDATE texts SET salt = null, body = null"] {
        assert_eq!(refusal(&owner, sql).await, refused, "{sql}");
    }
    assert_eq!(refusal(&owner, erase).await, unlogged, "nor may an owner");
    let batch = format!("{}{}{erase}", leaf("'erase_text'"), ordered(1));
    assert_eq!(refusal(&app, &batch).await, "accepted");
    let sql = "SELECT count(*) FROM texts AS t JOIN erasures AS e USING (sha256)
                WHERE t.body IS NULL AND t.salt IS NULL AND e.document = '2025-7'";
    assert_eq!(owner.query_one(sql, &[]).await.expect("a row").get::<_, i64>(0), 1);
    let sql = "UPDATE texts SET salt = 'salt', body = 'one' WHERE sha256 = sha256('one')";
    assert_eq!(refusal(&owner, sql).await, refused, "nor does it come back");
}

#[tokio::test]
async fn refusals_are_numbered_and_their_number_never_falls() {
    let database = opened().await;
    let app = database.client("subsidy_app").await;
    for (sql, expected) in [
        ("UPDATE head SET refusals = 2", "accepted"),
        ("UPDATE head SET refusals = 1", "23514 head_moves_on"),
        (
            "INSERT INTO idempotency VALUES ('s', 'c', 'r', null, '{}', now(), sha256(''), null)",
            "23514 idempotency_refusals_numbered",
        ),
        (
            "INSERT INTO idempotency VALUES ('s', 'c', 'r', 0, null, now(), sha256(''), 1)",
            "23514 idempotency_refusals_numbered",
        ),
        ("INSERT INTO idempotency VALUES ('s', 'c', 'r', null, '{}', now(), sha256(''), 1)", "accepted"),
    ] {
        assert_eq!(refusal(&app, sql).await, expected, "{sql}");
    }
}

/// What a document was made with, and whatever else the role that serves has no business to change.
#[tokio::test]
async fn the_app_cannot_change_what_a_document_was_made_with() {
    let database = opened().await;
    let app = database.client("subsidy_app").await;
    for (table, column) in [
        ("head", "agency"),
        ("head", "sandbox"),
        ("organisations", "name"),
        ("programmes", "window_until"),
        ("rules_versions", "rules"),
        ("budget_changes", "amount"),
        ("rentals", "total"),
        ("loans", "annual_rate_percent"),
        ("vouchers", "created_by"),
        ("claims", "organisation"),
        ("recalculations", "amount"),
        ("objections", "text"),
        ("payment_batches", "created_by"),
        ("payment_lines", "payee"),
        ("payment_lines", "amount"),
        ("recoveries", "amount"),
        ("reversals", "created_by"),
        ("prefunds", "amount"),
        ("true_ups", "deducted"),
        ("evidence", "sha256"),
        ("usage_imports", "billed_total"),
        ("reference_rates", "percent"),
        ("totals", "account"),
        ("usage_rows", "amount"),
        ("public.agencies", "verifier_key"),
    ] {
        let name = table.rsplit('.').next().expect("a name");
        let expected = format!("42501 permission denied for table {name}");
        let sql = format!("UPDATE {table} SET {column} = {column}");
        assert_eq!(refusal(&app, &sql).await, expected, "{sql}");
    }
    let sql = "INSERT INTO public.agencies VALUES ('x')";
    assert_eq!(refusal(&app, sql).await, "42501 permission denied for table agencies");
}

#[tokio::test]
async fn the_app_cannot_say_which_transaction_wrote_a_log_row() {
    let database = opened().await;
    let app = database.client("subsidy_app").await;
    let forged =
        "INSERT INTO log (sequence, leaf, hash, line_count, kind, document, subject, recorded_at, xact)
                  VALUES (1, '', sha256(''), 0, 'k', 'd', 's', now(), pg_current_xact_id())";
    assert_eq!(refusal(&app, forged).await, "42501 permission denied for table log");
    let owner = database.client("subsidy_owner").await;
    // an owner may say what it likes: the trigger writes what is so
    let other = format!("{}{}", head(2), forged.replace("pg_current_xact_id())", "'3'::xid8)"));
    assert_eq!(refusal(&owner, &other).await, "accepted");
    let forged = "SELECT count(*) FROM log WHERE xact = '3'::xid8";
    assert_eq!(owner.query_one(forged, &[]).await.expect("rows").get::<_, i64>(0), 0);
}

#[tokio::test]
async fn every_trigger_fires_always() {
    let database = TestDatabase::create().await;
    let owner = database.client("subsidy_owner").await;
    let rows = owner
        .query(
            "SELECT c.relname || '.' || t.tgname, t.tgenabled = 'A' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
             WHERE NOT t.tgisinternal AND c.relnamespace = 'agency_test'::regnamespace",
            &[],
        )
        .await
        .expect("triggers");
    assert!(rows.len() >= 15, "{} triggers", rows.len());
    for row in rows {
        assert!(row.get::<_, bool>(1), "{} can be switched off", row.get::<_, String>(0));
    }
}

#[tokio::test]
async fn a_trigger_function_keeps_the_path_it_was_made_with() {
    let database = TestDatabase::create().await;
    let owner = database.client("subsidy_owner").await;
    let sql = "SELECT proname FROM pg_proc WHERE pronamespace = 'agency_test'::regnamespace AND proname LIKE 'check%'
               AND coalesce(array_to_string(proconfig, ';'), '') !~ 'search_path=agency_test, ?pg_temp(;|$)'";
    assert!(owner.query(sql, &[]).await.expect("functions").is_empty());
}

/// Privileges, by letter: a insert, r select, w update; column privileges in brackets.
const WHO_MAY: &str = "
    agency_test.applications      app=ar auditor=r w(project,evidence,status,amount,rules_version,calculation,experts,scores,submitted_at,reason,reviewed_by,version,updated_at)=app
    agency_test.audit_notes       app=ar auditor=r
    agency_test.awards            app=ar auditor=r w(status,tranches,objections,due_on,extended,extension,acceptance,settled,reason,version,updated_at)=app
    agency_test.balances          app=ar auditor=r w(amount)=app
    agency_test.bank_accounts     app=ar
    agency_test.budget_changes    app=ar auditor=r w(effective_date,status,approved_by,version,updated_at)=app
    agency_test.calculations      app=ar auditor=r
    agency_test.calendar_changes  app=ar auditor=r w(status,reason,decided_by,version,updated_at)=app
    agency_test.calendar_days     app=ar auditor=r w(kind,calendar,version,updated_at)=app
    agency_test.calls             app=ar auditor=r w(status,rules_version,applications,list,reason,decided_by,version,updated_at)=app
    agency_test.cap_groups        app=ar auditor=r w(status,caps,proposed,rejection,created_by,decided_by,version,updated_at)=app
    agency_test.claims            app=ar auditor=r w(payee,period_from,period_until,class,status,settlement,closing,amount,parts,held,fiscal_year,rules_version,calculation,interest_paid,penalty_interest,other_points,usage_sequence,invoices,evidence,other_funding,assessment,overrides,submitted_on,reviewed_on,reviewed_at,published_until,approved_on,batch,paid_on,payments,settled,recovered,corrected,freed,redrawn,last_sheet,pending,recalculated_on,objections,objections_open,objection_upheld,reason,submitted_by,reviewed_by,approved_by,version,updated_at)=app
    agency_test.contract_uses     app=ar auditor=r w(amount,refuses,live,period_from,period_until,items,invoiced,metered,netted,invoices,base)=app
    agency_test.entries           app=ar auditor=r
    agency_test.erasures          app=ar auditor=r
    agency_test.evidence          app=ar auditor=r
    agency_test.head              app=ar auditor=r w(next_sequence,frontier,recorded_at,semantics,business_date,related_programmes,closed_through,lost,limits,refusals,refusals_mac)=app
    agency_test.idempotency       app=ar auditor=r
    agency_test.invoices          app=ar auditor=r w(amount,original_code,original_number,einvoice,confirmed,allocated,holds,reversed,reversal,tax,buyer,buyer_name,seller,seller_name,issued_on,version,updated_at)=app
    agency_test.loan_uses         app=ar auditor=r w(period_from,period_until,points,principal,amount,base,refuses,live)=app
    agency_test.loans             app=ar auditor=r w(events,interest,version,updated_at)=app
    agency_test.log               app=r auditor=r a(sequence,leaf,hash,line_count,kind,document,effective_date,subject,recorded_at)=app
    agency_test.numbers           app=ar auditor=r w(last)=app
    agency_test.objections        app=ar auditor=r w(status,reason,resolved_by,version,updated_at)=app
    agency_test.organisations     app=ar auditor=r w(bank_name,bank_code,account_masked,account_mac,status,reason,version,updated_at,account_change,account_since)=app
    agency_test.participants      app=ar auditor=r w(people,version,updated_at)=app
    agency_test.payment_batches   app=ar auditor=r w(status,open,waiting,reason,approved_by,approved_on,version,updated_at)=app
    agency_test.payment_lines     app=ar auditor=r w(status,bank_reference,date,reason,reference_key,paid_in,proposed_result,recorded_by,version,updated_at)=app
    agency_test.people            app=ar auditor=r w(subject,version,updated_at,former)=app
    agency_test.periods           app=ar auditor=r w(status,books,closed_by,closed_at,reopened_by,reopened_at,reason,version,updated_at)=app
    agency_test.prefund_years     app=ar auditor=r w(opening,paid,deducted,rolled,returned,remaining,parts,since,newest,true_up,closed,version,updated_at)=app
    agency_test.prefunds          app=ar auditor=r w(status,parts,effective_date,reason,decided_by,version,updated_at)=app
    agency_test.programmes        app=ar auditor=r w(status,versions,approved_by,version,updated_at)=app
    agency_test.rankings          app=ar auditor=r w(status,published_on,reason,decided_by,version,updated_at)=app
    agency_test.recalculations    app=ar auditor=r w(status,rejection,recovery,decided_on,decided_by,version,updated_at)=app
    agency_test.recoveries        app=ar auditor=r w(status,received,written_off,cancelled,owed,receipts,decided_on,approved_by,version,updated_at,offsets,rejection,rejected_by)=app
    agency_test.reference_rates   app=ar auditor=r
    agency_test.reminders         app=ar auditor=r w(counted_from,term_days,due_on,told_on,times,version,updated_at)=app
    agency_test.rental_usage      app=ar auditor=r w(imports,totals,version,updated_at,invoices,periods,incomplete,replaced)=app
    agency_test.rentals           app=ar auditor=r
    agency_test.reversals         app=ar auditor=r w(status,effective_date,reversed_by,approved_by,version,updated_at)=app
    agency_test.revocations       app=ar auditor=r w(revoked_by,version,updated_at)=app
    agency_test.role_grants       app=ar auditor=r w(status,rejection,end_reason,decided_by,decided,decided_on,ended_by,ended,ended_on,version,updated_at)=app
    agency_test.rules_versions    app=ar auditor=r w(status,approved_by,approved_on,version,updated_at)=app
    agency_test.statutory_limits  app=ar auditor=r w(status,rejection,decided_by,version,updated_at)=app
    agency_test.tag_imports       app=ar auditor=r w(status,reason,decided_by,version,updated_at)=app
    agency_test.tags              app=ar auditor=r w(valid_until,status,ending,reason,decided_by,version,updated_at)=app
    agency_test.texts             app=ar
    agency_test.tiles             app=ar auditor=r
    agency_test.totals            app=ar auditor=r w(debit,credit)=app
    agency_test.transitions       app=ar auditor=r
    agency_test.true_ups          app=ar auditor=r w(reference_key,status,rejection,decided_on,decided_by,version,updated_at)=app
    agency_test.usage_errors      app=adr auditor=r
    agency_test.usage_imports     app=ar auditor=r w(status,deliveries,counting,pending,replacement_proposed_by,approved_by,reason,version,updated_at)=app
    agency_test.usage_rows        app=adr auditor=r w(ordinal)=app
    agency_test.usage_staged      app=adr auditor=r
    agency_test.usages            app=ar auditor=r w(amount,freed_on)=app
    agency_test.vouchers          app=ar auditor=r w(number,status,suspended_from,face,redeemed,held,released,expired,available,closed,reviewed_on,valid_from,valid_until,fiscal_year,rules_version,tier,calculation,assessment,overrides,reason,reviewed_by,issued_by,version,updated_at,reminded_days)=app
    public.accounts               app=ar w(agency,roles,organisation,password,provisional,factor,factor_step,recovery,disabled,changed_at,mac)=app
    public.agencies               app=r auditor=r
    public.sessions               app=adr w(seen_at)=app
    public.sign_in_tries          app=adr w(failures,since)=app
    public.sign_ins               app=adr
";

#[tokio::test]
async fn who_may_do_what_stands_in_this_table() {
    let database = TestDatabase::create().await;
    let owner = database.client("subsidy_owner").await;
    let sql = "
        WITH letters(privilege_type, letter) AS (VALUES
            ('INSERT', 'a'), ('SELECT', 'r'), ('UPDATE', 'w'), ('DELETE', 'd'), ('TRUNCATE', 'D'), ('REFERENCES', 'x'), ('TRIGGER', 't')),
        tables AS (
            SELECT oid, relnamespace::regnamespace || '.' || relname AS name, relacl, relowner FROM pg_class
             WHERE relkind IN ('r', 'v', 'm', 'S', 'p', 'f') AND relnamespace::regnamespace::text IN ('agency_test', 'public')
               AND relname <> '__diesel_schema_migrations'),
        whole AS (
            SELECT t.oid, replace(coalesce(r.rolname, 'PUBLIC'), 'subsidy_', '') AS role, string_agg(letter, '' ORDER BY letter) AS may
              FROM tables t CROSS JOIN aclexplode(t.relacl) a JOIN letters USING (privilege_type)
              LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> t.relowner GROUP BY 1, 2),
        columns AS (
            SELECT t.oid, replace(coalesce(r.rolname, 'PUBLIC'), 'subsidy_', '') AS role, letter,
                   string_agg(c.attname, ',' ORDER BY attnum) AS names
              FROM tables t JOIN pg_attribute c ON c.attrelid = t.oid CROSS JOIN aclexplode(c.attacl) a JOIN letters USING (privilege_type)
              LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> t.relowner GROUP BY 1, 2, 3)
        SELECT t.name, concat_ws(' ',
            (SELECT string_agg(role || '=' || may, ' ' ORDER BY role) FROM whole w WHERE w.oid = t.oid),
            (SELECT string_agg(letter || '(' || names || ')=' || role, ' ' ORDER BY letter) FROM columns c WHERE c.oid = t.oid))
          FROM tables t ORDER BY 1";
    let mut found = String::from("\n");
    for row in owner.query(sql, &[]).await.expect("privileges") {
        writeln!(found, "    {:<29} {}", row.get::<_, String>(0), row.get::<_, String>(1)).expect("a line");
    }
    assert_eq!(found, WHO_MAY, "found:{found}");
}

#[tokio::test]
async fn nobody_else_may_anything() {
    let database = TestDatabase::create().await;
    let owner = database.client("subsidy_owner").await;
    let sql = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'agency_test'::regnamespace
                  AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))";
    assert_eq!(
        owner.query_one(sql, &[]).await.expect("functions").get::<_, i64>(0),
        0,
        "functions open to PUBLIC"
    );
    let sql = "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'agency_test'";
    assert_eq!(
        owner.query_one(sql, &[]).await.expect("the schema").get::<_, String>(0),
        "{subsidy_owner=UC/subsidy_owner,subsidy_app=U/subsidy_owner,subsidy_auditor=U/subsidy_owner}"
    );
    let sql = "SELECT rolname FROM pg_roles WHERE rolname IN ('subsidy_app', 'subsidy_auditor')
                  AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR NOT rolcanlogin)";
    assert!(owner.query(sql, &[]).await.expect("roles").is_empty());
    let auditor = database.client("subsidy_auditor").await;
    for table in ["bank_accounts", "texts"] {
        let sql = format!("SELECT * FROM {table}");
        assert_eq!(refusal(&auditor, &sql).await, format!("42501 permission denied for table {table}"));
    }
    assert_eq!(
        refusal(&auditor, "INSERT INTO numbers VALUES ('s', 1)").await,
        "42501 permission denied for table numbers"
    );
    let app = database.client("subsidy_app").await;
    let sql = "UPDATE statutory_limits SET points_max = 9";
    assert_eq!(refusal(&app, sql).await, "42501 permission denied for table statutory_limits");
}

#[tokio::test]
async fn up_down_up_leaves_no_difference() {
    let database = TestDatabase::empty().await;
    let url = database.url("subsidy_owner");
    let nothing = dump(&url);
    let code = AgencyCode::parse("city_1").expect("a code");
    migrate::up(&url).await.expect("public");
    migrate::create_agency(&url, &code).await.expect("an agency");
    let first = dump(&url);
    assert!(first.contains("CREATE TABLE agency_city_1.recalculations"));
    assert!(first.contains("CREATE TABLE agency_city_1.evidence"));

    migrate::down(&url).await.expect("one back");
    let less = dump(&url);
    assert!(less != first && less.contains("agency_city_1.vouchers"), "the newest migration alone is undone");
    migrate::up(&url).await.expect("and on again");
    assert_eq!(dump(&url), first);
    migrate::redo(&url).await.expect("back and on");
    assert_eq!(dump(&url), first);

    migrate::away(&url).await.expect("all back");
    assert_eq!(dump(&url), nothing);
    migrate::up(&url).await.expect("public");
    migrate::create_agency(&url, &code).await.expect("an agency");
    migrate::create_agency(&url, &code).await.expect("twice is once");
    assert_eq!(dump(&url), first);
}

fn dump(url: &str) -> String {
    let binary = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/pg_dump")))
        .find(|path| path.exists())
        .unwrap_or_else(|| "pg_dump".into());
    let output =
        Command::new(binary).args(["--schema-only", "--dbname", url]).output().expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // a token of the dump's own
    text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")).fold(
        String::new(),
        |mut kept, line| {
            kept.push_str(line);
            kept.push('\n');
            kept
        },
    )
}

#[tokio::test]
async fn migrations_of_a_ledger_in_use_are_not_taken_back() {
    let database = opened().await;
    let owner = database.client("subsidy_owner").await;
    owner.batch_execute("UPDATE head SET sandbox = false").await.expect("no sandbox any more");
    let url = database.url("subsidy_owner");
    assert!(matches!(migrate::down(&url).await, Err(DatabaseError::HoldsLedger { .. })));
    assert!(matches!(migrate::away(&url).await, Err(DatabaseError::HoldsLedger { .. })));
    owner.batch_execute("UPDATE head SET sandbox = true").await.expect("a sandbox");
    migrate::redo(&url).await.expect("a sandbox may");
}

#[tokio::test]
async fn a_migration_moves_the_schema_version_of_the_head() {
    let database = opened().await;
    let owner = database.client("subsidy_owner").await;
    let url = database.url("subsidy_owner");
    let version = "SELECT schema_version FROM head";
    assert_eq!(
        owner.query_one(version, &[]).await.expect("a head").get::<_, i32>(0),
        migrate::SCHEMA_VERSION
    );
    migrate::down(&url).await.expect("one back");
    let numbers = std::fs::read_dir("migrations/agency").expect("migrations");
    let number = |name: String| name.split('_').next().and_then(|number| number.parse::<i32>().ok());
    let numbers = numbers.filter_map(|entry| number(entry.ok()?.file_name().into_string().ok()?));
    let before = numbers.filter(|number| *number < migrate::SCHEMA_VERSION).max();
    assert_eq!(Some(owner.query_one(version, &[]).await.expect("a head").get::<_, i32>(0)), before);
    migrate::up(&url).await.expect("on again");
    assert_eq!(
        owner.query_one(version, &[]).await.expect("a head").get::<_, i32>(0),
        migrate::SCHEMA_VERSION
    );
}

#[tokio::test]
async fn walks_at_once_agree() {
    let (one, other) = tokio::join!(TestDatabase::empty(), TestDatabase::empty());
    let (one, other) = (one.url("subsidy_owner"), other.url("subsidy_owner"));
    let (a, b, c) = tokio::join!(migrate::up(&one), migrate::up(&one), migrate::up(&other));
    a.and(b).and(c).expect("all end well");
    let code = AgencyCode::parse("x").expect("a code");
    let (a, b) = tokio::join!(migrate::create_agency(&one, &code), migrate::create_agency(&one, &code));
    a.and(b).expect("both end well");
}

#[tokio::test]
async fn an_agency_is_made_quickly() {
    let database = TestDatabase::create().await;
    let url = database.url("subsidy_owner");
    let start = Instant::now();
    migrate::create_agency(&url, &AgencyCode::parse("quick").expect("a code")).await.expect("made");
    let taken = start.elapsed();
    println!("an agency in {} ms", taken.as_millis());
    assert!(taken < Duration::from_millis(1500), "{taken:?}, while the machine had other work");
}
