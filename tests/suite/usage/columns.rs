//! Billing files in columns, and from the command line.

use crate::support::city::shows;
use std::io::Write as _;
use std::sync::Arc;

use parquet::data_type::{
    ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

use super::service::{fresh_folder, send_bytes, send_to};
use super::{Meter, file, row};

/// Amounts of 18 decimals, days in microseconds, texts: a row a line of `amount category resource`.
fn parquet(rows: &[(&str, &str, &str)], amounts: &str) -> Vec<u8> {
    let schema = format!(
        "message focus {{ required {amounts}; required binary BillingAccountId (STRING);
         required binary BillingCurrency (STRING); required int64 BillingPeriodStart (TIMESTAMP(MICROS,true));
         required int64 BillingPeriodEnd (TIMESTAMP(MICROS,true)); required binary ChargeCategory (STRING);
         optional binary ChargeClass (STRING); required int64 ChargePeriodStart (TIMESTAMP(NANOS,true));
         required int64 ChargePeriodEnd (TIMESTAMP(NANOS,true)); required binary ServiceProviderName (STRING);
         required binary ServiceCategory (STRING); required binary ServiceName (STRING);
         required binary ResourceId (STRING); optional binary x_Unread (STRING); }}"
    );
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::default())).unwrap();
    for group in rows.chunks(2) {
        let mut columns = writer.next_row_group().unwrap();
        write_amounts(&mut columns, group, amounts);
        let texts = |columns: &mut SerializedRowGroupWriter<'_, _>, values: Vec<&str>| {
            let values: Vec<ByteArray> = values.into_iter().map(ByteArray::from).collect();
            let mut column = columns.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
            column.close().unwrap();
        };
        let same = |text: &'static str| vec![text; group.len()];
        let instants = |columns: &mut SerializedRowGroupWriter<'_, _>, at: i64| {
            let mut column = columns.next_column().unwrap().unwrap();
            column.typed::<Int64Type>().write_batch(&vec![at; group.len()], None, None).unwrap();
            column.close().unwrap();
        };
        let absent = |columns: &mut SerializedRowGroupWriter<'_, _>| {
            let mut column = columns.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&[], Some(&vec![0; group.len()]), None).unwrap();
            column.close().unwrap();
        };
        texts(&mut columns, same("acct"));
        texts(&mut columns, same("CNY"));
        instants(&mut columns, 1_725_148_800_000_000); // 2024-09-01
        instants(&mut columns, 1_727_740_800_000_000); // 2024-10-01
        texts(&mut columns, same("Usage"));
        absent(&mut columns);
        instants(&mut columns, 1_725_926_400_000_000_000); // 2024-09-10T00:00:00Z
        instants(&mut columns, 1_725_930_000_000_000_000);
        texts(&mut columns, same("丁云"));
        texts(&mut columns, group.iter().map(|row| row.1).collect());
        texts(&mut columns, same("GPU"));
        texts(&mut columns, group.iter().map(|row| row.2).collect());
        absent(&mut columns);
        columns.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn write_amounts<W: std::io::Write + Send>(
    columns: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[(&str, &str, &str)],
    amounts: &str,
) {
    let mut column = columns.next_column().unwrap().unwrap();
    if amounts.starts_with("double") {
        let values: Vec<f64> = rows.iter().map(|row| row.0.parse().unwrap()).collect();
        column.typed::<DoubleType>().write_batch(&values, None, None).unwrap();
    } else {
        let units = |text: &str| {
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{part:0<18}").parse::<i128>().unwrap().to_be_bytes().to_vec()
        };
        let values: Vec<_> =
            rows.iter().map(|row| FixedLenByteArray::from(ByteArray::from(units(row.0)))).collect();
        column.typed::<FixedLenByteArrayType>().write_batch(&values, None, None).unwrap();
    }
    column.close().unwrap();
}

const EXACT: &str = "fixed_len_byte_array(16) BilledCost (DECIMAL(38,18))";

#[test]
fn columns_are_read_as_exactly_as_text_and_are_the_same_rows() {
    let city = Meter::open("columns");
    let rows = [
        ("0.000000000000000001", "Compute", "gpu-1"),
        ("-0.5", "Compute", "gpu-2"),
        ("12345678901.000000000000000001", "Storage", "disk"),
    ];
    let bring = |query: &str, bytes: &[u8], key: &str| {
        let headers = [("Idempotency-Key", key), ("Content-Type", "application/vnd.apache.parquet")];
        let path = format!("{}{query}", city.path());
        send_bytes(&city.base, "POST", &path, &city.lin, bytes, &headers).0
    };
    let answer = bring("?mode=lenient", &parquet(&rows, EXACT), "p1").expect(201);
    let body = answer.json();
    shows(&body, json!({"accepted": 3, "rejected": 0, "billed_exact": "12345678900.500000000000000002"}));
    // the same charge as text is the same row
    let text = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass,\
        ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceCategory,ServiceName,ResourceId\n\
        -0.5,acct,CNY,2024-09-01T00:00:00Z,2024-10-01T00:00:00Z,Usage,,2024-09-10T00:00:00Z,2024-09-10T01:00:00Z,丁云,\
        Compute,GPU,gpu-2\n";
    assert_eq!(city.taken("?mode=lenient&adds=true", text.as_bytes()).1, 1);

    // floating point: the shortest decimal, and not where decimals are asked for
    let double = parquet(&[("0.1", "Compute", "float")], "double BilledCost");
    let answer = bring("?mode=lenient&adds=true", &double, "p2");
    assert_eq!(answer.json()["billed_exact"], json!("0.10"), "{}", answer.text);
    let refused = bring("?mode=strict", &double, "p3");
    let errors = refused.json()["errors"].clone();
    assert_eq!(refused.json()["code"], json!("usage_file_refused"));
    assert!(
        errors.as_array().unwrap().iter().any(|error| error["code"] == "usage_column_missing"),
        "{errors}"
    );
    // what is no such file
    for broken in [&b"PAR1"[..], b"PAR1garbagePAR1", &parquet(&rows, EXACT)[..200]] {
        bring("?mode=lenient", broken, &format!("b{}", broken.len())).is(422, "usage_file_malformed");
    }
    assert!(city.verify().contains("verified"));
}

#[test]
fn a_file_from_the_command_line_counts_once_and_what_is_wrong_is_written_as_it_is_asked() {
    let city = Meter::open("shell");
    let folder = fresh_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let place = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let good = row(&[("x_RowId", "1"), ("BilledCost", "2.005")]);
    let wrong = row(&[("x_RowId", "2"), ("BilledCost", "=1+1"), ("ChargeCategory", "Nonsense")]);
    std::fs::File::create(place("bill.csv")).unwrap().write_all(&file(&[good, wrong])).unwrap();
    let (bill, report) = (place("bill.csv"), place("wrong.json"));
    let words = |mode: &'static str, report: &str| {
        let words = ["usage", "import", &bill, "--agency", "shell", "--rental", &city.rental, "--mode", mode];
        let all: Vec<String> =
            words.iter().chain(&["--errors", report, "--json"]).map(|s| (*s).to_owned()).collect();
        all
    };
    let run = |words: &[String]| city.cli(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let first: Value = serde_json::from_str(&run(&words("lenient", &report))).unwrap();
    shows(&first, json!({"accepted": 1, "rejected": 1, "billed_exact": "2.005"}));
    let errors: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let codes: Vec<_> =
        errors.as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["invalid_number", "value_unknown"]);
    let again: Value = serde_json::from_str(&run(&words("lenient", &place("wrong.csv")))).unwrap();
    assert_eq!((&again["accepted"], &again["repeated"]), (&json!(0), &json!(1)));
    let csv = String::from_utf8(std::fs::read(place("wrong.csv")).unwrap()).unwrap();
    assert!(
        csv.starts_with(
            "\u{feff}行 row,列 column,代码 code,内容 found,说明 detail\r\n2,BilledCost,invalid_number,"
        ),
        "{csv}"
    );
    run(&words("lenient", &place("wrong.xlsx")));
    assert!(std::fs::read(place("wrong.xlsx")).unwrap().starts_with(b"PK"));

    // the same over HTTP
    let import = first["import_id"].as_str().unwrap();
    let path = |query: &str| format!("{}/imports/{import}/errors{query}", city.path());
    let listed = city.get(&path(""), &city.cloud);
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let english = [("Accept-Language", "en")];
    let found = send_to(&city.base, "GET", &path("?format=csv"), Some(&city.cloud), None, &english).unwrap();
    assert_eq!((found.status, found.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert_eq!(found.text, csv);
    let (answer, book) = city.bytes(&path("?format=xlsx"), &city.cloud);
    assert_eq!((answer.status, book.starts_with(b"PK")), (200, true));
    assert_eq!(city.ask(&path("?format=pdf"), &city.cloud).json()["code"], json!("format_not_supported"));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(city.verify().contains("verified"));
}

#[test]
fn a_file_that_says_too_much_of_itself_is_refused() {
    let city = Meter::open("hostile");
    let bring = |bytes: &[u8], key: &str| {
        let headers = [("Idempotency-Key", key), ("Content-Type", "application/vnd.apache.parquet")];
        let path = format!("{}?mode=lenient", city.path());
        send_bytes(&city.base, "POST", &path, &city.lin, bytes, &headers).0
    };
    let mut bytes = b"PAR1".to_vec();
    bytes.extend(vec![0; 9 << 20]);
    bytes.extend((9_u32 << 20).to_le_bytes());
    bytes.extend(b"PAR1");
    let answer = bring(&bytes, "h1");
    let body = answer.json();
    assert_eq!((answer.status, &body["code"]), (422, &json!("usage_file_beyond_limits")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("footer_bytes"), "{body}");
    bytes.truncate(bytes.len() - 1);
    bring(&bytes, "h2").is(422, "usage_file_malformed");
}
