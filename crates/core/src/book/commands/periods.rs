//! Months closed and reopened.

use crate::agencies::Agency;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::domain::Month;
use crate::domain::WrongState;
use crate::periods::{ClosePeriod, Period, PeriodError, PeriodStatus, ReopenPeriod, rules};

/// The month as it was when it was last closed, if it ever was, in the version that the caller saw.
fn seen(context: Context<'_>, month: Month) -> Result<Option<&Period>, Stop> {
    let period = context.book.periods.get(&month)?;
    match period {
        Some(period) => context.same_version(&period.revision)?,
        None => context.no_version()?,
    }
    Ok(period)
}

impl Decide for ClosePeriod {
    fn needs(&self, reads: &mut Reads<'_>) {
        let month = self.month;
        reads.extend([Key::Period(month), Key::Turnovers(month)]);
        let Some(agency) = &reads.book.agency else { return };
        // the months that it closes beside itself
        if let Some(mut posted) = reads.book.turnovers.through(month) {
            let first = rules::first_closed(agency, month, posted.next().map(|(month, _)| month));
            reads.extend(first.through(month).map(Key::Period));
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (agency, month) = (context.agency()?, self.month);
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
        conclude(effects, rules::closed(agency, self), named)
    }
}

/// The last month that is closed. Error: the month is not.
fn closed(context: Context<'_>, month: Month) -> Result<Month, Stop> {
    let agency = context.agency()?;
    let before = seen(context, month)?;
    let open = || PeriodError::from(WrongState::not(PeriodStatus::Open.into_str(), &[PeriodStatus::Closed]));
    let last = agency.closed_through.filter(|_| agency.is_closed(month)).ok_or_else(open)?;
    // a month before the first that was ever closed takes postings again when that one is reopened
    found(before)?;
    Ok(last)
}

impl Decide for ReopenPeriod {
    fn needs(&self, reads: &mut Reads<'_>) {
        let month = self.month;
        reads.extend([Key::Period(month.previous()), Key::Period(month)]);
        if let Some(last) = reads.book.agency.as_ref().and_then(|agency| agency.closed_through) {
            reads.extend(month.through(last).map(Key::Period));
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (agency, month) = (context.agency()?, self.month);
        let last = closed(context, month)?;
        let mut effects = Effects::default();
        let mut named = None;
        for each in month.through(last) {
            if let Some(before) = context.book.periods.get(&each)? {
                let after = rules::reopen(before, self, context.actor, context.stamp);
                named = Some(after.clone()).filter(|_| each == month).or(named);
                step(&mut effects, Some(before.status), after);
            }
        }
        let previous = context.book.periods.get(&month.previous())?;
        conclude(effects, rules::reopened(agency, self, previous), named)
    }
}

fn step(effects: &mut Effects, from: Option<PeriodStatus>, period: Period) {
    effects.transitions.push(Transition::new("period", &period.month, from, period.status));
    effects.changes.push(Change::Period(Box::new(period)));
}

/// Answers with the month that was named.
fn conclude(mut effects: Effects, agency: Agency, named: Option<Period>) -> Result<Decision, Stop> {
    effects.changes.push(Change::Agency(agency));
    let lost = || Fault::Broken("the month is not among those that it changes".to_owned());
    Ok(Decision { effects, outcome: Outcome::Period(Box::new(named.ok_or_else(lost)?)) })
}
