//! Decisions on recoveries.

use super::{
    ProposeRecovery, RECEIPTS_MAX, Receipt, ReceiveRecovery, Recovery, RecoveryError, RecoveryStatus,
};
use crate::claims::{Claim, ClaimStatus};
use crate::domain::apportion::largest_remainder;
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Date, Money, Revision, Stamp};
use crate::ledger::{Account, Part};

/// What of a paid claim was not asked back yet.
pub fn outstanding_of(claim: &Claim) -> Result<Money, RecoveryError> {
    if claim.status != ClaimStatus::Paid {
        return Err(RecoveryError::WrongState { status: claim.status.as_str().to_owned() });
    }
    Ok(claim.amount.minus(claim.recovered).unwrap_or_default())
}

/// Error: more than is outstanding.
pub fn within(amount: Money, outstanding: Money) -> Result<(), RecoveryError> {
    if amount > outstanding { Err(RecoveryError::ExceedsOutstanding { outstanding }) } else { Ok(()) }
}

/// An amount in proportion to parts.
fn split(amount: Money, by: &[Part]) -> Result<Vec<Part>, OutOfRange> {
    let weights: Vec<i128> = by.iter().map(|part| i128::from(part.amount.fen())).collect();
    let amounts = largest_remainder(amount, &weights)?;
    Ok(by.iter().zip(amounts).map(|(part, amount)| Part { level: part.level.clone(), amount }).collect())
}

/// A recovery proposed.
pub fn propose(
    command: &ProposeRecovery,
    claim: &Claim,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Recovery, OutOfRange> {
    let amount = command.amount.money();
    Ok(Recovery {
        id: command.id,
        claim: claim.id,
        programme: claim.programme.clone(),
        organisation: claim.organisation,
        status: RecoveryStatus::Proposed,
        amount,
        received: Money::ZERO,
        written_off: Money::ZERO,
        owed: split(amount, &claim.parts)?,
        receipts: Vec::new(),
        decision_no: command.decision_no.clone(),
        reason: command.reason,
        fraud: command.fraud,
        fiscal_year: claim.fiscal_year,
        paid_on: claim.paid_on.unwrap_or(stamp.business_date),
        effective_date: command.effective_date,
        decided_on: None,
        created_by: actor.subject.clone(),
        approved_by: None,
        revision: Revision::first(stamp),
    })
}

/// Error: the recovery is in another state.
pub fn in_state(recovery: &Recovery, status: RecoveryStatus) -> Result<(), RecoveryError> {
    if recovery.status == status {
        return Ok(());
    }
    Err(RecoveryError::WrongState { status: recovery.status.as_str().to_owned() })
}

/// A recovery decided.
pub fn approve(recovery: &Recovery, day: Date, actor: &Actor, stamp: &Stamp) -> Recovery {
    Recovery {
        status: RecoveryStatus::Approved,
        decided_on: Some(day),
        approved_by: Some(actor.subject.clone()),
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    }
}

/// What the decision credits: the expense in the year of the payment, later what is due to the treasury.
pub fn credited(recovery: &Recovery) -> Account {
    match recovery.decided_on {
        Some(day) if day.year() > recovery.paid_on.year() => Account::F2103,
        Some(_) | None => Account::F500101,
    }
}

/// CNY that is still owed.
pub fn outstanding(recovery: &Recovery) -> Result<Money, OutOfRange> {
    Money::sum(recovery.owed.iter().map(|part| part.amount))
}

/// Parts less other parts of the same levels.
fn less(owed: &[Part], paid: &[Part]) -> Result<Vec<Part>, OutOfRange> {
    let left = |(owed, paid): (&Part, &Part)| {
        Ok(Part { level: owed.level.clone(), amount: owed.amount.minus(paid.amount)? })
    };
    owed.iter().zip(paid).map(left).collect()
}

/// Whether one more receipt can be kept.
pub fn receivable(recovery: &Recovery) -> Result<(), RecoveryError> {
    in_state(recovery, RecoveryStatus::Approved)?;
    if recovery.receipts.len() >= RECEIPTS_MAX {
        return Err(RecoveryError::TooManyReceipts { limit: RECEIPTS_MAX.to_string() });
    }
    Ok(())
}

/// A recovery of which something came back, and that by funding level.
pub fn received(
    recovery: &Recovery,
    command: &ReceiveRecovery,
    stamp: &Stamp,
) -> Result<(Recovery, Vec<Part>), OutOfRange> {
    let amount = command.amount.money();
    let parts = split(amount, &recovery.owed)?;
    let owed = less(&recovery.owed, &parts)?;
    let mut after = Recovery {
        received: recovery.received.plus(amount)?,
        owed,
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    };
    let (date, bank_reference) = (command.date, command.bank_reference.clone());
    after.receipts.push(Receipt { amount, date, bank_reference });
    if outstanding(&after)?.is_zero() {
        after.status = RecoveryStatus::Settled;
    }
    Ok((after, parts))
}

/// A recovery of which the rest is given up.
pub fn written_off(recovery: &Recovery, stamp: &Stamp) -> Result<Recovery, OutOfRange> {
    Ok(Recovery {
        status: RecoveryStatus::Settled,
        written_off: outstanding(recovery)?,
        owed: less(&recovery.owed, &recovery.owed)?,
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    })
}
