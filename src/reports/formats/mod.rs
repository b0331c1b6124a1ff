//! Tables as files: what others' tools open. The same table gives the same bytes, whoever asks and whenever.

pub mod csv;
pub mod workbook;

use crate::domain::Money;
use crate::domain::money::OutOfRange;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What its head says.
    pub name: &'static str,
    /// How wide it stands in a workbook, in characters.
    pub width: u16,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text, also where all of it is digits.
    Text(String),
    /// CNY.
    Amount(Money),
    /// Nothing.
    Empty,
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }
}

/// Rows under the heads of their columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its columns.
    pub columns: &'static [Column],
    /// Its rows, a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// CNY of a column's amounts; none where it holds none.
    pub fn total(&self, column: usize) -> Result<Option<Money>, OutOfRange> {
        let amounts: Vec<Money> = self.rows.iter().filter_map(|row| amount(row.get(column)?)).collect();
        if amounts.is_empty() { Ok(None) } else { Money::sum(amounts).map(Some) }
    }
}

const fn amount(cell: &Cell) -> Option<Money> {
    match cell {
        Cell::Amount(amount) => Some(*amount),
        Cell::Text(_) | Cell::Empty => None,
    }
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The writer of workbooks refused.
    #[error(transparent)]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The writer of comma-separated values refused.
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
    /// The writer refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A sum left the range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}
