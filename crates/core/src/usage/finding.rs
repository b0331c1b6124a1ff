//! Findings on a billing file: what is wrong with cells and rows, and what is not written as the specification says and
//! was read nevertheless. One finding a cause, however many cells it is found in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Code;

/// The most characters of a cell that a finding shows.
const FOUND_CHARS_MAX: usize = 40;

macro_rules! cell_errors {
    ($($(#[$doc:meta])* $variant:ident $code:literal expects $expected:literal,)*) => {
        /// What is wrong with a row or a cell, or how it differs from what the specification says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum CellError { $($(#[$doc])* #[serde(rename = $code)] $variant,)* }

        impl CellError {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// By which callers know it.
            pub const fn code(self) -> Code {
                match self { $(Self::$variant => Code::$variant,)* }
            }

            /// What would have been right, in the specification's own words, whatever language the reader has.
            pub const fn expected(self) -> &'static str {
                match self { $(Self::$variant => $expected,)* }
            }
        }
    };
}

cell_errors! {
    /// More or fewer cells than the header has.
    RowRagged "row_ragged" expects "a cell a column",
    /// Bytes that are neither UTF-8 nor the encoding that the file is read in.
    NotUtf8 "not_utf8" expects "UTF-8, GB18030 or UTF-16",
    /// Nothing where something must be.
    ValueMissing "value_missing" expects "a value",
    /// None of the values that the specification knows.
    ValueUnknown "value_unknown" expects "a value of the FOCUS specification",
    /// A value of the specification in other letters. Lenient: that value.
    ValueLetters "value_letters" expects "the value as the FOCUS specification writes it",
    /// More bytes than are kept.
    ValueTooLong "value_too_long" expects "at most 1024 bytes",
    InvalidText "invalid_text" expects "text without control characters",
    /// No number, or one that is too large to be kept.
    InvalidNumber "invalid_number" expects "-1234.56 or 1.5E-7, below 1E11",
    /// A currency sign, or separators between thousands.
    NumberFormatted "number_formatted" expects "-1234.56",
    /// A sign `+`, or no digit before or after the point. Lenient: the number that it is.
    NumberForm "number_form" expects "-1234.56 or 1.5E-7",
    /// More than 18 decimals. Lenient: rounded to 18.
    NumberTooPrecise "number_too_precise" expects "at most 18 decimals",
    /// No date and time.
    InvalidDatetime "invalid_datetime" expects "2026-05-01T00:00:00Z",
    /// A date such as 4/1/25, which does not say which number is the day.
    DatetimeAmbiguous "datetime_ambiguous" expects "2026-05-01T00:00:00Z",
    /// A fraction of a second. Lenient: to the nearest second.
    DatetimeFraction "datetime_fraction" expects "2026-05-01T00:00:00Z",
    /// No seconds. Lenient: 00.
    DatetimeNoSeconds "datetime_no_seconds" expects "2026-05-01T00:00:00Z",
    /// No zone. Lenient: UTC, as FOCUS has it.
    DatetimeNoZone "datetime_no_zone" expects "2026-05-01T00:00:00Z",
    /// An offset such as +08:00. Lenient: converted to UTC.
    DatetimeOffset "datetime_offset" expects "2026-05-01T00:00:00Z",
    /// The word UTC, a blank between date and time, or `/` in a date that begins with its year.
    DatetimeWords "datetime_words" expects "2026-05-01T00:00:00Z",
    /// A date alone. Lenient: its first instant, in UTC.
    DatetimeDateOnly "datetime_date_only" expects "2026-05-01T00:00:00Z",
    /// A period that ends before it begins, or with it.
    PeriodBackwards "period_backwards" expects "an end after the start",
    /// A charge period of more months than are kept.
    PeriodTooLong "period_too_long" expects "at most 61 months",
    /// No currency's three letters.
    InvalidCurrency "invalid_currency" expects "three letters, such as CNY",
    /// No rate from its currency to CNY is in force on the last day of its billing period.
    ExchangeRateMissing "exchange_rate_missing" expects "a reference rate such as USD/CNY",
    /// A service category that this release does not know. Lenient: Other.
    ServiceCategoryUnknown "service_category_unknown" expects "a ServiceCategory of FOCUS 1.0 to 1.4",
    /// A correction that names no row of the file or of the contract's usage. Lenient: a row of its own.
    CorrectionNamesNothing "correction_names_nothing" expects "x_CorrectsRowId, or the same resource, SKU and charge period",
    /// A column goes by another name: of the preview before 1.0, or in other letters. Lenient: it is that column.
    ColumnRenamed "column_renamed" expects "the column's name in the FOCUS specification",
    /// A column that may be empty is not there. Lenient: it is empty in every row.
    ColumnLeftOut "column_left_out" expects "the column, empty where there is nothing",
    /// Amounts in floating point. Lenient: the shortest decimal that is the same number.
    ColumnInexact "column_inexact" expects "decimals",
    /// The file is in another encoding than UTF-8, which was declared or found out.
    FileEncoding "file_encoding" expects "UTF-8",
    /// Cells are separated by semicolons or tabs.
    FileDelimiter "file_delimiter" expects ",",
    FilePacked "file_packed" expects "text/csv or Parquet",
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The row's number, from 1, the header not counted.
    pub row: u32,
    /// The column; none where the row itself is wrong.
    pub column: Option<&'static str>,
    pub code: CellError,
    /// The cell, where it is a date, a number or a word of the specification: never what people are called.
    pub found: Option<String>,
}

impl RowError {
    /// Of a row as a whole.
    pub const fn of_row(row: u32, code: CellError) -> Self {
        Self { row, column: None, code, found: None }
    }
}

/// One cause: what is found how often, and where first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub code: CellError,
    /// In which column; none where rows or the file itself are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// In how many rows; of the file itself 0.
    pub rows: u32,
    /// In which row first, from 1; of the file itself 0.
    pub row: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What it was read as, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
}

/// The findings on a file, by cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(BTreeMap<(CellError, Option<&'static str>), Finding>);

impl Findings {
    /// Counts one more row with an error.
    pub fn add(&mut self, error: &RowError) {
        self.put(error, || None);
    }

    /// Counts one more row that was read in spite of how it is written.
    pub fn read_as(&mut self, error: &RowError, value: impl FnOnce() -> String) {
        self.put(error, || Some(value()));
    }

    fn put(&mut self, error: &RowError, value: impl FnOnce() -> Option<String>) {
        // what is of the file itself stands in no row
        let rows = u32::from(error.row > 0);
        let first = || Finding {
            code: error.code,
            column: error.column.map(str::to_owned),
            rows,
            row: error.row,
            found: error.found.as_deref().map(short),
            read_as: None,
        };
        match self.0.get_mut(&(error.code, error.column)) {
            None => {
                self.0.insert((error.code, error.column), Finding { read_as: value(), ..first() });
            }
            Some(known) if error.row < known.row => {
                *known = Finding { rows: known.rows.saturating_add(rows), read_as: value(), ..first() };
            }
            Some(known) => known.rows = known.rows.saturating_add(rows),
        }
    }

    /// All of them, in the order of codes and columns.
    pub fn list(&self) -> Vec<Finding> {
        self.0.values().cloned().collect()
    }
}

fn short(cell: &str) -> String {
    cell.chars().filter(|c| !c.is_control()).take(FOUND_CHARS_MAX).collect()
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a failed look fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_found_once_however_many_rows_have_it() {
        let mut findings = Findings::default();
        let at = |row, found: &str| RowError {
            row,
            column: Some("BilledCost"),
            code: CellError::InvalidNumber,
            found: Some(found.to_owned()),
        };
        findings.add(&at(7, "x"));
        findings.add(&at(3, "y"));
        findings.add(&RowError::of_row(9, CellError::RowRagged));
        let list = findings.list();
        assert_eq!(list.len(), 2);
        assert_eq!((list[1].rows, list[1].row, list[1].found.as_deref()), (2, 3, Some("y")));
    }

    #[test]
    fn the_first_value_that_was_read_is_told() {
        let mut findings = Findings::default();
        let error = RowError::of_row(1, CellError::FileDelimiter);
        findings.read_as(&error, || "a".to_owned());
        findings.read_as(&error, || "b".to_owned());
        assert_eq!(findings.list()[0].read_as.as_deref(), Some("a"));
    }
}
