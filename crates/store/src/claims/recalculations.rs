//! Recalculations in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert;
use crate::{columns, listed, rows, stored};
use subsidy_core::claims::recalculation::Recalculation;

rows! {
    pub struct RecalculationRow in "recalculations", versioned, fixed [
        previous, settlement, usage_sequence, closing, interest, other_funding, invoices, amount, difference,
        reason, proposed_on, created_by, created,
    ] {
        key { claim: Uuid, number: i32 }
        previous: i32,
        status: String,
        settlement: Value,
        usage_sequence: Option<i64>,
        closing: bool,
        interest: Option<Value>,
        other_funding: Option<Value>,
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

columns! {
    Recalculation as RecalculationRow {
        claim, number, previous, status, settlement, closing, interest, other_funding, invoices, amount,
        difference, reason, rejection, recovery, proposed_on, decided_on, created_by, decided_by,
    }
    renamed { usage as usage_sequence }
}
