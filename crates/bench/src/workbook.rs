//! `bench --xlsx N`: a workbook of so many lines of an account statement, written as an export writes it; nothing is
//! read from a database. The process is its own: its peak is what the workbook takes.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::memory;
use subsidy_core::domain::{Date, Money};
use subsidy_ledger::cli::{Failure, output};
use subsidy_reports::account_statement::{COLUMNS, NAME};
use subsidy_reports::formats::Cell;
use subsidy_reports::formats::file::{FileFormat, Writing};
use subsidy_reports::report::Row;

/// Rows that come together, as from a page of a statement.
const PAGE: usize = 4_096;

#[derive(Debug)]
pub(super) struct Measurement {
    rows: usize,
    took: Duration,
    bytes: u64,
    peak_kib: Option<u64>,
}

impl Measurement {
    pub(super) fn as_json(&self) -> Value {
        let millis = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        json!({ "rows": self.rows, "elapsed_ms": millis, "bytes": self.bytes, "peak_kib": self.peak_kib })
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let (millis, mebibytes) = (self.took.as_millis(), self.bytes / 1_048_576);
        let peak = self.peak_kib.map_or_else(|| "?".to_owned(), |kib| (kib / 1_024).to_string());
        let rows = self.rows;
        Ok(writeln!(
            out,
            "{rows} rows as xlsx: {millis} ms, {mebibytes} MiB on disk, {peak} MiB of memory at most"
        )?)
    }
}

/// Writes them into a folder, and removes the file.
pub(super) fn measure(rows: usize, folder: &Path) -> Result<Measurement, Failure> {
    output::note(format_args!("writing {rows} rows …"))?;
    let path = folder.join("account-statement.xlsx");
    let began = Instant::now();
    let created = subsidy_core::domain::Instant::new(chrono::DateTime::UNIX_EPOCH);
    let file = std::fs::File::create_new(&path)?;
    let mut writing = Writing::begin(FileFormat::Xlsx, COLUMNS, (NAME[1], created), file)?;
    let day = Date::parse("2025-01-02")?;
    let mut left = 0..rows;
    loop {
        let page: Vec<Vec<Cell>> = left.by_ref().take(PAGE).map(|number| line(number, day)).collect();
        if page.is_empty() {
            break;
        }
        page.iter().try_for_each(|cells| writing.row(cells))?;
    }
    let (file, _) = writing.finish(|_| Vec::new())?;
    let bytes = file.metadata()?.len();
    let took = began.elapsed();
    std::fs::remove_file(&path)?;
    Ok(Measurement { rows, took, bytes, peak_kib: memory::peak_kib() })
}

/// A line as a statement has it: no two are the same.
fn line(number: usize, day: Date) -> Vec<Cell> {
    let sequence = i64::try_from(number).unwrap_or(i64::MAX);
    let amount = Money::from_fen(1_000 + sequence % 90_000_007);
    let row = Row::default()
        .text(day)
        .text(sequence / 8)
        .count(1 + sequence % 8)
        .text("approve_claim")
        .text("B2007")
        .text("B2004")
        .text("")
        .text(format!("r{:02}", number % 12))
        .text(format!("91310000{:09}X", number % 20_000))
        .text("中央")
        .text(uuid::Uuid::from_u128(u128::from(u64::try_from(number).unwrap_or(0)) << 40))
        .text("chen");
    let row = if number.is_multiple_of(2) { row.amount(amount).empty() } else { row.empty().amount(amount) };
    row.amount(amount).amount(Money::from_fen(sequence.saturating_mul(1_000))).cells
}
