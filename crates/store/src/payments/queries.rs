//! What is read of payment batches.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::payments::{PaymentBatchRow, PaymentLineRow};
use crate::statement;

statement! {
    pub fn get(id: Uuid) -> Option<PaymentBatchRow> = "SELECT * FROM payment_batches WHERE id = $1";
    pub fn lines(batch: Uuid) -> Vec<PaymentLineRow> =
        "SELECT * FROM payment_lines WHERE batch = $1 ORDER BY claim";
    /// A page, oldest first.
    pub fn page(
        after: i64,
        status: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<PaymentBatchRow> =
        "SELECT * FROM payment_batches WHERE created > $1 AND ($2::text IS NULL OR status = $2) \
         AND ($3::timestamptz IS NULL OR updated_at >= $3) ORDER BY created LIMIT $4";
}
