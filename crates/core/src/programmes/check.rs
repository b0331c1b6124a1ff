//! Rules held to their instrument: what it needs must be there, what does not apply to it must not, and
//! what the law limits is limited.

use std::collections::BTreeSet;

use super::grants::GrantRules;
use super::policy::{
    AnnualCap, CapHolder, CapYear, Caps, Claimant, Payee, Policy, PolicyError, RateCeilings, Released,
    Stacking,
};
use super::stacking::Levels;
use super::statutory::StatutoryLimits;
use super::{Counts, Instrument};
use crate::domain::dates::Window;
use crate::domain::{Label, Percent};

pub(super) fn missing(field: &str) -> PolicyError {
    PolicyError::RulesFieldMissing { field: field.to_owned() }
}

pub(super) fn invalid(field: impl Into<String>) -> PolicyError {
    PolicyError::RulesInvalid { field: field.into() }
}

pub(super) fn not_applicable(field: &str) -> PolicyError {
    PolicyError::RulesFieldNotApplicable { field: field.to_owned() }
}

/// Whether two names of a list are one, however they are typed.
fn twins<'a>(names: impl Iterator<Item = &'a Label>) -> bool {
    let mut seen = BTreeSet::new();
    names.map(Label::folded).any(|fold| !seen.insert(fold))
}

impl Policy {
    /// Holds the rules to an instrument, a programme's window and the agency's limits.
    pub fn check(
        &self,
        instrument: Instrument,
        window: &Window,
        limits: &StatutoryLimits,
    ) -> Result<(), PolicyError> {
        self.check_common()?;
        // that it frees is so where nothing is issued, and may be said
        let stays = |annual: &AnnualCap| annual.released == Some(Released::Stays);
        if self.caps.annual.as_ref().is_some_and(stays) && instrument != Instrument::Voucher {
            return Err(not_applicable("/caps/annual/released"));
        }
        let by_cost = self.caps.annual.as_ref().is_some_and(|annual| annual.year == Some(CapYear::Cost));
        if by_cost && instrument == Instrument::Voucher {
            return Err(not_applicable("/caps/annual/year"));
        }
        // a voucher has no cost year, and no other claim's base beside it
        if self.caps.minimum_base_per.is_some() && instrument == Instrument::Voucher {
            return Err(not_applicable("/caps/minimum_base_per"));
        }
        if self.caps.minimum_base_per.is_some() && self.caps.minimum_base.is_none() {
            return Err(missing("/caps/minimum_base"));
        }
        let misplaced = match (self.caps.per, instrument) {
            (None | Some(CapHolder::Organisation), _) => false,
            (Some(CapHolder::Project | CapHolder::Loan), instrument) => {
                instrument != Instrument::InterestSubsidy
            }
            (Some(CapHolder::Contract), instrument) => instrument == Instrument::InterestSubsidy,
        };
        if misplaced {
            return Err(not_applicable("/caps/per"));
        }
        self.check_dates(instrument)?;
        self.check_eligibility(instrument)?;
        self.check_tiers(instrument, window, limits)?;
        self.within_the_law(instrument, *window, limits)?;
        let of_interest = self.minimums.is_some_and(|minimums| minimums.interest_paid.is_some());
        if of_interest && instrument != Instrument::InterestSubsidy {
            return Err(not_applicable("/minimums/interest_paid"));
        }
        match instrument {
            Instrument::Voucher => {
                self.check_ratios()?;
                let months = self.validity_months.ok_or_else(|| missing("/validity_months"))?;
                if !(1..=120).contains(&months) {
                    return Err(invalid("/validity_months"));
                }
                if self.payee == Payee::Bank {
                    return Err(invalid("/payee"));
                }
                self.only(&["items", "base", "assessment", "prorate", "validity_months", "one_per_contract"])
            }
            Instrument::RentalSubsidy => {
                self.check_ratios()?;
                // who claims is paid: there is no third party
                let by_provider = self.claimant() == Claimant::Provider;
                if self.payee == Payee::Bank || by_provider && self.payee != Payee::Enterprise {
                    return Err(invalid("/payee"));
                }
                self.only(&["items", "base", "assessment", "prorate", "scenarios", "claimant"])
            }
            Instrument::InterestSubsidy => {
                self.check_interest()?;
                self.only(&[
                    "points",
                    "paid_interest_percent",
                    "day_count",
                    "rate_ceiling",
                    "principal_cap",
                    "prefund",
                ])
            }
            Instrument::Grant => self.check_grant(),
        }
    }

    fn check_common(&self) -> Result<(), PolicyError> {
        if let Some(annual) = &self.caps.annual {
            let twice = annual
                .counts
                .iter()
                .enumerate()
                .any(|(i, c)| annual.counts.iter().skip(i + 1).any(|d| d == c));
            if annual.counts.is_empty() || twice {
                return Err(invalid("/caps/annual/counts"));
            }
            // only what is issued can be given back
            if annual.released == Some(Released::Stays) && !annual.counts.contains(&Counts::Issue) {
                return Err(invalid("/caps/annual/released"));
            }
        }
        if let Some(groups) = &self.caps.groups {
            let named: BTreeSet<_> = groups.iter().collect();
            if !(1..=10).contains(&groups.len()) || named.len() != groups.len() {
                return Err(invalid("/caps/groups"));
            }
        }
        let empty_list = [
            ("/eligibility/categories", self.eligibility.categories.as_ref().map(Vec::len)),
            ("/eligibility/sizes", self.eligibility.sizes.as_ref().map(Vec::len)),
            ("/eligibility/regions", self.eligibility.regions.as_ref().map(Vec::len)),
            (
                "/eligibility/provider/categories",
                self.eligibility
                    .provider
                    .as_ref()
                    .and_then(|provider| provider.categories.as_ref())
                    .map(Vec::len),
            ),
            ("/scenarios", self.scenarios.as_ref().map(Vec::len)),
            ("/shares", self.shares.as_ref().map(Vec::len)),
        ]
        .into_iter()
        .chain(self.named_lists().map(|(field, names)| (field, Some(names.len()))));
        let mut empty_list = empty_list;
        if let Some((field, _)) = empty_list.find(|(_, n)| n.is_some_and(|n| n == 0 || n > 100)) {
            return Err(invalid(field));
        }
        if let Some(shares) = &self.shares {
            let sum: i64 = shares.iter().map(|s| s.percent.micro()).sum();
            let twice = twins(shares.iter().map(|share| &share.level));
            if sum != Percent::HUNDRED.micro() || twice {
                return Err(invalid("/shares"));
            }
        }
        if let Some(levels) = self.stacking.named() {
            // what is let be is let be of every level
            if self.stacking.mode() == Stacking::Allow {
                return Err(not_applicable("/stacking/levels"));
            }
            let twice =
                levels.iter().enumerate().any(|(at, one)| levels.iter().skip(at + 1).any(|of| of == one));
            if levels.iter().copied().collect::<Levels>().is_empty() || twice {
                return Err(invalid("/stacking/levels"));
            }
        }
        for (index, rule) in self.overrides.iter().flatten().enumerate() {
            let twice = self.overrides.iter().flatten().skip(index + 1).any(|other| other.code == rule.code);
            if twice || !rule.sound(self) {
                return Err(invalid(format!("/overrides/{index}")));
            }
        }
        if self.overrides.as_ref().is_some_and(Vec::is_empty) {
            return Err(invalid("/overrides"));
        }
        let joint = self.joint_ceiling_percent;
        if joint.is_some_and(|percent| percent > Percent::HUNDRED || percent.micro() == 0) {
            return Err(invalid("/joint_ceiling_percent"));
        }
        self.check_days()
    }

    /// Holds what the rules say of suppliers and projects to the instrument.
    fn check_eligibility(&self, instrument: Instrument) -> Result<(), PolicyError> {
        let rules = &self.eligibility;
        let lent = instrument == Instrument::InterestSubsidy;
        let investment = rules.project.as_ref().is_some_and(|project| project.investment_min.is_some());
        // a provider that claims is held to what the rules ask of who claims
        let none = lent || self.claimant() == Claimant::Provider;
        let misplaced = [
            ("/eligibility/provider", none && rules.provider.is_some()),
            ("/eligibility/bank", !lent && rules.bank.is_some()),
            ("/eligibility/project/investment_min", !lent && investment),
        ];
        match misplaced.into_iter().find(|(_, there)| *there) {
            Some((field, _)) => Err(not_applicable(field)),
            None => Ok(()),
        }
    }

    fn check_ratios(&self) -> Result<(), PolicyError> {
        if self.items.is_none() && self.by_tiers_alone(|tier| tier.items.is_some()) {
            return Ok(());
        }
        let items = self.items.as_ref().filter(|i| !i.is_empty()).ok_or_else(|| missing("/items"))?;
        if items.len() > 100 {
            return Err(invalid("/items"));
        }
        let folds: Vec<_> = items.iter().map(|item| item.item.folded()).collect();
        for (index, item) in items.iter().enumerate() {
            let field = format!("/items/{index}");
            if item.ratio_percent.is_none() && item.unit_price.is_none() {
                return Err(missing(&format!("{field}/ratio_percent")));
            }
            let ratios = [item.ratio_percent, item.startup_ratio_percent];
            let out = ratios.into_iter().flatten().any(|r| r > Percent::HUNDRED || r.micro() == 0)
                || item.startup_ratio_percent.is_some() && item.ratio_percent.is_none()
                || item.unit.is_some() && item.unit_price.is_none()
                || item.unit_price.is_some_and(|price| price.micro() == 0);
            if out || folds.iter().skip(index + 1).any(|other| folds.get(index) == Some(other)) {
                return Err(invalid(field));
            }
        }
        Ok(())
    }

    /// Holds the points and the days that earn, wherever they are said, to the agency's limits.
    pub fn within_the_law(
        &self,
        instrument: Instrument,
        window: Window,
        limits: &StatutoryLimits,
    ) -> Result<(), PolicyError> {
        if instrument != Instrument::InterestSubsidy {
            return Ok(());
        }
        limits.allow(self.most_points(), window)?;
        limits.allow(None, self.earning(window))
    }

    fn check_interest(&self) -> Result<(), PolicyError> {
        let Some(points) = &self.points else {
            let by_tiers = || self.by_tiers_alone(|tier| tier.points.is_some());
            if self.paid_interest_percent.is_none() && !by_tiers() {
                return Err(missing("/points"));
            }
            return self.check_interest_terms([self.paid_interest_percent, None, None]);
        };
        let reference = points.share_of_reference.as_ref().map(|share| share.percent);
        self.check_interest_terms([
            self.paid_interest_percent,
            points.share_of_contract_rate_percent,
            reference,
        ])
    }

    fn check_interest_terms(&self, shares: [Option<Percent>; 3]) -> Result<(), PolicyError> {
        match &self.rate_ceiling {
            Some(ceilings) if !ceilings.sound() => {
                let one = matches!(ceilings, RateCeilings::One(_));
                return Err(invalid(if one { "/rate_ceiling/spread_bp" } else { "/rate_ceiling" }));
            }
            Some(_) | None => {}
        }
        // what is paid ahead is paid to who deducts it
        if self.prefunds() && self.payee != Payee::Bank {
            return Err(invalid("/prefund"));
        }
        let beyond = |share: &Option<Percent>| share.is_some_and(|percent| percent > Percent::HUNDRED);
        match shares.iter().position(beyond) {
            Some(0) => Err(invalid("/paid_interest_percent")),
            Some(_) => Err(invalid("/points")),
            None => Ok(()),
        }
    }

    /// The call says when is filed, and the award how much is paid: what else bounds the two does not apply. A programme
    /// that only ranks says nothing of grants.
    fn check_grant(&self) -> Result<(), PolicyError> {
        if let Some(field) = self.grant.as_ref().and_then(GrantRules::contradiction) {
            return Err(invalid(field));
        }
        if self.payee != Payee::Enterprise {
            return Err(invalid("/payee"));
        }
        let bounds = [
            ("/caps", self.caps != Caps::default()),
            ("/minimums", self.minimums.is_some()),
            ("/joint_ceiling_percent", self.joint_ceiling_percent.is_some()),
            ("/declare_other_funding", self.declare_other_funding.is_some()),
            ("/overrides", self.overrides.is_some()),
            ("/windows", self.windows.is_some()),
            ("/rounds", self.rounds.is_some()),
            ("/term", self.term.is_some()),
            ("/rules_by", self.rules_by.is_some()),
        ];
        if let Some((field, _)) = bounds.into_iter().find(|(_, there)| *there) {
            return Err(not_applicable(field));
        }
        self.only(&["grant"])
    }

    /// Refuses what belongs to another instrument.
    fn only(&self, allowed: &[&str]) -> Result<(), PolicyError> {
        let present = [
            ("items", self.items.is_some()),
            ("base", self.base.is_some()),
            ("assessment", self.assessment.is_some()),
            ("validity_months", self.validity_months.is_some()),
            ("one_per_contract", self.one_per_contract.is_some()),
            ("scenarios", self.scenarios.is_some()),
            ("claimant", self.claimant.is_some()),
            ("points", self.points.is_some()),
            ("paid_interest_percent", self.paid_interest_percent.is_some()),
            ("prorate", self.prorate.is_some()),
            ("day_count", self.day_count.is_some()),
            ("rate_ceiling", self.rate_ceiling.is_some()),
            ("principal_cap", self.principal_cap.is_some()),
            ("prefund", self.prefund.is_some()),
            ("grant", self.grant.is_some()),
        ];
        match present.into_iter().find(|(name, there)| *there && !allowed.contains(name)) {
            Some((name, _)) => Err(PolicyError::RulesFieldNotApplicable { field: format!("/{name}") }),
            None => Ok(()),
        }
    }
}
