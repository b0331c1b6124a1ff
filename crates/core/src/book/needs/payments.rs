//! What commands on payment batches read.

use super::claims::{parties, payable};
use super::{backing, calendar};
use crate::book::{Book, Key, Keys};
use crate::claims::Claim;
use crate::domain::{ClaimId, Date, Line, PaymentBatchId};
use crate::ledger::{Account, BalanceKey};
use crate::payments::{LineKey, PaymentResult, ReferenceKey, SettlePayment};
use crate::programmes::RulesKey;

/// Claims that are to be paid, and what says whether they may be.
pub(super) fn claims(ids: impl Iterator<Item = ClaimId>, book: &Book, keys: &mut Keys) {
    for id in ids {
        keys.insert(Key::Claim(id));
        let Some(claim) = book.claims.peek(&id) else { continue };
        parties(claim, keys);
        backing::taken(claim, keys);
        keys.insert(Key::Organisation(claim.payee));
        keys.insert(Key::Rules(RulesKey { programme: claim.programme.clone(), number: claim.rules_version }));
    }
}

pub(super) fn approve(batch: PaymentBatchId, book: &Book, keys: &mut Keys) {
    keys.extend([Key::PaymentBatch(batch), Key::BatchClaims(batch)]);
    let ids = book.batch_claims.peek(&batch).map(Vec::as_slice).unwrap_or_default();
    claims(ids.iter().copied(), book, keys);
}

/// Lines, and what says of each claim whether it may still be paid.
pub(super) fn read_accounts(batch: PaymentBatchId, today: Date, book: &Book, keys: &mut Keys) {
    calendar::ahead(today, keys);
    approve(batch, book, keys);
    let ids = book.batch_claims.peek(&batch).map(Vec::as_slice).unwrap_or_default();
    keys.extend(ids.iter().map(|claim| Key::PaymentLine(LineKey { batch, claim: *claim })));
}

pub(super) fn reject(batch: PaymentBatchId, book: &Book, keys: &mut Keys) {
    keys.extend([Key::PaymentBatch(batch), Key::BatchClaims(batch)]);
    for claim in book.batch_claims.peek(&batch).map(Vec::as_slice).unwrap_or_default() {
        keys.extend([Key::Claim(*claim), Key::PaymentLine(LineKey { batch, claim: *claim })]);
    }
}

pub(super) fn settle(command: &SettlePayment, book: &Book, keys: &mut Keys) {
    line(LineKey { batch: command.batch, claim: command.claim }, book, keys);
    if command.outcome == PaymentResult::Paid {
        reference(&command.bank_reference, keys);
    }
}

/// What the bank may have called so already.
pub(super) fn reference(reference: &Line, keys: &mut Keys) {
    let key = ReferenceKey::new(reference);
    keys.extend([Key::PaidReference(key.clone()), Key::ReturnedReference(key)]);
}

/// A line with its batch and its claim, and the balances that its payment moves.
pub(super) fn line(line: LineKey, book: &Book, keys: &mut Keys) {
    keys.extend([Key::PaymentBatch(line.batch), Key::PaymentLine(line), Key::Claim(line.claim)]);
    if let Some(claim) = book.claims.peek(&line.claim) {
        payment(claim, keys);
    }
}

/// The balances that a payment moves.
pub(super) fn payment(claim: &Claim, keys: &mut Keys) {
    for account in [Account::B2007, Account::B2008, Account::F4001, Account::Y7101, Account::Y6001] {
        keys.insert(Key::Balance(BalanceKey::of(account, &claim.programme)));
    }
    keys.insert(Key::Balance(payable(claim)));
}
