//! Beside a service on the private cluster: its server died, it is started again; its log grew long, it is set aside.
//!
//! The service itself goes on meanwhile: it answers 503, `/readyz` too, and finds its way back by new connections. A
//! server elsewhere (`DATABASE_URL`) is for those to start who run it.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use subsidy_store::db::cluster::{ClusterError, Keeper};

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// The longest wait between two tries to start what does not start: a full disk, say.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Keeps the server up until `ended`. A start that is under way is waited for: nothing starts behind whoever stops the
/// server next.
pub async fn keep_up(keeper: Keeper, mut ended: oneshot::Receiver<()>) {
    let (mut pause, mut turns_log) = (LOOK, true);
    loop {
        tokio::select! {
            _ = &mut ended => return,
            () = tokio::time::sleep(pause) => {}
        }
        if turns_log && let Err(error) = keeper.turn_log() {
            turns_log = false;
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "the private database server's log can not be set aside");
        }
        if keeper.is_up() {
            pause = LOOK;
            continue;
        }
        let began = Instant::now();
        tracing::warn!("the private database server is not there; it is started again");
        match revived(keeper.clone()).await {
            Ok(()) => {
                let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(duration_ms, "the private database server is up again");
                pause = LOOK;
            }
            Err(error) => {
                pause = (pause * 2).min(PAUSE_MAX);
                let (cause, retry_ms) =
                    (std::error::Error::source(&error).map(ToString::to_string), pause.as_millis());
                tracing::error!(%error, cause, retry_ms, "the private database server does not start");
            }
        }
    }
}

async fn revived(keeper: Keeper) -> Result<(), ClusterError> {
    let started = tokio::task::spawn_blocking(move || keeper.revive()).await;
    started.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
