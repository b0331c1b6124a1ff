//! Decisions on the calendar, and which day is a working day.

use super::{
    AHEAD_DAYS_MAX, CalendarChange, CalendarDay, CalendarError, CalendarStatus, DayKind, NamedDay,
    ProposeCalendar,
};
use crate::domain::{Actor, Date, Revision, Stamp, TextHash, WrongState};

pub fn propose(command: &ProposeCalendar, actor: &Actor, stamp: &Stamp) -> CalendarChange {
    CalendarChange {
        id: command.id,
        status: CalendarStatus::Proposed,
        days: command.days.clone(),
        document: command.document.clone(),
        reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    }
}

/// Whether a change waits for another person.
pub fn proposed(change: &CalendarChange) -> Result<(), CalendarError> {
    Ok(WrongState::unless(change.status, &[CalendarStatus::Proposed])?)
}

/// A change decided: approved, or rejected for a reason.
pub fn decide(
    change: &CalendarChange,
    reason: Option<TextHash>,
    actor: &Actor,
    stamp: &Stamp,
) -> CalendarChange {
    let status = if reason.is_some() { CalendarStatus::Rejected } else { CalendarStatus::Approved };
    CalendarChange {
        status,
        reason,
        decided_by: Some(actor.subject.clone()),
        revision: change.revision.next(stamp),
        ..change.clone()
    }
}

/// A day as a change names it.
pub fn named(
    before: Option<&NamedDay>,
    day: &CalendarDay,
    change: &CalendarChange,
    stamp: &Stamp,
) -> NamedDay {
    let revision = before.map_or_else(|| Revision::first(stamp), |before| before.revision.next(stamp));
    NamedDay { date: day.date, kind: day.kind, calendar: change.id, revision }
}

/// What a day is: what it was named, else what its place in the week says.
pub fn kind_of(date: Date, named: Option<DayKind>) -> DayKind {
    named.unwrap_or(if date.is_weekend() { DayKind::Holiday } else { DayKind::Workday })
}

/// The days among which a working day is looked for.
pub fn ahead(from: Date) -> impl Iterator<Item = Date> {
    (0..AHEAD_DAYS_MAX).filter_map(move |days| from.plus_days(days))
}

/// The first working day that is not before a day.
pub fn working_day<E: From<CalendarError>>(
    from: Date,
    named: impl Fn(Date) -> Result<Option<DayKind>, E>,
) -> Result<Date, E> {
    let mut until = from;
    for date in ahead(from) {
        if kind_of(date, named(date)?) == DayKind::Workday {
            return Ok(date);
        }
        until = date;
    }
    Err(CalendarError::NoWorkingDay { from, until }.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// National Day of 2025 as the notice has it: 1 to 8 October, two Sundays and a Saturday worked for it.
    fn notice(day: Date) -> Option<DayKind> {
        match day.to_string().as_str() {
            "2025-09-28" | "2025-10-11" => Some(DayKind::Workday),
            text if ("2025-10-01"..="2025-10-08").contains(&text) => Some(DayKind::Holiday),
            _ => None,
        }
    }

    #[test]
    fn weekends_and_holidays_wait_and_workdays_in_their_stead_do_not() {
        let working = |from: &str| {
            let found: Result<_, CalendarError> = working_day(date(from), |day| Ok(notice(day)));
            found.unwrap().to_string()
        };
        for (from, to) in [
            ("2025-09-26", "2025-09-26"),
            ("2025-09-27", "2025-09-28"),
            ("2025-09-28", "2025-09-28"),
            ("2025-09-30", "2025-09-30"),
            ("2025-10-01", "2025-10-09"),
            ("2025-10-08", "2025-10-09"),
            ("2025-10-11", "2025-10-11"),
            ("2025-10-12", "2025-10-13"),
            ("2025-12-27", "2025-12-29"),
        ] {
            assert_eq!(working(from), to, "{from}");
        }
    }

    #[test]
    fn a_calendar_without_a_working_day_says_so() {
        let never: Result<Date, CalendarError> =
            working_day(date("2025-01-01"), |_| Ok(Some(DayKind::Holiday)));
        let (from, until) = (date("2025-01-01"), date("2025-01-31"));
        assert_eq!(never, Err(CalendarError::NoWorkingDay { from, until }));
    }

    proptest! {
        #[test]
        fn a_working_day_is_never_before_never_a_holiday_and_the_first(
            offset in 0_u64..2_000,
            holidays in proptest::collection::vec(any::<Option<bool>>(), 40),
        ) {
            let from = date("2024-01-01").plus_days(offset).unwrap();
            let named = |day: Date| -> Result<Option<DayKind>, CalendarError> {
                let place = usize::try_from((day.naive() - from.naive()).num_days()).unwrap();
                let kind = |workday| if workday { DayKind::Workday } else { DayKind::Holiday };
                Ok(holidays.get(place).copied().flatten().map(kind))
            };
            let is_working = |day: Date| kind_of(day, named(day).unwrap()) == DayKind::Workday;
            match working_day(from, named) {
                Ok(found) => {
                    prop_assert!(found >= from && is_working(found));
                    prop_assert!(ahead(from).take_while(|day| *day < found).all(|day| !is_working(day)));
                }
                Err(_) => prop_assert!(ahead(from).all(|day| !is_working(day))),
            }
        }
    }
}
