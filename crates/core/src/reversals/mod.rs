//! Reversals 冲销: a posting made in error is undone by the exact opposite, which points at it.
//!
//! proposed → approved, by another person. Both postings stand; the document goes back to the state before the original,
//! so what a document says and what the books say never part. That is done for changes of a budget, payments, prefunds,
//! deductions of banks, receipts and write-offs of recoveries. All else has a verb of its own that undoes it (a voucher is cancelled), or none. A
//! posting is reversed once, alone of its group, while its month is open and no floor would break; a reversal is not
//! reversed. It counts from the business date on.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::{
    BudgetChangeId, ClaimId, Date, Money, PaymentBatchId, PrefundId, RecoveryId, Revision, Sequence, Subject,
    TextHash, WrongState,
};
use crate::ledger::{Account, Part};

/// What a posting that can be reversed was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostingOrigin {
    BudgetChange(BudgetChangeId),
    Payment {
        batch: PaymentBatchId,
        claim: ClaimId,
    },
    /// Money paid to a bank ahead.
    Prefund(PrefundId),
    /// A claim that the bank deducted.
    Deduction {
        claim: ClaimId,
    },
    /// Money of a recovery that came back.
    Receipt {
        recovery: RecoveryId,
        /// Its place among the recovery's receipts, from 1.
        number: usize,
        /// What came back, by funding level.
        parts: Vec<Part>,
    },
    /// What of a recovery was given up.
    WriteOff {
        recovery: RecoveryId,
        /// What was given up, by funding level.
        parts: Vec<Part>,
    },
}

/// A posting that can be reversed: an index of the log, kept where it is known and never written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversible {
    pub made: PostingOrigin,
    /// The day on which it counts.
    pub effective_date: Date,
}

/// Where a reversal is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ReversalStatus {
    /// It waits for another person.
    Proposed,
    Approved,
}

/// A reversal. Its key is the sequence of what it reverses: there is one at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    pub sequence: Sequence,
    /// Where it is in its life.
    pub status: ReversalStatus,
    pub reason: TextHash,
    /// The day it counts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
    /// Where it stands in the log itself, once it is posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversed_by: Option<Sequence>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /ledger/transactions/{sequence}/reverse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeReversal {
    pub sequence: Sequence,
    pub reason: TextHash,
}

/// `POST /ledger/transactions/{sequence}/reverse/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveReversal {
    pub sequence: Sequence,
}

/// Why a posting is not reversed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReversalError {
    /// It is no posting of a kind that is reversed.
    #[error("{sequence} is not reversible")]
    NotReversible { sequence: Sequence },
    #[error("reversed by {reversed_by}")]
    AlreadyReversed { reversed_by: Sequence },
    /// The reversal, or what it undoes, is in another state.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Something that came after it on the same document rests on it.
    #[error("later postings of {document} rest on it")]
    NotLatest { document: String },
    /// A balance that has a floor would go below zero.
    #[error("{account} has {balance}")]
    BelowFloor {
        account: Account,
        /// CNY that it has.
        balance: Money,
        /// CNY that would leave it.
        requested: Money,
    },
}

crate::domain::coded!(ReversalError: NotReversible AlreadyReversed WrongState NotLatest BelowFloor);
