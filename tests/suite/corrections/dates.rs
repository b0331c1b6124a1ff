//! Days and amounts that nobody picks alone: from when an approval counts, and what it pays at most.

use serde_json::{Value, json};

use super::city::{City, rental, rules, settlement, shows, text, with};

/// A contract of the firm over two years, and its id.
fn contract(city: &City, number: &str, amount: &str) -> String {
    let body = with(rental(number, amount), "/until", json!("2026-12-31"));
    city.create("/v1/rentals", &city.firm, &body)
}

/// A voucher applied for and reviewed; its path.
fn reviewed(city: &City, number: &str, amount: &str) -> (String, Value) {
    let body = json!({"programme": "p", "rental_id": contract(city, number, amount)});
    let voucher = city.expect(201, "/v1/vouchers", &city.firm, &body);
    let path = format!("/v1/vouchers/{}", text(&voucher, "/id"));
    city.expect(200, &format!("{path}/review"), &city.lin, &json!({"decision": "pass"}));
    (path, voucher)
}

const CAP: &str = "3000";

fn capped() -> Value {
    json!({"caps": {"annual": {"amount": CAP, "counts": ["issue", "redemption"]}}})
}

#[test]
fn a_voucher_counts_from_no_day_before_it_was_applied_for_and_is_worth_no_more_than_was_reviewed() {
    let city = City::open("voucher_days", &rules(capped()), "100000");
    city.move_to("2026-02-02");
    let first = city.voucher("12500");
    let (path, voucher) = reviewed(&city, "E-1", "12500");
    assert_eq!(voucher["calculation"]["amount"], json!("500.00"), "what the cap of 2026 leaves");
    assert_eq!(voucher["submitted_on"], json!("2026-02-02"));
    // December is open, and 2025 has the whole cap
    let issue = format!("{path}/issue");
    let early = json!({"effective_date": "2025-12-31"});
    city.post(&issue, &city.chen, &early).is(422, "effective_date_too_early");
    // what is given back meanwhile is more than the reviewer saw
    city.expect(200, &format!("/v1/vouchers/{first}/cancel"), &city.chen, &json!({"reason": "退"}));
    let changed = city.expect(409, &issue, &city.chen, &json!({}));
    assert_eq!(changed["code"], json!("amount_changed"));
    let detail = changed["detail"].as_str().expect("a detail");
    assert!(detail.contains("500.00") && detail.contains("2500.00"), "{detail}");
    let again = city.expect(200, &format!("{path}/review"), &city.lin, &json!({"decision": "pass"}));
    assert_eq!((&again["status"], &again["calculation"]["amount"]), (&json!("reviewed"), &json!("2500.00")));
    assert_eq!(city.expect(200, &issue, &city.chen, &json!({}))["face_value"], json!("2500.00"));
    // one that was reviewed can still be sent back
    city.expect(200, &format!("{path}/cancel"), &city.chen, &json!({"reason": "退"}));
    let (path, _) = reviewed(&city, "E-2", "5000");
    let back = json!({"decision": "return", "reason": "补正"});
    assert_eq!(city.expect(200, &format!("{path}/review"), &city.lin, &back)["status"], json!("returned"));
    // a closed month is said before anything else about the day
    let (path, _) = reviewed(&city, "E-3", "5000");
    city.expect(200, "/v1/periods/2025-12/close", &city.chen, &json!({}));
    city.post(&format!("{path}/issue"), &city.chen, &early).is(409, "period_closed");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn rules_that_are_dated_back_govern_nothing_that_was_filed_before_they_were_approved() {
    let city = City::open("back_dated", &rules(json!({})), "100000");
    city.move_to("2025-06-10");
    let (filed, _) = reviewed(&city, "E-1", "10000");
    let lower = json!({"effective_from": "2025-03-01", "reason": "更正",
        "rules": rules(json!({"items": [{"item": "compute", "ratio_percent": "10"}]}))});
    city.expect(201, "/v1/programmes/p/rules", &city.lin, &lower);
    let approved = city.expect(200, "/v1/programmes/p/rules/2/approve", &city.chen, &json!({}));
    assert_eq!(approved["approved_on"], json!("2025-06-10"));
    let issued = city.expect(200, &format!("{filed}/issue"), &city.chen, &json!({}));
    assert_eq!((&issued["rules_version"], &issued["face_value"]), (&json!(1), &json!("2000.00")));
    // they govern what is filed after, and rules that were announced ahead govern what is issued from their day on
    let (later, voucher) = reviewed(&city, "E-2", "10000");
    assert_eq!(voucher["rules_version"], json!(2));
    let ahead = json!({"effective_from": "2025-07-01", "reason": "下调",
        "rules": rules(json!({"items": [{"item": "compute", "ratio_percent": "5"}]}))});
    city.expect(201, "/v1/programmes/p/rules", &city.lin, &ahead);
    city.expect(200, "/v1/programmes/p/rules/3/approve", &city.chen, &json!({}));
    city.move_to("2025-07-01");
    let issued = city.expect(200, &format!("{later}/issue"), &city.chen, &json!({}));
    assert_eq!((&issued["rules_version"], &issued["face_value"]), (&json!(3), &json!("500.00")));
    assert!(city.cli(&["verify"]).contains("verified"));
}

/// A rental claim of days, filed and reviewed; its path and what was seen.
fn leased(city: &City, rental: &str, days: [&str; 2], settled: &str) -> (String, Value) {
    let body = json!({
        "kind": "rental_subsidy", "programme": "q", "rental_id": rental,
        "period": {"from": days[0], "until": days[1]}, "settlement": settlement(settled),
    });
    let id = city.create("/v1/claims", &city.firm, &body);
    let path = format!("/v1/claims/{id}");
    let claim = city.expect(200, &format!("{path}/submit"), &city.firm, &json!({}));
    city.expect(200, &format!("{path}/review"), &city.zhao, &json!({"decision": "pass"}));
    (path, claim)
}

#[test]
fn a_claim_counts_from_no_day_before_its_filing_and_pays_no_more_than_was_reviewed() {
    let city = City::open("claim_days", &rules(json!({})), "100000");
    let mut leasing = capped();
    leasing["items"] = json!([{"item": "compute", "ratio_percent": "50"}]);
    leasing["caps"]["annual"]["counts"] = json!(["redemption"]);
    city.programme_of("rental_subsidy", "q", &leasing, "100000");
    city.move_to("2026-02-02");
    let rental = contract(&city, "N-1", "60000");
    let (december, _) = leased(&city, &rental, ["2025-12-01", "2026-01-01"], "5000");
    city.expect(200, &format!("{december}/approve"), &city.chen, &json!({}));
    let (january, seen) = leased(&city, &rental, ["2026-01-01", "2026-02-01"], "5000");
    assert_eq!((&seen["amount"], &seen["submitted_on"]), (&json!("500.00"), &json!("2026-02-02")));
    let approve = format!("{january}/approve");
    for early in ["2025-12-31", "2026-02-01"] {
        let body = json!({"effective_date": early});
        city.post(&approve, &city.chen, &body).is(422, "effective_date_too_early");
    }
    // what another gives back is more than the reviewer saw
    let down = json!({"changes": {"settlement": settlement("1000")}, "reason": "更正"});
    city.expect(201, &format!("{december}/recalculate"), &city.lin, &down);
    city.expect(200, &format!("{december}/recalculate/approve"), &city.chen, &json!({}));
    city.post(&approve, &city.chen, &json!({})).is(409, "amount_changed");
    let again = city.expect(200, &format!("{january}/review"), &city.zhao, &json!({"decision": "pass"}));
    assert_eq!((&again["status"], &again["amount"]), (&json!("reviewed"), &json!("2500.00")));
    let batch = json!({"mode": "each", "operations": [
        {"method": "POST", "path": approve, "body": {"effective_date": "2026-01-31"}, "idempotency_key": "k1"},
        {"method": "POST", "path": approve, "body": {}, "idempotency_key": "k2"}]});
    let done = city.expect(200, "/v1/batches", &city.chen, &batch);
    shows(&done, json!({"results/0/body/code": "effective_date_too_early", "results/1/status": 200}));
    shows(&done, json!({"results/1/body/amount": "2500.00"}));
    // a recalculation counts from no day before it was proposed
    city.move_to("2026-03-02");
    city.expect(201, &format!("{january}/recalculate"), &city.lin, &down);
    let early = json!({"effective_date": "2026-02-28"});
    let approve = format!("{january}/recalculate/approve");
    city.post(&approve, &city.chen, &early).is(422, "effective_date_too_early");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn what_is_subsidised_is_over_and_lies_in_the_window() {
    let city = City::open("over", &rules(json!({})), "100000");
    let leasing = json!({"items": [{"item": "compute", "ratio_percent": "50"}]});
    city.programme_of("rental_subsidy", "q", &leasing, "100000");
    city.move_to("2026-02-02");
    let rental = contract(&city, "N-1", "60000");
    let ask = |programme: &str, from: &str, until: &str| {
        let body = json!({
            "kind": "rental_subsidy", "programme": programme, "rental_id": rental,
            "period": {"from": from, "until": until}, "settlement": settlement("1000"),
        });
        let answer = city.post("/v1/claims", &city.firm, &body).json();
        let word = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (word("code"), answer["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
    };
    let not_over = ("period_not_over".to_owned(), "/period/until".to_owned());
    assert_eq!(ask("q", "2026-01-01", "2026-02-03"), not_over);
    assert_eq!(ask("q", "2026-01-01", "2026-12-31"), not_over);
    assert_eq!(ask("q", "2026-01-01", "2026-02-02"), (String::new(), String::new()));
    // the last day lies in the window too
    let short = json!({
        "code": "s", "title": {"zh": "专项", "en": "s"}, "instrument": "rental_subsidy",
        "legal_basis": {"document": "T-1"}, "window": {"from": "2026-01-10", "until": "2026-02-10"},
        "rules": leasing,
    });
    city.expect(201, "/v1/programmes", &city.lin, &short);
    city.expect(200, "/v1/programmes/s/approve", &city.chen, &json!({}));
    assert_eq!(ask("s", "2026-01-09", "2026-01-20").0, "window_closed");
    assert_eq!(ask("s", "2026-01-10", "2026-02-12").0, "window_closed");
    assert_eq!(ask("s", "2026-01-10", "2026-02-11").0, "period_not_over");
    let early = city.refused(409, "/v1/periods/2026-02/close", &city.chen, &json!({}));
    assert_eq!(early, "month_not_over");
}
