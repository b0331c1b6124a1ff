//! Rows of billing files: they stand outside the log, and what their import's leaf says of them is reckoned again.

use diesel_async::AsyncPgConnection;

use super::VerifyError;
use super::stream::Stream;
use crate::audit::verify::{Finding, First};
use crate::db::convert::Unreadable;
use crate::domain::Sequence;
use crate::engine::intake::IntakeError;
use crate::engine::metered::{Counted, Reckoned};
use crate::usage::{UsageImport, queries};

/// Every import's rows against its digest, and what they come to against the contract's totals.
pub(super) async fn rows(
    conn: &AsyncPgConnection,
    stream: &Stream,
    first: &mut First,
) -> Result<(), VerifyError> {
    let book = stream.replay.book();
    let Some(agency) = &book.agency else { return Ok(()) };
    let mut reckoned = Reckoned::default();
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
        if !counted.are_those_of(import) {
            first.found(finding(import, Some(counted.digest().to_string())));
            continue;
        }
        reckoned.add(import.rental, &counted).map_err(|error| Unreadable(error.to_string()))?;
    }
    for (rental, usage) in book.rental_usage.iter() {
        if let Some(reckoned) = reckoned.differs(usage) {
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
