//! Why a claim is not written, or does not go on.

use serde::Serialize;

use crate::domain::{Date, Label, LoanId, Money, RentalId, VoucherId, WrongState};

/// Why a claim is not written or does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ClaimError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// What is subsidised is paid first: the period is over when it is claimed.
    #[error("{until} is later than {business_date}")]
    PeriodNotOver {
        /// Where in the body its end stands.
        pointer: String,
        /// The day after its last.
        until: Date,
        business_date: Date,
    },
    #[error("a reason is missing")]
    ReasonMissing,
    #[error("the claim redeems {voucher}")]
    VoucherDiffers { voucher: VoucherId },
    /// A claim stays with its programme and its contract.
    #[error("the claim is for {rental}")]
    RentalDiffers {
        /// The contract that it is for.
        rental: RentalId,
    },
    /// A claim stays with its programme and its loan.
    #[error("the claim is for {loan}")]
    LoanDiffers { loan: LoanId },
    /// A claim stays with its award and its tranche.
    #[error("the claim is for {tranche}")]
    TrancheDiffers { tranche: Label },
    /// A change that a claim of its kind has no use for.
    #[error("a {kind} has no {pointer}")]
    ChangeNotApplicable { kind: String, pointer: String },
    /// Nothing is said to be other than it was.
    #[error("nothing changes")]
    ChangesMissing { pointer: String },
    #[error("the claim is a {kind}")]
    ClaimKindDiffers { kind: String },
    /// The organisation was let in when the claim was written, and is no more.
    #[error("no longer eligible: {reason}")]
    EligibilityChanged {
        /// Which rule: `category`, `size`, `startup_only`, `region`, `tags`, `scenario`, or the code of the refusal.
        reason: String,
    },
    #[error("recalculation {version} waits")]
    RecalculationPending { version: u32 },
    /// What a recalculation was computed from is no longer so.
    #[error("{amount} was proposed, {now} is right")]
    RecalculationStale {
        /// CNY, as proposed.
        amount: Money,
        /// CNY, as computed now.
        now: Money,
    },
    #[error("{count} objections are open")]
    ObjectionOpen { count: String },
    #[error("an objection was upheld")]
    ObjectionUpheld,
    #[error("at most {limit} objections")]
    TooManyObjections { limit: String },
    #[error("published until {until}")]
    PublicityRunning { until: Date },
}

crate::domain::coded! {
    ClaimError:
    WrongState PeriodNotOver ReasonMissing VoucherDiffers RentalDiffers LoanDiffers TrancheDiffers ChangeNotApplicable
    ChangesMissing ClaimKindDiffers EligibilityChanged RecalculationPending RecalculationStale ObjectionOpen
    ObjectionUpheld TooManyObjections PublicityRunning
}
