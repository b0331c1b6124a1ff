//! The worked examples of the domain text, to the fen, and the edges of the rule.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::ceiling::within_ceiling;
use super::*;
use crate::domain::Basis;
use crate::domain::{DayCount, Label};
use crate::loans::Change;
use crate::programmes::policy::{RateCeiling, ShareOfReference, Term, TermFrom, Windows};

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// `2025-01-15 drawdown 30000000`, parted by commas.
fn events(text: &str) -> Vec<LoanEvent> {
    let one = |text: &str| {
        let words: Vec<&str> = text.split(' ').collect();
        let [date, kind, ref rest @ ..] = words[..] else { panic!("{text}") };
        let value = rest.first().copied().unwrap_or_default();
        let amount = || Amount::parse(value).unwrap();
        let change = match kind {
            "drawdown" => Change::Drawdown(amount()),
            "repayment" => Change::Repayment(amount()),
            "overdue" => Change::Overdue(amount()),
            "cleared" => Change::OverdueCleared(amount()),
            "extension" => Change::Extension(day(value)),
            "pause" => Change::Pause,
            "resume" => Change::Resume,
            "rate" => Change::RateChange(Percent::parse(value).unwrap()),
            other => panic!("{other}"),
        };
        LoanEvent { date: day(date), change }
    };
    text.split(", ").map(one).collect()
}

fn policy(day_count: DayCount, max: &str) -> Policy {
    let max = Points::parse(max).unwrap();
    let points = PointsRule { max: Some(max), ..PointsRule::default() };
    Policy { points: Some(points), day_count: Some(day_count), ..Policy::default() }
}

fn question<'a>(policy: &'a Policy, events: &'a [LoanEvent], from: &str, until: &str) -> Question<'a> {
    Question {
        policy,
        window: Window { from: day("2023-06-01"), until: day("2027-12-31") },
        period: InterestPeriod { from: day(from), until: day(until) },
        signed_on: None,
        first_drawdown: None,
        drawn_outside: &[],
        annual_rate_percent: Percent::parse("3.25").unwrap(),
        matures_on: None,
        events,
        reference: &[],
        room: &[],
        others: &[],
        other_points: None,
        limits: Limits::default(),
    }
}

fn subsidy(question: &Question<'_>) -> Subsidy {
    compute(question, |index| format!("/events/{index}")).unwrap()
}

/// What is paid, and the days of each segment.
fn paid(policy: &Policy, happened: &str, from: &str, until: &str) -> (String, Vec<u32>) {
    let found = subsidy(&question(policy, &events(happened), from, until));
    (found.amount.to_string(), found.segments.iter().map(|segment| segment.days).collect())
}

fn expect(found: (String, Vec<u32>), amount: &str, days: &[u32]) {
    assert_eq!(found, (amount.to_owned(), days.to_vec()));
}

#[test]
fn the_worked_examples_come_out_to_the_fen() {
    use DayCount::{Actual360, Actual365, ActualActual, Thirty360};
    for (count, e8, days, e12, february) in [
        (Actual360, "766666.67", 92, "48333.33", 29),
        (Actual365, "756164.38", 92, "47671.23", 29),
        (ActualActual, "754098.36", 92, "47540.98", 29),
        (Thirty360, "750000.00", 90, "50000.00", 30),
    ] {
        let policy = policy(count, "1.5");
        expect(paid(&policy, "2024-06-21 drawdown 200000000", "2024-06-21", "2024-09-21"), e8, &[days]);
        expect(paid(&policy, "2024-02-01 drawdown 40000000", "2024-02-01", "2024-03-01"), e12, &[february]);
    }
    let policy = policy(Actual360, "1.5");
    let e9 = "2025-01-15 drawdown 30000000, 2025-02-20 drawdown 20000000, 2025-03-10 repayment 5000000";
    expect(paid(&policy, e9, "2025-01-15", "2025-03-21"), "103125.00", &[36, 18, 11]);
    let e10 = "2025-01-01 drawdown 60000000, 2025-03-12 overdue 10000000";
    expect(paid(&policy, e10, "2025-01-01", "2025-04-01"), "216666.67", &[70, 20]);
    let drawn = events("2026-03-21 drawdown 50000000");
    let mut e11 = question(&policy, &drawn, "2026-03-21", "2026-06-21");
    e11.limits.interest_paid = Some(Money::parse("180000").unwrap());
    let found = subsidy(&e11);
    assert_eq!([found.computed, found.amount].map(|m| m.to_string()), ["191666.67", "180000.00"]);
    let cut = Money::parse("11666.67").unwrap();
    assert_eq!(found.reductions, [Reduction::new(ReductionCode::PaidInterestCeiling, cut)]);
}

#[test]
fn overdue_principal_returns_when_it_is_cleared() {
    let policy = policy(DayCount::Actual360, "1.5");
    let happened = "2025-01-01 drawdown 36000000, 2025-01-11 overdue 36000000, 2025-01-21 cleared 36000000";
    expect(paid(&policy, happened, "2025-01-01", "2025-01-31"), "30000.00", &[10, 10, 10]);
}

#[test]
fn both_days_of_the_window_earn_and_no_others() {
    let policy = policy(DayCount::Actual360, "1.5");
    let drawn = "2023-01-01 drawdown 24000000";
    for (from, until, amount, days) in [
        ("2023-05-30", "2023-06-02", "1000.00", vec![1]),
        ("2027-12-31", "2028-01-02", "1000.00", vec![1]),
        ("2023-05-01", "2023-06-01", "0.00", vec![]),
        ("2028-01-01", "2028-02-01", "0.00", vec![]),
    ] {
        expect(paid(&policy, drawn, from, until), amount, &days);
    }
}

#[test]
fn days_after_the_agencys_limit_and_principal_beyond_the_cap_are_named() {
    let (policy, drawn) = (policy(DayCount::Actual360, "1.5"), events("2025-01-01 drawdown 24000000"));
    let statutory = StatutoryLimits { window_until: day("2025-01-10"), ..StatutoryLimits::default() };
    let asked = question(&policy, &drawn, "2025-01-05", "2025-01-15");
    let limits = Limits { statutory, ..Limits::default() };
    let room = [Dated { date: day("2025-01-01"), value: Money::parse("12000000").unwrap() }];
    let found = subsidy(&Question { limits, room: &room, ..asked });
    let shown = |s: &Segment| (s.until.to_string(), s.eligible_principal.to_string(), s.bound_by.clone());
    assert_eq!(
        found.segments.iter().map(shown).collect::<Vec<_>>(),
        [
            ("2025-01-11".to_owned(), "12000000.00".to_owned(), vec![Bound::PrincipalCap]),
            ("2025-01-15".to_owned(), "0.00".to_owned(), vec![Bound::PrincipalCap, Bound::StatutoryWindow]),
        ]
    );
    // 12,000,000.00 at 1.5 points over six days
    assert_eq!(found.amount.to_string(), "3000.00");
}

#[test]
fn a_new_year_inside_a_segment_makes_no_line_and_no_rounding() {
    let mut policy = policy(DayCount::ActualActual, "1");
    policy.rounding = Rounding { scope: RoundingScope::Line, ..Rounding::default() };
    let drawn = events("2024-12-01 drawdown 10000000");
    let found = subsidy(&question(&policy, &drawn, "2024-12-31", "2025-01-02"));
    // 100,000.00 ÷ 366 + 100,000.00 ÷ 365 is 273.224… + 273.972…: two lines would make 547.19
    assert_eq!(found.amount.to_string(), "547.20");
    assert_eq!(found.exact.to_string(), "547.19664645557302193277");
    let shown: Vec<_> = found.segments.iter().map(|s| (s.days, s.basis)).collect();
    assert_eq!(shown, [(2, Basis::Actual)]);
}

#[test]
fn an_event_that_changes_nothing_makes_a_line_of_its_own() {
    let mut policy = policy(DayCount::Actual360, "1");
    let happened = "2025-01-01 drawdown 1000, 2025-01-02 rate 3.25, 2025-01-03 rate 3.25";
    // 1,000.00 at 1 point for a day is 0.0277…
    policy.rounding.scope = RoundingScope::Line;
    expect(paid(&policy, happened, "2025-01-01", "2025-01-05"), "0.12", &[1, 1, 2]);
    policy.rounding.scope = RoundingScope::Claim;
    expect(paid(&policy, happened, "2025-01-01", "2025-01-05"), "0.11", &[1, 1, 2]);
}

#[test]
fn points_are_the_least_of_all_that_limits_them() {
    let drawn = events("2025-01-01 drawdown 36000000");
    let points = |policy: &Policy, rate: &str, other: Option<&str>| {
        let reference = [Dated { date: day("2024-10-21"), value: Percent::parse("3.6").unwrap() }];
        let mut question = question(policy, &drawn, "2025-01-01", "2025-01-02");
        question.annual_rate_percent = Percent::parse(rate).unwrap();
        question.other_points = other.map(|text| Points::parse(text).unwrap());
        question.reference = &reference;
        let found = subsidy(&question);
        found.segments.first().map(|segment| segment.points.to_string()).unwrap_or_default()
    };
    let mut policy = policy(DayCount::Actual360, "1.5");
    assert_eq!([points(&policy, "3.25", None), points(&policy, "1.2", None)], ["1.5", "1.2"]);
    assert_eq!(points(&policy, "3.25", Some("2.5")), "1.5", "other points count under net_off alone");
    policy.stacking = Stacking::NetOff.into();
    let netted = [Some("1.75"), Some("1.750001"), Some("3.25"), Some("4"), None];
    assert_eq!(netted.map(|other| points(&policy, "3.25", other)), ["1.5", "1.499999", "0", "0", "1.5"]);
    let rule = policy.points.as_mut().unwrap();
    rule.share_of_contract_rate_percent = Some(Percent::parse("33.333333").unwrap());
    assert_eq!(points(&policy, "3.25", None), "1.0833333225");
    let rule = policy.points.as_mut().unwrap();
    let (name, percent) = (Label::parse("LPR5Y").unwrap(), Percent::parse("30").unwrap());
    rule.share_of_reference = Some(ShareOfReference { name, percent });
    assert_eq!(points(&policy, "3.25", None), "1.08");
}

#[test]
fn more_than_the_statutory_points_is_never_paid_whatever_the_rules_say() {
    let policy = policy(DayCount::Actual360, "2");
    expect(paid(&policy, "2025-01-01 drawdown 36000000", "2025-01-01", "2025-01-11"), "15000.00", &[10]);
}

#[test]
fn a_reference_rate_that_is_not_loaded_is_named_with_the_day_that_asks_for_it() {
    let mut policy = policy(DayCount::Actual360, "1.5");
    let (name, percent) = (Label::parse("LPR5Y").unwrap(), Percent::parse("30").unwrap());
    let share = ShareOfReference { name: name.clone(), percent };
    policy.points.as_mut().unwrap().share_of_reference = Some(share);
    let drawn = events("2025-01-01 drawdown 36000000");
    let found = compute(&question(&policy, &drawn, "2025-01-01", "2025-01-02"), |_| String::new());
    let missing = LoanError::ReferenceRateMissing { name, date: day("2025-01-01") };
    assert_eq!(found, Err(SubsidyError::Loan(missing)));
}

#[test]
fn a_loan_at_the_ceiling_is_not_too_dear_and_one_above_it_is() {
    let ceiling =
        RateCeiling { reference: Label::parse("LPR5Y").unwrap(), spread_bp: -70, tenor_months_above: None };
    let rates = [
        Dated { date: day("2024-02-20"), value: Percent::parse("3.95").unwrap() },
        Dated { date: day("2024-07-22"), value: Percent::parse("3.85").unwrap() },
    ];
    let held = |rate: &str, signed: &str| {
        within_ceiling(&ceiling, &rates, Percent::parse(rate).unwrap(), day(signed)).is_ok()
    };
    assert!(held("3.25", "2024-06-20") && !held("3.250001", "2024-06-20"));
    assert!(held("3.25", "2024-07-21") && !held("3.25", "2024-07-22") && held("3.15", "2024-07-22"));
    assert!(!held("1", "2024-02-19"), "no rate was in force");
}

#[test]
fn a_term_ends_on_the_corresponding_day_and_anniversary_years_are_exactly_one() {
    let earned = |day_count, max: &str, rule: (u32, TermFrom), drawn: &str, period: [&str; 2]| {
        let term = Some(Term { months_max: rule.0, from: rule.1 });
        let (policy, drawn) = (Policy { term, ..policy(day_count, max) }, events(drawn));
        let asked = question(&policy, &drawn, period[0], period[1]);
        let window = Window { from: day("2023-06-01"), until: day("2029-12-31") };
        let statutory = StatutoryLimits { window_until: window.until, ..StatutoryLimits::default() };
        let limits = Limits { statutory, ..Limits::default() };
        let found = subsidy(&Question { window, limits, signed_on: Some(day("2024-02-29")), ..asked });
        let bound = |s: &Segment| (s.until.to_string(), s.bound_by.clone());
        (found.amount.to_string(), found.segments.iter().map(bound).collect::<Vec<_>>())
    };
    let (twelve, e14) = ((12, TermFrom::FirstDrawdown), "2025-03-16 drawdown 500000");
    for (count, amount) in
        [(DayCount::Icma, "5000.00"), (DayCount::Actual365, "5000.00"), (DayCount::Actual360, "5069.44")]
    {
        let (found, segments) = earned(count, "1", twelve, e14, ["2025-03-16", "2026-12-31"]);
        assert_eq!(found, amount, "{count:?}");
        let ends = [("2026-03-16", vec![]), ("2026-12-31", vec![Bound::Term])];
        assert_eq!(segments, ends.map(|(day, bound)| (day.to_owned(), bound)));
    }
    // a term that runs from 29 February ends on the 28th; pauses do not lengthen it
    let paused = "2024-03-01 drawdown 36000000, 2025-01-01 pause, 2025-02-01 resume";
    let signed = (12, TermFrom::Signed);
    let (found, segments) = earned(DayCount::Actual360, "1", signed, paused, ["2025-01-01", "2025-04-01"]);
    assert_eq!(found, "27000.00");
    let bounds: Vec<_> = segments.iter().map(|(until, bound)| (until.as_str(), bound.as_slice())).collect();
    let ends: [(&str, &[Bound]); 3] =
        [("2025-02-01", &[Bound::Pause]), ("2025-02-28", &[]), ("2025-04-01", &[Bound::Term])];
    assert_eq!(bounds, ends);
    // 50,000,000.00 over two years, half by half
    let (long, e16) = ((24, TermFrom::FirstDrawdown), "2027-09-01 drawdown 50000000");
    for (from, until, amount) in [
        ("2027-09-01", "2028-03-01", "372950.82"),
        ("2028-03-01", "2028-09-01", "377049.18"),
        ("2027-09-01", "2028-09-01", "750000.00"),
        ("2028-09-01", "2029-12-31", "750000.00"),
    ] {
        assert_eq!(earned(DayCount::Icma, "1.5", long, e16, [from, until]).0, amount, "{from} {until}");
    }
}

#[test]
fn a_share_of_the_contract_rate_over_a_year_of_the_loan() {
    let mut policy = policy(DayCount::Icma, "1.5");
    let rule = policy.points.as_mut().unwrap();
    rule.share_of_contract_rate_percent = Some(Percent::parse("35").unwrap());
    let drawn = events("2025-03-16 drawdown 10000000");
    let asked = question(&policy, &drawn, "2025-03-16", "2026-03-16");
    let found = subsidy(&Question { annual_rate_percent: Percent::parse("4").unwrap(), ..asked });
    assert_eq!(found.amount.to_string(), "140000.00");
}

#[test]
fn nothing_earns_from_the_pause_to_the_resumption() {
    let paused = "2025-01-01 drawdown 20000000, 2025-02-10 pause, 2025-03-01 resume";
    let policy = policy(DayCount::Actual360, "1.5");
    expect(paid(&policy, paused, "2025-01-01", "2025-04-01"), "59166.67", &[40, 19, 31]);
    for (twice, refused) in [
        ("2025-01-01 pause, 2025-01-02 pause", LoanError::PausedAlready { pointer: "/events/1".to_owned() }),
        ("2025-01-01 resume", LoanError::NotPaused { pointer: "/events/0".to_owned() }),
    ] {
        let happened = events(twice);
        let asked = question(&policy, &happened, "2025-01-01", "2025-02-01");
        let found = compute(&asked, |index| format!("/events/{index}"));
        assert_eq!(found, Err(SubsidyError::Loan(refused)));
    }
}

#[test]
fn what_is_drawn_outside_the_window_never_earns_and_the_oldest_is_repaid_first() {
    let disbursed = Some(Window { from: day("2025-01-01"), until: day("2025-01-31") });
    let windows = Some(Windows { disbursed, ..Windows::default() });
    let policy = Policy { windows, ..policy(DayCount::Actual360, "1") };
    let drawn = events(
        "2025-01-01 drawdown 36000000, 2025-02-01 drawdown 72000000, 2025-02-11 repayment 18000000, 2025-02-21 overdue 9000000",
    );
    let found = subsidy(&question(&policy, &drawn, "2025-01-22", "2025-03-01"));
    let shown = |s: &Segment| (s.days, s.eligible_principal.to_string(), s.bound_by.clone());
    let outside = vec![Bound::Disbursed];
    assert_eq!(
        found.segments.iter().map(shown).collect::<Vec<_>>(),
        [
            (10, "36000000.00".to_owned(), vec![]),
            (10, "36000000.00".to_owned(), outside.clone()),
            (10, "18000000.00".to_owned(), outside.clone()),
            (8, "9000000.00".to_owned(), outside),
        ]
    );
    assert_eq!(found.amount.to_string(), "27000.00");
}

#[test]
fn what_others_pay_in_points_is_taken_off_a_share_of_the_interest_paid() {
    let drawn = events("2025-01-01 drawdown 10000000");
    let mut policy = Policy {
        paid_interest_percent: Some(Percent::parse("50").unwrap()),
        day_count: Some(DayCount::Actual365),
        ..Policy::default()
    };
    let paid = |policy: &Policy| {
        let mut question = question(policy, &drawn, "2025-01-01", "2026-01-01");
        question.annual_rate_percent = Percent::parse("4").unwrap();
        question.other_points = Some(Points::parse("0.5").unwrap());
        question.limits.interest_paid = Some(Money::parse("400000").unwrap());
        subsidy(&question).amount.to_string()
    };
    assert_eq!(paid(&policy), "150000.00", "the agency's limit of points");
    policy.paid_interest_percent = Some(Percent::parse("30").unwrap());
    assert_eq!(paid(&policy), "120000.00");
    // 0.5 points of 10,000,000.00 are 50,000.00
    policy.stacking = Stacking::NetOff.into();
    assert_eq!(paid(&policy), "70000.00");
}
