//! Rankings in the database.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{columns, rows, stored};
use subsidy_core::rankings::Ranking;

pub mod queries;

rows! {
    pub struct RankingRow in "rankings", versioned, fixed [
        programme, year, metrics, places, top, created_by, created,
    ] {
        key { id: Uuid }
        programme: String,
        year: i16,
        metrics: Value,
        places: Value,
        top: i32,
        status: String,
        published_on: Option<NaiveDate>,
        reason: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Ranking as RankingRow, |id| id.uuid() }

columns! {
    Ranking as RankingRow {
        id, programme, year, metrics, places, top, status, published_on, reason, created_by, decided_by,
    }
}
