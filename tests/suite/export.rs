//! Exports and receipts: they verify by themselves, tools that we did not write agree, and a log that was cut off or
//! rewritten, however consistently, is found by an older checkpoint.

use crate::support;
use crate::support::written;

use std::path::Path;
use std::process::Command;

use subsidy_core::audit::export::Damage;
use subsidy_core::audit::note::SigningKey;
use subsidy_core::audit::since::KeptCheckpoint;
use subsidy_ledger::cli::verify::{VerifyArgs, run};
use subsidy_proofs::exports::{Depth, ExportCheck, ExportError, Trust, check, write};
use subsidy_proofs::verify::{Outside, Verdict, verify_against};
use support::{TestDatabase, agency};
use written::{Folder, connected, export, key, play, register, steps};

fn checked(folder: &Path, trust: &Trust) -> Result<ExportCheck, Damage> {
    check(folder, trust, Depth::Replay, |_| ()).expect("a verdict")
}

fn kept(folder: &Folder) -> KeptCheckpoint {
    KeptCheckpoint { name: "old checkpoint".to_owned(), note: folder.text("checkpoint") }
}

fn since(folder: &Folder) -> Trust {
    Trust { key: Some(key().verifier_key()), since: vec![kept(folder)] }
}

#[tokio::test]
async fn an_export_verifies_by_itself_and_holds_what_an_auditor_reads() {
    let test = written::ledger().await;
    let (folder, written) = export(&test).await;
    let found = checked(&folder.0, &Trust::default()).expect("good");
    assert_eq!((&found.checkpoint, found.lines), (&written.checkpoint, Some(written.lines)));
    assert_eq!(found.key, key().verifier_key());
    assert!(written.checkpoint.size > 300 && written.lines > 50, "{written:?}");
    assert!(checked(&folder.0, &since(&folder)).is_ok());

    let entries = folder.text("tables/entries.csv");
    let head = "\u{feff}sequence,line,account,side,amount,programme,organisation,level,fiscal_year,effective_date,document\n";
    assert!(entries.starts_with(head), "{entries:.200}");
    assert_eq!(u64::try_from(entries.lines().count()), Ok(written.lines + 1));
    assert!(
        folder
            .text("tables/accounts.csv")
            .contains("\nB2001,B,credit,0.00,可用指标,available appropriation\n")
    );
    assert!(folder.text("tables/balances.csv").contains("\nB1001,voucher2026,,"));
    assert!(folder.text("tables/budget_changes.csv").contains(",-20000.01,2026,"));
    for table in ["organisations", "programmes", "rules_versions", "rentals", "vouchers", "transitions"] {
        assert!(folder.text(&format!("tables/{table}.csv")).lines().count() > 1, "{table}");
    }

    let refused =
        write(&connected(&test, "subsidy_auditor").await, &agency(), &folder.0, &key(), |_| ()).await;
    assert!(matches!(refused, Err(ExportError::NotEmpty(_))), "{refused:?}");
}

#[tokio::test]
async fn the_tree_alone_is_held_to_the_signature_and_says_nothing_of_the_sheets() {
    let test = written::ledger().await;
    let (folder, written) = export(&test).await;
    let tree = || check(&folder.0, &since(&folder), Depth::Tree, |_| ()).expect("a verdict");
    let found = tree().expect("good");
    assert_eq!((&found.checkpoint, found.lines), (&written.checkpoint, None));

    let sheet = folder.0.join("tables/balances.csv");
    let changed = folder.text("tables/balances.csv").replacen(".00", ".01", 1);
    std::fs::write(sheet, changed).expect("written");
    assert!(tree().is_ok());
    assert!(checked(&folder.0, &Trust::default()).is_err(), "the replay sees it");

    let bundle = folder.0.join("tile/entries/000");
    let mut bytes = std::fs::read(&bundle).expect("a bundle");
    let at = bytes.windows(5).position(|five| five == b".00\",").expect("an amount") + 2;
    *bytes.get_mut(at).expect("a digit") = b'1';
    std::fs::write(&bundle, bytes).expect("written");
    let damage = tree().expect_err("one fen");
    assert_eq!(damage.file, "tile/entries/000");
    assert!(damage.sequence.is_some());
}

#[tokio::test]
async fn an_export_by_another_key_or_without_its_files_does_not_verify() {
    let test = written::ledger().await;
    let (folder, _) = export(&test).await;
    let other = SigningKey::from_seed("subsidy-ledger/test", &[8; 32]).expect("a key");
    let trust = Trust { key: Some(other.verifier_key()), since: Vec::new() };
    let damage = checked(&folder.0, &trust).expect_err("another key");
    assert_eq!(damage.to_string(), "key does not verify: another key than the one given");
    std::fs::write(folder.0.join("notes.txt"), "mine").expect("written");
    assert!(checked(&folder.0, &Trust::default()).is_ok(), "what lies beside is nobody's claim");
    std::fs::write(folder.0.join("tables/more.csv"), "a\n").expect("written");
    let damage = checked(&folder.0, &Trust::default()).expect_err("surplus");
    assert_eq!(damage.to_string(), "tables/more.csv does not verify: no file of this export");
    std::fs::remove_file(folder.0.join("tables/more.csv")).expect("gone");
    std::fs::remove_file(folder.0.join("checkpoint")).expect("gone");
    let damage = checked(&folder.0, &Trust::default()).expect_err("unsigned");
    assert_eq!(damage.to_string(), "checkpoint does not verify: missing");
}

#[tokio::test]
async fn what_was_changed_in_the_database_is_found_in_its_export() {
    let test = written::ledger().await;
    let client = test.client("subsidy_owner").await;
    let sequence = "SELECT min(sequence) FROM entries WHERE sequence > 50";
    let sequence: i64 = client.query_one(sequence, &[]).await.expect("a sequence").get(0);
    drop(client);
    for (sql, expected) in [
        (
            format!("ALTER TABLE entries DISABLE TRIGGER ALL; UPDATE entries SET amount = amount + 0.01 WHERE sequence = {sequence}"),
            format!("sequence {sequence} does not verify: tables/entries.csv: line"),
        ),
        (
            "ALTER TABLE balances DISABLE TRIGGER ALL; UPDATE balances SET amount = amount + 0.01".to_owned(),
            "does not verify: tables/balances.csv: line 2".to_owned(),
        ),
        (
            "ALTER TABLE vouchers DISABLE TRIGGER ALL; UPDATE vouchers SET status = 'cancelled' WHERE status = 'issued'".to_owned(),
            "does not verify: tables/vouchers.csv: line".to_owned(),
        ),
    ] {
        let test = test.copy().await;
        test.client("subsidy_owner").await.batch_execute(&sql).await.expect("changed");
        let (folder, _) = export(&test).await;
        let damage = checked(&folder.0, &Trust::default()).expect_err("changed").to_string();
        assert!(damage.contains(&expected), "{damage}");
    }
    let test = test.copy().await;
    let leaf = "ALTER TABLE log DISABLE TRIGGER ALL; \
                UPDATE log SET leaf = set_byte(leaf, 40, get_byte(leaf, 40) # 1) WHERE sequence = 33";
    test.client("subsidy_owner").await.batch_execute(leaf).await.expect("changed");
    let folder = Folder::new();
    let refused =
        write(&connected(&test, "subsidy_auditor").await, &agency(), &folder.0, &key(), |_| ()).await;
    assert!(matches!(refused, Err(ExportError::NotTheLog)), "{refused:?}");
    assert!(!folder.0.join("checkpoint").exists(), "nothing is signed");
}

/// A ledger as it was, what it became, and another that says the same with other leaves.
async fn histories() -> [TestDatabase; 3] {
    let whole = TestDatabase::create().await;
    play(&whole, 0..steps() - 6).await;
    register(&whole).await;
    let cut = whole.copy().await;
    play(&whole, steps() - 6..steps()).await;
    [cut, whole, written::ledger().await]
}

#[tokio::test]
async fn a_log_cut_off_or_rewritten_with_its_own_key_is_found_by_an_older_checkpoint() {
    let [cut, whole, rewritten] = histories().await;
    let ((early, shorter), (late, longer)) = (export(&cut).await, export(&whole).await);
    let (other, _) = export(&rewritten).await;
    for folder in [&early, &late, &other] {
        assert!(checked(&folder.0, &Trust::default()).is_ok(), "each is a ledger that verifies by itself");
    }
    assert!(checked(&late.0, &since(&early)).is_ok(), "it only grew");
    let (then, size) = (longer.checkpoint.size, shorter.checkpoint.size);
    let cut_off = format!("the log was cut off: old checkpoint has {then} entries, the log has {size}");
    let rewrote = format!(
        "the log was rewritten: its first {size} entries do not have the root that old checkpoint says"
    );
    let damage = checked(&early.0, &since(&late)).expect_err("cut off").to_string();
    assert_eq!(damage, format!("checkpoint does not verify: {cut_off}"));
    let damage = checked(&other.0, &since(&early)).expect_err("rewritten").to_string();
    assert_eq!(damage, format!("checkpoint does not verify: {rewrote}"));

    for (database, checkpoint, expected) in [
        (&whole, &early, None),
        (&cut, &late, Some(format!("sequence {size} does not verify: {cut_off}"))),
        (&rewritten, &early, Some(format!("sequence {} does not verify: {rewrote}", size - 1))),
    ] {
        let database = connected(database, "subsidy_auditor").await;
        let kept = [kept(checkpoint)];
        let outside = Outside { kept: &kept, ..Outside::default() };
        let verdict = verify_against(&database, &agency(), &outside, |_| ()).await.expect("a verdict");
        let found = match verdict {
            Verdict::Good(_) => None,
            Verdict::Bad(finding) => Some(finding.to_string()),
        };
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn the_command_line_takes_older_checkpoints_for_the_logs_that_they_name() {
    let [cut, whole, _] = histories().await;
    let ((early, _), (late, _)) = (export(&cut).await, export(&whole).await);
    let foreign = early.text("checkpoint").replace("subsidy-ledger/test", "subsidy-ledger/gone");
    std::fs::write(early.0.join("foreign"), foreign).expect("written");
    for (agency, since, good) in [
        (Some(agency()), early.0.join("checkpoint"), true),
        (None, early.0.join("checkpoint"), true),
        (None, early.0.join("foreign"), false),
        (Some(agency()), early.0.join("foreign"), false),
    ] {
        let (mut out, args) =
            (Vec::new(), VerifyArgs { agency, since: vec![since], ..VerifyArgs::default() });
        let verdict =
            run(&args, &connected(&whole, "subsidy_auditor").await, &mut out).await.expect("a verdict");
        assert_eq!(verdict, good, "{args:?} {}", String::from_utf8_lossy(&out));
    }
    let args = VerifyArgs { since: vec![late.0.join("checkpoint")], ..VerifyArgs::default() };
    let mut out = Vec::new();
    assert!(!run(&args, &connected(&cut, "subsidy_auditor").await, &mut out).await.expect("a verdict"));
    assert!(String::from_utf8_lossy(&out).contains("was cut off"));
}

/// Go with golang.org/x/mod, as Debian installs it.
fn go() -> Option<Command> {
    let there = Path::new("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog").is_dir()
        && Command::new("go").arg("version").output().is_ok_and(|done| done.status.success());
    there.then(|| {
        let mut go = Command::new("go");
        let cache = std::env::temp_dir().join("subsidy-ledger-go-cache");
        go.env("GO111MODULE", "off")
            .env("GOPATH", "/usr/share/gocode")
            .env("GOCACHE", cache)
            .env("GOFLAGS", "");
        go.arg("run").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go/verify.go"));
        go
    })
}

#[tokio::test]
async fn the_go_checksum_databases_own_code_agrees() {
    let Some(mut go) = go() else {
        println!(
            "SKIPPED: no go with golang.org/x/mod here (apt-get install golang-go golang-golang-x-mod-dev)"
        );
        return;
    };
    let [cut, whole, rewritten] = histories().await;
    let ((early, _), (late, written), (other, _)) =
        (export(&cut).await, export(&whole).await, export(&rewritten).await);
    let done = go.args([&early.0, &late.0]).arg("300").output().expect("go runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    println!("{said}");
    assert!(said.starts_with(&format!("go agrees: {} entries", written.checkpoint.size)), "{said}");

    let mut refuses = self::go().expect("there a moment ago");
    let done = refuses.args([&early.0, &other.0]).arg("300").output().expect("go runs");
    assert!(!done.status.success(), "go sees that the log was rewritten");
}

/// Texts that a spreadsheet would compute, a comma, a line within a cell, an amount of many decimals, a correction.
const BILL: &str = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass,\
ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceCategory,ServiceName,ResourceId,InvoiceId
1.000000000000000001,a,CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,,2026-01-31T15:00:00Z,2026-01-31T17:00:00Z,=1+1,Compute,'s,r,24312000000000000001
2,\"a, b\",CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,NULL,2026-01-05T00:00:00Z,2026-01-05T01:00:00Z,p,Storage,\"two
lines\",r,
-0.5,a,CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,Correction,2026-01-05T00:00:00Z,2026-01-05T01:00:00Z,-p,Storage,s,r,
";

/// The bill imported on the ledger's first contract.
async fn metered(test: &TestDatabase) {
    use subsidy_store::engine::Engine;
    let keys = support::keys();
    let engine = Engine::new(connected(test, "subsidy_app").await, std::sync::Arc::new(keys));
    let client = test.client("subsidy_owner").await;
    written::bill(test, &engine, BILL).await;
    // rows on their way count nothing
    let strays = "INSERT INTO usage_staged (import, rental) SELECT '00000000-0000-0000-0000-000000000009', rental FROM usage_imports; \
        INSERT INTO usage_rows SELECT (json_populate_record(u, '{\"import\": \"00000000-0000-0000-0000-000000000009\"}')).* FROM usage_rows AS u";
    client.batch_execute(strays).await.expect("rows on their way");
    engine.shut_down().await;
}

#[tokio::test]
async fn rows_of_billing_files_are_in_the_export_and_held_to_their_leaf() {
    let test = written::ledger().await;
    metered(&test).await;
    let (folder, _) = export(&test).await;
    checked(&folder.0, &Trust::default()).expect("good");
    let (path, sheet) = (folder.0.join("tables/usage_rows.csv"), folder.text("tables/usage_rows.csv"));
    for shown in
        [",'=1+1,", ",''s,", ",\"a, b\",", "\"two\nlines\"", ",'-p,", ",1.000000000000000001\n", ",-0.50\n"]
    {
        assert!(sheet.contains(shown), "{shown}: {sheet}");
    }
    let line = |n: usize| sheet.lines().nth(n).expect("a line").to_owned() + "\n";
    let (last, head) = (sheet.lines().last().expect("a line").to_owned() + "\n", line(0));
    let others: [(String, &str); 6] = [
        (sheet.replace(",-0.50\n", ",-0.40\n"), "are not those that its leaf names"),
        (sheet.replace(",''s,", ",'s,"), "are not those that its leaf names"),
        (sheet.replace(&last, ""), "are not those that its leaf names"),
        (head.clone(), "are not those that its leaf names"),
        (sheet.clone() + &last.replace(&last[..8], "ffffffff"), "is of no import that counts"),
        (sheet.replacen("import,row", "row,import", 1), "line 1 does not name its columns"),
    ];
    for (changed, what) in others {
        assert_ne!(changed, sheet);
        std::fs::write(&path, changed).expect("written");
        let damage = checked(&folder.0, &Trust::default()).expect_err(what);
        assert_eq!(damage.file, "tables/usage_rows.csv");
        assert!(damage.to_string().contains(what), "{damage}");
    }
    std::fs::remove_file(&path).expect("gone");
    let damage = checked(&folder.0, &Trust::default()).expect_err("missing");
    assert_eq!(damage.to_string(), "tables/usage_rows.csv does not verify: missing");

    // what was changed in the database is found in its export
    let sql =
        "ALTER TABLE usage_rows DISABLE TRIGGER ALL; UPDATE usage_rows SET amount = '2.01' WHERE row = 2";
    test.client("subsidy_owner").await.batch_execute(sql).await.expect("changed");
    let (folder, _) = export(&test).await;
    let damage = checked(&folder.0, &Trust::default()).expect_err("changed");
    assert!(damage.sequence.is_some() && damage.to_string().contains("usage_rows.csv"), "{damage}");
}
