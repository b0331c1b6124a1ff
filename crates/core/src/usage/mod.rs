//! Metered usage 计量用量: what providers billed for a contract, row by row, from FOCUS files.
//!
//! Rows stand outside the log, under the digest that the import's leaf names; the leaf says what they come to, by
//! billing period, month and service category, exactly. A file whose charge periods meet what counts already of a billing
//! period says whether it replaces or adds; what an added file repeats row by row counts once. A correction is a row like
//! any other, with its own sign, that names the row it corrects.

pub mod amount;
mod cells;
pub mod charge;
pub mod delivery;
pub mod finding;
pub mod focus;
pub mod header;
pub mod imports;
pub mod instants;
pub mod months;
pub mod native;
pub mod rules;

use serde::{Deserialize, Serialize};

pub use amount::{Billed, Metered};
pub use delivery::{CountedPeriod, Delivery, IncompleteMonth, RefusedRows, ReplacedMonth, Span};
pub use finding::{CellError, Finding, Findings, RowError};
pub use focus::{ChargeCategory, Mode, ServiceCategory};

use crate::domain::{
    ContentHash, Date, Label, Money, Month, NamedInvoice, Percent, RentalId, Revision, Sequence, Subject,
    TextHash, UsageImportId, WrongState,
};

/// What the rows of a month and service category come to, corrections netted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageTotal {
    /// The agency's month.
    pub month: Month,
    /// What the services are for.
    pub service_category: ServiceCategory,
    /// CNY, exact.
    pub amount: Metered,
    pub rows: u32,
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
    pub rows: u32,
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
    pub rental: RentalId,
    /// The version of the contract's usage with which the rows were compared; 0 where there was none.
    pub after: Sequence,
    /// How the file was taken.
    pub mode: Mode,
    /// The imports of which it takes the place, in the billing periods that it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<UsageImportId>,
    /// Whether it adds to what counts of the same time; rows that are repeated count once then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adds: bool,
    /// The digest of the file.
    pub sha256: ContentHash,
    pub rows: u32,
    /// Rows that count, or will where somebody has to approve them.
    pub accepted: u32,
    /// Rows that counted already.
    pub repeated: u32,
    /// Rows that are wrong.
    pub rejected: u32,
    /// The digest of the rows that count, as they are stored.
    pub rows_sha256: ContentHash,
    /// The digest of what is wrong with rows, as it is stored.
    pub errors_sha256: ContentHash,
    /// The rates that they were converted at.
    pub rates: Vec<UsedRate>,
    /// What they come to, by billing period.
    pub deliveries: Vec<Delivery>,
    /// What was written otherwise than the specification has it, and what it was read as.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Finding>,
    /// What is wrong, by cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// `POST /rentals/{id}/usage/imports/{import}/approve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveUsageImport {
    pub id: UsageImportId,
    pub rental: RentalId,
}

/// `POST /rentals/{id}/usage/imports/{import}/reject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectUsageImport {
    pub id: UsageImportId,
    pub rental: RentalId,
    pub reason: TextHash,
}

/// Where an import is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ImportStatus {
    Imported,
    /// It would take the place of what claims were filed on: another person has to approve it.
    Proposed,
    /// It was not approved.
    Rejected,
    /// Later imports took the place of all its deliveries.
    Replaced,
}

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageImport {
    pub id: UsageImportId,
    pub rental: RentalId,
    /// Where it is in its life.
    pub status: ImportStatus,
    /// How the file was taken.
    pub mode: Mode,
    /// The imports of which it takes the place.
    pub replaces: Vec<UsageImportId>,
    /// Whether it adds to what counts of the same time.
    pub adds: bool,
    /// The digest of the file.
    pub sha256: ContentHash,
    pub rows: u32,
    pub accepted: u32,
    /// Rows that counted already.
    pub repeated: u32,
    /// Rows that are wrong.
    pub rejected: u32,
    /// The digest of the rows that count.
    pub rows_sha256: ContentHash,
    /// The digest of what is wrong with rows.
    pub errors_sha256: ContentHash,
    /// CNY that they come to, exact.
    pub billed: Metered,
    /// The same to the fen.
    pub billed_total: Money,
    /// What they come to, by billing period.
    pub deliveries: Vec<Delivery>,
    /// What was written otherwise than the specification has it.
    pub readings: Vec<Finding>,
    /// What is wrong, by cause.
    pub findings: Vec<Finding>,
    /// The proposal to replace it that waits.
    pub pending: Option<UsageImportId>,
    /// Everybody who proposed to replace it: none of them approves a replacement of it.
    pub replacement_proposed_by: Vec<Subject>,
    pub created_by: Subject,
    /// Who approved it, where somebody had to.
    pub approved_by: Option<Subject>,
    /// Why it was rejected.
    pub reason: Option<TextHash>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl UsageImport {
    pub fn counting(&self) -> impl Iterator<Item = &Delivery> {
        let counts = matches!(self.status, ImportStatus::Imported | ImportStatus::Replaced);
        self.deliveries.iter().filter(move |one| counts && one.replaced_by.is_none())
    }
}

/// What was used on a contract: what all its imports come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentalUsage {
    pub rental: RentalId,
    /// How many files were brought.
    pub imports: u32,
    /// By month and service category, in this order.
    pub totals: Vec<UsageTotal>,
    /// By invoice and month, in this order.
    pub invoices: Vec<InvoiceTotal>,
    /// What counts, by billing period in their order.
    pub periods: Vec<CountedPeriod>,
    /// Months of which rows were refused, in their order.
    pub incomplete: Vec<IncompleteMonth>,
    /// Months of which usage was replaced, in their order.
    pub replaced: Vec<ReplacedMonth>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl RentalUsage {
    /// Months of a period, both counted, of which rows were refused.
    pub fn incomplete_within(&self, (from, until): (Month, Month)) -> impl Iterator<Item = &IncompleteMonth> {
        self.incomplete.iter().filter(move |one| from <= one.month && one.month <= until)
    }

    /// Whether usage of these months was replaced after a leaf.
    pub fn replaced_after(&self, leaf: Sequence, (from, until): (Month, Month)) -> bool {
        self.replaced.iter().any(|one| from <= one.month && one.month <= until && one.at > leaf)
    }
}

/// Why usage is not imported, or not as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum UsageError {
    #[error("another import came between")]
    UsageMoved,
    #[error("no row of the file can be read")]
    UsageNothingTaken { rejected: u32 },
    /// The file charges for time of a billing period for which another file that counts does already.
    #[error("import {import_id} counts {before} of the same time")]
    DeliveryOverlaps {
        import_id: UsageImportId,
        /// CNY that it counts of the billing periods that both bring.
        before: Money,
        /// CNY that the new file comes to in them.
        after: Money,
        /// What the second is more than the first.
        difference: Money,
    },
    /// What is to be replaced brings nothing that counts in the file's billing periods.
    #[error("import {import_id} counts nothing of the file's billing periods")]
    ReplacesNothing { import_id: UsageImportId },
    #[error("import {import_id} waits to replace it")]
    ReplacementPending { import_id: UsageImportId },
    /// What counts of the billing periods changed since the replacement was proposed.
    #[error("what counts changed since it was proposed")]
    ReplacementStale,
    /// It is in none of the states in which that can be done.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The rows come to more months and service categories than are kept.
    #[error("more than {limit} months and service categories")]
    UsageTotalsTooMany { limit: u32 },
    /// The rows name more invoices in more months than are kept.
    #[error("more than {limit} invoices and months")]
    UsageInvoicesTooMany { limit: u32 },
    #[error("nothing was metered in the period")]
    UsageMissing { pointer: String },
    /// Rows of a month were refused, and no officer said that a claim on it is right nevertheless.
    #[error("rows of a month were refused")]
    UsageIncomplete { months: Vec<Month> },
    /// The rows come to more than can be counted.
    #[error("the amounts are out of range")]
    UsageOutOfRange,
    #[error("{name} of {date} is not loaded")]
    UsageRateUnknown { name: Label, date: Date },
}

crate::domain::coded! {
    UsageError:
    UsageMoved UsageNothingTaken DeliveryOverlaps ReplacesNothing ReplacementPending ReplacementStale
    WrongState UsageTotalsTooMany UsageInvoicesTooMany UsageMissing UsageIncomplete UsageOutOfRange
    UsageRateUnknown
}
