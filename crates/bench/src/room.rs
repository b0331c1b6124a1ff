//! How long the auditor's reports take over a ledger of so many lines: at its end, in the middle of its last full block, in
//! its middle and near its beginning, and at its end as of an earlier day; from the totals and, where the ledger is not too long for it, line by line, which must
//! come to the same figures. The ledger is copied from a generator whose leaves replay: `verify` says so, in this run.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::lists::{self, Page};
use super::pages::OpenedPage;
use super::report::permille;
use super::service::beside_this_program;
use super::stage::AGENCY;
use super::verification::{RunCost, ran};
use super::year::{self, YearSize};
use subsidy_core::domain::{AgencyCode, Date};
use subsidy_ledger::cli::opened::{DatabaseRole, Opened};
use subsidy_ledger::cli::{Failure, output};
use subsidy_reports::formats::file::{FileFormat, Writing};
use subsidy_reports::known::KnownSums;
use subsidy_reports::operations;
use subsidy_reports::operations::{Filter, Reading};
use subsidy_reports::reading::{Part, Reading as _};
use subsidy_reports::report::{Only, Scope};
use subsidy_reports::snapshot_range::SnapshotRange;
use subsidy_reports::trial_balance::{Question, TrialBalance};
use subsidy_reports::{budget_execution, scope, voucher_rollforward};
use subsidy_store::db::pool::{Connection, Database};
use subsidy_store::engine::store;
use subsidy_store::ledger::BLOCK;

/// How often each report is read; the median counts.
const TIMES: usize = 5;
/// Lines up to which the reports are made line by line too: a reader's statement has five seconds.
const BY_LINES_MAX: u64 = 1_500_000;
/// Rows of the workbook that is measured.
const WORKBOOK_ROWS: u64 = 1_000_000;

/// What a report took.
#[derive(Debug)]
struct Row {
    what: &'static str,
    known_at: i64,
    as_of: Date,
    by_totals: Duration,
    by_lines: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Measurement {
    made: YearSize,
    took: Duration,
    disk: i64,
    verified: RunCost,
    rows: Vec<Row>,
    pages: Vec<Page>,
    console: Vec<OpenedPage>,
    files: Vec<(FileFormat, Duration, u64)>,
    workbook: (u64, RunCost),
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn mebibytes(kib: Option<u64>) -> String {
    kib.map_or_else(|| "?".to_owned(), |kib| (kib / 1_024).to_string())
}

impl Measurement {
    pub(super) fn as_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({
                "report": row.what, "known_at": row.known_at, "as_of": row.as_of,
                "by_totals_ms": millis(row.by_totals), "by_lines_ms": row.by_lines.map(millis),
            })
        });
        let pages = self.pages.iter().map(
            |page| json!({ "path": page.path, "elapsed_ms": millis(page.took), "documents": page.documents }),
        );
        let files = self.files.iter().map(|(format, took, bytes)| {
            json!({ "format": format.ending(), "elapsed_ms": millis(*took), "bytes": bytes })
        });
        let console = self.console.iter().map(|page| {
            json!({
                "address": page.address, "bytes": page.bytes, "median_ms": millis(permille(&page.took, 500)),
                "p95_ms": millis(permille(&page.took, 950)),
            })
        });
        let (workbook, peak) = (&self.workbook, self.verified.peak_kib);
        json!({
            "lines": self.made.lines, "leaves": self.made.leaves, "disk_bytes": self.disk,
            "made_ms": millis(self.took), "verified_ms": millis(self.verified.elapsed), "verified_peak_kib": peak,
            "reports": rows.collect::<Vec<_>>(), "pages": pages.collect::<Vec<_>>(), "files": files.collect::<Vec<_>>(),
            "console": console.collect::<Vec<_>>(), "console_p95_ms": millis(permille(&self.all_of_the_console(950), 950)),
            "workbook": {
                "rows": workbook.0, "elapsed_ms": millis(workbook.1.elapsed), "peak_kib": workbook.1.peak_kib,
            },
        })
    }

    /// How long each page of the console took at so many of 1,000 of its readings, the shortest first: a slow page, which is
    /// read less often, counts as much as a quick one.
    fn all_of_the_console(&self, of: usize) -> Vec<Duration> {
        let mut all: Vec<_> = self.console.iter().map(|page| permille(&page.took, of)).collect();
        all.sort_unstable();
        all
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let (YearSize { lines, leaves }, disk) = (self.made, self.disk / 1_048_576);
        let (took, verified) = (self.took.as_secs(), self.verified.elapsed.as_secs());
        let peak = mebibytes(self.verified.peak_kib);
        writeln!(out, "{lines} lines in {leaves} leaves, copied in {took} s, {disk} MiB on disk")?;
        writeln!(out, "verified in {verified} s with {peak} MiB")?;
        writeln!(
            out,
            "{:<24} {:>10} {:>12} {:>12} {:>12}",
            "report", "known_at", "as_of", "totals ms", "lines ms"
        )?;
        for row in &self.rows {
            let by_lines = row.by_lines.map_or_else(|| "-".to_owned(), |took| millis(took).to_string());
            let (what, known_at, as_of) = (row.what, row.known_at, row.as_of.to_string());
            writeln!(
                out,
                "{what:<24} {known_at:>10} {as_of:>12} {:>12} {by_lines:>12}",
                millis(row.by_totals)
            )?;
        }
        writeln!(out, "{:<72} {:>8} {:>8}", "a page over HTTP", "ms", "rows")?;
        for page in &self.pages {
            writeln!(out, "{:<72} {:>8} {:>8}", page.path, millis(page.took), page.documents)?;
        }
        writeln!(out, "{:<72} {:>8} {:>8} {:>8}", "a page of the console", "p50 ms", "p95 ms", "bytes")?;
        for page in &self.console {
            let (median, p95) = (permille(&page.took, 500), permille(&page.took, 950));
            writeln!(out, "{:<72} {:>8} {:>8} {:>8}", page.address, millis(median), millis(p95), page.bytes)?;
        }
        let median = permille(&self.all_of_the_console(500), 500);
        let p95 = permille(&self.all_of_the_console(950), 950);
        writeln!(out, "{:<72} {:>8} {:>8}", "all of them", millis(median), millis(p95))?;
        for (format, took, bytes) in &self.files {
            let what = format!("operations.{}", format.ending());
            writeln!(out, "{what:<24} {leaves:>10} rows, {} ms, {} MiB", millis(*took), bytes / 1_048_576)?;
        }
        let (rows, RunCost { elapsed, peak_kib }) = &self.workbook;
        let (took, peak) = (millis(*elapsed), mebibytes(*peak_kib));
        Ok(writeln!(out, "{:<24} {rows:>10} rows, {took} ms, {peak} MiB of memory at most", "a workbook")?)
    }
}

/// Makes a ledger of about so many lines, proves it, and reads it.
pub(super) async fn measure(
    opened: &Opened<'_>,
    lines: u64,
    data: &Path,
    times: usize,
) -> Result<Measurement, Failure> {
    let agency = AgencyCode::parse(AGENCY)?;
    output::note(format_args!("making {lines} lines …"))?;
    let began = Instant::now();
    let made = year::make(opened, &agency, lines).await?;
    let took = began.elapsed();
    output::note("verifying …")?;
    let verified = ran(&beside_this_program()?, &["verify", "--agency", AGENCY], data).await?;
    let url = opened.url(DatabaseRole::Auditor);
    let database = Database::connect(opened.settings().database_config(&url)).await?;
    let conn = database.auditor(&agency).await?;
    let head = store::head(&conn).await?.ok_or_else(|| Failure::new("no head"))?;
    let last = head.next_sequence - 1;
    output::note("reading reports …")?;
    let mut rows = Vec::new();
    // in the middle of a block the most lines are read beside the totals
    let middle = (last / BLOCK * BLOCK - BLOCK / 2).max(last / 4);
    for known_at in [last, middle, last / 2, last / 10] {
        rows.extend(reports(&conn, at(&conn, known_at).await?, made.lines).await?);
    }
    let earlier = Scope { as_of: at(&conn, last / 2).await?.as_of, ..at(&conn, last).await? };
    rows.extend(reports(&conn, earlier, made.lines).await?);
    let mut files = Vec::new();
    for format in [FileFormat::Csv, FileFormat::Xlsx, FileFormat::Parquet] {
        if format.rows_max().is_none_or(|limit| made.leaves < limit) {
            files.push(file((&conn, &agency), last, format, data).await?);
        }
    }
    let disk = scope::disk(&conn).await?.map_or(0, |found| found.count);
    drop(conn);
    let (pages, console) = lists::measure(opened.settings(), &agency, data, times).await?;
    let rows_of_workbook = made.lines.min(WORKBOOK_ROWS);
    let workbook = ran(&std::env::current_exe()?, &["--xlsx", &rows_of_workbook.to_string()], data).await?;
    let workbook = (rows_of_workbook, workbook);
    Ok(Measurement { made, took, disk, verified, rows, pages, console, files, workbook })
}

async fn at(conn: &Connection, known_at: i64) -> Result<Scope, Failure> {
    let at = scope::at(conn, known_at).await?.ok_or_else(|| Failure::new("no such sequence"))?;
    let as_of = scope::business_date(conn, &at).await?;
    Ok(Scope { as_of, known_at, recorded_at: at.recorded_at, programme: None, only: Only::default() })
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

/// The three reports at a sequence and a day, both ways. Error: they do not come to the same.
async fn reports(conn: &Connection, scope: Scope, lines: u64) -> Result<[Row; 3], Failure> {
    let totals = SnapshotRange::of(conn, scope.known_at).await?;
    let reach = |with: bool| if with { totals } else { SnapshotRange::by_lines(scope.known_at) };
    let question = Question { as_of: scope.as_of, known_at: scope.known_at, programme: None };
    let (scope, question, place) = (&scope, &question, (&scope, lines <= BY_LINES_MAX));
    Ok([
        both("trial-balance", place, async |with: bool| {
            Ok(TrialBalance::read_from(conn, question, reach(with)).await?)
        })
        .await?,
        both("budget-execution", place, async |with: bool| {
            Ok(budget_execution::read_from(conn, scope, reach(with)).await?)
        })
        .await?,
        both("voucher-rollforward", place, async |with: bool| {
            Ok(voucher_rollforward::read_from(conn, scope, reach(with)).await?)
        })
        .await?,
    ])
}

async fn both<T: PartialEq>(
    what: &'static str,
    (scope, line_by_line): (&Scope, bool),
    read: impl AsyncFn(bool) -> Result<T, Failure>,
) -> Result<Row, Failure> {
    let (totals, by_totals) = timed(async || read(true).await).await?;
    let mut by_lines = None;
    if line_by_line {
        let began = Instant::now();
        if totals != read(false).await? {
            let known_at = scope.known_at;
            return Err(Failure::new(format!(
                "{what} at {known_at}: the totals do not come to what the lines do"
            )));
        }
        by_lines = Some(began.elapsed());
    }
    Ok(Row { what, known_at: scope.known_at, as_of: scope.as_of, by_totals, by_lines })
}

/// Writes the whole operations log to a file, as an export does.
async fn file(
    (conn, agency): (&Connection, &AgencyCode),
    last: i64,
    format: FileFormat,
    data: &Path,
) -> Result<(FileFormat, Duration, u64), Failure> {
    let began = Instant::now();
    let path = data.join(format!("operations.{}", format.ending()));
    let found = scope::at(conn, last).await?.ok_or_else(|| Failure::new("no such sequence"))?;
    let into = File::create_new(&path)?;
    let mut writing =
        Writing::begin(format, operations::COLUMNS, (operations::NAME[1], found.recorded_at), into)?;
    let of = (agency, &found, &at(conn, last).await?);
    let mut reading = Reading::begin(conn, of, Filter::default(), (&KnownSums::default(), None)).await?;
    while let Some(rows) = reading.next(conn, Part::Long).await? {
        rows.iter().try_for_each(|row| writing.row(&row.cells))?;
    }
    let (file, _) = writing.finish(|_| Vec::new())?;
    let bytes = file.metadata()?.len();
    std::fs::remove_file(&path)?;
    Ok((format, began.elapsed(), bytes))
}
