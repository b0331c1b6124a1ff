//! What an auditor asks about: each exception happens here once, beside one who is innocent of it; and what rests on
//! more than one programme.

use serde_json::{Value, json};

use super::city::{CLOUD, City, FIRM, rules, settlement, text};
use super::service::Service;
use super::{exported, psql, rows, twice_funded};

const BANK: &str = "91330100MA2AX00016";

/// The documents that a list has under a code.
fn of(report: &Value, code: &str) -> Vec<String> {
    rows(report).iter().filter(|row| row["code"] == code).map(|row| text(row, "/document")).collect()
}

fn exceptions(city: &City, query: &str) -> Value {
    city.get(&format!("/v1/reports/exceptions?{query}"), &city.sun)
}

/// Every link of every row leads somewhere; one to a report, to as many rows as it says.
fn lead_to_their_rows(city: &City, report: &Value) {
    for row in rows(report) {
        let links = row["links"].as_object().unwrap();
        assert!(links.contains_key("sequence"), "{row}");
        for (column, link) in links {
            let found = city.get(link.as_str().unwrap(), &city.sun);
            if column == "occurrences" {
                assert_eq!(json!(rows(&found).len()), row[column], "{row}");
            }
        }
    }
}

/// The owner of the database changes what nobody else can.
fn tampered(service: &Service, table: &str, trigger: &str, change: &str) {
    psql(
        service,
        &format!(
            "ALTER TABLE agency_{table} DISABLE TRIGGER {trigger}; UPDATE agency_{table} SET {change}; \
             ALTER TABLE agency_{table} ENABLE ALWAYS TRIGGER {trigger}"
        ),
    );
}

#[test]
fn an_approval_at_night_or_on_a_weekend_is_listed_by_the_agencys_clock() {
    let city = City::open("hours", &rules(json!({})), "1000000");
    // Shanghai is eight hours ahead: Saturday 12:00, Friday 23:59, Monday 06:59, Monday 07:00, Wednesday 20:59
    let times = [
        "2025-01-04T04:00Z",
        "2025-01-03T15:59Z",
        "2025-01-05T22:59Z",
        "2025-01-05T23:00Z",
        "2025-01-08T12:59Z",
    ];
    let vouchers = ["1111", "2222", "3333", "4444", "5555"].map(|contract| city.voucher(contract));
    tampered(&city, "hours.log", "log_change", "recorded_at = '2025-01-08T04:00Z'");
    for (voucher, time) in vouchers.iter().zip(times) {
        let change =
            format!("recorded_at = '{time}' WHERE document = '{voucher}' AND kind = 'issue_voucher'");
        tampered(&city, "hours.log", "log_change", &change);
    }
    let [saturday, late, early, seven, nine] = vouchers;
    let report = exceptions(&city, "");
    assert_eq!(of(&report, "weekend_approval"), [saturday.as_str()]);
    assert_eq!(of(&report, "night_approval"), [late.as_str(), &early]);
    lead_to_their_rows(&city, &report);
    let found = rows(&report).iter().find(|row| row["document"] == late.as_str()).unwrap();
    assert_eq!(found["detail"], json!("issue_voucher 2025-01-03 23:59"));
    let later = exceptions(&city, "night_from=20&night_until=8&code=night_approval");
    assert_eq!(of(&later, "night_approval"), [late.as_str(), &early, &seven, &nine]);
    assert_eq!(rows(&later).len(), 4, "nothing but what was asked for");
    assert_eq!(rows(&exceptions(&city, "night_from=3&night_until=3&code=night_approval")).len(), 0);
}

#[test]
fn amounts_are_held_against_the_limits_that_they_were_granted_under() {
    let city = City::open("limits", &rules(json!({"caps": {"claim": "10000"}})), "1000000");
    // granted: the cap itself, 9,900.00, 9,000.00, and the cap after a cut
    let [whole, close, far, cut] =
        ["50000", "49500", "45000", "60000"].map(|contract| city.voucher(contract));
    let report = exceptions(&city, "");
    assert_eq!(
        of(&report, "round_amount"),
        [whole.as_str()],
        "what a cap made round is nobody's round amount"
    );
    assert_eq!(of(&report, "below_threshold"), [close.as_str()]);
    assert_eq!(of(&report, "over_cap"), Vec::<String>::new());
    let near = rows(&report).iter().find(|row| row["code"] == "below_threshold").unwrap();
    assert_eq!((&near["amount"], &near["limit"]), (&json!("9900.00"), &json!("10000.00")));
    lead_to_their_rows(&city, &report);
    assert_eq!(of(&exceptions(&city, "near_percent=90"), "below_threshold"), [close.as_str(), &far]);
    assert_eq!(of(&exceptions(&city, "near_percent=99"), "below_threshold"), [close.as_str()]);
    // a limit that no rule knows
    let found = exceptions(&city, "threshold=9200&code=below_threshold");
    assert_eq!(of(&found, "below_threshold"), [close.as_str(), &far]);
    assert_eq!(rows(&found)[1]["limit"], json!("9200.00"));
    assert_eq!(of(&exceptions(&city, "round_unit=900"), "round_amount"), [close.as_str(), &far]);
    // nobody grants more than a cap: somebody with the owner's password writes it
    let sheet = format!("sheet = jsonb_set(sheet, '{{amount}}', '\"12000.00\"') WHERE document = '{cut}'");
    tampered(&city, "limits.calculations", "calculations_change", &sheet);
    // the usual list looks at what raised a question when its leaf came; what was changed since is a matter of `verify`
    let over = exceptions(&city, "code=over_cap&near_percent=94");
    assert_eq!(of(&over, "over_cap"), [cut]);
    assert_eq!(rows(&over)[0]["limit"], json!("10000.00"));
    for query in [
        "code=dance",
        "near_percent=0",
        "near_percent=100",
        "threshold=0",
        "threshold=-1",
        "threshold=x",
        "night_from=24",
        "night_until=-1",
        "round_unit=0",
        "round_unit=1e3",
    ] {
        assert_eq!(city.status(&format!("/v1/reports/exceptions?{query}"), &city.sun), 400, "{query}");
    }
}

fn organisation(city: &City, code: &str, related: &Value) {
    let body = json!({"credit_code": code, "name": "关联", "category": "state_owned_enterprise", "related": related});
    city.expect(201, "/v1/organisations", &city.lin, &body);
}

fn invoice(city: &City, number: &str, amount: &str, bytes: &str) -> String {
    let path = format!("/v1/evidence?kind=invoice&invoice_number={number}&amount={amount}");
    city.upload(&path, &city.firm, "application/pdf", bytes.as_bytes()).expect(201).id()
}

#[test]
fn parties_that_belong_together_and_invoices_shown_twice_are_listed_and_others_are_not() {
    let city = City::open("parties", &rules(json!({})), "1000000");
    organisation(&city, BANK, &json!([FIRM]));
    let other = "12310000MB2F303051";
    organisation(&city, other, &json!([]));
    let [own, _] = [("L-1", BANK), ("L-2", other)].map(|(number, bank)| city.loan(number, bank, "20000000"));
    city.voucher("1000");
    let [number, alone] = ["12345678901234567890", "12345678901234567891"];
    let twice = ["%PDF-1.4 one", "%PDF-1.4 two"].map(|bytes| invoice(&city, number, "100", bytes));
    invoice(&city, alone, "100", "%PDF-1.4 three");
    let report = exceptions(&city, "");
    assert_eq!(of(&report, "related_party"), [own]);
    assert_eq!(of(&report, "duplicate_invoice"), twice);
    lead_to_their_rows(&city, &report);
    let found = rows(&report).iter().find(|row| row["code"] == "duplicate_invoice").unwrap();
    let files = city.get(&text(found, "/links/detail"), &city.sun);
    let files: Vec<String> = files["data"].as_array().unwrap().iter().map(|file| text(file, "/id")).collect();
    assert_eq!(files, twice, "the files that show it, and no other");
}

#[test]
fn who_raised_one_thing_and_approved_another_is_no_exception_and_who_approved_their_own_is() {
    let city = City::open("persons", &rules(json!({})), "1000000");
    let wang_token = city.token("persons", "officer,approver", "wang", None);
    let path = "/v1/programmes/p/appropriations";
    let change = json!({"amount": "5", "fiscal_year": 2025, "document": "预5"});
    let mine = city.create(path, &wang_token, &change);
    let theirs = city.create(path, &city.lin, &change);
    city.expect(200, &format!("{path}/{mine}/approve"), &city.chen, &json!({}));
    city.expect(200, &format!("{path}/{theirs}/approve"), &wang_token, &json!({}));
    let report = exceptions(&city, "");
    assert_eq!(of(&report, "same_person"), Vec::<String>::new());
    assert_eq!(of(&report, "same_document"), Vec::<String>::new());
    lead_to_their_rows(&city, &report);
    let change = format!(
        "subject = 'subsidy-ledger#wang' WHERE document = '{mine}' AND kind = 'approve_budget_change'"
    );
    tampered(&city, "persons.log", "log_change", &change);
    // a process that was started before keeps who was in the way
    let report = city.another().get("/v1/reports/exceptions", &city.sun);
    assert_eq!(of(&report, "same_document"), [mine.as_str()]);
    let wang = rows(&report).iter().find(|row| row["code"] == "same_document").unwrap();
    assert!(text(wang, "/detail").ends_with(" created"), "{wang}");
    assert_eq!(of(&report, "same_person"), Vec::<String>::new());
    lead_to_their_rows(&city, &report);
    // it goes on with what it keeps: what was changed of later leaves before it read them shows
    let later = json!({"amount": "5", "fiscal_year": 2025, "document": "预6"});
    let later = city.create(path, &wang_token, &later);
    city.expect(200, &format!("{path}/{later}/approve"), &city.chen, &json!({}));
    let change = format!(
        "subject = 'subsidy-ledger#wang' WHERE document = '{later}' AND kind = 'approve_budget_change'"
    );
    tampered(&city, "persons.log", "log_change", &change);
    assert_eq!(of(&exceptions(&city, ""), "same_document"), [later.as_str()]);
    let whole = city.another().get("/v1/reports/exceptions", &city.sun);
    assert_eq!(of(&whole, "same_document"), [mine, later.clone()]);
    // also for whoever asks in another way than the usual, or for one code
    for query in ["code=same_document", "night_from=1&night_until=2", "near_percent=50"] {
        assert_eq!(of(&exceptions(&city, query), "same_document"), [later.as_str()], "{query}");
    }
}

/// The columns of a register's rows.
fn shown<const N: usize>(report: &Value, columns: [&str; N]) -> Vec<[String; N]> {
    let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rows(report).iter().map(|row| columns.map(|name| cell(&row[name]))).collect()
}

#[test]
fn what_rests_on_a_contract_a_loan_or_an_invoice_under_two_programmes_is_listed_together() {
    let city = City::open("twice", &rules(json!({})), "1000000");
    organisation(&city, BANK, &json!([]));
    let register = |query: &str| city.get(&format!("/v1/reports/overlaps?{query}"), &city.sun);
    let first = city.voucher("50000");
    let invoices = ["12345678901234567890", "12345678901234567891"]
        .map(|number| invoice(&city, number, "9000", &format!("%PDF-1.4 {number}")));
    let claim = |voucher: &str, invoice: &str, amount: &str| {
        let body = json!({
            "kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement(amount),
            "invoices": [{"evidence_id": invoice, "amount": amount}],
        });
        let id = city.create("/v1/claims", &city.firm, &body);
        city.expect(200, &format!("/v1/claims/{id}/submit"), &city.firm, &json!({}));
        id
    };
    // one invoice twice under one programme, within its amount: nothing to ask
    let one = claim(&first, &invoices[0], "4000");
    claim(&first, &invoices[1], "4000");
    claim(&first, &invoices[1], "4000");
    assert_eq!(register("")["rows"], json!([]));

    twice_funded(&city);
    let parts = ["kind", "programme", "status", "issued", "redeemed"];
    let contract = [
        ["contract", "q", "partly_redeemed", "1600.00", "600.00"],
        ["contract", "r", "issued", "1600.00", "0.00"],
    ];
    assert_eq!(shown(&register(""), parts), contract);

    for code in ["i", "j"] {
        let rules = json!({"points": {"max": "1.5"}, "stacking": "allow"});
        city.programme_of("interest_subsidy", code, &rules, "1000000");
    }
    let [shared, alone] = ["L-1", "L-2"].map(|number| city.loan(number, BANK, "20000000"));
    let interest = |code: &str, loan: &str| {
        let body = json!({
            "kind": "interest_subsidy", "programme": code, "loan_id": loan, "interest_paid": "400000",
            "period": {"from": "2024-06-01", "until": "2024-09-01"},
        });
        let id = city.create("/v1/claims", &city.firm, &body);
        city.expect(200, &format!("/v1/claims/{id}/submit"), &city.firm, &json!({}));
        id
    };
    let paid = interest("i", &shared);
    city.expect(200, &format!("/v1/claims/{paid}/review"), &city.zhao, &json!({"decision": "pass"}));
    city.expect(200, &format!("/v1/claims/{paid}/approve"), &city.chen, &json!({}));
    let before = register("")["known_at"].clone();
    let waits = interest("j", &shared);
    interest("i", &alone);
    let amount = text(&city.claim(&paid), "/amount");
    let parts = ["kind", "number", "document", "status", "approved", "expended"];
    let of = |report: &Value, kind: &str| -> Vec<[String; 6]> {
        shown(report, parts).into_iter().filter(|row| row[0] == kind).collect()
    };
    let expected = [
        ["loan", "L-1", &paid, "approved", &amount, "0.00"],
        ["loan", "L-1", &waits, "submitted", "0.00", "0.00"],
    ];
    assert_eq!(of(&register(""), "loan"), expected);
    assert_eq!(of(&register(&format!("known_at={before}")), "loan"), Vec::<[String; 6]>::new());
    city.paid(&[&paid], "2025-01-02");
    assert_eq!(of(&register(""), "loan")[0], ["loan", "L-1", &paid, "paid", "0.00", &amount]);

    // the same invoice under a second programme
    city.programme("s", &rules(json!({})), "100000");
    let second = city.voucher_of("s", &city.firm, "30000");
    let two = claim(&second, &invoices[0], "2000");
    let number = "12345678901234567890";
    let both = [
        ["invoice", number, &one, "submitted", "0.00", "0.00"],
        ["invoice", number, &two, "submitted", "0.00", "0.00"],
    ];
    let report = register("");
    assert_eq!(of(&report, "invoice"), both);
    lead_to_rows(&city, &report);
    let known_at = report["known_at"].clone();
    // a file of any length holds the same rows in the same order
    let done = exported(&city, "/v1/reports/overlaps/exports?format=csv");
    let read = |path: &str| city.bytes(path, &city.sun).1;
    let file = read(&text(&done, "/content"));
    assert_eq!((&done["rows"], file), (&json!(6), read("/v1/reports/overlaps?format=csv")));
    // what was taken back is no longer there, and stays where it was known
    city.expect(200, &format!("/v1/claims/{two}/withdraw"), &city.firm, &json!({}));
    assert_eq!(of(&register(""), "invoice"), Vec::<[String; 6]>::new());
    assert_eq!(of(&register(&format!("known_at={known_at}")), "invoice"), both);
    let kinds = |query: &str| -> Vec<String> {
        shown(&register(query), ["kind"]).into_iter().map(|[kind]| kind).collect()
    };
    assert_eq!(kinds("programme=j"), ["loan", "loan"]);
    assert_eq!(kinds("programme=p"), Vec::<String>::new());
    assert_eq!(
        CLOUD,
        text(rows(&report).iter().find(|row| row["kind"] == "contract").unwrap(), "/counterparty")
    );
}

fn lead_to_rows(city: &City, report: &Value) {
    for row in rows(report) {
        for link in row["links"].as_object().unwrap().values() {
            assert_eq!(city.status(link.as_str().unwrap(), &city.sun), 200, "{link}");
        }
    }
}
