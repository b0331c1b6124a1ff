//! Recoveries in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::{columns, listed, rows, stored};
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

columns! {
    Recovery as RecoveryRow {
        id, claim, programme, organisation, class, status, amount, received, written_off, cancelled,
        owed, receipts, offsets, decision_no, reason, fraud, fiscal_year, paid_on, effective_date,
        decided_on, created_by, approved_by, rejection, rejected_by,
    }
}
