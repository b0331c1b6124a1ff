//! What rows of billing files come to: under their import's digest, and summed by contract. Reckoned when a file is
//! staged and again by whoever verifies, from the database or from an export.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;
use sha2::{Digest, Sha256};

use super::intake::IntakeError;
use crate::db::convert;
use crate::domain::money::OutOfRange;
use crate::domain::{ContentHash, NamedInvoice, RentalId, UsageImportId};
use crate::usage::months::ChargePeriod;
use crate::usage::rules::{InvoiceTotals, Totals};
use crate::usage::{RentalUsage, UsageImport, queries};

/// Rows of a statement.
const CHUNK: i64 = 2_000;

/// What of a row is counted.
#[derive(Debug)]
pub(super) struct Charged<'a> {
    /// The digest of all that is stored of it.
    pub digest: [u8; 32],
    /// `ServiceCategory`.
    pub category: &'a str,
    /// Exact CNY.
    pub amount: &'a str,
    /// The invoice that it names.
    pub invoice: Option<&'a str>,
    /// When.
    pub period: ChargePeriod,
}

/// What the rows of an import come to.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// How many there are.
    pub rows: u32,
    hash: Sha256,
    /// By month and service category.
    pub totals: Totals,
    /// By invoice and month.
    pub invoices: InvoiceTotals,
}

impl Counted {
    /// Counts the rows of an import as they are stored.
    pub(super) async fn of(
        conn: &AsyncPgConnection,
        import: UsageImportId,
        zone: Tz,
    ) -> Result<Self, IntakeError> {
        let (mut counted, mut after) = (Self::default(), 0);
        loop {
            let rows = queries::rows_after(conn, import.uuid(), after, CHUNK).await?;
            let Some(last) = rows.last() else { return Ok(counted) };
            after = last.row;
            for row in &rows {
                let (category, amount) = (row.service_category.as_str(), row.amount.as_str());
                let (digest, invoice, period) = (row.digest(), row.invoice.as_deref(), row.period());
                counted.add(&Charged { digest, category, amount, invoice, period }, zone)?;
            }
        }
    }

    /// Adds a row. Errors: nothing that could be counted, out of range.
    pub(super) fn add(&mut self, row: &Charged<'_>, zone: Tz) -> Result<(), IntakeError> {
        self.rows = self.rows.saturating_add(1);
        self.hash.update(row.digest);
        let (category, amount) = (convert::read(row.category)?, convert::read(row.amount)?);
        let parts = row.period.cut(amount, zone)?;
        // what is no invoice's number names none that could be brought
        if let Some(invoice) = row.invoice.and_then(|text| NamedInvoice::parse(text).ok()) {
            self.invoices.add(&invoice, &parts)?;
        }
        Ok(self.totals.add(category, &parts)?)
    }

    /// The digest of the rows, in their order.
    pub(super) fn digest(&self) -> ContentHash {
        ContentHash::new(self.hash.clone().finalize().into())
    }

    /// Whether these are the rows that the import's leaf names.
    pub(super) fn are_those_of(&self, import: &UsageImport) -> bool {
        self.rows == import.accepted && self.digest() == import.rows_sha256
    }
}

/// What the rows of contracts come to, import by import.
#[derive(Debug, Default)]
pub(super) struct Reckoned(BTreeMap<RentalId, (Totals, InvoiceTotals)>);

impl Reckoned {
    /// Adds an import's rows. Error: out of range.
    pub(super) fn add(&mut self, rental: RentalId, counted: &Counted) -> Result<(), OutOfRange> {
        let (sum, invoices) = self.0.entry(rental).or_default();
        sum.add_all(&counted.totals.list())?;
        invoices.add_all(&counted.invoices.list())
    }

    /// A contract's usage as its rows make it, where that is not what is known of it.
    pub(super) fn differs(&self, usage: &RentalUsage) -> Option<RentalUsage> {
        let found = self.0.get(&usage.rental);
        let reckoned = RentalUsage {
            totals: found.map(|(sum, _)| sum.list()).unwrap_or_default(),
            // what nobody told is held against nothing
            invoices: usage
                .invoices
                .as_ref()
                .map(|_| found.map(|(_, invoices)| invoices.list()).unwrap_or_default()),
            ..usage.clone()
        };
        Some(reckoned).filter(|reckoned| reckoned != usage)
    }
}
