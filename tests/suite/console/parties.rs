//! Organisations that are found by their names: more of them than a browser can offer to choose from.

use serde_json::{Value, json};
use subsidy_core::domain::CreditCode;

use super::browser::Browser;
use crate::support::city::{CLOUD, City, FIRM, rules, text};

/// So many more organisations than a page offers.
const MANY: usize = 200;

fn code(place: usize) -> String {
    CreditCode::from_body(&format!("91310000MA1K{place:05}")).expect("a code").to_string()
}

/// One is called by its number, `100%_号` among them.
fn many(city: &City) {
    let operation = |place: usize| {
        let name =
            if place == 100 { "百分 100%_号".to_owned() } else { format!("算力厂 Nr {place:03}") };
        let body = json!({"credit_code": code(place), "name": name, "category": "private_enterprise"});
        json!({"method": "POST", "path": "/v1/organisations", "body": body})
    };
    let all: Vec<Value> = (0..MANY).map(operation).collect();
    for some in all.chunks(100) {
        city.expect(200, "/v1/batches", &city.lin, &json!({"mode": "all", "operations": some}));
    }
}

#[test]
fn an_organisation_is_found_by_a_part_of_its_name() {
    let city = City::open("parties", &rules(json!({})), "1000000");
    many(&city);
    let named = |part: &str, token: &str| {
        let found = city.get(&format!("/v1/organisations?name={part}"), token);
        let found = found["data"].as_array().expect("a list");
        found.iter().map(|one| text(one, "/credit_code")).collect::<Vec<_>>()
    };
    assert_eq!(named("nr%20007", &city.lin), [code(7)], "capital or not");
    assert_eq!(named("00%25_", &city.lin), [code(100)], "no letter of it stands for others");
    assert_eq!(named("%25", &city.lin), [code(100)]);
    assert_eq!(named("Nr%2001", &city.lin).len(), 10);
    assert!(named("nobody", &city.lin).is_empty());
    assert_eq!(named("%E7%94%B2", &city.firm), [FIRM]);
    assert!(named("Nr", &city.firm).is_empty(), "others are not the firm's to see");

    let mut officer = Browser::with_token(&city.base, &city.lin);
    let list = officer.get("/claims?programme=p");
    assert!(list.html.contains("名称，或统一社会信用代码"), "{}", list.html);
    assert!(list.html.contains("<datalist"), "{}", list.html);
    // one alone is meant
    let only = officer.get("/claims?programme=p&organisation=Nr+007");
    assert_eq!((only.status, only.location), (303, format!("/claims?programme=p&organisation={}", code(7))));
    // several are offered, on the page that was asked for
    let several = officer.get("/reports/ageing?kind=receivable&organisation=Nr+01");
    let chosen = format!("/reports/ageing?kind=receivable&organisation={}", code(13));
    assert!(several.html.contains("哪个单位？"), "{}", several.html);
    assert!(several.links().contains(&chosen), "{:?}", several.links());
    assert_eq!(officer.get(&chosen).status, 200);
    // and nobody is
    let nobody = officer.get("/loans?bank=%3Cb%3E");
    assert!(nobody.html.contains("没有名称中有“&#60;b&#62;”的单位"), "{}", nobody.html);
    assert!(nobody.links().contains(&"/loans".to_owned()), "{:?}", nobody.links());
    // blanks and small letters are no other code
    let typed = officer.get("/claims?programme=p&organisation=+91310000ma1fl0000n");
    assert_eq!((typed.status, typed.location), (303, format!("/claims?programme=p&organisation={FIRM}")));
    assert_eq!(officer.get("/reports/ageing?organisation=none").status, 200);
    // whoever sees one organisation alone is not told of others; programs get the API's own refusal
    let mut firm = Browser::with_token(&city.base, &city.firm);
    assert_eq!(firm.get("/loans?bank=Nr+007").status, 400);
    assert_eq!(officer.get("/claims?organisation=Nr+007&format=csv").status, 400);
    // a form takes a whole name that one alone has; a part of one is a guess and books nothing
    let form = officer.get("/rentals").form("/v1/rentals");
    let contract = |firm: &'static str| {
        [
            ("/organisation", firm),
            ("/provider", "丁云"),
            ("/contract_no", "N-1"),
            ("/signed_on", "2025-01-01"),
            ("/from", "2025-01-01"),
            ("/until", "2025-12-31"),
            ("/lines/0/item", "compute"),
            ("/lines/0/amount", "1000.00"),
        ]
    };
    for (typed, first) in [("Nr 01", 10), ("nr 007", 7)] {
        let guess = officer.submit("/rentals", &form, &contract(typed));
        let said =
            format!("请填统一社会信用代码。名称中有此内容的单位：算力厂 Nr {first:03} {}", code(first));
        assert!(guess.status == 422 && guess.html.contains(&said), "{}", guess.html);
        assert!(guess.html.contains(&format!("value=\"{typed}\"")), "it is kept: {}", guess.html);
    }
    let nobody = officer.submit("/rentals", &form, &contract("无名"));
    assert!(nobody.status == 422 && !nobody.html.contains("名称中有此内容"), "{}", nobody.html);
    let made = officer.submit("/rentals", &form, &contract("算力厂 Nr 007"));
    assert_eq!(made.status, 303, "{}", made.html);
    let contract = &city.get("/v1/rentals", &city.lin)["data"][0];
    assert_eq!([text(contract, "/organisation"), text(contract, "/provider")], [code(7), CLOUD.to_owned()]);
    // a firm sees nobody else, and yet what its provider is called
    let own = json!({"contract_no": "N-2", "provider": CLOUD, "signed_on": "2025-01-01", "from": "2025-01-01",
        "until": "2025-12-31", "lines": [{"item": "compute", "amount": "1000.00"}]});
    let own = city.create("/v1/rentals", &city.firm, &own);
    for page in ["/rentals".to_owned(), format!("/rentals/{own}")] {
        let page = firm.get(&page).html;
        assert!(page.contains("丁云") && !page.contains(CLOUD), "{page}");
    }
    // the list has the filter itself, and what is suggested is the first of it
    let found = officer.get("/organisations?name=Nr+01");
    assert!(found.html.contains("算力厂 Nr 013") && !found.html.contains("算力厂 Nr 020"), "{}", found.html);
    let file = officer.get("/organisations?name=Nr&format=json&.first=20");
    let file: Value = serde_json::from_str(&file.html).expect("JSON");
    assert_eq!(file.as_array().map(Vec::len), Some(20));
}
