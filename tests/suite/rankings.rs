//! Rankings over HTTP: who is named without money, how ties are decided, and who sees it.

use crate::support::city;

use city::{City, FIRM, OTHER, shows, text};
use serde_json::{Value, json};

/// Organisations that are registered one after the other.
const SEVEN: [&str; 7] = [
    "91510100MA6CD0001D",
    FIRM,
    OTHER,
    "91440300MA5F00011B",
    "91330100MA2AX00016",
    "12310000MB2F303051",
    "91310115MA00000110",
];

fn ranking(agency: &str) -> City {
    let city = City::open(agency, &city::rules(json!({})), "100000");
    for code in SEVEN {
        let body =
            json!({"credit_code": code, "name": format!("单位{code}"), "category": "private_enterprise"});
        city.post("/v1/organisations", &city.lin, &body);
    }
    let two = [city.lin.as_str(), &city.chen];
    city.service.programme(two, "grant", "d", &json!({}));
    city
}

fn asked(values: &[(&str, [&str; 2])], top: u32) -> Value {
    let entries: Vec<Value> =
        values.iter().map(|(code, values)| json!({"organisation": code, "values": values})).collect();
    json!({
        "programme": "d", "year": 2024, "top": top, "entries": entries,
        "metrics": [{"name": "销售额", "weight": "1"}, {"name": "销售量", "weight": 1}],
    })
}

/// E25: value and volume, weights 1 : 1. The fifth and the sixth sum to eleven ranks each, the fifth has the higher value.
fn seven() -> Vec<(&'static str, [&'static str; 2])> {
    let [a, b, c, d, e, f, g] = SEVEN;
    vec![
        (g, ["100", "1"]),
        (a, ["700000.50", "90"]),
        (b, ["600000", "95"]),
        (c, ["500000", "80"]),
        (d, ["400000", "70"]),
        (e, ["300", "60.5"]),
        (f, ["200", "61"]),
    ]
}

#[test]
fn five_of_seven_are_named_and_the_tie_for_the_fifth_is_decided_and_told() {
    let city = ranking("e25");
    let found = city.expect(201, "/v1/rankings", &city.lin, &asked(&seven(), 5));
    let [a, b, c, d, e, f, g] = SEVEN;
    let order: Vec<&Value> =
        found["places"].as_array().unwrap().iter().map(|place| &place["organisation"]).collect();
    assert_eq!(order, [a, b, c, d, e, f, g]);
    shows(
        &found,
        json!({
            "status": "proposed", "places/0/ranks": [1, 2], "places/0/sum": "3", "places/0/tie": "first_metric",
            "places/4/sum": "11", "places/5/sum": "11", "places/4/tie": "first_metric", "places/4/named": true,
            "places/5/named": false, "places/6/tie": null,
        }),
    );
    let told = text(&found, "/notice/en");
    assert!(
        told.contains(&format!("{e} and {f} have equal sums; the order is by the higher first metric")),
        "{told}"
    );
    let id = text(&found, "/id");
    let path = format!("/v1/rankings/{id}");
    assert_eq!(city.status(&path, &city.firm), 404, "it is not published yet");
    let certificate = |code: &str| format!("{path}/certificates/{code}");
    assert_eq!(city.status(&certificate(e), &city.sun), 404);
    let tasks = city.get("/v1/tasks", &city.chen);
    shows(&tasks, json!({"data/0/kind": "ranking", "data/0/document": id}));
    let before = city.get("/v1/reports/trial-balance", &city.sun)["total"].clone();
    let approved = city.post(&format!("{path}/approve"), &city.chen, &json!({})).expect(200);
    shows(&approved.json(), json!({"status": "approved", "published_on": "2025-01-02"}));
    assert_eq!(city.get("/v1/reports/trial-balance", &city.sun)["total"], before, "it posts nothing");
    let named = city.get(&certificate(e), &city.firm);
    shows(&named, json!({"place": 5, "of": 7, "organisation_name": format!("单位{e}"), "year": 2024}));
    let leaf = approved.header("Ledger-Sequence").expect("a leaf");
    assert_eq!(named["sequence"].to_string(), leaf);
    assert_eq!(city.status(&format!("/v1/audit/proof/{leaf}"), &city.sun), 200);
    assert_eq!(city.status(&certificate(f), &city.firm), 404, "not named");
    assert_eq!(city.get("/v1/rankings", &city.cloud)["data"][0]["id"], id);
    assert_eq!(city.refused(409, &format!("{path}/approve"), &city.li, &json!({})), "wrong_state");
    let overlaps = || city.get("/v1/reports/overlaps", &city.sun)["rows"].as_array().map(Vec::len);
    assert_eq!(overlaps(), Some(0), "one programme alone names them");
    city.service.programme([city.lin.as_str(), &city.chen], "grant", "d2", &json!({}));
    let again = city::with(asked(&seven()[1..3], 1), "/programme", json!("d2"));
    let id = city.create("/v1/rankings", &city.lin, &again);
    assert_eq!(overlaps(), Some(0), "it is not approved yet");
    city.expect(200, &format!("/v1/rankings/{id}/approve"), &city.chen, &json!({}));
    assert_eq!(overlaps(), Some(2), "the first of both");
    city.verifies();
}

#[test]
fn equal_in_everything_the_earlier_registration_comes_first() {
    let city = ranking("equal");
    let [a, b, ..] = SEVEN;
    let found = city.expect(201, "/v1/rankings", &city.lin, &asked(&[(b, ["1", "1"]), (a, ["1", "1"])], 1));
    // the firm, b, was registered with the city
    shows(
        &found,
        json!({
            "places/0/organisation": b, "places/0/tie": "registration", "places/0/ranks": [1, 1],
            "places/1/ranks": [1, 1], "places/1/named": false,
        }),
    );
    let id = text(&found, "/id");
    let both = city.service.token(&city.agency, "officer,approver", "lin", None);
    let path = format!("/v1/rankings/{id}");
    assert_eq!(city.refused(403, &format!("{path}/approve"), &both, &json!({})), "same_person");
    let own = city.service.token(&city.agency, "approver,enterprise", "hu", Some(b));
    assert_eq!(city.refused(403, &format!("{path}/approve"), &own, &json!({})), "conflict_of_interest");
    let reason = json!({"reason": "数据有误"});
    shows(&city.expect(200, &format!("{path}/reject"), &city.chen, &reason), json!({"status": "rejected"}));
    assert_eq!(city.get("/v1/rankings", &city.cloud)["data"], json!([]));
    city.verifies();
}

#[test]
fn each_is_measured_once_by_every_metric_in_a_year_that_has_begun() {
    let city = ranking("refuse");
    let [a, b, ..] = SEVEN;
    let ask = |body: &Value| city.post("/v1/rankings", &city.lin, body);
    let twice = asked(&[(a, ["1", "1"]), (a, ["2", "2"])], 1);
    ask(&twice).refuses(422, "entry_twice", "/entries/1/organisation");
    let good = asked(&[(a, ["1", "1"]), (b, ["2", "2"])], 1);
    ask(&city::with(good.clone(), "/entries/1/values", json!(["1"]))).refuses(
        422,
        "values_differ",
        "/entries/1/values",
    );
    ask(&city::with(good.clone(), "/entries/1/values", json!(["1", "-1"]))).is(422, "invalid_score");
    ask(&city::with(good.clone(), "/year", json!(2026))).refuses(422, "year_not_begun", "/year");
    ask(&city::with(good.clone(), "/top", json!(0))).refuses(422, "invalid_value", "/top");
    ask(&city::with(good.clone(), "/programme", json!("x"))).refuses(404, "not_found", "/programme");
    let same = json!([{"name": "a", "weight": "1"}, {"name": "A", "weight": "1"}]);
    ask(&city::with(good, "/metrics", same)).refuses(422, "invalid_value", "/metrics");
}

#[test]
fn whoever_was_blocked_since_is_not_named_and_a_second_ranking_of_a_year_is_seen() {
    let city = ranking("blocked");
    let [a, b, ..] = SEVEN;
    let two = asked(&[(a, ["2", "2"]), (b, ["1", "1"])], 1);
    let id = city.create("/v1/rankings", &city.lin, &two);
    let stand = |step: &str| {
        city.expect(200, &format!("/v1/organisations/{a}/{step}"), &city.chen, &json!({"reason": "失信"}));
    };
    let approve = |id: &str| city.post(&format!("/v1/rankings/{id}/approve"), &city.chen, &json!({}));
    stand("block");
    approve(&id).is(422, "organisation_blocked");
    stand("unblock");
    approve(&id).expect(200);
    let overlaps = || city.get("/v1/reports/overlaps", &city.sun)["rows"].as_array().map(Vec::len);
    assert_eq!(overlaps(), Some(0));
    approve(&city.create("/v1/rankings", &city.lin, &two)).expect(200);
    assert_eq!(overlaps(), Some(2), "named twice for one year");
    city.verifies();
}
