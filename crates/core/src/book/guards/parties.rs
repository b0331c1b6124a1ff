//! Who a claim is between.

use crate::book::context::{Context, Reads};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::Claim;
use crate::domain::CreditCode;
use crate::organisations::{Organisation, rules as organisations};
use crate::programmes::RulesVersion;
use crate::programmes::policy::RelatedProvider;
use crate::rentals::RentalError;

/// The keys of [`party`].
pub(crate) fn read(claim: &Claim, reads: &mut Reads<'_>) {
    reads.extend([Key::Organisation(claim.organisation), Key::Organisation(claim.provider)]);
}

/// The organisation, not blocked, and not related to the provider where the rules refuse that.
pub(crate) fn party<'a>(
    context: Context<'a>,
    [organisation, provider]: [CreditCode; 2],
    rules: &RulesVersion,
) -> Result<&'a Organisation, Stop> {
    let known = &context.book.organisations;
    let organisation = organisations::may_begin(known.get(&organisation)?, organisation)?;
    let lost = || Fault::Broken(format!("{provider} has a contract and is not registered"));
    let provider = known.get(&provider)?.ok_or_else(lost)?;
    let refuses = rules.rules.eligibility.related_provider == RelatedProvider::Refuse;
    if refuses && organisations::related(organisation, provider) {
        return Err(RentalError::RelatedProvider { provider: provider.credit_code }.into());
    }
    Ok(organisation)
}
