//! What is read of payment batches.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::list::columns;
use crate::payments::PaymentLineRow;
use crate::schema::payment_lines;

/// The lines of a batch, in the order of their claims.
pub async fn lines(mut conn: &AsyncPgConnection, batch: Uuid) -> QueryResult<Vec<PaymentLineRow>> {
    let lines = payment_lines::table.filter(payment_lines::batch.eq(batch)).order(payment_lines::claim);
    lines.select(columns::<PaymentLineRow>()).load(&mut conn).await
}
