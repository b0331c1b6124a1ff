//! What an amount is cut to once it is computed. No bound raises it, so that all of them together leave no more than the
//! smallest; each cut stands on the sheet with its code, the clause of the rules and what it took off.

use serde::{Deserialize, Serialize};

use super::calculation_error::CalculationError;
use super::cap_use::{CapUse, GroupUse};
use crate::domain::Money;
use crate::domain::money::OutOfRange;

/// What cut a sum, in the order of the cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReductionCode {
    /// Another programme's subsidy for the same contract, taken off.
    NetOff,
    /// The cap of one claim or voucher.
    ClaimCap,
    /// What is left on the voucher.
    VoucherBalance,
    /// The percentage of the interest paid that is paid for at most.
    PaidInterestShare,
    /// The agency's limit of points, of interest that is paid without points.
    StatutoryPoints,
    PaidInterestCeiling,
    /// What all money together may come to, of the base.
    JointCeiling,
    /// The cap of an organisation in all.
    LifetimeCap,
    /// The cap of an organisation in a calendar year.
    AnnualCap,
    /// A cap that programmes share.
    GroupCap,
    /// Of a claim that was paid: money of others, beside which the rules pay nothing, became known.
    OtherFundingClashes,
    /// Of a claim that was paid: less than the rules ask for at least, as it is known now.
    BelowMinimum,
}

impl ReductionCode {
    /// Where it stands in the rules, as a JSON pointer; none of what no rule says.
    const fn clause(self) -> Option<&'static str> {
        match self {
            Self::NetOff | Self::OtherFundingClashes => Some("/stacking"),
            Self::ClaimCap => Some("/caps/claim"),
            Self::PaidInterestShare => Some("/paid_interest_percent"),
            Self::JointCeiling => Some("/joint_ceiling_percent"),
            Self::LifetimeCap => Some("/caps/lifetime"),
            Self::AnnualCap => Some("/caps/annual"),
            Self::GroupCap => Some("/caps/groups"),
            Self::BelowMinimum => Some("/caps/minimum_base"),
            Self::VoucherBalance | Self::StatutoryPoints | Self::PaidInterestCeiling => None,
        }
    }
}

/// What a cap took off an amount, with the clause that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reduction {
    pub code: ReductionCode,
    /// The clause of the rules, as a JSON pointer into them; none of what no rule says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub clause: Option<String>,
    /// By how much, CNY.
    pub amount: Money,
}

impl Reduction {
    /// A cut by the clause that its code has.
    pub fn new(code: ReductionCode, amount: Money) -> Self {
        Self { code, clause: code.clause().map(str::to_owned), amount }
    }
}

/// The most that a bound leaves.
pub type Bound = (ReductionCode, Option<Money>);

/// Makes the cuts in their order. What is left is perhaps 0.00.
pub fn cut(
    computed: Money,
    bounds: impl IntoIterator<Item = Bound>,
) -> Result<(Money, Vec<Reduction>), OutOfRange> {
    let (mut amount, mut reductions) = (computed, Vec::new());
    for (code, most) in bounds {
        let Some(most) = most.map(|most| most.max(Money::ZERO)).filter(|most| amount > *most) else {
            continue;
        };
        reductions.push(Reduction::new(code, amount.minus(most)?));
        amount = most;
    }
    Ok((amount, reductions))
}

/// The caps of a sheet.
#[derive(Debug, Clone, Copy)]
pub struct Caps<'a> {
    pub lifetime: Option<&'a CapUse>,
    pub annual: Option<&'a CapUse>,
    pub groups: &'a [GroupUse],
}

impl<'a> Caps<'a> {
    /// What they leave, in the order of the cuts.
    pub fn bounds(self) -> Result<Vec<Bound>, OutOfRange> {
        let own = [(ReductionCode::LifetimeCap, self.lifetime), (ReductionCode::AnnualCap, self.annual)];
        let shared = self.shared().map(|cap| (ReductionCode::GroupCap, Some(cap)));
        let left = |(code, cap): (ReductionCode, Option<&CapUse>)| {
            Ok((code, cap.map(|cap| cap.cap.minus(cap.used)).transpose()?))
        };
        own.into_iter().chain(shared).map(left).collect()
    }

    fn shared(self) -> impl Iterator<Item = &'a CapUse> {
        self.groups.iter().flat_map(|group| [&group.lifetime, &group.annual]).flatten()
    }

    /// The same of what was paid already, which may come to nothing where what others pay takes all of it.
    pub fn worth_paid(
        self,
        amount: Money,
        reductions: &[Reduction],
        paid_before: bool,
    ) -> Result<(), CalculationError> {
        let last = reductions.last().map(|last| last.code);
        let by_others = matches!(last, Some(ReductionCode::NetOff | ReductionCode::JointCeiling));
        if paid_before && by_others { Ok(()) } else { self.worth(amount, reductions) }
    }

    /// Whether anything is left. A cap has a refusal of its own where it alone left nothing.
    pub fn worth(self, amount: Money, reductions: &[Reduction]) -> Result<(), CalculationError> {
        if amount.is_positive() {
            return Ok(());
        }
        match (reductions.last().map(|last| last.code), self.annual) {
            (Some(ReductionCode::AnnualCap), Some(annual)) => {
                Err(CalculationError::AnnualCapExhausted { cap: annual.cap, used: annual.used })
            }
            (Some(ReductionCode::GroupCap), _) => Err(self.exhausted()),
            _ => Err(CalculationError::NothingToPay),
        }
    }

    fn exhausted(self) -> CalculationError {
        let used_up = |group: &&GroupUse| {
            [&group.lifetime, &group.annual].into_iter().flatten().any(|cap| cap.used >= cap.cap)
        };
        match self.groups.iter().find(used_up) {
            Some(group) => CalculationError::GroupCapExhausted { group: group.code.clone() },
            None => CalculationError::NothingToPay,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ORDER: [ReductionCode; 10] = [
        ReductionCode::NetOff,
        ReductionCode::ClaimCap,
        ReductionCode::VoucherBalance,
        ReductionCode::PaidInterestShare,
        ReductionCode::StatutoryPoints,
        ReductionCode::PaidInterestCeiling,
        ReductionCode::JointCeiling,
        ReductionCode::LifetimeCap,
        ReductionCode::AnnualCap,
        ReductionCode::GroupCap,
    ];

    proptest! {
        #[test]
        fn all_bounds_together_leave_no_more_than_any_of_them(
            computed in 0_i64..1_000_000,
            bounds in proptest::collection::vec(proptest::option::of(-1_000_i64..1_000_000), 10),
        ) {
            let bounds: Vec<Bound> =
                ORDER.into_iter().zip(bounds).map(|(code, most)| (code, most.map(Money::from_fen))).collect();
            let computed = Money::from_fen(computed);
            let (amount, reductions) = cut(computed, bounds.iter().copied()).unwrap();
            for bound in &bounds {
                prop_assert!(amount <= cut(computed, [*bound]).unwrap().0);
            }
            let taken = Money::sum(reductions.iter().map(|one| one.amount)).unwrap();
            prop_assert_eq!(amount.plus(taken).unwrap(), computed);
            prop_assert!(reductions.iter().all(|one| one.amount.is_positive()));
        }
    }
}
