//! Nobody approves what they, or somebody it rests on, had a hand in; nobody judges their own organisation's.

use serde_json::{Value, json};

use super::city::{City, FIRM, rental, rules, settlement, text, with};
use super::service::Service;

/// Somebody who holds both roles.
fn both(service: &Service, agency: &str, subject: &str) -> String {
    service.token(agency, "officer,approver", subject, None)
}

/// Refused as the same person, with what they did before.
fn same(city: &City, path: &str, token: &str) -> String {
    let answer = city.expect(403, path, token, &json!({}));
    assert_eq!(answer["code"], "same_person", "{answer}");
    text(&answer, "/detail")
}

#[test]
fn who_wrote_filed_or_reviewed_a_claim_before_another_did_does_not_approve_it() {
    let city = City::open("hands", &rules(json!({})), "1000000");
    let voucher = city.voucher("500000");
    let [eve, mal, rev] = ["eve", "mal", "rev"].map(|name| both(&city, "hands", name));
    let body =
        json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement("60000")});
    let claim = city.create("/v1/claims", &city.firm, &body);
    let path = |verb: &str| format!("/v1/claims/{claim}/{verb}");
    let rewritten =
        json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement("100000")});
    assert_eq!(city.put(&format!("/v1/claims/{claim}"), &eve, &rewritten).status, 200);
    city.expect(200, &path("submit"), &mal, &json!({}));
    city.expect(200, &path("review"), &rev, &json!({"decision": "return", "reason": "补充"}));
    city.expect(200, &path("submit"), &city.firm, &json!({}));
    city.expect(200, &path("review"), &city.zhao, &json!({"decision": "pass"}));
    for (token, role) in [(&eve, "rewrote"), (&mal, "submitted"), (&rev, "reviewed")] {
        let detail = same(&city, &path("approve"), token);
        assert!(detail.contains(role), "{role}: {detail}");
    }
    // who refused one as an approver is in nobody's way
    city.expect(200, &path("reject"), &city.chen, &json!({"reason": "重报"}));
    // its twin, which others wrote and reviewed
    let twin = city.reviewed(&city.firm, &voucher, "100000");
    let approve = format!("/v1/claims/{twin}/approve");
    for token in [&eve, &mal, &rev] {
        same(&city, &approve, token);
    }
    city.expect(200, &approve, &city.chen, &json!({}));
    // and a recalculation of it: who proposed one that was rejected does not approve the same by another
    let recalculate = format!("/v1/claims/{twin}/recalculate");
    let changes = json!({"changes": {"settlement": settlement("90000")}, "reason": "更正"});
    let other = both(&city, "hands", "other-officer");
    city.expect(201, &recalculate, &other, &changes);
    city.expect(200, &format!("{recalculate}/reject"), &city.chen, &json!({"reason": "再查"}));
    city.expect(201, &recalculate, &city.lin, &changes);
    same(&city, &format!("{recalculate}/approve"), &other);
    city.expect(200, &format!("{recalculate}/approve"), &city.chen, &json!({}));
    let report = city.get("/v1/reports/exceptions?code=same_document", &city.sun);
    assert_eq!(report["rows"], json!([]));
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn who_recorded_the_contract_or_first_applied_does_not_issue_the_voucher() {
    let city = City::open("first", &rules(json!({})), "1000000");
    let [eve, mal, rev] = ["eve", "mal", "rev"].map(|name| both(&city, "first", name));
    let rental = with(rental("K-1", "500000"), "/organisation", json!(FIRM));
    let rental = city.create("/v1/rentals", &eve, &rental);
    let apply = json!({"programme": "p", "rental_id": rental});
    let first = city.create("/v1/vouchers", &mal, &apply);
    let returned = json!({"decision": "return", "reason": "补充"});
    city.expect(200, &format!("/v1/vouchers/{first}/review"), &rev, &returned);
    let second = city.create("/v1/vouchers", &city.firm, &apply);
    city.expect(200, &format!("/v1/vouchers/{second}/review"), &city.lin, &json!({"decision": "pass"}));
    let issue = format!("/v1/vouchers/{second}/issue");
    for (token, role) in [(&eve, "recorded"), (&mal, "created"), (&rev, "reviewed")] {
        assert!(same(&city, &issue, token).contains(role));
    }
    city.expect(200, &issue, &city.chen, &json!({}));
    // the contract is the claim's too
    let claim = city.reviewed(&city.firm, &second, "10000");
    same(&city, &format!("/v1/claims/{claim}/approve"), &eve);
    // the voucher's own people are not the claim's
    city.expect(200, &format!("/v1/claims/{claim}/approve"), &mal, &json!({}));
}

#[test]
fn a_write_off_takes_an_approver_who_neither_proposed_nor_approved_the_recovery() {
    let city = City::open("given_up", &rules(json!({})), "1000000");
    let voucher = city.voucher("500000");
    let claim = city.approved(&voucher, "100000", false);
    city.paid(&[&claim], "2025-01-02");
    let recovery = city.recovery(&claim, "5000", &json!({}));
    let path = format!("/v1/recoveries/{recovery}/write-off");
    let reason = json!({"reason": "无法追回"});
    city.post(&path, &city.chen, &reason).is(403, "same_person");
    let proposer = city.token("given_up", "officer,approver", "lin", None);
    city.post(&path, &proposer, &reason).is(403, "same_person");
    city.expect(200, &path, &city.li, &reason);
}

#[test]
fn nobody_judges_the_documents_of_their_own_organisation() {
    let city = City::open("own", &rules(json!({})), "1000000");
    let inside = city.token("own", "officer,approver,enterprise", "inside", Some(FIRM));
    let voucher = city.voucher("500000");
    let conflict = |path: &str, body: &Value| {
        city.post(path, &inside, body).is(403, "conflict_of_interest");
    };
    let claim = city.submitted(&city.firm, &voucher, "10000", false);
    // what the rule refuses waits for others
    let waits = |token: &str, id: &str| city.get("/v1/tasks", token)["data"].to_string().contains(id);
    assert!(!waits(&inside, &claim) && waits(&city.zhao, &claim));
    let path = |verb: &str| format!("/v1/claims/{claim}/{verb}");
    let (pass, reason) = (json!({"decision": "pass"}), json!({"reason": "x"}));
    conflict(&path("review"), &pass);
    city.expect(200, &path("review"), &city.zhao, &pass);
    conflict(&path("approve"), &json!({}));
    conflict(&path("reject"), &reason);
    let operation =
        json!({"method": "POST", "path": path("approve"), "body": {}, "idempotency_key": "own-1"});
    let batch = city.expect(200, "/v1/batches", &inside, &json!({"mode": "each", "operations": [operation]}));
    assert_eq!(batch["results"][0]["body"]["code"], "conflict_of_interest", "{batch}");
    conflict(&format!("/v1/vouchers/{voucher}/suspend"), &reason);
    city.expect(200, &path("approve"), &city.chen, &json!({}));
    let batch = city.expect(201, "/v1/payment-batches", &city.lin, &json!({"claim_ids": [claim]}));
    let batch = text(&batch, "/id");
    assert!(!waits(&inside, &batch) && waits(&city.chen, &batch));
    conflict(&format!("/v1/payment-batches/{batch}/approve"), &json!({}));
    conflict(&format!("/v1/organisations/{FIRM}/block"), &reason);
    // others' are theirs to judge
    let other = city.voucher_of("p", &city.other, "1000");
    city.expect(200, &format!("/v1/vouchers/{other}/suspend"), &inside, &reason);
}

#[test]
fn one_person_signs_in_with_one_spelling_and_a_subject_names_its_issuer() {
    let city = City::open("spelling", &rules(json!({})), "1000000");
    let [wang, upper, wide] =
        ["wang", "WANG", "ｗａｎｇ"].map(|name| city.token("spelling", "officer,approver", name, None));
    let path = "/v1/programmes/p/appropriations";
    let change = json!({"amount": "5", "fiscal_year": 2025, "document": "预5"});
    let id = city.create(path, &wang, &change);
    for variant in [&upper, &wide] {
        city.post(&format!("{path}/{id}/approve"), variant, &json!({})).is(403, "subject_variant");
        assert_eq!(city.status("/v1/me", variant), 403);
    }
    assert_eq!(text(&city.get("/v1/me", &wang), "/subject"), "subsidy-ledger#wang");

    // an operator says that the second is right: it gets in, and is the person that the first was
    let said = city.ended(&["agency", "subject", "spelling", "--is", "nobody"]);
    assert!(said.0 == 1 && said.1.contains("subject_unknown"), "{said:?}");
    city.cli(&["agency", "subject", "spelling", "--is", "WANG"]);
    let said = city.ended(&["agency", "subject", "spelling", "--is", "WANG"]);
    assert!(said.0 == 1 && said.1.contains("subject_named"), "{said:?}");
    assert_eq!(text(&city.get("/v1/me", &upper), "/subject"), "subsidy-ledger#WANG");
    let approve = format!("{path}/{id}/approve");
    city.post(&approve, &upper, &json!({})).is(403, "same_person");
    // what the rule refuses waits for others
    let waits = |token| city.get("/v1/tasks", token)["data"].to_string().contains(&id);
    assert!(!waits(&upper) && waits(&city.chen));
    for variant in [&wang, &wide] {
        city.post(path, variant, &change).is(403, "subject_variant");
    }
    city.expect(200, &approve, &city.chen, &json!({}));
    assert!(city.cli(&["verify", "--agency", "spelling"]).contains("verified"));
    let zhang = city.token("spelling", "auditor", "张三", None);
    assert_eq!(text(&city.get("/v1/me", &zhang), "/subject"), "subsidy-ledger#张三");
}
