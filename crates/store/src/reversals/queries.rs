//! What is read of reversals.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::list::columns;
use crate::reversals::ReversalRow;
use crate::schema::reversals;

/// Those that are posted and reverse one of these leaves, or are posted by one of them.
pub async fn touching(mut conn: &AsyncPgConnection, sequences: &[i64]) -> QueryResult<Vec<ReversalRow>> {
    let touched = reversals::sequence.eq_any(sequences).or(reversals::reversed_by.eq_any(sequences));
    let posted = reversals::table.filter(reversals::status.eq("approved").and(touched));
    posted.select(columns::<ReversalRow>()).load(&mut conn).await
}
