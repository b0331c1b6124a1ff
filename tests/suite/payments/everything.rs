//! A batch of everything that can be paid: it says what was approved and is not in it, and why.

use serde_json::{Value, json};

use crate::support::city::{CLOUD, City, FIRM, OTHER, rental, rules, text};

const BATCHES: &str = "/v1/payment-batches";

/// An account of an organisation, proposed by one and approved by another.
fn account(city: &City, code: &str, name: &str) {
    let body = json!({"name": name, "bank_code": "308584000013", "account_number": "6222999988887777"});
    let path = format!("/v1/organisations/{code}/bank-account");
    assert_eq!(city.service.put(&path, &city.lin, &body).status, 200);
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
}

fn left_out(batch: &Value) -> Vec<[String; 3]> {
    let all = batch["left_out"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| ["claim_id", "code", "detail"].map(|name| text(one, &format!("/{name}")))).collect()
}

#[test]
fn what_cannot_be_paid_is_left_out_with_what_stands_in_the_way() {
    let city = City::open("everything", &rules(json!({"stacking": "allow"})), "1000000");
    // nothing is approved yet
    assert_eq!(city.refused(409, BATCHES, &city.lin, &json!({})), "nothing_payable");
    let firms = city.voucher("100000");
    let others = city.voucher_of("p", &city.other, "100000");
    let [first, second] = ["1000", "2000"].map(|settled| city.approved(&firms, settled, false));
    let third = city.approved_of(&city.other, &others, "3000", false);
    // of a payee without an account nothing is paid
    let refused = city.expect(409, BATCHES, &city.lin, &json!({}));
    assert_eq!(text(&refused, "/code"), "nothing_payable");
    assert!(text(&refused, "/detail").contains('3'), "{refused}");
    account(&city, FIRM, "甲");
    account(&city, OTHER, "乙");
    // one waits for a recalculation, and one's organisation is blocked
    let changes =
        json!({"changes": {"settlement": [{"item": "compute", "amount": "900"}]}, "reason": "更正"});
    let anew = city.expect(201, &format!("/v1/claims/{first}/recalculate"), &city.zhao, &changes);
    city.expect(200, &format!("/v1/organisations/{OTHER}/block"), &city.chen, &json!({"reason": "核查"}));
    let batch = city.expect(201, BATCHES, &city.lin, &json!({}));
    assert_eq!((&batch["count"], &batch["total"]), (&json!(1), &json!("400.00")));
    let mut expected = vec![
        [first.clone(), "recalculation_pending".to_owned(), anew["version"].to_string()],
        [third.clone(), "payee_blocked".to_owned(), OTHER.to_owned()],
    ];
    expected.sort();
    let mut found = left_out(&batch);
    found.sort();
    assert_eq!(found, expected);
    let id = text(&batch, "/id");
    let shown = city.get(&format!("{BATCHES}/{id}"), &city.sun);
    assert_eq!(shown["left_out"], batch["left_out"]);
    assert_eq!(text(&shown, "/lines/0/claim_id"), second);
    // what stands in a batch is nobody's to pay again, and what waited is in the next
    city.expect(
        200,
        &format!("/v1/organisations/{OTHER}/unblock"),
        &city.chen,
        &json!({"reason": "核查无误"}),
    );
    let next = city.expect(201, BATCHES, &city.lin, &json!({}));
    assert_eq!((&next["count"], &next["total"]), (&json!(1), &json!("600.00")));
    assert_eq!(
        left_out(&next),
        [[first.clone(), "recalculation_pending".to_owned(), anew["version"].to_string()]]
    );
    // a batch that names claims is taken whole or not at all
    assert_eq!(city.refused(409, BATCHES, &city.lin, &json!({"claim_ids": [first]})), "claim_not_payable");
    assert_eq!(city.refused(422, BATCHES, &city.lin, &json!({"claim_ids": []})), "invalid_value");
    city.verifies();
}

#[test]
fn who_is_eligible_no_more_is_left_out_too() {
    let city = City::open("everything_let_in", &rules(json!({})), "1000000");
    let whole = json!({
        "items": [{"item": "compute", "ratio_percent": "20"}], "eligibility": {"provider": {"tags_none": ["dishonest"]}},
    });
    city.programme_of("rental_subsidy", "r", &whole, "1000000");
    account(&city, FIRM, "甲");
    let contract = city.create("/v1/rentals", &city.firm, &rental("E-1", "90000"));
    city.move_to("2025-03-01");
    let body = json!({
        "kind": "rental_subsidy", "programme": "r", "rental_id": contract,
        "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": "1000"}],
    });
    let claim = text(&city.passed(&body), "/id");
    let tag = json!({"tag": "dishonest", "subject": {"kind": "organisation", "id": CLOUD}, "from": "2025-02-01", "document": "名单"});
    let id = city.create("/v1/tags", &city.lin, &tag);
    city.expect(200, &format!("/v1/tags/{id}/approve"), &city.chen, &json!({}));
    let codes = city.claim(&claim)["blocked_because"].to_string();
    assert!(codes.contains("eligibility_changed"), "{codes}");
    assert_eq!(city.refused(409, BATCHES, &city.lin, &json!({})), "nothing_payable");
}
