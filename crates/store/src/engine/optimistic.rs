//! The optimistic path of a batch: skip the head's lock and write on the condition that the head has not moved. That saves
//! up to three round trips: begin, lock and often the commit.
//!
//! While nobody else writes, the head is where this process left it, and what a batch reads was committed before. Another
//! process that commits meanwhile moves the head, so the condition fails, nothing is written, and the batch is decided
//! again under the lock. If a batch writes only the tables that every batch writes, its writes are one statement, which
//! commits by itself. A batch of refusals alone goes under the lock too: it writes nothing that carries the condition.

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::batch::{Attempt, Prefetch, after_commit, decide, roll_back, unknown};
use super::broken::BatchError;
use super::seen::{Mark, SeenLog};
use super::store::HeadRow;
use super::submission::{Answer, Submission, SubmitError, Work};
use super::write::{Within, write};
use super::writer_cache::WriterCache;
use crate::db::pool::Connection;
use crate::keys::keyed::AnswerKey;
use subsidy_core::domain::{AgencyCode, Instant};

/// Tries a batch on the head that was left; none where it is to be decided under the lock.
pub async fn attempt(
    link: &Connection,
    agency: &AgencyCode,
    submissions: &[&Submission],
    cache: &mut WriterCache,
    seen: &SeenLog,
    key: &AnswerKey,
) -> Option<Attempt> {
    let conn: &AsyncPgConnection = link;
    let head = cache.unmoved()?.clone();
    if submissions.iter().any(|submission| matches!(submission.work, Work::Run { .. })) {
        // what is due is looked for under the lock
        return None;
    }
    let now = Instant::new(chrono::Utc::now()).max(head.recorded_at);
    let first = match Prefetch::of(submissions, cache, now).read(conn, submissions).await {
        Ok(first) => first,
        Err(error) => return settled(agency, roll_back(conn, error.into()).await),
    };
    let known = cache.take(&head.frontier);
    let (result, after) = match decide(conn, head.clone(), submissions, now, first, known, key).await {
        Ok(decided) => decided,
        Err(error) => return settled(agency, roll_back(conn, error).await),
    };
    if result.answers.iter().all(|answer| answer.as_ref().is_ok_and(Answer::is_replayed)) {
        // what lies before the head was confirmed with it; of anything else another process may have been told that its
        // commit is not confirmed yet: the lock waits for that
        let confirmed = |answer: &Result<Answer, SubmitError>| matches!(answer, Ok(Answer::Accepted { first, .. }) if first.sequence < head.next);
        let confirmed = result.answers.iter().all(confirmed);
        cache.store(head, result.book);
        return confirmed.then_some(Attempt::Done(result.answers));
    }
    let agency_after = result.book.agency.as_ref().filter(|_| !result.records.is_empty());
    let row = agency_after.and_then(|agency| HeadRow::new(&after, agency).ok());
    let Some(row) = row.map(|row| row.marked(key)) else {
        cache.store(head, result.book);
        return None;
    };
    let written = match write(conn, &result, submissions, &row, Within::Head(&head), key).await {
        Ok(true) => Ok(()),
        Ok(false) => (&mut &*conn).batch_execute("COMMIT").await.map_err(Into::into),
        Err(error) => Err(error),
    };
    match written {
        Ok(()) if link.take_unconfirmed() => Some(unknown(BatchError::Unconfirmed, &result)),
        Ok(()) => {
            seen.answer_from(&after.frontier, Mark::accepted(result.book.agency.as_ref()));
            cache.store(after, result.book);
            Some(Attempt::Done(result.answers))
        }
        Err(error) => settled(agency, after_commit(conn, error, &result).await),
    }
}

/// A batch that the database refused wrote nothing.
fn settled(agency: &AgencyCode, attempt: Attempt) -> Option<Attempt> {
    match attempt {
        Attempt::Refused(error) => {
            tracing::debug!(%error, %agency, "a batch is decided again under the lock");
            None
        }
        attempt @ (Attempt::Done(_) | Attempt::Retry(_) | Attempt::Unknown(..)) => Some(attempt),
    }
}
