//! What rules take from the agency that no programme brings along: lists of names, and reference rates.

use std::collections::BTreeSet;

use super::policy::RateCeilings;
use super::{Instrument, Policy};
use crate::domain::Label;
use crate::tags::{TagName, TagSubjectKind};

impl Policy {
    /// The lists that the rules name, each with what its entries are: a project is the loan, else the contract.
    pub fn expected_lists(&self, instrument: Instrument) -> BTreeSet<(TagName, TagSubjectKind)> {
        let project = match instrument {
            Instrument::InterestSubsidy => TagSubjectKind::Loan,
            Instrument::Voucher | Instrument::RentalSubsidy | Instrument::Grant => TagSubjectKind::Rental,
        };
        let kind = |field: &str| {
            if field.starts_with("/eligibility/project") { project } else { TagSubjectKind::Organisation }
        };
        let of_tiers = self.tiers.iter().flatten().flat_map(|tier| {
            let organisation = tier.when.tags_any.iter().map(|names| (TagSubjectKind::Organisation, names));
            organisation.chain(tier.when.project_tags_any.iter().map(|names| (project, names)))
        });
        let lists = self.named_lists().map(|(field, names)| (kind(field), names)).chain(of_tiers);
        lists.flat_map(|(kind, names)| names.iter().map(move |name| (name.clone(), kind))).collect()
    }

    /// The reference rates that the rules name.
    pub fn expected_rates(&self) -> BTreeSet<Label> {
        let shares =
            self.all_points().filter_map(|points| Some(points.share_of_reference.as_ref()?.name.clone()));
        shares
            .chain(
                self.rate_ceiling.iter().flat_map(RateCeilings::all).map(|ceiling| ceiling.reference.clone()),
            )
            .collect()
    }
}
