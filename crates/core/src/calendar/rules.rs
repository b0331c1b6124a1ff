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

/// The days among which [`after`] looks: of any two days one is worked, but for the longest holidays.
pub fn ahead_of(day: Date, working_days: u32) -> impl Iterator<Item = Date> {
    let days = AHEAD_DAYS_MAX.saturating_add(u64::from(working_days).saturating_mul(2));
    (1..=days).filter_map(move |days| day.plus_days(days))
}

/// The working day so many working days after a day, which does not count itself: the first one after it is day 1. None at
/// all after it is the day itself.
pub fn after<E: From<CalendarError>>(
    day: Date,
    working_days: u32,
    named: impl Fn(Date) -> Result<Option<DayKind>, E>,
) -> Result<Date, E> {
    let (mut left, mut last) = (working_days, day);
    for date in ahead_of(day, working_days) {
        if left == 0 {
            break;
        }
        if kind_of(date, named(date)?) == DayKind::Workday {
            left = left.saturating_sub(1);
        }
        last = date;
    }
    if left == 0 { Ok(last) } else { Err(CalendarError::NoWorkingDay { from: day, until: last }.into()) }
}

/// The working days from one day to another, both included, in order.
pub fn working_days(from: Date, until: Date, named: &std::collections::BTreeMap<Date, DayKind>) -> Vec<Date> {
    let days = (0..).map_while(|days| from.plus_days(days)).take_while(|day| *day <= until);
    days.filter(|day| kind_of(*day, named.get(day).copied()) == DayKind::Workday).collect()
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

    #[test]
    fn working_days_are_counted_from_the_day_after_and_pass_over_the_holidays() {
        let counted = |from: &str, days: u32| {
            let found: Result<_, CalendarError> = after(date(from), days, |day| Ok(notice(day)));
            found.unwrap().to_string()
        };
        for (from, days, to) in [
            ("2025-09-26", 0, "2025-09-26"),
            ("2025-09-26", 1, "2025-09-28"),
            ("2025-09-26", 3, "2025-09-30"),
            ("2025-09-26", 4, "2025-10-09"),
            ("2025-09-27", 1, "2025-09-28"),
            ("2025-10-03", 1, "2025-10-09"),
            ("2025-10-03", 3, "2025-10-11"),
            ("2025-10-03", 4, "2025-10-13"),
        ] {
            assert_eq!(counted(from, days), to, "{days} after {from}");
        }
    }

    #[test]
    fn so_many_holidays_that_the_days_do_not_end_are_said() {
        let never: Result<Date, CalendarError> = after(date("2025-01-01"), 2, |_| Ok(Some(DayKind::Holiday)));
        let (from, until) = (date("2025-01-01"), date("2025-02-05"));
        assert_eq!(never, Err(CalendarError::NoWorkingDay { from, until }));
    }

    proptest! {
        /// With any holidays of which no more than nine follow each other: it ends on a working day, each day more ends later,
        /// and counting on from the end comes to what counting all at once does.
        #[test]
        fn counting_working_days_is_stepping_from_each_to_the_next(
            offset in 0_u64..2_000,
            first in 0_u32..40,
            second in 0_u32..40,
            holidays in proptest::collection::vec((0_u64..200, 1_u64..9), 0..6),
        ) {
            let from = date("2024-01-01").plus_days(offset).unwrap();
            let mut notice = std::collections::BTreeMap::new();
            for (begins, days) in holidays {
                // each has the ten days before it worked, as 调休 does
                for day in begins..begins + 10 {
                    notice.entry(from.plus_days(day).unwrap()).or_insert(DayKind::Workday);
                }
                for day in begins + 10..begins + 10 + days {
                    notice.entry(from.plus_days(day).unwrap()).or_insert(DayKind::Holiday);
                }
            }
            let named = |day: Date| -> Result<Option<DayKind>, CalendarError> { Ok(notice.get(&day).copied()) };
            let end = after(from, first, named).unwrap();
            let is_working = |day: Date| kind_of(day, notice.get(&day).copied()) == DayKind::Workday;
            prop_assert!(first == 0 || is_working(end));
            prop_assert!(end < after(from, first + 1, named).unwrap());
            prop_assert_eq!(after(end, second, named).unwrap(), after(from, first + second, named).unwrap());
            let next = working_day(end.plus_days(1).unwrap(), named).unwrap();
            prop_assert_eq!(after(from, first + 1, named).unwrap(), next);
            let listed = working_days(from.plus_days(1).unwrap(), end, &notice);
            prop_assert_eq!(listed.len(), usize::try_from(first).unwrap());
        }

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
