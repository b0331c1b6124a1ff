//! What drives a connection: it hears what the server says beside its answers, and gives up on a server that says
//! nothing at all.
//!
//! A host that is stopped keeps its connections open and acknowledges every packet, so no limit of the system's and none
//! of the server's own ever ends a wait for it. Once a statement has waited for longer than the server lets any run, or
//! a batch for longer than it may take, the connection is dropped: whoever waits hears that it is closed, and a commit
//! among it counts as not answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent};
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_postgres::error::DbError;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{AsyncMessage, Connection};

use super::refusal::{Heard, ValueKind};

/// How often a connection is looked at; limits are counted in it.
const TICK: Duration = Duration::from_secs(1);

/// The function of the server that warns of a commit which no synchronous standby has confirmed. Its words are in the
/// server's language, its name is not.
const WAITS_FOR_STANDBY: &str = "SyncRepWaitForLSN";

#[derive(Debug, Default)]
struct State {
    /// Ticks since the connection was made.
    now: AtomicU64,
    /// Statements that were sent and of whose answer nothing came yet.
    waiting: AtomicU64,
    /// When the server was last heard, or first asked.
    heard: AtomicU64,
    /// When the batch began that is under way, and one more; 0 where none is.
    batch: AtomicU64,
    /// The most ticks of silence; 0 where there is no limit.
    limit: AtomicU64,
    unconfirmed: AtomicBool,
}

impl State {
    fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    fn asked(&self) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.heard.store(self.now(), Ordering::Relaxed);
        }
    }

    fn answered(&self) {
        // one that began before the count was settled is not counted any more
        let one_less = |waiting: u64| Some(waiting.saturating_sub(1));
        if self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            self.heard.store(self.now(), Ordering::Relaxed);
        }
    }

    fn is_silent(&self) -> bool {
        let (now, limit) = (self.now(), self.limit.load(Ordering::Relaxed));
        let heard = self.heard.load(Ordering::Relaxed);
        let waits = self.waiting.load(Ordering::Relaxed) > 0 && now.saturating_sub(heard) > limit;
        let batch = self.batch.load(Ordering::Relaxed);
        limit > 0 && (waits || (batch > 0 && (now + 1).saturating_sub(batch) > limit))
    }
}

/// A connection's wire. Dropped, it ends the connection.
#[derive(Debug)]
pub struct Wire {
    state: Arc<State>,
    heard: Arc<Heard>,
    _end: Option<oneshot::Sender<()>>,
}

impl Wire {
    /// The most that the server may say nothing to a statement, and that a batch may take; none is no limit.
    pub(super) fn limit(&self, silence_max: Option<Duration>) {
        self.state.limit.store(silence_max.map_or(0, |max| max.as_secs()), Ordering::Relaxed);
    }

    /// Counts statements that are sent and answered.
    pub(super) fn ear(&self) -> Ear {
        Ear(Arc::clone(&self.state))
    }

    /// Everything that was asked is answered, or nobody waits for it any more.
    pub(super) fn settle(&self) {
        self.state.waiting.store(0, Ordering::Relaxed);
        self.state.batch.store(0, Ordering::Relaxed);
    }

    /// A batch begins: from here until it is settled it is limited as a whole too.
    pub(super) fn begin_batch(&self) {
        self.heard.take();
        self.state.batch.store(self.state.now() + 1, Ordering::Relaxed);
    }

    /// For which kind of value the server refused a statement since the batch began.
    pub(super) fn take_refused(&self) -> Option<ValueKind> {
        self.heard.take()
    }

    /// Whether the server warned since the last time it was asked that it stopped waiting for its synchronous standby:
    /// what was committed is committed there and perhaps nowhere else.
    pub(super) fn take_unconfirmed(&self) -> bool {
        self.state.unconfirmed.load(Ordering::Acquire) && self.state.unconfirmed.swap(false, Ordering::AcqRel)
    }
}

/// What a connection tells of its statements.
#[derive(Debug)]
pub(super) struct Ear(Arc<State>);

impl Instrumentation for Ear {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.0.asked(),
            InstrumentationEvent::FinishQuery { .. } => self.0.answered(),
            _ => {}
        }
    }
}

/// Drives a connection until it or its wire ends; one that is `kept` ends with its last client alone.
pub(super) fn drive<S, T>(mut connection: Connection<S, T>, kept: bool, heard: Arc<Heard>) -> Wire
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: TlsStream + Unpin + Send + 'static,
{
    let (end, ended) = oneshot::channel::<()>();
    let wire = Wire { state: Arc::default(), heard, _end: (!kept).then_some(end) };
    let state = Arc::clone(&wire.state);
    tokio::spawn(async move {
        let mut messages = poll_fn(move |context| connection.poll_message(context));
        let mut ticks = tokio::time::interval(TICK);
        let mut ended = ended;
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(Ok(AsyncMessage::Notice(notice))) => hear(&state, &notice),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        tracing::debug!(%error, "a connection to the database ended");
                        return;
                    }
                    None => return,
                },
                _ = &mut ended, if !kept => return,
                _ = ticks.tick() => {
                    state.now.fetch_add(1, Ordering::Relaxed);
                    if state.is_silent() {
                        tracing::warn!("the database says nothing: the connection is given up");
                        metrics::counter!("database_silent_total").increment(1);
                        return;
                    }
                }
            }
        }
    });
    wire
}

fn hear(state: &State, notice: &DbError) {
    if notice.routine() == Some(WAITS_FOR_STANDBY) {
        tracing::warn!(notice = notice.message(), "a commit is not confirmed by the synchronous standby");
        state.unconfirmed.store(true, Ordering::Release);
    } else {
        tracing::debug!(severity = notice.severity(), notice = notice.message(), "the database remarks");
    }
}
