//! Banks paid ahead, over HTTP: what they deduct, what is left, and the yearly settlement.

use crate::support::city;
use crate::support::service;

use city::{City, FIRM, OTHER, interest, interest_rules, merged, rules, shows, text};
use serde_json::{Value, json};
use service::Service;

const BANK: &str = "91330100MA2AX00016";
const SECOND: &str = "91510100MA6CD0001D";
const TRUE_UPS: &str = "/v1/prefunds/true-ups";
const THIRD: [&str; 2] = ["2024-06-01", "2024-09-01"];
const FOURTH: [&str; 2] = ["2024-09-01", "2024-12-01"];

/// A city with two banks and a programme, `i`, that pays them ahead out of a million.
fn prefunding(agency: &str, more: &Value) -> City {
    let city = City::open(agency, &rules(json!({})), "100000");
    for (code, name) in [(BANK, "某银行"), (SECOND, "另一银行")] {
        let body = json!({"credit_code": code, "name": name, "category": "state_owned_enterprise"});
        city.expect(201, "/v1/organisations", &city.lin, &body);
    }
    let rules = merged(interest_rules(&json!({"payee": "bank", "prefund": true})), more);
    city.programme_of("interest_subsidy", "i", &rules, "1000000");
    city
}

fn asked(bank: &str, amount: &str, year: i32) -> Value {
    json!({"programme": "i", "bank": bank, "amount": amount, "fiscal_year": year, "document": "预拨1号"})
}

/// A prefund, approved; its id.
fn prefund(city: &City, bank: &str, amount: &str, year: i32) -> String {
    let id = city.create("/v1/prefunds", &city.lin, &asked(bank, amount, year));
    city.expect(200, &format!("/v1/prefunds/{id}/approve"), &city.chen, &json!({}));
    id
}

/// A loan at 3.25 % of which 20m were drawn on the first of June 2024: 76,666.67 for 92 days, 75,833.33 for 91.
fn loan(city: &City, number: &str, bank: &str) -> String {
    city.loan(number, bank, "20000000")
}

/// A claim that waits for its approval.
fn reviewed(city: &City, loan: &str, days: [&str; 2]) -> String {
    city.review(city.filed(&city.firm, &interest("i", loan, days, "166111.11")))
}

fn approve(city: &City, claim: &str) -> Value {
    city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.chen, &json!({}))
}

fn deducted(city: &City, loan: &str, days: [&str; 2]) -> String {
    let id = reviewed(city, loan, days);
    approve(city, &id);
    id
}

fn recalculated(city: &City, claim: &str, changes: &Value) -> (u16, Value) {
    let asked = json!({"changes": changes, "reason": "更正"});
    let found = city.expect(201, &format!("/v1/claims/{claim}/recalculate"), &city.zhao, &asked);
    let path = format!("/v1/claims/{claim}/recalculations/{}/approve", found["version"]);
    let answer = city.post(&path, &city.chen, &json!({}));
    (answer.status, answer.json())
}

/// opening, paid, deducted, rolled, returned, left of a bank's year.
fn year(city: &City, bank: &str, year: i32) -> [String; 6] {
    let found = city.get(&format!("/v1/prefunds/balances?bank={bank}"), &city.sun);
    let rows = found["data"].as_array().unwrap();
    let row = rows.iter().find(|row| row["fiscal_year"] == year).expect("the year");
    let shown = ["opening", "paid", "deducted", "rolled", "returned", "left"]
        .map(|name| text(row, &format!("/{name}")));
    let fen: Vec<i64> = shown.iter().map(|amount| amount.replace('.', "").parse().unwrap()).collect();
    assert_eq!(fen[0] + fen[1] - fen[2] - fen[3] - fen[4], fen[5], "{row}");
    shown
}

fn statement(year: i32, action: &str, deducted: &str) -> Value {
    json!({
        "programme": "i", "bank": BANK, "fiscal_year": year, "action": action,
        "statement": {"deducted": deducted}, "document": "清算1号",
    })
}

fn returning(year: i32, deducted: &str, date: &str) -> Value {
    let mut body = statement(year, "return", deducted);
    body["bank_reference"] = json!("FT9");
    body["date"] = json!(date);
    body
}

fn trued_up(city: &City, body: &Value) -> Value {
    let id = city.create(TRUE_UPS, &city.lin, body);
    city.expect(200, &format!("{TRUE_UPS}/{id}/approve"), &city.chen, &json!({}))
}

fn verifies(service: &Service, agency: &str) {
    assert!(service.cli(&["verify", "--agency", agency]).contains("verified"));
}

/// account, side, level, amount of the lines of a document's last transaction.
fn lines(city: &City, document: &str) -> Vec<[String; 4]> {
    let found = city.get(&format!("/v1/ledger/transactions?document={document}"), &city.sun);
    let last = found["data"].as_array().unwrap().last().expect("a transaction").clone();
    let line = |entry: &Value| {
        ["account", "side", "level", "amount"].map(|name| entry[name].as_str().unwrap_or_default().to_owned())
    };
    last["entries"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_bank_is_paid_ahead_and_deducts_until_nothing_is_left() {
    let city = prefunding("deductions", &json!({}));
    let bank = city.token("deductions", "bank", "bank", Some(BANK));
    let second = city.token("deductions", "bank", "second", Some(SECOND));

    // proposed by one, approved by another
    let proposed = city.expect(201, "/v1/prefunds", &city.lin, &asked(BANK, "100000", 2025));
    assert_eq!((&proposed["status"], &proposed["shares"]), (&json!("proposed"), &json!([])));
    let path = format!("/v1/prefunds/{}", text(&proposed, "/id"));
    let both = city.token("deductions", "officer,approver", "lin", None);
    city.post(&format!("{path}/approve"), &both, &json!({})).is(403, "same_person");
    city.post(&format!("{path}/approve"), &city.zhao, &json!({})).is(403, "forbidden");
    let tasks = city.get("/v1/tasks", &city.chen);
    assert!(
        tasks["data"].as_array().unwrap().iter().any(|task| task["document"] == proposed["id"]),
        "{tasks}"
    );
    assert_eq!(city.ledger(["B2001", "F1214"]), ["1100000.00", "0.00"]);
    let approved = city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
    shows(&approved, json!({"status": "approved", "shares": [{"level": null, "amount": "100000.00"}]}));
    let accounts = ["B2001", "B2005", "B2008", "F1214", "F4001", "Y7101", "Y6001"];
    let hundred = || "100000.00".to_owned();
    let spent =
        ["1000000.00".to_owned(), "0.00".to_owned(), hundred(), hundred(), hundred(), hundred(), hundred()];
    assert_eq!(city.ledger(accounts), spent);
    assert_eq!(city.get("/v1/programmes/i", &city.sun)["budget"]["expended"], json!("100000.00"));
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(409, "wrong_state");
    city.post(&format!("{path}/reject"), &city.chen, &json!({"reason": "x"})).is(409, "wrong_state");

    // a claim is paid with its approval: its expense is the prefund's, the pot was spent before
    let lent = loan(&city, "L-1", BANK);
    let claim = reviewed(&city, &lent, THIRD);
    let shown = approve(&city, &claim);
    shows(&shown, json!({"status": "paid", "amount": "76666.67", "payee": BANK, "paid": "76666.67"}));
    shows(&shown, json!({"payable": "0.00", "paid_on": "2025-01-02", "payments/0/prefund_year": 2025}));
    let posted = lines(&city, &claim);
    let expected = [["F5001.03", "debit", "", "76666.67"], ["F1214", "credit", "", "76666.67"]];
    assert_eq!(posted, expected.map(|line| line.map(str::to_owned)));
    assert_eq!(
        city.ledger(["B2001", "B2008", "F2302", "F1214"]),
        ["1000000.00", "100000.00", "0.00", "23333.33"]
    );
    let batch = json!({"claim_ids": [claim]});
    city.post("/v1/payment-batches", &city.lin, &batch).is(409, "claim_not_payable");

    // what is not left is not deducted; another bank's money is its own
    prefund(&city, SECOND, "500000", 2025);
    let next = reviewed(&city, &lent, FOURTH);
    let found = city.expect(409, &format!("/v1/claims/{next}/approve"), &city.chen, &json!({}));
    assert_eq!(found["code"], json!("prefund_exhausted"));
    assert!(
        text(&found, "/detail").contains("23333.33") && text(&found, "/detail").contains("75833.33"),
        "{found}"
    );
    // what the bank laid out beyond it is paid by a further prefund
    prefund(&city, BANK, "60000", 2025);
    approve(&city, &next);
    assert_eq!(year(&city, BANK, 2025), ["0.00", "160000.00", "152500.00", "0.00", "0.00", "7500.00"]);
    assert_eq!(year(&city, SECOND, 2025)[5], "500000.00");

    // each bank sees its own
    let seen = |path: &str, token: &str| city.get(path, token)["data"].as_array().unwrap().len();
    assert_eq!(
        (seen("/v1/prefunds", &city.sun), seen("/v1/prefunds", &bank), seen("/v1/prefunds", &second)),
        (3, 2, 1)
    );
    assert_eq!((seen("/v1/prefunds/balances", &bank), seen("/v1/prefunds?status=proposed", &bank)), (1, 0));
    assert_eq!((city.status(&path, &bank), city.status(&path, &second)), (200, 404));
    assert_eq!(
        (city.status(&path, &city.firm), city.status("/v1/prefunds/balances", &city.firm)),
        (403, 403)
    );
    verifies(&city, "deductions");
}

#[test]
fn what_is_found_out_later_is_the_prefunds_and_what_is_asked_back_is_the_enterprises() {
    let city =
        prefunding("later", &json!({"caps": {"annual": {"amount": "160000", "counts": ["redemption"]}}}));
    prefund(&city, BANK, "80000", 2025);
    let lent = loan(&city, "L-1", BANK);
    let claim = deducted(&city, &lent, THIRD);
    assert_eq!(year(&city, BANK, 2025)[5], "3333.33");

    // less interest was owed than was said: the difference is the bank's to deduct again
    let (status, down) = recalculated(&city, &claim, &json!({"interest_paid": "60000"}));
    assert_eq!((status, &down["difference"], &down["recovery_id"]), (200, &json!("-16666.67"), &Value::Null));
    let shown = city.claim(&claim);
    shows(&shown, json!({"status": "paid", "paid": "60000.00", "recovered": "0.00"}));
    shows(&shown, json!({"payments/1/amount": "-16666.67"}));
    assert_eq!(city.ledger(["F1214", "F5001.03", "F1212"]), ["20000.00", "60000.00", "0.00"]);
    assert_eq!(year(&city, BANK, 2025), ["0.00", "80000.00", "60000.00", "0.00", "0.00", "20000.00"]);

    // more than is left is not taken
    let lent_too = loan(&city, "L-2", BANK);
    let small = reviewed(&city, &lent_too, ["2024-06-01", "2024-06-21"]);
    approve(&city, &small);
    assert_eq!(year(&city, BANK, 2025)[5], "3333.33");
    let (status, up) = recalculated(&city, &claim, &json!({"interest_paid": "70000"}));
    assert_eq!((status, &up["code"]), (409, &json!("prefund_exhausted")));
    prefund(&city, BANK, "10000", 2025);
    let path = format!("/v1/claims/{claim}/recalculate/approve");
    city.expect(200, &path, &city.chen, &json!({}));
    assert_eq!(year(&city, BANK, 2025), ["0.00", "90000.00", "86666.67", "0.00", "0.00", "3333.33"]);
    // the year's cap counts what is deducted: 73,333.33 of 160,000.00 are left
    let next = city.expect(201, "/v1/claims", &city.firm, &json!({
        "kind": "interest_subsidy", "programme": "i", "loan_id": lent, "period": {"from": FOURTH[0], "until": FOURTH[1]},
        "interest_paid": "166111.11",
    }));
    assert_eq!(
        next["calculation"]["reductions"],
        json!([{"code": "annual_cap", "clause": "/caps/annual", "amount": "2500.00"}])
    );

    // what the enterprise was not to have comes back from it, not from the bank
    let recovery = city.recovery(&claim, "30000", &json!({}));
    assert_eq!(city.ledger(["F1212", "F5001.03", "F1214"]), ["30000.00", "56666.67", "3333.33"]);
    let receipt = json!({"amount": "30000", "date": "2025-01-02", "bank_reference": "R1"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/receipts"), &city.lin, &receipt);
    assert_eq!(city.ledger(["F1212", "B2008", "F1214"]), ["0.00", "60000.00", "3333.33"]);
    // what was asked back is not given back too: 40,000.00 of the 70,000.00 are not
    let asked = json!({"changes": {"interest_paid": "20000"}, "reason": "x"});
    city.post(&format!("/v1/claims/{claim}/recalculate"), &city.zhao, &asked).is(422, "exceeds_outstanding");
    let report = city.get("/v1/reports/recalculation?programme=i", &city.sun);
    assert!(report["rows"].as_array().unwrap().iter().all(|row| row["result"] == "same"), "{report}");
    verifies(&city, "later");
}

#[test]
fn a_year_is_trued_up_with_what_the_bank_states_and_what_is_left_rolls() {
    let city = prefunding("rolling", &json!({}));
    let bank = city.token("rolling", "bank", "bank", Some(BANK));
    city.post(TRUE_UPS, &city.lin, &statement(2025, "roll", "0")).is(409, "nothing_prefunded");
    prefund(&city, BANK, "200000", 2025);
    let lent = loan(&city, "L-1", BANK);
    deducted(&city, &lent, THIRD);
    // filed in the year, so that its approval can count in it
    let next = reviewed(&city, &lent, FOURTH);
    let late = reviewed(&city, &lent, ["2024-12-01", "2025-01-01"]);
    city.move_to("2026-01-15");
    // nobody settled the year yet: an auditor asks why
    let questions = |as_of: &str| {
        let report = city.get(&format!("/v1/reports/exceptions?programme=i&as_of={as_of}"), &city.sun);
        let rows = report["rows"].as_array().unwrap().clone();
        rows.into_iter().filter(|row| row["code"] == "prefund_not_trued_up").collect::<Vec<_>>()
    };
    let asked = questions("2026-01-15");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((&asked[0]["organisation"], &asked[0]["amount"]), (&json!(BANK), &json!("123333.33")));
    assert!(questions("2025-12-31").is_empty());

    // the bank states another figure
    let found = city.expect(422, TRUE_UPS, &city.lin, &statement(2025, "roll", "76666.60"));
    shows(&found, json!({"code": "statement_differs", "errors/0/pointer": "/statement/deducted"}));
    assert!(text(&found, "/detail").contains("-0.07"), "{found}");
    let mut body = statement(2025, "roll", "76666.67");
    body["statement"]["left"] = json!("123333.00");
    city.post(TRUE_UPS, &city.lin, &body).refuses(422, "statement_differs", "/statement/left");
    body["statement"]["left"] = json!("123333.33");
    body["reason"] = json!("年度清算");
    let proposed = city.expect(201, TRUE_UPS, &city.lin, &body);
    let figures =
        ["opening", "paid", "prefunded", "deducted", "left"].map(|name| text(&proposed, &format!("/{name}")));
    assert_eq!(figures, ["0.00", "200000.00", "200000.00", "76666.67", "123333.33"]);
    shows(
        &proposed,
        json!({"statement": {"deducted": "76666.67", "left": "123333.33"}, "reason": "年度清算"}),
    );
    city.post(TRUE_UPS, &city.lin, &body).is(409, "true_up_pending");
    let path = format!("{TRUE_UPS}/{}", text(&proposed, "/id"));
    let both = city.token("rolling", "officer,approver", "lin", None);
    city.post(&format!("{path}/approve"), &both, &json!({})).is(403, "same_person");
    let tasks = city.get("/v1/tasks", &city.chen);
    assert!(tasks["data"].as_array().unwrap().iter().any(|task| task["kind"] == "true_up"), "{tasks}");

    // the deduction of what was filed in the year came between
    let dated = json!({"effective_date": "2025-12-31"});
    let found = city.expect(200, &format!("/v1/claims/{next}/approve"), &city.chen, &dated);
    assert_eq!((&found["payments"][0]["prefund_year"], &found["fiscal_year"]), (&json!(2025), &json!(2025)));
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(409, "true_up_stale");
    let rejected = city.expect(200, &format!("{path}/reject"), &city.chen, &json!({"reason": "重报"}));
    assert_eq!((&rejected["status"], &rejected["rejection"]), (&json!("rejected"), &json!("重报")));
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(409, "wrong_state");
    let mut body = statement(2025, "roll", "152500.00");
    body["date"] = json!("2025-12-30");
    city.post(TRUE_UPS, &city.lin, &body).is(422, "effective_date_too_early");
    body["date"] = json!("2026-01-10");
    let done = trued_up(&city, &body);
    shows(&done, json!({"status": "approved", "left": "47500.00", "effective_date": "2026-01-10"}));
    assert_eq!(year(&city, BANK, 2025), ["0.00", "200000.00", "152500.00", "47500.00", "0.00", "0.00"]);
    assert_eq!(year(&city, BANK, 2026), ["47500.00", "0.00", "0.00", "0.00", "0.00", "47500.00"]);
    // the year is a dimension: nothing else moved
    assert_eq!(
        city.ledger(["F1214", "B2001", "B2008", "Y7101"]),
        ["47500.00", "900000.00", "200000.00", "200000.00"]
    );
    let posted = lines(&city, &text(&done, "/id"));
    let expected = [["F1214", "debit", "", "47500.00"], ["F1214", "credit", "", "47500.00"]];
    assert_eq!(posted, expected.map(|line| line.map(str::to_owned)));
    assert!(questions("2026-01-15").is_empty());
    assert_eq!(city.get("/v1/prefunds/balances", &bank)["data"][0]["trued_up"], json!(true));
    assert_eq!(city.get(TRUE_UPS, &bank)["data"].as_array().unwrap().len(), 2);
    assert_eq!(city.status(&path, &bank), 200);
    let second = city.token("rolling", "bank", "second", Some(SECOND));
    assert_eq!(city.status(&path, &second), 404);

    // the year takes nothing more; what is found out later counts in the next
    city.post(TRUE_UPS, &city.lin, &body).is(409, "prefund_trued_up");
    city.post("/v1/prefunds", &city.lin, &self::asked(BANK, "1", 2025)).is(409, "prefund_trued_up");
    let approve_late = format!("/v1/claims/{late}/approve");
    city.post(&approve_late, &city.chen, &dated).is(409, "prefund_trued_up");
    let early = json!({"effective_date": "2026-01-09"});
    city.post(&approve_late, &city.chen, &early).is(422, "effective_date_too_early");
    approve(&city, &late);
    let (status, _) = recalculated(&city, &next, &json!({"interest_paid": "70000"}));
    assert_eq!(status, 200);
    // 47,500.00 − 25,833.33 + 5,833.33
    assert_eq!(year(&city, BANK, 2026), ["47500.00", "0.00", "20000.00", "0.00", "0.00", "27500.00"]);
    let journal = city.ask("/v1/reports/journal?format=hledger", &city.sun);
    assert!(journal.status == 200 && journal.text.contains("F1214"), "{}", journal.text);
    verifies(&city, "rolling");
}

#[test]
fn what_is_left_comes_back_to_the_budget_at_every_level() {
    let shares = json!([{"level": "city", "percent": "50"}, {"level": "district", "percent": "50"}]);
    let city = prefunding("returning", &json!({"shares": shares}));
    // 50,000.00 each and a fen: the largest remainder gives it to the first
    prefund(&city, BANK, "100000.01", 2025);
    let found = city.get("/v1/prefunds/balances", &city.sun);
    let expected =
        json!([{"level": "city", "amount": "50000.01"}, {"level": "district", "amount": "50000.00"}]);
    assert_eq!(found["data"][0]["shares"], expected);
    let lent = loan(&city, "L-1", BANK);
    let claim = deducted(&city, &lent, ["2024-06-01", "2024-06-02"]);
    let parts: Vec<_> = lines(&city, &claim)
        .into_iter()
        .map(|[account, _, level, amount]| [account, level, amount])
        .collect();
    let expected = [
        ["F5001.03", "city", "416.67"],
        ["F1214", "city", "416.67"],
        ["F5001.03", "district", "416.66"],
        ["F1214", "district", "416.66"],
    ];
    assert_eq!(parts, expected.map(|line| line.map(str::to_owned)));

    let body = returning(2025, "833.33", "2025-01-02");
    for name in ["bank_reference", "date"] {
        let mut without = body.clone();
        without.as_object_mut().unwrap().remove(name);
        let found = city.expect(422, TRUE_UPS, &city.lin, &without);
        shows(&found, json!({"code": "missing_field", "errors/0/pointer": format!("/{name}")}));
    }
    let mut rolls = statement(2025, "roll", "833.33");
    rolls["bank_reference"] = json!("FT9");
    city.post(TRUE_UPS, &city.lin, &rolls).is(422, "field_not_applicable");
    let future = returning(2025, "833.33", "2025-01-03");
    city.post(TRUE_UPS, &city.lin, &future).is(422, "effective_date_in_future");
    city.move_to("2025-12-20");
    let done = trued_up(&city, &returning(2025, "833.33", "2025-12-19"));
    shows(&done, json!({"left": "99166.68", "bank_reference": "FT9", "effective_date": "2025-12-19"}));
    let accounts = ["B2001", "B2008", "F1214", "F4001", "Y7101", "Y6001", "F5001.03"];
    let spent = ["1099166.67", "833.33", "0.00", "833.33", "833.33", "833.33", "833.33"];
    assert_eq!(city.ledger(accounts), spent.map(str::to_owned));
    // no level keeps a fen
    let statement = city.get("/v1/reports/account-statement?account=F1214&level=district", &city.sun);
    let last = statement["rows"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["balance"], json!("0.00"), "{last}");
    assert_eq!(year(&city, BANK, 2025), ["0.00", "100000.01", "833.33", "0.00", "99166.68", "0.00"]);
    // a year of which nothing is left is settled by rolling nothing
    prefund(&city, SECOND, "500", 2025);
    // under one reference money came back once, whichever bank it is said of
    let mut again = returning(2025, "0.00", "2025-12-20");
    (again["bank"], again["bank_reference"]) = (json!(SECOND), json!("ft 9"));
    let found = city.expect(409, TRUE_UPS, &city.lin, &again);
    shows(&found, json!({"code": "bank_reference_used", "errors/0/pointer": "/bank_reference"}));
    assert!(text(&found, "/detail").contains(&text(&done, "/id")), "{found}");
    let other = loan(&city, "L-2", SECOND);
    let id = reviewed(&city, &other, ["2024-06-01", "2024-06-02"]);
    city.post(&format!("/v1/claims/{id}/approve"), &city.chen, &json!({})).is(409, "prefund_exhausted");
    prefund(&city, SECOND, "333.33", 2025);
    approve(&city, &id);
    let mut none = returning(2025, "833.33", "2025-12-20");
    (none["bank"], none["bank_reference"]) = (json!(SECOND), json!("FT10"));
    city.post(TRUE_UPS, &city.lin, &none).is(422, "nothing_to_return");
    let mut none = self::statement(2025, "roll", "833.33");
    none["bank"] = json!(SECOND);
    assert_eq!(trued_up(&city, &none)["left"], json!("0.00"));
    verifies(&city, "returning");
}

#[test]
fn a_prefund_or_a_deduction_made_in_error_is_reversed() {
    let city = prefunding("undone", &json!({}));
    let sequence = |document: &str| {
        let found = city.get(&format!("/v1/ledger/transactions?document={document}"), &city.sun);
        found["data"][0]["sequence"].as_u64().unwrap()
    };
    let reverse = |sequence: u64| {
        let path = format!("/v1/ledger/transactions/{sequence}/reverse");
        city.expect(201, &path, &city.lin, &json!({"reason": "误记"}));
        city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}))
    };
    let first = prefund(&city, BANK, "80000", 2025);
    let wrong = prefund(&city, BANK, "1000", 2025);
    reverse(sequence(&wrong));
    assert_eq!(city.get(&format!("/v1/prefunds/{wrong}"), &city.sun)["status"], json!("reversed"));
    assert_eq!(year(&city, BANK, 2025), ["0.00", "80000.00", "0.00", "0.00", "0.00", "80000.00"]);
    assert_eq!(city.ledger(["B2001", "B2008", "F1214"]), ["1020000.00", "80000.00", "80000.00"]);

    let lent = loan(&city, "L-1", BANK);
    let claim = deducted(&city, &lent, THIRD);
    // what was deducted from is not undone
    let path = format!("/v1/ledger/transactions/{}/reverse", sequence(&first));
    city.post(&path, &city.lin, &json!({"reason": "x"})).is(409, "prefund_exhausted");
    // the bank did not deduct it after all
    reverse(sequence(&claim));
    let shown = city.claim(&claim);
    shows(&shown, json!({"status": "reviewed", "paid": "0.00", "approved_on": Value::Null}));
    assert_eq!(city.ledger(["F1214", "F5001.03"]), ["80000.00", "0.00"]);
    approve(&city, &claim);
    // what went on since is not undone by undoing it, nor is what was settled
    recalculated(&city, &claim, &json!({"interest_paid": "70000"}));
    let found = city.get(&format!("/v1/ledger/transactions?document={claim}"), &city.sun);
    let approved =
        found["data"].as_array().unwrap().iter().rev().find(|row| row["kind"] == "approve_claim").unwrap();
    let path = format!("/v1/ledger/transactions/{}/reverse", approved["sequence"]);
    city.post(&path, &city.lin, &json!({"reason": "x"})).is(409, "wrong_state");
    let other = deducted(&city, &lent, ["2024-09-01", "2024-09-02"]);
    trued_up(&city, &statement(2025, "roll", "70833.33"));
    let path = format!("/v1/ledger/transactions/{}/reverse", sequence(&other));
    city.post(&path, &city.lin, &json!({"reason": "x"})).is(409, "prefund_trued_up");
    verifies(&city, "undone");
}

#[test]
fn prefunds_are_for_programmes_and_banks_that_take_them() {
    let city = prefunding("refusals", &json!({}));
    let propose = |status: u16, body: &Value| {
        let found = city.expect(status, "/v1/prefunds", &city.lin, body);
        (text(&found, "/code"), found["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
    };
    let with = |name: &str, value: Value| {
        let mut body = asked(BANK, "1000", 2025);
        body[name] = value;
        body
    };
    let at = |code: &str, pointer: &str| (code.to_owned(), pointer.to_owned());
    // rules that pay claims one by one, of another instrument, of nobody
    city.programme_of(
        "interest_subsidy",
        "each",
        &json!({"points": {"max": "1.5"}, "payee": "bank", "prefund": false}),
        "1000",
    );
    assert_eq!(propose(422, &with("programme", json!("each"))), at("prefund_not_allowed", "/programme"));
    assert_eq!(propose(422, &with("programme", json!("p"))).0, "wrong_instrument");
    assert_eq!(propose(404, &with("programme", json!("nobody"))), at("not_found", "/programme"));
    assert_eq!(propose(404, &with("bank", json!("12310000MB2F303051"))), at("not_found", "/bank"));
    assert_eq!(propose(422, &with("amount", json!("0"))), at("invalid_amount", "/amount"));
    assert_eq!(propose(422, &with("pot", json!("1"))), at("unknown_field", "/pot"));
    assert_eq!(propose(422, &with("effective_date", json!("2025-01-03"))).0, "effective_date_in_future");
    let draft = json!({
        "code": "draft", "title": {"zh": "专项", "en": "d"}, "instrument": "interest_subsidy",
        "legal_basis": {"document": "T-1"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
        "rules": {"points": {"max": "1.5"}, "payee": "bank", "prefund": true},
    });
    city.expect(201, "/v1/programmes", &city.lin, &draft);
    assert_eq!(propose(409, &with("programme", json!("draft"))).0, "programme_not_active");

    // what the parser of rules lets in
    let rules = |instrument: &str, rules: Value| {
        let mut body = draft.clone();
        (body["code"], body["instrument"], body["rules"]) = (json!("x"), json!(instrument), rules);
        let found = city.expect(422, "/v1/programmes", &city.lin, &body);
        (text(&found, "/code"), text(&found, "/errors/0/pointer"))
    };
    let points = json!({"max": "1.5"});
    let found = rules("interest_subsidy", json!({"points": points, "prefund": true}));
    assert_eq!(found, at("rules_invalid", "/rules/prefund"));
    let found = rules("interest_subsidy", json!({"points": points, "prefund": true, "payee": "provider"}));
    assert_eq!(found, at("rules_invalid", "/rules/prefund"));
    let items = json!([{"item": "compute", "ratio_percent": "20"}]);
    let found = rules("voucher", json!({"items": items, "validity_months": 6, "prefund": true}));
    assert_eq!(found, at("rules_field_not_applicable", "/rules/prefund"));
    let found = rules("rental_subsidy", json!({"items": items, "prefund": true}));
    assert_eq!(found, at("rules_field_not_applicable", "/rules/prefund"));

    // beyond the pot
    let id = city.create("/v1/prefunds", &city.lin, &asked(BANK, "1000000.01", 2025));
    let path = format!("/v1/prefunds/{id}");
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(409, "pot_exhausted");
    let rejected = city.expect(200, &format!("{path}/reject"), &city.chen, &json!({"reason": "超出指标"}));
    assert_eq!((&rejected["status"], &rejected["reason"]), (&json!("rejected"), &json!("超出指标")));
    // a version that is gone, a closed month, a bank that was blocked in between
    let dated = with("effective_date", json!("2024-12-31"));
    let id = city.create("/v1/prefunds", &city.lin, &dated);
    let path = format!("/v1/prefunds/{id}/approve");
    let stale = city.send("POST", &path, Some(&city.chen), Some(&json!({})), &[("If-Match", "\"1\"")]);
    assert_eq!((stale.status, text(&stale.json(), "/code")), (412, "version_conflict".to_owned()));
    city.expect(200, &format!("/v1/organisations/{BANK}/block"), &city.chen, &json!({"reason": "x"}));
    city.post(&path, &city.chen, &json!({})).is(422, "organisation_blocked");
    assert_eq!(propose(422, &asked(BANK, "1", 2025)).0, "organisation_blocked");
    city.expect(200, &format!("/v1/organisations/{BANK}/unblock"), &city.chen, &json!({"reason": "x"}));
    city.expect(200, "/v1/periods/2024-12/close", &city.chen, &json!({}));
    city.post(&path, &city.chen, &json!({})).is(409, "period_closed");
    assert_eq!(propose(409, &dated).0, "period_closed");
    // a preview says what would be and changes nothing
    let preview = city.expect(201, "/v1/prefunds?dry_run=true", &city.lin, &asked(BANK, "5", 2025));
    assert_eq!(preview["dry_run"], json!(true));
    let missing = "/v1/prefunds/01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(city.status(missing, &city.sun), 404);
    city.post(&format!("{missing}/approve"), &city.chen, &json!({})).is(404, "not_found");
    assert_eq!(city.status("/v1/prefunds/true-ups/01890a5d-ac96-774b-bcce-b302099a8057", &city.sun), 404);
    for code in [FIRM, OTHER] {
        assert_eq!(city.get(&format!("/v1/prefunds?bank={code}"), &city.sun)["data"], json!([]));
    }
    verifies(&city, "refusals");
}
