//! Comma-separated values (RFC 4180) as spreadsheets open them: UTF-8 with a byte order mark, no cell a formula, no
//! number of many digits shortened.

use std::io::Write;

use ::csv::{QuoteStyle, Terminator, WriterBuilder};

use super::{Cell, Column, FormatError, Table};

/// Spreadsheets take a file without it for one of the machine's own code page.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A spreadsheet shows a number of more digits in powers of ten, and forgets those beyond the fifteenth.
const DIGITS_MAX: usize = 11;

/// Rows as they are written.
pub struct Records<W: Write>(::csv::Writer<W>);

impl<W: Write> std::fmt::Debug for Records<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Records")
    }
}

impl<W: Write> Records<W> {
    /// The mark and the heads.
    pub fn begin(columns: &[Column], mut into: W) -> Result<Self, FormatError> {
        into.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .from_writer(into);
        if !columns.is_empty() {
            writer.write_record(columns.iter().map(|column| column.name))?;
        }
        Ok(Self(writer))
    }

    pub fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        Ok(self.0.write_record(cells.iter().map(field))?)
    }

    /// What was written to, with all of it.
    pub fn finish(self) -> Result<W, FormatError> {
        Ok(self.0.into_inner().map_err(|error| error.into_error())?)
    }
}

/// The table's bytes.
pub fn write(table: &Table) -> Result<Vec<u8>, FormatError> {
    let mut records = Records::begin(table.columns, Vec::new())?;
    table.rows.iter().try_for_each(|row| records.row(row))?;
    records.finish()
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => guarded(text),
        Cell::Amount(amount) => amount.to_string(),
        Cell::Count(count) => count.to_string(),
        Cell::Empty => String::new(),
    }
}

/// A text that no spreadsheet takes for anything else. One that it would calculate gets an apostrophe before it; one
/// that it would read as a number gets a tab after it, which keeps every digit and shows as nothing.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        return format!("'{text}");
    }
    if reads_as_number(text) { format!("{text}\t") } else { text.to_owned() }
}

fn reads_as_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits(text) {
        return text.len() > DIGITS_MAX || text.len() > 1 && text.starts_with('0');
    }
    // credit codes such as 913100001234567E03 look like powers of ten
    text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| digits(mantissa) && digits(exponent))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;
    use subsidy_core::domain::Money;

    const COLUMNS: &[Column] = &[Column::plain("甲", 10), Column::summed("乙", 10)];

    fn written(text: &str) -> String {
        let row = vec![Cell::Text(text.to_owned()), Cell::Amount(Money::from_fen(-150))];
        String::from_utf8(write(&Table { columns: COLUMNS, rows: vec![row] }).unwrap()).unwrap()
    }

    #[test]
    fn a_file_begins_with_its_mark_and_quotes_what_would_break_it() {
        assert_eq!(written("a"), "\u{feff}甲,乙\r\na,-1.50\r\n");
        assert_eq!(written("a,\"b\"\nc"), "\u{feff}甲,乙\r\n\"a,\"\"b\"\"\nc\",-1.50\r\n");
        let empty = Table { columns: COLUMNS, rows: vec![vec![Cell::Empty, Cell::Empty]] };
        assert_eq!(write(&empty).unwrap(), "\u{feff}甲,乙\r\n,\r\n".as_bytes());
    }

    #[test]
    fn nothing_is_calculated_and_no_digit_is_lost() {
        for (text, field) in [
            ("=1+1", "'=1+1"),
            ("+86", "'+86"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("6222021001112223334", "6222021001112223334\t"),
            ("102100099996", "102100099996\t"),
            ("007", "007\t"),
            ("913100001234567E03", "913100001234567E03\t"),
            ("12345678901", "12345678901"),
            ("0", "0"),
            ("91310000MA1FL0000N", "91310000MA1FL0000N"),
            ("甲公司", "甲公司"),
        ] {
            assert_eq!(guarded(text), field);
        }
    }

    proptest! {
        #[test]
        fn any_text_stays_one_field_that_is_no_formula(text in "\\PC{0,20}|[=+@\\-0-9E\",\r\n\t]{0,20}") {
            let file = written(&text);
            let mut reader = ::csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
            let records: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(records.len(), 1);
            let field = records.first().unwrap().get(0).unwrap();
            prop_assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']));
            prop_assert_eq!(field.trim_start_matches('\'').trim_end_matches('\t'), text.trim_start_matches('\'').trim_end_matches('\t'));
        }
    }
}
