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

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pages::Watched;
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as PhysicalType};
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
use subsidy_core::usage::header::{Header, HeaderError};
use subsidy_core::usage::{CellError, Findings, RowError};

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
    let read: Vec<TypePtr> = schema.get_fields().iter().filter(|field| is_read(field)).cloned().collect();
    let names: Vec<&str> = read.iter().map(|field| field.name()).collect();
    let header = Header::read(&names, mode).map_err(FileError::Header)?;
    exact(&read, mode, readings).map_err(FileError::Header)?;
    header.tell_left_out(readings);
    let nanos: Vec<bool> = read.iter().map(|field| counts_nanos(field)).collect();
    let projection = Type::group_type_builder(schema.name()).with_fields(read.clone()).build()?;
    let is_one = |column: &ColumnChunkMetaData| {
        let path = column.column_path().parts();
        path.len() == 1 && path.first().is_some_and(|name| names.contains(&name.as_str()))
    };
    survey::pages(&mut own, reader.metadata(), is_one, u64::from(ROWS_MAX))?;
    let mut rows = 0;
    for group in 0..reader.num_row_groups() {
        let group = Watched(unfallen(|| reader.get_row_group(group))??);
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
    let cells: Option<Vec<String>> =
        row.get_column_iter().zip(nanos).map(|((_, field), nanos)| text(field, *nanos)).collect();
    let cells = cells.ok_or_else(|| RefusedRow::unread(number, CellError::NotUtf8))?;
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

/// Whether a column is one that is read, and one value a row.
fn is_read(field: &Type) -> bool {
    let known = |column: &Column| column.names().contains(&field.name());
    let once = || field.get_basic_info().repetition() != Repetition::REPEATED;
    field.is_primitive() && once() && Column::ALL.iter().any(known)
}

/// Whether amounts are written in digits, where the mode asks for it; else which are not.
fn exact(fields: &[TypePtr], mode: Mode, readings: &mut Findings) -> Result<(), Vec<HeaderError>> {
    let amounts = [Column::BilledCost, Column::ContractedCost, Column::EffectiveCost, Column::ListCost];
    let floats =
        |field: &&TypePtr| matches!(field.get_physical_type(), PhysicalType::FLOAT | PhysicalType::DOUBLE);
    let named = |field: &TypePtr| amounts.into_iter().find(|column| column.name() == field.name());
    let inexact: Vec<Column> = fields.iter().filter(floats).filter_map(named).collect();
    if mode == Mode::Strict && !inexact.is_empty() {
        return Err(inexact.into_iter().map(HeaderError::Inexact).collect());
    }
    for column in inexact {
        let (column, code) = (Some(column.name()), CellError::ColumnInexact);
        readings.read_as(&RowError { row: 0, column, code, found: None }, || "decimal".to_owned());
    }
    Ok(())
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
        Field::Long(value) if nanos => instant(value.div_euclid(NANOS), (value.rem_euclid(NANOS), NANOS))?,
        Field::Long(value) => value.to_string(),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        Field::TimestampMillis(value) => instant(value.div_euclid(1_000), (value.rem_euclid(1_000), 1_000))?,
        Field::TimestampMicros(value) => {
            instant(value.div_euclid(MICROS), (value.rem_euclid(MICROS), MICROS))?
        }
        Field::Date(days) => instant(i64::from(*days).checked_mul(86_400)?, (0, 1))?,
        Field::Float16(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::Group(_)
        | Field::ListInternal(_)
        | Field::MapInternal(_) => return None,
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
        assert_eq!(instant(1_725_148_800, (0, 1)).as_deref(), Some("2024-09-01T00:00:00Z"));
        assert_eq!(instant(1_725_148_800, (600, 1_000)).as_deref(), Some("2024-09-01T00:00:00.5Z"));
        assert_eq!(
            text(&Field::Long(1_725_148_800_000_000_000), true).as_deref(),
            Some("2024-09-01T00:00:00Z")
        );
        assert_eq!(text(&Field::Double(0.1), false).as_deref(), Some("0.1"));
        assert_eq!(text(&Field::TimeMillis(1), false), None);
    }
}
