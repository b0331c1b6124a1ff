//! What pictures are drawn from: the funnel, the flow of money, the day on which a budget ends.

use serde_json::{Value, json};

use super::city::{CLOUD, City, FIRM, interest_rules, text};
use super::{fen, rows, shares, year};

fn trial(city: &City, programme: &str) -> impl Fn(&[&str]) -> i64 {
    let trial = city.get(&format!("/v1/reports/trial-balance?programme={programme}"), &city.sun);
    move |codes: &[&str]| {
        let accounts = trial["accounts"].as_array().unwrap().iter();
        let of = accounts.filter(|row| codes.contains(&row["account"].as_str().unwrap()));
        of.map(|row| fen(row["balance"].as_str().unwrap())).sum()
    }
}

#[test]
fn the_funnel_and_the_flow_tie_to_the_trial_balance() {
    let city = City::open("pictures", &shares(), "1000000");
    year(&city);
    for programme in ["p", "q", "r"] {
        let balance = trial(&city, programme);
        let report = city.get(&format!("/v1/reports/funnel?programme={programme}"), &city.sun);
        let of = |step: &str, member: &str| -> Value {
            rows(&report)
                .iter()
                .find(|row| row["step"] == step)
                .map_or(Value::Null, |row| row[member].clone())
        };
        let amount = |step| fen(of(step, "amount").as_str().unwrap());
        assert_eq!(amount("paid"), balance(&["B2008"]), "{report}");
        assert_eq!(amount("approved"), balance(&["B2007", "B2008"]));
        let promised = ["B2003", "B2004", "B2005", "B2006", "B2007", "B2008"];
        assert_eq!(amount("issued"), balance(&promised));
        assert!(of("applied", "amount").is_null() && of("claimed", "amount").is_null());

        let report = city.get(&format!("/v1/reports/flow?programme={programme}"), &city.sun);
        let total = |member: &str| fen(report["totals"][member].as_str().unwrap());
        assert_eq!(total("paid"), balance(&["B2008"]), "{report}");
        assert_eq!(total("approved"), balance(&["B2007", "B2008"]));
        for row in rows(&report) {
            assert_eq!([text(row, "/organisation"), text(row, "/provider")], [FIRM, CLOUD], "{row}");
        }
    }
    // five vouchers were applied for and issued, and three of them claimed on, approved and paid
    let report = city.get("/v1/reports/funnel?programme=p", &city.sun);
    let steps: Vec<(String, u64)> =
        rows(&report).iter().map(|row| (text(row, "/step"), row["cases"].as_u64().unwrap())).collect();
    let steps: Vec<(&str, u64)> = steps.iter().map(|(step, cases)| (step.as_str(), *cases)).collect();
    assert_eq!(steps, [("applied", 5), ("issued", 5), ("claimed", 3), ("approved", 3), ("paid", 3)]);
    // applied for and issued on the day itself; claimed 32 days later
    let days: Vec<Value> = rows(&report).iter().map(|row| row["median_days"].clone()).collect();
    assert_eq!(days, [Value::Null, json!("0"), json!("32"), json!("0"), json!("0")]);
    // on an earlier day nobody had claimed yet
    let report = city.get("/v1/reports/funnel?programme=p&as_of=2025-01-31", &city.sun);
    let cases: Vec<u64> = rows(&report).iter().map(|row| row["cases"].as_u64().unwrap()).collect();
    assert_eq!(cases, [4, 4, 0, 0], "{report}");
}

#[test]
fn a_case_without_a_voucher_has_three_steps() {
    let city = City::bare(
        &std::sync::Arc::new(super::Service::start()),
        "interest",
        &[(FIRM, "甲"), (super::city::BANK, "行")],
    );
    city.programme_of("interest_subsidy", "i", &interest_rules(&json!({})), "1000");
    let report = city.get("/v1/reports/funnel", &city.sun);
    let steps: Vec<String> = rows(&report).iter().map(|row| text(row, "/step")).collect();
    assert_eq!(steps, ["applied", "approved", "paid"], "{report}");
    assert_eq!(rows(&city.get("/v1/reports/flow", &city.sun)).len(), 0);
}
