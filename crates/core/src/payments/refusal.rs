//! Why claims are not paid.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::{ClaimId, CreditCode, Date, Line, Money, PaymentBatchId, WrongState};

/// Why claims are not paid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PaymentError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Of all that is approved nothing can be paid today.
    #[error("nothing can be paid, {left_out} claims are left out")]
    NothingPayable {
        /// How many claims wait for something.
        left_out: String,
    },
    /// A claim is not one that can be paid.
    #[error("claim {claim} is {status}")]
    ClaimNotPayable { claim: ClaimId, status: String },
    /// A claim stands in a batch already, or twice in this one.
    #[error("claim {claim} stands in a batch already")]
    ClaimInBatch { claim: ClaimId },
    /// The bank cannot have paid, or sent back, before the batch was approved.
    #[error("{date} is before {approved_on}")]
    ResultTooEarly {
        /// JSON pointer of the day.
        pointer: &'static str,
        date: Date,
        /// The day on which the batch was approved.
        approved_on: Date,
    },
    /// The bank says another amount than the line has.
    #[error("{expected} was to be paid, not {found}")]
    AmountDiffers {
        /// JSON pointer of the amount.
        pointer: &'static str,
        /// CNY of the line.
        expected: Money,
        /// CNY of the result.
        found: Money,
    },
    #[error("{bank_reference} is the reference of claim {claim}")]
    BankReferenceUsed {
        /// JSON pointer of the reference.
        pointer: &'static str,
        bank_reference: Line,
        /// Which claim was paid under it.
        claim: ClaimId,
        batch: PaymentBatchId,
    },
    /// A red invoice took back what an approved claim rests on.
    #[error("{missing} of invoice {invoice} was taken back from claim {claim}")]
    BackingWithdrawn {
        /// JSON pointer of the claim; none where the batch exists already.
        #[serde(skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
        claim: ClaimId,
        invoice: String,
        /// CNY that the claim holds of it and nothing backs.
        missing: Money,
    },
    #[error("the name of {payee} has {length} characters")]
    NameTooLong {
        /// JSON pointer of the claim; none where the batch exists already.
        #[serde(skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
        claim: ClaimId,
        payee: CreditCode,
        length: String,
        limit: String,
    },
    #[error("the name of {payee} has the letter {letter}")]
    NameLetterRefused {
        /// JSON pointer of the claim; none where the batch exists already.
        #[serde(skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
        claim: ClaimId,
        payee: CreditCode,
        letter: char,
    },
    /// The account is not the one that the batch was proposed with.
    #[error("the bank account of {payee} changed")]
    BankAccountChanged { payee: CreditCode },
    /// The calendar or the business date moved while the file was made.
    #[error("the bank is to pay on {execution_date}")]
    ExecutionDateStale { execution_date: Date },
    #[error("{} payees have no bank account", payees.len())]
    BankAccountMissing {
        /// Who, each once and in order.
        payees: BTreeSet<CreditCode>,
    },
    /// What is sealed is not the number that the log knows, cannot be opened with the keys at hand, or is gone.
    #[error("the sealed account numbers of {} payees are not those of the log", payees.len())]
    AccountNumberUnverified {
        /// Whose, each once and in order.
        payees: BTreeSet<CreditCode>,
    },
}

crate::domain::coded! {
    PaymentError:
    WrongState NothingPayable ClaimNotPayable ClaimInBatch ResultTooEarly AmountDiffers BankReferenceUsed BackingWithdrawn
    NameTooLong NameLetterRefused BankAccountChanged ExecutionDateStale BankAccountMissing AccountNumberUnverified
}
