//! Decisions on awards: objections, deadlines, and the acceptance, which settles what was paid against what the project is
//! entitled to.

use super::GrantError;
use super::awards::{
    Acceptance, Award, AwardObjection, AwardStatus, Extension, OBJECTIONS_MAX, ProposeAcceptance,
    ProposeExtension, ResolveAwardObjection, Settled,
};
use crate::claims::objection::ObjectionStatus;
use crate::claims::{Claim, ClaimStatus, payable};
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Date, Money, Stamp, TextHash};
use crate::ledger::ExpenseClass;
use crate::programmes::grants::TrancheOn;

/// An award with one more objection, while it is published.
pub fn object(award: &Award, text: TextHash, actor: &Actor, stamp: &Stamp) -> Result<Award, GrantError> {
    award.in_state(AwardStatus::Awarded)?;
    if award.published_until.is_none_or(|until| until < stamp.business_date) {
        return Err(GrantError::state("not_published"));
    }
    if award.objections.len() >= OBJECTIONS_MAX {
        return Err(GrantError::TooManyObjections { limit: OBJECTIONS_MAX.to_string() });
    }
    let mut award = Award { revision: award.revision.next(stamp), ..award.clone() };
    award.objections.push(AwardObjection {
        text,
        status: ObjectionStatus::Open,
        created_by: actor.subject.clone(),
        reason: None,
        resolved_by: None,
    });
    Ok(award)
}

/// Where an objection stands, by its number, which is counted from 1.
fn place(number: u32) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1)
}

pub fn objection(award: &Award, number: u32) -> Option<&AwardObjection> {
    award.objections.get(place(number)?)
}

/// An award with an objection resolved.
pub fn resolve(
    award: &Award,
    command: &ResolveAwardObjection,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Award, GrantError> {
    let known = objection(award, command.number).map(|objection| objection.status);
    if let Some(status) = known.filter(|status| *status != ObjectionStatus::Open) {
        return Err(GrantError::state(status));
    }
    let mut award = Award { revision: award.revision.next(stamp), ..award.clone() };
    if let Some(one) = place(command.number).and_then(|place| award.objections.get_mut(place)) {
        one.status = command.decision.into();
        one.reason = Some(command.reason);
        one.resolved_by = Some(actor.subject.clone());
    }
    Ok(award)
}

/// An award given up before anything of it was claimed.
pub fn cancel(award: &Award, reason: TextHash, stamp: &Stamp) -> Result<Award, GrantError> {
    award.in_state(AwardStatus::Awarded)?;
    nothing_waits(award)?;
    if let Some(claim) = award.tranches.iter().find_map(|tranche| tranche.claim) {
        return Err(GrantError::TrancheOpen { claim });
    }
    Ok(Award {
        status: AwardStatus::Cancelled,
        reason: Some(reason),
        revision: award.revision.next(stamp),
        ..award.clone()
    })
}

/// Error: an acceptance or a later deadline waits for another person.
fn nothing_waits(award: &Award) -> Result<(), GrantError> {
    let waits = [
        (award.acceptance.is_some(), "acceptance_proposed"),
        (award.extension.is_some(), "extension_proposed"),
    ];
    match waits.into_iter().find(|(waits, _)| *waits) {
        Some((_, status)) => Err(GrantError::state(status)),
        None => Ok(()),
    }
}

/// An award whose acceptance waits for another person.
pub fn propose_acceptance(
    award: &Award,
    command: &ProposeAcceptance,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Award, GrantError> {
    award.in_state(AwardStatus::Awarded)?;
    nothing_waits(award)?;
    let entitlement = command.entitlement.money();
    if entitlement > award.amount {
        return Err(GrantError::EntitlementTooLarge { pointer: "/entitlement", awarded: award.amount });
    }
    let acceptance = Acceptance {
        entitlement,
        document: command.document.clone(),
        decision: command.decision,
        reason: command.reason,
        proposed_by: actor.subject.clone(),
    };
    Ok(Award { acceptance: Some(acceptance), revision: award.revision.next(stamp), ..award.clone() })
}

/// The acceptance that waits.
pub fn waiting(award: &Award) -> Result<&Acceptance, GrantError> {
    award.in_state(AwardStatus::Awarded)?;
    award.acceptance.as_ref().ok_or_else(|| GrantError::state(award.status))
}

/// An award whose acceptance was refused: another may be proposed.
pub fn reject_acceptance(award: &Award, reason: TextHash, stamp: &Stamp) -> Result<Award, GrantError> {
    waiting(award)?;
    let (acceptance, reason, revision) = (None, Some(reason), award.revision.next(stamp));
    Ok(Award { acceptance, reason, revision, ..award.clone() })
}

/// What an acceptance does to a claim for a tranche.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share<'a> {
    pub claim: &'a Claim,
    /// CNY of it that was paid too much.
    pub over: Money,
    /// CNY of an advance that the project was entitled to: it is an expense from now on.
    pub earned: Money,
}

/// What was paid of each tranche held against the entitlement: what was paid too much is taken from the newest first. What
/// is due is never more than the award has left, so that what was asked back before is not paid again.
pub fn settle<'a>(
    award: &Award,
    acceptance: &Acceptance,
    claims: &[&'a Claim],
    (day, actor): (Date, &Actor),
) -> Result<(Settled, Vec<Share<'a>>), GrantError> {
    if let Some(open) = claims.iter().find(|claim| claim.status != ClaimStatus::Paid) {
        return Err(GrantError::TrancheOpen { claim: open.id });
    }
    let kept = |claim: &Claim| payable::received(claim).and_then(|paid| paid.minus(claim.recovered));
    let paid = Money::sum(claims.iter().map(|claim| kept(claim)).collect::<Result<Vec<_>, OutOfRange>>()?)?;
    let drawn = Money::sum(claims.iter().map(|claim| claim.amount))?;
    let left = award.amount.minus(drawn)?;
    let last = award.tranches.iter().any(|tranche| tranche.on == TrancheOn::Acceptance);
    let owed = acceptance.entitlement.minus(paid)?.max(Money::ZERO).min(left);
    let due = if last { owed } else { Money::ZERO };
    let mut over = paid.minus(acceptance.entitlement)?.max(Money::ZERO);
    let recovered = over;
    let mut shares = Vec::new();
    for claim in claims.iter().rev() {
        let kept = kept(claim)?;
        let back = over.min(kept);
        over = over.minus(back)?;
        let advance = claim.class == ExpenseClass::Advance;
        let earned = if advance { kept.minus(back)? } else { Money::ZERO };
        shares.push(Share { claim, over: back, earned });
    }
    let released = left.minus(due)?;
    let approved_by = actor.subject.clone();
    Ok((Settled { accepted_on: day, paid, due, released, recovered, approved_by }, shares))
}

/// An award that is settled.
pub fn accepted(award: &Award, settled: &Settled, stamp: &Stamp) -> Award {
    Award {
        status: AwardStatus::Accepted,
        settled: Some(settled.clone()),
        revision: award.revision.next(stamp),
        ..award.clone()
    }
}

/// An award whose later deadline waits for another person.
pub fn propose_extension(
    award: &Award,
    command: &ProposeExtension,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Award, GrantError> {
    award.in_state(AwardStatus::Awarded)?;
    nothing_waits(award)?;
    if award.extended {
        return Err(GrantError::ExtendedAlready { due_on: award.due_on });
    }
    if command.until <= award.due_on {
        return Err(GrantError::DeadlineNotLater { pointer: "/until", due_on: award.due_on });
    }
    let (until, document) = (command.until, command.document.clone());
    let extension = Extension { until, document, proposed_by: actor.subject.clone() };
    Ok(Award { extension: Some(extension), revision: award.revision.next(stamp), ..award.clone() })
}

/// The award with the deadline that was proposed, or without it where a reason says why.
pub fn decide_extension(
    award: &Award,
    refused: Option<TextHash>,
    stamp: &Stamp,
) -> Result<Award, GrantError> {
    let extension = award.extension.as_ref().ok_or_else(|| GrantError::state(award.status))?;
    let revision = award.revision.next(stamp);
    let award = Award { extension: None, revision, ..award.clone() };
    Ok(match refused {
        Some(reason) => Award { reason: Some(reason), ..award },
        None => Award { due_on: extension.until, extended: true, ..award },
    })
}
