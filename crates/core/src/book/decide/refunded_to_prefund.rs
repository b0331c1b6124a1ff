//! What recalculations of a claim asked back and a later one gives back: it is not owed any more.

use super::Context;
use super::payments::dimensions;
use crate::book::Fault;
use crate::book::effects::{Change, Effects, Transition};
use crate::book::refusal::Stop;
use crate::claims::Claim;
use crate::claims::recalculation::RecalculationKey;
use crate::domain::Money;
use crate::ledger::Posting;
use crate::programmes::calculation::CalculationError;
use crate::recoveries::{Recovery, rules};

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

pub(super) fn asked_before(context: Context<'_>, claim: &Claim) -> Result<Money, Stop> {
    let known = earlier(context, claim)?;
    let restorable = known
        .into_iter()
        .try_fold(Money::ZERO, |sum, one| rules::restorable(one).and_then(|amount| sum.plus(amount)));
    Ok(restorable.map_err(CalculationError::from)?)
}

/// The recoveries of which an amount is given back, and what that posts.
pub(super) fn posted(
    context: Context<'_>,
    claim: &Claim,
    mut amount: Money,
    effects: &mut Effects,
) -> Result<Posting, Stop> {
    let mut posting = Posting::default();
    for before in earlier(context, claim)? {
        let part = amount.min(rules::restorable(before).map_err(CalculationError::from)?);
        if !part.is_positive() {
            continue;
        }
        amount = amount.minus(part).map_err(CalculationError::from)?;
        let cancelled = rules::cancelled(before, part, context.stamp);
        let (after, owed) = cancelled.map_err(CalculationError::from)?;
        posting = posting.and(Posting::write_off(&owed, rules::credited(before), &dimensions(claim)));
        if before.status != after.status {
            effects.transitions.push(Transition {
                kind: "recovery",
                document: after.id.to_string(),
                from: Some(before.status.as_str()),
                to: after.status.as_str(),
            });
        }
        effects.changes.push(Change::Recovery(Box::new(after)));
    }
    Ok(posting)
}
