//! PostgreSQL doing the same naively, measured by its own `pgbench`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::report::Latencies;
use subsidy_ledger::cli::Failure;

const TABLES: &str = include_str!("naive.sql");
const TRANSACTION: &str = include_str!("naive.pgbench");

/// The naive tables in a database of their own on the same cluster.
#[derive(Debug)]
pub(super) struct Naive {
    tools: PathBuf,
    folder: PathBuf,
    url: String,
}

impl Naive {
    /// Makes the tables. `url` names the database.
    pub(super) async fn set(tools: &Path, folder: &Path, url: String) -> Result<Self, Failure> {
        let folder = folder.join("naive");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("tables.sql"), TABLES)?;
        std::fs::write(folder.join("transaction.pgbench"), TRANSACTION)?;
        let naive = Self { tools: tools.to_owned(), folder, url };
        naive.run("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-f", "tables.sql", &naive.url]).await?;
        Ok(naive)
    }

    /// What autovacuum and the checkpointer would do of what was set up, for both sides and before either is measured.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        self.run("psql", &["-q", "-c", "VACUUM ANALYZE", "-c", "CHECKPOINT", &self.url]).await
    }

    /// About so many transactions over so many connections.
    pub(super) async fn measure(
        &self,
        connections: usize,
        transactions: usize,
    ) -> Result<Latencies, Failure> {
        for old in self.logs()? {
            std::fs::remove_file(old)?;
        }
        let each = (transactions / connections).max(20).to_string();
        let clients = connections.to_string();
        let threads = connections.min(2).to_string();
        let words = [
            "-n",
            "-M",
            "prepared",
            "-f",
            "transaction.pgbench",
            "-c",
            &clients,
            "-j",
            &threads,
            "-t",
            &each,
            "-l",
            "--log-prefix=took",
            &self.url,
        ];
        let began = Instant::now();
        self.run("pgbench", &words).await?;
        let elapsed = began.elapsed();
        let mut took = Vec::new();
        for log in self.logs()? {
            took.extend(latencies(&std::fs::read_to_string(log)?));
        }
        let done = took.len();
        Ok(Latencies::new(took, done, elapsed))
    }

    /// The logs of the last measurement, one a thread.
    fn logs(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut logs = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("took.")) {
                logs.push(path);
            }
        }
        Ok(logs)
    }

    async fn run(&self, tool: &str, words: &[&str]) -> Result<(), Failure> {
        let done = Command::new(self.tools.join(tool)).args(words).current_dir(&self.folder).output().await?;
        if done.status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("{tool}: {}", String::from_utf8_lossy(&done.stderr))))
    }
}

/// The third column of pgbench's log: microseconds.
fn latencies(log: &str) -> Vec<Duration> {
    log.lines()
        .filter_map(|line| line.split_whitespace().nth(2)?.parse().ok())
        .map(Duration::from_micros)
        .collect()
}
