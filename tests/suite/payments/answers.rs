//! Files that banks answer with: what they say of a batch, and what becomes of it when another person confirms it.

use serde_json::{Value, json};

use crate::payments::stage::{FIRM, FIRM_ACCOUNT, OTHER, OTHER_ACCOUNT, Stage};
use crate::support::service::Answer;

pub const FILES: [(&str, &[u8]); 6] = [
    ("pain.002", include_bytes!("../../fixtures/bank/pain.002.001.03-part.xml")),
    ("pain.002", include_bytes!("../../fixtures/bank/pain.002.001.03-rejected.xml")),
    ("pain.002", include_bytes!("../../fixtures/bank/pain.002.001.10.xml")),
    ("camt.053", include_bytes!("../../fixtures/bank/camt.053.001.08.xml")),
    ("camt.054", include_bytes!("../../fixtures/bank/camt.054.xml")),
    ("camt.054", include_bytes!("../../fixtures/bank/camt.054-returns.xml")),
];

/// Brings a file; `how` is what the query says.
pub fn bring(stage: &Stage, batch: &str, file: &[u8], how: &str) -> Answer {
    let path = format!("/v1/payment-batches/{batch}/results/import{how}");
    stage.upload(&path, &stage.officer, "application/octet-stream", file)
}

pub fn brought(stage: &Stage, batch: &str, file: &[u8], how: &str) -> Value {
    bring(stage, batch, file, how).expect(200).json()
}

fn refused(stage: &Stage, batch: &str, file: &[u8], status: u16, code: &str) -> Value {
    bring(stage, batch, file, "").is(status, code).json()
}

/// The counts that are not nothing.
pub fn counts(view: &Value) -> Value {
    let all = view["counts"].as_object().unwrap().iter();
    Value::Object(
        all.filter(|(_, count)| **count != 0).map(|(name, count)| (name.clone(), count.clone())).collect(),
    )
}

pub fn reference(claim: &str) -> String {
    claim.replace('-', "")
}

/// An entry of a statement: what is named beside it is left out where it is empty.
fn entry(sign: &str, amount: &str, day: &str, [reference, account, bank, code]: [&str; 4]) -> String {
    let some = |text: &str, xml: String| if text.is_empty() { String::new() } else { xml };
    format!(
        "<Ntry><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>{day}</Dt></BookgDt>{}<NtryDtls><TxDtls><Refs>{}</Refs>{}{}</TxDtls></NtryDtls></Ntry>",
        some(bank, format!("<AcctSvcrRef>{bank}</AcctSvcrRef>")),
        some(reference, format!("<EndToEndId>{reference}</EndToEndId>")),
        some(
            account,
            format!("<RltdPties><CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct></RltdPties>")
        ),
        some(code, format!("<RtrInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>户名不符</AddtlInf></RtrInf>")),
    )
}

fn statement(entries: &[String]) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\
         <BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id>{}</Stmt></BkToCstmrStmt></Document>",
        entries.concat()
    )
    .into_bytes()
}

fn approve(stage: &Stage, batch: &str, token: &str, status: u16, claims: &[&String]) -> Value {
    let path = format!("/v1/payment-batches/{batch}/results/approve");
    stage.expect(status, &path, token, &json!({"claim_ids": claims}))
}

#[test]
fn every_sample_of_a_bank_is_read_and_is_about_no_line_of_another_batch() {
    let stage = Stage::open("samples");
    let claims = stage.approved(FIRM, 1, "500.00");
    let batch = stage.batch(&claims);
    let expected = [
        json!({"unknown": 1, "missing": 1}),
        json!({"missing": 1}),
        json!({"unknown": 1, "missing": 1}),
        json!({"unknown": 3, "missing": 1}),
        json!({"unknown": 5, "missing": 1}),
        json!({"unknown": 1, "missing": 1}),
    ];
    for ((format, file), expected) in FILES.iter().zip(expected) {
        let view = brought(&stage, &batch, file, "");
        assert_eq!((&view["format"], counts(&view)), (&json!(format), expected), "{view}");
        assert_eq!((&view["proposed"], &view["missing"]), (&json!(0), &json!(claims)));
    }
    // the same files, of our payment: other versions and namespaces, UTF-16, a ZIP
    let ours = |file: &[u8], id: &str, amount: &str, ccy: &str| {
        let text = String::from_utf8(file.to_vec()).unwrap();
        let text = text.replace(&format!(">{id}<"), &format!(">{}<", reference(&claims[0])));
        text.replace(&format!(">{amount}<"), ">100.00<").replace(&format!("\"{ccy}\""), "\"CNY\"")
    };
    let part = ours(FILES[0].1, "EndToEndId-006-01-01", "-", "-").replace("2018-03-26T", "2025-01-02T");
    let v10 = ours(FILES[2].1, "OriginatorID1234", "6543.14", "EUR").replace("2023-11-22T", "2025-01-02T");
    let returned =
        ours(FILES[5].1, "EndToEndId-004-01-01", "400.00", "CHF").replace("2019-05-20", "2025-01-02");
    let paid = ours(FILES[3].1, "1208481", "20.97", "EUR").replace("2023-06-20", "2025-01-02");
    let utf16 =
        |text: &str| [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    for (file, verdict, code) in [
        (part.clone().into_bytes(), "rejected", json!("AC01")),
        (v10.clone().into_bytes(), "rejected", json!("AC01")),
        (utf16(&v10), "rejected", json!("AC01")),
        (returned.into_bytes(), "rejected", json!("AC01")),
        (paid.into_bytes(), "matched", Value::Null),
    ] {
        let view = brought(&stage, &batch, &file, "?dry_run=true");
        assert_eq!(view["dry_run"], true);
        let told = view["answers"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["claim_id"] == json!(claims[0]))
            .unwrap();
        assert_eq!((&told["verdict"], &told["reason_code"]), (&json!(verdict), &code), "{view}");
        assert_eq!((&view["proposed"], &told["found_by"]), (&json!(1), &json!("end_to_end_id")));
    }
    assert_eq!(stage.read(&format!("/v1/payment-batches/{batch}"))["waiting"], 0);
}

#[test]
fn a_statement_is_told_apart_waits_for_another_person_and_then_counts() {
    let stage = Stage::open("statement");
    let claims = [stage.approved(FIRM, 3, "500.00"), stage.approved(OTHER, 2, "700.00")].concat();
    let batch = stage.batch(&claims);
    let elsewhere = stage.batch(&stage.approved(OTHER, 1, "900.00"));
    let theirs = stage.read(&format!("/v1/payment-batches/{elsewhere}"))["lines"][0]["claim_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let day = "2025-01-02";
    let refs: Vec<String> = claims.iter().map(|claim| reference(claim)).collect();
    let file = statement(&[
        entry("DBIT", "100.00", day, [&refs[0], FIRM_ACCOUNT, "FT-1", ""]),
        entry("DBIT", "100.00", day, [&refs[0], FIRM_ACCOUNT, "FT-1B", ""]),
        entry("CRDT", "100.00", day, [&refs[0], "", "FT-1R", "AC04"]),
        entry("CRDT", "100.00", day, [&refs[1], "", "FT-2", "AC01"]),
        entry("DBIT", "99.99", day, [&refs[2], FIRM_ACCOUNT, "FT-3", ""]),
        entry("DBIT", "180.00", day, [&reference(&theirs), OTHER_ACCOUNT, "FT-4", ""]),
        entry("CRDT", "5.00", day, ["", "", "FT-5", ""]),
        entry("DBIT", "100.00", "2025-01-01", [&refs[2], "", "FT-0", ""]),
    ]);
    let expected = json!({"matched": 1, "twice": 1, "after_payment": 1, "rejected": 1, "amount_differs": 1, "unknown": 3, "missing": 2});
    let dry = brought(&stage, &batch, &file, "?dry_run=true");
    assert_eq!((counts(&dry), &dry["dry_run"]), (expected.clone(), &json!(true)), "{dry}");
    let verdicts: Vec<&str> =
        dry["answers"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(
        verdicts,
        ["matched", "twice", "after_payment", "rejected", "amount_differs", "unknown", "unknown", "unknown"]
    );
    assert_eq!(dry["answers"][1]["known"]["bank_reference"], "FT-1");
    assert_eq!(
        (&dry["answers"][4]["expected"], &dry["answers"][4]["amount"]),
        (&json!("100.00"), &json!("99.99"))
    );
    assert_eq!(
        (&dry["answers"][3]["reason_code"], &dry["answers"][3]["reason"]),
        (&json!("AC01"), &json!("户名不符"))
    );
    assert_eq!(dry["missing"], json!(&claims[3..]));
    assert_eq!(stage.read(&format!("/v1/payment-batches/{batch}"))["waiting"], 0);

    let view = brought(&stage, &batch, &file, "");
    assert_eq!(
        (counts(&view), &view["proposed"], &view["batch"]["waiting"]),
        (expected, &json!(2), &json!(2))
    );
    assert_eq!((stage.balance("B2008"), &view["batch"]["open"]), ("0.00".to_owned(), &json!(5)));
    let waits = &view["batch"]["lines"][0]["proposed_result"];
    assert_eq!((&waits["outcome"], &waits["statement"]), (&json!("paid"), &view["statement"]));
    // brought again it proposes nothing, and what somebody types meanwhile has to wait
    let again = brought(&stage, &batch, &file, "");
    assert_eq!((&again["proposed"], &again["counts"]["twice"]), (&json!(0), &json!(3)), "{again}");
    let typed = stage.result(&batch, &claims[0], "paid", day);
    assert_eq!((typed.status, &typed.json()["code"]), (409, &json!("wrong_state")));
    // not by who brought it, not twice, not what does not wait; all or none
    let officer = stage.token("statement", "officer,approver", "lin", None);
    assert_eq!(approve(&stage, &batch, &officer, 403, &[&claims[0]])["code"], "same_person");
    approve(&stage, &batch, &stage.officer, 403, &[&claims[0]]);
    let problem = approve(&stage, &batch, &stage.approver, 409, &[&claims[0], &claims[2]]);
    assert_eq!(
        (&problem["code"], &problem["errors"][0]["pointer"]),
        (&json!("wrong_state"), &json!("/claim_ids/1"))
    );
    assert_eq!(
        approve(&stage, &batch, &stage.approver, 422, &[&claims[0], &claims[0]])["code"],
        "result_twice"
    );
    approve(&stage, &batch, &stage.approver, 422, &[]);
    assert_eq!(stage.balance("B2008"), "0.00");
    let confirmed = approve(&stage, &batch, &stage.approver, 200, &[&claims[0], &claims[1]]);
    assert_eq!((&confirmed["waiting"], &confirmed["open"]), (&json!(0), &json!(3)));
    let lines = confirmed["lines"].as_array().unwrap();
    assert_eq!((&lines[0]["status"], &lines[0]["bank_reference"]), (&json!("paid"), &json!("FT-1")));
    assert_eq!((&lines[1]["status"], &lines[1]["reason"]), (&json!("returned"), &json!("AC01 户名不符")));
    assert_eq!(stage.balance("B2008"), "100.00");
    assert_eq!(stage.read(&format!("/v1/claims/{}", claims[0]))["status"], "paid");

    // the same statement says after that what came back, which takes two people again
    let later = brought(&stage, &batch, &file, "");
    assert_eq!((&later["counts"]["returned"], &later["proposed"]), (&json!(1), &json!(1)), "{later}");
    assert_eq!(stage.balance("B2008"), "100.00");
    approve(&stage, &batch, &stage.approver, 200, &[&claims[0]]);
    assert_eq!(stage.balance("B2008"), "0.00");
    assert_eq!(stage.read(&format!("/v1/claims/{}", claims[0]))["status"], "approved");
    // the rest in another piece, without ids: by amount, account and day, unless two lines fit
    let pieces = statement(&[
        entry("DBIT", "140.00", day, ["NOTPROVIDED", OTHER_ACCOUNT, "FT-6", ""]),
        entry("DBIT", "100.00", day, ["", FIRM_ACCOUNT, "FT-7", ""]),
        entry("DBIT", "100.00", day, ["", OTHER_ACCOUNT, "FT-8", ""]),
    ]);
    let view = brought(&stage, &batch, &pieces, "");
    assert_eq!(counts(&view), json!({"matched": 1, "unknown": 2, "missing": 2}), "{view}");
    let found = view["answers"].as_array().unwrap().iter().find(|one| one["verdict"] == "matched").unwrap();
    assert_eq!((&found["claim_id"], &found["found_by"]), (&json!(claims[2]), &json!("amount_account_day")));
    let refuse = json!({"claim_ids": [claims[2]], "reason": "另一笔"});
    let reject = format!("/v1/payment-batches/{batch}/results/reject");
    let kept = stage.expect(200, &reject, &stage.approver, &refuse);
    assert_eq!((&kept["waiting"], &kept["open"]), (&json!(0), &json!(3)));
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn a_message_refused_whole_rejects_every_line_and_a_payment_from_a_file_can_be_reversed() {
    let stage = Stage::open("whole");
    let claims = stage.approved(FIRM, 2, "500.00");
    let batch = stage.batch(&claims);
    let report = |id: &str, status: &str, lines: &str| {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>\
             <CreDtTm>2025-01-02T09:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{id}</OrgnlMsgId>\
             <GrpSts>{status}</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>\
             <OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}</OrgnlPmtInfId>{lines}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
        )
        .into_bytes()
    };
    let ours = format!("{}-00", reference(&batch));
    let line = |claim: &str, status: &str| {
        format!(
            "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts>",
            reference(claim)
        )
    };
    assert_eq!(counts(&brought(&stage, &batch, &report("another", "RJCT", ""), "")), json!({"missing": 2}));
    assert_eq!(counts(&brought(&stage, &batch, &report(&ours, "ACTC", ""), "")), json!({"missing": 2}));
    let partly = report(&ours, "PART", &line(&claims[0], "ACSP"));
    assert_eq!(counts(&brought(&stage, &batch, &partly, "")), json!({"pending": 1, "missing": 1}));
    let view = brought(&stage, &batch, &report(&ours, "RJCT", ""), "?dry_run=true");
    assert_eq!(counts(&view), json!({"rejected": 2}));
    assert_eq!(
        (&view["answers"][0]["found_by"], &view["answers"][0]["reason_code"]),
        (&json!("message"), &json!("FF01"))
    );
    // one line was settled all the same
    let view = brought(&stage, &batch, &report(&ours, "RJCT", &line(&claims[1], "ACSC")), "");
    assert_eq!(counts(&view), json!({"matched": 1, "rejected": 1}), "{view}");
    let both = json!({"claim_ids": [claims[1], claims[0]]});
    let path = format!("/v1/payment-batches/{batch}/results/approve");
    let answer = stage.post(&path, &stage.approver, &both).expect(200);
    assert_eq!(answer.json()["status"], "settled");
    let sequence = answer.header("Ledger-Sequence").unwrap().parse::<u64>().unwrap() + 1;
    assert_eq!(stage.balance("B2008"), "100.00");
    let reverse = format!("/v1/ledger/transactions/{sequence}/reverse");
    stage.expect(201, &reverse, &stage.officer, &json!({"reason": "银行报文有误"}));
    stage.expect(200, &format!("{reverse}/approve"), &stage.approver, &json!({}));
    assert_eq!(stage.balance("B2008"), "0.00");
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn what_is_no_answer_of_a_bank_is_refused_with_its_cause_and_nothing_is_taken() {
    let stage = Stage::open("hostile");
    let claims = stage.approved(FIRM, 1, "500.00");
    let proposed = stage.proposed(&claims);
    refused(&stage, &proposed, FILES[0].1, 409, "wrong_state");
    stage.expect(200, &format!("/v1/payment-batches/{proposed}/approve"), &stage.approver, &json!({}));
    let batch = proposed;
    refused(&stage, &uuid::Uuid::now_v7().to_string(), FILES[0].1, 404, "not_found");
    let import = format!("/v1/payment-batches/{batch}/results/import");
    assert_eq!(stage.upload(&import, &stage.approver, "application/xml", FILES[0].1).status, 403);
    let cause = |file: &[u8]| {
        refused(&stage, &batch, file, 422, "bank_file_unreadable")["detail"].as_str().unwrap().to_owned()
    };
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><a>&b;</a>";
    for (file, word) in [
        (laughs.to_owned(), "doctype"),
        ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>".to_owned(), "doctype"),
        ("<a>&xxe;</a>".to_owned(), "entity"),
        (["<a>".repeat(50), "</a>".repeat(50)].concat(), "depth"),
        (String::from_utf8_lossy(FILES[3].1).chars().take(2_000).collect(), "not_well_formed"),
    ] {
        assert!(cause(file.as_bytes()).contains(word), "{word}");
    }
    let bomb = zipped(&[("a.xml", &vec![b' '; 9 << 20])]);
    assert!(cause(&bomb).contains("zip_ratio"));
    assert!(cause(b"PK\x03\x04 no zip at all").contains("zip_unreadable"));
    assert!(cause(&zipped(&[("a.xml", FILES[0].1), ("b.xml", FILES[1].1)])).contains("zip_members"));
    let other = refused(&stage, &batch, b"<Invoice><a/></Invoice>", 422, "bank_file_unknown");
    assert!(other["detail"].as_str().unwrap().contains("Invoice"), "{other}");
    refused(&stage, &batch, b"a,b,c\n1,2,3\n", 422, "bank_file_no_mapping");
    refused(&stage, &batch, b"", 422, "bank_file_no_mapping");
    // packed once it is read, in a form too
    assert_eq!(brought(&stage, &batch, &zipped(&[("camt.xml", FILES[3].1)]), "")["format"], "camt.053");
    let form = [
        &b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xml\"\r\n\r\n"[..],
        FILES[3].1,
        b"\r\n--x--\r\n",
    ]
    .concat();
    let answer = stage.upload(&import, &stage.officer, "multipart/form-data; boundary=x", &form).expect(200);
    assert_eq!(answer.json()["format"], "camt.053");
    // what would be recorded and cannot be is refused whole: a day that has not come
    let refs = reference(&claims[0]);
    let late = statement(&[
        entry("CRDT", "1.00", "2025-01-02", ["", "", "", ""]),
        entry("DBIT", "100.00", "2025-01-03", [&refs, "", "FT-1", ""]),
    ]);
    let problem = refused(&stage, &batch, &late, 422, "effective_date_in_future");
    assert_eq!(problem["errors"][0]["pointer"], "/answers/1", "{problem}");
    assert_eq!(stage.read(&format!("/v1/payment-batches/{batch}"))["waiting"], 0);
}

/// A ZIP of these files.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
