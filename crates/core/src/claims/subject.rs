//! What a claim is for.
//!
//! In the log the members stand beside the claim's own, under the tag `kind`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::{ClaimError, ClaimKind};
use crate::domain::dates::FiscalYear;
use crate::domain::{
    AwardId, Date, Label, LoanId, Money, Points, ProgrammeCode, RentalId, Sequence, VoucherId,
};
use crate::loans::InterestPeriod;
use crate::programmes::{DatesError, Policy, SettledLine};

/// The days that a claim is for: the first counts, the last does not (算头不算尾).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimPeriod {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

impl ClaimPeriod {
    /// The last day that counts.
    pub fn last_day(self) -> Option<Date> {
        self.until.naive().pred_opt().map(Date::from_naive)
    }

    /// Whether no day lies in it.
    pub fn is_empty(self) -> bool {
        self.from >= self.until
    }

    /// Its last day; none before the calendar begins.
    pub fn last(self) -> Option<Date> {
        self.until.naive().pred_opt().map(Date::from_naive)
    }

    /// The year of its last day: that in which its costs are.
    pub fn last_year(self) -> FiscalYear {
        self.last().unwrap_or(self.from).year()
    }

    /// Whether all of its days are over. `pointer` is that of the period in the body. What is not used yet, and interest
    /// that has not accrued yet, is not subsidised (先付后贴).
    pub fn over(self, business_date: Date, pointer: &str) -> Result<(), ClaimError> {
        let until = self.until;
        if until <= business_date {
            return Ok(());
        }
        Err(ClaimError::PeriodNotOver { pointer: format!("{pointer}/until"), until, business_date })
    }

    /// The year in which it counts against the annual cap, where that is of the year of the costs.
    pub fn cost_year(self, rules: &Policy, pointer: &str) -> Result<Option<FiscalYear>, DatesError> {
        rules.cost_year(self.from, self.last().unwrap_or(self.from), pointer)
    }

    /// The same days of a loan.
    pub const fn of_interest(self) -> InterestPeriod {
        InterestPeriod { from: self.from, until: self.until }
    }
}

/// What is said of the interest on a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterestTerms {
    /// For which days.
    pub period: ClaimPeriod,
    /// CNY of ordinary interest that was paid for them.
    pub interest_paid: Money,
    /// CNY of penalty and compound interest: recorded, never subsidised.
    pub penalty_interest: Money,
    /// Points of other subsidies for the same days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_points: Option<Points>,
}

/// What a claim is written from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimRequest {
    VoucherRedemption {
        voucher: VoucherId,
        settlement: Vec<SettledLine>,
        /// Whether it is the voucher's last.
        #[serde(rename = "final")]
        closing: bool,
    },
    /// A part of what was rented.
    RentalSubsidy {
        programme: ProgrammeCode,
        rental: RentalId,
        /// In which days.
        period: ClaimPeriod,
        /// What was settled; none where it is what was metered.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settlement: Vec<SettledLine>,
        /// Whether it is what was metered.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        usage: bool,
    },
    /// A part of the interest on a loan.
    InterestSubsidy { programme: ProgrammeCode, loan: LoanId, terms: InterestTerms },
    /// A part of what a project was granted.
    GrantTranche { award: AwardId, tranche: Label },
}

impl ClaimRequest {
    /// For which days.
    pub const fn period(&self) -> Option<ClaimPeriod> {
        match self {
            Self::VoucherRedemption { .. } | Self::GrantTranche { .. } => None,
            Self::RentalSubsidy { period, .. } => Some(*period),
            Self::InterestSubsidy { terms, .. } => Some(terms.period),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ClaimSubject {
    VoucherRedemption {
        /// The voucher that it redeems.
        voucher: VoucherId,
        settlement: Vec<SettledLine>,
        /// Whether it is the voucher's last: what is left is released.
        #[serde(rename = "final", deserialize_with = "flag")]
        closing: bool,
    },
    /// A part of what was rented.
    RentalSubsidy {
        rental: RentalId,
        /// In which days.
        period: ClaimPeriod,
        settlement: Vec<SettledLine>,
        /// Where it is what was metered: the leaf after which that was read.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "leaf")]
        usage: Option<Sequence>,
    },
    /// A part of the interest on a loan.
    InterestSubsidy { loan: LoanId, terms: InterestTerms },
    /// A part of what a project was granted.
    GrantTranche { award: AwardId, tranche: Label },
}

/// A leaf's number, which canonical JSON writes as text.
fn leaf<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Sequence>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum LeafForm {
        Plain(u64),
        Canonical(String),
    }
    let number = match LeafForm::deserialize(from)? {
        LeafForm::Plain(number) => number,
        LeafForm::Canonical(text) => text.parse().map_err(D::Error::custom)?,
    };
    Ok(Some(Sequence::new(number)))
}

/// Canonical JSON writes `"true"` and `"false"`, and what stands under a tag is read without knowing its type.
fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum LeafForm {
        Plain(bool),
        Canonical(String),
    }
    match LeafForm::deserialize(from)? {
        LeafForm::Plain(flag) => Ok(flag),
        LeafForm::Canonical(text) => text.parse().map_err(D::Error::custom),
    }
}

impl ClaimSubject {
    pub const fn kind(&self) -> ClaimKind {
        match self {
            Self::VoucherRedemption { .. } => ClaimKind::VoucherRedemption,
            Self::RentalSubsidy { .. } => ClaimKind::RentalSubsidy,
            Self::InterestSubsidy { .. } => ClaimKind::InterestSubsidy,
            Self::GrantTranche { .. } => ClaimKind::GrantTranche,
        }
    }

    /// The voucher, of a redemption.
    pub const fn voucher(&self) -> Option<VoucherId> {
        match self {
            Self::VoucherRedemption { voucher, .. } => Some(*voucher),
            Self::RentalSubsidy { .. } | Self::InterestSubsidy { .. } | Self::GrantTranche { .. } => None,
        }
    }

    /// The award and its tranche, of a grant.
    pub const fn tranche(&self) -> Option<(AwardId, &Label)> {
        match self {
            Self::GrantTranche { award, tranche } => Some((*award, tranche)),
            Self::VoucherRedemption { .. } | Self::RentalSubsidy { .. } | Self::InterestSubsidy { .. } => {
                None
            }
        }
    }

    /// The contract, of a rental subsidy.
    pub const fn rental(&self) -> Option<RentalId> {
        match self {
            Self::VoucherRedemption { .. } | Self::InterestSubsidy { .. } | Self::GrantTranche { .. } => None,
            Self::RentalSubsidy { rental, .. } => Some(*rental),
        }
    }

    /// The loan, of an interest subsidy.
    pub const fn loan(&self) -> Option<LoanId> {
        match self {
            Self::VoucherRedemption { .. } | Self::RentalSubsidy { .. } | Self::GrantTranche { .. } => None,
            Self::InterestSubsidy { loan, .. } => Some(*loan),
        }
    }

    /// What is said of the interest, of an interest subsidy.
    pub const fn interest(&self) -> Option<InterestTerms> {
        match self {
            Self::VoucherRedemption { .. } | Self::RentalSubsidy { .. } | Self::GrantTranche { .. } => None,
            Self::InterestSubsidy { terms, .. } => Some(*terms),
        }
    }

    /// The days, of what has a period.
    pub const fn period(&self) -> Option<ClaimPeriod> {
        match self {
            Self::VoucherRedemption { .. } | Self::GrantTranche { .. } => None,
            Self::RentalSubsidy { period, .. } => Some(*period),
            Self::InterestSubsidy { terms, .. } => Some(terms.period),
        }
    }

    /// What was settled; nothing of an interest subsidy.
    pub fn settlement(&self) -> &[SettledLine] {
        match self {
            Self::VoucherRedemption { settlement, .. } | Self::RentalSubsidy { settlement, .. } => settlement,
            Self::InterestSubsidy { .. } | Self::GrantTranche { .. } => &[],
        }
    }

    /// The leaf after which usage was read, of a claim from metered usage.
    pub const fn metered(&self) -> Option<Sequence> {
        match self {
            Self::VoucherRedemption { .. } | Self::InterestSubsidy { .. } | Self::GrantTranche { .. } => None,
            Self::RentalSubsidy { usage, .. } => *usage,
        }
    }

    /// Whether it is a voucher's last.
    pub const fn closing(&self) -> bool {
        match self {
            Self::VoucherRedemption { closing, .. } => *closing,
            Self::RentalSubsidy { .. } | Self::InterestSubsidy { .. } | Self::GrantTranche { .. } => false,
        }
    }

    /// The same with what was settled known better. `last` is for a redemption, there is nothing else to close;
    /// `metered` for a rental: the leaf after which usage was read, where the lines are from it.
    #[must_use]
    pub fn resettled(&self, lines: Vec<SettledLine>, last: bool, metered: Option<Sequence>) -> Self {
        match self {
            Self::VoucherRedemption { voucher, .. } => {
                Self::VoucherRedemption { voucher: *voucher, settlement: lines, closing: last }
            }
            Self::RentalSubsidy { rental, period, .. } => {
                Self::RentalSubsidy { rental: *rental, period: *period, settlement: lines, usage: metered }
            }
            Self::InterestSubsidy { .. } | Self::GrantTranche { .. } => self.clone(),
        }
    }

    /// The same with the interest known better; nothing changes of what is no interest subsidy.
    #[must_use]
    pub fn with_interest(&self, known: Option<InterestTerms>) -> Self {
        match (self, known) {
            (Self::InterestSubsidy { loan, .. }, Some(terms)) => Self::InterestSubsidy { loan: *loan, terms },
            (Self::InterestSubsidy { .. }, None)
            | (Self::VoucherRedemption { .. } | Self::RentalSubsidy { .. } | Self::GrantTranche { .. }, _) => {
                self.clone()
            }
        }
    }

    /// What a request asks for.
    pub fn of(request: &ClaimRequest) -> Self {
        match request {
            ClaimRequest::VoucherRedemption { voucher, settlement, closing } => Self::VoucherRedemption {
                voucher: *voucher,
                settlement: settlement.clone(),
                closing: *closing,
            },
            ClaimRequest::RentalSubsidy { rental, period, settlement, usage, .. } => Self::RentalSubsidy {
                rental: *rental,
                period: *period,
                settlement: settlement.clone(),
                // until it is read
                usage: usage.then_some(Sequence::new(0)),
            },
            ClaimRequest::InterestSubsidy { loan, terms, .. } => {
                Self::InterestSubsidy { loan: *loan, terms: *terms }
            }
            ClaimRequest::GrantTranche { award, tranche } => {
                Self::GrantTranche { award: *award, tranche: tranche.clone() }
            }
        }
    }

    /// The same written anew. Error: a claim of one thing does not become one of another.
    pub fn rewritten(&self, programme: &ProgrammeCode, request: &ClaimRequest) -> Result<Self, ClaimError> {
        let new = Self::of(request);
        if self.kind() != new.kind() {
            return Err(ClaimError::ClaimKindDiffers { kind: self.kind().into_str().to_owned() });
        }
        if let Some(voucher) = self.voucher().filter(|known| new.voucher() != Some(*known)) {
            return Err(ClaimError::VoucherDiffers { voucher });
        }
        if let Some((_, tranche)) = self.tranche().filter(|known| new.tranche() != Some(*known)) {
            return Err(ClaimError::TrancheDiffers { tranche: tranche.clone() });
        }
        let other = match request {
            ClaimRequest::VoucherRedemption { .. } | ClaimRequest::GrantTranche { .. } => false,
            ClaimRequest::RentalSubsidy { programme: named, .. }
            | ClaimRequest::InterestSubsidy { programme: named, .. } => named != programme,
        };
        if let Some(loan) = self.loan().filter(|known| other || new.loan() != Some(*known)) {
            return Err(ClaimError::LoanDiffers { loan });
        }
        match self.rental().filter(|known| other || new.rental() != Some(*known)) {
            Some(rental) => Err(ClaimError::RentalDiffers { rental }),
            None => Ok(new),
        }
    }
}
