//! Roles granted by two people: proposed, approved, rejected and taken away, and held against tokens and sessions where the
//! setting says so.

use std::path::Path;

use serde_json::{Value, json};

use crate::console::browser::Browser;
use crate::support::city::{City, rules, text};
use crate::support::service::{Service, fresh_folder};

const PATH: &str = "/v1/role-grants";
const FIRM: &str = "91310000MA1FL0000N";

fn grant(subject: &str, role: &str) -> Value {
    json!({"subject": format!("subsidy-ledger#{subject}"), "role": role, "reason": "岗位需要"})
}

/// A service with these settings.
fn configured(folder: &Path, settings: &str) -> Service {
    let config = folder.join("config.toml");
    std::fs::write(&config, settings).unwrap();
    Service::start_configured(&config, &folder.join("log"))
}

#[test]
fn a_role_takes_two_people_and_is_taken_away_by_one() {
    let city = City::open("grants", &rules(json!({})), "1000");
    let token = |role: &str, subject: &str| city.token("grants", role, subject, None);
    let (ops, sec, sec2) = (token("operator", "ops"), token("security", "sec"), token("security", "sec2"));
    let none = json!({});
    // who may not, and what is no grant
    city.post(PATH, &city.lin, &grant("wang", "officer")).is(403, "forbidden");
    city.post(PATH, &sec, &grant("wang", "officer")).is(403, "forbidden");
    city.post(PATH, &ops, &grant("wang", "root")).refuses(422, "invalid_value", "/role");
    let nameless = json!({"subject": "wang", "role": "officer", "reason": "x"});
    city.post(PATH, &ops, &nameless).refuses(422, "invalid_value", "/subject");
    city.post(PATH, &ops, &grant("wang", "enterprise")).refuses(422, "role_organisation", "/organisation");
    let mut of_one = grant("wang", "officer");
    of_one["organisation"] = json!(FIRM);
    city.post(PATH, &ops, &of_one).refuses(422, "role_organisation", "/organisation");
    let mut no_days = grant("wang", "officer");
    (no_days["from"], no_days["until"]) = (json!("2025-06-02"), json!("2025-06-01"));
    city.post(PATH, &ops, &no_days).refuses(422, "invalid_window", "/until");

    // proposed by one, approved by another who is not the person
    let proposed = city.expect(201, PATH, &ops, &grant("wang", "officer"));
    assert_eq!((&proposed["status"], &proposed["reason"]), (&json!("proposed"), &json!("岗位需要")));
    let id = text(&proposed, "/id");
    let of = |id: &str, what: &str| format!("{PATH}/{id}/{what}");
    city.post(PATH, &ops, &grant("WANG", "officer")).is(409, "role_already_granted");
    city.post(&of(&id, "approve"), &ops, &none).is(403, "forbidden");
    city.post(&of(&id, "end"), &sec, &json!({"reason": "x"})).is(409, "wrong_state");
    let both = token("operator,security", "both");
    let own = city.create(PATH, &both, &grant("zhao", "officer"));
    city.post(&of(&own, "approve"), &both, &none).is(403, "same_person");
    city.post(&of(&own, "reject"), &both, &json!({"reason": "x"})).is(403, "same_person");
    let for_sec = city.create(PATH, &ops, &grant("sec", "security"));
    city.post(&of(&for_sec, "approve"), &sec, &none).is(403, "own_role");
    city.expect(200, &of(&for_sec, "approve"), &sec2, &none);
    let approved = city.expect(200, &of(&id, "approve"), &sec, &none);
    assert_eq!(
        (&approved["status"], &approved["decided_by"]),
        (&json!("approved"), &json!("subsidy-ledger#sec"))
    );
    city.post(&of(&id, "approve"), &sec2, &none).is(409, "wrong_state");
    let rejected = city.expect(200, &of(&own, "reject"), &sec, &json!({"reason": "无编制"}));
    assert_eq!((&rejected["status"], &rejected["rejection"]), (&json!("rejected"), &json!("无编制")));

    // taken away by either, at once and once; what is over may be granted anew
    city.post(&of(&id, "end"), &city.lin, &json!({"reason": "x"})).is(403, "forbidden");
    city.post(&of(&id, "end"), &ops, &none).refuses(422, "missing_field", "/reason");
    let ended = city.expect(200, &of(&id, "end"), &ops, &json!({"reason": "调离"}));
    assert_eq!(
        (&ended["status"], &ended["end_reason"], &ended["ended_by"]),
        (&json!("ended"), &json!("调离"), &json!("subsidy-ledger#ops"))
    );
    city.post(&of(&id, "end"), &sec, &json!({"reason": "x"})).is(409, "wrong_state");
    let again = city.create(PATH, &ops, &grant("wang", "officer"));
    city.expect(200, &of(&again, "approve"), &sec, &none);

    // who sees what
    let ids = |query: &str, token: &str| -> Vec<String> {
        let found = city.get(&format!("{PATH}?{query}"), token);
        found["data"].as_array().unwrap().iter().map(|one| text(one, "/id")).collect()
    };
    assert_eq!(ids("subject=subsidy-ledger%23wang", &city.sun), [id.clone(), again.clone()]);
    assert_eq!(ids("status=ended", &ops), std::slice::from_ref(&id));
    assert_eq!(ids("role=security", &sec), [for_sec]);
    city.ask(&format!("{PATH}?role=root"), &sec).is(400, "invalid_query");
    city.ask(PATH, &city.lin).is(403, "forbidden");
    assert_eq!(text(&city.get(&format!("{PATH}/{id}"), &city.sun), "/status"), "ended");
    city.recomputes();
}

#[test]
fn the_reports_know_who_could_on_which_day() {
    let city = City::open("could", &rules(json!({})), "1000");
    let token = |role: &str, subject: &str| city.token("could", role, subject, None);
    let (ops, sec) = (token("operator", "ops"), token("security", "sec"));
    let today = text(&city.get("/v1/me", &ops), "/business_date");
    let mut ids = Vec::new();
    for role in ["officer", "approver"] {
        let id = city.create(PATH, &ops, &grant("idle", role));
        city.expect(200, &format!("{PATH}/{id}/approve"), &sec, &json!({}));
        ids.push(id);
    }
    city.create(PATH, &ops, &grant("waits", "officer"));
    let held = |query: &str| -> Vec<(String, String, String)> {
        let report = city.get(&format!("/v1/reports/roles?{query}"), &sec);
        let rows = report["rows"].as_array().unwrap().iter();
        rows.map(|row| (text(row, "/subject"), text(row, "/role"), text(row, "/approved_by"))).collect()
    };
    let row =
        |role: &str| ("subsidy-ledger#idle".to_owned(), role.to_owned(), "subsidy-ledger#sec".to_owned());
    let both = vec![row("approver"), row("officer")];
    assert_eq!(held(""), both);
    let known = city.get("/v1/reports/roles", &sec)["known_at"].to_string();
    // who never acted could do both
    let finding = || {
        let report = city.get("/v1/reports/segregation-of-duties", &city.sun);
        let rows = report["rows"].as_array().unwrap().clone();
        let idle = rows.into_iter().find(|row| row["subject"] == "subsidy-ledger#idle").unwrap();
        (text(&idle, "/granted"), text(&idle, "/finding"), idle["operations"].clone())
    };
    assert_eq!(finding(), ("officer approver".to_owned(), "can_do_both".to_owned(), json!(0)));
    city.expect(200, &format!("{PATH}/{}/end", ids[1]), &ops, &json!({"reason": "调离"}));
    // it counted on the day on which it was taken away, and on no later one; what was known before stays
    assert_eq!(held(&format!("as_of={today}")), both);
    city.move_to("2026-06-01");
    assert_eq!(held("as_of=2026-06-01"), [row("officer")]);
    assert_eq!(held(&format!("as_of=2026-06-01&known_at={known}")), both);
    assert!(held("as_of=2020-01-01").is_empty());
    city.ask("/v1/reports/roles", &city.firm).is(403, "forbidden");
}

#[test]
fn where_roles_are_granted_a_token_alone_is_not_enough_and_what_is_taken_away_is_gone_at_once() {
    let folder = fresh_folder();
    let service = configured(&folder, "roles = \"granted\"\n");
    service.agency("city");
    let token = |role: &str, subject: &str| service.token("city", role, subject, None);
    let (ops, sec) = (token("operator", "ops"), token("security", "sec"));
    let wang = token("officer,auditor", "wang");

    // nobody was granted anything: the first administrators act, others do not
    let refused = service.ask("/v1/claims", &wang).is(403, "role_not_granted").json();
    let told = text(&refused, "/detail");
    assert!(["officer", "auditor"].iter().all(|role| told.contains(role)), "{told}");
    assert!(text(&refused, "/remedy").contains("运维"), "{refused}");
    assert_eq!(service.get("/v1/me", &wang)["roles"], json!([]));
    service.ask("/v1/loans", &ops).is(403, "forbidden");
    let give = |subject: &str, role: &str| {
        let id = service.create(PATH, &ops, &grant(subject, role));
        service.expect(200, &format!("{PATH}/{id}/approve"), &sec, &json!({}));
        id
    };
    let officer = give("wang", "officer");
    assert_eq!(service.get("/v1/me", &wang)["roles"], json!(["officer"]));
    service.ask("/v1/claims", &wang).expect(200);
    let body = json!({"credit_code": FIRM, "name": "甲", "category": "private_enterprise"});
    service.expect(201, "/v1/organisations", &wang, &body);
    // what somebody says and was not granted counts as little as what was granted and they do not say
    service.ask("/v1/audit/notes", &wang).is(403, "role_not_granted");
    give("li", "approver");
    service.ask("/v1/claims", &token("auditor", "li")).is(403, "role_not_granted");

    // a grant for an organisation is for that one
    let firm = service.token("city", "enterprise", "firm", Some(FIRM));
    service.ask("/v1/claims", &firm).is(403, "role_not_granted");
    let mut of_firm = grant("firm", "enterprise");
    of_firm["organisation"] = json!("91350100M000100Y43");
    let id = service.create(PATH, &ops, &of_firm);
    service.expect(200, &format!("{PATH}/{id}/approve"), &sec, &json!({}));
    service.ask("/v1/claims", &firm).is(403, "role_not_granted");
    of_firm["organisation"] = json!(FIRM);
    let id = service.create(PATH, &ops, &of_firm);
    service.expect(200, &format!("{PATH}/{id}/approve"), &sec, &json!({}));
    service.ask("/v1/claims", &firm).expect(200);

    // days count, and a role that is taken away is gone with the next request of the same token
    let mut later = grant("zhao", "officer");
    later["from"] = json!("2025-03-01");
    let id = service.create(PATH, &ops, &later);
    service.expect(200, &format!("{PATH}/{id}/approve"), &sec, &json!({}));
    let zhao = token("officer", "zhao");
    service.ask("/v1/claims", &zhao).is(403, "role_not_granted");
    service.move_to("2025-03-01", &wang);
    service.ask("/v1/claims", &zhao).expect(200);
    service.expect(200, &format!("{PATH}/{officer}/end"), &sec, &json!({"reason": "调离"}));
    service.ask("/v1/claims", &wang).is(403, "role_not_granted");
    service.post("/v1/organisations", &wang, &body).is(403, "role_not_granted");

    // once an operator was granted, a token that says operator is not enough
    give("second", "operator");
    service.post(PATH, &ops, &grant("x", "officer")).is(403, "role_not_granted");
    let second = token("operator", "second");
    service.expect(201, PATH, &second, &grant("x", "officer"));
    // what the agency publishes is read by nobody in particular
    assert_eq!(service.send("GET", "/published?agency=city", None, None, &[]).status, 200);
    assert_eq!(
        service
            .send("GET", "/verify?agency=city&code=01940000-0000-7000-8000-000000000001", None, None, &[])
            .status,
        404
    );
    service.verifies("city");
    drop(service);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_role_that_is_proposed_waits_for_whoever_may_approve_it_where_roles_are_granted() {
    let folder = fresh_folder();
    for (settings, waits) in [("roles = \"granted\"\n", true), ("", false)] {
        let service = configured(&folder, settings);
        service.agency("city");
        let token = |role: &str, subject: &str| service.token("city", role, subject, None);
        let (ops, sec, both) =
            (token("operator", "ops"), token("security", "sec"), token("operator,security", "both"));
        let today = text(&service.get("/v1/me", &ops), "/business_date");
        let tasks = |token: &str| -> Vec<(String, String, String)> {
            let found = service.get("/v1/tasks", token)["data"].as_array().unwrap().clone();
            let of = |task: &Value| ["/kind", "/document", "/since"].map(|member| text(task, member));
            found.iter().map(of).map(|[kind, document, since]| (kind, document, since)).collect()
        };
        let proposed = service.create(PATH, &ops, &grant("wang", "officer"));
        // of a role for oneself, and of what one proposed, another decides
        let own = service.create(PATH, &ops, &grant("SEC", "auditor"));
        let by_both = service.create(PATH, &both, &grant("li", "approver"));
        let row = |id: &str| ("role_grant".to_owned(), id.to_owned(), today.clone());
        let sorted = |mut rows: Vec<(String, String, String)>| {
            rows.sort();
            rows
        };
        let expected = |ids: &[&str]| sorted(ids.iter().filter(|_| waits).map(|id| row(id)).collect());
        assert_eq!(sorted(tasks(&sec)), expected(&[&proposed, &by_both]), "{settings}");
        assert_eq!(sorted(tasks(&both)), expected(&[&proposed, &own]), "{settings}");
        assert!(tasks(&ops).is_empty(), "who only proposes has nothing to approve");
        service.expect(200, &format!("{PATH}/{proposed}/approve"), &sec, &json!({}));
        assert_eq!(tasks(&sec), expected(&[&by_both]), "{settings}");
        let mut browser = Browser::with_token(&service.base, &sec);
        let links = browser.get("/tasks").links();
        assert_eq!(links.iter().any(|link| link.contains(&by_both)), waits, "{links:?}");
        service.verifies("city");
        drop(service);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_proxy_that_is_trusted_says_from_where_a_question_comes() {
    let folder = fresh_folder();
    let ask = |service: &Service, from: &str| {
        let headers = [("X-Forwarded-For", from)];
        service.send("GET", "/verify?agency=city&code=1", None, None, &headers).status
    };
    for (settings, is_trusted) in [("", false), ("[server]\ntrusted_proxies = [\"127.0.0.0/8\"]\n", true)] {
        let service = configured(&folder, settings);
        // questions are counted by the minute: one that ends in between is tried anew
        let told_apart = (0..3).any(|_| {
            let first = (0..25).map(|_| ask(&service, "1.1.1.1, 198.51.100.7")).collect::<Vec<_>>();
            first.contains(&429) && ask(&service, "1.1.1.1, 198.51.100.8") == 404
        });
        assert_eq!(told_apart, is_trusted, "{settings}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
