//! Recoveries in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
use subsidy_core::domain::{ClaimId, Date, RecoveryId};
use subsidy_core::recoveries::Recovery;

rows! {
    pub struct RecoveryRow in "recoveries", versioned, fixed [
        claim, programme, organisation, class, amount, decision_no, reason, fraud, fiscal_year, paid_on,
        effective_date, created_by, created,
    ] {
        key { id: Uuid }
        claim: Uuid,
        programme: String,
        organisation: String,
        class: String,
        status: String,
        amount: Decimal,
        received: Decimal,
        written_off: Decimal,
        cancelled: Decimal,
        owed: Value,
        receipts: Value,
        offsets: Value,
        decision_no: String,
        reason: Option<Vec<u8>>,
        fraud: bool,
        fiscal_year: i16,
        paid_on: NaiveDate,
        effective_date: Option<NaiveDate>,
        decided_on: Option<NaiveDate>,
        created_by: String,
        approved_by: Option<String>,
        rejection: Option<Vec<u8>>,
        rejected_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Recovery as RecoveryRow, |id| id.uuid() }
listed! { RecoveryRow in recoveries, by [status, programme, organisation], since [updated_at] }

impl RecoveryRow {
    /// The row of a recovery.
    pub fn new(r: &Recovery) -> Result<Self, Unreadable> {
        Ok(Self {
            id: r.id.uuid(),
            claim: r.claim.uuid(),
            programme: r.programme.to_string(),
            organisation: r.organisation.to_string(),
            class: r.class.into_str().to_owned(),
            status: r.status.into_str().to_owned(),
            amount: convert::decimal(r.amount),
            received: convert::decimal(r.received),
            written_off: convert::decimal(r.written_off),
            cancelled: convert::decimal(r.cancelled),
            owed: convert::json(&r.owed)?,
            receipts: convert::json(&r.receipts)?,
            offsets: convert::json(&r.offsets)?,
            decision_no: r.decision_no.to_string(),
            reason: hash(Some(r.reason)),
            fraud: r.fraud,
            fiscal_year: convert::year(Some(r.fiscal_year)),
            paid_on: r.paid_on.naive(),
            effective_date: r.effective_date.map(Date::naive),
            decided_on: r.decided_on.map(Date::naive),
            created_by: r.created_by.to_string(),
            approved_by: r.approved_by.as_ref().map(ToString::to_string),
            rejection: hash(r.rejection),
            rejected_by: r.rejected_by.as_ref().map(ToString::to_string),
            created: convert::sequence(r.revision.created),
            version: convert::sequence(r.revision.version),
            updated_at: r.revision.updated_at.utc(),
        })
    }

    /// The recovery of a row.
    pub fn read(&self) -> Result<Recovery, Unreadable> {
        let lost = || Unreadable("a recovery without a year or a reason".to_owned());
        Ok(Recovery {
            id: RecoveryId::new(self.id),
            claim: ClaimId::new(self.claim),
            programme: convert::read(&self.programme)?,
            organisation: convert::read(&self.organisation)?,
            class: convert::read(&self.class)?,
            status: convert::read(&self.status)?,
            amount: convert::money(self.amount)?,
            received: convert::money(self.received)?,
            written_off: convert::money(self.written_off)?,
            cancelled: convert::money(self.cancelled)?,
            owed: convert::read_json(&self.owed)?,
            receipts: convert::read_json(&self.receipts)?,
            offsets: convert::read_json(&self.offsets)?,
            decision_no: convert::read(&self.decision_no)?,
            reason: read_hash(self.reason.as_deref())?.ok_or_else(lost)?,
            fraud: self.fraud,
            fiscal_year: convert::read_year(self.fiscal_year)?.ok_or_else(lost)?,
            paid_on: Date::from_naive(self.paid_on),
            effective_date: self.effective_date.map(Date::from_naive),
            decided_on: self.decided_on.map(Date::from_naive),
            created_by: convert::read(&self.created_by)?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            rejection: read_hash(self.rejection.as_deref())?,
            rejected_by: convert::read_opt(self.rejected_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
