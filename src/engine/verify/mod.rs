//! Verification of an agency's ledger in the database: hashes, root, full replay, and every row equal to
//! the replayed one.
//!
//! One snapshot, read once. The log streams through the replay a page at a time, beside it the entries,
//! transitions, sheets and tiles that it makes; what a document says in the end is compared when the last
//! leaf is in. A leaf that does not replay ends the stream, since nothing follows from it; a row that
//! differs does not, so that the first bad sequence is the first of all.

mod page;
mod state;
mod stream;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::store::{self, HeadRow};
use crate::audit::tree::Hash;
use crate::audit::verify::{Finding, First};
use crate::db::convert::Unreadable;
use crate::db::migrate::SCHEMA_VERSION;
use crate::db::pool::{Database, DatabaseError};
use crate::domain::AgencyCode;

/// The snapshot, and plans that find rows by key however large the tables are.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// A ledger that verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Leaves of the log.
    pub leaves: u64,
    /// Lines that they posted.
    pub lines: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// What a verification comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is as the log says.
    Good(Verified),
    /// The first bad sequence.
    Bad(Finding),
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Leaves replayed.
    pub done: u64,
    /// Leaves in all, as the head says.
    pub total: u64,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No connection.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database refused a statement.
    #[error("the database refused a statement")]
    Query(#[from] diesel::result::Error),
    /// The replay gave what no row can hold.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The schema is of another release.
    #[error("the ledger's schema has version {schema_version}; this release verifies {SCHEMA_VERSION}")]
    OtherRelease {
        /// What it has.
        schema_version: i32,
    },
    /// There is no such ledger.
    #[error("no agency {0} in this database")]
    NoAgency(AgencyCode),
    /// A fault of ours.
    #[error("the replay broke off")]
    Broken,
}

/// Verifies an agency's ledger. `progress` is told after each page.
pub async fn verify(
    database: &Database,
    agency: &AgencyCode,
    progress: impl Fn(Progress),
) -> Result<Verdict, VerifyError> {
    let conn = database.auditor(agency).await?;
    let conn: &AsyncPgConnection = &conn;
    (&mut &*conn).batch_execute(BEGIN).await?;
    if store::has_head(conn).await?.is_none_or(|found| found.count == 0) {
        return Err(VerifyError::NoAgency(agency.clone()));
    }
    let verdict = snapshot(conn, agency, progress).await?;
    (&mut &*conn).batch_execute("ROLLBACK").await?;
    Ok(verdict)
}

async fn snapshot(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
    progress: impl Fn(Progress),
) -> Result<Verdict, VerifyError> {
    let head = store::head(conn).await?;
    if let Some(HeadRow { schema_version, .. }) = head
        && schema_version != SCHEMA_VERSION
    {
        return Err(VerifyError::OtherRelease { schema_version });
    }
    let total = head.as_ref().and_then(|head| u64::try_from(head.next_sequence).ok()).unwrap_or(0);
    let mut first = First::default();
    let stream = stream::run(conn, &mut first, |done| progress(Progress { done, total })).await?;
    if !stream.broken && state::log_ends(conn, head.as_ref(), agency, &stream, &mut first).await? {
        state::tables(conn, &stream, &mut first).await?;
    }
    Ok(first.into_inner().map_or_else(
        || {
            Verdict::Good(Verified {
                leaves: stream.replay.next().number(),
                lines: stream.lines,
                root: stream.replay.frontier().root(),
            })
        },
        Verdict::Bad,
    ))
}
