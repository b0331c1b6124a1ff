//! The export of an agency's ledger: its log as C2SP tlog-tiles under a signed checkpoint, and tables that people read.
//!
//! `checkpoint`, `key`, `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]` as every reader of tlog-tiles knows them,
//! and `tables/*.csv`, which the leaves make again when the export is verified. [`write()`] needs the database,
//! [`check()`] the folder alone. What each file holds: `docs/export-format.md`.

mod check;
mod sheet;
mod tables;
mod usage;
mod write;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub use check::{Depth, ExportCheck, Trust, check};
pub use write::{ExportError, ExportSummary, write};

use subsidy_store::db::convert::Unreadable;

/// The folder of the sheets.
const TABLES: &str = "tables";

/// The path of a table's sheet in the export.
fn sheet_of(table: &str) -> String {
    format!("{TABLES}/{table}.csv")
}

/// Where a path of the export is on this machine.
fn place(folder: &Path, path: &str) -> PathBuf {
    path.split('/').fold(folder.to_owned(), |folder, part| folder.join(part))
}

/// What is said of a file that cannot be read.
fn unread(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "missing".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error("{path} cannot be read")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The replay gave what no row can hold.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}
