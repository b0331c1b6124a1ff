//! Reversals in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::convert;
use crate::{columns, listed, rows, stored};
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

columns! {
    Reversal as ReversalRow { sequence, status, reason, effective_date, reversed_by, created_by, approved_by }
}
