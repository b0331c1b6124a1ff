//! Loans and quotes over HTTP: what is recorded, who sees it, what contradicts itself, what a subsidy would come to.

use crate::support::city::{BANK, CLOUD, City, FIRM, OTHER, rental, shows, with};
use crate::support::service;

use std::sync::Arc;

use serde_json::{Value, json};
use service::Service;

const OTHER_BANK: &str = CLOUD;

/// A sandbox agency on 2025-01-02 with two firms and two banks.
fn founded(agency: &str) -> City {
    let service = Arc::new(Service::start());
    City::bare(&service, agency, &[(FIRM, "甲"), (OTHER, "乙"), (BANK, "某银行"), (OTHER_BANK, "另一银行")])
}

impl City {
    /// A refusal's code and the place that it points to.
    fn refused_at(&self, status: u16, path: &str, token: &str, body: &Value) -> (String, String) {
        let problem = self.expect(status, path, token, body);
        let place = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
        (problem["code"].as_str().unwrap().to_owned(), place.to_owned())
    }

    fn record_loan(&self, loan_no: &str) -> Value {
        self.expect(201, "/v1/loans", &self.firm, &loan(loan_no))
    }

    fn quote(&self, body: &Value) -> Value {
        self.expect(200, "/v1/interest-subsidies/quote", &self.firm, body)
    }

    fn quote_refused(&self, status: u16, body: &Value) -> (String, String) {
        self.refused_at(status, "/v1/interest-subsidies/quote", &self.firm, body)
    }
}

fn loan(loan_no: &str) -> Value {
    json!({
        "loan_no": loan_no, "bank": BANK, "annual_rate_percent": "3.25", "signed_on": "2024-06-20",
        "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心", "investment": "500000000"},
        "events": [{"kind": "drawdown", "date": "2024-06-21", "amount": "200000000.00"}],
    })
}

fn at(code: &str, pointer: &str) -> (String, String) {
    (code.to_owned(), pointer.to_owned())
}

fn quote() -> Value {
    json!({
        "rules": {"points": {"max": "1.5"}, "day_count": "actual/360",
            "rounding": {"mode": "half_up", "scope": "claim"}, "payee": "enterprise"},
        "loan": {"annual_rate_percent": "3.25",
            "events": [{"kind": "drawdown", "date": "2024-06-21", "amount": "200000000.00"}]},
        "period": {"from": "2024-06-21", "until": "2024-09-21"},
    })
}

#[test]
fn what_is_owed_on_the_day_of_maturity_is_overdue_from_then_on_unless_that_day_was_moved() {
    let city = founded("maturing");
    let record = |loan_no: &str| {
        let body = with(loan(loan_no), "/matures_on", json!("2025-01-04"));
        format!("/v1/loans/{}", city.expect(201, "/v1/loans", &city.firm, &body)["id"].as_str().unwrap())
    };
    let [due, moved] = ["L-1", "L-2"].map(record);
    let extension =
        json!({"events": [{"kind": "extension", "date": "2025-01-02", "matures_on": "2025-06-30"}]});
    city.expect(200, &format!("{moved}/events"), &city.firm, &extension);
    let overdue = |path: &str| city.get(path, &city.firm)["overdue"].clone();
    for (day, of_due) in
        [("2025-01-03", "0.00"), ("2025-01-04", "200000000.00"), ("2025-01-05", "200000000.00")]
    {
        let date = json!({"date": day});
        city.put("/v1/business-date", &city.lin, &date).expect(200);
        assert_eq!((overdue(&due), overdue(&moved)), (json!(of_due), json!("0.00")), "{day}");
    }
    let listed = city.get("/v1/loans", &city.firm);
    assert_eq!(listed["data"][0]["overdue"], json!("200000000.00"), "{listed}");
    // an answer to a write shows what a read of it does
    let repaid = json!({"events": [{"kind": "repayment", "date": "2025-01-04", "amount": "50000000"}]});
    let answered = city.expect(200, &format!("{due}/events"), &city.firm, &repaid);
    assert_eq!((&answered["overdue"], overdue(&due)), (&json!("150000000.00"), json!("150000000.00")));
}

#[test]
fn one_number_in_any_spelling_is_one_contract_and_one_loan_and_its_programmes_stand_together() {
    let city = founded("spelt");
    city.record_loan("L-1");
    for twin in ["l-1", "Ｌ－１", "L - 1", "L\u{2011}1", "l-l"] {
        let refused = city.expect(409, "/v1/loans", &city.firm, &loan(twin));
        assert_eq!(refused["code"], "loan_exists", "{twin}");
    }
    let rental = |number: &str| rental(number, "1000");
    let contract = city.expect(201, "/v1/rentals", &city.firm, &rental("TWIN-1"))["id"].clone();
    for twin in ["twin-1", "ＴＷＩＮ－１", "TWIN -1", "ТWIN-1"] {
        let refused = city.expect(409, "/v1/rentals", &city.firm, &rental(twin));
        assert_eq!(refused["code"], "contract_exists", "{twin}");
    }
    // so what two programmes pay for stands in the register as one contract, however it is typed
    for code in ["p", "q"] {
        let body = json!({
            "code": code, "title": {"zh": "专项", "en": code}, "instrument": "voucher",
            "legal_basis": {"document": "T-1"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
            "rules": {"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 12, "stacking": "allow"},
        });
        city.expect(201, "/v1/programmes", &city.lin, &body);
        city.expect(200, &format!("/v1/programmes/{code}/approve"), &city.chen, &json!({}));
        city.expect(201, "/v1/vouchers", &city.firm, &json!({"programme": code, "rental_id": contract}));
    }
    let register = city.get("/v1/reports/overlaps", &city.lin);
    let rows = register["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{register}");
    for row in rows {
        assert_eq!((&row["subject"], &row["number"]), (&contract, &json!("TWIN-1")), "{row}");
    }
}

#[test]
fn a_loan_is_recorded_once_and_seen_by_its_parties() {
    let city = founded("parties");
    let recorded = city.record_loan("L-1");
    let path = format!("/v1/loans/{}", recorded["id"].as_str().unwrap());
    shows(&recorded, json!({"organisation": FIRM, "principal": "200000000.00"}));
    shows(&recorded, json!({"project/investment": "500000000.00"}));

    city.post("/v1/loans", &city.firm, &loan("L-1")).is(409, "loan_exists");
    let by_officer = with(loan("L-1"), "/organisation", json!(OTHER));
    city.expect(201, "/v1/loans", &city.lin, &by_officer);

    let auditor = city.token(&city.agency, "auditor", "sun", None);
    for token in [&city.firm, &city.bank, &city.lin, &city.chen, &auditor] {
        assert_eq!(city.get(&path, token), recorded);
    }
    let other_firm = city.token(&city.agency, "enterprise", "other", Some(OTHER));
    let other_bank = city.token(&city.agency, "bank", "other-bank", Some(OTHER_BANK));
    let provider = city.token(&city.agency, "provider", "cloud", Some(BANK));
    assert_eq!([&other_firm, &other_bank].map(|token| city.status(&path, token)), [404, 404]);
    assert_eq!(city.status(&path, &provider), 403);

    let listed = |token: &str, query: &str| {
        city.get(&format!("/v1/loans{query}"), token)["data"].as_array().unwrap().len()
    };
    assert_eq!([&city.firm, &city.bank, &other_bank, &auditor].map(|token| listed(token, "")), [1, 2, 0, 2]);
    assert_eq!(listed(&auditor, &format!("?organisation={OTHER}&bank={BANK}")), 1);
    assert_eq!(listed(&auditor, &format!("?bank={OTHER_BANK}")), 0);

    let cases = [
        (404, at("not_found", "/bank"), with(loan("L-2"), "/bank", json!("91510100MA6CD0001D"))),
        (404, at("not_found", "/organisation"), with(loan("L-2"), "/organisation", json!(OTHER))),
        (422, at("invalid_period", "/matures_on"), with(loan("L-2"), "/matures_on", json!("2024-06-20"))),
        (422, at("not_yet_happened", "/signed_on"), with(loan("L-2"), "/signed_on", json!("2025-01-03"))),
        (
            422,
            at("rate_too_high", "/annual_rate_percent"),
            with(loan("L-2"), "/annual_rate_percent", json!("101")),
        ),
        (
            422,
            at("invalid_percent", "/annual_rate_percent"),
            with(loan("L-2"), "/annual_rate_percent", json!(3.25)),
        ),
        (422, at("unknown_field", "/colour"), with(loan("L-2"), "/colour", json!("red"))),
    ];
    for (status, expected, body) in cases {
        assert_eq!(city.refused_at(status, "/v1/loans", &city.firm, &body), expected, "{body}");
    }
    city.expect(200, &format!("/v1/organisations/{FIRM}/block"), &city.chen, &json!({"reason": "核查"}));
    city.post("/v1/loans", &city.firm, &loan("L-3")).is(422, "organisation_blocked");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn events_that_contradict_the_loan_are_refused_where_they_stand() {
    let city = founded("events");
    let recorded = city.record_loan("L-1");
    let path = format!("/v1/loans/{}/events", recorded["id"].as_str().unwrap());
    let amount = |kind: &str, date: &str, amount: &str| json!({"kind": kind, "date": date, "amount": amount});
    let refusals = [
        ("repayment_exceeds_principal", "/events/0", amount("repayment", "2024-07-01", "200000000.01")),
        ("repayment_exceeds_principal", "/events/0", amount("repayment", "2024-06-20", "1")),
        ("overdue_exceeds_principal", "/events/0", amount("overdue", "2024-07-01", "200000000.01")),
        ("cleared_exceeds_overdue", "/events/0", amount("overdue_cleared", "2024-07-01", "0.01")),
        ("principal_too_large", "/events/0", amount("drawdown", "2024-07-01", "999999999999.99")),
        ("before_signing", "/events/0/date", amount("drawdown", "2024-06-19", "1")),
        ("not_yet_happened", "/events/0/date", amount("drawdown", "2025-01-03", "1")),
        ("after_maturity", "/events/0/date", amount("drawdown", "2034-06-21", "1")),
        ("missing_field", "/events/0/amount", json!({"kind": "drawdown", "date": "2024-07-01"})),
        (
            "missing_field",
            "/events/0/annual_rate_percent",
            json!({"kind": "rate_change", "date": "2024-07-01"}),
        ),
        (
            "field_not_applicable",
            "/events/0/amount",
            json!({"kind": "rate_change", "date": "2024-07-01", "amount": "1", "annual_rate_percent": "3"}),
        ),
        ("invalid_amount", "/events/0/amount", amount("repayment", "2024-07-01", "0.00")),
        ("invalid_value", "/events/0/kind", amount("gift", "2024-07-01", "1")),
        (
            "rate_too_high",
            "/events/0",
            json!({"kind": "rate_change", "date": "2024-07-01", "annual_rate_percent": "100.1"}),
        ),
    ];
    for (code, pointer, event) in refusals {
        let body = json!({"events": [event]});
        assert_eq!(city.refused_at(422, &path, &city.firm, &body), at(code, pointer), "{body}");
    }
    let after = city.expect(
        200,
        &path,
        &city.firm,
        &json!({"events": [
            amount("repayment", "2024-12-01", "150000000"),
            amount("overdue", "2024-10-01", "20000000"),
            {"kind": "rate_change", "date": "2024-11-01", "annual_rate_percent": "3.1"},
        ]}),
    );
    let dates: Vec<&str> =
        after["events"].as_array().unwrap().iter().map(|e| e["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2024-06-21", "2024-10-01", "2024-11-01", "2024-12-01"]);
    assert_eq!([&after["principal"], &after["overdue"]], ["50000000.00", "20000000.00"]);
    assert_eq!(after["current_rate_percent"], "3.1");
    // a repayment found later makes one that is known a contradiction: what is new is at fault
    let body = json!({"events": [amount("repayment", "2024-09-01", "50000000.01")]});
    assert_eq!(city.refused_at(422, &path, &city.lin, &body), at("repayment_exceeds_principal", "/events"));
    city.send("POST", &path, Some(&city.firm), Some(&body), &[("If-Match", "\"1\"")]).expect(412);
    assert_eq!(city.post(&path, &city.bank, &body).status, 403);
    let other = city.token(&city.agency, "enterprise", "other", Some(OTHER));
    assert_eq!(city.post(&path, &other, &body).status, 404);
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn the_lending_bank_alone_confirms_the_interest_of_periods_that_are_over() {
    let city = founded("interest");
    let recorded = city.record_loan("L-1");
    let path = format!("/v1/loans/{}/interest-paid", recorded["id"].as_str().unwrap());
    let paid = |from: &str, until: &str, amount: &str| json!({"period": {"from": from, "until": until}, "interest_paid": amount, "penalty_interest": "12.5"});
    let body = paid("2024-06-21", "2024-09-21", "1661111.11");
    assert_eq!(city.post(&path, &city.firm, &body).status, 403);
    assert_eq!(city.post(&path, &city.lin, &body).status, 403);
    let other = city.token(&city.agency, "bank", "other", Some(OTHER_BANK));
    assert_eq!(city.post(&path, &other, &body).status, 404);
    let after = city.expect(200, &path, &city.bank, &body);
    let expected = json!([{
        "period": {"from": "2024-06-21", "until": "2024-09-21"}, "interest_paid": "1661111.11",
        "penalty_interest": "12.50", "confirmed_on": "2025-01-02", "confirmed_by": "subsidy-ledger#bank",
    }]);
    assert_eq!(after["interest_paid"], expected);
    for (status, code, pointer, body) in [
        (422, "invalid_period", "/period", paid("2024-09-21", "2024-09-21", "1")),
        (422, "before_signing", "/period/from", paid("2024-06-19", "2024-06-21", "1")),
        (422, "period_not_over", "/period/until", paid("2024-12-21", "2025-01-03", "1")),
        (409, "interest_confirmed", "", paid("2024-09-20", "2024-12-21", "1")),
        (422, "invalid_amount", "/interest_paid", paid("2024-09-21", "2024-12-21", "-1")),
    ] {
        assert_eq!(city.refused_at(status, &path, &city.bank, &body), at(code, pointer), "{body}");
    }
    // a refund: the same period is confirmed anew, and the next one may begin where it ends, and pay nothing
    city.expect(200, &path, &city.bank, &paid("2024-06-21", "2024-09-21", "1600000"));
    let after = city.expect(200, &path, &city.bank, &paid("2024-09-21", "2025-01-02", "0"));
    let amounts: Vec<&Value> =
        after["interest_paid"].as_array().unwrap().iter().map(|paid| &paid["interest_paid"]).collect();
    assert_eq!(amounts, ["1600000.00", "0.00"]);
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_quote_shows_every_segment_and_writes_nothing() {
    let city = founded("quotes");
    let before = city.ask("/v1/audit/checkpoint", &city.lin).text;
    let answer = city.quote(&quote());
    shows(&answer, json!({"amount": "766666.67", "exact": "766666.66666666666666666666", "reductions": []}));
    shows(&answer, json!({"shares": []}));
    let segment = json!({
        "from": "2024-06-21", "until": "2024-09-21", "days": 92, "principal": "200000000.00",
        "eligible_principal": "200000000.00", "annual_rate_percent": "3.25", "points": "1.5", "basis": "360",
        "exact": "766666.66666666666666666666", "subsidy": "766666.67",
    });
    assert_eq!(answer["segments"], json!([segment]));

    // the last subsidised day is 2027-12-31
    let period = json!({"from": "2027-12-30", "until": "2028-01-10"});
    let answer = city.quote(&with(quote(), "/period", period));
    assert_eq!([&answer["amount"], &answer["segments"][0]["days"]], [&json!("16666.67"), &json!(2)]);
    let outside = city.quote(&with(quote(), "/period", json!({"from": "2028-01-01", "until": "2028-02-01"})));
    assert_eq!([&outside["amount"], &outside["segments"]], [&json!("0.00"), &json!([])]);
    // both days of a window count
    let window = json!({"from": "2024-07-01", "until": "2024-07-02"});
    assert_eq!(city.quote(&with(quote(), "/window", window))["segments"][0]["days"], 2);

    // days before the first drawdown are shown and earn nothing
    let early = city.quote(&with(quote(), "/period", json!({"from": "2024-06-11", "until": "2024-07-01"})));
    shows(&early, json!({"segments/0/principal": "0.00", "amount": "83333.33"}));
    let nothing = city.quote(&with(quote(), "/interest_paid", json!("0")));
    assert_eq!(nothing["amount"], "0.00");
    assert_eq!(nothing["reductions"], json!([{"code": "paid_interest_ceiling", "amount": "766666.67"}]));

    // the caps in their order, and the shares of what is left
    let capped = with(quote(), "/interest_paid", json!("600000"));
    let caps = json!({"claim": "700000", "lifetime": "500000.03", "annual": {"amount": "400000.03", "counts": ["issue"]}});
    let mut capped = with(capped, "/rules/caps", caps);
    capped["rules"]["shares"] =
        json!([{"level": "city", "percent": "50"}, {"level": "district", "percent": "50"}]);
    let answer = city.quote(&capped);
    assert_eq!(
        answer["reductions"],
        json!([{"code": "claim_cap", "clause": "/caps/claim", "amount": "66666.67"}, {"code": "paid_interest_ceiling", "amount": "100000.00"},
            {"code": "lifetime_cap", "clause": "/caps/lifetime", "amount": "99999.97"}, {"code": "annual_cap", "clause": "/caps/annual", "amount": "100000.00"}])
    );
    assert_eq!([&answer["computed"], &answer["amount"]], ["766666.67", "400000.03"]);
    assert_eq!(
        answer["shares"],
        json!([{"level": "city", "amount": "200000.02"}, {"level": "district", "amount": "200000.01"}])
    );
    let principal = city.quote(&with(quote(), "/rules/principal_cap", json!("100000000")));
    shows(&principal, json!({"amount": "383333.33", "segments/0/eligible_principal": "100000000.00"}));
    assert_eq!(city.ask("/v1/audit/checkpoint", &city.lin).text, before, "a quote writes nothing");

    let keyless = quote().to_string();
    let roles = ["officer", "approver", "auditor", "operator"];
    for role in roles {
        let token = city.token(&city.agency, role, role, None);
        assert_eq!(city.quote(&quote()), city.expect(200, "/v1/interest-subsidies/quote", &token, &quote()));
    }
    let sent = ureq::post(format!("{}/v1/interest-subsidies/quote", city.base))
        .header("Authorization", format!("Bearer {}", city.bank))
        .header("Content-Type", "application/json")
        .send(keyless)
        .unwrap();
    assert_eq!(sent.status(), 200, "no idempotency key is needed");
}

#[test]
fn a_quote_takes_reference_rates_that_are_loaded_and_begins_a_segment_where_they_change() {
    let city = founded("rates");
    let mut body = quote();
    body["rules"]["points"] = json!({"max": "1.5", "share_of_reference": {"name": "LPR5Y", "percent": "30"}});
    assert_eq!(city.quote_refused(422, &body), at("reference_rate_missing", ""));
    for (date, percent) in [("2024-02-20", "3.95"), ("2024-07-22", "3.85"), ("2024-10-21", "3.6")] {
        let rate = json!({"name": "LPR5Y", "date": date, "percent": percent});
        city.expect(201, "/v1/reference-rates", &city.lin, &rate);
    }
    let answer = city.quote(&body);
    let segments: Vec<[&Value; 3]> = answer["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| [&s["from"], &s["days"], &s["points"]])
        .collect();
    assert_eq!(
        segments,
        [
            [&json!("2024-06-21"), &json!(31), &json!("1.185")],
            [&json!("2024-07-22"), &json!(61), &json!("1.155")]
        ]
    );
    // 200,000,000 × (1.185 % × 31 + 1.155 % × 61) ÷ 360
    assert_eq!([&answer["exact"], &answer["amount"]], ["595500.00", "595500.00"]);

    let mut dear = quote();
    dear["rules"]["rate_ceiling"] = json!({"reference": "LPR5Y", "spread_bp": -70});
    assert_eq!(city.quote(&dear)["amount"], "766666.67", "no day of signing, no ceiling");
    dear["loan"]["signed_on"] = json!("2024-06-20");
    assert_eq!(city.quote(&dear)["amount"], "766666.67", "3.95 less 0.70 is 3.25");
    dear["loan"]["annual_rate_percent"] = json!("3.250001");
    assert_eq!(city.quote_refused(422, &dear), at("loan_rate_above_ceiling", ""));
    dear["loan"]["annual_rate_percent"] = json!("3.25");
    dear["loan"]["events"] = json!([{"kind": "drawdown", "date": "2024-07-22", "amount": "200000000.00"}]);
    dear["loan"]["signed_on"] = json!("2024-07-22");
    assert_eq!(city.quote_refused(422, &dear), at("loan_rate_above_ceiling", ""));
}

#[test]
fn a_quote_under_a_programme_takes_its_rules_and_window() {
    let city = founded("programme");
    let programme = |code: &str, instrument: &str, rules: Value| {
        json!({"code": code, "title": {"zh": "贴息", "en": "interest"}, "instrument": instrument,
            "legal_basis": {"document": "T-1"}, "window": {"from": "2024-07-01", "until": "2027-12-31"}, "rules": rules})
    };
    let rules = json!({"points": {"max": "1"}, "day_count": "30e/360"});
    city.expect(201, "/v1/programmes", &city.lin, &programme("loans", "interest_subsidy", rules));
    let mut body = quote();
    body.as_object_mut().unwrap().remove("rules");
    assert_eq!(city.quote_refused(422, &body), at("missing_field", "/rules"));
    body["programme"] = json!("loans");
    assert_eq!(city.quote_refused(409, &body).0, "programme_not_active");
    city.expect(200, "/v1/programmes/loans/approve", &city.chen, &json!({}));
    let answer = city.quote(&body);
    shows(&answer, json!({"segments/0/from": "2024-07-01", "segments/0/days": 80, "amount": "444444.44"}));
    shows(&answer, json!({"rules_version": 1}));
    let both = with(body.clone(), "/rules", json!({"points": {"max": "1"}}));
    assert_eq!(city.quote_refused(422, &both), at("rules_or_programme", "/programme"));
    assert_eq!(
        city.quote_refused(404, &with(body.clone(), "/programme", json!("none"))),
        at("not_found", "/programme")
    );
    let voucher = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 12});
    city.expect(201, "/v1/programmes", &city.lin, &programme("vouchers", "voucher", voucher));
    city.expect(200, "/v1/programmes/vouchers/approve", &city.chen, &json!({}));
    assert_eq!(city.quote_refused(422, &with(body, "/programme", json!("vouchers"))).0, "wrong_instrument");
}

#[test]
fn a_quote_of_what_cannot_be_is_refused_at_its_place() {
    let city = founded("refused");
    let event = |kind: &str, date: &str, amount: &str| json!({"kind": kind, "date": date, "amount": amount});
    let drawn = event("drawdown", "2024-06-21", "10");
    let cases = [
        ("statutory_points_cap", "/rules/points/max", "/rules/points/max", json!("1.500001")),
        (
            "statutory_window",
            "/window/until",
            "/window",
            json!({"from": "2024-01-01", "until": "2028-01-01"}),
        ),
        ("invalid_window", "/window", "/window", json!({"from": "2024-01-02", "until": "2024-01-01"})),
        ("rules_field_missing", "/rules/points", "/rules", json!({"day_count": "actual/360"})),
        ("rules_field_not_applicable", "/rules/validity_months", "/rules/validity_months", json!(3)),
        ("rules_invalid", "/rules/shares", "/rules/shares", json!([{"level": "city", "percent": "99"}])),
        ("unknown_field", "/rules/colour", "/rules/colour", json!("red")),
        ("invalid_value", "/rules/day_count", "/rules/day_count", json!("actual/364")),
        ("invalid_period", "/period", "/period", json!({"from": "2024-06-21", "until": "2024-06-21"})),
        ("invalid_date", "/period/until", "/period/until", json!("2024-02-30")),
        ("invalid_amount", "/interest_paid", "/interest_paid", json!("1e3")),
        ("invalid_amount", "/interest_paid", "/interest_paid", json!(5)),
        ("invalid_amount", "/loan/events/0/amount", "/loan/events/0/amount", json!("0.001")),
        ("invalid_points", "/other_points", "/other_points", json!("-1")),
        ("rate_too_high", "/loan/annual_rate_percent", "/loan/annual_rate_percent", json!("325")),
        ("before_signing", "/loan/events/0/date", "/loan/signed_on", json!("2024-06-22")),
        // the place in the body, not in the order of the days
        (
            "repayment_exceeds_principal",
            "/loan/events/0",
            "/loan/events",
            json!([event("repayment", "2024-07-01", "10.01"), drawn]),
        ),
        (
            "overdue_exceeds_principal",
            "/loan/events/1",
            "/loan/events",
            json!([drawn, event("overdue", "2024-07-01", "10.01")]),
        ),
        (
            "cleared_exceeds_overdue",
            "/loan/events/1",
            "/loan/events",
            json!([drawn, event("overdue_cleared", "2024-07-01", "1")]),
        ),
    ];
    for (code, pointer, place, value) in cases {
        let body = with(quote(), place, value);
        assert_eq!(city.quote_refused(422, &body), at(code, pointer), "{body}");
    }
    let english = city.send(
        "POST",
        "/v1/interest-subsidies/quote",
        Some(&city.firm),
        Some(&with(quote(), "/rules/points/max", json!("1.51"))),
        &[("Accept-Language", "en")],
    );
    assert_eq!(english.json()["detail"], "At most 1.5 points of interest are paid.");
    city.send("POST", "/v1/interest-subsidies/quote", None, Some(&quote()), &[]).expect(401);
}
