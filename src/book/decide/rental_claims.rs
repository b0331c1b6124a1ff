//! Claims for what was rented: the contract and the programme that each rests on.

use super::claims::{party, usage};
use super::{Context, named, programmes};
use crate::book::Fault;
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::claims::backing::{self, Parties};
use crate::claims::{Claim, ClaimPeriod, rules};
use crate::domain::{ClaimId, Date, Money, ProgrammeCode, RentalId, VoucherId};
use crate::programmes::calculation::CalculationError;
use crate::programmes::policy::Stacking;
use crate::programmes::rules::{in_force, usable};
use crate::programmes::{Instrument, Programme, ProgrammeError, RulesKey, RulesVersion};
use crate::rentals::{Rental, RentalError};
use crate::vouchers::{ContractUse, Uses, VoucherError};

/// A contract, the programme that is to pay a part of it, and the days that it is to pay for.
pub(super) struct Lease<'a> {
    claim: ClaimId,
    pub(super) rental: &'a Rental,
    programme: &'a Programme,
    period: ClaimPeriod,
}

impl<'a> Lease<'a> {
    /// What a draft names. Another's contract is not there.
    pub(super) fn asked(
        context: Context<'a>,
        claim: ClaimId,
        programme: &ProgrammeCode,
        rental: RentalId,
        period: ClaimPeriod,
    ) -> Result<Self, Stop> {
        let programme = named(context.book.programmes.get(programme)?, "/programme")?;
        let rental = context.book.rentals.get(&rental)?.filter(|r| context.acts_for(r.organisation));
        Ok(Self { claim, rental: named(rental, "/rental_id")?, programme, period })
    }

    /// What a claim rests on.
    pub(super) fn of(
        context: Context<'a>,
        claim: &Claim,
        rental: RentalId,
        period: ClaimPeriod,
    ) -> Result<Self, Stop> {
        let lost = || Fault::Broken(format!("claim {} has lost its programme or contract", claim.id));
        let programme = context.book.programmes.get(&claim.programme)?.ok_or_else(lost)?;
        let rental = context.book.rentals.get(&rental)?.ok_or_else(lost)?;
        Ok(Self { claim: claim.id, rental, programme, period })
    }

    pub(super) const fn parties(&self) -> Parties {
        Parties { organisation: self.rental.organisation, provider: self.rental.provider }
    }

    /// The rules in force today, of an active programme for rentals whose window has both the day of the filing and the
    /// first day of the period in it.
    pub(super) fn rules_today(&self, context: Context<'a>) -> Result<&'a RulesVersion, Stop> {
        if self.period.is_empty() {
            return Err(RentalError::InvalidPeriod.into());
        }
        let today = context.stamp.business_date;
        usable(self.programme, Instrument::RentalSubsidy, today)?;
        if !self.programme.window.contains(self.period.from) {
            return Err(ProgrammeError::WindowClosed { date: self.period.from }.into());
        }
        let versions = programmes::versions(context.book, self.programme)?;
        Ok(in_force(versions, today).ok_or(ProgrammeError::WindowClosed { date: today })?)
    }

    /// What the claim is held against.
    pub(super) fn facts(
        &self,
        context: Context<'a>,
        rules: &'a RulesVersion,
        day: Date,
    ) -> Result<rules::Facts<'a>, Stop> {
        let rental = self.rental;
        let uses = uses(context, rental.id)?;
        free(self.claim, rules, &uses)?;
        let used = |year| {
            let key = usage(&self.programme.code, rental.organisation, year);
            context.book.usages.get(&key).map(|used| used.copied().unwrap_or_default())
        };
        Ok(rules::Facts {
            rules,
            organisation: party(context, [rental.organisation, rental.provider], rules)?,
            provider: rental.provider,
            fiscal_year: None,
            room: None,
            net_off: net_off(rules, &uses)?,
            used_in_year: used(Some(day.year()))?,
            used_in_all: used(None)?,
            day,
        })
    }
}

fn uses(context: Context<'_>, rental: RentalId) -> Result<Uses, Fault> {
    Ok(context.book.uses.get(&rental)?.cloned().unwrap_or_default())
}

/// Under which id a claim stands among what pays for a contract.
fn place(claim: ClaimId) -> VoucherId {
    VoucherId::new(claim.uuid())
}

/// Whether no other programme that suffers none beside it pays for the contract. Claims of the same programme follow one
/// another, period by period.
fn free(own: ClaimId, rules: &RulesVersion, uses: &Uses) -> Result<(), VoucherError> {
    let alone = rules.rules.stacking == Stacking::Exclusive;
    let clash = uses.iter().find(|(id, other)| {
        **id != place(own) && other.live && other.programme != rules.programme && (other.exclusive || alone)
    });
    match clash {
        None => Ok(()),
        Some((id, other)) => {
            Err(VoucherError::ContractAlreadyUsed { voucher: *id, programme: other.programme.clone() })
        }
    }
}

/// What other programmes pay for the contract, where the rules take it off.
fn net_off(rules: &RulesVersion, uses: &Uses) -> Result<Option<Money>, Stop> {
    if rules.rules.stacking != Stacking::NetOff {
        return Ok(None);
    }
    let others = uses.iter().filter(|(_, other)| other.live && other.programme != rules.programme);
    Ok(Some(Money::sum(others.map(|(_, other)| other.amount)).map_err(CalculationError::from)?))
}

/// What other programmes pay for a contract, where the rules take it off.
pub(super) fn paid_by_others(
    context: Context<'_>,
    rental: RentalId,
    rules: &RulesVersion,
) -> Result<Option<Money>, Stop> {
    net_off(rules, &uses(context, rental)?)
}

/// The contract, used by a claim for as long as the claim holds what backs it; nothing where that stays.
pub(super) fn used(context: Context<'_>, claim: &Claim) -> Result<Option<Change>, Stop> {
    let Some(rental) = claim.subject.rental() else { return Ok(None) };
    let known = uses(context, rental)?;
    let before = known.get(&place(claim.id));
    let live = backing::holds(claim.status);
    let after = match (before, live) {
        (None, false) => return Ok(None),
        (Some(before), false) => ContractUse { live, ..before.clone() },
        (_, true) => ContractUse {
            programme: claim.programme.clone(),
            amount: claim.amount,
            exclusive: exclusive(context, claim)?,
            live,
        },
    };
    if before == Some(&after) {
        return Ok(None);
    }
    let voucher = place(claim.id);
    Ok(Some(Change::ContractUse { rental, voucher, contract_use: after }))
}

/// Whether the claim's rules suffer no other programme on the contract: those of its submission.
fn exclusive(context: Context<'_>, claim: &Claim) -> Result<bool, Fault> {
    let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    let lost = || Fault::Broken(format!("claim {} has lost its rules", claim.id));
    let rules = context.book.rules.get(&key)?.ok_or_else(lost)?;
    Ok(rules.rules.stacking == Stacking::Exclusive)
}
