//! What bounds a subsidy: units, days, minimums, the interest paid and the agency's limits, each on the sheet with its clause.

use proptest::prelude::*;
use serde_json::{Value, json};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::*;
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::calculation::{Calculation, Inputs, Question, sheet};
use subsidy_core::programmes::policy::{ItemRatio, Policy, Prorate};
use subsidy_core::programmes::prorated::Prorated;

use crate::support::city::{BANK, CLOUD, City, rules, text};
use crate::support::world::{date, label, version};

fn days(from: &str, until: &str) -> Value {
    json!({"from": from, "until": until})
}

fn contract(city: &City, number: &str, [from, until]: [&str; 2], line: Value) -> String {
    let body = json!({
        "contract_no": number, "provider": CLOUD, "signed_on": "2025-01-01", "from": from, "until": until, "lines": [line],
    });
    city.create("/v1/rentals", &city.firm, &body)
}

fn rent(rental: &str, [from, until]: [&str; 2], line: Value) -> Value {
    json!({
        "kind": "rental_subsidy", "programme": "r", "rental_id": rental, "period": days(from, until), "settlement": [line],
    })
}

#[test]
fn a_contract_that_runs_longer_than_its_costs_counts_by_days_and_in_whole_yuan() {
    let nanning = json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "prorate": "by_day",
        "windows": {"cost": days("2025-03-01", "2025-12-31"), "filing": days("2026-01-04", "2026-01-23")},
        "rounding": {"mode": "down", "unit": "yuan"},
    });
    let mut voucher = nanning.clone();
    voucher["validity_months"] = json!(12);
    let city = City::open("prorated", &voucher, "100000");
    city.programme_of("rental_subsidy", "r", &nanning, "100000");
    let compute = json!({"item": "compute", "amount": "200000"});
    let long = ["2025-03-01", "2027-02-28"];
    let e18 = contract(&city, "R-1", long, compute.clone());
    let other = contract(&city, "R-2", long, compute.clone());
    let late = contract(&city, "R-3", ["2025-12-31", "2026-12-31"], compute.clone());
    city.move_to("2026-01-10");
    // the claim is for what is over; the contract is what counts by days
    let claim = city.passed(&rent(&e18, ["2025-03-01", "2026-01-01"], compute.clone()));
    let sheet = &claim["calculation"];
    assert_eq!((&claim["amount"], &sheet["computed"]), (&json!("25102.00"), &json!("25102.00")));
    assert_eq!(
        sheet["inputs"]["prorated"],
        json!({"from": "2025-03-01", "until": "2025-12-31", "days": 305, "of_days": 729})
    );
    assert_eq!(
        (&sheet["lines"][0]["prorated"], &sheet["lines"][0]["base"]),
        (&json!("83676.00"), &json!("83676.00"))
    );
    assert_eq!(sheet["rounding"], json!({"mode": "down", "scope": "claim", "unit": "yuan"}));
    let issued = city.voucher_on("p", &city.firm, &other);
    assert_eq!(city.get(&format!("/v1/vouchers/{issued}"), &city.sun)["face_value"], json!("25102.00"));
    // no day of it counts: its first is the last that is paid for
    let refused = |path: &str, body: Value| {
        let found = city.expect(422, path, &city.firm, &body);
        (text(&found, "/code"), found["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
    };
    let outside = |pointer: &str| ("period_outside_costs".to_owned(), pointer.to_owned());
    assert_eq!(refused("/v1/vouchers", json!({"programme": "p", "rental_id": late})), outside("/rental_id"));
    let claim = rent(&late, ["2025-12-31", "2026-01-01"], compute.clone());
    assert_eq!(refused("/v1/claims", claim), outside("/rental_id"));
    let claim = rent(&other, ["2026-01-01", "2026-01-05"], compute);
    assert_eq!(refused("/v1/claims", claim), outside("/period"));
    city.recomputes();
}

#[test]
fn what_is_paid_by_the_unit_is_paid_for_the_quantity_and_at_most_the_ratio() {
    let power = json!({"item": "power", "unit_price": "0.05", "unit": "kWh"});
    let bounded = json!({"item": "compute", "unit_price": "10", "ratio_percent": "20"});
    let city = City::open("units", &rules(json!({})), "100000");
    city.programme_of("rental_subsidy", "r", &json!({"items": [power, bounded]}), "100000");
    let rental =
        contract(&city, "R-1", ["2025-01-01", "2025-12-31"], json!({"item": "power", "amount": "90000"}));
    city.move_to("2025-06-01");
    let period = ["2025-01-01", "2025-02-01"];
    let line = |item: &str, more: Value| {
        let mut line = json!({"item": item, "amount": "9000"});
        for (name, value) in more.as_object().unwrap() {
            line[name] = value.clone();
        }
        line
    };
    for (more, code) in [
        (json!({}), "quantity_missing"),
        (json!({"quantity": "12345.678", "unit": "MWh"}), "unit_differs"),
        (json!({"quantity": "-1", "unit": "kWh"}), "invalid_quantity"),
        (json!({"quantity": "0", "unit": "kWh"}), "nothing_to_pay"),
    ] {
        assert_eq!(
            city.refused(422, "/v1/claims", &city.firm, &rent(&rental, period, line("power", more))),
            code
        );
    }
    let e22 = json!({"quantity": "12345.678", "unit": "ＫＷh"});
    let claim = city.passed(&rent(&rental, period, line("power", e22)));
    let found = &claim["calculation"]["lines"][0];
    assert_eq!((&claim["amount"], &found["exact"]), (&json!("617.28"), &json!("617.2839")));
    assert_eq!((&found["quantity"], &found["unit_price"]), (&json!("12345.678"), &json!("0.05")));
    assert_eq!(found["ratio_percent"], Value::Null);
    // 20 % of 9,000.00 are less than 10.00 for each of 181
    for (quantity, amount, next) in
        [("180", "1800.00", "02-10"), ("181", "1800.00", "02-20"), ("10", "100.00", "02-28")]
    {
        let day = if next == "02-10" {
            "2025-02-01"
        } else if next == "02-20" {
            "2025-02-10"
        } else {
            "2025-02-20"
        };
        let body =
            rent(&rental, [day, &format!("2025-{next}")], line("compute", json!({"quantity": quantity})));
        assert_eq!(city.passed(&body)["amount"], json!(amount));
    }
    // a quantity without a unit is in that of the item
    let bare = rent(&rental, ["2025-03-01", "2025-03-02"], line("power", json!({"quantity": "100"})));
    let found = city.passed(&bare);
    let shown = &found["calculation"]["lines"][0];
    assert_eq!((&found["amount"], &shown["unit"]), (&json!("5.00"), &json!("kWh")));
    city.recomputes();
}

#[test]
fn what_is_too_little_is_not_paid_and_the_rest_of_a_voucher_is() {
    let least = json!({"minimums": {"amount": "5000"}});
    let city = City::open("minimums", &rules(least.clone()), "100000");
    let mut interest = json!({"points": {"max": "1.5"}, "minimums": {"interest_paid": "1000"}});
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    city.programme_of("interest_subsidy", "i", &interest, "1000000");
    let of = |amount: &str| json!({"item": "compute", "amount": amount});
    let small = contract(&city, "R-1", ["2025-01-01", "2025-12-31"], of("24999.97"));
    let enough = contract(&city, "R-2", ["2025-01-01", "2025-12-31"], of("25000"));
    let ask = |rental: &str| json!({"programme": "p", "rental_id": rental});
    // 20 % of 24,999.97 are 4,999.99
    let refused = city.expect(422, "/v1/vouchers", &city.firm, &ask(&small));
    assert_eq!(text(&refused, "/code"), "below_minimum");
    assert!(text(&refused, "/detail").contains("4999.99"), "{refused}");
    let voucher = city.voucher_on("p", &city.firm, &enough);
    city.approved(&voucher, "24000", false);
    let rest = city.approved(&voucher, "1000", true);
    assert_eq!(city.claim(&rest)["amount"], json!("200.00"));
    let asked = |rules: &Value, paid: &str| {
        json!({
            "rules": rules, "interest_paid": paid, "period": days("2024-06-01", "2024-07-01"),
            "loan": {"annual_rate_percent": "3", "events": [{"kind": "drawdown", "date": "2024-06-01", "amount": "2400000"}]},
        })
    };
    let path = "/v1/interest-subsidies/quote";
    assert_eq!(city.refused(422, path, &city.firm, &asked(&interest, "999.99")), "below_minimum");
    assert_eq!(city.expect(200, path, &city.firm, &asked(&interest, "1000"))["amount"], json!("1000.00"));
    interest["minimums"] = json!({"amount": "3000.01"});
    assert_eq!(city.refused(422, path, &city.firm, &asked(&interest, "9000")), "below_minimum");
    // 0.00 is an answer, whatever is the least
    let mut outside = asked(&interest, "9000");
    outside["period"] = days("2024-05-01", "2024-06-01");
    assert_eq!(city.expect(200, path, &city.firm, &outside)["amount"], json!("0.00"));
    // what a claim would be refused for is refused here too
    let base = json!({"points": {"max": "1.5"}, "caps": {"minimum_base": "2400000.01"}});
    assert_eq!(city.refused(422, path, &city.firm, &asked(&base, "9000")), "below_minimum");
    let annual = json!({"amount": "9", "counts": ["redemption"], "year": "cost"});
    let by_cost = json!({"points": {"max": "1.5"}, "caps": {"annual": annual}});
    let mut years = asked(&by_cost, "9000");
    years["period"] = days("2024-12-01", "2025-01-02");
    assert_eq!(city.refused(422, path, &city.firm, &years), "period_spans_years");
    let body = json!({
        "loan_no": "L-1", "bank": BANK, "annual_rate_percent": "3", "signed_on": "2024-05-20",
        "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"},
        "events": [{"kind": "drawdown", "date": "2024-06-01", "amount": "2400000"}],
    });
    let loan = city.create("/v1/loans", &city.firm, &body);
    let claim = json!({
        "kind": "interest_subsidy", "programme": "i", "loan_id": loan, "period": days("2024-06-01", "2024-07-01"),
        "interest_paid": "999.99",
    });
    assert_eq!(city.refused(422, "/v1/claims", &city.firm, &claim), "below_minimum");
    city.recomputes();
}

#[test]
fn a_share_of_the_interest_paid_counts_by_the_days_that_earn_within_the_agencys_limit() {
    let city = City::open("paid_share", &rules(json!({})), "100000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    let term = json!({"months_max": 3, "from": "first_drawdown"});
    let half = json!({"paid_interest_percent": "50", "term": term, "minimums": {"amount": "1"}});
    city.programme_of("interest_subsidy", "i", &half, "1000000");
    city.move_to("2025-09-10");
    let loan = |number: &str, rate: &str| {
        let body = json!({
            "loan_no": number, "bank": BANK, "annual_rate_percent": rate, "signed_on": "2024-12-20",
            "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"},
            "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "36000000"}],
        });
        city.create("/v1/loans", &city.firm, &body)
    };
    let ask = |loan: &str, paid: &str| {
        json!({"kind": "interest_subsidy", "programme": "i", "loan_id": loan, "interest_paid": paid,
            "period": days("2025-01-01", "2025-07-01")})
    };
    // 90 of 181 days earn: 181,000.00 × 50 % × 90 ÷ 181
    let claim = city.passed(&ask(&loan("L-1", "2"), "181000"));
    let sheet = &claim["calculation"];
    assert_eq!((&claim["amount"], &sheet["exact"]), (&json!("45000.00"), &json!("45000.00")));
    let segments = sheet["segments"].as_array().unwrap();
    assert_eq!((&segments[0]["points"], &segments[0]["exact"]), (&json!("1"), &json!("45000.00")));
    assert_eq!((&segments[1]["bound_by"], &segments[1]["exact"]), (&json!(["term"]), &json!("0.00")));
    assert_eq!(
        sheet["inputs"]["interest"]["statutory"],
        json!({"points_max": "1.5", "window_until": "2027-12-31"})
    );
    // 1,500.00 a day at the limit for 90 days
    let claim = city.passed(&ask(&loan("L-2", "8"), "1448000"));
    assert_eq!(
        (&claim["amount"], &claim["calculation"]["computed"]),
        (&json!("135000.00"), &json!("360000.00"))
    );
    assert_eq!(
        claim["calculation"]["reductions"],
        json!([{"code": "statutory_points", "amount": "225000.00"}])
    );
    assert_eq!(claim["calculation"]["segments"][0]["points"], json!("1.5"));
    let estimate = city.get("/v1/programmes/i/estimate", &city.sun);
    assert_eq!(estimate["total"], json!("0.00"));
    city.recomputes();
}

#[test]
fn rules_of_bounds_that_do_not_fit_are_refused() {
    let city = City::open("misfits", &rules(json!({})), "100000");
    let [no_field, invalid, missing] = ["rules_field_not_applicable", "rules_invalid", "rules_field_missing"];
    let items = |item: Value| json!({"items": [item], "validity_months": 12});
    for (instrument, asked, code, field) in [
        ("voucher", items(json!({"item": "compute"})), missing, "/items/0/ratio_percent"),
        ("voucher", items(json!({"item": "compute", "unit_price": "0"})), invalid, "/items/0"),
        (
            "voucher",
            items(json!({"item": "compute", "ratio_percent": "20", "unit": "kWh"})),
            invalid,
            "/items/0",
        ),
        (
            "voucher",
            items(json!({"item": "compute", "unit_price": "1", "startup_ratio_percent": "20"})),
            invalid,
            "/items/0",
        ),
        ("interest_subsidy", json!({"points": {"max": "1"}, "prorate": "by_day"}), no_field, "/prorate"),
        ("interest_subsidy", json!({}), missing, "/points"),
        ("interest_subsidy", json!({"paid_interest_percent": "101"}), invalid, "/paid_interest_percent"),
        (
            "interest_subsidy",
            json!({"points": {}, "caps": {"annual": {"amount": "1", "counts": ["redemption"], "released": "stays"}}}),
            invalid,
            "/caps/annual/released",
        ),
        (
            "voucher",
            rules(json!({"stacking": {"mode": "allow", "levels": ["city"]}})),
            no_field,
            "/stacking/levels",
        ),
        (
            "voucher",
            rules(json!({"stacking": {"mode": "net_off", "levels": []}})),
            invalid,
            "/stacking/levels",
        ),
        (
            "voucher",
            rules(json!({"stacking": {"mode": "exclusive", "levels": ["city", "city"]}})),
            invalid,
            "/stacking/levels",
        ),
        (
            "voucher",
            rules(json!({"overrides": [{"code": "claim_cap", "up_to": "5"}]})),
            invalid,
            "/overrides/0",
        ),
        ("voucher", rules(json!({"caps": {"per": "project"}})), no_field, "/caps/per"),
        ("interest_subsidy", json!({"points": {}, "caps": {"per": "contract"}}), no_field, "/caps/per"),
        ("voucher", rules(json!({"caps": {"groups": []}})), invalid, "/caps/groups"),
        ("voucher", rules(json!({"paid_interest_percent": "50"})), no_field, "/paid_interest_percent"),
        ("voucher", rules(json!({"minimums": {"interest_paid": "1"}})), no_field, "/minimums/interest_paid"),
    ] {
        let body = json!({
            "code": "m", "title": {"zh": "专项", "en": "m"}, "instrument": instrument,
            "legal_basis": {"document": "T-1"}, "window": days("2025-01-01", "2025-12-31"), "rules": asked,
        });
        let found = city.expect(422, "/v1/programmes", &city.lin, &body);
        assert_eq!(text(&found, "/code"), code, "{asked}");
        assert!(found["detail"].as_str().unwrap().contains(field), "{found}");
    }
    let asked = json!({
        "rules": {"paid_interest_percent": "50"}, "period": days("2024-06-01", "2024-07-01"),
        "loan": {"annual_rate_percent": "3", "events": []},
    });
    let found = city.expect(422, "/v1/interest-subsidies/quote", &city.firm, &asked);
    assert_eq!(
        (text(&found, "/code"), text(&found, "/errors/0/pointer")),
        ("missing_field".into(), "/interest_paid".into())
    );
}

#[test]
fn rules_may_say_what_is_so_anyway_and_leave_to_their_tiers_what_each_of_them_says() {
    let city = City::open("taken", &rules(json!({})), "100000");
    let annual = json!({"amount": "1000", "counts": ["redemption"], "released": "frees"});
    let half = |share: &str| json!([{"item": "compute", "ratio_percent": share}]);
    let tiers = |required: bool| {
        json!({
            "tiers": [
                {"when": {"startup": true}, "items": half("50")}, {"when": {"startup": false}, "items": half("20")},
            ],
            "tier_required": required, "caps": {"annual": annual},
        })
    };
    city.programme_of("rental_subsidy", "r", &tiers(true), "100000");
    let contract =
        contract(&city, "R-1", ["2025-01-01", "2025-12-31"], json!({"item": "compute", "amount": "9000"}));
    city.move_to("2025-06-01");
    let claim = json!({
        "kind": "rental_subsidy", "programme": "r", "rental_id": contract, "period": days("2025-01-01", "2025-02-01"),
        "settlement": [{"item": "compute", "amount": "1000"}],
    });
    let found = city.passed(&claim);
    let inputs = &found["calculation"]["inputs"];
    let share = if inputs["startup"] == json!(true) { "500.00" } else { "200.00" };
    assert_eq!(found["amount"], json!(share));
    let proposed = |code: &str, instrument: &str, rules: &Value| {
        let body = json!({
            "code": code, "title": {"zh": "专项", "en": code}, "instrument": instrument,
            "legal_basis": {"document": "T-1"}, "window": days("2025-01-01", "2025-12-31"), "rules": rules,
        });
        city.post("/v1/programmes", &city.lin, &body)
    };
    // without a tier nothing would say what is paid
    proposed("s", "rental_subsidy", &tiers(false)).is(422, "rules_field_missing");
    let points =
        json!({"tiers": [{"when": {"startup": true}, "points": {"max": "1"}}], "tier_required": true});
    proposed("i", "interest_subsidy", &points).expect(201);
    let sized = json!({"tiers": [{"when": {"base_above": "1"}, "items": half("20")}], "tier_required": true});
    proposed("t", "rental_subsidy", &sized).is(422, "rules_field_missing");
    proposed("u", "rental_subsidy", &json!({"items": half("20"), "tier_required": false})).expect(201);
    city.recomputes();
}

fn computed(policy: Policy, fen: &[i64], inputs: Inputs) -> Option<Calculation> {
    let amount = |fen: &i64| Amount::parse(&Money::from_fen(*fen).to_string()).expect("an amount");
    let lines: Vec<_> = fen.iter().map(|fen| SettledLine::new(label("compute"), amount(fen), None)).collect();
    let rules = version(policy);
    sheet(Question { rules: &rules, policy: &rules.rules, tier: None, lines: &lines, version: 1, inputs })
        .ok()
}

proptest! {
    /// Whatever rounds: what is prorated is never more than the whole, lines sum to the amount, and the cap holds.
    #[test]
    fn a_part_is_never_more_than_the_whole_and_lines_sum_to_it(
        fen in proptest::collection::vec(1_i64..100_000_000, 1..6),
        (days, of_days) in (1_u32..800).prop_flat_map(|of_days| (1..=of_days, Just(of_days))),
        micro in 1_i64..=100_000_000,
        cap in proptest::option::of(1_i64..100_000_000),
        (mode, scope, unit) in (0_usize..3, 0_usize..2, 0_usize..2),
    ) {
        let rounding = Rounding {
            mode: [RoundingMode::HalfUp, RoundingMode::HalfEven, RoundingMode::Down][mode],
            scope: [RoundingScope::Claim, RoundingScope::Line][scope],
            unit: [RoundingUnit::Fen, RoundingUnit::Yuan][unit],
        };
        let item = ItemRatio {
            item: label("compute"),
            ratio_percent: Some(Percent::from_micro(micro)),
            startup_ratio_percent: None,
            unit_price: None,
            unit: None,
        };
        let policy = Policy { items: Some(vec![item]), rounding, prorate: Some(Prorate::ByDay), ..Policy::default() };
        let part = Prorated { from: date("2025-01-01"), until: date("2025-12-31"), days, of_days };
        let claim_cap = cap.map(Money::from_fen);
        let of = |prorated| computed(policy.clone(), &fen, Inputs { prorated, claim_cap, ..Inputs::default() });
        let whole = of(None);
        if let Some(found) = of(Some(part)) {
            let most = whole.as_ref().map_or(Money::ZERO, |whole| whole.amount);
            prop_assert!(found.amount <= most, "{} > {most}", found.amount);
            prop_assert!(claim_cap.is_none_or(|cap| found.amount <= cap));
            prop_assert_eq!(Money::sum(found.lines.iter().map(|line| line.subsidy)).unwrap(), found.amount);
            prop_assert!(unit == 0 || found.computed.fen() % 100 == 0);
            if days == of_days && unit == 0 {
                prop_assert_eq!(found.amount, most);
            }
        }
    }
}

#[test]
fn a_rate_ceiling_by_tenor_holds_a_loan_to_that_of_the_longest_that_it_is_above() {
    let city = City::open("by_tenor", &rules(json!({})), "100000");
    for (name, percent) in [("LPR1Y", "3.1"), ("LPR5Y", "3.6")] {
        let rate = json!({"name": name, "date": "2024-01-01", "percent": percent});
        city.expect(201, "/v1/reference-rates", &city.lin, &rate);
    }
    let ceilings = json!([
        {"reference": "LPR1Y", "spread_bp": 0}, {"reference": "LPR5Y", "spread_bp": -10, "tenor_months_above": 60},
    ]);
    let quote = |rate: &str, matures_on: Value| {
        let mut loan = json!({
            "annual_rate_percent": rate, "signed_on": "2025-01-01",
            "events": [{"kind": "drawdown", "date": "2025-01-02", "amount": "3600000"}],
        });
        if matures_on != Value::Null {
            loan["matures_on"] = matures_on;
        }
        json!({
            "rules": {"points": {"max": "1"}, "rate_ceiling": ceilings}, "loan": loan,
            "period": {"from": "2025-01-02", "until": "2025-01-12"},
        })
    };
    let path = "/v1/interest-subsidies/quote";
    // sixty months are not above sixty
    for (rate, matures_on, taken) in [
        ("3.1", "2030-01-01", true),
        ("3.100001", "2030-01-01", false),
        ("3.5", "2030-01-02", true),
        ("3.500001", "2030-01-02", false),
    ] {
        let body = quote(rate, json!(matures_on));
        if taken {
            city.expect(200, path, &city.firm, &body);
        } else {
            assert_eq!(city.refused(422, path, &city.firm, &body), "loan_rate_above_ceiling");
        }
    }
    let found = city.expect(422, path, &city.firm, &quote("3", Value::Null));
    assert_eq!(text(&found, "/errors/0/pointer"), "/loan/matures_on");
}
