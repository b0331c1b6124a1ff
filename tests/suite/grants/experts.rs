//! Experts: who may score what, who sees what, and what the ranking makes of it.

use super::*;

#[test]
fn scores_are_blind_until_all_are_in_and_each_expert_scores_once() {
    let city = granting("blind", &json!({}));
    let call = call(&city, &json!({}));
    let id = passed(&city, &city.firm, &call, "1000000");
    let path = format!("/v1/applications/{id}");
    let experts = json!({"experts": [{"subject": "e1"}, {"subject": "e2"}]});
    city.expect(200, &format!("{path}/experts"), &city.lin, &experts);
    let again = city.post(&format!("{path}/experts"), &city.lin, &json!({"experts": [{"subject": "E1"}]}));
    again.refuses(409, "expert_named", "/experts/0/subject");
    let [one, two, stranger] = ["e1", "e2", "e3"].map(|subject| expert(&city, subject));
    assert_eq!(city.get("/v1/tasks", &one)["data"][0]["action"], "score");
    let body = json!({"criteria": [{"name": "创新", "score": "41.5"}, {"name": "基础", "score": 40}], "comment": "好"});
    let scores = format!("{path}/scores");
    assert_eq!(city.refused(404, &scores, &stranger, &body), "not_found");
    assert_eq!(city.refused(403, &scores, &city.lin, &body), "forbidden");
    city.expect(201, &scores, &one, &body);
    assert_eq!(city.refused(409, &scores, &one, &body), "score_given");
    let seen = |token: &str| city.get(&path, token)["scores"].as_array().map(Vec::len);
    assert_eq!(
        [&one, &two, &city.lin, &city.firm].map(|token| seen(token)),
        [Some(1), Some(0), Some(0), None]
    );
    assert_eq!(city.status(&path, &stranger), 404);
    assert_eq!(city.get("/v1/applications", &stranger)["data"], json!([]));
    assert_eq!(city.get("/v1/applications", &two)["data"][0]["id"], id);
    let awards = format!("/v1/calls/{call}/awards");
    closed(&city);
    assert_eq!(city.refused(409, &awards, &city.lin, &json!({})), "scores_missing");
    let body = json!({"criteria": [{"name": "创新", "score": "70"}], "comment": "一般"});
    city.expect(201, &scores, &two, &body);
    assert_eq!(
        [&one, &two, &city.lin, &city.firm].map(|token| seen(token)),
        [Some(2), Some(2), Some(2), None]
    );
    let found = city.get(&path, &two);
    shows(&found, json!({"scores/0/total": "81.5", "scores/0/comment": "好", "experts": null}));
    let ranking = city.get(&format!("/v1/calls/{call}/ranking"), &city.sun);
    shows(&ranking, json!({"data/0/rank": 1, "data/0/mean": "75.75", "data/0/amount": "500000.00"}));
    city.verifies();
}

#[test]
fn nobody_who_is_related_to_the_applicant_or_had_a_hand_in_it_scores() {
    let city = granting("related", &json!({}));
    let body = json!({"credit_code": "91510100MA6CD0001D", "name": "丙所", "category": "research_institute", "related": [FIRM]});
    city.expect(201, "/v1/organisations", &city.lin, &body);
    let call = call(&city, &json!({}));
    let id = passed(&city, &city.firm, &call, "1000000");
    let path = format!("/v1/applications/{id}");
    let of = |code: &str| json!({"experts": [{"subject": "e1", "organisation": code}]});
    for code in [FIRM, "91510100MA6CD0001D"] {
        let refused = city.refused(403, &format!("{path}/experts"), &city.lin, &of(code));
        assert_eq!(refused, "conflict_of_interest", "{code}");
    }
    city.expect(200, &format!("{path}/experts"), &city.lin, &of(OTHER));
    let more = json!({"experts": [{"subject": "lin"}, {"subject": "e2"}]});
    city.expect(200, &format!("{path}/experts"), &city.lin, &more);
    let score = json!({"criteria": [{"name": "创新", "score": "90"}], "comment": "好"});
    let scores = format!("{path}/scores");
    // who looked at it first, and who works for a related one as their token says
    assert_eq!(city.refused(403, &scores, &expert(&city, "lin"), &score), "same_person");
    let works = city.service.token(&city.agency, "expert,enterprise", "e2", Some("91510100MA6CD0001D"));
    assert_eq!(city.refused(403, &scores, &works, &score), "conflict_of_interest");
    city.expect(201, &scores, &expert(&city, "e1"), &score);
    city.verifies();
}

#[test]
fn extremes_are_left_out_from_five_experts_on_and_ties_go_by_who_filed_first() {
    let city = granting(
        "rank",
        &json!({
            "review": {"experts_min": 1, "pass_score": "60", "drop_extremes": true}, "ratio_percent": "100",
        }),
    );
    let call = call(&city, &json!({"quota": {"count": 2}}));
    let five = |scores: [&'static str; 5]| {
        ["e1", "e2", "e3", "e4", "e5"].into_iter().zip(scores).collect::<Vec<_>>()
    };
    let late = passed(&city, &city.other, &call, "300000");
    let first = passed(&city, &city.firm, &call, "200000");
    let third = passed(&city, &city.firm, &call, "100000");
    let poor = passed(&city, &city.firm, &call, "100000");
    // 70, 80 and 90 without the extremes: 80; four experts keep theirs: 80 too
    scored(&city, &late, &five(["0", "70", "80", "90", "100"]));
    scored(&city, &first, &[("e1", "60"), ("e2", "80"), ("e3", "80"), ("e4", "100")]);
    scored(&city, &third, &[("e1", "79.999999")]);
    scored(&city, &poor, &[("e1", "59.999999")]);
    let ranking = city.get(&format!("/v1/calls/{call}/ranking"), &city.lin);
    let ranked = ranking["data"].as_array().unwrap();
    let order: Vec<&Value> = ranked.iter().map(|row| &row["application_id"]).collect();
    assert_eq!(order, [&late, &first, &third]);
    shows(
        &awarded(&city, &call),
        json!({
            "status": "closed", "awards/0/application_id": late, "awards/1/application_id": first,
            "awards/1/mean": "80", "awards/2": null,
        }),
    );
    // paged by rank: all awards have one leaf
    let page = city.get(&format!("/v1/awards?call={call}&limit=1"), &city.sun);
    let next = text(&page, "/next_cursor");
    let second = city.get(&format!("/v1/awards?call={call}&limit=1&cursor={next}"), &city.sun);
    shows(&second, json!({"data/0/application_id": first, "data/0/rank": 2}));
    city.verifies();
}
