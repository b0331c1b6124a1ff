//! Reference rates in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::db::convert::{self, Unreadable};
use crate::{listed, rows, stored};
use subsidy_core::domain::Date;
use subsidy_core::reference_rates::ReferenceRate;

rows! {
    pub struct ReferenceRateRow in "reference_rates", once {
        key { name_fold: String, date: NaiveDate }
        name: String,
        percent: Decimal,
        created_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { ReferenceRate as ReferenceRateRow, |key| (key.name.to_string(), key.date.naive()) }
listed! { ReferenceRateRow in reference_rates, by [name_fold] }

impl ReferenceRateRow {
    /// The row of a rate.
    pub fn new(rate: &ReferenceRate) -> Result<Self, Unreadable> {
        Ok(Self {
            name_fold: rate.name.folded().to_string(),
            date: rate.date.naive(),
            name: rate.name.to_string(),
            percent: convert::percent(rate.percent),
            created_by: rate.created_by.to_string(),
            created: convert::sequence(rate.revision.created),
            version: convert::sequence(rate.revision.version),
            updated_at: rate.revision.updated_at.utc(),
        })
    }

    /// The rate of a row.
    pub fn read(&self) -> Result<ReferenceRate, Unreadable> {
        Ok(ReferenceRate {
            name: convert::read(&self.name)?,
            date: Date::from_naive(self.date),
            percent: convert::read_percent(self.percent)?,
            created_by: convert::read(&self.created_by)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
