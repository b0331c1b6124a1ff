//! Caps that the rules let be relaxed for one claim or voucher, on a document and by two people.

use serde_json::{Value, json};

use crate::support::city::{City, rental, rules, text};

fn asked(to: &str) -> Value {
    json!({"code": "annual_cap", "to": to, "document": "杭数局〔2025〕9号", "reason": "已备案模型"})
}

fn capped() -> Value {
    json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "stacking": "allow",
        "caps": {"annual": {"amount": "1000", "counts": ["issue", "redemption"]}},
        "overrides": [{"code": "annual_cap", "up_to": "2000"}],
    })
}

#[test]
fn a_cap_is_relaxed_for_one_voucher_by_two_people_and_up_to_what_the_rules_allow() {
    let city = City::open("relaxed", &rules(json!({})), "1000000");
    let mut by_voucher = capped();
    by_voucher["validity_months"] = json!(12);
    city.programme("v", &by_voucher, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("O-1", "5000"));
    let applied = json!({"programme": "v", "rental_id": contract});
    let voucher = city.expect(201, "/v1/vouchers", &city.firm, &applied);
    assert_eq!(voucher["calculation"]["amount"], json!("1000.00"), "of 1500 the cap leaves 1000");
    let id = text(&voucher, "/id");
    let path = format!("/v1/vouchers/{id}/overrides");
    let claim_cap = json!({"code": "claim_cap", "to": "1500", "document": "x", "reason": "y"});
    assert_eq!(city.refused(422, &path, &city.lin, &claim_cap), "override_not_allowed");
    for to in ["1000", "2000.01"] {
        assert_eq!(city.refused(422, &path, &city.lin, &asked(to)), "override_out_of_range");
    }
    assert_eq!(city.post(&path, &city.firm, &asked("1800")).status, 403);
    let made = city.expect(201, &path, &city.lin, &asked("1800"));
    assert_eq!((&made["status"], &made["id"]), (&json!("proposed"), &json!(1)));
    assert_eq!(city.refused(409, &path, &city.lin, &asked("1800")), "wrong_state", "one at a time");
    let tasks = city.get("/v1/tasks", &city.chen).to_string();
    assert!(tasks.contains("voucher_override"), "{tasks}");
    // it counts when another person approved it, who had no part in it
    city.expect(200, &format!("/v1/vouchers/{id}/review"), &city.zhao, &json!({"decision": "pass"}));
    let seen = city.get(&format!("/v1/vouchers/{id}"), &city.lin);
    assert_eq!(seen["calculation"]["amount"], json!("1000.00"));
    let approved = city.expect(200, &format!("{path}/1/approve"), &city.chen, &json!({}));
    assert_eq!(approved["status"], json!("approved"));
    // the sheet is then computed with it: whoever issues it sees that
    let seen = city.get(&format!("/v1/vouchers/{id}"), &city.lin);
    assert_eq!(seen["calculation"]["amount"], json!("1500.00"));
    let issue = format!("/v1/vouchers/{id}/issue");
    let issued = city.expect(200, &issue, &city.chen, &json!({}));
    assert_eq!(issued["face_value"], json!("1500.00"));
    assert_eq!(
        issued["calculation"]["inputs"]["overrides"],
        json!([{"number": 1, "code": "annual_cap", "to": "1800.00"}])
    );
    assert_eq!(issued["overrides"][0]["reason"], json!("已备案模型"));
    assert_eq!(city.refused(409, &path, &city.lin, &asked("1900")), "wrong_state", "it is issued");
    // the next one has the cap again
    let other = city.create("/v1/rentals", &city.firm, &rental("O-2", "5000"));
    let next = json!({"programme": "v", "rental_id": other});
    assert_eq!(city.refused(422, "/v1/vouchers", &city.firm, &next), "annual_cap_exhausted");
    let exceptions = city.get("/v1/reports/exceptions?code=override", &city.sun);
    assert_eq!(exceptions["rows"].as_array().map(Vec::len), Some(1), "{exceptions}");
    city.recomputes();
    city.verifies();
}

#[test]
fn a_cap_of_a_claim_is_relaxed_or_stays() {
    let city = City::open("relaxed_claim", &rules(json!({})), "1000000");
    city.programme_of("rental_subsidy", "r", &capped(), "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("O-3", "5000"));
    city.move_to("2025-03-01");
    let claim = city.filed(
        &city.firm,
        &json!({
            "kind": "rental_subsidy", "programme": "r", "rental_id": contract,
            "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": "5000"}],
        }),
    );
    let path = format!("/v1/claims/{claim}/overrides");
    city.expect(201, &path, &city.lin, &asked("1200"));
    let refused = city.expect(200, &format!("{path}/1/reject"), &city.chen, &json!({"reason": "依据不足"}));
    assert_eq!((&refused["status"], &refused["rejection"]), (&json!("rejected"), &json!("依据不足")));
    city.expect(201, &path, &city.lin, &asked("1200"));
    city.expect(200, &format!("{path}/2/approve"), &city.chen, &json!({}));
    // who approves the claim had no part in it: who proposed the override had
    let review = format!("/v1/claims/{claim}/review");
    let reviewed = city.expect(200, &review, &city.zhao, &json!({"decision": "pass"}));
    assert_eq!(reviewed["amount"], json!("1200.00"));
    let cut = json!([{"code": "annual_cap", "clause": "/caps/annual", "amount": "300.00"}]);
    assert_eq!(reviewed["calculation"]["reductions"], cut);
    let approved = city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.chen, &json!({}));
    assert_eq!(approved["amount"], json!("1200.00"));
    assert_eq!(approved["overrides"].as_array().map(Vec::len), Some(2));
    city.recomputes();
    city.verifies();
}

#[test]
fn a_cap_that_one_tier_alone_has_can_be_relaxed() {
    let city = City::open("relaxed_tiers", &rules(json!({})), "1000000");
    let mut of = capped();
    of["validity_months"] = json!(12);
    of["overrides"] = json!([{"code": "claim_cap", "up_to": "2000"}]);
    of["tiers"] = json!([
        {"when": {"tags_any": ["a"]}, "caps": {"claim": "1000"}},
        {"when": {"tags_any": ["b"]}, "items": [{"item": "compute", "ratio_percent": "20"}]},
    ]);
    city.programme("v", &of, "1000000");
    assert_eq!(city.get("/v1/programmes/v", &city.lin)["status"], json!("active"));
}
