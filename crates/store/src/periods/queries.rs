//! What is read of periods.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::list::columns;
use crate::periods::PeriodRow;
use crate::schema::periods;

/// All that were closed, in their order: twelve a year at most.
pub async fn all(mut conn: &AsyncPgConnection) -> QueryResult<Vec<PeriodRow>> {
    periods::table.order(periods::month).select(columns::<PeriodRow>()).load(&mut conn).await
}
