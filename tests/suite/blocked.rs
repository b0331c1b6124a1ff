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
