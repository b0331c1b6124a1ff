//! The same answer in the forms that banks give it: what the message definitions allow and samples do not show.

use serde_json::{Value, json};

use crate::payments::answers::{brought, counts, reference};
use crate::payments::stage::{FIRM, FIRM_ACCOUNT, Stage};

const DAY: &str = "<BookgDt><Dt>2025-01-02</Dt></BookgDt>";
const BOOKED: &str = "<Sts><Cd>BOOK</Cd></Sts>";

fn amount(amount: &str) -> String {
    format!("<Amt Ccy=\"CNY\">{amount}</Amt>")
}

fn sign(sign: &str) -> String {
    format!("<CdtDbtInd>{sign}</CdtDbtInd>")
}

fn refs(name: &str, id: &str) -> String {
    format!("<Refs><{name}>{id}</{name}></Refs>")
}

fn party(name: &str, account: &str) -> String {
    format!("<{name}><Id><Othr><Id>{account}</Id></Othr></Id></{name}>")
}

fn entry(parts: &[&str]) -> String {
    format!("<Ntry>{}</Ntry>", parts.concat())
}

/// One payment within an entry.
fn details(parts: &[&str]) -> String {
    format!("<NtryDtls><TxDtls>{}</TxDtls></NtryDtls>", parts.concat())
}

/// An entry of 100.00 that left the account on the day of the batch.
fn paid(inner: &[&str]) -> String {
    entry(&[&amount("100.00"), &sign("DBIT"), BOOKED, DAY, &details(inner)])
}

fn camt(entries: &[String]) -> Vec<u8> {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt>{}</Stmt>\
         </BkToCstmrStmt></Document>",
        entries.concat()
    )
    .into_bytes()
}

/// A status report; `group` is what stands in the group of payments.
fn report(message: &str, status: &str, group: &str) -> Vec<u8> {
    let status = if status.is_empty() { String::new() } else { format!("<GrpSts>{status}</GrpSts>") };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>\
         <CreDtTm>2025-01-02T09:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>{status}\
         </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{group}</OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    )
    .into_bytes()
}

/// A batch of so many lines of 100.00 for one firm, at the bank since 2 January.
fn opened(agency: &str, lines: usize) -> (Stage, String, Vec<String>) {
    let stage = Stage::open(agency);
    let claims = stage.approved(FIRM, lines, "500.00");
    let batch = stage.batch(&claims);
    (stage, batch, claims)
}

/// What a file is to the batch, without recording anything.
fn tried(stage: &Stage, batch: &str, file: &[u8]) -> Value {
    brought(stage, batch, file, "?dry_run=true")
}

fn first(view: &Value, member: &str) -> Value {
    view["answers"][0][member].clone()
}

#[test]
fn five_decimals_of_an_amount_are_two() {
    let (stage, batch, claims) = opened("decimals", 1);
    let id = refs("EndToEndId", &reference(&claims[0]));
    for (written, verdict) in [
        ("100", "matched"),
        ("100.0", "matched"),
        ("100.000", "matched"),
        ("100.00000", "matched"),
        ("100.00001", "amount_differs"),
        ("100.01000", "amount_differs"),
    ] {
        let file = camt(&[entry(&[&amount(written), &sign("DBIT"), BOOKED, DAY, &details(&[&id])])]);
        let view = tried(&stage, &batch, &file);
        assert_eq!(
            (first(&view, "verdict"), first(&view, "amount")),
            (json!(verdict), json!(written)),
            "{view}"
        );
    }
}

#[test]
fn what_a_bank_numbers_itself_is_found_by_amount_account_and_day() {
    let (stage, batch, claims) = opened("numbers", 1);
    let account = format!("<RltdPties>{}</RltdPties>", party("CdtrAcct", FIRM_ACCOUNT));
    let found = (json!("matched"), json!(claims[0]), json!("amount_account_day"));
    for own in ["FT2025010200017", "eb6305c9-1f7f-49de-aed0-16487c27b42d"] {
        let view = tried(&stage, &batch, &camt(&[paid(&[&refs("EndToEndId", own), &account])]));
        let told = (first(&view, "verdict"), first(&view, "claim_id"), first(&view, "found_by"));
        assert_eq!(told, found, "{own}: {view}");
    }
    // the id of a claim that stands in another batch names another payment
    let other = reference(&uuid::Uuid::now_v7().to_string());
    let view = tried(&stage, &batch, &camt(&[paid(&[&refs("EndToEndId", &other), &account])]));
    assert_eq!(counts(&view), json!({"unknown": 1, "missing": 1}), "{view}");
}

#[test]
fn the_instruction_id_is_read_where_the_other_says_nothing_of_ours() {
    let (stage, batch, claims) = opened("instruction", 1);
    let id = reference(&claims[0]);
    let both = format!("<Refs><InstrId>{id}</InstrId><EndToEndId>NOTPROVIDED</EndToEndId></Refs>");
    let own = format!("<Refs><InstrId>{id}</InstrId><EndToEndId>FT20250102</EndToEndId></Refs>");
    let line =
        |id: &str| format!("<TxInfAndSts><OrgnlInstrId>{id}</OrgnlInstrId><TxSts>ACSC</TxSts></TxInfAndSts>");
    for file in [camt(&[paid(&[&both])]), camt(&[paid(&[&own])]), report("another", "", &line(&id))] {
        let view = tried(&stage, &batch, &file);
        let told = (first(&view, "verdict"), first(&view, "found_by"));
        assert_eq!(told, (json!("matched"), json!("instruction_id")), "{view}");
    }
}

#[test]
fn a_return_names_the_payee_as_either_party() {
    let (stage, batch, claims) = opened("turned", 1);
    let returned = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
    for [payee, payer] in [["CdtrAcct", "DbtrAcct"], ["DbtrAcct", "CdtrAcct"]] {
        let (payee, payer) = (party(payee, FIRM_ACCOUNT), party(payer, "11000000000000000001"));
        for parties in [[&payee, &payer], [&payer, &payee]] {
            let parties = format!("<RltdPties>{}{}</RltdPties>", parties[0], parties[1]);
            let back =
                entry(&[&amount("100.00"), &sign("CRDT"), BOOKED, DAY, &details(&[&parties, returned])]);
            let view = tried(&stage, &batch, &camt(&[back]));
            let told = (first(&view, "verdict"), first(&view, "claim_id"), first(&view, "reason_code"));
            assert_eq!(told, (json!("rejected"), json!(claims[0]), json!("AC04")), "{view}");
        }
    }
}

#[test]
fn a_reversal_and_a_status_in_any_version_say_what_they_say() {
    let (stage, batch, claims) = opened("reversal", 1);
    let id = refs("EndToEndId", &reference(&claims[0]));
    let of = |signed: &str, status: &str, reversal: &str| {
        camt(&[entry(&[&amount("100.00"), &sign(signed), reversal, status, DAY, &details(&[&id])])])
    };
    for (file, verdict) in [
        (of("CRDT", BOOKED, "<RvslInd>true</RvslInd>"), "rejected"),
        (of("DBIT", "<Sts>BOOK</Sts>", "<RvslInd>false</RvslInd>"), "matched"),
        (of("DBIT", "<Sts>PDNG</Sts>", ""), "pending"),
        (of("DBIT", "<Sts><Cd>PDNG</Cd></Sts>", ""), "pending"),
    ] {
        assert_eq!(first(&tried(&stage, &batch, &file), "verdict"), json!(verdict));
    }
    // another version, and every name with a prefix
    let text =
        String::from_utf8(of("DBIT", BOOKED, "")).unwrap().replace("camt.053.001.08", "camt.053.001.13");
    let prefixed = text.replace("</", "\u{0}").replace('<', "<n:").replace('\u{0}', "</n:");
    let prefixed = prefixed.replace("xmlns=", "xmlns:n=").into_bytes();
    assert_eq!(first(&tried(&stage, &batch, &prefixed), "verdict"), json!("matched"));
}

#[test]
fn a_time_with_an_offset_is_a_day_where_the_agency_is() {
    let (stage, batch, claims) = opened("offset", 1);
    let id = refs("EndToEndId", &reference(&claims[0]));
    let at = |time: &str| {
        let day = format!("<BookgDt><DtTm>{time}</DtTm></BookgDt>");
        camt(&[entry(&[&amount("100.00"), &sign("DBIT"), BOOKED, &day, &details(&[&id])])])
    };
    for (time, day) in [
        ("2025-01-01T18:00:00Z", "2025-01-02"),
        ("2025-01-02T23:30:00.000+08:00", "2025-01-02"),
        ("2025-01-01T11:00:00-05:30", "2025-01-02"),
        ("2025-01-02T23:30:00", "2025-01-02"),
    ] {
        let view = tried(&stage, &batch, &at(time));
        assert_eq!((first(&view, "date"), first(&view, "verdict")), (json!(day), json!("matched")), "{time}");
    }
    // the evening before the batch was approved, and a morning that has not come
    let view = tried(&stage, &batch, &at("2025-01-01T15:59:59Z"));
    assert_eq!((first(&view, "date"), first(&view, "verdict")), (json!("2025-01-01"), json!("unknown")));
    let late = super::answers::bring(&stage, &batch, &at("2025-01-02T18:00:00Z"), "");
    late.is(422, "effective_date_in_future");
}

#[test]
fn a_report_on_the_whole_message_is_about_every_line_that_it_does_not_name() {
    let (stage, batch, claims) = opened("carried", 3);
    let ours = format!("{}-00", reference(&batch));
    let line = |claim: &str, status: &str| {
        let id = reference(claim);
        format!("<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId>{status}</TxInfAndSts>")
    };
    let refused = line(&claims[0], "<TxSts>RJCT</TxSts>");
    let pending = line(&claims[1], "<TxSts>ACSP</TxSts>");
    let of_group =
        |status: &str, lines: &[&str]| format!("<PmtInfSts>{status}</PmtInfSts>{}", lines.concat());
    for (status, group, expected) in [
        ("ACSC", String::new(), json!({"matched": 3})),
        ("", of_group("ACCC", &[]), json!({"matched": 3})),
        ("ACSC", refused.clone(), json!({"matched": 2, "rejected": 1})),
        ("ACSC", format!("{refused}{pending}"), json!({"matched": 1, "rejected": 1, "pending": 1})),
        // what a payment does not say its group says, and what the group does not say the message does
        ("", of_group("ACSC", &[&line(&claims[0], "")]), json!({"matched": 3})),
        ("ACSP", line(&claims[0], ""), json!({"pending": 1, "missing": 2})),
        ("ACSC", of_group("RJCT", &[]), json!({"rejected": 3})),
        ("ACSP", String::new(), json!({"missing": 3})),
        ("PART", of_group("PART", &[&refused]), json!({"rejected": 1, "missing": 2})),
    ] {
        let view = tried(&stage, &batch, &report(&ours, status, &group));
        assert_eq!(counts(&view), expected, "{status} {group}: {view}");
    }
    assert_eq!(counts(&tried(&stage, &batch, &report("another", "ACSC", ""))), json!({"missing": 3}));
    // as any other answer it waits for another person
    let view = brought(&stage, &batch, &report(&ours, "ACSC", ""), "");
    assert_eq!((&view["proposed"], &view["batch"]["waiting"]), (&json!(3), &json!(3)), "{view}");
    assert_eq!(stage.balance("B2008"), "0.00");
    let path = format!("/v1/payment-batches/{batch}/results/approve");
    stage.expect(200, &path, &stage.approver, &json!({ "claim_ids": claims }));
    assert_eq!(stage.balance("B2008"), "300.00");
    assert!(stage.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_batch_that_was_booked_in_one_sum_is_paid_if_the_sum_is_that_of_its_lines() {
    let (stage, batch, claims) = opened("sums", 3);
    let ours = format!("{}-00", reference(&batch));
    let of_batch =
        |id: &str| format!("<NtryDtls><Btch><PmtInfId>{id}</PmtInfId><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>");
    let booked = |sum: &str, named: &str| {
        camt(&[entry(&[&amount(sum), &sign("DBIT"), BOOKED, DAY, "<AcctSvcrRef>S1</AcctSvcrRef>", named])])
    };
    let by_payment = details(&[&refs("PmtInfId", &ours)]);
    for named in [of_batch(&ours), of_batch(&ours).replace("PmtInfId", "MsgId"), by_payment] {
        let view = tried(&stage, &batch, &booked("300.00000", &named));
        assert_eq!(counts(&view), json!({"matched": 3}), "{view}");
        assert_eq!((first(&view, "found_by"), first(&view, "place")), (json!("message"), json!(1)));
    }
    for (sum, id) in [("299.99", ours.as_str()), ("300.00", "another")] {
        let view = tried(&stage, &batch, &booked(sum, &of_batch(id)));
        assert_eq!(counts(&view), json!({"unknown": 1, "missing": 3}), "{view}");
    }
    // the payments of an entry, each by itself, without an account servicer's reference of their own
    let one = |claim: &String| {
        format!("<TxDtls>{}{}</TxDtls>", refs("EndToEndId", &reference(claim)), amount("100.00"))
    };
    let each = format!("<NtryDtls>{}</NtryDtls>", claims.iter().map(one).collect::<String>());
    let view = brought(&stage, &batch, &booked("300.00", &each), "");
    assert_eq!(counts(&view), json!({"matched": 3}), "{view}");
    let references: Vec<&Value> =
        view["answers"].as_array().unwrap().iter().map(|one| &one["bank_reference"]).collect();
    assert_eq!(references, [&json!("S1/1"), &json!("S1/2"), &json!("S1/3")]);
    // once they are paid the sum says it a second time
    let path = format!("/v1/payment-batches/{batch}/results/approve");
    stage.expect(200, &path, &stage.approver, &json!({ "claim_ids": claims }));
    let view = brought(&stage, &batch, &booked("300.00", &of_batch(&ours)), "");
    assert_eq!(counts(&view), json!({"twice": 3}), "{view}");
}
