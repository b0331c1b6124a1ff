//! Metered usage from outside: real billing files, what of them counts, and that nothing counts twice.

mod clouds;
mod columns;
mod deliveries;
mod foreign;
use crate::support::city::{BANK, CLOUD, City, FIRM, shows};
use crate::support::service;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use service::{Answer, Service, send_bytes};

const OTHER_CLOUD: &str = BANK;
const SAMPLE: &[u8] = include_bytes!("../../fixtures/focus/focus_sample_1.0_first_500.csv");

const HEADER: &str = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass,\
    ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ContractedCost,EffectiveCost,ListCost,InvoiceIssuerName,PricingQuantity,\
    PricingUnit,ServiceProviderName,HostProviderName,ServiceCategory,ServiceName,ResourceId,SkuId,InvoiceId,x_RowId,x_CorrectsRowId";

/// A row in CNY of an hour of September; `key=value` pairs say what is otherwise.
pub fn row(changes: &[(&str, &str)]) -> String {
    let cells = HEADER.split(',').map(str::trim).map(|name| {
        let usual = match name {
            "BilledCost" => "1.25",
            "BillingAccountId" => "acct",
            "BillingCurrency" => "CNY",
            "BillingPeriodStart" => "2024-09-01T00:00:00Z",
            "BillingPeriodEnd" => "2024-10-01T00:00:00Z",
            "ChargeCategory" => "Usage",
            "ChargePeriodStart" => "2024-09-10T00:00:00Z",
            "ChargePeriodEnd" => "2024-09-10T01:00:00Z",
            "ContractedCost" | "EffectiveCost" | "ListCost" | "PricingQuantity" => "1",
            "ServiceCategory" => "Compute",
            "ResourceId" => "gpu-1",
            "SkuId" => "sku-1",
            "ChargeClass" | "InvoiceId" | "x_RowId" | "x_CorrectsRowId" => "",
            _ => "x",
        };
        changes.iter().find(|(changed, _)| *changed == name).map_or(usual, |(_, value)| *value)
    });
    cells.collect::<Vec<_>>().join(",")
}

pub fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

/// A contract, and the city in which it is metered.
struct Meter {
    city: Arc<City>,
    rental: String,
}

impl Deref for Meter {
    type Target = City;

    fn deref(&self) -> &City {
        &self.city
    }
}

impl Meter {
    fn open(agency: &str) -> Self {
        let service = Arc::new(Service::start());
        let city = City::bare(&service, agency, &[(FIRM, "甲"), (CLOUD, "丁云"), (OTHER_CLOUD, "戊云")]);
        let mut meter = Self { city: Arc::new(city), rental: String::new() };
        meter.rental = meter.contract("C-1");
        meter
    }

    /// Another contract's meter.
    fn another(&self, number: &str) -> Self {
        Self { city: Arc::clone(&self.city), rental: self.contract(number) }
    }

    fn contract(&self, number: &str) -> String {
        let body = json!({"contract_no": number, "provider": CLOUD, "organisation": FIRM, "signed_on": "2024-08-01",
            "from": "2024-09-01", "until": "2025-08-31", "lines": [{"item": "compute", "amount": "100000.00"}]});
        self.create("/v1/rentals", &self.lin, &body)
    }

    fn rate(&self, date: &str, percent: &str) {
        let body = json!({"name": "USD/CNY", "date": date, "percent": percent});
        self.expect(201, "/v1/reference-rates", &self.lin, &body);
    }

    fn path(&self) -> String {
        format!("/v1/rentals/{}/usage", self.rental)
    }

    fn bring_as(&self, token: &str, query: &str, key: &str, bytes: &[u8]) -> Answer {
        let headers = [("Idempotency-Key", key), ("Content-Type", "text/csv"), ("Accept-Language", "en")];
        let path = format!("{}{query}", self.path());
        send_bytes(&self.service.base, "POST", &path, token, bytes, &headers).0
    }

    fn bring(&self, query: &str, bytes: &[u8]) -> Answer {
        static KEYS: AtomicUsize = AtomicUsize::new(0);
        let key = format!("import-{}", KEYS.fetch_add(1, Ordering::SeqCst));
        self.bring_as(&self.lin, query, &key, bytes)
    }

    /// Rows that count, counted already, are wrong; and what the first come to.
    fn taken(&self, query: &str, bytes: &[u8]) -> (u64, u64, u64, String) {
        let answer = self.bring(query, bytes).expect(201);
        let body = answer.json();
        let count = |name: &str| body[name].as_u64().unwrap();
        assert_eq!(count("rows"), count("accepted") + count("repeated") + count("rejected"));
        (
            count("accepted"),
            count("repeated"),
            count("rejected"),
            body["billed_exact"].as_str().unwrap().to_owned(),
        )
    }

    fn usage(&self) -> Value {
        self.get(&self.path(), &self.lin)
    }

    /// The codes of a refused file, with the rows and columns that they are at.
    fn refused_file(&self, query: &str, bytes: &[u8]) -> Vec<(u64, String, String)> {
        let answer = self.bring(query, bytes).is(422, "usage_file_refused");
        errors(&answer.json())
    }

    fn verify(&self) -> String {
        self.service.cli(&["verify", "--agency", &self.agency])
    }
}

fn errors(body: &Value) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = body["errors"].as_array().unwrap().iter();
    all.map(|e| (e["row"].as_u64().unwrap(), text(&e["column"]), text(&e["code"]))).collect()
}

fn at(row: u64, column: &str, code: &str) -> (u64, String, String) {
    (row, column.to_owned(), code.to_owned())
}

#[test]
fn the_specifications_sample_is_refused_strictly_and_taken_leniently_once() {
    let city = Meter::open("sample");
    let strict = city.refused_file("", SAMPLE);
    let causes: std::collections::BTreeSet<_> = strict.iter().map(|one| (&one.1, &one.2)).collect();
    assert_eq!(causes.len(), strict.len(), "a cause is told once: {strict:?}");
    assert!(strict.contains(&at(1, "ChargePeriodStart", "datetime_no_zone")), "{strict:?}");
    assert_eq!(city.usage()["imports"], 0);
    // no rate is loaded: nothing that could be taken is no success
    let nothing = city.bring("?mode=lenient", SAMPLE).is(422, "usage_nothing_taken");
    let cause = &nothing.json()["errors"][0];
    shows(cause, json!({"code": "exchange_rate_missing", "rows": 500, "found": "USD"}));
    assert_eq!(city.usage()["imports"], 0);
    city.rate("2024-09-30", "7.0074");
    let first = city.taken("?mode=lenient", SAMPLE);
    assert_eq!((first.0, first.1, first.2), (500, 0, 0));
    // the same sum, reckoned from the file's own text in units of 10⁻¹⁸ and 10⁻⁴
    let mut csv = csv::Reader::from_reader(SAMPLE);
    let place = csv.headers().unwrap().iter().position(|name| name == "BilledCost").unwrap();
    let sum: i128 = csv
        .records()
        .map(|record| {
            let text = record.unwrap()[place].to_owned();
            let (whole, part) = text.split_once('.').unwrap();
            format!("{whole}{part:0<18}").parse::<i128>().unwrap()
        })
        .sum();
    let exact = format!("{:023}", sum * 70_074);
    let (whole, part) = exact.split_at(exact.len() - 22);
    assert_eq!(first.3, format!("{whole}.{}", part.trim_end_matches('0')));
    let again = city.taken("?mode=lenient", SAMPLE);
    assert_eq!((again.0, again.1, again.2, again.3.as_str()), (0, 500, 0, "0.00"));
    // a part of it in another order, and marked as spreadsheets mark it
    let text = std::str::from_utf8(SAMPLE).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let part = format!("\u{feff}{}\n", lines[..300].join("\n"));
    assert_eq!(city.taken("?mode=lenient&adds=true", part.as_bytes()).1, 299);
    let usage = city.usage();
    shows(&usage, json!({"billed_exact": first.3.as_str(), "imports": 3}));
    let items: Vec<&str> =
        usage["totals"].as_array().unwrap().iter().map(|t| t["item"].as_str().unwrap()).collect();
    for item in ["compute", "storage", "network", "other"] {
        assert!(items.contains(&item), "{items:?}");
    }
    let path = format!("{}/imports", city.path());
    let imports = city.get(&path, &city.lin);
    assert_eq!(imports["data"].as_array().unwrap().len(), 3);
    assert!(city.verify().contains("verified"));
}

#[test]
fn equal_rows_of_a_file_both_count_and_overlapping_files_count_once() {
    let city = Meter::open("overlap");
    let (a, b) = (row(&[]), row(&[("ResourceId", "gpu-2")]));
    assert_eq!(city.taken("", &file(&[a.clone(), a.clone(), b.clone()])), (3, 0, 0, "3.75".to_owned()));
    assert_eq!(city.taken("?adds=true", &file(&[b.clone(), a.clone()])), (0, 2, 0, "0.00".to_owned()));
    let c = row(&[("ResourceId", "gpu-3"), ("BilledCost", "0.000000000000000001")]);
    let more = [a.clone(), a.clone(), a.clone(), c];
    assert_eq!(city.taken("?adds=true", &file(&more)), (2, 2, 0, "1.250000000000000001".to_owned()));
    // zeros say nothing
    let same = row(&[("BilledCost", "1.250"), ("PricingQuantity", "1.0")]);
    assert_eq!(city.taken("?adds=true", &file(&[same])).1, 1);
    // another contract counts for itself
    let other = city.another("C-2");
    assert_eq!(other.taken("", &file(&[a])).0, 1);
    assert_eq!(city.usage()["billed_total"], "5.00");
    let (mut rows, mut next) = (Vec::new(), String::new());
    loop {
        let page = city.get(&format!("{}?limit=2{next}", city.path()), &city.cloud);
        rows.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    let places: Vec<_> = rows.iter().map(|r| r["row"].as_u64().unwrap()).collect();
    assert_eq!(places, [1, 2, 3, 3, 4]);
    assert!(city.verify().contains("verified"));
}

#[test]
fn corrections_name_a_row_and_are_netted() {
    let city = Meter::open("corrections");
    let correction = |changes: &[(&'static str, &'static str)]| {
        row(&[changes, &[("ChargeClass", "Correction"), ("BilledCost", "-0.25")]].concat())
    };
    let nothing = [correction(&[]), correction(&[("x_CorrectsRowId", "r-1")])];
    let refused = city.bring("", &file(&nothing)).json();
    assert_eq!(errors(&refused), [at(1, "x_CorrectsRowId", "correction_names_nothing")]);
    assert_eq!(refused["errors"][0]["rows"], json!(2), "one finding, two rows");
    // one before the row that it corrects, by what is charged; one by the row's id
    let rows = [correction(&[]), row(&[("x_RowId", "r-1")]), correction(&[("x_CorrectsRowId", "r-1")])];
    assert_eq!(city.taken("", &file(&rows)), (3, 0, 0, "0.75".to_owned()));
    // the same ones again, one more that corrects what an earlier file brought, and two that name nothing: they count
    // for themselves, where a row is not refused for it
    let later = correction(&[("x_CorrectsRowId", "r-1"), ("BilledCost", "-0.5"), ("ResourceId", "")]);
    let stranger = correction(&[("ResourceId", "gpu-9")]);
    let bodiless = correction(&[("ResourceId", ""), ("SkuId", "")]);
    let all = file(&[rows[0].clone(), later, stranger, bodiless]);
    let body = city.bring("?mode=lenient&adds=true", &all).json();
    assert_eq!((&body["accepted"], &body["repeated"], &body["rejected"]), (&json!(3), &json!(1), &json!(0)));
    let reading = &body["readings"][0];
    shows(reading, json!({"code": "correction_names_nothing", "rows": 2, "row": 3}));
    shows(reading, json!({"read_as": "a row of its own"}));
    assert_eq!(city.usage()["billed_exact"], "-0.25");
}

#[test]
fn charges_count_in_the_agencys_months_and_at_the_rate_of_their_bill() {
    let city = Meter::open("months");
    let month = row(&[
        ("BilledCost", "720"),
        ("ChargePeriodStart", "2024-09-01T00:00:00Z"),
        ("ChargePeriodEnd", "2024-10-01T00:00:00Z"),
    ]);
    let models = row(&[
        ("BilledCost", "10"),
        ("BillingCurrency", "USD"),
        ("ServiceCategory", "AI and Machine Learning"),
    ]);
    let october = row(&[
        ("BillingCurrency", "USD"),
        ("BillingPeriodStart", "2024-10-01T00:00:00Z"),
        ("BillingPeriodEnd", "2024-11-01T00:00:00Z"),
    ]);
    city.rate("2024-09-15", "7.1");
    city.rate("2024-10-01", "7.2");
    let yen = row(&[("BillingCurrency", "JPY")]);
    assert_eq!(
        city.refused_file("", &file(&[month.clone(), yen])),
        [at(2, "BillingCurrency", "exchange_rate_missing")]
    );
    assert_eq!(city.taken("", &file(&[month, models, october])).3, "800.00");
    let totals = city.usage()["totals"].clone();
    let totals: Vec<_> = totals
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["month"].as_str().unwrap(), t["item"].as_str().unwrap(), t["amount"].as_str().unwrap()))
        .collect();
    assert_eq!(
        totals,
        [
            ("2024-09", "model_service", "71.00"),
            ("2024-09", "compute", "721.00"),
            ("2024-10", "compute", "8.00")
        ]
    );
}

#[test]
fn hostile_files_are_reported_row_by_row_and_break_nothing() {
    let city = Meter::open("hostile");
    let wrong = [
        (row(&[("BilledCost", "1.2.3")]), at(1, "BilledCost", "invalid_number")),
        (row(&[("BilledCost", "")]), at(2, "BilledCost", "value_missing")),
        (row(&[("ChargeCategory", "Magic")]), at(3, "ChargeCategory", "value_unknown")),
        (row(&[("ChargePeriodEnd", "2024-09-10T00:00:00Z")]), at(4, "ChargePeriodEnd", "period_backwards")),
        (
            row(&[("ChargePeriodStart", "2024-02-30T00:00:00Z")]),
            at(5, "ChargePeriodStart", "invalid_datetime"),
        ),
        (row(&[("ChargePeriodEnd", "2031-09-10T00:00:00Z")]), at(6, "ChargePeriodEnd", "period_too_long")),
        (row(&[("BillingCurrency", "元")]), at(7, "BillingCurrency", "invalid_currency")),
        (row(&[("ResourceId", &"g".repeat(1_025))]), at(8, "ResourceId", "value_too_long")),
        (row(&[("ServiceName", "a\u{0}b")]), at(9, "ServiceName", "invalid_text")),
        ("only,three,cells".to_owned(), at(10, "", "row_ragged")),
    ];
    let rows: Vec<String> = wrong.iter().map(|(row, _)| row.clone()).collect();
    let mut bytes = file(&rows);
    bytes.extend_from_slice(row(&[("ResourceId", "@")]).replace('@', "\u{1}").as_bytes());
    let last = bytes.len() - row(&[]).len();
    let place = last + bytes[last..].iter().position(|byte| *byte == 1).unwrap();
    bytes[place] = 0xff;
    bytes.push(b'\n');
    bytes.extend_from_slice(row(&[("ResourceId", "good")]).as_bytes());
    let body = city.bring("?mode=lenient", &bytes).json();
    let mut expected: Vec<_> = wrong.into_iter().map(|(_, error)| error).collect();
    expected.push(at(11, "", "not_utf8"));
    assert_eq!(errors(&body), expected);
    assert_eq!((&body["accepted"], &body["rejected"]), (&json!(1), &json!(11)));
    assert!(body["errors"][0]["detail"].as_str().unwrap().contains("A number"));
    assert_eq!(
        (&body["errors"][0]["found"], body["findings"].as_array().unwrap().len()),
        (&json!("1.2.3"), 11)
    );
    // all of them can be read later, a page at a time
    let report = format!("{}/imports/{}/errors?limit=4", city.path(), body["import_id"].as_str().unwrap());
    let (mut next, mut found) = (String::new(), Vec::new());
    loop {
        let page = city.get(&format!("{report}{next}"), &city.lin);
        found.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(errors(&json!({"errors": found})), expected);
    // a quote that is never closed swallows the rest, which is one row that does not fit
    let open = format!("{HEADER}\n\"{}", (row(&[]) + "\n").repeat(500));
    assert_eq!(city.refused_file("", open.as_bytes()), [at(1, "", "row_ragged")]);
    for (text, code) in [
        ("", "usage_column_missing"),
        ("\u{0}\u{1}", "usage_column_missing"),
        ("a,b\n1,2\n", "usage_column_missing"),
    ] {
        assert!(city.refused_file("?mode=lenient", text.as_bytes()).iter().all(|e| e.0 == 0 && e.2 == code));
    }
    let twice = format!("BilledCost,{HEADER}\n");
    assert_eq!(city.refused_file("", twice.as_bytes()), [at(0, "BilledCost", "usage_column_repeated")]);
    city.bring("", format!("{HEADER}\n").as_bytes()).is(422, "usage_nothing_taken");
    assert_eq!(city.bring("?mode=loose", b"").status, 400);
    city.bring("", &vec![b'x'; 20 * 1024 * 1024 + 1]).is(413, "too_large");
    assert_eq!(city.usage()["billed_total"], "1.25");
}

#[test]
fn one_of_many_imports_of_a_file_at_once_counts_it() {
    let city = Meter::open("race");
    let rows: Vec<String> = (0..400).map(|n| row(&[("ResourceId", &format!("gpu-{n}"))])).collect();
    let bytes = file(&rows);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let bring = |n: usize| city.bring_as(&city.lin, "", &format!("race-{n}"), &bytes);
        let all: Vec<_> = (0..6).map(|n| scope.spawn(move || bring(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let counted: u64 =
        answers.iter().map(|a| a.json()["accepted"].as_u64().unwrap_or_else(|| panic!("{}", a.text))).sum();
    assert_eq!(counted, 400);
    assert_eq!(city.usage()["billed_total"], "500.00");
    assert!(city.verify().contains("verified"));
}

#[test]
fn who_may_bring_usage_and_what_the_same_key_answers() {
    let city = Meter::open("callers");
    let bytes = file(&[row(&[]), row(&[("BilledCost", "x")])]);
    let stranger = city.token(&city.agency, "provider", "other", Some(OTHER_CLOUD));
    let firm = city.token(&city.agency, "enterprise", "firm", Some(FIRM));
    assert_eq!(city.bring_as(&stranger, "", "k", &bytes).status, 404);
    assert_eq!(city.bring_as(&firm, "", "k", &bytes).status, 403);
    assert_eq!(city.status(&city.path(), &stranger), 404);
    assert_eq!(city.status(&city.path(), &firm), 200);
    let preview = city.bring_as(&city.cloud, "?mode=lenient&dry_run=true", "k", &bytes).json();
    assert_eq!((&preview["dry_run"], &preview["accepted"]), (&json!(true), &json!(1)));
    assert_eq!(city.usage()["imports"], 0);
    let first = city.bring_as(&city.cloud, "?mode=lenient", "k", &bytes).expect(201);
    assert!(first.header("Ledger-Sequence").is_some());
    let again = city.bring_as(&city.cloud, "?mode=lenient", "k", &bytes);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(
        (again.json(), again.header("Ledger-Sequence")),
        (first.json(), first.header("Ledger-Sequence"))
    );
    let reused = city.bring_as(&city.cloud, "?mode=lenient", "k", &file(&[row(&[])]));
    assert_eq!(reused.json()["code"], "idempotency_key_reused");
    assert_eq!(city.usage()["imports"], 1);
    assert_eq!(city.usage()["data"].as_array().unwrap().len(), 1);
    assert!(city.verify().contains("verified"));
}
