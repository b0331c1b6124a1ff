//! Changes of the calendar, and the working day that is looked for in it.

use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::calendar::{
    ApproveCalendar, CalendarChange, CalendarStatus, ProposeCalendar, RejectCalendar, rules,
};
use crate::domain::{CalendarId, Date};

impl Decide for ProposeCalendar {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::CalendarChange(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let change = rules::propose(self, context.actor, context.stamp);
        Ok(conclude(Effects::default(), None, change))
    }
}

fn existing(context: Context<'_>, id: CalendarId) -> Result<&CalendarChange, Stop> {
    let change = found(context.book.calendar_changes.get(&id)?)?;
    context.same_version(&change.revision)?;
    rules::proposed(change)?;
    context.may_approve()?;
    Ok(change)
}

impl Decide for ApproveCalendar {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::CalendarChange(self.id));
        let days =
            reads.book.calendar_changes.peek(&self.id).into_iter().flat_map(|change| change.days.iter());
        reads.extend(days.map(|day| Key::CalendarDay(day.date)));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let change = rules::decide(before, None, context.actor, context.stamp);
        let mut effects = Effects::default();
        for day in change.days.iter() {
            let known = context.book.calendar_days.get(&day.date)?;
            let named = rules::named(known, day, &change, context.stamp);
            effects.changes.push(Change::CalendarDay(Box::new(named)));
        }
        Ok(conclude(effects, Some(before.status), change))
    }
}

impl Decide for RejectCalendar {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::CalendarChange(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let change = rules::decide(before, Some(self.reason), context.actor, context.stamp);
        Ok(conclude(Effects::default(), Some(before.status), change))
    }
}

/// The days among which [`working_day`] looks.
pub(super) fn read_days(reads: &mut Reads<'_>) {
    reads.extend(rules::ahead(reads.today).map(Key::CalendarDay));
}

/// The first working day from the business date on.
pub(super) fn working_day(context: Context<'_>) -> Result<Date, Stop> {
    let named = |day: Date| Ok(context.book.calendar_days.get(&day)?.map(|named| named.kind));
    rules::working_day(context.stamp.business_date, named)
}

fn conclude(mut effects: Effects, from: Option<CalendarStatus>, change: CalendarChange) -> Decision {
    effects.transitions.push(Transition::new("calendar", &change.id, from, change.status));
    effects.changes.push(Change::CalendarChange(Box::new(change.clone())));
    Decision { effects, outcome: Outcome::Calendar(Box::new(change)) }
}
