//! One row of a billing file as a charge, or all that is wrong with it.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::amount::Billed;
use super::cells::{CellValue, charge_category, charge_class, currency, number, quantity, service_category};
use super::finding::{CellError, Findings, RowError};
use super::focus::{ChargeCategory, Column, Mode, ServiceCategory};
use super::header::Header;
use super::instants;
use super::months::{ChargePeriod, MONTHS_MAX};
use crate::domain::Date;

/// The most bytes of a cell that is kept.
pub const CELL_BYTES_MAX: usize = 1_024;
/// The currency of the ledger.
pub const CNY: &str = "CNY";

/// A row that does not count, and as much as can be told of where it belongs: its month is incomplete without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// All that is wrong with it.
    pub errors: Vec<RowError>,
    /// When its charge period begins, where that can be read.
    pub charged_from: Option<DateTime<Utc>>,
    /// When its billing period begins, where that can be read.
    pub billed_from: Option<DateTime<Utc>>,
}

impl RefusedRow {
    /// A row of which nothing can be read.
    pub fn unread(row: u32, code: CellError) -> Self {
        Self { errors: vec![RowError::of_row(row, code)], charged_from: None, billed_from: None }
    }
}

/// A charge of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The row's number in its file, from 1, the header not counted.
    pub row: u32,
    /// Who provides the service.
    pub provider: String,
    pub billing_account: String,
    pub sub_account: Option<String>,
    pub resource: Option<String>,
    pub sku: Option<String>,
    /// At which of its prices.
    pub sku_price: Option<String>,
    pub service_category: ServiceCategory,
    pub service: String,
    pub region: Option<String>,
    /// Why it is charged.
    pub category: ChargeCategory,
    /// Whether it corrects an earlier charge.
    pub correction: bool,
    /// The row that it corrects, where it says one.
    pub corrects: Option<String>,
    /// The row's own id, where it has one.
    pub row_id: Option<String>,
    pub description: Option<String>,
    pub period: ChargePeriod,
    /// When its billing period begins: with the contract's provider what tells the delivery that it is of.
    pub billed_from: DateTime<Utc>,
    /// The last day of its billing period, in UTC as bills are.
    pub billed_on: Date,
    /// ISO 4217.
    pub currency: String,
    pub billed: Billed,
    /// The quantity that is priced, as it is written.
    pub pricing_quantity: Option<String>,
    pub pricing_unit: Option<String>,
    /// The quantity that was used, as it is written.
    pub consumed_quantity: Option<String>,
    pub consumed_unit: Option<String>,
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
            &self.billed_from.timestamp().to_string(),
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
    readings: &'h mut Findings,
    charged_from: Option<DateTime<Utc>>,
    billed_from: Option<DateTime<Utc>>,
}

impl Reader<'_, '_> {
    fn wrong(&mut self, column: Column, code: CellError) {
        self.errors.push(RowError { row: self.row, column: Some(column.name()), code, found: None });
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

    /// What tells who charges for what and no amount depends on: empty where a lenient reading finds nothing, as in the
    /// credits of some clouds.
    fn named(&mut self, column: Column) -> String {
        if self.mode == Mode::Strict || self.header.cell(self.cells, column).is_some() {
            return self.needed(column);
        }
        self.nothing(column, "");
        String::new()
    }

    /// Tells that a column says nothing, and what it is read as.
    fn nothing(&mut self, column: Column, read_as: &str) {
        let column = Some(column.name());
        let error = RowError { row: self.row, column, code: CellError::ValueMissing, found: None };
        self.readings.read_as(&error, || read_as.to_owned());
    }

    /// What a service is for; one that a lenient reading finds nothing of is something else.
    fn service_category(&mut self) -> Option<ServiceCategory> {
        let (column, other) = (Column::ServiceCategory, ServiceCategory::Other);
        if self.mode == Mode::Lenient && self.header.cell(self.cells, column).is_none() {
            self.nothing(column, other.as_str());
            return Some(other);
        }
        self.parsed(column, service_category, |category| category.as_str().to_owned())
    }

    /// A value of the specification. What is written otherwise and can be read is an error where the file is taken
    /// strictly, else a reading.
    fn parsed<T: Clone>(
        &mut self,
        column: Column,
        parse: impl FnOnce(&str) -> Result<CellValue<T>, CellError>,
        shown: impl FnOnce(T) -> String,
    ) -> Option<T> {
        let before = self.errors.len();
        let cell = self.needed(column);
        if self.errors.len() > before {
            return None;
        }
        let error =
            |row, code| RowError { row, column: Some(column.name()), code, found: Some(cell.clone()) };
        match parse(&cell) {
            Ok(CellValue { value, odd: None }) => Some(value),
            Ok(CellValue { value, odd: Some(code) }) if self.mode == Mode::Lenient => {
                let read = value.clone();
                self.readings.read_as(&error(self.row, code), || shown(read));
                Some(value)
            }
            Ok(CellValue { odd: Some(code), .. }) | Err(code) => {
                self.errors.push(error(self.row, code));
                None
            }
        }
    }

    fn number(&mut self, column: Column) -> Option<Billed> {
        self.parsed(column, number, |value| value.to_string())
    }

    fn instant(&mut self, column: Column) -> Option<DateTime<Utc>> {
        let read = |cell: &str| instants::read(cell).map(|(value, odd)| CellValue { value, odd });
        self.parsed(column, read, |at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// Two instants, the later one not counted.
    fn period(
        &mut self,
        (from, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        end: Column,
    ) -> Option<ChargePeriod> {
        let period = ChargePeriod { start: from?, end: until? };
        if period.start >= period.end {
            self.wrong(end, CellError::PeriodBackwards);
            return None;
        }
        Some(period)
    }

    fn correction(&mut self) -> bool {
        let column = Column::ChargeClass;
        let said = self.header.cell(self.cells, column).is_some();
        said && self.parsed(column, charge_class, |class| class.as_str().to_owned()).is_some()
    }

    /// What only a strict reading looks at.
    fn strict(&mut self) {
        for column in [Column::ContractedCost, Column::EffectiveCost, Column::ListCost] {
            self.number(column);
        }
        self.needed(Column::InvoiceIssuer);
        // a publisher is never left out; since FOCUS 1.3 a service on nobody's infrastructure has no host, nor has a tax
        if self.header.names_hosts() {
            self.optional(Column::Publisher);
        } else {
            self.needed(Column::Publisher);
        }
    }
}

/// Reads a row. What is written otherwise than the specification has it, and was read, is added to the readings.
/// Errors: all that is wrong with it.
pub fn read(
    header: &Header,
    cells: &[&str],
    (row, mode): (u32, Mode),
    readings: &mut Findings,
) -> Result<Charge, RefusedRow> {
    if cells.len() != header.width() {
        return Err(RefusedRow::unread(row, CellError::RowRagged));
    }
    let (errors, charged_from, billed_from) = (Vec::new(), None, None);
    let mut reader = Reader { header, cells, mode, row, errors, readings, charged_from, billed_from };
    let charge = charge(&mut reader);
    if mode == Mode::Strict {
        reader.strict();
    }
    let Reader { errors, charged_from, billed_from, .. } = reader;
    match charge {
        Some(charge) if errors.is_empty() => Ok(charge),
        Some(_) | None => Err(RefusedRow { errors, charged_from, billed_from }),
    }
}

fn charge(reader: &mut Reader<'_, '_>) -> Option<Charge> {
    use Column as C;
    let billed = reader.number(C::BilledCost);
    let currency = reader.parsed(C::BillingCurrency, currency, |text| text);
    let service_category = reader.service_category();
    let category = reader.parsed(C::ChargeCategory, charge_category, |category| category.as_str().to_owned());
    reader.charged_from = reader.instant(C::ChargePeriodStart);
    let charged = (reader.charged_from, reader.instant(C::ChargePeriodEnd));
    let period = reader.period(charged, C::ChargePeriodEnd);
    // in whichever zone, a period touches at most a month more than it does in UTC
    if period.is_some_and(|period| period.months(chrono_tz::UTC).nth(MONTHS_MAX - 1).is_some()) {
        reader.wrong(C::ChargePeriodEnd, CellError::PeriodTooLong);
    }
    reader.billed_from = reader.instant(C::BillingPeriodStart);
    let billed_for = (reader.billed_from, reader.instant(C::BillingPeriodEnd));
    let bill = reader.period(billed_for, C::BillingPeriodEnd);
    let billed_on = bill.and_then(|bill| bill.end.checked_sub_signed(chrono::TimeDelta::seconds(1)));
    let (provider, billing_account) = (reader.named(C::Provider), reader.named(C::BillingAccountId));
    let (service, correction) = (reader.named(C::ServiceName), reader.correction());
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
        billed_from: bill?.start,
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
