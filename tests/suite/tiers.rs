//! What rules do with lists and tiers: who is let in on which day, what a tier pays, and what is refused.

use serde_json::{Value, json};

use crate::support::city::{BANK, CLOUD, City, FIRM, OTHER, redemption, rental, rules, text};

/// Somebody or something on a list, by two people; the tag's id.
fn list(city: &City, tag: &str, [kind, id]: [&str; 2], [from, until]: [&str; 2]) -> String {
    let until = if until.is_empty() { Value::Null } else { json!(until) };
    let body = json!({"tag": tag, "subject": {"kind": kind, "id": id}, "from": from, "until": until,
        "document": "公告1号"});
    let id = city.create("/v1/tags", &city.lin, &body);
    city.expect(200, &format!("/v1/tags/{id}/approve"), &city.chen, &json!({}));
    id
}

/// A tag that ends earlier, by two people.
fn end(city: &City, tag: &str, until: &str) {
    let body = json!({"until": until, "document": "公告2号"});
    city.expect(201, &format!("/v1/tags/{tag}/end"), &city.lin, &body);
    city.expect(200, &format!("/v1/tags/{tag}/end/approve"), &city.chen, &json!({}));
}

fn refused(city: &City, path: &str, token: &str, body: &Value) -> Value {
    city.expect(422, path, token, body)
}

/// The code of a refusal, and why.
fn because(problem: &Value) -> [String; 2] {
    let why = problem["detail"].as_str().unwrap_or_default().to_owned();
    [text(problem, "/code"), why]
}

#[test]
fn lists_that_let_in_are_read_of_the_day_of_the_filing_and_those_that_shut_out_today() {
    let eligibility = json!({"tags_any": ["little_giant"], "tags_none": ["barred"],
        "provider": {"tags_any": ["recognised"]}});
    let city = City::open("lists", &rules(json!({"eligibility": eligibility})), "1000000");
    let contract = |number: &str| city.create("/v1/rentals", &city.firm, &rental(number, "100000"));
    let ask = |rental: &str| json!({"programme": "p", "rental_id": rental});
    let first = contract("C-1");
    let not = |body: &Value| because(&refused(&city, "/v1/vouchers", &city.firm, body));
    assert_eq!(not(&ask(&first))[0], "not_eligible");
    assert!(not(&ask(&first))[1].contains("：tags"));
    list(&city, "little_giant", ["organisation", FIRM], ["2025-01-01", "2025-01-31"]);
    assert_eq!(not(&ask(&first))[0], "provider_not_listed");
    let recognised = list(&city, "recognised", ["organisation", CLOUD], ["2025-01-01", ""]);
    let dry = city.post("/v1/vouchers?dry_run=true", &city.firm, &ask(&first)).expect(201).json();
    let lists = json!({"on": "2025-01-02", "organisation": ["little_giant"], "supplier": ["recognised"]});
    assert_eq!(dry["calculation"]["inputs"]["lists"], lists);
    let voucher = city.reviewed_on("p", &city.firm, &first);
    // the list ended since: what was filed in time goes on, what is filed now is refused
    city.move_to("2025-02-10");
    let issued = city.expect(200, &format!("/v1/vouchers/{voucher}/issue"), &city.chen, &json!({}));
    assert_eq!(issued["calculation"]["inputs"]["lists"], lists);
    assert_eq!(not(&ask(&contract("C-2")))[0], "not_eligible");
    let claim = city.reviewed(&city.firm, &voucher, "50000");
    // a list that shuts out does so at once, and no more once it was wrong from the beginning
    let barred = list(&city, "barred", ["organisation", FIRM], ["2025-02-01", ""]);
    let approve = format!("/v1/claims/{claim}/approve");
    let found = refused(&city, &approve, &city.chen, &json!({}));
    assert_eq!(because(&found)[0], "eligibility_changed");
    assert_eq!(
        because(&refused(&city, "/v1/claims", &city.firm, &redemption(&voucher, "10")))[0],
        "not_eligible"
    );
    end(&city, &barred, "2025-01-31");
    let approved = city.expect(200, &approve, &city.chen, &json!({}));
    assert_eq!(approved["calculation"]["inputs"]["lists"]["on"], "2025-01-02");
    // at the payment it is looked at again
    let batch = city.create("/v1/payment-batches", &city.lin, &json!({"claim_ids": [claim]}));
    end(&city, &recognised, "2024-12-31");
    let path = format!("/v1/payment-batches/{batch}/approve");
    let [code, why] = because(&refused(&city, &path, &city.chen, &json!({})));
    assert_eq!(code, "eligibility_changed");
    assert!(why.contains("provider_not_listed"), "{why}");
    list(&city, "recognised", ["organisation", CLOUD], ["2025-01-02", "2025-01-02"]);
    city.expect(200, &path, &city.chen, &json!({}));
    assert!(city.recomputes() > 0);
}

#[test]
fn a_tier_of_a_contract_stays_that_of_its_voucher_and_one_of_a_rental_follows_its_base() {
    let sized = |up_to: &str, ratio: &str| {
        json!({"when": {"base_up_to": up_to},
        "items": [{"item": "compute", "ratio_percent": ratio}], "caps": {"claim": "300000"}})
    };
    let tiers = json!([sized("1000000", "50"), {"when": {"base_up_to": "5000000", "startup": false},
        "items": [{"item": "compute", "ratio_percent": "30"}]}]);
    let city = City::open("sizes", &rules(json!({"tiers": tiers})), "9000000");
    let whole = json!({"items": [{"item": "compute", "ratio_percent": "100"}], "tiers": tiers, "tier_required": true});
    city.programme_of("rental_subsidy", "r", &whole, "9000000");
    // 30 % of the voucher's contract, though what is settled first would be of the first tier
    let voucher = city.voucher("4000000");
    let claim = city.submitted(&city.firm, &voucher, "1000000", false);
    let shown = |claim: &Value| (claim["calculation"]["tier"].clone(), claim["amount"].clone());
    assert_eq!(shown(&city.claim(&claim)), (json!(2), json!("300000.00")));
    city.pass(&claim);
    let contract = city.create("/v1/rentals", &city.firm, &rental("R-1", "9000000"));
    city.move_to("2025-07-01");
    let rent = |month: u8, settled: &str| {
        json!({
            "kind": "rental_subsidy", "programme": "r", "rental_id": contract,
            "period": {"from": format!("2025-0{month}-01"), "until": format!("2025-0{}-01", month + 1)},
            "settlement": [{"item": "compute", "amount": settled}],
        })
    };
    let beyond = refused(&city, "/v1/claims", &city.firm, &rent(1, "5000000.01"));
    assert_eq!(because(&beyond)[0], "no_tier");
    let id = city.filed(&city.firm, &rent(1, "1000000.01"));
    city.pass(&id);
    assert_eq!(shown(&city.claim(&id)), (json!(2), json!("300000.00")));
    // a fen less, and another tier applies: 500,000.00, cut to 300,000.00
    let less =
        json!({"changes": {"settlement": [{"item": "compute", "amount": "1000000"}]}, "reason": "更正"});
    let found = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, &less);
    let cut = json!([{"code": "claim_cap", "clause": "/caps/claim", "amount": "200000.00"}]);
    assert_eq!((&found["calculation"]["tier"], &found["calculation"]["reductions"]), (&json!(1), &cut));
    let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    assert!(city.recomputes() > 0);
}

#[test]
fn interest_is_paid_by_listed_banks_for_listed_projects_by_the_points_of_the_tier() {
    let city = City::open("banks", &rules(json!({})), "1000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    let eligibility = json!({"bank": {"tags_any": ["recognised"], "tags_none": ["barred"]},
        "project": {"tags_any": ["key_project"], "investment_min": "50000000"}});
    let tiers = json!([{"when": {"project_tags_any": ["new_town"]}, "points": {"max": "1.5"}, "caps": {"claim": "700000"}},
        {"when": {"tags_any": ["champion"]}, "points": {"max": "1.2", "share_of_reference": {"name": "LPR5Y", "percent": "50"}}}]);
    let interest = json!({"points": {"max": "1"}, "eligibility": eligibility, "tiers": tiers});
    city.programme_of("interest_subsidy", "l", &interest, "9000000");
    let loan = |number: &str, project: Value| {
        let body = json!({
            "loan_no": number, "bank": BANK, "annual_rate_percent": "3.25", "signed_on": "2024-06-20",
            "matures_on": "2034-06-20", "project": project,
            "events": [{"kind": "drawdown", "date": "2024-06-21", "amount": "200000000.00"}],
        });
        city.create("/v1/loans", &city.firm, &body)
    };
    let dear = json!({"code": "P1", "name": "智算中心", "investment": "50000000"});
    let [small, unsaid] = [
        json!({"code": "P2", "name": "小", "investment": "49999999.99"}),
        json!({"code": "P3", "name": "未填"}),
    ];
    let claim = |loan: &str| {
        json!({
            "kind": "interest_subsidy", "programme": "l", "loan_id": loan, "interest_paid": "1661111.11",
            "period": {"from": "2024-06-21", "until": "2024-09-21"},
        })
    };
    let not = |loan: &str| because(&refused(&city, "/v1/claims", &city.firm, &claim(loan)));
    let first = loan("L-1", dear);
    let estimated = || city.get("/v1/programmes/l/estimate", &city.sun)["total"].clone();
    assert_eq!((not(&first)[0].as_str(), estimated()), ("bank_not_listed", json!("0.00")));
    list(&city, "recognised", ["organisation", BANK], ["2024-01-01", ""]);
    for (number, project) in [("L-2", small), ("L-3", unsaid)] {
        let [code, why] = not(&loan(number, project));
        assert_eq!(code, "project_not_eligible");
        assert!(why.contains("：investment"), "{why}");
    }
    let [code, why] = not(&first);
    assert_eq!(code, "project_not_eligible");
    assert!(why.contains("：tags"), "{why}");
    list(&city, "key_project", ["loan", &first], ["2024-01-01", ""]);
    let own = estimated();
    assert_ne!(own, json!("0.00"));
    let dry = |expected: Value| {
        let drafted = city.post("/v1/claims?dry_run=true", &city.firm, &claim(&first)).expect(201).json();
        let sheet = &drafted["calculation"];
        assert_eq!(json!([sheet["tier"], sheet["amount"], sheet["segments"][0]["points"]]), expected);
    };
    dry(json!([null, "511111.11", "1"]));
    // a tier asks for a reference rate of its own
    list(&city, "champion", ["organisation", FIRM], ["2024-01-01", ""]);
    assert_eq!(
        because(&refused(&city, "/v1/claims", &city.firm, &claim(&first)))[0],
        "reference_rate_missing"
    );
    let rate = json!({"name": "LPR5Y", "date": "2024-01-01", "percent": "1.8"});
    city.expect(201, "/v1/reference-rates", &city.lin, &rate);
    dry(json!([2, "460000.00", "0.9"]));
    assert_ne!(estimated(), own);
    let new_town = list(&city, "new_town", ["loan", &first], ["2025-01-02", ""]);
    dry(json!([1, "700000.00", "1.5"]));
    let id = city.filed(&city.firm, &claim(&first));
    city.pass(&id);
    let lists = json!({"on": "2025-01-02", "organisation": ["champion"], "supplier": ["recognised"],
        "project": ["key_project", "new_town"]});
    assert_eq!(city.claim(&id)["calculation"]["inputs"]["lists"], lists);
    // the tag was never right: a recalculation pays by the tier that is left
    end(&city, &new_town, "2025-01-01");
    let again = json!({"changes": {"interest_paid": "1661111.10"}, "reason": "名单更正"});
    let found = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, &again);
    assert_eq!((&found["calculation"]["tier"], &found["amount"]), (&json!(2), &json!("460000.00")));
    let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));

    let quote = |applicant: Value, required: bool| {
        json!({
            "rules": {"points": {"max": "1"}, "tier_required": required, "tiers": tiers, "day_count": "actual/360"},
            "applicant": applicant, "period": {"from": "2024-06-21", "until": "2024-09-21"},
            "loan": {"annual_rate_percent": "3.25",
                "events": [{"kind": "drawdown", "date": "2024-06-21", "amount": "200000000.00"}]},
        })
    };
    for (applicant, tier, amount) in [
        (json!({}), Value::Null, "511111.11"),
        (json!({"tags": ["champion"]}), json!(2), "460000.00"),
        (json!({"tags": ["champion"], "project_tags": ["new_town"]}), json!(1), "700000.00"),
    ] {
        let found = city.expect(200, "/v1/interest-subsidies/quote", &city.firm, &quote(applicant, false));
        assert_eq!((&found["tier"], &found["amount"]), (&tier, &json!(amount)));
    }
    let none = quote(json!({"startup": true}), true);
    assert_eq!(because(&refused(&city, "/v1/interest-subsidies/quote", &city.firm, &none))[0], "no_tier");
    assert!(city.recomputes() > 0);
}

#[test]
fn rules_of_lists_and_tiers_that_do_not_fit_are_refused() {
    let city = City::open("misfit_tiers", &rules(json!({})), "100000");
    let [no_field, invalid] = ["rules_field_not_applicable", "rules_invalid"];
    let tags = json!({"tags_any": ["x"]});
    let tier = |more: Value| {
        let mut tier = json!({"when": {}});
        for (name, value) in more.as_object().unwrap() {
            tier[name] = value.clone();
        }
        json!([{"when": {}}, tier])
    };
    let by_cost = json!({"annual": {"amount": "1", "counts": ["redemption"], "year": "cost"}});
    for (instrument, name, value, code, field) in [
        ("voucher", "eligibility", json!({"tags_any": []}), invalid, "/eligibility/tags_any"),
        ("voucher", "eligibility", json!({"bank": tags}), no_field, "/eligibility/bank"),
        (
            "voucher",
            "eligibility",
            json!({"project": {"investment_min": "1"}}),
            no_field,
            "/eligibility/project/investment_min",
        ),
        ("interest_subsidy", "eligibility", json!({"provider": tags}), no_field, "/eligibility/provider"),
        (
            "interest_subsidy",
            "eligibility",
            json!({"bank": {"tags_none": []}}),
            invalid,
            "/eligibility/bank/tags_none",
        ),
        ("voucher", "tiers", json!([]), invalid, "/tiers"),
        ("voucher", "tier_required", json!(true), invalid, "/tier_required"),
        ("voucher", "tiers", tier(json!({"when": {"sizes": []}})), invalid, "/tiers/1/when/sizes"),
        (
            "voucher",
            "tiers",
            tier(json!({"when": {"base_above": "2", "base_up_to": "2"}})),
            invalid,
            "/tiers/1/when/base_up_to",
        ),
        (
            "interest_subsidy",
            "tiers",
            tier(json!({"when": {"base_above": "2"}})),
            no_field,
            "/tiers/1/when/base_above",
        ),
        (
            "interest_subsidy",
            "tiers",
            tier(json!({"items": [{"item": "x", "ratio_percent": "1"}]})),
            no_field,
            "/tiers/1/items",
        ),
        ("interest_subsidy", "tiers", tier(json!({"points": {"max": "1.51"}})), "statutory_points_cap", ""),
        ("voucher", "tiers", tier(json!({"points": {"max": "1"}})), no_field, "/tiers/1/points"),
        (
            "voucher",
            "tiers",
            tier(json!({"items": [{"item": "x", "ratio_percent": "101"}]})),
            invalid,
            "/tiers/1/items/0",
        ),
        ("rental_subsidy", "tiers", tier(json!({"caps": by_cost})), invalid, ""),
    ] {
        let mut asked = match instrument {
            "voucher" => rules(json!({})),
            "rental_subsidy" => json!({"items": [{"item": "compute", "ratio_percent": "20"}],
                "caps": {"annual": {"amount": "1", "counts": ["redemption"]}}}),
            _ => json!({"points": {"max": "1"}}),
        };
        asked[name] = value;
        let body = json!({
            "code": "m", "title": {"zh": "专项", "en": "m"}, "instrument": instrument,
            "legal_basis": {"document": "T-1"}, "window": {"from": "2025-01-01", "until": "2025-12-31"}, "rules": asked,
        });
        let found = city.expect(422, "/v1/programmes", &city.lin, &body);
        assert_eq!(text(&found, "/code"), code, "{asked}");
        assert!(found["detail"].as_str().unwrap().contains(field), "{found}");
    }
    let body = |eligibility: Value| {
        json!({
            "code": "m", "title": {"zh": "专项", "en": "m"}, "instrument": "voucher", "legal_basis": {"document": "T-1"},
            "window": {"from": "2025-01-01", "until": "2025-12-31"}, "rules": rules(json!({"eligibility": eligibility})),
        })
    };
    assert_eq!(
        city.refused(422, "/v1/programmes", &city.lin, &body(json!({"tags_all": ["A-b"]}))),
        "invalid_tag"
    );
    // a provider of another category is refused like one that is on no list
    let rules = json!({"provider": {"categories": ["university"]}});
    city.expect(201, "/v1/programmes", &city.lin, &body(rules));
    city.expect(200, "/v1/programmes/m/approve", &city.chen, &json!({}));
    let contract = city.create("/v1/rentals", &city.other, &rental("C-9", "1000"));
    let ask = json!({"programme": "m", "rental_id": contract});
    let [code, why] = because(&refused(&city, "/v1/vouchers", &city.other, &ask));
    assert_eq!(code, "provider_not_listed");
    assert!(why.contains("：category"), "{why}");
    list(&city, "x", ["rental", &contract], ["2025-01-01", ""]);
    assert_eq!(city.get(&format!("/v1/tags?subject={contract}"), &city.sun)["data"][0]["tag"], "x");
    assert_eq!(city.get(&format!("/v1/organisations/{OTHER}"), &city.sun)["category"], "private_enterprise");
}
