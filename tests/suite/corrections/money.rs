//! What comes back: of a recalculation that was wrong, of a voucher that was closed, and what the caps count of it.

use serde_json::{Value, json};

use super::city::{City, FIRM, rental, rules, settlement, text};
use super::recalculated;
use crate::reports::pages::statements_are_parts_of_the_whole;

#[test]
fn a_recalculation_down_is_corrected_up_again_to_the_fen() {
    let caps = json!({"caps": {"annual": {"amount": "1000", "counts": ["redemption"]}}});
    let city = City::open("down_and_up", &rules(caps), "100000");
    let voucher = city.voucher("5000");
    let claim = city.approved(&voucher, "5000", false);
    city.paid(&[&claim], "2025-01-02");

    // mistyped, and right again before anything came in
    let down = recalculated(&city, &claim, "2500");
    let recovery = format!("/v1/recoveries/{}", text(&down, "/recovery_id"));
    assert_eq!(city.ledger(["F1212", "F5001.01"]), ["500.00", "500.00"]);
    let up = recalculated(&city, &claim, "5000");
    assert_eq!((&up["amount"], &up["recovery_id"]), (&json!("1000.00"), &Value::Null));
    let shown = city.get(&recovery, &city.sun);
    let [status, cancelled, owed] = ["status", "cancelled", "outstanding"].map(|name| &shown[name]);
    assert_eq!((status, cancelled, owed), (&json!("settled"), &json!("500.00"), &json!("0.00")));
    let shown = city.claim(&claim);
    assert_eq!((&shown["status"], &shown["recovered"]), (&json!("paid"), &json!("0.00")));
    assert_eq!(city.balance(&voucher), ["1000.00", "0.00", "0.00", "0.00"]);
    let accounts = ["B2001", "B2003", "B2007", "B2008", "F1212", "F2302", "F5001.01"];
    let right = ["99000.00", "0.00", "0.00", "1000.00", "0.00", "0.00", "1000.00"];
    assert_eq!(city.ledger(accounts), right);

    // right again after a part came in: the rest is given back, and that part is due
    let down = recalculated(&city, &claim, "2500");
    let recovery = format!("/v1/recoveries/{}", text(&down, "/recovery_id"));
    let cash = json!({"amount": "200", "date": "2025-01-02", "bank_reference": "R1"});
    city.expect(200, &format!("{recovery}/receipts"), &city.lin, &cash);
    let up = recalculated(&city, &claim, "5000");
    assert_eq!((&up["amount"], &up["calculation"]["reductions"]), (&json!("1000.00"), &json!([])));
    let shown = city.get(&recovery, &city.sun);
    assert_eq!((&shown["received"], &shown["cancelled"]), (&json!("200.00"), &json!("300.00")));
    let shown = city.claim(&claim);
    assert_eq!((&shown["status"], &shown["payable"]), (&json!("approved"), &json!("200.00")));
    assert_eq!(city.balance(&voucher), ["1000.00", "0.00", "0.00", "0.00"], "it is charged once");
    city.paid(&[&claim], "2025-01-02");
    assert_eq!(city.ledger(accounts), right);

    // what was given up was kept: right again, it is not paid once more
    let down = recalculated(&city, &claim, "2500");
    let recovery = format!("/v1/recoveries/{}", text(&down, "/recovery_id"));
    city.expect(200, &format!("{recovery}/write-off"), &city.li, &json!({"reason": "放弃"}));
    assert_eq!(recalculated(&city, &claim, "5000")["amount"], json!("1000.00"));
    let shown = city.claim(&claim);
    assert_eq!((&shown["status"], &shown["payable"]), (&json!("paid"), &json!("0.00")));
    assert_eq!(city.ledger(accounts), right);
    // what was given back stands on the recovery that asked for it: of none is anything open
    let ageing = city.get("/v1/reports/ageing", &city.sun);
    assert_eq!(ageing["rows"], json!([]));
    let statement =
        format!("/v1/reports/account-statement?account=F1212&document={}", text(&down, "/recovery_id"));
    let statement = city.get(&statement, &city.sun);
    let movements: Vec<_> =
        statement["rows"].as_array().expect("rows").iter().map(|row| &row["movement"]).collect();
    assert_eq!(movements, ["500.00", "-500.00"]);
    statements_are_parts_of_the_whole(&|path| city.get(path, &city.sun));
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn what_comes_in_of_a_recovery_frees_the_cap_unless_it_is_for_fraud() {
    let caps = json!({"caps": {"annual": {"amount": "1000", "counts": ["redemption"]}}});
    let city = City::open("freed", &rules(caps), "100000");
    let voucher = city.voucher("100000");
    let claim = city.approved(&voucher, "5000", false);
    city.paid(&[&claim], "2025-01-02");
    let ask = |settled: &str| {
        let body =
            json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement(settled)});
        let answer = city.post("/v1/claims", &city.firm, &body).json();
        answer["amount"].as_str().or(answer["code"].as_str()).unwrap_or_default().to_owned()
    };
    let cash = |recovery: &str, amount: &str| {
        let reference = format!("R{amount}");
        let body = json!({"amount": amount, "date": "2025-01-02", "bank_reference": reference});
        city.expect(200, &format!("/v1/recoveries/{recovery}/receipts"), &city.lin, &body)
    };
    assert_eq!(ask("5000"), "annual_cap_exhausted");
    let recovery = city.recovery(&claim, "300", &json!({}));
    assert_eq!(ask("5000"), "annual_cap_exhausted", "decided is not yet come in");
    cash(&recovery, "100");
    assert_eq!(ask("5000"), "100.00");
    cash(&recovery, "200");
    assert_eq!(ask("5000"), "300.00");
    let fraud = city.recovery(&claim, "300", &json!({"fraud": true}));
    cash(&fraud, "300");
    let why = json!({"reason": "结案"});
    city.expect(200, &format!("/v1/organisations/{FIRM}/unblock"), &city.chen, &why);
    city.expect(200, &format!("/v1/vouchers/{voucher}/reinstate"), &city.chen, &why);
    assert_eq!(ask("5000"), "300.00", "what was got by fraud stays counted");
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn after_the_last_claim_what_others_held_is_released_and_never_spendable() {
    let city = City::open("after_final", &rules(json!({})), "100000");
    let voucher = city.voucher("50000");
    let [withdrawn, rejected, smaller] =
        ["5000", "10000", "10000"].map(|settled| city.submitted(&city.firm, &voucher, settled, false));
    let path = |claim: &str, act: &str| format!("/v1/claims/{claim}/{act}");
    city.approved(&voucher, "10000", true);
    assert_eq!(city.balance(&voucher), ["2000.00", "5000.00", "3000.00", "0.00"]);
    city.expect(200, &path(&withdrawn, "withdraw"), &city.firm, &json!({}));
    assert_eq!(city.balance(&voucher), ["2000.00", "4000.00", "4000.00", "0.00"]);
    let reject = json!({"decision": "reject", "reason": "不符"});
    city.expect(200, &path(&rejected, "review"), &city.zhao, &reject);
    assert_eq!(city.balance(&voucher), ["2000.00", "2000.00", "6000.00", "0.00"]);
    // one that was sent back and asks for less keeps no more than that
    let back = json!({"decision": "return", "reason": "补正"});
    city.expect(200, &path(&smaller, "review"), &city.zhao, &back);
    let less = json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement("2500")});
    city.put(&format!("/v1/claims/{smaller}"), &city.firm, &less).expect(200);
    city.expect(200, &path(&smaller, "submit"), &city.firm, &json!({}));
    assert_eq!(city.balance(&voucher), ["2000.00", "500.00", "7500.00", "0.00"]);
    city.post("/v1/claims", &city.firm, &less).is(422, "nothing_to_pay");
    city.expect(200, &path(&smaller, "review"), &city.zhao, &json!({"decision": "pass"}));
    city.expect(200, &path(&smaller, "approve"), &city.chen, &json!({}));
    assert_eq!(city.balance(&voucher), ["2500.00", "0.00", "7500.00", "0.00"]);
    let shown = city.get(&format!("/v1/vouchers/{voucher}"), &city.sun);
    assert_eq!((&shown["status"], &shown["closed"]), (&json!("redeemed"), &json!(true)));
    assert_eq!(city.ledger(["B2001", "B2003", "B2007"]), ["97500.00", "0.00", "2500.00"]);
    assert!(city.cli(&["verify"]).contains("verified"));
}

#[test]
fn a_cap_on_what_is_applied_for_keeps_what_expires_and_gives_back_what_is_cancelled_unused() {
    let caps = |released: &str| {
        let annual = json!({"amount": "1000", "counts": ["issue"], "released": released});
        json!({"caps": {"annual": annual}, "validity_months": 1})
    };
    let city = City::open("released", &rules(caps("stays")), "100000");
    city.programme("frees", &rules(caps("frees")), "100000");
    let number = std::cell::Cell::new(0);
    let apply = |programme: &str| {
        number.set(number.get() + 1);
        let body = rental(&format!("R-{}", number.get()), "5000");
        let rental = city.create("/v1/rentals", &city.firm, &body);
        let body = json!({"programme": programme, "rental_id": rental});
        let answer = city.post("/v1/vouchers", &city.firm, &body).json();
        answer["code"].as_str().map_or_else(|| answer["calculation"]["amount"].clone(), |code| json!(code))
    };
    for programme in ["p", "frees"] {
        let unused = city.voucher_of(programme, &city.firm, "5000");
        assert_eq!(apply(programme), json!("annual_cap_exhausted"));
        city.expect(200, &format!("/v1/vouchers/{unused}/cancel"), &city.chen, &json!({"reason": "退"}));
        assert_eq!(apply(programme), json!("1000.00"), "cancelled unused it frees");
        let voucher = city.voucher_of(programme, &city.firm, "5000");
        let shown = city.get(&format!("/v1/vouchers/{voucher}"), &city.sun);
        let released = if programme == "p" { "stays" } else { "frees" };
        assert_eq!(shown["calculation"]["inputs"]["annual"]["released"], json!(released));
    }
    city.move_to("2025-02-03");
    city.expect(200, "/v1/vouchers/expire", &city.lin, &json!({}));
    assert_eq!(apply("frees"), json!("1000.00"));
    assert_eq!(apply("p"), json!("annual_cap_exhausted"), "what was applied for stays counted");
    let mut leasing = rules(caps("stays"));
    leasing.as_object_mut().unwrap().remove("validity_months");
    let body = json!({
        "code": "q", "title": {"zh": "专项", "en": "q"}, "instrument": "rental_subsidy",
        "legal_basis": {"document": "T-1"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
        "rules": leasing,
    });
    city.post("/v1/programmes", &city.lin, &body).is(422, "rules_field_not_applicable");
    assert!(city.cli(&["verify"]).contains("verified"));
}
