//! What commands on the calendar read, and what looks for a working day.

use crate::book::{Book, Key, Keys};
use crate::calendar::rules;
use crate::domain::{CalendarId, Date};

pub(super) fn approve(id: CalendarId, book: &Book, keys: &mut Keys) {
    keys.insert(Key::CalendarChange(id));
    let days = book.calendar_changes.peek(&id).into_iter().flat_map(|change| change.days.iter());
    keys.extend(days.map(|day| Key::CalendarDay(day.date)));
}

/// The days among which a working day is looked for.
pub(super) fn ahead(from: Date, keys: &mut Keys) {
    keys.extend(rules::ahead(from).map(Key::CalendarDay));
}
