//! Rows of billing files: they stand outside the log, and what their import's leaf says of them is reckoned again.

use std::collections::BTreeSet;

use diesel_async::AsyncPgConnection;

use super::VerifyError;
use super::stream::Stream;
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::domain::Sequence;
use subsidy_core::usage::UsageImport;
use subsidy_files::billing_files::error::IntakeError;
use subsidy_files::billing_files::metered::{ErrorsDigest, ImportTotals, Reckoned};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::usage::queries;

/// Every import's rows against its digest, and what they come to against the contract's totals.
pub(super) async fn rows(
    conn: &AsyncPgConnection,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let book = stream.replay.book();
    let Some(agency) = &book.agency else { return Ok(()) };
    let (mut reckoned, mut unread) = (Reckoned::default(), BTreeSet::new());
    for (id, import) in book.usage_imports.iter() {
        let counted = match ImportTotals::of(conn, *id, agency.zone.tz()).await {
            Ok(counted) => counted,
            Err(IntakeError::Query(error)) => return Err(error.into()),
            // a row that somebody made unreadable
            Err(error) => {
                findings.add(finding(import, Some(error.to_string())));
                unread.insert(import.rental);
                continue;
            }
        };
        if !counted.are_those_of(import) {
            findings.add(finding(import, Some(counted.digest().to_string())));
            unread.insert(import.rental);
            continue;
        }
        errors(conn, import, findings).await?;
        reckoned.add(import).map_err(|error| Unreadable(error.to_string()))?;
    }
    // without the rows of an import nothing can be said of its contract's totals
    for (rental, usage) in book.rental_usage.iter().filter(|(rental, _)| !unread.contains(*rental)) {
        if let Some(reckoned) = reckoned.differs(usage) {
            findings.add(Finding {
                sequence: usage.revision.version,
                place: format!("usage_rows of contract {rental}"),
                stored: serde_json::to_string(&reckoned).ok(),
                replayed: serde_json::to_string(usage).ok(),
            });
        }
    }
    for mark in queries::wrong_marks(conn, 1_000).await? {
        // an import that no leaf made is found by itself
        let Some((_, import)) = book.usage_imports.iter().find(|(id, _)| id.uuid() == mark.import) else {
            continue;
        };
        findings.add(Finding {
            sequence: import.revision.created,
            place: format!("usage_staged {} rental", mark.import),
            stored: mark.staged.map(|rental| rental.to_string()),
            replayed: Some(mark.rental.to_string()),
        });
    }
    let strays =
        [("usage_rows", queries::strays(conn).await?), ("usage_errors", queries::stray_errors(conn).await?)];
    for (table, _) in
        strays.into_iter().filter(|(_, found)| found.as_ref().is_some_and(|found| found.count > 0))
    {
        let last = Sequence::new(stream.replay.next().number().saturating_sub(1));
        let place = format!("{table} of no import");
        findings.add(Finding { sequence: last, place, stored: Some(String::new()), replayed: None });
    }
    Ok(())
}

/// What is wrong with rows against the digest that the import's leaf names.
async fn errors(
    conn: &AsyncPgConnection,
    import: &UsageImport,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let digest = match ErrorsDigest::of(conn, import.id).await {
        Ok(digest) => digest.finish(),
        Err(IntakeError::Query(error)) => return Err(error.into()),
        Err(error) => return Err(Unreadable(error.to_string()).into()),
    };
    if digest != import.errors_sha256 {
        findings.add(Finding {
            sequence: import.revision.created,
            place: format!("usage_errors of import {}", import.id),
            stored: Some(digest.to_string()),
            replayed: Some(import.errors_sha256.to_string()),
        });
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
