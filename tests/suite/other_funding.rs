//! What others pay for the same costs: declared, taken off, and bounded together.

use serde_json::{Value, json};

use crate::support::city::{BANK, City, rental, rules, text};

fn rent(programme: &str, rental: &str, settled: &str, declared: Option<Value>) -> Value {
    let mut body = json!({
        "kind": "rental_subsidy", "programme": programme, "rental_id": rental,
        "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": settled}],
    });
    if let Some(declared) = declared {
        body["other_funding"] = declared;
    }
    body
}

fn of(level: &str, amount: &str) -> Value {
    json!([{"level": level, "amount": amount, "document": "区财〔2025〕3号"}])
}

#[test]
fn own_money_and_all_other_money_stay_within_the_joint_ceiling() {
    let city = City::open("joint", &rules(json!({})), "1000000");
    let of_rules = json!({
        "items": [{"item": "compute", "ratio_percent": "30"}], "stacking": "allow", "joint_ceiling_percent": "100",
        "declare_other_funding": true,
    });
    city.programme_of("rental_subsidy", "r", &of_rules, "1000000");
    city.programme_of(
        "rental_subsidy",
        "beside",
        &json!({"items": [{"item": "compute", "ratio_percent": "10"}], "stacking": "allow"}),
        "1000000",
    );
    let mut by_voucher = of_rules.clone();
    by_voucher["validity_months"] = json!(12);
    city.programme("v", &by_voucher, "1000000");
    let [one, two, three] = ["J-1", "J-2", "J-3"]
        .map(|number| city.create("/v1/rentals", &city.firm, &rental(number, "1200000")));
    city.move_to("2025-03-01");
    // E21
    assert_eq!(
        city.refused(422, "/v1/claims", &city.firm, &rent("r", &one, "1200000", None)),
        "other_funding_missing"
    );
    let claim = city.passed(&rent("r", &one, "1200000", Some(of("district", "900000"))));
    let cut = json!([{"code": "joint_ceiling", "clause": "/joint_ceiling_percent", "amount": "60000.00"}]);
    assert_eq!((&claim["amount"], &claim["calculation"]["reductions"]), (&json!("300000.00"), &cut));
    assert_eq!(claim["other_funding"][0]["document"], json!("区财〔2025〕3号"));
    assert_eq!(
        claim["calculation"]["inputs"]["other_money"],
        json!([{"level": "district", "declared": "900000.00", "known": "0.00"}])
    );
    // of a level the greater of what is declared and what is known counts
    let beside = city.passed(&rent("beside", &two, "1200000", None));
    assert_eq!(beside["amount"], json!("120000.00"));
    let claim = city.passed(&rent("r", &two, "1200000", Some(of("city", "900000"))));
    assert_eq!(claim["amount"], json!("300000.00"));
    assert_eq!(
        claim["calculation"]["inputs"]["other_money"],
        json!([{"level": "city", "declared": "900000.00", "known": "120000.00"}])
    );
    // a voucher says it when it is applied for
    let body = json!({"programme": "v", "rental_id": three});
    assert_eq!(city.refused(422, "/v1/vouchers", &city.firm, &body), "other_funding_missing");
    let mut said = body.clone();
    said["other_funding"] = of("province", "1100000");
    let voucher = city.expect(201, "/v1/vouchers", &city.firm, &said);
    assert_eq!(voucher["calculation"]["amount"], json!("100000.00"));
    let nothing =
        city.post("/v1/claims", &city.firm, &rent("r", &three, "1000", Some(of("central", "1000"))));
    assert_eq!(nothing.status, 422);
    city.recomputes();
    city.verifies();
}

#[test]
fn rules_that_net_off_take_off_what_is_declared_or_known_whichever_is_more() {
    let city = City::open("declared_off", &rules(json!({})), "1000000");
    let off = json!({"items": [{"item": "compute", "ratio_percent": "30"}], "stacking": "net_off"});
    city.programme_of("rental_subsidy", "off", &off, "1000000");
    city.programme_of(
        "rental_subsidy",
        "beside",
        &json!({"items": [{"item": "compute", "ratio_percent": "10"}], "stacking": "allow"}),
        "1000000",
    );
    let one = city.create("/v1/rentals", &city.firm, &rental("N-1", "100000"));
    city.move_to("2025-03-01");
    assert_eq!(city.passed(&rent("beside", &one, "10000", None))["amount"], json!("1000.00"));
    let mut declared = of("city", "1500");
    declared.as_array_mut().unwrap().extend(of("central", "200").as_array().unwrap().clone());
    let claim = city.passed(&rent("off", &one, "10000", Some(declared)));
    let cut = json!([{"code": "net_off", "clause": "/stacking", "amount": "1700.00"}]);
    assert_eq!((&claim["amount"], &claim["calculation"]["reductions"]), (&json!("1300.00"), &cut));
    // it becomes known afterwards that others pay more
    let more = json!({"changes": {"other_funding": of("city", "2000")}, "reason": "另有市级资金"});
    let id = text(&claim, "/id");
    let found = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, &more);
    assert_eq!(
        (&found["amount"], &found["other_funding"][0]["amount"]),
        (&json!("1000.00"), &json!("2000.00"))
    );
    let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    let known = city.claim(&id);
    assert_eq!(
        (
            &known["amount"],
            &known["other_funding"],
            &known["calculation"]["inputs"]["other_money"][0]["declared"]
        ),
        (&json!("1000.00"), &of("city", "2000.00"), &json!("2000.00"))
    );
    city.recomputes();
    city.verifies();
}

#[test]
fn money_that_excludes_a_subsidy_and_becomes_known_later_is_recorded_and_takes_all_of_it() {
    let city = City::open("known_later", &rules(json!({})), "1000000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    let items = json!([{"item": "compute", "ratio_percent": "10"}]);
    let alone = json!({"items": items, "stacking": {"mode": "exclusive", "levels": ["city"]},
        "shares": [{"level": "city", "percent": "50"}, {"level": "district", "percent": "50"}]});
    city.programme_of("rental_subsidy", "alone", &alone, "1000000");
    city.programme_of("rental_subsidy", "off", &json!({"items": items, "stacking": "net_off"}), "1000000");
    city.programme_of("interest_subsidy", "i", &json!({"points": {"max": "1"}}), "1000000");
    let [one, two, three] =
        ["E-1", "E-2", "E-3"].map(|number| city.create("/v1/rentals", &city.firm, &rental(number, "100000")));
    let loan = json!({
        "loan_no": "E-9", "bank": BANK, "annual_rate_percent": "4", "signed_on": "2024-12-20",
        "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"},
        "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "3600000"}],
    });
    let loan = city.create("/v1/loans", &city.firm, &loan);
    city.move_to("2025-03-01");
    let interest = json!({
        "kind": "interest_subsidy", "programme": "i", "loan_id": loan, "interest_paid": "4000",
        "period": {"from": "2025-01-01", "until": "2025-01-11"},
    });
    let asked = |claim: &str, declared: Value| {
        let body = json!({"changes": {"other_funding": declared}, "reason": "查明另有资金"});
        city.post(&format!("/v1/claims/{claim}/recalculate"), &city.zhao, &body)
    };
    let approve = |claim: &str, version: &Value| {
        let path = format!("/v1/claims/{claim}/recalculations/{version}/approve");
        city.expect(200, &path, &city.chen, &json!({}))
    };
    for (body, other, amount, cut) in [
        (rent("alone", &one, "10000", None), of("city", "1"), "1000.00", "other_funding_clashes"),
        (rent("off", &two, "10000", None), of("district", "1500"), "1000.00", "net_off"),
        (interest, of("central", "1"), "1000.00", "other_funding_clashes"),
    ] {
        let claim = text(&city.passed(&body), "/id");
        if cut == "other_funding_clashes" {
            // of what was not paid the approval is taken back instead
            asked(&claim, other.clone()).is(422, cut);
        }
        city.paid(&[&claim], "2025-03-01");
        let found = asked(&claim, other.clone()).expect(201).json();
        let whole = json!([{"code": cut, "clause": "/stacking", "amount": amount}]);
        assert_eq!(
            (&found["amount"], &found["other_funding"][0]["level"], &found["calculation"]["reductions"]),
            (&json!("0.00"), &other[0]["level"], &whole)
        );
        let done = approve(&claim, &found["version"]);
        let recovery = city.get(&format!("/v1/recoveries/{}", text(&done, "/recovery_id")), &city.lin);
        assert_eq!((&recovery["amount"], &recovery["status"]), (&json!(amount), &json!("approved")));
        let known = city.claim(&claim);
        assert_eq!(
            (&known["amount"], &known["payable"], &known["recovered"], &known["other_funding"][0]["level"]),
            (&json!("0.00"), &json!("0.00"), &json!(amount), &other[0]["level"])
        );
        // it was a mistake: nothing is asked back any more, and nothing is due
        let again = asked(&claim, json!([])).expect(201).json();
        assert_eq!((&again["amount"], &again["difference"]), (&json!(amount), &json!(amount)));
        approve(&claim, &again["version"]);
        let known = city.claim(&claim);
        assert_eq!((&known["payable"], &known["recovered"]), (&json!("0.00"), &json!("0.00")));
    }
    // money of a level that may stand beside changes nothing
    let claim = text(&city.passed(&rent("alone", &three, "10000", None)), "/id");
    city.paid(&[&claim], "2025-03-01");
    let beside = asked(&claim, of("central", "500")).expect(201).json();
    assert_eq!((&beside["amount"], &beside["difference"]), (&json!("1000.00"), &json!("0.00")));
    city.recomputes();
    city.verifies();
}

#[test]
fn of_interest_the_base_is_what_was_paid() {
    let city = City::open("joint_interest", &rules(json!({})), "1000000");
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    city.programme_of(
        "interest_subsidy",
        "i",
        &json!({"points": {"max": "1"}, "joint_ceiling_percent": "50"}),
        "1000000",
    );
    city.move_to("2025-06-01");
    let body = json!({
        "loan_no": "L-1", "bank": BANK, "annual_rate_percent": "4", "signed_on": "2024-12-20",
        "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"},
        "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "3600000"}],
    });
    let loan = city.create("/v1/loans", &city.firm, &body);
    let claim = json!({
        "kind": "interest_subsidy", "programme": "i", "loan_id": loan, "interest_paid": "4000",
        "period": {"from": "2025-01-01", "until": "2025-01-11"}, "other_funding": of("central", "1200.5"),
    });
    let approved = city.passed(&claim);
    let cut = json!([{"code": "joint_ceiling", "clause": "/joint_ceiling_percent", "amount": "200.50"}]);
    assert_eq!((&approved["amount"], &approved["calculation"]["reductions"]), (&json!("799.50"), &cut));
    let quote = json!({
        "programme": "i", "period": {"from": "2025-02-01", "until": "2025-02-11"}, "interest_paid": "4000",
        "loan": {"annual_rate_percent": "4", "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "3600000"}]},
        "other_funding": of("central", "1200.5"),
    });
    let quoted = city.expect(200, "/v1/interest-subsidies/quote", &city.firm, &quote);
    assert_eq!((&quoted["amount"], &quoted["reductions"]), (&json!("799.50"), &cut));
    assert_eq!(text(&approved, "/status"), "approved");
    // without points what others pay is taken off in CNY
    let share = json!({
        "rules": {"paid_interest_percent": "50", "stacking": "net_off"},
        "period": {"from": "2025-02-01", "until": "2025-02-11"}, "interest_paid": "2000",
        "loan": {"annual_rate_percent": "4", "events": [{"kind": "drawdown", "date": "2025-01-01", "amount": "3600000"}]},
        "other_funding": of("central", "120.5"),
    });
    let quoted = city.expect(200, "/v1/interest-subsidies/quote", &city.firm, &share);
    let off = json!([{"code": "net_off", "clause": "/stacking", "amount": "120.50"}]);
    assert_eq!((&quoted["amount"], &quoted["reductions"]), (&json!("879.50"), &off));
    city.recomputes();
    city.verifies();
}

#[test]
fn only_money_of_the_levels_that_rules_name_clashes_or_is_taken_off() {
    let city = City::open("levels", &rules(json!({})), "1000000");
    let paid = |stacking: Value| json!({"items": [{"item": "compute", "ratio_percent": "10"}], "stacking": stacking});
    let central = json!({
        "code": "central", "title": {"zh": "中央", "en": "Central"}, "instrument": "rental_subsidy", "level": "central",
        "legal_basis": {"document": "财金〔2025〕1号"}, "window": {"from": "2025-01-01", "until": "2027-12-31"},
        "rules": paid(json!("allow")),
    });
    let made = city.expect(201, "/v1/programmes", &city.lin, &central);
    assert_eq!(made["level"], json!("central"));
    city.expect(200, "/v1/programmes/central/approve", &city.chen, &json!({}));
    city.service.appropriate([city.lin.as_str(), &city.chen], "central", "1000000");
    for (code, stacking) in [
        ("city", json!("allow")),
        ("not_beside_city", json!({"mode": "exclusive", "levels": ["city"]})),
        ("less_city", json!({"mode": "net_off", "levels": ["city"]})),
        ("alone", json!({"mode": "exclusive"})),
    ] {
        city.programme_of("rental_subsidy", code, &paid(stacking), "1000000");
    }
    let [one, two, three] =
        ["S-1", "S-2", "S-3"].map(|number| city.create("/v1/rentals", &city.firm, &rental(number, "100000")));
    city.move_to("2025-03-01");
    let refused = |programme: &str, rental: &str, declared: Option<Value>, status| {
        city.refused(status, "/v1/claims", &city.firm, &rent(programme, rental, "10000", declared))
    };
    // what the agency's other programmes pay
    assert_eq!(city.passed(&rent("central", &one, "10000", None))["amount"], json!("1000.00"));
    assert_eq!(refused("alone", &one, None, 409), "contract_already_used");
    assert_eq!(city.passed(&rent("not_beside_city", &one, "10000", None))["amount"], json!("1000.00"));
    assert_eq!(
        refused("city", &one, None, 409),
        "contract_already_used",
        "the other suffers no city's money"
    );
    for (programme, paid) in [("central", "1000.00"), ("city", "1000.00"), ("less_city", "0.00")] {
        if paid == "0.00" {
            assert_eq!(refused(programme, &two, None, 422), "nothing_to_pay", "the city's 1000 is taken off");
        } else {
            assert_eq!(city.passed(&rent(programme, &two, "10000", None))["amount"], json!(paid));
        }
    }
    // what is declared
    let clash = refused("not_beside_city", &three, Some(of("city", "1")), 422);
    assert_eq!(clash, "other_funding_clashes");
    assert_eq!(refused("alone", &three, Some(of("district", "1")), 422), "other_funding_clashes");
    let mut declared = of("city", "300");
    declared.as_array_mut().unwrap().extend(of("central", "500").as_array().unwrap().clone());
    let claim = city.passed(&rent("less_city", &three, "10000", Some(declared)));
    let cut = json!([{"code": "net_off", "clause": "/stacking", "amount": "300.00"}]);
    assert_eq!((&claim["amount"], &claim["calculation"]["reductions"]), (&json!("700.00"), &cut));
    city.recomputes();
    city.verifies();
}

#[test]
fn what_is_known_for_a_whole_contract_counts_with_the_part_that_is_claimed() {
    let city = City::open("joint_parts", &rules(json!({})), "1000000");
    let tenth = json!({"items": [{"item": "compute", "ratio_percent": "10"}], "stacking": "allow", "validity_months": 12});
    city.programme("whole", &tenth, "1000000");
    let bounded = json!({
        "items": [{"item": "compute", "ratio_percent": "95"}], "stacking": "allow", "joint_ceiling_percent": "100",
    });
    city.programme_of("rental_subsidy", "r", &bounded, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("P-1", "1200000"));
    // 120,000.00 for the year
    city.voucher_on("whole", &city.firm, &contract);
    city.move_to("2025-09-01");
    let claim = |[from, until]: [&str; 2], settled: &str| {
        let mut body = rent("r", &contract, settled, None);
        body["period"] = json!({"from": from, "until": until});
        city.passed(&body)
    };
    // a twelfth of it beside each month, and what one month takes another does not lack
    for days in [["2025-01-01", "2025-02-01"], ["2025-02-01", "2025-03-01"], ["2025-03-01", "2025-04-01"]] {
        let passed = claim(days, "100000");
        let cut = json!([{"code": "joint_ceiling", "clause": "/joint_ceiling_percent", "amount": "5000.00"}]);
        assert_eq!((&passed["amount"], &passed["calculation"]["reductions"]), (&json!("90000.00"), &cut));
        assert_eq!(
            passed["calculation"]["inputs"]["other_money"],
            json!([{"level": "city", "declared": "0.00", "known": "10000.00"}])
        );
    }
    // a claim for days counts with those that it has in common
    let days = json!({"items": [{"item": "compute", "ratio_percent": "10"}], "stacking": "allow"});
    city.programme_of("rental_subsidy", "days", &days, "1000000");
    let mut body = rent("days", &contract, "300000", None);
    body["period"] = json!({"from": "2025-05-01", "until": "2025-06-30"});
    assert_eq!(city.passed(&body)["amount"], json!("30000.00"));
    let half = claim(["2025-05-01", "2025-05-31"], "100000");
    assert_eq!(
        half["calculation"]["inputs"]["other_money"],
        json!([{"level": "city", "declared": "0.00", "known": "25000.00"}]),
        "30 of 60 days of 30,000.00, beside a twelfth of 120,000.00"
    );
    assert_eq!(half["amount"], json!("75000.00"));
    city.recomputes();
    city.verifies();
}

#[test]
fn a_joint_ceiling_holds_at_the_redemption_of_a_voucher_too() {
    let bounded = json!({"items": [{"item": "compute", "ratio_percent": "50"}], "stacking": "allow", "joint_ceiling_percent": "60"});
    let city = City::open("joint_redeemed", &rules(bounded), "1000000");
    let fifth = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "stacking": "allow", "validity_months": 12});
    city.programme("later", &fifth, "1000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("P-2", "1000000"));
    let mut asked = json!({"programme": "p", "rental_id": contract});
    asked["other_funding"] = of("district", "50000");
    let voucher = city.expect(201, "/v1/vouchers", &city.firm, &asked);
    let id = text(&voucher, "/id");
    city.expect(200, &format!("/v1/vouchers/{id}/review"), &city.lin, &json!({"decision": "pass"}));
    let issued = city.expect(200, &format!("/v1/vouchers/{id}/issue"), &city.chen, &json!({}));
    assert_eq!(issued["face_value"], json!("500000.00"));
    // 200,000.00 more for the same contract, once the voucher is issued
    city.voucher_on("later", &city.firm, &contract);
    city.move_to("2025-06-01");
    let claim = city.submitted(&city.firm, &id, "500000", false);
    let found = city.claim(&claim);
    // 60 % of 500,000.00, less the half of both others
    let cut = json!([{"code": "joint_ceiling", "clause": "/joint_ceiling_percent", "amount": "75000.00"}]);
    assert_eq!((&found["amount"], &found["calculation"]["reductions"]), (&json!("175000.00"), &cut));
    city.pass(&claim);
    assert_eq!(city.claim(&claim)["amount"], json!("175000.00"));
    city.recomputes();
    city.verifies();
}

#[test]
fn beside_a_joint_ceiling_money_that_is_known_means_what_declared_money_means() {
    let city = City::open("joint_known", &rules(json!({})), "1000000");
    // the rules say nothing of other programmes, and how much all of them may pay
    let bounded =
        json!({"items": [{"item": "compute", "ratio_percent": "30"}], "joint_ceiling_percent": "35"});
    city.programme_of("rental_subsidy", "r", &bounded, "1000000");
    let tenth = json!({"items": [{"item": "compute", "ratio_percent": "10"}], "stacking": "allow"});
    city.programme_of("rental_subsidy", "beside", &tenth, "1000000");
    let said = text_of(&city, "r");
    assert!(said.contains("其他资金可同时享受") && !said.contains("不再补贴"), "{said}");
    let [one, two] =
        ["K-1", "K-2"].map(|number| city.create("/v1/rentals", &city.firm, &rental(number, "100000")));
    city.move_to("2025-03-01");
    assert_eq!(city.passed(&rent("beside", &one, "10000", None))["amount"], json!("1000.00"));
    let known = city.passed(&rent("r", &one, "10000", None));
    let declared = city.passed(&rent("r", &two, "10000", Some(of("city", "1000"))));
    assert_eq!((&known["amount"], &declared["amount"]), (&json!("2500.00"), &json!("2500.00")));
    // rules that name levels mean them, known or declared
    let named = json!({"items": [{"item": "compute", "ratio_percent": "30"}], "joint_ceiling_percent": "35",
        "stacking": {"mode": "exclusive", "levels": ["city"]}});
    city.programme_of("rental_subsidy", "n", &named, "1000000");
    let refused = |body: Value, status| city.refused(status, "/v1/claims", &city.firm, &body);
    assert_eq!(refused(rent("n", &one, "10000", None), 409), "contract_already_used");
    let three = city.create("/v1/rentals", &city.firm, &rental("K-3", "100000"));
    assert_eq!(refused(rent("n", &three, "10000", Some(of("city", "1000"))), 422), "other_funding_clashes");
    city.recomputes();
    city.verifies();
}

fn text_of(city: &City, programme: &str) -> String {
    city.get(&format!("/v1/programmes/{programme}/rules/1/explained"), &city.lin).to_string()
}
