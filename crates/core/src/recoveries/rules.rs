use super::{
    ProposeRecovery, RECEIPTS_MAX, Receipt, ReceiveRecovery, Recovery, RecoveryError, RecoveryOffset,
    RecoveryStatus,
};
use crate::claims::recalculation::Recalculation;
use crate::claims::{Claim, ClaimPayment, ClaimStatus, SettledBy, payable};
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Date, Line, Money, RecoveryId, Revision, Stamp, TextHash, WrongState};
use crate::ledger::{Account, Dimensions, ExpenseClass, Part, Posting, parts};
use crate::payments::ReferenceKey;

/// What of a paid claim was not asked back yet.
pub fn outstanding_of(claim: &Claim) -> Result<Money, RecoveryError> {
    let received = payable::received(claim)?;
    if received.is_zero() {
        return Err(WrongState::not(claim.status.into_str(), &[ClaimStatus::Paid]).into());
    }
    Ok(received.minus(claim.recovered)?)
}

/// Error: more than is outstanding.
pub fn within(amount: Money, outstanding: Money) -> Result<(), RecoveryError> {
    if amount > outstanding { Err(RecoveryError::ExceedsOutstanding { outstanding }) } else { Ok(()) }
}

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
        class: claim.class,
        status: RecoveryStatus::Proposed,
        amount,
        received: Money::ZERO,
        written_off: Money::ZERO,
        cancelled: Money::ZERO,
        owed: parts::split(amount, &claim.settled)?,
        receipts: Vec::new(),
        offsets: Vec::new(),
        decision_no: command.decision_no.clone(),
        reason: command.reason,
        fraud: command.fraud,
        fiscal_year: claim.fiscal_year,
        paid_on: payable::first_paid_on(claim).unwrap_or(stamp.business_date),
        effective_date: command.effective_date,
        decided_on: None,
        created_by: actor.subject.clone(),
        approved_by: None,
        rejection: None,
        rejected_by: None,
        revision: Revision::first(stamp),
    })
}

/// Error: the recovery is in another state.
pub fn in_state(recovery: &Recovery, status: RecoveryStatus) -> Result<(), RecoveryError> {
    Ok(WrongState::unless(recovery.status, &[status])?)
}

/// An advance that was settled since is asked back as an expense: by a new proposal.
pub fn same_class(recovery: &Recovery, claim: &Claim) -> Result<(), RecoveryError> {
    if recovery.class == claim.class {
        return Ok(());
    }
    Err(WrongState::is("settled").into())
}

pub fn approve(recovery: &Recovery, day: Date, actor: &Actor, stamp: &Stamp) -> Recovery {
    Recovery {
        status: RecoveryStatus::Approved,
        decided_on: Some(day),
        approved_by: Some(actor.subject.clone()),
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    }
}

/// A recovery refused: nothing of it is owed.
pub fn reject(recovery: &Recovery, reason: TextHash, actor: &Actor, stamp: &Stamp) -> Recovery {
    Recovery {
        status: RecoveryStatus::Rejected,
        owed: Vec::new(),
        rejection: Some(reason),
        rejected_by: Some(actor.subject.clone()),
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    }
}

/// What the decision credits: the expense in the year of the payment, later what is due to the treasury.
/// An advance is no expense yet: it is credited whenever that is decided.
pub fn credited(recovery: &Recovery) -> Account {
    match recovery.decided_on {
        Some(_) | None if recovery.class == ExpenseClass::Advance => recovery.class.expense(),
        Some(day) if day.year() > recovery.paid_on.year() => Account::F2103,
        Some(_) | None => recovery.class.expense(),
    }
}

/// What a write-off debits: what the decision credited, of an advance the expense that it becomes.
pub fn given_up(recovery: &Recovery) -> Account {
    if recovery.class == ExpenseClass::Advance { recovery.class.given_up() } else { credited(recovery) }
}

/// CNY that is still owed.
pub fn outstanding(recovery: &Recovery) -> Result<Money, OutOfRange> {
    parts::sum(&recovery.owed)
}

/// Whether one more receipt can be kept.
pub fn receivable(recovery: &Recovery) -> Result<(), RecoveryError> {
    in_state(recovery, RecoveryStatus::Approved)?;
    if recovery.receipts.len() + recovery.offsets.len() >= RECEIPTS_MAX {
        return Err(RecoveryError::TooManyReceipts { limit: RECEIPTS_MAX.to_string() });
    }
    Ok(())
}

/// Whether this receipt is another one than those that were recorded. One that was reversed was recorded in error.
pub fn unrecorded(recovery: &Recovery, reference: &Line) -> Result<(), RecoveryError> {
    let key = ReferenceKey::new(reference);
    let same = |receipt: &&Receipt| !receipt.reversed && ReferenceKey::new(&receipt.bank_reference) == key;
    match recovery.receipts.iter().find(same) {
        Some(_) => Err(RecoveryError::ReceiptRecorded {
            pointer: "/bank_reference",
            bank_reference: reference.clone(),
        }),
        None => Ok(()),
    }
}

/// A recovery of which something came back, and that by funding level.
pub fn received(
    recovery: &Recovery,
    command: &ReceiveRecovery,
    stamp: &Stamp,
) -> Result<(Recovery, Vec<Part>), OutOfRange> {
    let amount = command.amount.money();
    let (mut after, parts) = less_owed(recovery, amount, stamp)?;
    let (date, bank_reference) = (command.date, command.bank_reference.clone());
    after.receipts.push(Receipt { amount, date, bank_reference, reversed: false });
    Ok((after, parts))
}

/// A recovery of which less is owed, settled where nothing is, and by how much at each funding level.
fn less_owed(recovery: &Recovery, amount: Money, stamp: &Stamp) -> Result<(Recovery, Vec<Part>), OutOfRange> {
    let back = parts::split(amount, &recovery.owed)?;
    let owed = parts::minus(&recovery.owed, &back)?;
    let settled = parts::sum(&owed)?.is_zero();
    let after = Recovery {
        status: if settled { RecoveryStatus::Settled } else { recovery.status },
        received: recovery.received.plus(amount)?,
        owed,
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    };
    Ok((after, back))
}

/// Whether what is due of a claim can be kept for a recovery: of the same organisation, payee and programme, and all of
/// it in one year: paid, approved and offset.
pub fn offsettable(
    recovery: &Recovery,
    (claim, of): (&Claim, &Claim),
    day: Date,
) -> Result<(), RecoveryError> {
    let year = Some(recovery.paid_on.year());
    let same = [
        ("organisation", claim.organisation == recovery.organisation),
        ("payee", claim.payee == of.payee),
        ("programme", claim.programme == recovery.programme),
        ("fiscal_year", claim.approved_on.map(Date::year) == year && Some(day.year()) == year),
    ];
    match same.iter().find(|(_, same)| !same) {
        Some((member, _)) => Err(RecoveryError::OffsetMismatch { member: (*member).to_owned() }),
        None => Ok(()),
    }
}

/// A recovery and a claim after an offset.
#[derive(Debug)]
pub struct Offsetting {
    /// The recovery, of which less is owed.
    pub recovery: Recovery,
    /// By funding level, what is owed less.
    pub owed: Vec<Part>,
    /// The claim, of which less is due.
    pub claim: Claim,
    /// By funding level, what is due less.
    pub due: Vec<Part>,
}

/// An amount that is due of a claim, kept for a recovery.
pub fn offset(
    recovery: &Recovery,
    claim: &Claim,
    (amount, date): (Money, Date),
    stamp: &Stamp,
) -> Result<Offsetting, OutOfRange> {
    let (mut after, owed) = less_owed(recovery, amount, stamp)?;
    after.offsets.push(RecoveryOffset { claim: claim.id, amount, date });
    let [due, _] = parts::by_sign(&payable::due(claim)?)?;
    let due = parts::split(amount, &due)?;
    let by = SettledBy::Recovery(recovery.id);
    let payment = ClaimPayment { by, amount, parts: due.clone(), date };
    let claim = Claim { revision: claim.revision.next(stamp), ..claim.clone() };
    Ok(Offsetting { recovery: after, owed, claim: payable::settled(claim, payment)?, due })
}

/// What a recalculation of a paid claim asks back, decided with it.
pub fn corrected(
    id: RecoveryId,
    claim: &Claim,
    (recalculation, owed): (&Recalculation, Vec<Part>),
    (decision_no, day): (Line, Date),
    (actor, stamp): (&Actor, &Stamp),
) -> Result<Recovery, OutOfRange> {
    Ok(Recovery {
        id,
        claim: claim.id,
        programme: claim.programme.clone(),
        organisation: claim.organisation,
        class: claim.class,
        status: RecoveryStatus::Approved,
        amount: parts::sum(&owed)?,
        received: Money::ZERO,
        written_off: Money::ZERO,
        cancelled: Money::ZERO,
        owed,
        receipts: Vec::new(),
        offsets: Vec::new(),
        decision_no,
        reason: recalculation.reason,
        fraud: false,
        fiscal_year: claim.fiscal_year,
        paid_on: payable::first_paid_on(claim).unwrap_or(day),
        effective_date: None,
        decided_on: Some(day),
        created_by: recalculation.created_by.clone(),
        approved_by: Some(actor.subject.clone()),
        rejection: None,
        rejected_by: None,
        revision: Revision::first(stamp),
    })
}

/// CNY of a recovery that a recalculation can give back: what is owed still, and what was given up, which the payee kept.
pub fn restorable(recovery: &Recovery) -> Result<Money, OutOfRange> {
    outstanding(recovery)?.plus(recovery.written_off)
}

/// A recovery of which a recalculation gives an amount back, and by funding level what of it was owed. What is owed goes
/// first; of what was given up nothing more is posted, since its expense stands again already.
pub fn cancelled(
    recovery: &Recovery,
    amount: Money,
    stamp: &Stamp,
) -> Result<(Recovery, Vec<Part>), OutOfRange> {
    let owed = parts::split(amount.min(outstanding(recovery)?), &recovery.owed)?;
    let given_up = amount.minus(parts::sum(&owed)?)?;
    let left = parts::minus(&recovery.owed, &owed)?;
    let settled = parts::sum(&left)?.is_zero();
    let after = Recovery {
        status: if settled { RecoveryStatus::Settled } else { recovery.status },
        written_off: recovery.written_off.minus(given_up)?,
        cancelled: recovery.cancelled.plus(amount)?,
        owed: left,
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    };
    Ok((after, owed))
}

/// A recovery of which the rest is given up.
pub fn written_off(recovery: &Recovery, stamp: &Stamp) -> Result<Recovery, OutOfRange> {
    Ok(Recovery {
        status: RecoveryStatus::Settled,
        written_off: outstanding(recovery)?,
        owed: parts::minus(&recovery.owed, &recovery.owed)?,
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    })
}

pub fn receipt_posting(recovery: &Recovery, parts: &[Part], day: Date, at: &Dimensions) -> Posting {
    if day.year() == recovery.paid_on.year() {
        Posting::recovered(parts, at)
    } else {
        Posting::recovered_later(parts, credited(recovery), at)
    }
}

/// Whether nothing came after this receipt (counted from 1) that still counts: no other receipt, no write-off, nothing that
/// a recalculation gave back.
pub fn is_last(recovery: &Recovery, number: usize) -> bool {
    let standing = recovery.receipts.iter().rposition(|receipt| !receipt.reversed);
    standing.is_some_and(|last| last.saturating_add(1) == number)
        && recovery.written_off.is_zero()
        && recovery.cancelled.is_zero()
}

/// A recovery whose last receipt was reversed.
pub fn unreceived(
    recovery: &Recovery,
    number: usize,
    parts: &[Part],
    stamp: &Stamp,
) -> Result<Recovery, OutOfRange> {
    let came = Money::sum(parts.iter().map(|part| part.amount))?;
    let reversed = |(receipt, place): (&Receipt, usize)| Receipt {
        reversed: receipt.reversed || place == number,
        ..receipt.clone()
    };
    Ok(Recovery {
        received: recovery.received.minus(came)?,
        receipts: recovery.receipts.iter().zip(1..).map(reversed).collect(),
        ..owed_again(recovery, parts, stamp)?
    })
}

/// A recovery of which these parts are outstanding again. What was given up was the whole rest.
pub fn owed_again(recovery: &Recovery, parts: &[Part], stamp: &Stamp) -> Result<Recovery, OutOfRange> {
    let again = |owed: &Part| {
        let back = parts.iter().filter(|part| part.level == owed.level).map(|part| part.amount);
        Ok(Part { level: owed.level.clone(), amount: owed.amount.plus(Money::sum(back)?)? })
    };
    Ok(Recovery {
        status: RecoveryStatus::Approved,
        written_off: Money::ZERO,
        owed: recovery.owed.iter().map(again).collect::<Result<_, _>>()?,
        revision: recovery.revision.next(stamp),
        ..recovery.clone()
    })
}
