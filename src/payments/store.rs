//! Payment batches in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{PaymentBatch, PaymentLine};
use crate::db::convert::{self, Unreadable};
use crate::domain::{ClaimId, Date, PaymentBatchId};
use crate::organisations::store::{hash, read_hash};
use crate::{rows, statement};

rows! {
    /// A payment batch.
    pub struct PaymentBatchRow in "payment_batches", versioned, fixed [count, total, created_by, created] {
        key { id: Uuid }
        status: String,
        count: i32,
        open: i32,
        total: Decimal,
        reason: Option<Vec<u8>>,
        created_by: String,
        approved_by: Option<String>,
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
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// That a claim stands in a batch.
    pub struct PlacedRow { batch: Uuid, claim: Uuid }
}

statement! {
    /// The claims of these batches, in the order of their ids.
    pub fn claims_of(batches: &[Uuid]) -> Vec<PlacedRow> =
        "SELECT batch, claim FROM payment_lines WHERE batch = ANY($1) ORDER BY batch, claim";
}

impl PaymentBatchRow {
    /// The row of a batch.
    pub fn new(b: &PaymentBatch) -> Self {
        Self {
            id: b.id.uuid(),
            status: b.status.as_str().to_owned(),
            count: convert::count(b.count),
            open: convert::count(b.open),
            total: convert::decimal(b.total),
            reason: hash(b.reason),
            created_by: b.created_by.to_string(),
            approved_by: b.approved_by.as_ref().map(ToString::to_string),
            created: convert::sequence(b.revision.created),
            version: convert::sequence(b.revision.version),
            updated_at: b.revision.updated_at.utc(),
        }
    }

    /// The batch of a row.
    pub fn read(&self) -> Result<PaymentBatch, Unreadable> {
        Ok(PaymentBatch {
            id: PaymentBatchId::new(self.id),
            status: convert::read(&self.status)?,
            count: convert::read_count(self.count)?,
            open: convert::read_count(self.open)?,
            total: convert::money(self.total)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

impl PaymentLineRow {
    /// The row of a line.
    pub fn new(l: &PaymentLine) -> Self {
        Self {
            batch: l.batch.uuid(),
            claim: l.claim.uuid(),
            payee: l.payee.to_string(),
            amount: convert::decimal(l.amount),
            status: l.status.as_str().to_owned(),
            bank_reference: l.bank_reference.as_ref().map(ToString::to_string),
            date: l.date.map(Date::naive),
            reason: hash(l.reason),
            created: convert::sequence(l.revision.created),
            version: convert::sequence(l.revision.version),
            updated_at: l.revision.updated_at.utc(),
        }
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
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
