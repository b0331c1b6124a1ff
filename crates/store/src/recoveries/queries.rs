//! What is read of recoveries.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::recoveries::RecoveryRow;
use crate::statement;

statement! {
    pub fn get(id: Uuid) -> Option<RecoveryRow> = "SELECT * FROM recoveries WHERE id = $1";
    /// A page, oldest first.
    pub fn page(
        after: i64,
        status: Option<&str>,
        programme: Option<&str>,
        organisation: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<RecoveryRow> =
        "SELECT * FROM recoveries WHERE created > $1 AND ($2::text IS NULL OR status = $2) \
         AND ($3::text IS NULL OR programme = $3) AND ($4::text IS NULL OR organisation = $4) \
         AND ($5::timestamptz IS NULL OR updated_at >= $5) ORDER BY created LIMIT $6";
}
