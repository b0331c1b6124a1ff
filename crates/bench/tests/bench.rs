//! What measures the auditor's room makes a ledger that `verify` proves, and reads all of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects"
)]

use std::process::Command;

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_subsidy-bench");

fn bench(words: &[&str]) -> Value {
    let done = Command::new(BINARY).args(words).arg("--json").env_remove("DATABASE_URL").output().unwrap();
    assert!(done.status.success(), "{}: {}", done.status, String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn a_copied_ledger_is_proved_and_read() {
    let measured = bench(&["--entries", "5000", "--times", "1"]);
    let [room] = measured.as_array().unwrap().as_slice() else { panic!("{measured}") };
    let number = |name: &str| room[name].as_u64().unwrap_or_else(|| panic!("{name}: {room}"));
    // it was verified, else the program had failed
    assert!(number("verified_ms") > 0 && number("lines") > 3_000 && number("leaves") > 500, "{room}");
    // the totals came to what the lines do, at five places
    let reports = room["reports"].as_array().unwrap();
    assert_eq!(reports.len(), 15);
    assert!(reports.iter().all(|row| row["by_lines_ms"].is_u64()), "{room}");
    let page = |path: &str| {
        let pages = room["pages"].as_array().unwrap();
        let page = pages.iter().find(|page| page["path"] == path).unwrap_or_else(|| panic!("{path}"));
        page["documents"].as_u64().unwrap()
    };
    assert_eq!((page("/v1/vouchers"), page("/v1/claims"), page("/v1/programmes")), (41, 50, 24));
    assert!(page("/v1/ledger/transactions?account=F1212") > 0, "something is asked back");
    assert!(page("/v1/loans") > 0 && page("/v1/evidence") > 0 && page("/v1/payment-batches") > 0);
    assert!(room["workbook"]["rows"].as_u64().unwrap() >= number("lines"));
    let console = room["console"].as_array().unwrap();
    assert!(console.len() > 80 && console.iter().all(|page| page["bytes"].as_u64().unwrap() > 1_000));
}

#[test]
fn a_workbook_is_written_by_itself() {
    let measured = bench(&["--xlsx", "5000"]);
    assert_eq!(measured["rows"], 5_000);
    assert!(measured["bytes"].as_u64().unwrap() > 100_000, "{measured}");
}

#[test]
fn interest_is_calculated_segment_by_segment() {
    let measured = bench(&["--loans", "400"]);
    assert_eq!((&measured["loan_periods"], &measured["segments"]), (&Value::from(400), &Value::from(1_600)));
}
