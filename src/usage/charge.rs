//! One row of a billing file as a charge, or all that is wrong with it.

use chrono::{DateTime, NaiveDateTime, Utc};
use sha2::{Digest, Sha256};

use super::amount::Billed;
use super::focus::{ChargeCategory, Column, Mode, Need, ServiceCategory};
use super::months::{ChargePeriod, MONTHS_MAX};
use super::{CellError, RowError};
use crate::domain::Date;

/// The most bytes of a cell that is kept.
pub const CELL_BYTES_MAX: usize = 1_024;
/// The currency of the ledger.
pub const CNY: &str = "CNY";

/// Where the columns that are read stand in a file.
#[derive(Debug, Clone)]
pub struct Header {
    places: Vec<Option<usize>>,
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
}

impl Header {
    /// Finds the columns. Errors: all that are missing or repeated.
    pub fn read(names: &[&str], mode: Mode) -> Result<Self, Vec<HeaderError>> {
        let (mut places, mut errors) = (Vec::new(), Vec::new());
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
            let needed = match column.need() {
                Need::Always => true,
                Need::Strict => mode == Mode::Strict,
                Need::Never => false,
            };
            match found.as_slice() {
                [] if needed => errors.push(HeaderError::Missing(column)),
                [] => {}
                [_] => {}
                [_, _, ..] => errors.push(HeaderError::Repeated(column)),
            }
            places.push(found.first().copied());
        }
        if errors.is_empty() { Ok(Self { places, width: names.len() }) } else { Err(errors) }
    }

    /// How many cells a row has.
    pub const fn width(&self) -> usize {
        self.width
    }

    fn cell<'r>(&self, cells: &[&'r str], column: Column) -> Option<&'r str> {
        let place = Column::ALL.iter().position(|one| *one == column)?;
        let cell = cells.get(self.places.get(place).copied().flatten()?)?.trim();
        (!cell.is_empty() && cell != "NULL" && cell != "null").then_some(cell)
    }
}

/// A charge of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The row's number in its file, from 1, the header not counted.
    pub row: u32,
    /// Who provides the service.
    pub provider: String,
    /// The account that is billed.
    pub billing_account: String,
    /// The account within it.
    pub sub_account: Option<String>,
    /// What is charged for.
    pub resource: Option<String>,
    /// What was sold.
    pub sku: Option<String>,
    /// At which of its prices.
    pub sku_price: Option<String>,
    /// What the service is for.
    pub service_category: ServiceCategory,
    /// The service.
    pub service: String,
    /// Where.
    pub region: Option<String>,
    /// Why it is charged.
    pub category: ChargeCategory,
    /// Whether it corrects an earlier charge.
    pub correction: bool,
    /// The row that it corrects, where it says one.
    pub corrects: Option<String>,
    /// The row's own id, where it has one.
    pub row_id: Option<String>,
    /// In words.
    pub description: Option<String>,
    /// When.
    pub period: ChargePeriod,
    /// The last day of its billing period, in UTC as bills are.
    pub billed_on: Date,
    /// ISO 4217.
    pub currency: String,
    /// How much.
    pub billed: Billed,
    /// The quantity that is priced, as it is written.
    pub pricing_quantity: Option<String>,
    /// Its unit.
    pub pricing_unit: Option<String>,
    /// The quantity that was used, as it is written.
    pub consumed_quantity: Option<String>,
    /// Its unit.
    pub consumed_unit: Option<String>,
    /// The invoice that it is on.
    pub invoice: Option<String>,
}

impl Charge {
    /// What tells a charge from all others: everything that identifies it and what it comes to. Rows that are equal in
    /// all of this are told apart by their place among their equals in one file, so that two equal rows of a file both
    /// count and the same file once more, or one that overlaps it, counts nothing twice.
    pub fn identity(&self) -> [u8; 32] {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let (start, end) = (self.period.start.timestamp(), self.period.end.timestamp());
        digest(&[
            "charge/1",
            &self.provider,
            &self.billing_account,
            &optional(&self.sub_account),
            &optional(&self.resource),
            &optional(&self.sku),
            &optional(&self.sku_price),
            self.service_category.as_str(),
            &self.service,
            &optional(&self.region),
            self.category.as_str(),
            if self.correction { "Correction" } else { "" },
            &optional(&self.corrects),
            &optional(&self.row_id),
            &optional(&self.description),
            &start.to_string(),
            &end.to_string(),
            &self.billed_on.to_string(),
            &self.currency,
            &self.billed.to_string(),
            &optional(&self.pricing_quantity),
            &optional(&self.pricing_unit),
            &optional(&self.consumed_quantity),
            &optional(&self.consumed_unit),
            &optional(&self.invoice),
        ])
    }

    /// What a correction may name instead of a row: the same resource, SKU and charge period. None where neither
    /// resource nor SKU is said.
    pub fn subject(&self) -> Option<[u8; 32]> {
        if self.resource.is_none() && self.sku.is_none() {
            return None;
        }
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let (start, end) = (self.period.start.timestamp(), self.period.end.timestamp());
        let (resource, sku) = (optional(&self.resource), optional(&self.sku));
        Some(digest(&["subject/1", &resource, &sku, &start.to_string(), &end.to_string()]))
    }
}

/// SHA-256 over texts, each with its length before it.
pub fn digest<T: AsRef<str>>(parts: &[T]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        let part = part.as_ref().as_bytes();
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

struct Reader<'h, 'r> {
    header: &'h Header,
    cells: &'h [&'r str],
    mode: Mode,
    row: u32,
    errors: Vec<RowError>,
}

impl Reader<'_, '_> {
    fn wrong(&mut self, column: Column, code: CellError) {
        self.errors.push(RowError { row: self.row, column: Some(column.name()), code });
    }

    fn optional(&mut self, column: Column) -> Option<String> {
        let cell = self.header.cell(self.cells, column)?;
        if cell.len() > CELL_BYTES_MAX {
            self.wrong(column, CellError::ValueTooLong);
            return None;
        }
        if cell.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.wrong(column, CellError::InvalidText);
            return None;
        }
        Some(cell.to_owned())
    }

    /// What a row cannot do without; empty once it is reported.
    fn needed(&mut self, column: Column) -> String {
        let before = self.errors.len();
        let found = self.optional(column);
        if found.is_none() && self.errors.len() == before {
            self.wrong(column, CellError::ValueMissing);
        }
        found.unwrap_or_default()
    }

    fn parsed<T>(
        &mut self,
        column: Column,
        code: CellError,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let before = self.errors.len();
        let cell = self.needed(column);
        if self.errors.len() > before {
            return None;
        }
        let value = parse(&cell);
        if value.is_none() {
            self.wrong(column, code);
        }
        value
    }

    fn instant(&mut self, column: Column) -> Option<DateTime<Utc>> {
        let mode = self.mode;
        self.parsed(column, CellError::InvalidDatetime, |cell| instant(cell, mode))
    }

    /// Two instants, the later one not counted.
    fn period(&mut self, start: Column, end: Column) -> Option<ChargePeriod> {
        let (from, until) = (self.instant(start), self.instant(end));
        let period = ChargePeriod { start: from?, end: until? };
        if period.start >= period.end {
            self.wrong(end, CellError::PeriodBackwards);
            return None;
        }
        Some(period)
    }

    fn correction(&mut self) -> bool {
        match self.optional(Column::ChargeClass).as_deref() {
            None => false,
            Some("Correction") => true,
            Some(_) => {
                self.wrong(Column::ChargeClass, CellError::ValueUnknown);
                false
            }
        }
    }

    /// What only a strict reading looks at.
    fn strict(&mut self) {
        for column in [Column::ContractedCost, Column::EffectiveCost, Column::ListCost] {
            self.parsed(column, CellError::InvalidNumber, |cell| Billed::parse(cell).ok());
        }
        for column in [Column::InvoiceIssuer, Column::Publisher] {
            self.needed(column);
        }
    }
}

/// A date and time as FOCUS writes it, `2024-09-01T00:00:00Z`; in a lenient reading also `2024-09-01 00:00:00`, UTC.
fn instant(text: &str, mode: Mode) -> Option<DateTime<Utc>> {
    let read = |form| NaiveDateTime::parse_from_str(text, form).ok().map(|at| at.and_utc());
    let shape = |separator: u8, ending: &[u8]| {
        let (head, tail) = text.as_bytes().split_at_checked(19).unwrap_or_default();
        let plain = |(at, byte): (usize, &u8)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == separator,
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        };
        !head.is_empty() && head.iter().enumerate().all(plain) && tail == ending
    };
    let at = if shape(b'T', b"Z") {
        read("%Y-%m-%dT%H:%M:%SZ")
    } else if mode == Mode::Lenient && shape(b' ', b"") {
        read("%Y-%m-%d %H:%M:%S")
    } else {
        None
    };
    let years = DateTime::from_timestamp(946_684_800, 0)?..DateTime::from_timestamp(4_102_444_800, 0)?;
    at.filter(|at| years.contains(at))
}

fn currency(text: &str) -> Option<String> {
    let plain = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    plain.then(|| text.to_owned())
}

/// A quantity in one form, however many zeros it is written with; what is none stays as it is.
fn quantity(text: Option<String>) -> Option<String> {
    text.map(|text| Billed::parse(&text).map_or(text, |quantity| quantity.to_string()))
}

/// Reads a row. Errors: all that is wrong with it.
pub fn read(header: &Header, cells: &[&str], row: u32, mode: Mode) -> Result<Charge, Vec<RowError>> {
    if cells.len() != header.width() {
        return Err(vec![RowError { row, column: None, code: CellError::RowRagged }]);
    }
    let mut reader = Reader { header, cells, mode, row, errors: Vec::new() };
    let charge = charge(&mut reader);
    if mode == Mode::Strict {
        reader.strict();
    }
    match (charge, reader.errors) {
        (Some(charge), errors) if errors.is_empty() => Ok(charge),
        (_, errors) => Err(errors),
    }
}

fn charge(reader: &mut Reader<'_, '_>) -> Option<Charge> {
    use Column as C;
    let billed = reader.parsed(C::BilledCost, CellError::InvalidNumber, |cell| Billed::parse(cell).ok());
    let currency = reader.parsed(C::BillingCurrency, CellError::InvalidCurrency, currency);
    let service_category = reader.parsed(C::ServiceCategory, CellError::ValueUnknown, ServiceCategory::find);
    let category = reader.parsed(C::ChargeCategory, CellError::ValueUnknown, ChargeCategory::find);
    let period = reader.period(C::ChargePeriodStart, C::ChargePeriodEnd);
    // in whichever zone, a period touches at most a month more than it does in UTC
    if period.is_some_and(|period| period.months(chrono_tz::UTC).nth(MONTHS_MAX - 1).is_some()) {
        reader.wrong(C::ChargePeriodEnd, CellError::PeriodTooLong);
    }
    let bill = reader.period(C::BillingPeriodStart, C::BillingPeriodEnd);
    let billed_on = bill.and_then(|bill| bill.end.checked_sub_signed(chrono::TimeDelta::seconds(1)));
    let (provider, billing_account) = (reader.needed(C::Provider), reader.needed(C::BillingAccountId));
    let (service, correction) = (reader.needed(C::ServiceName), reader.correction());
    let mut optional = |column| reader.optional(column);
    let (sub_account, resource, sku) =
        (optional(C::SubAccountId), optional(C::ResourceId), optional(C::SkuId));
    let (sku_price, region, invoice) =
        (optional(C::SkuPriceId), optional(C::RegionId), optional(C::InvoiceId));
    let (row_id, corrects, description) =
        (optional(C::RowId), optional(C::CorrectsRowId), optional(C::ChargeDescription));
    let (pricing_quantity, pricing_unit) = (quantity(optional(C::PricingQuantity)), optional(C::PricingUnit));
    let (consumed_quantity, consumed_unit) =
        (quantity(optional(C::ConsumedQuantity)), optional(C::ConsumedUnit));
    Some(Charge {
        row: reader.row,
        provider,
        billing_account,
        sub_account,
        resource,
        sku,
        sku_price,
        service_category: service_category?,
        service,
        region,
        category: category?,
        correction,
        corrects: corrects.filter(|_| correction),
        row_id,
        description,
        period: period?,
        billed_on: Date::from_naive(billed_on?.date_naive()),
        currency: currency?,
        billed: billed?,
        pricing_quantity,
        pricing_unit,
        consumed_quantity,
        consumed_unit,
        invoice,
    })
}
