//! Verification of an agency's ledger in the database: hashes, root, full replay, and every row equal to
//! the replayed one.
//!
//! One snapshot, read once. The log streams through the replay a page at a time, beside it the entries,
//! transitions, sheets and tiles that it makes; what a document says in the end is compared when the last
//! leaf is in. A leaf that does not replay ends the stream, since nothing follows from it; a row that
//! differs does not, so that the first bad sequence is the first of all.

mod catalogue;
mod loans;
pub(super) mod page;
mod state;
pub(super) mod stream;
mod usage;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::store::{self, HeadRow};
use crate::audit::note::{NoteError, VerifierKey};
use crate::audit::since::{Kept, Older, Roots};
use crate::audit::tree::Hash;
use crate::audit::verify::{Finding, First};
use crate::db::convert::Unreadable;
use crate::db::migrate::SCHEMA_VERSION;
use crate::db::pool::{Database, DatabaseError};
use crate::domain::{AgencyCode, Sequence};

/// The snapshot, and plans that find rows by key however large the tables are.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
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
    /// The register does not say the agency's key, and older checkpoints need one.
    #[error("the register has no verifier key of agency {0}")]
    NoKey(AgencyCode),
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
    verify_since(database, agency, &[], progress).await
}

/// Verifies an agency's ledger, and that it only grew since older checkpoints of it were signed: with the key that the
/// register says.
pub async fn verify_since(
    database: &Database,
    agency: &AgencyCode,
    kept: &[Kept],
    progress: impl Fn(Progress),
) -> Result<Verdict, VerifyError> {
    let older = match kept {
        [] => Vec::new(),
        kept => {
            let key = registered_key(database, agency).await?;
            let opened: Result<Vec<Older>, Finding> =
                kept.iter().map(|one| one.open(&key).map_err(|error| unsigned(one, &error))).collect();
            match opened {
                Ok(older) => older,
                Err(finding) => return Ok(Verdict::Bad(finding)),
            }
        }
    };
    let conn = database.auditor(agency).await?;
    let conn: &AsyncPgConnection = &conn;
    (&mut &*conn).batch_execute(BEGIN).await?;
    if store::has_head(conn).await?.is_none_or(|found| found.count == 0) {
        return Err(VerifyError::NoAgency(agency.clone()));
    }
    let catalogue = catalogue::difference(conn, agency).await?;
    let rows = snapshot(conn, agency, Roots::of(older), progress).await;
    let verdict = catalogue::beside(rows, catalogue)?;
    (&mut &*conn).batch_execute("ROLLBACK").await?;
    Ok(verdict)
}

/// The key that the register says.
async fn registered_key(database: &Database, agency: &AgencyCode) -> Result<VerifierKey, VerifyError> {
    let conn = database.admin().await?;
    let rows = store::agencies(&conn).await?;
    let row = rows.iter().find(|row| row.code == agency.as_str());
    let key = row.and_then(|row| VerifierKey::parse(&row.verifier_key).ok());
    key.ok_or_else(|| VerifyError::NoKey(agency.clone()))
}

/// A checkpoint that the agency's key did not sign speaks against the whole log, or against the register.
fn unsigned(kept: &Kept, error: &NoteError) -> Finding {
    let place = format!("{} is no checkpoint by the agency's key: {error}", kept.name);
    Finding { sequence: Sequence::default(), place, stored: None, replayed: None }
}

async fn snapshot(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
    roots: Roots,
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
    let stream =
        stream::run(conn, agency, &mut first, roots, |done| progress(Progress { done, total })).await?;
    if !stream.broken && state::log_ends(conn, head.as_ref(), &stream, &mut first).await? {
        state::tables(conn, &stream, &mut first).await?;
    }
    if !stream.broken {
        for against in stream.roots.contradictions(stream.replay.next().number()) {
            let sequence = Sequence::new(against.sequence());
            first.found(Finding { sequence, place: against.to_string(), stored: None, replayed: None });
        }
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
