//! What claims take of loans: which days of a loan are subsidised already, and how much principal an organisation's
//! claims under a programme hold.
//!
//! A claim holds its days from its submission on, until it is withdrawn or rejected. No day of a loan is subsidised
//! twice: never by one programme, and by two only where both suffer another beside them. Under `principal_cap` the
//! claims that were filed first keep what they hold, whichever loan is older: on no day do all of them together earn on
//! more than the cap.

use std::collections::BTreeMap;

use super::{InterestPeriod, LoanError};
use crate::domain::dated::{Dated, in_force, steps};
use crate::domain::money::OutOfRange;
use crate::domain::{ClaimId, CreditCode, Date, ExactPoints, Money, ProgrammeCode};
use crate::programmes::funding::part_of;
use crate::programmes::interest::Segment;
use crate::programmes::stacking::{Levels, Stacked};
use crate::programmes::{Level, RulesVersion};

/// A claim on a loan's interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanAllocation {
    pub programme: ProgrammeCode,
    pub organisation: CreditCode,
    /// For which days.
    pub period: InterestPeriod,
    /// The most points a year that it takes on any of them.
    pub points: ExactPoints,
    /// CNY of principal that it earns on; 0.00 from the day after the last on.
    pub principal: Vec<Dated<Money>>,
    /// CNY that it pays or would pay.
    pub amount: Money,
    /// CNY of its base that counts for the minimum of its cost year; 0.00 where the rules have none, and while it is returned.
    pub base: Money,
    /// Whose money it is, and beside whose its programme pays nothing on the same days.
    pub stacked: Stacked,
    /// Whether it still counts.
    pub live: bool,
}

pub type LoanAllocations = BTreeMap<ClaimId, LoanAllocation>;

/// An organisation under a programme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BorrowerKey {
    pub programme: ProgrammeCode,
    pub organisation: CreditCode,
}

/// The live claims of an organisation under a programme, each with the principal that it earns on.
pub type Holdings = BTreeMap<ClaimId, Vec<Dated<Money>>>;

/// What a claim's segments take of a loan.
pub fn taken(segments: &[Segment]) -> (ExactPoints, Vec<Dated<Money>>) {
    let points = segments.iter().map(|segment| segment.points).max().unwrap_or_default();
    let mut principal: Vec<Dated<Money>> = Vec::new();
    let ends = segments.last().map(|last| (last.until, Money::ZERO));
    for (date, value) in segments.iter().map(|s| (s.from, s.eligible_principal)).chain(ends) {
        if principal.last().is_none_or(|last| last.value != value) {
            principal.push(Dated { date, value });
        }
    }
    (points, principal)
}

/// Whether no day of the period is taken by another claim. `pointer` is that of the period in the body.
pub fn free(
    own: ClaimId,
    (rules, level): (&RulesVersion, Level),
    period: InterestPeriod,
    uses: &LoanAllocations,
    pointer: &str,
) -> Result<(), LoanError> {
    let stacked = Stacked::of(level, &rules.rules);
    let clash = uses.iter().find(|(id, other)| {
        let beside = other.programme != rules.programme && !stacked.clashes(other.stacked);
        **id != own && other.live && other.period.overlaps(&period) && !beside
    });
    match clash {
        None => Ok(()),
        Some((claim, other)) => Err(LoanError::InterestPeriodOverlaps {
            pointer: pointer.to_owned(),
            claim: *claim,
            programme: other.programme.clone(),
            from: other.period.from,
            until: other.period.until,
        }),
    }
}

/// Points that claims under other programmes of these levels take, day by day; nothing where there are none. Error: out of range.
pub fn others(
    own: ClaimId,
    programme: &ProgrammeCode,
    period: InterestPeriod,
    (uses, levels): (&LoanAllocations, Levels),
) -> Result<Vec<Dated<ExactPoints>>, OutOfRange> {
    let beside: Vec<&LoanAllocation> = uses
        .iter()
        .filter(|(id, other)| {
            **id != own && other.live && other.programme != *programme && other.period.overlaps(&period)
        })
        .map(|(_, other)| other)
        .filter(|other| levels.contains(other.stacked.level))
        .collect();
    if beside.is_empty() {
        return Ok(Vec::new());
    }
    let days = beside.iter().flat_map(|other| [other.period.from, other.period.until]);
    let taken = steps(period.from, period.until, days, |day| {
        let mut on = beside.iter().filter(|other| other.period.from <= day && day < other.period.until);
        on.try_fold(ExactPoints::default(), |sum, other| sum.plus(other.points))
    });
    taken.into_iter().map(|step| Ok(Dated { date: step.date, value: step.value? })).collect()
}

/// CNY that claims under other programmes pay for days of the period, by whose money it is: of each the share of its days in
/// common. Error: out of range.
pub fn paid_by_others(
    own: ClaimId,
    programme: &ProgrammeCode,
    period: InterestPeriod,
    uses: &LoanAllocations,
) -> Result<Vec<(Level, Money)>, OutOfRange> {
    let days =
        |from: Date, until: Date| i128::from(until.naive().signed_duration_since(from.naive()).num_days());
    let beside = uses.iter().filter(|(id, other)| {
        **id != own && other.live && other.programme != *programme && other.period.overlaps(&period)
    });
    let of = |(_, other): (&ClaimId, &LoanAllocation)| {
        let theirs = other.period;
        let common = days(theirs.from.max(period.from), theirs.until.min(period.until));
        Ok((other.stacked.level, part_of(other.amount, common, days(theirs.from, theirs.until))?))
    };
    beside.map(of).collect()
}

/// CNY of principal that a cap leaves beside other claims, day by day. Error: out of range.
pub fn room(
    own: ClaimId,
    cap: Money,
    period: InterestPeriod,
    holdings: &Holdings,
) -> Result<Vec<Dated<Money>>, OutOfRange> {
    let others: Vec<&Vec<Dated<Money>>> =
        holdings.iter().filter(|(id, _)| **id != own).map(|(_, steps)| steps).collect();
    let held = |day| Money::sum(others.iter().map(|steps| in_force(steps, day).unwrap_or_default()));
    let days = others.iter().flat_map(|steps| steps.iter().map(|step| step.date));
    let left = steps(period.from, period.until, days, |day| {
        held(day).and_then(|held| cap.minus(held)).map(|left| left.max(Money::ZERO))
    });
    left.into_iter().map(|step| Ok(Dated { date: step.date, value: step.value? })).collect()
}
