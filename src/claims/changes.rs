//! What is other than it was, when a claim is computed anew.

use serde::{Deserialize, Serialize};

use super::{ClaimError, ClaimPeriod, ClaimSubject, InterestTerms};
use crate::domain::{Money, Points};
use crate::programmes::calculation::SettledLine;

/// The members of a claim that are other than they were; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimChanges {
    /// What was settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Vec<SettledLine>>,
    /// Whether it is the voucher's last.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub closing: Option<bool>,
    /// Of a rental subsidy: whether it is what was metered, as that is known now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub usage: bool,
    /// Of an interest subsidy: for which days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<ClaimPeriod>,
    /// CNY of ordinary interest that was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest_paid: Option<Money>,
    /// CNY of penalty and compound interest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty_interest: Option<Money>,
    /// Points of other subsidies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_points: Option<Points>,
}

impl ClaimChanges {
    /// Whether anything is said of a settlement.
    const fn of_settlement(&self) -> bool {
        self.settlement.is_some() || self.closing.is_some() || self.usage
    }

    /// Whether anything is said of the interest on a loan.
    const fn of_interest(&self) -> bool {
        self.period.is_some()
            || self.interest_paid.is_some()
            || self.penalty_interest.is_some()
            || self.other_points.is_some()
    }

    /// Error: what is said is not of claims of this kind, or nothing is. Of an interest subsidy nothing need be said, nor
    /// of a claim from metered usage: what happened to the loan since, or was metered, is news enough.
    pub fn fit(&self, subject: &ClaimSubject) -> Result<(), ClaimError> {
        let (foreign, enough) = match subject {
            ClaimSubject::VoucherRedemption { .. } | ClaimSubject::RentalSubsidy { .. } => {
                (self.of_interest(), self.of_settlement() || subject.metered().is_some())
            }
            ClaimSubject::InterestSubsidy { .. } => (self.of_settlement(), true),
        };
        if foreign {
            return Err(ClaimError::ClaimKindDiffers { kind: subject.kind().as_str().to_owned() });
        }
        if enough { Ok(()) } else { Err(ClaimError::ChangesMissing { pointer: "/changes".to_owned() }) }
    }

    /// What a claim is for, with what is other than it was.
    pub fn made_to(&self, subject: &ClaimSubject) -> ClaimSubject {
        let settlement = self.settlement.clone().unwrap_or_else(|| subject.settlement().to_vec());
        // lines that somebody wrote are no longer those that were metered
        let metered = subject.metered().filter(|_| self.settlement.is_none());
        let subject = subject.resettled(settlement, self.closing.unwrap_or(subject.closing()), metered);
        let interest = subject.interest().map(|known| self.terms(known));
        subject.with_interest(interest)
    }

    /// The interest with what is said of it.
    fn terms(&self, known: InterestTerms) -> InterestTerms {
        InterestTerms {
            period: self.period.unwrap_or(known.period),
            interest_paid: self.interest_paid.unwrap_or(known.interest_paid),
            penalty_interest: self.penalty_interest.unwrap_or(known.penalty_interest),
            other_points: self.other_points.or(known.other_points),
        }
    }
}
