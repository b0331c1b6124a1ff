//! Refusals: why a command is not accepted. Data with stable codes; nothing here knows HTTP.

use serde::Serialize;

use crate::agencies::AgencyError;
use crate::calendar::CalendarError;
use crate::cap_groups::CapGroupError;
use crate::claims::ClaimError;
use crate::claims::backing::BackingError;
use crate::claims::rental_claims::RentalClaimError;
use crate::domain::money::OutOfRange;
use crate::domain::{CreditCode, Date, Month, Sequence, WrongState};
use crate::erasures::ErasureError;
use crate::evidence::EvidenceError;
use crate::grants::GrantError;
use crate::loans::LoanError;
use crate::organisations::OrganisationError;
use crate::payments::PaymentError;
use crate::people::PersonError;
use crate::periods::PeriodError;
use crate::prefunds::PrefundError;
use crate::programmes::calculation::CalculationError;
use crate::programmes::overrides::OverrideError;
use crate::programmes::{EligibilityError, ProgrammeError};
use crate::rankings::RankingError;
use crate::recoveries::RecoveryError;
use crate::reference_rates::ReferenceRateError;
use crate::rentals::RentalError;
use crate::reversals::ReversalError;
use crate::role_grants::RoleGrantError;
use crate::statutory_limits::StatutoryLimitError;
use crate::tags::TagError;
use crate::usage::UsageError;
use crate::vouchers::VoucherError;

use super::loaded::Fault;

/// Who may not, or not on that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AccessError {
    /// There is no such document, or it is not the caller's.
    #[error("not found")]
    NotFound {
        /// JSON pointer of the member that names it; none where the path does.
        #[serde(skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
    },
    #[error("forbidden")]
    Forbidden,
    /// Who is in the document's set cannot approve it.
    #[error("{role} is the same person")]
    SamePerson {
        /// What the caller did before: `created`, `reviewed`, …
        role: String,
    },
    /// Another subject acted here that differs in case, width or composition alone.
    #[error("another subject is written alike")]
    SubjectVariant,
    /// Nobody judges a document of the organisation that they act for.
    #[error("it is of {organisation}, for which the caller acts")]
    ConflictOfInterest { organisation: CreditCode },
    /// The document is not the version that the caller saw.
    #[error("the version is another")]
    VersionConflict {
        /// The version that it has; none where it does not exist yet.
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<Sequence>,
    },
    #[error(transparent)]
    WrongState(#[from] WrongState),
}

crate::domain::coded! {
    AccessError:
    NotFound Forbidden SamePerson SubjectVariant ConflictOfInterest VersionConflict WrongState
}

/// When a posting cannot be dated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum DateError {
    #[error("{period} is closed")]
    PeriodClosed { period: Month },
    #[error("{effective_date} is later than {business_date}")]
    EffectiveDateInFuture { effective_date: Date, business_date: Date },
    #[error("{effective_date} is earlier than {earliest}")]
    EffectiveDateTooEarly {
        effective_date: Date,
        /// The first day that is possible.
        earliest: Date,
    },
}

crate::domain::coded!(DateError: PeriodClosed EffectiveDateInFuture EffectiveDateTooEarly);

/// Why a command is not accepted. It is written as `{"code": …, …}` with what explains it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(untagged)]
pub enum Refusal {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Date(#[from] DateError),
    /// An agency's own state.
    #[error(transparent)]
    Agency(#[from] AgencyError),
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    /// A month.
    #[error(transparent)]
    Period(#[from] PeriodError),
    #[error(transparent)]
    ReferenceRate(#[from] ReferenceRateError),
    #[error(transparent)]
    RoleGrant(#[from] RoleGrantError),
    #[error(transparent)]
    StatutoryLimit(#[from] StatutoryLimitError),
    #[error(transparent)]
    CapGroup(#[from] CapGroupError),
    #[error(transparent)]
    Override(#[from] OverrideError),
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error(transparent)]
    Tag(#[from] TagError),
    #[error(transparent)]
    Organisation(#[from] OrganisationError),
    /// A programme, its rules, its budget.
    #[error(transparent)]
    Programme(#[from] ProgrammeError),
    #[error(transparent)]
    Calculation(#[from] CalculationError),
    #[error(transparent)]
    Eligibility(#[from] EligibilityError),
    /// A file or an invoice.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    Backing(#[from] BackingError),
    #[error(transparent)]
    Rental(#[from] RentalError),
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Loan(#[from] LoanError),
    /// What a bank is paid ahead.
    #[error(transparent)]
    Prefund(#[from] PrefundError),
    #[error(transparent)]
    Voucher(#[from] VoucherError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A claim on a contract.
    #[error(transparent)]
    RentalBasis(#[from] RentalClaimError),
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error(transparent)]
    Ranking(#[from] RankingError),
    #[error(transparent)]
    Person(#[from] PersonError),
    #[error(transparent)]
    Payment(#[from] PaymentError),
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    #[error(transparent)]
    Reversal(#[from] ReversalError),
}

impl From<OutOfRange> for Refusal {
    fn from(error: OutOfRange) -> Self {
        CalculationError::from(error).into()
    }
}

crate::domain::coded! {
    Refusal:
    ; Access Date Agency Erasure Period ReferenceRate RoleGrant StatutoryLimit CapGroup Override Calendar Tag Organisation Programme Calculation
    Eligibility Evidence Backing Rental Usage Loan Prefund Voucher Claim RentalBasis Grant Ranking Person Payment Recovery
    Reversal
}

/// Why there is no decision: a rule refused, or the book could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error(transparent)]
    Refused(Refusal),
    /// The book could not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl<R: Into<Refusal>> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}
