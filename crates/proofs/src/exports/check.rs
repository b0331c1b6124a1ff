//! Verifies an export from its folder alone: no database, no keys but the one that signed.
//!
//! Checkpoint → entries → tiles → older checkpoints → replay → sheets, in the order of what rests on what; the first
//! thing that does not hold is the verdict.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use super::sheet::{Compared, Sheet};
use super::tables::{ACCOUNT_COLUMNS, ACCOUNTS, accounts};
use super::{CheckError, TABLES, place, sheet_of, unread, usage};
use crate::verify::Progress;
use crate::verify::stream::record;
use subsidy_core::audit::export::{CHECKPOINT, Content, Damage, KEY, LogCheck, checkpoint, has_tile, key};
use subsidy_core::audit::note::{Checkpoint, VerifierKey};
use subsidy_core::audit::replay::Replayed;
use subsidy_core::audit::since::{KeptCheckpoint, Older, Roots};
use subsidy_core::audit::verify::Touched;
use subsidy_core::book::Book;
use subsidy_core::documents;
use subsidy_core::domain::Sequence;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::rows::Table;
use subsidy_store::documents::{Stored, TABLES as DOCUMENT_TABLES};
use subsidy_store::engine::posted::Rows;
use subsidy_store::engine::store::TransitionRow;
use subsidy_store::ledger::{BalanceRow, EntryRow};
use subsidy_store::usage::UsageRowRow;

/// What the checker brings from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The agency's key; without it the export's own is believed.
    pub key: Option<VerifierKey>,
    /// Older checkpoints of the log.
    pub since: Vec<KeptCheckpoint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportCheck {
    pub checkpoint: Checkpoint,
    pub key: VerifierKey,
    /// Lines that its entries post; none where nothing was replayed.
    pub lines: Option<u64>,
}

/// Bundles that may wait to be held against the sheets.
const BUNDLES_WAITING: usize = 4;

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Signature, tree, tiles, older checkpoints: that the log is the one that was signed.
    Tree,
    /// Every decision made again, and the sheets held against what comes of them.
    Replay,
}

/// Verifies the export in a folder. `progress` is told after each bundle.
pub fn check(
    folder: &Path,
    trust: &Trust,
    depth: Depth,
    progress: impl Fn(Progress),
) -> Result<Result<ExportCheck, Damage>, CheckError> {
    let mut seen = Vec::new();
    names(folder, folder, &mut seen).map_err(|source| CheckError::Io { path: folder.to_owned(), source })?;
    let (key, claimed, older) = match believed(folder, trust) {
        Ok(believed) => believed,
        Err(damage) => return Ok(Err(damage)),
    };
    let mut read = |path: &str| content(folder, path);
    let mut log = match depth {
        Depth::Tree => LogCheck::of_tree(claimed.clone(), Roots::of(older)),
        Depth::Replay => LogCheck::new(claimed.clone(), Roots::of(older)),
    };
    let sheets = (depth == Depth::Replay).then(|| Sheets::begin(folder)).transpose()?;
    // while a bundle is replayed, what the one before makes is held against the sheets
    let sheets = thread::scope(|scope| {
        let (bundles, waiting) = mpsc::sync_channel(BUNDLES_WAITING);
        let holding = sheets.map(|sheets| scope.spawn(move || sheets.all(waiting)));
        for index in 0..log.bundles() {
            let mut replayed = Vec::new();
            log.bundle(index, &mut read, &mut |one| replayed.push(one));
            // whoever holds them against the sheets may have ended, and says why
            if holding.is_some() && bundles.send(replayed).is_err() {
                break;
            }
            progress(Progress { done: claimed.size.min((index + 1) * 256), total: claimed.size });
        }
        drop(bundles);
        holding
            .map(|holding| holding.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .transpose()
    })?;
    if let Err(damage) = log.finish(&mut read) {
        return Ok(Err(damage));
    }
    let lines = sheets.as_ref().map(|sheets| sheets.lines);
    let found = match (sheets, log.replay()) {
        (Some(sheets), Some(replay)) => sheets.finish(folder, replay.book())?,
        (_, _) => None,
    };
    let surplus = seen.iter().find(|path| !is_of(path, claimed.size));
    let surplus = surplus.map(|path| Damage::file(path.as_str(), "no file of this export"));
    Ok(match found.or(surplus) {
        Some(damage) => Err(damage),
        None => Ok(ExportCheck { checkpoint: claimed, key, lines }),
    })
}

/// The key, the checkpoint that it signed, and older ones that it signed too.
fn believed(folder: &Path, trust: &Trust) -> Result<(VerifierKey, Checkpoint, Vec<Older>), Damage> {
    let key = key(content(folder, KEY))?;
    if trust.key.as_ref().is_some_and(|trusted| *trusted != key) {
        return Err(Damage::file(KEY, "another key than the one given"));
    }
    let claimed = checkpoint(content(folder, CHECKPOINT), &key)?;
    let open = |kept: &KeptCheckpoint| {
        let refused = |error| {
            Damage::file(kept.name.as_str(), format!("no checkpoint by the key of this export: {error}"))
        };
        kept.open(&key).map_err(refused)
    };
    Ok((key.clone(), claimed, trust.since.iter().map(open).collect::<Result<_, _>>()?))
}

fn content(folder: &Path, path: &str) -> Content {
    fs::read(place(folder, path)).map_err(|error| unread(&error))
}

/// Every file below a folder, by its path in the export, in order.
fn names(root: &Path, folder: &Path, all: &mut Vec<String>) -> io::Result<()> {
    let mut there: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    there.sort();
    for path in there {
        if path.is_dir() {
            names(root, &path, all)?;
        } else {
            let parts = path.strip_prefix(root).unwrap_or(&path).iter();
            all.push(parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}

/// Whether an export of this size has such a file. What lies beside its own folders is nobody's claim.
fn is_of(path: &str, size: u64) -> bool {
    let tables = [ACCOUNTS, BalanceRow::NAME, EntryRow::NAME, TransitionRow::NAME, UsageRowRow::NAME];
    match path.split_once('/') {
        Some(("tile", _)) => has_tile(path, size),
        Some((TABLES, _)) => tables.iter().chain(DOCUMENT_TABLES).any(|table| sheet_of(table) == path),
        _ => true,
    }
}

/// A sheet that should be in the export, held against its file as it is made.
struct SheetCheck {
    path: String,
    sheet: Option<Sheet<Compared<BufReader<File>>>>,
    line: u64,
    found: Option<Damage>,
}

impl SheetCheck {
    fn begin(folder: &Path, table: &str, columns: &[&str]) -> Result<Self, CheckError> {
        let path = sheet_of(table);
        let mut held = Self { path: path.clone(), sheet: None, line: 1, found: None };
        match File::open(place(folder, &path)) {
            Ok(file) => {
                let sheet = Sheet::begin(Compared::with(BufReader::new(file)), columns);
                held.sheet = Some(sheet.map_err(held.unreadable())?);
                held.compare(None)?;
            }
            Err(error) => held.found = Some(Damage::file(path, unread(&error))),
        }
        Ok(held)
    }

    fn unreadable(&self) -> impl FnOnce(io::Error) -> CheckError + use<> {
        let path = PathBuf::from(&self.path);
        move |source| CheckError::Io { path, source }
    }

    /// The next line, for which a sequence is to answer.
    fn line(
        &mut self,
        cells: impl IntoIterator<Item = String>,
        sequence: Option<Sequence>,
    ) -> Result<(), CheckError> {
        let unreadable = self.unreadable();
        if self.found.is_none()
            && let Some(sheet) = &mut self.sheet
        {
            sheet.line(cells).map_err(unreadable)?;
            self.line += 1;
            self.compare(sequence)?;
        }
        Ok(())
    }

    fn compare(&mut self, sequence: Option<Sequence>) -> Result<(), CheckError> {
        let unreadable = self.unreadable();
        if let Some(sheet) = &mut self.sheet
            && !sheet.flushed().map_err(unreadable)?.same()
        {
            let what = format!("line {} is not what the log makes it", self.line);
            self.found = Some(Damage { file: self.path.clone(), sequence, what });
        }
        Ok(())
    }

    /// The file ends here.
    fn finish(mut self) -> Result<Option<Damage>, CheckError> {
        let unreadable = self.unreadable();
        if self.found.is_none()
            && let Some(sheet) = self.sheet.take()
        {
            let ends = sheet.finish().and_then(|mut compared| compared.ends());
            if !ends.map_err(unreadable)? {
                let what = format!("it goes on after line {}, which the log does not", self.line);
                return Ok(Some(Damage::file(self.path, what)));
            }
        }
        Ok(self.found)
    }
}

/// All sheets: two grow with the log, the others are made at its end.
struct Sheets {
    entries: SheetCheck,
    transitions: SheetCheck,
    touched: Touched,
    lines: u64,
}

impl Sheets {
    fn begin(folder: &Path) -> Result<Self, CheckError> {
        Ok(Self {
            entries: SheetCheck::begin(folder, EntryRow::NAME, EntryRow::COLUMNS)?,
            transitions: SheetCheck::begin(folder, TransitionRow::NAME, TransitionRow::COLUMNS)?,
            touched: Touched::default(),
            lines: 0,
        })
    }

    /// Takes what was replayed, until no more comes.
    fn all(mut self, bundles: mpsc::Receiver<Vec<Replayed>>) -> Result<Self, CheckError> {
        bundles.into_iter().flatten().try_for_each(|one| self.leaf(one))?;
        Ok(self)
    }

    fn leaf(&mut self, replayed: Replayed) -> Result<(), CheckError> {
        self.touched.by(&replayed);
        let (sequence, mut rows) = (replayed.leaf.sequence, Rows::default());
        rows.record(&record(replayed)).map_err(|error| Unreadable(error.to_string()))?;
        for row in &rows.entries {
            self.lines += 1;
            self.entries.line(row.cells(), Some(sequence))?;
        }
        for row in &rows.transitions {
            self.transitions.line(row.cells(), Some(sequence))?;
        }
        Ok(())
    }

    /// The sheets that say how things stand in the end; the first damage in any.
    fn finish(self, folder: &Path, book: &Book) -> Result<Option<Damage>, CheckError> {
        let mut found = vec![self.entries.finish()?, self.transitions.finish()?];
        let mut chart = SheetCheck::begin(folder, ACCOUNTS, ACCOUNT_COLUMNS)?;
        accounts().try_for_each(|cells| chart.line(cells, None))?;
        found.push(chart.finish()?);
        let balances = book.balances.iter().map(|(key, amount)| {
            let sequence = self.touched.balances.get(key).copied();
            Ok((BalanceRow::new(key, *amount), sequence))
        });
        found.push(sheet(folder, balances)?);
        macro_rules! sheets {
            ({ $($key:ident($book_key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => {
                $(let rows = book.$loaded.iter().map(|(_, document)| {
                    Ok((document.to_row()?, Some(document.revision.version)))
                });
                found.push(sheet(folder, rows)?);)*
            };
        }
        documents! { sheets }
        found.push(usage::rows(folder, book)?);
        Ok(found.into_iter().flatten().next())
    }
}

/// A table as the log makes it, against its file.
fn sheet<R: Table>(
    folder: &Path,
    rows: impl Iterator<Item = Result<(R, Option<Sequence>), Unreadable>>,
) -> Result<Option<Damage>, CheckError> {
    let mut held = SheetCheck::begin(folder, R::NAME, R::COLUMNS)?;
    for row in rows {
        let (row, sequence) = row?;
        held.line(row.cells(), sequence)?;
    }
    held.finish()
}
