//! How long the auditor's reports take over a ledger of so many lines: at its end, in its middle and near its beginning,
//! from the totals and, beside that, line by line. Both must come to the same figures. The ledger is made by the engine
//! itself, so that its leaves replay.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stage::{self, AGENCY};
use crate::cli::opened::{DatabaseRole, Opened};
use crate::cli::{Failure, output};
use crate::db::pool::{Connection, Database};
use crate::domain::AgencyCode;
use crate::engine::store;
use crate::reports::formats::file::{FileFormat, Writing};
use crate::reports::operations::{self, Filter, Reading};
use crate::reports::report::{Reading as _, Scope};
use crate::reports::trial_balance::{Question, TrialBalance, full_blocks};
use crate::reports::{budget_execution, scope, voucher_rollforward};

/// How often each report is read; the median counts.
const TIMES: usize = 5;

/// What a report took.
#[derive(Debug)]
struct Row {
    what: &'static str,
    known_at: i64,
    by_totals: Duration,
    by_lines: Duration,
}

/// All that was measured.
#[derive(Debug)]
pub(super) struct Measured {
    lines: i64,
    leaves: i64,
    disk: i64,
    made: Duration,
    rows: Vec<Row>,
    page: Duration,
    files: Vec<(FileFormat, Duration, u64)>,
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

impl Measured {
    pub(super) fn as_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({ "report": row.what, "known_at": row.known_at, "by_totals_ms": millis(row.by_totals), "by_lines_ms": millis(row.by_lines) })
        });
        let files = self.files.iter().map(|(format, took, bytes)| {
            json!({ "format": format.ending(), "elapsed_ms": millis(*took), "bytes": bytes })
        });
        json!({
            "lines": self.lines, "leaves": self.leaves, "disk_bytes": self.disk, "made_ms": millis(self.made),
            "reports": rows.collect::<Vec<_>>(), "page_ms": millis(self.page), "files": files.collect::<Vec<_>>(),
        })
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let (lines, leaves, mebibytes) = (self.lines, self.leaves, self.disk / 1_048_576);
        writeln!(
            out,
            "{lines} lines in {leaves} leaves, {mebibytes} MiB on disk, made in {} s",
            self.made.as_secs()
        )?;
        writeln!(
            out,
            "{:<24} {:>12} {:>14} {:>14}",
            "report, median of 5", "known_at", "by totals ms", "by lines ms"
        )?;
        for row in &self.rows {
            let (totals, by_lines) = (millis(row.by_totals), millis(row.by_lines));
            writeln!(out, "{:<24} {:>12} {totals:>14} {by_lines:>14}", row.what, row.known_at)?;
        }
        writeln!(out, "{:<24} {:>12} {:>14}", "operations, a page", "", millis(self.page))?;
        for (format, took, bytes) in &self.files {
            let what = format!("operations.{}", format.ending());
            let (took, mebibytes) = (millis(*took), bytes / 1_048_576);
            writeln!(out, "{what:<24} {leaves:>12} {took:>14} ms, {mebibytes} MiB")?;
        }
        Ok(())
    }
}

/// Makes a ledger of about so many lines, and reads it.
pub(super) async fn measure(opened: &Opened<'_>, lines: usize, data: &Path) -> Result<Measured, Failure> {
    let began = Instant::now();
    stage::issued_over_a_year(opened, (lines / 2).max(1)).await?;
    let made = began.elapsed();
    let url = opened.url(DatabaseRole::Auditor);
    let database = Database::connect(opened.settings().database_config(&url)).await?;
    let conn = database.auditor(&AgencyCode::parse(AGENCY)?).await?;
    let head = store::head(&conn).await?.ok_or_else(|| Failure::new("no head"))?;
    let last = head.next_sequence - 1;
    output::note("reading …")?;
    let mut rows = Vec::new();
    for known_at in [last, last / 2, last / 10] {
        rows.extend(reports(&conn, known_at).await?);
    }
    let page = page(&conn, last).await?;
    let mut files = Vec::new();
    for format in [FileFormat::Csv, FileFormat::Xlsx, FileFormat::Parquet] {
        if format.rows_max().is_none_or(|limit| u64::try_from(last).unwrap_or(u64::MAX) < limit) {
            files.push(file(&conn, last, format, data).await?);
        }
    }
    let lines = scope::lines(&conn).await?.map_or(0, |found| found.count);
    let disk = scope::disk(&conn).await?.map_or(0, |found| found.count);
    Ok(Measured { lines, leaves: last + 1, disk, made, rows, page, files })
}

async fn at(conn: &Connection, known_at: i64) -> Result<Scope, Failure> {
    let at = scope::at(conn, known_at).await?.ok_or_else(|| Failure::new("no such sequence"))?;
    let as_of = scope::business_date(conn, &at).await?;
    Ok(Scope { as_of, known_at, recorded_at: at.recorded_at, programme: None })
}

/// Reads so often; what it came to the last time, and the median of how long it took.
async fn timed<T>(read: impl AsyncFn() -> Result<T, Failure>) -> Result<(T, Duration), Failure> {
    let mut took = Vec::with_capacity(TIMES);
    let mut found = read().await?;
    for _ in 0..TIMES {
        let began = Instant::now();
        found = read().await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok((found, took.get(TIMES / 2).copied().unwrap_or_default()))
}

/// The three reports at a sequence, both ways. Error: they do not come to the same.
async fn reports(conn: &Connection, known_at: i64) -> Result<[Row; 3], Failure> {
    let (scope, blocks) = (at(conn, known_at).await?, full_blocks(known_at));
    let question = Question { as_of: scope.as_of, known_at, programme: None };
    let (scope, question) = (&scope, &question);
    Ok([
        both("trial-balance", known_at, async |with: bool| {
            Ok(TrialBalance::read_from(conn, question, if with { blocks } else { 0 }).await?)
        })
        .await?,
        both("budget-execution", known_at, async |with: bool| {
            Ok(budget_execution::read_from(conn, scope, if with { blocks } else { 0 }).await?)
        })
        .await?,
        both("voucher-rollforward", known_at, async |with: bool| {
            Ok(voucher_rollforward::read_from(conn, scope, if with { blocks } else { 0 }).await?)
        })
        .await?,
    ])
}

async fn both<T: PartialEq>(
    what: &'static str,
    known_at: i64,
    read: impl AsyncFn(bool) -> Result<T, Failure>,
) -> Result<Row, Failure> {
    let (totals, by_totals) = timed(async || read(true).await).await?;
    let (lines, by_lines) = timed(async || read(false).await).await?;
    if totals != lines {
        return Err(Failure::new(format!(
            "{what} at {known_at}: the totals do not come to what the lines do"
        )));
    }
    Ok(Row { what, known_at, by_totals, by_lines })
}

async fn page(conn: &Connection, last: i64) -> Result<Duration, Failure> {
    let filter = || Filter { kind: Some("issue_voucher".to_owned()), ..Filter::default() };
    let (_, took) = timed(async || {
        let mut reading = Reading::new(filter(), "Asia/Shanghai".to_owned(), (last / 2, last));
        Ok(reading.page(conn, 200).await?)
    })
    .await?;
    Ok(took)
}

/// Writes the whole operations log to a file, as an export does.
async fn file(
    conn: &Connection,
    last: i64,
    format: FileFormat,
    data: &Path,
) -> Result<(FileFormat, Duration, u64), Failure> {
    let began = Instant::now();
    let path = data.join(format!("operations.{}", format.ending()));
    let created = at(conn, last).await?.recorded_at;
    let into = File::create_new(&path)?;
    let mut writing = Writing::begin(format, operations::COLUMNS, (operations::NAME[1], created), into)?;
    let mut reading = Reading::new(Filter::default(), "Asia/Shanghai".to_owned(), (-1, last));
    while let Some(rows) = reading.next(conn).await? {
        rows.iter().try_for_each(|row| writing.row(&row.cells))?;
    }
    let (file, _) = writing.finish(|_| Vec::new())?;
    let bytes = file.metadata()?.len();
    std::fs::remove_file(&path)?;
    Ok((format, began.elapsed(), bytes))
}
