//! A billing file, row by row; as CSV never more of it in memory than a row.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::billing_parquet as parquet;
use crate::usage::charge::{self, Charge, Header, HeaderError};
use crate::usage::focus::Mode;
use crate::usage::{CellError, RowError};

/// The most rows of a file.
pub const ROWS_MAX: u32 = 16_000_000;

/// Why nothing of a file can be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Its first line is no header of such a file.
    #[error("the file has no FOCUS header")]
    Header(Vec<HeaderError>),
    /// It has more rows than a file may have.
    #[error("the file has more than {ROWS_MAX} rows")]
    TooManyRows,
    /// Its bytes cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] csv::Error),
    /// It is not what a Parquet file is.
    #[error("the file cannot be read as Parquet")]
    Malformed(#[from] ::parquet::errors::ParquetError),
    /// It goes beyond what is made room for.
    #[error("the file's {} go beyond {}", .0.as_str(), .0.most())]
    Beyond(parquet::Limit),
}

/// The bytes that a Parquet file begins with.
const PARQUET: [u8; 4] = *b"PAR1";

/// A file to be read.
pub enum Billing {
    /// Comma-separated values.
    Csv(Box<dyn Read + Send>),
    /// Columns.
    Parquet(File),
}

impl std::fmt::Debug for Billing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Csv(_) => "Csv",
            Self::Parquet(_) => "Parquet",
        })
    }
}

impl Billing {
    /// Comma-separated values from anywhere.
    pub fn csv(bytes: impl Read + Send + 'static) -> Self {
        Self::Csv(Box::new(bytes))
    }

    /// A file, known by its first bytes.
    pub fn of(mut file: File) -> std::io::Result<Self> {
        let mut begins = Vec::new();
        file.by_ref().take(4).read_to_end(&mut begins)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(if begins == PARQUET { Self::Parquet(file) } else { Self::csv(file) })
    }

    /// Reads it; each row is handed over as a charge or as all that is wrong with it, until `take` wants no more.
    /// Answers how many rows there were.
    pub fn read(
        self,
        mode: Mode,
        take: impl FnMut(Result<Charge, Vec<RowError>>) -> bool,
    ) -> Result<u32, FileError> {
        match self {
            Self::Csv(bytes) => read(bytes, mode, take),
            Self::Parquet(file) => parquet::read(file, mode, take),
        }
    }
}

fn read(
    bytes: impl Read,
    mode: Mode,
    mut take: impl FnMut(Result<Charge, Vec<RowError>>) -> bool,
) -> Result<u32, FileError> {
    let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let begun = csv.read_byte_record(&mut record).map_err(FileError::Unreadable)?;
    let names: Vec<&str> = record.iter().map(|name| std::str::from_utf8(name).unwrap_or_default()).collect();
    // the first name may have the mark that spreadsheets begin a file with
    let names: Vec<&str> =
        names.iter().map(|name| name.trim_start_matches('\u{feff}').trim_matches('"')).collect();
    let header = Header::read(if begun { &names } else { &[] }, mode).map_err(FileError::Header)?;
    let mut rows = 0;
    let mut record = csv::ByteRecord::new();
    while csv.read_byte_record(&mut record).map_err(FileError::Unreadable)? {
        rows += 1;
        if rows > ROWS_MAX {
            return Err(FileError::TooManyRows);
        }
        let cells: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
        let row = match cells {
            Ok(cells) => charge::read(&header, &cells, rows, mode),
            Err(_) => Err(vec![RowError { row: rows, column: None, code: CellError::NotUtf8 }]),
        };
        if !take(row) {
            break;
        }
    }
    Ok(rows)
}
