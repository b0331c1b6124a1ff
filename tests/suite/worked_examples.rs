//! The worked examples of the ratio instruments, to the fen: what is computed, what cuts it, and where each fen goes.

use crate::support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::*;
use subsidy_core::organisations::{Category, Organisation, Standing};
use subsidy_core::programmes::calculation::{
    Calculation, CalculationError, CapUse, Inputs, Question, ReductionCode, sheet,
};
use subsidy_core::programmes::cap_use::CapUses;
use subsidy_core::programmes::eligibility::CaseTags;
use subsidy_core::programmes::policy::{
    AnnualCap, Base, Caps, ItemRatio, Share, Stacking, Tier, TierCaps, TierWhen,
};
use subsidy_core::programmes::stacking::{Levels, Stacked};
use subsidy_core::programmes::{Applicant, Counts, Level, Policy, SettledLine};
use subsidy_core::rentals::Rental;
use subsidy_core::rentals::allocations::{ContractAllocation, ContractAllocations, ContractHolder};
use subsidy_core::tags::{HeldTag, HeldTags, TagName};
use subsidy_core::vouchers::{VoucherError, rules};
use support::world::{date, instant, label, line, organisation, percent, programme, version};
use uuid::Uuid;

fn revision() -> Revision {
    Revision { created: Sequence::new(1), version: Sequence::new(1), updated_at: instant(0) }
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

/// `compute 20`, or `compute 50/60` where a start-up has a ratio of its own; several are parted by commas.
fn items(text: &str) -> Option<Vec<ItemRatio>> {
    let item = |text: &str| {
        let (item, ratio) = text.split_once(' ').expect("an item and its ratio");
        let (ratio, startup) = ratio.split_once('/').map_or((ratio, None), |(r, s)| (r, Some(s)));
        ItemRatio {
            item: label(item),
            ratio_percent: Some(percent(ratio)),
            startup_ratio_percent: startup.map(percent),
            unit_price: None,
            unit: None,
        }
    };
    Some(text.split(", ").map(item).collect())
}

/// `compute 1000.00`, with ` 6` behind it for a tax of 6 %.
fn lines(text: &str) -> Vec<SettledLine> {
    let one = |text: &str| {
        let mut words = text.split(' ');
        let mut word = || words.next();
        let item = label(word().expect("an item"));
        SettledLine::new(item, amount(word().expect("an amount")), word().map(percent))
    };
    text.split(", ").map(one).collect()
}

/// What the voucher is computed from, beside rules and lines.
#[derive(Default)]
struct Case<'a> {
    startup: bool,
    used_in_year: &'a str,
    used_in_all: &'a str,
    uses: ContractAllocations,
    tags: HeldTags,
}

impl Case<'_> {
    fn calculate(&self, policy: Policy, contract: &str) -> Result<Calculation, CalculationError> {
        let rules = version(policy);
        let firm = Organisation {
            credit_code: organisation(1),
            name: line("单位"),
            category: Category::PrivateEnterprise,
            size: None,
            startup: self.startup,
            region: None,
            controller: None,
            related: Vec::new(),
            bank_account: None,
            account_change: None,
            account_since: None,
            status: Standing::Active,
            reason: None,
            created_by: "officer-1".parse().expect("a subject"),
            revision: revision(),
        };
        let lines = lines(contract);
        let rental = Rental {
            id: RentalId::new(Uuid::nil()),
            organisation: organisation(1),
            provider: organisation(2),
            contract_no: line("合同1"),
            signed_on: date("2025-01-01"),
            from: date("2025-01-01"),
            until: date("2025-12-31"),
            order_no: None,
            scenario: None,
            total: Money::sum(lines.iter().map(|l| l.amount.money())).expect("a sum"),
            lines,
            created_by: "officer-1".parse().expect("a subject"),
            revision: revision(),
        };
        let used = |text: &str| if text.is_empty() { Money::ZERO } else { money(text) };
        let facts = rules::Facts {
            rules: &rules,
            applicant: Applicant {
                organisation: &firm,
                supplier: &firm,
                investment: None,
                tags: CaseTags { organisation: Some(&self.tags), ..CaseTags::default() },
                filed: date("2025-05-15"),
                today: date("2025-05-15"),
            },
            rental: &rental,
            uses: &self.uses,
            used: &CapUses {
                in_year: used(self.used_in_year),
                in_all: used(self.used_in_all),
                groups: Vec::new(),
            },
            prorated: None,
            declared: None,
            assessment: None,
            overrides: &[],
            day: date("2025-05-15"),
        };
        rules::calculate(own(), 1, &facts)
    }
}

fn own() -> VoucherId {
    VoucherId::new(Uuid::max())
}

fn plain(text: &str) -> Policy {
    Policy { items: items(text), ..Policy::default() }
}

fn annual(cap: &str) -> Option<AnnualCap> {
    Some(AnnualCap {
        amount: amount(cap),
        counts: vec![Counts::Issue, Counts::Redemption],
        released: None,
        year: None,
    })
}

fn rounded(mode: RoundingMode, scope: RoundingScope) -> Rounding {
    Rounding { mode, scope, ..Rounding::default() }
}

/// `computed − code by − code by = amount`
fn shown(sheet: &Calculation) -> String {
    let code =
        |code: ReductionCode| serde_json::to_value(code).expect("a code").as_str().expect("text").to_owned();
    let cuts: String = sheet.reductions.iter().map(|r| format!(" − {} {}", code(r.code), r.amount)).collect();
    format!("{}{cuts} = {}", sheet.computed, sheet.amount)
}

fn parts(sheet: &Calculation) -> Vec<String> {
    sheet.lines.iter().map(|line| line.subsidy.to_string()).collect()
}

#[test]
fn e1_a_voucher_is_20_percent_of_its_contract_within_two_million_a_year() {
    let rules =
        || Policy { caps: Caps { annual: annual("2000000"), ..Caps::default() }, ..plain("compute 20") };
    for (used, contract, expected) in [
        ("", "compute 6800000.00", "1360000.00 = 1360000.00"),
        ("1360000.00", "compute 4500000.00", "900000.00 − annual_cap 260000.00 = 640000.00"),
        ("1360000.00", "compute 3200000.00", "640000.00 = 640000.00"),
        ("1999999.99", "compute 3200000.00", "640000.00 − annual_cap 639999.99 = 0.01"),
    ] {
        let case = Case { used_in_year: used, ..Case::default() };
        assert_eq!(shown(&case.calculate(rules(), contract).expect("a sheet")), expected);
    }
    let case = Case { used_in_year: "2000000.00", ..Case::default() };
    assert_eq!(
        case.calculate(rules(), "compute 4500000.00"),
        Err(CalculationError::AnnualCapExhausted { cap: money("2000000"), used: money("2000000") })
    );
}

#[test]
fn e1_a_second_voucher_on_the_same_contract_is_refused_until_the_first_is_given_back() {
    let rules = Policy { one_per_contract: Some(true), ..plain("compute 20") };
    let first = VoucherId::new(Uuid::nil());
    let mut uses = ContractAllocations::default();
    assert_eq!(rules::contract_free(own(), (&programme(0), Level::City), &rules, &uses), Ok(()));
    let contract_use = |live| ContractAllocation {
        programme: programme(0),
        amount: money("1"),
        stacked: Stacked::default(),
        live,
        settled: None,
    };
    uses.insert(ContractHolder::Voucher(first), contract_use(true));
    assert_eq!(
        rules::contract_free(own(), (&programme(0), Level::City), &rules, &uses),
        Err(VoucherError::ContractAlreadyUsed {
            by: ContractHolder::Voucher(first),
            programme: programme(0)
        })
    );
    assert_eq!(
        rules::contract_free(first, (&programme(0), Level::City), &rules, &uses),
        Ok(()),
        "a voucher is not in its own way"
    );
    uses.insert(ContractHolder::Voucher(first), contract_use(false));
    assert_eq!(rules::contract_free(own(), (&programme(0), Level::City), &rules, &uses), Ok(()));
}

#[test]
fn what_another_programme_pays_for_a_contract_is_refused_taken_off_or_let_be() {
    let other = |exclusive| ContractAllocation {
        programme: programme(9),
        amount: money("30.00"),
        stacked: Stacked {
            refuses: if exclusive { Levels::ALL } else { Levels::NONE },
            ..Stacked::default()
        },
        live: true,
        settled: None,
    };
    let uses = |exclusive| {
        ContractAllocations::from_iter([(
            ContractHolder::Voucher(VoucherId::new(Uuid::nil())),
            other(exclusive),
        )])
    };
    let rules = |stacking: Stacking| Policy { stacking: stacking.into(), ..plain("compute 20") };
    for (stacking, exclusive, free) in [
        (Stacking::Exclusive, false, false),
        (Stacking::NetOff, false, true),
        (Stacking::Allow, false, true),
        (Stacking::NetOff, true, false),
        (Stacking::Allow, true, false),
    ] {
        let answer =
            rules::contract_free(own(), (&programme(0), Level::City), &rules(stacking), &uses(exclusive));
        assert_eq!(answer.is_ok(), free, "{stacking:?} beside exclusive: {exclusive}");
    }
    let case = || Case { uses: uses(false), ..Case::default() };
    let calculated = |stacking, contract: &str| case().calculate(rules(stacking), contract);
    assert_eq!(shown(&calculated(Stacking::Allow, "compute 1000").expect("a sheet")), "200.00 = 200.00");
    assert_eq!(
        shown(&calculated(Stacking::NetOff, "compute 1000").expect("a sheet")),
        "200.00 − net_off 30.00 = 170.00"
    );
    assert_eq!(calculated(Stacking::NetOff, "compute 150"), Err(CalculationError::NothingToPay));
}

#[test]
fn e2_what_is_settled_is_rounded_once_and_cut_by_what_is_left() {
    for (mode, expected) in [(RoundingMode::HalfUp, "1024691.36"), (RoundingMode::Down, "1024691.35")] {
        let policy = Policy { rounding: rounded(mode, RoundingScope::Claim), ..plain("compute 20") };
        let sheet = Case::default().calculate(policy, "compute 5123456.78").expect("a sheet");
        assert_eq!(
            (sheet.exact.to_string().as_str(), sheet.amount.to_string().as_str()),
            ("1024691.356", expected)
        );
    }
}

#[test]
fn e3_a_start_up_has_a_ratio_of_its_own_within_the_same_cap() {
    let rules =
        || Policy { caps: Caps { annual: annual("10000000"), ..Caps::default() }, ..plain("compute 50/60") };
    for (startup, expected) in
        [(false, "9382716.05 = 9382716.05"), (true, "11259259.26 − annual_cap 1259259.26 = 10000000.00")]
    {
        let case = Case { startup, ..Case::default() };
        let sheet = case.calculate(rules(), "compute 18765432.10").expect("a sheet");
        assert_eq!(shown(&sheet), expected);
        assert_eq!(sheet.lines[0].ratio_percent, Some(percent(if startup { "60" } else { "50" })));
    }
    let case = Case { startup: true, ..Case::default() };
    let sheet = case.calculate(plain("compute 50"), "compute 100").expect("a sheet");
    assert_eq!(shown(&sheet), "50.00 = 50.00", "without a ratio of its own a start-up has everybody's");
}

#[test]
fn e4_and_its_kin_are_rounded_as_the_rules_say() {
    use RoundingMode::{Down, HalfEven, HalfUp};
    use RoundingScope::{Claim, Line};
    for (ratio, contract, mode, scope, expected) in [
        ("60", "compute 833333.33", HalfUp, Claim, "500000.00"), // 499,999.998
        ("60", "compute 833333.33", Down, Claim, "499999.99"),
        ("50", "compute 0.01", HalfUp, Claim, "0.01"), // 0.005
        ("50", "compute 0.03", HalfUp, Claim, "0.02"), // 0.015
        ("50", "compute 0.03", HalfEven, Claim, "0.02"),
        ("50", "compute 0.05", HalfEven, Claim, "0.02"), // 0.025
        ("50", "compute 0.05", HalfUp, Claim, "0.03"),
        // three lines of 0.005: once they are 0.015, one by one 0.01 each
        ("50", "compute 0.01, compute 0.01, compute 0.01", HalfUp, Claim, "0.02"),
        ("50", "compute 0.01, compute 0.01, compute 0.01", HalfUp, Line, "0.03"),
        ("50", "compute 0.01, compute 0.03, compute 0.01", HalfEven, Line, "0.02"),
        ("50", "compute 0.03, compute 0.03, compute 0.01", Down, Line, "0.02"),
        ("50", "compute 0.03, compute 0.03, compute 0.01", Down, Claim, "0.03"),
    ] {
        let policy = Policy { rounding: rounded(mode, scope), ..plain(&format!("compute {ratio}")) };
        let sheet = Case::default().calculate(policy, contract).expect("a sheet");
        assert_eq!(sheet.amount.to_string(), expected, "{ratio} % of {contract}, {mode:?}, {scope:?}");
        assert_eq!(sheet.rounding, rounded(mode, scope));
    }
    for (mode, scope, contract) in [
        (Down, Claim, "compute 0.01"),
        (HalfEven, Claim, "compute 0.01"),
        (Down, Line, "compute 0.01, compute 0.01"),
    ] {
        let policy = Policy { rounding: rounded(mode, scope), ..plain("compute 50") };
        assert_eq!(
            Case::default().calculate(policy, contract),
            Err(CalculationError::NothingToPay),
            "{mode:?} {contract}"
        );
    }
}

#[test]
fn e6_a_base_without_tax_is_each_line_divided_by_one_and_its_tax() {
    for (base, contract, expected) in [
        (Base::TaxExclusive, "compute 1060000.00 6", "1000000.00 → 300000.00"),
        (Base::TaxInclusive, "compute 1060000.00 6", "1060000.00 → 318000.00"),
        (Base::TaxExclusive, "compute 2345678.91 6", "2212904.63 → 663871.39"),
        (Base::TaxExclusive, "compute 113.00 13", "100.00 → 30.00"),
        (Base::TaxExclusive, "compute 100.00 0", "100.00 → 30.00"),
    ] {
        let policy = Policy { base: Some(base), ..plain("compute 30") };
        let sheet = Case::default().calculate(policy, contract).expect("a sheet");
        assert_eq!(format!("{} → {}", sheet.lines[0].base, sheet.amount), expected, "{base:?} {contract}");
    }
    let policy = || Policy { base: Some(Base::TaxExclusive), ..plain("compute 30") };
    assert_eq!(
        Case::default().calculate(policy(), "compute 100.00"),
        Err(CalculationError::TaxPercentMissing { item: label("compute") })
    );
    // a line that is not paid for needs no tax rate
    let sheet = Case::default().calculate(policy(), "compute 106.00 6, network 50.00").expect("a sheet");
    assert_eq!(parts(&sheet), ["30.00", "0.00"]);
}

#[test]
fn e7_an_item_that_is_not_listed_counts_nothing_and_is_shown() {
    let contract = "compute 2400000.00, storage 180000.00, network 45500.50";
    let sheet = Case::default().calculate(plain("compute 20"), contract).expect("a sheet");
    assert_eq!(sheet.amount, money("480000.00"));
    let shown: Vec<_> =
        sheet.lines.iter().map(|l| (l.eligible, l.base.to_string(), l.ratio_percent.is_some())).collect();
    let nothing = || (false, "0.00".to_owned(), false);
    assert_eq!(shown, [(true, "2400000.00".to_owned(), true), nothing(), nothing()]);
    assert_eq!(parts(&sheet), ["480000.00", "0.00", "0.00"]);
}

#[test]
fn lines_after_a_cap_are_apportioned_by_largest_remainder_ties_to_the_earlier_line() {
    let three = "model_service 30, compute 30, storage 20";
    for (ratios, contract, cap, expected) in [
        // a third each: the odd fen goes to the first
        ("compute 50", "compute 100, compute 100, compute 100", "100.00", ["33.34", "33.33", "33.33"]),
        ("compute 50", "compute 100, compute 100, compute 100", "100.01", ["33.34", "33.34", "33.33"]),
        // 300 : 300 : 200 of 0.05 is 1.875, 1.875, 1.25 fen: two fen are left for the larger remainders
        (three, "model_service 1000, compute 1000, storage 1000", "0.05", ["0.02", "0.02", "0.01"]),
        // 3 : 300 : 200 of 1.00: 0.596, 59.64, 39.76: the fen goes to storage, then to compute
        (three, "model_service 10, compute 1000, storage 1000", "1.00", ["0.00", "0.60", "0.40"]),
        // what is not paid for gets nothing of the odd fen either
        ("compute 50", "network 100, compute 100, compute 100", "0.01", ["0.00", "0.01", "0.00"]),
    ] {
        let caps = Caps { claim: Some(amount(cap)), ..Caps::default() };
        let sheet = Case::default().calculate(Policy { caps, ..plain(ratios) }, contract).expect("a sheet");
        assert_eq!(sheet.amount, money(cap));
        assert_eq!(parts(&sheet), expected, "{ratios} of {contract} up to {cap}");
    }
}

#[test]
fn lines_that_nothing_cuts_sum_to_what_is_rounded_once() {
    // 0.005 each: 0.015 in all is 0.02; the fen go to the earlier lines
    let sheet = Case::default().calculate(plain("compute 50"), "compute 0.01, compute 0.01, compute 0.01");
    assert_eq!(parts(&sheet.expect("a sheet")), ["0.01", "0.01", "0.00"]);
    let by_line =
        Policy { rounding: rounded(RoundingMode::HalfUp, RoundingScope::Line), ..plain("compute 50") };
    let sheet =
        Case::default().calculate(by_line, "compute 0.01, compute 3.01, compute 0.01").expect("a sheet");
    assert_eq!(parts(&sheet), ["0.01", "1.51", "0.01"]);
}

#[test]
fn caps_cut_in_their_order_and_each_cut_is_on_the_sheet() {
    let rules = |claim: &str, lifetime: &str, cap: &str| Policy {
        caps: Caps {
            claim: Some(amount(claim)),
            lifetime: Some(amount(lifetime)),
            annual: annual(cap),
            ..Caps::default()
        },
        ..plain("compute 100")
    };
    for (claim, (lifetime, in_all), (cap, in_year), expected) in [
        (
            "900",
            ("1500", "800"),
            ("1000", "500"),
            "1000.00 − claim_cap 100.00 − lifetime_cap 200.00 − annual_cap 200.00 = 500.00",
        ),
        ("900", ("1500", "200"), ("1000", "200"), "1000.00 − claim_cap 100.00 − annual_cap 100.00 = 800.00"),
        ("5000", ("1500", "900"), ("1000", ""), "1000.00 − lifetime_cap 400.00 = 600.00"),
        ("5000", ("1500", ""), ("1000", ""), "1000.00 = 1000.00"),
    ] {
        let case = Case { used_in_all: in_all, used_in_year: in_year, ..Case::default() };
        assert_eq!(
            shown(&case.calculate(rules(claim, lifetime, cap), "compute 1000").expect("a sheet")),
            expected
        );
    }
    let exhausted =
        |cap: &str, used: &str| CalculationError::AnnualCapExhausted { cap: money(cap), used: money(used) };
    for (claim, (lifetime, in_all), (cap, in_year), expected) in [
        // the lifetime cap comes first: what it leaves at nothing is no fault of the year's
        ("900", ("1500", "1500"), ("1000", "1000"), CalculationError::NothingToPay),
        ("900", ("1500", "1600"), ("1000", ""), CalculationError::NothingToPay),
        ("900", ("1500", "800"), ("1000", "1000"), exhausted("1000", "1000")),
        // a cap that was lowered below what is used leaves nothing, and nothing less
        ("900", ("5000", ""), ("1000", "1200"), exhausted("1000", "1200")),
    ] {
        let case = Case { used_in_all: in_all, used_in_year: in_year, ..Case::default() };
        assert_eq!(case.calculate(rules(claim, lifetime, cap), "compute 1000"), Err(expected));
    }
}

#[test]
fn a_cap_that_counts_redemptions_alone_does_not_cut_an_issue() {
    let only =
        AnnualCap { amount: amount("10"), counts: vec![Counts::Redemption], released: None, year: None };
    let rules = Policy { caps: Caps { annual: Some(only), ..Caps::default() }, ..plain("compute 20") };
    let case = Case { used_in_year: "10.00", ..Case::default() };
    let sheet = case.calculate(rules, "compute 1000").expect("a sheet");
    assert_eq!((shown(&sheet).as_str(), sheet.inputs.annual), ("200.00 = 200.00", None));
}

#[test]
fn what_comes_to_nothing_says_why() {
    let with = |minimum: Option<&str>, cap: Option<&str>| Policy {
        caps: Caps { minimum_base: minimum.map(amount), annual: cap.and_then(annual), ..Caps::default() },
        ..plain("compute 20")
    };
    let below = |base: &str| CalculationError::BelowMinimum { base: money(base), minimum: money("100") };
    let unknown = || {
        let items = |name: &str| BTreeSet::from([label(name)]);
        CalculationError::ItemsUnknown { items: items("network"), known: items("compute") }
    };
    for (policy, contract, expected) in [
        (with(None, None), "network 1000.00", unknown()),
        (with(None, None), "compute 0.02", CalculationError::NothingToPay), // 0.004
        // used up or not, a cap does not answer for what was nothing before
        (with(None, Some("1")), "network 1000.00", unknown()),
        (with(Some("100"), None), "compute 99.99", below("99.99")),
        (with(Some("100"), None), "compute 99.99, network 5000.00", below("99.99")),
        (with(Some("100"), Some("1")), "network 1000.00", below("0")),
    ] {
        let case = Case { used_in_year: "1.00", ..Case::default() };
        assert_eq!(case.calculate(policy, contract), Err(expected), "{contract}");
    }
    let sheet =
        Case::default().calculate(with(Some("100"), None), "compute 60.00, compute 40.00").expect("a sheet");
    assert_eq!(shown(&sheet), "20.00 = 20.00", "the minimum itself is enough");
}

#[test]
fn shares_sum_to_the_amount_with_the_odd_fen_to_the_largest_remainder() {
    for (levels, contract, expected) in [
        ("city 50, district 50", "compute 0.01", "city 0.01, district 0.00"),
        ("city 50, district 50", "compute 100.01", "city 50.01, district 50.00"),
        (
            "central 33.333333, city 33.333333, district 33.333334",
            "compute 100",
            "central 33.33, city 33.33, district 33.34",
        ),
        ("city 40, district 60", "compute 0.01", "city 0.00, district 0.01"),
        ("city 100, district 0", "compute 7.77", "city 7.77, district 0.00"),
    ] {
        let share = |text: &str| {
            let (level, part) = text.split_once(' ').expect("a level and its percentage");
            Share { level: label(level), percent: percent(part) }
        };
        let policy = Policy { shares: Some(levels.split(", ").map(share).collect()), ..plain("compute 100") };
        let sheet = Case::default().calculate(policy, contract).expect("a sheet");
        let shown: Vec<String> = sheet.shares.iter().map(|s| format!("{} {}", s.level, s.amount)).collect();
        assert_eq!(shown.join(", "), expected, "{levels} of {contract}");
    }
}

#[test]
fn a_sheet_is_a_function_of_its_frozen_inputs() {
    let caps = Caps { claim: Some(amount("500")), annual: annual("10000"), ..Caps::default() };
    let rules = version(Policy { caps, ..plain("compute 50/60") });
    let lines = lines("compute 1234.56, network 5.00");
    let inputs = Inputs {
        startup: true,
        base: Some(Base::TaxInclusive),
        claim_cap: Some(money("500")),
        annual: Some(CapUse::new(Some(date("2025-01-01").year()), money("10000"), money("9800"))),
        ..Inputs::default()
    };
    let ask = |version| {
        sheet(Question {
            rules: &rules,
            policy: &rules.rules,
            tier: None,
            lines: &lines,
            version,
            inputs: inputs.clone(),
        })
        .expect("a sheet")
    };
    let first = ask(1);
    assert_eq!(shown(&first), "740.74 − claim_cap 240.74 − annual_cap 300.00 = 200.00");
    assert_eq!(Calculation { version: 2, ..first.clone() }, ask(2));
    let text = canonical::encode(&first).expect("canonical");
    assert_eq!(canonical::decode::<Calculation>(&text).expect("it reads back"), first);
}

/// A tier with this ratio of compute, up to this claim cap, for a base above and up to.
fn tier(when: TierWhen, ratio: &str, cap: Option<&str>) -> Tier {
    let caps = cap.map(|cap| TierCaps { claim: Some(amount(cap)), ..TierCaps::default() });
    Tier { when, items: items(&format!("compute {ratio}")), points: None, caps }
}

#[test]
fn the_first_tier_that_holds_takes_the_whole_base() {
    // investment subsidies by size: up to 5 million 10 %, at most 300,000.00; up to 10 million, at most 600,000.00
    let sized = |above: Option<&str>, up_to: Option<&str>| TierWhen {
        base_above: above.map(amount),
        base_up_to: up_to.map(amount),
        ..TierWhen::default()
    };
    let policy = |required: Option<bool>| Policy {
        tiers: Some(vec![
            tier(sized(None, Some("5000000")), "10", Some("300000")),
            tier(sized(Some("5000000"), Some("10000000")), "10", Some("600000")),
        ]),
        tier_required: required,
        ..plain("compute 5")
    };
    for (contract, number, expected) in [
        ("compute 1000000", Some(1), "100000.00 = 100000.00"),
        ("compute 5000000", Some(1), "500000.00 − claim_cap 200000.00 = 300000.00"),
        ("compute 5000000.01", Some(2), "500000.00 = 500000.00"),
        ("compute 10000000", Some(2), "1000000.00 − claim_cap 400000.00 = 600000.00"),
        ("compute 10000000.01", None, "500000.00 = 500000.00"),
        // what the rules' own items do not name is no part of the base
        ("compute 5000000, network 900000", Some(1), "500000.00 − claim_cap 200000.00 = 300000.00"),
    ] {
        let sheet = Case::default().calculate(policy(None), contract).expect("a sheet");
        assert_eq!((sheet.tier, shown(&sheet).as_str()), (number, expected), "{contract}");
    }
    let refused = Case::default().calculate(policy(Some(true)), "compute 10000000.01");
    assert_eq!(refused, Err(CalculationError::NoTier));
    // a new champion: 10 million a year in place of 2
    let name = |text: &str| TagName::parse(text).expect("a tag");
    let champion = TierWhen { tags_any: Some(vec![name("champion")]), ..TierWhen::default() };
    let caps = TierCaps { annual: annual("10000000"), ..TierCaps::default() };
    let champion = Tier { when: champion, items: None, points: None, caps: Some(caps) };
    let caps = Caps { annual: annual("2000000"), ..Caps::default() };
    let rules = Policy { caps, tiers: Some(vec![champion]), ..plain("compute 50") };
    let held = |from: &str, until: Option<&str>| {
        let held = HeldTag { tag: name("champion"), from: date(from), until: until.map(date) };
        Case { tags: HeldTags::from([(TagId::new(Uuid::nil()), held)]), ..Case::default() }
    };
    for (case, expected) in [
        (held("2025-05-15", Some("2025-05-15")), "5000000.00 = 5000000.00"),
        (held("2025-05-16", None), "5000000.00 − annual_cap 3000000.00 = 2000000.00"),
        (held("2024-01-01", Some("2025-05-14")), "5000000.00 − annual_cap 3000000.00 = 2000000.00"),
    ] {
        let sheet = case.calculate(rules.clone(), "compute 10000000").expect("a sheet");
        assert_eq!(shown(&sheet), expected);
        let lists = sheet.inputs.lists.expect("lists are read");
        assert_eq!(lists.organisation.len(), usize::from(sheet.tier.is_some()));
    }
}

proptest! {
    #[test]
    fn whatever_tier_holds_lines_and_shares_sum_to_the_amount_and_the_rest_of_the_rules_stays(
        lines in proptest::collection::vec((0_usize..3, 1_i64..2_000_000_000), 1..6),
        tiers in proptest::collection::vec(
            (0_i64..2_000_000_000, 1_u8..=100, proptest::option::of(1_i64..500_000_000), any::<bool>()), 0..5),
        own in 1_u8..=100,
        city in 0_u8..=100,
        scope in prop_oneof![Just(RoundingScope::Claim), Just(RoundingScope::Line)],
    ) {
        let fen = |fen: i64| amount(&Money::from_fen(fen).to_string());
        let made = |(above, ratio, cap, startup): &(i64, u8, Option<i64>, bool)| Tier {
            when: TierWhen {
                base_above: Some(fen(above + 1)),
                startup: startup.then_some(false),
                ..TierWhen::default()
            },
            items: items(&format!("compute {ratio}, storage {ratio}")),
            points: None,
            caps: Some(TierCaps { claim: cap.map(fen), ..TierCaps::default() }),
        };
        let level = |level: &str, part: u8| Share { level: label(level), percent: percent(&part.to_string()) };
        let policy = Policy {
            rounding: rounded(RoundingMode::HalfUp, scope),
            shares: Some(vec![level("city", city), level("district", 100 - city)]),
            tiers: (!tiers.is_empty()).then(|| tiers.iter().map(made).collect()),
            ..plain(&format!("compute {own}"))
        };
        let name = |item: usize| ["compute", "storage", "network"][item];
        let contract: Vec<_> =
            lines.iter().map(|(item, of)| format!("{} {}", name(*item), Money::from_fen(*of))).collect();
        let base: i64 = lines.iter().filter(|(item, _)| *item == 0).map(|(_, fen)| fen).sum();
        let holds = tiers.iter().position(|(above, ..)| base > above + 1);
        let number = holds.map(|index| u32::try_from(index + 1).unwrap());
        let case = Case::default();
        let Ok(sheet) = case.calculate(policy.clone(), &contract.join(", ")) else { return Ok(()) };
        prop_assert_eq!(sheet.tier, number);
        let sum = |parts: Vec<Money>| Money::sum(parts).unwrap();
        prop_assert_eq!(sum(sheet.lines.iter().map(|line| line.subsidy).collect()), sheet.amount);
        prop_assert_eq!(sum(sheet.shares.iter().map(|share| share.amount).collect()), sheet.amount);
        let cut = sum(sheet.reductions.iter().map(|cut| cut.amount).collect());
        prop_assert_eq!(sheet.amount.plus(cut), Ok(sheet.computed));
        let under = policy.under(number).into_owned();
        let cap = holds.and_then(|index| tiers[index].2).map(fen);
        prop_assert_eq!(under.caps.claim, cap);
        let restored = Policy { items: policy.items.clone(), caps: policy.caps.clone(), ..under };
        prop_assert_eq!(restored, policy);
    }
}
