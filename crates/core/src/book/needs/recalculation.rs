//! What recalculations of claims and objections to them read.

use super::backing;
use super::claims::{accounts, parties, payable, rests_on};
use super::prefunds;
use crate::book::{Book, Key, Keys};
use crate::claims::Claim;
use crate::claims::objection::RaiseObjection;
use crate::claims::recalculation::{ApproveRecalculation, RecalculationKey, next_number};
use crate::domain::{ClaimId, Date};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::{CapUsageKey, Counts, RulesKey};

fn existing<'a>(id: ClaimId, book: &'a Book, keys: &mut Keys) -> Option<&'a Claim> {
    keys.insert(Key::Claim(id));
    book.claims.peek(&id)
}

fn rules(claim: &Claim, number: u32) -> Key {
    Key::Rules(RulesKey { programme: claim.programme.clone(), number })
}

/// Its earlier recalculations, and what they asked back.
fn earlier(claim: &Claim, book: &Book, keys: &mut Keys) {
    for number in 1..=claim.last_sheet {
        let key = RecalculationKey { claim: claim.id, number };
        let recovery = book.recalculations.peek(&key).and_then(|found| found.recovery);
        keys.insert(Key::Recalculation(key));
        keys.extend(recovery.map(Key::Recovery));
    }
}

/// What a claim is computed from anew: its rules, those of its voucher, and what the caps of its year count.
fn computed(claim: &Claim, book: &Book, keys: &mut Keys) {
    parties(claim, keys);
    backing::taken(claim, keys);
    rests_on(claim, book, keys);
    earlier(claim, book, keys);
    keys.insert(rules(claim, claim.rules_version));
    if let Some(voucher) = claim.subject.voucher().and_then(|id| book.vouchers.peek(&id)) {
        keys.insert(rules(claim, voucher.rules_version));
    }
    let approved = claim.approved_on.map(|day| day.year());
    let counted = [
        (Counts::Redemption, approved),
        (Counts::Redemption, None),
        (Counts::Issue, Some(claim.fiscal_year)),
        (Counts::Issue, None),
    ];
    for (counts, year) in counted {
        let (programme, organisation) = (claim.programme.clone(), claim.organisation);
        keys.insert(Key::Usage(CapUsageKey { programme, organisation, year, counts }));
    }
}

pub(super) fn propose(id: ClaimId, book: &Book, keys: &mut Keys) {
    let Some(claim) = existing(id, book, keys) else { return };
    keys.insert(Key::Recalculation(RecalculationKey { claim: id, number: next_number(claim) }));
    computed(claim, book, keys);
}

/// A claim and its recalculation: the one that is named, or that waits.
pub(super) fn named(id: ClaimId, number: Option<u32>, book: &Book, keys: &mut Keys) {
    let claim = existing(id, book, keys);
    if let Some(number) = number.or(claim.and_then(|claim| claim.pending)) {
        keys.insert(Key::Recalculation(RecalculationKey { claim: id, number }));
    }
}

pub(super) fn approve(command: &ApproveRecalculation, today: Date, book: &Book, keys: &mut Keys) {
    use Account::{F1212, F2103};
    named(command.claim, command.number, book, keys);
    keys.insert(Key::Recovery(command.recovery));
    let Some(claim) = existing(command.claim, book, keys) else { return };
    computed(claim, book, keys);
    prefunds::deduct(claim, command.effective_date.unwrap_or(today), book, keys);
    for account in accounts(claim).into_iter().chain([F1212, F2103]) {
        keys.insert(Key::Balance(BalanceKey::of(account, &claim.programme)));
    }
    keys.insert(Key::Balance(payable(claim)));
}

pub(super) fn raise(command: &RaiseObjection, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Objection(command.id));
    if let Some(claim) = existing(command.claim, book, keys) {
        keys.insert(rules(claim, claim.rules_version));
    }
}
