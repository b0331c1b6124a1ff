//! Metered usage 计量用量: what providers billed for a contract, row by row, from FOCUS files.
//!
//! Rows stand outside the log, under the digest that the import's leaf names; the leaf says what they come to, by month
//! and service category, exactly. A row counts once: a file that was imported before, or overlaps one, adds only what
//! is new in it. A correction is a row like any other, with its own sign, that names the row it corrects.

pub mod amount;
pub mod api;
pub mod charge;
pub mod errors_api;
pub mod focus;
pub mod months;
pub mod queries;
pub mod rules;
pub mod store;

use serde::{Deserialize, Serialize};

pub use amount::{Billed, Metered};
pub use focus::{ChargeCategory, Mode, ServiceCategory};

use crate::domain::{
    ContentHash, Date, Label, Money, Month, NamedInvoice, Percent, RentalId, Revision, Subject, UsageImportId,
};

/// What is wrong with a row or a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellError {
    /// More or fewer cells than the header has.
    RowRagged,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// Nothing where something must be.
    ValueMissing,
    /// None of the values that the specification knows.
    ValueUnknown,
    /// More bytes than are kept.
    ValueTooLong,
    /// A control character.
    InvalidText,
    /// No number, or one with more digits than are kept.
    InvalidNumber,
    /// No date and time of the form that the mode takes.
    InvalidDatetime,
    /// A period that ends before it begins, or with it.
    PeriodBackwards,
    /// A charge period of more months than are kept.
    PeriodTooLong,
    /// No currency's three letters.
    InvalidCurrency,
    /// No rate from its currency to CNY is in force on the last day of its billing period.
    ExchangeRateMissing,
    /// A correction that names no row of the file or of the contract's usage.
    CorrectionNamesNothing,
}

impl CellError {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RowRagged => "row_ragged",
            Self::NotUtf8 => "not_utf8",
            Self::ValueMissing => "value_missing",
            Self::ValueUnknown => "value_unknown",
            Self::ValueTooLong => "value_too_long",
            Self::InvalidText => "invalid_text",
            Self::InvalidNumber => "invalid_number",
            Self::InvalidDatetime => "invalid_datetime",
            Self::PeriodBackwards => "period_backwards",
            Self::PeriodTooLong => "period_too_long",
            Self::InvalidCurrency => "invalid_currency",
            Self::ExchangeRateMissing => "exchange_rate_missing",
            Self::CorrectionNamesNothing => "correction_names_nothing",
        }
    }
}

/// What is wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowError {
    /// The row's number, from 1, the header not counted.
    pub row: u32,
    /// The column; none where the row itself is wrong.
    pub column: Option<&'static str>,
    /// What.
    pub code: CellError,
}

/// What the rows of a month and service category come to, corrections netted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageTotal {
    /// The agency's month.
    pub month: Month,
    /// What the services are for.
    pub service_category: ServiceCategory,
    /// CNY, exact.
    pub amount: Metered,
}

/// What rows that name an invoice come to in a month, corrections netted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceTotal {
    /// As the rows name it.
    pub invoice: NamedInvoice,
    /// The agency's month.
    pub month: Month,
    /// CNY, exact.
    pub amount: Metered,
}

/// A rate that amounts were converted at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UsedRate {
    /// Such as `USD/CNY`.
    pub name: Label,
    /// From which day it is in force.
    pub date: Date,
    /// CNY for one of the currency.
    pub percent: Percent,
}

/// `POST /rentals/{id}/usage`, when the rows are staged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportUsage {
    /// The id that the edge made.
    pub id: UsageImportId,
    /// The contract.
    pub rental: RentalId,
    /// How many imports the contract had when the rows were compared with what it has: the rows are new after these.
    pub after: u32,
    /// How the file was taken.
    pub mode: Mode,
    /// The digest of the file.
    pub sha256: ContentHash,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that count.
    pub accepted: u32,
    /// Rows that counted already.
    pub repeated: u32,
    /// Rows that are wrong.
    pub rejected: u32,
    /// The digest of the rows that count, as they are stored.
    pub rows_sha256: ContentHash,
    /// The rates that they were converted at.
    pub rates: Vec<UsedRate>,
    /// What they come to.
    pub totals: Vec<UsageTotal>,
    /// What they come to by the invoice that they name, where that is one that could be brought; none where nobody told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoices: Option<Vec<InvoiceTotal>>,
}

/// A file that was imported. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageImport {
    /// Its id.
    pub id: UsageImportId,
    /// The contract.
    pub rental: RentalId,
    /// How the file was taken.
    pub mode: Mode,
    /// The digest of the file.
    pub sha256: ContentHash,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that count.
    pub accepted: u32,
    /// Rows that counted already.
    pub repeated: u32,
    /// Rows that are wrong.
    pub rejected: u32,
    /// The digest of the rows that count.
    pub rows_sha256: ContentHash,
    /// CNY that they come to, exact.
    pub billed: Metered,
    /// The same to the fen.
    pub billed_total: Money,
    /// Who brought it.
    pub created_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What was used on a contract: what all its imports come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentalUsage {
    /// The contract.
    pub rental: RentalId,
    /// How many imports there are.
    pub imports: u32,
    /// By month and service category, in this order.
    pub totals: Vec<UsageTotal>,
    /// By invoice and month, in this order; none where an import did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoices: Option<Vec<InvoiceTotal>>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// Why usage is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum UsageError {
    /// Another import of the contract came between.
    #[error("another import came between")]
    UsageMoved,
    /// The rows come to more months and service categories than are kept.
    #[error("more than {limit} months and service categories")]
    UsageTotalsTooMany {
        /// How many are kept.
        limit: u32,
    },
    /// The rows name more invoices in more months than are kept.
    #[error("more than {limit} invoices and months")]
    UsageInvoicesTooMany {
        /// How many are kept.
        limit: u32,
    },
    /// Nothing was metered in the period.
    #[error("nothing was metered in the period")]
    UsageMissing {
        /// Where usage is asked for.
        pointer: String,
    },
    /// The rows come to more than can be counted.
    #[error("the amounts are out of range")]
    UsageOutOfRange,
    /// No such rate is loaded.
    #[error("{name} of {date} is not loaded")]
    UsageRateUnknown {
        /// Which rate.
        name: Label,
        /// Of which day.
        date: Date,
    },
}
