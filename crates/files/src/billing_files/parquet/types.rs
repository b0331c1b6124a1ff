//! Of which types columns are, and how they are packed: what cannot be read is told by its name before a value is.

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as PhysicalType};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{Type, TypePtr};

use subsidy_core::usage::focus::{Column, Mode};
use subsidy_core::usage::header::HeaderError;
use subsidy_core::usage::{CellError, Findings, RowError};

/// Whether each column that is read is one value a row, of a type that cells have, packed as can be unpacked; else which
/// are not.
pub(super) fn readable(
    found: &[(Column, usize, TypePtr)],
    metadata: &ParquetMetaData,
) -> Result<(), Vec<HeaderError>> {
    let errors: Vec<HeaderError> = found
        .iter()
        .filter_map(|(column, _, field)| {
            let why = unreadable(field).or_else(|| packed(field.name(), metadata))?;
            Some(HeaderError::Unreadable(*column, why))
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// What a column is where cells are nothing of the kind.
fn unreadable(field: &Type) -> Option<String> {
    let about = field.get_basic_info();
    let (logical, converted) = (about.logical_type_ref(), about.converted_type());
    if about.repetition() == Repetition::REPEATED || converted == ConvertedType::LIST {
        return Some("a list".to_owned());
    }
    if field.is_group() {
        let map = matches!(converted, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
        return Some(if map { "a map" } else { "a structure (nested columns)" }.to_owned());
    }
    let named = match (logical, converted) {
        (Some(LogicalType::Time(_)), _) | (_, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => {
            "TIME"
        }
        (Some(LogicalType::Float16), _) => "FLOAT16",
        (Some(LogicalType::Uuid), _) => "UUID",
        (_, ConvertedType::INTERVAL) => "INTERVAL",
        (_, ConvertedType::BSON) => "BSON",
        _ => return None,
    };
    Some(format!("{} ({named})", field.get_physical_type()))
}

/// How a column is packed where that cannot be unpacked. The older LZ4 does not say how long what it packed is.
fn packed(name: &str, metadata: &ParquetMetaData) -> Option<String> {
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    let own = chunks.filter(|chunk| chunk.column_path().parts().first().is_some_and(|part| part == name));
    own.map(|chunk| chunk.compression()).find_map(|codec| match codec {
        Compression::LZ4 => Some("packed as LZ4 (the older form)".to_owned()),
        Compression::LZO => Some("packed as LZO".to_owned()),
        Compression::BROTLI(_) => Some("packed as Brotli".to_owned()),
        _ => None,
    })
}

/// Whether amounts are written in digits, where the mode asks for it; else which are not.
pub(super) fn exact(
    found: &[(Column, usize, TypePtr)],
    mode: Mode,
    readings: &mut Findings,
) -> Result<(), Vec<HeaderError>> {
    let float =
        |field: &TypePtr| matches!(field.get_physical_type(), PhysicalType::FLOAT | PhysicalType::DOUBLE);
    let inexact = found.iter().filter(|(column, _, field)| column.is_amount() && float(field));
    let inexact: Vec<(Column, String)> =
        inexact.map(|(column, _, field)| (*column, field.get_physical_type().to_string())).collect();
    if mode == Mode::Strict && !inexact.is_empty() {
        return Err(inexact.into_iter().map(|(column, found)| HeaderError::Inexact(column, found)).collect());
    }
    for (column, found) in inexact {
        let (column, code) = (Some(column.name()), CellError::ColumnInexact);
        readings.read_as(&RowError { row: 0, column, code, found: Some(found) }, || "decimal".to_owned());
    }
    Ok(())
}
