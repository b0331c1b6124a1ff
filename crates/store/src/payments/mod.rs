//! Payment batches in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{columns, listed, rows, statement, stored};
use subsidy_core::domain::{ClaimId, PaymentBatchId};
use subsidy_core::payments::{LineKey, PaymentBatch, PaymentLine, ReferenceKey};

rows! {
    pub struct PaymentBatchRow in "payment_batches", versioned, fixed [
        count, total, left_out, name_max, created_by, created,
    ] {
        key { id: Uuid }
        status: String,
        count: i32,
        open: i32,
        waiting: i32,
        total: Decimal,
        left_out: Value,
        name_max: i32,
        reason: Option<Vec<u8>>,
        created_by: String,
        approved_by: Option<String>,
        approved_on: Option<NaiveDate>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A claim in a batch.
    pub struct PaymentLineRow in "payment_lines", versioned, fixed [payee, amount, created] {
        key { batch: Uuid, claim: Uuid }
        payee: String,
        amount: Decimal,
        status: String,
        bank_reference: Option<String>,
        date: Option<NaiveDate>,
        reason: Option<Vec<u8>>,
        reference_key: Option<String>,
        paid_in: Option<i64>,
        proposed_result: Option<Value>,
        recorded_by: Value,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// That a claim stands in a batch.
    pub struct PlacedRow { batch: Uuid, claim: Uuid }
}

rows! {
    /// A claim that waits for its payment in no batch.
    pub struct PayableRow { id: Uuid }
}

rows! {
    /// Under which reference a line was paid.
    pub struct ReferenceRow { reference_key: String, batch: Uuid, claim: Uuid }
}

statement! {
    /// The claims of these batches, in the order of their ids.
    pub fn claims_of(batches: &[Uuid]) -> Vec<PlacedRow> =
        "SELECT batch, claim FROM payment_lines WHERE batch = ANY($1) ORDER BY batch, claim";
    /// The approved claims that stand in no batch.
    pub fn payable_claims() -> Vec<PayableRow> =
        "SELECT id FROM claims WHERE status = 'approved' AND batch IS NULL";
    /// The lines that were paid under these references.
    pub fn paid_under(references: &[String]) -> Vec<ReferenceRow> =
        "SELECT reference_key, batch, claim FROM payment_lines WHERE reference_key = ANY($1)";
}

stored! { PaymentBatch as PaymentBatchRow, |id| id.uuid() }
listed! { PaymentBatchRow in payment_batches, by [status], since [updated_at] }

columns! {
    PaymentBatch as PaymentBatchRow {
        id, status, count, open, waiting, total, left_out, name_max, reason, created_by, approved_by, approved_on,
    }
}

stored! { PaymentLine as PaymentLineRow, |key| (key.batch.uuid(), key.claim.uuid()); const CHANGED_FIRST: bool = true; const BETWEEN: &str = " "; }

columns! {
    PaymentLine as PaymentLineRow {
        batch, claim, payee, amount, status, bank_reference, date, reason, reference_key, paid_in,
        proposed_result, recorded_by,
    }
}

impl ReferenceRow {
    /// The line, under its reference.
    pub fn read(&self) -> Result<(ReferenceKey, LineKey), Unreadable> {
        let line = LineKey { batch: PaymentBatchId::new(self.batch), claim: ClaimId::new(self.claim) };
        Ok((convert::read(&self.reference_key)?, line))
    }
}
