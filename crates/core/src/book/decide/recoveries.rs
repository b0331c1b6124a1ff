//! Recoveries, and what one for fraud does to the organisation.

use super::claims::{counted, not_before};
use super::{Context, found, named};
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::claims::Claim;
use crate::domain::{Date, Money, RecoveryId};
use crate::ledger::{Dimensions, Posting};
use crate::organisations::{ChangeStanding, Standing, rules as organisations};
use crate::programmes::calculation::CalculationError;
use crate::recoveries::{
    ApproveRecovery, ProposeRecovery, ReceiveRecovery, Recovery, RecoveryStatus, RejectRecovery,
    WriteOffRecovery, rules,
};
use crate::vouchers::{ChangeVoucher, rules as vouchers};

pub(super) fn propose(context: Context<'_>, command: &ProposeRecovery) -> Result<Decision, Stop> {
    context.no_version()?;
    let claim = named(context.book.claims.get(&command.claim)?, "/claim_id")?;
    rules::within(command.amount.money(), rules::outstanding_of(claim)?)?;
    if let Some(day) = command.effective_date {
        context.effective_date(Some(day))?;
        not_before(day, claim.paid_on)?;
    }
    let recovery = rules::propose(command, claim, context.actor, context.stamp);
    Ok(decided(Effects::default(), None, recovery.map_err(CalculationError::from)?))
}

pub(super) fn existing(context: Context<'_>, id: RecoveryId) -> Result<&Recovery, Stop> {
    let recovery = found(context.book.recoveries.get(&id)?)?;
    context.same_version(&recovery.revision)?;
    Ok(recovery)
}

pub(super) fn dimensions(recovery: &Recovery) -> Dimensions {
    Dimensions {
        programme: recovery.programme.clone(),
        organisation: Some(recovery.organisation),
        level: None,
        fiscal_year: recovery.fiscal_year,
    }
}

pub(super) fn approve(context: Context<'_>, command: &ApproveRecovery) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    rules::in_state(before, RecoveryStatus::Proposed)?;
    context.may_approve()?;
    let day = context.effective_date(before.effective_date)?;
    not_before(day, Some(before.paid_on))?;
    let lost = || Fault::Broken(format!("recovery {} has lost its claim", before.id));
    let claim = context.book.claims.get(&before.claim)?.ok_or_else(lost)?;
    rules::within(before.amount, rules::outstanding_of(claim)?)?;
    let recovery = rules::approve(before, day, context.actor, context.stamp);
    let recovered = claim.recovered.plus(recovery.amount).map_err(CalculationError::from)?;
    let revision = claim.revision.next(context.stamp);
    let claim = Claim { recovered, revision, ..claim.clone() };
    let mut effects = Effects { changes: vec![Change::Claim(Box::new(claim))], ..Effects::default() };
    effects.posting = Posting::recovery(&recovery.owed, rules::credited(&recovery), &dimensions(&recovery));
    effects.effective_date = Some(day);
    if recovery.fraud {
        blocked(context, &recovery, &mut effects)?;
    }
    Ok(decided(effects, Some(before.status), recovery))
}

/// Nothing is asked back: neither who proposed it nor who proposed another of the claim in vain says so.
pub(super) fn reject(context: Context<'_>, command: &RejectRecovery) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    rules::in_state(before, RecoveryStatus::Proposed)?;
    context.may_approve()?;
    let recovery = rules::reject(before, command.reason, context.actor, context.stamp);
    Ok(decided(Effects::default(), Some(before.status), recovery))
}

/// The organisation blocked, and its live vouchers suspended.
fn blocked(context: Context<'_>, recovery: &Recovery, effects: &mut Effects) -> Result<(), Stop> {
    let (credit_code, reason) = (recovery.organisation, recovery.reason);
    let lost = || Fault::Broken(format!("{credit_code} has a claim and is not registered"));
    let before = context.book.organisations.get(&credit_code)?.ok_or_else(lost)?;
    if before.status == Standing::Active {
        let command = ChangeStanding { credit_code, reason };
        let after = organisations::change_standing(before, &command, Standing::Blocked, context.stamp);
        let steps = (before.status.as_str(), after.status.as_str());
        effects.transitions.push(transition("organisation", credit_code.to_string(), steps));
        effects.changes.push(Change::Organisation(Box::new(after)));
    }
    for id in context.book.live_vouchers.get(&credit_code)?.into_iter().flatten() {
        let lost = || Fault::Broken(format!("voucher {id} is live and gone"));
        let before = context.book.vouchers.get(id)?.ok_or_else(lost)?;
        let after = vouchers::suspend(before, &ChangeVoucher { id: *id, reason }, context.stamp)?;
        let steps = (before.status.as_str(), after.status.as_str());
        effects.transitions.push(transition("voucher", id.to_string(), steps));
        effects.changes.push(Change::Voucher(Box::new(after)));
    }
    Ok(())
}

fn transition(kind: &'static str, document: String, (from, to): (&'static str, &'static str)) -> Transition {
    Transition { kind, document, from: Some(from), to }
}

pub(super) fn receive(context: Context<'_>, command: &ReceiveRecovery) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    rules::receivable(before)?;
    rules::unrecorded(before, &command.bank_reference)?;
    let day = context.effective_date(Some(command.date))?;
    not_before(day, before.decided_on)?;
    let outstanding = rules::outstanding(before).map_err(CalculationError::from)?;
    rules::within(command.amount.money(), outstanding)?;
    let received = rules::received(before, command, context.stamp);
    let (recovery, parts) = received.map_err(CalculationError::from)?;
    let at = dimensions(&recovery);
    let posting = rules::receipt_posting(&recovery, &parts, day, &at);
    let changes = came_in(context, before, None, (command.amount.money(), day))?;
    let effects = Effects { changes, posting, effective_date: Some(day), ..Effects::default() };
    Ok(decided(effects, Some(before.status), recovery))
}

/// What the caps count once money of a recovery came in, or went out again where it is below zero: its claim is free of
/// it. What was got by fraud stays counted. `changed` is the claim where the same step changed it already.
pub(super) fn came_in(
    context: Context<'_>,
    recovery: &Recovery,
    changed: Option<Claim>,
    (amount, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    if recovery.fraud {
        return Ok(changed.map(|claim| Change::Claim(Box::new(claim))).into_iter().collect());
    }
    let lost = || Fault::Broken(format!("recovery {} has lost its claim", recovery.id));
    let claim = match changed {
        Some(claim) => claim,
        None => context.book.claims.get(&recovery.claim)?.ok_or_else(lost)?.clone(),
    };
    let less = amount.negated().map_err(CalculationError::from)?;
    let mut changes = counted(context, &claim, claim.approved_on, (less, day))?;
    let freed = claim.freed.plus(amount).map_err(CalculationError::from)?;
    let revision = claim.revision.next(context.stamp);
    changes.push(Change::Claim(Box::new(Claim { freed, revision, ..claim })));
    Ok(changes)
}

pub(super) fn write_off(context: Context<'_>, command: &WriteOffRecovery) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    rules::in_state(before, RecoveryStatus::Approved)?;
    context.may_approve()?;
    let day = context.effective_date(None)?;
    let recovery = rules::written_off(before, context.stamp).map_err(CalculationError::from)?;
    let posting = Posting::write_off(&before.owed, rules::credited(before), &dimensions(before));
    let effects = Effects { posting, effective_date: Some(day), ..Effects::default() };
    Ok(decided(effects, Some(before.status), recovery))
}

pub(super) fn decided(mut effects: Effects, from: Option<RecoveryStatus>, recovery: Recovery) -> Decision {
    if from != Some(recovery.status) {
        effects.transitions.push(Transition {
            kind: "recovery",
            document: recovery.id.to_string(),
            from: from.map(RecoveryStatus::as_str),
            to: recovery.status.as_str(),
        });
    }
    effects.changes.push(Change::Recovery(Box::new(recovery.clone())));
    Decision { effects, outcome: Outcome::Recovery(Box::new(recovery)) }
}
