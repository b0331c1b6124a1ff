//! A billing file as Parquet, row by row: of a row group never more in memory than the pages that are being read.
//!
//! Only the columns that are read are decoded. Decimals are taken digit by digit. A column of floating point has no
//! decimals of its own: its amounts are the shortest decimals that are read as the same number, which a strict reading
//! does not take.
//!
//! A file may be hostile: what it says of its sizes is held to limits before anything is made room for (`survey`), what
//! its pages say of themselves when they are unpacked (`pages`), and where the reader of the format still falls, the file
//! cannot be read and nothing else happens.

mod compact;
mod pages;
mod survey;
mod types;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pages::GuardedRowGroup;
use parquet::basic::{LogicalType, TimeUnit};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::{Type, TypePtr};

use crate::billing_files::error::FileError;
use crate::billing_files::limits::{Limit, ROWS_MAX};
use subsidy_core::usage::charge;
use subsidy_core::usage::charge::{Charge, RefusedRow};
use subsidy_core::usage::focus::{Column, Mode};
use subsidy_core::usage::header::Header;
use subsidy_core::usage::{CellError, Findings, RowError};

/// The most bytes of a decimal.
const DECIMAL_BYTES_MAX: usize = 32;
/// Units of a nanosecond timestamp in a second.
const NANOS: i64 = 1_000_000_000;
/// Of a microsecond timestamp.
const MICROS: i64 = 1_000_000;

/// Reads a file; each row is handed over as a charge or as all that is wrong with it, until `take` wants no more.
/// Answers how many rows there were.
pub fn read(
    file: File,
    (mode, readings): (Mode, &mut Findings),
    mut take: impl FnMut(Result<Charge, RefusedRow>) -> bool,
) -> Result<u32, FileError> {
    let mut own = file.try_clone().map_err(ParquetError::from)?;
    survey::footer(&mut own)?;
    let reader = unfallen(|| SerializedFileReader::new(file))??;
    let schema = reader.metadata().file_metadata().schema();
    let fields = schema.get_fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    let header = Header::read(&names, mode).map_err(FileError::Header)?;
    let mut found: Vec<(Column, usize, TypePtr)> = header
        .columns()
        .filter_map(|(column, place)| fields.get(place).map(|field| (column, place, field.clone())))
        .collect();
    found.sort_unstable_by_key(|(_, place, _)| *place);
    types::readable(&found, reader.metadata()).map_err(FileError::Header)?;
    types::exact(&found, mode, readings).map_err(FileError::Header)?;
    header.tell(readings);
    let places: Vec<usize> = found.iter().map(|(_, place, _)| *place).collect();
    let header = header.of_columns(&places);
    let read: Vec<TypePtr> = found.into_iter().map(|(_, _, field)| field).collect();
    let names: Vec<&str> = read.iter().map(|field| field.name()).collect();
    let nanos: Vec<bool> = read.iter().map(|field| counts_nanos(field)).collect();
    let projection = Type::group_type_builder(schema.name()).with_fields(read.clone()).build()?;
    let is_one = |column: &ColumnChunkMetaData| {
        let path = column.column_path().parts();
        path.len() == 1 && path.first().is_some_and(|name| names.contains(&name.as_str()))
    };
    survey::pages(&mut own, reader.metadata(), is_one, u64::from(ROWS_MAX))?;
    let mut rows = 0;
    for group in 0..reader.num_row_groups() {
        let group = GuardedRowGroup(unfallen(|| reader.get_row_group(group))??);
        let mut found = unfallen(|| RowIter::from_row_group(Some(projection.clone()), &group))??;
        while let Some(row) = unfallen(|| found.next())? {
            let row = row?;
            rows += 1;
            if rows > ROWS_MAX {
                return Err(FileError::TooManyRows);
            }
            if !take(charge(&header, &row, &nanos, (rows, mode), readings)) {
                return Ok(rows);
            }
        }
    }
    Ok(rows)
}

/// A row as a charge.
fn charge(
    header: &Header,
    row: &Row,
    nanos: &[bool],
    (number, mode): (u32, Mode),
    readings: &mut Findings,
) -> Result<Charge, RefusedRow> {
    let cells = row.get_column_iter().zip(nanos).enumerate().map(|(place, ((_, field), nanos))| {
        text(field, *nanos).map_err(|code| {
            let column = header.columns().find(|(_, own)| *own == place).map(|(column, _)| column.name());
            let errors = vec![RowError { row: number, column, code, found: None }];
            RefusedRow { errors, charged_from: None, billed_from: None }
        })
    });
    let cells = cells.collect::<Result<Vec<String>, _>>()?;
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    charge::read(header, &cells, (number, mode), readings)
}

/// What the reader of the format answers. Where it panics, over bytes that it takes for granted, the file is at fault.
fn unfallen<T>(read: impl FnOnce() -> T) -> Result<T, Hostile> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| Hostile::Malformed)
}

/// Why a file is not read, whatever its rows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hostile {
    /// It is not what a Parquet file is.
    Malformed,
    /// It has more rows than a file may have.
    TooManyRows,
    /// It goes beyond what is made room for.
    Beyond(Limit),
}

impl From<Hostile> for FileError {
    fn from(hostile: Hostile) -> Self {
        match hostile {
            Hostile::Malformed => Self::Malformed(ParquetError::General("not what it says".to_owned())),
            Hostile::TooManyRows => Self::TooManyRows,
            Hostile::Beyond(limit) => Self::Beyond(limit),
        }
    }
}

fn counts_nanos(field: &Type) -> bool {
    let kind = field.get_basic_info().logical_type_ref();
    matches!(kind, Some(LogicalType::Timestamp(kind)) if kind.unit == TimeUnit::NANOS)
}

/// A value as a file of text has it. Error: what is wrong with it.
fn text(field: &Field, nanos: bool) -> Result<String, CellError> {
    let at = |value: i64, units: i64| {
        instant(value.div_euclid(units), (value.rem_euclid(units), units)).ok_or(CellError::InvalidDatetime)
    };
    Ok(match field {
        Field::Null => String::new(),
        Field::Str(value) => value.clone(),
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).map_err(|_| CellError::NotUtf8)?.to_owned(),
        Field::Decimal(value) => decimal(value.data(), value.scale()).ok_or(CellError::InvalidNumber)?,
        Field::Double(value) => value.to_string(),
        Field::Float(value) => value.to_string(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(value) => value.to_string(),
        Field::Short(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Long(value) if nanos => at(*value, NANOS)?,
        Field::Long(value) => value.to_string(),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        Field::TimestampMillis(value) => at(*value, 1_000)?,
        Field::TimestampMicros(value) => at(*value, MICROS)?,
        Field::Date(days) => at(i64::from(*days).saturating_mul(86_400), 1)?,
        // a column of these is refused before its values are read
        Field::Float16(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::Group(_)
        | Field::ListInternal(_)
        | Field::MapInternal(_) => return Err(CellError::ValueUnknown),
    })
}

/// As FOCUS writes a date and time. Of a part of a second it is told that there is one, and whether it is half of one.
fn instant(seconds: i64, (rest, units): (i64, i64)) -> Option<String> {
    let at = chrono::DateTime::from_timestamp(seconds, 0)?;
    let form = match rest.checked_mul(2)? {
        0 => "%Y-%m-%dT%H:%M:%SZ",
        twice if twice < units => "%Y-%m-%dT%H:%M:%S.1Z",
        _ => "%Y-%m-%dT%H:%M:%S.5Z",
    };
    Some(at.format(form).to_string())
}

/// A decimal of so many digits after the point, of as many bytes as 76 digits take.
fn decimal(bytes: &[u8], scale: i32) -> Option<String> {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut whole = if negative { [0xff; 16] } else { [0; 16] };
    let units = match whole.len().checked_sub(bytes.len()) {
        Some(start) => {
            whole.get_mut(start..)?.copy_from_slice(bytes);
            i128::from_be_bytes(whole).unsigned_abs().to_string()
        }
        None => wide(bytes, negative)?,
    };
    let scale = usize::try_from(scale).ok()?;
    let digits = format!("{units:0>width$}", width = scale.checked_add(1)?);
    let (yuan, part) = digits.split_at_checked(digits.len().checked_sub(scale)?)?;
    let sign = if negative { "-" } else { "" };
    Some(if part.is_empty() { format!("{sign}{yuan}") } else { format!("{sign}{yuan}.{part}") })
}

/// The digits of a number of more than 16 bytes, without its sign.
fn wide(bytes: &[u8], negative: bool) -> Option<String> {
    if bytes.len() > DECIMAL_BYTES_MAX {
        return None;
    }
    let mut rest = bytes.to_vec();
    if negative {
        // two's complement: the others, and one more
        let mut carry = true;
        for byte in rest.iter_mut().rev() {
            let (sum, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, over);
        }
    }
    let mut digits = Vec::new();
    while rest.iter().any(|byte| *byte != 0) {
        let mut left = 0_u16;
        for byte in &mut rest {
            let value = (left << 8) | u16::from(*byte);
            *byte = u8::try_from(value / 10).ok()?;
            left = value % 10;
        }
        digits.push(char::from_digit(u32::from(left), 10)?);
    }
    Some(digits.into_iter().rev().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_digit_by_digit() {
        for (bytes, scale, shown) in [
            (&[0x00][..], 2, "0.00"),
            (&[0x05], 2, "0.05"),
            (&[0xff], 2, "-0.01"),
            (&[0x01, 0x00], 0, "256"),
            (&[0x80, 0x00, 0x00, 0x00], 4, "-214748.3648"),
            (&[0x00, 0x0d, 0xe0, 0xb6, 0xb3, 0xa7, 0x64, 0x00, 0x01], 18, "1.000000000000000001"),
        ] {
            assert_eq!(decimal(bytes, scale).as_deref(), Some(shown));
        }
        assert_eq!(decimal(&[1; 33], 2), None);
        // 12.5 and −0.01 of 38 decimals, in 32 bytes
        let units = 125 * 10_i128.pow(36);
        let wide = |sign: u8, units: i128| [&[sign; 16][..], &units.to_be_bytes()].concat();
        assert_eq!(decimal(&wide(0, units), 37), Some(format!("12.5{}", "0".repeat(36))));
        assert_eq!(decimal(&wide(0xff, -(10_i128.pow(36))), 38), Some(format!("-0.01{}", "0".repeat(36))));
        assert_eq!(decimal(&wide(0, i128::from_be_bytes([0xff; 16])), 0), Some(u128::MAX.to_string()));
        assert_eq!(decimal(&[1], -1), None);
    }

    #[test]
    fn instants_are_written_as_the_specification_does() {
        assert_eq!(instant(1_725_148_800, (0, 1)).as_deref(), Some("2024-09-01T00:00:00Z"));
        assert_eq!(instant(1_725_148_800, (600, 1_000)).as_deref(), Some("2024-09-01T00:00:00.5Z"));
        assert_eq!(
            text(&Field::Long(1_725_148_800_000_000_000), true).as_deref(),
            Ok("2024-09-01T00:00:00Z")
        );
        assert_eq!(text(&Field::Double(0.1), false).as_deref(), Ok("0.1"));
        assert_eq!(text(&Field::TimeMillis(1), false), Err(CellError::ValueUnknown));
    }
}
