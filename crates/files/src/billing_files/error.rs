//! Why nothing of a billing file is read, or nothing of what was read is staged.

use subsidy_core::domain::money::OutOfRange;
use subsidy_core::usage::header::HeaderError;
use subsidy_core::usage::native::Foreign;
use subsidy_core::usage::{Finding, Mode, RowError};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::pool::DatabaseError;

use super::limits::{Limit, ROWS_MAX};

/// Why nothing of a file can be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Its first line is no header of such a file.
    #[error("the file has no FOCUS header")]
    Header(Vec<HeaderError>),
    /// It has more rows than a file may have.
    #[error("the file has more than {ROWS_MAX} rows")]
    TooManyRows,
    #[error("the file cannot be read")]
    Unreadable(#[source] std::io::Error),
    #[error("the file cannot be read as Parquet")]
    Malformed(#[from] ::parquet::errors::ParquetError),
    #[error("the file's {} go beyond {}", .0.as_str(), .0.most())]
    Beyond(Limit),
    /// It is packed and does not unpack to one billing file.
    #[error("the packed file is not one billing file")]
    Packed(Packed),
}

impl FileError {
    /// It is no FOCUS file.
    pub fn foreign(foreign: Foreign) -> Self {
        Self::Header(vec![HeaderError::Native(foreign)])
    }
}

/// Why a packed file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// It cannot be unpacked.
    Unreadable,
    /// A ZIP that holds several files, or none.
    Several(usize),
    /// Parquet packs its pages itself: what is packed around it would have to be unpacked whole.
    Parquet,
}

/// Why a file is not staged.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the database refused a statement")]
    Query(#[from] diesel::result::Error),
    /// A stored value does not fit.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("other imports of the contract go on")]
    Busy,
    /// Nothing of the file can be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Rows of a file that is taken strictly are wrong, or no row of a file can be read.
    #[error("{rejected} rows are wrong")]
    Refused {
        findings: Vec<Finding>,
        /// The first errors, row by row.
        errors: Vec<RowError>,
        rejected: u32,
        mode: Mode,
    },
    #[error("the amounts are out of range")]
    OutOfRange(#[from] OutOfRange),
    #[error("the reader of the file broke off")]
    Broken,
}
