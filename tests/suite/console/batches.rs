//! Batches of everything, reminders, and what others pay, on pages.

use serde_json::{Value, json};

use super::browser::Browser;
use crate::support::city::{City, FIRM, rental, rules, text};

fn account(city: &City, code: &str) {
    let body = json!({"name": "甲", "bank_code": "308584000013", "account_number": "6222999988887777"});
    let path = format!("/v1/organisations/{code}/bank-account");
    assert_eq!(city.service.put(&path, &city.lin, &body).status, 200);
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
}

#[test]
fn a_batch_takes_what_is_ticked_or_everything_and_says_what_it_leaves_out() {
    let city = City::open("batch_pages", &rules(json!({"stacking": "allow"})), "1000000");
    account(&city, FIRM);
    let voucher = city.voucher("100000");
    let [first, second] = ["1000", "2000"].map(|settled| city.approved(&voucher, settled, false));
    let changes =
        json!({"changes": {"settlement": [{"item": "compute", "amount": "900"}]}, "reason": "更正"});
    city.expect(201, &format!("/v1/claims/{first}/recalculate"), &city.zhao, &changes);
    let mut officer = Browser::with_token(&city.base, &city.lin);
    let (list, write) = ("/payment-batches", "/v1/payment-batches");
    // nothing is ticked: that is a mistake, and means no more than it says
    let form = officer.get(list).form(write);
    let none = officer.submit(list, &form, &[]);
    assert_eq!(none.status, 422, "{}", none.html);
    assert_eq!(city.get(write, &city.lin)["data"], json!([]));
    // everything that can be paid
    let mut form = officer.get(list).form(write);
    form.remove("=/claim_ids").expect("the list of what is ticked");
    let made = officer.submit(list, &form, &[(".everything", "true")]);
    assert_eq!(made.status, 303, "{}", made.html);
    let page = officer.get(&made.location);
    for said in ["未列入的申领", "有重新核算待批准", "400.00", &first[28..].to_uppercase()] {
        assert!(page.html.contains(said), "{said}: {}", page.html);
    }
    let batch = &city.get(write, &city.lin)["data"][0];
    assert_eq!((&batch["count"], &batch["left_out"][0]["claim_id"]), (&json!(1), &json!(first)));
    let line = city.get(&format!("{write}/{}", text(batch, "/id")), &city.lin);
    assert_eq!(text(&line, "/lines/0/claim_id"), second);
}

#[test]
fn what_was_told_of_is_listed_with_where_it_is_done_and_an_officer_tells_of_more() {
    let city = City::open("reminder_pages", &rules(json!({"service_days": {"review": 1}})), "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("R-1", "100000"));
    let applied = json!({"programme": "p", "rental_id": contract});
    let voucher = city.create("/v1/vouchers", &city.firm, &applied);
    city.move_to("2025-02-03");
    let mut officer = Browser::with_token(&city.base, &city.lin);
    let list = officer.get("/reminders");
    assert!(list.html.contains("这里还没有记录"), "{}", list.html);
    let told = officer.submit("/reminders", &list.form("/v1/tasks/remind"), &[("#/days", "3")]);
    assert_eq!(told.status, 303, "{}", told.html);
    let list = officer.get("/reminders?on=2025-02-03");
    assert!(list.links().contains(&format!("/vouchers/{voucher}")), "{}", list.html);
    for said in ["算力券", "审核", "2025-02-03", "到期日", "催办日"] {
        assert!(list.html.contains(said), "{said}: {}", list.html);
    }
    assert!(officer.get("/tasks").links().contains(&"/reminders".to_owned()));
    // an approver reads it and tells of nothing; an enterprise does not see it
    let approver = Browser::with_token(&city.base, &city.chen).get("/reminders");
    assert!(
        approver.html.contains("2025-02-03") && !approver.has_form("/v1/tasks/remind"),
        "{}",
        approver.html
    );
    let mut firm = Browser::with_token(&city.base, &city.firm);
    assert_eq!(firm.get("/reminders").status, 403);
    assert!(!firm.get("/tasks").links().contains(&"/reminders".to_owned()));
}

#[test]
fn what_others_pay_is_declared_where_a_claim_is_written() {
    let city = City::open("funding_pages", &rules(json!({})), "1000000");
    let of_rules = json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "stacking": "allow", "joint_ceiling_percent": "100",
        "declare_other_funding": true,
    });
    city.programme_of("rental_subsidy", "r", &of_rules, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("W-1", "1200000"));
    city.move_to("2025-03-01");
    let mut firm = Browser::with_token(&city.base, &city.firm);
    let (page, write) = (format!("/claims/new?.rental={contract}&.programme=r"), "/v1/claims");
    let lines = [
        ("/period/from", "2025-01-01"),
        ("/period/until", "2025-02-01"),
        ("/settlement/0/item", "compute"),
        ("/settlement/0/amount", "100000"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [lines.as_slice(), more].concat();
    // neither is said: the rules ask for one of both
    let form = firm.get(&page).form(write);
    let silent = firm.submit(&page, &form, &lines);
    assert!(silent.status == 422 && silent.html.contains("没有其他资金"), "{}", silent.html);
    let nobody = firm.submit(&page, &silent.form(write), &with(&[("=/other_funding", "[]")]));
    assert_eq!(nobody.status, 303, "{}", nobody.html);
    let claim = nobody.location.split('?').next().expect("a path").to_owned();
    let declared =
        |city: &City| -> Value { city.get(&format!("/v1{claim}"), &city.firm)["other_funding"].clone() };
    assert_eq!(declared(&city), json!([]));
    // written anew: what was said is there, and rows take its place
    let edit = format!("{claim}/edit");
    let shown = firm.get(&edit);
    assert!(shown.html.contains("value=\"[]\" checked"), "{}", shown.html);
    let rows = [
        ("/other_funding/0/level", "district"),
        ("/other_funding/0/amount", "90000.00"),
        ("/other_funding/0/document", "区财〔2025〕3号"),
    ];
    let saved = firm.submit(&edit, &shown.form(&format!("/v1{claim}")), &with(&rows));
    assert_eq!(saved.status, 303, "{}", saved.html);
    assert_eq!(
        declared(&city),
        json!([{"level": "district", "amount": "90000.00", "document": "区财〔2025〕3号"}])
    );
    let again = firm.get(&edit);
    assert!(again.html.contains("value=\"90000.00\"") && !again.html.contains("value=\"[]\" checked"));
}

#[test]
fn money_that_excludes_a_paid_claim_is_recorded_on_its_page_and_the_sheet_says_what_took_all_of_it() {
    let city = City::open("excluded_pages", &rules(json!({})), "1000000");
    let alone = json!({"items": [{"item": "compute", "ratio_percent": "10"}],
        "stacking": {"mode": "exclusive", "levels": ["city"]}});
    city.programme_of("rental_subsidy", "r", &alone, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("X-1", "100000"));
    city.move_to("2025-03-01");
    let filed = json!({
        "kind": "rental_subsidy", "programme": "r", "rental_id": contract,
        "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": "10000"}],
    });
    let id = text(&city.passed(&filed), "/id");
    city.paid(&[&id], "2025-03-01");
    let [mut officer, mut approver] =
        [&city.zhao, &city.chen].map(|token| Browser::with_token(&city.base, token));
    let (page, write) = (format!("/claims/{id}"), format!("/v1/claims/{id}/recalculate"));
    let known = [
        ("/reason", "查明另有市级资金"),
        ("/changes/other_funding/0/level", "city"),
        ("/changes/other_funding/0/amount", "500.00"),
        ("/changes/other_funding/0/document", "市财〔2025〕9号"),
    ];
    let form = officer.get(&page).form(&write);
    let proposed = officer.submit(&page, &form, &known);
    assert_eq!(proposed.status, 303, "{}", proposed.html);
    let form = approver.get(&page).form(&format!("{write}/approve"));
    let approved = approver.submit(&page, &form, &[]);
    assert_eq!(approved.status, 303, "{}", approved.html);
    let sheet = officer.get(&format!("{page}/sheet"));
    for said in ["另有不可同享的资金", "重复资助", "−1,000.00", "0.00"] {
        assert!(sheet.html.contains(said), "{said}: {}", sheet.html);
    }
    assert!(!sheet.html.contains("/stacking"), "{}", sheet.html);
    assert_eq!(city.get("/v1/recoveries", &city.lin)["data"][0]["amount"], json!("1000.00"));
}
