//! A report as a file, written as its rows come: memory does not grow with them.

use std::io::{BufWriter, Seek, Write};

use sha2::{Digest, Sha256};

use super::csv::Records;
use super::workbook::SHEET_ROWS_MAX;
use super::{Cell, Column, FormatError, Totals, parquet, workbook};
use subsidy_core::domain::{Instant, TextHash};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Csv,
    Xlsx,
    Parquet,
    /// A journal for hledger: each row is a text as it stands in it.
    Hledger,
    Beancount,
}

impl FileFormat {
    /// Those that tables are written in.
    pub const TABLES: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Parquet];

    /// The format of tables of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::TABLES.into_iter().find(|format| format.ending() == name)
    }

    /// The format whose files end so.
    pub fn of_ending(ending: &str) -> Option<Self> {
        let mut all = Self::TABLES.into_iter().chain([Self::Hledger, Self::Beancount]);
        all.find(|format| format.ending() == ending)
    }

    /// Its name, and how its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Hledger => "journal",
            Self::Beancount => "beancount",
        }
    }

    /// What its bytes are.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Hledger | Self::Beancount => "text/plain; charset=utf-8",
        }
    }

    /// The most rows of a file; none where there is no limit.
    pub const fn rows_max(self) -> Option<u64> {
        match self {
            Self::Xlsx => Some(SHEET_ROWS_MAX),
            Self::Csv | Self::Parquet | Self::Hledger | Self::Beancount => None,
        }
    }
}

/// What all rows of a file came to.
#[derive(Debug)]
pub struct Summary {
    pub rows: u64,
    /// The sums of the columns.
    pub totals: Totals,
    /// SHA-256 of the same rows as comma-separated values: whatever the format, it is the same. Of a journal, its own.
    pub sha256_of_csv: TextHash,
}

enum Body<W: Write + Seek + Send> {
    Csv(Box<Records<Both<W>>>),
    Xlsx(Box<workbook::Rows>, W),
    Parquet(Box<parquet::Rows<W>>),
    Text(BufWriter<Both<W>>),
}

/// A file that rows are written to.
pub struct Writing<W: Write + Seek + Send> {
    body: Body<W>,
    /// The rows as comma-separated values, which are hashed and not kept; none where they are the file.
    beside: Option<Records<Sha256>>,
    rows: u64,
    totals: Totals,
}

impl<W: Write + Seek + Send> std::fmt::Debug for Writing<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writing({} rows)", self.rows)
    }
}

/// Bytes that are written and hashed.
struct Both<W> {
    into: W,
    hash: Sha256,
}

impl<W: Write> Write for Both<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.into.flush()
    }
}

impl<W: Write + Seek + Send> Writing<W> {
    /// A file of a format. `name` is the sheet's, `created` when the rows were as they are.
    pub fn begin(
        format: FileFormat,
        columns: &[Column],
        (name, created): (&str, Instant),
        into: W,
    ) -> Result<Self, FormatError> {
        let body = match format {
            FileFormat::Csv => {
                Body::Csv(Box::new(Records::begin(columns, Both { into, hash: Sha256::new() })?))
            }
            FileFormat::Xlsx => Body::Xlsx(
                Box::new(workbook::Rows::begin(columns, name, created, workbook::RowStorage::OnDisk)?),
                into,
            ),
            FileFormat::Parquet => Body::Parquet(Box::new(parquet::Rows::begin(columns, into)?)),
            FileFormat::Hledger | FileFormat::Beancount => {
                Body::Text(BufWriter::new(Both { into, hash: Sha256::new() }))
            }
        };
        let beside = match format {
            FileFormat::Csv | FileFormat::Hledger | FileFormat::Beancount => None,
            FileFormat::Xlsx | FileFormat::Parquet => Some(Records::begin(columns, Sha256::new())?),
        };
        Ok(Self { body, beside, rows: 0, totals: Totals::of(columns) })
    }

    pub fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        self.totals.add(cells)?;
        self.rows = self.rows.saturating_add(1);
        if let Some(beside) = &mut self.beside {
            beside.row(cells)?;
        }
        match &mut self.body {
            Body::Csv(records) => records.row(cells),
            Body::Xlsx(rows, _) => rows.row(cells),
            Body::Parquet(rows) => rows.row(cells),
            Body::Text(text) => {
                let texts = cells.iter().filter_map(|cell| match cell {
                    Cell::Text(text) => Some(text.as_bytes()),
                    Cell::Amount(_) | Cell::Count(_) | Cell::Empty => None,
                });
                for bytes in texts {
                    text.write_all(bytes)?;
                }
                Ok(())
            }
        }
    }

    /// How many rows there are so far.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The file, and what its rows came to; `about` says what is to be known of them.
    pub fn finish(
        self,
        about: impl Fn(&Summary) -> Vec<(&'static str, String)>,
    ) -> Result<(W, Summary), FormatError> {
        let hashed = |hash: Sha256| TextHash::new(hash.finalize().into());
        let summary = |sha256| Summary { rows: self.rows, totals: self.totals, sha256_of_csv: sha256 };
        let sha256 = self.beside.map(Records::finish).transpose()?.map(hashed);
        Ok(match self.body {
            Body::Csv(records) => {
                let Both { into, hash } = records.finish()?;
                (into, summary(hashed(hash)))
            }
            Body::Text(text) => {
                let Both { into, hash } = text.into_inner().map_err(std::io::IntoInnerError::into_error)?;
                (into, summary(hashed(hash)))
            }
            Body::Xlsx(rows, mut into) => {
                let summary = summary(sha256.unwrap_or_else(|| hashed(Sha256::new())));
                rows.finish(summary.totals.list(), &about(&summary), &mut into)?;
                (into, summary)
            }
            Body::Parquet(rows) => {
                let summary = summary(sha256.unwrap_or_else(|| hashed(Sha256::new())));
                (rows.finish(&about(&summary))?, summary)
            }
        })
    }
}
