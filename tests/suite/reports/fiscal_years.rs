//! Money by fiscal year: what lines say of it, what is spent of whose money, and years in which nothing is appropriated.

use serde_json::{Value, json};

use super::city::{City, rules, shows};
use super::{budget, rows};

fn appropriation(amount: &str, fiscal_year: i32) -> Value {
    json!({"amount": amount, "fiscal_year": fiscal_year, "document": "财建〔2025〕1号"})
}

#[test]
fn the_oldest_years_money_is_spent_first_and_years_sum_to_the_programme() {
    let city = City::open("years", &rules(json!({})), "1000");
    budget(&city, "appropriations", &appropriation("500", 2026));
    // 20 % of 6,000.00: the money of 2025 and 200.00 of that of 2026
    let voucher = city.voucher("6000");
    let claim = city.approved(&voucher, "4000", false);
    city.paid(&[&claim], "2025-01-02");

    let found = city.budget();
    shows(
        &found,
        json!({"appropriated": "1500.00", "expended": "800.00", "committed": "400.00", "available": "300.00"}),
    );
    let years = [
        json!({"fiscal_year": 2025, "appropriated": "1000.00", "available": "0.00", "reserved": "0.00", "committed": "200.00",
            "payable": "0.00", "expended": "800.00", "lapsed": "0.00", "execution_rate_percent": "80.00"}),
        json!({"fiscal_year": 2026, "appropriated": "500.00", "available": "300.00", "reserved": "0.00", "committed": "200.00",
            "payable": "0.00", "expended": "0.00", "lapsed": "0.00", "execution_rate_percent": "0.00"}),
    ];
    assert_eq!(found["years"], json!(years));

    let report = city.get("/v1/reports/budget-execution?by=fiscal_year", &city.sun);
    let kinds: Vec<_> =
        rows(&report).iter().map(|row| (row["row"].clone(), row["fiscal_year"].clone())).collect();
    let kind = |row: &str, year: Value| (json!(row), year);
    let expected =
        [kind("total", Value::Null), kind("fiscal_year", json!("2025")), kind("fiscal_year", json!("2026"))];
    assert_eq!(kinds, expected);
    shows(
        &rows(&report)[1],
        json!({"appropriated": "1000.00", "expended": "800.00", "execution_rate_percent": "80.00"}),
    );
    assert_eq!(
        rows(&report)[1]["links"].as_object().unwrap().len(),
        2,
        "what was appropriated has lines of its own"
    );
    let one = city.get("/v1/reports/budget-execution?fiscal_year=2026", &city.sun);
    assert_eq!(rows(&one), &vec![rows(&report)[2].clone()]);
    for path in ["budget-execution?by=fiscal_year&level=none", "budget-execution?by=level&fiscal_year=2025"] {
        assert_eq!(city.status(&format!("/v1/reports/{path}"), &city.sun), 400, "{path}");
    }
    assert_eq!(city.status("/v1/reports/turnovers?fiscal_year=25", &city.sun), 400);

    // what lines name is asked for as every other part
    let named = city.get("/v1/reports/turnovers?by=fiscal_year&programme=p", &city.sun);
    let appropriated = rows(&named).iter().filter(|row| row["account"] == "B1001");
    let figures: Vec<_> =
        appropriated.map(|row| (row["fiscal_year"].clone(), row["debit"].clone())).collect();
    assert_eq!(figures, [(json!("2025"), json!("1000.00")), (json!("2026"), json!("500.00"))]);
    let balance = city.get("/v1/reports/trial-balance?fiscal_year=2026", &city.sun);
    assert_eq!((&balance["fiscal_year"], &balance["total"]["debit"]), (&json!("2026"), &json!("500.00")));
    let statement = city.get("/v1/reports/account-statement?account=B2001&fiscal_year=2026", &city.sun);
    assert_eq!(rows(&statement).len(), 1);
    city.verifies();
}

#[test]
fn nothing_is_appropriated_for_a_year_outside_the_window_or_closed() {
    let city = City::open("closed", &rules(json!({})), "1000");
    let path = "/v1/programmes/p/appropriations";
    let outside = city.post(path, &city.lin, &appropriation("1", 2199)).is(422, "fiscal_year_outside_window");
    assert!(outside.json()["detail"].as_str().unwrap().contains("2199"), "{}", outside.text);
    let lapse = json!({"fiscal_year": 2199, "reason": "年末收回"});
    city.post("/v1/programmes/p/lapse", &city.lin, &lapse).is(422, "fiscal_year_outside_window");

    city.move_to("2026-01-05");
    city.expect(200, "/v1/periods/2025-12/close", &city.chen, &json!({}));
    city.post(path, &city.lin, &appropriation("1", 2025)).is(422, "fiscal_year_closed");
    city.expect(201, path, &city.lin, &appropriation("1", 2026));
    // what is left of a year is known once it is over
    city.expect(
        201,
        "/v1/programmes/p/lapse",
        &city.lin,
        &json!({"fiscal_year": 2025, "reason": "年末收回"}),
    );
}
