//! The header of a billing file: where the columns that are read stand, or whose own export it is instead.

use super::finding::{CellError, Findings, RowError};
use super::focus::{Column, Mode, Need};

/// Where the columns that are read stand in a file.
#[derive(Debug, Clone)]
pub struct Header {
    places: Vec<Option<usize>>,
    left_out: Vec<Column>,
    width: usize,
}

/// Why a file's first line is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// A column that is needed is missing.
    Missing(Column),
    /// A column stands there more than once.
    Repeated(Column),
    /// A column of amounts in floating point, of a file that is taken strictly.
    Inexact(Column),
    /// It is no FOCUS file but a provider's own export, by its columns.
    Native(&'static str),
}

/// What providers call their own exports, and the columns by which each is known: FOCUS has none of them.
const NATIVE: &[(&str, &[&str])] = &[
    ("Azure EA export", &["CostInBillingCurrency", "MeterCategory"]),
    ("Azure EA export", &["ExtendedCost", "MeterCategory"]),
    ("Azure MCA export", &["costInBillingCurrency", "meterCategory"]),
    ("AWS Cost and Usage Report", &["lineItem/UsageAccountId"]),
    ("AWS Cost and Usage Report", &["line_item_usage_account_id"]),
    ("Google Cloud billing export", &["billing_account_id", "usage_start_time"]),
    ("Google Cloud cost table", &["Billing account ID", "SKU ID"]),
    ("Alibaba Cloud bill (阿里云账单)", &["产品Code", "应付金额"]),
    ("Alibaba Cloud bill (阿里云账单)", &["ProductCode", "PretaxAmount"]),
    ("Tencent Cloud bill (腾讯云账单)", &["产品名称", "优惠后总价"]),
    ("Tencent Cloud bill (腾讯云账单)", &["BusinessCodeName", "RealTotalCost"]),
    ("Huawei Cloud bill (华为云账单)", &["云服务类型名称", "应付金额"]),
];

impl Header {
    /// Finds the columns. Errors: whose export it is where it is none of FOCUS, else all columns that are missing or
    /// repeated.
    pub fn read(names: &[&str], mode: Mode) -> Result<Self, Vec<HeaderError>> {
        let (mut places, mut left_out, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for column in Column::ALL.iter().copied() {
            let of = |id: &str| {
                names
                    .iter()
                    .enumerate()
                    .filter(move |(_, name)| name.trim() == id)
                    .map(|(at, _)| at)
                    .collect::<Vec<_>>()
            };
            let found =
                column.names().iter().map(|id| of(id)).find(|found| !found.is_empty()).unwrap_or_default();
            match (found.as_slice(), column.need(), mode) {
                ([], Need::Always, _) | ([], Need::Strict, Mode::Strict) => {
                    errors.push(HeaderError::Missing(column));
                }
                ([], Need::Strict, Mode::Lenient) => left_out.push(column),
                ([], Need::Never, _) | ([_], _, _) => {}
                ([_, _, ..], _, _) => errors.push(HeaderError::Repeated(column)),
            }
            places.push(found.first().copied());
        }
        if errors.is_empty() {
            return Ok(Self { places, left_out, width: names.len() });
        }
        let has = |id: &&str| names.iter().any(|name| name.trim() == *id);
        match NATIVE.iter().find(|(_, columns)| columns.iter().all(has)) {
            Some((whose, _)) => Err(vec![HeaderError::Native(whose)]),
            None => Err(errors),
        }
    }

    /// How many cells a row has.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Tells which columns that the specification has in every file this one left out: those that may be empty.
    pub fn tell_left_out(&self, readings: &mut Findings) {
        for column in &self.left_out {
            let (column, code) = (Some(column.name()), CellError::ColumnLeftOut);
            readings.read_as(&RowError { row: 0, column, code, found: None }, || "NULL".to_owned());
        }
    }

    /// What a row says in a column; none where it says nothing.
    pub fn cell<'r>(&self, cells: &[&'r str], column: Column) -> Option<&'r str> {
        let place = Column::ALL.iter().position(|one| *one == column)?;
        let cell = cells.get(self.places.get(place).copied().flatten()?)?.trim();
        (!cell.is_empty() && cell != "NULL" && cell != "null").then_some(cell)
    }
}
