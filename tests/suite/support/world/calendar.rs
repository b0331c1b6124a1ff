//! The calendar: changes that wait, are approved and refused.

use subsidy_core::book::{Book, Command};
use subsidy_core::calendar::*;
use subsidy_core::domain::{CalendarId, Date};

use super::{World, line};

impl World {
    pub fn calendar(&mut self, book: &Book, today: Date) -> Command {
        let is_open = |change: &CalendarChange| change.status == CalendarStatus::Proposed;
        let found = self.found(&book.calendar_changes, 10, is_open);
        let id = found.unwrap_or_else(|| CalendarId::new(self.id()));
        if !book.calendar_changes.iter().any(|(_, change)| is_open(change)) || self.one_in(3) {
            return Command::ProposeCalendar(Box::new(ProposeCalendar {
                id: CalendarId::new(self.id()),
                days: self.days(today),
                document: line("放假通知"),
            }));
        }
        if self.one_in(2) {
            return Command::RejectCalendar(RejectCalendar { id, reason: self.hash() });
        }
        Command::ApproveCalendar(ApproveCalendar { id })
    }

    /// Some days from today on, most of them holidays.
    fn days(&mut self, today: Date) -> CalendarDays {
        let mut days = Vec::new();
        for ahead in 0..9 {
            let kind = if self.one_in(3) { DayKind::Workday } else { DayKind::Holiday };
            if ahead == 0 || self.one_in(2) {
                days.push(CalendarDay { date: today.plus_days(ahead).expect("a day"), kind });
            }
        }
        CalendarDays::new(days).expect("each day once")
    }

    /// When a bank is to pay, as the calendar has it.
    pub fn execution(&mut self, book: &Book, today: Date) -> Date {
        let named =
            |day| Ok::<_, CalendarError>(book.calendar_days.peek(&day).map(|named: &NamedDay| named.kind));
        let day = rules::working_day(today, named).unwrap_or(today);
        if self.one_in(12) { day.plus_days(1).expect("a day") } else { day }
    }
}
