//! Red invoices that come late: after the bank had its file, or before anything of an approved claim was paid.

use serde_json::json;

use super::service::Service;
use super::statements::red;
use super::{City, XML, is, part, text};

#[test]
fn what_the_bank_paid_in_spite_of_a_red_invoice_is_asked_back_by_a_proposal() {
    let service = Service::start();
    let city = City::found(&service, "late");
    let own = text(&city.brought("kind=invoice", &city.firm, XML.as_bytes()), "/id");
    let claim = city.filed(&city.voucher("p", "A"), &city.firm, &json!([part(&own, "1000")]));
    city.expect(200, &format!("/v1/claims/{claim}/review"), &city.officer, &json!({"decision": "pass"}));
    city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.approver, &json!({}));
    let batch = city.expect(201, "/v1/payment-batches", &city.officer, &json!({"claim_ids": [claim]}));
    let path = format!("/v1/payment-batches/{}", text(&batch, "/id"));
    city.expect(200, &format!("{path}/approve"), &city.approver, &json!({}));

    // the bank has its file; 500.00 of the 1,000.00 are taken back before its answer
    city.brought("kind=invoice", &city.firm, red("0009", "560.00").as_bytes());
    let recoveries =
        || city.get("/v1/recoveries", &city.officer).json()["data"].as_array().cloned().expect("rows");
    assert_eq!(recoveries().len(), 0, "of what is not paid nothing is asked back");
    let result = json!({"claim_id": claim, "outcome": "paid", "bank_reference": "FT1", "date": "2025-01-02"});
    city.expect(200, &format!("{path}/results"), &city.officer, &json!({"results": [result]}));
    let proposed = recoveries();
    assert_eq!(proposed.len(), 1, "{proposed:?}");
    assert_eq!(
        ["/claim_id", "/status", "/amount"].map(|name| text(&proposed[0], name)),
        [claim.clone(), "proposed".into(), "100.00".into()]
    );
    assert!(proposed[0].to_string().contains("红字"), "{}", proposed[0]);
    // who recorded the result proposed it: another decides
    let recovery = format!("/v1/recoveries/{}/approve", text(&proposed[0], "/id"));
    city.expect(200, &recovery, &city.approver, &json!({}));
    city.verifies();
}

#[test]
fn an_approved_claim_of_which_nothing_was_paid_is_rejected_and_its_voucher_has_its_amount_again() {
    let service = Service::start();
    let city = City::found(&service, "revoked");
    let own = text(&city.brought("kind=invoice", &city.firm, XML.as_bytes()), "/id");
    let voucher = city.voucher("p", "A");
    let balance = || {
        let voucher = city.get(&format!("/v1/vouchers/{voucher}"), &city.officer).json();
        ["/balance/redeemed", "/balance/available"].map(|name| text(&voucher, name))
    };
    let before = balance();
    let claim = city.filed(&voucher, &city.firm, &json!([part(&own, "1000")]));
    city.expect(200, &format!("/v1/claims/{claim}/review"), &city.officer, &json!({"decision": "pass"}));
    city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.approver, &json!({}));
    assert_ne!(balance(), before);
    // all of its invoices is taken back: it can neither be paid nor be recalculated to nothing
    city.brought("kind=invoice", &city.firm, red("0009", "1060.00").as_bytes());
    let reject = format!("/v1/claims/{claim}/reject");
    let why = json!({"reason": "发票已全部红冲"});
    is(&city.post(&reject, &city.officer, &why), 403, "forbidden", "");
    let batch = city.post("/v1/payment-batches", &city.officer, &json!({"claim_ids": [claim]}));
    assert_eq!(batch.status, 409, "{}", batch.text);
    let rejected = city.expect(200, &reject, &city.approver, &why);
    assert_eq!(text(&rejected, "/status"), "rejected");
    assert_eq!((balance(), city.allocated(&own)), (before, "0.00".into()));
    is(&city.post(&reject, &city.approver, &why), 409, "wrong_state", "");

    // what waits in a batch, or was paid, is not rejected
    let more = XML.replace("0001<", "0031<");
    let more = text(&city.brought("kind=invoice", &city.firm, more.as_bytes()), "/id");
    let claim = city.filed(&city.voucher("q", "B"), &city.firm, &json!([part(&more, "1000")]));
    city.expect(200, &format!("/v1/claims/{claim}/review"), &city.officer, &json!({"decision": "pass"}));
    city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.approver, &json!({}));
    let reject = format!("/v1/claims/{claim}/reject");
    let batch = city.expect(201, "/v1/payment-batches", &city.officer, &json!({"claim_ids": [claim]}));
    is(&city.post(&reject, &city.approver, &why), 409, "wrong_state", "");
    let batch = format!("/v1/payment-batches/{}", text(&batch, "/id"));
    city.expect(200, &format!("{batch}/reject"), &city.approver, &why);
    city.pay(&claim);
    is(&city.post(&reject, &city.approver, &why), 409, "wrong_state", "");
    city.verifies();
}
