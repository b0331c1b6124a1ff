//! What is no FOCUS: providers' own exports, other formats and bombs; and FOCUS under the names of its preview.

use std::io::Write as _;

use serde_json::json;

use super::{Meter, file, row};

/// Headers of providers' own exports, what each looks like, and what its provider offers instead.
const NATIVE: [(&str, &str, &str); 9] = [
    (
        "identity/LineItemId,bill/InvoiceId,lineItem/UsageAccountId,lineItem/UnblendedCost",
        "AWS Cost and Usage Report",
        "FOCUS with AWS",
    ),
    (
        "bill_payer_account_id,line_item_usage_account_id,line_item_unblended_cost",
        "AWS Cost and Usage Report",
        "FOCUS with AWS",
    ),
    (
        "invoiceId,billingProfileId,date,meterCategory,costInBillingCurrency,pricingCurrency",
        "Azure MCA export",
        "(FOCUS)",
    ),
    (
        "SubscriptionId,Date,MeterCategory,CostInBillingCurrency,BillingCurrencyCode",
        "Azure EA export",
        "(FOCUS)",
    ),
    (
        "billing_account_id,service.id,sku.id,usage_start_time,usage_end_time,cost",
        "export of Google Cloud billing",
        "BigQuery",
    ),
    (
        "lineItem/referenceNo,lineItem/tenantId,lineItem/intervalUsageStart,cost/myCost",
        "Oracle cost report",
        "FOCUS reports",
    ),
    (
        "账单月份,财务单元,账号ID,产品Code,产品名称,应付金额,币种",
        "Alibaba Cloud bill (阿里云账单)",
        "FOCUS 账单",
    ),
    (
        "付款账号ID,产品名称,子产品名称,地域,原价,优惠后总价",
        "export of Tencent Cloud (腾讯云账单)",
        "FOCUS 账单",
    ),
    (
        "账期,企业项目,云服务类型名称,区域名称,官网价,应付金额",
        "export of Huawei Cloud (华为云账单)",
        "FOCUS 账单",
    ),
];

fn zip(members: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for name in members {
        zip.start_file(*name, options).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_providers_own_export_is_named_once_with_what_to_export_instead() {
    let city = Meter::open("native");
    for (header, looks_like, instead) in NATIVE {
        let cells = vec!["1"; header.split(',').count()].join(",");
        let text = format!("{header}\n{cells}\n");
        let gbk = encoding_rs::GB18030.encode(&text).0.into_owned();
        for bytes in [text.clone().into_bytes(), gbk.clone(), gzip(&gbk)] {
            let body = city.bring("?mode=lenient", &bytes).is(422, "usage_file_refused").json();
            let [error] = body["errors"].as_array().unwrap().as_slice() else { panic!("{body}") };
            assert_eq!(
                [&error["code"], &error["found"], &error["row"], &error["rows"]],
                [&json!("usage_not_focus"), &json!(looks_like), &json!(0), &json!(0)]
            );
            assert!(error["expected"].as_str().unwrap().contains(instead), "{error}");
            let detail = error["detail"].as_str().unwrap();
            assert!(
                detail.starts_with(&format!("This is not FOCUS: it looks like an {looks_like}. Export")),
                "{detail}"
            );
        }
    }
    assert_eq!(city.usage()["imports"], 0);
}

#[test]
fn other_formats_are_named_packed_or_not() {
    let city = Meter::open("formats");
    let json = b"[{\"BilledCost\": 1}]";
    for (bytes, looks_like) in [
        (json.to_vec(), "export as JSON"),
        (gzip(json), "export as JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "Excel workbook of before 2007 (.xls)"),
        (zip(&["[Content_Types].xml", "xl/workbook.xml"]), "Excel workbook (.xlsx)"),
        (b"<!DOCTYPE html><html>".to_vec(), "HTML page or XML document"),
        (gzip(&gzip(json)), "archive within an archive (gzip)"),
    ] {
        let body = city.bring("", &bytes).is(422, "usage_file_refused").json();
        assert_eq!(body["errors"][0]["found"], json!(looks_like), "{body}");
    }
}

#[test]
fn a_small_file_that_comes_to_much_is_refused_at_once() {
    let city = Meter::open("bombs");
    let begun = std::time::Instant::now();
    let line = [b"0".repeat(1 << 20), b"\n".to_vec()].concat();
    let rows = [file(&[]), line.repeat(32)].concat();
    let names: Vec<String> = (0..1_001).map(|name| format!("{name}.csv")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (bytes, limit) in [(gzip(&rows), "unpacked_ratio"), (zip(&names), "zip_members")] {
        let body = city.bring("?mode=lenient", &bytes).is(422, "usage_file_beyond_limits").json();
        assert!(body["detail"].as_str().unwrap().contains(limit), "{body}");
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!(city.usage()["imports"], 0);
}

#[test]
fn the_names_of_the_preview_are_read_leniently_and_each_refused_once_strictly() {
    let city = Meter::open("preview");
    let text = String::from_utf8(file(&[row(&[("BilledCost", "+2.50")])])).unwrap();
    let preview = text
        .replace("ServiceProviderName", "Provider")
        .replace("HostProviderName", "Publisher")
        .replace("InvoiceIssuerName", "InvoiceIssuer")
        .replace("ServiceCategory", "service_category");
    let body = city.bring("", preview.as_bytes()).is(422, "usage_file_refused").json();
    let found: Vec<_> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| [&one["code"], &one["found"], &one["expected"]])
        .collect();
    let renamed = json!("usage_column_renamed");
    assert_eq!(
        found,
        [
            [&renamed, &json!("Provider"), &json!("ServiceProviderName / ProviderName")],
            [&renamed, &json!("service_category"), &json!("ServiceCategory")],
            [&renamed, &json!("InvoiceIssuer"), &json!("InvoiceIssuerName")],
            [&renamed, &json!("Publisher"), &json!("HostProviderName / PublisherName")],
        ]
    );
    let body = city.bring("?mode=lenient", preview.as_bytes()).expect(201).json();
    assert_eq!((&body["accepted"], &body["billed_total"]), (&json!(1), &json!("2.50")), "{body}");
    let told: Vec<_> = body["readings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(told.iter().filter(|code| **code == "column_renamed").count(), 4, "{body}");
    assert!(told.iter().any(|code| *code == "number_form"), "{body}");
}
