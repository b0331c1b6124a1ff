//! Interest before there is a claim, on pages: quotes, and claims for all loans whose interest is confirmed.

use serde_json::{Value, json};

use super::browser::{Browser, unescaped};
use crate::support::city::{BANK, City, interest_rules, rental, rules, text};

const QUARTER: [&str; 2] = ["2024-06-01", "2024-09-01"];

/// A city with a bank, and a programme `i` that pays 1.5 points at most.
fn lending(agency: &str) -> City {
    let city = City::open(agency, &rules(json!({})), "100000");
    let body = json!({"credit_code": BANK, "name": "某银行", "category": "state_owned_enterprise"});
    city.expect(201, "/v1/organisations", &city.lin, &body);
    city.programme_of("interest_subsidy", "i", &interest_rules(&json!({})), "1000000");
    city
}

fn confirm(city: &City, loan: &str, [from, until]: [&str; 2], paid: &str) {
    let body = json!({"period": {"from": from, "until": until}, "interest_paid": paid});
    city.expect(200, &format!("/v1/loans/{loan}/interest-paid"), &city.bank, &body);
}

#[test]
fn a_quote_shows_its_segments_and_each_cut_with_its_clause() {
    let city = lending("quote_pages");
    let loan = city.loan("L-1", BANK, "20000000");
    let mut firm = Browser::with_token(&city.base, &city.firm);
    let page = firm.get(&format!("/loans/{loan}"));
    let quote = format!("/loans/{loan}/quote");
    assert!(page.links().contains(&quote), "{}", page.html);
    let page = firm.get(&quote);
    assert!(
        page.html.contains("value=\"3.25\"") && page.html.contains("value=\"20000000.00\""),
        "{}",
        page.html
    );
    assert_eq!(page.values("/programme"), ["i"], "other programmes pay for no interest");
    let form = page.form("/v1/interest-subsidies/quote");
    let asked = |until: &'static str, paid: &'static str| {
        [
            ("/programme", "i"),
            ("/period/from", QUARTER[0]),
            ("/period/until", until),
            ("/interest_paid", paid),
            ("/loan/annual_rate_percent", "3.25"),
            ("/loan/signed_on", "2024-05-20"),
            ("/loan/matures_on", "2034-06-20"),
            ("/loan/events/0/date", "2024-06-01"),
            ("/loan/events/0/kind", "drawdown"),
            ("/loan/events/0/amount", "20000000.00"),
        ]
    };
    let wrong = firm.submit(&quote, &form, &asked("soon", ""));
    assert!([400, 422].contains(&wrong.status) && wrong.html.contains("f-period-until-e"), "{}", wrong.html);
    // 20,000,000.00 at 1.5 points for 92 days of 360
    let quoted = firm.submit(&quote, &wrong.form("/v1/interest-subsidies/quote"), &asked(QUARTER[1], ""));
    assert_eq!(quoted.status, 200, "{}", quoted.html);
    for said in ["76,666.67", "柒万陆仟陆佰陆拾陆元陆角柒分", "92 ÷ 360", "20,000,000.00", "没有扣减"]
    {
        assert!(quoted.html.contains(said), "{said}: {}", quoted.html);
    }
    // what was asked stands there, and is asked anew with the interest that was paid
    let form = quoted.form("/v1/interest-subsidies/quote");
    assert!(quoted.html.contains("value=\"2024-09-01\""));
    let quoted = firm.submit(&quote, &form, &asked(QUARTER[1], "50000.00"));
    for said in ["50,000.00", "26,666.67", "已付利息上限"] {
        assert!(quoted.html.contains(said), "{said}: {}", quoted.html);
    }
    // a loan that nobody recorded
    let page = firm.get("/quotes");
    let quoted = firm.submit("/quotes", &page.form("/v1/interest-subsidies/quote"), &asked(QUARTER[1], ""));
    assert!(quoted.status == 200 && quoted.html.contains("76,666.67"), "{}", quoted.html);
    let refused = firm.submit("/quotes", &page.form("/v1/interest-subsidies/quote"), &[("/programme", "i")]);
    assert_eq!(refused.status, 422, "{}", refused.html);
}

#[test]
fn a_voucher_and_a_rental_are_quoted_as_an_application_would_be_and_nothing_is_written() {
    let capped = json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "validity_months": 12,
        "caps": {"claim": "1000"},
    });
    let city = City::open("dry_pages", &capped, "1000000");
    let mut rented = capped.clone();
    rented.as_object_mut().expect("rules").remove("validity_months");
    city.programme_of("rental_subsidy", "r", &rented, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("O-1", "5000"));
    city.move_to("2025-03-01");
    let mut firm = Browser::with_token(&city.base, &city.firm);
    let page = firm.get("/quotes");
    let of_voucher = [("/programme", "p"), ("/rental_id", contract.as_str())];
    let quoted = firm.submit("/quotes", &page.form("/v1/vouchers"), &of_voucher);
    assert_eq!(quoted.status, 200, "{}", quoted.html);
    for said in ["1,500.00", "−500.00", "1,000.00", "单件上限", "壹仟元整"] {
        assert!(quoted.html.contains(said), "{said}: {}", quoted.html);
    }
    let of_rental = [
        ("/programme", "r"),
        ("/rental_id", contract.as_str()),
        ("/period/from", "2025-01-01"),
        ("/period/until", "2025-02-01"),
        ("/settlement/0/item", "compute"),
        ("/settlement/0/amount", "2000.00"),
    ];
    let quoted = firm.submit("/quotes", &page.form("/v1/claims"), &of_rental);
    assert!(quoted.status == 200 && quoted.html.contains("陆佰元整"), "{}", quoted.html);
    let wrong = firm.submit("/quotes", &page.form("/v1/claims"), &of_rental[..3]);
    assert!(wrong.status == 422 && wrong.html.contains("f-period-until"), "{}", wrong.html);
    for list in ["/v1/vouchers", "/v1/claims"] {
        assert_eq!(city.get(list, &city.firm)["data"], json!([]), "nothing is written");
    }
    // a bank quotes interest alone
    let bank = Browser::with_token(&city.base, &city.bank).get("/quotes");
    assert!(bank.status == 200 && !bank.has_form("/v1/vouchers"), "{}", bank.html);
}

#[test]
fn a_run_drafts_claims_for_all_loans_that_are_open_and_shows_what_it_made() {
    let city = lending("run_pages");
    city.programme_of("interest_subsidy", "j", &interest_rules(&json!({})), "1000000");
    let [first, gap, other] = ["L-1", "L-2", "L-3"].map(|number| city.loan(number, BANK, "20000000"));
    confirm(&city, &first, QUARTER, "166111.11");
    confirm(&city, &gap, ["2024-06-01", "2024-07-01"], "100");
    confirm(&city, &gap, ["2024-07-02", "2024-09-01"], "100");
    confirm(&city, &other, ["2024-10-01", "2024-11-01"], "100");
    let path = "/v1/loans/interest-run?programme=i&from=2024-06-01&until=2024-09-01";
    let states = |city: &City| -> Vec<(String, String)> {
        let found = city.get(path, &city.sun);
        let rows = found["data"].as_array().expect("loans").iter();
        rows.map(|row| (text(row, "/loan_no"), text(row, "/state"))).collect()
    };
    let pair = |loan: &str, state: &str| (loan.to_owned(), state.to_owned());
    assert_eq!(states(&city), [pair("L-1", "open"), pair("L-2", "gap")]);
    let found = city.get(path, &city.sun);
    assert_eq!(found["data"][0]["period"], json!({"from": "2024-06-01", "until": "2024-09-01"}));
    assert_eq!(found["data"][0]["interest_paid"], json!("166111.11"));
    assert_eq!(city.status(path, &city.firm), 403);
    for wrong in ["from=2024-06-01&until=2024-09-01", "programme=i&from=2024-09-01&until=2024-06-01"] {
        assert_eq!(city.status(&format!("/v1/loans/interest-run?{wrong}"), &city.lin), 400, "{wrong}");
    }
    let not_interest = "/v1/loans/interest-run?programme=p&from=2024-06-01&until=2024-09-01";
    assert_eq!(city.status(not_interest, &city.lin), 422);
    let paged = city.get(&format!("{path}&limit=1"), &city.lin);
    let next = text(&paged, "/next_cursor");
    let rest = city.get(&format!("{path}&limit=1&cursor={next}"), &city.lin);
    assert_eq!((text(&rest, "/data/0/loan_no"), &rest["next_cursor"]), ("L-2".to_owned(), &Value::Null));

    let mut officer = Browser::with_token(&city.base, &city.lin);
    let empty = officer.get("/loans/interest-run");
    assert!(empty.status == 200 && empty.values("programme").contains(&"i".to_owned()), "{}", empty.html);
    let here = "/loans/interest-run?programme=i&from=2024-06-01&until=2024-09-01";
    let page = officer.get(here);
    assert!(page.html.contains("可以申领") && page.html.contains("确认的日子不连续"), "{}", page.html);
    let operations: Vec<String> = page
        .html
        .split("name=\"+/operations\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next().map(unescaped))
        .collect();
    assert_eq!(operations.len(), 1, "{}", page.html);
    let form = page.form("/v1/batches");
    let chosen = [("/mode", "each"), ("+/operations", operations[0].as_str())];
    let made = officer.submit(here, &form, &chosen);
    assert!(
        made.status == 200 && made.html.contains("76,666.67") && made.html.contains("草稿"),
        "{}",
        made.html
    );
    assert_eq!(states(&city), [pair("L-1", "claimed"), pair("L-2", "gap")]);
    // the same form sent twice drafts nothing twice
    let again = officer.submit(here, &form, &chosen);
    assert_eq!(again.status, 200, "{}", again.html);
    let found = city.get(path, &city.lin);
    assert_eq!(found["data"][0]["claims"].as_array().map(Vec::len), Some(1), "{found}");
    let claim = text(&found, "/data/0/claims/0/claim_id");
    assert!(again.links().contains(&format!("/claims/{claim}")), "{}", again.html);
    // another programme shows whose claim it is, and its box waits for somebody to tick it
    let beside = city.get(&path.replace("programme=i", "programme=j"), &city.lin);
    assert_eq!(text(&beside, "/data/0/state"), "claimed_elsewhere", "{beside}");
    assert_eq!(text(&beside, "/data/0/claims/0/programme"), "i");
    let page = officer.get(&here.replace("programme=i", "programme=j"));
    assert!(page.html.contains("已在其他专项申领"), "{}", page.html);
    assert!(
        page.html.contains("name=\"+/operations\"") && !page.html.contains(" checked aria-label"),
        "{}",
        page.html
    );
    // the command finds it claimed too
    let words =
        ["interest", "run", "--agency", "run_pages", "--programme", "i", "--subject", "lin", "--json"];
    let words = [&words[..], &["--period", "2024-06-01..2024-09-01"]].concat();
    let (_, said) = city.service.ended(&words);
    assert!(said.contains("\"claimed\": 1") && said.contains("\"drafted\": 0"), "{said}");
    // days without a claim are open again
    city.expect(200, &format!("/v1/claims/{claim}/withdraw"), &city.firm, &json!({}));
    assert_eq!(states(&city), [pair("L-1", "open"), pair("L-2", "gap")]);
}

#[test]
fn anybody_sees_which_programmes_would_let_an_organisation_in_and_why_not() {
    let city = City::open("eligible", &rules(json!({})), "100000");
    let narrow = json!({
        "eligibility": {
            "categories": ["private_enterprise"], "sizes": ["micro", "small"], "startup_only": true,
            "regions": ["浦东新区"], "tags_any": ["software"], "tags_none": ["dishonest"],
            "provider": {"tags_any": ["recognised"]},
        },
    });
    city.programme("narrow", &rules(narrow), "100000");
    let ask = |body: Value| city.expect(200, "/v1/eligibility", &city.bank, &body);
    let of = |found: &Value, code: &str| -> Value {
        let all = found["programmes"].as_array().expect("programmes").iter();
        all.clone().find(|one| one["programme"] == code).cloned().expect("the programme")
    };
    let fits = json!({
        "category": "private_enterprise", "size": "small", "startup": true, "region": "浦东新区", "tags": ["software"],
    });
    let found = ask(fits.clone());
    let narrow = of(&found, "narrow");
    assert_eq!((&narrow["eligible"], &narrow["unmet"]), (&json!(true), &json!([])), "{narrow}");
    assert_eq!(narrow["further"], json!(["provider"]));
    assert_eq!(found["lists"], json!(["dishonest", "software"]));
    // every condition that does not hold is named, not the first alone
    let unmet = of(&ask(json!({})), "narrow")["unmet"].clone();
    assert_eq!(unmet, json!(["category", "size", "startup_only", "region", "tags"]));
    assert_eq!(of(&ask(json!({})), "p")["eligible"], json!(true), "rules that ask nothing let everybody in");
    for (member, value, reason) in [
        ("category", json!("university"), "category"),
        ("size", json!("large"), "size"),
        ("startup", json!(false), "startup_only"),
        ("region", json!("徐汇区"), "region"),
        ("tags", json!(["software", "dishonest"]), "tags"),
        ("tags", json!(["recognised"]), "tags"),
    ] {
        let mut body = fits.clone();
        body[member] = value;
        assert_eq!(of(&ask(body), "narrow")["unmet"], json!([reason]), "{member}");
    }
    assert_eq!(city.post("/v1/eligibility", &city.bank, &json!({"tags": vec!["a"; 101]})).status, 413);

    // the page, without signing in, names no organisation
    let mut anybody = Browser::new(&city.base);
    assert!(anybody.get("/sign-in").links().contains(&"/eligibility".to_owned()));
    assert_eq!(anybody.get("/eligibility").status, 200);
    let page = anybody.get("/eligibility?agency=eligible&category=university&startup=true");
    assert!(
        page.html.contains("单位类型不在支持范围") && page.html.contains("服务商须符合规则的条件"),
        "{}",
        page.html
    );
    assert!(page.html.contains("value=\"software\"") && !page.html.contains("甲"), "{}", page.html);
    let query = "category=private_enterprise&size=small&startup=true&region=%E6%B5%A6%E4%B8%9C%E6%96%B0%E5%8C%BA&tags=software";
    let page = anybody.get(&format!("/eligibility?agency=eligible&{query}"));
    assert!(!page.html.contains("暂不符合") && page.html.contains("可以申报"), "{}", page.html);
    assert_eq!(anybody.get("/eligibility?lang=en").status, 303);
    let english = anybody.get("/eligibility?agency=eligible&category=university");
    assert!(english.html.contains("the category is not among those"), "{}", english.html);
    assert_eq!(anybody.get("/eligibility?agency=nowhere").status, 404);
    assert_eq!(anybody.get("/eligibility?agency=eligible&category=x").status, 422);
    // whenever a minute ends meanwhile, more than twenty fall into one
    assert!((0..45).any(|_| anybody.get("/eligibility?agency=eligible").status == 429));
    // past the window nothing is filed
    city.move_to("2099-01-01");
    assert_eq!(of(&ask(fits), "narrow")["unmet"], json!(["window"]));
}
