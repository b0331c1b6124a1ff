//! Tags: two people say who and what is on which list, singly or by the file, and end it; everything else is refused.

use serde_json::{Value, json};

use crate::support::city::{CLOUD, City, FIRM, OTHER, rules};
use crate::support::service::Answer;

fn tag(subject: &str, from: &str, until: Option<&str>) -> Value {
    json!({"tag": "little_giant", "subject": {"kind": "organisation", "id": subject}, "from": from,
        "until": until, "document": "公告1号"})
}

fn found(agency: &str) -> City {
    City::open(agency, &rules(json!({})), "1000000.00")
}

/// Whom a query shows.
fn listed(city: &City, query: &str) -> Vec<String> {
    let page = city.get(&format!("/v1/tags{query}"), &city.sun);
    let id = |tag: &Value| tag["subject"]["id"].as_str().unwrap().to_owned();
    page["data"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn a_tag_takes_two_people_and_so_does_its_end() {
    let city = found("tagging");
    let none = json!({});
    let why = json!({"reason": "名单有误"});
    let good = tag(FIRM, "2025-01-01", Some("2025-12-31"));
    for token in [&city.chen, &city.firm, &city.sun] {
        city.post("/v1/tags", token, &good).is(403, "forbidden");
    }
    let refuse = |pointer: &str, value: Value, status: u16, code: &str| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        city.post("/v1/tags", &city.lin, &body).is(status, code);
    };
    refuse("/tag", json!("Little-Giant"), 422, "invalid_tag");
    refuse("/subject/id", json!("91310000MA1FL0000M"), 422, "credit_code_checksum");
    refuse("/subject/kind", json!("bank"), 422, "invalid_value");
    refuse("/until", json!("2024-12-31"), 422, "invalid_window");
    refuse("/subject", json!({"kind": "loan", "id": uuid::Uuid::now_v7()}), 404, "not_found");
    refuse("/subject", json!({"kind": "rental", "id": uuid::Uuid::now_v7()}), 404, "not_found");

    let proposed = city.expect(201, "/v1/tags", &city.lin, &good);
    assert_eq!(proposed["status"], "proposed");
    let path = format!("/v1/tags/{}", proposed["id"].as_str().unwrap());
    let at = |step: &str| format!("{path}/{step}");
    let tasks = city.get("/v1/tasks?limit=200", &city.chen);
    assert!(tasks["data"].as_array().unwrap().iter().any(|task| task["kind"] == "tag"), "{tasks}");
    assert!(listed(&city, "?on=2025-06-01").is_empty(), "it counts for nothing yet");
    city.post(&at("approve"), &city.lin, &none).is(403, "forbidden");
    city.post(&at("end"), &city.lin, &json!({"until": "2025-06-30", "document": "公告2号"}))
        .is(409, "wrong_state");
    let own = city.token(&city.agency, "approver,enterprise", "mei", Some(FIRM));
    city.post(&at("approve"), &own, &none).is(403, "conflict_of_interest");
    city.expect(200, &at("approve"), &city.chen, &none);
    city.post(&at("approve"), &city.chen, &none).is(409, "wrong_state");
    city.post(&at("reject"), &city.chen, &why).is(409, "wrong_state");

    // both days count
    for (day, counts) in [("2024-12-31", 0), ("2025-01-01", 1), ("2025-12-31", 1), ("2026-01-01", 0)] {
        assert_eq!(
            listed(&city, &format!("?tag=little_giant&subject={FIRM}&on={day}")).len(),
            counts,
            "{day}"
        );
    }
    // an outsider sees the approved tags of its own organisation
    assert_eq!(city.get("/v1/tags", &city.firm)["data"].as_array().unwrap().len(), 1);
    assert_eq!(city.get("/v1/tags", &city.other)["data"].as_array().unwrap().len(), 0);
    city.ask(&path, &city.other).is(404, "not_found");

    let end = |until: &str| json!({"until": until, "document": "公告2号"});
    for until in ["2025-12-31", "2026-01-01", "2024-12-30"] {
        city.post(&at("end"), &city.lin, &end(until)).is(422, "tag_end_not_earlier");
    }
    city.post(&at("end/approve"), &city.chen, &none).is(409, "wrong_state");
    let ending = city.expect(201, &at("end"), &city.lin, &end("2025-06-30"));
    assert_eq!((&ending["status"], &ending["id"]), (&json!("proposed"), &proposed["id"]));
    city.post(&at("end"), &city.lin, &end("2025-05-31")).is(409, "wrong_state");
    assert_eq!(listed(&city, "?on=2025-07-01").len(), 1, "it waits");
    let refused = city.expect(200, &at("end/reject"), &city.chen, &why);
    assert_eq!((&refused["status"], &refused["reason"]), (&json!("rejected"), &json!("名单有误")));
    let both = city.token(&city.agency, "approver,officer", "wen", None);
    city.expect(201, &at("end"), &both, &end("2025-06-30"));
    city.post(&at("end/approve"), &both, &none).is(403, "same_person");
    assert_eq!(city.expect(200, &at("end/approve"), &city.chen, &none)["status"], "approved");
    assert_eq!(listed(&city, "?on=2025-06-30").len(), 1);
    assert!(listed(&city, "?on=2025-07-01").is_empty());
    assert_eq!(city.get(&path, &city.sun)["until"], "2025-06-30");
    // ended before it began, it never counted
    city.expect(201, &at("end"), &city.lin, &end("2024-12-31"));
    city.expect(200, &at("end/approve"), &city.chen, &none);
    assert!(listed(&city, "?on=2025-01-01").is_empty());

    // one that is not registered may be on a list, and be refused
    let other = city.create("/v1/tags", &city.lin, &tag("91510100MA6CD0001D", "2025-01-01", None));
    let refused = city.expect(200, &format!("/v1/tags/{other}/reject"), &city.chen, &why);
    assert_eq!(refused["status"], "rejected");
    assert!(city.cli(&["verify"]).contains("verified"));
}

fn import(city: &City, token: &str, query: &str, text: &str) -> Answer {
    city.upload(&format!("/v1/tags/import?{query}"), token, "text/csv", text.as_bytes())
}

#[test]
fn a_list_is_imported_whole_or_not_at_all() {
    let city = found("listing");
    let named = "tag=recognised_cloud&document=%E5%85%AC%E5%91%8A3%E5%8F%B7";
    let bring = |text: &str| import(&city, &city.lin, named, text);
    let good = format!("id,from,until\n{FIRM},2025-01-01,2025-12-31\n{CLOUD},2025-02-01,\n");
    import(&city, &city.chen, named, &good).is(403, "forbidden");
    import(&city, &city.lin, "tag=x", &good).is(400, "invalid_query");
    import(&city, &city.lin, "document=x", &good).is(400, "invalid_query");
    import(&city, &city.lin, &format!("{named}&kind=bank"), &good).is(400, "invalid_query");
    bring("code,from,until\n1,2,3\n").is(422, "tag_list_refused");
    bring("id,from,until\n").is(422, "tag_list_refused");
    let wrong = format!(
        "id,from,until\n{FIRM},2025-01-01,\n91310000MA1FL0000M,2025-01-01,\n{OTHER},2025-02-30,\n{OTHER},2025-02-01,2025-01-01\n\
         {FIRM},2025-06-01,2025-07-01\n{OTHER},2025-01-01\n"
    );
    let problem = bring(&wrong).is(422, "tag_list_refused").json();
    let told: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["row"].as_u64().unwrap(), e["code"].as_str().unwrap()))
        .collect();
    let expected = [
        (3, "credit_code_checksum"),
        (4, "invalid_date"),
        (5, "invalid_window"),
        (6, "tag_line_twice"),
        (7, "row_ragged"),
    ];
    assert_eq!(told, expected);
    let many: String = (0..401).map(|_| format!("{FIRM},2025-01-01,\n")).collect();
    bring(&format!("id,from,until\n{many}")).is(413, "too_large");
    let unknown = format!("id,from,until\n{},2025-01-01,\n", uuid::Uuid::now_v7());
    import(&city, &city.lin, &format!("{named}&kind=loan"), &unknown).is(404, "not_found");
    city.upload(&format!("/v1/tags/import?{named}"), &city.lin, "application/pdf", b"%PDF-1.4")
        .is(415, "unsupported_media_type");

    let list = bring(&good).expect(201).json();
    assert_eq!((&list["status"], &list["count"]), (&json!("proposed"), &json!(2)));
    let path = format!("/v1/tags/imports/{}", list["id"].as_str().unwrap());
    assert_eq!(listed(&city, "?status=proposed"), [FIRM, CLOUD]);
    let first = city.get("/v1/tags?limit=1", &city.sun);
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(listed(&city, &format!("?limit=1&cursor={next}")), [CLOUD], "a list is paged line by line");
    let tag = format!("/v1/tags/{}/approve", first["data"][0]["id"].as_str().unwrap());
    city.post(&tag, &city.chen, &json!({})).is(409, "tag_of_import");
    let own = city.token(&city.agency, "approver,provider", "mei", Some(CLOUD));
    city.post(&format!("{path}/approve"), &own, &json!({})).is(403, "conflict_of_interest");
    assert_eq!(city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}))["status"], "approved");
    assert_eq!(listed(&city, "?tag=recognised_cloud&on=2025-03-01"), [FIRM, CLOUD]);
    city.post(&format!("{path}/reject"), &city.chen, &json!({"reason": "x"})).is(409, "wrong_state");

    let again = bring(&good).expect(201).json()["id"].as_str().unwrap().to_owned();
    city.expect(200, &format!("/v1/tags/imports/{again}/reject"), &city.chen, &json!({"reason": "重复"}));
    assert_eq!(listed(&city, "?on=2025-03-01").len(), 2);
    assert_eq!(city.get("/v1/tags/imports?status=rejected", &city.sun)["data"][0]["id"], again.as_str());
    // the longest list fits in a command
    let codes =
        (0..400).map(|n| subsidy_core::domain::CreditCode::from_body(&format!("91310000MB{n:07}")).unwrap());
    let long: String = codes.map(|code| format!("{code},2025-01-01,2025-12-31\n")).collect();
    let long = bring(&format!("\u{feff}id,from,until\r\n{long}")).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    city.expect(200, &format!("/v1/tags/imports/{long}/approve"), &city.chen, &json!({}));
    assert!(city.cli(&["verify"]).contains("verified"));
}
