//! The auditor's room over HTTP: every figure is what its rows sum to, and an earlier answer never changes.

#[allow(dead_code, reason = "each test program uses a part of it")]
use crate::support::city;
mod bureau_year;
mod fiscal_years;
pub(crate) mod pages;
mod parts;
mod pictures;
mod registers;
use crate::support::service;
use crate::support::tools::not_checked;

use std::collections::BTreeSet;

use city::{City, FIRM, rental, rules, settlement, shows, text, with};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use service::{Answer, Service};

/// The reports that take nothing but what all take.
const PLAIN: &[&str] = &[
    "budget-execution",
    "voucher-rollforward",
    "ageing",
    "recalculation",
    "exceptions",
    "overlaps",
    "funnel",
    "flow",
    "segregation-of-duties",
    "operations",
    "permissions",
    "roles",
];

/// All of them, each asked for something.
fn all() -> Vec<String> {
    let mut all: Vec<String> = PLAIN.iter().map(|name| format!("/v1/reports/{name}?")).collect();
    all.push("/v1/reports/trial-balance?".to_owned());
    all.push("/v1/reports/sample?seed=2025&interval=7000&".to_owned());
    all.push("/v1/reports/account-statement?account=B2001,B2003&programme=p&".to_owned());
    all.push("/v1/reports/turnovers?by=programme,month,level,organisation,region,fiscal_year&".to_owned());
    all.push("/v1/reports/budget-execution?by=fiscal_year&".to_owned());
    all.push("/v1/reports/carry-over?fiscal_year=2025&".to_owned());
    all.push("/v1/reports/performance?fiscal_year=2025&".to_owned());
    all.push("/v1/reports/turnovers?by=fiscal_year,month&fiscal_year=2025&".to_owned());
    all.push("/v1/reports/turnovers?by=month,level&programme=p&".to_owned());
    all.push("/v1/reports/turnovers?region=none&".to_owned());
    all.push(format!("/v1/reports/turnovers?by=level&organisation={FIRM}&"));
    all.push("/v1/reports/budget-execution?by=organisation&".to_owned());
    all.push("/v1/reports/budget-execution?by=region&programme=p&".to_owned());
    all.push(format!("/v1/reports/budget-execution?organisation={FIRM}&"));
    all.push(format!("/v1/reports/trial-balance?organisation={FIRM}&level=%E5%8C%BA%E7%BA%A7&"));
    all.push(format!("/v1/reports/voucher-rollforward?organisation={FIRM}&"));
    all.push("/v1/reports/ageing?region=none&programme=p&".to_owned());
    all.push("/v1/reports/operations?duty=approves&subject=subsidy-ledger%23chen&".to_owned());
    all.push("/v1/reports/account-statement?flow=released&from=2025-02-01&until=2025-12-31&".to_owned());
    all
}

fn shares() -> Value {
    rules(
        json!({"validity_months": 2, "shares": [{"level": "市级", "percent": "66.67"}, {"level": "区级", "percent": "33.33"}]}),
    )
}

fn fen(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap_or_else(|_| panic!("an amount: {text}"))
}

fn rows(report: &Value) -> &Vec<Value> {
    report["rows"].as_array().unwrap_or_else(|| panic!("rows: {report}"))
}

fn budget(city: &City, path: &str, body: &Value) -> u64 {
    let path = format!("/v1/programmes/p/{path}");
    let id = city.create(&path, &city.lin, body);
    let answer = city.post(&format!("{path}/{id}/approve"), &city.chen, &json!({}));
    answer.header("Ledger-Sequence").unwrap_or_else(|| panic!("{}", answer.text)).parse().unwrap()
}

fn reversed(city: &City, sequence: u64) {
    let path = format!("/v1/ledger/transactions/{sequence}/reverse");
    city.expect(201, &path, &city.lin, &json!({"reason": "错录"}));
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
}

fn recalculated(city: &City, claim: &str, settled: &str) {
    let path = format!("/v1/claims/{claim}/recalculate");
    let body = json!({"changes": {"settlement": settlement(settled)}, "reason": "更正"});
    city.expect(201, &path, &city.zhao, &body);
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
}

/// A contract with vouchers of two programmes that both let it be; one is redeemed in part.
fn twice_funded(city: &City) {
    for programme in ["q", "r"] {
        city.programme(programme, &rules(json!({"stacking": "allow"})), "100000");
    }
    let rental = city.create("/v1/rentals", &city.firm, &rental("=双重", "8000"));
    let [first, _] = ["q", "r"].map(|programme| city.voucher_on(programme, &city.firm, &rental));
    city.approved(&first, "3000", false);
}

/// A year in which everything happens that a report tells apart.
fn year(city: &City) {
    let administrator = |role, subject| city.service.token(&city.agency, role, subject, None);
    let [ops, sec] = [administrator("operator", "ops"), administrator("security", "sec")];
    let role = json!({"subject": "subsidy-ledger#wang", "role": "officer", "reason": "岗位"});
    let granted = city.create("/v1/role-grants", &ops, &role);
    city.expect(200, &format!("/v1/role-grants/{granted}/approve"), &sec, &json!({}));
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
    city.returned(&batch, &corrected, "2025-02-20");
    let recovery = city.recovery(&paid, "5000", &json!({}));
    let receipt = json!({"amount": "1200", "date": "2025-02-20", "bank_reference": "R1"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/receipts"), &city.lin, &receipt);
    let offset = json!({"claim_id": open, "amount": "800"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/offset"), &city.chen, &offset);
    let lost = city.recovery(&closing, "300", &json!({}));
    let reason = json!({"reason": "破产"});
    city.expect(200, &format!("/v1/recoveries/{lost}/write-off"), &city.li, &reason);
    // what is paid and then found too high is asked back
    recalculated(city, &closing, "15000");
    twice_funded(city);
    city.move_to("2025-04-07");
    city.expect(200, "/v1/vouchers/expire", &city.lin, &json!({}));
    budget(city, "lapse", &json!({"amount": "1000", "fiscal_year": 2025, "reason": "年末"}));
    city.voucher("40000");
}

fn get(service: &Service, token: &str, path: &str) -> Answer {
    service.ask(path, token)
}

/// What the rows behind a link come to: their movements, or how many they are.
fn behind(city: &City, link: &str, figure: &Value) -> Value {
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
    let city = City::open("figures", &shares(), "1000000");
    year(&city);
    let mut proved = BTreeSet::new();
    for path in all() {
        let report = city.get(&path, &city.sun);
        for account in report["accounts"].as_array().into_iter().flatten() {
            let link = text(account, "/link");
            assert_eq!(behind(&city, &link, &account["balance"]), account["balance"], "{account}");
            proved.insert("trial-balance balance".to_owned());
        }
        let Some(rows) = report["rows"].as_array() else { continue };
        assert!(!rows.is_empty(), "{path}");
        for row in rows {
            for (column, link) in row["links"].as_object().unwrap() {
                let (link, figure) = (link.as_str().unwrap(), &row[column]);
                if link.contains("reports/") {
                    assert!(link.contains("known_at="), "{link}");
                    assert_eq!(behind(&city, link, figure), *figure, "{path}: {column} of {row}");
                    proved.insert(format!("{} {column}", report["report"].as_str().unwrap()));
                    continue;
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
        "funnel amount",
        "flow approved",
        "flow paid",
        "ageing days_31_90",
        "overlaps issued",
        "trial-balance balance",
        "overlaps redeemed",
        "segregation-of-duties operations",
        "segregation-of-duties approved",
        "segregation-of-duties same_document",
    ] {
        assert!(proved.contains(expected), "{expected}: {proved:?}");
    }
}

#[test]
fn reports_tie_with_each_other_and_with_the_trial_balance() {
    let city = City::open("ties", &shares(), "1000000");
    year(&city);
    let [committed, payable, receivable, available] = {
        let trial = city.get("/v1/reports/trial-balance?programme=p", &city.sun);
        ["B2003", "B2007", "F1212", "B2001"].map(|code| {
            let accounts = trial["accounts"].as_array().unwrap();
            text(accounts.iter().find(|row| row["account"] == code).unwrap(), "/balance")
        })
    };
    let report = city.get("/v1/reports/voucher-rollforward?programme=p", &city.sun);
    let months: Vec<&str> = rows(&report).iter().map(|row| row["month"].as_str().unwrap()).collect();
    assert_eq!(months, ["2025-01", "2025-02", "2025-03", "2025-04"]);
    let mut opening = "0.00".to_owned();
    for row in rows(&report) {
        let of = |name: &str| fen(row[name].as_str().unwrap());
        assert_eq!(row["opening"], json!(opening));
        assert_eq!(
            of("opening") + of("issued") - of("redeemed") - of("released") - of("expired"),
            of("closing")
        );
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
    let figures = ["appropriated", "adjusted", "available", "committed", "approved"]
        .map(|name| text(last, &format!("/{name}")));
    assert_eq!(figures, ["1000000.00", "42999.50", available.as_str(), &committed, &payable]);
    let fraction = format!("{}/1042999.50", text(last, "/expended"));
    assert_eq!(last["execution_rate_fraction"], json!(fraction));
    let levels = rows(&report).iter().filter(|row| row["month"] == "2025-04" && !row["level"].is_null());
    let expended: i64 = levels.map(|row| fen(row["expended"].as_str().unwrap())).sum();
    assert_eq!(expended, fen(last["expended"].as_str().unwrap()), "the levels share what the programme paid");

    let report = city.get("/v1/reports/ageing?programme=p", &city.sun);
    for (kind, total) in
        [("unredeemed_voucher", committed), ("unpaid_claim", payable), ("receivable", receivable)]
    {
        let of_kind = rows(&report).iter().filter(|row| row["kind"] == kind);
        let sum: i64 = of_kind.map(|row| fen(row["outstanding"].as_str().unwrap())).sum();
        assert_eq!(sum, fen(&total), "{kind}: {report}");
    }
    let buckets = ["days_0_30", "days_31_90", "days_91_180", "days_181_365", "days_over_365"];
    let sum: i64 = buckets.iter().map(|name| fen(report["totals"][name].as_str().unwrap())).sum();
    assert_eq!(sum, fen(report["totals"]["outstanding"].as_str().unwrap()));
    // the day decides the bucket
    let later = city.get("/v1/reports/ageing?as_of=2027-01-01&programme=p", &city.sun);
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
    let city = City::open("earlier", &shares(), "1000000");
    year(&city);
    let known_at = city.get("/v1/reports/ageing", &city.sun)["known_at"].as_u64().unwrap();
    let ask = || -> Vec<(String, Vec<u8>)> {
        let mut answers = Vec::new();
        for path in all() {
            for format in ["json", "csv", "xlsx", "parquet"] {
                let path = format!("{path}known_at={known_at}&format={format}");
                let (answer, bytes) = city.bytes(&path, &city.sun);
                assert_eq!(answer.status, 200, "{path}: {}", answer.text);
                answers.push((path, bytes));
            }
        }
        answers
    };
    let earlier = ask();
    let claims = city.get("/v1/claims?status=approved", &city.sun);
    let ids: Vec<String> =
        claims["data"].as_array().unwrap().iter().map(|claim| text(claim, "/id")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let batch = text(&city.batch(&ids), "/id");
    city.move_to("2025-05-06");
    // back-dated too, into days that the reports have shown
    let late =
        json!({"amount": "5000", "fiscal_year": 2025, "document": "预9", "effective_date": "2025-01-15"});
    budget(&city, "appropriations", &late);
    for claim in ids {
        city.result(&batch, claim, "paid", "2025-04-08").expect(200);
    }
    let voucher = city.voucher("60000");
    city.submitted(&city.firm, &voucher, "1000", false);
    city.move_to("2025-07-08");
    city.expect(200, "/v1/vouchers/expire", &city.lin, &json!({}));
    for ((path, earlier), (_, later)) in earlier.iter().zip(ask()) {
        assert!(*earlier == later, "{path}");
    }
    let now = city.get("/v1/reports/ageing", &city.sun);
    assert_ne!(
        now["totals"],
        city.get(&format!("/v1/reports/ageing?known_at={known_at}"), &city.sun)["totals"]
    );
}

#[test]
fn what_a_report_is_not_asked_for_is_refused_and_who_may_not_read_it_does_not() {
    let city = City::open("refused", &rules(json!({})), "1000");
    for path in all() {
        assert_eq!(city.status(&path, &city.firm), 403, "{path}");
        assert_eq!(city.status(&path, &city.cloud), 403, "{path}");
        for token in [&city.lin, &city.chen, &city.sun] {
            assert_eq!(city.status(&path, token), 200, "{path}");
        }
        let refused = |query: &str| {
            let answer = get(&city, &city.sun, &format!("{path}{query}"));
            (answer.status, text(&answer.json(), "/code"))
        };
        assert_eq!(refused("format=ods"), (422, "format_not_supported".to_owned()), "{path}");
        for query in ["known_at=99999", "known_at=-1", "as_of=2025-13-01", "colour=red"] {
            assert_eq!(refused(query), (400, "invalid_query".to_owned()), "{path}{query}");
        }
    }
    for query in [
        "",
        "?seed=x",
        "?interval=5",
        "?seed=&interval=5",
        "?seed=x&interval=0",
        "?seed=x&interval=5&account=B2001,B2003",
    ] {
        assert_eq!(city.status(&format!("/v1/reports/sample{query}"), &city.sun), 400, "{query}");
    }
    assert_eq!(city.status("/v1/reports/journal?format=ledger", &city.sun), 422);
    assert_eq!(city.status("/v1/reports/journal", &city.firm), 403);
    for query in ["", "?account=B9999", "?account=B2001,", "?flow=sideways"] {
        assert_eq!(city.status(&format!("/v1/reports/account-statement{query}"), &city.sun), 400, "{query}");
    }
}

#[test]
fn a_file_holds_what_the_filter_shows() {
    let city = City::open("files", &shares(), "1000000");
    year(&city);
    for path in all() {
        let (answer, bytes) = city.bytes(&format!("{path}format=csv"), &city.sun);
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"), "{path}");
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment; filename="), "{path}");
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
        let report = city.get(&path, &city.sun);
        let mut reader = csv::Reader::from_reader(bytes);
        let keys: Vec<String> = reader
            .headers()
            .unwrap()
            .iter()
            .map(|name| name.rsplit(' ').next().unwrap().to_owned())
            .collect();
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
                let shown = if shown.starts_with('=') { format!("'{shown}") } else { shown };
                assert_eq!(field.trim_end_matches('\t'), shown, "{path} {key}");
            }
        }
    }
}

/// A cell of Parquet as JSON shows it.
fn read_back(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Str(text) => Value::String(text.clone()),
        Field::Long(number) => Value::from(*number),
        Field::Date(days) => {
            let day = chrono::NaiveDate::default() + chrono::Days::new(u64::try_from(*days).unwrap());
            Value::String(day.to_string())
        }
        Field::TimestampMicros(micros) => {
            let at = chrono::DateTime::from_timestamp_micros(*micros).unwrap();
            Value::String(at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
        }
        Field::Decimal(amount) => {
            assert_eq!((amount.precision(), amount.scale()), (38, 2));
            let fen = i128::from_be_bytes(amount.data().try_into().unwrap());
            let (sign, fen) = (if fen < 0 { "-" } else { "" }, fen.unsigned_abs());
            Value::String(format!("{sign}{}.{:02}", fen / 100, fen % 100))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn parquet_holds_what_json_shows_and_says_which_rows_they_are() {
    let city = City::open("columns", &shares(), "1000000");
    year(&city);
    for path in all() {
        let send = |format: &str| {
            let path = format!("{path}format={format}");
            city.bytes(&path, &city.sun)
        };
        let (answer, bytes) = send("parquet");
        assert_eq!(answer.header("content-type"), Some("application/vnd.apache.parquet"), "{path}");
        let report = city.get(&path, &city.sun);
        let Some(rows) = report["rows"].as_array() else { continue };
        let reader = SerializedFileReader::new(hyper::body::Bytes::from(bytes)).unwrap();
        let known = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let known = |name: &str| {
            let pair = known.iter().find(|pair| pair.key.ends_with(name)).unwrap_or_else(|| panic!("{name}"));
            pair.value.clone().unwrap()
        };
        assert_eq!(known("rows"), rows.len().to_string());
        assert_eq!(
            (known("known_at"), known("person")),
            (report["known_at"].to_string(), "subsidy-ledger#sun".to_owned())
        );
        let (_, csv) = send("csv");
        let digest = <sha2::Sha256 as sha2::Digest>::digest(&csv);
        let digest = hex::encode(digest);
        assert_eq!(known("sha256_of_csv"), digest);
        let mut read = 0;
        for (found, row) in reader.get_row_iter(None).unwrap().zip(rows) {
            for (name, field) in found.unwrap().get_column_iter() {
                let shown = match (&row[name], field) {
                    (Value::String(text), Field::Long(_)) => text.parse::<i64>().unwrap().into(),
                    (shown, _) => shown.clone(),
                };
                assert_eq!(read_back(field), shown, "{path} {name}");
            }
            read += 1;
        }
        assert_eq!(read, rows.len(), "{path}");
    }
}

/// Whether a filter lets a row through.
type Keeps<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

#[test]
fn who_did_what_is_read_from_the_log_page_by_page_or_whole() {
    let city = City::open("whodid", &shares(), "1000000");
    year(&city);
    let whole = city.get("/v1/reports/operations", &city.sun);
    let count = rows(&whole).len();
    assert_eq!(u64::try_from(count).unwrap(), whole["known_at"].as_u64().unwrap() + 1, "a row a leaf");
    for (index, row) in rows(&whole).iter().enumerate() {
        assert_eq!(row["sequence"], json!(index.to_string()));
        let leaf = city.get(&format!("/v1/audit/entries/{index}"), &city.sun);
        assert_eq!(leaf["actor"]["subject"], row["subject"]);
        let roles: Vec<&str> =
            leaf["actor"]["roles"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
        assert_eq!(row["roles"].as_str().unwrap_or_default(), roles.join(" "));
        assert_eq!(leaf["recorded_at"], row["recorded_at"]);
        assert!(leaf["command"][row["kind"].as_str().unwrap()].is_object(), "{row}");
    }
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = city.get(&format!("/v1/reports/operations?limit=7{cursor}"), &city.sun);
        assert!(rows(&page).len() <= 7);
        paged.extend(rows(&page).clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(&paged, rows(&whole));
    // each filter lets through what it says, and nothing else
    let some = rows(&whole).iter().find(|row| row["kind"] == "issue_voucher").unwrap();
    let document = text(some, "/document");
    let today = chrono::Utc::now().with_timezone(&chrono_tz::Asia::Shanghai).date_naive();
    let about = format!("document={document}");
    let today = format!("from={today}&until={today}");
    let filters: Vec<(&str, Keeps<'_>)> = vec![
        ("subject=subsidy-ledger%23chen", Box::new(|row| row["subject"] == "subsidy-ledger#chen")),
        ("kind=draft_claim", Box::new(|row| row["kind"] == "draft_claim")),
        ("duty=approves", Box::new(|row| row["duty"] == "approves")),
        ("duty=records", Box::new(|row| row["duty"] == "records")),
        ("duty=raises&kind=issue_voucher", Box::new(|_| false)),
        ("duty=approves&kind=issue_voucher", Box::new(|row| row["kind"] == "issue_voucher")),
        (&about, Box::new(|row| row["document"] == document.as_str())),
        (&today, Box::new(|_| true)),
        ("until=2025-01-01", Box::new(|_| false)),
        ("from=2199-01-01", Box::new(|_| false)),
        ("same_document=true", Box::new(|_| false)),
        ("known_at=9", Box::new(|row| row["sequence"].as_str().unwrap().parse::<u64>().unwrap() < 10)),
    ];
    for (query, keeps) in filters {
        let found = city.get(&format!("/v1/reports/operations?{query}"), &city.sun);
        let expected: Vec<&Value> = rows(&whole).iter().filter(|row| keeps(row)).collect();
        let midnight = query.contains("until=") && query.contains("from=");
        assert!(midnight || rows(&found).iter().collect::<Vec<_>>() == expected, "{query}");
    }
    for query in ["kind=dance", "duty=idle", "limit=0", "limit=5&format=csv", "same_document=perhaps"] {
        assert_eq!(city.status(&format!("/v1/reports/operations?{query}"), &city.sun), 400, "{query}");
    }
}

#[test]
fn who_can_both_raise_and_approve_is_named_and_who_did_on_one_document_too() {
    let city = City::open("duties", &rules(json!({})), "1000000");
    let path = "/v1/programmes/p/appropriations";
    let change = json!({"amount": "5", "fiscal_year": 2025, "document": "预5"});
    let token = |roles, subject| city.token("duties", roles, subject, None);
    // wang raises here and approves there; qian could and never did
    let (wang, qian) = (token("officer,approver", "wang"), token("officer,approver", "qian"));
    let mine = city.create(path, &wang, &change);
    let theirs = city.create(path, &city.lin, &change);
    city.post(&format!("{path}/{mine}/approve"), &wang, &json!({})).is(403, "same_person");
    city.expect(200, &format!("{path}/{mine}/approve"), &city.chen, &json!({}));
    city.expect(200, &format!("{path}/{theirs}/approve"), &wang, &json!({}));
    city.expect(201, path, &qian, &change);
    let finding = |service: &Service| -> Vec<(String, String)> {
        let report = service.get("/v1/reports/segregation-of-duties", &city.sun);
        rows(&report).iter().map(|row| (text(row, "/subject"), text(row, "/finding"))).collect()
    };
    let expected = [("chen", "separate"), ("lin", "separate"), ("qian", "can_do_both"), ("wang", "did_both")];
    let expected = expected.map(|(sub, finding)| (format!("subsidy-ledger#{sub}"), finding.to_owned()));
    let found: Vec<(String, String)> = finding(&city)
        .into_iter()
        .filter(|(subject, _)| subject.len() < "subsidy-ledger#".len() + 5)
        .collect();
    assert_eq!(found, expected);
    // four eyes keep it from happening: somebody with the owner's password does not, however they spell a person
    psql(
        &city,
        &format!(
            "ALTER TABLE agency_duties.log DISABLE TRIGGER log_change; \
             UPDATE agency_duties.log SET subject = 'subsidy-ledger#WANG' WHERE document = '{mine}' AND kind = 'approve_budget_change'; \
             ALTER TABLE agency_duties.log ENABLE ALWAYS TRIGGER log_change"
        ),
    );
    // what a process keeps of the log does not show it, what another reads does, and so does verification
    let kept = finding(&city);
    assert!(kept.contains(&("subsidy-ledger#wang".to_owned(), "did_both".to_owned())), "{kept:?}");
    let another = city.another();
    let wang = finding(&another).into_iter().find(|(subject, _)| subject == "subsidy-ledger#wang").unwrap();
    assert_eq!(wang.1, "same_document");
    let own = another.get("/v1/reports/operations?same_document=true", &city.sun);
    let own: Vec<String> = rows(&own).iter().map(|row| text(row, "/document")).collect();
    assert_eq!(own, [mine]);
    // a person's spellings are those under which they signed in; one that only the log holds is found by itself
    for (wang, leaves) in [("wang", 2), ("WANG", 3)] {
        let own = city.get(&format!("/v1/reports/operations?subject=subsidy-ledger%23{wang}"), &city.sun);
        assert_eq!(rows(&own).len(), leaves, "{own}");
    }
}

#[test]
fn the_permission_matrix_is_the_one_that_decides() {
    let city = City::open("matrix", &rules(json!({})), "1000");
    let report = city.get("/v1/reports/permissions", &city.sun);
    let roles = [
        "officer",
        "approver",
        "enterprise",
        "provider",
        "bank",
        "auditor",
        "operator",
        "expert",
        "security",
    ];
    let lines: Vec<String> = rows(&report)
        .iter()
        .map(|row| {
            let allowed: Vec<&str> = roles.into_iter().filter(|role| row[role] == "yes").collect();
            let (method, path) = (row["method"].as_str().unwrap(), row["path"].as_str().unwrap());
            format!("{method:<4} {path:<56} {}", allowed.join(" ")).trim_end().to_owned()
        })
        .collect();
    let golden =
        "tests/suite/snapshots/suite__authorisation__the_authorisation_matrix_is_what_was_reviewed.snap";
    let golden = std::fs::read_to_string(golden).unwrap();
    let golden: Vec<&str> = golden.lines().filter(|line| line.contains(" /")).map(str::trim_end).collect();
    assert_eq!(lines, golden);
}

/// What psql says, as the owner of the ledger.
fn psql(service: &Service, sql: &str) {
    let url = service.cli(&["database-url", "--role", "owner"]);
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let psql = installed.map(|version| version.path().join("bin/psql")).find(|path| path.is_file());
    let mut command = std::process::Command::new(psql.unwrap_or_else(|| "psql".into()));
    let done = command.args(["-X", "-v", "ON_ERROR_STOP=1", "-c", sql, url.trim()]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn every_sheet_is_computed_again_and_one_that_was_tampered_with_is_seen() {
    let city = City::open("sheets", &shares(), "1000000");
    year(&city);
    let report = city.get("/v1/reports/recalculation", &city.sun);
    assert!(rows(&report).len() > 10);
    shows(&report, json!({"totals/difference": "0.00", "totals/amount": report["totals"]["recalculated"]}));
    for row in rows(&report) {
        assert_eq!((&row["result"], &row["difference"]), (&json!("same"), &json!("0.00")), "{row}");
    }
    let kinds: BTreeSet<&str> = rows(&report).iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["claim", "voucher"]));
    assert!(
        rows(&report).iter().any(|row| row["version"].as_u64() > Some(1)),
        "corrections are computed again too"
    );

    // a fen more, an input changed beside it, the rules' digest
    let of = |index: usize| {
        let row = &rows(&report)[index];
        (text(row, "/document"), row["version"].as_u64().unwrap())
    };
    let tampered = [
        ("{amount}", "\"100000.01\"", "differs"),
        ("{lines,0,amount}", "\"1.00\"", "differs"),
        ("{rules_sha256}", "\"00\"", "rules_hash_differs"),
        ("{inputs}", "\"\"", "unreadable_sheet"),
    ];
    for (index, (path, value, _)) in tampered.iter().enumerate() {
        let (document, version) = of(index);
        psql(
            &city,
            &format!(
                "ALTER TABLE agency_sheets.calculations DISABLE TRIGGER calculations_change; \
             UPDATE agency_sheets.calculations SET sheet = jsonb_set(sheet, '{path}', '{value}') \
              WHERE document = '{document}' AND version = {version}; \
             ALTER TABLE agency_sheets.calculations ENABLE ALWAYS TRIGGER calculations_change"
            ),
        );
    }
    let found = city.get("/v1/reports/recalculation", &city.sun);
    for (index, row) in rows(&found).iter().enumerate() {
        let expected = tampered.get(index).map_or("same", |(_, _, result)| result);
        assert_eq!(row["result"], json!(expected), "{row}");
    }
    assert_eq!(rows(&found)[0]["difference"], json!("0.01"));
}

#[test]
fn what_an_auditor_asks_about_is_listed_and_a_contract_of_two_programmes_too() {
    let city = City::open("questions", &rules(json!({"caps": {"claim": "10000"}})), "1000000");
    // related, and let be by a programme's rules
    let (parent, child) = ("91510100MA6CD0001D", "91330100MA2AX00016");
    for (code, related) in [(parent, json!([])), (child, json!([parent]))] {
        let body = json!({"credit_code": code, "name": "关联", "category": "private_enterprise", "related": related});
        city.expect(201, "/v1/organisations", &city.lin, &body);
    }
    city.programme("lenient", &rules(json!({"eligibility": {"related_provider": "allow"}})), "1000");
    let rental = with(rental("关联1", "500"), "/provider", json!(child));
    let rental = with(rental, "/organisation", json!(parent));
    let rental = city.create("/v1/rentals", &city.lin, &rental);
    // 10,000.00 is the cap itself and round; 9,900.00 is just below; 9,000.00 is neither
    let [round, close, _] = ["50000", "49500", "45000"].map(|contract| city.voucher(contract));
    // one person raises here and approves there
    let both = city.token("questions", "officer,approver", "wang", None);
    let change = json!({"amount": "5", "fiscal_year": 2025, "document": "预5"});
    let path = "/v1/programmes/p/appropriations";
    let mine = city.create(path, &both, &change);
    let theirs = city.create(path, &city.lin, &change);
    city.expect(200, &format!("{path}/{mine}/approve"), &city.chen, &json!({}));
    city.expect(200, &format!("{path}/{theirs}/approve"), &both, &json!({}));
    let invoice = |bytes: &[u8]| {
        let path = "/v1/evidence?kind=invoice&invoice_number=12345678901234567890&amount=100";
        city.upload(path, &city.firm, "application/pdf", bytes).expect(201).id()
    };
    let twice = [invoice(b"%PDF-1.4 one"), invoice(b"%PDF-1.4 two")];
    let report = city.get("/v1/reports/exceptions", &city.sun);
    let of = |code: &str| -> Vec<String> {
        rows(&report).iter().filter(|row| row["code"] == code).map(|row| text(row, "/document")).collect()
    };
    assert_eq!(of("related_party"), [rental]);
    assert_eq!(of("duplicate_invoice"), twice);
    assert_eq!(of("round_amount"), [round]);
    assert_eq!(of("below_threshold"), [close]);
    assert_eq!(of("same_person"), Vec::<String>::new());
    assert_eq!(of("over_cap"), Vec::<String>::new());
    // whatever the hour of this run, each approval is listed exactly where its instant says
    let approvals = rows(&report).iter().filter(|row| row["code"] == "weekend_approval").count();
    let day = chrono::Utc::now().with_timezone(&chrono_tz::Asia::Shanghai);
    let weekend = chrono::Datelike::weekday(&day).num_days_from_monday() > 4;
    assert_eq!(approvals > 0, weekend, "{day}");
    let night = !(7..21).contains(&chrono::Timelike::hour(&day));
    assert_eq!(!of("night_approval").is_empty(), night, "{day}");
    assert_eq!(rows(&city.get("/v1/reports/overlaps", &city.sun)), &Vec::<Value>::new());

    twice_funded(&city);
    let report = city.get("/v1/reports/overlaps", &city.sun);
    let shown: Vec<[String; 4]> = rows(&report)
        .iter()
        .map(|row| ["programme", "status", "issued", "redeemed"].map(|name| text(row, &format!("/{name}"))))
        .collect();
    let expected = [["q", "partly_redeemed", "1600.00", "600.00"], ["r", "issued", "1600.00", "0.00"]];
    assert_eq!(shown, expected.map(|row| row.map(str::to_owned)));
    assert_eq!(rows(&city.get("/v1/reports/overlaps?programme=p", &city.sun)).len(), 0);
    assert_eq!(rows(&city.get("/v1/reports/overlaps?programme=r", &city.sun)).len(), 2);
}

#[test]
fn a_sample_is_drawn_again_from_its_seed_and_the_statement_alone() {
    let city = City::open("sample", &shares(), "1000000");
    year(&city);
    for (seed, interval) in [("2025", 700_000_i64), ("审计", 123_457), ("x", 1_000_000_000)] {
        let digest = <sha2::Sha256 as sha2::Digest>::digest(seed.as_bytes());
        let digits = hex::encode(&digest[..6]);
        let start = 1 + i64::from_str_radix(&digits, 16).unwrap() % interval;
        let statement = city.get("/v1/reports/account-statement?account=F2302", &city.sun);
        let mut population: Vec<&Value> =
            rows(&statement).iter().filter(|row| !text(row, "/movement").starts_with('-')).collect();
        population.sort_by_key(|row| (text(row, "/sequence").parse::<u64>().unwrap(), row["line"].as_u64()));
        let (mut before, mut expected) = (0, Vec::new());
        for row in population {
            let after = before + fen(&text(row, "/movement"));
            if (before + 1..=after).any(|place| place >= start && (place - start) % interval == 0) {
                expected.push((text(row, "/sequence"), row["line"].clone(), text(row, "/movement")));
            }
            before = after;
        }
        let seed: String = seed.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path =
            format!("/v1/reports/sample?seed={seed}&interval={}.{:02}", interval / 100, interval % 100);
        let sample = city.get(&path, &city.sun);
        let drawn: Vec<_> = rows(&sample)
            .iter()
            .map(|row| (text(row, "/sequence"), row["line"].clone(), text(row, "/amount")))
            .collect();
        assert_eq!(drawn, expected, "{path}");
    }
}

/// What a journal's transactions come to, by account; assertions are no transactions.
fn summed(journal: &str) -> std::collections::BTreeMap<String, i64> {
    let mut sums = std::collections::BTreeMap::new();
    for line in journal
        .lines()
        .filter(|line| line.starts_with("    ") && line.contains(" CNY") && !line.contains('='))
    {
        let mut words = line.split_whitespace();
        let (account, amount) = (words.next().unwrap(), words.next().unwrap());
        let account = account.rsplit(':').next().unwrap().replace('-', ".");
        *sums.entry(account).or_insert(0) += fen(amount);
    }
    sums
}

/// A tool that others wrote, on a journal; none where it is not installed.
fn checked(tool: &str, words: &[&str], journal: &str, ending: &str) -> Option<std::process::Output> {
    let folder = service::fresh_folder();
    let path = folder.join(format!("ledger.{ending}"));
    std::fs::write(&path, journal).unwrap();
    let mut command = std::process::Command::new(tool);
    command.env("LC_ALL", "C.UTF-8");
    if tool == "hledger" {
        command.arg("-f").arg(&path).args(words);
    } else {
        command.args(words).arg(&path);
    }
    let done = command.output();
    std::fs::remove_dir_all(&folder).unwrap();
    done.ok()
}

#[test]
fn journals_balance_in_tools_that_others_wrote_and_come_to_the_trial_balance() {
    let city = City::open("journals", &shares(), "1000000");
    year(&city);
    let trial = city.get("/v1/reports/trial-balance", &city.sun);
    let expected: std::collections::BTreeMap<String, i64> = trial["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["debit"] != "0.00" || row["credit"] != "0.00")
        .map(|row| (text(row, "/account"), fen(&text(row, "/debit")) - fen(&text(row, "/credit"))))
        .collect();
    for (format, tool, words) in [("hledger", "hledger", &["check"][..]), ("beancount", "bean-check", &[])] {
        let path = format!("/v1/reports/journal?format={format}");
        let journal = get(&city, &city.sun, &path).text;
        assert_eq!(summed(&journal), expected, "{format}");
        let Some(done) = checked(tool, words, &journal, format) else {
            not_checked(tool, "apt-get install hledger beancount");
            continue;
        };
        let said = |done: &std::process::Output| {
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
        };
        assert!(done.status.success(), "{tool}: {}\n{journal}", said(&done));
        // a fen elsewhere is seen: the assertions are read
        let place = journal.rfind(if format == "hledger" { "= " } else { " balance " }).unwrap();
        let end = place + journal[place..].find(" CNY").unwrap();
        let last = if journal[..end].ends_with('1') { "2" } else { "1" };
        let wrong = format!("{}{last}{}", &journal[..end - 1], &journal[end..]);
        let done = checked(tool, words, &wrong, format).unwrap();
        assert!(!done.status.success(), "{tool} takes a wrong balance:\n{wrong}");
    }
    // hledger's own sums, account by account
    let journal = get(&city, &city.sun, "/v1/reports/journal").text;
    let words = ["balance", "--flat", "--empty", "--no-total", "-O", "csv"];
    if let Some(done) = checked("hledger", &words, &journal, "hledger") {
        let mut reader = csv::Reader::from_reader(done.stdout.as_slice());
        let found: std::collections::BTreeMap<String, i64> = reader
            .records()
            .map(Result::unwrap)
            .map(|row| {
                let account = row[0].rsplit(':').next().unwrap().to_owned();
                let amount = row[1].replace(" CNY", "");
                (account, if amount == "0" { 0 } else { fen(&amount) })
            })
            .collect();
        assert_eq!(found, expected);
    }
    // of one programme, and of an earlier day
    for path in ["?programme=q", "?as_of=2025-02-03", "?programme=p&as_of=2025-02-10&format=hledger"] {
        let journal = get(&city, &city.sun, &format!("/v1/reports/journal{path}")).text;
        if let Some(done) = checked("hledger", &["check"], &journal, "hledger") {
            assert!(done.status.success(), "{path}: {}", String::from_utf8_lossy(&done.stderr));
        }
    }
    let known_at = trial["known_at"].as_u64().unwrap();
    let path = format!("/v1/reports/journal?known_at={known_at}");
    let earlier = get(&city, &city.sun, &path).text;
    city.voucher("5000");
    assert_eq!(get(&city, &city.sun, &path).text, earlier);
}

/// A Python that has DuckDB: one that `make setup` made, or the machine's own.
fn with_duckdb() -> Option<&'static str> {
    ["target/duckdb/bin/python", "python3"].into_iter().find(|python| {
        let mut command = std::process::Command::new(python);
        let done = command.args(["-c", "import duckdb"]).stderr(std::process::Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    })
}

#[test]
fn tables_for_audit_software_open_in_a_tool_that_others_wrote_and_come_to_the_trial_balance() {
    let city = City::open("tables", &shares(), "1000000");
    year(&city);
    let folder = service::fresh_folder().join("out");
    let words =
        ["export", "--agency", "tables", "--tables", "iso21378", "--out", folder.to_str().unwrap(), "--json"];
    let about: Value = serde_json::from_str(&city.cli(&words)).unwrap();
    assert!(text(&about, "/shape").contains("not conformant"));
    let names: Vec<String> =
        about["tables"].as_array().unwrap().iter().map(|table| text(table, "/name")).collect();
    for table in about["tables"].as_array().unwrap() {
        let name = text(table, "/name");
        let csv = std::fs::read(folder.join(format!("{name}.csv"))).unwrap();
        let digest = <sha2::Sha256 as sha2::Digest>::digest(&csv);
        let digest = hex::encode(digest);
        assert_eq!(table["sha256_of_csv"], json!(digest), "{name}");
        let file = std::fs::File::open(folder.join(format!("{name}.parquet"))).unwrap();
        let rows = SerializedFileReader::new(file).unwrap().metadata().file_metadata().num_rows();
        assert_eq!(table["rows"], json!(rows), "{name}");
        assert!(rows > 0, "{name}");
    }
    assert_eq!(names.len(), 8);
    let trial = city.get("/v1/reports/trial-balance", &city.sun);
    if let Some(python) = with_duckdb() {
        let script = include_str!("../support/tables.py");
        let done = std::process::Command::new(python).arg("-c").arg(script).arg(&folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let found: Value = serde_json::from_slice(&done.stdout).unwrap();
        for account in trial["accounts"].as_array().unwrap() {
            let code = text(account, "/account");
            let expected = ["debit", "credit", "balance"].map(|name| text(account, &format!("/{name}")));
            assert_eq!(found[&code], json!(expected), "{code}");
        }
    } else {
        not_checked("duckdb", "install python3, then run .ci/setup");
    }
    std::fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    let again = service::fresh_folder();
    std::fs::write(again.join("mine"), b"x").unwrap();
    let words = ["export", "--agency", "tables", "--tables", "iso21378", "--out", again.to_str().unwrap()];
    let refused = city.command().args(words).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    std::fs::remove_dir_all(again).unwrap();
}

/// Plays a year that is written down beside this test, in an agency of its own; its auditor's token.
fn played(service: &Service, scenario: &str) -> String {
    let folder = std::path::Path::new("tests/acceptance");
    let played = service
        .beside("python3")
        .arg(folder.join("run"))
        .args(["--base", &service.base, "--bin", service::BINARY])
        .arg(folder.join("scenarios").join(scenario))
        .output()
        .unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stdout));
    let agencies: Value = serde_json::from_str(&service.cli(&["agency", "list", "--json"])).unwrap();
    let [agency] = agencies.as_array().unwrap().as_slice() else { panic!("{agencies}") };
    service.token(&text(agency, "/code"), "auditor", "sun", None)
}

#[test]
fn the_worked_year_closes_in_hledger_with_the_figures_that_were_worked_out_by_hand() {
    let service = Service::start();
    let sun = played(&service, "08-year.json");
    // E13: debits above zero, credits below
    let expected = [
        ("B2001", -4_881_530_864),
        ("B2003", -64_000_000),
        ("B2007", 0),
        ("B2008", -54_469_136),
        ("F2302", 0),
        ("F1212", 42_469_136),
        ("F5001.01", 12_000_000),
    ];
    let journal = get(&service, &sun, "/v1/reports/journal?as_of=2025-12-31").text;
    let sums = summed(&journal);
    for (account, fen) in expected {
        assert_eq!(sums[account], fen, "{account}");
    }
    let debits: i64 = journal
        .lines()
        .filter(|line| line.starts_with("    ") && line.contains(" CNY") && !line.contains('='))
        .map(|line| fen(line.split_whitespace().nth(1).unwrap()).max(0))
        .sum();
    assert_eq!(debits, 6_136_345_680);
    let words = ["balance", "--flat", "--empty", "--no-total", "-e", "2026-01-01", "-O", "csv"];
    match checked("hledger", &words, &journal, "hledger") {
        None => not_checked("hledger", "apt-get install hledger"),
        Some(done) => {
            let mut reader = csv::Reader::from_reader(done.stdout.as_slice());
            let found: std::collections::BTreeMap<String, i64> = reader
                .records()
                .map(Result::unwrap)
                .map(|row| {
                    let amount = row[1].replace(" CNY", "");
                    let account = row[0].rsplit(':').next().unwrap().to_owned();
                    (account, if amount == "0" { 0 } else { fen(&amount) })
                })
                .collect();
            for (account, fen) in expected {
                assert_eq!(found[account], fen, "{account}");
            }
        }
    }
    let journal = get(&service, &sun, "/v1/reports/journal?as_of=2025-12-31&format=beancount").text;
    match checked("bean-check", &[], &journal, "beancount") {
        None => not_checked("bean-check", "apt-get install beancount"),
        Some(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr)),
    }
    let closing: Vec<&str> =
        journal.lines().filter(|line| line.starts_with("2026-01-01 balance Liabilities:B:B2001")).collect();
    assert_eq!(closing, ["2026-01-01 balance Liabilities:B:B2001  -48815308.64 CNY"]);
}

/// Asks for an export until it is finished.
fn exported(city: &City, path: &str) -> Value {
    let begun = city.expect(200, path, &city.sun, &json!({}));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let now = city.get(&text(&begun, "/link"), &city.sun);
        if now["status"] == "finished" {
            return now;
        }
        assert_eq!(now["status"], "running", "{now}");
        assert!(std::time::Instant::now() < until, "{now}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_long_export_is_written_page_by_page_and_is_the_file_that_the_report_answers() {
    let city = City::open("exports", &shares(), "1000000");
    city.agency("elsewhere");
    let stranger = city.token("elsewhere", "auditor", "sun", None);
    year(&city);
    let level = "level=%E5%B8%82%E7%BA%A7";
    for path in [
        "account-statement?account=B2001,B2003,F2302&",
        "account-statement?flow=redeemed&programme=p&from=2025-02-01&",
        &format!("account-statement?account=B2007,B2008&{level}&until=2025-02-28&"),
        &format!("account-statement?account=F1212&organisation={FIRM}&"),
        "operations?",
        "operations?duty=raises&subject=subsidy-ledger%23lin&",
        "exceptions?round_unit=100&",
        "exceptions?code=round_amount&programme=p&round_unit=1&",
        "recalculation?",
        "recalculation?programme=p&",
        "overlaps?",
        "overlaps?programme=q&",
        "sample?seed=2025&interval=7000&",
        "sample?seed=x&interval=100.01&account=B2003&programme=p&",
    ] {
        let (name, query) = path.split_once('?').unwrap();
        for format in ["csv", "xlsx", "parquet"] {
            let done = exported(&city, &format!("/v1/reports/{name}/exports?{query}format={format}"));
            let read = |path: &str| city.bytes(path, &city.sun);
            let (answer, file) = read(&text(&done, "/content"));
            assert_eq!(answer.status, 200);
            assert!(answer.header("content-disposition").unwrap().contains(&format!(".{format}")));
            let (_, direct) = read(&format!("/v1/reports/{path}format={format}"));
            assert!(file == direct, "{path}{format}: {} and {} bytes", file.len(), direct.len());
            assert!(done["rows"].as_u64().unwrap() > 0, "{path}");
            assert_eq!(done["bytes"], json!(file.len()));
            let digest = <sha2::Sha256 as sha2::Digest>::digest(&file);
            let digest = hex::encode(digest);
            assert_eq!(done["sha256"], json!(digest));
            // the same question is the same export
            let again = city.expect(
                200,
                &format!("/v1/reports/{name}/exports?{query}format={format}"),
                &city.sun,
                &json!({}),
            );
            assert_eq!(again, done);
            let other = city.expect(
                200,
                &format!("/v1/reports/{name}/exports?{query}format={format}"),
                &city.chen,
                &json!({}),
            );
            assert_ne!(again["id"], other["id"], "a file names who asked for it");
            assert_eq!(city.status(&text(&done, "/link"), &stranger), 404);
            assert_eq!(city.status(&text(&done, "/content"), &city.firm), 403);
        }
    }
    for (query, ending) in [
        ("", ".journal"),
        ("?format=beancount", ".beancount"),
        ("?format=hledger&as_of=2025-02-03", ".journal"),
    ] {
        let done = exported(&city, &format!("/v1/reports/journal/exports{query}"));
        let read = |path: &str| city.bytes(path, &city.sun);
        let (answer, file) = read(&text(&done, "/content"));
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert!(answer.header("content-disposition").unwrap().contains(ending));
        let (_, direct) = read(&format!("/v1/reports/journal{query}"));
        assert!(file == direct && !file.is_empty(), "{query}: {} and {}", file.len(), direct.len());
        assert_eq!(done["sha256"], done["sha256_of_csv"], "what was hashed is the file");
    }
    let path = "/v1/reports/operations/exports";
    assert_eq!(city.post("/v1/reports/journal/exports?format=csv", &city.sun, &json!({})).status, 422);
    assert_eq!(city.post(path, &city.firm, &json!({})).status, 403);
    assert_eq!(city.post(&format!("{path}?format=json"), &city.sun, &json!({})).status, 422);
    assert_eq!(city.post(&format!("{path}?kind=dance"), &city.sun, &json!({})).status, 400);
    let nothing = format!("/v1/report-exports/{}", uuid::Uuid::nil());
    assert_eq!(city.status(&nothing, &city.sun), 404);
    // what a process left behind says so, and begins again when it is asked for again
    let done = exported(&city, &format!("{path}?kind=issue_voucher"));
    let id = text(&done, "/id").replace('-', "");
    let folder = city.data.join("exports/exports");
    std::fs::remove_file(folder.join(format!("{id}.json"))).unwrap();
    std::fs::rename(folder.join(format!("{id}.csv")), folder.join(format!("{id}.part"))).unwrap();
    assert_eq!(city.get(&text(&done, "/link"), &city.sun)["status"], "interrupted");
    assert_eq!(city.status(&text(&done, "/content"), &city.sun), 404);
    assert_eq!(exported(&city, &format!("{path}?kind=issue_voucher"))["sha256"], done["sha256"]);
}
