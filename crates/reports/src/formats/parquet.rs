//! Parquet: every column with its type, so that no reader has to guess. Amounts are decimals of 38 digits with two
//! places, instants are of UTC, days are days, all else is UTF-8 text; an empty cell is null. What is to be known about
//! the rows stands in the file's metadata, under the same names as on a workbook's second sheet.

use std::io::Write;
use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType};
use ::parquet::data_type::{Int32Type, Int64Type};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::{Type, TypePtr};
use chrono::NaiveDate;

use super::{Cell, Column, FormatError, Holds};
use subsidy_core::domain::{Date, Instant};

/// Rows that wait in memory to be written together.
const GROUP_ROWS: usize = 16_384;
/// Bytes of a decimal of 38 digits.
const DECIMAL_BYTES: i32 = 16;

/// What waits of a column: the values that are there, and which rows have one.
#[derive(Debug)]
struct Waiting {
    column: Column,
    there: Vec<i16>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Texts(Vec<ByteArray>),
    Amounts(Vec<FixedLenByteArray>),
    Numbers(Vec<i64>),
    Days(Vec<i32>),
}

/// A file whose rows are written group by group.
pub struct Rows<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    waiting: Vec<Waiting>,
}

impl<W: Write + Send> std::fmt::Debug for Rows<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows")
    }
}

impl<W: Write + Send> Rows<W> {
    pub fn begin(columns: &[Column], into: W) -> Result<Self, FormatError> {
        let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
        let schema = Arc::new(Type::group_type_builder("rows").with_fields(fields).build()?);
        let compressed = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
        let writer = SerializedFileWriter::new(into, schema, Arc::new(compressed.build()))?;
        let waiting = columns.iter().map(Waiting::of).collect();
        Ok(Self { writer, waiting })
    }

    pub fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        for (waiting, cell) in self.waiting.iter_mut().zip(cells) {
            waiting.put(cell)?;
        }
        let full = self.waiting.first().is_some_and(|waiting| waiting.there.len() >= GROUP_ROWS);
        if full { self.group() } else { Ok(()) }
    }

    /// What waits, as a group.
    fn group(&mut self) -> Result<(), FormatError> {
        if self.waiting.first().is_none_or(|waiting| waiting.there.is_empty()) {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for waiting in &mut self.waiting {
            let Some(writer) = group.next_column()? else { break };
            waiting.write(writer)?;
        }
        group.close()?;
        Ok(())
    }

    /// The last group and what is to be known about all of them.
    pub fn finish(mut self, about: &[(&'static str, String)]) -> Result<W, FormatError> {
        self.group()?;
        for (name, value) in about {
            self.writer.append_key_value_metadata(KeyValue::new((*name).to_owned(), value.clone()));
        }
        Ok(self.writer.into_inner()?)
    }
}

fn field(column: &Column) -> Result<TypePtr, FormatError> {
    let (physical, logical) = match column.holds {
        Holds::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Holds::Amounts => (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(2, 38))),
        Holds::Counts => (Physical::INT64, None),
        Holds::Days => (Physical::INT32, Some(LogicalType::Date)),
        Holds::Instants => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
    };
    let mut field = Type::primitive_type_builder(column.key(), physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    if column.holds == Holds::Amounts {
        field = field.with_length(DECIMAL_BYTES).with_precision(38).with_scale(2);
    }
    Ok(Arc::new(field.build()?))
}

impl Waiting {
    fn of(column: &Column) -> Self {
        let values = match column.holds {
            Holds::Text => Values::Texts(Vec::new()),
            Holds::Amounts => Values::Amounts(Vec::new()),
            Holds::Counts | Holds::Instants => Values::Numbers(Vec::new()),
            Holds::Days => Values::Days(Vec::new()),
        };
        Self { column: *column, there: Vec::new(), values }
    }

    fn put(&mut self, cell: &Cell) -> Result<(), FormatError> {
        if matches!(cell, Cell::Empty) {
            self.there.push(0);
            return Ok(());
        }
        let refused = || {
            let (column, text) = (self.column.name, format!("{cell:?}"));
            FormatError::Cell { column, text }
        };
        match &mut self.values {
            Values::Texts(values) => values.push(text(cell).as_str().into()),
            Values::Amounts(values) => {
                let Cell::Amount(amount) = cell else { return Err(refused()) };
                values.push(FixedLenByteArray::from(i128::from(amount.fen()).to_be_bytes().to_vec()));
            }
            Values::Numbers(values) => {
                values.push(number(self.column.holds, cell).ok_or_else(refused)?);
            }
            Values::Days(values) => values.push(day(cell).ok_or_else(refused)?),
        }
        self.there.push(1);
        Ok(())
    }

    fn write(&mut self, mut writer: SerializedColumnWriter<'_>) -> Result<(), FormatError> {
        let there = Some(self.there.as_slice());
        match &mut self.values {
            Values::Texts(values) => {
                writer.typed::<ByteArrayType>().write_batch(values, there, None)?;
                values.clear();
            }
            Values::Amounts(values) => {
                writer.typed::<FixedLenByteArrayType>().write_batch(values, there, None)?;
                values.clear();
            }
            Values::Numbers(values) => {
                writer.typed::<Int64Type>().write_batch(values, there, None)?;
                values.clear();
            }
            Values::Days(values) => {
                writer.typed::<Int32Type>().write_batch(values, there, None)?;
                values.clear();
            }
        }
        self.there.clear();
        Ok(writer.close()?)
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Amount(amount) => amount.to_string(),
        Cell::Count(count) => count.to_string(),
        Cell::Empty => String::new(),
    }
}

/// A count, or the microseconds of an instant since 1970.
fn number(holds: Holds, cell: &Cell) -> Option<i64> {
    match (holds, cell) {
        (_, Cell::Count(count)) => Some(*count),
        (Holds::Instants, Cell::Text(text)) => Some(Instant::parse(text).ok()?.utc().timestamp_micros()),
        (_, Cell::Text(text)) => text.parse().ok(),
        (_, Cell::Amount(_) | Cell::Empty) => None,
    }
}

/// Days since 1970.
fn day(cell: &Cell) -> Option<i32> {
    let Cell::Text(text) = cell else { return None };
    let days = Date::parse(text).ok()?.naive().signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;

    use super::*;
    use subsidy_core::domain::Money;

    const COLUMNS: &[Column] = &[
        Column::plain("代码 code", 10),
        Column::counts("序号 sequence", 10),
        Column::days("日期 day", 10),
        Column::instants("时间 at", 10),
        Column::summed("金额 amount", 10),
    ];

    fn row(index: usize) -> Vec<Cell> {
        let amount = Money::from_fen(i64::try_from(index).unwrap() - 3);
        vec![
            if index.is_multiple_of(2) { Cell::Empty } else { Cell::Text(format!("00{index}")) },
            Cell::Text(index.to_string()),
            Cell::Text("2025-02-28".to_owned()),
            Cell::Text("2025-02-28T16:00:00.000001Z".to_owned()),
            Cell::Amount(amount),
        ]
    }

    #[test]
    fn every_row_of_every_group_reads_back_with_its_types() {
        let count = GROUP_ROWS * 2 + 5;
        let mut rows = Rows::begin(COLUMNS, Vec::new()).unwrap();
        for index in 0..count {
            rows.row(&row(index)).unwrap();
        }
        let bytes = rows.finish(&[("行数 rows", count.to_string())]).unwrap();
        let reader = SerializedFileReader::new(hyper::body::Bytes::from(bytes)).unwrap();
        let metadata = reader.metadata().file_metadata();
        assert_eq!(metadata.num_rows(), i64::try_from(count).unwrap());
        assert_eq!(reader.metadata().num_row_groups(), 3);
        let known = metadata.key_value_metadata().unwrap();
        assert!(known.iter().any(|pair| pair.key == "行数 rows" && pair.value == Some(count.to_string())));
        for (index, read) in reader.get_row_iter(None).unwrap().enumerate() {
            let fields: Vec<Field> =
                read.unwrap().into_columns().into_iter().map(|(_, field)| field).collect();
            let [code, sequence, day, at, amount] = fields.as_slice() else { unreachable!() };
            assert_eq!(
                *code,
                if index.is_multiple_of(2) { Field::Null } else { Field::Str(format!("00{index}")) }
            );
            assert_eq!(*sequence, Field::Long(i64::try_from(index).unwrap()));
            assert_eq!(*day, Field::Date(20_147));
            assert_eq!(*at, Field::TimestampMicros(1_740_758_400_000_001));
            let Field::Decimal(amount) = amount else { unreachable!("{amount:?}") };
            assert_eq!((amount.precision(), amount.scale()), (38, 2));
            let fen = i128::from_be_bytes(amount.data().try_into().unwrap());
            assert_eq!(fen, i128::try_from(index).unwrap() - 3);
        }
    }

    #[test]
    fn what_a_column_does_not_hold_is_refused() {
        let mut rows = Rows::begin(COLUMNS, Vec::new()).unwrap();
        for (column, wrong) in [(1, "x"), (2, "2025-02-30"), (3, "noon"), (4, "1.00")] {
            let mut cells = row(1);
            cells.splice(column..=column, [Cell::Text(wrong.to_owned())]);
            assert!(matches!(rows.row(&cells), Err(FormatError::Cell { .. })), "{wrong}");
        }
    }
}
