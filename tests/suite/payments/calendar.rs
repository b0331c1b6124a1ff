//! The calendar: two people name the days, banks pay on working days, and reports know both.

use crate::support::city::shows;
use serde_json::{Value, json};

use crate::payments::stage::{FIRM, Stage, id};

fn days(named: &[(&str, &str)]) -> Value {
    let days: Vec<Value> = named.iter().map(|(date, kind)| json!({"date": date, "kind": kind})).collect();
    json!({"days": days, "document": "国办发明电〔2024〕12号"})
}

/// The days that the calendar names, as a query shows them.
fn named(stage: &Stage, query: &str) -> Vec<(String, String)> {
    let text = |day: &Value, name: &str| day[name].as_str().unwrap().to_owned();
    let listed = stage.read(&format!("/v1/calendar{query}"));
    listed["data"].as_array().unwrap().iter().map(|day| (text(day, "date"), text(day, "kind"))).collect()
}

fn approved(stage: &Stage, named: &[(&str, &str)]) -> String {
    let change = stage.create("/v1/calendar", &stage.officer, &days(named));
    stage.expect(200, &format!("/v1/calendar/{change}/approve"), &stage.approver, &json!({}));
    change
}

#[test]
fn two_people_name_a_day_and_a_later_change_names_it_anew() {
    let stage = Stage::open("calendar");
    let path = "/v1/calendar";
    let none = json!({});
    let why = json!({"reason": "年份有误"});
    let spring = days(&[("2025-01-28", "holiday"), ("2025-01-26", "workday")]);
    stage.refused(403, "forbidden", path, &stage.approver, &spring);
    stage.refused(403, "forbidden", path, &stage.firm, &spring);
    let twice = days(&[("2025-01-28", "holiday"), ("2025-01-29", "holiday"), ("2025-01-28", "workday")]);
    let problem = stage.refused(422, "invalid_value", path, &stage.officer, &twice);
    assert_eq!(problem["errors"][0]["pointer"], "/days/2/date");
    stage.refused(422, "invalid_value", path, &stage.officer, &days(&[]));
    stage.refused(422, "invalid_value", path, &stage.officer, &days(&[("2025-01-28", "sunday")]));
    stage.refused(422, "invalid_date", path, &stage.officer, &days(&[("2025-02-30", "holiday")]));
    stage.refused(
        422,
        "missing_field",
        path,
        &stage.officer,
        &json!({"days": [{"date": "2025-01-28", "kind": "holiday"}]}),
    );
    let many: Vec<Value> = (0..367).map(|_| json!({"date": "2025-01-28", "kind": "holiday"})).collect();
    stage.refused(413, "too_large", path, &stage.officer, &json!({"days": many, "document": "D"}));

    // proposed: it names nothing yet
    let proposed = stage.expect(201, path, &stage.approver_too, &spring);
    shows(&proposed, json!({"status": "proposed", "days/0/date": "2025-01-26"}));
    let change = id(&proposed);
    assert!(named(&stage, "").is_empty());
    let (approve, reject) = (format!("{path}/{change}/approve"), format!("{path}/{change}/reject"));
    stage.refused(403, "forbidden", &approve, &stage.officer, &none);
    stage.refused(403, "same_person", &approve, &stage.approver_too, &none);
    stage.refused(403, "same_person", &reject, &stage.approver_too, &why);
    let tasks = stage.ask("/v1/tasks?limit=200", &stage.approver).json();
    let waits = |task: &Value| task["kind"] == "calendar" && task["document"] == change.as_str();
    assert!(tasks["data"].as_array().unwrap().iter().any(waits), "{tasks}");
    let answer = stage.expect(200, &approve, &stage.approver, &none);
    shows(&answer, json!({"status": "approved", "decided_by": "subsidy-ledger#chen"}));
    stage.refused(409, "wrong_state", &approve, &stage.approver, &none);
    stage.refused(409, "wrong_state", &reject, &stage.approver, &why);
    let workday = ("2025-01-26".to_owned(), "workday".to_owned());
    let holiday = ("2025-01-28".to_owned(), "holiday".to_owned());
    assert_eq!(named(&stage, ""), [workday.clone(), holiday.clone()]);
    assert_eq!(named(&stage, "?from=2025-01-27"), std::slice::from_ref(&holiday));
    assert_eq!(named(&stage, "?until=2025-01-27"), std::slice::from_ref(&workday));

    // refused: nothing changes; named anew: the later change counts
    let other = stage.create(path, &stage.officer, &days(&[("2025-01-28", "workday")]));
    let refused = stage.expect(200, &format!("{path}/{other}/reject"), &stage.approver, &why);
    assert_eq!((&refused["status"], &refused["reason"]), (&json!("rejected"), &json!("年份有误")));
    assert_eq!(named(&stage, ""), [workday.clone(), holiday]);
    let newest = approved(&stage, &[("2025-01-28", "workday")]);
    assert_eq!(named(&stage, ""), [workday, ("2025-01-28".to_owned(), "workday".to_owned())]);
    let listed = stage.read("/v1/calendar?from=2025-01-28");
    assert_eq!(listed["data"][0]["calendar_id"], newest.as_str());
    let changes = stage.read("/v1/calendar/changes?status=rejected");
    assert_eq!((changes["data"].as_array().unwrap().len(), &changes["data"][0]["id"]), (1, &json!(other)));
    assert_eq!(stage.read(&format!("{path}/{change}"))["status"], "approved");
    stage.refused(
        404,
        "not_found",
        &format!("{path}/{}/approve", uuid::Uuid::now_v7()),
        &stage.approver,
        &none,
    );
    assert!(stage.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_bank_is_asked_to_pay_on_the_first_working_day_and_never_in_the_past() {
    let stage = Stage::open("execution");
    // Saturday the 25th a holiday as any, Sunday the 26th worked for the Spring Festival
    let festival: Vec<String> = (28..=31).map(|day| format!("2025-01-{day}")).collect();
    let festival = festival.into_iter().chain((1..=4).map(|day| format!("2025-02-0{day}")));
    let festival: Vec<String> = festival.collect();
    let mut notice: Vec<(&str, &str)> = festival.iter().map(|day| (day.as_str(), "holiday")).collect();
    notice.push(("2025-01-26", "workday"));
    approved(&stage, &notice);
    let batch = stage.batch(&stage.approved(FIRM, 1, "500.00"));
    let asked = |format: &str| {
        let path = format!("/v1/payment-batches/{batch}/file?format={format}");
        stage.ask(&path, &stage.officer).expect(200)
    };
    let executed = |xml: &str| {
        let day = xml.split("<ReqdExctnDt>").nth(1).unwrap().split("<Dt>").nth(1).unwrap();
        day.split("</Dt>").next().unwrap().to_owned()
    };
    for (today, pays) in [
        ("2025-01-02", "2025-01-02"),
        ("2025-01-03", "2025-01-03"),
        ("2025-01-04", "2025-01-06"),
        ("2025-01-05", "2025-01-06"),
        ("2025-01-25", "2025-01-26"),
        ("2025-01-26", "2025-01-26"),
        ("2025-01-28", "2025-02-05"),
        ("2025-02-02", "2025-02-05"),
        ("2025-02-08", "2025-02-10"),
    ] {
        stage.today(today);
        let first = asked("pain.001");
        assert_eq!(executed(&first.text), pays, "{today}");
        assert_eq!(asked("pain.001").text, first.text, "{today}: the same file all day");
        let sequence = first.header("Ledger-Sequence").unwrap().to_owned();
        let leaf = stage.read(&format!("/v1/audit/entries/{sequence}"));
        assert!(leaf.to_string().contains(&format!("\"execution_date\":\"{pays}\"")), "{leaf}");
    }
    // a calendar without a working day is refused rather than guessed
    stage.today("2025-03-01");
    let all: Vec<String> = (1..=31).map(|day| format!("2025-03-{day:02}")).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|day| (day.as_str(), "holiday")).collect();
    approved(&stage, &all);
    let path = format!("/v1/payment-batches/{batch}/file");
    stage.ask(&path, &stage.officer).is(409, "no_working_day");
    assert!(stage.cli(&["verify"]).contains("verified"));
}

#[test]
fn approvals_on_holidays_are_listed_by_the_calendar_as_it_was_known() {
    let stage = Stage::open("weekends");
    let listed = |query: &str| {
        let report = stage.read(&format!("/v1/reports/exceptions?code=weekend_approval{query}"));
        report["rows"].as_array().unwrap().len()
    };
    // approvals are recorded by the clock: yesterday to tomorrow, whatever the day of the week
    let now = chrono::Utc::now().with_timezone(&chrono_tz::Asia::Shanghai).date_naive();
    let around = [-1, 0, 1].map(|ahead| (now + chrono::Duration::days(ahead)).to_string());
    let kind = |kind: &'static str| around.iter().map(|day| (day.as_str(), kind)).collect::<Vec<_>>();
    approved(&stage, &kind("holiday"));
    let holidays = listed("");
    let known = stage.leaves("approve_calendar")[0]["sequence"].to_string();
    assert!(holidays >= 3, "a programme, an appropriation and the calendar were approved: {holidays}");
    approved(&stage, &kind("workday"));
    assert_eq!(listed(""), 0);
    assert_eq!(listed(&format!("&known_at={known}")), holidays, "what was reported stays reported");
}
