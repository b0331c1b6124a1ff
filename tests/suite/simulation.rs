//! Rules tried on what was decided already: the rules in force change nothing, who pays less is not paid more, and the parts
//! are the whole.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use subsidy_core::book::simulation::totals::Sums;
use subsidy_core::book::simulation::{
    AvailableMove, Past, PastDocument, PastKind, Question, Simulation, simulate,
};
use subsidy_core::book::{Book, Command, Envelope, decide};
use subsidy_core::claims::{ClaimStatus, NameClaim};
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::{ClaimId, Date, Money, Percent, ProgrammeCode, Sequence};
use subsidy_core::ledger::{Account, Side};
use subsidy_core::programmes::calculation::Calculation;
use subsidy_core::programmes::{Policy, ProgrammeStatus};
use subsidy_core::vouchers::VoucherStatus;
use uuid::Uuid;

use crate::support::city::{BANK, City, FIRM, OTHER, interest, interest_rules, merged, rental, rules, text};
use crate::support::seed::seed;
use crate::support::world::{World, by, instant, stamp};

/// A world after some steps, with its sheets and what moved its appropriations.
struct Ended {
    book: Book,
    sheets: BTreeMap<String, Vec<(Sequence, Calculation)>>,
    moves: BTreeMap<ProgrammeCode, Vec<AvailableMove>>,
    next: u64,
}

fn world(seed: u64) -> Ended {
    let mut world = World::new(seed);
    let mut ended =
        Ended { book: Book::complete(), sheets: BTreeMap::new(), moves: BTreeMap::new(), next: 0 };
    for step in 0..1_500 {
        let envelope = world.next(&ended.book);
        let stamp = stamp(&ended.book, ended.next, instant(1_762_128_000_000_000 + step), &envelope.command);
        let Ok(decision) = decide(&ended.book, &envelope, &stamp) else { continue };
        for made in &decision.effects.sheets {
            ended.sheets.entry(made.document.clone()).or_default().push((stamp.sequence, made.sheet.clone()));
        }
        for line in decision.effects.posting.lines().iter().filter(|line| line.account == Account::B2001) {
            let amount = if line.side == Side::Credit { line.amount } else { line.amount.negated().unwrap() };
            let day = decision.effects.effective_date.unwrap();
            let of_it = ended.moves.entry(line.programme.clone()).or_default();
            of_it.push(AvailableMove { sequence: stamp.sequence, day, amount });
        }
        ended.book.apply(&decision.effects).unwrap();
        ended.next += 1;
    }
    ended
}

impl Ended {
    fn sheet(&self, id: Uuid, version: u32) -> (Sequence, Calculation) {
        let of_it = &self.sheets[&id.to_string()];
        of_it.iter().find(|(_, sheet)| sheet.version == version).cloned().unwrap()
    }

    /// What the store reads of a programme.
    fn past(&self, code: &ProgrammeCode) -> Vec<Past> {
        let mut past = Vec::new();
        for (_, voucher) in self.book.vouchers.iter().filter(|(_, voucher)| voucher.programme == *code) {
            if matches!(voucher.status, VoucherStatus::Returned | VoucherStatus::Rejected) {
                continue;
            }
            let (decided_at, sheet) = self.sheet(voucher.id.uuid(), voucher.calculation);
            past.push(Past { document: PastDocument::Voucher(Box::new(voucher.clone())), sheet, decided_at });
        }
        for (_, claim) in self.book.claims.iter().filter(|(_, claim)| claim.programme == *code) {
            use ClaimStatus::{Approved, Paid, Reviewed, Submitted};
            if !matches!(claim.status, Submitted | Reviewed | Approved | Paid) {
                continue;
            }
            let approved = self.book.recalculations.iter().map(|(_, one)| one).filter(|one| {
                one.claim == claim.id
                    && one.status == subsidy_core::claims::recalculation::RecalculationStatus::Approved
            });
            let first = approved.map(|one| one.previous).min().unwrap_or(claim.calculation);
            let ((decided_at, _), (_, sheet)) =
                (self.sheet(claim.id.uuid(), first), self.sheet(claim.id.uuid(), claim.calculation));
            past.push(Past { document: PastDocument::Claim(Box::new(claim.clone())), sheet, decided_at });
        }
        past
    }

    fn tried(&self, code: &ProgrammeCode, rules: Policy) -> Option<Simulation> {
        let programme = self.book.programmes.peek(code).unwrap().clone();
        let filed =
            Window { from: Date::parse("1900-01-01").unwrap(), until: Date::parse("2999-12-31").unwrap() };
        let question = Question { programme, rules, effective_from: None, filed, kind: None };
        let asks = envelope();
        let stamp = stamp(&self.book, self.next, instant(1_862_128_000_000_000), &asks.command);
        let moves = self.moves.get(code).cloned().unwrap_or_default();
        let past = self.past(code);
        match simulate(self.book.clone(), &question, (&past, &moves), (&asks, &stamp)) {
            Ok(found) => {
                whole(&found);
                assert_eq!(found.budget.available, sum(moves.iter().map(|one| one.amount)));
                Some(found)
            }
            Err(subsidy_core::book::Stop::Refused(_)) => None,
            Err(fault) => panic!("{fault}"),
        }
    }
}

fn envelope() -> Envelope {
    by("lin", Command::WithdrawClaim(NameClaim { id: ClaimId::new(Uuid::nil()) }))
}

fn sum(of: impl IntoIterator<Item = Money>) -> Money {
    Money::sum(of).unwrap()
}

/// The parts are the whole, whichever way they are summed.
fn whole(found: &Simulation) {
    let mut parts = Vec::new();
    for kind in [PastKind::Voucher, PastKind::Claim] {
        let rows = || found.rows.iter().filter(move |row| row.kind == kind);
        let of = |totals: &subsidy_core::book::simulation::totals::Totals| match kind {
            PastKind::Voucher => totals.vouchers,
            PastKind::Claim => totals.claims,
        };
        let total = of(&found.totals);
        assert_eq!(total.old, sum(rows().map(|row| row.old)));
        assert_eq!(total.new, sum(rows().map(|row| row.new)));
        assert_eq!(total.new.minus(total.old).unwrap(), total.difference);
        assert_eq!(total.gained.minus(total.lost).unwrap(), total.difference);
        let counts = |sums: &Sums| sums.gaining + sums.losing + sums.unchanged + sums.not_comparable;
        assert_eq!(counts(&total), total.documents);
        assert_eq!(sum(found.organisations.values().map(|one| of(one).new)), total.new);
        for row in rows() {
            assert_eq!(row.new.minus(row.old).unwrap(), row.difference);
            assert!(row.refusal.is_none() || row.new.is_zero());
            assert!(row.not_comparable.is_none() || row.difference.is_zero());
        }
        parts.push(total.difference);
    }
    assert_eq!(found.budget.available_then, found.budget.available.minus(found.budget.committed).unwrap());
}

/// The same rules with every percentage halved.
fn halved(rules: &Policy) -> Policy {
    let mut less = rules.clone();
    let half = |percent: Percent| Percent::from_micro(percent.micro() / 2);
    let items = |items: &mut Vec<subsidy_core::programmes::policy::ItemRatio>| {
        for item in items {
            item.ratio_percent = item.ratio_percent.map(half);
            item.startup_ratio_percent = item.startup_ratio_percent.map(half);
        }
    };
    less.items.iter_mut().for_each(items);
    less.tiers.iter_mut().flatten().filter_map(|tier| tier.items.as_mut()).for_each(items);
    less
}

#[test]
fn rules_in_force_change_nothing_and_lower_ratios_pay_nobody_together_more() {
    let (mut same, mut other, mut lower) = (0, BTreeMap::new(), 0);
    for run in 0..6 {
        let ended = world(seed().wrapping_add(run));
        for (code, programme) in ended.book.programmes.iter() {
            let past = ended.past(code);
            if programme.status != ProgrammeStatus::Active || past.is_empty() {
                continue;
            }
            let versions: Vec<u32> = past.iter().map(|one| one.sheet.rules_version).collect();
            let number = versions[0];
            let key = subsidy_core::programmes::RulesKey { programme: code.clone(), number };
            let policy = ended.book.rules.peek(&key).unwrap().rules.clone();
            let Some(found) = ended.tried(code, policy.clone()) else { continue };
            if versions.iter().all(|version| *version == number) {
                for row in &found.rows {
                    assert!(
                        row.difference.is_zero() && row.refusal.is_none(),
                        "seed {} run {run} {code}: {row:?}",
                        seed()
                    );
                    match row.not_comparable {
                        None => same += 1,
                        Some(why) => *other.entry(format!("{why:?} {:?}", row.kind)).or_insert(0) += 1,
                    }
                }
                assert!(found.budget.committed.is_zero());
                assert_eq!(found.budget.available, found.budget.available_then);
            }
            let Some(less) = ended.tried(code, halved(&policy)) else { continue };
            let paid = |found: &Simulation| [found.totals.vouchers.new, found.totals.claims.new];
            for (less, all) in paid(&less).into_iter().zip(paid(&found)) {
                assert!(less <= all, "seed {} run {run} {code}: {less} of {all}", seed());
                lower += u32::from(less < all);
            }
        }
    }
    eprintln!("{same} the same, {other:?} not comparable, {lower} totals lower");
    let apart: u32 = other.values().sum();
    assert!(same > 50 && same > apart && lower > 5, "the world is too poor: {same}, {other:?}, {lower}");
}

const PATH: &str = "/v1/programmes/p/rules/simulate";

#[test]
fn who_gains_and_who_loses_is_said_by_document_and_by_organisation() {
    let caps = json!({"caps": {"annual": {"amount": "30000", "counts": ["issue", "redemption"]}}});
    let city = City::open("try", &rules(caps.clone()), "60000");
    // 20,000.00, then 10,000.00 that the cap leaves of 20,000.00; 20,000.00 for the other
    let first = city.voucher("100000");
    let second = city.voucher("100000");
    let third = city.voucher_of("p", &city.other, "100000");
    let claim = city.approved(&first, "50000", false);
    let ask = |rules: &Value| city.expect(200, PATH, &city.sun, &json!({"rules": rules}));
    let same = ask(&rules(caps.clone()));
    let nothing = json!({"documents": 3, "old": "50000.00", "new": "50000.00", "difference": "0.00", "gained": "0.00",
        "lost": "0.00", "gaining": 0, "losing": 0, "unchanged": 3, "refused": 0, "not_comparable": 0});
    assert_eq!(same["totals"]["vouchers"], nothing);
    assert_eq!(same["budget"]["committed"], "0.00");
    assert_eq!(same["budget"]["available"], "10000.00");
    assert_eq!(same["filed"], json!({"from": "2025-01-01", "until": "2025-12-31"}));

    // 30 %: 30,000.00 for the first, whose cap is used up then; 30,000.00 for the other: exactly what was appropriated
    let more = |ratio: &str, more: Value| {
        let mut rules = rules(more);
        rules["items"][0]["ratio_percent"] = json!(ratio);
        rules
    };
    let found = ask(&more("30", caps.clone()));
    let row = |found: &Value, id: &str| {
        let rows = found["documents"].as_array().unwrap();
        rows.iter().find(|row| row["id"] == id).cloned().unwrap()
    };
    let shown = |row: &Value| ["old", "new", "difference"].map(|part| text(row, &format!("/{part}")));
    assert_eq!(shown(&row(&found, &first)), ["20000.00", "30000.00", "10000.00"]);
    assert_eq!(shown(&row(&found, &second)), ["10000.00", "0.00", "-10000.00"]);
    assert_eq!(row(&found, &second)["refusal"], "annual_cap_exhausted");
    assert_eq!(shown(&row(&found, &third)), ["20000.00", "30000.00", "10000.00"]);
    assert_eq!(shown(&row(&found, &claim)), ["10000.00", "15000.00", "5000.00"]);
    let of = |code: &str| {
        let all = found["organisations"].as_array().unwrap();
        all.iter().find(|one| one["organisation"] == code).cloned().unwrap()
    };
    assert_eq!(of(FIRM)["vouchers"]["difference"], "0.00");
    assert_eq!(of(FIRM)["vouchers"]["gained"], "10000.00");
    assert_eq!(of(OTHER)["vouchers"]["gained"], "10000.00");
    assert_eq!(found["budget"]["sufficient"], true);
    assert_eq!(found["budget"]["available_then"], "0.00");

    // without a cap, 40,000.00 each: the appropriation ends with the second
    let found = ask(&more("40", json!({})));
    assert_eq!(row(&found, &first)["reductions"], json!([]));
    assert_eq!(found["budget"]["sufficient"], false);
    assert_eq!(found["budget"]["ends_on"], "2025-01-02");
    assert_eq!(found["budget"]["available_then"], "-60000.00");
    // a cap of one voucher cuts each, and says so
    let found = ask(&more("40", json!({"caps": {"claim": "25000"}})));
    let cut = json!([{"code": "claim_cap", "clause": "/caps/claim", "amount": "15000.00"}]);
    assert_eq!(row(&found, &third)["reductions"], cut);
    // who is let in no more
    let found = ask(&more("20", json!({"eligibility": {"sizes": ["micro"]}})));
    assert_eq!(row(&found, &first)["refusal"], "not_eligible");
    assert_eq!(found["totals"]["vouchers"]["refused"], 3);
    assert_eq!(row(&found, &claim)["refusal"], "not_eligible");
    // nothing of it is written
    assert_eq!(city.claim(&claim)["amount"], "10000.00");
    city.verifies();
}

#[test]
fn what_is_asked_is_checked_as_a_proposal_is_and_limited_to_days_and_kinds() {
    let city = City::open("asked", &rules(json!({})), "60000");
    let voucher = city.voucher("100000");
    let claim = city.approved(&voucher, "50000", false);
    let body = |more: Value| {
        let mut body = json!({"rules": rules(json!({}))});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    // a proposal as it would be sent
    let whole = body(json!({"kind": "claim", "effective_from": "2025-03-01", "reason": "提高比例"}));
    let found = city.expect(200, PATH, &city.lin, &whole);
    let ids: Vec<&Value> = found["documents"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(ids, [&json!(claim)]);
    let before = json!({"filed": {"from": "2024-01-01", "until": "2024-12-31"}});
    let found = city.expect(200, PATH, &city.chen, &body(before));
    assert_eq!(found["documents"], json!([]));
    // a draft or nothing at all is not there
    assert_eq!(
        city.refused(404, "/v1/programmes/q/rules/simulate", &city.lin, &body(json!({}))),
        "not_found"
    );
    let refused = |body: &Value| city.refused(422, PATH, &city.lin, body);
    assert_eq!(
        refused(&body(json!({"filed": {"from": "2025-02-01", "until": "2025-01-01"}}))),
        "invalid_window"
    );
    assert_eq!(refused(&json!({"rules": {"items": []}})), "rules_field_missing");
    assert_eq!(
        refused(&json!({"rules": rules(json!({"points": {"max": "1"}}))})),
        "rules_field_not_applicable"
    );
    assert_eq!(
        refused(&json!({"rules": rules(json!({"caps": {"groups": ["nobody"]}}))})),
        "cap_group_unknown"
    );
    assert_eq!(refused(&body(json!({"effective_from": "1999-01-01"}))), "window_closed");
    assert_eq!(refused(&json!({})), "missing_field");
    assert_eq!(city.refused(403, PATH, &city.firm, &body(json!({}))), "forbidden");
    // as a file
    let csv = city.post(&format!("{PATH}?format=csv"), &city.sun, &body(json!({}))).expect(200);
    assert!(csv.text.contains(&claim) && csv.text.contains("difference"), "{}", csv.text);
    let code = city.post(&format!("{PATH}?format=pdf"), &city.sun, &body(json!({})));
    assert_eq!(text(&code.expect(422).json(), "/code"), "format_not_supported");
}

#[test]
fn claims_of_rentals_and_of_interest_are_tried_too() {
    let city = City::open("rented", &rules(json!({})), "10");
    let whole = json!({"items": [{"item": "compute", "ratio_percent": "20"}]});
    city.programme_of("rental_subsidy", "r", &whole, "9000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("R-1", "90000"));
    city.move_to("2025-07-01");
    let rent = |month: u8| {
        json!({"kind": "rental_subsidy", "programme": "r", "rental_id": contract,
            "period": {"from": format!("2025-0{month}-01"), "until": format!("2025-0{}-01", month + 1)},
            "settlement": [{"item": "compute", "amount": "10000"}]})
    };
    let claims: Vec<String> = (1..=3).map(|month| city.filed(&city.firm, &rent(month))).collect();
    city.pass(&claims[0]);
    city.pass(&claims[1]);
    let ask = |rules: Value| {
        city.expect(200, "/v1/programmes/r/rules/simulate", &city.lin, &json!({"rules": rules}))
    };
    let found = ask(whole.clone());
    assert_eq!(found["totals"]["claims"]["unchanged"], 3);
    // a cap that was none: what those before it take counts
    let mut capped = whole;
    capped["caps"] = json!({"annual": {"amount": "3000", "counts": ["redemption"]}});
    let found = ask(capped);
    let new: Vec<String> =
        found["documents"].as_array().unwrap().iter().map(|row| text(row, "/new")).collect();
    // what waits comes after what was approved
    assert_eq!(new, ["2000.00", "1000.00", "0.00"]);
    assert_eq!(found["documents"][2]["refusal"], "annual_cap_exhausted");
    assert_eq!(found["budget"]["committed"], "-1000.00");
}

#[test]
fn what_was_filed_later_was_not_there_and_what_a_bank_deducts_is_not_committed() {
    let city = City::open("later", &rules(json!({})), "10");
    let mut own = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "stacking": "allow"});
    city.programme_of("rental_subsidy", "r", &own, "9000000");
    city.programme_of("rental_subsidy", "q", &own, "9000000");
    let contract = city.create("/v1/rentals", &city.firm, &rental("R-1", "90000"));
    city.move_to("2025-07-01");
    let rent = |programme: &str, [from, until]: [&str; 2]| {
        json!({"kind": "rental_subsidy", "programme": programme, "rental_id": contract,
            "period": {"from": from, "until": until}, "settlement": [{"item": "compute", "amount": "10000"}]})
    };
    city.passed(&rent("r", ["2025-01-01", "2025-02-01"]));
    city.passed(&rent("q", ["2025-01-01", "2025-02-01"]));
    city.passed(&rent("r", ["2025-02-01", "2025-03-01"]));
    own["stacking"] = json!("exclusive");
    let ask = |programme: &str, rules: &Value| {
        let path = format!("/v1/programmes/{programme}/rules/simulate");
        city.expect(200, &path, &city.lin, &json!({"rules": rules}))
    };
    let found = ask("r", &own);
    let refusals: Vec<_> = found["documents"].as_array().unwrap().iter().map(|row| &row["refusal"]).collect();
    assert_eq!(
        refusals,
        [&Value::Null, &json!("contract_already_used")],
        "the other was there for the second alone"
    );
    // what was paid ahead was committed with it
    city.organisations(&city.lin, &[(BANK, "某银行")]);
    let ahead = interest_rules(&json!({"payee": "bank", "prefund": true}));
    city.programme_of("interest_subsidy", "i", &ahead, "1000000");
    let body = json!({"programme": "i", "bank": BANK, "amount": "200000", "fiscal_year": 2025, "document": "预拨1号"});
    let prefund = city.create("/v1/prefunds", &city.lin, &body);
    city.expect(200, &format!("/v1/prefunds/{prefund}/approve"), &city.chen, &json!({}));
    let loan = city.loan("L-1", BANK, "20000000");
    city.passed(&interest("i", &loan, ["2025-01-01", "2025-02-01"], "50000"));
    let less = ask("i", &merged(ahead, &json!({"points": {"max": "1"}})));
    assert_ne!(less["totals"]["claims"]["difference"], json!("0.00"));
    assert_eq!(less["budget"]["committed"], json!("0.00"));
    assert_eq!(less["budget"]["available_then"], less["budget"]["available"]);
}
