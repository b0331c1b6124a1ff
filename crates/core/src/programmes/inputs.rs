//! What a calculation sheet was computed from.

use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::bounds::Caps;
use super::cap_use::{CapUse, GroupUse, YearMinimum};
use super::documents::Documents;
use super::eligibility::Lists;
use super::funding::LevelMoney;
use super::interest::InterestInputs;
use super::overrides::Relaxed;
use super::policy::Base;
use super::prorated::Prorated;
use crate::domain::{Money, Percent};

/// What a sheet was computed from, beside its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Inputs {
    /// Whether the organisation counted as a start-up.
    pub startup: bool,
    /// Which of the lists that the rules name let it in and said its tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lists: Option<Lists>,
    /// What the ratios were taken of; none of an interest subsidy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base: Option<Base>,
    /// Of a grant or a tranche of one: the ratio of every line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ratio_percent: Option<Percent>,
    /// What others pay for the same contract, where the rules take it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub net_off: Option<Money>,
    /// What others pay for the same costs, level by level, where it was declared or the rules have a joint ceiling.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_money: Vec<LevelMoney>,
    /// What an officer found of what was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub assessment: Option<Assessment>,
    /// Caps that were relaxed for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Relaxed>,
    /// What documents show of what was settled, where any is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub documents: Option<Documents>,
    /// Which part of the contract counts, where the rules prorate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prorated: Option<Prorated>,
    /// The cap of one claim or voucher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub claim_cap: Option<Money>,
    /// What is left on the voucher that is redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub voucher_balance: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lifetime: Option<CapUse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub annual: Option<CapUse>,
    /// The least base of its cost year, where the rules ask that of the year; its approval asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub year_minimum: Option<YearMinimum>,
    /// Whether something was paid of it already: what the rules pay nothing for is then a cut to 0.00, which is asked back, in
    /// place of a refusal. Said only of a sheet that comes to 0.00.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paid_before: bool,
    /// The caps that its programme shares with others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupUse>,
    /// Of an interest subsidy: the loan, the days and what was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub interest: Option<Box<InterestInputs>>,
}

impl Inputs {
    pub fn caps(&self) -> Caps<'_> {
        Caps { lifetime: self.lifetime.as_ref(), annual: self.annual.as_ref(), groups: &self.groups }
    }
}
