//! The service under measurement: this program, in a process of its own, on a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use subsidy_ledger::cli::Failure;

/// A folder that is removed in the end.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(parent: Option<PathBuf>) -> Result<Self, Failure> {
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        let folder = parent.join(format!("subsidy-ledger-bench-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(super) fn data(&self) -> PathBuf {
        self.0.clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // the cluster may lie behind a link, where the server's user can reach it
        let cluster = std::fs::canonicalize(self.0.join("postgres"));
        for folder in cluster.into_iter().chain([self.0.clone()]) {
            if let Err(error) = std::fs::remove_dir_all(&folder) {
                tracing::debug!(%error, folder = %folder.display(), "a folder of the measurement stays");
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// `host:port`
    pub address: String,
}

impl Running {
    pub(super) async fn start(data: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(beside_this_program()?)
            .args(["serve", "--log", "text", "--listen", "127.0.0.1:0"])
            .env("SUBSIDY_LEDGER_DATA", data)
            .env("SUBSIDY_LEDGER_LOG", "warn,subsidy_ledger::cli=info")
            .env_remove("DATABASE_URL")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let log = child.stderr.take().ok_or_else(|| Failure::new("the service has no log"))?;
        let mut lines = BufReader::new(log).lines();
        let mut said = String::new();
        let address = loop {
            let line = lines.next_line().await?;
            let line = line.ok_or_else(|| Failure::new(format!("the service did not start: {said}")))?;
            match line.split_once("http://") {
                Some((_, rest)) => break address(rest),
                None => said.push_str(&line),
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address })
    }

    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGTERM)?;
        }
        self.child.wait().await?;
        Ok(())
    }
}

/// The service that was built with this program.
pub(super) fn beside_this_program() -> Result<PathBuf, Failure> {
    let service = std::env::current_exe()?.with_file_name("subsidy-ledger");
    if service.exists() {
        return Ok(service);
    }
    let missing = service.display();
    Err(Failure::new(format!(
        "{missing} is missing: build it with `cargo build --release`, then measure again"
    )))
}

/// The host and port that a line goes on with.
fn address(rest: &str) -> String {
    rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect()
}
