//! Interest subsidies against an independent reckoning: day by day, in big rationals, from the text of the rule, as the tier of
//! who asks has it; and which loans are too dear, by their tenor.
//!
//! 20,000 random questions for each way of counting days, 100,000 in all. The seed is printed; give it in
//! `SUBSIDY_LEDGER_SEED` to have a failure again.

mod day_by_day;
mod questions;
mod tiers;

use day_by_day::{Reckoned, admitted, reckon};
use num_bigint::BigInt;
use num_rational::BigRational;
use questions::{Drawn, draw};
use rand::SeedableRng;
use rand::rngs::StdRng;
use subsidy_core::domain::DayCount;
use subsidy_core::loans::subsidy::{Subsidy, compute};

use crate::support::seed::seed;

const CASES: u32 = 20_000;

/// The first twenty decimals, with two at least and no zeros after them.
fn decimals(exact: &BigRational) -> String {
    let scale = BigInt::from(10).pow(20);
    let digits = (exact * BigRational::from_integer(scale)).to_integer().to_string();
    let digits = format!("{digits:0>21}");
    let (whole, part) = digits.split_at(digits.len() - 20);
    format!("{whole}.{:0<2}", part.trim_end_matches('0'))
}

fn fen(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

/// Everything on the sheet is what the reckoning says.
fn agree(found: &Subsidy, expected: &Reckoned, drawn: &Drawn) {
    assert_eq!(found.exact.to_string(), decimals(&expected.exact));
    assert_eq!(found.computed.to_string(), fen(expected.computed));
    assert_eq!(found.amount.to_string(), fen(expected.amount));
    let reductions: Vec<_> = found
        .reductions
        .iter()
        .map(|r| (serde_json::to_value(r.code).unwrap().as_str().unwrap().to_owned(), r.amount.fen()))
        .collect();
    let named: Vec<_> = expected.reductions.iter().map(|(code, by)| ((*code).to_owned(), *by)).collect();
    assert_eq!(reductions, named);
    let shares: Vec<i64> = found.shares.iter().map(|share| share.amount.fen()).collect();
    assert_eq!(shares, expected.shares);
    assert_eq!(found.segments.len(), expected.lines.len());
    for (segment, line) in found.segments.iter().zip(&expected.lines) {
        assert_eq!(segment.from.to_string(), line.from);
        assert_eq!(i64::from(segment.days), line.days);
        assert_eq!(segment.exact.to_string(), decimals(&line.exact));
        assert!(segment.eligible_principal <= segment.principal);
    }
    for pair in found.segments.windows(2) {
        assert_eq!(pair[0].until, pair[1].from, "segments follow each other");
    }
    let parts: i64 = found.segments.iter().map(|segment| segment.subsidy.fen()).sum();
    assert_eq!(parts, found.amount.fen(), "the segments sum to the amount");
    let interest = drawn.interest_paid.map_or(i64::MAX, |paid| paid.fen());
    assert!(found.amount.fen() <= interest);
}

fn agrees_on(day_count: DayCount, salt: u64) {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed.wrapping_add(salt));
    let (mut paid, mut cut, mut outside, mut tiered, mut dear) = (0, 0, 0, 0, 0);
    for case in 0..CASES {
        let drawn = draw(&mut rng, day_count);
        let found = compute(&drawn.question(), |index| format!("/{index}"))
            .unwrap_or_else(|error| panic!("seed {seed}, case {case}: {error}: {drawn:?}"));
        let expected = reckon(&drawn);
        assert_eq!(drawn.taken(), admitted(&drawn), "seed {seed}, case {case}: {drawn:#?}");
        tiered +=
            u32::from(drawn.policy.points != drawn.rules.points || drawn.policy.caps != drawn.rules.caps);
        dear += u32::from(drawn.taken() == Some(false));
        let same = std::panic::catch_unwind(|| agree(&found, &expected, &drawn));
        assert!(same.is_ok(), "seed {seed}, case {case}: {drawn:#?}\n{found:#?}\n{expected:#?}");
        paid += u32::from(found.amount.is_positive());
        cut += u32::from(!found.reductions.is_empty());
        outside += u32::from(found.segments.is_empty());
    }
    eprintln!(
        "{paid} pay, {cut} are cut, {outside} lie outside the window, {tiered} are in a tier, {dear} too dear"
    );
    assert!(tiered > CASES / 20 && dear > CASES / 50, "{tiered} {dear}");
    assert!(paid > CASES / 3 && cut > CASES / 10 && outside > CASES / 200, "{paid} {cut} {outside}");
}

#[test]
fn actual_360_agrees_with_a_reckoning_day_by_day() {
    agrees_on(DayCount::Actual360, 1);
}

#[test]
fn actual_365_agrees_with_a_reckoning_day_by_day() {
    agrees_on(DayCount::Actual365, 2);
}

#[test]
fn actual_actual_agrees_with_a_reckoning_day_by_day() {
    agrees_on(DayCount::ActualActual, 3);
}

#[test]
fn thirty_360_agrees_with_a_reckoning_day_by_day() {
    agrees_on(DayCount::Thirty360, 4);
}

#[test]
fn anniversary_years_agree_with_a_reckoning_day_by_day() {
    agrees_on(DayCount::Icma, 5);
}
