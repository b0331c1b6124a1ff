//! Rows of billing files: they stand outside the log, and what their import's leaf says of them is reckoned again.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;

use super::VerifyError;
use super::stream::Stream;
use crate::audit::verify::{Finding, First};
use crate::db::convert::Unreadable;
use crate::domain::{ContentHash, RentalId, Sequence};
use crate::engine::intake::{Counted, IntakeError};
use crate::usage::rules::{InvoiceTotals, Totals};
use crate::usage::{RentalUsage, UsageImport, queries};

use sha2::Digest;

/// Every import's rows against its digest, and what they come to against the contract's totals.
pub(super) async fn rows(
    conn: &AsyncPgConnection,
    stream: &Stream,
    first: &mut First,
) -> Result<(), VerifyError> {
    let book = stream.replay.book();
    let Some(agency) = &book.agency else { return Ok(()) };
    let mut totals: BTreeMap<RentalId, (Totals, InvoiceTotals)> = BTreeMap::new();
    for (id, import) in book.usage_imports.iter() {
        let counted = match Counted::of(conn, *id, agency.zone.tz()).await {
            Ok(counted) => counted,
            Err(IntakeError::Query(error)) => return Err(error.into()),
            // a row that somebody made unreadable
            Err(error) => {
                first.found(finding(import, Some(error.to_string())));
                continue;
            }
        };
        let digest = ContentHash::new(counted.hash.finalize().into());
        if counted.rows != import.accepted || digest != import.rows_sha256 {
            first.found(finding(import, Some(digest.to_string())));
            continue;
        }
        let (sum, invoices) = totals.entry(import.rental).or_default();
        let added = sum.add_all(&counted.totals.list());
        let added = added.and_then(|()| invoices.add_all(&counted.invoices.list()));
        added.map_err(|error| Unreadable(error.to_string()))?;
    }
    for (rental, usage) in book.rental_usage.iter() {
        let (sum, invoices) = totals.remove(rental).unwrap_or_default();
        let reckoned = RentalUsage {
            totals: sum.list(),
            // nobody told, so nothing is held against it
            invoices: usage.invoices.as_ref().map(|_| invoices.list()),
            ..usage.clone()
        };
        if reckoned != *usage {
            first.found(Finding {
                sequence: usage.revision.version,
                place: format!("usage_rows of contract {rental}"),
                stored: serde_json::to_string(&reckoned).ok(),
                replayed: serde_json::to_string(usage).ok(),
            });
        }
    }
    if queries::strays(conn).await?.is_some_and(|found| found.count > 0) {
        let last = Sequence::new(stream.replay.next().number().saturating_sub(1));
        let place = "usage_rows of no import".to_owned();
        first.found(Finding { sequence: last, place, stored: Some(String::new()), replayed: None });
    }
    Ok(())
}

fn finding(import: &UsageImport, stored: Option<String>) -> Finding {
    Finding {
        sequence: import.revision.created,
        place: format!("usage_rows of import {}", import.id),
        stored,
        replayed: Some(import.rows_sha256.to_string()),
    }
}
