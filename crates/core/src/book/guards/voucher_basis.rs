//! Redemptions: the voucher that each draws on.

use super::cap_usage::{self, Counted};
use super::parties::{Between, party};
use super::programmes;
use crate::book::Fault;
use crate::book::context::Context;
use crate::book::refusal::Stop;
use crate::claims::{Claim, rules};
use crate::domain::{Date, Money};
use crate::programmes::dating::{CaseDays, applying};
use crate::programmes::{Applicant, Counts, RulesVersion};
use crate::tags::TagSubject;
use crate::vouchers::Voucher;
use crate::vouchers::redemption::{self};

pub(crate) fn voucher<'a>(context: Context<'a>, claim: &Claim) -> Result<&'a Voucher, Stop> {
    let lost = || Fault::Broken(format!("claim {} has lost its voucher", claim.id));
    let id = claim.subject.voucher().ok_or_else(lost)?;
    Ok(context.book.vouchers.get(&id)?.ok_or_else(lost)?)
}

/// The rules that apply today.
pub(crate) fn rules_today<'a>(context: Context<'a>, voucher: &Voucher) -> Result<&'a RulesVersion, Stop> {
    let lost = || Fault::Broken(format!("voucher {} has lost its programme or contract", voucher.id));
    let programme = context.book.programmes.get(&voucher.programme)?.ok_or_else(lost)?;
    let rental = context.book.rentals.get(&voucher.rental)?.ok_or_else(lost)?;
    let days = CaseDays::contract(context.stamp.business_date, rental.signed_on);
    Ok(applying(programmes::versions(context.book, programme)?, &days)?)
}

fn between(voucher: &Voucher) -> Between {
    Between {
        organisation: voucher.organisation,
        supplier: voucher.provider,
        project: TagSubject::Rental(voucher.rental),
        filed: voucher.submitted_on,
    }
}

/// The tier of a redemption: that of the contract, on the day on which its voucher was applied for.
pub(crate) fn tier(
    context: Context<'_>,
    voucher: &Voucher,
    rules: &RulesVersion,
    applicant: &Applicant<'_>,
) -> Result<Option<u32>, Stop> {
    let lost = || Fault::Broken(format!("voucher {} has lost its contract", voucher.id));
    let rental = context.book.rentals.get(&voucher.rental)?.ok_or_else(lost)?;
    Ok(rules.rules.tier(applicant, &rental.lines, (None, voucher.assessment.as_ref()))?)
}

/// What a redemption is held against, all of it loaded.
pub(crate) fn facts<'a>(
    context: Context<'a>,
    voucher: &'a Voucher,
    rules: &'a RulesVersion,
    own: Money,
    day: Date,
) -> Result<rules::Facts<'a>, Stop> {
    redemption::open(voucher)?;
    // the last usable day is held against the day of the deed: an approval dated back brings nothing back
    let room = redemption::room(voucher, own, context.stamp.business_date)?;
    let of = Counted::voucher(voucher);
    let applicant = party(context, &between(voucher), rules)?;
    let tier = tier(context, voucher, rules, &applicant)?;
    Ok(rules::Facts {
        rules,
        policy: rules.rules.under(tier),
        tier,
        applicant,
        fiscal_year: voucher.fiscal_year,
        room: Some(room),
        others: None,
        declared: None,
        assessment: None,
        overrides: Vec::new(),
        documents: None,
        prorated: None,
        cap_year: day.year(),
        used: cap_usage::used(context, &rules.rules, of, (day.year(), Counts::Redemption))?,
        day,
    })
}
