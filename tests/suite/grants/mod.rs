//! Grants over HTTP: from the call to the acceptance, and what each step posts.

mod adversary;
mod experts;
mod netting;
mod refusals;

use crate::support::city;

use city::{City, FIRM, OTHER, shows, text};
use serde_json::{Value, json};

/// A city whose programme `g` pays half of a project's budget, at most two million, 40 % of it ahead.
pub fn granting(agency: &str, more: &Value) -> City {
    let city = City::open(agency, &city::rules(json!({})), "100000");
    city.programme_of("grant", "g", &rules(more), "10000000");
    city
}

fn rules(more: &Value) -> Value {
    let mut grant = json!({
        "max_amount": "2000000", "ratio_percent": "50", "prefund": true, "months": 24,
        "tranches": [
            {"name": "首款", "percent": "40", "on": "award"}, {"name": "尾款", "percent": "60", "on": "acceptance"},
        ],
        "review": {"experts_min": 1, "pass_score": "60"},
    });
    let mut rules = json!({});
    for (name, value) in more.as_object().expect("an object") {
        let place = if ["publicity_days", "eligibility", "shares"].contains(&name.as_str()) {
            &mut rules
        } else {
            &mut grant
        };
        place[name] = value.clone();
    }
    rules["grant"] = grant;
    rules
}

/// The day after the filing of a call.
const AFTER: &str = "2025-01-03";

/// A call that takes applications today.
fn call(city: &City, more: &Value) -> String {
    let mut body = json!({
        "programme": "g", "title": {"zh": "揭榜挂帅", "en": "Key projects"},
        "filing": {"from": "2025-01-01", "until": "2025-01-02"},
    });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let id = city.create("/v1/calls", &city.lin, &body);
    let open = city.expect(200, &format!("/v1/calls/{id}/approve"), &city.chen, &json!({}));
    shows(&open, json!({"status": "open", "rules_version": 1}));
    id
}

fn project(call: &str, budget: &str) -> Value {
    json!({"call": call, "project": {
        "name": "千亿参数模型", "from": "2025-02-01", "months": 12, "budget": [{"item": "人工", "amount": budget}],
    }})
}

/// An application of a party's, filed and passed on to the experts.
fn passed(city: &City, party: &str, call: &str, budget: &str) -> String {
    let id = city.create("/v1/applications", party, &project(call, budget));
    city.expect(200, &format!("/v1/applications/{id}/submit"), party, &json!({}));
    city.expect(200, &format!("/v1/applications/{id}/review"), &city.lin, &json!({"decision": "pass"}));
    id
}

fn expert(city: &City, subject: &str) -> String {
    city.service.token(&city.agency, "expert", subject, None)
}

/// An application that these experts score so.
fn scored(city: &City, application: &str, scores: &[(&str, &str)]) {
    let experts: Vec<Value> = scores.iter().map(|(subject, _)| json!({"subject": subject})).collect();
    let path = format!("/v1/applications/{application}");
    city.expect(200, &format!("{path}/experts"), &city.lin, &json!({"experts": experts}));
    for (subject, score) in scores {
        let body = json!({"criteria": [{"name": "创新性", "score": score}], "comment": "可行"});
        city.expect(201, &format!("{path}/scores"), &expert(city, subject), &body);
    }
}

/// Calls take no more applications.
fn closed(city: &City) {
    if text(&city.get("/v1/me", &city.lin), "/business_date").as_str() < AFTER {
        city.move_to(AFTER);
    }
}

/// The awards of a call, as its ranking has them, approved.
fn awarded(city: &City, call: &str) -> Value {
    closed(city);
    let proposed = city.expect(201, &format!("/v1/calls/{call}/awards"), &city.lin, &json!({}));
    shows(&proposed, json!({"id": call, "status": "proposed"}));
    shows(&city.get(&format!("/v1/calls/{call}"), &city.lin), json!({"id": call, "status": "open"}));
    city.expect(200, &format!("/v1/calls/{call}/awards/approve"), &city.chen, &json!({}))
}

/// The award of a project of the firm's with so much of a budget.
pub fn award(city: &City, budget: &str) -> String {
    let call = call(city, &json!({}));
    scored(city, &passed(city, &city.firm, &call, budget), &[("e1", "80")]);
    text(&awarded(city, &call), "/awards/0/award_id")
}

fn tranche(city: &City, award: &str, name: &str) -> String {
    let claim = city.filed(&city.firm, &json!({"kind": "grant_tranche", "award_id": award, "tranche": name}));
    city.pass(&claim);
    claim
}

fn accept(city: &City, award: &str, entitlement: &str, decision: &str) -> Value {
    let body = json!({"entitlement": entitlement, "document": "验收〔2026〕1号", "decision": decision});
    let proposed = city.expect(201, &format!("/v1/awards/{award}/acceptance"), &city.lin, &body);
    shows(&proposed, json!({"id": award, "status": "proposed", "settled": null}));
    shows(&city.get(&format!("/v1/awards/{award}"), &city.lin), json!({"id": award, "status": "awarded"}));
    city.expect(200, &format!("/v1/awards/{award}/acceptance/approve"), &city.chen, &json!({}))
}

const ACCOUNTS: [&str; 9] =
    ["B2006", "B2007", "B2008", "F1212", "F1214", "F2302", "F4001", "F5001.04", "Y7101"];

#[test]
fn an_advance_becomes_an_expense_at_the_acceptance_and_the_rest_is_paid_or_released() {
    let city = granting("e24", &json!({}));
    let award = award(&city, "3000000");
    let found = city.get(&format!("/v1/awards/{award}"), &city.firm);
    shows(
        &found,
        json!({
            "amount": "1500000.00", "status": "awarded", "due_on": "2026-02-01", "tranches/0/amount": "600000.00",
            "tranches/1/amount": "900000.00", "rank": 1,
        }),
    );
    assert_eq!(city.ledger(["B2006"]), ["1500000.00"]);
    let aged = |kind: &str| {
        let found = city.get("/v1/reports/ageing", &city.sun);
        let rows = found["rows"].as_array().expect("rows").iter().filter(|row| row["kind"] == kind);
        rows.map(|row| text(row, "/outstanding")).collect::<Vec<_>>()
    };
    assert_eq!(aged("unclaimed_award"), ["1500000.00"]);
    let first = tranche(&city, &award, "首款");
    shows(
        &city.claim(&first),
        json!({
            "kind": "grant_tranche", "award_id": award, "tranche": "首款", "amount": "600000.00", "status": "approved",
            "calculation/lines/0/item": "首款", "payee": FIRM,
        }),
    );
    let zero = "0.00";
    assert_eq!(
        city.ledger(ACCOUNTS),
        ["900000.00", "600000.00", zero, zero, "600000.00", "600000.00", zero, zero, zero]
    );
    assert_eq!(
        (aged("unclaimed_award"), aged("unpaid_claim")),
        (vec!["900000.00".to_owned()], vec!["600000.00".to_owned()])
    );
    city.paid(&[&first], AFTER);
    let ahead = ["900000.00", zero, "600000.00", zero, "600000.00", zero, "600000.00", zero, "600000.00"];
    assert_eq!(city.ledger(ACCOUNTS), ahead);
    shows(
        &accept(&city, &award, "1380000", "passed"),
        json!({
            "status": "accepted", "settled/paid": "600000.00", "settled/due": "780000.00",
            "settled/released": "120000.00", "settled/recovered": zero, "acceptance/decision": "passed",
        }),
    );
    assert_eq!(city.ledger(["B2006", "F1214", "F5001.04"]), ["780000.00", zero, "600000.00"]);
    let last = tranche(&city, &award, "尾款");
    assert_eq!(text(&city.claim(&last), "/amount"), "780000.00");
    city.paid(&[&last], AFTER);
    let settled = [zero, zero, "1380000.00", zero, zero, zero, "1380000.00", "1380000.00", "1380000.00"];
    assert_eq!(city.ledger(ACCOUNTS), settled);
    let budget = city.get("/v1/programmes/g", &city.sun)["budget"].clone();
    shows(&budget, json!({"available": "8620000.00", "committed": zero, "expended": "1380000.00"}));
    city.verifies();
}

#[test]
fn what_was_paid_ahead_beyond_the_entitlement_is_asked_back_and_the_rest_is_released() {
    let city = granting(
        "e24b",
        &json!({"shares": [
            {"level": "city", "percent": "70"}, {"level": "district", "percent": "30"},
        ]}),
    );
    let award = award(&city, "3000000");
    let first = tranche(&city, &award, "首款");
    city.paid(&[&first], AFTER);
    shows(
        &accept(&city, &award, "450000", "partly"),
        json!({
            "settled/due": "0.00", "settled/released": "900000.00", "settled/recovered": "150000.00",
        }),
    );
    assert_eq!(
        city.ledger(["B2006", "F1212", "F1214", "F5001.04"]),
        ["0.00", "150000.00", "0.00", "450000.00"]
    );
    let found = city.get("/v1/recoveries?programme=g", &city.sun);
    shows(
        &found,
        json!({
            "data/0/claim_id": first, "data/0/amount": "150000.00", "data/0/status": "approved",
            "data/0/reason": "验收〔2026〕1号",
        }),
    );
    let recovery = text(&found, "/data/0/id");
    let body = json!({"amount": "100000", "date": AFTER, "bank_reference": "R1"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/receipts"), &city.lin, &body);
    // what was given up of an advance is an expense after all
    let li = json!({"reason": "注销"});
    city.expect(200, &format!("/v1/recoveries/{recovery}/write-off"), &city.li, &li);
    assert_eq!(
        city.ledger(["B2008", "F1212", "F1214", "F5001.04"]),
        ["500000.00", "0.00", "0.00", "500000.00"]
    );
    city.verifies();
}

#[test]
fn a_grant_that_is_not_paid_ahead_is_an_expense_with_each_tranche() {
    let tranches = json!([
        {"name": "首款", "percent": "30", "on": "award"}, {"name": "中期", "percent": "30", "on": "milestone"},
        {"name": "尾款", "percent": "40", "on": "acceptance"},
    ]);
    let city = granting("after", &json!({"prefund": false, "tranches": tranches}));
    let award = award(&city, "1000001");
    let claimed = |name: &str| json!({"kind": "grant_tranche", "award_id": award, "tranche": name});
    let first = tranche(&city, &award, "首款");
    assert_eq!(city.ledger(["F1214", "F5001.04"]), ["0.00", "150000.15"]);
    city.paid(&[&first], AFTER);
    // the rules ask for no evidence of a milestone, and what there is goes with the claim
    let bare = city.create("/v1/claims", &city.firm, &claimed("中期"));
    city.expect(200, &format!("/v1/claims/{bare}/withdraw"), &city.firm, &json!({}));
    let evidence = city.upload("/v1/evidence?kind=delivery", &city.firm, "application/pdf", b"%PDF-1.4 done");
    let mut body = claimed("中期");
    body["evidence"] = json!([text(&evidence.expect(201).json(), "/id")]);
    let second = city.filed(&city.firm, &body);
    let acceptance = format!("/v1/awards/{award}/acceptance");
    let decision = json!({"entitlement": "200000", "document": "验收1号", "decision": "partly"});
    city.expect(201, &acceptance, &city.lin, &decision);
    let path = format!("{acceptance}/approve");
    assert_eq!(city.refused(409, &path, &city.chen, &json!({})), "tranche_open");
    city.pass(&second);
    city.paid(&[&second], AFTER);
    shows(
        &city.expect(200, &path, &city.chen, &json!({})),
        json!({
            "settled/paid": "300000.30", "settled/recovered": "100000.30", "settled/released": "200000.20",
        }),
    );
    assert_eq!(city.ledger(["B2006", "F1212", "F5001.04"]), ["0.00", "100000.30", "200000.00"]);
    // the newest tranche is asked back first
    let found = city.get("/v1/recoveries?programme=g", &city.sun);
    shows(&found, json!({"data/0/claim_id": second, "data/0/amount": "100000.30"}));
    city.verifies();
}

#[test]
fn a_published_award_waits_for_its_objections_and_can_be_cancelled() {
    let city = granting("public", &json!({"publicity_days": 7}));
    let award = award(&city, "1000000");
    let listed = city.get("/v1/publicity/awards", &city.cloud);
    shows(
        &listed,
        json!({"data/0/award_id": award, "data/0/amount": "500000.00", "data/0/until": "2025-01-10"}),
    );
    let claim =
        city.filed(&city.firm, &json!({"kind": "grant_tranche", "award_id": award, "tranche": "首款"}));
    city.expect(200, &format!("/v1/claims/{claim}/review"), &city.zhao, &json!({"decision": "pass"}));
    let approve = format!("/v1/claims/{claim}/approve");
    assert_eq!(city.refused(409, &approve, &city.chen, &json!({})), "publicity_running");
    let blocks = |city: &City| -> Vec<Value> {
        let found = city.get(&format!("/v1/claims/{claim}"), &city.firm);
        let blocks = found["blocked_because"].as_array().unwrap().iter();
        blocks.filter(|block| block["code"] != "bank_account_missing").cloned().collect()
    };
    let running = json!({"code": "publicity_running", "since": "2025-01-03", "detail": "2025-01-10"});
    assert_eq!(blocks(&city), std::slice::from_ref(&running));
    let objections = format!("/v1/awards/{award}/objections");
    let other = city.expect(201, &objections, &city.other, &json!({"text": "重复立项"}));
    shows(&other, json!({"objections/0/number": 1, "objections/0/status": "open"}));
    let open = json!({"code": "objection_open", "since": null, "detail": "1"});
    assert_eq!(blocks(&city), [running, open.clone()]);
    city.move_to("2025-01-11");
    assert_eq!(blocks(&city), [open]);
    assert_eq!(city.refused(409, &approve, &city.chen, &json!({})), "objection_open");
    let resolve = format!("{objections}/1/resolve");
    let upheld = json!({"decision": "upheld", "reason": "属实"});
    city.expect(200, &resolve, &city.lin, &upheld);
    assert_eq!(city.refused(409, &resolve, &city.lin, &upheld), "wrong_state");
    assert_eq!(city.refused(409, &approve, &city.chen, &json!({})), "objection_upheld");
    let cancel = format!("/v1/awards/{award}/cancel");
    let reason = json!({"reason": "异议成立"});
    assert_eq!(city.refused(409, &cancel, &city.chen, &reason), "tranche_open");
    city.expect(200, &format!("/v1/claims/{claim}/reject"), &city.chen, &reason);
    shows(
        &city.expect(200, &cancel, &city.chen, &reason),
        json!({"status": "cancelled", "reason": "异议成立"}),
    );
    assert_eq!(city.ledger(["B2006"]), ["0.00"]);
    // an objection after the publicity, of one who cannot see the award
    assert_eq!(city.refused(404, &objections, &city.other, &json!({"text": "晚了"})), "not_found");
    city.verifies();
}

#[test]
fn a_deadline_is_extended_once_by_two_people_and_what_is_overdue_waits_for_its_acceptance() {
    let city = granting("late", &json!({}));
    let award = award(&city, "1000000");
    let path = format!("/v1/awards/{award}/extension");
    let until = |date: &str| json!({"until": date, "document": "延期1号"});
    assert_eq!(city.refused(422, &path, &city.lin, &until("2026-02-01")), "deadline_not_later");
    shows(
        &city.expect(201, &path, &city.lin, &until("2026-05-01")),
        json!({"id": award, "status": "proposed", "extension/until": "2026-05-01"}),
    );
    shows(
        &city.expect(200, &format!("{path}/reject"), &city.chen, &json!({"reason": "材料不全"})),
        json!({
            "due_on": "2026-02-01", "extended": false, "extension": null,
        }),
    );
    city.expect(201, &path, &city.lin, &until("2026-05-01"));
    let tasks = city.get("/v1/tasks", &city.chen);
    shows(&tasks, json!({"data/0/kind": "extension", "data/0/document": award}));
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
    assert_eq!(city.refused(409, &path, &city.lin, &until("2026-08-01")), "extended_already");
    let overdue = |city: &City| {
        let found = city.get("/v1/tasks", &city.lin);
        let tasks = found["data"].as_array().unwrap().iter().filter(|task| task["status"] == "overdue");
        tasks.map(|task| (text(task, "/kind"), text(task, "/document"))).collect::<Vec<_>>()
    };
    let first = tranche(&city, &award, "首款");
    let advances = |city: &City| {
        let found = city.get("/v1/reports/ageing", &city.sun);
        let rows = found["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == "overdue_advance");
        rows.map(|row| (text(row, "/document"), text(row, "/outstanding"))).collect::<Vec<_>>()
    };
    city.move_to("2026-05-01");
    assert_eq!((overdue(&city), advances(&city)), (vec![], vec![]), "the last day is in time");
    city.move_to("2026-05-02");
    assert_eq!(overdue(&city), [("award".to_owned(), award.clone())]);
    assert_eq!(advances(&city), [(award.clone(), "200000.00".to_owned())]);
    city.paid(&[&first], "2026-05-02");
    accept(&city, &award, "500000", "passed");
    assert_eq!((overdue(&city), advances(&city)), (vec![], vec![]));
    city.verifies();
}

#[test]
fn a_claim_that_is_let_go_frees_its_tranche_for_another() {
    let city = granting("free", &json!({}));
    let award = award(&city, "1000000");
    let body = json!({"kind": "grant_tranche", "award_id": award, "tranche": "首款"});
    let first = city.filed(&city.firm, &body);
    let second = city.create("/v1/claims", &city.firm, &body);
    let submit = format!("/v1/claims/{second}/submit");
    assert_eq!(city.refused(409, &submit, &city.firm, &json!({})), "tranche_claimed");
    city.pass(&first);
    // nothing of it was paid: the approval is taken back, and what was accrued is committed again
    city.expect(200, &format!("/v1/claims/{first}/reject"), &city.chen, &json!({"reason": "重报"}));
    assert_eq!(city.ledger(["B2006", "F1214", "F2302"]), ["500000.00", "0.00", "0.00"]);
    city.expect(200, &submit, &city.firm, &json!({}));
    shows(&city.get(&format!("/v1/awards/{award}"), &city.lin), json!({"tranches/0/claim_id": second}));
    assert_eq!(city.status(&format!("/v1/awards/{award}"), &city.other), 404);
    let body = json!({"kind": "grant_tranche", "award_id": award, "tranche": "尾款"});
    let path = format!("/v1/claims/{second}");
    assert_eq!(city.put(&path, &city.firm, &body).expect(409).json()["code"], "wrong_state");
    city.expect(200, &format!("{path}/review"), &city.lin, &json!({"decision": "return", "reason": "补件"}));
    assert_eq!(city.put(&path, &city.firm, &body).expect(422).json()["code"], "tranche_differs");
    assert_ne!(FIRM, OTHER);
    city.verifies();
}
