//! Periods 会计期间: calendar months, open until they are closed.
//!
//! The books are closed *through* a month: closing March closes every month before it that is still open, since what is
//! posted into February changes March's opening balances; reopening February reopens March for the same reason. So one
//! mark on the agency says of every day whether it takes postings. A month closes when it is over and the trial balance
//! ties, in the month and up to it. An approver reopens it with a reason, which may be who closed it: the exceptions name both. Each
//! month that a close or a reopening changes is a document of its own, with who did it and when; every step stands in the log
//! for ever.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::money::OutOfRange;
use crate::domain::{Date, Instant, Money, Month, Revision, Subject, TextHash, WrongState};
use crate::ledger::{BookCode, Turnovers};

/// Whether a month takes postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum PeriodStatus {
    Open,
    Closed,
}

/// A month that was closed, whether it is still or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Which month.
    pub month: Month,
    /// Whether it takes postings.
    pub status: PeriodStatus,
    /// What was posted in it, as it was when it was last closed.
    pub books: Turnovers,
    pub closed_by: Subject,
    pub closed_at: Instant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_by: Option<Subject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /periods/{month}/close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosePeriod {
    /// The last month that is closed.
    pub month: Month,
}

/// `POST /periods/{month}/reopen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReopenPeriod {
    /// The first month that is reopened.
    pub month: Month,
    pub reason: TextHash,
}

/// Why a month is neither closed nor reopened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PeriodError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    #[error("{month} ends on {last_day}")]
    MonthNotOver { month: Month, last_day: Date, business_date: Date },
    #[error("book {book:?} does not tie in {month}")]
    PeriodUnbalanced {
        /// Which month, or up to which.
        month: Month,
        book: BookCode,
        /// CNY.
        debit: Money,
        /// CNY.
        credit: Money,
    },
    /// A sum left the range that the ledger keeps.
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded!(PeriodError: WrongState MonthNotOver PeriodUnbalanced AmountOutOfRange);

impl From<OutOfRange> for PeriodError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}
