//! A programme's money by fiscal year 预算年度.
//!
//! What is spent takes the oldest year's money first, whatever year a posting names: a posting's year is that of its
//! date or of its commitment, and neither says which appropriation pays. What lapsed is taken off the year that its
//! lines name, as far as that year was appropriated, and the rest off the oldest.

use std::collections::BTreeMap;

use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::rounding::round;
use crate::domain::{Money, RoundingMode};

/// What lines say of a year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct YearAppropriation {
    /// CNY of the appropriation, with what it was adjusted by.
    pub appropriated: Money,
    /// CNY that its lines say lapsed.
    pub lapsed: Money,
}

/// What stands of all years together. CNY.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsedBudget {
    pub expended: Money,
    pub payable: Money,
    pub committed: Money,
    pub reserved: Money,
}

/// What became of a year's money. CNY; appropriated = available + reserved + committed + payable + expended + lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearBudget {
    pub fiscal_year: FiscalYear,
    pub appropriated: Money,
    pub available: Money,
    pub used: UsedBudget,
    pub lapsed: Money,
}

/// A programme's years, oldest first; they sum to the programme. What exceeds all appropriations is the newest year's,
/// whose available money is below zero then. Error: out of range.
pub fn by_fiscal_year(
    years: &BTreeMap<FiscalYear, YearAppropriation>,
    used: UsedBudget,
) -> Result<Vec<YearBudget>, OutOfRange> {
    let mut budgets: Vec<YearBudget> = Vec::new();
    let mut elsewhere = Money::ZERO;
    for (fiscal_year, money) in years {
        let lapsed = money.lapsed.min(money.appropriated).max(Money::ZERO);
        elsewhere = elsewhere.plus(money.lapsed.minus(lapsed)?)?;
        budgets.push(YearBudget {
            fiscal_year: *fiscal_year,
            appropriated: money.appropriated,
            available: money.appropriated.minus(lapsed)?,
            used: UsedBudget::default(),
            lapsed,
        });
    }
    take(&mut budgets, elsewhere, |budget| &mut budget.lapsed)?;
    take(&mut budgets, used.expended, |budget| &mut budget.used.expended)?;
    take(&mut budgets, used.payable, |budget| &mut budget.used.payable)?;
    take(&mut budgets, used.committed, |budget| &mut budget.used.committed)?;
    take(&mut budgets, used.reserved, |budget| &mut budget.used.reserved)?;
    Ok(budgets)
}

/// Takes an amount of what is available, oldest first, and adds it to a figure.
fn take(
    budgets: &mut [YearBudget],
    amount: Money,
    figure: impl Fn(&mut YearBudget) -> &mut Money,
) -> Result<(), OutOfRange> {
    let (mut left, last) = (amount, budgets.len().saturating_sub(1));
    for (at, budget) in budgets.iter_mut().enumerate() {
        let part = if at == last { left } else { left.min(budget.available).max(Money::ZERO) };
        budget.available = budget.available.minus(part)?;
        let sum = figure(budget);
        *sum = sum.plus(part)?;
        left = left.minus(part)?;
    }
    Ok(())
}

/// 执行率: expended of appropriated in percent, with two decimals, rounded half up; none of nothing. Error: out of range.
pub fn execution_rate(expended: Money, appropriated: Money) -> Result<Option<Money>, OutOfRange> {
    if !appropriated.is_positive() {
        return Ok(None);
    }
    let (part, whole) = (i128::from(expended.fen()), i128::from(appropriated.fen()));
    round(part * 10_000, whole, RoundingMode::HalfUp).map(Some)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn years(money: &[(i32, i64, i64)]) -> BTreeMap<FiscalYear, YearAppropriation> {
        let year = |(year, appropriated, lapsed): &(i32, i64, i64)| {
            let money = YearAppropriation {
                appropriated: Money::from_fen(*appropriated),
                lapsed: Money::from_fen(*lapsed),
            };
            (FiscalYear::new(*year).unwrap(), money)
        };
        money.iter().map(year).collect()
    }

    fn used(fen: [i64; 4]) -> UsedBudget {
        let [expended, payable, committed, reserved] = fen.map(Money::from_fen);
        UsedBudget { expended, payable, committed, reserved }
    }

    #[test]
    fn the_oldest_money_is_spent_first() {
        let found =
            by_fiscal_year(&years(&[(2024, 100, 0), (2025, 200, 0)]), used([60, 50, 70, 20])).unwrap();
        let figures = |budget: &YearBudget| {
            let UsedBudget { expended, payable, committed, reserved } = budget.used;
            [expended, payable, committed, reserved, budget.available].map(Money::fen)
        };
        assert_eq!(found.iter().map(figures).collect::<Vec<_>>(), [[60, 40, 0, 0, 0], [0, 10, 70, 20, 100]]);
    }

    #[test]
    fn what_lapsed_is_the_named_years_as_far_as_that_goes() {
        let found = by_fiscal_year(&years(&[(2024, 100, 0), (2025, 30, 50)]), used([10, 0, 0, 0])).unwrap();
        let figures =
            |budget: &YearBudget| [budget.lapsed, budget.used.expended, budget.available].map(Money::fen);
        assert_eq!(found.iter().map(figures).collect::<Vec<_>>(), [[20, 10, 70], [30, 0, 0]]);
    }

    #[test]
    fn a_rate_is_rounded_once_and_there_is_none_of_nothing() {
        let rate = |part, whole| execution_rate(Money::from_fen(part), Money::from_fen(whole)).unwrap();
        assert_eq!(rate(54_469_136, 5_000_000_000).unwrap().to_string(), "1.09");
        assert_eq!(rate(1, 3).unwrap().to_string(), "33.33");
        assert_eq!(rate(1, 1).unwrap().to_string(), "100.00");
        assert_eq!(rate(1, 8_000).unwrap().to_string(), "0.01");
        assert_eq!(rate(1, 0), None);
    }

    proptest! {
        #[test]
        fn years_sum_to_the_programme(
            money in prop::collection::vec((0_i64..1_000, 0_i64..300), 1..5),
            amounts in prop::array::uniform4(0_i64..1_500),
        ) {
            let money: Vec<_> =
                (2024..).zip(&money).map(|(year, (appropriated, lapsed))| (year, *appropriated, *lapsed)).collect();
            let found = by_fiscal_year(&years(&money), used(amounts)).unwrap();
            let sum = |figure: fn(&YearBudget) -> Money| found.iter().map(|one| figure(one).fen()).sum::<i64>();
            prop_assert_eq!(sum(|one| one.lapsed), money.iter().map(|one| one.2).sum::<i64>());
            let all = [
                sum(|one| one.used.expended), sum(|one| one.used.payable),
                sum(|one| one.used.committed), sum(|one| one.used.reserved),
            ];
            prop_assert_eq!(all, amounts);
            for one in &found {
                let UsedBudget { expended, payable, committed, reserved } = one.used;
                let parts = [one.available, expended, payable, committed, reserved, one.lapsed];
                prop_assert_eq!(Money::sum(parts).unwrap(), one.appropriated);
            }
        }
    }
}
