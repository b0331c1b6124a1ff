//! Rules as sentences: each parameter that rules can have is said, once, in both languages.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use subsidy_core::domain::dates::Window;
use subsidy_core::programmes::explained::explain;
use subsidy_core::programmes::{Instrument, Policy, StatutoryLimits};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::support::city::{City, rules, text};
use crate::support::world::date;

/// Rules that together have every parameter.
fn all_rules() -> Vec<(Instrument, Value)> {
    let days = json!({"from": "2025-01-01", "until": "2025-12-31"});
    let who = json!({"categories": ["private_enterprise", "university"], "sizes": ["micro"], "startup_only": true,
        "regions": ["浦东"], "related_provider": "allow", "tags_any": ["a"], "tags_all": ["b"], "tags_none": ["c"],
        "provider": {"tags_any": ["d"], "tags_none": ["e"], "categories": ["university"]}, "project": {"tags_any": ["f"]}});
    let when = json!({"tags_any": ["small"], "categories": ["university"], "sizes": ["small"], "startup": false,
        "regions": ["浦东"], "project_tags_any": ["h"], "base_above": "1", "base_up_to": "2"});
    let annual = json!({"amount": "5", "counts": ["issue"], "released": "stays"});
    let caps = json!({"claim": "3", "annual": annual, "lifetime": "9", "minimum_base": "1"});
    let items = json!([{"item": "compute", "ratio_percent": "20", "startup_ratio_percent": "30", "unit_price": "0.05", "unit": "kWh"},
        {"item": "storage", "ratio_percent": "5"}]);
    let voucher = json!({"eligibility": who, "caps": caps, "items": items, "base": "tax_exclusive",
        "validity_months": 12, "one_per_contract": true, "rules_by": "signed", "rounding": {"mode": "down", "scope": "line", "unit": "yuan"},
        "prorate": "by_day", "minimums": {"amount": "5000"}, "overrides": [{"code": "annual_cap", "up_to": "50"}],
        "windows": {"filing": days, "signed": days, "cost": days}, "payee": "provider", "publicity_days": 5, "publicity_counts": "working",
        "service_days": {"review": 10, "approval": 5, "objection": 15, "payment": 20},
        "shares": [{"level": "city", "percent": "50"}, {"level": "区", "percent": "50"}], "stacking": {"mode": "net_off", "levels": ["city", "central"]},
        "item_map": [{"service_category": "Compute", "item": "compute"}], "tier_required": true,
        "tiers": [{"when": when, "items": items, "caps": caps}, {"when": {}}]});
    let by_cost = json!({"amount": "5", "counts": ["redemption"], "year": "cost"});
    let rental = json!({"items": items, "scenarios": ["大模型"], "rounds": [{"filing": days, "cost": days}],
        "term": {"months_max": 12, "from": "signed"}, "expense": "procurement", "caps": {"annual": by_cost, "per": "contract", "groups": ["ai"], "minimum_base": "1", "minimum_base_per": "year"}, "claimant": "provider",
        "joint_ceiling_percent": "80", "declare_other_funding": true, "assessment": "required",
        "tiers": [{"when": {}, "caps": {"annual": by_cost}}]});
    let points = json!({"max": "1.5", "share_of_contract_rate_percent": "35", "share_of_reference": {"name": "LPR5Y", "percent": "50"}});
    let interest = json!({"points": points, "paid_interest_percent": "50", "minimums": {"interest_paid": "1"}, "day_count": "actual/365", "principal_cap": "1", "prefund": true, "payee": "bank",
        "rate_ceiling": {"reference": "LPR5Y", "spread_bp": -70, "tenor_months_above": 12}, "windows": {"disbursed": days},
        "eligibility": {"bank": {"tags_any": ["x"], "tags_none": ["y"]}, "project": {"investment_min": "50000000"}},
        "tiers": [{"when": {}, "points": points}]});
    let by_tenor = json!({"points": {}, "rate_ceiling": [
        {"reference": "LPR1Y", "spread_bp": 0}, {"reference": "LPR5Y", "spread_bp": -70, "tenor_months_above": 60}]});
    let tranches = json!([{"name": "首款", "percent": "40", "on": "award"}, {"name": "尾款", "percent": "60", "on": "acceptance"}]);
    let grant = json!({"grant": {"max_amount": "9", "ratio_percent": "50", "prefund": true, "months": 24,
        "tranches": tranches, "quota": {"count": 2, "amount": "9"},
        "review": {"experts_min": 3, "pass_score": "60", "drop_extremes": true}}});
    vec![
        (Instrument::Grant, grant),
        (Instrument::Voucher, voucher),
        (Instrument::RentalSubsidy, rental),
        (Instrument::InterestSubsidy, interest),
        (Instrument::InterestSubsidy, by_tenor),
    ]
}

/// Every parameter that the form of the rules names, `*` for a place in a list.
fn named(form: &Value, forms: &Value, at: &str, into: &mut BTreeSet<String>) {
    if let Some(name) = form["$ref"].as_str() {
        return named(&forms[name.rsplit('/').next().unwrap()], forms, at, into);
    }
    for one in ["oneOf", "allOf", "anyOf"].iter().filter_map(|of| form[of].as_array()).flatten() {
        named(one, forms, at, into);
    }
    if let Some(members) = form["properties"].as_object() {
        members.iter().for_each(|(name, form)| named(form, forms, &format!("{at}/{name}"), into));
    } else if form["items"].is_object() {
        let mut below = BTreeSet::new();
        named(&form["items"], forms, &format!("{at}/*"), &mut below);
        let scalar = below.len() == 1 && below.contains(&format!("{at}/*"));
        into.extend(if scalar { BTreeSet::from([at.to_owned()]) } else { below });
    } else if form["type"].is_string() {
        into.insert(at.to_owned());
    }
}

/// The parameters that rules have: their places, without what is empty.
fn leaves(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, one)| leaves(one, &format!("{at}/{name}"), into))
        }
        Value::Array(members) if members.iter().all(Value::is_object) => {
            members.iter().enumerate().for_each(|(n, one)| leaves(one, &format!("{at}/{n}"), into));
        }
        _ => drop(into.insert(at.to_owned())),
    }
}

fn pattern(pointer: &str) -> String {
    let part = |part: &str| if part.parse::<usize>().is_ok() { "*".to_owned() } else { part.to_owned() };
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_parameter_that_rules_can_have_is_explained_once() {
    let mut forms: Vec<(String, RefOr<Schema>)> = Vec::new();
    Policy::schemas(&mut forms);
    let forms =
        serde_json::to_value(forms.into_iter().collect::<std::collections::BTreeMap<_, _>>()).unwrap();
    let form = serde_json::to_value(Policy::schema()).unwrap();
    let mut can = BTreeSet::new();
    named(&form, &forms, "", &mut can);
    assert!(can.len() > 60, "only {can:?}");
    let mut explained = BTreeSet::new();
    let window = Window { from: date("2025-01-01"), until: date("2027-12-31") };
    for (instrument, rules) in all_rules() {
        let policy: Policy = serde_json::from_value(rules.clone()).unwrap();
        policy.check(instrument, &window, &StatutoryLimits::default()).unwrap();
        let sentences = explain(&policy).unwrap();
        let mut said = BTreeSet::new();
        for sentence in &sentences {
            for parameter in &sentence.parameters {
                assert!(said.insert(parameter.clone()), "{parameter} is said twice");
            }
            assert!(!sentence.zh.contains('{') && !sentence.en.contains('{'), "{sentence:?}");
            assert!(sentence.zh.ends_with('。') && sentence.en.ends_with('.'), "{sentence:?}");
        }
        let mut has = BTreeSet::new();
        leaves(&serde_json::to_value(&policy).unwrap(), "", &mut has);
        let unsaid: Vec<_> = has.difference(&said).collect();
        assert!(unsaid.is_empty(), "{instrument:?}: nobody explains {unsaid:?}");
        explained.extend(said.iter().map(|pointer| pattern(pointer)));
    }
    let unsaid: Vec<_> = can.difference(&explained).collect();
    assert!(unsaid.is_empty(), "{unsaid:?} are in no example of rules here, or explained nowhere");
}

#[test]
fn rules_are_explained_to_whoever_may_see_them() {
    let tiers =
        json!([{"when": {"tags_any": ["champion"]}, "items": [{"item": "compute", "ratio_percent": "30"}]}]);
    let city = City::open("explained", &rules(json!({"tiers": tiers})), "1000");
    let path = "/v1/programmes/p/rules/1/explained";
    let found = city.get(path, &city.firm);
    assert_eq!((text(&found, "/programme").as_str(), &found["version"]), ("p", &json!(1)));
    let said: Vec<_> = found["sentences"].as_array().unwrap().iter().map(|one| text(one, "/zh")).collect();
    assert_eq!(
        said,
        [
            "与服务商（银行）有关联的，不予补贴。",
            "同一合同或贷款已由其他专项补贴的，不再补贴。",
            "第 1 档：申报日在名单之一上：champion。",
            "第 1 档：“compute”按 30% 补贴。",
            "“compute”按 20% 补贴。",
            "合计后四舍五入到分。",
            "券自签发日起 12 个月内有效。",
            "拨付给申报单位。",
            "列为补贴支出。",
        ]
    );
    let more = json!({"effective_from": "2025-02-01", "rules": rules(json!({})), "reason": "调整"});
    city.expect(201, "/v1/programmes/p/rules", &city.lin, &more);
    let second = "/v1/programmes/p/rules/2/explained";
    assert_eq!([&city.lin, &city.sun, &city.firm].map(|token| city.status(second, token)), [200, 200, 404]);
    assert_eq!(city.status("/v1/programmes/p/rules/3/explained", &city.lin), 404);
    assert_eq!(city.status("/v1/programmes/q/rules/1/explained", &city.lin), 404);
}
