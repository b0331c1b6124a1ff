//! What somebody tries who wants more than is due: twice, at once, too early, too late, too much, or as another.

use std::thread;

use super::*;

/// The statuses of what is asked so many times at once, in order.
fn at_once(times: usize, ask: impl Fn(usize) -> u16 + Sync) -> Vec<u16> {
    let ask = &ask;
    let mut found: Vec<u16> = thread::scope(|scope| {
        let asked: Vec<_> = (0..times).map(|n| scope.spawn(move || ask(n))).collect();
        asked.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    found.sort_unstable();
    found
}

fn score(points: &str) -> Value {
    json!({"criteria": [{"name": "创新", "score": points}], "comment": "好"})
}

#[test]
fn nobody_scores_twice_under_any_spelling_and_nobody_is_picked_once_the_scores_are_known() {
    let city = granting("advexp", &json!({"review": {"experts_min": 2, "pass_score": "60"}}));
    let call = call(&city, &json!({}));
    let id = passed(&city, &city.firm, &call, "1000000");
    let [experts, scores] = ["experts", "scores"].map(|last| format!("/v1/applications/{id}/{last}"));
    let name = |body: Value| city.post(&experts, &city.lin, &body);
    let of = |subjects: &[&str]| -> Value { subjects.iter().map(|one| json!({"subject": one})).collect() };
    name(json!({})).refuses(422, "invalid_value", "/experts");
    name(json!({"experts": of(&["e1", "E1"])})).refuses(409, "expert_named", "/experts/1/subject");
    // one request at a time, and no score before there are as many as the rules ask for
    name(json!({"experts": of(&["e1"])})).expect(200);
    assert_eq!(city.refused(409, &scores, &expert(&city, "e1"), &score("90")), "experts_missing");
    name(json!({"experts": of(&["e2"])})).expect(200);
    // another spelling is nobody who was named
    assert_eq!(city.refused(404, &scores, &expert(&city, "E1"), &score("90")), "not_found");
    let same = expert(&city, "e1");
    assert_eq!(at_once(4, |_| city.post(&scores, &same, &score("95")).status), [201, 409, 409, 409]);
    // a score stands; whoever cannot score is replaced, by as many as the rules ask for
    name(json!({"excused": ["e1"]})).is(409, "wrong_state");
    name(json!({"excused": ["e9"]})).refuses(404, "not_found", "/excused/0");
    name(json!({"excused": ["e2"]})).is(409, "experts_missing");
    name(json!({"excused": ["e2"], "experts": of(&["e3"])})).expect(200);
    assert_eq!(city.refused(404, &scores, &expert(&city, "e2"), &score("90")), "not_found");
    city.expect(201, &scores, &expert(&city, "e3"), &score("20"));
    // 57.5 is below the bar: no third one is asked who lifts it
    name(json!({"experts": of(&["e4"])})).is(409, "wrong_state");
    city.move_to(AFTER);
    let awards = format!("/v1/calls/{call}/awards");
    assert_eq!(city.refused(422, &awards, &city.lin, &json!({})), "nothing_to_award");
    city.verifies();
}

#[test]
fn who_wrote_an_application_does_not_score_it_in_another_role() {
    let city = granting("advown", &json!({}));
    let call = call(&city, &json!({}));
    let id = passed(&city, &city.firm, &call, "1000000");
    let named = json!({"experts": [{"subject": "firm"}, {"subject": "hu", "organisation": OTHER}]});
    city.expect(200, &format!("/v1/applications/{id}/experts"), &city.lin, &named);
    let scores = format!("/v1/applications/{id}/scores");
    assert_eq!(city.refused(403, &scores, &expert(&city, "firm"), &score("99")), "same_person");
    // their token says for whom they work, whatever the officer wrote
    let works = city.service.token(&city.agency, "expert,enterprise", "hu", Some(FIRM));
    assert_eq!(city.refused(403, &scores, &works, &score("99")), "conflict_of_interest");
}

#[test]
fn awards_wait_for_the_last_day_of_filing_and_what_is_filed_on_it_counts() {
    let city = granting("advday", &json!({"review": {"experts_min": 1, "pass_score": "60"}}));
    let days =
        json!({"filing": {"from": "2025-01-03", "until": "2025-01-05"}, "quota": {"amount": "1000000"}});
    let call = call(&city, &days);
    let draft = |party: &str| city.create("/v1/applications", party, &project(&call, "1000000"));
    let submit =
        |party: &str, id: &str| city.post(&format!("/v1/applications/{id}/submit"), party, &json!({}));
    let (first, second) = (draft(&city.firm), draft(&city.other));
    submit(&city.firm, &first).is(422, "window_closed");
    city.move_to("2025-01-03");
    submit(&city.firm, &first).expect(200);
    city.move_to("2025-01-05");
    let review = |id: &str| {
        city.expect(200, &format!("/v1/applications/{id}/review"), &city.lin, &json!({"decision": "pass"}));
        scored(&city, id, &[("e1", "60")]);
    };
    review(&first);
    let awards = format!("/v1/calls/{call}/awards");
    let early = city.post(&awards, &city.lin, &json!({})).is(409, "filing_open").json();
    assert!(text(&early, "/detail").contains("2025-01-05"), "{early}");
    submit(&city.other, &second).expect(200);
    review(&second);
    let third = draft(&city.other);
    city.move_to("2025-01-06");
    submit(&city.other, &third).is(422, "window_closed");
    // the quota to the fen: both fit it
    let list = city.expect(201, &awards, &city.lin, &json!({}));
    shows(
        &list,
        json!({"awards/0/application_id": first, "awards/1/application_id": second, "awards/2": null}),
    );
    city.verifies();
}

#[test]
fn a_list_is_approved_once_and_a_tranche_is_claimed_approved_and_paid_once() {
    let city = granting("advonce", &json!({}));
    let call = call(&city, &json!({}));
    scored(&city, &passed(&city, &city.firm, &call, "1000000"), &[("e1", "80")]);
    closed(&city);
    let awards = format!("/v1/calls/{call}/awards");
    let proposed = at_once(3, |_| city.post(&awards, &city.lin, &json!({})).status);
    assert_eq!(proposed, [201, 409, 409]);
    let approvers = [&city.chen, &city.li];
    let decided =
        at_once(4, |n| city.post(&format!("{awards}/approve"), approvers[n % 2], &json!({})).status);
    assert_eq!((decided, city.ledger(["B2006"])), (vec![200, 409, 409, 409], ["500000.00".to_owned()]));
    assert_eq!(city.refused(409, &awards, &city.lin, &json!({})), "wrong_state");
    let reason = json!({"reason": "重议"});
    assert_eq!(city.refused(409, &format!("{awards}/reject"), &city.chen, &reason), "wrong_state");
    let award = text(&city.get("/v1/awards", &city.sun), "/data/0/id");
    let body = |name: &str| json!({"kind": "grant_tranche", "award_id": award, "tranche": name});
    // the last tranche waits for the acceptance, whoever writes it
    for token in [&city.firm, &city.lin] {
        assert_eq!(city.refused(409, "/v1/claims", token, &body("尾款")), "tranche_not_due");
    }
    let claims: Vec<String> = (0..3).map(|_| city.create("/v1/claims", &city.firm, &body("首款"))).collect();
    let filed =
        at_once(3, |n| city.post(&format!("/v1/claims/{}/submit", claims[n]), &city.firm, &json!({})).status);
    assert_eq!(filed, [200, 409, 409]);
    let claim = text(&city.get(&format!("/v1/awards/{award}"), &city.sun), "/tranches/0/claim_id");
    city.expect(200, &format!("/v1/claims/{claim}/review"), &city.zhao, &json!({"decision": "pass"}));
    let approve = format!("/v1/claims/{claim}/approve");
    let approved = at_once(4, |n| city.post(&approve, approvers[n % 2], &json!({})).status);
    assert_eq!(approved, [200, 409, 409, 409]);
    assert_eq!(city.ledger(["B2006", "B2007", "F1214"]), ["300000.00", "200000.00", "200000.00"]);
    let batch = json!({"claim_ids": [claim]});
    assert_eq!(at_once(3, |_| city.post("/v1/payment-batches", &city.lin, &batch).status), [201, 409, 409]);
    let accept = json!({"entitlement": "500000", "document": "验收1号", "decision": "passed"});
    let acceptance = format!("/v1/awards/{award}/acceptance");
    assert_eq!(at_once(3, |_| city.post(&acceptance, &city.lin, &accept).status), [201, 409, 409]);
    assert_eq!(city.refused(409, &format!("{acceptance}/approve"), &city.chen, &json!({})), "tranche_open");
    city.verifies();
}

#[test]
fn no_more_is_asked_back_than_was_paid_and_nothing_twice() {
    let city = granting("advback", &json!({}));
    let award = award(&city, "1000000");
    let first = tranche(&city, &award, "首款");
    let asked = |amount: &str| {
        let body = json!({"claim_id": first, "amount": amount, "decision_no": "追1", "reason": "多付"});
        city.post("/v1/recoveries", &city.lin, &body)
    };
    assert!(asked("1").status >= 400, "nothing was paid yet");
    city.paid(&[&first], AFTER);
    asked("200000.01").is(422, "exceeds_outstanding");
    let waiting = asked("150000").expect(201).id();
    let settled = accept(&city, &award, "100000", "partly");
    shows(
        &settled,
        json!({"settled/paid": "200000.00", "settled/recovered": "100000.00", "settled/due": "0.00"}),
    );
    // what waited was of an advance, which the acceptance settled
    let approve = format!("/v1/recoveries/{waiting}/approve");
    assert_eq!(city.refused(409, &approve, &city.chen, &json!({})), "wrong_state");
    asked("100000.01").is(422, "exceeds_outstanding");
    let accepted = format!("/v1/awards/{award}/acceptance/approve");
    let again = at_once(3, |_| city.post(&accepted, &city.li, &json!({})).status);
    assert_eq!(again, [409, 409, 409]);
    assert_eq!(city.ledger(["F1212", "F1214", "F5001.04"]), ["100000.00", "0.00", "100000.00"]);
    city.verifies();
}

#[test]
fn what_the_bank_sends_back_after_the_acceptance_is_paid_again_or_released() {
    let city = granting("advret", &json!({}));
    let award = award(&city, "3000000");
    let first = tranche(&city, &award, "首款");
    let batch = city.paid(&[&first], AFTER);
    accept(&city, &award, "1380000", "passed");
    city.returned(&batch, &first, AFTER);
    let accounts = ["B2006", "B2007", "F1214", "F2302", "F5001.04"];
    assert_eq!(city.ledger(accounts), ["780000.00", "600000.00", "0.00", "600000.00", "600000.00"]);
    // the approval taken back: of a settled award nobody claims the tranche again
    city.expect(200, &format!("/v1/claims/{first}/reject"), &city.chen, &json!({"reason": "放弃"}));
    assert_eq!(city.ledger(accounts), ["780000.00", "0.00", "0.00", "0.00", "0.00"]);
    let found = city.get(&format!("/v1/awards/{award}"), &city.firm);
    shows(
        &found,
        json!({
            "settled/paid": "0.00", "settled/due": "780000.00", "settled/released": "720000.00", "tranches/0/claim_id": null,
        }),
    );
    let claim = |name: &str| json!({"kind": "grant_tranche", "award_id": award, "tranche": name});
    assert_eq!(city.refused(409, "/v1/claims", &city.firm, &claim("首款")), "tranche_not_due");
    // one on the acceptance stays: it is claimed again
    let last = tranche(&city, &award, "尾款");
    city.expect(200, &format!("/v1/claims/{last}/reject"), &city.chen, &json!({"reason": "重报"}));
    assert_eq!(city.ledger(["B2006", "F5001.04"]), ["780000.00", "0.00"]);
    let last = tranche(&city, &award, "尾款");
    city.paid(&[&last], AFTER);
    assert_eq!(city.ledger(["B2006", "B2008", "F5001.04"]), ["0.00", "780000.00", "780000.00"]);
    city.verifies();
}

#[test]
fn on_the_last_day_of_the_publicity_an_objection_is_in_time_and_a_tranche_is_not() {
    let city = granting("advpub", &json!({"publicity_days": 7}));
    let award = award(&city, "1000000");
    let claim =
        city.filed(&city.firm, &json!({"kind": "grant_tranche", "award_id": award, "tranche": "首款"}));
    city.expect(200, &format!("/v1/claims/{claim}/review"), &city.zhao, &json!({"decision": "pass"}));
    let approve = format!("/v1/claims/{claim}/approve");
    let objections = format!("/v1/awards/{award}/objections");
    city.move_to("2025-01-10");
    assert_eq!(city.refused(409, &approve, &city.chen, &json!({})), "publicity_running");
    city.expect(201, &objections, &city.other, &json!({"text": "重复立项"}));
    let accept = json!({"entitlement": "0", "document": "验收1号", "decision": "failed"});
    city.expect(201, &format!("/v1/awards/{award}/acceptance"), &city.lin, &accept);
    city.move_to("2025-01-11");
    assert_eq!(city.refused(409, &objections, &city.firm, &json!({"text": "晚了"})), "wrong_state");
    assert_eq!(city.get("/v1/publicity/awards", &city.cloud)["data"], json!([]));
    let dismissed = json!({"decision": "dismissed", "reason": "不实"});
    city.expect(200, &format!("{objections}/1/resolve"), &city.lin, &dismissed);
    city.expect(200, &approve, &city.chen, &json!({}));
    for number in ["0", "2", "4294967295"] {
        let path = format!("{objections}/{number}/resolve");
        assert_eq!(city.refused(404, &path, &city.lin, &dismissed), "not_found", "{number}");
    }
    city.verifies();
}

#[test]
fn a_later_deadline_is_later_by_a_day_at_least() {
    let city = granting("advdue", &json!({}));
    let award = award(&city, "1000000");
    let path = format!("/v1/awards/{award}/extension");
    let until = |date: &str| json!({"until": date, "document": "延期1号"});
    city.post(&path, &city.lin, &until("2026-02-01")).refuses(422, "deadline_not_later", "/until");
    city.expect(201, &path, &city.lin, &until("2026-02-02"));
    let approvers = [&city.chen, &city.li];
    let approve = format!("{path}/approve");
    let decided = at_once(4, |n| city.post(&approve, approvers[n % 2], &json!({})).status);
    assert_eq!(decided, [200, 409, 409, 409]);
    let ageing = || city.get("/v1/reports/ageing", &city.sun)["rows"][0]["kind"].clone();
    city.move_to("2026-02-02");
    assert_eq!(ageing(), "unclaimed_award", "the day itself is in time");
    city.move_to("2026-02-03");
    assert_eq!(ageing(), "overdue_project");
    accept(&city, &award, "0", "failed");
    assert_eq!(city.ledger(["B2006"]), ["0.00"]);
    city.verifies();
}

#[test]
fn two_equal_awards_of_one_firm_and_what_is_asked_back_of_two_tranches_are_told_apart() {
    let tranches = json!([
        {"name": "一款", "percent": "40", "on": "award"}, {"name": "二款", "percent": "60", "on": "award"},
    ]);
    let shares = json!([{"level": "city", "percent": "70"}, {"level": "district", "percent": "30"}]);
    let city = granting("advtwo", &json!({"tranches": tranches, "shares": shares}));
    let call = call(&city, &json!({}));
    for _ in 0..2 {
        scored(&city, &passed(&city, &city.firm, &call, "1000000"), &[("e1", "80")]);
    }
    let awards = awarded(&city, &call);
    let [one, two] = ["/awards/0/award_id", "/awards/1/award_id"].map(|place| text(&awards, place));
    let open = |kind: &str| {
        let found = city.get("/v1/reports/ageing", &city.sun);
        let rows = found["rows"].as_array().expect("rows").iter().filter(|row| row["kind"] == kind);
        let mut found: Vec<_> = rows.map(|row| (text(row, "/document"), text(row, "/outstanding"))).collect();
        found.sort_unstable();
        found
    };
    let mut both = vec![(one.clone(), "500000.00".to_owned()), (two.clone(), "500000.00".to_owned())];
    both.sort_unstable();
    assert_eq!(open("unclaimed_award"), both);
    let overlaps = city.get("/v1/reports/overlaps", &city.sun)["rows"].clone();
    shows(&overlaps, json!({"0/document": both[0].0, "1/document": both[1].0, "2": null}));
    let claims = ["一款", "二款"].map(|name| tranche(&city, &two, name));
    assert_eq!(open("unclaimed_award"), [(one, "500000.00".to_owned())]);
    for claim in &claims {
        city.paid(&[claim], AFTER);
    }
    accept(&city, &two, "0", "failed");
    let asked = city.get("/v1/recoveries?programme=g", &city.sun)["data"].clone();
    let mut asked: Vec<_> = asked
        .as_array()
        .expect("recoveries")
        .iter()
        .map(|one| (text(one, "/id"), text(one, "/amount")))
        .collect();
    asked.sort_unstable();
    assert_eq!(open("receivable"), asked);
    city.verifies();
}
