//! What auditors remark, and whom enterprises can look up.

use serde_json::json;

use crate::support::city::{CLOUD, City, FIRM, rental, rules};

#[test]
fn an_auditor_remarks_on_what_is_there_and_nobody_else_reads_it() {
    let city = City::open("city", &rules(json!({})), "1000000.00");
    let about = format!("organisation/{FIRM}");
    let note =
        city.expect(201, "/v1/audit/notes", &city.sun, &json!({"about": about, "text": "关联关系待核"}));
    assert_eq!(note["about"], json!(about));
    assert_eq!((&note["text"], &note["written_by"]), (&json!("关联关系待核"), &json!("subsidy-ledger#sun")));
    let leaf = json!({"about": "leaf/1", "text": "第一条记录之后"});
    city.expect(201, "/v1/audit/notes", &city.sun, &leaf);

    let listed = city.get(&format!("/v1/audit/notes?about={about}"), &city.sun);
    assert_eq!(listed["data"], json!([note]));
    assert_eq!(city.get("/v1/audit/notes", &city.sun)["data"].as_array().unwrap().len(), 2);
    // the log of operations finds a note by what it is about
    let done = city.get(&format!("/v1/reports/operations?document={FIRM}&kind=write_audit_note"), &city.sun);
    assert_eq!(done["rows"].as_array().unwrap().len(), 1, "{done}");

    for token in [&city.lin, &city.chen] {
        city.ask("/v1/audit/notes", token).is(403, "forbidden");
        city.post("/v1/audit/notes", token, &leaf).is(403, "forbidden");
    }
    let id = "01940000-0000-7000-8000-000000000001";
    for missing in [format!("claim/{id}"), "leaf/999999".to_owned(), "programme/none".to_owned()] {
        let answer = city.post("/v1/audit/notes", &city.sun, &json!({"about": missing, "text": "无此对象"}));
        answer.is(404, "not_found");
    }
    for wrong in ["claims/1", "claim", "report/7"] {
        let answer = city.post("/v1/audit/notes", &city.sun, &json!({"about": wrong, "text": "写错了"}));
        answer.refuses(422, "invalid_about", "/about");
    }
    city.post("/v1/audit/notes", &city.sun, &json!({"about": about, "text": ""})).refuses(
        422,
        "invalid_reason",
        "/text",
    );
    city.verifies();
}

#[test]
fn an_enterprise_looks_up_providers_and_sees_no_customer() {
    let city = City::open("city", &rules(json!({})), "1000000.00");
    assert_eq!(city.get("/v1/providers", &city.firm)["data"], json!([]), "no contract names one yet");
    city.expect(201, "/v1/rentals", &city.firm, &rental("HT-1", "100000.00"));
    let found = city.get("/v1/providers", &city.firm);
    assert_eq!(found["data"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["data"][0]["credit_code"], json!(CLOUD));
    assert_eq!(found["data"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["credit_code", "name"]);
    city.expect(200, &format!("/v1/organisations/{CLOUD}/block"), &city.chen, &json!({"reason": "停业整顿"}));
    assert_eq!(
        city.get("/v1/providers", &city.firm)["data"],
        json!([]),
        "one that is blocked takes no contract"
    );
}
