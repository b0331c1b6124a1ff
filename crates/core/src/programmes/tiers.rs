//! Tiers 分档: what rules pay to whom. The first tier whose conditions hold replaces what it names: items and points whole, of
//! the caps those that it has. The rules' own apply to who is in none, unless a tier is required.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::calculation::{CalculationError, base};
use super::check::{invalid, not_applicable};
use super::documents::Documents;
use super::eligibility::{Applicant, Traits, lets_in};
use super::inputs::Inputs;
use super::policy::{AnnualCap, CapYear, ItemRatio, PointsRule, PolicyError, RateCeilings};
use super::{Instrument, Policy, SettledLine, StatutoryLimits};
use crate::domain::dates::Window;
use crate::domain::money::Amount;
use crate::domain::{Exact, Label, Points};
use crate::organisations::{Category, Size};
use crate::tags::TagName;

/// Who is in a tier, and with what: all that is named holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierWhen {
    /// Lists of which the organisation was on one when it filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_any: Option<Vec<TagName>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub categories: Option<Vec<Category>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sizes: Option<Vec<Size>>,
    /// Whether the organisation is a startup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub startup: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub regions: Option<Vec<Label>>,
    /// Lists of which the loan (else the contract) was on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub project_tags_any: Option<Vec<TagName>>,
    /// Voucher, rental: CNY that the base is above, under the rules' own items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base_above: Option<Amount>,
    /// Voucher, rental: CNY that the base is not above, under the rules' own items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base_up_to: Option<Amount>,
}

/// The caps of a tier; those that it does not name stay as the rules have them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierCaps {
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
    /// CNY: a smaller base is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub minimum_base: Option<Amount>,
}

/// What rules pay to those of whom a condition holds, in place of what they pay to others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleTier)]
pub struct Tier {
    pub when: TierWhen,
    /// Voucher, rental: in place of the rules' items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub items: Option<Vec<ItemRatio>>,
    /// Interest: in place of the rules' points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub points: Option<PointsRule>,
    /// In place of the rules' caps of the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub caps: Option<TierCaps>,
}

impl TierWhen {
    fn holds(&self, of: &Traits<'_>) -> bool {
        let on = |list: Option<&Vec<TagName>>, tags: &[&TagName]| {
            list.is_none_or(|list| tags.iter().any(|tag| list.contains(tag)))
        };
        let above = |least: Amount| of.base.is_some_and(|base| base > Exact::from_money(least.money()));
        let up_to = |most: Amount| of.base.is_some_and(|base| base <= Exact::from_money(most.money()));
        on(self.tags_any.as_ref(), &of.tags)
            && lets_in(self.categories.as_ref(), of.category.as_ref())
            && lets_in(self.sizes.as_ref(), of.size.as_ref())
            && self.startup.is_none_or(|startup| startup == of.startup)
            && lets_in(self.regions.as_ref(), of.region)
            && on(self.project_tags_any.as_ref(), &of.project_tags)
            && self.base_above.is_none_or(above)
            && self.base_up_to.is_none_or(up_to)
    }
}

impl Policy {
    /// The number of the first tier that holds, from 1. None: the rules' own apply.
    pub fn tier_of(&self, traits: &Traits<'_>) -> Option<u32> {
        (1..).zip(self.tiers.iter().flatten()).find(|(_, tier)| tier.when.holds(traits)).map(|(n, _)| n)
    }

    /// The tier of a case. `lines` are what the base is taken of, as far as documents and an assessment let them count: nothing
    /// of a loan.
    pub fn tier(
        &self,
        of: &Applicant<'_>,
        lines: &[SettledLine],
        (documents, assessment): (Option<&Documents>, Option<&Assessment>),
    ) -> Result<Option<u32>, CalculationError> {
        let sized = self.tiers.iter().flatten().any(Tier::sized);
        let base = sized.then(|| {
            let documents = documents.cloned();
            let inputs = Inputs { startup: of.organisation.startup, documents, ..Inputs::default() };
            base(self, lines, Inputs { assessment: assessment.cloned(), ..inputs })
        });
        let base = base.transpose()?;
        Ok(self.tier_of(&Traits { base, ..of.traits() }))
    }

    /// The rules as a tier has them.
    pub fn under(&self, tier: Option<u32>) -> Cow<'_, Self> {
        let number = tier.and_then(|number| usize::try_from(number.checked_sub(1)?).ok());
        let Some(tier) = number.and_then(|number| self.tiers.as_ref()?.get(number)) else {
            return Cow::Borrowed(self);
        };
        let mut rules = self.clone();
        rules.items = tier.items.clone().or(rules.items);
        rules.points = tier.points.clone().or(rules.points);
        if let Some(TierCaps { claim, annual, lifetime, minimum_base }) = tier.caps.clone() {
            rules.caps.claim = claim.or(rules.caps.claim);
            rules.caps.annual = annual.or(rules.caps.annual);
            rules.caps.lifetime = lifetime.or(rules.caps.lifetime);
            rules.caps.minimum_base = minimum_base.or(rules.caps.minimum_base);
        }
        Cow::Owned(rules)
    }

    /// Error: who is in no tier gets nothing.
    pub fn in_a_tier(&self, tier: Option<u32>) -> Result<(), CalculationError> {
        if self.tier_required == Some(true) && tier.is_none() {
            return Err(CalculationError::NoTier);
        }
        Ok(())
    }

    /// Whether the rules say nothing themselves of what every tier says: nobody is paid under them without a tier, and no tier
    /// asks for a base that only their own items could give.
    pub(super) fn by_tiers_alone(&self, says: impl Fn(&Tier) -> bool) -> bool {
        let tiers = || self.tiers.iter().flatten();
        self.tier_required == Some(true) && tiers().next().is_some() && tiers().all(|t| says(t) && !t.sized())
    }

    /// The points of the rules and of every tier.
    pub fn all_points(&self) -> impl Iterator<Item = &PointsRule> {
        self.points.iter().chain(self.tiers.iter().flatten().filter_map(|tier| tier.points.as_ref()))
    }

    /// Every reference rate that they name.
    pub fn reference_names(&self) -> impl Iterator<Item = &Label> {
        let shares = self.all_points().filter_map(|points| points.share_of_reference.as_ref());
        shares
            .map(|share| &share.name)
            .chain(self.rate_ceiling.iter().flat_map(RateCeilings::all).map(|ceiling| &ceiling.reference))
    }

    /// The most points of the rules and of every tier.
    pub fn most_points(&self) -> Option<Points> {
        self.all_points().filter_map(|points| points.max).max()
    }

    /// The annual caps of the rules and of every tier. All are of one kind of year, since what is approved counts in it
    /// whichever tier it is under.
    fn all_annual(&self) -> impl Iterator<Item = &AnnualCap> {
        let tiers = self.tiers.iter().flatten().filter_map(|tier| tier.caps.as_ref()?.annual.as_ref());
        self.caps.annual.iter().chain(tiers)
    }

    /// In which year annual caps count claims.
    pub fn cap_year(&self) -> CapYear {
        self.all_annual().next().and_then(|annual| annual.year).unwrap_or_default()
    }

    /// Holds each tier to the instrument, and the rules as it has them to all that holds for rules.
    pub(super) fn check_tiers(
        &self,
        instrument: Instrument,
        window: &Window,
        limits: &StatutoryLimits,
    ) -> Result<(), PolicyError> {
        let Some(tiers) = &self.tiers else {
            return if self.tier_required == Some(true) { Err(invalid("/tier_required")) } else { Ok(()) };
        };
        if !(1..=100).contains(&tiers.len()) {
            return Err(invalid("/tiers"));
        }
        for (number, tier) in (1..).zip(tiers) {
            let within = |error: PolicyError| error.within(&format!("/tiers/{}", number - 1));
            tier.check(instrument).map_err(within)?;
            if tier
                .caps
                .as_ref()
                .and_then(|caps| caps.annual.as_ref())
                .is_some_and(|annual| annual.year.unwrap_or_default() != self.cap_year())
            {
                return Err(within(invalid("/caps/annual/year")));
            }
            // overrides are held to the caps of the rules and of all tiers together
            let own = self.under(Some(number)).into_owned();
            let rules = Self { tiers: None, tier_required: None, overrides: None, ..own };
            rules.check(instrument, window, limits).map_err(within)?;
        }
        Ok(())
    }
}

impl Tier {
    /// Whether it is for bases of a size.
    const fn sized(&self) -> bool {
        self.when.base_above.is_some() || self.when.base_up_to.is_some()
    }

    fn check(&self, instrument: Instrument) -> Result<(), PolicyError> {
        let when = &self.when;
        let lists = [
            ("/when/tags_any", when.tags_any.as_ref().map(Vec::len)),
            ("/when/categories", when.categories.as_ref().map(Vec::len)),
            ("/when/sizes", when.sizes.as_ref().map(Vec::len)),
            ("/when/regions", when.regions.as_ref().map(Vec::len)),
            ("/when/project_tags_any", when.project_tags_any.as_ref().map(Vec::len)),
        ];
        let wrong = |n: Option<usize>| n.is_some_and(|n| !(1..=100).contains(&n));
        if let Some((field, _)) = lists.into_iter().find(|(_, n)| wrong(*n)) {
            return Err(invalid(field));
        }
        let lent = instrument == Instrument::InterestSubsidy;
        let misplaced = [
            ("/when/base_above", lent && when.base_above.is_some()),
            ("/when/base_up_to", lent && when.base_up_to.is_some()),
            ("/items", lent && self.items.is_some()),
            ("/points", !lent && self.points.is_some()),
        ];
        if let Some((field, _)) = misplaced.into_iter().find(|(_, there)| *there) {
            return Err(not_applicable(field));
        }
        let nothing = |(above, up_to): (Amount, Amount)| up_to.money() <= above.money();
        if when.base_above.zip(when.base_up_to).is_some_and(nothing) {
            return Err(invalid("/when/base_up_to"));
        }
        Ok(())
    }
}
