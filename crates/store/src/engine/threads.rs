//! The threads that writers live on.
//!
//! A batch is a dozen short waits between its writer and its connection. On a thread of their own each hands over to
//! the other without waking a core; on a shared pool every answer of the server wakes two. There are as many threads as
//! cores, each with a runtime; agencies share them in turn.

use std::io;
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How long a thread stays awake for what a single command waits for, and for the next one.
const AWAKE: Duration = Duration::from_millis(2);

/// Debug builds keep large futures on the stack.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Threads, begun when they are first needed; they end when this is dropped.
#[derive(Debug, Default)]
pub struct Threads {
    begun: Vec<Thread>,
    given: usize,
}

#[derive(Debug)]
struct Thread {
    runtime: Handle,
    /// Dropped, it tells the thread to end.
    _alive: oneshot::Sender<()>,
}

impl Threads {
    /// Where the next writer lives.
    ///
    /// # Errors
    ///
    /// The system's, where it has no thread to give.
    pub fn next(&mut self) -> io::Result<Handle> {
        let most = thread::available_parallelism().map_or(1, NonZero::get);
        if self.begun.len() < most {
            self.begun.push(Thread::begin()?);
        }
        self.given += 1;
        let next = self.begun.get(self.given % self.begun.len());
        next.map(|thread| thread.runtime.clone()).ok_or_else(|| io::Error::other("no thread"))
    }
}

impl Thread {
    fn begin() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, ended) = oneshot::channel::<()>();
        thread::Builder::new().name("writers".to_owned()).stack_size(STACK_BYTES).spawn(move || {
            // nothing is ever sent: it ends when the other side is dropped
            if runtime.block_on(ended).is_ok() {
                tracing::debug!("writers end");
            }
        })?;
        Ok(Self { runtime: handle, _alive: alive })
    }
}

/// Keeps the thread that it is called on from sleeping for [`AWAKE`], or until it is dropped.
///
/// A command that comes alone waits three times for the server, each time for less than it takes to wake a core that
/// went to sleep. Meanwhile the core is anybody's who has something to do on it.
pub fn stay_awake() -> JoinSet<()> {
    let mut awake = JoinSet::new();
    awake.spawn(async {
        let until = Instant::now() + AWAKE;
        while Instant::now() < until {
            thread::yield_now();
            tokio::task::yield_now().await;
        }
    });
    awake
}
