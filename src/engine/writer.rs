//! An agency's writer: takes what waits, makes a batch of it, settles it to the last answer.
//!
//! While one batch commits the next gathers. A batch that fails is run again: in halves, in order, where
//! one of its commands is to blame; whole, within the callers' deadlines, where the database was away;
//! and after a commit that nobody answered, so that what was committed is found under its keys and the
//! rest is done anew. Nobody cancels any of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::batch::{Attempt, BatchError, attempt};
use super::fold::COMMANDS_MAX;
use super::submission::{Answer, Submission, SubmitError};
use crate::agencies::Agency;
use crate::db::pool::{Connection, Database};
use crate::domain::AgencyCode;

/// How long an idle writer keeps its connection.
const IDLE: Duration = Duration::from_secs(30);
/// Waits between two tries while the database is away.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// A submission that waits for its answer.
#[derive(Debug)]
pub(super) struct Job {
    pub submission: Submission,
    pub deadline: Instant,
    pub reply: oneshot::Sender<Result<Answer, SubmitError>>,
    /// Whether a commit with its first answer was sent and not answered.
    pub commit_unknown: bool,
}

impl Job {
    /// Answers it. A caller that went away wants no answer.
    fn answer(self, answer: Result<Answer, SubmitError>) {
        let gone = self.reply.send(answer).is_err();
        if gone {
            tracing::debug!("a caller went away before its answer");
        }
    }
}

/// Runs until every sender is gone and everything that was queued is settled.
pub(super) async fn run(database: Arc<Database>, agency: AgencyCode, mut queue: mpsc::Receiver<Job>) {
    let mut writer = Writer { database, agency, conn: None, pause: PAUSE_MIN, last: None };
    loop {
        let first = match tokio::time::timeout(IDLE, queue.recv()).await {
            Ok(Some(job)) => job,
            Ok(None) => return,
            Err(_) => {
                writer.conn = None;
                continue;
            }
        };
        let mut jobs = vec![first];
        while jobs.len() < COMMANDS_MAX {
            match queue.try_recv() {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            }
        }
        metrics::histogram!("engine_batch_commands")
            .record(f64::from(u32::try_from(jobs.len()).unwrap_or(u32::MAX)));
        writer.settle(jobs).await;
    }
}

struct Writer {
    database: Arc<Database>,
    agency: AgencyCode,
    conn: Option<Connection>,
    pause: Duration,
    /// The agency as the last batch left it: a guess of what the next one needs.
    last: Option<Agency>,
}

impl Writer {
    /// Answers every job.
    async fn settle(&mut self, jobs: Vec<Job>) {
        let mut chunks = VecDeque::from([jobs]);
        while let Some(chunk) = chunks.pop_front() {
            let mut chunk = expire(chunk);
            if chunk.is_empty() {
                continue;
            }
            match self.attempt(&chunk).await {
                Attempt::Done(answers) => {
                    self.pause = PAUSE_MIN;
                    let rest = chunk.split_off(answers.len().min(chunk.len()));
                    for (job, answer) in chunk.into_iter().zip(answers) {
                        let first = job.commit_unknown;
                        job.answer(if first { answer.map(as_first) } else { answer });
                    }
                    if !rest.is_empty() {
                        chunks.push_front(rest);
                    }
                }
                Attempt::Retry(error) => {
                    self.drop_connection();
                    tracing::warn!(%error, agency = %self.agency, commands = chunk.len(), "a batch is tried again");
                    self.rest().await;
                    chunks.push_front(chunk);
                }
                Attempt::Unknown(error, first) => {
                    self.drop_connection();
                    tracing::warn!(%error, agency = %self.agency, commands = chunk.len(), "a commit was not answered");
                    chunk.iter_mut().zip(first).for_each(|(job, first)| job.commit_unknown |= first);
                    self.rest().await;
                    chunks.push_front(chunk);
                }
                Attempt::Refused(error) => self.refused(error, chunk, &mut chunks),
            }
        }
    }

    /// Nothing was committed: halves, in order; one that fails alone gets the fault.
    fn refused(&mut self, error: BatchError, mut chunk: Vec<Job>, chunks: &mut VecDeque<Vec<Job>>) {
        if let BatchError::OtherRelease { semantics, schema_version } = &error {
            tracing::error!(agency = %self.agency, semantics, schema_version, "the ledger is of another release");
            chunk.into_iter().for_each(|job| job.answer(Err(SubmitError::OtherRelease)));
            return;
        }
        if matches!(error, BatchError::NoHead) {
            chunk.into_iter().for_each(|job| job.answer(Err(SubmitError::NoAgency)));
            return;
        }
        if chunk.len() > 1 {
            let second = chunk.split_off(chunk.len() / 2);
            chunks.push_front(second);
            chunks.push_front(chunk);
            return;
        }
        for job in chunk {
            tracing::error!(%error, agency = %self.agency, request.id = job.submission.request_id, "the database refused a command; its caller gets a 500");
            metrics::counter!("engine_faults_total").increment(1);
            job.answer(Err(SubmitError::Fault));
        }
    }

    async fn attempt(&mut self, chunk: &[Job]) -> Attempt {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => match self.database.writer(&self.agency).await {
                Ok(conn) => conn,
                Err(error) => {
                    let error = diesel::result::Error::QueryBuilderError(error.into());
                    return Attempt::Retry(error.into());
                }
            },
        };
        let submissions: Vec<&Submission> = chunk.iter().map(|job| &job.submission).collect();
        let began = Instant::now();
        let attempt = attempt(&conn, &self.agency, &submissions, &mut self.last).await;
        metrics::histogram!("engine_batch_seconds").record(began.elapsed().as_secs_f64());
        self.conn = Some(conn);
        attempt
    }

    /// A connection that failed is not given back.
    fn drop_connection(&mut self) {
        if let Some(conn) = self.conn.take() {
            conn.close();
        }
    }

    async fn rest(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }
}

/// Answers the jobs whose deadline passed and gives back the others.
fn expire(chunk: Vec<Job>) -> Vec<Job> {
    let now = Instant::now();
    let (late, due): (Vec<Job>, Vec<Job>) = chunk.into_iter().partition(|job| job.deadline <= now);
    for job in late {
        let error = if job.commit_unknown { SubmitError::OutcomeUnknown } else { SubmitError::Unavailable };
        job.answer(Err(error));
    }
    due
}

/// What a key answers after a commit that nobody answered is this caller's first answer.
fn as_first(mut answer: Answer) -> Answer {
    match &mut answer {
        Answer::Accepted { replayed, .. } | Answer::Refused { replayed, .. } => *replayed = false,
    }
    answer
}
