//! `serve`: the database, the engine, the port; and the way back.
//!
//! It stops in the order in which a caller would want it: nothing new is accepted, what was asked for is answered, the
//! engine settles what is queued, the private cluster is left.

use std::net::TcpListener;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::keep_up::keep_up;
use super::opened::Opened;
use super::reminders::remind_daily;
use super::stop::Stop;
use super::{Failure, Settings, opened, web};
use subsidy_auth::code_flow::CodeFlow;
use subsidy_console::{Console, Person};
use subsidy_store::engine::Engine;

pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    opened::with(settings, async |opened| {
        let engine = start(opened).await?;
        let served = serve(opened, &engine, &stop, Vec::new(), |base| {
            tracing::info!(url = base, "listening");
            Ok(())
        });
        let served = served.await;
        engine.shut_down().await;
        served
    })
    .await
}

/// The engine on a database that is up to date.
pub async fn start(opened: &Opened<'_>) -> Result<Engine, Failure> {
    opened.ensure_served().await?;
    let engine = opened.engine().await?;
    engine.look_back_at_all().await;
    Ok(engine)
}

/// Serves until the process is asked to stop, which is no error, or until a part of it dies, which is one; all the while
/// a private cluster's server is kept up. The sign-in page offers `people`. `listening` hears where; from then on callers may connect.
pub async fn serve(
    opened: &Opened<'_>,
    engine: &Engine,
    stop: &Stop,
    people: Vec<Person>,
    listening: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let settings = opened.settings();
    let verifier = web::verifier(settings, engine).await?;
    let listener = TcpListener::bind(&settings.listen)
        .map_err(Failure::doing(format!("cannot listen on {}", settings.listen)))?;
    let base = base_url(&listener)?;
    listening(&base)?;
    let at = settings.public_url.as_deref().unwrap_or(&base);
    let provider = settings.sign_in.as_ref().map(|sign_in| CodeFlow::of(sign_in, at)).transpose()?.flatten();
    let (font, provider) = (settings.font.clone(), provider.map(Arc::new));
    let console = Console { people, secure: settings.is_public_https(), provider, font };
    let (end, ended) = oneshot::channel();
    let serving = async {
        let served = tokio::select! {
            served = web::serve(settings, engine, verifier, listener, stop, console) => served,
            never = engine.look_out() => match never {},
            never = remind_daily(engine) => match never {},
        };
        drop(end);
        served
    };
    let keeping = async {
        if let Some(keeper) = opened.keeper() {
            keep_up(keeper, ended).await;
        }
    };
    tokio::join!(serving, keeping).0
}

/// What a browser on this machine is to open.
fn base_url(listener: &TcpListener) -> Result<String, Failure> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(format!("http://{address}"))
}
