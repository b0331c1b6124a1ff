//! Statutory limits as an agency's data: two people and a document for other ones, and everything held to those of its day.

use serde_json::{Value, json};

use crate::support::city::{BANK, City, rules, text};

const PATH: &str = "/v1/statutory-limits";
const QUOTE: &str = "/v1/interest-subsidies/quote";

fn limit(points_max: &str, window_until: &str) -> Value {
    json!({"points_max": points_max, "window_until": window_until, "document": "京发改规〔2024〕4号", "reason": "市级上限"})
}

fn approved(city: &City, points_max: &str, window_until: &str) -> String {
    let id = city.create(PATH, &city.lin, &limit(points_max, window_until));
    city.expect(200, &format!("{PATH}/{id}/approve"), &city.chen, &json!({}));
    id
}

/// E17: 8,000,000.00 at 4.5 %, 35 % of the contract rate, 92 days.
fn e17() -> Value {
    json!({
        "rules": {"points": {"share_of_contract_rate_percent": "35"}, "day_count": "actual/365"},
        "loan": {
            "annual_rate_percent": "4.50",
            "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "8000000.00"}],
        },
        "period": {"from": "2025-01-01", "until": "2025-04-03"},
    })
}

fn programme(code: &str, max: Option<&str>, until: &str) -> Value {
    let points = max.map_or_else(|| json!({}), |max| json!({"max": max}));
    json!({
        "code": code, "title": {"zh": "专项", "en": code}, "instrument": "interest_subsidy",
        "legal_basis": {"document": "T-1"}, "window": {"from": "2024-01-01", "until": until}, "rules": {"points": points},
    })
}

#[test]
fn another_limit_takes_two_people_and_a_document_and_shows_in_the_exceptions() {
    let city = City::open("limits", &rules(json!({})), "100000");
    let none = json!({});
    let current = || city.get(&format!("{PATH}/current"), &city.firm);
    assert_eq!(current(), json!({"points_max": "1.5", "window_until": "2027-12-31"}));
    let e17 = |limit: &str| {
        let found = city.expect(200, QUOTE, &city.firm, &e17());
        assert_eq!(found["segments"][0]["points"], json!(limit));
        (text(&found, "/amount"), found["segments"][0]["bound_by"].clone())
    };
    assert_eq!(e17("1.5"), ("30246.58".to_owned(), json!(["statutory_points"])));
    assert_eq!(city.refused(403, PATH, &city.chen, &limit("2.5", "2029-12-31")), "forbidden");
    let mut without = limit("2.5", "2029-12-31");
    without.as_object_mut().unwrap().remove("document");
    assert_eq!(city.refused(422, PATH, &city.lin, &without), "missing_field");
    let proposed = city.expect(201, PATH, &city.lin, &limit("2.5", "2029-12-31"));
    assert_eq!((&proposed["status"], &proposed["reason"]), (&json!("proposed"), &json!("市级上限")));
    let id = text(&proposed, "/id");
    let approve = format!("{PATH}/{id}/approve");
    assert_eq!(e17("1.5").0, "30246.58");
    let tasks = city.get("/v1/tasks?limit=200", &city.chen);
    let waits = |task: &Value| task["kind"] == "statutory_limit" && task["document"] == id.as_str();
    assert!(tasks["data"].as_array().unwrap().iter().any(waits), "{tasks}");
    city.expect(200, &approve, &city.chen, &none);
    assert_eq!(city.refused(409, &approve, &city.li, &none), "wrong_state");
    assert_eq!(current(), json!({"points_max": "2.5", "window_until": "2029-12-31"}));
    assert_eq!(e17("1.575"), ("31758.90".to_owned(), Value::Null));
    let other = city.create(PATH, &city.lin, &limit("9", "2099-12-31"));
    let path = format!("{PATH}/{other}/reject");
    let rejected = city.expect(200, &path, &city.chen, &json!({"reason": "无依据"}));
    assert_eq!((&rejected["status"], &rejected["rejection"]), (&json!("rejected"), &json!("无依据")));
    assert_eq!(city.get(&format!("{PATH}?status=approved"), &city.sun)["data"][0]["id"], json!(id));
    let exceptions = city.get("/v1/reports/exceptions?code=statutory_limit", &city.sun);
    assert_eq!(exceptions["rows"].as_array().unwrap().len(), 1);
    assert_eq!(exceptions["rows"][0]["document"], json!(id));
    city.verifies();
}

#[test]
fn rules_and_sheets_are_held_to_the_limit_of_their_day() {
    let city = City::open("of_their_day", &rules(json!({})), "100000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    let propose = |body: &Value| city.post("/v1/programmes", &city.lin, body);
    propose(&programme("a", Some("2.5"), "2027-12-31")).expect(422);
    approved(&city, "2.5", "2028-12-31");
    propose(&programme("a", Some("2.5"), "2028-12-31")).expect(201);
    propose(&programme("b", None, "2028-12-31")).expect(201);
    for (body, code) in [
        (programme("c", Some("2.500001"), "2028-12-31"), "statutory_points_cap"),
        (programme("c", None, "2029-01-01"), "statutory_window"),
    ] {
        assert_eq!(city.refused(422, "/v1/programmes", &city.lin, &body), code);
    }
    city.expect(200, "/v1/programmes/b/approve", &city.chen, &json!({}));
    city.service.appropriate([city.lin.as_str(), &city.chen], "b", "1000000");
    city.move_to("2025-09-01");
    let body = json!({
        "loan_no": "L-1", "bank": BANK, "annual_rate_percent": "4", "signed_on": "2024-12-20",
        "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"},
        "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "3600000"}],
    });
    let loan = city.create("/v1/loans", &city.firm, &body);
    let claim = |from: &str, until: &str| {
        let body = json!({"kind": "interest_subsidy", "programme": "b", "loan_id": loan, "interest_paid": "99999",
            "period": {"from": from, "until": until}});
        let id = city.filed(&city.firm, &body);
        city.pass(&id);
        city.claim(&id)
    };
    // 2.5 points: 250.00 a day
    let first = claim("2025-01-01", "2025-01-31");
    assert_eq!(first["amount"], json!("7500.00"));
    assert_eq!(first["calculation"]["inputs"]["interest"]["statutory"]["points_max"], json!("2.5"));
    // lowered: what was proposed under the higher one is not approved any more, what was paid stays
    approved(&city, "1", "2028-12-31");
    assert_eq!(city.refused(422, "/v1/programmes/a/approve", &city.chen, &json!({})), "statutory_points_cap");
    let second = claim("2025-02-01", "2025-03-03");
    assert_eq!(
        (&second["amount"], &city.claim(&text(&first, "/id"))["amount"]),
        (&json!("3000.00"), &json!("7500.00"))
    );
    assert_eq!(second["calculation"]["segments"][0]["bound_by"], json!(["statutory_points"]));
    let rows = city.get("/v1/reports/recalculation", &city.sun);
    assert!(rows["rows"].as_array().unwrap().iter().all(|row| row["result"] == json!("same")), "{rows}");
    city.verifies();
}
