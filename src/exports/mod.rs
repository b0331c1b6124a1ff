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

use std::path::Path;

pub use check::{CheckError, Depth, Exported, Trust, check};
pub use write::{ExportError, Written, write};

/// The folder of the sheets.
const TABLES: &str = "tables";

/// The path of a table's sheet in the export.
fn sheet_of(table: &str) -> String {
    format!("{TABLES}/{table}.csv")
}

/// Where a path of the export is on this machine.
fn place(folder: &Path, path: &str) -> std::path::PathBuf {
    path.split('/').fold(folder.to_owned(), |folder, part| folder.join(part))
}
