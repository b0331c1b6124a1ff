//! Upper and lower limits, as rules say them.

use serde::{Deserialize, Serialize};

use super::Counts;
use crate::domain::money::Amount;
use crate::domain::{CapGroupCode, Money};

/// What becomes of the issue cap of a year when a voucher of it gives something back: closed, cancelled or expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Released {
    /// It is free again: what counts is what is granted.
    #[default]
    Frees,
    /// It stays counted, for texts that cap what is applied for. A voucher that is cancelled unused always frees.
    Stays,
}

/// Which calendar year a claim counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapYear {
    /// That of its approval.
    #[default]
    Approval,
    /// That in which its period lies.
    Cost,
}

/// The cap of a calendar year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnualCap {
    /// CNY per organisation.
    pub amount: Amount,
    /// What counts, each in the year it falls in and each against the cap by itself.
    pub counts: Vec<Counts>,
    /// Voucher: what becomes of the issue cap when a voucher gives something back; `frees` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub released: Option<Released>,
    /// Rental, interest: which year a claim counts in; that of its approval where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub year: Option<CapYear>,
}

impl AnnualCap {
    /// Whether what vouchers give back stays counted as issued in its year.
    pub fn keeps_released(&self) -> bool {
        self.counts.contains(&Counts::Issue) && self.released == Some(Released::Stays)
    }
}

/// Whose use the annual and the lifetime cap count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapHolder {
    Organisation,
    /// Interest: an organisation's loans for one project.
    Project,
    /// Interest.
    Loan,
    /// Voucher, rental.
    Contract,
}

/// Of what the least base is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MinimumBasePer {
    /// Of each claim or voucher by itself.
    #[default]
    Claim,
    /// Rental, interest: of all claims of a cost year together, when one of them is approved.
    Year,
}

/// Upper limits, and the least base.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// CNY of one claim or voucher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub claim: Option<Amount>,
    /// CNY of a calendar year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub annual: Option<AnnualCap>,
    /// CNY in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lifetime: Option<Amount>,
    /// Whose use of a year and in all is counted; an organisation's where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per: Option<CapHolder>,
    /// Caps of an organisation that other programmes share: the agency's groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub groups: Option<Vec<CapGroupCode>>,
    /// CNY: a smaller base is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub minimum_base: Option<Amount>,
    /// Of what that base is asked; of each claim or voucher where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub minimum_base_per: Option<MinimumBasePer>,
}

impl Caps {
    /// CNY that each claim or voucher has for its base at least.
    pub fn minimum_of_each(&self) -> Option<Money> {
        self.minimum_base.map(Amount::money).filter(|_| !self.counts_year_base())
    }

    /// CNY that all claims of a cost year have for their bases together at least.
    pub fn minimum_of_year(&self) -> Option<Money> {
        self.minimum_base.map(Amount::money).filter(|_| self.counts_year_base())
    }

    /// Whether the bases of the claims of a cost year are summed.
    pub fn counts_year_base(&self) -> bool {
        self.minimum_base_per == Some(MinimumBasePer::Year)
    }
}

/// What is too little to be paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleMinimums)]
pub struct Minimums {
    /// Interest: CNY of ordinary interest that was paid for the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub interest_paid: Option<Amount>,
    /// CNY of the voucher or the claim after all cuts. What draws on a voucher may be less: it is the rest of one that was
    /// enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Amount>,
}
