//! What is other than it was, when a claim is computed anew.

use serde::{Deserialize, Serialize};

use super::{ClaimError, ClaimKind, ClaimPeriod, ClaimSubject, InterestTerms};
use crate::domain::{Money, Points};
use crate::programmes::SettledLine;
use crate::programmes::funding::OtherFunding;

/// The members of a claim that are other than they were; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimChanges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Vec<SettledLine>>,
    /// Whether it is the voucher's last.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub closing: Option<bool>,
    /// Whether it is what was metered, as that is known now.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_points: Option<Points>,
    /// What others pay for the same costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_funding: Option<Vec<OtherFunding>>,
}

impl ClaimChanges {
    /// What is said, each with the kinds of claim that know it.
    const fn said(&self) -> [(&'static str, bool, &'static [ClaimKind]); 8] {
        use ClaimKind::{InterestSubsidy as Interest, RentalSubsidy as Rental, VoucherRedemption as Voucher};
        [
            ("/changes/settlement", self.settlement.is_some(), &[Voucher, Rental]),
            ("/changes/final", self.closing.is_some(), &[Voucher]),
            ("/changes/usage", self.usage, &[Rental]),
            ("/changes/period", self.period.is_some(), &[Interest]),
            ("/changes/interest_paid", self.interest_paid.is_some(), &[Interest]),
            ("/changes/penalty_interest", self.penalty_interest.is_some(), &[Interest]),
            ("/changes/other_points", self.other_points.is_some(), &[Interest]),
            ("/changes/other_funding", self.other_funding.is_some(), &[Voucher, Rental, Interest]),
        ]
    }

    /// Error: what is said is not of claims of this kind, or nothing is. Of an interest subsidy nothing need be said, nor
    /// of a claim from metered usage: what happened to the loan since, or was metered, is news enough. The same where the rules
    /// ask a least base of the year (`by_year`): what became of the other claims of it is news.
    pub fn fit(&self, subject: &ClaimSubject, by_year: bool) -> Result<(), ClaimError> {
        let (said, kind) = (self.said(), subject.kind());
        if let Some((pointer, ..)) = said.iter().find(|(_, there, kinds)| *there && !kinds.contains(&kind)) {
            return Err(ClaimError::ChangeNotApplicable {
                kind: kind.into_str().to_owned(),
                pointer: (*pointer).to_owned(),
            });
        }
        let news = kind == ClaimKind::InterestSubsidy || subject.metered().is_some() || by_year;
        if news || said.iter().any(|(_, there, _)| *there) {
            return Ok(());
        }
        Err(ClaimError::ChangesMissing { pointer: "/changes".to_owned() })
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
