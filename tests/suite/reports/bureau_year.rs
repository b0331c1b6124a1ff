//! A bureau's year: budget codes from the appropriation to the payment file, carry-over at the year's end, targets and what
//! was achieved of them.

use serde_json::{Value, json};

use super::city::{City, rules, shows, text};
use super::rows;

const CODES: [(&str, &str); 4] =
    [("project", "440300250000000012345"), ("function", "2060404"), ("economy", "31204"), ("fund", "1")];

fn codes() -> Value {
    CODES
        .iter()
        .map(|(name, code)| ((*name).to_owned(), json!(code)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// A programme with budget codes, whose window ends on a day.
fn programme(city: &City, until: &str) {
    let body = json!({
        "code": "coded", "title": {"zh": "算力券专项", "en": "coded"}, "instrument": "voucher",
        "legal_basis": {"document": "T-1"}, "window": {"from": "2025-01-01", "until": until},
        "budget_codes": codes(), "rules": rules(json!({})),
    });
    shows(&city.expect(201, "/v1/programmes", &city.lin, &body), json!({"budget_codes": codes()}));
    city.expect(200, "/v1/programmes/coded/approve", &city.chen, &json!({}));
}

fn appropriate(city: &City, amount: &str, fiscal_year: i32, more: &Value) -> Value {
    let path = "/v1/programmes/coded/appropriations";
    let body = json!({"amount": amount, "fiscal_year": fiscal_year, "document": "财建〔2025〕1号"});
    let found = city.expect(201, path, &city.lin, &super::city::merged(body, more));
    city.expect(200, &format!("{path}/{}/approve", text(&found, "/id")), &city.chen, &json!({}))
}

fn of_programme<'a>(report: &'a Value, programme: &str) -> Vec<&'a Value> {
    rows(report).iter().filter(|row| row["programme"] == programme).collect()
}

#[test]
fn codes_go_with_the_money_from_the_appropriation_to_the_payment_file() {
    let city = City::open("codes", &rules(json!({})), "1000");
    programme(&city, "2027-12-31");
    shows(&appropriate(&city, "2000", 2025, &json!({})), json!({"budget_codes": codes()}));
    let other = json!({"project": "P-2", "function": "2060499", "economy": "31205", "fund": "1"});
    let own = appropriate(&city, "100", 2025, &json!({"budget_codes": other}));
    assert_eq!(own["budget_codes"], other, "an appropriation's own go first");

    let voucher = city.voucher_of("coded", &city.firm, "6000");
    let claim = city.approved(&voucher, "4000", false);
    let batch = text(&city.batch(&[&claim]), "/id");
    let file = |format: &str| {
        let path = format!("/v1/payment-batches/{batch}/file?format={format}");
        city.ask(&path, &city.lin).expect(200)
    };
    let csv = file("csv").text;
    for (name, code) in CODES {
        assert!(csv.lines().next().unwrap().contains(&format!("budget_{name}")), "{csv}");
        assert!(csv.lines().nth(1).unwrap().contains(code), "{csv}");
    }
    for path in ["budget-execution", "carry-over?fiscal_year=2025"] {
        let report = city.get(&format!("/v1/reports/{path}"), &city.sun);
        let said = |row: &Value| CODES.map(|(name, _)| row[format!("budget_{name}")].clone());
        assert_eq!(said(of_programme(&report, "coded")[0]), CODES.map(|(_, code)| json!(code)), "{path}");
        assert_eq!(said(of_programme(&report, "p")[0]), [(); 4].map(|()| Value::Null), "{path}");
    }
    city.verifies();
}

#[test]
fn what_is_left_of_a_year_is_carried_over_while_the_programme_runs_and_a_balance_after_it() {
    let city = City::open("carry", &rules(json!({})), "1000");
    programme(&city, "2025-12-31");
    appropriate(&city, "2000", 2025, &json!({}));
    // 20 % of 6,000.00 is committed, 800.00 of it paid; of the other programme all of 1,000.00
    for (programme, contract) in [("p", "5000"), ("coded", "6000")] {
        let voucher = city.voucher_of(programme, &city.firm, contract);
        let claim = city.approved(&voucher, "4000", false);
        city.paid(&[&claim], "2025-01-02");
        let report = city.get("/v1/reports/carry-over?fiscal_year=2025", &city.sun);
        let found = of_programme(&report, programme)[0];
        let expected = json!({"money_of": "2025", "expended": "800.00", "balance_left": "0.00"});
        shows(found, expected);
    }
    city.move_to("2026-01-05");
    let report = city.get("/v1/reports/carry-over?fiscal_year=2025", &city.sun);
    shows(
        of_programme(&report, "coded")[0],
        json!({"as_of": "2025-12-31", "carried_over": "400.00", "balance_left": "800.00"}),
    );
    shows(of_programme(&report, "p")[0], json!({"carried_over": "200.00", "balance_left": "0.00"}));
    let now = city.get("/v1/reports/carry-over", &city.sun);
    shows(of_programme(&now, "p")[0], json!({"as_of": "2026-01-05", "carried_over": "200.00"}));
    for path in ["performance?fiscal_year=x", "carry-over?fiscal_year=25"] {
        assert_eq!(city.status(&format!("/v1/reports/{path}"), &city.sun), 400, "{path}");
    }
}

#[test]
fn targets_are_held_to_what_was_posted() {
    let city = City::open("targets", &rules(json!({})), "1000");
    programme(&city, "2027-12-31");
    let target = |metric: &str, at_least: &str| json!({"metric": metric, "at_least": at_least});
    let first = json!({"targets": [target("expended", "1000"), target("organisations", "2")]});
    appropriate(&city, "1500", 2025, &first);
    // the newest target of a metric counts
    appropriate(
        &city,
        "500",
        2025,
        &json!({"targets": [target("expended", "800"), target("execution_rate_percent", "50")]}),
    );
    let voucher = city.voucher_of("coded", &city.firm, "6000");
    let claim = city.approved(&voucher, "4000", false);
    city.paid(&[&claim], "2025-01-02");
    let report = city.get("/v1/reports/performance?fiscal_year=2025", &city.sun);
    let found: Vec<_> = of_programme(&report, "coded")
        .iter()
        .map(|row| {
            ["metric", "target", "actual", "achieved_percent", "result"]
                .map(|name| row[name].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    assert_eq!(
        found,
        [
            ["expended", "800.00", "800.00", "100.00", "reached"],
            ["execution_rate_percent", "50.00", "40.00", "80.00", "not_reached"],
            ["organisations", "2", "1", "50.00", "not_reached"],
        ]
    );
    assert!(of_programme(&report, "p").iter().all(|row| row["result"] == "no_target"));

    let path = "/v1/programmes/coded/appropriations";
    let body = |more: Value| {
        super::city::merged(json!({"amount": "1", "fiscal_year": 2025, "document": "1号"}), &more)
    };
    let twice = json!({"targets": [target("expended", "1"), target("expended", "2")]});
    city.post(path, &city.lin, &body(twice)).is(422, "target_twice");
    let wrong =
        json!({"budget_codes": {"project": "项目", "function": "2060404", "economy": "31204", "fund": "1"}});
    city.post(path, &city.lin, &body(wrong)).is(422, "invalid_budget_code");
    city.verifies();
}
