//! Reversals in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
use subsidy_core::domain::Date;
use subsidy_core::reversals::Reversal;

rows! {
    pub struct ReversalRow in "reversals", versioned, fixed [reason, created_by, created] {
        key { sequence: i64 }
        status: String,
        reason: Option<Vec<u8>>,
        effective_date: Option<NaiveDate>,
        reversed_by: Option<i64>,
        created_by: String,
        approved_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Reversal as ReversalRow, |sequence| convert::sequence(*sequence) }
listed! { ReversalRow in reversals, by [status] }

impl ReversalRow {
    /// The row of a reversal.
    pub fn new(r: &Reversal) -> Result<Self, Unreadable> {
        Ok(Self {
            sequence: convert::sequence(r.sequence),
            status: r.status.into_str().to_owned(),
            reason: hash(Some(r.reason)),
            effective_date: r.effective_date.map(Date::naive),
            reversed_by: r.reversed_by.map(convert::sequence),
            created_by: r.created_by.to_string(),
            approved_by: r.approved_by.as_ref().map(ToString::to_string),
            created: convert::sequence(r.revision.created),
            version: convert::sequence(r.revision.version),
            updated_at: r.revision.updated_at.utc(),
        })
    }

    /// The reversal of a row.
    pub fn read(&self) -> Result<Reversal, Unreadable> {
        let lost = || Unreadable("a reversal without a reason".to_owned());
        Ok(Reversal {
            sequence: convert::read_sequence(self.sequence)?,
            status: convert::read(&self.status)?,
            reason: read_hash(self.reason.as_deref())?.ok_or_else(lost)?,
            effective_date: self.effective_date.map(Date::from_naive),
            reversed_by: self.reversed_by.map(convert::read_sequence).transpose()?,
            created_by: convert::read(&self.created_by)?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
