//! What an approved recalculation takes from the voucher, the caps and the pot, or gives back to them; and what earlier
//! recalculations asked back and a later one gives back.

use super::deductions;
use crate::book::Fault;
use crate::book::context::Context;
use crate::book::effects::{Change, Effects, Transition};
use crate::book::guards::voucher_basis::voucher;
use crate::book::guards::{cap_usage, claim_basis, programmes};
use crate::book::refusal::Stop;
use crate::claims::recalculation::{Correction, RecalculationKey};
use crate::claims::{Claim, ClaimSubject, payable};
use crate::domain::{Date, Money};
use crate::grants::tranches::given_up;
use crate::ledger::{Dimensions, Posting, parts};
use crate::programmes::calculation::Calculation;
use crate::recoveries::{Recovery, rules as recoveries};
use crate::vouchers::correction;

/// The difference posted, of a recalculation or of an approval taken back, which has no sheet: on the claim, its voucher, what the caps count, and the recovery.
pub(super) fn posted(
    context: Context<'_>,
    (old, claim): (&Claim, &Claim),
    (sheet, correction): (Option<&Calculation>, &Correction),
    recovery: Option<Recovery>,
    day: Date,
) -> Result<Effects, Stop> {
    let mut effects = Effects::claim(Some(old.status), claim);
    effects.transitions.retain(|_| old.status != claim.status);
    effects.changes.extend(cap_usage::counted(context, claim, old.approved_on, (correction.drawn, day))?);
    if payable::prefunded(old) {
        effects.changes.extend(claim_basis::used(context, claim, sheet)?);
        let (year, posting) = deductions::drawn(context, claim, &correction.accrued, day)?;
        effects.changes.push(Change::PrefundYear(Box::new(year)));
        return Ok(Effects { posting, ..effects });
    }
    let moved = match &old.subject {
        ClaimSubject::VoucherRedemption { .. } => {
            redrawn(context, (old, claim), (correction, day), &mut effects)?
        }
        // it stays committed: another claim may be for the tranche, until the acceptance settles the award
        ClaimSubject::GrantTranche { award, tranche } => {
            effects.changes.extend(claim_basis::used(context, claim, sheet)?);
            let award = context.book.awards.get(award)?;
            let released = award.map_or(Money::ZERO, |award| given_up(award, tranche));
            correction::Moved { released, ..correction::Moved::default() }
        }
        ClaimSubject::RentalSubsidy { .. } | ClaimSubject::InterestSubsidy { .. } => {
            effects.changes.extend(claim_basis::used(context, claim, sheet)?);
            let less = Money::ZERO.minus(correction.drawn)?;
            correction::Moved {
                taken_back: correction.drawn.max(Money::ZERO),
                redrawn: Money::ZERO,
                released: less.max(Money::ZERO),
            }
        }
    };
    let requested = moved.taken_back.plus(moved.redrawn)?;
    programmes::still_available(context, &claim.programme, requested)?;
    let restored = restored(context, old, correction.restored, &mut effects)?;
    let at = claim.dimensions();
    let [more, less] = parts::by_sign(&correction.accrued)?;
    let accounts @ [commitment, _] = [claim.class.commitment(), claim.class.expense()];
    effects.posting = restored
        .and(Posting::commit(requested, commitment, &at))
        .and(Posting::accrue(&more, accounts, &at, claim.payee))
        .and(Posting::unaccrue(&less, accounts, &at, claim.payee))
        .and(Posting::release(moved.released, commitment, &at, day.year()));
    if let Some(recovery) = recovery {
        decided_too(&mut effects, recovery, &at);
    }
    Ok(effects)
}

/// Adds a recovery that is decided with the recalculation.
fn decided_too(effects: &mut Effects, recovery: Recovery, at: &Dimensions) {
    let asked = Posting::recovery(&recovery.owed, recoveries::credited(&recovery), at);
    let posting = std::mem::take(&mut effects.posting);
    effects.posting = posting.and(asked.receivable_of(recovery.id));
    effects.transitions.push(Transition::new("recovery", &recovery.id, None, recovery.status));
    effects.changes.push(Change::Recovery(Box::new(recovery)));
}

/// The difference on the claim's voucher, and what of it goes back to the pot or is taken from it again.
fn redrawn(
    context: Context<'_>,
    (old, claim): (&Claim, &Claim),
    (correction, day): (&Correction, Date),
    effects: &mut Effects,
) -> Result<correction::Moved, Stop> {
    let before = voucher(context, old)?;
    let drawn = correction::Correction {
        drawn: correction.drawn,
        redrawn: correction.redrawn,
        closing: claim.subject.closing(),
    };
    let (voucher, moved) = correction::correct(before, &drawn, context.stamp)?;
    effects.transitions.extend(Transition::voucher(before.status, &voucher));
    if moved.released != moved.taken_back {
        let given = moved.released.minus(moved.taken_back)?;
        if given < Money::ZERO {
            cap_usage::not_before_issues_freed(context, &voucher, day)?;
        }
        effects.changes.extend(cap_usage::released(context, &voucher, (given, day))?);
    }
    effects.changes.push(Change::Voucher(Box::new(voucher)));
    Ok(moved)
}

/// What earlier recalculations of a claim asked back, the newest first, as far as it can be given back.
fn earlier<'a>(context: Context<'a>, claim: &Claim) -> Result<Vec<&'a Recovery>, Stop> {
    let mut found = Vec::new();
    for number in (1..=claim.last_sheet).rev() {
        let key = RecalculationKey { claim: claim.id, number };
        let id = context.book.recalculations.get(&key)?.and_then(|known| known.recovery);
        if let Some(id) = id {
            let lost = || Fault::Broken(format!("recovery {id} of a recalculation is gone"));
            found.push(context.book.recoveries.get(&id)?.ok_or_else(lost)?);
        }
    }
    Ok(found)
}

/// CNY that earlier recalculations asked back and that can be given back.
pub(super) fn asked_before(context: Context<'_>, claim: &Claim) -> Result<Money, Stop> {
    let known = earlier(context, claim)?;
    let restorable = known
        .into_iter()
        .try_fold(Money::ZERO, |sum, one| recoveries::restorable(one).and_then(|amount| sum.plus(amount)));
    Ok(restorable?)
}

/// The recoveries of which an amount is given back, and what that posts.
fn restored(
    context: Context<'_>,
    claim: &Claim,
    mut amount: Money,
    effects: &mut Effects,
) -> Result<Posting, Stop> {
    let mut posting = Posting::default();
    if amount.is_zero() {
        return Ok(posting);
    }
    for before in earlier(context, claim)? {
        let part = amount.min(recoveries::restorable(before)?);
        if !part.is_positive() {
            continue;
        }
        amount = amount.minus(part)?;
        let (after, owed) = recoveries::cancelled(before, part, context.stamp)?;
        let given_back = Posting::write_off(&owed, recoveries::credited(before), &claim.dimensions());
        posting = posting.and(given_back.receivable_of(before.id));
        if before.status != after.status {
            effects.transitions.push(Transition::new(
                "recovery",
                &after.id,
                Some(before.status),
                after.status,
            ));
        }
        effects.changes.push(Change::Recovery(Box::new(after)));
    }
    Ok(posting)
}
