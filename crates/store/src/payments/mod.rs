//! Payment batches in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, statement, stored};
use subsidy_core::domain::{ClaimId, Date, PaymentBatchId};
use subsidy_core::payments::{LineKey, PaymentBatch, PaymentLine, ReferenceKey};

rows! {
    pub struct PaymentBatchRow in "payment_batches", versioned, fixed [
        count, total, name_max, created_by, created,
    ] {
        key { id: Uuid }
        status: String,
        count: i32,
        open: i32,
        waiting: i32,
        total: Decimal,
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
    /// Under which reference a line was paid.
    pub struct ReferenceRow { reference_key: String, batch: Uuid, claim: Uuid }
}

statement! {
    /// The claims of these batches, in the order of their ids.
    pub fn claims_of(batches: &[Uuid]) -> Vec<PlacedRow> =
        "SELECT batch, claim FROM payment_lines WHERE batch = ANY($1) ORDER BY batch, claim";
    /// The lines that were paid under these references.
    pub fn paid_under(references: &[String]) -> Vec<ReferenceRow> =
        "SELECT reference_key, batch, claim FROM payment_lines WHERE reference_key = ANY($1)";
}

stored! { PaymentBatch as PaymentBatchRow, |id| id.uuid() }
listed! { PaymentBatchRow in payment_batches, by [status], since [updated_at] }

impl PaymentBatchRow {
    /// The row of a batch.
    pub fn new(b: &PaymentBatch) -> Result<Self, Unreadable> {
        Ok(Self {
            id: b.id.uuid(),
            status: b.status.into_str().to_owned(),
            count: convert::count(b.count),
            open: convert::count(b.open),
            waiting: convert::count(b.waiting),
            total: convert::decimal(b.total),
            name_max: convert::count(b.name_max),
            reason: hash(b.reason),
            created_by: b.created_by.to_string(),
            approved_by: b.approved_by.as_ref().map(ToString::to_string),
            approved_on: b.approved_on.map(Date::naive),
            created: convert::sequence(b.revision.created),
            version: convert::sequence(b.revision.version),
            updated_at: b.revision.updated_at.utc(),
        })
    }

    /// The batch of a row.
    pub fn read(&self) -> Result<PaymentBatch, Unreadable> {
        Ok(PaymentBatch {
            id: PaymentBatchId::new(self.id),
            status: convert::read(&self.status)?,
            count: convert::read_count(self.count)?,
            open: convert::read_count(self.open)?,
            waiting: convert::read_count(self.waiting)?,
            total: convert::money(self.total)?,
            name_max: convert::read_count(self.name_max)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            approved_on: self.approved_on.map(Date::from_naive),
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { PaymentLine as PaymentLineRow, |key| (key.batch.uuid(), key.claim.uuid()); const CHANGED_FIRST: bool = true; const BETWEEN: &str = " "; }

impl PaymentLineRow {
    /// The row of a line.
    pub fn new(l: &PaymentLine) -> Result<Self, Unreadable> {
        Ok(Self {
            batch: l.batch.uuid(),
            claim: l.claim.uuid(),
            payee: l.payee.to_string(),
            amount: convert::decimal(l.amount),
            status: l.status.into_str().to_owned(),
            bank_reference: l.bank_reference.as_ref().map(ToString::to_string),
            date: l.date.map(Date::naive),
            reason: hash(l.reason),
            reference_key: l.reference_key.as_ref().map(ToString::to_string),
            paid_in: l.paid_in.map(convert::sequence),
            proposed_result: l.proposed_result.as_ref().map(convert::json).transpose()?,
            recorded_by: convert::json(&l.recorded_by)?,
            created: convert::sequence(l.revision.created),
            version: convert::sequence(l.revision.version),
            updated_at: l.revision.updated_at.utc(),
        })
    }

    /// The line of a row.
    pub fn read(&self) -> Result<PaymentLine, Unreadable> {
        Ok(PaymentLine {
            batch: PaymentBatchId::new(self.batch),
            claim: ClaimId::new(self.claim),
            payee: convert::read(&self.payee)?,
            amount: convert::money(self.amount)?,
            status: convert::read(&self.status)?,
            bank_reference: convert::read_opt(self.bank_reference.as_deref())?,
            date: self.date.map(Date::from_naive),
            reason: read_hash(self.reason.as_deref())?,
            reference_key: convert::read_opt(self.reference_key.as_deref())?,
            paid_in: self.paid_in.map(convert::read_sequence).transpose()?,
            proposed_result: self.proposed_result.as_ref().map(convert::read_json).transpose()?,
            recorded_by: convert::read_json(&self.recorded_by)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

impl ReferenceRow {
    /// The line, under its reference.
    pub fn read(&self) -> Result<(ReferenceKey, LineKey), Unreadable> {
        let line = LineKey { batch: PaymentBatchId::new(self.batch), claim: ClaimId::new(self.claim) };
        Ok((convert::read(&self.reference_key)?, line))
    }
}
