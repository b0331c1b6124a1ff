//! Usage in the database: the rows of files, and what they come to.

pub mod queries;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert;
use crate::db::rows::Table;
use crate::{columns, listed, rows, stored};
use subsidy_core::domain::{Month, Percent, RentalId, UsageImportId};
use subsidy_core::usage::charge::{Charge, digest};
use subsidy_core::usage::months::ChargePeriod;
use subsidy_core::usage::{Metered, RentalUsage, RowError, UsageImport};

rows! {
    /// What was used on a contract.
    pub struct RentalUsageRow in "rental_usage", versioned, fixed [created] {
        key { rental: Uuid }
        imports: i32,
        totals: Value,
        invoices: Value,
        periods: Value,
        incomplete: Value,
        replaced: Value,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A file that was imported.
    pub struct UsageImportRow in "usage_imports", versioned, fixed [
        rental, mode, replaces, adds, sha256, rows, accepted, repeated, rejected, rows_sha256, errors_sha256, billed,
        billed_total, readings, findings, created_by, created,
    ] {
        key { id: Uuid }
        rental: Uuid,
        status: String,
        mode: String,
        replaces: Value,
        adds: bool,
        sha256: Vec<u8>,
        rows: i32,
        accepted: i32,
        repeated: i32,
        rejected: i32,
        rows_sha256: Vec<u8>,
        errors_sha256: Vec<u8>,
        billed: String,
        billed_total: Decimal,
        deliveries: Value,
        counting: Value,
        readings: Value,
        findings: Value,
        pending: Option<Uuid>,
        replacement_proposed_by: Value,
        created_by: String,
        approved_by: Option<String>,
        reason: Option<Vec<u8>>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A row of a file.
    pub struct UsageRowRow in "usage_rows", appended {
        key { import: Uuid, row: i32 }
        rental: Uuid,
        billing_period: String,
        identity: Vec<u8>,
        ordinal: i32,
        subject: Option<Vec<u8>>,
        row_id: Option<String>,
        correction: bool,
        corrects: Option<String>,
        provider: String,
        billing_account: String,
        sub_account: Option<String>,
        resource: Option<String>,
        sku: Option<String>,
        service_category: String,
        service: String,
        region: Option<String>,
        category: String,
        description: Option<String>,
        period_start: DateTime<Utc>,
        period_end: DateTime<Utc>,
        pricing_quantity: Option<String>,
        pricing_unit: Option<String>,
        consumed_quantity: Option<String>,
        consumed_unit: Option<String>,
        invoice: Option<String>,
        currency: String,
        billed: String,
        rate: Option<Decimal>,
        amount: String,
    }
}

rows! {
    /// What is wrong with a row of a file.
    pub struct UsageErrorRow in "usage_errors", appended {
        key { import: Uuid, row: i32, line: i32 }
        column: Option<String>,
        code: String,
        found: Option<String>,
    }
}

stored! { RentalUsage as RentalUsageRow, |id| id.uuid() }

columns! {
    RentalUsage as RentalUsageRow { rental, imports, totals, invoices, periods, incomplete, replaced }
}

stored! { UsageImport as UsageImportRow, |id| id.uuid() }
listed! { UsageImportRow in usage_imports, by [rental] }

columns! {
    UsageImport as UsageImportRow {
        id, rental, status, mode, replaces, adds, sha256, rows, accepted, repeated, rejected, rows_sha256, errors_sha256,
        billed, billed_total, deliveries, readings, findings, pending, replacement_proposed_by, created_by, approved_by,
        reason,
    }
    row |i| {
        counting: convert::json(&i.counting().map(|delivery| delivery.billing_period).collect::<Vec<_>>())?,
    }
}

impl UsageErrorRow {
    /// What is wrong with a cell or a row; `line` tells the errors of a row apart.
    pub fn new(import: UsageImportId, line: i32, error: &RowError) -> Self {
        Self {
            import: import.uuid(),
            row: convert::count(error.row),
            line,
            column: error.column.map(str::to_owned),
            code: error.code.as_str().to_owned(),
            found: error.found.clone(),
        }
    }

    /// The digest of all that is stored of it.
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.cells())
    }
}

impl UsageRowRow {
    /// The row of a charge, converted at a rate.
    pub fn new(
        (import, rental): (UsageImportId, RentalId),
        billing_period: Month,
        charge: Charge,
        rate: Option<Percent>,
        amount: Metered,
    ) -> Self {
        Self {
            import: import.uuid(),
            row: convert::count(charge.row),
            rental: rental.uuid(),
            billing_period: billing_period.to_string(),
            identity: charge.identity().to_vec(),
            ordinal: 0,
            subject: charge.subject().map(|subject| subject.to_vec()),
            row_id: charge.row_id,
            correction: charge.correction,
            corrects: charge.corrects,
            provider: charge.provider,
            billing_account: charge.billing_account,
            sub_account: charge.sub_account,
            resource: charge.resource,
            sku: charge.sku,
            service_category: charge.service_category.as_str().to_owned(),
            service: charge.service,
            region: charge.region,
            category: charge.category.as_str().to_owned(),
            description: charge.description,
            period_start: charge.period.start,
            period_end: charge.period.end,
            pricing_quantity: charge.pricing_quantity,
            pricing_unit: charge.pricing_unit,
            consumed_quantity: charge.consumed_quantity,
            consumed_unit: charge.consumed_unit,
            invoice: charge.invoice,
            currency: charge.currency,
            billed: charge.billed.to_string(),
            rate: rate.map(convert::percent),
            amount: amount.to_string(),
        }
    }

    pub const fn period(&self) -> ChargePeriod {
        ChargePeriod { start: self.period_start, end: self.period_end }
    }

    /// The digest of all that is stored of it.
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.cells())
    }
}
