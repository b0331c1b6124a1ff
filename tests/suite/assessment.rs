//! What an officer finds at the review of what was filed.

use serde_json::{Value, json};

use crate::support::city::{City, rental, rules, text};

fn rent(rental: &str, settlement: Value) -> Value {
    json!({
        "kind": "rental_subsidy", "programme": "r", "rental_id": rental,
        "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": settlement,
    })
}

fn found(amount: &str) -> Value {
    json!({"decision": "pass", "assessment": {"lines": [{"item": "compute", "amount": amount}], "reason": "核减未付款部分"}})
}

#[test]
fn what_is_found_counts_and_what_was_filed_stays_on_the_sheet() {
    let city = City::open("assessed", &rules(json!({})), "10000000");
    let of = json!({"items": [{"item": "compute", "ratio_percent": "50"}], "assessment": "required"});
    city.programme_of("rental_subsidy", "r", &of, "10000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("A-1", "9000000"));
    city.move_to("2025-03-01");
    // E23
    let id = city.filed(&city.firm, &rent(&contract, json!([{"item": "compute", "amount": "4000000"}])));
    let review = format!("/v1/claims/{id}/review");
    assert_eq!(city.claim(&id)["amount"], json!("2000000.00"));
    assert!(city.claim(&id)["blocked_because"].to_string().contains("assessment_missing"));
    assert_eq!(city.refused(422, &review, &city.zhao, &json!({"decision": "pass"})), "assessment_missing");
    let above = city.expect(422, &review, &city.zhao, &found("4000000.01"));
    assert_eq!(
        (text(&above, "/code"), text(&above, "/errors/0/pointer")),
        ("assessment_above_filed".into(), "/assessment/lines/0".into())
    );
    let reviewed = city.expect(200, &review, &city.zhao, &found("3650000"));
    let line = &reviewed["calculation"]["lines"][0];
    assert_eq!(
        [&reviewed["amount"], &line["amount"], &line["assessed"], &line["base"]],
        [&json!("1825000.00"), &json!("4000000.00"), &json!("3650000.00"), &json!("3650000.00")]
    );
    assert_eq!(reviewed["reason"], json!("核减未付款部分"));
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&id)["amount"], json!("1825000.00"));
    city.recomputes();
    city.verifies();
}

#[test]
fn an_item_of_several_lines_is_assessed_together_and_a_ratio_only_lowers() {
    let city = City::open("assessed_lines", &rules(json!({})), "10000000");
    city.programme_of(
        "rental_subsidy",
        "r",
        &json!({"items": [{"item": "compute", "ratio_percent": "50"}]}),
        "10000000",
    );
    let contract = city.create("/v1/rentals", &city.firm, &rental("A-2", "9000000"));
    city.move_to("2025-03-01");
    let lines = json!([{"item": "compute", "amount": "200"}, {"item": "compute", "amount": "100"}]);
    let id = city.filed(&city.firm, &rent(&contract, lines));
    let mut body = found("100");
    body["assessment"]["ratio_percent"] = json!("40");
    let reviewed = city.expect(200, &format!("/v1/claims/{id}/review"), &city.zhao, &body);
    let lines = &reviewed["calculation"]["lines"];
    assert_eq!(
        [&reviewed["amount"], &lines[0]["assessed"], &lines[1]["assessed"], &lines[0]["ratio_percent"]],
        [&json!("40.00"), &json!("66.67"), &json!("33.33"), &json!("40")]
    );
    // a review that finds nothing new keeps what was found, one with a higher ratio pays no more than the rules
    body["assessment"]["ratio_percent"] = json!("90");
    let again = city.expect(200, &format!("/v1/claims/{id}/review"), &city.zhao, &body);
    assert_eq!(again["amount"], json!("50.00"));
    let again =
        city.expect(200, &format!("/v1/claims/{id}/review"), &city.zhao, &json!({"decision": "pass"}));
    assert_eq!(again["amount"], json!("50.00"));
    let twice = json!({"decision": "pass", "reason": "一", "assessment": {"lines": [], "reason": "二"}});
    let again = city.expect(200, &format!("/v1/claims/{id}/review"), &city.zhao, &twice);
    assert_eq!(again["reason"], json!("一\n二"), "the reason of the review, and that of the assessment");
    city.recomputes();
    city.verifies();
}

#[test]
fn a_voucher_is_assessed_at_its_review() {
    let of = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "assessment": "required", "validity_months": 12});
    let city = City::open("assessed_voucher", &of, "10000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("A-3", "50000"));
    let id = city.create("/v1/vouchers", &city.firm, &json!({"programme": "p", "rental_id": contract}));
    let review = format!("/v1/vouchers/{id}/review");
    assert_eq!(city.refused(422, &review, &city.zhao, &json!({"decision": "pass"})), "assessment_missing");
    assert_eq!(city.refused(422, &review, &city.zhao, &found("50000.01")), "assessment_above_filed");
    let reviewed = city.expect(200, &review, &city.zhao, &found("30000"));
    assert_eq!(reviewed["calculation"]["amount"], json!("6000.00"));
    let issued = city.expect(200, &format!("/v1/vouchers/{id}/issue"), &city.chen, &json!({}));
    assert_eq!(issued["face_value"], json!("6000.00"));
    city.recomputes();
    city.verifies();
}

#[test]
fn a_tier_by_the_base_is_that_of_what_was_found() {
    let city = City::open("assessed_tier", &rules(json!({})), "10000000");
    let of = json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "assessment": "required",
        "tiers": [{"when": {"base_above": "1000000"}, "items": [{"item": "compute", "ratio_percent": "40"}]}],
    });
    city.programme_of("rental_subsidy", "r", &of, "10000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("A-3", "9000000"));
    city.move_to("2025-03-01");
    let id = city.filed(&city.firm, &rent(&contract, json!([{"item": "compute", "amount": "1200000"}])));
    assert_eq!(city.claim(&id)["amount"], json!("480000.00"));
    let reviewed = city.expect(200, &format!("/v1/claims/{id}/review"), &city.zhao, &found("900000"));
    assert_eq!(reviewed["amount"], json!("270000.00"), "900,000 is not above 1,000,000");
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    city.recomputes();
    city.verifies();
}
