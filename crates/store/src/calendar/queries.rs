//! What is read of the calendar.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::calendar::{CalendarChangeRow, CalendarDayRow};
use crate::{rows, statement};

rows! {
    /// A day with the notice that named it.
    pub struct DayFound { place: i64, date: NaiveDate, kind: String, calendar: Uuid, document: String }
}

rows! {
    /// What a day was, as far as the log goes.
    pub struct KindFound { date: NaiveDate, kind: String }
}

statement! {
    pub fn get(id: Uuid) -> Option<CalendarChangeRow> = "SELECT * FROM calendar_changes WHERE id = $1";
    /// A page of the changes, oldest first.
    pub fn changes(after: i64, status: Option<&str>, limit: i64) -> Vec<CalendarChangeRow> =
        "SELECT * FROM calendar_changes WHERE created > $1 AND ($2::text IS NULL OR status = $2) \
         ORDER BY created LIMIT $3";
    /// A page of the days that changes named, in the order of the days.
    pub fn days(after: i64, from: Option<NaiveDate>, until: Option<NaiveDate>, limit: i64) -> Vec<DayFound> =
        "SELECT (d.date - DATE '1900-01-01')::bigint AS place, d.date, d.kind, d.calendar, c.document \
           FROM calendar_days AS d JOIN calendar_changes AS c ON c.id = d.calendar \
          WHERE (d.date - DATE '1900-01-01') > $1 AND ($2::date IS NULL OR d.date >= $2) \
            AND ($3::date IS NULL OR d.date <= $3) ORDER BY d.date LIMIT $4";
    /// The named days from one to another.
    pub fn between(from: NaiveDate, until: NaiveDate) -> Vec<CalendarDayRow> =
        "SELECT * FROM calendar_days WHERE date BETWEEN $1 AND $2 ORDER BY date";
    /// What every named day was when the log ended at a sequence: later changes do not rewrite a report.
    pub fn known_at(until: i64) -> Vec<KindFound> =
        "SELECT DISTINCT ON (date) (day ->> 'date')::date AS date, day ->> 'kind' AS kind \
           FROM calendar_changes AS c, jsonb_array_elements(c.days) AS day \
          WHERE c.status = 'approved' AND c.version <= $1 ORDER BY date, c.version DESC";
}
