//! Billing files as clouds write them: what a strict reading says of each, and what a lenient one makes of it.

use crate::support::city::shows;
use std::io::Write as _;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::service::send_bytes;
use super::{HEADER, Meter, at, errors, file, row};

const AWS: &[u8] = include_bytes!("../../fixtures/focus/clouds/aws-focus-1.2.csv");
const AZURE: &[u8] = include_bytes!("../../fixtures/focus/clouds/azure-2026-06.csv.gz");
const COMMITMENT: &[u8] =
    include_bytes!("../../fixtures/focus/clouds/commitment_discount_usage_scenario_1.csv");
const V1_3: &[u8] = include_bytes!("../../fixtures/focus/clouds/focus-1.3.csv");
const MINIMAL: &[u8] = include_bytes!("../../fixtures/focus/clouds/focus-1.4-minimal.csv");
const LENIENT: &[u8] = include_bytes!("../../fixtures/focus/clouds/lenient-1.4.csv");
const NATIVE: &[u8] = include_bytes!("../../fixtures/focus/clouds/native-azure-ea-first-30.csv");
const SAAS: &[u8] = include_bytes!("../../fixtures/focus/clouds/simple_saas_agreements_a1.csv");

/// What stands in the body under a name, of each: its code, column and in how many rows.
fn causes(body: &Value, name: &str) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = body[name].as_array().unwrap_or_else(|| panic!("{body}")).iter();
    all.map(|one| (text(&one["code"]), text(&one["column"]), one["rows"].as_u64().unwrap_or(0))).collect()
}

fn cause(code: &str, column: &str, rows: u64) -> (String, String, u64) {
    (code.to_owned(), column.to_owned(), rows)
}

/// Months and what they come to, all categories together.
fn months(city: &Meter) -> Vec<(String, f64)> {
    let mut found: Vec<(String, Decimal)> = Vec::new();
    for total in city.usage()["totals"].as_array().unwrap() {
        let (month, amount) = (total["month"].as_str().unwrap(), total["amount"].as_str().unwrap());
        let amount: Decimal = amount.parse().unwrap();
        match found.iter_mut().find(|(known, _)| known == month) {
            Some((_, sum)) => *sum += amount,
            None => found.push((month.to_owned(), amount)),
        }
    }
    found.into_iter().map(|(month, sum)| (month, sum.to_string().parse().unwrap())).collect()
}

const PERIODS: [&str; 4] = ["BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"];

#[test]
fn aws_writes_milliseconds_which_is_one_cause_a_column_and_no_obstacle() {
    let city = Meter::open("aws");
    city.rate("2026-01-01", "7.1");
    let strict = city.bring("", AWS).is(422, "usage_file_refused");
    let expected: Vec<_> = PERIODS.map(|column| cause("datetime_fraction", column, 42)).to_vec();
    assert_eq!(causes(&strict.json(), "errors"), expected);
    let first = &strict.json()["errors"][0];
    shows(first, json!({"row": 1, "expected": "2026-05-01T00:00:00Z", "found": "2026-06-01T00:00:00.000Z"}));
    let body = city.bring("?mode=lenient", AWS).json();
    assert_eq!((&body["accepted"], &body["rejected"]), (&json!(42), &json!(0)), "{body}");
    assert_eq!(causes(&body, "readings"), expected);
    assert_eq!(body["readings"][0]["read_as"], json!("2026-06-01T00:00:00Z"));
    assert!(city.verify().contains("verified"));
}

#[test]
fn azures_june_is_whole_credits_and_corrections_included() {
    let city = Meter::open("azure");
    city.rate("2026-01-01", "7.1");
    let path = format!("{}?mode=lenient", city.path());
    let headers = [("Idempotency-Key", "june"), ("Content-Type", "application/gzip")];
    let answer = send_bytes(&city.base, "POST", &path, &city.lin, AZURE, &headers).0.expect(201);
    let body = answer.json();
    assert_eq!((&body["accepted"], &body["rejected"]), (&json!(5), &json!(0)), "{body}");
    let mut readings = causes(&body, "readings");
    readings.sort();
    assert_eq!(
        readings,
        [
            cause("correction_names_nothing", "x_CorrectsRowId", 1),
            cause("datetime_no_seconds", "ChargePeriodEnd", 1),
            cause("datetime_no_seconds", "ChargePeriodStart", 1),
            cause("file_packed", "", 0),
            cause("value_missing", "ServiceName", 1),
        ]
    );
    // 8 + 2 + 4 − 1.50 of June at 7.1, and 0.50 less of May
    assert_eq!(months(&city), [("2026-05".to_owned(), -3.55), ("2026-06".to_owned(), 88.75)]);
    assert_eq!(city.usage()["incomplete"], json!([]));
    assert!(city.verify().contains("verified"));
}

#[test]
fn what_may_be_left_out_or_is_newer_is_read_and_told() {
    let city = Meter::open("newer");
    city.rate("2026-01-01", "1");
    let strict = city.bring("", V1_3).json();
    assert_eq!(causes(&strict, "errors"), [cause("service_category_unknown", "ServiceCategory", 4)]);
    assert_eq!(strict["errors"][0]["found"], json!("Observability"));
    let body = city.bring("?mode=lenient", V1_3).json();
    shows(&body, json!({"accepted": 4, "billed_total": "34.00", "readings/0/read_as": "Other"}));

    let other = city.another("C-2");
    let strict = other.bring("", MINIMAL).json();
    let missing = ["ChargeClass", "ChargeDescription", "PricingQuantity", "PricingUnit", "HostProviderName"];
    let found: Vec<_> =
        strict["errors"].as_array().unwrap().iter().map(|one| one["column"].clone()).collect();
    assert_eq!(found, missing.map(|column| json!(column)));
    let body = other.bring("?mode=lenient", MINIMAL).json();
    assert_eq!((&body["accepted"], &body["billed_total"]), (&json!(2), &json!("3.00")), "{body}");
    let left_out: Vec<_> =
        causes(&body, "readings").into_iter().map(|(code, _, rows)| (code, rows)).collect();
    assert_eq!(left_out, vec![("column_left_out".to_owned(), 0); 5]);
}

#[test]
fn a_value_in_other_letters_is_that_value_in_a_lenient_reading_and_told() {
    let city = Meter::open("letters");
    let bytes = file(&[
        row(&[("ChargeCategory", "usage"), ("ServiceCategory", "compute"), ("BillingCurrency", "cny")]),
        row(&[("ServiceCategory", "AI_AND_MACHINE_LEARNING"), ("ResourceId", "gpu-2"), ("BilledCost", "5")]),
        row(&[("ChargeClass", "CORRECTION"), ("BilledCost", "-2"), ("ChargeCategory", "TAX")]),
    ]);
    let expected = [
        cause("value_letters", "BillingCurrency", 1),
        cause("value_letters", "ChargeCategory", 2),
        cause("value_letters", "ChargeClass", 1),
        cause("value_letters", "ServiceCategory", 2),
    ];
    let strict = city.bring("", &bytes).is(422, "usage_file_refused").json();
    assert_eq!(causes(&strict, "errors"), expected);
    let body = city.bring("?mode=lenient", &bytes).json();
    assert_eq!((&body["accepted"], &body["rejected"]), (&json!(3), &json!(0)), "{body}");
    assert_eq!(causes(&body, "readings"), expected);
    let read_as: Vec<_> =
        body["readings"].as_array().unwrap().iter().map(|one| one["read_as"].clone()).collect();
    assert_eq!(read_as, ["CNY", "Usage", "Correction", "Compute"].map(Value::from));
    let usage = city.usage();
    let totals = usage["totals"].as_array().unwrap().iter();
    let items: Vec<_> = totals.map(|total| total["item"].as_str().unwrap()).collect();
    assert!(items.contains(&"compute") && items.contains(&"model_service"), "{usage}");
    assert!(!items.contains(&"other"), "{usage}");
    assert!(city.verify().contains("verified"));
}

#[test]
fn a_service_on_nobodys_infrastructure_has_no_host_since_1_3_and_always_a_publisher() {
    let city = Meter::open("hosts");
    city.rate("2026-01-01", "1");
    let file =
        String::from_utf8(V1_3.to_vec()).unwrap().replace("Observability", "Management and Governance");
    let hostless = file.replace("Datadog via Marketplace,Google Cloud,", "Datadog via Marketplace,,");
    assert_ne!(hostless, file);
    let body = city.bring("", hostless.as_bytes()).expect(201).json();
    shows(&body, json!({"accepted": 4, "billed_total": "34.00"}));
    // up to 1.2 a publisher must be said
    let older = city.another("C-2");
    let published = file.replace("HostProviderName", "x_Host");
    let unpublished = published.replace("Datadog via Marketplace", "");
    let strict = older.bring("", unpublished.as_bytes()).is(422, "usage_file_refused").json();
    assert_eq!(causes(&strict, "errors"), [cause("value_missing", "HostProviderName", 4)]);
    older.bring("", published.as_bytes()).expect(201);
}

#[test]
fn every_way_to_write_an_instant_that_means_one_is_read() {
    let city = Meter::open("instants");
    city.rate("2026-01-01", "1");
    let body = city.bring("?mode=lenient", LENIENT).json();
    assert_eq!((&body["accepted"], &body["rejected"]), (&json!(3), &json!(0)), "{body}");
    assert_eq!(months(&city), [("2026-05".to_owned(), 1.0), ("2026-06".to_owned(), 5.0)]);
    let periods: Vec<_> =
        body["deliveries"].as_array().unwrap().iter().map(|one| one["billing_period"].clone()).collect();
    assert_eq!(periods, [json!("2026-05"), json!("2026-06")], "an hour late is the same billing period");
    let doubles = [
        row(&[("BilledCost", "1.1250000000000001E-4"), ("ChargePeriodStart", "2024-09-10T08:00:00+08:00")]),
        row(&[("BilledCost", "2.5"), ("ChargePeriodEnd", "2024-09-10 01:00:00 UTC")]),
    ];
    let body = city.bring("?mode=lenient", &file(&doubles)).json();
    assert_eq!(body["billed_exact"], json!("2.5001125"), "{body}");
    let codes: Vec<_> = causes(&body, "readings").into_iter().map(|(code, _, _)| code).collect();
    assert_eq!(codes, ["number_too_precise", "datetime_offset", "datetime_words"]);
}

#[test]
fn what_is_no_focus_or_means_several_things_is_refused_with_a_hint() {
    let city = Meter::open("hints");
    for mode in ["", "?mode=lenient"] {
        let native = city.bring(mode, NATIVE).json();
        assert_eq!(errors(&native), [at(0, "", "usage_not_focus")], "{native}");
        assert!(native["errors"][0]["detail"].as_str().unwrap().contains("Azure EA export"), "{native}");
        let codes: Vec<_> =
            errors(&city.bring(mode, COMMITMENT).json()).into_iter().map(|one| one.2).collect();
        assert!(codes.iter().all(|code| code == "usage_column_missing") && codes.len() > 4, "{codes:?}");
        let saas = city.bring(mode, SAAS).expect(422);
        let found = causes(&saas.json(), "errors");
        assert!(found.contains(&cause("number_formatted", "BilledCost", 1)), "{found:?}");
        for column in PERIODS {
            assert!(found.contains(&cause("datetime_ambiguous", column, 1)), "{found:?}");
        }
    }
    assert_eq!(city.usage()["imports"], 0);
}

#[test]
fn other_encodings_delimiters_and_packings_are_the_same_rows() {
    let city = Meter::open("forms");
    let rows: Vec<String> =
        (0..3).map(|n| row(&[("ServiceName", "算力"), ("ResourceId", &format!("卡{n}"))])).collect();
    let text = String::from_utf8(file(&rows)).unwrap();
    let utf16: Vec<u8> =
        [0xff_u8, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bare: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let gbk = encoding_rs::GB18030.encode(&text).0.into_owned();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&gbk).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("bill.csv", options).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let semicolons = text.replace(',', ";");
    let tabs = text.replace(',', "\t");
    assert_eq!(city.taken("", text.as_bytes()).0, 3);
    let forms: [(&str, &[u8], &[&str]); 7] = [
        ("utf-16 with a mark", &utf16, &["file_encoding"]),
        ("utf-16 without", &bare, &["file_encoding"]),
        ("gb18030", &gbk, &["file_encoding"]),
        ("gzip of gb18030", &gzip.finish().unwrap(), &["file_encoding", "file_packed"]),
        ("zip", &zip, &["file_packed"]),
        ("semicolons", semicolons.as_bytes(), &["file_delimiter"]),
        ("tabs", tabs.as_bytes(), &["file_delimiter"]),
    ];
    for (form, bytes, told) in forms {
        let answer = city.bring("?adds=true", bytes);
        assert_eq!(answer.status, 201, "{form}: {}", answer.text);
        let body = answer.json();
        assert_eq!((&body["accepted"], &body["repeated"]), (&json!(0), &json!(3)), "{form}: {body}");
        let codes: Vec<_> = causes(&body, "readings").into_iter().map(|(code, _, _)| code).collect();
        assert_eq!(codes, told, "{form}");
    }
    // a declared encoding, one that nobody knows, and bytes that are none
    let bring = |kind: &str, bytes: &[u8]| {
        let key = format!("declared-{}", kind.len());
        let headers = [("Idempotency-Key", key.as_str()), ("Content-Type", kind), ("Accept-Language", "en")];
        send_bytes(&city.base, "POST", &format!("{}?adds=true", city.path()), &city.lin, bytes, &headers).0
    };
    assert_eq!(bring("text/csv; charset=gbk", &gbk).status, 201);
    assert_eq!(bring("text/csv; charset=klingon", &gbk).json()["code"], json!("usage_encoding_unknown"));
    assert!(city.verify().contains("verified"));
}

#[test]
fn packed_files_that_are_none_or_too_much_are_refused() {
    let city = Meter::open("packed");
    let code = |bytes: &[u8]| {
        let answer = city.bring("?mode=lenient", bytes).expect(422);
        answer.json()["code"].as_str().unwrap().to_owned()
    };
    let gzip = |write: &dyn Fn(&mut dyn std::io::Write)| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        write(&mut packed);
        packed.finish().unwrap()
    };
    let whole = gzip(&|to| to.write_all(&file(&[row(&[])])).unwrap());
    assert_eq!(code(&whole[..whole.len() - 12]), "usage_packed_unreadable");
    assert_eq!(code(b"PK\x03\x04 and nothing of a container"), "usage_packed_unreadable");
    assert_eq!(code(&gzip(&|to| to.write_all(b"PAR1....PAR1").unwrap())), "usage_packed_parquet");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for name in ["a.csv", "b.csv"] {
        zip.start_file(name, options).unwrap();
        zip.write_all(b"x").unwrap();
    }
    assert_eq!(code(&zip.finish().unwrap().into_inner()), "usage_packed_several");
    // a cell without end, packed a thousandfold
    let bomb = gzip(&|to| {
        to.write_all(format!("{HEADER}\n\"").as_bytes()).unwrap();
        let zeros = vec![b'0'; 1 << 20];
        (0..64).for_each(|_| to.write_all(&zeros).unwrap());
    });
    assert!(bomb.len() < 1 << 20);
    assert_eq!(code(&bomb), "usage_file_beyond_limits");
    assert_eq!(city.usage()["imports"], 0);
}
