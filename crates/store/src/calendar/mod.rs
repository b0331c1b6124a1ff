//! The calendar in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{columns, listed, rows, stored};
use subsidy_core::calendar::{CalendarChange, NamedDay};

rows! {
    pub struct CalendarChangeRow in "calendar_changes", versioned, fixed [days, document, created_by, created] {
        key { id: Uuid }
        status: String,
        days: Value,
        document: String,
        reason: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A day that a change named.
    pub struct CalendarDayRow in "calendar_days", versioned, fixed [created] {
        key { date: NaiveDate }
        kind: String,
        calendar: Uuid,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { CalendarChange as CalendarChangeRow, |id| id.uuid() }
listed! { CalendarChangeRow in calendar_changes, by [status] }

columns! {
    CalendarChange as CalendarChangeRow { id, status, days, document, reason, created_by, decided_by }
}

stored! { NamedDay as CalendarDayRow, |date| date.naive() }

columns! {
    NamedDay as CalendarDayRow { date, kind, calendar }
}
