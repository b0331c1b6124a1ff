//! Tables as files: what others' tools open. The same table gives the same bytes, whoever asks and whenever.

pub mod csv;
pub mod file;
pub mod parquet;
pub mod workbook;

use subsidy_core::domain::Money;
use subsidy_core::domain::money::OutOfRange;

/// What the cells of a column are, where a format keeps them apart. All of them but amounts may stand there as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Text, also where all of it is digits.
    Text,
    /// CNY.
    Amounts,
    Counts,
    /// Days.
    Days,
    /// Instants, UTC.
    Instants,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What its head says.
    pub name: &'static str,
    /// What a program calls it, where that is not the last word of its name.
    member: Option<&'static str>,
    /// How wide it stands in a workbook, in characters.
    pub width: u16,
    /// Whether its amounts are summed below the rows: balances are not.
    pub sums: bool,
    pub holds: Holds,
}

impl Column {
    const fn new(name: &'static str, width: u16, holds: Holds) -> Self {
        Self { name, member: None, width, sums: false, holds }
    }

    pub const fn plain(name: &'static str, width: u16) -> Self {
        Self::new(name, width, Holds::Text)
    }

    pub const fn counts(name: &'static str, width: u16) -> Self {
        Self::new(name, width, Holds::Counts)
    }

    /// Of days.
    pub const fn days(name: &'static str, width: u16) -> Self {
        Self::new(name, width, Holds::Days)
    }

    pub const fn instants(name: &'static str, width: u16) -> Self {
        Self::new(name, width, Holds::Instants)
    }

    /// Of amounts whose sum says nothing, such as balances.
    pub const fn amounts(name: &'static str, width: u16) -> Self {
        Self::new(name, width, Holds::Amounts)
    }

    /// Of amounts that are summed.
    pub const fn summed(name: &'static str, width: u16) -> Self {
        Self { sums: true, ..Self::new(name, width, Holds::Amounts) }
    }

    /// Gives it a name for programs.
    pub const fn of_member(mut self, member: &'static str) -> Self {
        self.member = Some(member);
        self
    }

    /// What a program calls it: the last word of its name, where nothing else is said.
    pub fn key(&self) -> &'static str {
        self.member.unwrap_or_else(|| self.name.rsplit(' ').next().unwrap_or(self.name))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text, also where all of it is digits.
    Text(String),
    /// CNY.
    Amount(Money),
    Count(i64),
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
    pub columns: &'static [Column],
    /// Its rows, a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// CNY of a column's amounts; none where it is not summed or holds none.
    pub fn total(&self, column: usize) -> Result<Option<Money>, OutOfRange> {
        let mut totals = Totals::of(self.columns);
        self.rows.iter().try_for_each(|row| totals.add(row))?;
        Ok(totals.list().get(column).copied().flatten())
    }
}

/// The sums of the columns that are summed, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    columns: Vec<Column>,
    sums: Vec<Option<Money>>,
}

impl Totals {
    pub fn of(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), sums: vec![None; columns.len()] }
    }

    /// With a row more. Error: a sum leaves the range.
    pub fn add(&mut self, row: &[Cell]) -> Result<(), OutOfRange> {
        for ((sum, column), cell) in self.sums.iter_mut().zip(&self.columns).zip(row) {
            if let (true, Cell::Amount(amount)) = (column.sums, cell) {
                *sum = Some(sum.unwrap_or_default().plus(*amount)?);
            }
        }
        Ok(())
    }

    /// A column's: none where it is not summed or holds no amount.
    pub fn list(&self) -> &[Option<Money>] {
        &self.sums
    }

    /// The columns that are summed, each with its sum.
    pub fn summed(&self) -> impl Iterator<Item = (Column, Money)> {
        let sums = self.columns.iter().copied().zip(&self.sums);
        sums.filter(|(column, _)| column.sums).map(|(column, sum)| (column, sum.unwrap_or_default()))
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
    /// The writer of Parquet refused.
    #[error(transparent)]
    Parquet(#[from] ::parquet::errors::ParquetError),
    #[error("a cell of {column} reads {text}")]
    Cell { column: &'static str, text: String },
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A sum left the range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}
