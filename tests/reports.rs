//! The auditor's room over HTTP: every figure is what its rows sum to, and an earlier answer never changes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "corrections/city.rs"]
mod city;
#[path = "support/service.rs"]
mod service;

use std::collections::BTreeSet;

use city::{City, FIRM, rules, settlement, text};
use serde_json::{Value, json};
use service::{Answer, Service};

/// The reports that take nothing but what all take.
const PLAIN: &[&str] = &["budget-execution", "voucher-rollforward", "ageing"];

/// All of them, each asked for something.
fn all() -> Vec<String> {
    let mut all: Vec<String> = PLAIN.iter().map(|name| format!("/v1/reports/{name}?")).collect();
    all.push("/v1/reports/trial-balance?".to_owned());
    all.push("/v1/reports/account-statement?account=B2001,B2003&programme=p&".to_owned());
    all.push("/v1/reports/account-statement?flow=released&from=2025-02-01&until=2025-12-31&".to_owned());
    all
}

fn shares() -> Value {
    rules(json!({"validity_months": 2, "shares": [{"level": "市级", "percent": "66.67"}, {"level": "区级", "percent": "33.33"}]}))
}

fn fen(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap_or_else(|_| panic!("an amount: {text}"))
}

fn rows(report: &Value) -> &Vec<Value> {
    report["rows"].as_array().unwrap_or_else(|| panic!("rows: {report}"))
}

fn budget(city: &City<'_>, path: &str, body: &Value) -> u64 {
    let path = format!("/v1/programmes/p/{path}");
    let id = text(&city.expect(201, &path, &city.lin, body), "/id");
    let answer = city.post(&format!("{path}/{id}/approve"), &city.chen, &json!({}));
    answer.header("Ledger-Sequence").unwrap_or_else(|| panic!("{}", answer.text)).parse().unwrap()
}

fn reversed(city: &City<'_>, sequence: u64) {
    let path = format!("/v1/ledger/transactions/{sequence}/reverse");
    city.expect(201, &path, &city.lin, &json!({"reason": "错录"}));
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
}

fn recalculated(city: &City<'_>, claim: &str, settled: &str) {
    let path = format!("/v1/claims/{claim}/recalculate");
    let body = json!({"changes": {"settlement": settlement(settled)}, "reason": "更正"});
    city.expect(201, &path, &city.zhao, &body);
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
}

/// A year in which everything happens that a report tells apart.
fn year(city: &City<'_>) {
    budget(city, "adjustments", &json!({"amount": "50000", "document": "调1", "reason": "调剂"}));
    budget(city, "adjustments", &json!({"amount": "-7000.5", "document": "调2", "reason": "调剂"}));
    let wrong = json!({"amount": "1234.56", "fiscal_year": 2025, "document": "预2"});
    let wrong = budget(city, "appropriations", &wrong);
    reversed(city, wrong);
    let wrong = budget(city, "adjustments", &json!({"amount": "99.99", "document": "调3", "reason": "调剂"}));
    reversed(city, wrong);
    let [first, second, third] = ["500000", "123456.78", "50000"].map(|contract| city.voucher(contract));
    let cancelled = city.voucher("30000.05");
    city.move_to("2025-02-03");
    let cancel = format!("/v1/vouchers/{cancelled}/cancel");
    city.expect(200, &cancel, &city.chen, &json!({"reason": "放弃"}));
    let open = city.approved(&first, "100000.01", false);
    let paid = city.approved(&first, "77777.77", false);
    let closing = city.approved(&second, "20000", true);
    let corrected = city.approved(&third, "20000", false);
    recalculated(city, &corrected, "15000");
    city.paid(&[&paid, &closing], "2025-02-03");
    city.move_to("2025-02-20");
    let batch = text(&city.batch(&[&corrected]), "/id");
    assert_eq!(city.result(&batch, &corrected, "paid", "2025-02-20").status, 200);
    assert_eq!(city.result(&batch, &corrected, "returned", "2025-02-20").status, 200);
    let recovery = city.recovery(&paid, "5000", &json!({}));
    let receipt = json!({"amount": "1200", "date": "2025-02-20", "bank_reference": "R1"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/receipts"), &city.lin, &receipt);
    let offset = json!({"claim_id": open, "amount": "800"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/offset"), &city.chen, &offset);
    let lost = city.recovery(&closing, "300", &json!({}));
    let reason = json!({"reason": "破产"});
    city.expect(200, &format!("/v1/recoveries/{lost}/write-off"), &city.chen, &reason);
    // what is paid and then found too high is asked back
    recalculated(city, &closing, "15000");
    city.move_to("2025-04-07");
    city.expect(200, "/v1/vouchers/expire", &city.lin, &json!({}));
    budget(city, "lapse", &json!({"amount": "1000", "fiscal_year": 2025, "reason": "年末"}));
    city.voucher("40000");
}

fn get(service: &Service, token: &str, path: &str) -> Answer {
    service.send("GET", path, Some(token), None, &[])
}

/// What the rows behind a link come to: their movements, or how many they are.
fn behind(city: &City<'_>, link: &str, figure: &Value) -> Value {
    let report = city.get(link, &city.sun);
    if figure.is_number() {
        return Value::from(rows(&report).len());
    }
    let sum: i64 = rows(&report).iter().map(|row| fen(row["movement"].as_str().expect("a movement"))).sum();
    if let Some(last) = rows(&report).last().filter(|_| !link.contains("from=")) {
        assert_eq!(fen(last["balance"].as_str().unwrap()), sum, "{link}");
    }
    assert_eq!(fen(report["totals"]["movement"].as_str().unwrap()), sum, "{link}");
    Value::String(format!("{}{}.{:02}", if sum < 0 { "-" } else { "" }, sum.abs() / 100, sum.abs() % 100))
}

#[test]
fn every_figure_is_what_the_rows_behind_it_sum_to() {
    let service = Service::start();
    let city = City::found(&service, "figures", &shares(), "1000000");
    year(&city);
    let mut proved = BTreeSet::new();
    for path in all() {
        let report = city.get(&path, &city.sun);
        let Some(rows) = report["rows"].as_array() else { continue };
        assert!(!rows.is_empty(), "{path}");
        for row in rows {
            for (column, link) in row["links"].as_object().unwrap() {
                let (link, figure) = (link.as_str().unwrap(), &row[column]);
                let is_amount = figure.as_str().is_some_and(|text| text.contains('.') && !text.contains('-') || text.starts_with('-'));
                if figure.is_number() || is_amount {
                    if column != "sequence" {
                        assert!(link.contains("known_at="), "{link}");
                        assert_eq!(behind(&city, link, figure), *figure, "{path}: {column} of {row}");
                        proved.insert(format!("{} {column}", report["report"].as_str().unwrap()));
                        continue;
                    }
                }
                assert_eq!(city.status(link, &city.sun), 200, "{link}");
            }
        }
    }
    for expected in [
        "budget-execution adjusted",
        "budget-execution approved",
        "budget-execution lapsed",
        "voucher-rollforward opening",
        "voucher-rollforward expired",
        "ageing outstanding",
        "ageing days_31_90",
    ] {
        assert!(proved.contains(expected), "{expected}: {proved:?}");
    }
}

#[test]
fn reports_tie_with_each_other_and_with_the_trial_balance() {
    let service = Service::start();
    let city = City::found(&service, "ties", &shares(), "1000000");
    year(&city);
    let [committed, payable, receivable, available] = city.ledger(["B2003", "B2007", "F1212", "B2001"]);
    let report = city.get("/v1/reports/voucher-rollforward", &city.sun);
    let months: Vec<&str> = rows(&report).iter().map(|row| row["month"].as_str().unwrap()).collect();
    assert_eq!(months, ["2025-01", "2025-02", "2025-03", "2025-04"]);
    let mut opening = "0.00".to_owned();
    for row in rows(&report) {
        let of = |name: &str| fen(row[name].as_str().unwrap());
        assert_eq!(row["opening"], json!(opening));
        assert_eq!(of("opening") + of("issued") - of("redeemed") - of("released") - of("expired"), of("closing"));
        assert_eq!(row["difference"], json!("0.00"));
        opening = text(row, "/closing");
    }
    assert_eq!(opening, committed);
    // 100,000.00 + 24,691.36 + 10,000.00 + 6,000.01, then 8,000.00
    assert_eq!(report["totals"]["issued"], json!("148691.37"));
    assert_eq!(rows(&report)[2]["expired"], json!("0.00"), "nothing happened in March");
    assert_ne!(rows(&report)[3]["expired"], json!("0.00"));

    let report = city.get("/v1/reports/budget-execution?programme=p", &city.sun);
    for row in rows(&report).iter().filter(|row| row["level"].is_null()) {
        let of = |name: &str| fen(row[name].as_str().unwrap());
        let parts = ["available", "reserved", "committed", "approved", "expended", "lapsed"].map(of);
        assert_eq!(of("appropriated") + of("adjusted"), parts.iter().sum::<i64>(), "{row}");
    }
    let last = rows(&report).iter().rfind(|row| row["level"].is_null()).unwrap();
    let figures = ["appropriated", "adjusted", "available", "committed", "approved"].map(|name| text(last, &format!("/{name}")));
    assert_eq!(figures, ["1000000.00", "42999.50", available.as_str(), &committed, &payable]);
    let fraction = format!("{}/1042999.50", text(last, "/expended"));
    assert_eq!(last["execution_rate_fraction"], json!(fraction));
    let levels = rows(&report).iter().filter(|row| row["month"] == "2025-04" && !row["level"].is_null());
    let expended: i64 = levels.map(|row| fen(row["expended"].as_str().unwrap())).sum();
    assert_eq!(expended, fen(last["expended"].as_str().unwrap()), "the levels share what the programme paid");

    let report = city.get("/v1/reports/ageing", &city.sun);
    for (kind, total) in [("unredeemed_voucher", committed), ("unpaid_claim", payable), ("receivable", receivable)] {
        let of_kind = rows(&report).iter().filter(|row| row["kind"] == kind);
        let sum: i64 = of_kind.map(|row| fen(row["outstanding"].as_str().unwrap())).sum();
        assert_eq!(sum, fen(&total), "{kind}: {report}");
    }
    let buckets = ["days_0_30", "days_31_90", "days_91_180", "days_181_365", "days_over_365"];
    let sum: i64 = buckets.iter().map(|name| fen(report["totals"][name].as_str().unwrap())).sum();
    assert_eq!(sum, fen(report["totals"]["outstanding"].as_str().unwrap()));
    // the day decides the bucket
    let later = city.get("/v1/reports/ageing?as_of=2027-01-01", &city.sun);
    assert_eq!(later["totals"]["days_over_365"], report["totals"]["outstanding"]);

    // a statement begins with what was before it
    let path = "/v1/reports/account-statement?account=B2007&from=2025-02-04";
    let statement = city.get(path, &city.sun);
    let before = fen(&text(&rows(&statement)[0], "/balance")) - fen(&text(&rows(&statement)[0], "/movement"));
    let january = city.get("/v1/reports/account-statement?account=B2007&until=2025-02-03", &city.sun);
    assert_eq!(fen(&text(rows(&january).last().unwrap(), "/balance")), before);
    let of_firm = city.get(&format!("{path}&organisation={FIRM}&level=%E5%B8%82%E7%BA%A7"), &city.sun);
    assert!(rows(&of_firm).iter().all(|row| row["level"] == "市级" && row["organisation"] == FIRM));
}

#[test]
fn an_answer_for_an_earlier_sequence_is_the_same_bytes_whatever_is_posted_later() {
    let service = Service::start();
    let city = City::found(&service, "earlier", &shares(), "1000000");
    year(&city);
    let known_at = city.get("/v1/reports/ageing", &city.sun)["known_at"].as_u64().unwrap();
    let ask = || -> Vec<(String, Vec<u8>)> {
        let mut answers = Vec::new();
        for path in all() {
            for format in ["json", "csv", "xlsx"] {
                let path = format!("{path}known_at={known_at}&format={format}");
                let (answer, bytes) = service::send_bytes(&service.base, "GET", &path, &city.sun, &[], &[]);
                assert_eq!(answer.status, 200, "{path}: {}", answer.text);
                answers.push((path, bytes));
            }
        }
        answers
    };
    let earlier = ask();
    let claims = city.get("/v1/claims?status=approved", &city.sun);
    let ids: Vec<String> = claims["data"].as_array().unwrap().iter().map(|claim| text(claim, "/id")).collect();
    city.move_to("2025-05-06");
    // back-dated too, into days that the reports have shown
    let late = json!({"amount": "5000", "fiscal_year": 2025, "document": "预9", "effective_date": "2025-01-15"});
    budget(&city, "appropriations", &late);
    city.paid(&ids.iter().map(String::as_str).collect::<Vec<_>>(), "2025-04-08");
    let voucher = city.voucher("60000");
    city.submitted(&city.firm, &voucher, "1000", false);
    city.move_to("2025-07-08");
    city.expect(200, "/v1/vouchers/expire", &city.lin, &json!({}));
    for ((path, earlier), (_, later)) in earlier.iter().zip(ask()) {
        assert!(*earlier == later, "{path}");
    }
    let now = city.get("/v1/reports/ageing", &city.sun);
    assert_ne!(now["totals"], city.get(&format!("/v1/reports/ageing?known_at={known_at}"), &city.sun)["totals"]);
}

#[test]
fn what_a_report_is_not_asked_for_is_refused_and_who_may_not_read_it_does_not() {
    let service = Service::start();
    let city = City::found(&service, "refused", &rules(json!({})), "1000");
    for path in all() {
        assert_eq!(city.status(&path, &city.firm), 403, "{path}");
        assert_eq!(city.status(&path, &city.cloud), 403, "{path}");
        for token in [&city.lin, &city.chen, &city.sun] {
            assert_eq!(city.status(&path, token), 200, "{path}");
        }
        let refused = |query: &str| {
            let answer = get(&service, &city.sun, &format!("{path}{query}"));
            (answer.status, text(&answer.json(), "/code"))
        };
        assert_eq!(refused("format=parquet"), (422, "format_not_supported".to_owned()), "{path}");
        for query in ["known_at=99999", "known_at=-1", "as_of=2025-13-01", "colour=red"] {
            assert_eq!(refused(query), (400, "invalid_query".to_owned()), "{path}{query}");
        }
    }
    for query in ["", "?account=B9999", "?account=B2001,", "?flow=sideways"] {
        assert_eq!(city.status(&format!("/v1/reports/account-statement{query}"), &city.sun), 400, "{query}");
    }
}

#[test]
fn a_file_holds_what_the_filter_shows() {
    let service = Service::start();
    let city = City::found(&service, "files", &shares(), "1000000");
    year(&city);
    for path in all() {
        let (answer, bytes) = service::send_bytes(&service.base, "GET", &format!("{path}format=csv"), &city.sun, &[], &[]);
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"), "{path}");
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment; filename="), "{path}");
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
        let report = city.get(&path, &city.sun);
        let mut reader = csv::Reader::from_reader(bytes);
        let keys: Vec<String> =
            reader.headers().unwrap().iter().map(|name| name.rsplit(' ').next().unwrap().to_owned()).collect();
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let Some(rows) = report["rows"].as_array() else {
            assert_eq!(records.len(), report["accounts"].as_array().unwrap().len());
            continue;
        };
        assert_eq!(records.len(), rows.len(), "{path}");
        for (record, row) in records.iter().zip(rows) {
            for (key, field) in keys.iter().zip(record.iter()) {
                let shown = match &row[key] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(field.trim_end_matches('\t'), shown, "{path} {key}");
            }
        }
    }
}
