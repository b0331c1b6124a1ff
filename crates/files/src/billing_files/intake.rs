//! Billing files on their way into the ledger: read, staged and compared with what counts already, all outside the
//! writer's lock. A small command then makes the rows count.
//!
//! The imports of one contract wait for each other on an advisory lock, which ends with its connection. Should it be
//! lost, the command says after how many imports its rows are new, and is refused where there are more. What is staged
//! and never counts is taken away by the next import of the contract; a mark holds rows and import together.

use chrono_tz::Tz;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::sync::mpsc;

use super::error::IntakeError;
use super::limits::CHUNK;
use super::metered::ImportTotals;
use crate::billing_files::file::Billing;
use crate::billing_files::rows::{ImportRequest, RowIntake, RowsResult};
use subsidy_core::domain::{AgencyCode, RentalId, UsageImportId};
use subsidy_core::usage::{ImportUsage, RowError};
use subsidy_store::db::pool::{Connection, Database};
use subsidy_store::engine::store;
use subsidy_store::usage::{RentalUsageRow, queries};

/// Errors that an answer over HTTP shows.
pub const ERRORS_SHOWN_MAX: usize = 1_000;
/// How often an import waits for the one before it, 5 s each time.
const WAITS: usize = 5;

/// The work may take its time, and compares many rows at once.
const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '5min'; \
     SET LOCAL plan_cache_mode = auto";

/// A file that is staged, and the connection that holds other imports of the contract back.
#[derive(Debug)]
pub struct Staged {
    conn: Connection,
    /// What makes it count.
    pub command: ImportUsage,
    pub errors: Vec<RowError>,
}

impl Staged {
    /// Lets the next import of the contract begin. Rows that did not come to count are taken away.
    pub async fn settle(self, counts: bool) -> Result<(), IntakeError> {
        if !counts {
            discard(&self.conn, self.command.rental, self.command.id).await?;
        }
        self.conn.close();
        Ok(())
    }
}

/// Stages a file. `progress` is told how many rows were read.
pub async fn stage(
    database: &Database,
    wanted: &ImportRequest,
    file: Billing,
    progress: impl Fn(u32),
) -> Result<Staged, IntakeError> {
    let conn = database.writer(&wanted.agency).await?;
    conn.be_patient();
    match staged(&conn, wanted, file, progress).await {
        Ok((command, errors)) => Ok(Staged { conn, command, errors }),
        // the lock ends with the connection, and so does what was begun on it
        Err(error) => {
            conn.close();
            Err(error)
        }
    }
}

async fn staged(
    conn: &AsyncPgConnection,
    wanted: &ImportRequest,
    file: Billing,
    progress: impl Fn(u32),
) -> Result<(ImportUsage, Vec<RowError>), IntakeError> {
    lock(conn, wanted.rental).await?;
    discard(conn, wanted.rental, wanted.id).await?;
    let zone = zone(conn, &wanted.agency).await?;
    let usage = RentalUsageRow::by_keys(conn, &[wanted.rental.uuid()]).await?;
    let usage = usage.first().map(RentalUsageRow::read).transpose()?;
    (&mut &*conn).batch_execute(BEGIN).await?;
    queries::mark(conn, queries::StagedFile { import: wanted.id.uuid(), rental: wanted.rental.uuid() })
        .await?;
    let (sender, rows) = mpsc::channel(CHUNK);
    let mode = wanted.mode;
    let reading =
        tokio::task::spawn_blocking(move || file.read(mode, |row| sender.blocking_send(row).is_ok()));
    let mut taking = RowIntake::new(conn, wanted, zone);
    taking.all(rows, progress).await?;
    let mut file = reading.await.map_err(|_| IntakeError::Broken)??;
    let repeated = taking.compare(&mut file.readings).await?;
    let counted = ImportTotals::of(conn, wanted.id, zone).await?;
    if counted.rows == 0 && repeated == 0 {
        return Err(taking.refused());
    }
    let RowsResult { rejected, errors, errors_sha256, rates, refusals, findings } = taking.finish();
    // what the same bytes brought before tells already what of them is refused
    let nothing_new = counted.rows == 0 && !wanted.adds && wanted.replaces.is_empty();
    let deliveries = if nothing_new { Vec::new() } else { refusals.attributed(counted.deliveries()) };
    let command = ImportUsage {
        id: wanted.id,
        rental: wanted.rental,
        after: usage.map(|usage| usage.revision.version).unwrap_or_default(),
        mode: wanted.mode,
        replaces: wanted.replaces.clone(),
        adds: wanted.adds,
        sha256: wanted.sha256,
        rows: file.rows,
        accepted: counted.rows,
        repeated,
        rejected,
        rows_sha256: counted.digest(),
        errors_sha256,
        rates,
        deliveries,
        readings: file.readings.list(),
        findings,
    };
    (&mut &*conn).batch_execute(if wanted.dry_run { "ROLLBACK" } else { "COMMIT" }).await?;
    Ok((command, errors))
}

/// Waits for other imports of the contract.
async fn lock(conn: &AsyncPgConnection, rental: RentalId) -> Result<(), IntakeError> {
    for _ in 0..WAITS {
        match queries::lock(conn, &rental.to_string()).await {
            Ok(_) => return Ok(()),
            Err(diesel::result::Error::DatabaseError(_, why)) if why.message().contains("lock timeout") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(IntakeError::Busy)
}

/// Takes away what was staged for a contract and does not count.
async fn discard(conn: &AsyncPgConnection, rental: RentalId, id: UsageImportId) -> Result<(), IntakeError> {
    (&mut &*conn).batch_execute(BEGIN).await?;
    let marks =
        queries::unmark(conn, queries::StagedFile { import: id.uuid(), rental: rental.uuid() }).await?;
    let imports: Vec<_> = marks.iter().map(|row| row.import).collect();
    if !imports.is_empty() {
        queries::remove_rows(conn, &imports).await?;
        queries::remove_errors(conn, &imports).await?;
    }
    Ok((&mut &*conn).batch_execute("COMMIT").await?)
}

async fn zone(conn: &AsyncPgConnection, agency: &AgencyCode) -> Result<Tz, IntakeError> {
    let head = store::head(conn).await?.ok_or(IntakeError::Broken)?;
    let agency = head.read(agency)?.agency.ok_or(IntakeError::Broken)?;
    Ok(agency.zone.tz())
}
