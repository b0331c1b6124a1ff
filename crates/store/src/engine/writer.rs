//! An agency's writer: takes what waits, makes a batch of it, settles it to the last answer.
//!
//! While one batch commits the next gathers. A batch that fails is run again: in halves, in order, where
//! one of its commands is to blame; whole, within the callers' deadlines, where the database was away;
//! and after a commit that nobody answered, so that what was committed is found under its keys and the
//! rest is done anew. Nobody cancels any of it.
//!
//! While no connection can be made, nothing can be committed: after [`AWAY`] whoever waits hears so at once
//! and may ask again, instead of holding a place in the queue to the deadline. Only those whose commit was
//! sent and not answered wait on, for nothing true can be told them yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::batch::{self, Attempt};
use super::broken::BatchError;
use super::execute::COMMANDS_MAX;
use super::optimistic;
use super::seen::SeenLog;
use super::submission::{Answer, Submission, SubmitError};
use super::threads::stay_awake;
use super::writer_cache::WriterCache;
use crate::db::pool::{Connection, Database, DatabaseError};
use crate::keys::keyed::AnswerKey;
use subsidy_core::domain::AgencyCode;

/// How long an idle writer keeps its connection.
const IDLE: Duration = Duration::from_secs(30);
/// How often it looks whether another agency's writer wants the place: a process serves more agencies than it has
/// connections for writers. Given up, the connection rests in the pool, open.
const LOOK: Duration = Duration::from_millis(200);

/// Waits between two tries while the database is away.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long no connection can be made before callers are told that the database is away.
const AWAY: Duration = Duration::from_secs(2);

/// A submission that waits for its answer.
#[derive(Debug)]
pub struct Job {
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

    /// Answers it without having settled it: of a commit that was sent, nobody may say that it was not done.
    fn give_up(self, error: SubmitError) {
        let error = if self.commit_unknown { SubmitError::OutcomeUnknown } else { error };
        self.answer(Err(error));
    }
}

/// Runs until every sender is gone and everything that was queued is settled.
pub async fn run(
    database: Arc<Database>,
    seen: Arc<SeenLog>,
    agency: AgencyCode,
    mut queue: mpsc::Receiver<Job>,
    key: AnswerKey,
) {
    let mut writer = Writer {
        database,
        seen,
        agency,
        key,
        conn: None,
        pause: PAUSE_MIN,
        cache: WriterCache::default(),
        away_since: None,
        awake: None,
    };
    let mut busy = Instant::now();
    loop {
        let first = match tokio::time::timeout(LOOK, queue.recv()).await {
            Ok(Some(job)) => job,
            Ok(None) => {
                writer.seen.flush();
                return;
            }
            Err(_) => {
                writer.seen.flush_in_time();
                if writer.database.writers_are_short() || busy.elapsed() > IDLE {
                    writer.conn = None;
                }
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
        writer.settle(jobs, &mut queue).await;
        writer.seen.flush_in_time();
        if writer.database.writers_are_short() {
            // whoever waits has its turn before this one's next batch
            writer.conn = None;
        }
        busy = Instant::now();
    }
}

struct Writer {
    database: Arc<Database>,
    /// What the log was when it was last answered from.
    seen: Arc<SeenLog>,
    agency: AgencyCode,
    /// Marks the answers that are stored.
    key: AnswerKey,
    conn: Option<Connection>,
    pause: Duration,
    /// What the last batch left of the book.
    cache: WriterCache,
    /// Since when no connection can be made.
    away_since: Option<Instant>,
    /// While commands come one by one.
    awake: Option<JoinSet<()>>,
}

impl Writer {
    /// Answers every job; while the database is away, those in the queue too.
    async fn settle(&mut self, jobs: Vec<Job>, queue: &mut mpsc::Receiver<Job>) {
        let mut chunks = VecDeque::from([jobs]);
        while let Some(chunk) = chunks.pop_front() {
            let mut chunk = expire(chunk);
            if chunk.is_empty() {
                continue;
            }
            if let Err(error) = self.connect().await {
                chunks.push_front(chunk);
                self.no_connection(&error, &mut chunks, queue);
                self.rest().await;
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

    /// After `AWAY` without a connection, or at once where the database itself says that it takes no writes, fails every
    /// queued job, except those whose COMMIT may have succeeded.
    fn no_connection(
        &mut self,
        error: &DatabaseError,
        chunks: &mut VecDeque<Vec<Job>>,
        queue: &mut mpsc::Receiver<Job>,
    ) {
        let since = *self.away_since.get_or_insert_with(Instant::now);
        let waiting: usize = chunks.iter().map(Vec::len).sum();
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(%error, cause, agency = %self.agency, commands = waiting, "no connection to the database");
        // what a server says of itself will not pass by itself
        let told = match error {
            DatabaseError::ReadOnly { .. } => SubmitError::ReadOnly,
            DatabaseError::Misplaced { .. } | DatabaseError::Pooler { .. } => SubmitError::Unavailable,
            _ if since.elapsed() < AWAY => return,
            _ => SubmitError::Unavailable,
        };
        for chunk in chunks.iter_mut() {
            let (unknown, free) = std::mem::take(chunk).into_iter().partition(|job| job.commit_unknown);
            *chunk = unknown;
            free.into_iter().for_each(|job: Job| job.give_up(told.clone()));
        }
        while let Ok(job) = queue.try_recv() {
            job.give_up(told.clone());
        }
    }

    /// Nothing was committed: halves, in order; one that fails alone gets the fault.
    fn refused(&mut self, error: BatchError, mut chunk: Vec<Job>, chunks: &mut VecDeque<Vec<Job>>) {
        if let BatchError::OtherRelease { semantics, schema_version } = &error {
            tracing::error!(agency = %self.agency, semantics, schema_version, "the ledger is of another release");
            chunk.into_iter().for_each(|job| job.give_up(SubmitError::OtherRelease));
            return;
        }
        if matches!(error, BatchError::Rewound) {
            tracing::error!(agency = %self.agency, commands = chunk.len(), "the ledger was wound back");
            chunk.into_iter().for_each(|job| job.give_up(SubmitError::Rewound));
            return;
        }
        if error.is_read_only() {
            tracing::warn!(%error, agency = %self.agency, commands = chunk.len(), "the database takes no writes");
            self.drop_connection();
            chunk.into_iter().for_each(|job| job.give_up(SubmitError::ReadOnly));
            return;
        }
        if matches!(error, BatchError::NoHead) {
            chunk.into_iter().for_each(|job| job.give_up(SubmitError::NoAgency));
            return;
        }
        if chunk.len() > 1 {
            let second = chunk.split_off(chunk.len() / 2);
            chunks.push_front(second);
            chunks.push_front(chunk);
            return;
        }
        for job in chunk {
            if let BatchError::Value { kind, source } = &error {
                let request = &job.submission.request_id;
                tracing::warn!(error = %source, agency = %self.agency, request.id = request, "the database refused a value that should have been refused before");
                job.give_up(SubmitError::Value { kind: *kind });
                continue;
            }
            tracing::error!(%error, agency = %self.agency, request.id = job.submission.request_id, "the database refused a command; its caller gets a 500");
            metrics::counter!("engine_faults_total").increment(1);
            job.give_up(SubmitError::Fault);
        }
    }

    async fn connect(&mut self) -> Result<(), DatabaseError> {
        if self.conn.is_none() {
            let began = Instant::now();
            match self.database.writer(&self.agency).await {
                Ok(conn) => self.conn = Some(conn),
                Err(error) => {
                    self.away_since.get_or_insert(began);
                    return Err(error);
                }
            }
            self.cache.mark_stale();
            self.seen.mark_stale();
            self.away_since = None;
        }
        Ok(())
    }

    async fn attempt(&mut self, chunk: &[Job]) -> Attempt {
        let Some(conn) = &self.conn else { return Attempt::Done(Vec::new()) };
        let submissions: Vec<&Submission> = chunk.iter().map(|job| &job.submission).collect();
        let began = Instant::now();
        self.awake = (chunk.len() == 1).then(stay_awake);
        conn.begin_batch();
        let (agency, cache, seen, key) = (&self.agency, &mut self.cache, &self.seen, &self.key);
        let optimistic = Box::pin(optimistic::attempt(conn, agency, &submissions, cache, seen, key)).await;
        let attempt = match optimistic {
            Some(attempt) => attempt,
            None => batch::attempt(conn, agency, &submissions, cache, seen, key).await,
        };
        let refused = conn.take_refused();
        conn.settle();
        metrics::histogram!("engine_batch_seconds").record(began.elapsed().as_secs_f64());
        match attempt {
            Attempt::Refused(error) => Attempt::Refused(error.about(refused)),
            attempt => attempt,
        }
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
        job.give_up(SubmitError::Unavailable);
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
