//! Verification of an agency's ledger in the database: hashes, root, full replay, and every row equal to
//! the replayed one.
//!
//! One snapshot, read once. The log streams through the replay a page at a time, beside it the entries,
//! transitions, sheets and tiles that it makes; what a document says in the end is compared when the last
//! leaf is in. A leaf that does not replay ends the stream, since nothing follows from it; a row that
//! differs does not, so that all of them are named and the first bad sequence is the first of all.

mod answers;
mod beside;
mod catalogue;
pub mod jobs;
pub mod ledgers;
pub(super) mod page;
pub mod sealed;
mod state;
pub(super) mod stream;
mod texts;
mod usage;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use answers::Answers;
use subsidy_core::audit::note::{NoteError, VerifierKey};
use subsidy_core::audit::since::{KeptCheckpoint, Older, Roots};
use subsidy_core::audit::tree::Hash;
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::domain::{AgencyCode, Sequence};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::migrate::SCHEMA_VERSION;
use subsidy_store::db::pool::{Database, DatabaseError};
use subsidy_store::engine::store;
use subsidy_store::engine::store::HeadRow;
use subsidy_store::keys::accounts::AccountVault;
use subsidy_store::keys::{KeyError, Keys};

/// The snapshot, and plans that find rows by key however large the tables are.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// A ledger that verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub leaves: u64,
    pub lines: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// What became of the sealed account numbers.
    pub numbers: Numbers,
}

/// Whether sealed account numbers were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// All of them, so many.
    Opened(u64),
    /// None: there were no keys to open them with.
    NoKeys,
    /// None: whoever connects may not read them.
    NotReadable,
}

/// What lies outside the database and is held against it.
#[derive(Debug, Default, Clone)]
pub struct Outside<'a> {
    /// Older checkpoints, kept elsewhere.
    pub kept: &'a [KeptCheckpoint],
    /// What was seen here before: an earlier verification's, and what was answered from. One of them may have been changed
    /// together with the log, so each is held against it.
    pub seen: Vec<Older>,
    /// The keys that the ledger was made with.
    pub keys: Option<&'a Keys>,
}

/// What a verification comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is as the log says.
    Good(Verified),
    /// What is not, the first bad sequence first.
    Bad(Findings),
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    /// Leaves in all, as the head says.
    pub total: u64,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the database refused a statement")]
    Query(#[from] diesel::result::Error),
    /// The replay gave what no row can hold.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the ledger's schema has version {schema_version}; this release verifies {SCHEMA_VERSION}")]
    OtherRelease { schema_version: i32 },
    #[error("no agency {0} in this database")]
    NoAgency(AgencyCode),
    /// The register does not say the agency's key, and older checkpoints need one.
    #[error("the register has no verifier key of agency {0}")]
    NoKey(AgencyCode),
    /// A key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key cannot be used.
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("the replay broke off")]
    Broken,
}

/// Verifies an agency's ledger. `progress` is told after each page.
pub async fn verify(
    database: &Database,
    agency: &AgencyCode,
    progress: impl Fn(Progress),
) -> Result<Verdict, VerifyError> {
    verify_against(database, agency, &Outside::default(), progress).await
}

/// Verifies an agency's ledger, and that it only grew since older checkpoints of it were signed, with the key that the
/// register says, and since it was last verified; and, where the keys are at hand, what only they can tell.
pub async fn verify_against(
    database: &Database,
    agency: &AgencyCode,
    outside: &Outside<'_>,
    progress: impl Fn(Progress),
) -> Result<Verdict, VerifyError> {
    let mut older = match outside.kept {
        [] => Vec::new(),
        kept => {
            let key = registered_key(database, agency).await?;
            let opened: Result<Vec<Older>, Finding> =
                kept.iter().map(|one| one.open(&key).map_err(|error| unsigned(one, &error))).collect();
            match opened {
                Ok(older) => older,
                Err(finding) => {
                    let mut findings = Findings::from(finding);
                    findings.stop();
                    return Ok(Verdict::Bad(findings));
                }
            }
        }
    };
    older.extend(outside.seen.clone());
    // an auditor reads no sealed numbers: where the keys are, whoever serves may read them too
    let (conn, may_open) = match outside.keys {
        Some(_) => match database.reader(agency).await {
            Ok(conn) => (conn, true),
            Err(error) => {
                tracing::debug!(%error, "verified as the auditor");
                (database.auditor(agency).await?, false)
            }
        },
        None => (database.auditor(agency).await?, false),
    };
    let conn: &AsyncPgConnection = &conn;
    (&mut &*conn).batch_execute(BEGIN).await?;
    if store::has_head(conn).await?.is_none_or(|found| found.count == 0) {
        return Err(VerifyError::NoAgency(agency.clone()));
    }
    let catalogue = catalogue::difference(conn, agency).await?;
    let head = store::head(conn).await;
    let next = head.as_ref().ok().and_then(Option::as_ref);
    let next = next.and_then(|head| u64::try_from(head.next_sequence).ok());
    let asked = Inspection { agency, outside, may_open, roots: Roots::of(older) };
    let rows = match head {
        Ok(head) => snapshot(conn, head, asked, progress).await,
        Err(error) => Err(error.into()),
    };
    let verdict = catalogue::beside(rows, catalogue, Sequence::new(next.unwrap_or_default()))?;
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
fn unsigned(kept: &KeptCheckpoint, error: &NoteError) -> Finding {
    let place = format!("{} is no checkpoint by the agency's key: {error}", kept.name);
    Finding { sequence: Sequence::default(), place, stored: None, replayed: None }
}

/// What is verified, and against what.
struct Inspection<'a> {
    agency: &'a AgencyCode,
    outside: &'a Outside<'a>,
    /// Whether the connection may read sealed numbers.
    may_open: bool,
    roots: Roots,
}

async fn snapshot(
    conn: &AsyncPgConnection,
    head: Option<HeadRow>,
    Inspection { agency, outside, may_open, roots }: Inspection<'_>,
    progress: impl Fn(Progress),
) -> Result<Verdict, VerifyError> {
    // another release's migrations say that it is one; a head that alone says so was changed
    if let Some(HeadRow { schema_version, .. }) = head
        && schema_version != SCHEMA_VERSION
        && !beside::is_of_this_release(conn).await?
    {
        return Err(VerifyError::OtherRelease { schema_version });
    }
    let total = head.as_ref().and_then(|head| u64::try_from(head.next_sequence).ok()).unwrap_or(0);
    let mut findings = Findings::default();
    let mut answers = Answers::new(agency, outside);
    let told = |done| progress(Progress { done, total });
    let stream = stream::run(conn, agency, &mut findings, &mut answers, roots, told).await?;
    let mut numbers = if outside.keys.is_some() { Numbers::NotReadable } else { Numbers::NoKeys };
    if stream.broken || !state::log_ends(conn, head.as_ref(), &stream, &mut findings).await? {
        findings.stop();
    } else {
        state::tables(conn, &stream, &mut findings).await?;
        texts::all(conn, &stream, &mut findings).await?;
        answers.refusals(conn, head.as_ref(), &stream.replay, &mut findings).await?;
        answers.rest(conn, &stream.replay, &mut findings).await?;
        beside::all(conn, agency, outside, &stream, &mut findings).await?;
        if let Some(keys) = outside.keys.filter(|_| may_open) {
            let vault = AccountVault::new(keys.account_key());
            let last = Sequence::new(stream.replay.next().number().saturating_sub(1));
            numbers = sealed::all(conn, agency, &vault, (&stream.named, last), &mut findings).await?;
        }
    }
    if !stream.broken {
        for against in stream.roots.contradictions(stream.replay.next().number()) {
            let sequence = Sequence::new(against.sequence());
            findings.add(Finding { sequence, place: against.to_string(), stored: None, replayed: None });
        }
    }
    if findings.first().is_some() {
        return Ok(Verdict::Bad(findings));
    }
    Ok(Verdict::Good(Verified {
        leaves: stream.replay.next().number(),
        lines: stream.lines,
        root: stream.replay.frontier().root(),
        numbers,
    }))
}
