//! Decisions on payment batches.

use super::{BatchStatus, LineStatus, PaymentBatch, PaymentError, PaymentLine, PaymentResult, SettlePayment};
use crate::claims::{Claim, ClaimPayment, ClaimStatus, SettledBy, payable as claims};
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Date, Money, PaymentBatchId, Revision, Stamp, TextHash};

/// Whether a claim may go into a batch.
pub fn payable(claim: &Claim) -> Result<(), PaymentError> {
    match (claim.status, claim.batch) {
        (ClaimStatus::Approved, None) if claim.pending.is_some() => {
            Err(PaymentError::ClaimNotPayable { claim: claim.id, status: "recalculated".to_owned() })
        }
        (ClaimStatus::Approved, None) => Ok(()),
        (ClaimStatus::Approved, Some(_)) => Err(PaymentError::ClaimInBatch { claim: claim.id }),
        (status, _) => {
            Err(PaymentError::ClaimNotPayable { claim: claim.id, status: status.as_str().to_owned() })
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
        revision: Revision::first(stamp),
    })
}

/// A claim that stands in a batch, or in none.
pub fn placed(claim: &Claim, batch: Option<PaymentBatchId>, stamp: &Stamp) -> Claim {
    Claim { batch, revision: claim.revision.next(stamp), ..claim.clone() }
}

/// A batch of so many lines that sum to so much.
pub fn propose(id: PaymentBatchId, count: u32, total: Money, actor: &Actor, stamp: &Stamp) -> PaymentBatch {
    PaymentBatch {
        id,
        status: BatchStatus::Proposed,
        count,
        open: count,
        total,
        reason: None,
        created_by: actor.subject.clone(),
        approved_by: None,
        revision: Revision::first(stamp),
    }
}

/// Whether a batch waits for approval.
pub fn proposed(batch: &PaymentBatch) -> Result<(), PaymentError> {
    match batch.status {
        BatchStatus::Proposed => Ok(()),
        status => Err(PaymentError::WrongState { status: status.as_str().to_owned() }),
    }
}

/// Whether a batch is at the bank: approved, with lines that have no result yet.
pub fn at_the_bank(batch: &PaymentBatch) -> Result<(), PaymentError> {
    match batch.status {
        BatchStatus::Approved => Ok(()),
        status => Err(PaymentError::WrongState { status: status.as_str().to_owned() }),
    }
}

/// Which file of a batch it is: how many of its lines have their result. Lines only ever leave a file, so it says which
/// of them are in it.
pub const fn generation(batch: &PaymentBatch) -> u32 {
    batch.count.saturating_sub(batch.open)
}

/// A batch approved.
pub fn approve(batch: &PaymentBatch, actor: &Actor, stamp: &Stamp) -> PaymentBatch {
    PaymentBatch {
        status: BatchStatus::Approved,
        approved_by: Some(actor.subject.clone()),
        revision: batch.revision.next(stamp),
        ..batch.clone()
    }
}

/// A batch rejected.
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

/// What a result means for a line. A line is paid once; what came back has no further result.
pub fn effect(
    batch: &PaymentBatch,
    line: &PaymentLine,
    outcome: PaymentResult,
) -> Result<Effect, PaymentError> {
    if !matches!(batch.status, BatchStatus::Approved | BatchStatus::Settled) {
        return Err(PaymentError::WrongState { status: batch.status.as_str().to_owned() });
    }
    match (line.status, outcome) {
        (LineStatus::Open, PaymentResult::Paid) => Ok(Effect::Pays),
        (LineStatus::Open, PaymentResult::Returned) => Ok(Effect::Nothing),
        (LineStatus::Paid, PaymentResult::Returned) => Ok(Effect::Reverses),
        (status, _) => Err(PaymentError::WrongState { status: status.as_str().to_owned() }),
    }
}

/// A line with its result.
pub fn settled(line: &PaymentLine, command: &SettlePayment, stamp: &Stamp) -> PaymentLine {
    PaymentLine {
        status: match command.outcome {
            PaymentResult::Paid => LineStatus::Paid,
            PaymentResult::Returned => LineStatus::Returned,
        },
        bank_reference: Some(command.bank_reference.clone()),
        date: Some(command.date),
        reason: command.reason,
        revision: line.revision.next(stamp),
        ..line.clone()
    }
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

/// What a result settles of a claim, or what it takes back: what is due, or what the line paid. Error: what was paid is
/// asked back, or the claim is on its way to the bank again.
pub fn moves(
    claim: &Claim,
    line: &PaymentLine,
    effect: Effect,
    date: Date,
) -> Result<Option<ClaimPayment>, PaymentError> {
    let by = SettledBy::Batch(line.batch);
    match effect {
        Effect::Nothing => Ok(None),
        Effect::Pays => {
            let parts = claims::due(claim).unwrap_or_default();
            Ok(Some(ClaimPayment { by, amount: line.amount, parts, date }))
        }
        Effect::Reverses if claim.recovered.is_positive() => {
            Err(PaymentError::WrongState { status: "recovered".to_owned() })
        }
        Effect::Reverses if claim.status == ClaimStatus::Approved && claim.batch.is_some() => {
            Err(PaymentError::ClaimInBatch { claim: claim.id })
        }
        Effect::Reverses => Ok(claims::paid_with(claim, by).cloned()),
    }
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
/// batch ever takes a line again.
pub fn reversed(line: &PaymentLine, (day, reason): (Date, TextHash), stamp: &Stamp) -> PaymentLine {
    PaymentLine {
        status: LineStatus::Returned,
        date: Some(day),
        reason: Some(reason),
        revision: line.revision.next(stamp),
        ..line.clone()
    }
}
