//! Red invoices that come late: after the bank had its file, or before anything of an approved claim was paid.

use serde_json::json;

use super::statements::red;
use super::{XML, founded, part, text};

#[test]
fn what_the_bank_paid_in_spite_of_a_red_invoice_is_asked_back_by_a_proposal() {
    let city = founded("late");
    let own = text(&city.brought("kind=invoice", &city.firm, XML.as_bytes()), "/id");
    let claim = city.claimed(&city.voucher_for("p", "A"), &city.firm, &json!([part(&own, "1000")]));
    city.pass(&claim);
    let batch = text(&city.batch(&[&claim]), "/id");

    // the bank has its file; 500.00 of the 1,000.00 are taken back before its answer
    city.brought("kind=invoice", &city.firm, red("0009", "560.00").as_bytes());
    let recoveries = || city.get("/v1/recoveries", &city.lin)["data"].as_array().cloned().expect("rows");
    assert_eq!(recoveries().len(), 0, "of what is not paid nothing is asked back");
    city.result(&batch, &claim, "paid", "2025-01-02").expect(200);
    let proposed = recoveries();
    assert_eq!(proposed.len(), 1, "{proposed:?}");
    assert_eq!(
        ["/claim_id", "/status", "/amount"].map(|name| text(&proposed[0], name)),
        [claim.clone(), "proposed".into(), "100.00".into()]
    );
    assert!(proposed[0].to_string().contains("红字"), "{}", proposed[0]);
    // who recorded the result proposed it: another decides
    let recovery = format!("/v1/recoveries/{}/approve", text(&proposed[0], "/id"));
    city.expect(200, &recovery, &city.chen, &json!({}));
    city.verifies();
}

#[test]
fn an_approved_claim_of_which_nothing_was_paid_is_rejected_and_its_voucher_has_its_amount_again() {
    let city = founded("revoked");
    let own = text(&city.brought("kind=invoice", &city.firm, XML.as_bytes()), "/id");
    let voucher = city.voucher_for("p", "A");
    let balance = || {
        let voucher = city.get(&format!("/v1/vouchers/{voucher}"), &city.lin);
        ["/balance/redeemed", "/balance/available"].map(|name| text(&voucher, name))
    };
    let before = balance();
    let claim = city.claimed(&voucher, &city.firm, &json!([part(&own, "1000")]));
    city.pass(&claim);
    assert_ne!(balance(), before);
    // all of its invoices is taken back: it can neither be paid nor be recalculated to nothing
    city.brought("kind=invoice", &city.firm, red("0009", "1060.00").as_bytes());
    let reject = format!("/v1/claims/{claim}/reject");
    let why = json!({"reason": "发票已全部红冲"});
    city.post(&reject, &city.lin, &why).refuses(403, "forbidden", "");
    city.post("/v1/payment-batches", &city.lin, &json!({"claim_ids": [claim]})).expect(409);
    let rejected = city.expect(200, &reject, &city.chen, &why);
    assert_eq!(text(&rejected, "/status"), "rejected");
    assert_eq!((balance(), city.allocated(&own)), (before, "0.00".into()));
    city.post(&reject, &city.chen, &why).refuses(409, "wrong_state", "");

    // what waits in a batch, or was paid, is not rejected
    let more = XML.replace("0001<", "0031<");
    let more = text(&city.brought("kind=invoice", &city.firm, more.as_bytes()), "/id");
    let claim = city.claimed(&city.voucher_for("q", "B"), &city.firm, &json!([part(&more, "1000")]));
    city.pass(&claim);
    let reject = format!("/v1/claims/{claim}/reject");
    let batch = city.expect(201, "/v1/payment-batches", &city.lin, &json!({"claim_ids": [claim]}));
    city.post(&reject, &city.chen, &why).refuses(409, "wrong_state", "");
    let batch = format!("/v1/payment-batches/{}", text(&batch, "/id"));
    city.expect(200, &format!("{batch}/reject"), &city.chen, &why);
    city.paid(&[&claim], "2025-01-02");
    city.post(&reject, &city.chen, &why).refuses(409, "wrong_state", "");
    city.verifies();
}
