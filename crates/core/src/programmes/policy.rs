//! A programme's rules as data: who is eligible, what is paid for at which ratio, up to which caps.
//!
//! One shape for all instruments, as callers write it; `Policy::check`, in a file of its own, holds it to
//! the instrument.

use serde::{Deserialize, Serialize};

pub use super::assessment::AssessmentRule;
pub use super::caps::{AnnualCap, CapHolder, CapYear, Caps, MinimumBasePer, Minimums, Released};
pub use super::dating::{Round, RulesBy, Term, TermFrom, Windows};
pub use super::eligibility::{BankRule, Eligibility, ProjectRule, ProviderRule, RelatedProvider};
use super::grants::GrantRules;
pub use super::overrides::OverrideRule;
pub use super::rate_ceilings::{RateCeiling, RateCeilings};
pub use super::service::{DayCounting, ServiceDays};
pub use super::stacking::{LevelStacking, Stacking, StackingRule};
pub use super::tiers::{Tier, TierCaps, TierWhen};
pub use crate::domain::DayCount;
use crate::domain::money::Amount;
use crate::domain::{Date, Label, Percent, Points, Rounding, UnitPrice};

/// A funding level's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Which level: `city`, `district`, …
    pub level: Label,
    /// Its percentage; all of them make 100.
    pub percent: Percent,
}

/// Who is paid what a claim comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Payee {
    /// The organisation that applied.
    #[default]
    Enterprise,
    /// The provider of the contract; of no claim that it files itself.
    Provider,
    Bank,
}

/// Which party of a contract claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claimant {
    /// Who bought or rented.
    #[default]
    Enterprise,
    /// The provider, on its own sales.
    Provider,
}

/// How a billing category maps to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemMapping {
    /// The FOCUS `ServiceCategory`.
    pub service_category: Label,
    pub item: Label,
}

/// The class of the expense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expense {
    /// 补贴
    #[default]
    Subsidy,
    /// 采购
    Procurement,
}

/// By what a contract counts that runs longer than its costs are paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prorate {
    /// By days, the first counted and the last not (算头不算尾).
    ByDay,
}

/// An item that is paid for: by a ratio of its amount, or by a price for each unit of it, at most the ratio where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRatio {
    pub item: Label,
    /// Needed where there is no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ratio_percent: Option<Percent>,
    /// The ratio of a start-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub startup_ratio_percent: Option<Percent>,
    /// CNY for one of the unit: it is paid for the quantity that a line says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit_price: Option<UnitPrice>,
    /// In what the quantity is: `kWh`. A line says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit: Option<Label>,
}

/// What a ratio is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// The amount with its tax.
    #[default]
    TaxInclusive,
    /// amount ÷ (1 + tax), to the fen, line by line.
    TaxExclusive,
}

/// A percentage of a reference rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareOfReference {
    pub name: Label,
    pub percent: Percent,
}

/// How many points of interest are paid: the least of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsRule {
    /// At most the agency's limit, which counts where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max: Option<Points>,
    /// A percentage of the contract rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub share_of_contract_rate_percent: Option<Percent>,
    /// A percentage of a reference rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub share_of_reference: Option<ShareOfReference>,
}

/// What a programme pays for: who may apply, what counts, how much of it, and to whom it is paid. Which members apply depends on the instrument.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rules)]
pub struct Policy {
    #[serde(default)]
    pub eligibility: Eligibility,
    #[serde(default)]
    pub caps: Caps,
    #[serde(default)]
    pub rounding: Rounding,
    /// Funding levels; none where one level pays all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub shares: Option<Vec<Share>>,
    /// Rental: which party of the contract claims, is held to the rules and their caps, and is paid; who bought where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub claimant: Option<Claimant>,
    /// Who is paid: whoever claims, where it is left out.
    #[serde(default)]
    pub payee: Payee,
    /// Days of 公示 between review and approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub publicity_days: Option<u32>,
    /// Which of these days count; every day where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub publicity_counts: Option<DayCounting>,
    /// Working days within which the agency reviews, approves, decides on objections and pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service_days: Option<ServiceDays>,
    /// How billing categories map to items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub item_map: Option<Vec<ItemMapping>>,
    /// What happens where another programme pays too, perhaps for money of some levels alone.
    #[serde(default)]
    pub stacking: StackingRule,
    /// The percentage of the base (interest: of the ordinary interest paid) that this subsidy and all other money together come
    /// to at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub joint_ceiling_percent: Option<Percent>,
    /// Whether who asks has to say what others pay for the same costs, or that nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub declare_other_funding: Option<bool>,
    /// Voucher, rental: whether what was filed is assessed at the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub assessment: Option<AssessmentRule>,
    /// Caps that may be relaxed case by case, by two people and on a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub overrides: Option<Vec<OverrideRule>>,
    /// The class of the expense.
    #[serde(default)]
    pub expense: Expense,
    /// Voucher, rental: what is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub items: Option<Vec<ItemRatio>>,
    /// Voucher, rental: what the ratio is taken of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base: Option<Base>,
    /// Voucher: months until it expires, 1 to 120.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub validity_months: Option<u32>,
    /// Voucher: whether a contract carries one voucher only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub one_per_contract: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scenarios: Option<Vec<Label>>,
    /// Interest: how many points. Needed where no percentage of the interest paid is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub points: Option<PointsRule>,
    /// Interest: the percentage of the ordinary interest paid for the period that is paid for at most; without points, what is
    /// paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub paid_interest_percent: Option<Percent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub day_count: Option<DayCount>,
    /// Interest: the dearest loan, or the dearest of each tenor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_ceiling: Option<RateCeilings>,
    /// Interest: the most principal of an organisation over all its loans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub principal_cap: Option<Amount>,
    /// Interest: whether banks are paid ahead and deduct what they subsidise. The payee is then the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prefund: Option<bool>,
    /// Grant: how much, in which tranches, and who has to find a project good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub grant: Option<GrantRules>,
    /// What is too little to be paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub minimums: Option<Minimums>,
    /// Voucher, rental: how a contract counts that runs longer than its costs are paid for; where left out, not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prorate: Option<Prorate>,
    /// When is filed, signed and drawn, and which days are paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub windows: Option<Windows>,
    /// Windows for filing and for costs, one pair after the other; the first in which is filed counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rounds: Option<Vec<Round>>,
    /// Interest, rental: for how long is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub term: Option<Term>,
    /// By which day these rules apply, not those before or after them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rules_by: Option<RulesBy>,
    /// What is other for whom: the first whose `when` holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tiers: Option<Vec<Tier>>,
    /// Whether who is in no tier gets nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tier_required: Option<bool>,
}

impl Policy {
    /// How many days are published, and which days count; none where the rules ask for no publicity.
    pub fn publicity(&self) -> Option<(u32, DayCounting)> {
        let days = self.publicity_days.filter(|days| *days > 0)?;
        Some((days, self.publicity_counts.unwrap_or_default()))
    }

    /// Which party of a contract claims.
    pub fn claimant(&self) -> Claimant {
        self.claimant.unwrap_or_default()
    }

    /// Whether banks are paid ahead.
    pub fn prefunds(&self) -> bool {
        self.prefund == Some(true)
    }
}

/// Why rules are refused. `field` is a JSON pointer into the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PolicyError {
    #[error("{field} is missing")]
    RulesFieldMissing { field: String },
    #[error("{field} does not apply")]
    RulesFieldNotApplicable { field: String },
    #[error("{field} is invalid")]
    RulesInvalid { field: String },
    /// More points of interest than the agency's limit.
    #[error("more than {points_max} points")]
    StatutoryPointsCap {
        /// The most that it pays.
        points_max: Points,
    },
    /// A window of an interest programme that ends after the agency's limit.
    #[error("after {until}")]
    StatutoryWindow {
        /// The last day that it pays for.
        until: Date,
    },
}

impl PolicyError {
    /// The same of a part of the rules.
    pub(super) fn within(self, part: &str) -> Self {
        let field = |field: String| format!("{part}{field}");
        match self {
            Self::RulesFieldMissing { field: of } => Self::RulesFieldMissing { field: field(of) },
            Self::RulesFieldNotApplicable { field: of } => Self::RulesFieldNotApplicable { field: field(of) },
            Self::RulesInvalid { field: of } => Self::RulesInvalid { field: field(of) },
            Self::StatutoryPointsCap { .. } | Self::StatutoryWindow { .. } => self,
        }
    }
}

crate::domain::coded! {
    PolicyError:
    RulesFieldMissing RulesFieldNotApplicable RulesInvalid StatutoryPointsCap StatutoryWindow
}
