//! SIGINT and SIGTERM: the first asks the process to stop in order, the second ends it at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::Failure;
use super::language::say;

/// What a shell reports for a process that SIGINT ended.
const FORCED: i32 = 130;

/// Hears of the first signal. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn listen() -> Result<Self, Failure> {
        let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (asked, receiver) = watch::channel(false);
        tokio::spawn(watch(signals, asked));
        Ok(Self(receiver))
    }

    /// Waits until the process is asked to stop.
    pub async fn asked(&self) {
        let mut asked = self.0.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// An error once the process was asked to stop: for work that is done in steps.
    pub fn check(&self) -> Result<(), Failure> {
        match *self.0.borrow() {
            true => Err(Failure::new(say!("尚未就绪即被停止", "stopped before it was ready"))),
            false => Ok(()),
        }
    }
}

async fn watch((mut interrupt, mut terminate): (Signal, Signal), asked: watch::Sender<bool>) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!(
        "stopping: what was asked for is finished first; a second signal ends the process at once"
    );
    asked.send_replace(true);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::warn!(
        "stopped by force: the private cluster may still run, whoever opens it next takes it over"
    );
    std::process::exit(FORCED);
}
