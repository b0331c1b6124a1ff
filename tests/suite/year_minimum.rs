//! A least base that rules ask of a cost year: each claim says what the year comes to, and no claim is approved below it.

use serde_json::{Value, json};

use crate::support::city::{BANK, CLOUD, City, interest, rules, shows, text};

fn least(amount: &str, more: &Value) -> Value {
    let mut caps = json!({"minimum_base": amount, "minimum_base_per": "year"});
    caps.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    caps
}

fn contract(city: &City, number: &str) -> String {
    let body = json!({
        "contract_no": number, "provider": CLOUD, "signed_on": "2024-01-01", "from": "2024-01-01",
        "until": "2025-12-31", "lines": [{"item": "compute", "amount": "900000"}],
    });
    city.create("/v1/rentals", &city.firm, &body)
}

fn rent(rental: &str, [from, until]: [&str; 2], settled: &str) -> Value {
    json!({
        "kind": "rental_subsidy", "programme": "r", "rental_id": rental,
        "period": {"from": from, "until": until}, "settlement": [{"item": "compute", "amount": settled}],
    })
}

/// A city whose programme pays half of a year's spend of at least 50,000.00.
fn xiamen(agency: &str) -> City {
    let city = City::open(agency, &rules(json!({})), "100000");
    let half = json!({
        "items": [{"item": "compute", "ratio_percent": "50"}], "caps": least("50000", &json!({})),
        "windows": {"cost": {"from": "2024-01-01", "until": "2025-12-31"}},
    });
    city.programme_of("rental_subsidy", "r", &half, "5000000");
    city.move_to("2025-09-01");
    city
}

fn reviewed(city: &City, body: &Value) -> String {
    city.review(city.filed(&city.firm, body))
}

/// What the year comes to where it is not enough, as the refusal says.
fn short(city: &City, claim: &str) -> String {
    let refused = city.expect(422, &format!("/v1/claims/{claim}/approve"), &city.chen, &json!({}));
    assert_eq!(text(&refused, "/code"), "below_minimum");
    text(&refused, "/detail")
}

#[test]
fn claims_of_a_cost_year_are_approved_once_they_come_to_the_minimum_together() {
    let city = xiamen("year_sum");
    let rental = contract(&city, "Y-1");
    let first = reviewed(&city, &rent(&rental, ["2025-01-01", "2025-02-01"], "20000"));
    shows(
        &city.claim(&first)["calculation"]["inputs"],
        json!({"year_minimum": {"year": 2025, "minimum": "50000.00", "beside": "0.00"}}),
    );
    assert!(short(&city, &first).contains("20000.00"));
    // what is for another year, or is not filed, does not help
    reviewed(&city, &rent(&rental, ["2024-11-01", "2025-01-01"], "90000"));
    let draft = rent(&rental, ["2025-02-01", "2025-03-01"], "29999.99");
    let second = city.create("/v1/claims", &city.firm, &draft);
    assert!(short(&city, &first).contains("20000.00"));
    city.expect(200, &format!("/v1/claims/{second}/submit"), &city.firm, &json!({}));
    assert!(short(&city, &first).contains("49999.99"));
    let third = city.filed(&city.firm, &rent(&rental, ["2025-03-01", "2025-04-01"], "0.01"));
    // the last fen that the year lacks; half of it is rounded up to a fen
    let approved = city.expect(200, &format!("/v1/claims/{first}/approve"), &city.chen, &json!({}));
    assert_eq!(approved["amount"], json!("10000.00"));
    shows(
        &approved["calculation"]["inputs"],
        json!({"year_minimum": {"year": 2025, "minimum": "50000.00", "beside": "30000.00"}}),
    );
    // what is approved counts for those behind it
    city.expect(200, &format!("/v1/claims/{third}/withdraw"), &city.firm, &json!({}));
    city.review(second.clone());
    assert!(short(&city, &second).contains("49999.99"));
    city.recomputes();
    city.verifies();
}

#[test]
fn what_is_sent_back_refused_or_corrected_counts_with_what_is_left_of_it() {
    let city = xiamen("year_back");
    let rental = contract(&city, "Y-2");
    let months = [["2025-01-01", "2025-02-01"], ["2025-02-01", "2025-03-01"], ["2025-03-01", "2025-04-01"]];
    let [first, second, third] = months.map(|days| city.filed(&city.firm, &rent(&rental, days, "30000")));
    city.review(first.clone());
    city.review(third.clone());
    let back = json!({"decision": "return", "reason": "补件"});
    city.expect(200, &format!("/v1/claims/{second}/review"), &city.zhao, &back);
    city.expect(200, &format!("/v1/claims/{third}/reject"), &city.chen, &json!({"reason": "不符"}));
    assert!(short(&city, &first).contains("30000.00"));
    // filed again with less, and for another month of the year
    let path = format!("/v1/claims/{second}");
    let less = rent(&rental, ["2025-04-01", "2025-05-01"], "19999.99");
    assert_eq!(city.service.put(&path, &city.firm, &less).status, 200);
    city.expect(200, &format!("{path}/submit"), &city.firm, &json!({}));
    assert!(short(&city, &first).contains("49999.99"));
    city.expect(200, &format!("/v1/claims/{second}/review"), &city.zhao, &back);
    assert_eq!(
        city.service.put(&path, &city.firm, &rent(&rental, ["2025-04-01", "2025-05-01"], "20000")).status,
        200
    );
    city.expect(200, &format!("{path}/submit"), &city.firm, &json!({}));
    city.expect(200, &format!("/v1/claims/{first}/approve"), &city.chen, &json!({}));
    // what is corrected later counts with what is found, and is asked back where the year is below its minimum with it
    city.paid(&[&first], "2025-09-01");
    let changes =
        json!({"changes": {"settlement": [{"item": "compute", "amount": "10000"}]}, "reason": "更正"});
    let found = city.expect(201, &format!("/v1/claims/{first}/recalculate"), &city.zhao, &changes);
    let path = format!("/v1/claims/{first}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    city.review(second.clone());
    assert!(short(&city, &second).contains("30000.00"));
    city.recomputes();
    city.verifies();
}

#[test]
fn a_correction_that_leaves_the_year_below_its_minimum_asks_back_what_was_paid_of_it() {
    let city = xiamen("year_corrected");
    let rental = contract(&city, "Y-3");
    let [first, second] = [["2025-01-01", "2025-02-01"], ["2025-02-01", "2025-03-01"]]
        .map(|days| reviewed(&city, &rent(&rental, days, "30000")));
    for claim in [&first, &second] {
        city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.chen, &json!({}));
    }
    city.paid(&[&first], "2025-09-01");
    let asked = |claim: &str, changes: Value| {
        let body = json!({"changes": changes, "reason": "更正"});
        city.post(&format!("/v1/claims/{claim}/recalculate"), &city.zhao, &body)
    };
    let settled = |amount: &str| json!({"settlement": [{"item": "compute", "amount": amount}]});
    let approve = |claim: &str, version: &Value| {
        city.expect(
            200,
            &format!("/v1/claims/{claim}/recalculations/{version}/approve"),
            &city.chen,
            &json!({}),
        )
    };
    // enough is left: its own amount alone changes
    let enough = asked(&first, settled("20000")).expect(201).json();
    assert_eq!((&enough["amount"], &enough["calculation"]["reductions"]), (&json!("10000.00"), &json!([])));
    approve(&first, &enough["version"]);
    // a fen too little
    let little = asked(&first, settled("19999.99")).expect(201).json();
    shows(&little, json!({"amount": "0.00", "difference": "-10000.00"}));
    shows(
        &little["calculation"],
        json!({
            "computed": "10000.00", "inputs/paid_before": true,
            "reductions": [{"code": "below_minimum", "clause": "/caps/minimum_base", "amount": "10000.00"}],
            "inputs/year_minimum": {"year": 2025, "minimum": "50000.00", "beside": "30000.00"},
        }),
    );
    let done = approve(&first, &little["version"]);
    let recovery = city.get(&format!("/v1/recoveries/{}", text(&done, "/recovery_id")), &city.lin);
    shows(&recovery, json!({"amount": "10000.00", "status": "approved"}));
    shows(&city.claim(&first), json!({"status": "paid", "amount": "0.00", "recovered": "15000.00"}));
    // nothing was paid of the other: it is asked anew without a change, and its approval is taken back instead
    asked(&second, json!({})).is(422, "below_minimum");
    city.expect(200, &format!("/v1/claims/{second}/reject"), &city.chen, &json!({"reason": "不足"}));
    // it turns out to be more: what is still asked back is given back first
    let more = asked(&first, settled("60000")).expect(201).json();
    shows(&more, json!({"amount": "30000.00", "difference": "30000.00"}));
    approve(&first, &more["version"]);
    shows(&city.claim(&first), json!({"amount": "30000.00", "payable": "15000.00", "recovered": "0.00"}));
    city.recomputes();
    city.verifies();
}

#[test]
fn a_loan_that_is_claimed_for_month_by_month_counts_once_in_its_year() {
    let city = City::open("year_loans", &rules(json!({})), "100000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    let of = json!({"points": {"max": "1.5"}, "caps": least("3000000", &json!({})),
        "windows": {"cost": {"from": "2024-01-01", "until": "2025-12-31"}}});
    city.programme_of("interest_subsidy", "i", &of, "1000000");
    city.move_to("2025-09-01");
    let loan = |number: &str, events: Value| {
        let body = json!({
            "loan_no": number, "bank": BANK, "annual_rate_percent": "3", "signed_on": "2024-05-20",
            "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"}, "events": events,
        });
        city.create("/v1/loans", &city.firm, &body)
    };
    let drawn = |date: &str, amount: &str| json!({"kind": "drawdown", "date": date, "amount": amount});
    let grows = loan("Q-1", json!([drawn("2024-06-01", "2000000"), drawn("2025-05-01", "500000")]));
    let small = loan("Q-2", json!([drawn("2024-06-01", "600000")]));
    let month =
        |loan: &str, from: &str, until: &str| reviewed(&city, &interest("i", loan, [from, until], "9000"));
    let first = month(&grows, "2025-01-01", "2025-02-01");
    let second = month(&grows, "2025-02-01", "2025-03-01");
    assert!(short(&city, &first).contains("2000000.00"), "twice the same money");
    month(&grows, "2024-12-01", "2025-01-01");
    month(&small, "2025-01-01", "2025-02-01");
    assert!(short(&city, &first).contains("2600000.00"), "of both loans, and not of the year before");
    let most = month(&grows, "2025-05-01", "2025-06-01");
    city.expect(200, &format!("/v1/claims/{first}/approve"), &city.chen, &json!({}));
    shows(
        &city.claim(&first)["calculation"]["inputs"],
        json!({"year_minimum":
            {"year": 2025, "minimum": "3000000.00", "beside": "600000.00", "same_loan": "2500000.00"}}),
    );
    city.expect(200, &format!("/v1/claims/{most}/withdraw"), &city.firm, &json!({}));
    assert!(short(&city, &second).contains("2600000.00"));
    city.recomputes();
    city.verifies();
}

#[test]
fn a_minimum_of_the_year_is_no_rule_of_vouchers_and_needs_its_amount() {
    let city = City::open("year_rules", &rules(json!({})), "100000");
    let propose = |rules: Value| {
        let body = json!({"effective_from": "2025-02-01", "reason": "下限", "rules": rules});
        let refused = city.expect(422, "/v1/programmes/p/rules", &city.lin, &body);
        (text(&refused, "/code"), text(&refused, "/errors/0/pointer"))
    };
    let voucher = propose(rules(json!({"caps": least("50000", &json!({}))})));
    assert_eq!(voucher, ("rules_field_not_applicable".to_owned(), "/rules/caps/minimum_base_per".to_owned()));
    city.programme_of(
        "rental_subsidy",
        "r",
        &json!({"items": [{"item": "compute", "ratio_percent": "50"}]}),
        "1",
    );
    let body = json!({"effective_from": "2025-02-01", "reason": "下限",
        "rules": {"items": [{"item": "compute", "ratio_percent": "50"}], "caps": {"minimum_base_per": "year"}}});
    assert_eq!(city.refused(422, "/v1/programmes/r/rules", &city.lin, &body), "rules_field_missing");
}

#[test]
fn of_interest_the_year_is_a_projects_where_the_caps_are_and_a_quote_only_shows_it() {
    let city = City::open("year_interest", &rules(json!({})), "100000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    let of = json!({"points": {"max": "1.5"}, "caps": least("3000000", &json!({"per": "project"})),
        "windows": {"cost": {"from": "2024-01-01", "until": "2025-12-31"}}});
    city.programme_of("interest_subsidy", "i", &of, "1000000");
    city.move_to("2025-09-01");
    let loan = |number: &str, project: &str| {
        let body = json!({
            "loan_no": number, "bank": BANK, "annual_rate_percent": "3", "signed_on": "2024-05-20",
            "matures_on": "2034-06-20", "project": {"code": project, "name": "智算中心"},
            "events": [{"kind": "drawdown", "date": "2024-06-01", "amount": "2000000"}],
        });
        city.create("/v1/loans", &city.firm, &body)
    };
    let [one, same, other] = [("L-1", "P1"), ("L-2", "P1"), ("L-3", "P2")].map(|(no, of)| loan(no, of));
    let days = ["2025-01-01", "2025-02-01"];
    let first = reviewed(&city, &interest("i", &one, days, "5000"));
    // two million of each loan; those of another project do not count
    let apart = reviewed(&city, &interest("i", &other, days, "5000"));
    assert!(short(&city, &first).contains("2000000.00"));
    reviewed(&city, &interest("i", &same, days, "5000"));
    city.expect(200, &format!("/v1/claims/{first}/approve"), &city.chen, &json!({}));
    assert!(short(&city, &apart).contains("2000000.00"));
    let quote = json!({
        "programme": "i", "period": {"from": "2025-02-01", "until": "2025-03-01"}, "interest_paid": "5000",
        "loan": {"annual_rate_percent": "3", "events": [{"kind": "drawdown", "date": "2024-06-01", "amount": "2000000"}]},
    });
    let quoted = city.expect(200, "/v1/interest-subsidies/quote", &city.firm, &quote);
    shows(&quoted, json!({"year_minimum": {"year": 2025, "minimum": "3000000.00", "beside": "0.00"}}));
    city.recomputes();
    city.verifies();
}

#[test]
fn rules_that_are_tried_say_what_the_year_comes_to_and_refuse_nobody() {
    let city = City::open("year_tried", &rules(json!({})), "100000");
    let mut half = json!({"items": [{"item": "compute", "ratio_percent": "50"}],
        "windows": {"cost": {"from": "2024-01-01", "until": "2025-12-31"}}});
    city.programme_of("rental_subsidy", "r", &half, "5000000");
    city.move_to("2025-09-01");
    let rental = contract(&city, "Y-4");
    for (days, settled) in [
        (["2024-11-01", "2024-12-01"], "70000"),
        (["2025-01-01", "2025-02-01"], "20000"),
        (["2025-02-01", "2025-03-01"], "10000"),
    ] {
        city.passed(&rent(&rental, days, settled));
    }
    half["caps"] = least("50000", &json!({}));
    let found = city.expect(200, "/v1/programmes/r/rules/simulate", &city.lin, &json!({"rules": half}));
    let said: Vec<_> =
        found["documents"].as_array().unwrap().iter().map(|row| &row["year_minimum"]).collect();
    let of = |year: u16, beside: &str| json!({"year": year, "minimum": "50000.00", "beside": beside});
    assert_eq!(said, [&of(2024, "0.00"), &of(2025, "10000.00"), &of(2025, "20000.00")]);
    assert_eq!(found["totals"]["claims"]["unchanged"], 3);
}
