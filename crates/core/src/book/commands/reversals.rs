//! Postings reversed: the opposite posting, and the document as it was before the original.

use super::payments::read_line;
use super::programmes::read_budget;
use super::recoveries::{came_in, read_receipt, read_write_off};
use super::{deductions, prefunds};
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, Key};
use crate::domain::{BudgetChangeId, ClaimId, Date, RecoveryId, Sequence, TextHash, WrongState};
use crate::ledger::{Account, Deltas, LedgerError, Part, Posting, balances, parts};
use crate::payments::LineKey;
use crate::payments::rules::{self as payments, Effect};
use crate::programmes::{ProgrammeError, rules as programmes};
use crate::recoveries::{Recovery, rules as recoveries};
use crate::reversals::{
    ApproveReversal, PostingOrigin, ProposeReversal, Reversal, ReversalError, ReversalStatus, Reversible,
    rules,
};

/// The posting, what it was made for, and the balances that its opposite moves.
fn read_reversal(sequence: Sequence, reads: &mut Reads<'_>) {
    reads.extend([Key::Reversal(sequence), Key::Reversible(sequence)]);
    match reads.book.reversible.peek(&sequence).map(|posting| &posting.made) {
        None => {}
        Some(PostingOrigin::BudgetChange(id)) => {
            reads.insert(Key::BudgetChange(*id));
            if let Some(change) = reads.book.budget_changes.peek(id) {
                read_budget(&change.programme, reads);
            }
        }
        Some(PostingOrigin::Payment { batch, claim }) => {
            read_line(LineKey { batch: *batch, claim: *claim }, reads);
        }
        Some(PostingOrigin::Prefund(id)) => prefunds::read_reversed(*id, reads),
        Some(PostingOrigin::Deduction { claim }) => {
            reads.insert(Key::Claim(*claim));
            if let Some(claim) = reads.book.claims.peek(claim) {
                deductions::read_undeducted(claim, reads);
            }
        }
        Some(PostingOrigin::Receipt { recovery, .. }) => read_receipt(*recovery, reads),
        Some(PostingOrigin::WriteOff { recovery, .. }) => read_write_off(*recovery, reads),
    }
}

impl Decide for ProposeReversal {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_reversal(self.sequence, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let posting = posting(context, self.sequence)?;
        let before = context.book.reversals.get(&self.sequence)?;
        match before {
            Some(before) => context.same_version(&before.revision)?,
            None => context.no_version()?,
        }
        rules::may_propose(before)?;
        // what would be refused at approval is refused now
        undone(context, (self.sequence, self.reason), posting)?;
        let reversal = rules::propose(self, context.actor, context.stamp);
        Ok(conclude(Effects::default(), None, reversal))
    }
}

impl Decide for ApproveReversal {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_reversal(self.sequence, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let posting = posting(context, self.sequence)?;
        let before = found(context.book.reversals.get(&self.sequence)?)?;
        context.same_version(&before.revision)?;
        rules::approvable(before)?;
        context.may_approve()?;
        let mut effects = undone(context, (self.sequence, before.reason), posting)?;
        let day = context.effective_date(None)?;
        effects.effective_date = Some(day);
        let reversal = rules::approve(before, day, context.actor, context.stamp);
        Ok(conclude(effects, Some(before.status), reversal))
    }
}

/// The posting of a leaf. A leaf that is not there yet is none; one that is there and not of the kinds that are
/// reversed is refused by name.
fn posting(context: Context<'_>, sequence: Sequence) -> Result<&Reversible, Stop> {
    match context.book.reversible.get(&sequence)? {
        Some(posting) => Ok(posting),
        None if sequence >= context.stamp.sequence => Err(AccessError::NotFound { pointer: None }.into()),
        None => Err(ReversalError::NotReversible { sequence }.into()),
    }
}

/// What undoes a posting. Its own month must be open: both then count in months that are not closed.
fn undone(
    context: Context<'_>,
    (sequence, reason): (Sequence, TextHash),
    posting: &Reversible,
) -> Result<Effects, Stop> {
    context.effective_date(Some(posting.effective_date))?;
    let effects = match &posting.made {
        PostingOrigin::BudgetChange(id) => budget_change(context, *id, sequence),
        PostingOrigin::Payment { batch, claim } => {
            payment(context, LineKey { batch: *batch, claim: *claim }, sequence, reason)
        }
        PostingOrigin::Prefund(id) => {
            prefunds::reversed(context, *id, sequence, context.effective_date(None)?)
        }
        PostingOrigin::Deduction { claim } => deduction(context, *claim, sequence),
        PostingOrigin::Receipt { recovery, number, parts } => {
            receipt(context, *recovery, (*number, parts), posting.effective_date)
        }
        PostingOrigin::WriteOff { recovery, parts } => write_off(context, *recovery, parts, sequence),
    }?;
    floors(context, &effects.posting)?;
    Ok(effects)
}

/// Refused whole where a balance would go below its floor: of what is available, as any budget that is spent.
pub(super) fn floors(context: Context<'_>, posting: &Posting) -> Result<(), Stop> {
    for (key, delta) in Deltas::of(posting)?.iter() {
        let balance = context.book.balance(key)?;
        let requested = delta.negated()?;
        match balances::moved(key, balance, delta) {
            Ok(_) => {}
            Err(LedgerError::OutOfRange(error)) => return Err(error.into()),
            Err(LedgerError::BelowFloor(key)) if key.account == Account::B2001 => {
                return Err(ProgrammeError::PotExhausted { available: balance, requested }.into());
            }
            Err(LedgerError::BelowFloor(key)) => {
                return Err(ReversalError::BelowFloor { account: key.account, balance, requested }.into());
            }
        }
    }
    Ok(())
}

fn lost(what: &str) -> Fault {
    Fault::Broken(format!("{what} posted something and is gone"))
}

/// A document that went on since the posting is not undone by undoing it.
fn still(same: bool, status: &'static str) -> Result<(), ReversalError> {
    if same { Ok(()) } else { Err(WrongState::is(status).into()) }
}

fn budget_change(context: Context<'_>, id: BudgetChangeId, sequence: Sequence) -> Result<Effects, Stop> {
    let before = context.book.budget_changes.get(&id)?.ok_or_else(|| lost("a change of a budget"))?;
    still(before.revision.version == sequence, before.status.into_str())?;
    let after = programmes::reversed(before, context.stamp);
    let step = Transition::new(before.kind.into_str(), &id, Some(before.status), after.status);
    Ok(Effects {
        posting: programmes::posting_of(before)?.reversed(),
        changes: vec![Change::BudgetChange(Box::new(after))],
        transitions: vec![step],
        ..Effects::default()
    })
}

/// As where the bank sent it back: the claim is approved and free, its line is returned.
fn payment(
    context: Context<'_>,
    key: LineKey,
    sequence: Sequence,
    reason: TextHash,
) -> Result<Effects, Stop> {
    let book = context.book;
    let line = book.payment_lines.get(&key)?.ok_or_else(|| lost("a line"))?;
    let batch = book.payment_batches.get(&key.batch)?.ok_or_else(|| lost("a batch"))?;
    let before = book.claims.get(&key.claim)?.ok_or_else(|| lost("a claim"))?;
    still(line.paid_in == Some(sequence), line.status.into_str())?;
    let day = context.effective_date(None)?;
    let payment = payments::takes_back(before, line)?.ok_or_else(|| lost("a payment"))?;
    let claim = payments::claim_after(before, Effect::Reverses, Some(&payment), context.stamp)?;
    let mut effects = Effects::claim(Some(before.status), &claim);
    effects.transitions.retain(|_| before.status != claim.status);
    let waits = line.proposed_result.is_some();
    let line = payments::reversed(line, (day, reason), context.stamp);
    effects.changes.push(Change::PaymentLine(Box::new(line)));
    let batch = payments::counted(batch, Effect::Reverses, context.stamp);
    let batch = if waits { payments::waits(&batch, false, context.stamp) } else { batch };
    effects.changes.push(Change::PaymentBatch(Box::new(batch)));
    let at = claim.dimensions();
    let [up, down] = parts::by_sign(&payment.parts)?;
    let paid = Posting::pay(&up, &at, claim.payee).and(Posting::unpay(&down, &at, claim.payee));
    Ok(Effects { posting: paid.reversed(), ..effects })
}

/// The bank did not deduct it after all: the claim waits for its approval again.
fn deduction(context: Context<'_>, id: ClaimId, sequence: Sequence) -> Result<Effects, Stop> {
    let before = context.book.claims.get(&id)?.ok_or_else(|| lost("a claim"))?;
    still(before.revision.version == sequence, before.status.into_str())?;
    deductions::undeducted(context, before, context.effective_date(None)?)
}

fn recovery_of<'a>(context: Context<'a>, id: RecoveryId) -> Result<&'a Recovery, Stop> {
    Ok(context.book.recoveries.get(&id)?.ok_or_else(|| lost("a recovery"))?)
}

/// The last receipt that stands: an earlier one was apportioned over what was owed before the later ones.
fn receipt(
    context: Context<'_>,
    id: RecoveryId,
    (number, parts): (usize, &[Part]),
    day: Date,
) -> Result<Effects, Stop> {
    let before = recovery_of(context, id)?;
    let claim = context.book.claims.get(&before.claim)?.ok_or_else(|| lost("a claim"))?;
    // what came in and was drawn again did come in
    if !recoveries::is_last(before, number) || claim.redrawn.is_positive() {
        return Err(ReversalError::NotLatest { document: id.to_string() }.into());
    }
    let after = recoveries::unreceived(before, number, parts, context.stamp)?;
    let posting = recoveries::receipt_posting(before, parts, day, &before.dimensions()).reversed();
    let less = after.received.minus(before.received)?;
    let mut effects = owed_again(before, after, posting);
    let today = context.stamp.business_date;
    effects.changes.extend(came_in(context, before, None, (less, today))?);
    Ok(effects)
}

fn write_off(
    context: Context<'_>,
    id: RecoveryId,
    parts: &[Part],
    sequence: Sequence,
) -> Result<Effects, Stop> {
    let before = recovery_of(context, id)?;
    still(before.revision.version == sequence, before.status.into_str())?;
    let after = recoveries::owed_again(before, parts, context.stamp)?;
    let posting = Posting::write_off(parts, recoveries::given_up(before), &before.dimensions()).reversed();
    Ok(owed_again(before, after, posting))
}

fn owed_again(before: &Recovery, after: Recovery, posting: Posting) -> Effects {
    let mut effects = Effects { posting, ..Effects::default() };
    if before.status != after.status {
        let step = Transition::new("recovery", &before.id, Some(before.status), after.status);
        effects.transitions.push(step);
    }
    effects.changes.push(Change::Recovery(Box::new(after)));
    effects
}

fn conclude(mut effects: Effects, from: Option<ReversalStatus>, reversal: Reversal) -> Decision {
    effects.transitions.push(Transition::new("reversal", &reversal.sequence, from, reversal.status));
    effects.changes.push(Change::Reversal(Box::new(reversal.clone())));
    Decision { effects, outcome: Outcome::Reversal(Box::new(reversal)) }
}
