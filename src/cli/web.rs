//! Starts the server of `crates/http` with the pages of `crates/console`.

use std::net::TcpListener;
use std::sync::Arc;

use super::language::say;
use super::stop::Stop;
use super::{Failure, Settings};
use subsidy_auth::token::Verifier;
use subsidy_console::{self as console, Console};
use subsidy_http::{self as http, AppState, HttpConfig, health};
use subsidy_proofs::verify::jobs::Verifications;
use subsidy_reports::exports::Exports;
use subsidy_reports::process_sums::ProcessSums;
use subsidy_store::engine::Engine;
use subsidy_store::keys::accounts::AccountVault;

/// Who tells callers apart. Error: the provider's keys that it was told to use cannot be.
pub async fn verifier(settings: &Settings, engine: &Engine) -> Result<Arc<Verifier>, Failure> {
    let own = engine.keys().token_key();
    Ok(Arc::new(Verifier::open(own, settings.sign_in.as_ref(), &settings.data).await?))
}

/// Answers requests until the process is asked to stop, and then those that are under way. Error: a part of it died.
pub async fn serve(
    settings: &Settings,
    engine: &Engine,
    verifier: Arc<Verifier>,
    listener: TcpListener,
    stop: &Stop,
    console: Console,
) -> Result<(), Failure> {
    let sums = ProcessSums::default();
    let state = AppState {
        engine: engine.clone(),
        verifier: Arc::clone(&verifier),
        vault: Arc::new(AccountVault::new(engine.keys().account_key())),
        debtors: Arc::new(settings.debtors.clone()),
        objects: settings.objects()?,
        sums: sums.clone(),
        exports: Exports::new(settings.data.join("exports"), tokio::runtime::Handle::current()),
        verifications: Verifications::new(
            settings.data.join("verifications"),
            tokio::runtime::Handle::current(),
        ),
        agencies: Arc::default(),
        people: Arc::default(),
        roles: settings.roles,
        trusted_proxies: settings.trusted_proxies.as_slice().into(),
        metrics: health::install_metrics()?,
    };
    let server = http::serve(&HttpConfig::default(), vec![listener], state, console::configure(console))?;
    let handle = server.handle();
    let engine_of_sums = engine.clone();
    let summing = tokio::spawn(async move { sums.keep_up(&engine_of_sums).await });
    let mut server = std::pin::pin!(server);
    let died = tokio::select! {
        ended = &mut server => {
            ended?;
            return Err(Failure::new(say!("HTTP 服务自行结束", "the HTTP server ended by itself")));
        }
        () = engine.writer_died() => Some(Failure::new(say!(
            "写入线程已终止，原因见日志：请重新启动服务",
            "a writer died, the log says why: start the service anew"
        ))),
        never = verifier.keep_fresh() => match never {},
        () = stop.asked() => None,
    };
    summing.abort();
    // the server takes nothing more, answers what is under way, and is polled until it has
    let (ended, ()) = tokio::join!(server, handle.stop(died.is_none()));
    died.map_or(Ok(()), Err)?;
    Ok(ended?)
}

pub fn openapi() -> &'static str {
    http::openapi::JSON.as_str()
}
