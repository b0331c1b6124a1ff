//! Why there is no calculation sheet.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Level;
use crate::domain::money::OutOfRange;
use crate::domain::{CapGroupCode, Label, Money};

/// Why a sheet comes to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CalculationError {
    /// The eligible base is smaller than the rules ask for.
    #[error("the base {base} is below {minimum}")]
    BelowMinimum { base: Money, minimum: Money },
    /// What is left after all cuts is less than the rules ask for.
    #[error("{amount} is below {minimum}")]
    AmountBelowMinimum { amount: Money, minimum: Money },
    /// Less interest was paid than the rules ask for.
    #[error("{paid} was paid, below {minimum}")]
    InterestPaidBelowMinimum { paid: Money, minimum: Money },
    /// The rules pay for each unit of the item, and the line does not say how many.
    #[error("{item} has no quantity")]
    QuantityMissing { item: Label },
    /// The line's quantity is not in the unit of the rules.
    #[error("{item} counts in {unit}")]
    UnitDiffers { item: Label, unit: Label },
    /// A tax-exclusive base needs the tax rate of every eligible line.
    #[error("{item} has no tax rate")]
    TaxPercentMissing { item: Label },
    /// Only who is in a tier of the rules gets anything.
    #[error("in no tier")]
    NoTier,
    /// 0.00 after rounding and all cuts.
    #[error("nothing to pay")]
    NothingToPay,
    /// 0.00, since the rules list none of the items.
    #[error("the rules list none of the items")]
    ItemsUnknown {
        /// Each once and in order.
        items: BTreeSet<Label>,
        /// Those that the rules list.
        known: BTreeSet<Label>,
    },
    /// The annual cap alone made it 0.00.
    #[error("the annual cap {cap} is used up")]
    AnnualCapExhausted { cap: Money, used: Money },
    /// The rules ask what others pay, and nothing is said of it.
    #[error("other funding is not declared")]
    OtherFundingMissing,
    /// What is declared is money of a level beside which the rules pay nothing.
    #[error("money of level {} is declared", level.into_str())]
    OtherFundingClashes { level: Level },
    /// The rules ask for an assessment, and the review has none.
    #[error("what was filed is not assessed")]
    AssessmentMissing,
    /// More is assessed of an item than was filed, or it is named twice.
    #[error("{filed} was filed")]
    AssessmentAboveFiled {
        pointer: String,
        /// CNY.
        filed: Money,
    },
    /// A cap that programmes share made it 0.00.
    #[error("the caps of group {group} are used up")]
    GroupCapExhausted { group: CapGroupCode },
    /// More than the reviewer saw: it is reviewed again first.
    #[error("{seen} was reviewed, {now} would be paid")]
    AmountChanged {
        /// CNY, as reviewed.
        seen: Money,
        /// CNY, as computed now.
        now: Money,
    },
    /// A sum left the range.
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded! {
    CalculationError:
    BelowMinimum AmountBelowMinimum InterestPaidBelowMinimum QuantityMissing UnitDiffers TaxPercentMissing NoTier NothingToPay ItemsUnknown AnnualCapExhausted GroupCapExhausted OtherFundingMissing OtherFundingClashes AssessmentMissing AssessmentAboveFiled AmountChanged AmountOutOfRange
}

impl From<OutOfRange> for CalculationError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}
