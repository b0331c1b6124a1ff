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
    /// Whether its amounts are summed below the rows: balances are not.
    pub sums: bool,
}

impl Column {
    /// Of texts, counts, or amounts whose sum says nothing, such as balances.
    pub const fn plain(name: &'static str, width: u16) -> Self {
        Self { name, width, sums: false }
    }

    /// Of amounts that are summed.
    pub const fn summed(name: &'static str, width: u16) -> Self {
        Self { name, width, sums: true }
    }

    /// What a program calls it: the last word of its name.
    pub fn key(&self) -> &'static str {
        self.name.rsplit(' ').next().unwrap_or(self.name)
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text, also where all of it is digits.
    Text(String),
    /// CNY.
    Amount(Money),
    /// How many.
    Count(i64),
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
    /// CNY of a column's amounts; none where it is not summed or holds none.
    pub fn total(&self, column: usize) -> Result<Option<Money>, OutOfRange> {
        if !self.columns.get(column).is_some_and(|column| column.sums) {
            return Ok(None);
        }
        let amounts: Vec<Money> = self.rows.iter().filter_map(|row| amount(row.get(column)?)).collect();
        if amounts.is_empty() { Ok(None) } else { Money::sum(amounts).map(Some) }
    }
}

const fn amount(cell: &Cell) -> Option<Money> {
    match cell {
        Cell::Amount(amount) => Some(*amount),
        Cell::Text(_) | Cell::Count(_) | Cell::Empty => None,
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
