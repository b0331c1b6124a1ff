//! Reference rates in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::{columns, listed, rows, stored};
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

columns! {
    ReferenceRate as ReferenceRateRow { name, date, percent, created_by }
    row |rate| { name_fold: rate.name.folded().to_string() }
}
