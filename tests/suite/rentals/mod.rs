//! Subsidies for what was rented, over HTTP: which days, which documents, which money of others, and by which level.

use crate::support::city;
mod claims;
mod credits;
mod documents;
mod invoices;
mod metered;
use crate::support::service;

use serde_json::{Value, json};

use city::{CLOUD, City, rules, text};

fn programme(city: &City, code: &str, more: Value, pot: &str) {
    let mut rules = rules(more);
    rules.as_object_mut().unwrap().remove("validity_months");
    city.programme_of("rental_subsidy", code, &rules, pot);
}

fn rental(city: &City, number: &str) -> String {
    city.create("/v1/rentals", &city.firm, &city::rental(number, "100000"))
}

fn body(programme: &str, rental: &str, settled: &str) -> Value {
    json!({
        "kind": "rental_subsidy", "programme": programme, "rental_id": rental,
        "period": {"from": "2025-01-01", "until": "2025-02-01"},
        "settlement": [{"item": "compute", "amount": settled}],
    })
}

/// A claim that waits for its approval.
fn reviewed(city: &City, body: &Value) -> String {
    let id = city.create("/v1/claims", &city.firm, body);
    let submitted = city.expect(200, &format!("/v1/claims/{id}/submit"), &city.firm, &json!({}));
    assert_eq!((&submitted["status"], &submitted["held"]), (&json!("submitted"), &json!("0.00")));
    city.expect(200, &format!("/v1/claims/{id}/review"), &city.zhao, &json!({"decision": "pass"}));
    id
}

fn balances(city: &City, programme: &str, accounts: &[&str]) -> Vec<String> {
    let found = city.get(&format!("/v1/reports/trial-balance?programme={programme}"), &city.sun);
    let rows = found["accounts"].as_array().unwrap();
    let of = |code: &&str| rows.iter().find(|row| row["account"] == **code).map(|row| text(row, "/balance"));
    accounts.iter().map(|code| of(code).unwrap_or_else(|| "none".to_owned())).collect()
}
