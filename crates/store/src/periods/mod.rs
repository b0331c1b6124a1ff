//! Periods in the database.

pub mod queries;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{columns, rows, stored};
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
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Period as PeriodRow, ToString::to_string }

columns! {
    Period as PeriodRow {
        month, status, books, closed_by, closed_at, reopened_by, reopened_at, reason,
    }
}
