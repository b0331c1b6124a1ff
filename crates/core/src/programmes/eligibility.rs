//! Who may apply, with whose contract or loan, and for which project: by what an organisation is, and by the lists 名单 that
//! it is on.
//!
//! Lists are read of the day of the filing, as they are known now: a tag that was never right does not help, one that came
//! to an end later does no harm. A list that shuts out does so today.

use serde::{Deserialize, Serialize};

use super::Policy;
use crate::domain::money::Amount;
use crate::domain::{CreditCode, Date, Exact, Label, Money};
use crate::organisations::rules::related;
use crate::organisations::{Category, Organisation, Size};
use crate::tags::{HeldTags, TagName};

/// Whether the provider of a contract may be related to the organisation that claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelatedProvider {
    #[default]
    Refuse,
    Allow,
}

/// Who may apply. A list that is left out lets everyone in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Eligibility {
    /// 单位类别
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub categories: Option<Vec<Category>>,
    /// 企业规模
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sizes: Option<Vec<Size>>,
    /// Whether startups alone may apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub startup_only: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub regions: Option<Vec<Label>>,
    #[serde(default)]
    pub related_provider: RelatedProvider,
    /// Lists of which the organisation is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_any: Option<Vec<TagName>>,
    /// Lists all of which it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_all: Option<Vec<TagName>>,
    /// Lists of which it is on none, today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_none: Option<Vec<TagName>>,
    /// Voucher, rental: with whom the contract is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provider: Option<ProviderRule>,
    /// Interest: who lends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bank: Option<BankRule>,
    /// For what the contract or the loan is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub project: Option<ProjectRule>,
}

/// With whom a contract is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderRule {
    /// Lists of which it is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_any: Option<Vec<TagName>>,
    /// Lists of which it is on none, today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_none: Option<Vec<TagName>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub categories: Option<Vec<Category>>,
}

/// Who lends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BankRule {
    /// Lists of which it is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_any: Option<Vec<TagName>>,
    /// Lists of which it is on none, today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_none: Option<Vec<TagName>>,
}

/// For what a contract or a loan is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectRule {
    /// Lists of which the loan is on one; of vouchers and rentals, the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags_any: Option<Vec<TagName>>,
    /// Interest: CNY that the loan's project costs at least. A loan that does not say is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub investment_min: Option<Amount>,
}

/// Why the rules do not let in who asks, from whom, or what it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EligibilityError {
    /// The organisation is not one that the rules let in.
    #[error("not eligible: {reason}")]
    NotEligible {
        /// Which rule: `category`, `size`, `startup_only`, `region`, `tags`, `scenario`.
        reason: &'static str,
    },
    #[error("provider {provider} is not listed: {reason}")]
    ProviderNotListed {
        provider: CreditCode,
        /// Which rule: `category`, `tags`.
        reason: &'static str,
    },
    #[error("bank {bank} is not listed")]
    BankNotListed { bank: CreditCode },
    #[error("the project is not eligible: {reason}")]
    ProjectNotEligible {
        /// Which rule: `investment`, `tags`.
        reason: &'static str,
    },
}

crate::domain::coded! {
    EligibilityError: NotEligible ProviderNotListed BankNotListed ProjectNotEligible
}

impl EligibilityError {
    /// What changed, where it was let in before.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotEligible { reason } => reason,
            Self::ProviderNotListed { .. } => "provider_not_listed",
            Self::BankNotListed { .. } => "bank_not_listed",
            Self::ProjectNotEligible { .. } => "project_not_eligible",
        }
    }
}

/// The tags of those whom a case is about; none where the rules ask for none.
#[derive(Debug, Clone, Copy, Default)]
pub struct CaseTags<'a> {
    pub organisation: Option<&'a HeldTags>,
    /// Of the provider or the bank.
    pub supplier: Option<&'a HeldTags>,
    /// Of the contract or the loan.
    pub project: Option<&'a HeldTags>,
}

/// On which lists the organisation, its supplier and the project were, of those that the rules name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SheetLists)]
pub struct Lists {
    /// The day of which they were read: that of the filing.
    pub on: Date,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisation: Vec<TagName>,
    /// Of the provider or the bank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supplier: Vec<TagName>,
    /// Of the contract or the loan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub project: Vec<TagName>,
}

/// Who asks, from whom, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Applicant<'a> {
    pub organisation: &'a Organisation,
    /// The contract's provider; of a loan the bank.
    pub supplier: &'a Organisation,
    /// CNY that the loan's project costs, where it says so.
    pub investment: Option<Money>,
    pub tags: CaseTags<'a>,
    /// The day of the filing; of a redemption, that of its voucher.
    pub filed: Date,
    pub today: Date,
}

/// What tiers look at.
#[derive(Debug, Clone, Default)]
pub struct Traits<'a> {
    pub category: Option<Category>,
    pub size: Option<Size>,
    pub startup: bool,
    pub region: Option<&'a Label>,
    /// The lists that the organisation is on.
    pub tags: Vec<&'a TagName>,
    /// The lists that the contract or the loan is on.
    pub project_tags: Vec<&'a TagName>,
    /// CNY under the rules' own items; none of a loan.
    pub base: Option<Exact>,
}

/// Whether a condition that names some lets this one in; one that is left out lets in all.
pub(super) fn lets_in<T: PartialEq>(named: Option<&Vec<T>>, one: Option<&T>) -> bool {
    named.is_none_or(|named| one.is_some_and(|one| named.contains(one)))
}

fn on_lists(held: Option<&HeldTags>, day: Date) -> impl Iterator<Item = &TagName> {
    held.into_iter().flat_map(HeldTags::values).filter(move |tag| tag.counts_on(day)).map(|tag| &tag.tag)
}

fn on_one(held: Option<&HeldTags>, day: Date, names: &[TagName]) -> bool {
    on_lists(held, day).any(|name| names.contains(name))
}

impl Eligibility {
    /// Every condition on the organisation that does not hold, in the order in which a case is refused for them. The lists
    /// among the traits are those of the day of the filing; `today` are the lists that may shut it out.
    pub fn unmet(&self, traits: &Traits<'_>, today: &[&TagName]) -> Vec<&'static str> {
        let any = |names: &Vec<TagName>| names.iter().any(|name| traits.tags.contains(&name));
        let all = |names: &Vec<TagName>| names.iter().all(|name| traits.tags.contains(&name));
        let none = |names: &Vec<TagName>| !names.iter().any(|name| today.contains(&name));
        let listed = self.tags_any.as_ref().is_none_or(any)
            && self.tags_all.as_ref().is_none_or(all)
            && self.tags_none.as_ref().is_none_or(none);
        let conditions = [
            ("category", lets_in(self.categories.as_ref(), traits.category.as_ref())),
            ("size", lets_in(self.sizes.as_ref(), traits.size.as_ref())),
            ("startup_only", self.startup_only != Some(true) || traits.startup),
            ("region", lets_in(self.regions.as_ref(), traits.region)),
            ("tags", listed),
        ];
        conditions.into_iter().filter(|(_, holds)| !holds).map(|(reason, _)| reason).collect()
    }
}

impl Applicant<'_> {
    /// Whether the rules refuse it because it and its supplier are related.
    pub fn is_refused_as_related(&self, policy: &Policy) -> bool {
        policy.eligibility.related_provider == RelatedProvider::Refuse
            && related(self.organisation, self.supplier)
    }

    /// Whether the rules let it in.
    pub fn eligible(&self, policy: &Policy) -> Result<(), EligibilityError> {
        let rules = &policy.eligibility;
        self.organisation_eligible(rules).map_err(|reason| EligibilityError::NotEligible { reason })?;
        let supplier = self.supplier.credit_code;
        if let Some(provider) = &rules.provider {
            let refuse = |reason| EligibilityError::ProviderNotListed { provider: supplier, reason };
            if !lets_in(provider.categories.as_ref(), Some(&self.supplier.category)) {
                return Err(refuse("category"));
            }
            let lists = [provider.tags_any.as_deref(), provider.tags_none.as_deref()];
            self.supplier_listed(lists).ok_or_else(|| refuse("tags"))?;
        }
        if let Some(bank) = &rules.bank {
            let lists = [bank.tags_any.as_deref(), bank.tags_none.as_deref()];
            self.supplier_listed(lists).ok_or(EligibilityError::BankNotListed { bank: supplier })?;
        }
        let Some(project) = &rules.project else { return Ok(()) };
        let refuse = |reason| Err(EligibilityError::ProjectNotEligible { reason });
        let cheap = |least: Amount| self.investment.is_none_or(|investment| investment < least.money());
        if project.investment_min.is_some_and(cheap) {
            return refuse("investment");
        }
        match &project.tags_any {
            Some(names) if !on_one(self.tags.project, self.filed, names) => refuse("tags"),
            Some(_) | None => Ok(()),
        }
    }

    fn organisation_eligible(&self, rules: &Eligibility) -> Result<(), &'static str> {
        let today: Vec<&TagName> = on_lists(self.tags.organisation, self.today).collect();
        rules.unmet(&self.traits(), &today).first().map_or(Ok(()), |reason| Err(*reason))
    }

    fn supplier_listed(&self, [any, none]: [Option<&[TagName]>; 2]) -> Option<()> {
        let any = any.is_none_or(|names| on_one(self.tags.supplier, self.filed, names));
        let none = none.is_none_or(|names| !on_one(self.tags.supplier, self.today, names));
        (any && none).then_some(())
    }

    /// What tiers look at, but for the base.
    pub fn traits(&self) -> Traits<'_> {
        Traits {
            category: Some(self.organisation.category),
            size: self.organisation.size,
            startup: self.organisation.startup,
            region: self.organisation.region.as_ref(),
            tags: on_lists(self.tags.organisation, self.filed).collect(),
            project_tags: on_lists(self.tags.project, self.filed).collect(),
            base: None,
        }
    }

    /// What of the lists goes on the sheet; none where the rules name no list that lets in.
    pub fn lists(&self, policy: &Policy) -> Option<Lists> {
        let of = |held, names: Vec<&TagName>| {
            let mut found: Vec<_> =
                on_lists(held, self.filed).filter(|name| names.contains(name)).cloned().collect();
            found.sort();
            found.dedup();
            found
        };
        let [organisation, supplier, project] = policy.names_lists();
        if organisation.is_empty() && supplier.is_empty() && project.is_empty() {
            return None;
        }
        Some(Lists {
            on: self.filed,
            organisation: of(self.tags.organisation, organisation),
            supplier: of(self.tags.supplier, supplier),
            project: of(self.tags.project, project),
        })
    }
}

impl Policy {
    /// The lists that let in, or say the tier: of the organisation, of its supplier, and of the project.
    fn names_lists(&self) -> [Vec<&TagName>; 3] {
        let rules = &self.eligibility;
        let tiers = || self.tiers.iter().flatten().map(|tier| &tier.when);
        let organisation = [&rules.tags_any, &rules.tags_all].into_iter();
        let organisation = organisation.chain(tiers().map(|when| &when.tags_any));
        let supplier = [
            rules.provider.as_ref().and_then(|provider| provider.tags_any.as_ref()),
            rules.bank.as_ref().and_then(|bank| bank.tags_any.as_ref()),
        ];
        let project = rules.project.as_ref().and_then(|project| project.tags_any.as_ref()).into_iter();
        let project = project.chain(tiers().filter_map(|when| when.project_tags_any.as_ref()));
        let supplier = supplier.into_iter().flatten().flatten();
        [organisation.flatten().flatten().collect(), supplier.collect(), project.flatten().collect()]
    }

    /// The lists that an organisation may be on, of those that let in, shut out or say the tier.
    pub fn lists_of_organisations(&self) -> impl Iterator<Item = &TagName> {
        let rules = &self.eligibility;
        let tiers = self.tiers.iter().flatten().filter_map(|tier| tier.when.tags_any.as_ref());
        let own = [&rules.tags_any, &rules.tags_all, &rules.tags_none].into_iter().flatten();
        own.chain(tiers).flatten()
    }

    /// Whether a tier goes by the project or by the amount, which no organisation has of itself.
    pub fn has_tiers_of_cases(&self) -> bool {
        let mut tiers = self.tiers.iter().flatten().map(|tier| &tier.when);
        tiers.any(|when| {
            when.project_tags_any.is_some() || when.base_above.is_some() || when.base_up_to.is_some()
        })
    }

    /// Whether it takes lists, or the loan's project, to say who is let in and what is paid.
    pub fn reads_lists(&self) -> bool {
        let rules = &self.eligibility;
        let shut_out = [
            rules.tags_none.is_some(),
            rules.provider.as_ref().is_some_and(|provider| provider.tags_none.is_some()),
            rules.bank.as_ref().is_some_and(|bank| bank.tags_none.is_some()),
            rules.project.is_some(),
        ];
        shut_out.contains(&true) || self.names_lists().iter().any(|names| !names.is_empty())
    }

    /// Every list that is asked for, with where it is named: for checks.
    pub(super) fn named_lists(&self) -> impl Iterator<Item = (&'static str, &Vec<TagName>)> {
        let rules = &self.eligibility;
        let provider = rules.provider.as_ref();
        let bank = rules.bank.as_ref();
        [
            ("/eligibility/tags_any", rules.tags_any.as_ref()),
            ("/eligibility/tags_all", rules.tags_all.as_ref()),
            ("/eligibility/tags_none", rules.tags_none.as_ref()),
            ("/eligibility/provider/tags_any", provider.and_then(|p| p.tags_any.as_ref())),
            ("/eligibility/provider/tags_none", provider.and_then(|p| p.tags_none.as_ref())),
            ("/eligibility/bank/tags_any", bank.and_then(|b| b.tags_any.as_ref())),
            ("/eligibility/bank/tags_none", bank.and_then(|b| b.tags_none.as_ref())),
            ("/eligibility/project/tags_any", rules.project.as_ref().and_then(|p| p.tags_any.as_ref())),
        ]
        .into_iter()
        .filter_map(|(field, names)| names.map(|names| (field, names)))
    }
}
