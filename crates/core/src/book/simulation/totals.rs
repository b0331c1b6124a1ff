//! Who gains and who loses, and for how long the appropriation would have been enough.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{AvailableMove, PastKind, Simulation, Tried};
use crate::book::refusal::Stop;
use crate::domain::money::OutOfRange;
use crate::domain::{CreditCode, Date, Money, Sequence};

/// What documents come to. `new` is `old`, `gained` more and `lost` less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
#[schema(as = SimulatedSums)]
pub struct Sums {
    /// How many documents were tried.
    pub documents: u64,
    pub old: Money,
    pub new: Money,
    pub difference: Money,
    pub gained: Money,
    pub lost: Money,
    /// How many of them get more than they did.
    pub gaining: u64,
    /// How many of them get less than they did.
    pub losing: u64,
    /// How many of them get the same.
    pub unchanged: u64,
    /// Of those that lose: refused.
    pub refused: u64,
    /// They count as they are.
    pub not_comparable: u64,
}

/// Vouchers and claims each by themselves: what is drawn on a voucher was promised with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
#[schema(as = SimulatedTotals)]
pub struct Totals {
    pub vouchers: Sums,
    pub claims: Sums,
}

/// What becomes of the appropriation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
#[schema(as = SimulatedBudget)]
pub struct BudgetEffect {
    /// CNY more that is committed of what was decided; below zero, less.
    pub committed: Money,
    /// CNY that is available.
    pub available: Money,
    /// CNY that would be.
    pub available_then: Money,
    /// The least that would ever have been available.
    pub lowest: Money,
    /// Whether the appropriation would have been enough all the time.
    pub sufficient: bool,
    /// The first day on which it would not have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ends_on: Option<Date>,
}

impl Sums {
    fn add(&mut self, one: &Tried) -> Result<(), OutOfRange> {
        let none = Money::ZERO;
        let (gained, lost) = (one.difference.max(none), one.difference.negated()?.max(none));
        let count = |is: bool| u64::from(is);
        *self = Self {
            documents: self.documents.saturating_add(1),
            old: self.old.plus(one.old)?,
            new: self.new.plus(one.new)?,
            difference: self.difference.plus(one.difference)?,
            gained: self.gained.plus(gained)?,
            lost: self.lost.plus(lost)?,
            gaining: self.gaining.saturating_add(count(gained.is_positive())),
            losing: self.losing.saturating_add(count(lost.is_positive())),
            unchanged: self
                .unchanged
                .saturating_add(count(one.difference.is_zero() && one.not_comparable.is_none())),
            refused: self.refused.saturating_add(count(one.refusal.is_some())),
            not_comparable: self.not_comparable.saturating_add(count(one.not_comparable.is_some())),
        };
        Ok(())
    }
}

impl Totals {
    fn add(&mut self, one: &Tried) -> Result<(), OutOfRange> {
        match one.kind {
            PastKind::Voucher => self.vouchers.add(one),
            PastKind::Claim => self.claims.add(one),
        }
    }
}

/// The rows, summed. `shifts` are what became more available with a leaf than the books have it.
pub(super) fn summed(
    rows: Vec<Tried>,
    moves: &[AvailableMove],
    shifts: &[(Sequence, Money)],
) -> Result<Simulation, Stop> {
    let mut organisations: BTreeMap<CreditCode, Totals> = BTreeMap::new();
    let mut totals = Totals::default();
    for row in &rows {
        totals.add(row)?;
        organisations.entry(row.organisation).or_default().add(row)?;
    }
    let budget = budget(moves, shifts)?;
    Ok(Simulation { rows, organisations, totals, budget })
}

/// Both in the order of the log.
fn budget(moves: &[AvailableMove], shifts: &[(Sequence, Money)]) -> Result<BudgetEffect, OutOfRange> {
    let mut found = BudgetEffect { sufficient: true, ..BudgetEffect::default() };
    let (mut left, mut shifted) = (shifts.iter().peekable(), Money::ZERO);
    for one in moves {
        found.available = found.available.plus(one.amount)?;
        while let Some((_, by)) = left.next_if(|(at, _)| *at <= one.sequence) {
            shifted = shifted.plus(*by)?;
        }
        found.note(shifted, one.day)?;
    }
    let rest = Money::sum(left.map(|(_, by)| *by))?;
    if let Some(last) = moves.last() {
        found.note(shifted.plus(rest)?, last.day)?;
    }
    found.committed = shifted.plus(rest)?.negated()?;
    Ok(found)
}

impl BudgetEffect {
    fn note(&mut self, shifted: Money, day: Date) -> Result<(), OutOfRange> {
        self.available_then = self.available.plus(shifted)?;
        self.lowest = self.lowest.min(self.available_then);
        if self.available_then < Money::ZERO && self.ends_on.is_none() {
            (self.sufficient, self.ends_on) = (false, Some(day));
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use super::*;

    #[test]
    fn the_appropriation_ends_on_the_day_of_the_first_commitment_that_it_does_not_pay_for() {
        let day = |text: &str| Date::parse(text).unwrap();
        let move_of = |sequence, text, fen| AvailableMove {
            sequence: Sequence::new(sequence),
            day: day(text),
            amount: Money::from_fen(fen),
        };
        let moves =
            [move_of(1, "2026-01-02", 1_000), move_of(5, "2026-02-03", -600), move_of(9, "2026-03-04", -300)];
        let same = budget(&moves, &[(Sequence::new(5), Money::ZERO)]).unwrap();
        assert_eq!(
            (same.available, same.available_then, same.sufficient),
            (Money::from_fen(100), Money::from_fen(100), true)
        );
        let more = budget(
            &moves,
            &[(Sequence::new(5), Money::from_fen(-300)), (Sequence::new(9), Money::from_fen(-100))],
        )
        .unwrap();
        assert_eq!(more.ends_on, Some(day("2026-03-04")));
        assert_eq!(
            (more.available_then, more.lowest, more.committed),
            (Money::from_fen(-300), Money::from_fen(-300), Money::from_fen(400))
        );
    }
}
