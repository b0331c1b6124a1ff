//! The calendar in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
use subsidy_core::calendar::{CalendarChange, NamedDay};
use subsidy_core::domain::{CalendarId, Date};

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

impl CalendarChangeRow {
    /// The row of a change.
    pub fn new(c: &CalendarChange) -> Result<Self, Unreadable> {
        Ok(Self {
            id: c.id.uuid(),
            status: c.status.into_str().to_owned(),
            days: convert::json(&c.days)?,
            document: c.document.to_string(),
            reason: hash(c.reason),
            created_by: c.created_by.to_string(),
            decided_by: c.decided_by.as_ref().map(ToString::to_string),
            created: convert::sequence(c.revision.created),
            version: convert::sequence(c.revision.version),
            updated_at: c.revision.updated_at.utc(),
        })
    }

    /// The change of a row.
    pub fn read(&self) -> Result<CalendarChange, Unreadable> {
        Ok(CalendarChange {
            id: CalendarId::new(self.id),
            status: convert::read(&self.status)?,
            days: convert::read_json(&self.days)?,
            document: convert::read(&self.document)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            decided_by: convert::read_opt(self.decided_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { NamedDay as CalendarDayRow, |date| date.naive() }

impl CalendarDayRow {
    /// The row of a day.
    pub fn new(d: &NamedDay) -> Result<Self, Unreadable> {
        Ok(Self {
            date: d.date.naive(),
            kind: d.kind.into_str().to_owned(),
            calendar: d.calendar.uuid(),
            created: convert::sequence(d.revision.created),
            version: convert::sequence(d.revision.version),
            updated_at: d.revision.updated_at.utc(),
        })
    }

    /// The day of a row.
    pub fn read(&self) -> Result<NamedDay, Unreadable> {
        Ok(NamedDay {
            date: Date::from_naive(self.date),
            kind: convert::read(&self.kind)?,
            calendar: CalendarId::new(self.calendar),
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
