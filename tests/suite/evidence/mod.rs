//! Evidence from outside: files in and out, invoices behind claims, races for one invoice, the store itself.

use crate::support::bucket;
use crate::support::city::{CLOUD, City, FIRM, OTHER, redemption, rental, rules, shows, text, with};
use crate::support::service;
mod invoices;
mod reversals;
mod statements;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use service::{Answer, Service, exchange, fresh_folder, send_bytes};

const PDF: &[u8] = b"%PDF-1.7\n% an invoice\n%%EOF\n";
const LIMIT: usize = 20 * 1024 * 1024;

/// An invoice as the tax authority writes it.
pub const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<EInvoice><EInvoiceData>
<SellerInformation><SellerIdNum>91440300MA5F00011B</SellerIdNum><SellerName>丁云云计算</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>91310000MA1FL0000N</BuyerIdNum><BuyerName>甲</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>1000.00</TotalAmWithoutTax><TotalTaxAm>60.00</TotalTaxAm>
<TotalTax-includedAmount>1060.00</TotalTax-includedAmount></BasicInformation></EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>24312000000000000001</InvoiceNumber><IssueTime>2025-01-02</IssueTime>
</TaxSupervisionInfo></EInvoice>"#;

fn number(n: usize) -> String {
    format!("{:020}", 24_312_000_000_000_000_000_u128 + u128::try_from(n).unwrap())
}

/// An agency with programmes `p` and `q` that pay 20 % of a contract beside others.
fn founded(agency: &str) -> City {
    on(&Arc::new(Service::start()), agency)
}

fn on(service: &Arc<Service>, agency: &str) -> City {
    let rules = rules(json!({"stacking": "allow"}));
    let city = City::found(service, agency, &rules, "10000000");
    city.programme("q", &rules, "10000000");
    city
}

impl City {
    fn bring(&self, query: &str, token: &str, bytes: &[u8]) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        self.bring_as(query, token, bytes, &[("Idempotency-Key", &key)])
    }

    fn bring_as(&self, query: &str, token: &str, bytes: &[u8], headers: &[(&str, &str)]) -> Answer {
        send_bytes(&self.service.base, "POST", &format!("/v1/evidence?{query}"), token, bytes, headers).0
    }

    /// The evidence of an invoice that the firm brings.
    fn invoice(&self, number: &str, amount: &str) -> String {
        let query = format!("kind=invoice&invoice_number={number}&amount={amount}");
        let answer = self.bring(&query, &self.firm, PDF).expect(201);
        answer.id()
    }

    /// An issued voucher of the firm.
    fn voucher_for(&self, programme: &str, contract_no: &str) -> String {
        self.voucher_of_party(programme, contract_no, &self.firm)
    }

    fn voucher_of_party(&self, programme: &str, contract_no: &str, party: &str) -> String {
        let rental = self.create("/v1/rentals", party, &rental(contract_no, "100000"));
        self.voucher_on(programme, party, &rental)
    }

    fn draft(&self, voucher: &str, invoices: &Value) -> Answer {
        self.post("/v1/claims", &self.firm, &claim(voucher, invoices))
    }

    /// A draft of the firm's, which has to be possible.
    fn drafted(&self, voucher: &str, invoices: &Value) -> String {
        let answer = self.draft(voucher, invoices).expect(201);
        answer.id()
    }

    fn step(&self, claim: &str, verb: &str, token: &str, body: &Value) -> Answer {
        self.post(&format!("/v1/claims/{claim}/{verb}"), token, body)
    }

    fn allocated(&self, evidence: &str) -> String {
        text(&self.get(&format!("/v1/evidence/{evidence}"), &self.lin), "/invoice/allocated")
    }
}

fn claim(voucher: &str, invoices: &Value) -> Value {
    with(redemption(voucher, "1000"), "/invoices", invoices.clone())
}

fn part(evidence: &str, amount: &str) -> Value {
    json!({"evidence_id": evidence, "amount": amount})
}

fn form(name: &str, declared: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    let begin = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"发票.pdf\"\r\nContent-Type: {declared}\r\n\r\n"
    );
    let body = [begin.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

#[test]
fn files_come_in_and_go_out_and_only_to_their_owner_and_the_agency() {
    let city = founded("files");

    // raw: an invoice fills itself in
    let answer = city.bring("kind=invoice", &city.firm, XML.as_bytes()).expect(201);
    assert!(answer.header("ledger-sequence").is_some());
    let body = answer.json();
    let id = text(&body, "/id");
    for (pointer, expected) in [
        ("/kind", "invoice"),
        ("/organisation", FIRM),
        ("/media_type", "application/xml"),
        ("/invoice/number", "24312000000000000001"),
        ("/invoice/amount", "1060.00"),
        ("/invoice/tax", "60.00"),
        ("/invoice/allocated", "0.00"),
        ("/invoice/buyer/credit_code", FIRM),
        ("/invoice/buyer/name", "甲"),
        ("/invoice/seller/credit_code", CLOUD),
        ("/invoice/seller/name", "丁云云计算"),
        ("/invoice/issued_on", "2025-01-02"),
    ] {
        assert_eq!(text(&body, pointer), expected, "{pointer}");
    }
    assert_eq!(body["bytes"], XML.len());

    // a form: the same bytes are the same object and another piece of evidence
    let (content_type, sent) = form("file", "text/xml", XML.as_bytes());
    let headers = [("Idempotency-Key", "form"), ("Content-Type", &*content_type)];
    let second = city.bring_as("kind=invoice", &city.firm, &sent, &headers);
    assert_eq!((second.status, text(&second.json(), "/sha256")), (201, text(&body, "/sha256")));
    assert_ne!(second.id(), id);
    let again = city.bring_as("kind=invoice", &city.firm, &sent, &headers);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((again.status, again.json()), (second.status, second.json()));
    let (_, other) = form("file", "text/xml", XML.replace("丁云云", "丁云").as_bytes());
    let reused = city.bring_as("kind=invoice", &city.firm, &other, &headers);
    reused.refuses(422, "idempotency_key_reused", "");

    // out, as an attachment of no origin
    let path = format!("/v1/evidence/{id}/content");
    for token in [&city.firm, &city.lin, &city.chen, &city.token("files", "auditor", "a", None)] {
        let (answer, bytes) = city.bytes(&path, token);
        assert_eq!((answer.status, bytes.as_slice()), (200, XML.as_bytes()));
        let disposition = answer.header("content-disposition").unwrap();
        assert!(
            disposition.starts_with("attachment;") && disposition.contains("filename*=UTF-8''"),
            "{disposition}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("content-type"), Some("application/xml"));
        assert_eq!(answer.header("content-length"), Some(&*XML.len().to_string()));
        assert!(answer.header("content-security-policy").unwrap().contains("sandbox"));
    }
    let provider = city.token("files", "provider", "cloud", Some(CLOUD));
    let bank = city.token("files", "bank", "bank", Some(FIRM));
    for token in [&city.other, &provider, &bank] {
        for path in [format!("/v1/evidence/{id}"), path.clone()] {
            city.ask(&path, token).refuses(404, "not_found", "");
        }
        assert_eq!(city.get("/v1/evidence", token)["data"], json!([]));
    }
    city.ask("/v1/evidence/00000000-0000-0000-0000-000000000000", &city.firm).refuses(404, "not_found", "");

    // lists
    let contract = city.bring("kind=contract", &city.other, PDF).expect(201);
    assert!(contract.json().get("invoice").is_none());
    let count = |query: &str, token: &str| {
        let answer = city.get(&format!("/v1/evidence{query}"), token);
        answer["data"].as_array().unwrap().len()
    };
    assert_eq!((count("", &city.lin), count("", &city.firm), count("", &city.other)), (3, 2, 1));
    assert_eq!(count("?kind=contract", &city.lin), 1);
    assert_eq!(count(&format!("?organisation={FIRM}&limit=1"), &city.lin), 1);
    city.ask("/v1/evidence?kind=letter", &city.lin).refuses(400, "invalid_query", "");
    let shown = city.ask(&format!("/v1/evidence/{id}"), &city.firm);
    assert_eq!(shown.header("etag").unwrap().trim_matches('"'), shown.json()["revision"].to_string());
    let events = city.ask("/v1/events", &city.other).text;
    assert!(events.contains(&contract.id()) && !events.contains(&id), "{events}");

    // an officer brings for whom they name
    city.bring("kind=other", &city.lin, PDF).refuses(422, "missing_field", "/organisation");
    let brought = city.bring(&format!("kind=other&organisation={OTHER}"), &city.lin, b"notes");
    assert_eq!(text(&brought.json(), "/organisation"), OTHER);
    city.bring(&format!("kind=other&organisation={OTHER}"), &city.firm, PDF).refuses(
        404,
        "not_found",
        "/organisation",
    );
    let stranger = "kind=other&organisation=91510100MA6CD0001D";
    city.bring(stranger, &city.lin, PDF).refuses(422, "organisation_not_registered", "");

    // the log holds digests, no names, no bytes
    let log =
        city.cli(&["export", "--agency", "files", "--out", &city.data.join("out").display().to_string()]);
    assert!(!log.contains("error"), "{log}");
    let mut leaves = Vec::new();
    walk(&city.data.join("out"), &mut |path| {
        if !path.to_string_lossy().contains("tables") && path.extension().is_none_or(|e| e != "csv") {
            leaves.extend(std::fs::read(path).unwrap());
        }
    });
    let leaves = String::from_utf8_lossy(&leaves);
    assert!(leaves.contains(&text(&body, "/sha256")) && leaves.contains("register_evidence"));
    assert!(!leaves.contains("丁云云计算") && !leaves.contains("BuyerName"), "names stand beside the log");
    city.verifies();
}

fn walk(folder: &std::path::Path, visit: &mut impl FnMut(&std::path::Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}

#[test]
fn what_is_no_evidence_is_refused_and_leaves_nothing() {
    let city = founded("refused");
    let firm = &city.firm;
    let one = number(1);

    // before anything is read
    city.bring_as("kind=other", firm, PDF, &[]).refuses(400, "idempotency_key_missing", "");
    city.bring("", firm, PDF).refuses(400, "invalid_query", "");
    city.bring("kind=letter", firm, PDF).refuses(400, "invalid_query", "");
    city.bring("kind=other&colour=red", firm, PDF).refuses(400, "invalid_query", "");
    city.bring("kind=contract&amount=5", firm, PDF).refuses(400, "invalid_query", "");
    city.bring("kind=other", &city.chen, PDF).refuses(403, "forbidden", "");
    let zipped = [("Idempotency-Key", "zip"), ("Content-Encoding", "gzip")];
    city.bring_as("kind=other", firm, PDF, &zipped).refuses(415, "unsupported_media_type", "");

    // types
    let container = b"PK\x03\x04\x14\0\0\0\0\0 and so on";
    for (kind, bytes) in [
        ("other", &b""[..]),
        ("other", b"MZ\x90\0\x03\0"),
        ("other", container),
        ("invoice", b"an invoice, in words"),
        ("invoice", b"a,b\n1,2\n"),
        ("contract", b"a,b\n1,2\n"),
        ("other", b"<a><b></a>"),
        ("invoice", b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
        ("other", b"<a>&undeclared;</a>"),
    ] {
        let query = if kind == "invoice" {
            format!("kind=invoice&invoice_number={one}")
        } else {
            format!("kind={kind}")
        };
        city.bring(&query, firm, bytes).refuses(422, "file_type", "");
    }
    let declared = [("Idempotency-Key", "declared"), ("Content-Type", "application/pdf")];
    city.bring_as("kind=other", firm, b"words", &declared).refuses(422, "file_type", "");

    // numbers and amounts
    city.bring("kind=invoice", firm, PDF).refuses(422, "invoice_number", "/invoice_number");
    for query in [
        "invoice_number=123",
        "invoice_number=12345678",
        "invoice_code=3100201130",
        "invoice_code=1&invoice_number=12345678",
    ] {
        city.bring(&format!("kind=invoice&{query}"), firm, PDF).refuses(
            422,
            "invoice_number",
            "/invoice_number",
        );
    }
    city.bring(&format!("kind=invoice&invoice_number={one}&amount=1e3"), firm, PDF).refuses(
        422,
        "invalid_amount",
        "/amount",
    );
    city.bring("kind=invoice&amount=5", firm, XML.as_bytes()).refuses(422, "invoice_contradicts", "/amount");
    city.bring(&format!("kind=invoice&invoice_number={}", number(9)), firm, XML.as_bytes()).refuses(
        422,
        "invoice_number",
        "/invoice_number",
    );
    let red = XML.replace(">1060.00<", ">-1060.00<");
    city.bring("kind=invoice", firm, red.as_bytes()).refuses(422, "original_invoice", "/original_number");

    // forms
    let key = |n: &'static str| ("Idempotency-Key", n);
    let (form_type, body) = form("paper", "application/pdf", PDF);
    let kind = ("Content-Type", &*form_type);
    city.bring_as("kind=other", firm, &body, &[key("f1"), kind]).refuses(422, "unknown_field", "/paper");
    city.bring_as("kind=other", firm, b"--edge--\r\n", &[key("f2"), kind]).refuses(
        422,
        "missing_field",
        "/file",
    );
    let (_, body) = form("file", "application/pdf", PDF);
    let twice = [&body[..body.len() - b"--edge--\r\n".len()], &body].concat();
    city.bring_as("kind=other", firm, &twice, &[key("f3"), kind]).refuses(422, "duplicate_field", "/file");
    city.bring_as("kind=other", firm, &body[..80], &[key("f4"), kind]).refuses(400, "unreadable_body", "");
    let (_, body) = form("file", "image/png", PDF);
    city.bring_as("kind=other", firm, &body, &[key("f5"), kind]).refuses(422, "file_type", "");

    // a dry run keeps nothing
    let dry = city.bring("kind=other&dry_run=true", firm, PDF);
    assert_eq!((dry.status, &dry.json()["dry_run"]), (201, &json!(true)), "{}", dry.text);
    assert_eq!(city.get("/v1/evidence", firm)["data"], json!([]));
    let mut left = Vec::new();
    walk(&city.data.join("evidence"), &mut |path| left.push(path.to_owned()));
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "what is refused leaves no file");

    // what is known of an invoice
    let known = city.invoice(&one, "500.00");
    let differs = format!("kind=invoice&invoice_number={one}&amount=500.01");
    city.bring(&differs, firm, PDF).refuses(422, "invoice_contradicts", "/amount");
    let silent = city.bring(&format!("kind=invoice&invoice_number={one}"), firm, PDF);
    assert_eq!(text(&silent.json(), "/invoice/amount"), "500.00", "another file of the same invoice");
    let old = city
        .bring("kind=invoice&invoice_code=3100201130&invoice_number=12345678&amount=7.5", firm, PDF)
        .json();
    shows(&old, json!({"invoice/code": "3100201130", "invoice/amount": "7.50"}));
    assert_eq!(city.allocated(&known), "0.00");

    // a mistyped amount is an officer's to correct, as long as nothing rests on it
    let mended = format!("{differs}&corrects=true");
    city.bring(&mended, firm, PDF).refuses(403, "forbidden", "");
    let answer = city.bring(&format!("{mended}&organisation={FIRM}"), &city.lin, PDF);
    assert_eq!(
        (answer.status, text(&answer.json(), "/invoice/amount")),
        (201, "500.01".into()),
        "{}",
        answer.text
    );
    city.bring(&format!("kind=other&corrects=true&organisation={FIRM}"), &city.lin, PDF).refuses(
        400,
        "invalid_query",
        "",
    );
    let voucher = city.voucher_for("p", "A");
    let claim = city.drafted(&voucher, &json!([part(&known, "500.01")]));
    assert_eq!(city.step(&claim, "submit", firm, &json!({})).status, 200);
    city.bring(&format!("{mended}&organisation={FIRM}"), &city.lin, PDF).refuses(409, "invoice_in_use", "");
    let dialect = format!("kind=invoice&invoice_number={}&amount=8", number(3));
    assert_eq!(
        city.bring(&dialect, firm, b"<Invoice><Nr>1</Nr></Invoice>").status,
        201,
        "another dialect is no error"
    );
    city.verifies();
}

#[test]
fn a_file_has_twenty_mebibytes_and_not_one_byte_more() {
    let city = founded("large");
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.resize(LIMIT, b'x');
    let answer = city.bring("kind=other", &city.firm, &bytes);
    assert_eq!((answer.status, &answer.json()["bytes"]), (201, &json!(LIMIT)), "{}", answer.text);
    let (_, whole) = city.bytes(&format!("/v1/evidence/{}/content", answer.id()), &city.firm);
    assert!(whole == bytes, "it comes back as it went in");
    let (content_type, body) = form("file", "application/pdf", &bytes);
    let headers = [("Idempotency-Key", "form"), ("Content-Type", &*content_type)];
    assert_eq!(city.bring_as("kind=other", &city.firm, &body, &headers).status, 201);
    bytes.push(b'x');
    let over = city.bring("kind=other", &city.firm, &bytes);
    over.refuses(413, "too_large", "");
    assert!(over.text.contains("20971520"), "{}", over.text);
    let (_, body) = form("file", "application/pdf", &bytes);
    city.bring_as("kind=other", &city.firm, &body, &[("Idempotency-Key", "over"), headers[1]]).refuses(
        413,
        "too_large",
        "",
    );
    let xml = format!("<a>{}</a>", "x".repeat(1 << 20));
    let over = city.bring("kind=other", &city.firm, xml.as_bytes());
    over.refuses(413, "too_large", "");
    assert!(over.text.contains("1048576"), "{}", over.text);
    city.verifies();
}

#[test]
fn an_invoice_backs_claims_up_to_its_amount_in_all_programmes() {
    let city = founded("claims");
    let (first, second) = (city.voucher_for("p", "A"), city.voucher_for("q", "B"));
    let evidence = city.invoice(&number(1), "1000.00");
    let same = city.invoice(&number(1), "1000.00");
    let delivery = city.bring("kind=delivery", &city.firm, b"delivered").id();

    // drafts find room and take none
    let body = json!({
        "kind": "voucher_redemption", "voucher_id": first, "settlement": [{"item": "compute", "amount": "1000"}],
        "invoices": [part(&evidence, "400"), part(&same, "300")], "evidence": [delivery],
    });
    let draft = city.expect(201, "/v1/claims", &city.firm, &body);
    let one = text(&draft, "/id");
    assert_eq!(
        draft["invoices"][0],
        json!({"evidence_id": evidence, "code": null, "number": number(1), "amount": "400.00"})
    );
    assert_eq!(draft["evidence"], json!([delivery]));
    assert_eq!((city.allocated(&evidence), city.allocated(&same)), ("0.00".into(), "0.00".into()));
    let two = city.drafted(&second, &json!([part(&same, "300.01")]));
    city.draft(&second, &json!([part(&evidence, "600"), part(&same, "400.01")])).refuses(
        409,
        "evidence_reused",
        "/invoices/1/evidence_id",
    );

    // the first to be filed holds it, whatever the second was told as a draft
    assert_eq!(city.step(&one, "submit", &city.firm, &json!({})).status, 200);
    assert_eq!((city.allocated(&evidence), city.allocated(&same)), ("700.00".into(), "700.00".into()));
    let late = city.step(&two, "submit", &city.firm, &json!({}));
    late.refuses(409, "evidence_reused", "/invoices/0/evidence_id");
    assert!(late.text.contains("300.00") && late.text.contains("300.01"), "{}", late.text);
    city.draft(&second, &json!([part(&evidence, "300.01")])).refuses(
        409,
        "evidence_reused",
        "/invoices/0/evidence_id",
    );

    // it is told before any amount is computed
    let nothing = json!({
        "kind": "voucher_redemption", "voucher_id": second, "settlement": [{"item": "storage", "amount": "1"}],
        "invoices": [part(&evidence, "300.01")],
    });
    city.post("/v1/claims", &city.firm, &nothing).refuses(409, "evidence_reused", "/invoices/0/evidence_id");

    // returned it keeps its hold, rewritten it holds what it says now, withdrawn it holds nothing
    let back = json!({"decision": "return", "reason": "补"});
    assert_eq!(city.step(&one, "review", &city.lin, &back).status, 200);
    assert_eq!(city.allocated(&evidence), "700.00");
    let body = claim(&first, &json!([part(&evidence, "950")]));
    let put = city.put(&format!("/v1/claims/{one}"), &city.firm, &body);
    assert_eq!((put.status, city.allocated(&evidence)), (200, "950.00".into()), "{}", put.text);
    assert_eq!(city.step(&one, "submit", &city.firm, &json!({})).status, 200);
    assert_eq!(city.allocated(&evidence), "950.00");
    assert_eq!(city.step(&one, "withdraw", &city.firm, &json!({})).status, 200);
    assert_eq!(city.allocated(&evidence), "0.00");

    // rejected it is free again, paid never
    assert_eq!(city.step(&two, "submit", &city.firm, &json!({})).status, 200);
    let no = json!({"decision": "reject", "reason": "不符"});
    assert_eq!(city.step(&two, "review", &city.lin, &no).status, 200);
    assert_eq!(city.allocated(&evidence), "0.00");
    let three = city.drafted(&second, &json!([part(&evidence, "1000")]));
    for (verb, token, body) in [
        ("submit", &city.firm, json!({})),
        ("review", &city.lin, json!({"decision": "pass"})),
        ("approve", &city.chen, json!({})),
    ] {
        let answer = city.step(&three, verb, token, &body);
        assert_eq!(answer.status, 200, "{verb}: {}", answer.text);
    }
    assert_eq!(city.allocated(&evidence), "1000.00");
    city.draft(&first, &json!([part(&same, "0.01")])).refuses(
        409,
        "evidence_reused",
        "/invoices/0/evidence_id",
    );
    city.verifies();
}

#[test]
fn what_cannot_back_a_claim_is_named() {
    let city = founded("backing");
    let voucher = city.voucher_for("p", "A");
    let delivery = city.bring("kind=delivery", &city.firm, b"delivered").id();
    let strange = text(
        &city.bring(&format!("kind=invoice&invoice_number={}&amount=5", number(5)), &city.other, PDF).json(),
        "/id",
    );
    let nowhere = "00000000-0000-7000-8000-000000000000";
    let at = "/invoices/0/evidence_id";
    city.draft(&voucher, &json!([part(nowhere, "1")])).refuses(404, "not_found", at);
    city.draft(&voucher, &json!([part(&strange, "1")])).refuses(404, "not_found", at);
    city.draft(&voucher, &json!([part(&delivery, "1")])).refuses(422, "not_an_invoice", at);
    city.draft(&voucher, &json!([part(&delivery, "0")])).refuses(422, "invalid_amount", "/invoices/0/amount");
    city.draft(&voucher, &json!([{"evidence_id": delivery}])).refuses(
        422,
        "missing_field",
        "/invoices/0/amount",
    );
    let silent = city.bring(&format!("kind=invoice&invoice_number={}", number(6)), &city.firm, PDF).json();
    let silent = text(&silent, "/id");
    city.draft(&voucher, &json!([part(&silent, "1")])).refuses(422, "invoice_amount_missing", at);
    city.bring(&format!("kind=invoice&invoice_number={}&amount=5", number(6)), &city.firm, PDF).expect(201);
    let found = city.drafted(&voucher, &json!([part(&silent, "5")]));

    // who buys and who sells
    for (xml, code) in [
        (XML.replace(FIRM, OTHER).replace("0001<", "0007<"), "invoice_buyer_differs"),
        (XML.replace(FIRM, "310101199001011234").replace("0001<", "0008<"), "invoice_buyer_differs"),
        (XML.replace(CLOUD, OTHER).replace("0001<", "0009<"), "invoice_seller_differs"),
    ] {
        let answer = city.bring("kind=invoice", &city.firm, xml.as_bytes()).expect(201);
        city.draft(&voucher, &json!([part(&answer.id(), "1")])).refuses(422, code, at);
    }
    let own = city.bring("kind=invoice", &city.firm, XML.as_bytes()).id();
    city.drafted(&voucher, &json!([part(&own, "1060")]));

    // what its own file says later is held against a draft when it is filed
    let xml = XML.replace(FIRM, OTHER).replace("0001<", "0006<").replace(">1060.00<", ">5.00<");
    assert_eq!(city.bring("kind=invoice", &city.firm, xml.as_bytes()).status, 201);
    city.step(&found, "submit", &city.firm, &json!({})).refuses(422, "invoice_buyer_differs", at);

    // further evidence
    let with = |evidence: Value| {
        let mut body = claim(&voucher, &json!([part(&own, "1")]));
        body["evidence"] = evidence;
        city.post("/v1/claims", &city.firm, &body)
    };
    with(json!([delivery, delivery])).refuses(422, "duplicate_evidence", "/evidence/1");
    with(json!([own])).refuses(422, "duplicate_evidence", "/evidence/0");
    with(json!([delivery, nowhere])).refuses(404, "not_found", "/evidence/1");
    with(json!([strange])).refuses(404, "not_found", "/evidence/0");
    let many = |count: usize| Value::Array(vec![part(&own, "0.01"); count]);
    let over = city.draft(&voucher, &many(201));
    over.refuses(413, "too_large", "/invoices");
    assert!(over.text.contains("200"), "{}", over.text);
    assert_eq!(city.draft(&voucher, &many(200)).status, 201, "the most that a claim takes fits into the log");
    with(Value::Array(vec![json!(delivery); 101])).refuses(413, "too_large", "/evidence");
    city.verifies();
}

#[test]
fn claims_that_race_for_an_invoice_never_take_more_than_it_is() {
    let city = founded("race");
    let evidence = city.invoice(&number(1), "1000.00");
    let vouchers = [city.voucher_for("p", "A"), city.voucher_for("q", "B")];
    let claims: Vec<String> =
        (0..24).map(|n| city.drafted(&vouchers[n % 2], &json!([part(&evidence, "130")]))).collect();
    let (next, won, lost) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(id) = claims.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let answer = city.step(id, "submit", &city.firm, &json!({}));
                    match answer.status {
                        200 => won.fetch_add(1, Ordering::SeqCst),
                        409 if answer.json()["code"] == "evidence_reused" => {
                            lost.fetch_add(1, Ordering::SeqCst)
                        }
                        _ => panic!("{}: {}", answer.status, answer.text),
                    };
                }
            });
        }
    });
    assert_eq!((won.into_inner(), lost.into_inner()), (7, 17));
    assert_eq!(city.allocated(&evidence), "910.00");
    city.verifies();
}

#[test]
fn a_file_that_is_lost_or_altered_is_named_and_one_that_nobody_names_harms_nothing() {
    let city = founded("whole");
    let ids: Vec<Value> = [&b"one"[..], b"two", b"three"]
        .iter()
        .map(|bytes| city.bring("kind=other", &city.firm, bytes).json())
        .collect();
    let path = |body: &Value| {
        let digits = text(body, "/sha256");
        city.data.join("evidence/objects/sha256").join(&digits[..2]).join(&digits[2..])
    };
    // as a kill between the object and its row leaves one
    let orphan = city.data.join("evidence/objects/sha256/00");
    std::fs::create_dir_all(&orphan).unwrap();
    std::fs::write(orphan.join("00".repeat(31)), b"orphan").unwrap();
    city.verifies();
    std::fs::write(path(&ids[0]), b"One").unwrap();
    std::fs::remove_file(path(&ids[1])).unwrap();
    let run = |json: bool| {
        let mut command = city.command();
        command.args(["verify", "--agency", "whole", "--evidence"]);
        if json {
            command.arg("--json");
        }
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, said) = run(false);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains(&format!("evidence {} of sequence", text(&ids[0], "/id"))) && said.contains("altered"),
        "{said}"
    );
    assert!(
        said.contains(&text(&ids[1], "/id"))
            && said.contains("missing")
            && !said.contains(&text(&ids[2], "/id")),
        "{said}"
    );
    let (code, said) = run(true);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, &said[0]["evidence"]["files"], &said[0]["verified"]),
        (Some(3), &json!(3), &json!(true))
    );
    assert!(city.cli(&["verify", "--agency", "whole"]).contains("verified"), "the ledger itself is whole");
    let content = |body: &Value| city.ask(&format!("/v1/evidence/{}/content", text(body, "/id")), &city.firm);
    content(&ids[0]).is(503, "evidence_altered");
    content(&ids[1]).is(503, "evidence_missing");
    assert_eq!(content(&ids[2]).expect(200).text, "three");
    for bytes in [&b"one"[..], b"two"] {
        assert_eq!(city.bring("kind=other", &city.firm, bytes).status, 201);
    }
    assert_eq!((content(&ids[0]).text.as_str(), content(&ids[1]).text.as_str()), ("one", "two"));
    city.verifies();
}

#[test]
fn a_kill_among_uploads_leaves_every_row_its_file() {
    let data = fresh_folder();
    let mut service = Arc::new(Service::start_durable(&data));
    let firm = on(&service, "killed").firm;
    let mut kept: Vec<(String, String)> = Vec::new();
    for round in 0..4_u64 {
        let base = service.base.clone();
        let bring = |base: &str, key: &str| {
            let mut bytes = format!("%PDF-1.7 {key}").into_bytes();
            bytes.resize(3 << 20, b'x');
            let path = "/v1/evidence?kind=delivery";
            exchange(base, "POST", path, Some(&firm), &bytes, &[("Idempotency-Key", key)])
        };
        let (answered, unknown) = std::thread::scope(|scope| {
            let loading = scope.spawn(|| {
                let mut answered = Vec::new();
                for n in 0.. {
                    let key = format!("{round}-{n}");
                    match bring(&base, &key) {
                        Some((answer, _)) if answer.status == 201 => answered.push((key, answer.id())),
                        _ => return (answered, key),
                    }
                }
                unreachable!("the service is killed")
            });
            std::thread::sleep(std::time::Duration::from_millis(400 + 130 * round));
            service.kill();
            loading.join().expect("the loader ends")
        });
        kept.extend(answered);
        service = Arc::new(Service::start_durable(&data));
        let (answer, _) = bring(&service.base, &unknown).expect("an answer");
        assert_eq!(answer.status, 201, "its key settles it: {}", answer.text);
        kept.push((unknown, answer.id()));
        for (key, id) in &kept {
            let (again, _) = bring(&service.base, key).expect("an answer");
            assert_eq!((again.header("idempotency-replayed"), &again.id()), (Some("true"), id));
        }
    }
    let said = service.cli(&["verify", "--agency", "killed", "--evidence"]);
    assert!(said.contains(&format!("{} files of evidence are whole", kept.len())), "{said}");
    assert!(kept.len() > 8, "only {} files came in", kept.len());
    drop(service);
    std::fs::remove_dir_all(&data).expect("the folder goes");
}

#[test]
fn a_bucket_keeps_files_as_a_folder_does() {
    let bucket = bucket::Bucket::open();
    let environment = bucket.environment();
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Arc::new(Service::start_with(&environment));
    let city = on(&service, "bucket");
    let mut large = b"%PDF-1.7\n".to_vec();
    large.resize(LIMIT, b'x');
    for bytes in [PDF, &large] {
        let answer = city.bring("kind=other", &city.firm, bytes).expect(201);
        let path = format!("/v1/evidence/{}/content", answer.id());
        let (answer, read) = service.bytes(&path, &city.firm);
        assert!(answer.status == 200 && read == bytes);
    }
    let keys = bucket.keys();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key.starts_with("files/ledger/sha256/")), "{keys:?}");
    assert!(bucket.parts() >= 3, "a large file goes in parts");
    assert!(!service.data.join("evidence/objects").exists());
    // `doctor` asks as the service would, and leaves nothing
    let doctor = || {
        let mut command = service.command();
        let done = command.envs(environment.iter().copied()).arg("doctor");
        let done = done.output().expect("the binary runs");
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let (code, said) = doctor();
    assert!(code == Some(0) && said.contains("takes files and gives them back"), "{said}");
    assert_eq!(bucket.keys(), keys);
    // a store that is away is a 503, and what was not kept is not there
    bucket.fail(true);
    let away = city.bring("kind=other", &city.firm, b"away");
    away.refuses(503, "unavailable", "");
    let (code, said) = doctor();
    assert!(code == Some(1) && said.contains("FAILED   evidence"), "{said}");
    assert_eq!(city.get("/v1/evidence", &city.firm)["data"].as_array().unwrap().len(), 2);
    bucket.fail(false);
    assert_eq!(city.bring("kind=other", &city.firm, b"back").status, 201);
}
