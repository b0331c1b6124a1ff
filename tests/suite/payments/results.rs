//! What the bank answers, line by line, and what may stand in a batch.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::payments::stage::{CLOUD, FIRM, OTHER, Stage};

#[test]
fn a_line_is_paid_once_comes_back_once_and_the_claim_is_paid_again_once() {
    let stage = Stage::open("results");
    stage.today("2025-03-10");
    let claims = stage.approved(FIRM, 2, "500.01");
    let (one, two) = (&claims[0], &claims[1]);
    let batch = stage.proposed(&claims);
    let results = format!("/v1/payment-batches/{batch}/results");
    let say = |claim: &str, outcome: &str, date: &str| {
        let reference = format!("FT-{claim}");
        json!({"results": [{"claim_id": claim, "outcome": outcome, "bank_reference": reference, "date": date}]})
    };
    // nothing is paid that was not approved
    stage.refused(409, "wrong_state", &results, &stage.officer, &say(one, "paid", "2025-03-10"));
    stage.refused(
        403,
        "forbidden",
        &format!("/v1/payment-batches/{batch}/approve"),
        &stage.officer,
        &json!({}),
    );
    stage.expect(200, &format!("/v1/payment-batches/{batch}/approve"), &stage.approver, &json!({}));
    stage.refused(422, "effective_date_in_future", &results, &stage.officer, &say(one, "paid", "2025-03-11"));
    let problem =
        stage.refused(422, "result_too_early", &results, &stage.officer, &say(one, "paid", "2025-03-09"));
    assert_eq!(problem["errors"][0]["pointer"], "/results/0/body/date");
    assert!(problem["detail"].as_str().unwrap().contains("2025-03-10"), "{problem}");
    let nobody = uuid::Uuid::now_v7().to_string();
    let problem =
        stage.refused(404, "not_found", &results, &stage.officer, &say(&nobody, "paid", "2025-03-10"));
    assert_eq!(problem["errors"][0]["pointer"], "/results/0/body/claim_id");
    stage.refused(422, "invalid_value", &results, &stage.officer, &json!({"results": []}));
    stage.refused(422, "invalid_value", &results, &stage.officer, &say(one, "lost", "2025-03-10"));
    stage.refused(403, "forbidden", &results, &stage.approver, &say(one, "paid", "2025-03-10"));

    // the lines of a request stand or fall together, and each is answered once
    let both = [say(one, "paid", "2025-03-10"), say(two, "paid", "2025-03-11")];
    let both: Vec<&Value> = both.iter().map(|body| &body["results"][0]).collect();
    let future = "effective_date_in_future";
    let problem = stage.refused(422, future, &results, &stage.officer, &json!({"results": both}));
    assert_eq!(problem["errors"][0]["pointer"], "/results/1");
    for second in ["paid", "returned"] {
        let twice = [say(one, "paid", "2025-03-10"), say(one, second, "2025-03-10")];
        let twice: Vec<&Value> = twice.iter().map(|body| &body["results"][0]).collect();
        let problem =
            stage.refused(422, "result_twice", &results, &stage.officer, &json!({"results": twice}));
        assert_eq!(problem["errors"][0]["pointer"], "/results/1/claim_id");
    }
    assert_eq!(stage.balance("B2008"), "0.00");

    let paid = stage.result(&batch, one, "paid", "2025-03-10");
    assert_eq!((paid.status, paid.json()["open"].clone()), (200, json!(1)));
    assert_eq!((stage.balance("B2007"), stage.balance("F2302")), ("100.00".into(), "100.00".into()));
    assert_eq!((stage.balance("B2008"), stage.balance("Y7101")), ("100.00".into(), "100.00".into()));
    // paid per level: 60 of 100 are the city's
    let header: u64 = paid.header("Ledger-Sequence").unwrap().parse().unwrap();
    let lines = stage.lines(&(header + 1).to_string());
    for (account, side, level, amount) in [
        ("B2007", "debit", "city", "60.00"),
        ("B2007", "debit", "district", "40.00"),
        ("F2302", "debit", "city", "60.00"),
        ("F2302", "debit", "district", "40.00"),
        ("B2008", "credit", "city", "60.00"),
        ("Y7101", "debit", "district", "40.00"),
    ] {
        let wanted = (account.to_owned(), side.to_owned(), level.to_owned(), amount.to_owned());
        assert!(lines.contains(&wanted), "{wanted:?} in {lines:?}");
    }
    stage.refused(409, "wrong_state", &results, &stage.officer, &say(one, "paid", "2025-03-10"));

    // returned before it was paid: nothing is posted, and the batch is settled
    let returned = stage.result(&batch, two, "returned", "2025-03-10").json();
    assert_eq!((&returned["status"], &returned["open"]), (&json!("settled"), &json!(0)));
    assert_eq!((stage.balance("B2007"), stage.balance("B2008")), ("100.00".into(), "100.00".into()));
    let claim = stage.read(&format!("/v1/claims/{two}"));
    assert_eq!((&claim["status"], &claim["payment_batch_id"]), (&json!("approved"), &Value::Null));
    stage.refused(409, "wrong_state", &results, &stage.officer, &say(two, "paid", "2025-03-10"));
    stage.refused(409, "wrong_state", &results, &stage.officer, &say(two, "returned", "2025-03-10"));

    // returned after it was paid: PAY is reversed, on a day that is not before it
    stage.today("2025-03-12");
    stage.refused(422, "result_too_early", &results, &stage.officer, &say(one, "returned", "2025-03-09"));
    stage.returned(&batch, one, "2025-03-12");
    assert_eq!((stage.balance("B2007"), stage.balance("F2302")), ("200.00".into(), "200.00".into()));
    assert_eq!((stage.balance("B2008"), stage.balance("Y7101")), ("0.00".into(), "0.00".into()));
    stage.refused(409, "wrong_state", &results, &stage.officer, &say(one, "returned", "2025-03-12"));
    stage.refused(409, "wrong_state", &results, &stage.officer, &say(one, "paid", "2025-03-12"));

    // and both are paid again, once
    let again = stage.batch(&claims);
    stage.refused(409, "claim_in_batch", "/v1/payment-batches", &stage.officer, &json!({"claim_ids": [one]}));
    for claim in &claims {
        assert_eq!(stage.result(&again, claim, "paid", "2025-03-12").status, 200);
    }
    stage.refused(
        409,
        "claim_not_payable",
        "/v1/payment-batches",
        &stage.officer,
        &json!({"claim_ids": [one]}),
    );
    assert_eq!((stage.balance("B2007"), stage.balance("B2008")), ("0.00".into(), "200.00".into()));
    let lines = stage.read(&format!("/v1/payment-batches/{again}"))["lines"].as_array().unwrap().clone();
    assert!(
        lines.iter().all(|line| line["status"] == "paid" && line["proposed_result"] == Value::Null),
        "{lines:?}"
    );
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn nobody_blocked_is_paid_no_claim_stands_in_two_batches_and_the_proposer_does_not_approve() {
    let stage = Stage::open("batches");
    let claims = stage.approved(FIRM, 2, "500.00");
    let others = stage.approved(OTHER, 2, "500.00");
    let propose = |claims: &[&String]| json!({"claim_ids": claims});
    let batches = "/v1/payment-batches";
    for (status, code, body) in [
        (422, "invalid_value", propose(&[])),
        (409, "claim_in_batch", propose(&[&claims[0], &claims[1], &claims[0]])),
        (404, "not_found", propose(&[&claims[0], &uuid::Uuid::now_v7().to_string()])),
    ] {
        stage.refused(status, code, batches, &stage.officer, &body);
    }
    stage.refused(403, "forbidden", batches, &stage.approver, &propose(&[&claims[0]]));
    let waiting = stage.submitted(&stage.vouchers(FIRM, 1, "500.00"), "500.00");
    stage.refused(409, "claim_not_payable", batches, &stage.officer, &propose(&[&waiting[0]]));
    // a line of nothing never comes to be: its draft is refused
    let voucher = stage.vouchers(FIRM, 1, "500.00");
    let nothing = json!({
        "kind": "voucher_redemption", "voucher_id": voucher[0], "settlement": [{"item": "storage", "amount": "9.00"}],
    });
    stage.refused(422, "nothing_to_pay", "/v1/claims", &stage.officer, &nothing);

    // who proposes does not approve, holding both roles
    let own = stage.create(batches, &stage.approver_too, &propose(&[&claims[0]]));
    let approve = |batch: &str| format!("{batches}/{batch}/approve");
    stage.refused(403, "same_person", &approve(&own), &stage.approver_too, &json!({}));
    let reject = format!("{batches}/{own}/reject");
    stage.expect(200, &reject, &stage.approver, &json!({"reason": "重复"}));
    stage.refused(409, "wrong_state", &approve(&own), &stage.approver, &json!({}));

    // blocked between proposal and approval, and before a proposal
    let batch = stage.proposed(&[claims[0].clone(), others[0].clone()]);
    let standing = |act: &str, firm: &str| {
        let path = format!("/v1/organisations/{firm}/{act}");
        stage.expect(200, &path, &stage.approver, &json!({"reason": "核查"}));
    };
    standing("block", OTHER);
    stage.refused(422, "organisation_blocked", &approve(&batch), &stage.approver, &json!({}));
    stage.refused(422, "organisation_blocked", batches, &stage.officer, &propose(&[&others[1]]));
    standing("unblock", OTHER);
    stage.expect(200, &approve(&batch), &stage.approver, &json!({}));
    // a blocked provider is not paid here, and hinders nobody
    standing("block", CLOUD);
    let batch = stage.batch(&[claims[1].clone()]);
    assert_eq!(stage.result(&batch, &claims[1], "paid", "2025-01-02").status, 200);
}

#[test]
fn of_callers_who_race_for_the_same_claims_one_gets_them() {
    let stage = Stage::open("race");
    let claims = stage.approved(FIRM, 3, "500.00");
    let won = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for caller in 0..8 {
            let (stage, claims, won) = (&stage, &claims, &won);
            scope.spawn(move || {
                // every two of them share a claim
                let some = [&claims[caller % 3], &claims[(caller + 1) % 3]];
                let answer = stage.post("/v1/payment-batches", &stage.officer, &json!({"claim_ids": some}));
                match answer.status {
                    201 => won.fetch_add(1, Ordering::Relaxed),
                    409 => {
                        assert_eq!(answer.json()["code"], "claim_in_batch");
                        0
                    }
                    _ => panic!("{}", answer.text),
                };
            });
        }
    });
    assert_eq!(won.load(Ordering::Relaxed), 1);
}

#[test]
fn a_thousand_claims_are_proposed_approved_written_and_paid_and_not_one_more() {
    let stage = Stage::open("thousand");
    let claims = stage.approved(FIRM, 1_001, "500.00");
    let all = json!({"claim_ids": claims});
    let problem = stage.refused(413, "too_large", "/v1/payment-batches", &stage.officer, &all);
    assert!(problem["detail"].as_str().unwrap().contains("1000"), "{problem}");
    let batch = stage.batch(&claims[..1_000]);
    let seen = stage.read(&format!("/v1/payment-batches/{batch}"));
    assert_eq!((&seen["count"], &seen["total"]), (&json!(1000), &json!("100000.00")));
    let file = stage.ask(&format!("/v1/payment-batches/{batch}/file"), &stage.officer).expect(200);
    assert_eq!(file.text.matches("<CdtTrfTxInf>").count(), 1_000);
    assert!(file.text.contains("<CtrlSum>100000.00</CtrlSum>"));
    let result = |claim: &String| {
        let reference = format!("FT-{claim}");
        json!({"claim_id": claim, "outcome": "paid", "bank_reference": reference, "date": "2025-01-02", "amount": "100"})
    };
    let results: Vec<Value> = claims.iter().take(1_000).map(result).collect();
    let path = format!("/v1/payment-batches/{batch}/results");
    let settled = stage.expect(200, &path, &stage.officer, &json!({"results": results}));
    assert_eq!((&settled["status"], &settled["open"]), (&json!("settled"), &json!(0)));
    assert_eq!((stage.balance("B2008"), stage.balance("B2007")), ("100000.00".into(), "100.00".into()));
}

#[test]
fn an_account_changes_by_two_people_and_no_batch_pays_to_it_unseen() {
    let stage = Stage::open("accounts");
    let path = format!("/v1/organisations/{OTHER}/bank-account");
    let put = |token: &str, name: &str, bank_code: &str, number: &str| {
        let body = json!({"name": name, "bank_code": bank_code, "account_number": number});
        stage.put(&path, token, &body)
    };
    let code = |answer: crate::support::service::Answer| {
        (answer.status, answer.json()["code"].as_str().map(str::to_owned))
    };
    let refusal = |status: u16, code: &str| (status, Some(code.to_owned()));
    let name = "乙模型科技";
    assert_eq!(
        code(put(&stage.officer, "乙", "308584000013", "62220000")),
        refusal(422, "account_name_differs")
    );
    assert_eq!(code(put(&stage.officer, name, "30858400001", "62220000")), refusal(422, "invalid_bank_code"));
    assert_eq!(
        code(put(&stage.officer, name, "308584000013", "12 34-5")),
        refusal(422, "invalid_account_number")
    );
    for token in [&stage.firm, &stage.approver, &stage.auditor] {
        assert_eq!(code(put(token, name, "308584000013", "62220000")), refusal(403, "forbidden"));
    }
    stage.refused(409, "wrong_state", &format!("{path}/approve"), &stage.approver, &json!({}));

    let old = stage.proposed(&stage.approved(OTHER, 1, "500.00"));
    let approved = stage.batch(&stage.approved(OTHER, 1, "700.00"));
    let changed = put(&stage.approver_too, name, "308584000013", "6222999988887777").expect(200);
    assert_eq!(changed.json()["bank_account"]["account_number"], "****9012");
    assert_eq!(changed.json()["bank_account_change"]["account"]["account_number"], "****7777");
    assert_eq!(code(put(&stage.officer, name, "308584000013", "62220000")), refusal(409, "wrong_state"));
    stage.refused(403, "same_person", &format!("{path}/approve"), &stage.approver_too, &json!({}));
    let tasks = stage.ask("/v1/tasks?limit=200", &stage.approver).json();
    let waits = |task: &Value| task["kind"] == "bank_account" && task["document"] == OTHER;
    assert!(tasks["data"].as_array().unwrap().iter().any(waits), "{tasks}");
    stage.expect(200, &format!("{path}/reject"), &stage.approver, &json!({"reason": "未盖章"}));
    assert_eq!(stage.read(&format!("/v1/organisations/{OTHER}"))["bank_account_change"], Value::Null);

    assert_eq!(put(&stage.officer, name, "308584000013", "6222999988887777").status, 200);
    stage.expect(200, &format!("{path}/approve"), &stage.approver, &json!({}));
    assert_eq!(
        stage.read(&format!("/v1/organisations/{OTHER}"))["bank_account"]["account_number"],
        "****7777"
    );
    let approve = format!("/v1/payment-batches/{old}/approve");
    stage.refused(409, "bank_account_changed", &approve, &stage.approver, &json!({}));
    let file =
        |batch: &str| stage.ask(&format!("/v1/payment-batches/{batch}/file?format=csv"), &stage.officer);
    assert_eq!(code(file(&approved)), refusal(409, "bank_account_changed"));
    stage.expect(
        200,
        &format!("/v1/payment-batches/{old}/reject"),
        &stage.approver,
        &json!({"reason": "换户"}),
    );
    let claim = stage.read(&format!("/v1/payment-batches/{old}"))["lines"][0]["claim_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let batch = stage.batch(&[claim]);
    let answer = file(&batch);
    assert!(answer.status == 200 && answer.text.contains("6222999988887777"), "{}", answer.text);

    // the first account that one has fills the gap of a batch that is at the bank already
    let poor = crate::payments::stage::POOR;
    let batch = stage.batch(&stage.approved(poor, 1, "500.00"));
    let body = json!({"name": "=丙()", "bank_code": "308584000013", "account_number": "6222111122223333"});
    let path = format!("/v1/organisations/{poor}/bank-account");
    assert_eq!(stage.put(&path, &stage.officer, &body).status, 200);
    stage.expect(200, &format!("{path}/approve"), &stage.approver, &json!({}));
    assert!(file(&batch).text.contains("6222111122223333"));
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}
