//! Payment batches, and what the bank answers.

use std::collections::BTreeSet;

use super::calendar;
use crate::book::context::{Context, Decide, Reads, found, named, not_before};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::parties::{self, party};
use crate::book::guards::{backing, clawback, programmes};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::{Claim, payable, rules as claims};
use crate::domain::{ClaimId, CreditCode, Date, Line, Money, PaymentBatchId};
use crate::ledger::{Account, BalanceKey, Posting, parts};
use crate::organisations::rules as organisations;
use crate::payments::rules::{self, Effect};
use crate::payments::{
    ApprovePaymentBatch, ApproveResult, BatchStatus, FileFormat, LineKey, LineStatus, PaymentBatch,
    PaymentError, PaymentLine, PaymentResult, ProposedResult, ReadAccounts, ReferenceKey, RejectPaymentBatch,
    RejectResult, SettlePayment,
};
use crate::prefunds::PrefundError;

/// Claims that are to be paid, and what says whether they may be.
pub(super) fn read_claims(ids: impl Iterator<Item = ClaimId>, reads: &mut Reads<'_>) {
    for id in ids {
        reads.insert(Key::Claim(id));
        let Some(claim) = reads.book.claims.peek(&id) else { continue };
        parties::read(claim, reads);
        backing::read(claim, reads);
        reads.insert(Key::Organisation(claim.payee));
        reads.insert(programmes::rules_key(claim));
    }
}

/// No red invoice took back what a claim rests on since it was approved.
pub(super) fn backed(context: Context<'_>, claim: &Claim, pointer: Option<String>) -> Result<(), Stop> {
    let withdrawn = backing::withdrawn(context, claim)?;
    Ok(rules::backed(claim.id, &withdrawn, pointer)?)
}

/// Eligibility again, and nobody blocked: neither the organisation nor who is paid.
pub(super) fn may_be_paid(context: Context<'_>, claim: &Claim) -> Result<(), Stop> {
    let rules = programmes::rules_of(context, claim)?;
    organisations::may_begin(context.book.organisations.get(&claim.payee)?, claim.payee)?;
    let applicant = party(context, &parties::of_claim(context, claim)?, rules)?;
    Ok(claims::still_eligible(&applicant, rules)?)
}

/// The bank takes the payee's names whole.
pub(super) fn name_fits(
    context: Context<'_>,
    claim: &Claim,
    limit: (u32, Option<String>),
) -> Result<(), Stop> {
    if let Some(payee) = context.book.organisations.get(&claim.payee)? {
        rules::name_fits(claim.id, payee, limit)?;
    }
    Ok(())
}

/// A payee is paid to the account that it had when the batch was proposed: what others looked at, or none at all.
fn same_account(context: Context<'_>, batch: &PaymentBatch, payee: CreditCode) -> Result<(), Stop> {
    let organisation = context.book.organisations.get(&payee)?;
    let since = organisation.and_then(|organisation| organisation.account_since);
    match since {
        Some(since) if since > batch.revision.created => {
            Err(PaymentError::BankAccountChanged { payee }.into())
        }
        Some(_) | None => Ok(()),
    }
}

fn existing(context: Context<'_>, id: PaymentBatchId) -> Result<&PaymentBatch, Stop> {
    let batch = found(context.book.payment_batches.get(&id)?)?;
    context.same_version(&batch.revision)?;
    Ok(batch)
}

fn claim(context: Context<'_>, id: ClaimId) -> Result<&Claim, Fault> {
    context.book.claims.get(&id)?.ok_or_else(|| Fault::Broken(format!("claim {id} is in a batch and gone")))
}

fn read_batch<'a>(id: PaymentBatchId, reads: &mut Reads<'a>) -> &'a [ClaimId] {
    reads.extend([Key::PaymentBatch(id), Key::BatchClaims(id)]);
    reads.book.batch_claims.peek(&id).map(Vec::as_slice).unwrap_or_default()
}

fn claims_of(context: Context<'_>, id: PaymentBatchId) -> Result<Vec<&Claim>, Fault> {
    let ids = context.book.batch_claims.get(&id)?.map(Vec::as_slice).unwrap_or_default();
    ids.iter().map(|id| claim(context, *id)).collect()
}

impl Decide for ApprovePaymentBatch {
    fn needs(&self, reads: &mut Reads<'_>) {
        let ids = read_batch(self.id, reads);
        read_claims(ids.iter().copied(), reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::proposed(before)?;
        context.may_approve()?;
        for claim in claims_of(context, self.id)? {
            backed(context, claim, None)?;
            may_be_paid(context, claim)?;
            same_account(context, before, claim.payee)?;
            name_fits(context, claim, (before.name_max, None))?;
        }
        let batch = rules::approve(before, context.actor, context.stamp);
        Ok(conclude(Effects::default(), Some(before.status), batch))
    }
}

impl Decide for RejectPaymentBatch {
    fn needs(&self, reads: &mut Reads<'_>) {
        for claim in read_batch(self.id, reads) {
            let line = LineKey { batch: self.id, claim: *claim };
            reads.extend([Key::Claim(*claim), Key::PaymentLine(line)]);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::proposed(before)?;
        let mut effects = Effects::default();
        for claim in claims_of(context, self.id)? {
            let line = line(context, self.id, claim)?;
            effects.changes.push(Change::PaymentLine(Box::new(rules::dropped(line, context.stamp))));
            effects.changes.push(Change::Claim(Box::new(rules::placed(claim, None, context.stamp))));
        }
        let batch = rules::reject(before, self.reason, context.stamp);
        Ok(conclude(effects, Some(before.status), batch))
    }
}

impl Decide for SettlePayment {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_line(LineKey { batch: self.batch, claim: self.claim }, reads);
        if self.outcome == PaymentResult::Paid {
            read_reference(&self.bank_reference, reads);
            clawback::read_paid((self.batch, self.claim), reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.batch)?;
        let key = LineKey { batch: self.batch, claim: self.claim };
        let line = named(context.book.payment_lines.get(&key)?, "/claim_id")?;
        let effect = rules::effect(before, line, self.outcome)?;
        rules::same_amount(line, self)?;
        let moved = counts(context, (before, line), (effect, self.date, &self.bank_reference))?;
        let line = rules::recorded(line, self, context.actor, context.stamp);
        if rules::takes_two(self, effect) {
            let batch = rules::waits(before, true, context.stamp);
            return Ok(settled(Effects::default(), before.status, (batch, line)));
        }
        let batch = rules::counted(before, effect, context.stamp);
        Ok(settled(moved, before.status, (batch, rules::settled(&line, context.stamp)?)))
    }
}

/// What a result does once it counts, if it can.
fn counts(
    context: Context<'_>,
    (batch, line): (&PaymentBatch, &PaymentLine),
    (effect, date, reference): (Effect, Date, &Line),
) -> Result<Effects, Stop> {
    let mut moved = moved(context, (batch, line), effect, date)?;
    if effect == Effect::Pays {
        unused(context, reference)?;
        clawback::paid_without_backing(context, (line.batch, line.claim), &mut moved)?;
    }
    Ok(moved)
}

/// The keys of [`unused`].
pub(super) fn read_reference(reference: &Line, reads: &mut Reads<'_>) {
    let key = ReferenceKey::new(reference);
    reads.extend([Key::PaidReference(key.clone()), Key::ReturnedReference(key)]);
}

/// The bank called no other payment of the agency so, nor anything that came back of a prefund.
pub(super) fn unused(context: Context<'_>, reference: &Line) -> Result<(), Stop> {
    let (key, bank_reference) = (ReferenceKey::new(reference), reference.clone());
    let used = context.book.paid_references.get(&key)?;
    if let Some(LineKey { batch, claim }) = used.and_then(|lines| lines.first()).copied() {
        let pointer = "/bank_reference";
        return Err(PaymentError::BankReferenceUsed { pointer, bank_reference, claim, batch }.into());
    }
    match context.book.returned_references.get(&key)?.copied() {
        Some(true_up) => {
            let pointer = "/bank_reference";
            Err(PrefundError::ReturnReferenceUsed { pointer, bank_reference, true_up }.into())
        }
        None => Ok(()),
    }
}

/// A line with its batch and its claim, and the balances that its payment moves.
pub(super) fn read_line(line: LineKey, reads: &mut Reads<'_>) {
    reads.extend([Key::PaymentBatch(line.batch), Key::PaymentLine(line), Key::Claim(line.claim)]);
    if let Some(claim) = reads.book.claims.peek(&line.claim) {
        let moved = [Account::B2007, Account::B2008, Account::F4001, Account::Y7101, Account::Y6001];
        reads.extend(moved.map(|account| Key::Balance(BalanceKey::of(account, &claim.programme))));
        reads.insert(Key::Balance(payable::owed(claim)));
    }
}

/// What a result of a day does to the claim and to the books.
fn moved(
    context: Context<'_>,
    (batch, line): (&PaymentBatch, &PaymentLine),
    effect: Effect,
    date: Date,
) -> Result<Effects, Stop> {
    let day = context.effective_date(Some(date))?;
    rules::after_approval(batch, day)?;
    let old = claim(context, line.claim)?;
    let payment = match effect {
        Effect::Nothing => None,
        Effect::Pays => Some(rules::settles(old, line, day)?),
        Effect::Reverses => rules::takes_back(old, line)?,
    };
    // what came back after it was paid came back after that, whatever was found out since
    let returned = payment.as_ref().filter(|_| effect == Effect::Reverses);
    not_before(day, returned.map_or_else(|| payable::newest_day(old), |payment| Some(payment.date)))?;
    let claim = rules::claim_after(old, effect, payment.as_ref(), context.stamp)?;
    let mut effects = Effects::claim(Some(old.status), &claim);
    effects.transitions.retain(|_| old.status != claim.status);
    let at = claim.dimensions();
    let parts = payment.map(|payment| payment.parts).unwrap_or_default();
    let [up, down] = parts::by_sign(&parts)?;
    let (pay, unpay) = (Posting::pay, Posting::unpay);
    effects.posting = match effect {
        Effect::Pays => pay(&up, &at, claim.payee).and(unpay(&down, &at, claim.payee)),
        Effect::Reverses => unpay(&up, &at, claim.payee).and(pay(&down, &at, claim.payee)),
        Effect::Nothing => Posting::default(),
    };
    effects.effective_date = Some(day).filter(|_| !effects.posting.is_empty());
    Ok(effects)
}

/// A result that waits, with its batch. Nobody who said something of the line's result decides on it.
fn waiting(
    context: Context<'_>,
    key: LineKey,
) -> Result<(&PaymentBatch, &PaymentLine, &ProposedResult), Stop> {
    let batch = existing(context, key.batch)?;
    let line = found(context.book.payment_lines.get(&key)?)?;
    let result = rules::waiting(line)?;
    context.may_approve()?;
    Ok((batch, line, result))
}

/// Another person says the same as the officer or the bank's file: it counts from the day that the bank named.
impl Decide for ApproveResult {
    fn needs(&self, reads: &mut Reads<'_>) {
        let key = LineKey { batch: self.batch, claim: self.claim };
        read_line(key, reads);
        let waits = reads.book.payment_lines.peek(&key).and_then(|line| line.proposed_result.as_ref());
        if let Some(result) = waits.filter(|result| result.outcome == PaymentResult::Paid) {
            read_reference(&result.bank_reference, reads);
            clawback::read_paid((self.batch, self.claim), reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let key = LineKey { batch: self.batch, claim: self.claim };
        let (before, line, result) = waiting(context, key)?;
        let effect = rules::effect_of(line, result.outcome)?;
        let moved = counts(context, (before, line), (effect, result.date, &result.bank_reference))?;
        let line = rules::settled(line, context.stamp)?;
        let batch = rules::waits(&rules::counted(before, effect, context.stamp), false, context.stamp);
        Ok(settled(moved, before.status, (batch, line)))
    }
}

impl Decide for RejectResult {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_line(LineKey { batch: self.batch, claim: self.claim }, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let key = LineKey { batch: self.batch, claim: self.claim };
        let (before, line, _) = waiting(context, key)?;
        let (line, batch) = (rules::kept(line, context.stamp), rules::waits(before, false, context.stamp));
        Ok(settled(Effects::default(), before.status, (batch, line)))
    }
}

/// A line after its result, and its batch.
fn settled(mut effects: Effects, from: BatchStatus, (batch, line): (PaymentBatch, PaymentLine)) -> Decision {
    effects.changes.push(Change::PaymentLine(Box::new(line.clone())));
    step(&mut effects, Some(from), &batch);
    Decision { effects, outcome: Outcome::Payment { batch: Box::new(batch), line: Box::new(line) } }
}

/// A file for the bank: whoever is in it may still be paid, and its account numbers are read. Nothing but the log
/// changes.
impl Decide for ReadAccounts {
    fn needs(&self, reads: &mut Reads<'_>) {
        calendar::read_days(reads);
        let ids = read_batch(self.batch, reads);
        read_claims(ids.iter().copied(), reads);
        reads.extend(ids.iter().map(|claim| Key::PaymentLine(LineKey { batch: self.batch, claim: *claim })));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let batch = existing(context, self.batch)?;
        rules::at_the_bank(batch)?;
        let execution_date = calendar::working_day(context)?;
        if self.execution_date != execution_date {
            return Err(PaymentError::ExecutionDateStale { execution_date }.into());
        }
        let (mut lines, mut total) = (0_u32, Money::ZERO);
        let mut without = BTreeSet::new();
        for claim in claims_of(context, batch.id)? {
            let line = line(context, batch.id, claim)?;
            if line.status != LineStatus::Open {
                continue;
            }
            backed(context, claim, None)?;
            may_be_paid(context, claim)?;
            same_account(context, batch, line.payee)?;
            name_fits(context, claim, (batch.name_max, None))?;
            (lines, total) = (lines + 1, total.plus(line.amount)?);
            let payee = context.book.organisations.get(&line.payee)?;
            if payee.is_none_or(|payee| payee.bank_account.is_none()) {
                without.insert(line.payee);
            }
        }
        if matches!(self.format, FileFormat::Pain001 | FileFormat::Bank) && !without.is_empty() {
            return Err(PaymentError::BankAccountMissing { payees: without }.into());
        }
        let (batch, generation) = (batch.id, rules::generation(batch));
        let outcome = Outcome::AccountsRead { batch, generation, execution_date, lines, total };
        Ok(Decision { effects: Effects::default(), outcome })
    }
}

fn line<'a>(context: Context<'a>, batch: PaymentBatchId, claim: &Claim) -> Result<&'a PaymentLine, Fault> {
    let line = context.book.payment_lines.get(&LineKey { batch, claim: claim.id })?;
    line.ok_or_else(|| Fault::Broken(format!("claim {} has no line", claim.id)))
}

/// Adds the batch, and its step where its state changed.
fn step(effects: &mut Effects, from: Option<BatchStatus>, batch: &PaymentBatch) {
    effects.changes.push(Change::PaymentBatch(Box::new(batch.clone())));
    if from != Some(batch.status) {
        effects.transitions.push(Transition::new("payment_batch", &batch.id, from, batch.status));
    }
}

pub(super) fn conclude(mut effects: Effects, from: Option<BatchStatus>, batch: PaymentBatch) -> Decision {
    step(&mut effects, from, &batch);
    Decision { effects, outcome: Outcome::PaymentBatch(Box::new(batch)) }
}
