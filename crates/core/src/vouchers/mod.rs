//! Vouchers 创新券 / 算力券: a commitment to pay part of one compute contract, with a face value and a
//! last usable day.
//!
//! submitted → reviewed → issued → partly_redeemed → redeemed; submitted → returned | rejected; with a
//! balance → expired | cancelled | suspended ⇄ what it was.
pub mod correction;
pub mod redemption;
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{
    CreditCode, Date, Money, ProgrammeCode, RentalId, Revision, Subject, TextHash, VoucherId, WrongState,
};
use crate::ledger::Dimensions;
use crate::programmes::assessment::Assessment;
use crate::programmes::funding::OtherFunding;
use crate::programmes::overrides::Override;
use crate::programmes::service::{ServiceStep, Waits};
use crate::rentals::allocations::ContractHolder;

/// Where a voucher is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum VoucherStatus {
    Submitted,
    /// Looked at by an officer and passed on.
    Reviewed,
    /// Sent back to the applicant, who applies anew.
    Returned,
    Rejected,
    Issued,
    PartlyRedeemed,
    /// Used up or closed.
    Redeemed,
    /// Past its last usable day.
    Expired,
    Cancelled,
    /// Not usable for now.
    Suspended,
}

/// What became of a face value. The parts and what is available sum to the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VoucherBalance {
    /// CNY issued; 0.00 before.
    pub face: Money,
    pub redeemed: Money,
    /// Held by submitted claims.
    pub held: Money,
    /// Given back by closing or cancelling.
    pub released: Money,
    /// Given back by expiry.
    pub expired: Money,
}

impl VoucherBalance {
    /// face − redeemed − held − released − expired
    pub fn available(&self) -> Result<Money, OutOfRange> {
        self.face.minus(self.redeemed)?.minus(self.held)?.minus(self.released)?.minus(self.expired)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    pub id: VoucherId,
    /// The number people know it by, from issue on: programme, year, running number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    pub programme: ProgrammeCode,
    /// Who may use it.
    pub organisation: CreditCode,
    pub provider: CreditCode,
    pub rental: RentalId,
    /// Where it is in its life.
    pub status: VoucherStatus,
    /// What a suspended voucher goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_from: Option<VoucherStatus>,
    /// What became of its face value.
    pub balance: VoucherBalance,
    /// Whether a last claim was approved: what claims free from then on is released.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// The day on which it was applied for: nothing of it counts earlier.
    pub submitted_on: Date,
    /// The day on which it was reviewed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_on: Option<Date>,
    /// The start day, which does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last usable day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// The fiscal year of the commitment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fiscal_year: Option<FiscalYear>,
    /// Which version of the programme's rules it was computed under.
    pub rules_version: u32,
    /// The number of their tier; none where their own apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<u32>,
    /// The number of its newest calculation sheet.
    pub calculation: u32,
    /// What others pay for the same contract, as its applicant says; none where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_funding: Option<Vec<OtherFunding>>,
    /// What an officer found of the contract, from its review on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// Caps that are relaxed for it, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Why it was last returned, rejected, cancelled, suspended or reinstated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<Subject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<Subject>,
    /// How many days ahead its holder was last reminded of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_days: Option<u16>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Voucher {
    /// What it waits for from the agency, and since when.
    pub fn waits(&self) -> Option<Waits> {
        match self.status {
            VoucherStatus::Submitted => Some(Waits::since(ServiceStep::Review, self.submitted_on)),
            VoucherStatus::Reviewed => Some(Waits::since(ServiceStep::Approval, self.reviewed_on?)),
            VoucherStatus::Returned
            | VoucherStatus::Rejected
            | VoucherStatus::Issued
            | VoucherStatus::PartlyRedeemed
            | VoucherStatus::Redeemed
            | VoucherStatus::Expired
            | VoucherStatus::Cancelled
            | VoucherStatus::Suspended => None,
        }
    }

    /// What every line about its money carries; until it is issued, of the year of a day.
    pub fn dimensions(&self, day: Date) -> Dimensions {
        Dimensions::of(&self.programme, self.organisation, self.fiscal_year.unwrap_or(day.year()))
    }
}

/// `POST /vouchers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyForVoucher {
    /// The id that the edge made.
    pub id: VoucherId,
    pub programme: ProgrammeCode,
    pub rental: RentalId,
    /// What others pay for the same contract; none where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_funding: Option<Vec<OtherFunding>>,
}

/// What an officer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewDecision {
    /// Passed on to an approver.
    Pass,
    Return,
    Reject,
}

/// `POST /vouchers/{id}/review`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewVoucher {
    pub id: VoucherId,
    pub decision: ReviewDecision,
    /// Why; needed to return or reject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// What counts of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
}

/// `POST /vouchers/{id}/issue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueVoucher {
    pub id: VoucherId,
    /// The day it counts from; the business date where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
}

/// `POST /vouchers/{id}/cancel`, `/suspend`, `/reinstate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeVoucher {
    pub id: VoucherId,
    pub reason: TextHash,
}

/// A member of `POST /vouchers/expire`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpireVoucher {
    pub id: VoucherId,
    /// The day that its last usable day lies before; the release counts from it. The business date where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
}

/// How many days ahead holders are reminded where nobody says otherwise.
pub const REMINDER_DAYS: u16 = 30;
/// The most days ahead.
pub const REMINDER_DAYS_MAX: u16 = 366;

/// A member of `POST /vouchers/remind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemindVoucher {
    pub id: VoucherId,
    /// The day that its last usable day is near to. The business date where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// How near, in days, 1 to 366.
    pub days: u16,
}

/// Why a voucher is not given, or does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum VoucherError {
    #[error("the contract is used")]
    ContractAlreadyUsed {
        #[serde(flatten)]
        by: ContractHolder,
        programme: ProgrammeCode,
    },
    #[error(transparent)]
    WrongState(#[from] WrongState),
    #[error("a reason is missing")]
    ReasonMissing,
    #[error("the voucher expired after {valid_until}")]
    VoucherExpired { valid_until: Date },
    /// The last usable day would lie beyond the calendar.
    #[error("the validity is out of range")]
    ValidityOutOfRange,
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded! {
    VoucherError:
    ContractAlreadyUsed WrongState ReasonMissing VoucherExpired ValidityOutOfRange
    AmountOutOfRange
}

impl From<OutOfRange> for VoucherError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}
