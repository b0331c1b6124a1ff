//! Caps by project, loan or contract, and caps that programmes share.

use serde_json::{Value, json};

use crate::support::city::{BANK, City, rental, rules, text};

const PATH: &str = "/v1/cap-groups";

fn group(city: &City, code: &str, caps: Value) {
    let mut body = json!({"code": code});
    for (name, value) in caps.as_object().unwrap() {
        body[name] = value.clone();
    }
    city.expect(201, PATH, &city.lin, &body);
    city.expect(200, &format!("{PATH}/{code}/approve"), &city.chen, &json!({}));
}

fn rent(programme: &str, rental: &str, settled: &str) -> Value {
    json!({
        "kind": "rental_subsidy", "programme": programme, "rental_id": rental,
        "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": settled}],
    })
}

#[test]
fn two_people_agree_on_a_group_and_a_change_holds_once_it_is_approved() {
    let city = City::open("groups", &rules(json!({})), "100000");
    let none = json!({});
    let body = json!({"code": "ai", "annual": "1000"});
    assert_eq!(city.refused(403, PATH, &city.firm, &body), "forbidden");
    assert_eq!(city.refused(422, PATH, &city.lin, &json!({"code": "ai"})), "missing_field");
    assert_eq!(
        city.refused(422, PATH, &city.lin, &json!({"code": "AI", "annual": "1"})),
        "invalid_cap_group_code"
    );
    let asked = |group: &str| {
        let rules =
            json!({"items": [{"item": "compute", "ratio_percent": "20"}], "caps": {"groups": [group]}});
        json!({
            "code": "r", "title": {"zh": "专项", "en": "r"}, "instrument": "rental_subsidy",
            "legal_basis": {"document": "T-1"}, "window": {"from": "2025-01-01", "until": "2025-12-31"}, "rules": rules,
        })
    };
    assert_eq!(city.refused(422, "/v1/programmes", &city.lin, &asked("ai")), "cap_group_unknown");
    let proposed = city.expect(201, PATH, &city.lin, &body);
    assert_eq!((&proposed["id"], &proposed["code"]), (&json!("ai"), &json!("ai")));
    assert_eq!(
        (&proposed["status"], &proposed["proposed"]),
        (&json!("proposed"), &json!({"annual": "1000.00"}))
    );
    let found = city.expect(422, "/v1/programmes", &city.lin, &asked("ai"));
    assert_eq!(
        (text(&found, "/code"), text(&found, "/errors/0/pointer")),
        ("cap_group_unknown".into(), "/rules/caps/groups/0".into())
    );
    assert_eq!(city.refused(409, PATH, &city.zhao, &body), "wrong_state");
    let tasks = city.get("/v1/tasks?limit=200", &city.chen);
    assert!(tasks["data"].as_array().unwrap().iter().any(|task| task["kind"] == "cap_group"), "{tasks}");
    city.expect(200, &format!("{PATH}/ai/approve"), &city.chen, &none);
    city.expect(201, "/v1/programmes", &city.lin, &asked("ai"));
    city.expect(201, PATH, &city.zhao, &json!({"code": "ai", "annual": "9", "lifetime": "10"}));
    let waits = city.get(&format!("{PATH}/ai"), &city.sun);
    assert_eq!(
        (&waits["caps"], &waits["proposed"]["lifetime"]),
        (&json!({"annual": "1000.00"}), &json!("10.00"))
    );
    let why = json!({"reason": "无依据"});
    let rejected = city.expect(200, &format!("{PATH}/ai/reject"), &city.chen, &why);
    assert_eq!((&rejected["status"], &rejected["caps"]), (&json!("approved"), &json!({"annual": "1000.00"})));
    assert_eq!(rejected["rejection"], json!("无依据"));
    assert_eq!(city.refused(409, &format!("{PATH}/ai/approve"), &city.chen, &none), "wrong_state");
    city.recomputes();
}

#[test]
fn programmes_that_name_a_group_pay_no_more_than_it_allows_together() {
    let city = City::open("shared", &rules(json!({})), "100000");
    group(&city, "ai", json!({"annual": "1000", "lifetime": "1500"}));
    let of = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "stacking": "allow", "caps": {"groups": ["ai"]}});
    city.programme_of("rental_subsidy", "a", &of, "100000");
    city.programme_of("rental_subsidy", "b", &of, "100000");
    let mut by_voucher = of.clone();
    by_voucher["validity_months"] = json!(12);
    city.programme("v", &by_voucher, "100000");
    let one = city.create("/v1/rentals", &city.firm, &rental("G-1", "90000"));
    let two = city.create("/v1/rentals", &city.firm, &rental("G-2", "90000"));
    let three = city.create("/v1/rentals", &city.firm, &rental("G-3", "90000"));
    let others = city.create("/v1/rentals", &city.other, &rental("G-4", "90000"));
    city.move_to("2025-03-01");
    assert_eq!(city.passed(&rent("a", &one, "4000"))["amount"], json!("800.00"));
    let second = city.passed(&rent("b", &two, "4000"));
    // first by the cap of all years, then by that of the year
    let cut = |amount: &str| json!({"code": "group_cap", "clause": "/caps/groups", "amount": amount});
    let cut = json!([cut("100.00"), cut("500.00")]);
    assert_eq!((&second["amount"], &second["calculation"]["reductions"]), (&json!("200.00"), &cut));
    let shown = &second["calculation"]["inputs"]["groups"][0];
    assert_eq!((&shown["code"], &shown["annual"]["used"]), (&json!("ai"), &json!("800.00")));
    assert_eq!(
        city.refused(422, "/v1/claims", &city.firm, &rent("a", &three, "4000")),
        "group_cap_exhausted"
    );
    // vouchers are promised of the same group, and another organisation has caps of its own
    let applied = json!({"programme": "v", "rental_id": three});
    assert_eq!(city.refused(422, "/v1/vouchers", &city.firm, &applied), "group_cap_exhausted");
    city.create("/v1/claims", &city.other, &rent("a", &others, "4000"));
    // what is given back is free for every programme
    let less = json!({"changes": {"settlement": [{"item": "compute", "amount": "500"}]}, "reason": "更正"});
    let id = text(&second, "/id");
    let found = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, &less);
    let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    let draft = city.expect(201, "/v1/claims", &city.firm, &rent("a", &three, "4000"));
    assert_eq!(draft["amount"], json!("100.00"));
    // the next year has 500.00 left of all years
    city.move_to("2026-02-01");
    let id = text(&draft, "/id");
    let filed = city.expect(200, &format!("/v1/claims/{id}/submit"), &city.firm, &json!({}));
    assert_eq!(filed["amount"], json!("600.00"));
    city.recomputes();
}

#[test]
fn a_group_is_charged_once_for_a_voucher_at_its_issue_and_freed_by_what_it_gives_back() {
    let city = City::open("promised", &rules(json!({})), "100000");
    group(&city, "ai", json!({"annual": "1000"}));
    let of = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "stacking": "allow", "caps": {"groups": ["ai"]}});
    city.programme_of("rental_subsidy", "a", &of, "100000");
    // what vouchers give back stays counted by their programme's own cap; the group's is every programme's
    let mut by_voucher = of.clone();
    by_voucher["validity_months"] = json!(12);
    by_voucher["caps"]["annual"] = json!({"amount": "5000", "counts": ["issue"], "released": "stays"});
    city.programme("v", &by_voucher, "100000");
    let [one, two] = [("G-1", "4000"), ("G-2", "90000")]
        .map(|(no, sum)| city.create("/v1/rentals", &city.firm, &rental(no, sum)));
    city.move_to("2025-03-01");
    let voucher = city.voucher_on("v", &city.firm, &one);
    assert_eq!(city.get(&format!("/v1/vouchers/{voucher}"), &city.sun)["face_value"], json!("800.00"));
    let draft = city.expect(201, "/v1/claims", &city.firm, &rent("a", &two, "4000"));
    assert_eq!(
        (&draft["amount"], &draft["calculation"]["reductions"][0]["code"]),
        (&json!("200.00"), &json!("group_cap"))
    );
    assert_eq!(city.passed(&rent("a", &two, "4000"))["amount"], json!("200.00"));
    // the group is used up, and what was promised of it is redeemed whole
    let redeemed = json!({
        "kind": "voucher_redemption", "voucher_id": voucher, "final": true,
        "settlement": [{"item": "compute", "amount": "2500"}],
    });
    let paid = city.passed(&redeemed);
    assert_eq!((&paid["amount"], &paid["calculation"]["reductions"]), (&json!("500.00"), &json!([])));
    let mut next = rent("a", &two, "4000");
    next["period"] = json!({"from": "2025-02-01", "until": "2025-03-01"});
    assert_eq!(city.expect(201, "/v1/claims", &city.firm, &next)["amount"], json!("300.00"));
    city.recomputes();
}

#[test]
fn a_cap_by_contract_counts_each_contract_by_itself() {
    let city = City::open("by_contract", &rules(json!({})), "100000");
    let caps =
        json!({"per": "contract", "lifetime": "1000", "annual": {"amount": "700", "counts": ["redemption"]}});
    let of = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "caps": caps});
    city.programme_of("rental_subsidy", "r", &of, "100000");
    let [one, two] =
        ["C-1", "C-2"].map(|number| city.create("/v1/rentals", &city.firm, &rental(number, "90000")));
    city.move_to("2025-03-01");
    assert_eq!(city.passed(&rent("r", &one, "4000"))["amount"], json!("700.00"));
    let other = city.passed(&rent("r", &two, "4000"));
    assert_eq!(
        (&other["amount"], &other["calculation"]["inputs"]["annual"]["per"]),
        (&json!("700.00"), &json!("contract"))
    );
    let mut next = rent("r", &one, "4000");
    next["period"] = json!({"from": "2025-02-01", "until": "2025-03-01"});
    assert_eq!(city.refused(422, "/v1/claims", &city.firm, &next), "annual_cap_exhausted");
    city.move_to("2026-01-10");
    assert_eq!(city.passed(&next)["amount"], json!("300.00"));
    city.recomputes();
}

#[test]
fn a_cap_by_project_counts_the_loans_of_a_project_and_one_by_loan_each_of_them() {
    let city = City::open("by_project", &rules(json!({})), "100000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    for (code, per) in [("i", "project"), ("j", "loan")] {
        let caps = json!({"per": per, "annual": {"amount": "1500", "counts": ["redemption"]}});
        let of = json!({"points": {"max": "1"}, "stacking": "allow", "caps": caps});
        city.programme_of("interest_subsidy", code, &of, "1000000");
    }
    city.move_to("2025-06-01");
    let loan = |number: &str, project: &str| {
        let body = json!({
            "loan_no": number, "bank": BANK, "annual_rate_percent": "4", "signed_on": "2024-12-20",
            "matures_on": "2034-06-20", "project": {"code": project, "name": "智算中心"},
            "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "3600000"}],
        });
        city.create("/v1/loans", &city.firm, &body)
    };
    // 100.00 a day
    let claim = |programme: &str, loan: &str| {
        json!({"kind": "interest_subsidy", "programme": programme, "loan_id": loan, "interest_paid": "9999",
            "period": {"from": "2025-01-01", "until": "2025-01-11"}})
    };
    let [one, same, other] = [loan("L-1", "P1"), loan("L-2", "ｐ１"), loan("L-3", "P2")];
    let amount = |programme: &str, loan: &str| text(&city.passed(&claim(programme, loan)), "/amount");
    assert_eq!([&one, &same, &other].map(|loan| amount("i", loan)), ["1000.00", "500.00", "1000.00"]);
    assert_eq!([&one, &same, &other].map(|loan| amount("j", loan)), ["1000.00", "1000.00", "1000.00"]);
    city.recomputes();
}
