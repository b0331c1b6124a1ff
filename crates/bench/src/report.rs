//! What was measured, for people and for programs.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

/// How long each answer took, sorted, and how fast all of them came.
#[derive(Debug, Clone)]
pub(super) struct Latencies {
    sorted: Vec<Duration>,
    postings: usize,
    elapsed: Duration,
}

impl Latencies {
    pub(super) fn new(mut all: Vec<Duration>, postings: usize, elapsed: Duration) -> Self {
        all.sort_unstable();
        Self { sorted: all, postings, elapsed }
    }

    pub(super) fn rate(&self) -> u64 {
        let micros = self.elapsed.as_micros().max(1);
        let postings = u128::try_from(self.postings).unwrap_or(0);
        u64::try_from(postings * 1_000_000 / micros).unwrap_or(u64::MAX)
    }

    /// The latency that so many of 1,000 answers did not exceed.
    pub(super) fn permille(&self, permille: usize) -> Duration {
        self::permille(&self.sorted, permille)
    }

    fn json(&self) -> Value {
        json!({
            "postings": self.postings,
            "postings_per_second": self.rate(),
            "p50_us": micros(self.permille(500)),
            "p99_us": micros(self.permille(990)),
            "p999_us": micros(self.permille(999)),
        })
    }
}

/// The duration that so many of 1,000 did not exceed, of those that are sorted.
pub(super) fn permille(sorted: &[Duration], permille: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let at = (sorted.len() * permille / 1_000).min(last);
    sorted.get(at).copied().unwrap_or_default()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// One line of the table: the service, and PostgreSQL doing the same naively.
#[derive(Debug)]
pub(super) struct Row {
    pub what: String,
    pub connections: usize,
    pub service: Latencies,
    pub naive: Option<Latencies>,
}

impl Row {
    /// How many times the naive rate, in hundredths.
    fn ratio_percent(&self) -> Option<u64> {
        let naive = self.naive.as_ref()?.rate().max(1);
        Some(self.service.rate() * 100 / naive)
    }
}

pub(super) fn as_json(rows: &[Row]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "what": row.what,
                "connections": row.connections,
                "service": row.service.json(),
                "naive": row.naive.as_ref().map(Latencies::json),
                "ratio_percent": row.ratio_percent(),
            })
        })
        .collect();
    Value::Array(rows)
}

pub(super) fn as_table(rows: &[Row], out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<20} {:>5}  {:^40}  {:^40}  {:>7}",
        "", "", "subsidy-ledger", "naive, pgbench -M prepared", ""
    )?;
    let head = ["postings/s", "p50", "p99", "p99.9"];
    write!(out, "{:<20} {:>5}", "", "conn")?;
    for _ in 0..2 {
        write!(out, "  {:>10} {:>9} {:>9} {:>9}", head[0], head[1], head[2], head[3])?;
    }
    writeln!(out, "  {:>7}", "ratio")?;
    for row in rows {
        write!(out, "{:<20} {:>5}", row.what, row.connections)?;
        cells(Some(&row.service), out)?;
        cells(row.naive.as_ref(), out)?;
        match row.ratio_percent() {
            Some(ratio) => writeln!(out, "  {:>5}.{:02}", ratio / 100, ratio % 100)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn cells(latencies: Option<&Latencies>, out: &mut impl Write) -> io::Result<()> {
    let Some(latencies) = latencies else { return write!(out, "  {:>40}", "") };
    write!(out, "  {:>10}", latencies.rate())?;
    for permille in [500, 990, 999] {
        let micros = micros(latencies.permille(permille));
        write!(out, " {:>6}.{:02}", micros / 1_000, micros % 1_000 / 10)?;
    }
    Ok(())
}
