//! Offsets: what is due of a claim, kept for a recovery.

use super::claims::{not_before, step};
use super::payments::{backed, dimensions};
use super::{Context, named, recoveries};
use crate::book::Fault;
use crate::book::effects::Decision;
use crate::book::refusal::Stop;
use crate::claims::payable;
use crate::ledger::Posting;
use crate::payments::rules as payments;
use crate::programmes::calculation::CalculationError;
use crate::recoveries::{OffsetRecovery, rules};

pub(super) fn offset(context: Context<'_>, command: &OffsetRecovery) -> Result<Decision, Stop> {
    let before = recoveries::existing(context, command.id)?;
    rules::receivable(before)?;
    let claim = named(context.book.claims.get(&command.claim)?, "/claim_id")?;
    payments::payable(claim)?;
    backed(context, claim, Some("/claim_id".to_owned()))?;
    context.may_approve()?;
    let day = context.effective_date(command.effective_date)?;
    not_before(day, before.decided_on.max(payable::newest_day(claim)))?;
    let lost = || Fault::Broken(format!("recovery {} has lost its claim", before.id));
    let of = context.book.claims.get(&before.claim)?.ok_or_else(lost)?;
    rules::offsettable(before, (claim, of), day)?;
    let due = payable::payable(claim).map_err(CalculationError::from)?;
    let most = due.min(rules::outstanding(before).map_err(CalculationError::from)?);
    let amount = command.amount.map_or(most, |amount| amount.money());
    rules::within(amount, most)?;
    let offset = rules::offset(before, claim, (amount, day), context.stamp);
    let offset = offset.map_err(CalculationError::from)?;
    let mut effects = step(Some(claim.status), &offset.claim);
    effects.transitions.retain(|_| claim.status != offset.claim.status);
    // what is kept came in; a claim may be kept for a recovery of its own
    let own = (claim.id == of.id).then(|| offset.claim.clone());
    if own.is_some() {
        effects.changes.clear();
    }
    effects.changes.extend(recoveries::came_in(context, before, own, (amount, day))?);
    let (from, to) = (dimensions(claim), recoveries::dimensions(before));
    effects.posting = Posting::offset((&offset.due, &from, claim.payee), (&offset.owed, &to));
    effects.effective_date = Some(day);
    Ok(recoveries::decided(effects, Some(before.status), offset.recovery))
}
