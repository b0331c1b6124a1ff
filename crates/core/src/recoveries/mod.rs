//! Recoveries 追回: money of a paid claim that is to come back.
//!
//! proposed → approved | rejected, by another person; approved → settled, once nothing is outstanding: received, written off, or given back by a later
//! recalculation. As its money comes in, the caps of the claim are free of it; not where it is for fraud. One for fraud
//! blocks the organisation and suspends its vouchers when it is approved. What the same payee is due in the same year can be kept for
//! it: an offset.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::dates::FiscalYear;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{
    ClaimId, CreditCode, Date, Line, Money, ProgrammeCode, RecoveryId, Revision, Subject, TextHash,
    WrongState,
};
use crate::ledger::{Dimensions, ExpenseClass, Part};

/// The most receipts and offsets of a recovery.
pub const RECEIPTS_MAX: usize = 100;

/// Where a recovery is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum RecoveryStatus {
    /// It waits for another person.
    Proposed,
    /// Decided; something is outstanding.
    Approved,
    Settled,
    /// Refused: nothing is asked back.
    Rejected,
}

/// Money that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// CNY.
    pub amount: Money,
    /// On which day.
    pub date: Date,
    /// What the bank calls it.
    pub bank_reference: Line,
    /// Whether its posting was reversed: it counts no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reversed: bool,
}

/// What was kept of a claim that was due to the same payee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryOffset {
    pub claim: ClaimId,
    /// CNY.
    pub amount: Money,
    /// On which day.
    pub date: Date,
}

// serde hands references
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(amount: &Money) -> bool {
    amount.is_zero()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    pub id: RecoveryId,
    pub claim: ClaimId,
    pub programme: ProgrammeCode,
    pub organisation: CreditCode,
    /// Which expense it takes back.
    #[serde(default, skip_serializing_if = "ExpenseClass::is_voucher")]
    pub class: ExpenseClass,
    /// Where it is in its life.
    pub status: RecoveryStatus,
    /// CNY that is to come back.
    pub amount: Money,
    /// CNY that came back or was offset.
    pub received: Money,
    /// CNY that was given up.
    pub written_off: Money,
    /// CNY that is not owed any more because a later recalculation of the claim gave it back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cancelled: Money,
    /// What is outstanding, by funding level.
    pub owed: Vec<Part>,
    /// What came back, in order.
    pub receipts: Vec<Receipt>,
    /// What was kept of claims, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<RecoveryOffset>,
    pub decision_no: Line,
    pub reason: TextHash,
    /// Whether it is for fraud.
    pub fraud: bool,
    /// The fiscal year of the commitment.
    pub fiscal_year: FiscalYear,
    /// The day on which the claim was paid.
    pub paid_on: Date,
    /// The day asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
    /// The day from which the decision counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Date>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Subject>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<TextHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Recovery {
    /// What every line about its money carries.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions::of(&self.programme, self.organisation, self.fiscal_year)
    }
}

/// `POST /recoveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeRecovery {
    /// The id that the edge made.
    pub id: RecoveryId,
    pub claim: ClaimId,
    /// CNY.
    pub amount: Amount,
    pub decision_no: Line,
    pub reason: TextHash,
    /// Whether it is for fraud.
    pub fraud: bool,
    /// The day it counts from; that of its approval where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
}

/// `POST /recoveries/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveRecovery {
    pub id: RecoveryId,
}

/// `POST /recoveries/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectRecovery {
    pub id: RecoveryId,
    pub reason: TextHash,
}

/// `POST /recoveries/{id}/receipts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveRecovery {
    pub id: RecoveryId,
    /// CNY.
    pub amount: Amount,
    /// On which day; the posting counts from it.
    pub date: Date,
    /// What the bank calls it.
    pub bank_reference: Line,
}

/// `POST /recoveries/{id}/offset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetRecovery {
    pub id: RecoveryId,
    pub claim: ClaimId,
    /// CNY; as much as is owed and due where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The day it counts from; the business date where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
}

/// `POST /recoveries/{id}/write-off`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOffRecovery {
    pub id: RecoveryId,
    pub reason: TextHash,
}

/// Why nothing is recovered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RecoveryError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// More than was paid, or more than is still owed.
    #[error("{outstanding} is outstanding")]
    ExceedsOutstanding {
        /// CNY.
        outstanding: Money,
    },
    /// What is due of a claim cannot be kept for this recovery.
    #[error("another {member}")]
    OffsetMismatch {
        /// What is another: `organisation`, `payee`, `programme`, `fiscal_year`.
        member: String,
    },
    /// A receipt of the recovery is called so already.
    #[error("{bank_reference} is recorded")]
    ReceiptRecorded {
        /// JSON pointer of the reference.
        pointer: &'static str,
        bank_reference: Line,
    },
    #[error("at most {limit} receipts")]
    TooManyReceipts { limit: String },
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded! {
    RecoveryError:
    WrongState ExceedsOutstanding OffsetMismatch ReceiptRecorded TooManyReceipts AmountOutOfRange
}

impl From<OutOfRange> for RecoveryError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}
