//! Why a claim is not paid.

use serde_json::{Value, json};

use crate::support::city::{City, FIRM, rules};

fn codes(city: &City, claim: &str) -> Vec<(String, String)> {
    let found = city.get(&format!("/v1/claims/{claim}"), &city.firm);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let blocks = found["blocked_because"].as_array().unwrap();
    blocks.iter().map(|block| (text(&block["code"]), text(&block["detail"]))).collect()
}

fn named(blocks: &[(&str, &str)]) -> Vec<(String, String)> {
    blocks.iter().map(|(code, detail)| ((*code).to_owned(), (*detail).to_owned())).collect()
}

#[test]
fn a_claim_says_what_stands_in_the_way_of_its_approval_and_of_its_payment() {
    let city = City::open("blocked", &rules(json!({"publicity_days": 3})), "100000");
    let voucher = city.voucher("50000");
    let claim = city.reviewed(&city.firm, &voucher, "20000");
    let account = ("bank_account_missing", FIRM);
    assert_eq!(codes(&city, &claim), named(&[account, ("publicity_running", "2025-01-05")]));
    let body = json!({"text": "有异议"});
    let answer = city.post(&format!("/v1/claims/{claim}/objections"), &city.zhao, &body);
    if answer.status == 201 {
        let found = codes(&city, &claim);
        assert!(found.iter().any(|(code, _)| code == "objection_open"), "{found:?}");
    }
    let why = json!({"reason": "核查"});
    city.expect(200, &format!("/v1/organisations/{FIRM}/block"), &city.chen, &why);
    let found = codes(&city, &claim);
    assert!(found.contains(&("payee_blocked".to_owned(), FIRM.to_owned())), "{found:?}");
    city.verifies();
}

#[test]
fn what_a_batch_would_refuse_of_an_approved_claim_is_said_of_it() {
    let city = City::open("blocked2", &rules(json!({"payee": "provider"})), "100000");
    let voucher = city.voucher("50000");
    let claim = city.approved(&voucher, "20000", false);
    let found = city.get(&format!("/v1/claims/{claim}"), &city.firm);
    let payee = found["payee"].as_str().unwrap().to_owned();
    assert_eq!(codes(&city, &claim), named(&[("bank_account_missing", payee.as_str())]));
    // who claims is blocked, though another is paid
    city.expect(200, &format!("/v1/organisations/{FIRM}/block"), &city.chen, &json!({"reason": "核查"}));
    let found = codes(&city, &claim);
    let blocked = ("eligibility_changed".to_owned(), format!("{FIRM} is blocked"));
    assert!(found.contains(&blocked), "{found:?}");
    let batch = json!({"claim_ids": [claim]});
    assert_eq!(city.refused(422, "/v1/payment-batches", &city.lin, &batch), "organisation_blocked");
    city.verifies();
}
