//! Prefunds 预拨: money that is paid to a bank ahead, out of which it deducts the subsidy from what its borrowers owe as
//! interest; the enterprise pays net.
//!
//! A prefund is proposed, then approved by another person, which posts it, or rejected; one that was posted in error is
//! reversed. Each programme, bank and fiscal year has an account ([`PrefundYear`]): opening + paid − deducted − rolled −
//! returned = left, never below zero in all. A claim for interest whose rules prefund is a deduction from the account of
//! the year in which its approval counts, by funding level. Once a year the account is trued up ([`true_up`]); from then
//! on it takes nothing more.
pub mod rules;
pub mod true_up;

use serde::{Deserialize, Serialize};

use crate::domain::dates::FiscalYear;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{
    CreditCode, Date, Line, Money, PrefundId, ProgrammeCode, Revision, Subject, TextHash, TrueUpId,
    WrongState,
};
use crate::ledger::{Dimensions, Part};

/// Where a prefund is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum PrefundStatus {
    /// It waits for another person.
    Proposed,
    /// Paid to the bank and posted.
    Approved,
    Rejected,
    Reversed,
}

/// Money that is paid to a bank ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefund {
    pub id: PrefundId,
    pub programme: ProgrammeCode,
    pub bank: CreditCode,
    /// CNY.
    pub amount: Money,
    /// For the deductions of which year.
    pub fiscal_year: FiscalYear,
    /// The document that orders it.
    pub document: Line,
    /// Where it is in its life.
    pub status: PrefundStatus,
    /// The amount by funding level, from its approval on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The day it counts from; that of its approval where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Prefund {
    /// Out of which account the bank deducts.
    pub fn key(&self) -> PrefundYearKey {
        PrefundYearKey { programme: self.programme.clone(), bank: self.bank, year: self.fiscal_year }
    }
}

/// What a bank has of a programme's prefunds, for the deductions of which year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrefundYearKey {
    pub programme: ProgrammeCode,
    pub bank: CreditCode,
    /// Which year.
    pub year: FiscalYear,
}

impl PrefundYearKey {
    /// What every line about the bank's prefund carries.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions::of(&self.programme, self.bank, self.year)
    }

    /// The account of the year after; none after the last year of the calendar.
    pub fn next(&self) -> Option<Self> {
        let year = FiscalYear::new(self.year.number().saturating_add(1)).ok()?;
        Some(Self { year, ..self.clone() })
    }
}

/// What a bank has of a programme's prefunds for a year: opening + paid − deducted − rolled − returned = left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefundYear {
    pub programme: ProgrammeCode,
    pub bank: CreditCode,
    /// Which year.
    pub fiscal_year: FiscalYear,
    /// CNY that was left of the year before and rolled into this one.
    pub opening: Money,
    /// CNY that was paid to the bank.
    pub paid: Money,
    /// CNY that the bank deducted, less what it was given back; below zero where that is more.
    pub deducted: Money,
    /// CNY that was left and rolled into the next year.
    pub rolled: Money,
    /// CNY that was left and came back.
    pub returned: Money,
    /// What is left by funding level; never below zero in all. A level alone may be: the largest remainder of many
    /// deductions can give it a fen more than that of the prefund.
    pub left: Vec<Part>,
    /// The first day on which anything was there to deduct from.
    pub since: Date,
    /// The last day on which anything was posted.
    pub newest: Date,
    /// The true-up that waits, or that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub true_up: Option<TrueUpId>,
    /// Whether it was approved: the year takes nothing more.
    pub closed: bool,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl PrefundYear {
    pub fn key(&self) -> PrefundYearKey {
        PrefundYearKey { programme: self.programme.clone(), bank: self.bank, year: self.fiscal_year }
    }
}

/// `POST /prefunds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposePrefund {
    /// The id that the edge made.
    pub id: PrefundId,
    pub programme: ProgrammeCode,
    pub bank: CreditCode,
    /// CNY.
    pub amount: Amount,
    /// For the deductions of which year.
    pub fiscal_year: FiscalYear,
    /// The document that orders it.
    pub document: Line,
    /// The day it counts from; that of its approval where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
}

impl ProposePrefund {
    /// Out of which account the bank will deduct.
    pub fn key(&self) -> PrefundYearKey {
        PrefundYearKey { programme: self.programme.clone(), bank: self.bank, year: self.fiscal_year }
    }
}

/// `POST /prefunds/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovePrefund {
    pub id: PrefundId,
}

/// `POST /prefunds/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectPrefund {
    pub id: PrefundId,
    pub reason: TextHash,
}

/// Why nothing is prefunded, deducted or trued up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PrefundError {
    #[error("{bank_reference} is the reference of true-up {true_up}")]
    ReturnReferenceUsed {
        /// JSON pointer of the reference.
        pointer: &'static str,
        bank_reference: Line,
        /// Of which true-up money came back under it.
        true_up: TrueUpId,
    },
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The rules in force pay claims one by one.
    #[error("programme {programme} does not prefund")]
    PrefundNotAllowed {
        programme: ProgrammeCode,
        /// Where the body names it; none where the path names the prefund.
        #[serde(skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
    },
    /// The bank has less than that left of the year's prefunds.
    #[error("{left} is left of {fiscal_year}")]
    PrefundExhausted {
        fiscal_year: String,
        /// CNY.
        left: Money,
        /// CNY that was asked for.
        requested: Money,
    },
    /// The year was settled with the bank: it takes nothing more.
    #[error("{fiscal_year} is trued up")]
    PrefundTruedUp { fiscal_year: String },
    #[error("nothing was prefunded for {fiscal_year}")]
    NothingPrefunded { fiscal_year: String },
    #[error("true-up {true_up} waits")]
    TrueUpPending { true_up: TrueUpId },
    /// The bank states another figure than the ledger has.
    #[error("{stated} is stated, {ours} is in the ledger")]
    StatementDiffers {
        pointer: String,
        /// CNY in the ledger.
        ours: Money,
        /// CNY as the bank states it.
        stated: Money,
        /// CNY, what is stated less what is in the ledger.
        difference: Money,
    },
    #[error("{left} was left, {now} is left now")]
    TrueUpStale {
        /// CNY that was left when it was proposed.
        left: Money,
        /// CNY that is left now.
        now: Money,
    },
    #[error("nothing is left of {fiscal_year}")]
    NothingToReturn { fiscal_year: String },
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded! {
    PrefundError:
    ReturnReferenceUsed WrongState PrefundNotAllowed PrefundExhausted PrefundTruedUp NothingPrefunded
    TrueUpPending StatementDiffers TrueUpStale NothingToReturn AmountOutOfRange
}

impl From<OutOfRange> for PrefundError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}
