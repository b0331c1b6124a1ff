//! One batch, one transaction: lock → load → decide → write → commit.
//!
//! The head is locked before anything is read, so nothing that was read can be stale. Every command is decided in memory,
//! and all writes are in flight together. Begin, lock and the first load are sent in one flight: the server runs them one
//! after another, and each statement sees what was committed before it began. Round trips: that flight, up to four more
//! loads (with the first [`ROUNDS_MAX`]), one or two for answers given before, the writes, the commit; groups whose
//! members rest on each other load again. While nobody else writes, fewer: see [`super::optimistic`].

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use uuid::Uuid;

use super::answers::{keys_of, known_answers};
use super::broken::BatchError;
use super::due::runs;
use super::execute::{BatchResult, Start, execute};
use super::hydrate::load;
use super::load::{Rows, read};
use super::prefetch::prefetch;
use super::rewound::hold;
use super::seen::{Mark, SeenLog};
use super::store::{self, Head, HeadRow, IdempotencyRow};
use super::submission::{Answer, Submission, SubmitError, Work};
use super::write::{Within, begin, write};
use super::writer_cache::WriterCache;
use crate::db::convert;
use crate::db::migrate::SCHEMA_VERSION;
use crate::db::pool::Connection;
use crate::keys::keyed::AnswerKey;
use subsidy_core::agencies::SEMANTICS;
use subsidy_core::audit::tree::Frontier;
use subsidy_core::book::{Book, Command, Envelope, Key, Keys, ROUNDS_MAX, caller, needs};
use subsidy_core::domain::{AgencyCode, Date, Instant, Sequence, Stamp};

/// How far a batch came.
#[derive(Debug)]
pub enum Attempt {
    /// Committed: the answers of the first submissions.
    Done(Vec<Result<Answer, SubmitError>>),
    /// Nothing was committed, and trying again may help.
    Retry(BatchError),
    /// Nothing was committed, and trying again will not help as it is.
    Refused(BatchError),
    /// The commit was sent and not answered; and which of the first submissions have their first answer in it.
    Unknown(BatchError, Vec<bool>),
}

/// Tries a batch under the head's lock, on a connection that nobody else uses. `cache` is what the last batch left: what
/// the first load is guessed from, before the head is known, and what need not be read where it is known.
pub async fn attempt(
    conn: &Connection,
    agency: &AgencyCode,
    submissions: &[&Submission],
    cache: &mut WriterCache,
    seen: &SeenLog,
    key: &AnswerKey,
) -> Attempt {
    let from_memory = cache.knows_a_log();
    match attempt_once(conn, agency, submissions, cache, seen, key).await {
        // whoever changed a row behind the ledger's back made what is cached untrue: what is read decides
        Attempt::Refused(error) if from_memory => {
            tracing::debug!(%error, %agency, "a batch is tried again from what the database holds");
            attempt_once(conn, agency, submissions, cache, seen, key).await
        }
        attempt => attempt,
    }
}

async fn attempt_once(
    link: &Connection,
    agency: &AgencyCode,
    submissions: &[&Submission],
    cache: &mut WriterCache,
    seen: &SeenLog,
    key: &AnswerKey,
) -> Attempt {
    let conn: &AsyncPgConnection = link;
    let guess = Prefetch::of(submissions, cache, Instant::new(chrono::Utc::now()));
    // What reads and writes every table is large: it lives on the heap, not on a worker's stack.
    let (begun, head, first) =
        tokio::join!(begin(conn), store::lock_head(conn), Box::pin(guess.read(conn, submissions)),);
    let head = match begun.and(head) {
        Ok(head) => head,
        Err(error) if is_missing(conn).await => {
            tracing::warn!(%error, %agency, "there is no such ledger");
            return Attempt::Refused(missing(seen));
        }
        Err(error) => {
            let error = BatchError::from(error);
            return if error.is_read_only() { Attempt::Refused(error) } else { Attempt::Retry(error) };
        }
    };
    let prepared = Box::pin(prepare(conn, (agency, seen), submissions, (head, first), cache, key)).await;
    let (result, after) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return roll_back(conn, error).await,
    };
    match (&mut &*conn).batch_execute("COMMIT").await {
        Ok(()) if link.take_unconfirmed() => unknown(BatchError::Unconfirmed, &result),
        Ok(()) => {
            seen.answer_from(&after.frontier, Mark::accepted(result.book.agency.as_ref()));
            cache.store(after, result.book);
            Attempt::Done(result.answers)
        }
        Err(error) => after_commit(conn, error.into(), &result).await,
    }
}

/// What a batch will need, as far as it shows before the head is known.
#[derive(Debug)]
pub struct Prefetch {
    keys: Keys,
    vouchers: Vec<Uuid>,
    year: i16,
    /// Whether what vouchers share is known.
    known: bool,
}

/// What the first flight brought.
#[derive(Debug)]
pub struct Prefetched {
    keys: Keys,
    answered: Vec<IdempotencyRow>,
    rows: [Rows; 2],
}

impl Prefetch {
    /// From what was known a moment ago. A guess that is off costs a round, never a wrong decision.
    pub fn of(submissions: &[&Submission], cache: &WriterCache, now: Instant) -> Self {
        let book = cache.cached();
        let stamp =
            Stamp { sequence: Sequence::default(), recorded_at: now, business_date: today(book, now) };
        let vouchers = envelopes(submissions)
            .map(|envelope| &envelope.command)
            .filter_map(|command| match command {
                Command::IssueVoucher(c) => Some(c.id.uuid()),
                Command::CancelVoucher(c) => Some(c.id.uuid()),
                _ => None,
            })
            .collect();
        let year = convert::year(Some(stamp.business_date.year()));
        Self { keys: wanted(submissions, &stamp, book), vouchers, year, known: cache.knows_numbers() }
    }

    /// Reads it, and the answers that the keys have already.
    pub async fn read(
        self,
        conn: &AsyncPgConnection,
        submissions: &[&Submission],
    ) -> Result<Prefetched, DieselError> {
        let asked = keys_of(submissions);
        let (answered, rows, followed) = tokio::try_join!(
            IdempotencyRow::by_keys(conn, &asked),
            read(conn, &self.keys),
            prefetch(conn, &self.vouchers, self.year, self.known),
        )?;
        Ok(Prefetched { keys: self.keys, answered, rows: [rows, followed] })
    }
}

/// The business date at an instant, as far as the book knows the agency.
fn today(book: &Book, at: Instant) -> Date {
    match &book.agency {
        Some(agency) => agency.business_date_at(at),
        None => at.date_in(subsidy_core::domain::dates::Zone::default().tz()),
    }
}

/// There is no log: either it has not begun, or all of it is lost.
fn missing(seen: &SeenLog) -> BatchError {
    if seen.newest().is_none() {
        return BatchError::NoHead;
    }
    seen.found(false);
    BatchError::Rewound
}

/// Whether, on a connection whose transaction failed, there is no ledger at all: trying again will not help.
pub async fn is_missing(conn: &AsyncPgConnection) -> bool {
    (&mut &*conn).batch_execute("ROLLBACK").await.is_ok() && matches!(store::head_table(conn).await, Ok(None))
}

/// A statement failed. Where the connection still takes a rollback, it was the statement's fault.
pub async fn roll_back(conn: &AsyncPgConnection, error: BatchError) -> Attempt {
    let gone = (&mut &*conn).batch_execute("ROLLBACK").await.is_err();
    let serialization = matches!(
        error,
        BatchError::Database(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _))
    );
    if gone || serialization || error.is_disconnect() {
        Attempt::Retry(error)
    } else {
        Attempt::Refused(error)
    }
}

/// The commit failed. Where the connection still answers, the server said no; else nobody knows.
pub async fn after_commit(conn: &AsyncPgConnection, error: BatchError, result: &BatchResult) -> Attempt {
    match (&mut &*conn).batch_execute("ROLLBACK").await {
        Ok(()) => Attempt::Refused(error),
        Err(_) => unknown(error, result),
    }
}

/// The commit was sent, and whether it lasts is not known. Tried again under the lock, the batch finds its keys if it
/// does; the lock is itself written, so that the answer then waits for the standby as the commit did.
pub fn unknown(error: BatchError, result: &BatchResult) -> Attempt {
    let first = result.answers.iter().map(|answer| answer.as_ref().is_ok_and(|a| !a.is_replayed()));
    Attempt::Unknown(error, first.collect())
}

/// All but the commit.
async fn prepare(
    conn: &AsyncPgConnection,
    (agency, seen): (&AgencyCode, &SeenLog),
    submissions: &[&Submission],
    (row, first): (Option<HeadRow>, Result<Prefetched, DieselError>),
    cache: &mut WriterCache,
    key: &AnswerKey,
) -> Result<(BatchResult, Head), BatchError> {
    let new = row.is_none();
    let first = first?;
    let head = match row {
        Some(row) => row.read(agency)?,
        None if seen.newest().is_some() => return Err(missing(seen)),
        None => unborn(agency, submissions)?,
    };
    hold(conn, &head, seen, submissions).await?;
    let now = Instant::new(chrono::Utc::now()).max(head.recorded_at);
    let known = cache.take(&head.frontier);
    let (result, head) = decide(conn, head, submissions, now, first, known, key).await?;
    if result.stored.is_empty() {
        return Ok((result, head));
    }
    let Some(agency) = &result.book.agency else {
        // a creation that was refused has no ledger to be stored in
        return if result.records.is_empty() { Ok((result, head)) } else { Err(BatchError::NoHead) };
    };
    let row = HeadRow::new(&head, agency)?.marked(key);
    Box::pin(write(conn, &result, submissions, &row, Within::Lock { new }, key)).await?;
    Ok((result, head))
}

/// The head of a log that begins with this batch, by creating the agency whose schema this is.
fn unborn(agency: &AgencyCode, submissions: &[&Submission]) -> Result<Head, BatchError> {
    let begins = submissions.first().is_some_and(|s| match &s.work {
        Work::One(envelope) => matches!(&envelope.command, Command::CreateAgency(c) if c.code == *agency),
        Work::All { .. } | Work::Run { .. } => false,
    });
    if !begins {
        return Err(BatchError::NoHead);
    }
    Ok(Head {
        next: Sequence::default(),
        frontier: Frontier::new(),
        recorded_at: Instant::new(chrono::DateTime::UNIX_EPOCH),
        refusals: 0,
        schema_version: SCHEMA_VERSION,
        agency: None,
    })
}

/// Whether this process may decide for the agency.
fn known_release(head: &Head) -> Result<(), BatchError> {
    let semantics = head.agency.as_ref().map_or(*SEMANTICS.end(), |a| a.semantics);
    if SEMANTICS.contains(&semantics) && head.schema_version == SCHEMA_VERSION {
        return Ok(());
    }
    Err(BatchError::OtherRelease { semantics, schema_version: head.schema_version })
}

/// Loads what is still missing and decides: the batch as it would be, and the head after it. Writes nothing. `known` is
/// what need not be read.
pub async fn decide(
    conn: &AsyncPgConnection,
    head: Head,
    submissions: &[&Submission],
    now: Instant,
    first: Prefetched,
    known: Book,
    key: &AnswerKey,
) -> Result<(BatchResult, Head), BatchError> {
    known_release(&head)?;
    let mut book = Book { agency: head.agency.clone(), ..known };
    for rows in &first.rows {
        rows.hydrate(&mut book)?;
    }
    first.keys.into_iter().for_each(|key| book.looked_for(key));
    let recorded_at = now.max(head.recorded_at);
    let business_date = today(&book, recorded_at);
    let stamp = Stamp { sequence: head.next, recorded_at, business_date };
    let found = runs(conn, submissions, business_date).await?;
    let submissions: Vec<&Submission> =
        submissions.iter().zip(&found).map(|(asked, found)| found.as_ref().unwrap_or(asked)).collect();
    let submissions = submissions.as_slice();
    let known = known_answers(conn, submissions, first.answered, key).await?;
    for _ in 0..ROUNDS_MAX {
        let more = wanted(submissions, &stamp, &book);
        if more.is_empty() {
            break;
        }
        load(conn, more, &mut book).await?;
    }
    let start =
        Start { book, frontier: head.frontier, next: head.next, recorded_at, refusals: head.refusals };
    let mut result = execute(start, submissions, &known);
    // The members of a group may rest on each other. Nothing was accepted before such a group, so the book
    // is as it was loaded; each round knows more keys than the one before.
    while !result.wanted.is_empty() {
        let (mut book, frontier) = (result.book, result.frontier);
        load(conn, result.wanted, &mut book).await?;
        let start = Start { book, frontier, next: head.next, recorded_at, refusals: head.refusals };
        result = execute(start, submissions, &known);
    }
    let after = Head {
        next: Sequence::new(result.frontier.size()),
        frontier: result.frontier.clone(),
        // of refusals the log says nothing, nor when the last of them was
        recorded_at: if result.records.is_empty() { head.recorded_at } else { recorded_at },
        refusals: result.refusals,
        schema_version: head.schema_version,
        agency: None,
    };
    Ok((result, after))
}

/// What the commands need and the book does not know yet.
fn wanted(submissions: &[&Submission], stamp: &Stamp, book: &Book) -> Keys {
    envelopes(submissions)
        .flat_map(|asked| {
            needs(&asked.command, stamp, book).into_iter().chain([caller(&asked.actor.subject)])
        })
        .chain(submissions.iter().map(|submission| caller(&submission.subject)))
        .filter(|key: &Key| !book.knows(key))
        .collect()
}

/// Every command of a batch and who asks for it, in order.
fn envelopes<'a>(submissions: &'a [&Submission]) -> impl Iterator<Item = &'a Envelope> {
    submissions.iter().flat_map(|submission| match &submission.work {
        Work::One(envelope) => std::slice::from_ref(&**envelope),
        Work::All { members, .. } | Work::Run { due: members, .. } => members.as_slice(),
    })
}
