//! Whether a log contains what was answered from it, and how an operator goes on where it does not.

use std::convert::Infallible;
use std::time::Duration;

use diesel_async::AsyncPgConnection;

use super::broken::BatchError;
use super::seen::{Mark, SeenLog};
use super::store::{self, Head};
use super::submission::{Submission, Work};
use super::tiles::{TreeError, root_of};
use super::{CheckpointError, Engine};
use subsidy_core::book::Command;
use subsidy_core::domain::AgencyCode;

/// How often a log is looked at that was wound back.
const LOOK: Duration = Duration::from_secs(2);

/// What is lost of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The log that was answered from.
    pub seen: Mark,
    /// How many of its first leaves the log still has, as far as it was written down.
    pub kept: u64,
}

/// Holds the log, whose head is locked, to what was answered from it.
pub async fn hold(
    conn: &AsyncPgConnection,
    head: &Head,
    seen: &SeenLog,
    submissions: &[&Submission],
) -> Result<(), BatchError> {
    let Some(newest) = seen.newest() else { return Ok(()) };
    if seen.is_contained() && head.frontier.size() >= newest.size {
        return Ok(());
    }
    let contained = contains(conn, head, newest).await.map_err(|error| match error {
        TreeError::Checkpoint(CheckpointError::Database(crate::db::pool::DatabaseError::Query(error))) => {
            BatchError::Database(error)
        }
        other => BatchError::unreadable(&other.to_string()),
    })?;
    if contained {
        seen.found(true);
        return Ok(());
    }
    if goes_on(head, seen) {
        return Ok(());
    }
    seen.found(false);
    let accepts = |submission: &&Submission| matches!(&submission.work, Work::One(envelope) if matches!(envelope.command, Command::AcceptLog(_)));
    if submissions.iter().all(accepts) { Ok(()) } else { Err(BatchError::Rewound) }
}

/// Goes on from the log as it is, if an operator accepted that what was seen of it is lost. Answers whether it does.
fn goes_on(head: &Head, seen: &SeenLog) -> bool {
    let accepted = Mark::accepted(head.agency.as_ref());
    let excused = accepted.is_some_and(|accepted| seen.is_excused_by(accepted));
    if excused {
        seen.restart(&head.frontier, accepted);
    }
    excused
}

/// Whether a log begins with what was seen.
async fn contains(conn: &AsyncPgConnection, head: &Head, mark: Mark) -> Result<bool, TreeError> {
    let size = head.frontier.size();
    if size <= mark.size {
        return Ok(Mark::of(&head.frontier) == mark);
    }
    match root_of(conn, mark.size).await {
        Ok(root) => Ok(root == mark.root),
        // hashes that are not there are none of what was seen
        Err(TreeError::NotTheTree) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Engine {
    /// Looks whether an agency's log contains what this process, or one before it, answered from.
    pub async fn look_back(&self, agency: &AgencyCode) -> Result<Option<Lost>, TreeError> {
        let seen = self.seen().log(agency);
        let Some(newest) = seen.newest() else { return Ok(None) };
        let conn = self.reader(agency).await.map_err(CheckpointError::from)?;
        let Some(row) = store::head(&conn).await? else {
            seen.found(false);
            return Err(CheckpointError::NoLog.into());
        };
        let head = row.read(agency).map_err(CheckpointError::from)?;
        if contains(&conn, &head, newest).await? {
            seen.found(true);
            return Ok(None);
        }
        if goes_on(&head, &seen) {
            return Ok(None);
        }
        seen.found(false);
        let marks = seen.marks();
        // what contains a log contains every shorter one that it grew from
        let (mut from, mut until) = (0, marks.len());
        while from < until {
            let middle = from.midpoint(until);
            let Some(mark) = marks.get(middle) else { break };
            if contains(&conn, &head, *mark).await? { from = middle + 1 } else { until = middle }
        }
        let kept = from.checked_sub(1).and_then(|place| marks.get(place)).map_or(0, |mark| mark.size);
        Ok(Some(Lost { seen: newest, kept }))
    }

    /// Looks again and again at the logs that were found to be wound back, until an operator accepted that: by the writes of
    /// another process that would not be noticed here. Once connections broke, at all logs: nobody who only reads is to see
    /// one that lost entries before somebody writes.
    pub async fn look_out(&self) -> Infallible {
        let mut known = self.database().broken();
        loop {
            tokio::time::sleep(LOOK).await;
            let broken = self.database().broken();
            let agencies = if broken == known { self.seen().rewound() } else { self.seen().agencies() };
            let mut compared = true;
            for agency in agencies {
                if let Err(error) = self.look_back(&agency).await {
                    tracing::debug!(%agency, %error, "a ledger cannot be looked at");
                    compared &= matches!(error, TreeError::Checkpoint(CheckpointError::NoLog));
                }
            }
            if compared {
                known = broken;
            }
        }
    }

    /// Looks at every log that something was seen of; what cannot be looked at now is looked at before it is written.
    pub async fn look_back_at_all(&self) {
        for agency in self.seen().agencies() {
            match self.look_back(&agency).await {
                Ok(None) => {}
                Ok(Some(lost)) => tracing::error!(
                    %agency,
                    answered_from = lost.seen.size,
                    kept = lost.kept,
                    "the ledger was wound back: see `subsidy-ledger agency accept-log`"
                ),
                Err(error) => tracing::warn!(%agency, %error, "what was answered from is not compared yet"),
            }
        }
    }
}
