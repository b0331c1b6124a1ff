//! What is not granted, and why.

use super::*;

#[test]
fn rules_of_grants_are_held_to_themselves() {
    let city = City::open("grule", &city::rules(json!({})), "100000");
    let refused = |rules: &Value| {
        let body = json!({
            "code": "x", "title": {"zh": "专项", "en": "X"}, "instrument": "grant",
            "legal_basis": {"document": "1号"}, "window": {"from": "2025-01-01", "until": "2026-12-31"},
            "rules": rules,
        });
        let problem = city.expect(422, "/v1/programmes", &city.lin, &body);
        (text(&problem, "/code"), text(&problem, "/errors/0/pointer"))
    };
    let found = |more: Value| refused(&rules(&more));
    let invalid = |field: &str| ("rules_invalid".to_owned(), format!("/rules{field}"));
    let tranche = |percent: &str, on: &str| json!({"name": percent, "percent": percent, "on": on});
    for tranches in [
        json!([]),
        json!([tranche("40", "award"), tranche("50", "acceptance")]),
        json!([tranche("40", "acceptance"), tranche("60", "milestone")]),
        json!([tranche("50", "award"), tranche("50", "award")]),
    ] {
        assert_eq!(found(json!({"tranches": tranches})), invalid("/grant/tranches"));
    }
    assert_eq!(found(json!({"months": 0})), invalid("/grant/months"));
    assert_eq!(found(json!({"ratio_percent": "101"})), invalid("/grant/ratio_percent"));
    let review = json!({"experts_min": 0, "pass_score": "60"});
    assert_eq!(found(json!({"review": review})), invalid("/grant/review/experts_min"));
    let mut capped = rules(&json!({}));
    capped["caps"] = json!({"claim": "1"});
    assert_eq!(refused(&capped), ("rules_field_not_applicable".to_owned(), "/rules/caps".to_owned()));
}

#[test]
fn a_programme_that_says_nothing_of_grants_has_no_calls() {
    let city = City::open("nogrant", &city::rules(json!({})), "100000");
    city.programme_of("grant", "r", &json!({}), "1000");
    let body = |code: &str| {
        json!({
            "programme": code, "title": "题", "filing": {"from": "2025-01-01", "until": "2025-01-31"},
        })
    };
    assert_eq!(city.refused(422, "/v1/calls", &city.lin, &body("r")), "rules_field_missing");
    assert_eq!(city.refused(422, "/v1/calls", &city.lin, &body("p")), "wrong_instrument");
}

#[test]
fn an_application_is_filed_in_time_for_a_project_that_the_rules_allow() {
    let city = granting("file", &json!({"eligibility": {"startup_only": false}}));
    let draft = json!({"programme": "g", "title": "一题两用", "filing": {"from": "2025-01-05", "until": "2025-01-10"}});
    let id = city.create("/v1/calls", &city.lin, &draft);
    let write = |body: &Value| city.refused(422, "/v1/applications", &city.firm, body);
    let project = project(&id, "1000000");
    assert_eq!(city.refused(409, "/v1/applications", &city.firm, &project), "wrong_state");
    let approve = format!("/v1/calls/{id}/approve");
    city.expect(200, &approve, &city.chen, &json!({}));
    let long = city::with(project.clone(), "/project/months", json!(25));
    assert_eq!(write(&long), "project_too_long");
    let nothing = city::with(project.clone(), "/project/budget", json!([]));
    assert_eq!(write(&nothing), "invalid_value");
    let application = city.create("/v1/applications", &city.firm, &project);
    let path = format!("/v1/applications/{application}");
    assert_eq!(city.refused(422, &format!("{path}/submit"), &city.firm, &json!({})), "window_closed");
    city.move_to("2025-01-10");
    assert_eq!(city.refused(404, &format!("{path}/submit"), &city.other, &json!({})), "not_found");
    city.expect(200, &format!("{path}/submit"), &city.firm, &json!({}));
    let review = format!("{path}/review");
    assert_eq!(city.refused(422, &review, &city.lin, &json!({"decision": "return"})), "reason_missing");
    city.expect(200, &review, &city.lin, &json!({"decision": "return", "reason": "补材料"}));
    let other = call(&city, &json!({}));
    let moved = city::with(project.clone(), "/call", json!(other));
    city.put(&path, &city.firm, &moved).refuses(422, "application_differs", "/call");
    let more = city::with(project.clone(), "/project/budget", json!([{"item": "设备", "amount": "5000000"}]));
    shows(
        &city.put(&path, &city.firm, &more).expect(200).json(),
        json!({
            "amount": "2000000.00", "calculation/reductions/0/code": "claim_cap",
            "calculation/reductions/0/amount": "500000.00", "status": "returned",
        }),
    );
    city.expect(200, &format!("{path}/withdraw"), &city.firm, &json!({}));
    assert_eq!(city.refused(409, &format!("{path}/submit"), &city.firm, &json!({})), "wrong_state");
    let experts = json!({"experts": [{"subject": "e1"}]});
    assert_eq!(city.refused(409, &format!("{path}/experts"), &city.lin, &experts), "wrong_state");
    city.verifies();
}

#[test]
fn awards_follow_the_ranking_within_quota_and_budget_and_take_two_people() {
    let city = granting("list", &json!({"review": {"experts_min": 2, "pass_score": "60"}}));
    let call = call(&city, &json!({"quota": {"amount": "700000"}}));
    let awards = format!("/v1/calls/{call}/awards");
    let first = passed(&city, &city.firm, &call, "1000000");
    let second = passed(&city, &city.other, &call, "1000000");
    closed(&city);
    assert_eq!(city.refused(409, &awards, &city.lin, &json!({})), "experts_missing");
    scored(&city, &first, &[("e1", "90"), ("e2", "90")]);
    scored(&city, &second, &[("e1", "80"), ("e2", "80")]);
    let one = |id: &str, amount: &str| json!({"application_id": id, "amount": amount});
    let named = |list: Value| city.post(&awards, &city.lin, &json!({"awards": list}));
    named(json!([one(&second, "1")])).refuses(422, "awards_out_of_order", "/awards/0/application_id");
    named(json!([one(&first, "500000.01")])).refuses(422, "award_too_large", "/awards/0/amount");
    named(json!([one(&first, "500000"), one(&second, "200000.01")])).refuses(
        422,
        "quota_exceeded",
        "/awards/1",
    );
    let beyond = json!([one(&first, "1"), one(&second, "1"), one(&first, "1")]);
    named(beyond).refuses(422, "awards_out_of_order", "/awards/2/application_id");
    // what is not named goes as far as the quota does
    shows(
        &city.expect(201, &awards, &city.lin, &json!({})),
        json!({
            "awards/0/application_id": first, "awards/0/award_id": null, "awards/1": null, "status": "proposed",
        }),
    );
    assert_eq!(city.refused(409, &awards, &city.lin, &json!({})), "wrong_state");
    let both = city.service.token(&city.agency, "officer,approver", "lin", None);
    assert_eq!(city.refused(403, &format!("{awards}/approve"), &both, &json!({})), "same_person");
    // who scored it is in the way too
    let scorer = city.service.token(&city.agency, "approver", "e1", None);
    assert_eq!(city.refused(403, &format!("{awards}/approve"), &scorer, &json!({})), "same_person");
    shows(
        &city.expect(200, &format!("{awards}/reject"), &city.chen, &json!({"reason": "重议"})),
        json!({
            "awards": [], "reason": "重议", "status": "open",
        }),
    );
    let list = json!({"awards": [one(&first, "500000"), one(&second, "200000")]});
    city.expect(201, &awards, &city.lin, &list);
    let closed = city.expect(200, &format!("{awards}/approve"), &city.chen, &json!({}));
    shows(
        &closed,
        json!({"status": "closed", "decided_by": "subsidy-ledger#chen", "awards/1/amount": "200000.00"}),
    );
    assert_eq!(city.ledger(["B2006"]), ["700000.00"]);
    let late = project(&call, "1000000");
    assert_eq!(city.refused(409, "/v1/applications", &city.firm, &late), "wrong_state");
    city.verifies();
}

#[test]
fn a_list_beyond_the_budget_is_refused_and_what_is_not_due_is_not_claimed() {
    let city = City::open("poor", &city::rules(json!({})), "100000");
    city.programme_of("grant", "g", &rules(&json!({})), "600000");
    let call = call(&city, &json!({}));
    let first = passed(&city, &city.firm, &call, "1000000");
    scored(&city, &first, &[("e1", "90")]);
    let second = passed(&city, &city.other, &call, "1000000");
    scored(&city, &second, &[("e1", "80")]);
    let awards = format!("/v1/calls/{call}/awards");
    closed(&city);
    let list = json!([
        {"application_id": first, "amount": "500000"}, {"application_id": second, "amount": "100000.01"},
    ]);
    assert_eq!(city.refused(409, &awards, &city.lin, &json!({"awards": list})), "pot_exhausted");
    let award = text(&awarded(&city, &call), "/awards/0/award_id");
    let claim = |name: &str| json!({"kind": "grant_tranche", "award_id": award, "tranche": name});
    city.post("/v1/claims", &city.firm, &claim("二款")).refuses(422, "tranche_unknown", "/tranche");
    assert_eq!(city.refused(409, "/v1/claims", &city.firm, &claim("尾款")), "tranche_not_due");
    city.post("/v1/claims", &city.other, &claim("首款")).refuses(404, "not_found", "/award_id");
    let invoiced = city::with(claim("首款"), "/invoices", json!([]));
    city.post("/v1/claims", &city.firm, &invoiced).refuses(422, "unknown_field", "/invoices");
    let acceptance = format!("/v1/awards/{award}/acceptance");
    let body = |amount: &str| json!({"entitlement": amount, "document": "验收1号", "decision": "passed"});
    city.post(&acceptance, &city.lin, &body("500000.01")).refuses(
        422,
        "entitlement_too_large",
        "/entitlement",
    );
    assert_eq!(city.refused(409, &format!("{acceptance}/approve"), &city.chen, &json!({})), "wrong_state");
    city.expect(201, &acceptance, &city.lin, &body("500000"));
    assert_eq!(city.refused(409, &acceptance, &city.lin, &body("1")), "wrong_state");
    let both = city.service.token(&city.agency, "officer,approver", "lin", None);
    for step in ["approve", "reject"] {
        let body = if step == "approve" { json!({}) } else { json!({"reason": "x"}) };
        assert_eq!(city.refused(403, &format!("{acceptance}/{step}"), &both, &body), "same_person", "{step}");
    }
    city.expect(200, &format!("{acceptance}/reject"), &city.chen, &json!({"reason": "另议"}));
    city.expect(201, &acceptance, &city.lin, &body("0"));
    shows(
        &city.expect(200, &format!("{acceptance}/approve"), &city.chen, &json!({})),
        json!({
            "settled/released": "500000.00", "settled/due": "0.00",
        }),
    );
    assert_eq!(city.refused(409, "/v1/claims", &city.firm, &claim("首款")), "tranche_not_due");
    city.verifies();
}
