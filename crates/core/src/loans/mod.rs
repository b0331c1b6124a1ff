//! Loans 贷款: a bank loan with its dated events, and the interest that the bank confirms was paid on it.
//!
//! Events take effect on their date. They are facts: none lies after the business date, none outside the loan's life,
//! and none contradicts those before it. A wrong one is mended by another, never taken out.
pub mod allocations;
pub mod ceiling;
pub mod estimate;
pub mod events;
pub mod rules;
pub mod subsidy;

use serde::{Deserialize, Serialize};

use crate::domain::money::Amount;
use crate::domain::{
    ClaimId, CreditCode, Date, Folded, Label, Line, LoanId, Money, Percent, ProgrammeCode, Revision, Subject,
};
pub use allocations::{BorrowerKey, Holdings, LoanAllocation, LoanAllocations};
pub use events::{Change, LoanEvent, Signed};

/// The most events of a loan: with its confirmations it must fit in a leaf.
pub const EVENTS_MAX: usize = 200;
/// The most periods of which a bank confirms the interest.
pub const CONFIRMATIONS_MAX: usize = 100;
/// The highest contract rate: what is above is a slip of the pen.
pub const RATE_MAX: Percent = Percent::HUNDRED;

/// Days from `from`, counted, to `until`, not counted (算头不算尾).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InterestPeriod {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

impl InterestPeriod {
    /// Whether two periods have a day in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    /// Error: it has no day.
    pub fn check(&self) -> Result<(), LoanError> {
        if self.until <= self.from {
            Err(LoanError::EmptyPeriod { pointer: "/period".to_owned() })
        } else {
            Ok(())
        }
    }
}

/// What a loan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LoanProject)]
pub struct Project {
    /// 项目代码
    pub code: Label,
    /// 项目名称
    pub name: Line,
    /// CNY, 总投资.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub investment: Option<Amount>,
}

/// What the bank says was paid for a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterestPaid {
    /// For which days.
    pub period: InterestPeriod,
    /// CNY of ordinary interest.
    pub interest_paid: Money,
    /// CNY of penalty and compound interest: recorded, never subsidised.
    pub penalty_interest: Money,
    /// The business date of the confirmation.
    pub confirmed_on: Date,
    pub confirmed_by: Subject,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    pub id: LoanId,
    pub organisation: CreditCode,
    pub bank: CreditCode,
    /// The parties' number for it.
    pub loan_no: Line,
    /// Percent a year, as it was signed.
    pub annual_rate_percent: Percent,
    pub signed_on: Date,
    /// When it is due, as it was signed.
    pub matures_on: Date,
    /// What it is for.
    pub project: Project,
    /// In the order of their dates; of one day, in the order of recording.
    pub events: Vec<LoanEvent>,
    /// By period, in the order of time.
    pub interest: Vec<InterestPaid>,
    pub created_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What makes a loan one: the parties and their number for it, however it is typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoanKey {
    pub organisation: CreditCode,
    pub bank: CreditCode,
    pub loan_no: Folded,
}

impl Loan {
    pub const fn signed(&self) -> Signed {
        Signed { rate: self.annual_rate_percent, matures_on: Some(self.matures_on) }
    }

    /// What makes this loan one.
    pub fn key(&self) -> LoanKey {
        LoanKey { organisation: self.organisation, bank: self.bank, loan_no: self.loan_no.folded() }
    }
}

/// `POST /loans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterLoan {
    /// The id that the edge made.
    pub id: LoanId,
    pub organisation: CreditCode,
    pub bank: CreditCode,
    /// The parties' number for it.
    pub loan_no: Line,
    /// Percent a year.
    pub annual_rate_percent: Percent,
    pub signed_on: Date,
    pub matures_on: Date,
    /// What it is for.
    pub project: Project,
    /// What happened so far.
    pub events: Vec<LoanEvent>,
}

impl RegisterLoan {
    /// What makes this loan one.
    pub fn key(&self) -> LoanKey {
        LoanKey { organisation: self.organisation, bank: self.bank, loan_no: self.loan_no.folded() }
    }
}

/// `POST /loans/{id}/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLoanEvents {
    pub id: LoanId,
    pub events: Vec<LoanEvent>,
}

/// `POST /loans/{id}/interest-paid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmInterest {
    pub id: LoanId,
    /// For which days.
    pub period: InterestPeriod,
    /// CNY of ordinary interest.
    pub interest_paid: Money,
    /// CNY of penalty and compound interest.
    pub penalty_interest: Money,
}

/// Why something about a loan is refused. `pointer` is that of the body's member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum LoanError {
    #[error("loan {loan_no} is recorded")]
    LoanExists { loan_no: Line, id: LoanId },
    /// It matures before it is signed, or on that day.
    #[error("the term is empty")]
    InvalidTerm { pointer: String },
    #[error("the period is empty")]
    EmptyPeriod { pointer: String },
    #[error("more than {limit} percent")]
    RateTooHigh {
        pointer: String,
        /// Percent a year.
        limit: Percent,
    },
    #[error("{principal} is owed")]
    RepaymentExceedsPrincipal {
        pointer: String,
        /// CNY that is owed then.
        principal: Money,
    },
    /// More is overdue than is owed and was not overdue before.
    #[error("{principal} is owed and not overdue")]
    OverdueExceedsPrincipal {
        pointer: String,
        /// CNY that is owed then and not overdue.
        principal: Money,
    },
    #[error("{overdue} is overdue")]
    ClearedExceedsOverdue {
        pointer: String,
        /// CNY that is overdue then.
        overdue: Money,
    },
    #[error("the loan is paused")]
    PausedAlready { pointer: String },
    #[error("the loan is not paused")]
    NotPaused { pointer: String },
    #[error("more than {limit} is owed")]
    PrincipalTooLarge {
        pointer: String,
        /// CNY.
        limit: Money,
    },
    #[error("{date} is earlier than {signed_on}")]
    BeforeSigning { pointer: String, date: Date, signed_on: Date },
    #[error("{date} is later than {matures_on}")]
    AfterMaturity { pointer: String, date: Date, matures_on: Date },
    #[error("{date} is not later than {matures_on}")]
    ExtensionNotLater {
        pointer: String,
        date: Date,
        /// When it is due without it.
        matures_on: Date,
    },
    #[error("{date} is later than {business_date}")]
    NotYetHappened { pointer: String, date: Date, business_date: Date },
    #[error("at most {limit} events")]
    TooManyEvents { limit: String },
    /// The interest of a period is paid when it is over.
    #[error("{until} is later than {business_date}")]
    PeriodNotOver { pointer: String, until: Date, business_date: Date },
    /// The bank confirmed other days that overlap; the same period may be confirmed anew.
    #[error("{from} to {until} is confirmed")]
    InterestConfirmed { from: Date, until: Date },
    #[error("at most {limit} confirmations")]
    TooManyConfirmations { limit: String },
    /// The rules ask for a reference rate that was not loaded for that day or before.
    #[error("no {name} is in force on {date}")]
    ReferenceRateMissing { name: Label, date: Date },
    #[error("claim {claim} under {programme} takes {from} to {until}")]
    InterestPeriodOverlaps {
        pointer: String,
        claim: ClaimId,
        programme: ProgrammeCode,
        from: Date,
        /// The day after its last.
        until: Date,
    },
    #[error("at most {limit} segments")]
    TooManySegments { pointer: String, limit: String },
    /// The contract rate at signing is above the ceiling.
    #[error("{annual_rate_percent} is above {ceiling}")]
    LoanRateAboveCeiling {
        /// Percent a year.
        annual_rate_percent: Percent,
        /// Percent a year, the most that is subsidised.
        ceiling: Percent,
    },
}

crate::domain::coded! {
    LoanError:
    LoanExists InvalidTerm EmptyPeriod RateTooHigh RepaymentExceedsPrincipal OverdueExceedsPrincipal
    ClearedExceedsOverdue PausedAlready NotPaused PrincipalTooLarge BeforeSigning AfterMaturity ExtensionNotLater NotYetHappened
    TooManyEvents PeriodNotOver InterestConfirmed TooManyConfirmations ReferenceRateMissing
    InterestPeriodOverlaps TooManySegments LoanRateAboveCeiling
}
