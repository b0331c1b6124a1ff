//! A billing file, row by row; as CSV never more of it in memory than a row.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::Ordering;

use encoding_rs::Encoding;
use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::error::{FileError, Packed};
use super::limits::{Limit, ROWS_MAX, UNPACKED_BYTES_ALWAYS, UNPACKED_BYTES_MAX, UNPACKED_RATIO_MAX};
use crate::billing_files::parquet;
use crate::billing_files::text;
use crate::billing_files::text::{RowEncoding, TextLimit, of_file};
use subsidy_core::usage::charge;
use subsidy_core::usage::charge::{Charge, RefusedRow};
use subsidy_core::usage::focus::Mode;
use subsidy_core::usage::header::Header;
use subsidy_core::usage::native::{self, Foreign};
use subsidy_core::usage::{CellError, Findings};

/// How much of a file tells what it is: a tape archive says so after 257 bytes.
const BEGINS_BYTES: u64 = 512;
/// The bytes that a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";
const GZIP: &[u8] = &[0x1f, 0x8b];
/// Those of a ZIP with anything in it, and of one without.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

enum Source {
    Csv(Box<dyn Read + Send>),
    Gzip(File),
    Zip(File),
    Parquet(File),
    Foreign(Foreign),
}

/// A file to be read.
pub struct Billing {
    source: Source,
    declared: Option<&'static Encoding>,
}

impl std::fmt::Debug for Billing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.source {
            Source::Csv(_) => "Csv",
            Source::Gzip(_) => "Gzip",
            Source::Zip(_) => "Zip",
            Source::Parquet(_) => "Parquet",
            Source::Foreign(_) => "Foreign",
        })
    }
}

/// What a file was, when it is read to its end.
#[derive(Debug, Default)]
pub struct FileSummary {
    /// How many rows there are.
    pub rows: u32,
    /// What was written otherwise than the specification has it, and what it was read as.
    pub readings: Findings,
}

impl Billing {
    /// Comma-separated values from anywhere.
    pub fn csv(bytes: impl Read + Send + 'static) -> Self {
        Self { source: Source::Csv(Box::new(bytes)), declared: None }
    }

    /// A file, known by its first bytes.
    pub fn of(mut file: File) -> std::io::Result<Self> {
        let mut begins = Vec::new();
        file.by_ref().take(BEGINS_BYTES).read_to_end(&mut begins)?;
        file.seek(SeekFrom::Start(0))?;
        let source = if begins.starts_with(PARQUET) {
            Source::Parquet(file)
        } else if begins.starts_with(GZIP) {
            Source::Gzip(file)
        } else if ZIP.iter().any(|zip| begins.starts_with(zip)) {
            Source::Zip(file)
        } else if let Some(foreign) = native::format(&begins) {
            Source::Foreign(foreign)
        } else {
            Source::Csv(Box::new(file))
        };
        Ok(Self { source, declared: None })
    }

    /// The same, of which its sender says which encoding its text is in.
    #[must_use]
    pub fn declared(self, encoding: Option<&'static Encoding>) -> Self {
        Self { declared: encoding, ..self }
    }

    /// Reads it; each row is handed over as a charge or as all that is wrong with it, until `take` wants no more.
    pub fn read(
        self,
        mode: Mode,
        take: impl FnMut(Result<Charge, RefusedRow>) -> bool,
    ) -> Result<FileSummary, FileError> {
        let mut readings = Findings::default();
        let mut packed = |with: &str| {
            readings.read_as(&of_file(CellError::FilePacked, with), || "text/csv".to_owned());
        };
        let rows = match self.source {
            Source::Csv(bytes) => {
                csv_rows((bytes, UNPACKED_BYTES_MAX), self.declared, (mode, &mut readings), take)?
            }
            Source::Gzip(file) => {
                packed("gzip");
                let most = unpacks_to(file.metadata().map_err(FileError::Unreadable)?.len());
                unpacked((MultiGzDecoder::new(file), most), self.declared, (mode, &mut readings), take)?
            }
            Source::Zip(file) => {
                packed("zip");
                zipped(file, self.declared, (mode, &mut readings), take)?
            }
            Source::Parquet(file) => parquet::read(file, (mode, &mut readings), take)?,
            Source::Foreign(foreign) => return Err(FileError::foreign(foreign)),
        };
        Ok(FileSummary { rows, readings })
    }
}

/// The most bytes that a packed file of so many may unpack to.
fn unpacks_to(packed: u64) -> u64 {
    packed.saturating_mul(UNPACKED_RATIO_MAX).clamp(UNPACKED_BYTES_ALWAYS, UNPACKED_BYTES_MAX)
}

/// The one file that a ZIP holds, unpacked as it is read. What macOS puts beside it does not count.
fn zipped(
    mut file: File,
    declared: Option<&'static Encoding>,
    reading: (Mode, &mut Findings),
    take: impl FnMut(Result<Charge, RefusedRow>) -> bool,
) -> Result<u32, FileError> {
    let length = file.metadata().map_err(FileError::Unreadable)?.len();
    members(&mut file)?;
    let unreadable = |_| FileError::Packed(Packed::Unreadable);
    let mut archive = ZipArchive::new(file).map_err(unreadable)?;
    if let Some(foreign) = native::office(archive.file_names_raw()) {
        return Err(FileError::foreign(foreign));
    }
    let beside = |name: &[u8]| name.ends_with(b"/") || name.starts_with(b"__MACOSX/");
    let members: Vec<usize> =
        archive.file_names_raw().enumerate().filter(|(_, name)| !beside(name)).map(|(at, _)| at).collect();
    let [member] = members.as_slice() else { return Err(FileError::Packed(Packed::Several(members.len()))) };
    let found = archive.by_index(*member).map_err(unreadable)?;
    unpacked((found, unpacks_to(length)), declared, reading, take)
}

/// Counts what a ZIP says that it holds before anything is made room for: each member stands in its directory with these
/// bytes before it. Leaves the file at its beginning.
fn members(file: &mut File) -> Result<(), FileError> {
    const ENTRY: &[u8] = b"PK\x01\x02";
    let (mut window, mut count) = (vec![0; 1 << 16], 0_u64);
    let mut kept = 0;
    loop {
        let read = file.read(window.get_mut(kept..).unwrap_or_default()).map_err(FileError::Unreadable)?;
        if read == 0 {
            break;
        }
        let filled = kept.saturating_add(read);
        let found = window.get(..filled).unwrap_or_default().windows(ENTRY.len());
        count = count
            .saturating_add(u64::try_from(found.filter(|four| *four == ENTRY).count()).unwrap_or(u64::MAX));
        if count > Limit::Members.most() {
            return Err(FileError::Beyond(Limit::Members));
        }
        // the last three bytes may begin one
        kept = filled.min(ENTRY.len().saturating_sub(1));
        window.copy_within(filled.saturating_sub(kept)..filled, 0);
    }
    file.seek(SeekFrom::Start(0)).map(|_| ()).map_err(FileError::Unreadable)
}

/// What a packed file holds, which is text of at most so many bytes.
fn unpacked(
    (mut bytes, most): (impl Read, u64),
    declared: Option<&'static Encoding>,
    reading: (Mode, &mut Findings),
    take: impl FnMut(Result<Charge, RefusedRow>) -> bool,
) -> Result<u32, FileError> {
    let mut begins = Vec::new();
    let unreadable = |_| FileError::Packed(Packed::Unreadable);
    bytes.by_ref().take(BEGINS_BYTES).read_to_end(&mut begins).map_err(unreadable)?;
    if begins.starts_with(PARQUET) {
        return Err(FileError::Packed(Packed::Parquet));
    }
    if let Some(foreign) = native::format(&begins) {
        return Err(FileError::foreign(foreign));
    }
    let whole = std::io::Cursor::new(begins).chain(bytes);
    csv_rows((whole, most), declared, reading, take).map_err(|error| match error {
        FileError::Unreadable(_) => FileError::Packed(Packed::Unreadable),
        other => other,
    })
}

/// What stopped the reading of a text.
fn stopped(error: std::io::Error) -> FileError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TextLimit>()) {
        Some(TextLimit::Unpacked) => FileError::Beyond(Limit::Unpacked),
        Some(TextLimit::Ratio) => FileError::Beyond(Limit::Ratio),
        Some(TextLimit::Row) => FileError::Beyond(Limit::Row),
        None => FileError::Unreadable(error),
    }
}

fn csv_rows(
    bytes: (impl Read, u64),
    declared: Option<&'static Encoding>,
    (mode, readings): (Mode, &mut Findings),
    mut take: impl FnMut(Result<Charge, RefusedRow>) -> bool,
) -> Result<u32, FileError> {
    let text = text::text(bytes, declared, readings).map_err(stopped)?;
    let unreadable = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => stopped(error),
        other => FileError::Unreadable(std::io::Error::other(format!("{other:?}"))),
    };
    let mut builder = csv::ReaderBuilder::new();
    let mut csv = builder.delimiter(text.delimiter).has_headers(false).flexible(true).from_reader(text.bytes);
    let (mut record, mut encoding) = (csv::ByteRecord::new(), RowEncoding::default());
    let begun = csv.read_byte_record(&mut record).map_err(unreadable)?;
    let names = if begun { encoding.cells(&record, readings).unwrap_or_default() } else { Vec::new() };
    // the first name may have the mark that spreadsheets begin a file with
    let names: Vec<&str> =
        names.iter().map(|name| name.trim_start_matches('\u{feff}').trim_matches('"')).collect();
    let header = Header::read(&names, mode).map_err(FileError::Header)?;
    let mut rows = 0;
    loop {
        text.row.store(0, Ordering::Relaxed);
        if !csv.read_byte_record(&mut record).map_err(unreadable)? {
            break;
        }
        rows += 1;
        if rows > ROWS_MAX {
            return Err(FileError::TooManyRows);
        }
        let row = match encoding.cells(&record, readings) {
            Some(cells) => {
                let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
                charge::read(&header, &cells, (rows, mode), readings)
            }
            None => Err(RefusedRow::unread(rows, CellError::NotUtf8)),
        };
        if !take(row) {
            break;
        }
    }
    header.tell(readings);
    Ok(rows)
}
