//! Caps that the rules let be relaxed for one claim or voucher, on a document and by two people.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{Money, Percent, Subject, TextHash};
use subsidy_core::programmes::calculation::{CapUse, Inputs, Question, sheet};
use subsidy_core::programmes::overrides::{
    self, Override, OverrideCode, OverrideRule, OverrideStatus, counting,
};
use subsidy_core::programmes::policy::{AnnualCap, Caps, ItemRatio, Policy};
use subsidy_core::programmes::{Counts, SettledLine};

use crate::support::city::{City, merged, rental, rules, text};
use crate::support::world::{label, version};

fn asked(to: &str) -> Value {
    json!({"code": "annual_cap", "to": to, "document": "杭数局〔2025〕9号", "reason": "已备案模型"})
}

fn capped() -> Value {
    json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "stacking": "allow",
        "caps": {"annual": {"amount": "1000", "counts": ["issue", "redemption"]}},
        "overrides": [{"code": "annual_cap", "up_to": "2000"}],
    })
}

#[test]
fn a_cap_is_relaxed_for_one_voucher_by_two_people_and_up_to_what_the_rules_allow() {
    let city = City::open("relaxed", &rules(json!({})), "1000000");
    let mut by_voucher = capped();
    by_voucher["validity_months"] = json!(12);
    city.programme("v", &by_voucher, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("O-1", "5000"));
    let applied = json!({"programme": "v", "rental_id": contract});
    let voucher = city.expect(201, "/v1/vouchers", &city.firm, &applied);
    assert_eq!(voucher["calculation"]["amount"], json!("1000.00"), "of 1500 the cap leaves 1000");
    let id = text(&voucher, "/id");
    let path = format!("/v1/vouchers/{id}/overrides");
    let claim_cap = json!({"code": "claim_cap", "to": "1500", "document": "x", "reason": "y"});
    assert_eq!(city.refused(422, &path, &city.lin, &claim_cap), "override_not_allowed");
    for to in ["1000", "2000.01"] {
        assert_eq!(city.refused(422, &path, &city.lin, &asked(to)), "override_out_of_range");
    }
    assert_eq!(city.post(&path, &city.firm, &asked("1800")).status, 403);
    let made = city.expect(201, &path, &city.lin, &asked("1800"));
    assert_eq!((&made["status"], &made["id"]), (&json!("proposed"), &json!(1)));
    assert_eq!(city.refused(409, &path, &city.lin, &asked("1800")), "wrong_state", "one at a time");
    let tasks = city.get("/v1/tasks", &city.chen).to_string();
    assert!(tasks.contains("voucher_override"), "{tasks}");
    // it counts when another person approved it, who had no part in it
    city.expect(200, &format!("/v1/vouchers/{id}/review"), &city.zhao, &json!({"decision": "pass"}));
    let seen = city.get(&format!("/v1/vouchers/{id}"), &city.lin);
    assert_eq!(seen["calculation"]["amount"], json!("1000.00"));
    let approved = city.expect(200, &format!("{path}/1/approve"), &city.chen, &json!({}));
    assert_eq!(approved["status"], json!("approved"));
    // the sheet is then computed with it: whoever issues it sees that
    let seen = city.get(&format!("/v1/vouchers/{id}"), &city.lin);
    assert_eq!(seen["calculation"]["amount"], json!("1500.00"));
    let issue = format!("/v1/vouchers/{id}/issue");
    let issued = city.expect(200, &issue, &city.chen, &json!({}));
    assert_eq!(issued["face_value"], json!("1500.00"));
    assert_eq!(
        issued["calculation"]["inputs"]["overrides"],
        json!([{"number": 1, "code": "annual_cap", "to": "1800.00"}])
    );
    assert_eq!(issued["overrides"][0]["reason"], json!("已备案模型"));
    assert_eq!(city.refused(409, &path, &city.lin, &asked("1900")), "wrong_state", "it is issued");
    // the next one has the cap again
    let other = city.create("/v1/rentals", &city.firm, &rental("O-2", "5000"));
    let next = json!({"programme": "v", "rental_id": other});
    assert_eq!(city.refused(422, "/v1/vouchers", &city.firm, &next), "annual_cap_exhausted");
    let exceptions = city.get("/v1/reports/exceptions?code=override", &city.sun);
    assert_eq!(exceptions["rows"].as_array().map(Vec::len), Some(1), "{exceptions}");
    city.recomputes();
    city.verifies();
}

#[test]
fn a_cap_of_a_claim_is_relaxed_or_stays() {
    let city = City::open("relaxed_claim", &rules(json!({})), "1000000");
    city.programme_of("rental_subsidy", "r", &capped(), "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("O-3", "5000"));
    city.move_to("2025-03-01");
    let claim = city.filed(
        &city.firm,
        &json!({
            "kind": "rental_subsidy", "programme": "r", "rental_id": contract,
            "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": "5000"}],
        }),
    );
    let path = format!("/v1/claims/{claim}/overrides");
    city.expect(201, &path, &city.lin, &asked("1200"));
    let refused = city.expect(200, &format!("{path}/1/reject"), &city.chen, &json!({"reason": "依据不足"}));
    assert_eq!((&refused["status"], &refused["rejection"]), (&json!("rejected"), &json!("依据不足")));
    city.expect(201, &path, &city.lin, &asked("1200"));
    city.expect(200, &format!("{path}/2/approve"), &city.chen, &json!({}));
    // who approves the claim had no part in it: who proposed the override had
    let review = format!("/v1/claims/{claim}/review");
    let reviewed = city.expect(200, &review, &city.zhao, &json!({"decision": "pass"}));
    assert_eq!(reviewed["amount"], json!("1200.00"));
    let cut = json!([{"code": "annual_cap", "clause": "/caps/annual", "amount": "300.00"}]);
    assert_eq!(reviewed["calculation"]["reductions"], cut);
    let approved = city.expect(200, &format!("/v1/claims/{claim}/approve"), &city.chen, &json!({}));
    assert_eq!(approved["amount"], json!("1200.00"));
    assert_eq!(approved["overrides"].as_array().map(Vec::len), Some(2));
    city.recomputes();
    city.verifies();
}

#[test]
fn a_cap_that_one_tier_alone_has_can_be_relaxed() {
    let city = City::open("relaxed_tiers", &rules(json!({})), "1000000");
    let mut of = capped();
    of["validity_months"] = json!(12);
    of["overrides"] = json!([{"code": "claim_cap", "up_to": "2000"}]);
    of["tiers"] = json!([
        {"when": {"tags_any": ["a"]}, "caps": {"claim": "1000"}},
        {"when": {"tags_any": ["b"]}, "items": [{"item": "compute", "ratio_percent": "20"}]},
    ]);
    city.programme("v", &of, "1000000");
    assert_eq!(city.get("/v1/programmes/v", &city.lin)["status"], json!("active"));
}

/// A programme that pays 30 % of rents, with what its rules say more, and a claim worth 1,500.00 without caps.
fn filed(agency: &str, more: &Value) -> (City, String) {
    let city = City::open(agency, &rules(json!({})), "1000000");
    city.programme_of("rental_subsidy", "r", &merged(capped(), more), "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("O-9", "5000"));
    city.move_to("2025-03-01");
    let claim = city.filed(
        &city.firm,
        &json!({
            "kind": "rental_subsidy", "programme": "r", "rental_id": contract,
            "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": "5000"}],
        }),
    );
    (city, claim)
}

#[test]
fn what_was_approved_falls_once_the_claim_is_sent_back() {
    let (city, claim) = filed("lapsed", &json!({}));
    let path = format!("/v1/claims/{claim}");
    city.expect(201, &format!("{path}/overrides"), &city.lin, &asked("1200"));
    city.expect(200, &format!("{path}/overrides/1/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&claim)["amount"], json!("1200.00"));
    city.expect(201, &format!("{path}/overrides"), &city.lin, &asked("1400"));
    let back = json!({"decision": "return", "reason": "补件"});
    let returned = city.expect(200, &format!("{path}/review"), &city.zhao, &back);
    let statuses = |claim: &Value| -> Vec<String> {
        claim["overrides"].as_array().unwrap().iter().map(|one| text(one, "/status")).collect()
    };
    assert_eq!(statuses(&returned), ["lapsed", "lapsed"]);
    let again = city.expect(200, &format!("{path}/submit"), &city.firm, &json!({}));
    assert_eq!(again["amount"], json!("1000.00"), "what is filed again has the cap again");
    assert_eq!(again["calculation"]["inputs"]["overrides"], Value::Null);
    // what lapsed is decided no more; what is asked for anew counts
    let late = city.post(&format!("{path}/overrides/2/approve"), &city.chen, &json!({}));
    assert_eq!(late.status, 409);
    city.expect(201, &format!("{path}/overrides"), &city.lin, &asked("1300"));
    city.expect(200, &format!("{path}/overrides/3/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&claim)["amount"], json!("1300.00"));
    city.recomputes();
    city.verifies();
}

#[test]
fn what_is_relaxed_is_the_cap_of_the_tier_that_applies() {
    let annual = |amount: &str| json!({"annual": {"amount": amount, "counts": ["issue", "redemption"]}});
    let tier = |caps: Value| {
        json!({"tiers": [
            {"when": {"categories": ["private_enterprise"]}, "caps": caps},
            {"when": {"categories": ["university"]}, "caps": annual("1700")},
        ]})
    };
    // above the rules' own cap, and below that of its tier: nothing is relaxed with it
    let (city, claim) = filed("tier_above", &tier(annual("1400")));
    let path = format!("/v1/claims/{claim}/overrides");
    assert_eq!(city.claim(&claim)["amount"], json!("1400.00"));
    for to in ["1200", "1400", "2000.01"] {
        assert_eq!(city.refused(422, &path, &city.lin, &asked(to)), "override_out_of_range");
    }
    city.expect(201, &path, &city.lin, &asked("1450"));
    city.expect(200, &format!("{path}/1/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&claim)["amount"], json!("1450.00"));
    city.verifies();
    // below the rules' own cap, and above that of its tier
    let (city, claim) = filed("tier_below", &tier(annual("500")));
    let path = format!("/v1/claims/{claim}/overrides");
    assert_eq!(city.claim(&claim)["amount"], json!("500.00"));
    city.expect(201, &path, &city.lin, &asked("800"));
    city.expect(200, &format!("{path}/1/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&claim)["amount"], json!("800.00"));
    city.verifies();
}

#[test]
fn a_tier_without_the_cap_has_nothing_to_relax() {
    let tiers = json!({
        "caps": {}, "overrides": [{"code": "claim_cap", "up_to": "2000"}],
        "tiers": [{"when": {"categories": ["university"]}, "caps": {"claim": "1000"}}],
    });
    let (city, claim) = filed("tier_none", &tiers);
    let mut body = asked("1800");
    body["code"] = json!("claim_cap");
    let path = format!("/v1/claims/{claim}/overrides");
    assert_eq!(city.refused(422, &path, &city.lin, &body), "override_not_allowed");
}

/// A cap with what was used of it.
type Used = (i64, i64);

proptest! {
    /// With whatever is approved, a cap that the rules let be relaxed is never more than they let it become, every other cap
    /// binds as before, nobody gets less than without, and what nobody approved changes nothing.
    #[test]
    fn what_is_relaxed_stays_within_the_rules_and_under_all_other_caps(
        fen in 1_i64..50_000_000,
        caps in proptest::array::uniform3(proptest::option::of((1_i64..10_000_000, 0_i64..5_000_000))),
        raises in proptest::array::uniform3(proptest::option::of(1_i64..10_000_000)),
        asked in proptest::collection::vec((0_usize..3, 1_i64..40_000_000, 0_usize..4), 0..8),
    ) {
        let codes = [OverrideCode::ClaimCap, OverrideCode::LifetimeCap, OverrideCode::AnnualCap];
        let amount = |fen: i64| Amount::parse(&Money::from_fen(fen).to_string()).expect("an amount");
        let [claim, lifetime, annual] = caps.map(|cap: Option<Used>| cap.map(|(cap, _)| amount(cap)));
        let annual = annual.map(|amount| AnnualCap {
            amount, counts: vec![Counts::Redemption], released: None, year: None,
        });
        // only caps that are there are relaxed, and upwards
        let up_to: Vec<Option<i64>> =
            caps.iter().zip(raises).map(|(cap, raise)| Some(cap.as_ref()?.0 + raise?)).collect();
        let of_rules = codes.iter().zip(&up_to);
        let overrides = of_rules.filter_map(|(code, up_to)| Some(OverrideRule { code: *code, up_to: amount((*up_to)?) }));
        let whole = ItemRatio {
            item: label("compute"), ratio_percent: Some(Percent::HUNDRED), startup_ratio_percent: None,
            unit_price: None, unit: None,
        };
        let policy = Policy {
            items: Some(vec![whole]),
            caps: Caps { claim, lifetime, annual, ..Caps::default() },
            overrides: Some(overrides.collect()),
            ..Policy::default()
        };
        let statuses =
            [OverrideStatus::Proposed, OverrideStatus::Approved, OverrideStatus::Rejected, OverrideStatus::Lapsed];
        let made = |approved: bool| -> Vec<Override> {
            let all = asked.iter().zip(1..).map(|((code, to, status), number)| Override {
                number, code: codes[*code], to: amount(*to), document: "文号".parse().expect("a line"),
                reason: TextHash::new([0; 32]), status: statuses[*status], proposed_by: Subject::parse("lin").expect("a subject"),
                decided_by: None, rejection: None,
            });
            all.filter(|one| approved || one.status != OverrideStatus::Approved).collect()
        };
        let paid = |known: &[Override]| {
            let relaxed = counting(known);
            let under = overrides::relaxed(Cow::Borrowed(&policy), &relaxed);
            let cap = |cap: Option<Amount>, at: usize| {
                Some(CapUse::new(None, cap?.money(), Money::from_fen(caps[at]?.1)))
            };
            let inputs = Inputs {
                claim_cap: under.caps.claim.map(Amount::money),
                lifetime: cap(under.caps.lifetime, 1),
                annual: cap(under.caps.annual.as_ref().map(|annual| annual.amount), 2),
                overrides: relaxed,
                ..Inputs::default()
            };
            let rules = version(policy.clone());
            let lines = [SettledLine::new(label("compute"), amount(fen), None)];
            let question = Question { rules: &rules, policy: &under, tier: None, lines: &lines, version: 1, inputs };
            sheet(question).map_or(0, |sheet| sheet.amount.fen())
        };
        let (without, with) = (paid(&[]), paid(&made(true)));
        prop_assert_eq!(paid(&made(false)), without, "nothing counts without approval");
        prop_assert!(without <= with && with <= fen);
        for (at, cap) in caps.iter().enumerate() {
            let Some((cap, used)) = cap else { continue };
            let used = if at == 0 { 0 } else { *used };
            let approved = asked.iter().any(|(code, _, status)| *code == at && *status == 1);
            let most = up_to[at].filter(|_| approved).unwrap_or(*cap);
            prop_assert!(with <= (most - used).max(0), "{with} beside {used} under {most}");
        }
    }
}
