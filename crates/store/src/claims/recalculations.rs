//! Recalculations in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
use subsidy_core::claims::recalculation::Recalculation;
use subsidy_core::domain::{ClaimId, Date, RecoveryId};

rows! {
    pub struct RecalculationRow in "recalculations", versioned, fixed [
        previous, settlement, usage_sequence, closing, interest, invoices, amount, difference, reason,
        proposed_on, created_by, created,
    ] {
        key { claim: Uuid, number: i32 }
        previous: i32,
        status: String,
        settlement: Value,
        usage_sequence: Option<i64>,
        closing: bool,
        interest: Option<Value>,
        invoices: Value,
        amount: Decimal,
        difference: Decimal,
        reason: Vec<u8>,
        rejection: Option<Vec<u8>>,
        recovery: Option<Uuid>,
        proposed_on: NaiveDate,
        decided_on: Option<NaiveDate>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Recalculation as RecalculationRow, |key| (key.claim.uuid(), convert::count(key.number)) }
listed! { RecalculationRow in recalculations, by [claim] }

impl RecalculationRow {
    /// The row of a recalculation.
    pub fn new(r: &Recalculation) -> Result<Self, Unreadable> {
        Ok(Self {
            claim: r.claim.uuid(),
            number: convert::count(r.number),
            previous: convert::count(r.previous),
            status: r.status.into_str().to_owned(),
            settlement: convert::json(&r.settlement)?,
            usage_sequence: r.usage.map(convert::sequence),
            closing: r.closing,
            interest: r.interest.map(|terms| convert::json(&terms)).transpose()?,
            invoices: convert::json(&r.invoices)?,
            amount: convert::decimal(r.amount),
            difference: convert::decimal(r.difference),
            reason: r.reason.as_bytes().to_vec(),
            rejection: hash(r.rejection),
            recovery: r.recovery.map(RecoveryId::uuid),
            proposed_on: r.proposed_on.naive(),
            decided_on: r.decided_on.map(Date::naive),
            created_by: r.created_by.to_string(),
            decided_by: r.decided_by.as_ref().map(ToString::to_string),
            created: convert::sequence(r.revision.created),
            version: convert::sequence(r.revision.version),
            updated_at: r.revision.updated_at.utc(),
        })
    }

    /// The recalculation of a row.
    pub fn read(&self) -> Result<Recalculation, Unreadable> {
        let lost = || Unreadable("a recalculation without a reason".to_owned());
        Ok(Recalculation {
            claim: ClaimId::new(self.claim),
            number: convert::read_count(self.number)?,
            previous: convert::read_count(self.previous)?,
            status: convert::read(&self.status)?,
            settlement: convert::read_json(&self.settlement)?,
            usage: self.usage_sequence.map(convert::read_sequence).transpose()?,
            closing: self.closing,
            interest: self.interest.as_ref().map(convert::read_json).transpose()?,
            invoices: convert::read_json(&self.invoices)?,
            amount: convert::money(self.amount)?,
            difference: convert::money(self.difference)?,
            reason: read_hash(Some(&self.reason))?.ok_or_else(lost)?,
            rejection: read_hash(self.rejection.as_deref())?,
            recovery: self.recovery.map(RecoveryId::new),
            proposed_on: Date::from_naive(self.proposed_on),
            decided_on: self.decided_on.map(Date::from_naive),
            created_by: convert::read(&self.created_by)?,
            decided_by: convert::read_opt(self.decided_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
