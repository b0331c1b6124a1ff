//! What organisations say of one invoice: it binds themselves, tells nobody else anything, and is an officer's to decide.

use crate::support::city::shows;
use serde_json::{Value, json};

use super::{City, PDF, XML, founded, number, part, text};

impl City {
    pub fn brought(&self, query: &str, token: &str, bytes: &[u8]) -> Value {
        self.bring(query, token, bytes).expect(201).json()
    }

    pub fn claimed(&self, voucher: &str, token: &str, invoices: &Value) -> String {
        self.filed(token, &super::claim(voucher, invoices))
    }

    fn exceptions(&self, code: &str) -> Vec<Value> {
        self.get(&format!("/v1/reports/exceptions?code={code}"), &self.lin)["rows"]
            .as_array()
            .expect("rows")
            .clone()
    }
}

/// What of an answer is not the same for every caller by its nature.
fn without_ids(mut answer: Value) -> Value {
    for name in ["id", "organisation", "created_by", "revision", "updated_at"] {
        answer.as_object_mut().expect("an object").remove(name);
    }
    answer
}

#[test]
fn a_number_that_another_organisation_typed_binds_nobody_and_is_told_to_nobody() {
    let city = founded("neutral");
    let query = |n: usize, amount: &str| format!("kind=invoice&invoice_number={}&amount={amount}", number(n));

    // whoever types a number that another brought is answered as if nobody had, in a dry run too
    city.brought(&query(1, "1000.00"), &city.firm, PDF);
    for n in [1, 2] {
        let dry = city.bring(&format!("{}&dry_run=true", query(n, "1.00")), &city.other, PDF);
        assert_eq!((dry.status, text(&dry.json(), "/invoice/amount")), (201, "1.00".into()), "{}", dry.text);
    }
    let mut known = without_ids(city.brought(&query(1, "1.00"), &city.other, PDF));
    let fresh = without_ids(city.brought(&query(2, "1.00"), &city.other, PDF));
    known["invoice"]["number"] = json!(number(2));
    assert_eq!(known, fresh);
    let silent = city.brought(&format!("kind=invoice&invoice_number={}", number(1)), &city.other, PDF);
    assert_eq!(text(&silent, "/invoice/amount"), "1.00", "its own word, not the other's");

    // the first is not locked, and what the other takes is not taken of it
    let (mine, theirs) = (city.voucher_for("p", "A"), city.voucher_of_party("p", "A", &city.other));
    let own = text(&city.brought(&query(1, "1000.00"), &city.firm, PDF), "/id");
    let stolen = text(&city.brought(&query(1, "1.00"), &city.other, PDF), "/id");
    let honest = city.claimed(&mine, &city.firm, &json!([part(&own, "1000.00")]));
    let thief = city.claimed(&theirs, &city.other, &json!([part(&stolen, "1.00")]));
    assert_eq!((city.allocated(&own), city.allocated(&stolen)), ("1000.00".into(), "1.00".into()));

    // who decides sees both, and passes neither before an officer says who is right
    let pass = json!({"decision": "pass"});
    for claim in [&honest, &thief] {
        city.step(claim, "review", &city.lin, &pass).refuses(
            409,
            "invoice_disputed",
            "/invoices/0/evidence_id",
        );
    }
    let rows = city.exceptions("invoice_disputed");
    assert!(rows.len() >= 2, "both are listed: {rows:?}");
    let confirm = |evidence: &str, token: &str, body: &Value| {
        city.post(&format!("/v1/evidence/{evidence}/confirm"), token, body)
    };
    confirm(&own, &city.firm, &json!({})).refuses(403, "forbidden", "");
    let confirmed = confirm(&own, &city.lin, &json!({}));
    assert_eq!(
        (confirmed.status, text(&confirmed.json(), "/invoice/confirmed")),
        (200, "officer".into()),
        "{}",
        confirmed.text
    );
    confirm(&stolen, &city.lin, &json!({})).refuses(409, "invoice_confirmed", "");
    assert_eq!(city.step(&honest, "review", &city.lin, &pass).status, 200);
    city.step(&thief, "review", &city.lin, &pass).refuses(409, "invoice_disputed", "/invoices/0/evidence_id");
    assert_eq!(city.step(&honest, "approve", &city.chen, &json!({})).status, 200);

    // an officer's word can be taken back, and the other's be taken then
    assert_eq!(confirm(&own, &city.lin, &json!({"confirmed": false})).status, 200);
    assert_eq!(confirm(&stolen, &city.lin, &json!({})).status, 200);
    let contract = text(&city.brought("kind=contract", &city.firm, PDF), "/id");
    confirm(&contract, &city.lin, &json!({})).refuses(409, "nothing_to_confirm", "");
    city.verifies();
}

#[test]
fn an_einvoice_confirms_what_its_party_says_and_a_sellers_copy_is_no_dispute() {
    let city = founded("einvoice");
    let typed = format!("kind=invoice&invoice_number={}&amount=1.00", number(1));
    city.brought(&typed, &city.other, PDF);
    let own = city.brought("kind=invoice", &city.firm, XML.as_bytes());
    assert_eq!(text(&own, "/invoice/confirmed"), "einvoice");
    let voucher = city.voucher_for("p", "A");
    let claim = city.claimed(&voucher, &city.firm, &json!([part(&text(&own, "/id"), "1060")]));
    assert_eq!(city.step(&claim, "review", &city.lin, &json!({"decision": "pass"})).status, 200);
    // a file that names others as its parties confirms nothing for who brought it
    let strange = city.brought("kind=invoice", &city.other, XML.replace("0001<", "0002<").as_bytes());
    assert_eq!(text(&strange, "/invoice/confirmed"), "typed");
    city.verifies();
}

#[test]
fn a_red_invoice_takes_back_its_original_and_asks_back_what_was_paid_on_it() {
    let city = founded("red");
    let (first, second) = (city.voucher_for("p", "A"), city.voucher_for("q", "B"));
    let own = text(&city.brought("kind=invoice", &city.firm, XML.as_bytes()), "/id");
    let paid = city.claimed(&first, &city.firm, &json!([part(&own, "1000")]));
    let open = city.claimed(&second, &city.firm, &json!([part(&own, "60")]));
    city.pass(&paid);
    city.paid(&[&paid], "2025-01-02");

    let red = red("0009", "560.00");
    let shown = city.brought("kind=invoice", &city.firm, red.as_bytes());
    shows(&shown, json!({"invoice/amount": "-560.00", "invoice/original/number": number(1)}));
    let original = city.get(&format!("/v1/evidence/{own}"), &city.lin);
    shows(&original, json!({"invoice/reversed": "560.00", "invoice/allocated": "1060.00"}));

    // 500.00 are left: the last to take it lost all of its part, the paid one half of its base
    let pass = json!({"decision": "pass"});
    city.step(&open, "review", &city.lin, &pass).refuses(409, "invoice_reversed", "/invoices/0/evidence_id");
    let recoveries = city.get("/v1/recoveries", &city.lin);
    let proposed = recoveries["data"].as_array().expect("recoveries");
    assert_eq!(proposed.len(), 1, "{recoveries}");
    assert_eq!(
        (text(&proposed[0], "/claim_id"), text(&proposed[0], "/status"), text(&proposed[0], "/amount")),
        (paid.clone(), "proposed".into(), "100.00".into())
    );
    let rows = city.exceptions("red_invoice");
    assert!(rows.iter().any(|row| row.to_string().contains(&paid)), "{rows:?}");

    // who brought the red invoice proposed it and does not reject it, nor who proposes another of the claim approve that
    let path = format!("/v1/recoveries/{}", text(&proposed[0], "/id"));
    let why = json!({"reason": "已另开蓝字发票"});
    let bringer = city.token("red", "approver", "firm", None);
    city.post(&format!("{path}/reject"), &bringer, &why).refuses(403, "same_person", "");
    city.post(&format!("{path}/reject"), &city.lin, &why).refuses(403, "forbidden", "");
    city.post(&format!("{path}/reject"), &city.chen, &json!({})).refuses(422, "missing_field", "/reason");
    let rejected = city.expect(200, &format!("{path}/reject"), &city.chen, &why);
    assert_eq!(
        ["/status", "/rejection", "/outstanding"].map(|name| text(&rejected, name)),
        ["rejected", "已另开蓝字发票", "0.00"].map(str::to_owned)
    );
    for verb in ["approve", "reject"] {
        city.post(&format!("{path}/{verb}"), &city.chen, &why_of(verb)).refuses(409, "wrong_state", "");
    }
    let again = json!({"claim_id": paid, "amount": "10", "decision_no": "追2", "reason": "再议"});
    let again = city.create("/v1/recoveries", &city.lin, &again);
    city.post(&format!("/v1/recoveries/{again}/approve"), &bringer, &json!({})).refuses(
        403,
        "same_person",
        "",
    );
    city.expect(200, &format!("/v1/recoveries/{again}/approve"), &city.chen, &json!({}));

    // the same red invoice again takes nothing back again; it backs nothing itself
    let again = text(&city.brought("kind=invoice", &city.firm, red.as_bytes()), "/id");
    assert_eq!(text(&city.get(&format!("/v1/evidence/{own}"), &city.lin), "/invoice/reversed"), "560.00");
    assert_eq!(city.get("/v1/recoveries", &city.lin)["data"].as_array().expect("rows").len(), 2);
    city.draft(&second, &json!([part(&again, "1")])).refuses(422, "red_invoice", "/invoices/0/evidence_id");
    city.draft(&second, &json!([part(&own, "0.01")])).refuses(
        409,
        "evidence_reused",
        "/invoices/0/evidence_id",
    );

    // one that comes before its original is counted when that comes
    let early =
        format!("kind=invoice&invoice_number={}&amount=-30&original_number={}", number(20), number(21));
    city.brought(&early, &city.firm, PDF);
    let late = city.invoice(&number(21), "100.00");
    city.draft(&second, &json!([part(&late, "70.01")])).refuses(
        409,
        "evidence_reused",
        "/invoices/0/evidence_id",
    );
    city.drafted(&second, &json!([part(&late, "70.00")]));
    city.verifies();
}

fn why_of(verb: &str) -> Value {
    if verb == "reject" { json!({"reason": "再议"}) } else { json!({}) }
}

/// A red invoice that takes back so much of the first e-invoice.
pub fn red(number_of_it: &str, amount: &str) -> String {
    let red = XML
        .replace("0001<", &format!("{number_of_it}<"))
        .replace(">1060.00<", &format!(">-{amount}<"))
        .replace(">60.00<", ">-1.00<");
    let remark = format!(
        "<AdditionalInformation><Remark>被红冲蓝字数电发票号码：{}</Remark></AdditionalInformation></EInvoiceData>",
        number(1)
    );
    red.replace("</EInvoiceData>", &remark)
}

#[test]
fn an_approved_claim_whose_invoice_was_taken_back_is_not_paid_before_it_is_recalculated() {
    let city = founded("withdrawn");
    let own = text(&city.brought("kind=invoice", &city.firm, XML.as_bytes()), "/id");
    let approved = |code: &str, contract: &str, amount: &str| {
        let claim = city.claimed(&city.voucher_for(code, contract), &city.firm, &json!([part(&own, amount)]));
        city.pass(&claim);
        claim
    };
    let [first, second] = [("p", "A"), ("q", "B")].map(|(code, contract)| approved(code, contract, "500"));
    let propose =
        |claims: &[&String]| city.post("/v1/payment-batches", &city.lin, &json!({"claim_ids": claims}));
    // one stands in a batch that waits when the red invoice comes: 460.00 are left of 1,000.00
    let waiting = propose(&[&second]);
    let batch = format!("/v1/payment-batches/{}", text(&waiting.json(), "/id"));
    city.brought("kind=invoice", &city.firm, red("0009", "600.00").as_bytes());
    let told = |answer: &super::service::Answer, claim: &str, missing: &str| {
        let body = answer.json();
        assert_eq!(
            (answer.status, text(&body, "/code")),
            (409, "backing_withdrawn".into()),
            "{}",
            answer.text
        );
        let detail = text(&body, "/detail");
        for named in [claim, number(1).as_str(), missing] {
            assert!(detail.contains(named), "{named} in {detail}");
        }
    };
    told(&city.post(&format!("{batch}/approve"), &city.chen, &json!({})), &second, "500.00");
    let refused = propose(&[&first]);
    told(&refused, &first, "40.00");
    assert_eq!(text(&refused.json(), "/errors/0/pointer"), "/claim_ids/0");
    city.expect(200, &format!("{batch}/reject"), &city.chen, &json!({"reason": "红冲"}));
    told(&propose(&[&second]), &second, "500.00");

    // recalculated by two people it is paid, and holds no more than what backs it
    let less = json!({"changes": {"settlement": [{"item": "compute", "amount": "460"}]}, "reason": "红冲"});
    let path = format!("/v1/claims/{first}/recalculate");
    let proposed = city.expect(201, &path, &city.lin, &less);
    assert_eq!(text(&proposed, "/invoices/0/amount"), "460.00");
    // another red invoice, after it was proposed: what is approved then knows nothing of it
    city.brought("kind=invoice", &city.firm, red("0010", "100.00").as_bytes());
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
    told(&propose(&[&first]), &first, "100.00");
    let less = json!({"changes": {"settlement": [{"item": "compute", "amount": "360"}]}, "reason": "再红冲"});
    city.expect(201, &path, &city.lin, &less);
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
    assert_eq!(city.allocated(&own), "860.00");
    city.paid(&[&first], "2025-01-02");
    city.verifies();
}

#[test]
fn an_invoice_of_another_time_and_one_on_many_files_are_questions() {
    let city = founded("dates");
    let dated = |n: usize, day: &str| {
        XML.replace("0001<", &format!("00{n:02}<")).replace("2025-01-02<", &format!("{day}<"))
    };
    let voucher = city.voucher_for("p", "A");
    city.brought("kind=invoice", &city.firm, dated(11, "2025-01-03").as_bytes());
    let before = text(&city.brought("kind=invoice", &city.firm, dated(12, "2024-12-31").as_bytes()), "/id");
    city.brought("kind=invoice", &city.firm, dated(13, "2025-01-01").as_bytes());
    assert_eq!(city.exceptions("invoice_date").len(), 1, "later than the business date");
    city.drafted(&voucher, &json!([part(&before, "1")]));
    let rows = city.exceptions("invoice_date");
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows.iter().any(|row| row.to_string().contains("2025-01-01") && row.to_string().contains(&before)),
        "{rows:?}"
    );

    for n in 0..10 {
        let query = format!("kind=invoice&invoice_number={}&amount=5", number(30));
        city.brought(&query, &city.firm, format!("%PDF-1.7\n{n}").as_bytes());
    }
    let rows = city.exceptions("duplicate_invoice");
    assert_eq!(rows.len(), 10, "{rows:?}");
    assert!(rows[0].to_string().contains("10 files"), "it says how many: {}", rows[0]);
    city.verifies();
}
