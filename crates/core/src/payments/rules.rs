//! Decisions on payment batches.

use std::collections::BTreeMap;

use super::{
    BatchStatus, LeftOut, Letters, LineStatus, PaymentBatch, PaymentError, PaymentLine, PaymentResult,
    ProposePaymentBatch, ProposedResult, ReferenceKey, SettlePayment,
};
use crate::claims::blocked::BlockCode;
use crate::claims::{Claim, ClaimPayment, ClaimStatus, SettledBy, payable as claims};
use crate::domain::money::OutOfRange;
use crate::domain::{
    Actor, ClaimId, Code, Date, InvoiceNumber, Money, PaymentBatchId, Revision, Stamp, TextHash, WrongState,
};
use crate::organisations::Organisation;

/// A claim that a refusal keeps out of a batch of everything; none where it is no matter of one claim.
pub fn left_out(claim: ClaimId, code: Code, detail: String) -> Option<LeftOut> {
    let code = match code {
        // the claim itself says so of a party that is blocked, or that belongs to the other by now
        Code::OrganisationBlocked | Code::RelatedProvider => BlockCode::EligibilityChanged,
        other => other.into_str().parse().ok()?,
    };
    Some(LeftOut { claim_id: claim, code, detail })
}

/// Whether a claim may go into a batch.
pub fn payable(claim: &Claim) -> Result<(), PaymentError> {
    match (claim.status, claim.batch) {
        (ClaimStatus::Approved, None) if claim.pending.is_some() => {
            Err(PaymentError::ClaimNotPayable { claim: claim.id, status: "recalculated".to_owned() })
        }
        (ClaimStatus::Approved, None) => Ok(()),
        (ClaimStatus::Approved, Some(_)) => Err(PaymentError::ClaimInBatch { claim: claim.id }),
        (status, _) => {
            Err(PaymentError::ClaimNotPayable { claim: claim.id, status: status.into_str().to_owned() })
        }
    }
}

/// A claim's line in a new batch: what is due of it.
pub fn line(batch: PaymentBatchId, claim: &Claim, stamp: &Stamp) -> Result<PaymentLine, OutOfRange> {
    Ok(PaymentLine {
        batch,
        claim: claim.id,
        payee: claim.payee,
        amount: claims::payable(claim)?,
        status: LineStatus::Open,
        bank_reference: None,
        date: None,
        reason: None,
        reference_key: None,
        paid_in: None,
        proposed_result: None,
        recorded_by: Vec::new(),
        revision: Revision::first(stamp),
    })
}

/// Whether all that a claim holds of invoices still backs it. Who would pay it is told of the first that does not.
pub fn backed(
    claim: ClaimId,
    withdrawn: &BTreeMap<InvoiceNumber, Money>,
    pointer: Option<String>,
) -> Result<(), PaymentError> {
    match withdrawn.first_key_value() {
        Some((invoice, missing)) => {
            let (invoice, missing) = (invoice.to_string(), *missing);
            Err(PaymentError::BackingWithdrawn { pointer, claim, invoice, missing })
        }
        None => Ok(()),
    }
}

/// Whether the bank takes a payee's names as they are. A file never holds a part of a name.
pub fn name_fits(
    claim: ClaimId,
    payee: &Organisation,
    (limit, pointer): (u32, Option<String>),
) -> Result<(), PaymentError> {
    let account = payee.bank_account.as_ref().map(|account| &account.name);
    let names = [Some(&payee.name), account].into_iter().flatten();
    let length = names.map(|name| name.as_str().chars().count()).max().unwrap_or_default();
    if u32::try_from(length).is_ok_and(|length| length <= limit) {
        return Ok(());
    }
    let (length, limit) = (length.to_string(), limit.to_string());
    Err(PaymentError::NameTooLong { pointer, claim, payee: payee.credit_code, length, limit })
}

/// Whether the bank takes each letter of a payee's names. No letter is ever replaced.
pub fn letters_fit(
    claim: ClaimId,
    payee: &Organisation,
    (letters, pointer): (Letters, Option<String>),
) -> Result<(), PaymentError> {
    let account = payee.bank_account.as_ref().map(|account| &account.name);
    let mut names = [Some(&payee.name), account].into_iter().flatten();
    match names.find_map(|name| letters.refused(name.as_str())) {
        Some(letter) => {
            Err(PaymentError::NameLetterRefused { pointer, claim, payee: payee.credit_code, letter })
        }
        None => Ok(()),
    }
}

/// A claim that stands in a batch, or in none.
pub fn placed(claim: &Claim, batch: Option<PaymentBatchId>, stamp: &Stamp) -> Claim {
    Claim { batch, revision: claim.revision.next(stamp), ..claim.clone() }
}

/// A batch of so many lines that sum to so much.
pub fn propose(
    command: &ProposePaymentBatch,
    (count, total, left_out): (u32, Money, Vec<LeftOut>),
    actor: &Actor,
    stamp: &Stamp,
) -> PaymentBatch {
    PaymentBatch {
        id: command.id,
        status: BatchStatus::Proposed,
        count,
        open: count,
        waiting: 0,
        total,
        left_out,
        name_max: command.name_max,
        reason: None,
        created_by: actor.subject.clone(),
        approved_by: None,
        approved_on: None,
        revision: Revision::first(stamp),
    }
}

/// Whether a batch waits for approval.
pub fn proposed(batch: &PaymentBatch) -> Result<(), PaymentError> {
    Ok(WrongState::unless(batch.status, &[BatchStatus::Proposed])?)
}

/// Whether a batch is at the bank: approved, with lines that have no result yet.
pub fn at_the_bank(batch: &PaymentBatch) -> Result<(), PaymentError> {
    Ok(WrongState::unless(batch.status, &[BatchStatus::Approved])?)
}

/// Whether the bank may have had a batch: it is approved, or all its lines have their results.
pub fn was_at_the_bank(batch: &PaymentBatch) -> Result<(), PaymentError> {
    Ok(WrongState::unless(batch.status, &[BatchStatus::Approved, BatchStatus::Settled])?)
}

/// Which file of a batch it is: how many of its lines have their result. Lines only ever leave a file, so it says which
/// of them are in it.
pub const fn generation(batch: &PaymentBatch) -> u32 {
    batch.count.saturating_sub(batch.open)
}

pub fn approve(batch: &PaymentBatch, actor: &Actor, stamp: &Stamp) -> PaymentBatch {
    PaymentBatch {
        status: BatchStatus::Approved,
        approved_by: Some(actor.subject.clone()),
        approved_on: Some(stamp.business_date),
        revision: batch.revision.next(stamp),
        ..batch.clone()
    }
}

pub fn reject(batch: &PaymentBatch, reason: TextHash, stamp: &Stamp) -> PaymentBatch {
    PaymentBatch {
        status: BatchStatus::Rejected,
        open: 0,
        reason: Some(reason),
        revision: batch.revision.next(stamp),
        ..batch.clone()
    }
}

/// A line of a batch that was rejected.
pub fn dropped(line: &PaymentLine, stamp: &Stamp) -> PaymentLine {
    PaymentLine { status: LineStatus::Dropped, revision: line.revision.next(stamp), ..line.clone() }
}

/// What a result does to the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The claim is paid.
    Pays,
    /// It came back before it was paid: nothing.
    Nothing,
    /// It came back after it was paid.
    Reverses,
}

/// What a result means for a line. A line is paid once; what came back has no further result, and while a result waits
/// for another person there is no second one.
pub fn effect(
    batch: &PaymentBatch,
    line: &PaymentLine,
    outcome: PaymentResult,
) -> Result<Effect, PaymentError> {
    was_at_the_bank(batch)?;
    if line.proposed_result.is_some() {
        return Err(WrongState::is("result_proposed").into());
    }
    effect_of(line, outcome)
}

/// What a result of a line does.
pub fn effect_of(line: &PaymentLine, outcome: PaymentResult) -> Result<Effect, PaymentError> {
    match (line.status, outcome) {
        (LineStatus::Open, PaymentResult::Paid) => Ok(Effect::Pays),
        (LineStatus::Open, PaymentResult::Returned) => Ok(Effect::Nothing),
        (LineStatus::Paid, PaymentResult::Returned) => Ok(Effect::Reverses),
        (status, PaymentResult::Paid) => Err(WrongState::not(status.into_str(), &[LineStatus::Open]).into()),
        (status, PaymentResult::Returned) => {
            Err(WrongState::not(status.into_str(), &[LineStatus::Open, LineStatus::Paid]).into())
        }
    }
}

/// Whether a result is of a day on which the batch was approved already.
pub fn after_approval(batch: &PaymentBatch, date: Date) -> Result<(), PaymentError> {
    match batch.approved_on {
        Some(approved_on) if date < approved_on => {
            Err(PaymentError::ResultTooEarly { pointer: "/date", date, approved_on })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether the bank speaks of the amount that the line has.
pub fn same_amount(line: &PaymentLine, command: &SettlePayment) -> Result<(), PaymentError> {
    match command.amount.map(|amount| amount.money()) {
        Some(found) if found != line.amount => {
            Err(PaymentError::AmountDiffers { pointer: "/amount", expected: line.amount, found })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a result waits for another person: one that undoes a payment, and one that was read from a file of the bank.
pub const fn takes_two(command: &SettlePayment, effect: Effect) -> bool {
    command.statement.is_some() || matches!(effect, Effect::Reverses)
}

/// A line with a result that waits for nobody yet.
pub fn recorded(line: &PaymentLine, command: &SettlePayment, actor: &Actor, stamp: &Stamp) -> PaymentLine {
    let others = line.recorded_by.iter().filter(|known| **known != actor.subject);
    PaymentLine {
        proposed_result: Some(ProposedResult {
            outcome: command.outcome,
            bank_reference: command.bank_reference.clone(),
            date: command.date,
            reason: command.reason,
            statement: command.statement,
            proposed_by: actor.subject.clone(),
        }),
        recorded_by: others.chain([&actor.subject]).cloned().collect(),
        revision: line.revision.next(stamp),
        ..line.clone()
    }
}

/// The result that waits. Error: none does.
pub fn waiting(line: &PaymentLine) -> Result<&ProposedResult, PaymentError> {
    let refused = || PaymentError::from(WrongState::is(line.status.into_str()));
    line.proposed_result.as_ref().ok_or_else(refused)
}

/// A line whose result counts. What came back after it was paid keeps its reference: the bank did pay under it.
pub fn settled(line: &PaymentLine, stamp: &Stamp) -> Result<PaymentLine, PaymentError> {
    let result = waiting(line)?;
    let paid = result.outcome == PaymentResult::Paid;
    let key = paid.then(|| ReferenceKey::new(&result.bank_reference));
    Ok(PaymentLine {
        status: if paid { LineStatus::Paid } else { LineStatus::Returned },
        bank_reference: Some(result.bank_reference.clone()),
        date: Some(result.date),
        reason: result.reason,
        reference_key: key.or_else(|| line.reference_key.clone()),
        paid_in: paid.then_some(stamp.sequence),
        proposed_result: None,
        revision: line.revision.next(stamp),
        ..line.clone()
    })
}

/// A line whose result was refused: it is what it was.
pub fn kept(line: &PaymentLine, stamp: &Stamp) -> PaymentLine {
    PaymentLine { proposed_result: None, revision: line.revision.next(stamp), ..line.clone() }
}

/// The batch with one more result that waits, or one less.
pub fn waits(batch: &PaymentBatch, more: bool, stamp: &Stamp) -> PaymentBatch {
    let waiting = if more { batch.waiting.saturating_add(1) } else { batch.waiting.saturating_sub(1) };
    PaymentBatch { waiting, revision: batch.revision.next(stamp), ..batch.clone() }
}

/// The batch after a line's result.
pub fn counted(batch: &PaymentBatch, effect: Effect, stamp: &Stamp) -> PaymentBatch {
    let open = match effect {
        Effect::Pays | Effect::Nothing => batch.open.saturating_sub(1),
        Effect::Reverses => batch.open,
    };
    PaymentBatch {
        status: if open == 0 { BatchStatus::Settled } else { batch.status },
        open,
        revision: batch.revision.next(stamp),
        ..batch.clone()
    }
}

/// What a payment settles of a claim: what is due.
pub fn settles(claim: &Claim, line: &PaymentLine, date: Date) -> Result<ClaimPayment, OutOfRange> {
    let by = SettledBy::Batch(line.batch);
    Ok(ClaimPayment { by, amount: line.amount, parts: claims::due(claim)?, date })
}

/// What a return takes back of a claim: what the line paid. Error: it is asked back, or the claim is on its way to the
/// bank again.
pub fn takes_back(claim: &Claim, line: &PaymentLine) -> Result<Option<ClaimPayment>, PaymentError> {
    if claim.recovered.is_positive() {
        return Err(WrongState::is("recovered").into());
    }
    if claim.status == ClaimStatus::Approved && claim.batch.is_some() {
        return Err(PaymentError::ClaimInBatch { claim: claim.id });
    }
    Ok(claims::paid_with(claim, SettledBy::Batch(line.batch)).cloned())
}

/// The claim after its line's result: paid, or approved and free again.
pub fn claim_after(
    claim: &Claim,
    effect: Effect,
    payment: Option<&ClaimPayment>,
    stamp: &Stamp,
) -> Result<Claim, OutOfRange> {
    let claim = Claim { batch: None, revision: claim.revision.next(stamp), ..claim.clone() };
    match (effect, payment) {
        (Effect::Pays, Some(payment)) => claims::settled(claim, payment.clone()),
        (Effect::Reverses, Some(payment)) => claims::unsettled(claim, payment),
        (Effect::Pays | Effect::Nothing | Effect::Reverses, _) => claims::restated(claim),
    }
}

/// A paid line whose payment was reversed, as one that the bank sent back: it has no further result, so no file of the
/// batch ever takes a line again. What was recorded in error took no reference.
pub fn reversed(line: &PaymentLine, (day, reason): (Date, TextHash), stamp: &Stamp) -> PaymentLine {
    PaymentLine {
        status: LineStatus::Returned,
        date: Some(day),
        reason: Some(reason),
        reference_key: None,
        paid_in: None,
        proposed_result: None,
        revision: line.revision.next(stamp),
        ..line.clone()
    }
}
