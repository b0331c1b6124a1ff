//! Changes of the calendar, and the working day that is looked for in it.

use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::calendar::{
    ApproveCalendar, CalendarChange, CalendarStatus, DayKind, ProposeCalendar, RejectCalendar, rules,
};
use crate::domain::money::OutOfRange;
use crate::domain::{CalendarId, Date};
use crate::programmes::Policy;
use crate::programmes::policy::DayCounting;

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

/// The days by which [`published_until`] counts, where rules count working days.
pub(super) fn read_publicity(rules: &Policy, reads: &mut Reads<'_>) {
    if let Some((days, DayCounting::Working)) = rules.publicity() {
        reads.extend(rules::ahead_of(reads.today, days).map(Key::CalendarDay));
    }
}

/// The last day of a publicity that begins on the business date, which does not count; none where the rules ask for none.
/// It is kept with what is published: a later change of the calendar shortens no publicity that was announced.
pub(super) fn published_until(context: Context<'_>, rules: &Policy) -> Result<Option<Date>, Stop> {
    let begins = context.stamp.business_date;
    Ok(match rules.publicity() {
        None => None,
        Some((days, DayCounting::Calendar)) => Some(begins.plus_days(u64::from(days)).ok_or(OutOfRange)?),
        Some((days, DayCounting::Working)) => Some(rules::after(begins, days, |day| kind(context, day))?),
    })
}

/// What the calendar names a day.
pub(super) fn kind(context: Context<'_>, day: Date) -> Result<Option<DayKind>, Stop> {
    Ok(context.book.calendar_days.get(&day)?.map(|named| named.kind))
}

/// The first working day from the business date on.
pub(super) fn working_day(context: Context<'_>) -> Result<Date, Stop> {
    rules::working_day(context.stamp.business_date, |day| kind(context, day))
}

fn conclude(mut effects: Effects, from: Option<CalendarStatus>, change: CalendarChange) -> Decision {
    effects.transitions.push(Transition::new("calendar", &change.id, from, change.status));
    effects.changes.push(Change::CalendarChange(Box::new(change.clone())));
    Decision { effects, outcome: Outcome::Calendar(Box::new(change)) }
}
