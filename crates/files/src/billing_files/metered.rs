//! What rows of billing files come to: under their import's digest, by billing period, and summed by contract. Reckoned
//! when a file is staged and again by whoever verifies, from the database or from an export.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;
use sha2::{Digest, Sha256};

use super::error::IntakeError;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{ContentHash, Month, NamedInvoice, RentalId, UsageImportId};
use subsidy_core::usage::delivery::Spans;
use subsidy_core::usage::months::ChargePeriod;
use subsidy_core::usage::rules::{InvoiceTotals, Totals};
use subsidy_core::usage::{Delivery, RentalUsage, UsageImport};
use subsidy_store::db::convert;
use subsidy_store::usage::UsageErrorRow;
use subsidy_store::usage::queries;

/// Rows of a statement.
const CHUNK: i64 = 2_000;

/// What of a row is counted.
#[derive(Debug)]
pub struct Charged<'a> {
    /// The digest of all that is stored of it.
    pub digest: [u8; 32],
    /// The month in which its billing period begins.
    pub billing_period: &'a str,
    /// `ServiceCategory`.
    pub category: &'a str,
    /// Exact CNY.
    pub amount: &'a str,
    /// The invoice that it names.
    pub invoice: Option<&'a str>,
    pub period: ChargePeriod,
}

/// What rows of a billing period come to.
#[derive(Debug, Default)]
struct PeriodTotals {
    rows: u32,
    spans: Spans,
    totals: Totals,
    invoices: InvoiceTotals,
}

/// What the rows of an import come to.
#[derive(Debug, Default)]
pub struct ImportTotals {
    pub rows: u32,
    hash: Sha256,
    brought: BTreeMap<Month, PeriodTotals>,
}

impl ImportTotals {
    /// Counts the rows of an import as they are stored.
    pub async fn of(conn: &AsyncPgConnection, import: UsageImportId, zone: Tz) -> Result<Self, IntakeError> {
        let (mut counted, mut after) = (Self::default(), 0);
        loop {
            let rows = queries::rows_after(conn, import.uuid(), after, CHUNK).await?;
            let Some(last) = rows.last() else { return Ok(counted) };
            after = last.row;
            for row in &rows {
                let charged = Charged {
                    digest: row.digest(),
                    billing_period: &row.billing_period,
                    category: &row.service_category,
                    amount: &row.amount,
                    invoice: row.invoice.as_deref(),
                    period: row.period(),
                };
                counted.add(&charged, zone)?;
            }
        }
    }

    /// Adds a row. Errors: nothing that could be counted, out of range.
    pub fn add(&mut self, row: &Charged<'_>, zone: Tz) -> Result<(), IntakeError> {
        self.rows = self.rows.saturating_add(1);
        self.hash.update(row.digest);
        let (category, amount) = (convert::read(row.category)?, convert::read(row.amount)?);
        let brought = self.brought.entry(convert::read(row.billing_period)?).or_default();
        brought.rows = brought.rows.saturating_add(1);
        brought.spans.add(row.period);
        let parts = row.period.cut(amount, zone)?;
        // what is no invoice's number names none that could be brought
        if let Some(invoice) = row.invoice.and_then(|text| NamedInvoice::parse(text).ok()) {
            brought.invoices.add(&invoice, &parts)?;
        }
        Ok(brought.totals.add(category, &parts)?)
    }

    /// The digest of the rows, in their order.
    pub fn digest(&self) -> ContentHash {
        ContentHash::new(self.hash.clone().finalize().into())
    }

    /// What they come to, by billing period. Of rows that were refused nothing can be known from those that count.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let one = |(billing_period, brought): (&Month, &PeriodTotals)| Delivery {
            billing_period: *billing_period,
            rows: brought.rows,
            charged: brought.spans.list(),
            totals: brought.totals.list(),
            invoices: brought.invoices.list(),
            refused: Vec::new(),
            replaced_by: None,
        };
        self.brought.iter().map(one).collect()
    }

    /// Whether these are the rows that the import's leaf names.
    pub fn are_those_of(&self, import: &UsageImport) -> bool {
        self.rows == import.accepted && self.digest() == import.rows_sha256 && self.come_to(import)
    }

    fn come_to(&self, import: &UsageImport) -> bool {
        let told = import.deliveries.iter().filter(|one| one.rows > 0);
        let told = told.map(|one| Delivery { refused: Vec::new(), replaced_by: None, ..one.clone() });
        told.eq(self.deliveries())
    }
}

/// The digest of what is wrong with rows, in the order of rows.
#[derive(Debug, Clone, Default)]
pub struct ErrorsDigest(Sha256);

impl ErrorsDigest {
    /// Adds errors in their order.
    pub fn add(&mut self, errors: &[UsageErrorRow]) {
        errors.iter().for_each(|error| self.0.update(error.digest()));
    }

    /// That of an import, as its errors are stored.
    pub async fn of(conn: &AsyncPgConnection, import: UsageImportId) -> Result<Self, IntakeError> {
        let (mut digest, mut after) = (Self::default(), queries::ErrorPlace::FIRST);
        loop {
            let errors = queries::errors_after(conn, after, import.uuid(), CHUNK).await?;
            let Some(last) = errors.last() else { return Ok(digest) };
            after = queries::ErrorPlace { row: last.row, line: last.line };
            digest.add(&errors);
        }
    }

    pub fn finish(self) -> ContentHash {
        ContentHash::new(self.0.finalize().into())
    }
}

/// What the rows of contracts that count come to, import by import.
#[derive(Debug, Default)]
pub struct Reckoned(BTreeMap<RentalId, (Totals, InvoiceTotals)>);

impl Reckoned {
    /// Adds an import whose rows were found to be those that its leaf names. Error: out of range.
    pub fn add(&mut self, import: &UsageImport) -> Result<(), OutOfRange> {
        let (sum, invoices) = self.0.entry(import.rental).or_default();
        import.counting().try_for_each(|delivery| {
            sum.add_all(&delivery.totals)?;
            invoices.add_all(&delivery.invoices)
        })
    }

    /// A contract's usage as its rows make it, where that is not what is known of it.
    pub fn differs(&self, usage: &RentalUsage) -> Option<RentalUsage> {
        let found = self.0.get(&usage.rental);
        let reckoned = RentalUsage {
            totals: found.map(|(sum, _)| sum.list()).unwrap_or_default(),
            invoices: found.map(|(_, invoices)| invoices.list()).unwrap_or_default(),
            ..usage.clone()
        };
        Some(reckoned).filter(|reckoned| reckoned != usage)
    }
}
