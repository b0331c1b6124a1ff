//! `bench --loans N`: loan-periods calculated on one core, one after the other; nothing is kept.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::memory;
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{Date, Money, Percent, Points};
use subsidy_core::loans::InterestPeriod;
use subsidy_core::loans::events::{Change, LoanEvent};
use subsidy_core::loans::subsidy::{Limits, Question, compute};
use subsidy_core::programmes::Policy;
use subsidy_core::programmes::policy::{DayCount, PointsRule};
use subsidy_ledger::cli::{Failure, output};

#[derive(Debug)]
pub struct Measurement {
    loans: u32,
    segments: usize,
    amount: Money,
    took: Duration,
}

/// Quarters of loans with a drawdown before, one within, a repayment and a change of the rate, under each day count in
/// turn; every loan has other amounts.
pub fn measure(loans: u32) -> Result<Measurement, Failure> {
    let window = Window { from: Date::parse("2023-06-01")?, until: Date::parse("2027-12-31")? };
    let period = InterestPeriod { from: Date::parse("2024-06-21")?, until: Date::parse("2024-09-21")? };
    let days = ["2024-05-20", "2024-07-15", "2024-08-01", "2024-08-21"].map(Date::parse);
    let [before, drawn, repaid, changed] = days;
    let (before, drawn, repaid, changed) = (before?, drawn?, repaid?, changed?);
    let counts = [
        DayCount::Actual360,
        DayCount::Actual365,
        DayCount::ActualActual,
        DayCount::Thirty360,
        DayCount::Icma,
    ];
    let policies =
        counts.map(|count| Policy { points: points(), day_count: Some(count), ..Policy::default() });
    let rate = Percent::parse("3.25")?;
    let (mut segments, mut amount) = (0, Money::ZERO);
    let begun = Instant::now();
    for (number, policy) in (0..loans).zip(policies.iter().cycle()) {
        let fen = |base: i64| Amount::parse(&Money::from_fen(base + i64::from(number)).to_string());
        let events = [
            LoanEvent { date: before, change: Change::Drawdown(fen(2_000_000_000)?) },
            LoanEvent { date: drawn, change: Change::Drawdown(fen(500_000_000)?) },
            LoanEvent { date: repaid, change: Change::Repayment(fen(100_000_000)?) },
            LoanEvent { date: changed, change: Change::RateChange(Percent::parse("1.2")?) },
        ];
        let question = Question {
            policy,
            window,
            period,
            signed_on: None,
            first_drawdown: None,
            drawn_outside: &[],
            annual_rate_percent: rate,
            matures_on: None,
            events: &events,
            reference: &[],
            room: &[],
            others: &[],
            other_points: None,
            limits: Limits { interest_paid: Some(Money::from_fen(40_000_000)), ..Limits::default() },
        };
        let subsidy =
            compute(&question, |_| String::new()).map_err(|error| Failure::new(error.to_string()))?;
        segments += subsidy.segments.len();
        amount = amount.plus(subsidy.amount).map_err(|error| Failure::new(error.to_string()))?;
    }
    Ok(Measurement { loans, segments, amount, took: begun.elapsed() })
}

fn points() -> Option<PointsRule> {
    let max = Points::parse("1.5").ok()?;
    Some(PointsRule { max: Some(max), ..PointsRule::default() })
}

impl Measurement {
    pub fn as_json(&self) -> Value {
        json!({
            "loan_periods": self.loans, "segments": self.segments, "amount": self.amount,
            "seconds": self.took.as_secs_f64(), "peak_kb": memory::peak_kib(),
        })
    }

    pub fn write(&self) -> Result<(), Failure> {
        let seconds = self.took.as_secs_f64();
        let each = self.took.as_nanos() / u128::from(self.loans.max(1));
        let peak = memory::peak_kib().map_or_else(|| "unknown".to_owned(), |kb| format!("{kb} kB"));
        output::line(format_args!(
            "{} loan-periods, {} segments, {}: {seconds:.2} s on one core, {each} ns each, memory at its peak {peak}",
            self.loans, self.segments, self.amount
        ))
    }
}
