//! Subsidies for what was rented, from the draft to what comes back.

use serde_json::{Value, json};

use super::city::{City, FIRM, rules, shows, text};
use super::{balances, body, programme, rental, reviewed};

#[test]
fn a_rental_claim_commits_and_accrues_at_once_and_is_corrected_and_asked_back_in_its_class() {
    let city = City::open("leasing", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({"expense": "procurement"}), "5000");
    let contract = rental(&city, "R-1");
    let first = reviewed(&city, &body("r", &contract, "20000"));
    let mut later = body("r", &contract, "10000");
    later["period"] = json!({"from": "2025-02-01", "until": "2025-03-01"});
    let second = reviewed(&city, &later);
    let shown = city.get(&format!("/v1/claims/{first}"), &city.firm);
    shows(&shown, json!({"rental_id": contract, "period": {"from": "2025-01-01", "until": "2025-02-01"}}));
    shows(&shown, json!({"voucher_id": Value::Null, "organisation": FIRM}));
    // a contract's last day is its `until`, a claim's the day before
    assert_eq!(shown["last_day"], "2025-01-31", "{shown}");
    let rental = city.get(&format!("/v1/rentals/{contract}"), &city.lin);
    assert_eq!(rental["last_day"], rental["until"], "{rental}");

    city.expect(200, &format!("/v1/claims/{first}/approve"), &city.chen, &json!({}));
    let all = ["B2001", "B2004", "B2007", "F2302", "F5001.05", "F5001.02", "F5001.01"];
    let approved = balances(&city, "r", &all);
    assert_eq!(approved[..5], ["1000.00", "0.00", "4000.00", "4000.00", "4000.00"].map(String::from));
    assert!(approved[5..].iter().all(|other| other == "0.00" || other == "none"), "{approved:?}");
    city.post(&format!("/v1/claims/{second}/approve"), &city.chen, &json!({})).is(409, "pot_exhausted");

    // less was settled: what is due shrinks, and the pot has it again
    let change = |settled: &str| json!({"changes": {"settlement": [{"item": "compute", "amount": settled}]}, "reason": "更正"});
    let recalculate = format!("/v1/claims/{first}/recalculate");
    let found = city.expect(201, &recalculate, &city.zhao, &change("15000"));
    let path = format!("/v1/claims/{first}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    assert_eq!(
        balances(&city, "r", &all)[..5],
        ["2000.00", "0.00", "3000.00", "3000.00", "3000.00"].map(String::from)
    );
    city.expect(200, &format!("/v1/claims/{second}/approve"), &city.chen, &json!({}));
    assert_eq!(balances(&city, "r", &["B2001"]), ["0.00"]);
    let found = city.expect(201, &recalculate, &city.zhao, &change("15005"));
    let path = format!("/v1/claims/{first}/recalculations/{}/approve", found["version"]);
    city.post(&path, &city.chen, &json!({})).is(409, "pot_exhausted");
}

#[test]
fn a_contract_that_another_programme_pays_for_is_refused_or_what_it_pays_is_taken_off() {
    let city = City::open("stacking", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    for (code, stacking) in
        [("alone", "exclusive"), ("first", "allow"), ("off", "net_off"), ("both", "allow")]
    {
        programme(&city, code, json!({"stacking": stacking}), "50000");
    }
    let contract = rental(&city, "R-1");
    reviewed(&city, &body("first", &contract, "20000"));
    let refused = |code: &str| city.refused(409, "/v1/claims", &city.firm, &body(code, &contract, "30000"));
    assert_eq!(refused("alone"), "contract_already_used");
    let draft = |code: &str| city.expect(201, "/v1/claims", &city.firm, &body(code, &contract, "30000"));
    assert_eq!(draft("both")["amount"], json!("6000.00"));
    let off = draft("off");
    assert_eq!(off["amount"], json!("2000.00"));
    assert_eq!(
        off["calculation"]["reductions"],
        json!([{"code": "net_off", "clause": "/stacking", "amount": "4000.00"}])
    );

    // a claim withdrawn pays for nothing
    let free = rental(&city, "R-2");
    let id = reviewed(&city, &body("alone", &free, "20000"));
    let other = |status| city.expect(status, "/v1/claims", &city.firm, &body("both", &free, "20000"));
    assert_eq!(other(409)["code"], json!("contract_already_used"));
    city.expect(200, &format!("/v1/claims/{id}/withdraw"), &city.firm, &json!({}));
    other(201);
}

#[test]
fn a_rental_claim_says_what_it_is_for_and_stays_with_it() {
    let city = City::open("shapes", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({}), "50000");
    let (contract, other) = (rental(&city, "R-1"), rental(&city, "R-2"));
    let whole = body("r", &contract, "20000");
    let with = |name: &str, value: Value| {
        let mut body = whole.clone();
        body[name] = value;
        body
    };
    let told = |body: &Value| {
        let found = city.expect(422, "/v1/claims", &city.firm, body);
        (text(&found, "/code"), found["errors"][0]["pointer"].clone())
    };
    let at = |code: &str, pointer: &str| (code.to_owned(), json!(pointer));
    assert_eq!(told(&with("rental_id", Value::Null)), at("missing_field", "/rental_id"));
    assert_eq!(told(&with("programme", Value::Null)), at("missing_field", "/programme"));
    assert_eq!(told(&with("period", Value::Null)), at("missing_field", "/period"));
    assert_eq!(told(&with("final", json!(true))), at("unknown_field", "/final"));
    assert_eq!(told(&with("programme", json!("p"))).0, "wrong_instrument");
    assert_eq!(
        told(&with("period", json!({"from": "2025-02-01", "until": "2025-02-01"}))).0,
        "invalid_period"
    );
    assert_eq!(
        told(&with("period", json!({"from": "2023-05-31", "until": "2023-07-01"}))).0,
        "window_closed"
    );
    for days in [["2024-12-31", "2025-02-01"], ["2025-12-01", "2026-01-02"]] {
        let period = json!({"from": days[0], "until": days[1]});
        assert_eq!(told(&with("period", period)), at("rental_period_outside", "/period"));
    }
    city.post("/v1/claims", &city.other, &whole).is(404, "not_found");
    let id = city.create("/v1/claims", &city.firm, &whole);
    let rewrite = |body: &Value| city.put(&format!("/v1/claims/{id}"), &city.firm, body);
    let voucher = city.voucher("10000");
    let redemption = json!({"kind": "voucher_redemption", "voucher_id": voucher,
        "settlement": [{"item": "compute", "amount": "10"}]});
    assert_eq!(rewrite(&redemption).json()["code"], json!("claim_kind_differs"));
    assert_eq!(rewrite(&with("rental_id", json!(other))).json()["code"], json!("rental_differs"));
    let better = rewrite(&with("period", json!({"from": "2025-01-01", "until": "2025-03-01"})));
    assert_eq!((better.status, &better.json()["period"]["until"]), (200, &json!("2025-03-01")));
}
