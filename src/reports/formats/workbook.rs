//! Workbooks (Office Open XML): the rows on a sheet of their own, amounts as numbers with a formula for their total,
//! all else as text; a second sheet says what the rows are.

use chrono::DateTime;
use rust_xlsxwriter::{DocProperties, Format, Formula, Workbook, Worksheet};

use super::{Cell, FormatError, Table};
use crate::db::convert;
use crate::domain::Instant;

/// Two decimals, thousands apart.
const AMOUNT: &str = "#,##0.00";

/// A sheet of rows and what is to be known about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheets<'a> {
    /// What the sheet of rows is called.
    pub name: &'a str,
    /// The rows.
    pub table: &'a Table,
    /// What the second sheet says, line by line.
    pub about: &'a [(&'static str, String)],
    /// When the rows were as they are: the file says it was made then, so that its bytes stay the same.
    pub created: Instant,
}

/// The workbook's bytes.
pub fn write(sheets: &Sheets<'_>) -> Result<Vec<u8>, FormatError> {
    let mut workbook = Workbook::new();
    let created = DateTime::from_timestamp(sheets.created.utc().timestamp(), 0).unwrap_or_default();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    rows(workbook.add_worksheet().set_name(sheets.name)?, sheets.table)?;
    about(workbook.add_worksheet().set_name("说明 About")?, sheets.about)?;
    Ok(workbook.save_to_buffer()?)
}

fn rows(sheet: &mut Worksheet, table: &Table) -> Result<(), FormatError> {
    let bold = Format::new().set_bold();
    let text = Format::new().set_num_format("@");
    let amount = Format::new().set_num_format(AMOUNT);
    for (column, head) in (0_u16..).zip(table.columns) {
        sheet.set_column_width(column, head.width)?;
        sheet.write_string_with_format(0, column, head.name, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, cells) in (1_u32..).zip(&table.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Text(value) => sheet.write_string_with_format(row, column, value, &text)?,
                Cell::Amount(value) => {
                    sheet.write_with_format(row, column, convert::decimal(*value), &amount)?
                }
                Cell::Count(value) => sheet.write(row, column, *value)?,
                Cell::Empty => sheet,
            };
        }
    }
    totals(sheet, table, &bold.set_num_format(AMOUNT))
}

/// Below the rows, the sum of every column of amounts: as a formula, with its result for readers that do not calculate.
fn totals(sheet: &mut Worksheet, table: &Table, format: &Format) -> Result<(), FormatError> {
    let last = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    for (column, index) in (0_u16..).zip(0..table.columns.len()) {
        let Some(total) = table.total(index)? else { continue };
        let letter = rust_xlsxwriter::column_number_to_name(column);
        let formula = Formula::new(format!("=SUM({letter}2:{letter}{})", last.saturating_add(1)));
        sheet.write_formula_with_format(
            last.saturating_add(1),
            column,
            formula.set_result(total.to_string()),
            format,
        )?;
    }
    Ok(())
}

fn about(sheet: &mut Worksheet, facts: &[(&'static str, String)]) -> Result<(), FormatError> {
    let bold = Format::new().set_bold();
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(1, 72)?;
    for (row, (name, value)) in (0_u32..).zip(facts) {
        sheet.write_string_with_format(row, 0, *name, &bold)?;
        sheet.write_string(row, 1, value)?;
    }
    Ok(())
}
