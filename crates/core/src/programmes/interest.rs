//! What stands on the calculation sheet of an interest subsidy: the loan as it was, day after day, and the segments.

use serde::{Deserialize, Serialize};

use super::statutory::StatutoryLimits;
use crate::domain::dated::{DatedMoney, DatedPercent, DatedPoints};
use crate::domain::dates::Window;
use crate::domain::{Basis, Date, ExactPoints, Money, Percent, Points, Unrounded};

/// The most segments of a sheet that is kept: with its inputs it must fit in a leaf.
pub const SEGMENTS_MAX: usize = 100;

/// What keeps days, principal or points of a segment from earning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Bound {
    /// The term of the rules is over.
    Term,
    /// The loan is paused.
    Pause,
    /// A part of what is owed was drawn outside the window for it.
    Disbursed,
    /// The organisation's cap of principal leaves less than is owed.
    PrincipalCap,
    /// The agency's limit of points is less than what the rules come to.
    StatutoryPoints,
    /// The days are after the last that the agency's limit lets earn.
    StatutoryWindow,
}

/// A stretch of days on which nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = InterestSegment)]
pub struct Segment {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    /// Days as the day count has them.
    pub days: u32,
    /// CNY that is owed.
    pub principal: Money,
    /// CNY of it that earns: not overdue, and within the organisation's cap.
    pub eligible_principal: Money,
    /// Percent a year.
    pub annual_rate_percent: Percent,
    /// Percentage points a year; of interest that is paid without points, what its percentage of the contract rate comes to
    /// within the agency's limit.
    pub points: ExactPoints,
    /// What keeps its days, a part of its principal or of its points from earning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bound_by: Vec<Bound>,
    /// What the days are divided by.
    pub basis: Basis,
    /// eligible_principal × points ÷ 100 × days ÷ basis; without points, the percentage of the interest paid × its days ÷ those of
    /// the period.
    pub exact: Unrounded,
    /// What is paid for this segment after every cut; the segments sum to the sheet's amount.
    pub subsidy: Money,
}

/// How a loan stands from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LoanState {
    /// The first day.
    pub date: Date,
    /// CNY that is owed.
    pub principal: Money,
    /// CNY that is marked as overdue.
    pub overdue: Money,
    /// Percent a year.
    pub annual_rate_percent: Percent,
    /// Whether nothing earns for now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

/// What the sheet of an interest subsidy was computed from, beside the rules and the caps. Steps are those of the
/// period alone; the first stands on its first day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InterestInputs {
    /// The first day of the period.
    pub from: Date,
    /// The day after its last.
    pub until: Date,
    pub window: Window,
    /// The agency's limits on the day of the sheet.
    #[serde(default)]
    pub statutory: StatutoryLimits,
    pub loan: Vec<LoanState>,
    /// Where the term runs from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signed_on: Option<Date>,
    /// Where the term or the years of the day count run from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_drawdown: Option<Date>,
    /// CNY owed of what was drawn outside the window for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn_outside: Vec<DatedMoney>,
    /// The reference rate that the points rule asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference: Vec<DatedPercent>,
    /// CNY of principal that the organisation's cap left for this loan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub room: Vec<DatedMoney>,
    /// Points that claims under other programmes take for the same days, where the rules take them off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<DatedPoints>,
    /// Points of other subsidies, as the organisation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub other_points: Option<Points>,
    /// CNY of ordinary interest that was paid, as the organisation says.
    pub interest_paid: Money,
    /// CNY of it as the bank confirmed, where it confirmed every day of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub interest_confirmed: Option<Money>,
}

impl InterestInputs {
    /// CNY of ordinary interest that counts: what the organisation says, and no more than the bank confirmed.
    pub fn counted(&self) -> Money {
        self.interest_confirmed.map_or(self.interest_paid, |confirmed| confirmed.min(self.interest_paid))
    }
}
