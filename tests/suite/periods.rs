//! Months closed and reopened, the year's end, and postings reversed: over HTTP, as people and machines meet them.

use crate::support;
use crate::support::city::{City, rules, shows, text};
use crate::support::service;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use service::Answer;

/// A sandbox agency on 2025-01-02, with a programme of vouchers whose levels share what they pay.
fn founded(agency: &str) -> City {
    let shares = json!([{"level": "city", "percent": "66.67"}, {"level": "district", "percent": "33.33"}]);
    let mut city = City::open(agency, &rules(json!({"validity_months": 3, "shares": shares})), "100000.00");
    city.zhao = city.token(agency, "officer,approver", "zhao", None);
    city
}

impl City {
    fn ask_for(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.post(&format!("/v1{path}"), token, body)
    }

    /// A write that is accepted.
    fn ok(&self, token: &str, path: &str, body: Value) -> Value {
        let answer = self.ask_for(token, path, &body);
        assert!(matches!(answer.status, 200 | 201), "{path} {body}: {}", answer.text);
        answer.json()
    }

    /// A write that is refused, with its status and code; the whole answer.
    fn no(&self, token: &str, path: &str, body: Value, (status, code): (u16, &str)) -> Value {
        let answer = self.ask_for(token, path, &body);
        let problem = answer.json();
        assert_eq!(
            (answer.status, problem["code"].as_str()),
            (status, Some(code)),
            "{path} {body}: {problem}"
        );
        problem
    }

    fn read(&self, path: &str) -> Value {
        self.get(&format!("/v1{path}"), &self.sun)
    }

    fn reopen(&self, month: &str) -> Value {
        self.ok(&self.zhao, &format!("/periods/{month}/reopen"), json!({"reason": "漏记一笔"}))
    }

    /// The sequence of a write that is accepted.
    fn sequence(&self, token: &str, path: &str, body: Value) -> u64 {
        let answer = self.ask_for(token, path, &body);
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.text);
        sequence(&answer)
    }

    /// An appropriation: the sequence that posts it.
    fn appropriation(&self, amount: &str) -> u64 {
        sequence(&self.appropriate([&self.lin, &self.chen], "p", amount))
    }

    fn issued(&self, contract_no: &str, amount: &str) -> String {
        let id = self.waiting(contract_no, amount);
        self.ok(&self.chen, &format!("/vouchers/{id}/issue"), json!({}));
        id
    }

    /// Approved, and in an approved batch: the claim and the batch.
    fn to_be_paid(&self, contract_no: &str) -> (String, String) {
        let claim = self.reviewed(&self.firm, &self.issued(contract_no, "5000.05"), "5000.05");
        self.ok(&self.chen, &format!("/claims/{claim}/approve"), json!({}));
        let batch = text(&self.ok(&self.lin, "/payment-batches", json!({"claim_ids": [claim]})), "/id");
        self.ok(&self.chen, &format!("/payment-batches/{batch}/approve"), json!({}));
        (claim, batch)
    }

    /// A claim paid: the claim, its batch, the sequence of the payment (a group's header stands before it).
    fn paid_claim(&self, contract_no: &str, date: &str) -> (String, String, u64) {
        let (claim, batch) = self.to_be_paid(contract_no);
        let path = format!("/payment-batches/{batch}/results");
        let header = self.sequence(&self.lin, &path, bank_result(&claim, "paid", date));
        (claim, batch, header + 1)
    }

    fn close(&self, month: &str) -> Value {
        self.ok(&self.chen, &format!("/periods/{month}/close"), json!({}))
    }

    fn reverse(&self, sequence: u64) -> Value {
        let path = format!("/ledger/transactions/{sequence}/reverse");
        let proposed = self.ok(&self.lin, &path, json!({"reason": "记错了"}));
        assert_eq!((&proposed["sequence"], &proposed["status"]), (&json!(sequence), &json!("proposed")));
        self.ok(&self.chen, &format!("{path}/approve"), json!({}))
    }

    /// What all accounts have, by book: a reversal of everything that follows gives it back.
    fn balances(&self) -> Vec<(String, String)> {
        let trial = self.read("/reports/trial-balance");
        for book in ["B", "F", "Y"] {
            assert_eq!(trial["books"][book]["debit"], trial["books"][book]["credit"], "{book}");
        }
        let accounts = trial["accounts"].as_array().unwrap().iter();
        accounts.map(|account| (text(account, "/account"), text(account, "/balance"))).collect()
    }

    /// The owner of the database changes what nobody else can.
    fn tampered(&self, sql: &str) {
        let url = self.service.cli(&["database-url", "--role", "owner"]);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async { support::connect(url.trim()).await.batch_execute(sql).await.unwrap() });
    }
}

/// What the bank says of one claim.
fn bank_result(claim: &str, outcome: &str, date: &str) -> Value {
    let reference = format!("FT-{}", uuid::Uuid::now_v7());
    json!({"results": [{"claim_id": claim, "outcome": outcome, "bank_reference": reference, "date": date}]})
}

fn sequence(answer: &Answer) -> u64 {
    answer.header("Ledger-Sequence").expect("a sequence").parse().expect("a number")
}

fn months(periods: &Value) -> Vec<(String, String)> {
    let data = periods["data"].as_array().unwrap().iter();
    data.map(|period| (text(period, "/month"), text(period, "/status"))).collect()
}

#[test]
fn a_month_closes_when_it_is_over_and_with_it_all_before() {
    let city = founded("closing");
    city.no(&city.chen, "/periods/2025-01/close", json!({}), (409, "month_not_over"));
    city.move_to("2025-01-31");
    city.no(&city.chen, "/periods/2025-01/close", json!({}), (409, "month_not_over"));
    city.move_to("2025-04-10");
    city.no(&city.lin, "/periods/2025-02/close", json!({}), (403, "forbidden"));
    city.no(&city.chen, "/periods/2025-2/close", json!({}), (404, "not_found"));
    city.no(&city.chen, "/periods/2025-02/reopen", json!({"reason": "x"}), (409, "wrong_state"));
    let closed = city.close("2025-02");
    assert_eq!((&closed["month"], &closed["status"]), (&json!("2025-02"), &json!("closed")));
    assert_eq!((&closed["closed_by"], &closed["ties"]), (&json!("subsidy-ledger#chen"), &json!(true)));
    assert!(closed["closed_at"].is_string());
    let listed = city.read("/periods");
    let expected = [("2025-01", "closed"), ("2025-02", "closed"), ("2025-03", "open"), ("2025-04", "open")];
    assert_eq!(months(&listed), expected.map(|(month, status)| (month.to_owned(), status.to_owned())));
    let budget = &listed["data"][0]["books"]["B"];
    assert_eq!((&budget["debit"], &budget["credit"]), (&json!("100000.00"), &json!("100000.00")));
    let page = city.read("/periods?limit=3");
    let next = text(&page, "/next_cursor");
    assert_eq!(months(&city.read(&format!("/periods?limit=3&cursor={next}"))).len(), 1);
    for month in ["2025-01", "2025-02", "2024-12"] {
        city.no(&city.chen, &format!("/periods/{month}/close"), json!({}), (409, "wrong_state"));
    }
    city.no(&city.chen, "/periods/2025-04/close", json!({}), (409, "month_not_over"));
    city.no(&city.chen, "/periods/2025-02/reopen", json!({}), (422, "missing_field"));

    // an approver reopens it in one step, which may be who closed it; the exceptions name both, and why
    let why = json!({"reason": "漏记一笔"});
    city.no(&city.lin, "/periods/2025-01/reopen", why.clone(), (403, "forbidden"));
    city.ok(&city.chen, "/periods/2025-02/reopen", json!({"reason": "二月补记"}));
    city.no(&city.zhao, "/periods/2025-02/reopen", why.clone(), (409, "wrong_state"));
    city.close("2025-02");
    let reopened = city.ok(&city.zhao, "/periods/2025-01/reopen", why);
    shows(&reopened, json!({"status": "open", "reason": "漏记一笔", "closed_by": "subsidy-ledger#chen"}));
    shows(&reopened, json!({"reopened_by": "subsidy-ledger#zhao"}));
    assert!(months(&city.read("/periods")).iter().all(|(_, status)| status == "open"));
    let steps: Vec<_> = city.read("/events?limit=200")["data"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|event| event["transitions"].as_array().unwrap().clone())
        .filter(|step| step["kind"] == "period" && step["document"] == "2025-02")
        .map(|step| text(&step, "/to"))
        .collect();
    assert_eq!(steps, ["closed", "open", "closed", "open"], "a reopening is a step of its own");
    let found = city.read("/reports/exceptions?code=period_reopened");
    let rows = found["rows"].as_array().unwrap();
    let said = |row: &Value| (text(row, "/document"), text(row, "/subject"));
    let expected = [("2025-02", "subsidy-ledger#chen"), ("2025-01", "subsidy-ledger#zhao")];
    assert_eq!(rows.iter().map(said).collect::<Vec<_>>(), expected.map(|(m, by)| (m.into(), by.into())));
    for (row, why) in rows.iter().zip(["二月补记", "漏记一笔"]) {
        let detail = text(row, "/detail");
        assert!(detail.starts_with("closed by subsidy-ledger#chen 20") && detail.ends_with(why), "{detail}");
    }
    city.close("2025-03");
    city.verifies();
}

#[test]
fn each_look_at_the_months_has_what_was_posted_since_the_last_and_what_was_dated_back() {
    let city = founded("looks");
    let of = |month: &str, book: &str| -> (Value, Value) {
        let listed = city.read("/periods");
        let found = listed["data"].as_array().unwrap().iter().find(|row| row["month"] == month).cloned();
        let found = found.unwrap_or_else(|| panic!("no {month}: {listed}"));
        assert_eq!(found["ties"], json!(true));
        (found["books"][book]["debit"].clone(), found["books"][book]["credit"].clone())
    };
    let both = |amount: &str| (json!(amount), json!(amount));
    let appropriated = |day: &str| {
        let change =
            json!({"amount": "7.50", "fiscal_year": 2025, "document": "预7号", "effective_date": day});
        let id = text(&city.ok(&city.lin, "/programmes/p/appropriations", change), "/id");
        city.ok(&city.chen, &format!("/programmes/p/appropriations/{id}/approve"), json!({}));
    };
    assert_eq!(of("2025-01", "B"), both("100000.00"));
    assert_eq!(of("2025-01", "B"), both("100000.00"), "nothing twice");
    city.move_to("2025-03-10");
    appropriated("2025-03-02");
    assert_eq!((of("2025-01", "B"), of("2025-03", "B")), (both("100000.00"), both("7.50")));
    appropriated("2025-01-02");
    appropriated("2025-02-28");
    assert_eq!(
        ["2025-01", "2025-02", "2025-03"].map(|month| of(month, "B")),
        ["100007.50", "7.50", "7.50"].map(both)
    );
    assert_eq!(of("2025-03", "F"), both("0.00"));
    city.close("2025-01");
    appropriated("2025-03-10");
    assert_eq!((of("2025-01", "B"), of("2025-03", "B")), (both("100007.50"), both("15.00")));
    city.close("2025-02");
    assert_eq!((of("2025-02", "B"), of("2025-03", "B")), (both("7.50"), both("15.00")));
    city.reopen("2025-01");
    appropriated("2025-02-01");
    assert_eq!((of("2025-01", "B"), of("2025-02", "B")), (both("100007.50"), both("15.00")));
    // another log in the place of this one is read from its beginning
    city.tampered("ALTER TABLE agency_looks.log DISABLE TRIGGER log_change; \
         UPDATE agency_looks.log SET hash = sha256(hash); UPDATE agency_looks.totals SET debit = debit + 1, credit = credit + 1 \
         WHERE account = 'B1001' AND effective_date = '2025-03-10'");
    assert_eq!(of("2025-03", "B"), both("16.00"));
}

#[test]
fn a_closed_month_takes_no_posting_of_any_kind_until_it_is_reopened() {
    let city = founded("backdating");
    let voucher = city.waiting("A-1", "5000");
    let over = city.issued("A-2", "5000");
    let claim = city.reviewed(&city.firm, &city.issued("A-3", "5000"), "1000");
    let (unpaid, batch) = city.to_be_paid("A-4");
    let (paid, _, _) = city.paid_claim("A-5", "2025-01-02");
    let late =
        json!({"amount": "9.00", "fiscal_year": 2025, "document": "预2号", "effective_date": "2025-01-31"});
    let appropriation = text(
        &city.ok(&city.lin, "/programmes/p/appropriations", {
            let mut early = late.clone();
            early["effective_date"] = json!("2025-01-02");
            early
        }),
        "/id",
    );
    let recovery = |day: Option<&str>| {
        let mut body = json!({"claim_id": paid, "amount": "100.00", "decision_no": "追1", "reason": "x"});
        if let Some(day) = day {
            body["effective_date"] = json!(day);
        }
        body
    };
    let dated = text(&city.ok(&city.lin, "/recoveries", recovery(Some("2025-01-02"))), "/id");
    let decided = text(&city.ok(&city.lin, "/recoveries", recovery(None)), "/id");
    city.ok(&city.chen, &format!("/recoveries/{decided}/approve"), json!({}));
    city.move_to("2025-05-06");
    city.close("2025-04");

    let day = "2025-04-30";
    let results = format!("/payment-batches/{batch}/results");
    let receipts = format!("/recoveries/{decided}/receipts");
    let receipt = json!({"amount": "1.00", "date": day, "bank_reference": "R1"});
    let dated_back = [
        (&city.chen, format!("/vouchers/{voucher}/issue"), json!({"effective_date": day})),
        (&city.chen, format!("/claims/{claim}/approve"), json!({"effective_date": day})),
        (&city.lin, "/programmes/p/appropriations".to_owned(), late.clone()),
        (&city.chen, format!("/programmes/p/appropriations/{appropriation}/approve"), json!({})),
        (&city.lin, results.clone(), bank_result(&unpaid, "paid", day)),
        (&city.lin, "/recoveries".to_owned(), recovery(Some(day))),
        (&city.chen, format!("/recoveries/{dated}/approve"), json!({})),
        (&city.lin, receipts.clone(), receipt.clone()),
        (&city.lin, "/vouchers/expire".to_owned(), json!({"as_of": day})),
    ];
    for (token, path, body) in &dated_back {
        let problem = city.no(token, path, body.clone(), (409, "period_closed"));
        let detail = text(&problem, "/detail");
        assert!(detail.contains("2025-04") || detail.contains("2025-01"), "{detail}");
    }
    // said before any other rule about the day: long before the voucher was issued, or the claim approved
    city.no(&city.lin, &results, bank_result(&unpaid, "paid", "2020-01-01"), (409, "period_closed"));
    // without a day all of it goes on
    city.ok(&city.lin, "/vouchers/expire", json!({}));
    assert_eq!(city.read(&format!("/vouchers/{over}"))["status"], "expired");

    city.reopen("2025-01");
    city.ok(&city.chen, &format!("/programmes/p/appropriations/{appropriation}/approve"), json!({}));
    city.ok(&city.lin, &results, bank_result(&unpaid, "paid", day));
    city.ok(&city.lin, &receipts, receipt);
    city.close("2025-04");
    let january = &city.read("/periods")["data"][0];
    assert_eq!(january["month"], "2025-01");
    city.verifies();
}

#[test]
fn closing_races_with_posting_into_the_month_and_one_order_holds() {
    let city = founded("racing");
    let vouchers: Vec<String> = (0..24).map(|n| city.waiting(&format!("R-{n}"), "500")).collect();
    city.move_to("2025-02-03");
    let (accepted, refused, next) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let closed_at = std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(id) = vouchers.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let body = json!({"effective_date": "2025-01-31"});
                    let answer = city.ask_for(&city.chen, &format!("/vouchers/{id}/issue"), &body);
                    match (answer.status, answer.json()["code"].as_str()) {
                        (200, _) => accepted.fetch_add(1, Ordering::SeqCst),
                        (409, Some("period_closed")) => refused.fetch_add(1, Ordering::SeqCst),
                        other => panic!("{other:?}: {}", answer.text),
                    };
                }
            });
        }
        let closer = scope.spawn(|| {
            while accepted.load(Ordering::SeqCst) < 6 {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            city.sequence(&city.zhao, "/periods/2025-01/close", json!({}))
        });
        closer.join().expect("closed")
    });
    let (accepted, refused) = (accepted.into_inner(), refused.into_inner());
    assert_eq!(accepted + refused, 24);
    let posted = city.read("/ledger/transactions?from=2025-01-31&until=2025-01-31&limit=200");
    let posted = posted["data"].as_array().unwrap();
    assert_eq!(posted.len(), accepted);
    assert!(posted.iter().all(|one| one["sequence"].as_u64().unwrap() < closed_at));
    // the month was closed with exactly what was posted before
    let of_vouchers = 100_u64 * u64::try_from(accepted).unwrap() + 100_000;
    let january = &city.read("/periods")["data"][0]["books"]["B"];
    assert_eq!(january["debit"], json!(format!("{of_vouchers}.00")));
    city.verifies();
}

#[test]
fn a_year_ends_with_a_lapse_and_what_it_leaves_committed_lapses_when_released() {
    let city = founded("year");
    let voucher = city.issued("Y-1", "5000");
    city.move_to("2025-12-31");
    let body = json!({"fiscal_year": 2025, "reason": "年终收回"});
    let lapse = city.ok(&city.lin, "/programmes/p/lapse", body);
    assert_eq!(lapse["amount"], "99000.00", "what is not committed");
    let path = format!("/programmes/p/lapse/{}/approve", text(&lapse, "/id"));
    city.ok(&city.chen, &path, json!({}));
    assert_eq!(
        (text(&city.budget(), "/available"), text(&city.budget(), "/lapsed")),
        ("0.00".into(), "99000.00".into())
    );
    city.no(
        &city.lin,
        "/programmes/p/lapse",
        json!({"fiscal_year": 2025, "reason": "x"}),
        (422, "nothing_to_lapse"),
    );
    city.move_to("2026-01-05");
    city.close("2025-12");
    city.no(&city.lin, "/vouchers/expire", json!({"as_of": "2025-12-31"}), (409, "period_closed"));
    assert_eq!(city.ok(&city.lin, "/vouchers/expire", json!({}))["amount"], "1000.00");
    assert_eq!(city.read(&format!("/vouchers/{voucher}"))["status"], "expired");
    let budget = ["available", "committed", "lapsed"].map(|part| text(&city.budget(), &format!("/{part}")));
    assert_eq!(budget, ["0.00", "0.00", "100000.00"], "the release of an earlier year's commitment lapses");
    let listed = months(&city.read("/periods"));
    assert_eq!((listed.len(), listed[11].1.as_str(), listed[12].1.as_str()), (13, "closed", "open"));
    city.verifies();
}

#[test]
fn each_kind_of_posting_is_undone_and_its_document_stands_as_before() {
    let city = founded("undoing");
    // a change of a budget
    let before = city.balances();
    let sequence = city.appropriation("500.00");
    let reversal = city.reverse(sequence);
    shows(&reversal, json!({"status": "approved", "approved_by": "subsidy-ledger#chen"}));
    assert_eq!(city.balances(), before);
    let changes = city.read("/programmes/p/appropriations?status=reversed");
    assert_eq!(changes["data"][0]["amount"], "500.00");
    let by = reversal["reversed_by"].as_u64().unwrap();
    let original = city.read(&format!("/ledger/transactions/{sequence}"));
    let opposite = city.read(&format!("/ledger/transactions/{by}"));
    assert_eq!((&original["reversed_by"], &original["reverses"]), (&json!(by), &Value::Null));
    assert_eq!((&opposite["reverses"], &opposite["reversed_by"]), (&json!(sequence), &Value::Null));
    assert_eq!(opposite["effective_date"], "2025-01-02");
    // a payment: as where the bank sent it back, the claim is free
    let (claim, batch) = city.to_be_paid("U-1");
    let before = city.balances();
    let results = format!("/payment-batches/{batch}/results");
    let payment = city.sequence(&city.lin, &results, bank_result(&claim, "paid", "2025-01-02")) + 1;
    assert_ne!(city.balances(), before);
    city.reverse(payment);
    assert_eq!(city.balances(), before);
    let shown = city.read(&format!("/payment-batches/{batch}"));
    assert_eq!((&shown["status"], &shown["lines"][0]["status"]), (&json!("settled"), &json!("returned")));
    assert_eq!(city.read(&format!("/claims/{claim}"))["status"], "approved");
    let batch = text(&city.ok(&city.lin, "/payment-batches", json!({"claim_ids": [claim]})), "/id");
    city.ok(&city.chen, &format!("/payment-batches/{batch}/approve"), json!({}));
    let results = format!("/payment-batches/{batch}/results");
    city.ok(&city.lin, &results, bank_result(&claim, "paid", "2025-01-02"));
    // receipts, the last first, and a write-off
    let body = json!({"claim_id": claim, "amount": "100.03", "decision_no": "追1", "reason": "x"});
    let recovery = text(&city.ok(&city.lin, "/recoveries", body), "/id");
    city.ok(&city.chen, &format!("/recoveries/{recovery}/approve"), json!({}));
    let owed = city.balances();
    let receive = |amount: &str| {
        let body = json!({"amount": amount, "date": "2025-01-02", "bank_reference": format!("R-{amount}")});
        city.sequence(&city.lin, &format!("/recoveries/{recovery}/receipts"), body)
    };
    let first = receive("33.34");
    let after_first = city.balances();
    let second = receive("10.01");
    let third = receive("56.68");
    let of_it = |part: &str| city.read(&format!("/recoveries/{recovery}"))[part].clone();
    assert_eq!(of_it("status"), "settled");
    // what comes in while more is owed is no step of the recovery, and still about it
    let about = city.read(&format!("/ledger/transactions?document={recovery}"));
    let about: Vec<_> = about["data"].as_array().unwrap().iter().map(|t| t["sequence"].to_string()).collect();
    let received = [first, second, third].map(|sequence| sequence.to_string());
    assert!(about.ends_with(&received), "{about:?} {received:?}");
    let path = format!("/ledger/transactions/{first}/reverse");
    city.no(&city.lin, &path, json!({"reason": "x"}), (409, "not_latest"));
    city.reverse(third);
    assert_eq!((of_it("status"), of_it("outstanding")), (json!("approved"), json!("56.68")));
    city.reverse(second);
    assert_eq!(city.balances(), after_first);
    let written_off =
        city.sequence(&city.zhao, &format!("/recoveries/{recovery}/write-off"), json!({"reason": "无望"}));
    assert_eq!((of_it("status"), of_it("written_off")), (json!("settled"), json!("66.69")));
    city.no(&city.lin, &path, json!({"reason": "x"}), (409, "not_latest"));
    city.reverse(written_off);
    assert_eq!(city.balances(), after_first);
    city.reverse(first);
    assert_eq!(city.balances(), owed);
    assert_eq!((of_it("received"), of_it("outstanding")), (json!("0.00"), json!("100.03")));
    let reversed: Vec<_> =
        of_it("receipts").as_array().unwrap().iter().map(|r| r["reversed"].clone()).collect();
    assert_eq!(reversed, [true, true, true]);
    receive("100.03");
    assert_eq!(of_it("status"), "settled");
    assert_eq!(city.read("/ledger/reversals?status=approved")["data"].as_array().unwrap().len(), 6);
    city.verifies();
}

#[test]
fn a_posting_is_reversed_once_by_two_people_in_an_open_month_and_only_if_nothing_rests_on_it() {
    let city = founded("refusing");
    let sequence = city.appropriation("500.00");
    let path = format!("/ledger/transactions/{sequence}/reverse");
    let why = json!({"reason": "记错了"});
    city.no(&city.chen, &path, why.clone(), (403, "forbidden"));
    city.no(&city.lin, &path, json!({}), (422, "missing_field"));
    city.no(&city.lin, &path, json!({"reason": "x", "amount": "1"}), (422, "unknown_field"));
    city.no(&city.lin, "/ledger/transactions/999999/reverse", why.clone(), (404, "not_found"));
    city.no(&city.lin, "/ledger/transactions/x/reverse", why.clone(), (404, "not_found"));
    city.no(&city.chen, &format!("{path}/approve"), json!({}), (404, "not_found"));
    // proposed by one, approved by another
    city.ok(&city.zhao, &path, why.clone());
    city.no(&city.lin, &path, why.clone(), (409, "wrong_state"));
    city.no(&city.zhao, &format!("{path}/approve"), json!({}), (403, "same_person"));
    let tasks = city.get("/v1/tasks", &city.chen);
    shows(&tasks, json!({"data/0/kind": "reversal", "data/0/document": sequence.to_string()}));
    let stale = city.service.send(
        "POST",
        &format!("/v1{path}/approve"),
        Some(&city.chen),
        Some(&json!({})),
        &[("If-Match", "\"1\"")],
    );
    assert_eq!(stale.json()["code"], "version_conflict");
    // the shorter path of the contract is the same act
    let done = city.ok(&city.chen, &format!("/ledger/transactions/{sequence}/approve"), json!({}));
    city.no(&city.lin, &path, why.clone(), (409, "already_reversed"));
    city.no(&city.chen, &format!("{path}/approve"), json!({}), (409, "already_reversed"));
    // a reversal is not reversed, nor is what has a verb of its own
    let by = done["reversed_by"].as_u64().unwrap();
    city.no(&city.lin, &format!("/ledger/transactions/{by}/reverse"), why.clone(), (409, "not_reversible"));
    let voucher = city.waiting("F-1", "5000");
    let issue = city.sequence(&city.chen, &format!("/vouchers/{voucher}/issue"), json!({}));
    let problem = city.no(
        &city.lin,
        &format!("/ledger/transactions/{issue}/reverse"),
        why.clone(),
        (409, "not_reversible"),
    );
    assert!(text(&problem, "/detail").contains("cancel"));
    // what was spent since does not come back
    let pot = city.appropriation("400000.00");
    city.issued("F-2", "2000000.00");
    let refused = city.no(
        &city.lin,
        &format!("/ledger/transactions/{pot}/reverse"),
        why.clone(),
        (409, "pot_exhausted"),
    );
    assert!(text(&refused, "/detail").contains("400000.00"));
    // spent between proposal and approval
    let small = city.appropriation("60000.00");
    let small_path = format!("/ledger/transactions/{small}/reverse");
    city.ok(&city.lin, &small_path, why.clone());
    city.issued("F-3", "700000.00");
    city.no(&city.chen, &format!("{small_path}/approve"), json!({}), (409, "pot_exhausted"));
    // a payment that the bank sent back is undone already; one of which money was asked back stays
    let (claim, batch, payment) = city.paid_claim("F-4", "2025-01-02");
    let results = format!("/payment-batches/{batch}/results");
    city.ok(&city.lin, &results, bank_result(&claim, "returned", "2025-01-02"));
    city.ok(&city.chen, &format!("{results}/{claim}/approve"), json!({}));
    city.no(&city.lin, &format!("/ledger/transactions/{payment}/reverse"), why.clone(), (409, "wrong_state"));
    let (claim, _, payment) = city.paid_claim("F-5", "2025-01-02");
    let body = json!({"claim_id": claim, "amount": "1.00", "decision_no": "追1", "reason": "x"});
    let recovery = text(&city.ok(&city.lin, "/recoveries", body), "/id");
    city.ok(&city.chen, &format!("/recoveries/{recovery}/approve"), json!({}));
    city.no(&city.lin, &format!("/ledger/transactions/{payment}/reverse"), why.clone(), (409, "wrong_state"));
    // in an open month only
    let january = city.appropriation("10.00");
    city.move_to("2025-02-01");
    city.close("2025-01");
    let january = format!("/ledger/transactions/{january}/reverse");
    city.no(&city.lin, &january, why.clone(), (409, "period_closed"));
    city.reopen("2025-01");
    city.ok(&city.lin, &january, why.clone());
    city.close("2025-01");
    city.no(&city.chen, &format!("{january}/approve"), json!({}), (409, "period_closed"));
    city.verifies();
}

#[test]
fn what_stands_or_falls_together_sees_a_month_closed_or_reopened_within_it() {
    let city = founded("together");
    let proposed = |day: &str| {
        let body = json!({"amount": "7.00", "fiscal_year": 2025, "document": "预2号", "effective_date": day});
        let id = text(&city.ok(&city.lin, "/programmes/p/appropriations", body), "/id");
        format!("/v1/programmes/p/appropriations/{id}/approve")
    };
    let [first, second] = ["2025-01-01", "2025-01-02"].map(proposed);
    city.move_to("2025-02-01");
    let operation = |path: &str, body: Value| json!({"method": "POST", "path": path, "body": body});
    let close = operation("/v1/periods/2025-01/close", json!({}));
    let reopen = operation("/v1/periods/2025-01/reopen", json!({"reason": "补记"}));
    let all = |operations: Vec<Value>| json!({"mode": "all", "operations": operations});
    // closed first: what follows is refused, and nothing is done
    let refused = all(vec![close.clone(), operation(&first, json!({}))]);
    let problem = city.no(&city.chen, "/batches", refused, (409, "period_closed"));
    assert!(text(&problem, "/errors/0/pointer").starts_with("/operations/1"), "{problem}");
    assert_eq!(city.read("/periods")["data"][0]["status"], "open");
    // posted first; then reopened, posted and closed again, which the database takes too
    city.ok(&city.chen, "/batches", all(vec![operation(&first, json!({})), close.clone()]));
    assert_eq!(city.read("/periods")["data"][0]["books"]["B"]["debit"], "100007.00");
    city.ok(&city.chen, "/batches", all(vec![reopen, operation(&second, json!({})), close]));
    let january = &city.read("/periods")["data"][0];
    shows(january, json!({"status": "closed", "books/B/debit": "100014.00"}));
    city.verifies();
}
