//! The log, on standard error. `SUBSIDY_LEDGER_LOG` filters it (`info`, `warn,subsidy=debug`, …).

use std::io::{self, IsTerminal};

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::Failure;

const VARIABLE: &str = "SUBSIDY_LEDGER_LOG";

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

impl LogFormat {
    /// What suits whoever reads standard error.
    pub fn suitable() -> Self {
        if io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// What is no HTTP is an error to the server's library, and anybody may send it: without this the log of errors would
/// be written by strangers. Whoever asks for debug lines, or for the library's, reads them.
fn without_strangers(filter: &str) -> String {
    if ["debug", "trace", "actix_http"].iter().any(|word| filter.contains(word)) {
        return filter.to_owned();
    }
    format!("{filter},actix_http=off")
}

/// Starts the log; `default` is the filter where none is set.
pub fn start(format: LogFormat, default: &str) -> Result<(), Failure> {
    let filter = match std::env::var(VARIABLE) {
        Ok(text) => EnvFilter::try_new(without_strangers(&text))
            .map_err(|error| Failure::Usage(format!("{VARIABLE}: {error}")))?,
        Err(_) => EnvFilter::try_new(without_strangers(default))?,
    };
    // a line that cannot be written would be complained of on the same broken output, by a panic of whoever logs: the task
    // that hears of signals among them
    let log =
        tracing_subscriber::fmt().log_internal_errors(false).with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).try_init(),
    }
    .map_err(Failure::Failed)
}
