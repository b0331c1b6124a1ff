//! What commands on recoveries read.

use super::backing;
use super::claims::payable;
use crate::book::{Book, Key, Keys};
use crate::domain::{Date, ProgrammeCode, RecoveryId};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::{CapUsageKey, Counts};
use crate::recoveries::{OffsetRecovery, Recovery};

fn existing<'a>(id: RecoveryId, book: &'a Book, keys: &mut Keys) -> Option<&'a Recovery> {
    keys.insert(Key::Recovery(id));
    book.recoveries.peek(&id)
}

fn balances(accounts: &[Account], programme: &ProgrammeCode, keys: &mut Keys) {
    keys.extend(accounts.iter().map(|account| Key::Balance(BalanceKey::of(*account, programme))));
}

pub(super) fn approve(id: RecoveryId, book: &Book, keys: &mut Keys) {
    let Some(recovery) = existing(id, book, keys) else { return };
    keys.insert(Key::Claim(recovery.claim));
    decision(recovery, keys);
    if recovery.fraud {
        let organisation = recovery.organisation;
        keys.extend([Key::Organisation(organisation), Key::LiveVouchers(organisation)]);
        let live = book.live_vouchers.peek(&organisation).into_iter().flatten();
        keys.extend(live.copied().map(Key::Voucher));
    }
}

fn decision(recovery: &Recovery, keys: &mut Keys) {
    balances(&[Account::F1212, recovery.class.expense(), Account::F2103], &recovery.programme, keys);
}

pub(super) fn receive(id: RecoveryId, book: &Book, keys: &mut Keys) {
    use Account::{B2001, B2008, F1212, F2103, F4001, Y6001, Y7101};
    if let Some(recovery) = existing(id, book, keys) {
        balances(&[B2001, B2008, F1212, F2103, F4001, Y6001, Y7101], &recovery.programme, keys);
        freed(recovery, book, keys);
    }
}

/// The claim of a recovery whose money comes in, and what the caps count of it.
fn freed(recovery: &Recovery, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Claim(recovery.claim));
    let Some(claim) = book.claims.peek(&recovery.claim) else { return };
    for year in [claim.approved_on.map(Date::year), None] {
        let (programme, organisation) = (claim.programme.clone(), claim.organisation);
        keys.insert(Key::Usage(CapUsageKey { programme, organisation, year, counts: Counts::Redemption }));
    }
}

/// A recovery, the claim that it is of, and the one that it is offset against.
pub(super) fn offset(command: &OffsetRecovery, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Claim(command.claim));
    if let Some(claim) = book.claims.peek(&command.claim) {
        keys.insert(Key::Balance(payable(claim)));
        backing::taken(claim, keys);
        balances(&[Account::B2007], &claim.programme, keys);
    }
    if let Some(recovery) = existing(command.id, book, keys) {
        freed(recovery, book, keys);
        balances(&[Account::B2001, Account::F1212], &recovery.programme, keys);
    }
}

pub(super) fn write_off(id: RecoveryId, book: &Book, keys: &mut Keys) {
    if let Some(recovery) = existing(id, book, keys) {
        decision(recovery, keys);
    }
}
