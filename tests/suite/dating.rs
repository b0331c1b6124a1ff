//! Rules that say which dates count: when is filed, signed and drawn, which costs count and for how long, and by which day
//! a version applies.

use serde_json::{Value, json};

use crate::support::city::{self, BANK, CLOUD, City, interest_rules, rules, text};

fn year(year: u16) -> Value {
    json!({"from": format!("{year}-01-01"), "until": format!("{year}-12-31")})
}

fn days(from: &str, until: &str) -> Value {
    json!({"from": from, "until": until})
}

/// A contract, by when it was signed and from when to when it runs.
fn contract(city: &City, number: &str, signed_on: &str, [from, until]: [&str; 2]) -> String {
    let body = json!({
        "contract_no": number, "provider": CLOUD, "signed_on": signed_on, "from": from, "until": until,
        "lines": [{"item": "compute", "amount": "2000000"}],
    });
    city.create("/v1/rentals", &city.firm, &body)
}

fn rent(rental: &str, [from, until]: [&str; 2], settled: &str) -> Value {
    json!({
        "kind": "rental_subsidy", "programme": "r", "rental_id": rental,
        "period": days(from, until), "settlement": [{"item": "compute", "amount": settled}],
    })
}

/// The code of a refusal, and where it points.
fn refused(city: &City, path: &str, body: &Value) -> (String, String) {
    let found = city.expect(422, path, &city.firm, body);
    (text(&found, "/code"), found["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
}

fn at(code: &str, pointer: &str) -> (String, String) {
    (code.to_owned(), pointer.to_owned())
}

#[test]
fn a_round_takes_its_own_costs_and_the_cap_counts_the_year_of_the_costs() {
    let city = City::open("rounds", &rules(json!({})), "100000");
    let rounds = json!([
        {"filing": days("2025-04-15", "2025-05-15"), "cost": year(2024)},
        {"filing": days("2025-10-01", "2025-11-30"), "cost": year(2025)},
    ]);
    let annual = json!({"amount": "1000000", "counts": ["redemption"], "year": "cost"});
    let whole = json!({"items": [{"item": "compute", "ratio_percent": "100"}], "rounds": rounds,
        "caps": {"annual": annual}});
    city.programme_of("rental_subsidy", "r", &whole, "5000000");
    let rental = contract(&city, "R-1", "2024-01-01", ["2024-01-01", "2025-12-31"]);
    let e19 = rent(&rental, ["2024-03-01", "2024-12-31"], "700000");
    city.move_to("2025-04-14");
    assert_eq!(refused(&city, "/v1/claims", &e19).0, "window_closed");
    city.move_to("2025-04-20");
    let over = rent(&rental, ["2024-03-01", "2025-01-10"], "700000");
    assert_eq!(refused(&city, "/v1/claims", &over), at("period_outside_costs", "/period"));
    let first = city.passed(&e19);
    assert_eq!(first["amount"], json!("700000.00"));
    assert_eq!(first["calculation"]["inputs"]["annual"]["year"], json!(2024));
    city.move_to("2025-10-20");
    assert_eq!(refused(&city, "/v1/claims", &e19), at("period_outside_costs", "/period"));
    let second = city.passed(&rent(&rental, ["2025-01-01", "2025-10-01"], "600000"));
    assert_eq!((&second["amount"], &second["reductions"]), (&json!("600000.00"), &Value::Null));
    assert_eq!(second["calculation"]["reductions"], json!([]));
    // the cap of 2025 has 400,000.00 left, whatever was approved in that year for 2024
    let third = city.passed(&rent(&rental, ["2025-10-01", "2025-10-15"], "500000"));
    let cut = json!([{"code": "annual_cap", "clause": "/caps/annual", "amount": "100000.00"}]);
    assert_eq!(third["calculation"]["reductions"], cut);
    // what is corrected is given back to the year of the costs
    let id = text(&second, "/id");
    let less =
        json!({"changes": {"settlement": [{"item": "compute", "amount": "550000"}]}, "reason": "更正"});
    let found = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, &less);
    let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    let fourth = city.passed(&rent(&rental, ["2025-10-15", "2025-10-20"], "60000"));
    assert_eq!(fourth["amount"], json!("50000.00"));
    city.recomputes();
}

#[test]
fn a_period_in_two_years_fits_no_cap_of_the_year_of_the_costs() {
    let city = City::open("two_years", &rules(json!({})), "100000");
    let annual = json!({"amount": "1000000", "counts": ["redemption"], "year": "cost"});
    let term = json!({"months_max": 18, "from": "signed"});
    let whole = json!({"items": [{"item": "compute", "ratio_percent": "100"}], "term": term,
        "windows": {"cost": days("2024-01-01", "2025-12-31")}, "caps": {"annual": annual}});
    city.programme_of("rental_subsidy", "r", &whole, "5000000");
    let rental = contract(&city, "R-1", "2024-01-31", ["2024-01-01", "2025-12-31"]);
    city.move_to("2025-09-01");
    let ask = |days| refused(&city, "/v1/claims", &rent(&rental, days, "1000"));
    assert_eq!(ask(["2024-12-01", "2025-02-01"]), at("period_spans_years", "/period"));
    // the term ends before 2025-07-31: its last day is the 30th
    assert_eq!(ask(["2025-07-01", "2025-08-01"]), at("period_outside_costs", "/period"));
    let last = city.passed(&rent(&rental, ["2025-07-01", "2025-07-31"], "1000"));
    assert_eq!(last["amount"], json!("1000.00"));
    city.recomputes();
}

#[test]
fn vouchers_are_applied_for_in_time_for_contracts_that_were_signed_in_time_and_issued_later() {
    let windows = json!({
        "filing": days("2025-04-01", "2025-04-30"), "signed": days("2025-01-01", "2025-03-31"), "cost": year(2025),
    });
    let city = City::open("windows", &rules(json!({"windows": windows})), "1000000");
    city.move_to("2025-03-31");
    let good = contract(&city, "C-1", "2025-03-31", ["2025-04-01", "2025-12-31"]);
    let ask = |rental: &str| json!({"programme": "p", "rental_id": rental});
    assert_eq!(refused(&city, "/v1/vouchers", &ask(&good)).0, "window_closed");
    city.move_to("2025-04-02");
    let late = contract(&city, "C-2", "2025-04-01", ["2025-04-01", "2025-12-31"]);
    assert_eq!(refused(&city, "/v1/vouchers", &ask(&late)).0, "signed_outside_window");
    let long = contract(&city, "C-3", "2025-01-01", ["2025-04-01", "2026-01-01"]);
    assert_eq!(refused(&city, "/v1/vouchers", &ask(&long)), at("period_outside_costs", "/rental_id"));
    let voucher = city.create("/v1/vouchers", &city.firm, &ask(&good));
    city.expect(200, &format!("/v1/vouchers/{voucher}/review"), &city.zhao, &json!({"decision": "pass"}));
    city.move_to("2025-05-05");
    let issued = city.expect(200, &format!("/v1/vouchers/{voucher}/issue"), &city.chen, &json!({}));
    assert_eq!(issued["face_value"], json!("400000.00"));
    let other = contract(&city, "C-4", "2025-01-01", ["2025-04-01", "2025-12-31"]);
    assert_eq!(refused(&city, "/v1/vouchers", &ask(&other)).0, "window_closed");
    // it is redeemed after the window for filing as well
    city.approved(&voucher, "1000000", false);
    city.recomputes();
}

#[test]
fn a_version_applies_by_the_day_on_which_the_contract_was_signed() {
    let by = |ratio: &str| {
        rules(json!({"rules_by": "signed", "items": [{"item": "compute", "ratio_percent": ratio}]}))
    };
    let city = City::open("rules_by", &by("20"), "2000000");
    city.move_to("2025-05-20");
    let next = json!({"effective_from": "2025-06-01", "reason": "上调", "rules": by("30")});
    city.expect(201, "/v1/programmes/p/rules", &city.lin, &next);
    city.expect(200, "/v1/programmes/p/rules/2/approve", &city.chen, &json!({}));
    city.move_to("2025-07-10");
    let filed = |number: &str, signed_on: &str| {
        let rental = contract(&city, number, signed_on, ["2025-07-01", "2025-12-31"]);
        let voucher =
            city.expect(201, "/v1/vouchers", &city.firm, &json!({"programme": "p", "rental_id": rental}));
        let id = text(&voucher, "/id");
        city.expect(200, &format!("/v1/vouchers/{id}/review"), &city.zhao, &json!({"decision": "pass"}));
        let issued = city.expect(200, &format!("/v1/vouchers/{id}/issue"), &city.chen, &json!({}));
        (id, issued["rules_version"].clone(), text(&issued, "/face_value"))
    };
    let (old, version, face) = filed("C-1", "2025-05-31");
    assert_eq!((version, face.as_str()), (json!(1), "400000.00"));
    let (_, version, face) = filed("C-2", "2025-06-01");
    assert_eq!((version, face.as_str()), (json!(2), "600000.00"));
    let early = contract(&city, "C-3", "2023-05-31", ["2025-07-01", "2025-12-31"]);
    let body = json!({"programme": "p", "rental_id": early});
    assert_eq!(refused(&city, "/v1/vouchers", &body).0, "window_closed");
    // a redemption is computed under the version of its contract
    let claim = city.approved(&old, "1000000", false);
    assert_eq!(city.claim(&claim)["amount"], json!("200000.00"));
    city.recomputes();
}

/// A city with a bank and a programme for interest, `i`.
fn lending(agency: &str, more: &Value) -> City {
    let city = City::open(agency, &rules(json!({})), "100000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    city.programme_of("interest_subsidy", "i", &interest_rules(more), "1000000");
    city
}

fn interest(loan: &str, days: [&str; 2]) -> Value {
    city::interest("i", loan, days, "900000")
}

fn drawn(days: &[(&str, &str)]) -> Value {
    json!(
        days.iter()
            .map(|(date, amount)| json!({"kind": "drawdown", "date": date, "amount": amount}))
            .collect::<Vec<_>>()
    )
}

#[test]
fn a_loan_is_signed_and_drawn_in_time_and_what_is_drawn_later_never_earns() {
    let windows = json!({
        "filing": days("2025-06-01", "2025-06-30"), "signed": year(2024), "disbursed": days("2024-07-01", "2024-12-31"),
        "cost": days("2024-10-01", "2025-03-31"),
    });
    let more = json!({"windows": windows, "day_count": "actual/actual-icma"});
    let city = lending("disbursed", &more);
    city.move_to("2025-05-31");
    let good = city.loan_of(
        "L-1",
        BANK,
        "2024-06-01",
        &drawn(&[("2024-10-01", "36500000"), ("2025-01-01", "10000000")]),
    );
    let half = ["2024-09-01", "2025-05-01"];
    assert_eq!(refused(&city, "/v1/claims", &interest(&good, half)).0, "window_closed");
    city.move_to("2025-06-10");
    let early = city.loan_of("L-2", BANK, "2024-06-01", &drawn(&[("2024-06-30", "36500000")]));
    assert_eq!(refused(&city, "/v1/claims", &interest(&early, half)).0, "disbursed_outside_window");
    let late = city.loan_of("L-3", BANK, "2025-01-01", &drawn(&[("2025-01-01", "36500000")]));
    assert_eq!(refused(&city, "/v1/claims", &interest(&late, half)).0, "signed_outside_window");
    // 182 days of a year of 365: 2024-10-01 to 2025-04-01, whatever was drawn in January
    let claim = city.passed(&interest(&good, half));
    assert_eq!(claim["amount"], json!("273000.00"));
    let sheet = &claim["calculation"];
    assert_eq!(sheet["inputs"]["interest"]["window"], days("2024-10-01", "2025-03-31"));
    assert_eq!(sheet["inputs"]["interest"]["first_drawdown"], json!("2024-10-01"));
    let segments = sheet["segments"].as_array().unwrap();
    assert_eq!(segments.len(), 2);
    assert_eq!((&segments[0]["bound_by"], &segments[1]["bound_by"]), (&Value::Null, &json!(["disbursed"])));
    assert_eq!(segments[1]["eligible_principal"], json!("36500000.00"));
    city.recomputes();
}

#[test]
fn a_term_and_pauses_stand_on_the_sheet_and_a_pause_found_later_is_recalculated() {
    let more = json!({"term": {"months_max": 12, "from": "first_drawdown"}, "rules_by": "disbursed"});
    let city = lending("terms", &more);
    city.move_to("2025-09-10");
    let loan = city.loan_of("L-1", BANK, "2024-05-20", &drawn(&[("2024-06-01", "24000000")]));
    let claim = city.passed(&interest(&loan, ["2025-03-01", "2025-09-01"]));
    // 92 days of 1,000.00
    assert_eq!(claim["amount"], json!("92000.00"));
    let bound: Vec<_> = claim["calculation"]["segments"].as_array().unwrap().iter().collect();
    assert_eq!((&bound[0]["until"], &bound[0]["bound_by"]), (&json!("2025-06-01"), &Value::Null));
    assert_eq!((&bound[1]["bound_by"], &bound[1]["subsidy"]), (&json!(["term"]), &json!("0.00")));
    let path = format!("/v1/loans/{loan}/events");
    let event = |kind: &str, date: &str| json!({"events": [{"kind": kind, "date": date}]});
    assert_eq!(refused(&city, &path, &event("resume", "2025-04-01")), at("not_paused", "/events/0"));
    let wrong = json!({"events": [{"kind": "pause", "date": "2025-04-01", "amount": "1"}]});
    assert_eq!(refused(&city, &path, &wrong), at("field_not_applicable", "/events/0/amount"));
    let paused = city.expect(200, &path, &city.firm, &event("pause", "2025-04-01"));
    assert_eq!(paused["paused"], json!(true));
    assert_eq!(refused(&city, &path, &event("pause", "2025-04-02")), at("paused_already", "/events/0"));
    city.expect(200, &path, &city.firm, &event("resume", "2025-04-11"));
    let id = text(&claim, "/id");
    let recalculate = format!("/v1/claims/{id}/recalculate");
    let found = city.expect(201, &recalculate, &city.zhao, &json!({"changes": {}, "reason": "更正"}));
    assert_eq!(found["amount"], json!("82000.00"));
    assert_eq!(found["calculation"]["segments"][1]["bound_by"], json!(["pause"]));
    let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    city.recomputes();
}

#[test]
fn a_quote_holds_the_dates_that_it_is_told() {
    let city = lending("quoted", &json!({"rules_by": "signed"}));
    let quote = |rules: Value, loan: Value| {
        let mut asked = json!({
            "loan": {"annual_rate_percent": "3", "events": [{"kind": "drawdown", "date": "2024-06-01", "amount": "24000000"}]},
            "period": days("2024-06-01", "2024-07-01"),
        });
        let of = if rules.is_string() { "programme" } else { "rules" };
        asked[of] = rules;
        for (name, value) in loan.as_object().unwrap() {
            asked["loan"][name] = value.clone();
        }
        asked
    };
    let path = "/v1/interest-subsidies/quote";
    let with = |name: &str, value: Value| {
        let mut rules = json!({"points": {"max": "1.5"}});
        rules[name] = value;
        rules
    };
    let windows = |name: &str, window: Value| {
        let mut windows = json!({});
        windows[name] = window;
        with("windows", windows)
    };
    let signed = json!({"signed_on": "2024-05-20"});
    let none = json!({});
    for (rules, loan, told) in [
        (windows("signed", year(2025)), &signed, at("signed_outside_window", "")),
        (windows("disbursed", year(2025)), &none, at("disbursed_outside_window", "")),
        (windows("filing", year(2024)), &none, at("window_closed", "")),
        (
            with("term", json!({"months_max": 1, "from": "signed"})),
            &none,
            at("missing_field", "/loan/signed_on"),
        ),
        (json!("i"), &none, at("missing_field", "/loan/signed_on")),
        (json!("i"), &json!({"signed_on": "2023-05-31"}), at("window_closed", "")),
        (windows("cost", year(2028)), &none, at("statutory_window", "/rules")),
    ] {
        assert_eq!(refused(&city, path, &quote(rules.clone(), loan.clone())), told, "{rules}");
    }
    let amount = |rules, loan: &Value| {
        let found = city.expect(200, path, &city.firm, &quote(rules, loan.clone()));
        text(&found, "/amount")
    };
    assert_eq!(amount(json!("i"), &signed), "30000.00");
    assert_eq!(amount(windows("signed", year(2025)), &none), "30000.00");
    assert_eq!(amount(windows("cost", days("2024-06-11", "2024-06-20")), &none), "10000.00");
    let rounds = json!([{"filing": year(2025), "cost": days("2024-06-01", "2024-06-05")}]);
    assert_eq!(amount(with("rounds", rounds), &none), "5000.00");
    assert_eq!(amount(with("term", json!({"months_max": 1, "from": "signed"})), &signed), "19000.00");
    assert_eq!(amount(with("day_count", json!("30e/360")), &json!({"matures_on": "2024-06-11"})), "10000.00");
}

#[test]
fn rules_that_do_not_fit_their_instrument_or_contradict_themselves_are_refused() {
    let city = City::open("misfits", &rules(json!({})), "100000");
    let backwards = days("2025-02-01", "2025-01-31");
    let round = json!({"filing": year(2025), "cost": year(2025)});
    let [no_field, invalid] = ["rules_field_not_applicable", "rules_invalid"];
    let cost_year = json!({"annual": {"amount": "1", "counts": ["redemption"], "year": "cost"}});
    let first = json!({"months_max": 1, "from": "first_drawdown"});
    for (instrument, name, value, code, field) in [
        ("voucher", "windows", json!({"disbursed": year(2025)}), no_field, "/windows/disbursed"),
        ("rental_subsidy", "windows", json!({"disbursed": year(2025)}), no_field, "/windows/disbursed"),
        ("voucher", "term", json!({"months_max": 1, "from": "signed"}), no_field, "/term"),
        ("rental_subsidy", "term", first, no_field, "/term/from"),
        ("voucher", "rules_by", json!("disbursed"), no_field, "/rules_by"),
        ("rental_subsidy", "rules_by", json!("disbursed"), no_field, "/rules_by"),
        ("voucher", "caps", cost_year, no_field, "/caps/annual/year"),
        ("interest_subsidy", "windows", json!({"cost": backwards}), invalid, "/windows/cost"),
        ("interest_subsidy", "windows", json!({"cost": year(2028)}), "statutory_window", ""),
        (
            "interest_subsidy",
            "rounds",
            json!([{"filing": year(2025), "cost": year(2028)}]),
            "statutory_window",
            "",
        ),
        ("interest_subsidy", "rounds", json!([]), invalid, "/rounds"),
        (
            "interest_subsidy",
            "rounds",
            json!([round, {"filing": backwards, "cost": year(2025)}]),
            invalid,
            "/rounds/1",
        ),
        ("rental_subsidy", "term", json!({"months_max": 0, "from": "signed"}), invalid, "/term/months_max"),
    ] {
        let mut asked = match instrument {
            "voucher" => rules(json!({})),
            "rental_subsidy" => json!({"items": [{"item": "compute", "ratio_percent": "20"}]}),
            _ => json!({"points": {"max": "1"}}),
        };
        asked[name] = value;
        let body = json!({
            "code": "m", "title": {"zh": "专项", "en": "m"}, "instrument": instrument,
            "legal_basis": {"document": "T-1"}, "window": year(2025), "rules": asked,
        });
        let found = city.expect(422, "/v1/programmes", &city.lin, &body);
        assert_eq!(text(&found, "/code"), code, "{asked}");
        assert!(field.is_empty() || found["detail"].as_str().unwrap().contains(field), "{found}");
    }
    let both = json!({"windows": {"cost": year(2025)}, "rounds": [round], "points": {"max": "1"}});
    let body = json!({
        "code": "m", "title": {"zh": "专项", "en": "m"}, "instrument": "interest_subsidy",
        "legal_basis": {"document": "T-1"}, "window": year(2025), "rules": both,
    });
    assert_eq!(city.refused(422, "/v1/programmes", &city.lin, &body), "rules_invalid");
}
