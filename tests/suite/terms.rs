//! Terms: by when what waits is to be done, in working days; what is late on top; publicity in working days.

use serde_json::{Value, json};
use subsidy_core::agencies::MoveBusinessDate;
use subsidy_core::book::Command;
use subsidy_ledger::cli::reminders;

use crate::support::agency;
use crate::support::city::{City, redemption, rental, rules, shows, text};
use crate::support::ledger::Ledger;
use crate::support::world::{by, date};

fn terms() -> Value {
    json!({"review": 2, "approval": 3, "objection": 1, "payment": 5})
}

fn with_terms(more: Value) -> Value {
    let mut rules = rules(json!({"service_days": terms()}));
    for (name, value) in more.as_object().expect("rules") {
        rules[name] = value.clone();
    }
    rules
}

/// Days that two people name.
fn names(city: &City, days: &[(&str, &str)]) {
    let days: Vec<Value> = days.iter().map(|(date, kind)| json!({"date": date, "kind": kind})).collect();
    let change = city.create("/v1/calendar", &city.zhao, &json!({"days": days, "document": "放假通知"}));
    city.expect(200, &format!("/v1/calendar/{change}/approve"), &city.chen, &json!({}));
}

/// An application of the firm's that waits for its review.
fn applied(city: &City, contract: &str) -> String {
    let rental = city.create("/v1/rentals", &city.firm, &rental(contract, "10000"));
    city.create("/v1/vouchers", &city.firm, &json!({"programme": "p", "rental_id": rental}))
}

fn tasks(city: &City, token: &str) -> Vec<Value> {
    city.get("/v1/tasks?limit=200", token)["data"].as_array().expect("a list").clone()
}

/// What is due when: document, day, whether that is over.
fn due(tasks: &[Value]) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tasks.iter().map(|t| (text(&t["document"]), text(&t["due_on"]), t["late"] == json!(true))).collect()
}

fn row(document: &str, due_on: &str, late: bool) -> (String, String, bool) {
    (document.to_owned(), due_on.to_owned(), late)
}

#[test]
fn what_waits_says_by_which_working_day_it_is_due_and_what_is_late_stands_on_top() {
    let city = City::open("terms", &with_terms(json!({})), "100000");
    // Thursday the 2nd; the Friday is a holiday, for which the Sunday is worked
    names(&city, &[("2025-01-03", "holiday"), ("2025-01-05", "workday")]);
    let first = applied(&city, "A-1");
    city.move_to("2025-01-05");
    let second = applied(&city, "A-2");
    // the day itself does not count: the 5th and the 6th; the 6th and the 7th
    let waiting = tasks(&city, &city.lin);
    assert_eq!(due(&waiting), [row(&first, "2025-01-06", false), row(&second, "2025-01-07", false)]);
    shows(&waiting[0], json!({"since": "2025-01-02", "term_days": 2, "action": "review"}));
    city.move_to("2025-01-06");
    assert!(!tasks(&city, &city.lin)[0]["late"].as_bool().unwrap(), "the last day is in time");
    city.move_to("2025-01-07");
    let page = city.get("/v1/tasks?limit=1", &city.lin);
    assert_eq!(due(page["data"].as_array().unwrap()), [row(&first, "2025-01-06", true)]);
    let next = city.get(&format!("/v1/tasks?limit=1&cursor={}", text(&page, "/next_cursor")), &city.lin);
    assert_eq!(due(next["data"].as_array().unwrap()), [row(&second, "2025-01-07", false)]);
    assert_eq!(next["next_cursor"], Value::Null);
    // who applied sees the same of their own
    let own = city.get(&format!("/v1/vouchers/{first}"), &city.firm);
    shows(
        &own,
        json!({
            "term/step": "review", "term/since": "2025-01-02", "term/term_days": 2, "term/due_on": "2025-01-06",
            "term/late": true
        }),
    );
    // the later one is reviewed, the earlier one after it: each waits for its issue since its own day
    let pass = json!({"decision": "pass"});
    city.expect(200, &format!("/v1/vouchers/{second}/review"), &city.lin, &pass);
    city.move_to("2025-01-08");
    city.expect(200, &format!("/v1/vouchers/{first}/review"), &city.lin, &pass);
    // what has no term stands last, however long it waits
    city.create(
        "/v1/calendar",
        &city.zhao,
        &json!({"days": [{"date": "2025-05-01", "kind": "holiday"}], "document": "通知"}),
    );
    let waiting = tasks(&city, &city.chen);
    assert_eq!(
        due(&waiting)[..2],
        [row(&second, "2025-01-10", false), row(&first, "2025-01-13", false)],
        "{waiting:?}"
    );
    shows(&waiting[2], json!({"kind": "calendar", "due_on": null, "term_days": null, "since": "2025-01-08"}));
    let issued = city.expect(200, &format!("/v1/vouchers/{first}/issue"), &city.chen, &json!({}));
    assert_eq!(issued["reviewed_on"], json!("2025-01-08"));
    assert!(city.get(&format!("/v1/vouchers/{first}"), &city.firm).get("term").is_none());
    city.verifies();
}

#[test]
fn approved_claims_wait_for_a_batch_and_the_batch_for_its_approval_until_the_first_of_them_is_due() {
    let city = City::open("unpaid", &with_terms(json!({})), "100000");
    let voucher = city.voucher("50000");
    let first = city.approved(&voucher, "10000", false);
    city.move_to("2025-01-06");
    let second = city.approved(&voucher, "10000", false);
    // approved on Thursday the 2nd: five working days end on the 9th
    let pays = |city: &City| {
        let found = tasks(city, &city.lin);
        found.into_iter().filter(|task| task["action"] == "pay").collect::<Vec<_>>()
    };
    shows(
        &pays(&city)[0],
        json!({"kind": "programme", "document": "p", "since": "2025-01-02", "due_on": "2025-01-09", "late": false}),
    );
    let claim = city.claim(&second);
    shows(&claim, json!({"term/step": "payment", "term/due_on": "2025-01-13"}));
    let body = json!({"claim_ids": [second, first]});
    let batch = city.create("/v1/payment-batches", &city.lin, &body);
    assert_eq!(pays(&city).len(), 0);
    city.move_to("2025-01-10");
    let found = tasks(&city, &city.chen);
    let waits = found.iter().find(|task| task["document"] == batch.as_str()).expect("the batch");
    shows(waits, json!({"kind": "payment_batch", "due_on": "2025-01-09", "late": true, "term_days": 5}));
    city.verifies();
}

#[test]
fn the_term_is_that_of_the_rules_in_force_when_it_began_to_wait() {
    let city = City::open("versions", &with_terms(json!({})), "100000");
    let before = applied(&city, "A-1");
    let body = json!({"effective_from": "2025-01-06", "reason": "压减办理时限",
        "rules": rules(json!({"service_days": {"review": 1}}))});
    city.expect(201, "/v1/programmes/p/rules", &city.lin, &body);
    city.expect(200, "/v1/programmes/p/rules/2/approve", &city.chen, &json!({}));
    city.move_to("2025-01-06");
    let after = applied(&city, "A-2");
    let found = tasks(&city, &city.lin);
    // two working days from Thursday the 2nd: the 6th; one from Monday the 6th: the 7th
    assert_eq!(due(&found), [row(&before, "2025-01-06", false), row(&after, "2025-01-07", false)]);
    // the new version gives approvals no term
    city.expect(200, &format!("/v1/vouchers/{after}/review"), &city.lin, &json!({"decision": "pass"}));
    shows(
        &tasks(&city, &city.chen)[0],
        json!({"document": after, "term_days": null, "due_on": null, "late": false}),
    );
}

#[test]
fn a_publicity_in_working_days_ends_where_the_calendar_said_when_it_began() {
    let rules = with_terms(json!({"publicity_days": 3, "publicity_counts": "working"}));
    let city = City::open("workdays", &rules, "100000");
    names(&city, &[("2025-01-03", "holiday"), ("2025-01-05", "workday")]);
    let voucher = city.voucher("50000");
    let claim = city.reviewed(&city.firm, &voucher, "10000");
    // reviewed on Thursday the 2nd: the 5th, 6th and 7th count
    let listed = |city: &City| city.get("/v1/publicity", &city.other)["data"].clone();
    shows(&listed(&city), json!({"0/claim_id": claim, "0/from": "2025-01-02", "0/until": "2025-01-07"}));
    // a later notice moves no end that was announced
    names(&city, &[("2025-01-07", "holiday"), ("2025-01-08", "holiday")]);
    shows(&listed(&city), json!({"0/until": "2025-01-07"}));
    // the days of the publicity are not those of the approval: three working days after the 7th, of which the 8th is none
    shows(
        &city.claim(&claim),
        json!({
            "published_until": "2025-01-07", "term/step": "approval", "term/since": "2025-01-02",
            "term/due_on": "2025-01-13"
        }),
    );
    shows(
        &tasks(&city, &city.chen)[0],
        json!({"document": claim, "due_on": "2025-01-13", "since": "2025-01-02"}),
    );
    let approve = format!("/v1/claims/{claim}/approve");
    city.move_to("2025-01-07");
    assert_eq!(city.refused(409, &approve, &city.chen, &json!({})), "publicity_running");
    let objection = json!({"text": "金额有误"});
    let objection = city.expect(201, &format!("/v1/claims/{claim}/objections"), &city.other, &objection);
    city.move_to("2025-01-08");
    // one working day after the 7th: the 9th, as the newest calendar has it
    let found = tasks(&city, &city.lin);
    let waits = found.iter().find(|task| task["action"] == "resolve").expect("the objection");
    shows(
        waits,
        json!({"document": objection["id"], "parent": claim, "since": "2025-01-07", "due_on": "2025-01-09"}),
    );
    city.post("/v1/tasks/remind", &city.lin, &json!({"days": 1})).expect(200);
    let told = city.get("/v1/reminders", &city.sun);
    let told = told["data"].as_array().unwrap().iter().find(|one| one["action"] == "resolve").expect("it");
    shows(told, json!({"document": objection["id"], "parent": claim}));
    let resolve = format!("/v1/claims/{claim}/objections/{}/resolve", text(&objection, "/id"));
    city.expect(200, &resolve, &city.lin, &json!({"decision": "dismissed", "reason": "查无此事"}));
    city.expect(200, &approve, &city.chen, &json!({}));
    // one that is filed anew is published anew, by the calendar of then
    let again = city.reviewed(&city.firm, &voucher, "10000");
    shows(&city.claim(&again), json!({"published_until": "2025-01-13"}));
    city.verifies();
}

#[test]
fn a_calendar_of_holidays_alone_refuses_a_review_that_begins_a_publicity() {
    let rules = rules(json!({"publicity_days": 1, "publicity_counts": "working"}));
    let city = City::open("nowork", &rules, "100000");
    let voucher = city.voucher("50000");
    let claim = city.filed(&city.firm, &redemption(&voucher, "10000"));
    let all: Vec<String> = (3..=31).map(|day| format!("2025-01-{day:02}")).collect();
    let more: Vec<String> = (1..=10).map(|day| format!("2025-02-{day:02}")).collect();
    let all: Vec<(&str, &str)> = all.iter().chain(&more).map(|day| (day.as_str(), "holiday")).collect();
    names(&city, &all);
    let review = format!("/v1/claims/{claim}/review");
    assert_eq!(city.refused(409, &review, &city.zhao, &json!({"decision": "pass"})), "no_working_day");
    // what is returned is not published
    city.expect(200, &review, &city.zhao, &json!({"decision": "return", "reason": "补正"}));
    city.verifies();
}

#[test]
fn nothing_waits_for_an_operator_yet_and_that_is_no_refusal() {
    let city = City::open("operating", &with_terms(json!({})), "100000");
    applied(&city, "A-1");
    let wu = city.token("operating", "operator", "wu", None);
    assert_eq!(city.get("/v1/tasks", &wu), json!({"data": [], "next_cursor": null}));
}

#[test]
fn whoever_is_late_is_told_once_a_day_and_machines_read_it() {
    let city = City::open("told", &with_terms(json!({})), "100000");
    let first = applied(&city, "A-1");
    let run = |days: u16| city.post("/v1/tasks/remind", &city.lin, &json!({"days": days})).expect(200).json();
    // due on the 6th, four days ahead
    assert_eq!(run(3), json!({"reminded": 0, "late": 0}));
    assert_eq!(run(4), json!({"reminded": 1, "late": 0}));
    assert_eq!(run(60), json!({"reminded": 0, "late": 0}), "told of today already");
    city.move_to("2025-01-07");
    let second = applied(&city, "A-2");
    let preview = city.post("/v1/tasks/remind?dry_run=true", &city.zhao, &json!({})).json();
    assert_eq!((&preview["reminded"], &preview["late"]), (&json!(2), &json!(1)), "{preview}");
    assert_eq!(run(3), json!({"reminded": 2, "late": 1}));
    assert_eq!(city.post("/v1/tasks/remind", &city.zhao, &json!({})).json()["reminded"], json!(0));
    let told = city.get("/v1/reminders", &city.sun);
    shows(
        &told,
        json!({
            "data/0/document": first, "data/0/kind": "voucher", "data/0/action": "review", "data/0/times": 2,
            "data/0/due_on": "2025-01-06", "data/0/told_on": "2025-01-07", "data/0/late": true,
            "data/0/counted_from": "2025-01-02", "data/0/term_days": 2,
            "data/1/document": second, "data/1/times": 1, "data/1/due_on": "2025-01-09", "data/1/late": false
        }),
    );
    assert_eq!(city.get("/v1/reminders?on=2025-01-02", &city.sun)["data"], json!([]));
    assert_eq!(
        city.get("/v1/reminders?on=2025-01-07&limit=1", &city.sun)["data"].as_array().unwrap().len(),
        1
    );
    // each is an event, for the agency alone
    let events = |token: &str| {
        let found = city.get("/v1/events?limit=200", token);
        let kinds = found["data"].as_array().unwrap().iter().filter(|event| event["kind"] == "remind_task");
        kinds.map(|event| text(event, "/document")).collect::<Vec<_>>()
    };
    assert_eq!(events(&city.sun), [first.clone(), first.clone(), second]);
    assert!(events(&city.firm).is_empty());
    // what is done is told of no more
    city.expect(
        200,
        &format!("/v1/vouchers/{first}/review"),
        &city.lin,
        &json!({"decision": "reject", "reason": "不符"}),
    );
    city.move_to("2025-01-10");
    assert_eq!(run(0), json!({"reminded": 1, "late": 1}));
    for (status, code, body) in
        [(422, "invalid_value", json!({"days": 61})), (422, "unknown_field", json!({"as_of": "2025-01-02"}))]
    {
        city.post("/v1/tasks/remind", &city.lin, &body).is(status, code);
    }
    city.post("/v1/tasks/remind", &city.chen, &json!({})).is(403, "forbidden");
    assert_eq!(city.status("/v1/reminders", &city.firm), 403);
    city.verifies();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_reminders_are_made_once_however_many_processes_look_and_start_anew() {
    let ledger = Ledger::open().await;
    ledger.with_vouchers(3, 3).await;
    let other = ledger.another_engine().await;
    let told = async |day: &str| {
        let agency = agency();
        let (one, two) =
            tokio::join!(reminders::one(&ledger.engine, &agency), reminders::one(&other, &agency));
        let again = reminders::one(&ledger.another_engine().await, &agency).await.expect("a start");
        assert_eq!(again, 0, "{day}: a process that starts anew");
        one.expect("one process") + two.expect("another")
    };
    let before = ledger.ties().await;
    // Monday the 30th of June: the issue is due on Tuesday
    assert_eq!(told("2025-06-30").await, 3);
    assert_eq!(ledger.ties().await, before + 4, "a header and a leaf a task");
    assert_eq!(told("2025-06-30").await, 0);
    ledger
        .accept([by("approver-1", Command::MoveBusinessDate(MoveBusinessDate { date: date("2025-07-02") }))])
        .await;
    assert_eq!(told("2025-07-02").await, 3);
    assert_eq!(ledger.ties().await, before + 9);
}
