//! Writes an export: one snapshot, read once, a page at a time; while one page is written the next is read.
//!
//! The head is read first and its root is what is signed, last of all, once the leaves that were written have proved
//! to give it: a folder without a checkpoint is an export that was not finished.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::sheet::{Sheet, quoted};
use super::tables::{ACCOUNT_COLUMNS, ACCOUNTS, accounts};
use super::{place, sheet_of};
use crate::verify::page::{PAGE, Page};
use crate::verify::{BEGIN, Progress};
use subsidy_core::audit::bundle;
use subsidy_core::audit::bundle::BundleError;
use subsidy_core::audit::export::{CHECKPOINT, KEY};
use subsidy_core::audit::note::{Checkpoint, NoteError, SigningKey};
use subsidy_core::audit::tile::{TILE_WIDTH, entries_path, tile_path};
use subsidy_core::audit::tree::{Frontier, leaf_hash};
use subsidy_core::audit::verify::{Tile, Tiles};
use subsidy_core::documents;
use subsidy_core::domain::AgencyCode;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::pool::{Database, DatabaseError};
use subsidy_store::db::rows::{Row, Table};
use subsidy_store::documents::Stored;
use subsidy_store::engine::store;
use subsidy_store::engine::store::{LogRow, TransitionRow};
use subsidy_store::ledger::{BalanceRow, EntryRow};
use subsidy_store::usage::queries;
use subsidy_store::usage::{UsageImportRow, UsageRowRow};

/// An export that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSummary {
    pub checkpoint: Checkpoint,
    /// Lines in `tables/entries.csv`.
    pub lines: u64,
}

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the database refused a statement")]
    Query(#[from] diesel::result::Error),
    /// The head is not readable.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("no agency {0} in this database")]
    NoAgency(AgencyCode),
    #[error("{0} is not empty: an export goes into a folder of its own")]
    NotEmpty(PathBuf),
    #[error("{path} cannot be written")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A leaf is longer than any can be.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The leaves are not those that the head counts.
    #[error(
        "the log's leaves do not give the head's root: nothing was signed; `verify` names the first bad sequence"
    )]
    NotTheLog,
    /// The note could not be signed.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// Writes an agency's ledger into a folder that is empty, or not there yet. `progress` is told after each page.
pub async fn write(
    database: &Database,
    agency: &AgencyCode,
    folder: &Path,
    key: &SigningKey,
    progress: impl Fn(Progress),
) -> Result<ExportSummary, ExportError> {
    let conn = database.auditor(agency).await?;
    let conn: &AsyncPgConnection = &conn;
    (&mut &*conn).batch_execute(BEGIN).await?;
    if store::has_head(conn).await?.is_none_or(|found| found.count == 0) {
        return Err(ExportError::NoAgency(agency.clone()));
    }
    let row = store::head(conn).await?.ok_or_else(|| ExportError::NoAgency(agency.clone()))?;
    let head = row.read(agency)?;
    let out = Out::begin(folder)?;
    let lines = log(conn, &out, &head.frontier, progress).await?;
    sheets(conn, &out).await?;
    (&mut &*conn).batch_execute("ROLLBACK").await?;
    let (size, root) = (head.frontier.size(), head.frontier.root());
    let checkpoint = Checkpoint { origin: subsidy_store::engine::origin(agency), size, root };
    out.file(KEY, format!("{}\n", key.verifier_key()).as_bytes())?;
    out.file(CHECKPOINT, checkpoint.sign(key)?.as_bytes())?;
    Ok(ExportSummary { checkpoint, lines })
}

/// The folder that is written into.
#[derive(Clone)]
struct Out(PathBuf);

impl Out {
    fn begin(folder: &Path) -> Result<Self, ExportError> {
        let out = Self(folder.to_owned());
        fs::create_dir_all(folder).map_err(out.failed(folder))?;
        let mut there = fs::read_dir(folder).map_err(out.failed(folder))?;
        match there.next() {
            None => Ok(out),
            Some(_) => Err(ExportError::NotEmpty(folder.to_owned())),
        }
    }

    fn failed(&self, path: &Path) -> impl FnOnce(io::Error) -> ExportError + use<> {
        let path = path.to_owned();
        move |source| ExportError::Io { path, source }
    }

    fn create(&self, path: &str) -> Result<File, ExportError> {
        let path = place(&self.0, path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(self.failed(parent))?;
        }
        File::create_new(&path).map_err(self.failed(&path))
    }

    fn file(&self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.create(path)?.write_all(bytes).map_err(self.failed(&place(&self.0, path)))
    }

    fn sheet(&self, table: &str, columns: &[&str]) -> Result<OutSheet, ExportError> {
        let path = sheet_of(table);
        let sheet = Sheet::begin(BufWriter::new(self.create(&path)?), columns);
        Ok(OutSheet { sheet: sheet.map_err(self.failed(&place(&self.0, &path)))?, path, out: self.clone() })
    }
}

/// A sheet in its file.
struct OutSheet {
    sheet: Sheet<BufWriter<File>>,
    path: String,
    out: Out,
}

impl OutSheet {
    fn rows<R: Table>(&mut self, rows: &[R]) -> Result<(), ExportError> {
        let failed = self.out.failed(&place(&self.out.0, &self.path));
        rows.iter().try_for_each(|row| self.sheet.row(row)).map_err(failed)
    }

    fn finish(self) -> Result<(), ExportError> {
        let failed = self.out.failed(&place(&self.out.0, &self.path));
        self.sheet.finish().and_then(|mut file| file.flush()).map_err(failed)
    }
}

/// The log's bundles and tiles and, beside it, the sheets that have a row or more for each sequence. Answers how many
/// lines were posted.
async fn log(
    conn: &AsyncPgConnection,
    out: &Out,
    head: &Frontier,
    progress: impl Fn(Progress),
) -> Result<u64, ExportError> {
    let (mut written, mut next) = (LogFiles::begin(out)?, Some(Page::read(conn, 0).await?));
    while let Some(page) = next.take() {
        let after = page.next();
        let writing = tokio::task::spawn_blocking(move || written.page(&page));
        let read = match after {
            Some(from) => Some(Page::read(conn, from).await),
            None => None,
        };
        written = writing.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        next = read.transpose()?;
        progress(Progress { done: written.log.frontier.size(), total: head.size() });
    }
    written.finish(head)
}

/// The log's files and the sheets beside them.
struct LogFiles {
    log: Log,
    entries: OutSheet,
    transitions: OutSheet,
    lines: u64,
}

impl LogFiles {
    fn begin(out: &Out) -> Result<Self, ExportError> {
        Ok(Self {
            log: Log::new(out.clone()),
            entries: out.sheet(EntryRow::NAME, EntryRow::COLUMNS)?,
            transitions: out.sheet(TransitionRow::NAME, TransitionRow::COLUMNS)?,
            lines: 0,
        })
    }

    fn page(mut self, page: &Page) -> Result<Self, ExportError> {
        page.log.iter().try_for_each(|row| self.log.leaf(row))?;
        self.entries.rows(&page.entries)?;
        self.transitions.rows(&page.transitions)?;
        self.lines = self.lines.saturating_add(u64::try_from(page.entries.len()).unwrap_or(u64::MAX));
        Ok(self)
    }

    /// All of it is written; how many lines were posted.
    fn finish(self, head: &Frontier) -> Result<u64, ExportError> {
        self.entries.finish()?;
        self.transitions.finish()?;
        self.log.finish(head)?;
        Ok(self.lines)
    }
}

/// The log as it is written: what does not fill a tile yet waits.
struct Log {
    out: Out,
    frontier: Frontier,
    tiles: Tiles,
    bundle: Vec<u8>,
}

impl Log {
    fn new(out: Out) -> Self {
        Self { out, frontier: Frontier::new(), tiles: Tiles::default(), bundle: Vec::new() }
    }

    fn leaf(&mut self, row: &LogRow) -> Result<(), ExportError> {
        bundle::push(&mut self.bundle, &row.leaf)?;
        let hash = leaf_hash(&row.leaf);
        let filled = self.frontier.append(hash);
        for Tile { level, index, data, .. } in self.tiles.add(hash, &filled) {
            self.out.file(&tile_path(level, index, None), &data)?;
            if level == 0 {
                self.out.file(&entries_path(index, None), &std::mem::take(&mut self.bundle))?;
            }
        }
        Ok(())
    }

    /// What did not fill its tile, if the log is the one that the head counts.
    fn finish(self, head: &Frontier) -> Result<(), ExportError> {
        let size = self.frontier.size();
        for (level, index, data) in self.tiles.partial(size) {
            self.out.file(&tile_path(level, index, u16::try_from(data.len() / 32).ok()), data)?;
        }
        if !self.bundle.is_empty() {
            let width = u16::try_from(size % u64::from(TILE_WIDTH)).ok();
            self.out.file(&entries_path(size / u64::from(TILE_WIDTH), width), &self.bundle)?;
        }
        if self.frontier == *head { Ok(()) } else { Err(ExportError::NotTheLog) }
    }
}

/// The chart of accounts, balances and documents.
async fn sheets(conn: &AsyncPgConnection, out: &Out) -> Result<(), ExportError> {
    let mut chart = out.sheet(ACCOUNTS, ACCOUNT_COLUMNS)?;
    let written = accounts().try_for_each(|cells| chart.sheet.line(cells));
    written.map_err(out.failed(&place(&out.0, &chart.path)))?;
    chart.finish()?;
    table::<BalanceRow>(conn, out).await?;
    macro_rules! tables {
        ({ $($key:ident($book_key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => {
            $(table::<<$type as Stored>::Row>(conn, out).await?;)*
        };
    }
    documents! { tables }
    usage_rows(conn, out).await
}

/// The rows of billing files that count; what is staged does not.
async fn usage_rows(conn: &AsyncPgConnection, out: &Out) -> Result<(), ExportError> {
    let mut sheet = out.sheet(UsageRowRow::NAME, UsageRowRow::COLUMNS)?;
    let mut last = Vec::new();
    loop {
        let imports = UsageImportRow::page(conn, &last, i64::from(PAGE)).await?;
        let Some(import) = imports.last() else { return sheet.finish() };
        last = vec![import.key()];
        for import in imports {
            let mut after = 0;
            loop {
                let rows = queries::rows_after(conn, import.id, after, i64::from(PAGE)).await?;
                let Some(last) = rows.last() else { break };
                after = last.row;
                let failed = out.failed(&place(&out.0, &sheet.path));
                let mut lines = rows.iter().map(|row| row.cells().into_iter().map(quoted));
                lines.try_for_each(|cells| sheet.sheet.line(cells)).map_err(failed)?;
            }
        }
    }
}

/// A table in the order of its keys by their bytes, some rows at a time.
async fn table<R: Table>(conn: &AsyncPgConnection, out: &Out) -> Result<(), ExportError> {
    let mut sheet = out.sheet(R::NAME, R::COLUMNS)?;
    R::walk(conn).await?;
    loop {
        let rows = R::walk_on(conn).await?;
        if rows.is_empty() {
            return sheet.finish();
        }
        sheet.rows(&rows)?;
    }
}
