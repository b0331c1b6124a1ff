//! Vouchers in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::Unreadable;
use crate::{columns, listed, rows, statement, stored};
use subsidy_core::vouchers::{Voucher, VoucherBalance};

rows! {
    pub struct VoucherRow in "vouchers", versioned, fixed [
        programme, organisation, provider, rental, submitted_on, other_funding, created_by, created,
    ] {
        key { id: Uuid }
        number: Option<String>,
        programme: String,
        organisation: String,
        provider: String,
        rental: Uuid,
        status: String,
        suspended_from: Option<String>,
        face: Decimal,
        redeemed: Decimal,
        held: Decimal,
        released: Decimal,
        expired: Decimal,
        available: Decimal,
        closed: bool,
        submitted_on: NaiveDate,
        reviewed_on: Option<NaiveDate>,
        valid_from: Option<NaiveDate>,
        valid_until: Option<NaiveDate>,
        fiscal_year: Option<i16>,
        rules_version: i32,
        tier: Option<i32>,
        calculation: i32,
        other_funding: Option<Value>,
        assessment: Option<Value>,
        overrides: Value,
        reason: Option<Vec<u8>>,
        created_by: String,
        reviewed_by: Option<String>,
        issued_by: Option<String>,
        reminded_days: Option<i16>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A voucher that is due.
    pub struct DueRow { id: Uuid }
}

statement! {
    /// Vouchers whose last usable day lies before a day, with something that nobody holds.
    pub fn vouchers_due(day: NaiveDate, limit: i64) -> Vec<DueRow> =
        "SELECT id FROM vouchers WHERE valid_until < $1 AND available > 0 \
         AND status IN ('issued', 'partly_redeemed', 'suspended') ORDER BY valid_until, created LIMIT $2";
}

/// From which last usable day to which, both included.
#[derive(Debug, Clone, Copy)]
pub struct LastDays {
    pub from: NaiveDate,
    pub until: NaiveDate,
}

statement! {
    /// Vouchers whose last usable day lies between two days, with something that nobody holds, and which were not
    /// reminded of so near to it.
    pub fn vouchers_expiring(LastDays { from, until }; days: i16, limit: i64) -> Vec<DueRow> =
        "SELECT id FROM vouchers WHERE valid_until BETWEEN $1 AND $2 AND available > 0 \
         AND status IN ('issued', 'partly_redeemed', 'suspended') AND (reminded_days IS NULL OR reminded_days > $3) \
         ORDER BY valid_until, created LIMIT $4";
}

rows! {
    /// A voucher that claims may draw on.
    pub struct LiveRow { organisation: String, id: Uuid }
}

statement! {
    /// The vouchers of these organisations that claims may draw on, in the order of their ids.
    pub fn live_of(organisations: &[String]) -> Vec<LiveRow> =
        "SELECT organisation, id FROM vouchers WHERE organisation = ANY($1) \
         AND status IN ('issued', 'partly_redeemed') ORDER BY organisation, id";
}

stored! { Voucher as VoucherRow, |id| id.uuid(); const WITH_EVERY_BATCH: bool = true; }
listed! { VoucherRow in vouchers, own [organisation, provider], by [status, programme, organisation], since [updated_at] }

columns! {
    Voucher as VoucherRow {
        id, number, programme, organisation, provider, rental, status, suspended_from, closed, submitted_on, reviewed_on, valid_from,
        valid_until, fiscal_year, rules_version, tier, calculation, other_funding, assessment, overrides, reason, created_by, reviewed_by, issued_by, reminded_days,
    }
    part balance: VoucherBalance {
        face as face, redeemed as redeemed, held as held, released as released, expired as expired,
    }
    row |v| {
        available: Column::write(&v.balance.available().map_err(|error| Unreadable(error.to_string()))?)?,
    }
}
