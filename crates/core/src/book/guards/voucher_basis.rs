//! Redemptions: the voucher that each draws on.

use super::cap_usage::{self, Counted};
use super::parties::{Between, party};
use super::programmes;
use crate::book::context::{Context, Reads};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::{Claim, rules};
use crate::domain::{Date, Money};
use crate::programmes::dating::{CaseDays, applying};
use crate::programmes::funding::{LevelMoney, by_level, part_of};
use crate::programmes::{Applicant, Counts, Level, RulesVersion, SettledLine};
use crate::rentals::allocations::ContractHolder;
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

/// The contract of a voucher, and what rests on it: under which rules, and whether they have a joint ceiling, is known a
/// round later.
pub(crate) fn read(voucher: &Voucher, reads: &mut Reads<'_>) {
    reads.extend([Key::Rental(voucher.rental), Key::ContractUses(voucher.rental)]);
}

/// What others pay for the part of the contract that is redeemed, by whose money it is, where the rules have a joint ceiling: of
/// each level the greater of what the voucher declares and what is known of it.
pub(crate) fn beside(
    context: Context<'_>,
    voucher: &Voucher,
    rules: &RulesVersion,
    settlement: &[SettledLine],
) -> Result<Vec<(Level, Money)>, Stop> {
    if rules.rules.joint_ceiling_percent.is_none() {
        return Ok(Vec::new());
    }
    let lost = || Fault::Broken(format!("voucher {} has lost its contract", voucher.id));
    let whole = context.book.rentals.get(&voucher.rental)?.ok_or_else(lost)?.total;
    let uses = context.book.uses.get(&voucher.rental)?.ok_or_else(lost)?;
    let others = uses.beside(ContractHolder::Voucher(voucher.id));
    let others = others.filter(|(_, other)| other.programme != voucher.programme);
    let known = others.map(|(_, other)| (other.stacked.level, other.amount));
    let amount = SettledLine::total(settlement)?;
    let of = |one: LevelMoney| {
        let falls = part_of(one.counted(), i128::from(amount.fen()), i128::from(whole.fen()))?;
        Ok((one.level, falls))
    };
    by_level(voucher.other_funding.as_deref(), known)?.into_iter().map(of).collect()
}

/// What a redemption is held against, all of it loaded.
pub(crate) fn facts<'a>(
    context: Context<'a>,
    voucher: &'a Voucher,
    rules: &'a RulesVersion,
    (settlement, own): (&[SettledLine], Money),
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
        beside: beside(context, voucher, rules, settlement)?,
        declared: None,
        assessment: None,
        overrides: Vec::new(),
        documents: None,
        prorated: None,
        cap_year: day.year(),
        year_base: None,
        paid_before: false,
        used: cap_usage::used(context, &rules.rules, of, (day.year(), Counts::Redemption))?,
        day,
    })
}
