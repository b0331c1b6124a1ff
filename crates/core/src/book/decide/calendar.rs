//! Changes of the calendar.

use super::{Context, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::calendar::{
    ApproveCalendar, CalendarChange, CalendarStatus, ProposeCalendar, RejectCalendar, rules,
};
use crate::domain::{CalendarId, Date};

pub(super) fn propose(context: Context<'_>, command: &ProposeCalendar) -> Result<Decision, Stop> {
    context.no_version()?;
    let change = rules::propose(command, context.actor, context.stamp);
    Ok(decided(Effects::default(), None, change))
}

fn existing(context: Context<'_>, id: CalendarId) -> Result<&CalendarChange, Stop> {
    let change = found(context.book.calendar_changes.get(&id)?)?;
    context.same_version(&change.revision)?;
    rules::proposed(change)?;
    context.may_approve()?;
    Ok(change)
}

pub(super) fn approve(context: Context<'_>, command: &ApproveCalendar) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let change = rules::decide(before, None, context.actor, context.stamp);
    let mut effects = Effects::default();
    for day in change.days.iter() {
        let known = context.book.calendar_days.get(&day.date)?;
        let named = rules::named(known, day, &change, context.stamp);
        effects.changes.push(Change::CalendarDay(named));
    }
    Ok(decided(effects, Some(before.status), change))
}

pub(super) fn reject(context: Context<'_>, command: &RejectCalendar) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let change = rules::decide(before, Some(command.reason), context.actor, context.stamp);
    Ok(decided(Effects::default(), Some(before.status), change))
}

/// The first working day from the business date on.
pub(super) fn working_day(context: Context<'_>) -> Result<Date, Stop> {
    let named = |day: Date| Ok(context.book.calendar_days.get(&day)?.map(|named| named.kind));
    rules::working_day(context.stamp.business_date, named)
}

fn decided(mut effects: Effects, from: Option<CalendarStatus>, change: CalendarChange) -> Decision {
    effects.transitions.push(Transition {
        kind: "calendar",
        document: change.id.to_string(),
        from: from.map(CalendarStatus::as_str),
        to: change.status.as_str(),
    });
    effects.changes.push(Change::CalendarChange(Box::new(change.clone())));
    Decision { effects, outcome: Outcome::Calendar(Box::new(change)) }
}
