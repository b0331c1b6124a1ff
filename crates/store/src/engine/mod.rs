//! The one door for writes.
//!
//! Handlers put submissions on a queue per agency and wait; a writer takes what waits, decides it in one
//! transaction under the agency's head lock, or on the condition that the head did not move, and answers each. One batch
//! is in flight per process; any number of processes may write to one database, the head orders them. The log's order is
//! the commit order.

pub mod answers;
mod batch;
mod broken;
mod due;
pub mod execute;
pub mod fit;
mod hydrate;
mod load;
mod optimistic;
pub mod posted;
mod prefetch;
pub mod rewound;
pub mod seen;
pub mod store;
pub mod submission;
mod threads;
pub mod tiles;
pub mod write;
mod writer;
mod writer_cache;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::db::pool::{Connection, Database, DatabaseError};
use crate::keys::keyed::AnswerKey;
use crate::keys::{KeyError, Keys};
use broken::BatchError;
use fit::{Fitting, Unfit};
use seen::SeenLogs;
use subsidy_core::book::{Book, Command};
use subsidy_core::domain::AgencyCode;
use threads::Threads;
use writer::Job;
use writer_cache::WriterCache;

pub use hydrate::{UnreadBook, read_book};
pub use submission::{Accepted, Answer, NewBankAccount, NewText, Run, Submission, SubmitError, Work};

/// How many submissions may wait per agency.
const QUEUE_MAX: usize = 4_096;
/// How many members a group may have.
const GROUP_MAX: usize = 1_000;
/// How long a caller waits for an answer.
const DEADLINE: Duration = Duration::from_secs(30);
/// What a writer has beyond it to say how it ended; a writer whose database hangs says nothing.
const GRACE: Duration = Duration::from_millis(500);

/// What the service calls itself in checkpoints: their origin is `<service>/<agency>`.
pub const SERVICE: &str = "subsidy-ledger";

/// The origin of an agency's checkpoints.
pub fn origin(agency: &AgencyCode) -> String {
    format!("{SERVICE}/{agency}")
}

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The head is not readable.
    #[error(transparent)]
    Unreadable(#[from] crate::db::convert::Unreadable),
    /// There is no log, or no key to sign it with.
    #[error("the agency has no log or no key here")]
    NoLog,
    /// The key is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The keys at hand are not the agency's.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The note could not be signed.
    #[error(transparent)]
    Note(#[from] subsidy_core::audit::note::NoteError),
}

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Arc<Database>,
    keys: Arc<Keys>,
    seen: SeenLogs,
    fitting: Fitting,
    writers: Mutex<Writers>,
    /// Turns true when a writer died.
    died: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Writers {
    queues: BTreeMap<AgencyCode, mpsc::Sender<Job>>,
    threads: Threads,
    tasks: Vec<JoinHandle<()>>,
    closed: bool,
}

impl Engine {
    /// A door to the ledgers of a database. Its writers live on threads of their own, as long as it does.
    pub fn new(database: Database, keys: Arc<Keys>) -> Self {
        Self::remembering(database, keys, SeenLogs::default())
    }

    /// The same, which knows what was answered before.
    pub fn remembering(database: Database, keys: Arc<Keys>, seen: SeenLogs) -> Self {
        Self(Arc::new(Inner {
            database: Arc::new(database),
            keys,
            seen,
            fitting: Fitting::default(),
            writers: Mutex::default(),
            died: watch::Sender::new(false),
        }))
    }

    /// Waits until a writer dies, which it never should: the process is to end then, and be started anew.
    pub async fn writer_died(&self) {
        let mut died = self.0.died.subscribe();
        if died.wait_for(|died| *died).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub fn database(&self) -> &Database {
        &self.0.database
    }

    pub fn seen(&self) -> &SeenLogs {
        &self.0.seen
    }

    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Marks the answers that are stored.
    fn answer_key(&self) -> AnswerKey {
        AnswerKey::new(self.keys().account_key())
    }

    /// Submits and waits. What was queued is settled even if the caller goes away.
    pub async fn submit(&self, submission: Submission) -> Result<Answer, SubmitError> {
        let deadline = Instant::now() + DEADLINE;
        self.ensure_sealed_well(&submission).await?;
        let answer = self.enqueue(submission, deadline)?;
        match tokio::time::timeout_at(deadline + GRACE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(SubmitError::OutcomeUnknown),
            Err(_) => Err(SubmitError::OutcomeUnknown),
        }
    }

    /// Submits many in order and waits for all of them.
    pub async fn submit_each(&self, submissions: Vec<Submission>) -> Vec<Result<Answer, SubmitError>> {
        let deadline = Instant::now() + DEADLINE;
        let mut waiting = Vec::with_capacity(submissions.len());
        for submission in submissions {
            let sealed = self.ensure_sealed_well(&submission).await;
            waiting.push(sealed.and_then(|()| self.enqueue(submission, deadline)));
        }
        let mut answers = Vec::with_capacity(waiting.len());
        for answer in waiting {
            answers.push(match answer {
                Ok(answer) => match tokio::time::timeout_at(deadline + GRACE, answer).await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) | Err(_) => Err(SubmitError::OutcomeUnknown),
                },
                Err(error) => Err(error),
            });
        }
        answers
    }

    fn enqueue(
        &self,
        submission: Submission,
        deadline: Instant,
    ) -> Result<oneshot::Receiver<Result<Answer, SubmitError>>, SubmitError> {
        check_sizes(&submission)?;
        let (reply, answer) = oneshot::channel();
        let queue = self.queue(&submission.agency)?;
        let job = Job { submission: submission.bound(), deadline, reply, commit_unknown: false };
        queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Busy,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Unavailable,
        })?;
        Ok(answer)
    }

    /// The agency's queue; its writer starts with the first submission.
    fn queue(&self, agency: &AgencyCode) -> Result<mpsc::Sender<Job>, SubmitError> {
        let mut writers = self.0.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if writers.closed {
            return Err(SubmitError::Unavailable);
        }
        if let Some(queue) = writers.queues.get(agency).filter(|queue| !queue.is_closed()) {
            return Ok(queue.clone());
        }
        let thread = writers.threads.next().map_err(|error| {
            tracing::error!(%error, %agency, "no thread for a writer");
            SubmitError::Unavailable
        })?;
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let seen = self.0.seen.log(agency);
        let writer =
            writer::run(Arc::clone(&self.0.database), seen, agency.clone(), receiver, self.answer_key());
        writers.tasks.push(thread.spawn(watched(writer, agency.clone(), self.0.died.clone())));
        writers.queues.insert(agency.clone(), sender.clone());
        Ok(sender)
    }

    /// Takes nothing more, settles what waits, and returns when all of it is answered.
    pub async fn shut_down(&self) {
        let tasks = {
            let mut writers = self.0.writers.lock().unwrap_or_else(PoisonError::into_inner);
            writers.closed = true;
            writers.queues.clear();
            std::mem::take(&mut writers.tasks)
        };
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a writer ended badly");
            }
        }
    }

    /// What a submission would be answered, on a snapshot, without the lock. Writes nothing, and its
    /// idempotency key is not looked at.
    pub async fn dry_run(&self, submission: Submission) -> Result<Answer, SubmitError> {
        check_sizes(&submission)?;
        let conn = self.reader(&submission.agency).await.map_err(|_| SubmitError::Unavailable)?;
        // what loads and decides is large, and every verb can be tried: it does not stand on each handler's stack
        match Box::pin(self.tried(&conn, &submission)).await {
            Ok(answer) => answer,
            Err(BatchError::OtherRelease { .. }) => Err(SubmitError::OtherRelease),
            Err(BatchError::NoHead) => Err(SubmitError::NoAgency),
            Err(error) if error.is_disconnect() => Err(SubmitError::Unavailable),
            Err(_) if batch::is_missing(&conn).await => Err(SubmitError::NoAgency),
            Err(error) => match error.value() {
                Some(kind) => {
                    tracing::warn!(%error, request.id = submission.request_id, "the database refused a value that should have been refused before");
                    Err(SubmitError::Value { kind })
                }
                None => {
                    tracing::error!(%error, request.id = submission.request_id, "a dry run failed");
                    Err(SubmitError::Fault)
                }
            },
        }
    }

    async fn tried(
        &self,
        conn: &Connection,
        submission: &Submission,
    ) -> Result<Result<Answer, SubmitError>, BatchError> {
        let conn: &diesel_async::AsyncPgConnection = conn;
        (&mut &*conn).batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let row = store::head(conn).await?.ok_or(BatchError::NoHead)?;
        let head = row.read(&submission.agency)?;
        let now = subsidy_core::domain::Instant::new(chrono::Utc::now());
        // A key of its own: a dry run neither stores an answer nor replays one.
        let fresh = Submission { key: rand::random(), ..submission.clone() };
        let first = batch::Prefetch::of(&[&fresh], &WriterCache::of(head.agency.clone()), now)
            .read(conn, &[&fresh])
            .await?;
        let (folded, _) =
            batch::decide(conn, head, &[&fresh], now, first, Book::default(), &self.answer_key()).await?;
        (&mut &*conn).batch_execute("ROLLBACK").await?;
        Ok(folded.answers.into_iter().next().unwrap_or(Err(SubmitError::Fault)))
    }

    /// A read-only connection to an agency's ledger.
    pub async fn reader(&self, agency: &AgencyCode) -> Result<Connection, DatabaseError> {
        self.0.database.reader(agency).await
    }

    /// The agency's log as it stands, signed: a note that can be held elsewhere.
    pub async fn checkpoint(&self, agency: &AgencyCode) -> Result<String, CheckpointError> {
        let conn = self.reader(agency).await?;
        self.ensure_keys_fit(agency).await?;
        tiles::signed(agency, &tiles::head(&conn, agency).await?, &self.log_key(agency)?)
    }
}

/// A writer that panics takes its agency's queue with it: whoever runs the process must hear of it.
async fn watched(
    writer: impl Future<Output = ()> + Send + 'static,
    agency: AgencyCode,
    died: watch::Sender<bool>,
) {
    if let Err(error) = tokio::spawn(writer).await {
        tracing::error!(%error, %agency, "a writer died");
        died.send_replace(true);
    }
}

/// Holds a submission to the log's limits: the size of a command, the members of a group. A header is the
/// engine's own; nobody asks for one alone.
fn check_sizes(submission: &Submission) -> Result<(), SubmitError> {
    match &submission.work {
        Work::One(envelope) if matches!(envelope.command, Command::OpenGroup(_)) => Err(SubmitError::Fault),
        Work::One(envelope) => execute::check_size(&envelope.command),
        Work::All { members, .. } if members.is_empty() || members.len() > GROUP_MAX => {
            Err(SubmitError::TooLarge { limit: GROUP_MAX })
        }
        Work::Run { .. } => Ok(()),
        Work::All { members, .. } => members.iter().try_for_each(|m| execute::check_size(&m.command)),
    }
}
