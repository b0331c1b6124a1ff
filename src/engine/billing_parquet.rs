//! A billing file as Parquet, row by row: of a row group never more in memory than the pages that are being read.
//!
//! Only the columns that are read are decoded. Decimals are taken digit by digit. A column of floating point has no
//! decimals of its own: its amounts are the shortest decimals that are read as the same number, which a strict reading
//! does not take.

use std::fs::File;

use parquet::basic::{LogicalType, TimeUnit, Type as PhysicalType};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;
use parquet::schema::types::{Type, TypePtr};

use super::billing_file::{FileError, ROWS_MAX};
use crate::usage::charge::{self, Charge, Header, HeaderError};
use crate::usage::focus::{Column, Mode};
use crate::usage::{CellError, RowError};

/// Units of a nanosecond timestamp in a second.
const NANOS: i64 = 1_000_000_000;

/// Reads a file; each row is handed over as a charge or as all that is wrong with it, until `take` wants no more.
/// Answers how many rows there were.
pub fn read(
    file: File,
    mode: Mode,
    mut take: impl FnMut(Result<Charge, Vec<RowError>>) -> bool,
) -> Result<u32, FileError> {
    let reader = SerializedFileReader::new(file)?;
    let schema = reader.metadata().file_metadata().schema();
    let read: Vec<TypePtr> = schema.get_fields().iter().filter(|field| is_read(field)).cloned().collect();
    let names: Vec<&str> = read.iter().map(|field| field.name()).collect();
    let header = Header::read(&names, mode).map_err(FileError::Header)?;
    exact(&read, mode).map_err(FileError::Header)?;
    let nanos: Vec<bool> = read.iter().map(|field| counts_nanos(field)).collect();
    let projection = Type::group_type_builder(schema.name()).with_fields(read.clone()).build()?;
    let mut rows = 0;
    for row in RowIter::from_file(Some(projection), &reader)? {
        let row = row?;
        rows += 1;
        if rows > ROWS_MAX {
            return Err(FileError::TooManyRows);
        }
        let cells: Option<Vec<String>> =
            row.get_column_iter().zip(&nanos).map(|((_, field), nanos)| text(field, *nanos)).collect();
        let charge = match cells {
            Some(cells) => {
                let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
                charge::read(&header, &cells, rows, mode)
            }
            None => Err(vec![RowError { row: rows, column: None, code: CellError::NotUtf8 }]),
        };
        if !take(charge) {
            break;
        }
    }
    Ok(rows)
}

/// Whether a column is one that is read, and one value a row.
fn is_read(field: &Type) -> bool {
    let known = |column: &Column| column.names().contains(&field.name());
    field.is_primitive() && Column::ALL.iter().any(known)
}

/// Whether amounts are written in digits, where the mode asks for it.
fn exact(fields: &[TypePtr], mode: Mode) -> Result<(), Vec<HeaderError>> {
    if mode == Mode::Lenient {
        return Ok(());
    }
    let amounts = [Column::BilledCost, Column::ContractedCost, Column::EffectiveCost, Column::ListCost];
    let floats =
        |field: &&TypePtr| matches!(field.get_physical_type(), PhysicalType::FLOAT | PhysicalType::DOUBLE);
    let inexact = fields.iter().filter(floats).filter_map(|field| {
        let column = amounts.into_iter().find(|column| column.name() == field.name())?;
        Some(HeaderError::Inexact(column))
    });
    let errors: Vec<HeaderError> = inexact.collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn counts_nanos(field: &Type) -> bool {
    let kind = field.get_basic_info().logical_type_ref();
    matches!(kind, Some(LogicalType::Timestamp(kind)) if kind.unit == TimeUnit::NANOS)
}

/// A value as a file of text has it; none where it is none that such a file could have.
fn text(field: &Field, nanos: bool) -> Option<String> {
    Some(match field {
        Field::Null => String::new(),
        Field::Str(value) => value.clone(),
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).ok()?.to_owned(),
        Field::Decimal(value) => decimal(value.data(), value.scale())?,
        Field::Double(value) => value.to_string(),
        Field::Float(value) => value.to_string(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(value) => value.to_string(),
        Field::Short(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Long(value) if nanos => instant(value.checked_div(NANOS)?, value.checked_rem(NANOS)?)?,
        Field::Long(value) => value.to_string(),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        Field::TimestampMillis(value) => instant(value.div_euclid(1_000), value.rem_euclid(1_000))?,
        Field::TimestampMicros(value) => instant(value.div_euclid(1_000_000), value.rem_euclid(1_000_000))?,
        Field::Date(days) => instant(i64::from(*days).checked_mul(86_400)?, 0)?,
        Field::Float16(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::Group(_)
        | Field::ListInternal(_)
        | Field::MapInternal(_) => return None,
    })
}

/// As FOCUS writes a date and time; a part of a second is left to be refused.
fn instant(seconds: i64, rest: i64) -> Option<String> {
    let at = chrono::DateTime::from_timestamp(seconds, 0)?;
    let form = if rest == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S.…Z" };
    Some(at.format(form).to_string())
}

/// A decimal of so many digits after the point, of at most 16 bytes.
fn decimal(bytes: &[u8], scale: i32) -> Option<String> {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut whole = if negative { [0xff; 16] } else { [0; 16] };
    let start = whole.len().checked_sub(bytes.len())?;
    whole.get_mut(start..)?.copy_from_slice(bytes);
    let units = i128::from_be_bytes(whole);
    let scale = usize::try_from(scale).ok()?;
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale.checked_add(1)?);
    let (yuan, part) = digits.split_at_checked(digits.len().checked_sub(scale)?)?;
    let sign = if units < 0 { "-" } else { "" };
    Some(if part.is_empty() { format!("{sign}{yuan}") } else { format!("{sign}{yuan}.{part}") })
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
        assert_eq!(decimal(&[1; 17], 2), None);
        assert_eq!(decimal(&[1], -1), None);
    }

    #[test]
    fn instants_are_written_as_the_specification_does() {
        assert_eq!(instant(1_725_148_800, 0).as_deref(), Some("2024-09-01T00:00:00Z"));
        assert!(instant(1_725_148_800, 1).is_some_and(|text| text.contains('…')));
        assert_eq!(
            text(&Field::Long(1_725_148_800_000_000_000), true).as_deref(),
            Some("2024-09-01T00:00:00Z")
        );
        assert_eq!(text(&Field::Double(0.1), false).as_deref(), Some("0.1"));
        assert_eq!(text(&Field::TimeMillis(1), false), None);
    }
}
