//! Which days may be claimed beside others, what invoices leave, what others pay, and the levels that pay.

use serde_json::{Value, json};

use super::city::{self, City, rules, shows, text, with};
use super::{balances, body, programme, rental, reviewed};

/// An invoice of the firm; its evidence's id.
pub(super) fn invoice(city: &City, number: &str, amount: &str) -> String {
    let path = format!("/v1/evidence?kind=invoice&invoice_number={number}&amount={amount}");
    let file = format!("%PDF-1.7\n% {number}\n%%EOF\n");
    city.upload(&path, &city.firm, "application/pdf", file.as_bytes()).expect(201).id()
}

fn backed(mut claim: Value, invoice: &str, amount: &str) -> Value {
    claim["invoices"] = json!([{"evidence_id": invoice, "amount": amount}]);
    claim
}

fn during(mut claim: Value, from: &str, until: &str) -> Value {
    claim["period"] = json!({"from": from, "until": until});
    claim
}

#[test]
fn no_day_and_item_is_settled_twice_unless_invoices_tell_the_claims_apart() {
    let city = City::open("days", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    let more = json!({"items": [{"item": "compute", "ratio_percent": "20"}, {"item": "storage", "ratio_percent": "20"}]});
    programme(&city, "r", more, "50000");
    programme(&city, "other", json!({"stacking": "allow"}), "50000");
    let contract = rental(&city, "R-1");
    let plain = body("r", &contract, "20000");
    let first = reviewed(&city, &plain);
    let refused = |claim: &Value| {
        let found = city.expect(409, "/v1/claims", &city.firm, claim);
        (text(&found, "/code"), found["errors"][0]["pointer"].clone())
    };
    let overlaps = ("rental_period_overlaps".to_owned(), json!("/period"));
    assert_eq!(refused(&plain), overlaps);
    assert_eq!(refused(&during(plain.clone(), "2025-01-31", "2025-03-01")), overlaps);
    // the day after, and another item
    let next = during(plain.clone(), "2025-02-01", "2025-03-01");
    let next = city.create("/v1/claims", &city.firm, &next);
    let mut storage = plain.clone();
    storage["settlement"][0]["item"] = json!("storage");
    city.expect(201, "/v1/claims", &city.firm, &storage);
    // a draft that was written before another was filed is refused when it is filed itself
    let late = during(plain.clone(), "2025-02-15", "2025-03-15");
    let late = city.create("/v1/claims", &city.firm, &late);
    city.expect(200, &format!("/v1/claims/{next}/submit"), &city.firm, &json!({}));
    city.post(&format!("/v1/claims/{late}/submit"), &city.firm, &json!({})).is(409, "rental_period_overlaps");
    city.expect(200, &format!("/v1/claims/{next}/withdraw"), &city.firm, &json!({}));
    city.expect(200, &format!("/v1/claims/{late}/submit"), &city.firm, &json!({}));

    // one invoice split over claims for the same days, up to its amount
    let contract = rental(&city, "R-2");
    let bill = invoice(&city, "24312000000000000001", "10000");
    let part = |settled: &str| backed(body("r", &contract, settled), &bill, settled);
    reviewed(&city, &part("6000"));
    assert_eq!(refused(&body("r", &contract, "100")), overlaps, "nothing tells it apart");
    reviewed(&city, &part("4000"));
    assert_eq!(refused(&part("0.01")).0, "evidence_reused");
    city.expect(200, &format!("/v1/claims/{first}/withdraw"), &city.firm, &json!({}));
    city.expect(201, "/v1/claims", &city.firm, &plain);
}

#[test]
fn what_invoices_do_not_show_is_not_claimed() {
    let city = City::open("shown", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({}), "50000");
    let contract = rental(&city, "R-1");
    let bill = invoice(&city, "24312000000000000011", "6000");
    let claim = |settled: &str, taken: &str| backed(body("r", &contract, settled), &bill, taken);
    let found = city.expect(201, "/v1/claims", &city.firm, &claim("10000", "6000"));
    assert_eq!(found["amount"], json!("1200.00"));
    let sheet = &found["calculation"];
    shows(sheet, json!({"inputs/documents": {"invoiced": "6000.00"}, "lines/0/amount": "10000.00"}));
    shows(sheet, json!({"lines/0/documented": "6000.00"}));
    // absent invoices limit nothing, and the invoice's amount is asked before any other
    let found = city.expect(201, "/v1/claims", &city.firm, &body("r", &contract, "10000"));
    assert_eq!(found["amount"], json!("2000.00"));
    let beyond = claim("0.01", "6000.01");
    city.post("/v1/claims", &city.firm, &beyond).is(409, "evidence_reused");
    let report = city.get("/v1/reports/recalculation?programme=r", &city.sun);
    assert!(
        report["rows"].as_array().unwrap().iter().all(|row| row.to_string().contains("same")),
        "{report}"
    );
}

#[test]
fn what_others_pay_is_taken_off_once() {
    let city = City::open("once", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    for (code, stacking) in [("first", "allow"), ("off", "net_off")] {
        programme(&city, code, json!({"stacking": stacking}), "50000");
    }
    city.programme("v", &rules(json!({"stacking": "allow"})), "50000");
    let contract = rental(&city, "R-1");
    let january = |code: &str, settled: &str| body(code, &contract, settled);
    let february =
        |code: &str, settled: &str| during(body(code, &contract, settled), "2025-02-01", "2025-03-01");
    // 400.00 for January by another: taken off January's claim alone
    reviewed(&city, &january("first", "2000"));
    let found = city.expect(201, "/v1/claims", &city.firm, &february("off", "10000"));
    assert_eq!((&found["amount"], &found["calculation"]["reductions"]), (&json!("2000.00"), &json!([])));
    let paid = reviewed(&city, &january("off", "10000"));
    assert_eq!(city.claim(&paid)["amount"], json!("1600.00"));

    // a voucher stands for the whole contract: what one claim took off it is not taken off the next
    let contract = rental(&city, "R-2");
    let voucher = json!({"programme": "v", "rental_id": contract});
    city.expect(201, "/v1/vouchers", &city.firm, &voucher); // 20 % of 100,000.00
    let claimed = |from: &str, until: &str, settled: &str| {
        let id = reviewed(&city, &during(body("off", &contract, settled), from, until));
        let claim = city.claim(&id);
        (text(&claim, "/amount"), claim["calculation"]["reductions"].clone())
    };
    let off = json!([{"code": "net_off", "clause": "/stacking", "amount": "20000.00"}]);
    assert_eq!(claimed("2025-01-01", "2025-02-01", "110000"), ("2000.00".to_owned(), off));
    assert_eq!(claimed("2025-02-01", "2025-03-01", "10000"), ("2000.00".to_owned(), json!([])));
}

#[test]
fn named_scenarios_alone_are_paid_for() {
    let city = City::open("scenarios", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({"scenarios": ["大模型", "元宇宙"]}), "50000");
    let contract = |number: &str, scenario: Value| {
        let body = with(city::rental(number, "100000"), "/scenario", scenario);
        city.create("/v1/rentals", &city.firm, &body)
    };
    let named = contract("S-1", json!("大模型"));
    city.expect(201, "/v1/claims", &city.firm, &body("r", &named, "100"));
    for (number, scenario) in [("S-2", Value::Null), ("S-3", json!("游戏"))] {
        let found =
            city.expect(422, "/v1/claims", &city.firm, &body("r", &contract(number, scenario), "100"));
        assert_eq!(text(&found, "/code"), "not_eligible", "{found}");
        assert!(text(&found, "/detail").contains("scenario"), "{found}");
    }
}

#[test]
fn a_fen_that_only_largest_remainder_places_right_is_paid_and_reported_by_its_level() {
    let city = City::open("levels", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    let shares = json!([
        {"level": "central", "percent": "33.333333"}, {"level": "city", "percent": "33.333334"},
        {"level": "district", "percent": "33.333333"},
    ]);
    programme(
        &city,
        "r",
        json!({"shares": shares, "items": [{"item": "compute", "ratio_percent": "100"}]}),
        "50000",
    );
    let contract = rental(&city, "R-1");
    // a third of 100.00 each: rounding every part alone loses a fen, which is the city's
    let claim = reviewed(&city, &body("r", &contract, "100"));
    city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.chen, &json!({}));
    let shares = city.claim(&claim)["calculation"]["shares"].clone();
    assert_eq!(
        shares,
        json!([{"level": "central", "amount": "33.33"}, {"level": "city", "amount": "33.34"},
            {"level": "district", "amount": "33.33"}])
    );
    city.paid(&[&claim], "2025-04-10");
    let found = city.get("/v1/ledger/transactions?programme=r&account=Y7101", &city.sun);
    let entries: Vec<_> =
        found["data"].as_array().unwrap().iter().flat_map(|one| one["entries"].as_array().unwrap()).collect();
    let paid: Vec<_> = entries
        .iter()
        .filter(|entry| entry["account"] == "Y7101")
        .map(|entry| (text(entry, "/level"), text(entry, "/amount")))
        .collect();
    let of = |level: &str, amount: &str| (level.to_owned(), amount.to_owned());
    assert_eq!(paid, [of("central", "33.33"), of("city", "33.34"), of("district", "33.33")]);
    assert_eq!(balances(&city, "r", &["F2302", "Y7101"]), ["0.00", "100.00"]);

    // less was settled: 50.00 splits otherwise, and each level has back what it paid too much
    let recalculate =
        json!({"changes": {"settlement": [{"item": "compute", "amount": "50"}]}, "reason": "更正"});
    let found = city.expect(201, &format!("/v1/claims/{claim}/recalculate"), &city.zhao, &recalculate);
    let path = format!("/v1/claims/{claim}/recalculations/{}/approve", found["version"]);
    let approved = city.expect(200, &path, &city.chen, &json!({}));
    assert!(approved["recovery_id"].is_string(), "{approved}");
    assert_eq!(balances(&city, "r", &["F1212", "F5001.02"]), ["50.00", "50.00"]);
}
