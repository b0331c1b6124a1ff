//! The calculation sheet of an interest subsidy.
//!
//! The period, as far as it lies in the programme's window, is cut into segments: one begins on every day that has an
//! event, on which a reference rate that the rules ask for changes, on which the organisation's room for principal does,
//! on which the term of the rules ends, or after the last day that the agency's limit lets earn. In each all is constant,
//! and principal × points ÷ 100 × days ÷ basis is exact; segments cover every day, those on which nothing is owed too. The
//! sum is rounded once (or each segment by itself), then cut in a fixed order. A sheet is a pure function of its question.

use super::events::{Dated, LoanEvent, Owed, Signed, drawn_outside, first_drawdown, history, in_force};
use super::{InterestPeriod, LoanError};
use crate::domain::apportion::largest_remainder;
use crate::domain::dates::Window;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{
    Accrual, Date, DayCount, Exact, ExactPoints, Money, Percent, Points, Rounding, RoundingScope, Unrounded,
};
use crate::programmes::StatutoryLimits;
use crate::programmes::bounds::{Caps, cut};
use crate::programmes::calculation::{CapUse, GroupUse, Reduction, ReductionCode, ShareAmount, shares};
use crate::programmes::funding::{LevelMoney, beyond_known, joint_room, taken_off};
pub use crate::programmes::interest::{Bound, Segment};
use crate::programmes::policy::{PointsRule, Policy, Stacking};

/// What a subsidy comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subsidy {
    /// Day after day; none where the period lies wholly outside the window.
    pub segments: Vec<Segment>,
    pub exact: Unrounded,
    /// Rounded, before any cut.
    pub computed: Money,
    pub rounding: Rounding,
    /// Cuts, in the order in which they were made.
    pub reductions: Vec<Reduction>,
    /// What is left; perhaps 0.00.
    pub amount: Money,
    /// The amount by funding level.
    pub shares: Vec<ShareAmount>,
}

/// What limits a subsidy beside the rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// CNY of ordinary interest that was paid for the period; needed where the rules name no points.
    pub interest_paid: Option<Money>,
    pub statutory: StatutoryLimits,
    pub lifetime: Option<CapUse>,
    pub annual: Option<CapUse>,
    pub groups: Vec<GroupUse>,
    /// What others pay for the same interest, level by level.
    pub other_money: Vec<LevelMoney>,
}

impl Limits {
    /// The caps among them.
    pub fn caps(&self) -> Caps<'_> {
        Caps { lifetime: self.lifetime.as_ref(), annual: self.annual.as_ref(), groups: &self.groups }
    }

    /// The caps of the rules with nothing used of them.
    pub fn unused(policy: &Policy, statutory: StatutoryLimits, interest_paid: Option<Money>) -> Self {
        let unused = |cap: Amount| CapUse::new(None, cap.money(), Money::ZERO);
        Self {
            interest_paid,
            statutory,
            lifetime: policy.caps.lifetime.map(unused),
            annual: policy.caps.annual.as_ref().map(|annual| unused(annual.amount)),
            // of which nothing is known to be used
            groups: Vec::new(),
            other_money: Vec::new(),
        }
    }
}

/// What a subsidy is computed from.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub policy: &'a Policy,
    /// The days that earn: the programme's window, or that of the costs, both days counted.
    pub window: Window,
    /// For which days.
    pub period: InterestPeriod,
    /// When the loan was signed; not known where nobody says it.
    pub signed_on: Option<Date>,
    /// When it was drawn first.
    pub first_drawdown: Option<Date>,
    /// CNY owed of what was drawn outside the window for it, from each day on.
    pub drawn_outside: &'a [Dated<Money>],
    /// Percent a year, as the loan was signed.
    pub annual_rate_percent: Percent,
    /// When the loan is due, as it was signed: what is owed then earns no more. Not known where nobody says it.
    pub matures_on: Option<Date>,
    /// What happened to the loan, in the order of the days.
    pub events: &'a [LoanEvent],
    /// The reference rate that the points rule asks for, in the order of the days.
    pub reference: &'a [Dated<Percent>],
    /// How much principal may earn from each day on; everything where empty.
    pub room: &'a [Dated<Money>],
    /// Points that other programmes are known to pay from each day on; none where empty.
    pub others: &'a [Dated<ExactPoints>],
    /// Points of other subsidies for the same loan. Of these and of those that are known, the more counts.
    pub other_points: Option<Points>,
    pub limits: Limits,
}

impl Question<'_> {
    /// The first day that earns nothing under the term.
    fn term_ends(&self) -> Option<Date> {
        self.policy.term_ends(self.signed_on, self.first_drawdown)
    }
}

/// Why there is no sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubsidyError {
    /// The loan or what is loaded does not allow it.
    #[error(transparent)]
    Loan(#[from] LoanError),
    #[error("the rules name no points")]
    NoPoints,
    /// A sum left the range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// Computes the sheet from the question's events; the days and sums that follow from them need not be given. `pointer`
/// says where an event stands in the body.
pub fn compute(question: &Question<'_>, pointer: impl Fn(usize) -> String) -> Result<Subsidy, SubsidyError> {
    let signed = Signed { rate: question.annual_rate_percent, matures_on: question.matures_on };
    let known = history(signed, question.events, pointer)?.matured();
    let outside = outside(question.policy, question.events)?;
    let first_drawdown = first_drawdown(question.events);
    over(&Question { first_drawdown, drawn_outside: &outside, ..question.clone() }, &known)
}

/// CNY owed of what was drawn outside the window for it, from each day on that changes it.
pub fn outside(policy: &Policy, events: &[LoanEvent]) -> Result<Vec<Dated<Money>>, OutOfRange> {
    let window = policy.windows.and_then(|windows| windows.disbursed);
    window.map_or_else(|| Ok(Vec::new()), |window| drawn_outside(events, window))
}

/// What is paid for.
#[derive(Clone, Copy)]
enum Basis<'a> {
    Points(&'a PointsRule),
    /// A percentage of the interest paid, by the days of the period, of which there are so many.
    Paid {
        percent: Percent,
        paid: Money,
        of_days: u32,
    },
}

impl<'a> Basis<'a> {
    fn of(question: &Question<'a>) -> Result<Self, SubsidyError> {
        let policy = question.policy;
        if let Some(rule) = &policy.points {
            return Ok(Self::Points(rule));
        }
        let paid = policy.paid_interest_percent.zip(question.limits.interest_paid);
        let (percent, paid) = paid.ok_or(SubsidyError::NoPoints)?;
        let of_days = calendar_days(question.period.from, question.period.until)?.max(1);
        Ok(Self::Paid { percent, paid, of_days })
    }
}

fn calendar_days(from: Date, until: Date) -> Result<u32, OutOfRange> {
    DayCount::Actual365.between(from, until, from).map(|part| part.days).ok_or(OutOfRange)
}

#[derive(Default)]
struct Sums {
    exact: Accrual,
    /// At the agency's limit of points.
    at_limit: Accrual,
    /// What points of others come to, where the rules net off and pay none themselves.
    of_others: Accrual,
    /// Of each segment rounded by itself.
    rounded: Money,
}

/// The same of a loan whose standing is known, in the order of the days, its maturity included; the question's own events
/// and day of maturity are not looked at.
pub fn over(question: &Question<'_>, history: &[Dated<Owed>]) -> Result<Subsidy, SubsidyError> {
    let (basis, rounding) = (Basis::of(question)?, question.policy.rounding);
    let cuts = cuts(question, history);
    let mut segments = Vec::with_capacity(cuts.len());
    let mut sums = Sums::default();
    for pair in cuts.windows(2) {
        let [from, until] = pair else { continue };
        let (segment, [exact, at_limit, of_others]) = segment(question, basis, history, [*from, *until])?;
        let line = exact.round(rounding)?;
        sums = Sums {
            exact: sums.exact.plus(exact)?,
            at_limit: sums.at_limit.plus(at_limit)?,
            of_others: sums.of_others.plus(of_others)?,
            rounded: sums.rounded.plus(line)?,
        };
        segments.push(Segment { subsidy: line, ..segment });
    }
    let computed = match rounding.scope {
        RoundingScope::Claim => sums.exact.round(rounding)?,
        RoundingScope::Line => sums.rounded,
    };
    let (amount, reductions) = reduced(computed, question, basis, &sums)?;
    apportion(&mut segments, amount, rounding.scope)?;
    let shares = shares(amount, question.policy)?;
    let exact = sums.exact.unrounded();
    Ok(Subsidy { segments, exact, computed, rounding, reductions, amount, shares })
}

/// The days on which a segment begins, and the day after the last; none where no day lies in the window.
fn cuts(question: &Question<'_>, history: &[Dated<Owed>]) -> Vec<Date> {
    let from = question.period.from.max(question.window.from);
    let after_window = question.window.until.plus_days(1).unwrap_or(question.window.until);
    let until = question.period.until.min(after_window);
    if until <= from {
        return Vec::new();
    }
    let share = question.policy.points.as_ref().and_then(|rule| rule.share_of_reference.as_ref());
    let reference = if share.is_some() { question.reference } else { &[] };
    let days = history.iter().map(|step| step.date);
    let days = days.chain(reference.iter().map(|step| step.date));
    let days = days.chain(question.room.iter().map(|step| step.date));
    let days = days.chain(question.others.iter().map(|step| step.date));
    let days = days.chain(question.drawn_outside.iter().map(|step| step.date));
    let days = days.chain(question.term_ends());
    let days = days.chain(question.limits.statutory.window_until.plus_days(1));
    let mut cuts = vec![from];
    cuts.extend(days.filter(|day| from < *day && *day < until));
    cuts.push(until);
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

fn segment(
    question: &Question<'_>,
    basis: Basis<'_>,
    history: &[Dated<Owed>],
    [from, until]: [Date; 2],
) -> Result<(Segment, [Accrual; 3]), SubsidyError> {
    let owed = in_force(history, from).unwrap_or(Owed::nothing(question.annual_rate_percent));
    let room = if question.room.is_empty() { None } else { in_force(question.room, from) };
    let outside = in_force(question.drawn_outside, from).unwrap_or_default();
    let owed_in_time = owed.in_time()?.minus(outside)?.max(Money::ZERO);
    let in_time = room.map_or(owed_in_time, |room| owed_in_time.min(room).max(Money::ZERO));
    let unlawful = from > question.limits.statutory.window_until;
    let over = question.term_ends().is_some_and(|end| end <= from);
    let limit = ExactPoints::of(question.limits.statutory.points_max)?;
    let (eligible, asked) = if over || owed.paused || unlawful {
        Default::default()
    } else {
        (in_time, points(question, basis, owed.rate, from)?)
    };
    let points = asked.min(limit);
    let by_limit = matches!(basis, Basis::Points(_)) && asked > limit;
    let bounds = [
        (Bound::Term, over),
        (Bound::Pause, owed.paused),
        (Bound::Disbursed, outside.is_positive()),
        (Bound::PrincipalCap, in_time < owed_in_time),
        (Bound::StatutoryPoints, by_limit),
        (Bound::StatutoryWindow, unlawful),
    ];
    let years_from = question.first_drawdown.unwrap_or(from);
    let counted = question.policy.day_count.unwrap_or_default().between(from, until, years_from);
    let part = counted.ok_or(OutOfRange)?;
    let [exact, at_limit, of_others] = match basis {
        Basis::Points(_) => [Accrual::of(eligible, points, part)?, Accrual::default(), Accrual::default()],
        Basis::Paid { percent, paid, of_days } => {
            let days = if eligible.is_positive() { calendar_days(from, until)? } else { 0 };
            let nets_off = question.policy.stacking.mode() == Stacking::NetOff;
            let others = question.other_points.filter(|_| nets_off).map(ExactPoints::of).transpose()?;
            [
                Accrual::share(paid, percent, [days, of_days])?,
                Accrual::of(eligible, limit, part)?,
                Accrual::of(eligible, others.unwrap_or_default(), part)?,
            ]
        }
    };
    let segment = Segment {
        from,
        until,
        days: part.days,
        principal: owed.principal,
        eligible_principal: eligible,
        annual_rate_percent: owed.rate,
        points,
        bound_by: bounds.into_iter().filter(|(_, there)| *there).map(|(bound, _)| bound).collect(),
        basis: part.basis,
        exact: exact.unrounded(),
        subsidy: Money::ZERO,
    };
    Ok((segment, [exact, at_limit, of_others]))
}

/// The least of what the rules and the contract allow on a day.
fn points(
    question: &Question<'_>,
    basis: Basis<'_>,
    rate: Percent,
    day: Date,
) -> Result<ExactPoints, SubsidyError> {
    let rule = match basis {
        Basis::Points(rule) => rule,
        Basis::Paid { percent, .. } => return Ok(ExactPoints::share(percent, rate)?),
    };
    let whole = ExactPoints::of_rate(rate)?;
    let mut least = match rule.max {
        Some(max) => whole.min(ExactPoints::of(max)?),
        None => whole,
    };
    if let Some(share) = rule.share_of_contract_rate_percent {
        least = least.min(ExactPoints::share(share, rate)?);
    }
    if let Some(share) = &rule.share_of_reference {
        let missing = || LoanError::ReferenceRateMissing { name: share.name.clone(), date: day };
        let reference = in_force(question.reference, day).ok_or_else(missing)?;
        least = least.min(ExactPoints::share(share.percent, reference)?);
    }
    if question.policy.stacking.mode() == Stacking::NetOff {
        let said = question.other_points.map(ExactPoints::of).transpose()?.unwrap_or_default();
        let known = in_force(question.others, day).unwrap_or_default();
        least = least.min(whole.less(said.max(known))?);
    }
    Ok(least)
}

/// Makes the cuts in their fixed order.
fn reduced(
    computed: Money,
    question: &Question<'_>,
    basis: Basis<'_>,
    sums: &Sums,
) -> Result<(Money, Vec<Reduction>), OutOfRange> {
    let (policy, limits) = (question.policy, &question.limits);
    let to_the_fen = Rounding { mode: policy.rounding.mode, ..Rounding::default() };
    let beside_points = limits.interest_paid.zip(policy.paid_interest_percent);
    let (share, limit) = match basis {
        Basis::Points(_) => (
            beside_points
                .map(|(paid, percent)| Accrual::share(paid, percent, [1, 1])?.round(to_the_fen))
                .transpose()?,
            None,
        ),
        Basis::Paid { .. } => (None, Some(sums.at_limit.round(to_the_fen)?)),
    };
    let levels = policy.stacking.takes_off();
    let beyond = match basis {
        // what is known of others is taken off in points
        Basis::Points(_) => beyond_known(&limits.other_money, levels)?,
        // points of others may stand for the same money that is declared as a sum: the greater counts
        Basis::Paid { .. } => taken_off(&limits.other_money, levels)?.max(sums.of_others.round(to_the_fen)?),
    };
    let off = beyond.is_positive();
    let joint = limits.interest_paid.zip(policy.joint_ceiling_percent);
    let joint = joint.map(|(paid, most)| joint_room(Exact::from_money(paid), most, &limits.other_money));
    let bounds = [
        (ReductionCode::NetOff, off.then(|| computed.minus(beyond)).transpose()?),
        (ReductionCode::ClaimCap, policy.caps.claim.map(Amount::money)),
        (ReductionCode::PaidInterestShare, share),
        (ReductionCode::StatutoryPoints, limit),
        (ReductionCode::PaidInterestCeiling, limits.interest_paid),
        (ReductionCode::JointCeiling, joint.transpose()?),
    ];
    cut(computed, bounds.into_iter().chain(limits.caps().bounds()?))
}

/// Gives each segment its part of the amount, in proportion to what it earned.
fn apportion(segments: &mut [Segment], amount: Money, scope: RoundingScope) -> Result<(), OutOfRange> {
    let weights: Vec<i128> = segments
        .iter()
        .map(|segment| match scope {
            RoundingScope::Claim => segment.exact.weight(),
            RoundingScope::Line => i128::from(segment.subsidy.fen()),
        })
        .collect();
    for (segment, part) in segments.iter_mut().zip(largest_remainder(amount, &weights)?) {
        segment.subsidy = part;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
