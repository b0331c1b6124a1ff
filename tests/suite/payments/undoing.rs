//! What undoes a payment takes two people; what the bank says is held against what was sent.

use crate::support::city::{merged, shows};
use serde_json::{Value, json};

use crate::payments::stage::{FIRM, OTHER, Stage};

fn result(claim: &str, outcome: &str, reference: &str, more: Value) -> Value {
    let result =
        json!({"claim_id": claim, "outcome": outcome, "bank_reference": reference, "date": "2025-01-02"});
    json!({"results": [merged(result, &more)]})
}

#[test]
fn a_payment_comes_back_when_a_second_person_says_so_and_not_before() {
    let stage = Stage::open("undoing");
    let claims = stage.approved(FIRM, 2, "500.00");
    let batch = stage.batch(&claims);
    let (claim, other) = (&claims[0], &claims[1]);
    let results = format!("/v1/payment-batches/{batch}/results");
    let (approve, reject) = (format!("{results}/{claim}/approve"), format!("{results}/{claim}/reject"));
    let none = json!({});
    let why = json!({"reason": "回单看错"});
    // nothing waits: on an open line, of an unknown claim, in an unknown batch
    stage.refused(409, "wrong_state", &approve, &stage.approver, &none);
    let nobody = uuid::Uuid::now_v7();
    stage.refused(404, "not_found", &format!("{results}/{nobody}/approve"), &stage.approver, &none);
    let elsewhere = format!("/v1/payment-batches/{nobody}/results/{claim}/approve");
    stage.refused(404, "not_found", &elsewhere, &stage.approver, &none);

    // the first result is one step
    stage.expect(200, &results, &stage.approver_too, &result(claim, "paid", "FT-1", json!({})));
    stage.refused(409, "wrong_state", &approve, &stage.approver, &none);
    let paid =
        (stage.balance("B2007"), stage.balance("B2008"), stage.balance("F2302"), stage.balance("Y7101"));
    assert_eq!(paid, ("100.00".into(), "100.00".into(), "100.00".into(), "100.00".into()));

    // what undoes it is a proposal, which posts nothing, and is one at a time
    let back = result(claim, "returned", "FT-1-R", json!({"reason": "户名不符"}));
    let proposed = stage.expect(200, &results, &stage.officer, &back);
    assert_eq!((&proposed["status"], &proposed["waiting"]), (&json!("approved"), &json!(1)));
    let line = &proposed["lines"][0];
    assert_eq!((&line["status"], &line["bank_reference"]), (&json!("paid"), &json!("FT-1")));
    let waits = &line["proposed_result"];
    shows(
        waits,
        json!({"proposed_by": "subsidy-ledger#lin", "bank_reference": "FT-1-R", "reason": "户名不符"}),
    );
    shows(waits, json!({"date": "2025-01-02"}));
    stage.refused(409, "wrong_state", &results, &stage.officer, &back);
    assert_eq!(stage.read(&format!("/v1/claims/{claim}"))["status"], "paid");
    assert_eq!(stage.balance("B2008"), "100.00");

    // not by who proposed it, nor by who recorded the payment that it undoes; not by an officer
    stage.refused(403, "forbidden", &approve, &stage.officer, &none);
    stage.refused(403, "same_person", &approve, &stage.approver_too, &none);
    stage.refused(403, "same_person", &reject, &stage.approver_too, &why);
    let waiting = |token: &str| {
        let tasks = stage.ask("/v1/tasks?limit=200", token).json();
        let tasks = tasks["data"].as_array().unwrap().clone();
        tasks
            .iter()
            .any(|task| task["kind"] == "payment_result" && task["document"] == format!("{batch}/{claim}"))
    };
    assert!(waiting(&stage.approver) && !waiting(&stage.approver_too) && !waiting(&stage.officer));

    // refused: the payment stands, and can still be reversed or returned
    let kept = stage.expect(200, &reject, &stage.approver, &why);
    assert_eq!((&kept["waiting"], &kept["lines"][0]["proposed_result"]), (&json!(0), &Value::Null));
    assert_eq!(stage.balance("B2008"), "100.00");
    stage.refused(409, "wrong_state", &approve, &stage.approver, &none);
    stage.expect(200, &results, &stage.officer, &back);
    let returned = stage.expect(200, &approve, &stage.approver, &none);
    shows(&returned, json!({"waiting": 0, "lines/0/status": "returned", "lines/0/bank_reference": "FT-1-R"}));
    let undone =
        (stage.balance("B2007"), stage.balance("B2008"), stage.balance("F2302"), stage.balance("Y7101"));
    assert_eq!(undone, ("200.00".into(), "0.00".into(), "200.00".into(), "0.00".into()));
    stage.refused(409, "wrong_state", &approve, &stage.approver, &none);
    assert_eq!(stage.read(&format!("/v1/claims/{claim}"))["status"], "approved");
    // the transactions about the claim name it
    let about = stage.read(&format!("/v1/ledger/transactions?document={claim}&account=B2008"));
    let kinds: Vec<&Value> = about["data"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, [&json!("settle_payment"), &json!("approve_payment_result")]);

    // returned before it was paid is one step, and the last line's result settles the batch
    let settled = stage.expect(200, &results, &stage.officer, &result(other, "returned", "FT-2", json!({})));
    assert_eq!((&settled["status"], &settled["waiting"]), (&json!("settled"), &json!(0)));
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn a_return_that_waits_yields_to_a_closed_month_to_a_recovery_and_to_a_reversal() {
    let stage = Stage::open("yielding");
    let claims = stage.approved(FIRM, 3, "500.00");
    let batch = stage.batch(&claims);
    let results = format!("/v1/payment-batches/{batch}/results");
    let decide = |claim: &str, step: &str| format!("{results}/{claim}/{step}");
    let none = json!({});
    let mut sequences = Vec::new();
    for claim in &claims {
        let paid = stage.result(&batch, claim, "paid", "2025-01-02");
        let header: u64 = paid.header("Ledger-Sequence").unwrap().parse().unwrap();
        sequences.push(header + 1);
        let back = result(claim, "returned", &format!("R-{claim}"), json!({}));
        stage.expect(200, &results, &stage.officer, &back);
    }
    assert_eq!(stage.read(&format!("/v1/payment-batches/{batch}"))["waiting"], 3);
    // asked back meanwhile: it did not come back
    let recovery = json!({"claim_id": claims[0], "amount": "10.00", "decision_no": "追1", "reason": "x"});
    let recovery = stage.create("/v1/recoveries", &stage.officer, &recovery);
    stage.expect(200, &format!("/v1/recoveries/{recovery}/approve"), &stage.approver, &none);
    let problem = stage.refused(409, "wrong_state", &decide(&claims[0], "approve"), &stage.approver, &none);
    assert!(problem["detail"].as_str().unwrap().contains("recovered"), "{problem}");
    // reversed as an error: nothing waits any more
    let reverse = format!("/v1/ledger/transactions/{}/reverse", sequences[1]);
    stage.expect(201, &reverse, &stage.officer, &json!({"reason": "录错行"}));
    stage.expect(200, &format!("{reverse}/approve"), &stage.approver, &none);
    stage.refused(409, "wrong_state", &decide(&claims[1], "approve"), &stage.approver, &none);
    assert_eq!(stage.read(&format!("/v1/payment-batches/{batch}"))["waiting"], 2);
    // its month was closed meanwhile
    stage.today("2025-02-03");
    stage.expect(200, "/v1/periods/2025-01/close", &stage.approver, &none);
    stage.refused(409, "period_closed", &decide(&claims[2], "approve"), &stage.approver, &none);
    stage.expect(200, &decide(&claims[2], "reject"), &stage.approver, &json!({"reason": "跨月"}));
    stage.returned(&batch, &claims[2], "2025-02-03");
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn the_bank_names_every_payment_once_and_says_the_amount_that_was_sent() {
    let stage = Stage::open("references");
    let claims = stage.approved(FIRM, 3, "500.00");
    let others = stage.approved(OTHER, 2, "700.00");
    let (batch, second) = (stage.batch(&claims), stage.batch(&others));
    let results = |batch: &str| format!("/v1/payment-batches/{batch}/results");
    let (ours, theirs) = (results(&batch), results(&second));
    // another amount: who is wrong, and by how much
    let wrong = result(&claims[0], "paid", "FT 100", json!({"amount": "99.99"}));
    let problem = stage.refused(422, "amount_differs", &ours, &stage.officer, &wrong);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("100.00") && detail.contains("99.99"), "{problem}");
    assert_eq!(problem["errors"][0]["pointer"], "/results/0/body/amount");
    let wrong = result(&claims[0], "returned", "FT 100", json!({"amount": "100.01"}));
    stage.refused(422, "amount_differs", &ours, &stage.officer, &wrong);
    for (amount, code) in
        [(json!(100), "invalid_amount"), (json!("-100"), "invalid_amount"), (json!("0"), "invalid_amount")]
    {
        let malformed = result(&claims[0], "paid", "FT 100", json!({"amount": amount}));
        stage.refused(422, code, &ours, &stage.officer, &malformed);
    }
    stage.expect(200, &ours, &stage.officer, &result(&claims[0], "paid", "FT 100", json!({"amount": "100"})));
    // the same reference, typed as people type, in this batch, in another, twice in one request
    for typed in ["FT 100", "ft100", "ＦＴ１００"] {
        for (path, claim) in [(&ours, &claims[1]), (&theirs, &others[0])] {
            let problem = stage.refused(
                409,
                "bank_reference_used",
                path,
                &stage.officer,
                &result(claim, "paid", typed, json!({})),
            );
            assert!(problem["detail"].as_str().unwrap().contains(claims[0].as_str()), "{problem}");
        }
    }
    let both: Vec<Value> =
        others.iter().map(|claim| result(claim, "paid", "FT 200", json!({}))["results"][0].clone()).collect();
    let problem =
        stage.refused(409, "bank_reference_used", &theirs, &stage.officer, &json!({"results": both}));
    assert_eq!(problem["errors"][0]["pointer"], "/results/1/body/bank_reference");
    assert_eq!(stage.balance("B2008"), "100.00");
    // what came back did go out: its reference stays taken
    stage.expect(200, &ours, &stage.officer, &result(&claims[0], "returned", "FT 100", json!({})));
    stage.expect(200, &format!("{ours}/{}/approve", claims[0]), &stage.approver, &json!({}));
    let again = result(&claims[1], "paid", "FT 100", json!({}));
    stage.refused(409, "bank_reference_used", &ours, &stage.officer, &again);
    // what was recorded in error never did: reversed, it is the right line's
    let paid = stage.post(&theirs, &stage.officer, &result(&others[0], "paid", "FT 300", json!({})));
    let sequence = paid.header("Ledger-Sequence").unwrap().parse::<u64>().unwrap() + 1;
    let reverse = format!("/v1/ledger/transactions/{sequence}/reverse");
    stage.expect(201, &reverse, &stage.officer, &json!({"reason": "录错行"}));
    stage.expect(200, &format!("{reverse}/approve"), &stage.approver, &json!({}));
    stage.expect(200, &theirs, &stage.officer, &result(&others[1], "paid", "FT 300", json!({})));
    // another agency's bank calls its payments as it likes
    let elsewhere = Stage::found(&stage.service, "elsewhere");
    let claims = elsewhere.approved(FIRM, 1, "500.00");
    let batch = elsewhere.batch(&claims);
    let paid = result(&claims[0], "paid", "FT 300", json!({}));
    elsewhere.expect(200, &results(&batch), &elsewhere.officer, &paid);
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn of_callers_who_race_to_record_one_payment_of_the_bank_one_does() {
    let stage = Stage::open("onepayment");
    let claims = stage.approved(FIRM, 8, "500.00");
    let batches: Vec<String> = claims.iter().map(|claim| stage.batch(std::slice::from_ref(claim))).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent = claims.iter().zip(&batches).map(|(claim, batch)| {
            let (stage, body) = (&stage, result(claim, "paid", "FT-ONE", json!({})));
            scope.spawn(move || {
                stage.post(&format!("/v1/payment-batches/{batch}/results"), &stage.officer, &body).status
            })
        });
        let sent: Vec<_> = sent.collect();
        sent.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    assert_eq!(stage.balance("B2008"), "100.00");
}

#[test]
fn a_receipt_is_recorded_once_never_beyond_what_is_owed_and_who_decided_does_not_give_it_up() {
    let stage = Stage::open("receipts");
    let claims = stage.approved(FIRM, 1, "500.00");
    let batch = stage.batch(&claims);
    assert_eq!(stage.result(&batch, &claims[0], "paid", "2025-01-02").status, 200);
    let recovery = |amount: &str| {
        let body = json!({"claim_id": claims[0], "amount": amount, "decision_no": "追1", "reason": "x"});
        let recovery = stage.create("/v1/recoveries", &stage.officer, &body);
        stage.expect(200, &format!("/v1/recoveries/{recovery}/approve"), &stage.approver, &json!({}));
        recovery
    };
    let (one, two) = (recovery("60.00"), recovery("40.00"));
    let receive = |recovery: &str, amount: &str, reference: &str| {
        let body = json!({"amount": amount, "date": "2025-01-02", "bank_reference": reference});
        stage.post(&format!("/v1/recoveries/{recovery}/receipts"), &stage.officer, &body)
    };
    let told = |answer: crate::support::service::Answer| {
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(told(receive(&one, "60.01", "R 1")), (422, "exceeds_outstanding".to_owned()));
    let first = receive(&one, "10.00", "R 1").expect(200);
    let sequence = first.header("Ledger-Sequence").unwrap().to_owned();
    for typed in ["R 1", "r1", "Ｒ１"] {
        assert_eq!(told(receive(&one, "10.00", typed)), (409, "bank_reference_used".to_owned()));
    }
    // one transfer may be for two recoveries
    assert_eq!(receive(&two, "10.00", "R 1").status, 200);
    // recorded in error: reversed, it is recorded anew
    let reverse = format!("/v1/ledger/transactions/{sequence}/reverse");
    stage.expect(201, &reverse, &stage.officer, &json!({"reason": "金额录错"}));
    stage.expect(200, &format!("{reverse}/approve"), &stage.approver, &json!({}));
    assert_eq!(receive(&one, "20.00", "R 1").status, 200);

    let write_off = format!("/v1/recoveries/{one}/write-off");
    let why = json!({"reason": "破产"});
    stage.refused(403, "same_person", &write_off, &stage.approver, &why);
    stage.expect(200, &write_off, &stage.approver_too, &why);
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}
