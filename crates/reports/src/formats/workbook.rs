//! Workbooks (Office Open XML): the rows on a sheet of their own, amounts as numbers with a formula for their total,
//! all else as text; a second sheet says what the rows are. Rows of a report go to a temporary file as they come, so that
//! memory does not grow with them; what is secret stays in memory.

use std::io::{Seek, Write};

use chrono::DateTime;
use rust_xlsxwriter::{DocProperties, Format, Formula, Workbook, Worksheet, XlsxError};

use super::{Cell, Column, FormatError, Table, Totals};
use subsidy_core::domain::{Instant, Money};
use subsidy_store::db::convert;

/// Two decimals, thousands apart.
const AMOUNT: &str = "#,##0.00";

/// The most rows of a sheet beside its head and its totals: the format has 1,048,576.
pub const SHEET_ROWS_MAX: u64 = 1_048_574;

/// A sheet of rows and what is to be known about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheets<'a> {
    /// What the sheet of rows is called.
    pub name: &'a str,
    pub table: &'a Table,
    /// What the second sheet says, line by line.
    pub about: &'a [(&'static str, String)],
    /// When the rows were as they are: the file says it was made then, so that its bytes stay the same.
    pub created: Instant,
}

/// The workbook's bytes, made in memory alone.
pub fn write(sheets: &Sheets<'_>) -> Result<Vec<u8>, FormatError> {
    let table = sheets.table;
    let mut rows = Rows::begin(table.columns, sheets.name, sheets.created, RowStorage::InMemory)?;
    let mut totals = Totals::of(table.columns);
    for row in &table.rows {
        totals.add(row)?;
        rows.row(row)?;
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    rows.finish(totals.list(), sheets.about, &mut bytes)?;
    Ok(bytes.into_inner())
}

/// Where rows wait until the workbook is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStorage {
    InMemory,
    /// In a temporary file.
    OnDisk,
}

/// A workbook whose rows are written one after another.
pub struct Rows {
    workbook: Workbook,
    next: u32,
    text: Format,
    amount: Format,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({})", self.next)
    }
}

impl Rows {
    /// The sheet with its heads.
    pub fn begin(
        columns: &[Column],
        name: &str,
        created: Instant,
        kept: RowStorage,
    ) -> Result<Self, FormatError> {
        let mut workbook = Workbook::new();
        let created = DateTime::from_timestamp(created.utc().timestamp(), 0).unwrap_or_default();
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let bold = Format::new().set_bold();
        let sheet = match kept {
            RowStorage::InMemory => workbook.add_worksheet(),
            RowStorage::OnDisk => workbook.add_worksheet_with_constant_memory()?,
        };
        sheet.set_name(name)?;
        for (column, head) in (0_u16..).zip(columns) {
            sheet.set_column_width(column, head.width)?;
            sheet.write_string_with_format(0, column, head.name, &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        let text = Format::new().set_num_format("@");
        let amount = Format::new().set_num_format(AMOUNT);
        Ok(Self { workbook, next: 1, text, amount })
    }

    pub fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Text(value) => sheet.write_string_with_format(self.next, column, value, &self.text)?,
                Cell::Amount(value) => {
                    sheet.write_with_format(self.next, column, convert::decimal(*value), &self.amount)?
                }
                Cell::Count(value) => sheet.write(self.next, column, *value)?,
                Cell::Empty => sheet,
            };
        }
        self.next = self.next.saturating_add(1);
        Ok(())
    }

    /// The totals below the rows, the second sheet, and all of it into a file.
    pub fn finish<W: Write + Seek + Send>(
        mut self,
        totals: &[Option<Money>],
        facts: &[(&'static str, String)],
        into: W,
    ) -> Result<(), FormatError> {
        let bold = Format::new().set_bold().set_num_format(AMOUNT);
        summed(self.workbook.worksheet_from_index(0)?, self.next, totals, &bold)?;
        about(self.workbook.add_worksheet().set_name("说明 About")?, facts)?;
        Ok(self.workbook.save_to_writer(into)?)
    }
}

/// Below the rows, the sum of every column of amounts: as a formula, with its result for readers that do not calculate.
fn summed(
    sheet: &mut Worksheet,
    row: u32,
    totals: &[Option<Money>],
    format: &Format,
) -> Result<(), XlsxError> {
    for (column, total) in (0_u16..).zip(totals) {
        let Some(total) = total else { continue };
        let letter = rust_xlsxwriter::column_number_to_name(column);
        let formula = Formula::new(format!("=SUM({letter}2:{letter}{row})")).set_result(total.to_string());
        sheet.write_formula_with_format(row, column, formula, format)?;
    }
    Ok(())
}

fn about(sheet: &mut Worksheet, facts: &[(&'static str, String)]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(1, 72)?;
    for (row, (name, value)) in (0_u32..).zip(facts) {
        sheet.write_string_with_format(row, 0, *name, &bold)?;
        sheet.write_string(row, 1, value)?;
    }
    Ok(())
}
