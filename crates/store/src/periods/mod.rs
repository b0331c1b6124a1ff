//! Periods in the database.

pub mod queries;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{rows, stored};
use subsidy_core::domain::Instant;
use subsidy_core::periods::Period;

rows! {
    /// A month that was closed.
    pub struct PeriodRow in "periods", versioned, fixed [created] {
        key { month: String }
        status: String,
        books: Value,
        closed_by: String,
        closed_at: DateTime<Utc>,
        reopened_by: Option<String>,
        reopened_at: Option<DateTime<Utc>>,
        reason: Option<Vec<u8>>,
        reopening: Option<Value>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Period as PeriodRow, ToString::to_string }

impl PeriodRow {
    /// The row of a period.
    pub fn new(period: &Period) -> Result<Self, Unreadable> {
        Ok(Self {
            month: period.month.to_string(),
            status: period.status.into_str().to_owned(),
            books: convert::json(&period.books)?,
            closed_by: period.closed_by.to_string(),
            closed_at: period.closed_at.utc(),
            reopened_by: period.reopened_by.as_ref().map(ToString::to_string),
            reopened_at: period.reopened_at.map(Instant::utc),
            reason: hash(period.reason),
            reopening: period.reopening.as_ref().map(convert::json).transpose()?,
            created: convert::sequence(period.revision.created),
            version: convert::sequence(period.revision.version),
            updated_at: period.revision.updated_at.utc(),
        })
    }

    /// The period of a row.
    pub fn read(&self) -> Result<Period, Unreadable> {
        Ok(Period {
            month: convert::read(&self.month)?,
            status: convert::read(&self.status)?,
            books: convert::read_json(&self.books)?,
            closed_by: convert::read(&self.closed_by)?,
            closed_at: Instant::new(self.closed_at),
            reopened_by: convert::read_opt(self.reopened_by.as_deref())?,
            reopened_at: self.reopened_at.map(Instant::new),
            reason: read_hash(self.reason.as_deref())?,
            reopening: self.reopening.as_ref().map(convert::read_json).transpose()?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
