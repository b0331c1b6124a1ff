//! What a programme's rules say of grants: how much, in which tranches, who has to find a project good.

use serde::{Deserialize, Serialize};

use crate::domain::money::Amount;
use crate::domain::{Label, Percent, Score};

/// The most tranches of a grant.
const TRANCHES_MAX: usize = 10;
/// The most experts of an application.
pub const EXPERTS_MAX: usize = 30;
/// The longest project, in months.
const MONTHS_MAX: u32 = 120;

/// When a tranche is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum TrancheOn {
    /// 立项: once it is awarded.
    Award,
    /// 中期: once its organisation shows how far the project is.
    Milestone,
    /// 验收: once the project is accepted. What it comes to follows from the audited entitlement.
    Acceptance,
}

/// 分期拨款: a part of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TrancheRule)]
pub struct TrancheRule {
    pub name: Label,
    /// All of them make 100.
    pub percent: Percent,
    pub on: TrancheOn,
}

/// 专家评审
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GrantReview)]
pub struct Review {
    /// The fewest experts of an application, 1 to 30.
    pub experts_min: u32,
    /// The lowest mean of an application that may be awarded.
    pub pass_score: Score,
    /// Whether one highest and one lowest score are left out, from five experts on.
    #[serde(default)]
    pub drop_extremes: bool,
}

/// How many grants, and how much in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The most grants; without a limit where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<u32>,
    /// CNY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Amount>,
}

impl Quota {
    /// Of the count and of the amount the smaller each: what both leave.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let least = |one: Option<_>, other: Option<_>| one.into_iter().chain(other).min();
        let amounts = self.amount.into_iter().chain(other.amount);
        Self { count: least(self.count, other.count), amount: amounts.min() }
    }

    /// Whether it lets nothing through.
    pub fn is_empty(self) -> bool {
        self.count == Some(0)
    }
}

/// 项目奖补
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRules {
    /// CNY of one grant.
    pub max_amount: Amount,
    /// Of the project's budget; all of it where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ratio_percent: Option<Percent>,
    /// Whether tranches before the acceptance are advances, which the acceptance settles.
    #[serde(default)]
    pub prefund: bool,
    /// The longest project.
    pub months: u32,
    #[schema(min_items = 1, max_items = 10)]
    pub tranches: Vec<TrancheRule>,
    pub review: Review,
    /// Of each call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quota: Option<Quota>,
}

impl GrantRules {
    /// The percentage of a project's budget.
    pub fn ratio(&self) -> Percent {
        self.ratio_percent.unwrap_or(Percent::HUNDRED)
    }

    /// Whether a tranche is an advance.
    pub fn advances(&self, name: &Label) -> bool {
        let before = |rule: &TrancheRule| rule.name == *name && rule.on != TrancheOn::Acceptance;
        self.prefund && self.tranches.iter().any(before)
    }

    /// The field that contradicts itself or another, as a JSON pointer into the rules; none where all is well.
    pub fn contradiction(&self) -> Option<&'static str> {
        let ratio = self.ratio_percent.is_none_or(|ratio| ratio <= Percent::HUNDRED && ratio.micro() > 0);
        let experts = usize::try_from(self.review.experts_min).is_ok_and(|n| (1..=EXPERTS_MAX).contains(&n));
        let checks = [
            ("/grant/ratio_percent", ratio),
            ("/grant/months", (1..=MONTHS_MAX).contains(&self.months)),
            ("/grant/tranches", self.tranches_fit()),
            ("/grant/review/experts_min", experts),
            ("/grant/quota", !self.quota.is_some_and(Quota::is_empty)),
        ];
        checks.into_iter().find(|(_, fits)| !fits).map(|(field, _)| field)
    }

    /// Each has a name of its own and a part, they make 100, and only the last waits for the acceptance.
    fn tranches_fit(&self) -> bool {
        let names: std::collections::BTreeSet<_> = self.tranches.iter().map(|t| t.name.folded()).collect();
        let sum: i64 = self.tranches.iter().map(|t| t.percent.micro()).sum();
        let waits = self.tranches.iter().position(|t| t.on == TrancheOn::Acceptance);
        (1..=TRANCHES_MAX).contains(&self.tranches.len())
            && names.len() == self.tranches.len()
            && sum == Percent::HUNDRED.micro()
            && self.tranches.iter().all(|t| t.percent.micro() > 0)
            && waits.is_none_or(|place| place.saturating_add(1) == self.tranches.len())
    }
}
