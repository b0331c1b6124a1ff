//! A bank's own tables of results, by the mapping in the settings.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::payments::answers::{bring, brought, counts, reference, zipped};
use crate::payments::stage::{FIRM, FIRM_ACCOUNT, OTHER, OTHER_ACCOUNT, Stage};
use crate::support::service::{Service, fresh_folder};

const PROFILE: &str = r#"
[debtors.table]
bank_code = "102100000013"
account_number = "0200001009000012345"
bank = "icbc"

[banks.icbc]
name_max = 40

letters = "gbk"

[banks.icbc.payments]
format = "csv"
encoding = "gb18030"
separator = "|"
quotes = false
date_format = "%Y%m%d"
head = [{value = "payer_account"}, {value = "count"}, {value = "total_fen"}]
columns = [
    {title = "序号", value = "number"}, {title = "收款账号", value = "account_number"}, {title = "户名", value = "account_name"},
    {title = "金额", value = "amount"}, {title = "币种", text = "人民币"}, {title = "付款账号", value = "payer_account"},
    {title = "附言", value = "reference"}, {title = "日期", value = "execution_date"},
]

[banks.icbc.results]
reference = "附言"
amount = "借方发生额"
returned_amount = "贷方发生额"
account = "对方账号"
date = "交易日期"
bank_reference = "流水号"
status = "状态"
paid = ["成功"]
returned = ["失败", "退汇"]
code = "错误码"
reason = "原因"
"#;

const TITLES: &str = "交易日期,流水号,对方账号,借方发生额,贷方发生额,状态,错误码,原因,附言";

fn configured(text: &str) -> (Arc<Service>, std::path::PathBuf) {
    let folder = fresh_folder();
    let config = folder.join("service.toml");
    std::fs::write(&config, text).unwrap();
    (Arc::new(Service::start_configured(&config, &folder.join("service.log"))), folder)
}

/// A workbook of one sheet as banks write them: texts shared, within the cell, and numbers.
fn workbook(rows: &[Vec<String>]) -> Vec<u8> {
    let (mut shared, mut sheet) = (String::new(), String::new());
    let mut strings = 0;
    for (row, number) in rows.iter().zip(1..) {
        write!(sheet, "<row r=\"{number}\">").unwrap();
        for (cell, column) in row.iter().zip('A'..).filter(|(cell, _)| !cell.is_empty()) {
            let at = format!("{column}{number}");
            if cell.parse::<f64>().is_ok() && cell.len() < 12 {
                write!(sheet, "<c r=\"{at}\"><v>{cell}</v></c>").unwrap();
            } else if number % 2 == 0 {
                write!(sheet, "<c r=\"{at}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>").unwrap();
            } else {
                write!(shared, "<si><r><t>{cell}</t></r></si>").unwrap();
                write!(sheet, "<c r=\"{at}\" t=\"s\"><v>{strings}</v></c>").unwrap();
                strings += 1;
            }
        }
        sheet.push_str("</row>");
    }
    let whole = |xml: &str| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{xml}").into_bytes();
    let link = |id: &str, target: &str| format!("<Relationship Id=\"{id}\" Target=\"{target}\"/>");
    let links = [link("rId1", "worksheets/sheet2.xml"), link("rId2", "/xl/worksheets/sheet1.xml")].concat();
    zipped(&[
        ("[Content_Types].xml", &whole("<Types/>")),
        (
            "xl/workbook.xml",
            &whole(
                "<workbook xmlns:r=\"r\"><sheets><sheet name=\"回单\" sheetId=\"7\" r:id=\"rId2\"/></sheets></workbook>",
            ),
        ),
        ("xl/_rels/workbook.xml.rels", &whole(&format!("<Relationships>{links}</Relationships>"))),
        ("xl/sharedStrings.xml", &whole(&format!("<sst>{shared}</sst>"))),
        (
            "xl/worksheets/sheet1.xml",
            &whole(&format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>")),
        ),
    ])
}

#[test]
fn a_table_of_the_bank_is_read_by_its_titles_in_every_form_that_banks_send() {
    let (service, folder) = configured(PROFILE);
    let stage = Stage::found(&service, "table");
    let claims = [stage.approved(FIRM, 2, "500.00"), stage.approved(OTHER, 1, "700.00")].concat();
    let batch = stage.batch(&claims);
    let refs: Vec<String> = claims.iter().map(|claim| reference(claim)).collect();
    let rows = [
        "工商银行 代发结果".to_owned(),
        String::new(),
        TITLES.to_owned(),
        format!("20250102,FT-1,{FIRM_ACCOUNT},\"1,00.00\",,成功,,,兑付 {}", refs[0]),
        format!("2025/1/2,FT-2,{FIRM_ACCOUNT},￥100.000,,失败,E102,户名不符,{}", claims[1]),
        format!("2025-01-02,FT-3,{OTHER_ACCOUNT},140,0.00,成功,,,"),
        "20250102,FT-4,6222000000000000,12.00,,处理中,,,".to_owned(),
        "合计,,,352.00,,,,,".to_owned(),
    ];
    let csv = rows.join("\n");
    let expected = json!({"matched": 2, "rejected": 1, "pending": 1});
    let gbk = encoding_rs::GBK.encode(&csv).0.into_owned();
    let utf16 = [vec![0xff, 0xfe], csv.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let commas =
        |row: &String| row.replace("\"1,00.00\"", "100.00").split(',').map(str::to_owned).collect::<Vec<_>>();
    let cells: Vec<Vec<String>> = rows.iter().map(commas).collect();
    let tabs = cells.iter().map(|row| row.join("\t")).collect::<Vec<_>>().join("\r\n");
    let mut serial = cells.clone();
    serial[3][0] = "45659".to_owned();
    let forms = [
        csv.clone().into_bytes(),
        gbk,
        utf16,
        tabs.into_bytes(),
        workbook(&serial),
        zipped(&[("a.csv", csv.as_bytes())]),
    ];
    for (form, number) in forms.iter().zip(0..) {
        let view = brought(&stage, &batch, form, "?dry_run=true");
        assert_eq!((counts(&view), &view["format"]), (expected.clone(), &json!("table")), "{number}: {view}");
        let found: Vec<&Value> =
            view["answers"].as_array().unwrap().iter().map(|one| &one["found_by"]).collect();
        assert_eq!(
            found,
            [&json!("end_to_end_id"), &json!("end_to_end_id"), &json!("amount_account_day"), &Value::Null]
        );
        assert_eq!(
            (&view["answers"][1]["reason_code"], &view["answers"][0]["place"]),
            (&json!("E102"), &json!(4))
        );
    }
    let problem = |text: &str, code: &str| bring(&stage, &batch, text.as_bytes(), "").is(422, code).json();
    let missing = problem(&csv.replace("流水号", "流水"), "bank_file_column");
    assert!(missing["detail"].as_str().unwrap().contains("流水号"), "{missing}");
    let wrong = problem(&csv.replace(",140,", ",14O,"), "bank_file_cell");
    assert!(
        wrong["detail"].as_str().unwrap().contains("14O") && wrong["detail"].as_str().unwrap().contains('6'),
        "{wrong}"
    );
    problem(&csv.replace("20250102,FT-1", "20251302,FT-1"), "bank_file_cell");
    problem("附言,金额\n1,2\n", "bank_file_column");
    bring(&stage, &batch, &workbook(&[vec!["a".to_owned()]]), "").is(422, "bank_file_column");
    bring(&stage, &batch, &zipped(&[("[Content_Types].xml", b"<Types/>")]), "")
        .is(422, "bank_file_unreadable");

    // taken, confirmed, and sent back later
    brought(&stage, &batch, &forms[1], "");
    let confirm = json!({"claim_ids": claims});
    let path = format!("/v1/payment-batches/{batch}/results/approve");
    assert_eq!(stage.expect(200, &path, &stage.approver, &confirm)["status"], "settled");
    let paid = stage.read(&format!("/v1/claims/{}", claims[0]));
    assert_eq!(paid["payments"][0]["bank_reference"], "FT-1", "{paid}");
    let back = format!("{TITLES}\n20250102,FT-9,{FIRM_ACCOUNT},,100.00,退汇,R01,账户已销户,{}\n", refs[0]);
    let view = brought(&stage, &batch, back.as_bytes(), "");
    assert_eq!(counts(&view), json!({"returned": 1}), "{view}");
    stage.expect(200, &path, &stage.approver, &json!({"claim_ids": [claims[0]]}));
    assert_eq!(stage.read(&format!("/v1/claims/{}", claims[0]))["status"], "approved");
    assert!(stage.cli(&["verify"]).contains("verified"));

    // the profile's own limit of names, and a bank that nobody described
    stage.register("91310115MA00000110", &"名".repeat(41), Some(("102100099996", "6222021001112220001")));
    let long = json!({"claim_ids": stage.approved("91310115MA00000110", 1, "500.00")});
    stage.refused(422, "name_too_long", "/v1/payment-batches", &stage.officer, &long);
    let config = folder.join("wrong.toml");
    std::fs::write(&config, PROFILE.replace("bank = \"icbc\"", "bank = \"boc\"")).unwrap();
    let refused = std::process::Command::new(env!("CARGO_BIN_EXE_subsidy-ledger"))
        .args(["doctor", "--config", config.to_str().unwrap(), "--data", folder.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("[banks.boc]"));
}

#[test]
fn the_bank_is_sent_its_own_table_and_no_letter_that_it_does_not_take() {
    let (service, folder) = configured(PROFILE);
    let stage = Stage::found(&service, "table");
    let claims = stage.approved(OTHER, 1, "700.00");
    let batch = stage.batch(&claims);
    let path = format!("/v1/payment-batches/{batch}/file?format=bank");
    let (answer, bytes) = stage.bytes(&path, &stage.officer);
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (200, Some("text/csv; charset=gb18030")),
        "{}",
        answer.text
    );
    let name = answer.header("Content-Disposition").unwrap_or_default();
    assert!(name.contains(".csv"), "{name}");
    let expected = format!(
        "0200001009000012345|1|14000\r\n序号|收款账号|户名|金额|币种|付款账号|附言|日期\r\n\
         1|{OTHER_ACCOUNT}|乙模型科技|140.00|人民币|0200001009000012345|{}|20250102\r\n",
        reference(&claims[0])
    );
    assert_eq!(encoding_rs::GB18030.decode(&bytes).0, expected);
    assert_eq!(stage.bytes(&path, &stage.officer).1, bytes, "the same on the same day");

    // a letter that GBK has not: refused with its line when the batch is proposed
    let [rare, bar] = ["91310115MA00000110", "91330100MA2AX00016"];
    stage.register(rare, "𠮷祥", Some(("102100099996", "6222021001112220001")));
    let claim = stage.approved(rare, 1, "500.00");
    let propose = json!({"claim_ids": claim});
    let problem = stage.refused(422, "name_letter_refused", "/v1/payment-batches", &stage.officer, &propose);
    assert_eq!(problem["errors"][0]["pointer"], "/claim_ids/0");
    assert!(problem["detail"].as_str().unwrap().contains('𠮷'), "{problem}");
    // one that would end its cell: the bank reads no quotes
    stage.register(bar, "甲|乙", Some(("102100099996", "6222021001112220002")));
    let batch = stage.batch(&stage.approved(bar, 1, "500.00"));
    let refused = stage.ask(&format!("/v1/payment-batches/{batch}/file?format=bank"), &stage.officer);
    assert!(refused.is(422, "name_letter_refused").json()["detail"].as_str().unwrap().contains("“|”"));
    stage.ask(&format!("/v1/payment-batches/{batch}/file?format=csv"), &stage.officer).expect(200);

    // no bank, no table
    let plain = Stage::found(&service, "plain");
    let batch = plain.batch(&plain.approved(OTHER, 1, "700.00"));
    let path = format!("/v1/payment-batches/{batch}/file?format=bank");
    plain.ask(&path, &plain.officer).is(422, "format_not_supported");
    assert!(service.cli(&["verify"]).contains("verified"));
    drop(service);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_banks_workbook_is_read_by_others_and_a_template_that_makes_no_sense_stops_the_start() {
    let xlsx = PROFILE.replace("format = \"csv\"", "format = \"xlsx\"");
    let (service, folder) = configured(&xlsx);
    let stage = Stage::found(&service, "table");
    let claims = stage.approved(FIRM, 1, "700.00");
    let batch = stage.batch(&claims);
    let (answer, bytes) =
        stage.bytes(&format!("/v1/payment-batches/{batch}/file?format=bank"), &stage.officer);
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some(media)), "{}", answer.text);
    // our own reader of what banks answer reads it
    let mapping = "reference = '附言'\namount = '金额'\naccount = '收款账号'\ndate = '日期'";
    let mapping = toml::from_str(mapping).unwrap();
    let read = subsidy_files::bank_files::read(&bytes, Some(&mapping), chrono_tz::UTC).unwrap();
    let [one] = read.answers.as_slice() else { panic!("{read:?}") };
    assert_eq!(one.end_to_end_id.as_deref(), Some(reference(&claims[0]).as_str()));
    assert_eq!(
        (one.amount.as_deref(), one.accounts.as_slice()),
        (Some("140.00"), &[FIRM_ACCOUNT.to_owned()][..])
    );
    drop(service);
    for (from, to, said) in [
        ("value = \"number\"", "value = \"nummer\"", "nummer"),
        ("value = \"number\"}", "value = \"number\", text = \"1\"}", "either a value or a text"),
        ("value = \"count\"", "value = \"amount\"", "stands above all payments"),
        ("%Y%m%d", "%Y%Q", "date_format"),
        ("letters = \"gbk\"", "letters = \"big5\"", "big5"),
    ] {
        let config = folder.join("wrong.toml");
        std::fs::write(&config, PROFILE.replace(from, to)).unwrap();
        let (code, told) = Service::fails_to_start(&folder, &config);
        assert!(code != 0 && told.contains(said), "{to}: {told}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
