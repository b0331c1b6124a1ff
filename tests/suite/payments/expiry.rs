//! Vouchers near their last day, and past it.

use serde_json::{Value, json};

use crate::payments::stage::{FIRM, OTHER, Stage};
use crate::support::service::Answer;

fn run(stage: &Stage, what: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
    stage.send("POST", &format!("/v1/vouchers/{what}"), Some(&stage.officer), Some(body), headers)
}

/// How many, and how much.
fn sum(answer: &Answer, count: &str) -> (u64, String) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    (body[count].as_u64().unwrap(), body["amount"].as_str().unwrap().to_owned())
}

fn voucher(stage: &Stage, id: &str) -> Value {
    stage.read(&format!("/v1/vouchers/{id}"))
}

#[test]
fn holders_are_reminded_once_for_each_horizon_and_machines_see_it() {
    let stage = Stage::open("remind");
    stage.today("2025-02-01"); // to 2025-08-01
    let early = stage.vouchers(FIRM, 2, "500.00");
    stage.today("2025-03-01"); // to 2025-09-01
    let late = stage.vouchers(OTHER, 1, "500.00");
    let reminded = |days: Option<u16>| {
        let body = days.map_or(json!({}), |days| json!({"days": days}));
        sum(&run(&stage, "remind", &body, &[]), "reminded")
    };
    stage.today("2025-07-01");
    assert_eq!(reminded(None), (0, "0.00".into()), "the last day is 31 days ahead");
    stage.today("2025-07-02");
    stage.submitted(&early[..1], "200.00");
    let preview = stage.post("/v1/vouchers/remind?dry_run=true", &stage.officer, &json!({}));
    assert_eq!(
        (preview.json()["reminded"].clone(), preview.json()["dry_run"].clone()),
        (json!(2), json!(true))
    );
    let first = run(&stage, "remind", &json!({}), &[("Idempotency-Key", "remind-1")]);
    assert_eq!(sum(&first, "reminded"), (2, "160.00".into()), "100.00, and 60.00 of which 40.00 is held");
    let again = run(&stage, "remind", &json!({}), &[("Idempotency-Key", "remind-1")]);
    assert_eq!((again.header("Idempotency-Replayed"), &again.text), (Some("true"), &first.text));
    assert_eq!(reminded(None), (0, "0.00".into()));
    assert_eq!(
        reminded(Some(60)),
        (0, "0.00".into()),
        "the further horizon reaches to 08-31 and tells nobody twice"
    );
    assert_eq!(reminded(Some(61)), (1, "100.00".into()), "the later voucher, for the first time");
    stage.today("2025-07-25");
    assert_eq!(reminded(Some(7)), (2, "160.00".into()), "nearer, once more");
    stage.today("2025-08-01");
    assert_eq!(reminded(Some(1)), (2, "160.00".into()), "the last day is still a day");
    assert_eq!(reminded(Some(31)), (1, "100.00".into()));
    stage.today("2025-08-02");
    assert_eq!(reminded(Some(1)), (0, "0.00".into()), "what is over expires, and is not reminded of");
    let shown = voucher(&stage, &early[1]);
    assert_eq!((&shown["reminded_days"], &shown["status"]), (&json!(1), &json!("issued")));

    for (status, code, body) in [
        (422, "invalid_value", json!({"days": 0})),
        (422, "invalid_value", json!({"days": 367})),
        (422, "invalid_type", json!({"days": "30"})),
        (422, "effective_date_in_future", json!({"as_of": "2025-08-03"})),
        (422, "unknown_field", json!({"day": 3})),
    ] {
        stage.refused(status, code, "/v1/vouchers/remind", &stage.officer, &body);
    }
    stage.refused(403, "forbidden", "/v1/vouchers/remind", &stage.firm, &json!({}));

    let events = stage.leaves("remind_voucher");
    assert_eq!(events.len(), 8);
    let own = stage.ask("/v1/events?limit=200", &stage.firm).json();
    let own = own["data"].as_array().unwrap();
    let told: Vec<&str> = own
        .iter()
        .filter(|event| event["kind"] == "remind_voucher")
        .map(|event| event["document"].as_str().unwrap())
        .collect();
    assert_eq!(told.len(), 6, "the firm's own, three times each: {told:?}");
    assert!(!told.contains(&late[0].as_str()));
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn more_vouchers_than_a_group_holds_are_reminded_of_and_expire_under_one_key() {
    let stage = Stage::open("groups");
    stage.vouchers(FIRM, 450, "500.00");
    stage.today("2025-07-01");
    let reminded = run(&stage, "remind", &json!({}), &[("Idempotency-Key", "r")]);
    assert_eq!(sum(&reminded, "reminded"), (450, "45000.00".into()));
    stage.today("2025-07-03");
    let preview = stage.post("/v1/vouchers/expire?dry_run=true", &stage.officer, &json!({}));
    assert_eq!(preview.json()["expired"], 450);
    assert_eq!(stage.balance("B2003"), "45000.00");
    let expired = run(&stage, "expire", &json!({}), &[("Idempotency-Key", "e")]);
    assert_eq!(sum(&expired, "expired"), (450, "45000.00".into()));
    assert_eq!(stage.balance("B2003"), "0.00");
    assert_eq!(stage.leaves("expire_voucher").len(), 450);
    let headers = stage.leaves("open_group").len();
    // asked again, every group answers as it did; anew, there is nothing left
    let again = run(&stage, "expire", &json!({}), &[("Idempotency-Key", "e")]);
    assert_eq!(again.text, expired.text);
    assert_eq!(again.header("Ledger-Sequence"), expired.header("Ledger-Sequence"));
    assert_eq!(stage.leaves("open_group").len(), headers);
    assert_eq!(sum(&run(&stage, "expire", &json!({}), &[]), "expired"), (0, "0.00".into()));
    stage.refused(
        422,
        "effective_date_in_future",
        "/v1/vouchers/expire",
        &stage.officer,
        &json!({"as_of": "2025-07-04"}),
    );
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn what_a_claim_holds_outlives_its_voucher_and_expires_once_it_is_let_go() {
    let stage = Stage::open("holds");
    stage.today("2025-02-01");
    let vouchers = stage.vouchers(FIRM, 2, "500.00");
    let claims = stage.submitted(&vouchers, "200.00");
    stage.each(&stage.reviewer, "claims", &claims, "review", &json!({"decision": "pass"}));
    stage.today("2025-08-02");
    let expire = || sum(&run(&stage, "expire", &json!({}), &[]), "expired");
    assert_eq!(expire(), (2, "120.00".into()), "60.00 of each; 40.00 of each is held");
    assert_eq!(expire(), (0, "0.00".into()));
    let held = voucher(&stage, &vouchers[0]);
    assert_eq!((&held["status"], &held["balance"]["held"]), (&json!("issued"), &json!("40.00")));
    assert_eq!(stage.balance("B2003"), "80.00");
    // nobody files anew on what is over
    let body = json!({
        "kind": "voucher_redemption", "voucher_id": vouchers[0], "settlement": [{"item": "compute", "amount": "1.00"}],
    });
    stage.refused(422, "voucher_expired", "/v1/claims", &stage.officer, &body);

    stage.today("2025-08-20");
    stage.expect(
        200,
        &format!("/v1/claims/{}/reject", claims[0]),
        &stage.approver,
        &json!({"reason": "不符"}),
    );
    stage.expect(200, &format!("/v1/claims/{}/approve", claims[1]), &stage.approver, &json!({}));
    assert_eq!(stage.balance("B2003"), "40.00", "the rejected part is free, and not yet released");
    assert_eq!(expire(), (1, "40.00".into()));
    assert_eq!(expire(), (0, "0.00".into()));
    let over = voucher(&stage, &vouchers[0]);
    assert_eq!((&over["status"], &over["balance"]["expired"]), (&json!("expired"), &json!("100.00")));
    let redeemed = voucher(&stage, &vouchers[1]);
    assert_eq!((&redeemed["status"], &redeemed["balance"]["redeemed"]), (&json!("expired"), &json!("40.00")));
    assert_eq!(stage.balance("B2003"), "0.00");
    let batch = stage.batch(&claims[1..]);
    assert_eq!(
        stage.result(&batch, &claims[1], "paid", "2025-08-20").status,
        200,
        "what was held in time is paid"
    );
    let verified = stage.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn a_voucher_of_the_last_of_august_ends_with_february() {
    let stage = Stage::open("months");
    stage.today("2025-08-31");
    let voucher = &stage.vouchers(FIRM, 1, "500.00")[0];
    assert_eq!(self::voucher(&stage, voucher)["valid_until"], "2026-02-28");
    stage.today("2026-02-28");
    assert_eq!(sum(&run(&stage, "expire", &json!({}), &[]), "expired"), (0, "0.00".into()));
    let claim = &stage.submitted(std::slice::from_ref(voucher), "100.00")[0];
    stage.today("2026-03-01");
    stage.refused(409, "wrong_state", &format!("/v1/claims/{claim}/submit"), &stage.officer, &json!({}));
    assert_eq!(sum(&run(&stage, "expire", &json!({}), &[]), "expired"), (1, "80.00".into()));
    // a commitment of the year before lapses
    assert_eq!(stage.balance("B2009"), "80.00");
}
