//! Subsidies for interest, from the loan to what comes back.

use serde_json::{Value, json};

use super::city::{CLOUD, City, FIRM, interest, interest_rules, rules, shows, text};

const BANK: &str = "91330100MA2AX00016";

/// A city with a bank and one programme for interest, `i`, of a million.
fn lending(agency: &str, more: &Value) -> City {
    let city = City::open(agency, &rules(json!({})), "100000");
    let body = json!({"credit_code": BANK, "name": "某银行", "category": "state_owned_enterprise"});
    city.expect(201, "/v1/organisations", &city.lin, &body);
    programme(&city, "i", more, "1000000");
    city
}

fn programme(city: &City, code: &str, more: &Value, pot: &str) {
    city.programme_of("interest_subsidy", code, &interest_rules(more), pot);
}

fn drafted(city: &City, body: &Value) -> Value {
    city.expect(201, "/v1/claims", &city.firm, body)
}

/// The code of a refusal and where it points.
fn refused(city: &City, body: &Value) -> (String, String) {
    let found = city.expect(422, "/v1/claims", &city.firm, body);
    let pointer = found["errors"][0]["pointer"].as_str().unwrap_or_default();
    (text(&found, "/code"), pointer.to_owned())
}

/// A claim that waits for its approval.
fn reviewed(city: &City, body: &Value) -> String {
    city.review(city.filed(&city.firm, body))
}

fn approved(city: &City, body: &Value) -> String {
    let id = reviewed(city, body);
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    id
}

/// A recalculation of a claim, approved.
fn recalculated(city: &City, claim: &str, changes: &Value) -> Value {
    let asked = json!({"changes": changes, "reason": "更正"});
    let found = city.expect(201, &format!("/v1/claims/{claim}/recalculate"), &city.zhao, &asked);
    let path = format!("/v1/claims/{claim}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}))
}

const THIRD: [&str; 2] = ["2024-06-01", "2024-09-01"];
const FOURTH: [&str; 2] = ["2024-09-01", "2024-12-01"];

#[test]
fn an_interest_claim_is_corrected_after_payment_by_what_happened_to_the_loan_and_old_sheets_stay() {
    let city = lending("interest", &json!({}));
    let loan = city.loan("L-1", BANK, "20000000");
    // 20m × 1.5 % × 92 ÷ 360
    let claim = approved(&city, &interest("i", &loan, THIRD, "166111.11"));
    let shown = city.claim(&claim);
    shows(&shown, json!({"amount": "76666.67", "loan_id": loan, "interest_paid": "166111.11"}));
    shows(&shown, json!({"payee": FIRM, "provider": BANK}));
    let accounts = ["B2005", "B2007", "F2302", "F5001.03", "F5001.01"];
    assert_eq!(city.ledger(accounts), ["0.00", "76666.67", "76666.67", "76666.67", "0.00"]);
    city.paid(&[&claim], "2025-01-02");

    // 5m were repaid on the first of August: 15m for 31 days
    let events = json!({"events": [{"kind": "repayment", "date": "2024-08-01", "amount": "5000000"}]});
    city.expect(200, &format!("/v1/loans/{loan}/events"), &city.firm, &events);
    let found = recalculated(&city, &claim, &json!({}));
    assert_eq!((&found["amount"], &found["difference"]), (&json!("70208.33"), &json!("-6458.34")));
    let recovery = text(&found, "/recovery_id");
    let asked = city.get(&format!("/v1/recoveries/{recovery}"), &city.sun);
    assert_eq!((&asked["amount"], &asked["status"]), (&json!("6458.34"), &json!("approved")));
    assert_eq!(city.ledger(["F1212", "F5001.03"]), ["6458.34", "70208.33"]);

    // every sheet is there still, each with the loan as it was known
    let sheet =
        |version: u32| city.get(&format!("/v1/claims/{claim}/calculation?version={version}"), &city.sun);
    let newest = city.claim(&claim)["calculation"].clone();
    let version = u32::try_from(newest["version"].as_u64().unwrap()).unwrap();
    assert_eq!(newest["segments"].as_array().unwrap().len(), 2);
    assert_eq!(newest["segments"][1]["principal"], json!("15000000.00"));
    let before = sheet(version - 1);
    assert_eq!((&before["amount"], before["segments"].as_array().unwrap().len()), (&json!("76666.67"), 1));
    assert_eq!(before["inputs"]["interest"]["loan"][0]["principal"], json!("20000000.00"));

    // less interest was paid than was said: never more than that
    let found = recalculated(&city, &claim, &json!({"interest_paid": "60000"}));
    shows(&found, json!({"amount": "60000.00", "difference": "-10208.33"}));
    shows(
        &found,
        json!({"calculation/reductions": [{"code": "paid_interest_ceiling", "amount": "10208.33"}]}),
    );
    // the period was shorter: its days are free for another claim
    assert_eq!(
        refused(&city, &interest("i", &loan, ["2024-08-15", "2024-12-01"], "99999")).0,
        "interest_period_overlaps"
    );
    recalculated(&city, &claim, &json!({"period": {"from": "2024-06-01", "until": "2024-08-15"}}));
    drafted(&city, &interest("i", &loan, ["2024-08-15", "2024-12-01"], "99999"));

    // what is not of interest is not taken
    let path = format!("/v1/claims/{claim}/recalculate");
    let wrong = json!({"changes": {"final": true}, "reason": "x"});
    city.post(&path, &city.zhao, &wrong).is(422, "change_not_applicable");
    let report = city.get("/v1/reports/recalculation?programme=i", &city.sun);
    let results: Vec<_> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["result"].as_str().unwrap_or("?").to_owned())
        .collect();
    assert!(results.len() >= 6 && results.iter().all(|result| result == "same"), "{report}");
    assert!(city.cli(&["verify", "--agency", "interest"]).contains("verified"));
}

#[test]
fn no_day_of_a_loan_is_subsidised_twice_unless_both_programmes_suffer_the_other() {
    let city = lending("overlaps", &json!({}));
    for (code, stacking) in [("first", "allow"), ("off", "net_off"), ("both", "allow")] {
        programme(&city, code, &json!({"stacking": stacking}), "1000000");
    }
    let loan = city.loan("L-1", BANK, "20000000");
    let claim = |code: &str, days: [&str; 2]| interest(code, &loan, days, "400000");
    let id = reviewed(&city, &claim("first", THIRD));
    let overlaps = ("interest_period_overlaps".to_owned(), "/period".to_owned());
    let inside = ["2024-08-31", "2024-10-01"];
    assert_eq!(refused(&city, &claim("first", inside)), overlaps);
    // one that suffers none beside it, and one that does
    assert_eq!(refused(&city, &claim("i", inside)), overlaps);
    assert_eq!(drafted(&city, &claim("both", THIRD))["amount"], json!("76666.67"));
    // 3.25 less 1.5 leaves more than 1.5; with 2.5 points of others 0.75 are left
    let off = drafted(&city, &claim("off", inside));
    assert_eq!(off["calculation"]["segments"][0]["points"], json!("1.5"));
    let mut said = claim("off", inside);
    said["other_points"] = json!("2.5");
    let off = drafted(&city, &said);
    let segments = off["calculation"]["segments"].as_array().unwrap();
    assert!(segments.iter().all(|segment| segment["points"] == "0.75"), "{off}");
    // the day after the last is free, and what was withdrawn takes nothing
    drafted(&city, &claim("first", FOURTH));
    city.expect(200, &format!("/v1/claims/{id}/withdraw"), &city.firm, &json!({}));
    let exclusive = reviewed(&city, &claim("i", inside));
    assert_eq!(refused(&city, &claim("both", THIRD)), overlaps);
    // two drafts of the same days: the second is not filed
    let drafts = [(); 2].map(|()| text(&drafted(&city, &claim("i", ["2024-10-01", "2024-12-01"])), "/id"));
    city.expect(200, &format!("/v1/claims/{}/submit", drafts[0]), &city.firm, &json!({}));
    let path = format!("/v1/claims/{}/submit", drafts[1]);
    city.post(&path, &city.firm, &json!({})).is(422, "interest_period_overlaps");
    city.expect(200, &format!("/v1/claims/{exclusive}/approve"), &city.chen, &json!({}));
}

#[test]
fn what_other_claims_take_is_netted_off_day_by_day() {
    let city = lending("netting", &json!({}));
    programme(&city, "first", &json!({"stacking": "allow"}), "1000000");
    programme(&city, "off", &json!({"stacking": "net_off"}), "1000000");
    let body_of = |rate: &str, number: &str| {
        json!({
            "loan_no": number, "bank": BANK, "annual_rate_percent": rate, "signed_on": "2024-05-20",
            "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"},
            "events": [{"kind": "drawdown", "date": "2024-06-01", "amount": "20000000"}],
        })
    };
    let loan = city.create("/v1/loans", &city.firm, &body_of("2", "L-1"));
    reviewed(&city, &interest("first", &loan, ["2024-07-01", "2024-08-01"], "400000"));
    let off = drafted(&city, &interest("off", &loan, THIRD, "400000"));
    let shown: Vec<_> = off["calculation"]["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| (text(segment, "/from"), text(segment, "/points")))
        .collect();
    let expected = [("2024-06-01", "1.5"), ("2024-07-01", "0.5"), ("2024-08-01", "1.5")];
    assert_eq!(shown, expected.map(|(from, points)| (from.to_owned(), points.to_owned())));
}

#[test]
fn interest_is_paid_first_and_the_last_day_of_the_window_earns() {
    let city = lending("window", &json!({}));
    let loan = city.loan("L-1", BANK, "20000000");
    let early = interest("i", &loan, ["2025-06-01", "2099-01-01"], "99999");
    assert_eq!(refused(&city, &early), ("period_not_over".to_owned(), "/period/until".to_owned()));
    let empty = interest("i", &loan, ["2024-07-01", "2024-07-01"], "99999");
    assert_eq!(refused(&city, &empty), ("invalid_period".to_owned(), "/period".to_owned()));
    let before = interest("i", &loan, ["2023-01-01", "2023-06-01"], "99999");
    assert_eq!(refused(&city, &before).0, "nothing_to_pay");
    // filed when the window has closed: what was paid for December is known only then
    city.move_to("2028-02-15");
    let last = drafted(&city, &interest("i", &loan, ["2027-12-01", "2028-02-01"], "400000"));
    let segments = last["calculation"]["segments"].as_array().unwrap();
    assert_eq!(
        (segments.len(), &segments[0]["until"], &segments[0]["days"]),
        (1, &json!("2028-01-01"), &json!(31))
    );
    assert_eq!(last["amount"], json!("25833.33"));
    let after = interest("i", &loan, ["2028-01-01", "2028-02-01"], "400000");
    assert_eq!(refused(&city, &after).0, "nothing_to_pay");
    let id = text(&last, "/id");
    city.expect(200, &format!("/v1/claims/{id}/submit"), &city.firm, &json!({}));
    city.expect(200, &format!("/v1/claims/{id}/review"), &city.zhao, &json!({"decision": "pass"}));
    let dated = json!({"effective_date": "2028-01-31"});
    let path = format!("/v1/claims/{id}/approve");
    city.post(&path, &city.chen, &dated).is(422, "effective_date_too_early");
    city.expect(200, &path, &city.chen, &json!({}));
}

#[test]
fn the_paid_interest_the_bank_the_caps_and_the_pot_limit_it_in_their_order() {
    let caps = json!({"claim": "70000", "annual": {"amount": "100000", "counts": ["issue"]}});
    let city = lending("caps", &json!({"caps": caps, "payee": "bank", "principal_cap": "30000000"}));
    let bank = city.token("caps", "bank", "bank", Some(BANK));
    let [first, second] = [city.loan("L-1", BANK, "20000000"), city.loan("L-2", BANK, "20000000")];
    let confirm = |loan: &str, [from, until]: [&str; 2], paid: &str| {
        let body = json!({"period": {"from": from, "until": until}, "interest_paid": paid});
        city.expect(200, &format!("/v1/loans/{loan}/interest-paid"), &bank, &body);
    };
    // a part of the days confirmed says nothing of the others
    confirm(&first, ["2024-06-01", "2024-07-01"], "10.00");
    let reductions = |body: &Value| drafted(&city, body)["calculation"]["reductions"].clone();
    let asked = interest("i", &first, THIRD, "166111.11");
    let cut = json!([{"code": "claim_cap", "clause": "/caps/claim", "amount": "6666.67"}]);
    assert_eq!(reductions(&asked), cut);
    // 31 + 62 of 124 days: 10.00 and half of 93.01, what is left of a fen dropped
    confirm(&first, ["2024-07-01", "2024-11-02"], "93.01");
    let both = json!([
        {"code": "claim_cap", "clause": "/caps/claim", "amount": "6666.67"}, {"code": "paid_interest_ceiling", "amount": "69943.50"},
    ]);
    assert_eq!(reductions(&asked), both);
    confirm(&first, ["2024-06-01", "2024-07-01"], "100000.00");
    let none = interest("i", &first, THIRD, "0");
    assert_eq!(refused(&city, &none).0, "nothing_to_pay");

    let one = approved(&city, &asked);
    assert_eq!(city.claim(&one)["payee"], json!(BANK));
    // 30m less the 20m that the first claim earns on: 10m × 1.5 % × 92 ÷ 360; the year has 30,000.00 left
    let next = drafted(&city, &interest("i", &second, THIRD, "166111.11"));
    assert_eq!(next["calculation"]["segments"][0]["eligible_principal"], json!("10000000.00"));
    let cut = json!([{"code": "annual_cap", "clause": "/caps/annual", "amount": "8333.33"}]);
    assert_eq!(next["calculation"]["reductions"], cut);
    let other = approved(&city, &interest("i", &second, THIRD, "166111.11"));
    assert_eq!(city.claim(&other)["amount"], json!("30000.00"));
    assert_eq!(refused(&city, &interest("i", &second, FOURTH, "166111.11")).0, "annual_cap_exhausted");
    let batch = city.paid(&[&one, &other], "2025-01-02");
    let file = city.get(&format!("/v1/payment-batches/{batch}"), &city.sun);
    assert_eq!(file["total"], json!("100000.00"));
    // what comes back comes back in its class
    let recovery = city.recovery(&one, "1000", &json!({}));
    let receipt = json!({"amount": "1000", "date": "2025-01-02", "bank_reference": "R1"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/receipts"), &city.lin, &receipt);
    assert_eq!(city.ledger(["F5001.03", "F5001.02", "F1212"]), ["99000.00", "0.00", "0.00"]);
}

#[test]
fn two_claims_that_wait_for_one_pot_do_not_both_have_it_and_lines_are_rounded_by_themselves() {
    let city = lending("pot", &json!({}));
    let rounding = json!({"mode": "half_up", "scope": "line"});
    programme(&city, "small", &json!({"rounding": rounding, "day_count": "actual/365"}), "100000");
    let [first, second] = [city.loan("L-1", BANK, "20000000"), city.loan("L-2", BANK, "20000000")];
    let events = json!({"events": [{"kind": "drawdown", "date": "2024-07-01", "amount": "0.01"}]});
    city.expect(200, &format!("/v1/loans/{first}/events"), &city.firm, &events);
    let claims = [&first, &second].map(|loan| reviewed(&city, &interest("small", loan, THIRD, "166111.11")));
    // 24,657.534… and 50,958.904…: each to the fen
    let sheet = city.claim(&claims[0])["calculation"].clone();
    let lines: Vec<_> = sheet["segments"].as_array().unwrap().iter().map(|s| text(s, "/subsidy")).collect();
    assert_eq!(
        (lines, &sheet["amount"]),
        (vec!["24657.53".to_owned(), "50958.90".to_owned()], &json!("75616.43"))
    );
    let token = &city.chen;
    let approve = |id: &str| {
        let path = format!("/v1/claims/{id}/approve");
        city.post(&path, token, &json!({})).status
    };
    let statuses = std::thread::scope(|scope| {
        let waiting = claims.each_ref().map(|id| scope.spawn(|| approve(id)));
        waiting.map(|one| one.join().unwrap())
    });
    let mut sorted = statuses;
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 409]);
}

#[test]
fn an_interest_claim_says_what_it_is_for_and_stays_with_it() {
    let city = lending("shapes_i", &json!({"rate_ceiling": {"reference": "LPR5Y", "spread_bp": -70}}));
    let [first, second] = [city.loan("L-1", BANK, "20000000"), city.loan("L-2", BANK, "20000000")];
    let whole = interest("i", &first, THIRD, "166111.11");
    let with = |name: &str, value: Value| {
        let mut body = whole.clone();
        body[name] = value;
        body
    };
    let at = |code: &str, pointer: &str| (code.to_owned(), pointer.to_owned());
    assert_eq!(refused(&city, &whole).0, "reference_rate_missing");
    let rate = |date: &str, percent: &str| {
        let body = json!({"name": "LPR5Y", "date": date, "percent": percent});
        city.expect(201, "/v1/reference-rates", &city.lin, &body);
    };
    rate("2024-01-20", "3.95");
    for member in ["programme", "loan_id", "period", "interest_paid"] {
        assert_eq!(refused(&city, &with(member, Value::Null)), at("missing_field", &format!("/{member}")));
    }
    for (member, value) in [
        ("final", json!(true)),
        ("rental_id", json!("01890a5d-ac96-774b-bcce-b302099a8057")),
        ("settlement", json!([{"item": "compute", "amount": "1"}])),
        ("invoices", json!([])),
    ] {
        assert_eq!(refused(&city, &with(member, value)), at("unknown_field", &format!("/{member}")));
    }
    assert_eq!(refused(&city, &with("interest_paid", json!(5))), at("invalid_amount", "/interest_paid"));
    assert_eq!(refused(&city, &with("programme", json!("p"))).0, "wrong_instrument");
    city.post("/v1/claims", &city.other, &whole).is(404, "not_found");
    let id = text(&drafted(&city, &whole), "/id");
    let rewrite = |body: &Value| city.put(&format!("/v1/claims/{id}"), &city.firm, body).json();
    assert_eq!(rewrite(&with("loan_id", json!(second)))["code"], json!("loan_differs"));
    assert_eq!(rewrite(&with("penalty_interest", json!("5.5")))["penalty_interest"], json!("5.50"));
    // blocked meanwhile
    let reason = json!({"reason": "核查"});
    city.expect(200, &format!("/v1/organisations/{FIRM}/block"), &city.chen, &reason);
    let path = format!("/v1/claims/{id}/submit");
    city.post(&path, &city.firm, &json!({})).is(422, "organisation_blocked");
    assert_eq!(city.get("/v1/claims", &city.cloud)["data"], json!([]), "{CLOUD} lent nothing");
}

#[test]
fn a_sheet_keeps_a_hundred_segments_of_the_longest_values_and_one_more_is_refused_by_name() {
    let points = json!({"max": "1.5", "share_of_contract_rate_percent": "33.333333"});
    let city = lending("segments", &json!({"points": points, "day_count": "actual/actual"}));
    let loan = city.loan("L-1", BANK, "999999999999.99");
    let day = |n: i64| {
        (chrono::NaiveDate::from_ymd_opt(2024, 6, 1).unwrap() + chrono::TimeDelta::days(n)).to_string()
    };
    let event = |n: i64| {
        let rate = format!("3.{:06}", 123_457 + n);
        json!({"kind": "rate_change", "date": day(n), "annual_rate_percent": rate})
    };
    let events: Vec<Value> = (1..101).map(event).collect();
    city.expect(200, &format!("/v1/loans/{loan}/events"), &city.firm, &json!({"events": events}));
    let asked = |until: i64| interest("i", &loan, ["2024-06-01", &day(until)], "999999999999.99");
    let whole = drafted(&city, &asked(100));
    assert_eq!(whole["calculation"]["segments"].as_array().unwrap().len(), 100);
    let path = format!("/v1/claims/{}/submit", text(&whole, "/id"));
    city.expect(200, &path, &city.firm, &json!({}));
    let fresh = refused(&city, &interest("i", &loan, ["2024-06-01", &day(101)], "1"));
    assert_eq!(fresh.0, "interest_period_overlaps");
    city.expect(200, &path.replace("submit", "withdraw"), &city.firm, &json!({}));
    assert_eq!(refused(&city, &asked(101)), ("too_many_segments".to_owned(), "/period".to_owned()));
}

#[test]
fn a_run_drafts_what_banks_confirmed_once_and_says_what_it_did_not() {
    let city = lending("runs", &json!({}));
    let bank = city.token("runs", "bank", "bank", Some(BANK));
    let [first, second, gap, repaid] =
        ["L-1", "L-2", "L-3", "L-4"].map(|number| city.loan(number, BANK, "20000000"));
    let confirm = |loan: &str, days: [&str; 2], paid: &str| {
        let body = json!({"period": {"from": days[0], "until": days[1]}, "interest_paid": paid});
        city.expect(200, &format!("/v1/loans/{loan}/interest-paid"), &bank, &body);
    };
    confirm(&first, THIRD, "166111.11");
    // a day of another quarter with it, and a late beginning
    confirm(&second, ["2024-07-01", "2024-09-02"], "630.00");
    confirm(&gap, ["2024-06-01", "2024-07-01"], "100");
    confirm(&gap, ["2024-07-02", "2024-09-01"], "100");
    confirm(&repaid, THIRD, "0");
    let words = ["interest", "run", "--agency", "runs", "--programme", "i", "--subject", "lin", "--json"];
    let run = |period: &str| -> Value {
        let mut words = words.to_vec();
        words.extend(["--period", period]);
        serde_json::from_str(&city.cli(&words)).unwrap()
    };
    let done = run("2024-06-01..2024-09-01");
    let counts = |done: &Value| ["drafted", "claimed", "refused"].map(|name| done[name].as_u64().unwrap());
    assert_eq!((counts(&done), &done["amount"]), ([2, 0, 2], &json!("77286.67")), "{done}");
    let loans = done["loans"].as_array().unwrap();
    let results: Vec<_> = loans.iter().map(|row| text(row, "/result")).collect();
    assert_eq!(results, ["drafted", "drafted", "gap", "refused"]);
    assert_eq!(loans[3]["code"], json!("nothing_to_pay"));
    let claim = city.claim(&text(&loans[1], "/claim_id"));
    assert_eq!(claim["period"], json!({"from": "2024-07-01", "until": "2024-09-01"}));
    assert_eq!((&claim["interest_paid"], &claim["amount"]), (&json!("620.00"), &json!("620.00")));
    // again: nothing twice, and what was refused is asked anew
    confirm(&repaid, THIRD, "5000.00");
    let again = run("2024-06-01..2024-09-01");
    assert_eq!((counts(&again), &again["amount"]), ([1, 2, 1], &json!("5000.00")), "{again}");
    // a run that drafts nothing is no success, unless all is claimed
    let ended = |period: &str| {
        let mut words = words.to_vec();
        words.extend(["--period", period]);
        city.service.ended(&words)
    };
    let (code, said) = ended("2024-06-01..2024-09-01");
    assert!(
        code == 1 && said.contains("\"claimed\": 3") && said.contains("1 loans were refused or have gaps"),
        "{said}"
    );
    let (code, said) = ended("2023-07-01..2023-10-01");
    assert!(code == 1 && said.contains("no bank confirmed interest of any day from 2023-07-01"), "{said}");
    let (code, said) = ended("2024-08-01..2024-09-01");
    assert!(code == 0 && said.contains("\"drafted\": 1"), "days without the gap are drafted: {said}");
}

#[test]
fn an_estimate_is_what_the_days_that_no_claim_takes_will_cost_and_all_of_it_ties() {
    let city = lending("estimates", &json!({"points": {"max": "0.72"}}));
    programme(&city, "other", &json!({}), "1000");
    let [first, second] = [city.loan("L-1", BANK, "50000000"), city.loan("L-2", BANK, "25000000")];
    approved(&city, &interest("i", &first, ["2024-06-01", "2025-01-01"], "900000"));
    // taken by another programme that suffers none beside it
    reviewed(&city, &interest("other", &city.loan("L-3", BANK, "25000000"), THIRD, "900000"));
    let estimate = city.get("/v1/programmes/i/estimate", &city.chen);
    assert_eq!((&estimate["as_of"], &estimate["rules_version"]), (&json!("2025-01-02"), &json!(1)));
    let loans = estimate["loans"].as_array().unwrap();
    let ids: Vec<_> = loans.iter().map(|loan| text(loan, "/loan_id")).collect();
    assert_eq!(ids, [first, second]);
    assert_eq!((&loans[0]["from"], &loans[0]["until"]), (&json!("2025-01-01"), &json!("2028-01-01")));
    // 1,000.00 and 500.00 a day
    shows(
        &estimate["loans"],
        json!({"0/amount": "1095000.00", "0/rows/1": {"month": "2025-02", "amount": "28000.00"}}),
    );
    shows(&estimate["loans"], json!({"1/rows/0": {"month": "2024-06", "amount": "15000.00"}}));
    let fen = |value: &Value| text(value, "/amount").replace('.', "").parse::<i64>().unwrap();
    let total = text(&estimate, "/total").replace('.', "").parse::<i64>().unwrap();
    let sum = |values: &Value| values.as_array().unwrap().iter().map(fen).sum::<i64>();
    assert_eq!((sum(&estimate["months"]), sum(&estimate["loans"])), (total, total));
    // the budget ends in the month whose costs, with those of the months before, it does not cover
    let available = text(&estimate, "/available").replace('.', "").parse::<i64>().unwrap();
    let mut left = available;
    let months = estimate["months"].as_array().unwrap().iter();
    let ends = months.map(|month| (text(month, "/month"), fen(month))).find(|(_, cost)| {
        left -= cost;
        left < 0
    });
    let day = estimate["budget_ends_on"].as_str().map(|day| day[..7].to_owned());
    assert_eq!((day.is_none(), day), (total <= available, ends.map(|(month, _)| month)));
    assert!(loans.iter().all(|loan| sum(&loan["rows"]) == fen(loan)));
    assert_eq!(estimate["available"], json!("786000.00"));
    let path = "/v1/programmes/p/estimate";
    assert_eq!((city.status(path, &city.sun), city.status(path, &city.firm)), (422, 403));
    assert_eq!(city.status("/v1/programmes/none/estimate", &city.sun), 404);
}
