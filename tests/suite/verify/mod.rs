//! Verification on a real database: a ledger verifies, and whatever is changed behind the service's back is found.

mod columns;
mod gone;
use crate::support::scenario;
mod story;
use crate::support;
use crate::support::written;

use std::sync::Arc;

use scenario::Step;
use subsidy_core::audit::OTHER_TABLES;
use subsidy_core::audit::verify::Findings;
use subsidy_core::book::{Command, Envelope};
use subsidy_core::vouchers::IssueVoucher;
use subsidy_ledger::cli::verify::{VerifyArgs, run};
use subsidy_proofs::verify::{Verdict, Verified, verify};
use subsidy_store::db::migrate;
use subsidy_store::documents;
use subsidy_store::engine::{Answer, Engine, Submission};
use support::{TestDatabase, agency, keys};
use tokio_postgres::Client;
use written::{connected, submission};

/// A ledger made through the engine, and how many leaves it has. Nobody is connected to it afterwards.
async fn ledger() -> (TestDatabase, u64) {
    let test = TestDatabase::create().await;
    let engine = Engine::new(connected(&test, "subsidy_app").await, Arc::new(keys()));
    let steps: Vec<Submission> =
        scenario::steps().iter().enumerate().map(|(n, s)| submission(n, s)).collect();
    let mut leaves = 0;
    for some in steps.chunks(40) {
        for answer in engine.submit_each(some.to_vec()).await {
            match answer {
                Ok(Answer::Accepted { members, .. }) => leaves += 1 + members.len(),
                other => panic!("{other:?}"),
            }
        }
    }
    engine.shut_down().await;
    (test, u64::try_from(leaves).expect("few"))
}

#[tokio::test]
async fn a_group_whose_members_rest_on_each_other_is_accepted_and_verifies() {
    let (test, leaves) = ledger().await;
    let engine = Engine::new(connected(&test, "subsidy_app").await, Arc::new(keys()));
    let members: Vec<Envelope> = scenario::voucher(1_000)
        .into_iter()
        .flat_map(|step| match step {
            Step::One(envelope) => vec![envelope],
            Step::All(members) => members,
        })
        .map(|envelope| match envelope.command {
            // the scenario ends in another year than it issues in
            Command::IssueVoucher(issue) => {
                let command = Command::IssueVoucher(IssueVoucher { effective_date: None, ..issue });
                Envelope { command, ..envelope }
            }
            _ => envelope,
        })
        .collect();
    let count = u64::try_from(members.len()).expect("few");
    let answer = engine.submit(submission(5_000, &Step::All(members))).await;
    assert!(matches!(&answer, Ok(Answer::Accepted { .. })), "{answer:?}");
    engine.shut_down().await;
    assert!(matches!(verdict(&test).await, Verdict::Good(found) if found.leaves == leaves + 1 + count));
}

async fn verdict(test: &TestDatabase) -> Verdict {
    verify(&connected(test, "subsidy_auditor").await, &agency(), |_| ()).await.expect("a verdict")
}

#[tokio::test]
async fn a_ledger_verifies_and_says_how_much_it_holds() {
    let (test, leaves) = ledger().await;
    let Verdict::Good(Verified { leaves: found, lines, .. }) = verdict(&test).await else {
        panic!("{:?}", verdict(&test).await)
    };
    assert_eq!(found, leaves);
    assert!(leaves > 300 && lines > 50, "{leaves} {lines}");

    let mut out = Vec::new();
    let args = VerifyArgs { agency: Some(agency()), ..VerifyArgs::default() };
    let good = run(&args, &connected(&test, "subsidy_auditor").await, &mut out).await.expect("a verdict");
    assert!(good);
    let said = String::from_utf8(out).expect("text");
    let expected = format!("agency test: {lines} lines posted, verified {leaves} entries\n");
    assert!(said.ends_with(&expected), "{said}");
    assert!(said.contains("compared with nothing outside the database"), "{said}");
    assert!(said.contains("sealed account numbers were not opened"), "{said}");

    let client = test.client("subsidy_owner").await;
    let fen = "ALTER TABLE entries DISABLE TRIGGER ALL; UPDATE entries SET amount = amount + 0.01 \
               WHERE (sequence, line) = (SELECT sequence, line FROM entries ORDER BY 1, 2 LIMIT 1)";
    client.batch_execute(fen).await.expect("changed");
    let mut out = Vec::new();
    let good = run(&args, &connected(&test, "subsidy_auditor").await, &mut out).await.expect("a verdict");
    assert!(!good);
    let first = number(&client, "SELECT min(sequence) FROM entries").await;
    let expected = format!(
        "agency test: sequence {first} does not verify: entries line 1 amount: stored 5000000.01, replayed 5000000.00\n\
         agency test: sequence {leaves} does not verify: catalogue: trigger entries."
    );
    let said = String::from_utf8(out).expect("text");
    assert!(said.starts_with(&expected) && said.lines().count() == 2, "{said}");
}

#[tokio::test]
async fn an_empty_schema_verifies_and_an_unknown_agency_does_not_exist() {
    let test = TestDatabase::create().await;
    assert!(matches!(verdict(&test).await, Verdict::Good(Verified { leaves: 0, lines: 0, .. })));
    let mut out = Vec::new();
    let all = VerifyArgs { json: true, ..VerifyArgs::default() };
    let none = run(&all, &connected(&test, "subsidy_auditor").await, &mut out).await.expect_err("no agency");
    assert_eq!(none.into_failure().exit_code(), 1);
    assert!(out.is_empty());
    let other = subsidy_core::domain::AgencyCode::parse("other").expect("a code");
    verify(&connected(&test, "subsidy_auditor").await, &other, |_| ()).await.expect_err("no such agency");
}

#[tokio::test]
async fn what_was_paid_before_payments_were_listed_is_listed_by_the_migration() {
    let test = TestDatabase::create().await;
    let first = |step: &Step| matches!(step, Step::One(e) if e.command.kind() == "propose_recalculation");
    let before = scenario::steps().iter().position(first).expect("a recalculation");
    written::play(&test, 0..before).await;
    let client = test.client("subsidy_owner").await;
    let listed = "SELECT count(*) FROM claims WHERE status = 'paid' AND jsonb_array_length(payments) = 1";
    assert_eq!(number(&client, listed).await, 1);
    let url = test.url("subsidy_owner");
    migrate::down(&url).await.expect("one back");
    migrate::up(&url).await.expect("on again");
    assert_eq!(number(&client, listed).await, 1);
    let found = verdict(&test).await;
    assert!(matches!(found, Verdict::Good(_)), "{found:?}");
}

async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap_or_else(|e| panic!("{e}: {sql}")).get(0)
}

/// What is done, which sequence answers for it (asked before it is done), and where it is found.
struct Tampering {
    sql: String,
    sequence: String,
    place: &'static str,
}

fn case(sql: impl Into<String>, sequence: impl Into<String>, place: &'static str) -> Tampering {
    Tampering { sql: sql.into(), sequence: sequence.into(), place }
}

/// Rows of documents are changed: the leaf that wrote them last answers for it.
fn changed(table: &str, set: &str, rows: &str, place: &'static str) -> Tampering {
    let first = |column: &str| format!("SELECT {column} FROM {table} WHERE {rows} ORDER BY version LIMIT 1");
    case(format!("UPDATE {table} SET {set} WHERE ctid = ({})", first("ctid")), first("version"), place)
}

/// What stands under a leaf's sequence is changed.
fn of_leaf(sequence: u64, table: &str, set: &str, place: &'static str) -> Tampering {
    let sql = format!("UPDATE {table} SET {set} WHERE sequence = {sequence}");
    case(sql, format!("SELECT {sequence}::bigint"), place)
}

/// One document, and the table that it is in.
type One = (&'static str, &'static str);

/// A voucher that was issued and not changed again.
const ISSUED: One = (
    "vouchers",
    "(SELECT id FROM vouchers WHERE status = 'issued' AND reason IS NULL ORDER BY version OFFSET 3 LIMIT 1)",
);
/// A claim on a contract that was filed and not decided.
const FILED: One = ("claims", "(SELECT id FROM claims WHERE rental IS NOT NULL AND status = 'submitted')");

fn document_of((table, id): One, set: &str, place: &'static str) -> Tampering {
    changed(table, set, &format!("id = {id}"), place)
}

/// What a document takes of its contract is changed.
fn use_of((table, id): One, set: &str, place: &'static str) -> Tampering {
    let sql = format!("UPDATE contract_uses SET {set} WHERE document = {id}");
    case(sql, format!("SELECT version FROM {table} WHERE id = {id}"), place)
}

const LAST: &str = "SELECT max(sequence) FROM log";
#[rustfmt::skip]
fn cases() -> Vec<Tampering> {
    vec![
        case("UPDATE entries SET amount = amount - 0.01 WHERE line = 2 AND sequence = (SELECT max(sequence) FROM entries)",
            "SELECT max(sequence) FROM entries", "entries line 2 amount"),
        case("UPDATE entries SET amount = amount + 0.01 WHERE sequence = (SELECT sequence FROM entries WHERE sequence > 50 \
             ORDER BY 1 LIMIT 1)", "SELECT min(sequence) FROM entries WHERE sequence > 50", "entries line 1 amount"),
        case("INSERT INTO entries SELECT sequence, 3, account, side, amount, programme, organisation, level, fiscal_year, \
             effective_date, document FROM entries WHERE sequence = (SELECT min(sequence) FROM entries WHERE sequence > 50) AND line = 1",
            "SELECT min(sequence) FROM entries WHERE sequence > 50", "entries line 3: stored, but"),
        case("INSERT INTO entries SELECT 999999, line, account, side, amount, programme, organisation, level, fiscal_year, \
             effective_date, document FROM entries WHERE sequence = (SELECT max(sequence) FROM entries)",
            "SELECT max(sequence) + 1 FROM log", "entries sequence 999999"),
        case("DELETE FROM entries WHERE sequence = (SELECT min(sequence) FROM entries WHERE sequence > 50)",
            "SELECT min(sequence) FROM entries WHERE sequence > 50", "entries line 1: missing"),
        case("UPDATE balances SET amount = amount + 0.01 WHERE account = 'B2003'",
            "SELECT max(sequence) FROM entries WHERE account = 'B2003'", "balances B2003 voucher2026 amount"),
        case("INSERT INTO balances VALUES ('B2006', 'voucher2026', '', 0)", LAST, "balances B2006 voucher2026: stored, but"),
        case("UPDATE totals SET debit = debit + 0.01, credit = credit + 0.01 WHERE account = 'B1001' AND debit > 0 AND \
             programme = 'voucher2026'",
            "SELECT max(sequence) FROM entries WHERE account = 'B1001' AND programme = 'voucher2026' AND effective_date = \
             (SELECT min(effective_date) FROM totals WHERE account = 'B1001' AND debit > 0)", "totals B1001"),
        case("UPDATE totals SET flow = 'expired' WHERE account = 'B2003' AND flow = 'issued' AND effective_date = (SELECT \
             min(effective_date) FROM totals WHERE flow = 'issued')",
            "SELECT max(e.sequence) FROM entries AS e JOIN log AS l ON l.sequence = e.sequence WHERE e.account = 'B2003' AND \
             l.kind = 'issue_voucher' AND e.effective_date = (SELECT min(effective_date) FROM entries WHERE account = 'B2003')",
            "totals B2003"),
        document_of(ISSUED, "status = 'redeemed'", "status: stored redeemed, replayed issued"),
        document_of(ISSUED, "face = face + 0.01, available = available + 0.01", "face"),
        use_of(ISSUED, "live = false", "live: stored false, replayed true"),
        use_of(FILED, "period_until = period_until - 1", "period_until: stored 2026-02-28, replayed 2026-03-01"),
        use_of(FILED, "items = jsonb_set(items, '{0,amount}', '\"0.03\"')", "items"),
        use_of(FILED, "invoiced = true", "invoiced: stored true, replayed false"),
        use_of(FILED, "invoices = invoices || '[{\"invoice\": {\"number\": \"24312000000000000001\"}, \"amount\": \"1.00\"}]'",
            "invoices: stored"),
        document_of(FILED, "usage_sequence = 5", "usage_sequence: stored 5, replayed nothing"),
        changed("calendar_days", "kind = 'workday'", "date = '2026-03-02'",
            "calendar_days 2026-03-02 kind: stored workday, replayed holiday"),
        changed("cap_groups", "caps = '{\"annual\": \"1.00\"}'", "true", "caps"),
        changed("statutory_limits", "points_max = 9", "status = 'approved'", "points_max: stored 9.000000, replayed 2.500000"),
        changed("calendar_changes", "document = 'x'", "status = 'proposed'", "document: stored x, replayed"),
        changed("payment_batches", "name_max = 14", "status = 'settled'", "name_max: stored 14, replayed 140"),
        changed("payment_lines", "reference_key = 'ft2'", "status = 'paid'", "reference_key: stored ft2, replayed ft6l"),
        changed("payment_batches", "total = total + 0.01", "status = 'settled'", "total"),
        changed("payment_lines", "bank_reference = 'FT2'", "status = 'paid'", "bank_reference: stored FT2, replayed FT61"),
        changed("loans", "events = jsonb_set(events, '{0,change,drawdown}', '\"30000000.01\"')", "loan_no = '贷-1'", "events"),
        changed("loans", "interest = jsonb_set(interest, '{0,interest_paid}', '\"285277.79\"')", "loan_no = '贷-1'", "interest"),
        case("UPDATE loan_uses SET live = false WHERE programme = 'interest2026'",
            "SELECT version FROM claims WHERE programme = 'interest2026'", "live: stored false, replayed true"),
        case("UPDATE loan_uses SET principal = '[]' WHERE programme = 'interest2026'",
            "SELECT version FROM claims WHERE programme = 'interest2026'", "principal"),
        changed("claims", "interest_paid = 285277.79", "programme = 'interest2026'",
            "interest_paid: stored 285277.79, replayed 285277.78"),
        case("UPDATE calculations SET points_max = 1.4 WHERE points_max IS NOT NULL",
            "SELECT min(sequence) FROM calculations WHERE points_max IS NOT NULL", "points_max"),
        changed("vouchers", "reminded_days = 7", "reminded_days IS NOT NULL", "reminded_days: stored 7, replayed 366"),
        changed("organisations", "account_mac = repeat('0', 64)", "account_since IS NOT NULL", "account_mac"),
        changed("organisations", "account_since = NULL", "account_since IS NOT NULL", "account_since"),
        changed("organisations", "account_change = NULL", "account_change IS NOT NULL", "account_change"),
        changed("recoveries", "offsets = jsonb_set(offsets, '{0,date}', '\"2026-03-01\"')", "true", "offsets"),
        changed("recalculations", "difference = difference - 0.01", "status = 'approved'", "difference"),
        changed("objections", "text = '\\x00'", "status = 'open'", "text"),
        changed("claims", "payments = jsonb_set(payments, '{0,date}', '\"2026-03-01\"')",
            "status = 'paid' AND batch IS NOT NULL", "payments"),
        changed("claims", "payments = jsonb_set(payments, '{0,by,prefund}', '2025')", "programme = 'prefund2026'", "payments"),
        changed("prefunds", "fiscal_year = 2027", "status = 'approved'", "fiscal_year: stored 2027, replayed 2026"),
        changed("prefund_years",
            "deducted = deducted - 0.01, remaining = remaining + 0.01, parts = jsonb_set(parts, '{0,amount}', '\"8750.01\"')",
            "true", "deducted: stored 1249.99, replayed 1250.00"),
        changed("true_ups",
            "deducted = deducted - 1, stated_deducted = stated_deducted - 1, parts = jsonb_set(parts, '{0,amount}', '\"8751.00\"')",
            "true", "deducted: stored 1249.00, replayed 1250.00"),
        case("UPDATE balances SET amount = amount + 0.01 WHERE account = 'F1214' AND programme = 'prefund2026'",
            "SELECT max(sequence) FROM entries WHERE account = 'F1214' AND programme = 'prefund2026'", "balances F1214 prefund2026"),
        case("UPDATE claims SET pending = NULL", "SELECT version FROM claims WHERE pending IS NOT NULL", "pending"),
        changed("periods", "books = jsonb_set(jsonb_set(books, '{B,debit}', '\"1.00\"'), '{B,credit}', '\"1.00\"')",
            "month = '2026-03'", "periods 2026-03 books"),
        changed("periods", "status = 'closed'", "month = '2026-03'", "periods 2026-03 status: stored closed, replayed open"),
        case("UPDATE head SET closed_through = '2026-03-31'", LAST, "head closed_through"),
        changed("reversals", "created_by = 'x'", "true", "created_by: stored x"),
        changed("budget_changes", "status = 'approved'", "status = 'reversed'", "status: stored approved, replayed reversed"),
        changed("recoveries", "decision_no = 'x'", "true", "decision_no"),
        changed("claims", "payee = provider", "closing", "payee"),
        changed("claims", "invoices = '[]'", "closing", "invoices"),
        changed("invoices", "allocated = allocated - 0.01", "true",
            "/24312000000000000001 allocated: stored 20000.32, replayed 20000.33"),
        changed("invoices", "buyer = 'other'", "true", "buyer: stored other"),
        changed("evidence", "sha256 = sha256('another')", "kind = 'delivery'", "sha256"),
        changed("rentals", "lines = jsonb_set(lines, '{0,amount}', '\"1.00\"')", "contract_no = 'C-0007'", "lines"),
        changed("rules_versions", "rules = jsonb_set(rules, '{items,0,ratio_percent}', '\"99\"')", "number = 2",
            "rules_versions voucher2026/2 rules"),
        changed("programmes", "window_until = window_until + 1", "code = 'voucher2026'", "programmes voucher2026 window_until"),
        changed("budget_changes", "amount = amount + 1", "kind = 'adjustment'", "amount: stored -19999.01, replayed -20000.01"),
        changed("reference_rates", "percent = 3.6", "true", "reference_rates lpr5y/2026-02-20 percent"),
        case("UPDATE usages SET amount = amount - 0.01 WHERE year = 0 AND counts = 'issue' AND organisation = (SELECT \
             min(organisation) FROM usages)",
            "SELECT max(t.sequence) FROM transitions AS t JOIN vouchers AS v ON v.id::text = t.document WHERE t.to_status IN \
             ('issued', 'cancelled') AND t.from_status <> 'suspended' AND v.organisation = (SELECT min(organisation) FROM usages)",
            "usages voucher2026"),
        case("UPDATE numbers SET last = last - 1 WHERE series = 'voucher/voucher2026/2026'",
            "SELECT max(sequence) FROM transitions WHERE from_status = 'reviewed' AND to_status = 'issued'",
            "numbers voucher/voucher2026/2026 last"),
        of_leaf(33, "log", "leaf = set_byte(leaf, 40, get_byte(leaf, 40) # 1)", "log hash"),
        of_leaf(33, "log", "hash = set_byte(hash, 4, get_byte(hash, 4) # 1)", "log hash"),
        case("WITH l AS (SELECT sequence, convert_to(replace(convert_from(leaf, 'UTF8'), '\"status\":\"issued\"', \
             '\"status\":\"redeemed\"'), 'UTF8') AS leaf FROM log) UPDATE log SET leaf = l.leaf, hash = sha256('\\x00'::bytea || l.leaf) FROM l WHERE log.sequence = l.sequence AND log.sequence = (SELECT max(sequence) FROM log WHERE kind = 'issue_voucher')",
            "SELECT max(sequence) FROM log WHERE kind = 'issue_voucher'", "outcome/voucher/voucher/status"),
        case("WITH l AS (SELECT sequence, convert_to(replace(convert_from(leaf, 'UTF8'), 'C-0003', 'X-0003'), 'UTF8') AS leaf \
             FROM log) UPDATE log SET leaf = l.leaf, hash = sha256('\\x00'::bytea || l.leaf) FROM l WHERE log.sequence = l.sequence; UPDATE rentals SET contract_no = 'X-0003', contract_fold = replace(contract_fold, 'c-', 'x-') WHERE contract_no = 'C-0003'",
            "SELECT version FROM rentals WHERE contract_no = 'C-0003'", "tiles level 0 index 0 data"),
        case("UPDATE log AS a SET leaf = b.leaf, hash = b.hash, document = b.document FROM log AS b WHERE (a.sequence, \
             b.sequence) IN ((80, 81), (81, 80))", "SELECT 80::bigint", "sequence: stored 81, replayed 80"),
        case("DELETE FROM entries WHERE sequence = (SELECT max(sequence) FROM log); DELETE FROM transitions WHERE sequence = \
             (SELECT max(sequence) FROM log); DELETE FROM log WHERE sequence = (SELECT max(sequence) FROM log)", LAST,
            "log: missing"),
        case("DELETE FROM log WHERE sequence = 100", "SELECT 100::bigint", "log: missing"),
        of_leaf(44, "log", "kind = 'open_group'", "log kind"),
        of_leaf(44, "log", "effective_date = '2026-12-31'", "log effective_date"),
        of_leaf(44, "log", "subject = 'someone'", "log subject"),
        of_leaf(44, "log", "line_count = line_count + 1", "log line_count"),
        of_leaf(44, "log", "recorded_at = recorded_at + interval '1 microsecond'", "log recorded_at"),
        case("DELETE FROM organisations WHERE credit_code = (SELECT max(credit_code) FROM organisations)",
            "SELECT version FROM organisations WHERE credit_code = (SELECT max(credit_code) FROM organisations)", ": missing"),
        case("INSERT INTO reference_rates VALUES ('lprly', 'LPR1Y', '2026-02-20', 3, 'x', 5, 5, now())", "SELECT 5::bigint",
            "reference_rates lprly/2026-02-20: stored, but"),
        of_leaf(60, "transitions", "to_status = 'rejected'", "transitions step 0 to_status"),
        case("UPDATE calculations SET sheet = jsonb_set(sheet, '{amount}', '\"1.00\"') WHERE sequence = (SELECT max(sequence) \
             FROM calculations)", "SELECT max(sequence) FROM calculations", "sheet"),
        case("INSERT INTO calculations SELECT document, 9, sequence, sheet FROM calculations ORDER BY sequence LIMIT 1",
            "SELECT min(sequence) FROM calculations", "version 9: stored, but"),
        case("UPDATE tiles SET data = set_byte(data, 77 * 32 + 5, get_byte(data, 77 * 32 + 5) # 1)", "SELECT 77::bigint",
            "tiles level 0 index 0 data"),
        case("UPDATE tiles SET root = set_byte(root, 5, get_byte(root, 5) # 1)", "SELECT 255::bigint",
            "tiles level 0 index 0 root"),
        case("INSERT INTO tiles SELECT 1, 0, data, root FROM tiles", LAST, "tiles level 1 index 0: stored, but"),
        case("UPDATE head SET frontier = set_byte(frontier, 5, get_byte(frontier, 5) # 1)", LAST, "head frontier"),
        case("UPDATE head SET next_sequence = next_sequence - 1", LAST, "head next_sequence"),
        case("UPDATE head SET related_programmes = '[\"voucher2026\"]'", LAST, "head related_programmes"),
        case("UPDATE head SET business_date = business_date + 1", LAST, "head business_date"),
        case("UPDATE head SET agency = 'other'", LAST, "head agency"),
        of_leaf(2, "idempotency", "sequence = (SELECT max(sequence) FROM log WHERE subject = 'approver-1')",
            "sequence: stored"),
        // two at once: the first bad sequence is the first of all
        case(
            format!("UPDATE log SET kind = 'x' WHERE sequence = 222; UPDATE vouchers SET status = 'redeemed' WHERE id = {}", ISSUED.1),
            format!("SELECT version FROM vouchers WHERE id = {}", ISSUED.1), "status"),
    ]
}

const UNGUARDED: &str = "DO $$ DECLARE t text; BEGIN \
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'agency_test' LOOP \
    EXECUTE format('ALTER TABLE agency_test.%I DISABLE TRIGGER ALL', t); END LOOP; END $$";

#[tokio::test]
async fn whatever_is_changed_behind_the_services_back_is_found() {
    let (ledger, _) = ledger().await;
    let mut wrong = Vec::new();
    let cases = cases();
    for Tampering { sql, sequence, place } in &cases {
        let test = ledger.copy().await;
        let client = test.client("subsidy_owner").await;
        client.batch_execute(UNGUARDED).await.expect("no triggers");
        let expected = number(&client, sequence).await;
        client.batch_execute(sql).await.unwrap_or_else(|e| panic!("{:?}: {sql}", e.as_db_error()));
        match verdict(&test).await {
            Verdict::Bad(findings)
                if answers(&findings, expected) && findings.to_string().contains(place) => {}
            other => wrong.push(format!("{sql}\n  expected {expected} {place}\n  {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test]
async fn of_many_places_the_first_hundred_are_named_and_the_others_counted() {
    let (test, _) = ledger().await;
    let client = test.client("subsidy_owner").await;
    client.batch_execute(UNGUARDED).await.expect("no triggers");
    let changed = "UPDATE entries SET amount = amount + 1, programme = programme || 'x'";
    let lines = client.execute(changed, &[]).await.expect(changed);
    client
        .batch_execute("ALTER TABLE entries SET (fillfactor = 71)")
        .await
        .expect("a change of the catalogue");
    // each line differs in two columns; the catalogue stands behind the last leaf
    let all = 2 * lines + 1;
    assert!(all > 300, "{all}");
    let text = said_of(&test, false).await;
    assert_eq!(text.lines().count(), 101, "{text}");
    assert!(text.ends_with(&format!("agency test: {} more do not verify\n", all - 100)), "{text}");
    let said: serde_json::Value = serde_json::from_str(&said_of(&test, true).await).expect("JSON");
    let said = &said[0];
    assert_eq!((&said["found"], &said["complete"]), (&all.into(), &true.into()));
    let sequences: Vec<_> =
        said["findings"].as_array().expect("a list").iter().map(|one| one["sequence"].as_u64()).collect();
    assert!(sequences.len() == 100 && sequences.is_sorted(), "{sequences:?}");
    // a log that breaks off says nothing of what follows
    client.batch_execute("UPDATE log SET leaf = leaf || ' ' WHERE sequence = 5").await.expect("a leaf");
    let text = said_of(&test, false).await;
    assert!(text.ends_with("agency test: because of this the rest was not looked at\n"), "{text}");
}

/// What the command says of a ledger that does not verify.
async fn said_of(test: &TestDatabase, json: bool) -> String {
    let (args, mut out) = (VerifyArgs { json, ..VerifyArgs::default() }, Vec::new());
    let good = run(&args, &connected(test, "subsidy_auditor").await, &mut out).await.expect("a verdict");
    assert!(!good);
    String::from_utf8(out).expect("text")
}

fn answers(findings: &Findings, expected: i64) -> bool {
    let first = findings.first().map(|first| first.sequence.number());
    u64::try_from(expected).is_ok_and(|expected| first == Some(expected))
}

#[tokio::test]
async fn every_table_of_an_agency_is_listed_with_how_it_is_verified() {
    let test = TestDatabase::create().await;
    let client = test.client("subsidy_owner").await;
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'agency_test' ORDER BY 1";
    let mut there: Vec<String> =
        client.query(sql, &[]).await.expect("tables").iter().map(|row| row.get(0)).collect();
    let others = OTHER_TABLES.iter().map(|(table, _, _)| table);
    let mut listed: Vec<String> = documents::TABLES.iter().chain(others).map(ToString::to_string).collect();
    there.sort();
    listed.sort();
    assert_eq!(listed, there);
}

/// Two hours of compute, one of them of another month, and a correction.
const BILL: &str = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass,\
ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceCategory,ServiceName,ResourceId,InvoiceId
1.000000000000000001,a,CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,,2026-01-31T15:00:00Z,2026-01-31T17:00:00Z,p,Compute,s,r,24312000000000000001
2,a,CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,NULL,2026-01-05T00:00:00Z,2026-01-05T01:00:00Z,p,Storage,s,r,
-0.5,a,CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,Correction,2026-01-05T00:00:00Z,2026-01-05T01:00:00Z,p,Storage,s,r,
x,a,CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,,2026-01-05T00:00:00Z,2026-01-05T01:00:00Z,p,Storage,s,r,
";

/// A change of rows of billing files, what undoes it, and where it is found.
const BILL_CASES: &[(&str, &str, &str)] = &[
    (
        "UPDATE usage_rows SET amount = '3.00' WHERE row = 2",
        "UPDATE usage_rows SET amount = '2.00' WHERE row = 2",
        "usage_rows of import",
    ),
    (
        "UPDATE usage_rows SET amount = 'x' WHERE row = 2",
        "UPDATE usage_rows SET amount = '2.00' WHERE row = 2",
        "usage_rows of import",
    ),
    (
        "UPDATE usage_rows SET resource = 'q' WHERE row = 1",
        "UPDATE usage_rows SET resource = 'r' WHERE row = 1",
        "usage_rows of import",
    ),
    (
        "UPDATE usage_rows SET row = 9 WHERE row = 3",
        "UPDATE usage_rows SET row = 3 WHERE row = 9",
        "usage_rows of import",
    ),
    (
        "UPDATE usage_imports SET accepted = 2, rejected = 2",
        "UPDATE usage_imports SET accepted = 3, rejected = 1",
        "accepted: stored 2, replayed 3",
    ),
    (
        "UPDATE rental_usage SET totals = jsonb_set(totals, '{0,amount}', '\"0.51\"')",
        "UPDATE rental_usage SET totals = jsonb_set(totals, '{0,amount}', '\"0.5000000000000000005\"')",
        "totals",
    ),
    (
        "UPDATE rental_usage SET invoices = jsonb_set(invoices, '{0,amount}', '\"0.51\"')",
        "UPDATE rental_usage SET invoices = jsonb_set(invoices, '{0,amount}', '\"0.5000000000000000005\"')",
        "invoices",
    ),
    (
        "UPDATE usage_rows SET invoice = NULL WHERE row = 1",
        "UPDATE usage_rows SET invoice = '24312000000000000001' WHERE row = 1",
        "usage_rows of import",
    ),
    (
        "INSERT INTO usage_rows SELECT (json_populate_record(u, '{\"import\": \"00000000-0000-0000-0000-000000000001\"}')).* FROM usage_rows AS u WHERE row = 1",
        "DELETE FROM usage_rows WHERE import = '00000000-0000-0000-0000-000000000001'",
        "usage_rows of no import",
    ),
    (
        "UPDATE usage_rows SET billing_period = '2026-02' WHERE row = 1",
        "UPDATE usage_rows SET billing_period = '2026-01' WHERE row = 1",
        "usage_rows of import",
    ),
    (
        "UPDATE usage_imports SET counting = '[]'",
        "UPDATE usage_imports SET counting = '[\"2026-01\"]'",
        "counting: stored",
    ),
    (
        "UPDATE usage_imports SET deliveries = jsonb_set(deliveries, '{0,refused}', '[]')",
        "UPDATE usage_imports SET deliveries = jsonb_set(deliveries, '{0,refused}', '[{\"month\": \"2026-01\", \"rows\": \"1\"}]')",
        "deliveries: stored",
    ),
    (
        "UPDATE rental_usage SET incomplete = jsonb_set(incomplete, '{0,rows}', '\"2\"')",
        "UPDATE rental_usage SET incomplete = jsonb_set(incomplete, '{0,rows}', '\"1\"')",
        "incomplete: stored",
    ),
    (
        "UPDATE usage_errors SET code = 'value_missing'",
        "UPDATE usage_errors SET code = 'invalid_number'",
        "usage_errors of import",
    ),
    ("UPDATE usage_errors SET found = NULL", "UPDATE usage_errors SET found = 'x'", "usage_errors of import"),
    (
        "INSERT INTO usage_errors VALUES ('00000000-0000-0000-0000-000000000001', 1, 0, NULL, 'row_ragged', NULL)",
        "DELETE FROM usage_errors WHERE import = '00000000-0000-0000-0000-000000000001'",
        "usage_errors of no import",
    ),
    ("DELETE FROM usage_rows WHERE row = 1", "", "usage_rows of import"),
];

#[tokio::test]
async fn rows_of_billing_files_changed_behind_the_services_back_are_found() {
    let (test, leaves) = ledger().await;
    let engine = Engine::new(connected(&test, "subsidy_app").await, Arc::new(keys()));
    let client = test.client("subsidy_owner").await;
    assert_eq!(written::bill(&test, &engine, BILL).await, (3, 1));
    engine.shut_down().await;
    assert!(
        matches!(verdict(&test).await, Verdict::Good(found) if found.leaves == leaves + 1),
        "{:?}",
        verdict(&test).await
    );
    client.batch_execute("UPDATE usage_rows SET service = service").await.expect_err("rows that count stay");
    client.batch_execute("DELETE FROM usage_staged").await.expect_err("a mark stays while its import counts");
    client.batch_execute(UNGUARDED).await.expect("the superuser may");
    for (tamper, undo, place) in BILL_CASES {
        client.batch_execute(tamper).await.expect(tamper);
        match verdict(&test).await {
            Verdict::Bad(findings) => {
                assert!(findings.to_string().contains(place), "{tamper}: {findings}");
                let first = findings.first().map(|first| first.sequence.number());
                assert_eq!(first, Some(leaves), "{tamper}: {findings}");
            }
            Verdict::Good(_) => panic!("{tamper} is not found"),
        }
        client.batch_execute(undo).await.expect(undo);
    }
}
