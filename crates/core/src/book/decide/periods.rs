//! Months closed and reopened.

use super::{Context, found};
use crate::agencies::Agency;
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::domain::Month;
use crate::periods::{
    ApproveReopening, ClosePeriod, Period, PeriodError, PeriodStatus, ProposeReopening, RejectReopening,
    rules,
};

/// The month as it was when it was last closed, if it ever was, in the version that the caller saw.
fn seen(context: Context<'_>, month: Month) -> Result<Option<&Period>, Stop> {
    let period = context.book.periods.get(&month)?;
    match period {
        Some(period) => context.same_version(&period.revision)?,
        None => context.no_version()?,
    }
    Ok(period)
}

pub(super) fn close(context: Context<'_>, command: &ClosePeriod) -> Result<Decision, Stop> {
    let (agency, month) = (context.agency()?, command.month);
    seen(context, month)?;
    rules::may_close(agency, month, context.stamp.business_date)?;
    let known = || {
        let unknown = || Fault::NotLoaded(format!("what was posted until {month}"));
        context.book.turnovers.through(month).ok_or_else(unknown)
    };
    rules::ties(known()?)?;
    let mut posted: std::collections::BTreeMap<_, _> = known()?.collect();
    let first = rules::first_closed(agency, month, posted.keys().next().copied());
    let mut effects = Effects::default();
    let mut named = None;
    for each in first.through(month) {
        let before = context.book.periods.get(&each)?;
        let books = posted.remove(&each).copied().unwrap_or_default();
        let after = rules::close(before, each, books, context.actor, context.stamp);
        named = Some(after.clone()).filter(|_| each == month).or(named);
        step(&mut effects, before.map(|before| before.status), after);
    }
    decided(effects, rules::closed(agency, command), named)
}

/// A closed month, and the last that is closed.
fn closed(context: Context<'_>, month: Month) -> Result<(&Period, Month), Stop> {
    let agency = context.agency()?;
    let before = seen(context, month)?;
    let open = || PeriodError::WrongState { status: PeriodStatus::Open.as_str().to_owned() };
    let last = agency.closed_through.filter(|_| agency.is_closed(month)).ok_or_else(open)?;
    // a month before the first that was ever closed takes postings again when that one is reopened
    Ok((found(before)?, last))
}

/// What is said of reopening a month, and nothing else of it.
fn said(period: Period, (from, to): (Option<&'static str>, &'static str)) -> Decision {
    let step = Transition { kind: "period_reopening", document: period.month.to_string(), from, to };
    let changes = vec![Change::Period(Box::new(period.clone()))];
    let effects = Effects { changes, transitions: vec![step], ..Effects::default() };
    Decision { effects, outcome: Outcome::Period(Box::new(period)) }
}

pub(super) fn propose_reopening(context: Context<'_>, command: &ProposeReopening) -> Result<Decision, Stop> {
    let (before, _) = closed(context, command.month)?;
    let after = rules::propose_reopening(before, command, context.actor, context.stamp)?;
    Ok(said(after, (None, "proposed")))
}

pub(super) fn reject_reopening(context: Context<'_>, command: &RejectReopening) -> Result<Decision, Stop> {
    let (before, _) = closed(context, command.month)?;
    rules::waiting(before)?;
    context.may_approve()?;
    Ok(said(rules::reject_reopening(before, context.stamp), (Some("proposed"), "rejected")))
}

pub(super) fn approve_reopening(context: Context<'_>, command: &ApproveReopening) -> Result<Decision, Stop> {
    let (agency, month) = (context.agency()?, command.month);
    let (before, last) = closed(context, month)?;
    let proposed = rules::waiting(before)?;
    context.may_approve()?;
    let mut effects = Effects::default();
    let mut named = None;
    for each in month.through(last) {
        if let Some(before) = context.book.periods.get(&each)? {
            let after = rules::reopen(before, proposed, context.actor, context.stamp);
            named = Some(after.clone()).filter(|_| each == month).or(named);
            step(&mut effects, Some(before.status), after);
        }
    }
    effects.transitions.push(Transition {
        kind: "period_reopening",
        document: month.to_string(),
        from: Some("proposed"),
        to: "approved",
    });
    let previous = context.book.periods.get(&month.previous())?;
    decided(effects, rules::reopened(agency, command, previous), named)
}

fn step(effects: &mut Effects, from: Option<PeriodStatus>, period: Period) {
    effects.transitions.push(Transition {
        kind: "period",
        document: period.month.to_string(),
        from: from.map(PeriodStatus::as_str),
        to: period.status.as_str(),
    });
    effects.changes.push(Change::Period(Box::new(period)));
}

/// Answers with the month that was named.
fn decided(mut effects: Effects, agency: Agency, named: Option<Period>) -> Result<Decision, Stop> {
    effects.changes.push(Change::Agency(agency));
    let lost = || Fault::Broken("the month is not among those that it changes".to_owned());
    Ok(Decision { effects, outcome: Outcome::Period(Box::new(named.ok_or_else(lost)?)) })
}
