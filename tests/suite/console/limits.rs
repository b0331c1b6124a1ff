//! Limits above the rules, caps that are relaxed, and tranches of awards, on pages.

use serde_json::json;

use super::browser::Browser;
use super::first;
use subsidy_core::domain::CreditCode;

use crate::grants::{award, granting};
use crate::support::city::{City, rental, rules, text};

fn people(city: &City) -> [Browser; 2] {
    [&city.lin, &city.chen].map(|token| Browser::with_token(&city.base, token))
}

#[test]
fn a_cap_is_relaxed_on_the_page_of_its_case() {
    let rules = json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "stacking": "allow", "validity_months": 12,
        "caps": {"annual": {"amount": "1000", "counts": ["issue", "redemption"]}},
        "overrides": [{"code": "annual_cap", "up_to": "2000"}],
    });
    let city = City::open("relaxing_pages", &rules, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("O-1", "5000"));
    let applied = json!({"programme": "p", "rental_id": contract});
    let voucher = text(&city.expect(201, "/v1/vouchers", &city.firm, &applied), "/id");
    let (page, write) = (format!("/vouchers/{voucher}"), format!("/v1/vouchers/{voucher}/overrides"));
    let [mut officer, mut approver] = people(&city);

    // what is wrong stands at its field; what is right waits for another person
    let form = officer.get(&page).form(&write);
    let asked = |to: &'static str| {
        [("/code", "annual_cap"), ("/to", to), ("/document", "杭数局〔2025〕9号"), ("/reason", "已备案模型")]
    };
    let wrong = officer.submit(&page, &form, &asked("2e3"));
    assert!(wrong.status == 422 && wrong.html.contains("f-to-e"), "{}", wrong.html);
    let beyond = officer.submit(&page, &wrong.form(&write), &asked("2000.01"));
    assert!(beyond.status == 422 && beyond.html.contains("已备案模型"), "{}", beyond.html);
    let made = officer.submit(&page, &beyond.form(&write), &asked("1800.00"));
    assert!(made.status == 303 && made.location.starts_with(&page), "{}", made.html);
    let shown = officer.get(&page);
    assert!(shown.html.contains("杭数局〔2025〕9号") && shown.html.contains("1,800.00"), "{}", shown.html);
    assert!(!shown.has_form("/1/approve"), "an officer does not decide");
    assert!(approver.get("/tasks").links().iter().any(|link| link.starts_with(&page)));
    let form = approver.get(&page).form(&format!("{write}/1/approve"));
    assert_eq!(approver.submit(&page, &form, &[]).status, 303);
    let seen = city.get(&format!("/v1{page}"), &city.lin);
    assert_eq!(seen["overrides"][0]["status"], json!("approved"));
    // the enterprise sees what was relaxed and is offered nothing
    let mut firm = Browser::with_token(&city.base, &city.firm);
    let own = firm.get(&page);
    assert!(own.html.contains("1,800.00") && !own.html.contains(&write), "{}", own.html);
}

#[test]
fn statutory_limits_and_cap_groups_are_proposed_approved_and_listed() {
    let city = City::open("limit_pages", &rules(json!({})), "100000");
    let [mut officer, mut approver] = people(&city);
    let list = officer.get("/statutory-limits");
    assert!(list.html.contains("现行") && list.html.contains("2027-12-31"), "{}", list.html);
    let fields = [
        ("/points_max", "2.5"),
        ("/window_until", "2029-12-31"),
        ("/document", "京发改规〔2024〕4号"),
        ("/reason", "市级上限"),
    ];
    let proposed = officer.submit("/statutory-limits", &list.form("/v1/statutory-limits"), &fields);
    assert!(proposed.status == 303, "{}", proposed.html);
    let page = proposed.location.split('?').next().expect("a path").to_owned();
    assert!(page.starts_with("/statutory-limits/"), "{page}");
    assert!(!officer.get(&page).has_form("/approve"));
    let own = approver.get(&page);
    assert!(own.html.contains("提出法定上限"), "its history: {}", own.html);
    assert_eq!(approver.submit(&page, &own.form("/approve"), &[]).status, 303);
    let list = officer.get("/statutory-limits");
    let (now, _) = list.html.split_once("class=\"filter\"").expect("filters");
    assert!(now.contains("2029-12-31"), "{now}");

    let list = officer.get("/cap-groups");
    let form = list.form("/v1/cap-groups");
    let wrong = officer.submit("/cap-groups", &form, &[("/code", "AI"), ("/annual", "1000.00")]);
    assert!(wrong.status == 422 && wrong.html.contains("f-code-e"), "{}", wrong.html);
    let fields = [("/code", "ai"), ("/annual", "1000.00"), ("/lifetime", "5000.00")];
    assert_eq!(officer.submit("/cap-groups", &wrong.form("/v1/cap-groups"), &fields).status, 303);
    let page = first(&approver.get("/tasks").links(), "/cap-groups/");
    let own = approver.get(&page);
    assert!(own.html.contains("5,000.00"), "{}", own.html);
    assert_eq!(approver.submit(&page, &own.form("/approve"), &[]).status, 303);
    // a change waits beside what holds, and can be rejected
    let form = officer.get("/cap-groups").form("/v1/cap-groups");
    let fields = [("/code", "ai"), ("/annual", "2000.00")];
    assert_eq!(officer.submit("/cap-groups", &form, &fields).status, 303);
    let own = approver.get(&page);
    assert!(own.html.contains("1,000.00") && own.html.contains("2,000.00"), "{}", own.html);
    let rejected = approver.submit(&page, &own.form("/reject"), &[("/reason", "依据不足")]);
    assert_eq!(rejected.status, 303, "{}", rejected.html);
    let kept = city.get("/v1/cap-groups/ai", &city.lin);
    assert_eq!((&kept["caps"]["annual"], &kept["rejection"]), (&json!("1000.00"), &json!("依据不足")));
}

#[test]
fn a_tranche_of_an_award_is_claimed_in_the_wizard() {
    let city = granting("tranche_pages", &json!({}));
    let award = award(&city, "3000000");
    let mut firm = Browser::with_token(&city.base, &city.firm);
    let choice = firm.get("/claims/new");
    // 40 % of 1,500,000.00 on the award; the rest waits for the acceptance
    assert!(choice.html.contains("600,000.00") && !choice.html.contains("尾款"), "{}", choice.html);
    let on = first(&choice.links(), "/claims/new?.award=");
    let page = firm.get(&on);
    assert!(page.html.contains("首款") && page.html.contains("千亿参数模型"), "{}", page.html);
    let draft = firm.submit(&on, &page.form("/v1/claims"), &[]);
    assert_eq!(draft.status, 303, "{}", draft.html);
    let claim = draft.location.split('?').next().expect("a path").to_owned();
    let shown = firm.get(&claim);
    assert!(shown.html.contains("600,000.00") && shown.html.contains("首款"), "{}", shown.html);
    // written anew it is the same tranche
    let edit = format!("{claim}/edit");
    let form = firm.get(&edit).form(&format!("/v1{claim}"));
    assert_eq!(firm.submit(&edit, &form, &[]).status, 303);
    let form = firm.get(&claim).form("/submit");
    let submitted = firm.submit(&claim, &form, &[(".promise", "true")]);
    assert_eq!(submitted.status, 303, "{}", submitted.html);
    let found = city.get(&format!("/v1/awards/{award}"), &city.firm);
    assert_eq!(found["tranches"][0]["claim_id"], json!(claim["/claims/".len()..]));
    // it is claimed once
    assert!(!firm.get("/claims/new").html.contains("/claims/new?.award="));
}

/// Registers organisations of these numbers.
fn register(city: &City, numbers: std::ops::Range<u32>) {
    let all: Vec<u32> = numbers.collect();
    for some in all.chunks(100) {
        let one = |number: &u32| {
            let code = CreditCode::from_body(&format!("91310000{number:09}")).unwrap().to_string();
            json!({"method": "POST", "path": "/v1/organisations", "idempotency_key": code,
                "body": {"credit_code": code, "name": format!("单位 {number}"), "category": "private_enterprise"}})
        };
        let body = json!({"mode": "all", "operations": some.iter().map(one).collect::<Vec<_>>()});
        city.post("/v1/batches", &city.lin, &body).expect(200);
    }
}

#[test]
fn what_is_chosen_from_is_not_cut_off_where_a_page_of_the_list_is() {
    let city = City::open("many", &rules(json!({})), "1000");
    let [mut officer, _] = people(&city);
    register(&city, 0..190);
    let offered = |html: &str| html.matches("<option value=\"91").count();
    // 190, and the three that every city of the tests has
    assert_eq!(offered(&officer.get("/claims").html), 193);
    register(&city, 190..230);
    let page = officer.get("/claims?organisation=91310000MA1FL0000N");
    // of more than that the name or the code is typed, and some are suggested
    assert_eq!(offered(&page.html), 200);
    assert!(page.html.contains("type=\"text\" value=\"91310000MA1FL0000N\""), "{}", page.html);
}
