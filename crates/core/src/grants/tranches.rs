//! Which tranche of an award is due, and which claim holds it.

use super::GrantError;
use super::awards::{Award, AwardStatus, Tranche};
use crate::domain::money::Amount;
use crate::domain::{ClaimId, Label, Money, Stamp};
use crate::programmes::grants::TrancheOn;

/// The tranche that a claim is for, as it is due. Error: there is none of that name, or it is not due.
pub fn due<'a>(award: &'a Award, name: &Label) -> Result<(&'a Tranche, Amount), GrantError> {
    let unknown = || GrantError::TrancheUnknown { pointer: "/tranche", tranche: name.clone() };
    let tranche = award.tranche(name).ok_or_else(unknown)?;
    let amount = match (tranche.on, award.status, &award.settled) {
        (TrancheOn::Award | TrancheOn::Milestone, AwardStatus::Awarded, _) => Amount::of(tranche.amount),
        (TrancheOn::Acceptance, AwardStatus::Accepted, Some(settled)) => Amount::of(settled.due),
        _ => None,
    };
    let not_due = || GrantError::TrancheNotDue { tranche: name.clone() };
    amount.map(|amount| (tranche, amount)).ok_or_else(not_due)
}

/// The award once a claim holds a tranche, or holds it no more; none where that stays. Error: another claim has it.
pub fn held(
    award: &Award,
    name: &Label,
    (claim, holds): (ClaimId, bool),
    stamp: &Stamp,
) -> Result<Option<Award>, GrantError> {
    let known = award.tranche(name).and_then(|tranche| tranche.claim);
    match (known, holds) {
        (Some(other), true) if other != claim => return Err(GrantError::TrancheClaimed { claim: other }),
        (Some(_), true) | (None, false) => return Ok(None),
        (Some(other), false) if other != claim => return Ok(None),
        (Some(_), false) | (None, true) => {}
    }
    let mut award = Award { revision: award.revision.next(stamp), ..award.clone() };
    let lost = if holds { Money::ZERO } else { given_up(&award, name) };
    if let Some(settled) = award.settled.as_mut() {
        settled.paid = settled.paid.minus(lost)?;
        settled.released = settled.released.plus(lost)?;
    }
    if let Some(tranche) = award.tranches.iter_mut().find(|tranche| tranche.name == *name) {
        tranche.claim = holds.then_some(claim);
    }
    Ok(Some(award))
}

/// CNY of a tranche that nobody can claim again once its claim is let go: the acceptance settled what came before it.
pub fn given_up(award: &Award, name: &Label) -> Money {
    let before = award.tranche(name).filter(|tranche| tranche.on != TrancheOn::Acceptance);
    before.filter(|_| award.status == AwardStatus::Accepted).map_or(Money::ZERO, |tranche| tranche.amount)
}
