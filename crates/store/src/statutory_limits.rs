//! Statutory limits in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{columns, listed, rows, stored};
use subsidy_core::programmes::StatutoryLimits;
use subsidy_core::statutory_limits::StatutoryLimit;

rows! {
    pub struct StatutoryLimitRow in "statutory_limits", versioned, fixed [
        points_max, window_until, document, reason, created_by, created,
    ] {
        key { id: Uuid }
        status: String,
        points_max: Decimal,
        window_until: NaiveDate,
        document: String,
        reason: Option<Vec<u8>>,
        rejection: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { StatutoryLimit as StatutoryLimitRow, |id| id.uuid() }
listed! { StatutoryLimitRow in statutory_limits, by [status] }

columns! {
    StatutoryLimit as StatutoryLimitRow { id, status, document, reason, rejection, created_by, decided_by }
    part limits: StatutoryLimits { points_max as points_max, window_until as window_until }
}
