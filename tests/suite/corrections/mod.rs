//! Claims after their first decision, over HTTP: recalculated, objected to, offset, asked back.

use crate::support::city;
mod dates;
mod four_eyes;
mod interest;
mod money;
use crate::support::service;

use city::{City, FIRM, rules, settlement, shows, text};
use serde_json::{Value, json};

/// Proposes a further sheet for another settlement; the path of its recalculation.
fn proposed(city: &City, claim: &str, settled: &str) -> (Value, String) {
    let body = json!({"changes": {"settlement": settlement(settled)}, "reason": "发票更正"});
    let found = city.expect(201, &format!("/v1/claims/{claim}/recalculate"), &city.zhao, &body);
    let path = format!("/v1/claims/{claim}/recalculations/{}", found["version"]);
    (found, path)
}

/// The same, approved.
fn recalculated(city: &City, claim: &str, settled: &str) -> Value {
    let (_, path) = proposed(city, claim, settled);
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}))
}

#[test]
fn an_approved_claim_is_recalculated_and_only_the_difference_is_posted() {
    let city = City::open("recalculation", &rules(json!({})), "100000");
    let voucher = city.voucher("50000");
    let claim = city.approved(&voucher, "20000", false);
    let first = city.claim(&claim)["calculation"]["version"].as_u64().unwrap();

    // down: the voucher has it again
    let (down, path) = proposed(&city, &claim, "15000");
    shows(&down, json!({"amount": "3000.00", "difference": "-1000.00", "calculation/version": first + 1}));
    shows(&down, json!({"previous_version": first}));
    let shown = city.claim(&claim);
    assert_eq!((&shown["amount"], &shown["recalculation"]["amount"]), (&json!("4000.00"), &json!("3000.00")));
    assert_eq!(shown["calculation"]["version"], json!(first), "nothing is posted yet");
    assert_eq!(city.balance(&voucher), ["4000.00", "0.00", "0.00", "6000.00"]);
    let both = city.token("recalculation", "officer,approver", "zhao", None);
    let again = json!({"changes": {"final": true}, "reason": "再算"});
    let recalculate = format!("/v1/claims/{claim}/recalculate");
    city.post(&recalculate, &city.lin, &again).is(409, "recalculation_pending");
    city.post(&format!("{path}/approve"), &both, &json!({})).is(403, "same_person");
    city.post(&format!("{path}/approve"), &city.lin, &json!({})).is(403, "forbidden");
    let batch = json!({"claim_ids": [claim]});
    city.post("/v1/payment-batches", &city.lin, &batch).is(409, "claim_not_payable");
    let tasks = city.get("/v1/tasks", &city.chen);
    assert!(tasks["data"].as_array().unwrap().iter().any(|t| t["kind"] == "recalculation"), "{tasks}");
    let done = city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
    assert_eq!((&done["status"], &done["decided_by"]), (&json!("approved"), &json!("subsidy-ledger#chen")));
    assert_eq!(city.balance(&voucher), ["3000.00", "0.00", "0.00", "7000.00"]);
    assert_eq!(
        city.ledger(["B2003", "B2007", "F2302", "F5001.01"]),
        ["7000.00", "3000.00", "3000.00", "3000.00"]
    );
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(409, "wrong_state");

    // every sheet stays readable, with its inputs, its rules and their hash
    let sheet =
        |version: u64| city.get(&format!("/v1/claims/{claim}/calculation?version={version}"), &city.firm);
    assert_eq!(
        (&sheet(first)["amount"], &sheet(first + 1)["amount"]),
        (&json!("4000.00"), &json!("3000.00"))
    );
    assert_eq!(sheet(first)["rules_sha256"], sheet(first + 1)["rules_sha256"]);
    assert_eq!(sheet(first + 1)["inputs"]["voucher_balance"], json!("10000.00"));
    assert_eq!(city.get(&format!("/v1/claims/{claim}/calculation"), &city.firm)["version"], json!(first + 1));
    assert_eq!(city.status(&format!("/v1/claims/{claim}/calculation?version=99"), &city.firm), 404);
    assert_eq!(city.status(&format!("/v1/claims/{claim}/calculation?version=1"), &city.other), 404);
    let all = city.get(&format!("/v1/claims/{claim}/calculations"), &city.sun);
    assert_eq!(all["data"].as_array().unwrap().len(), usize::try_from(first + 1).unwrap());

    // up: accrued beside what was; then rejected; then nothing changes
    recalculated(&city, &claim, "30000");
    assert_eq!(city.balance(&voucher), ["6000.00", "0.00", "0.00", "4000.00"]);
    let (_, path) = proposed(&city, &claim, "10000");
    let rejected = city.expect(200, &format!("{path}/reject"), &city.chen, &json!({"reason": "不对"}));
    assert_eq!((&rejected["status"], &rejected["rejection_reason"]), (&json!("rejected"), &json!("不对")));
    let same = recalculated(&city, &claim, "30000");
    assert_eq!(same["difference"], json!("0.00"));
    let shown = city.claim(&claim);
    assert_eq!((&shown["amount"], &shown["payable"]), (&json!("6000.00"), &json!("6000.00")));
    assert_eq!(shown["calculation"]["version"], json!(first + 4), "a rejected sheet keeps its number");
    assert_eq!(
        city.get(&format!("/v1/claims/{claim}/recalculations"), &city.firm)["data"].as_array().unwrap().len(),
        4
    );

    // no more than the voucher has, and nothing to nothing
    let (cut, path) = proposed(&city, &claim, "90000");
    shows(&cut, json!({"amount": "10000.00", "calculation/reductions/0/code": "voucher_balance"}));
    // meanwhile another claim takes a part of the voucher: what was proposed is not so any more
    let second = city.approved(&voucher, "5000", false);
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(409, "recalculation_stale");
    city.expect(
        200,
        &format!("/v1/claims/{claim}/recalculate/reject"),
        &city.chen,
        &json!({"reason": "过时"}),
    );
    let nothing = json!({"changes": {"settlement": settlement("0.01")}, "reason": "无"});
    city.post(&recalculate, &city.lin, &nothing).is(422, "nothing_to_pay");
    city.post(&recalculate, &city.lin, &json!({"changes": {}, "reason": "无"})).is(422, "invalid_value");
    let unknown = json!({"changes": {"amount": "1"}, "reason": "无"});
    city.post(&recalculate, &city.lin, &unknown).is(422, "unknown_field");

    // final: what is left is released
    let closing = json!({"changes": {"final": true}, "reason": "结清"});
    city.expect(201, &format!("/v1/claims/{second}/recalculate"), &city.zhao, &closing);
    city.expect(200, &format!("/v1/claims/{second}/recalculate/approve"), &city.chen, &json!({}));
    assert_eq!(city.balance(&voucher), ["7000.00", "0.00", "3000.00", "0.00"]);
    // and taken back where the closing claim turns out larger, while the pot has it
    recalculated(&city, &second, "10000");
    assert_eq!(city.balance(&voucher), ["8000.00", "0.00", "2000.00", "0.00"]);
    assert_eq!(city.ledger(["B2001", "B2003", "B2007"]), ["92000.00", "0.00", "8000.00"]);
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_paid_claim_is_recalculated_by_a_recovery_or_by_a_further_payment() {
    let shares =
        json!({"shares": [{"level": "city", "percent": "50"}, {"level": "district", "percent": "50"}]});
    let city = City::open("supplement", &rules(shares), "100000");
    let voucher = city.voucher("50000");
    let claim = city.approved(&voucher, "20000.05", false);
    let batch = text(&city.batch(&[&claim]), "/id");
    let recalculate = format!("/v1/claims/{claim}/recalculate");
    let body = json!({"changes": {"settlement": settlement("15000")}, "reason": "发票更正"});
    city.post(&recalculate, &city.zhao, &body).is(409, "wrong_state");
    assert_eq!(city.result(&batch, &claim, "paid", "2025-01-02").status, 200);

    // up: the rest goes with a further batch, and no more than that
    recalculated(&city, &claim, "25000.15");
    let shown = city.claim(&claim);
    shows(&shown, json!({"status": "approved", "amount": "5000.03", "paid": "4000.01"}));
    shows(&shown, json!({"payable": "1000.02"}));
    let second = city.batch(&[&claim]);
    assert_eq!(second["total"], json!("1000.02"));
    let second = text(&second, "/id");
    assert_eq!(city.result(&batch, &claim, "returned", "2025-01-02").status, 409, "it is on its way again");
    assert_eq!(city.result(&second, &claim, "paid", "2025-01-02").status, 200);
    let shown = city.claim(&claim);
    shows(&shown, json!({"status": "paid", "paid": "5000.03", "payable": "0.00"}));
    assert_eq!(shown["payments"].as_array().unwrap().len(), 2);
    assert_eq!(
        city.ledger(["B2007", "B2008", "F2302", "F5001.01", "Y7101"]),
        ["0.00", "5000.03", "0.00", "5000.03", "5000.03"]
    );
    let body = json!({"claim_ids": [claim]});
    city.post("/v1/payment-batches", &city.lin, &body).is(409, "claim_not_payable");
    // the bank sends the first one back: it alone is due again
    city.returned(&batch, &claim, "2025-01-02");
    assert_eq!(city.claim(&claim)["payable"], json!("4000.01"));
    city.paid(&[&claim], "2025-01-02");

    // down: asked back with the same approval; the voucher stays charged, the money comes back to the pot
    let down = recalculated(&city, &claim, "15000");
    assert_eq!(down["difference"], json!("-2000.03"));
    let recovery = city.get(&format!("/v1/recoveries/{}", text(&down, "/recovery_id")), &city.lin);
    shows(&recovery, json!({"status": "approved", "amount": "2000.03", "created_by": "subsidy-ledger#zhao"}));
    shows(&recovery, json!({"approved_by": "subsidy-ledger#chen"}));
    let shown = city.claim(&claim);
    shows(&shown, json!({"status": "paid", "amount": "3000.00", "recovered": "2000.03"}));
    assert_eq!(city.ledger(["F1212", "F5001.01", "B2003"]), ["2000.03", "3000.00", "4999.97"]);
    let body = json!({"amount": "2000.03", "date": "2025-01-02", "bank_reference": "R1"});
    let path = format!("/v1/recoveries/{}/receipts", text(&recovery, "/id"));
    assert_eq!(city.expect(200, &path, &city.lin, &body)["status"], json!("settled"));
    assert_eq!(city.ledger(["B2001", "B2008", "F1212"]), ["92000.03", "3000.00", "0.00"]);
    // what was asked back otherwise cannot be asked back again
    city.recovery(&claim, "2500", &json!({}));
    let body = json!({"changes": {"settlement": settlement("10000")}, "reason": "发票更正"});
    city.post(&recalculate, &city.zhao, &body).is(422, "exceeds_outstanding");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_recalculation_keeps_to_the_caps_of_its_year_and_the_rules_of_its_submission() {
    let caps = json!({"caps": {"annual": {"amount": "5000", "counts": ["redemption"]}}});
    let city = City::open("caps", &rules(caps), "100000");
    let voucher = city.voucher("100000");
    let claim = city.approved(&voucher, "10000", false);
    city.approved(&voucher, "5000", false);
    // newer rules are not its rules
    let newer = json!({"effective_from": "2025-01-02", "reason": "提高",
        "rules": rules(json!({"items": [{"item": "compute", "ratio_percent": "90"}]}))});
    city.expect(201, "/v1/programmes/p/rules", &city.lin, &newer);
    city.expect(200, "/v1/programmes/p/rules/2/approve", &city.chen, &json!({}));
    city.move_to("2026-01-02");
    // the cap of the year of its approval, of which the other claim takes 1,000.00
    let (up, path) = proposed(&city, &claim, "30000");
    assert_eq!((&up["calculation"]["computed"], &up["amount"]), (&json!("6000.00"), &json!("4000.00")));
    assert_eq!(
        up["calculation"]["reductions"][0],
        json!({"code": "annual_cap", "clause": "/caps/annual", "amount": "2000.00"})
    );
    assert_eq!(up["calculation"]["rules_version"], json!(1));
    let early = json!({"effective_date": "2025-01-01"});
    city.post(&format!("{path}/approve"), &city.chen, &early).is(422, "effective_date_too_early");
    // who is blocked gets no more, and may still be given less
    city.expect(200, &format!("/v1/organisations/{FIRM}/block"), &city.chen, &json!({"reason": "核查"}));
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(422, "organisation_blocked");
    city.expect(200, &format!("{path}/reject"), &city.chen, &json!({"reason": "冻结"}));
    recalculated(&city, &claim, "5000");
    // past the last usable day what comes back to the voucher expires with the next run, in a later year to the treasury
    city.move_to("2026-01-03");
    let expired = city.expect(200, "/v1/vouchers/expire", &city.lin, &json!({}));
    assert_eq!(expired["amount"], json!("18000.00"));
    assert_eq!(city.ledger(["B2003", "B2007", "B2009"]), ["0.00", "2000.00", "18000.00"]);
    city.expect(200, &format!("/v1/organisations/{FIRM}/unblock"), &city.chen, &json!({"reason": "无误"}));
    recalculated(&city, &claim, "2500");
    let expired = city.expect(200, "/v1/vouchers/expire", &city.lin, &json!({}));
    assert_eq!((&expired["expired"], &expired["amount"]), (&json!(1), &json!("500.00")));
    let (up, _) = proposed(&city, &claim, "30000");
    assert_eq!(up["amount"], json!("500.00"), "an expired voucher gives no more than it gave");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_published_claim_waits_for_its_last_day_and_for_every_objection() {
    let city = City::open("publicity", &rules(json!({"publicity_days": 3})), "100000");
    let voucher = city.voucher("50000");
    let claim = city.reviewed(&city.firm, &voucher, "10000");
    let (approve, objections) =
        (format!("/v1/claims/{claim}/approve"), format!("/v1/claims/{claim}/objections"));
    // reviewed on the 2nd with three days: the 5th is the last
    let published = city.get("/v1/publicity", &city.other);
    let row = &published["data"][0];
    shows(row, json!({"claim_id": claim, "organisation_name": "甲", "amount": "2000.00"}));
    shows(row, json!({"from": "2025-01-02", "until": "2025-01-05"}));
    let object = json!({"text": "该合同不实"});
    let mine = city.expect(201, &objections, &city.other, &object);
    assert_eq!((&mine["status"], &mine["text"]), (&json!("open"), &json!("该合同不实")));
    assert!(mine["created_at"].is_string());
    city.move_to("2025-01-05");
    city.post(&approve, &city.chen, &json!({})).is(409, "publicity_running");
    let last = city.expect(201, &objections, &city.cloud, &json!({"text": "金额有误"}));
    city.move_to("2025-01-06");
    assert_eq!(city.get("/v1/publicity", &city.other)["data"], json!([]));
    city.post(&objections, &city.lin, &object).is(409, "wrong_state");
    assert_eq!(city.post(&objections, &city.other, &object).status, 404, "not published, not theirs");
    city.post(&approve, &city.chen, &json!({})).is(409, "objection_open");

    // who sees what
    let seen = |token: &str| city.get(&objections, token)["data"].as_array().unwrap().clone();
    assert_eq!((seen(&city.lin).len(), seen(&city.firm).len(), seen(&city.other).len()), (2, 2, 1));
    assert_eq!(
        (&seen(&city.firm)[0]["created_by"], &seen(&city.lin)[0]["created_by"]),
        (&Value::Null, &json!("subsidy-ledger#other"))
    );
    assert_eq!(city.get(&format!("/v1/claims/{claim}"), &city.firm)["objections_open"], json!(2));
    let tasks = city.get("/v1/tasks", &city.lin);
    assert!(tasks["data"].as_array().unwrap().iter().any(|t| t["kind"] == "objection"), "{tasks}");

    // dismissed both: it goes on
    let resolve = |objection: &Value| format!("{objections}/{}/resolve", text(objection, "/id"));
    let dismiss = json!({"decision": "dismissed", "reason": "查无此事"});
    city.post(&resolve(&mine), &city.chen, &dismiss).is(403, "forbidden");
    let done = city.expect(200, &resolve(&mine), &city.lin, &dismiss);
    assert_eq!((&done["status"], &done["reason"]), (&json!("dismissed"), &json!("查无此事")));
    city.post(&resolve(&mine), &city.lin, &dismiss).is(409, "wrong_state");
    city.post(&approve, &city.chen, &json!({})).is(409, "objection_open");
    city.expect(200, &resolve(&last), &city.lin, &dismiss);
    city.expect(200, &approve, &city.chen, &json!({}));
    city.post(&objections, &city.lin, &object).is(409, "wrong_state");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn an_objection_that_is_upheld_sends_the_claim_back_or_ends_it() {
    let city = City::open("upheld", &rules(json!({"publicity_days": 1})), "100000");
    let voucher = city.voucher("50000");
    // written by an officer: neither that officer nor who objected may resolve
    let claim = city.reviewed(&city.lin, &voucher, "10000");
    let base = format!("/v1/claims/{claim}");
    let objection = city.expect(201, &format!("{base}/objections"), &city.zhao, &json!({"text": "重复申报"}));
    let resolve = format!("{base}/objections/{}/resolve", text(&objection, "/id"));
    let uphold = json!({"decision": "upheld", "reason": "属实"});
    city.post(&resolve, &city.zhao, &uphold).is(403, "same_person");
    city.post(&resolve, &city.lin, &uphold).is(403, "same_person");
    let wang = city.token("upheld", "officer", "wang", None);
    assert_eq!(city.expect(200, &resolve, &wang, &uphold)["status"], json!("upheld"));
    city.move_to("2025-01-04");
    city.post(&format!("{base}/approve"), &city.chen, &json!({})).is(409, "objection_upheld");
    let review = |decision: &str| json!({"decision": decision, "reason": "见异议"});
    city.post(&format!("{base}/review"), &city.zhao, &review("pass")).is(409, "wrong_state");
    let returned = city.expect(200, &format!("{base}/review"), &city.zhao, &review("return"));
    assert_eq!(returned["status"], json!("returned"));
    // mended and filed anew it is published anew, and can be approved
    city.expect(200, &format!("{base}/submit"), &city.lin, &json!({}));
    city.expect(200, &format!("{base}/review"), &city.zhao, &json!({"decision": "pass"}));
    city.post(&format!("{base}/approve"), &city.chen, &json!({})).is(409, "publicity_running");
    // a second one ends it: what it held is free
    let objection = city.expect(201, &format!("{base}/objections"), &city.firm, &json!({"text": "仍重复"}));
    let resolve = format!("{base}/objections/{}/resolve", text(&objection, "/id"));
    city.expect(200, &resolve, &wang, &uphold);
    assert_eq!(city.balance(&voucher)[1], "2000.00");
    city.expect(200, &format!("{base}/reject"), &city.chen, &json!({"reason": "重复"}));
    assert_eq!(city.balance(&voucher), ["0.00", "0.00", "0.00", "10000.00"]);
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_recovery_is_offset_against_the_next_claim_and_the_batch_pays_the_rest() {
    let city = City::open("offset", &rules(json!({})), "100000");
    city.programme("q", &rules(json!({})), "100000");
    let voucher = city.voucher("100000");
    let paid = city.approved(&voucher, "20000", false);
    city.paid(&[&paid], "2025-01-02");
    let recovery = city.recovery(&paid, "1500", &json!({}));
    let path = format!("/v1/recoveries/{recovery}/offset");
    let next = city.approved(&voucher, "10000", false);
    let against = |claim: &str| json!({"claim_id": claim});

    // refusals
    let theirs = city.approved_of(&city.other, &city.voucher_of("p", &city.other, "50000"), "10000", false);
    let mismatch = city.expect(422, &path, &city.chen, &against(&theirs));
    assert_eq!(
        (&mismatch["code"], &mismatch["detail"].as_str().unwrap().contains("organisation")),
        (&json!("offset_mismatch"), &true)
    );
    let elsewhere = city.approved(&city.voucher_of("q", &city.firm, "50000"), "10000", false);
    city.post(&path, &city.chen, &against(&elsewhere)).is(422, "offset_mismatch");
    let more = json!({"claim_id": next, "amount": "1500.01"});
    city.post(&path, &city.chen, &more).is(422, "exceeds_outstanding");
    city.post(&path, &city.chen, &against(&paid)).is(409, "claim_not_payable");
    city.post(&path, &city.lin, &against(&next)).is(403, "forbidden");
    let both = city.token("offset", "officer,approver", "lin", None);
    city.post(&path, &both, &against(&next)).is(403, "same_person");
    let batch = city.expect(201, "/v1/payment-batches", &city.lin, &json!({"claim_ids": [next]}));
    city.post(&path, &city.chen, &against(&next)).is(409, "claim_in_batch");
    let reject = format!("/v1/payment-batches/{}/reject", text(&batch, "/id"));
    city.expect(200, &reject, &city.chen, &json!({"reason": "抵扣"}));

    // a part, then the rest; the batch pays what is left
    let before = city.ledger(["B2001", "B2007", "F1212", "F2302"]);
    assert_eq!(before, ["160000.00", "6000.00", "1500.00", "6000.00"]);
    let part = city.expect(200, &path, &city.chen, &json!({"claim_id": next, "amount": "500"}));
    shows(&part, json!({"received": "500.00", "outstanding": "1000.00", "status": "approved"}));
    assert_eq!(
        city.ledger(["B2001", "B2007", "F1212", "F2302"]),
        ["160500.00", "5500.00", "1000.00", "5500.00"]
    );
    let whole = city.expect(200, &path, &city.chen, &against(&next));
    assert_eq!((&whole["status"], &whole["offsets"][1]["amount"]), (&json!("settled"), &json!("1000.00")));
    city.post(&path, &city.chen, &against(&next)).is(409, "wrong_state");
    let shown = city.claim(&next);
    shows(&shown, json!({"payable": "500.00", "offset": "1500.00", "paid": "0.00"}));
    let batch = city.batch(&[&next]);
    assert_eq!(batch["total"], json!("500.00"));
    assert_eq!(city.result(&text(&batch, "/id"), &next, "paid", "2025-01-02").status, 200);
    let shown = city.claim(&next);
    shows(&shown, json!({"status": "paid", "paid": "500.00", "payable": "0.00"}));

    // a claim that is offset whole is paid without a line of 0.00
    let recovery = city.recovery(&paid, "2500", &json!({}));
    let small = city.approved(&voucher, "5000", false);
    let path = format!("/v1/recoveries/{recovery}/offset");
    let done = city.expect(200, &path, &city.chen, &against(&small));
    assert_eq!((&done["received"], &done["outstanding"]), (&json!("1000.00"), &json!("1500.00")));
    let shown = city.claim(&small);
    assert_eq!((&shown["status"], &shown["payment_batch_id"]), (&json!("paid"), &Value::Null));
    let body = json!({"claim_ids": [small]});
    city.post("/v1/payment-batches", &city.lin, &body).is(409, "claim_not_payable");

    // a later year's claim is no payable of the same year
    city.move_to("2026-01-02");
    let late = city.approved(&voucher, "5000", false);
    city.post(&path, &city.chen, &against(&late)).is(422, "offset_mismatch");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_recovery_posts_by_the_years_of_payment_decision_and_cash() {
    let city = City::open("years", &rules(json!({})), "100000");
    let voucher = city.voucher("100000");
    let claim = city.approved(&voucher, "50000", false);
    city.paid(&[&claim], "2025-01-02");
    city.move_to("2025-12-30");
    let same = city.recovery(&claim, "3000", &json!({}));
    let cash = |id: &str, amount: &str, date: &str| {
        let body = json!({"amount": amount, "date": date, "bank_reference": format!("R-{amount}-{date}")});
        city.expect(200, &format!("/v1/recoveries/{id}/receipts"), &city.lin, &body)
    };
    let accounts = ["B2001", "B2008", "F1212", "F2103", "F4001", "F5001.01", "Y7101"];
    let start = ["80000.00", "10000.00", "3000.00", "0.00", "10000.00", "7000.00", "10000.00"];
    assert_eq!(city.ledger(accounts), start);
    // decided and received in the year of the payment: the money can be spent again
    cash(&same, "1000", "2025-12-30");
    assert_eq!(
        city.ledger(accounts),
        ["81000.00", "9000.00", "2000.00", "0.00", "9000.00", "7000.00", "9000.00"]
    );
    city.move_to("2026-01-05");
    // decided in that year, received later: neither B nor Y
    cash(&same, "1000", "2026-01-05");
    assert_eq!(
        city.ledger(accounts),
        ["81000.00", "9000.00", "1000.00", "0.00", "8000.00", "7000.00", "9000.00"]
    );
    // received in that year and recorded later: the day of the receipt counts
    cash(&same, "500", "2025-12-31");
    assert_eq!(
        city.ledger(accounts),
        ["81500.00", "8500.00", "500.00", "0.00", "7500.00", "7000.00", "8500.00"]
    );
    // decided later, received later: due to the treasury and paid to it
    let later = city.recovery(&claim, "2000", &json!({}));
    assert_eq!(
        city.ledger(accounts),
        ["81500.00", "8500.00", "2500.00", "2000.00", "7500.00", "7000.00", "8500.00"]
    );
    cash(&later, "1200", "2026-01-05");
    assert_eq!(
        city.ledger(accounts),
        ["81500.00", "8500.00", "1300.00", "800.00", "7500.00", "7000.00", "8500.00"]
    );
    // decided later, and a receipt that is dated before the decision is refused: the fourth pair cannot be
    let early = json!({"amount": "1", "date": "2025-12-31", "bank_reference": "R1"});
    let path = format!("/v1/recoveries/{later}/receipts");
    city.post(&path, &city.lin, &early).is(422, "effective_date_too_early");
    // written off: to what the decision credited
    let why = json!({"reason": "破产"});
    city.post(&format!("/v1/recoveries/{later}/write-off"), &city.chen, &why).is(403, "same_person");
    city.expect(200, &format!("/v1/recoveries/{later}/write-off"), &city.li, &why);
    city.expect(200, &format!("/v1/recoveries/{same}/write-off"), &city.li, &why);
    assert_eq!(
        city.ledger(accounts),
        ["81500.00", "8500.00", "0.00", "0.00", "7500.00", "7500.00", "8500.00"]
    );
    let body = json!({"claim_id": claim, "amount": "5000.01", "decision_no": "追2", "reason": "多付"});
    city.post("/v1/recoveries", &city.lin, &body).is(422, "exceeds_outstanding");
    // a recalculation in the later year asks back for the treasury too
    let down = recalculated(&city, &claim, "45000");
    assert_eq!(city.ledger(["F1212", "F2103", "F5001.01"]), ["1000.00", "1000.00", "7500.00"]);
    assert_eq!(down["effective_date"], json!("2026-01-05"));
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn eligibility_counts_again_when_a_claim_is_paid_and_a_second_claim_sees_what_is_left() {
    let city = City::open("payable", &rules(json!({})), "100000");
    let voucher = city.voucher("50000");
    // a second claim sees only what is left, until the first is rejected
    let first = city.reviewed(&city.firm, &voucher, "40000");
    let body =
        json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement("20000")});
    let second = city.expect(201, "/v1/claims", &city.firm, &body);
    assert_eq!(second["amount"], json!("2000.00"));
    city.expect(200, &format!("/v1/claims/{first}/reject"), &city.chen, &json!({"reason": "不符"}));
    assert_eq!(city.balance(&voucher), ["0.00", "0.00", "0.00", "10000.00"]);
    let second = text(&second, "/id");
    city.expect(200, &format!("/v1/claims/{second}/submit"), &city.firm, &json!({}));
    assert_eq!(city.claim(&second)["amount"], json!("4000.00"), "computed again when it is filed");
    city.expect(200, &format!("/v1/claims/{second}/review"), &city.zhao, &json!({"decision": "pass"}));

    // blocked between review and approval, approval and proposal, proposal and the batch's approval
    let [block, unblock] = ["block", "unblock"].map(|act| format!("/v1/organisations/{FIRM}/{act}"));
    let why = json!({"reason": "核查"});
    city.expect(200, &block, &city.chen, &why);
    let approve = format!("/v1/claims/{second}/approve");
    city.post(&approve, &city.chen, &json!({})).is(422, "organisation_blocked");
    city.expect(200, &unblock, &city.chen, &why);
    city.expect(200, &approve, &city.chen, &json!({}));
    city.expect(200, &block, &city.chen, &why);
    let body = json!({"claim_ids": [second]});
    city.post("/v1/payment-batches", &city.lin, &body).is(422, "organisation_blocked");
    city.expect(200, &unblock, &city.chen, &why);
    let batch = city.create("/v1/payment-batches", &city.lin, &body);
    city.expect(200, &block, &city.chen, &why);
    let approve = format!("/v1/payment-batches/{batch}/approve");
    city.post(&approve, &city.chen, &json!({})).is(422, "organisation_blocked");
    city.expect(200, &unblock, &city.chen, &why);
    city.expect(200, &approve, &city.chen, &json!({}));
    // the bank's answer is a fact: it is recorded whoever is blocked meanwhile
    city.expect(200, &block, &city.chen, &why);
    assert_eq!(city.result(&batch, &second, "paid", "2025-01-02").status, 200);
    assert_eq!(city.claim(&second)["status"], json!("paid"));
    city.expect(200, &unblock, &city.chen, &why);

    // fraud blocks the organisation and suspends all its vouchers that can be drawn on
    let more: Vec<String> = (0..20).map(|_| city.voucher("1000")).collect();
    let recovery = city.recovery(&second, "4000", &json!({"fraud": true}));
    assert_eq!(city.get(&format!("/v1/organisations/{FIRM}"), &city.sun)["status"], json!("blocked"));
    for id in more.iter().chain([&voucher]) {
        assert_eq!(city.get(&format!("/v1/vouchers/{id}"), &city.sun)["status"], json!("suspended"));
    }
    let body = json!({"kind": "voucher_redemption", "voucher_id": more[0], "settlement": settlement("100")});
    assert_eq!(city.post("/v1/claims", &city.firm, &body).status, 409);
    assert_eq!(city.get(&format!("/v1/recoveries/{recovery}"), &city.sun)["fraud"], json!(true));
    assert!(city.cli(&["verify"]).contains("verified"));
}
