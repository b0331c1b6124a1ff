//! How long it takes to prove a log: export, tree, replay from files, replay against the database, each in a process
//! of its own whose memory is watched.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::memory;
use super::service::beside_this_program;
use super::stage::{self, AGENCY};
use subsidy_ledger::cli::opened::Opened;
use subsidy_ledger::cli::{Failure, output};

#[derive(Debug, Clone, Copy)]
pub(super) struct RunCost {
    pub elapsed: Duration,
    /// KiB resident at most, where the system says.
    pub peak_kib: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Measurement {
    entries: usize,
    rows: Vec<(&'static str, RunCost)>,
}

impl Measurement {
    pub(super) fn as_json(&self) -> Value {
        let rows = self.rows.iter().map(|(what, took)| {
            let millis = u64::try_from(took.elapsed.as_millis()).unwrap_or(u64::MAX);
            json!({ "what": what, "elapsed_ms": millis, "peak_kib": took.peak_kib })
        });
        json!({ "entries": self.entries, "rows": rows.collect::<Vec<_>>() })
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{:<42} {:>10} {:>10}", format!("{} entries", self.entries), "seconds", "MiB")?;
        for (what, took) in &self.rows {
            let millis = took.elapsed.as_millis();
            let seconds = format!("{}.{:02}", millis / 1_000, millis % 1_000 / 10);
            let peak = took.peak_kib.map_or_else(String::new, |kib| (kib / 1_024).to_string());
            writeln!(out, "{what:<42} {seconds:>10} {peak:>10}")?;
        }
        Ok(())
    }
}

/// Makes a log of about so many entries, and proves it.
pub(super) async fn measure(
    opened: &Opened<'_>,
    entries: usize,
    data: &Path,
) -> Result<Measurement, Failure> {
    let began = Instant::now();
    let vouchers = (entries / 4).max(1);
    stage::issued(opened, vouchers).await?;
    let made = RunCost { elapsed: began.elapsed(), peak_kib: None };
    let folder = data.join("export");
    let folder = folder.to_string_lossy();
    let mut rows = vec![("the log made, in batches", made)];
    for (what, words) in [
        ("export", vec!["export", "--agency", AGENCY, "--out", &folder]),
        ("verify --export --tree", vec!["verify", "--export", &folder, "--tree"]),
        ("verify --export", vec!["verify", "--export", &folder]),
        ("verify --agency", vec!["verify", "--agency", AGENCY]),
    ] {
        output::note(format_args!("{what} …"))?;
        rows.push((what, ran(&beside_this_program()?, &words, data).await?));
    }
    Ok(Measurement { entries: vouchers * 4, rows })
}

/// Runs a program to a good end.
pub(super) async fn ran(program: &Path, words: &[&str], data: &Path) -> Result<RunCost, Failure> {
    let began = Instant::now();
    let mut child = Command::new(program)
        .args(words)
        .env("SUBSIDY_LEDGER_DATA", data)
        .env_remove("DATABASE_URL")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let peak_kib = watched(&mut child).await?;
    let elapsed = began.elapsed();
    let done = child.wait_with_output().await?;
    if !done.status.success() {
        return Err(Failure::new(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr))));
    }
    Ok(RunCost { elapsed, peak_kib })
}

/// Waits until a process ends. Its high-water mark only rises: the last look says nearly all.
async fn watched(child: &mut Child) -> Result<Option<u64>, Failure> {
    let status = child.id().map(|id| format!("/proc/{id}/status"));
    let mut peak = None;
    loop {
        if let Some(status) = &status
            && let Ok(text) = std::fs::read_to_string(status)
        {
            peak = memory::high_water(&text).or(peak);
        }
        if child.try_wait()?.is_some() {
            return Ok(peak);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
