//! What commands on claims read.

use super::{backing, programme};
use crate::book::{Book, Key, Keys};
use crate::claims::{Claim, ClaimRequest, WriteClaim};
use crate::domain::{ClaimId, CreditCode, Date, ProgrammeCode};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::{Counts, RulesKey, UsageKey};

fn redeemed(programme: &ProgrammeCode, organisation: CreditCode, day: Date, keys: &mut Keys) {
    for year in [Some(day.year()), None] {
        let programme = programme.clone();
        keys.insert(Key::Usage(UsageKey { programme, organisation, year, counts: Counts::Redemption }));
    }
}

pub(super) fn draft(command: &WriteClaim, day: Date, book: &Book, keys: &mut Keys) {
    let ClaimRequest::VoucherRedemption { voucher, .. } = &command.request;
    keys.extend([Key::Claim(command.id), Key::Voucher(*voucher)]);
    if let Some(voucher) = book.vouchers.peek(voucher) {
        programme(&voucher.programme, book, keys);
        keys.extend([Key::Organisation(voucher.organisation), Key::Organisation(voucher.provider)]);
        redeemed(&voucher.programme, voucher.organisation, day, keys);
    }
}

/// A claim and the voucher that it may hold a part of.
pub(super) fn held(id: ClaimId, book: &Book, keys: &mut Keys) {
    with_its_voucher(id, book, keys);
}

fn with_its_voucher<'a>(id: ClaimId, book: &'a Book, keys: &mut Keys) -> Option<&'a Claim> {
    keys.insert(Key::Claim(id));
    let claim = book.claims.peek(&id)?;
    keys.insert(Key::Voucher(claim.voucher));
    backing::taken(claim, keys);
    Some(claim)
}

/// What a claim is computed from on a day.
pub(super) fn computed(id: ClaimId, day: Date, book: &Book, keys: &mut Keys) {
    let Some(claim) = with_its_voucher(id, book, keys) else { return };
    programme(&claim.programme, book, keys);
    parties(claim, keys);
    redeemed(&claim.programme, claim.organisation, day, keys);
}

pub(super) fn parties(claim: &Claim, keys: &mut Keys) {
    keys.extend([Key::Organisation(claim.organisation), Key::Organisation(claim.provider)]);
}

pub(super) fn approve(id: ClaimId, day: Date, book: &Book, keys: &mut Keys) {
    let Some(claim) = with_its_voucher(id, book, keys) else { return };
    let programme = &claim.programme;
    keys.insert(Key::Rules(RulesKey { programme: programme.clone(), number: claim.rules_version }));
    parties(claim, keys);
    redeemed(programme, claim.organisation, day, keys);
    for year in [Some(claim.fiscal_year), None] {
        let (programme, organisation) = (programme.clone(), claim.organisation);
        keys.insert(Key::Usage(UsageKey { programme, organisation, year, counts: Counts::Issue }));
    }
    for account in [Account::B2001, Account::B2003, Account::B2007, Account::B2009, Account::F500101] {
        keys.insert(Key::Balance(BalanceKey::of(account, programme)));
    }
    keys.insert(Key::Balance(payable(claim)));
}

/// What is owed to the claim's payee.
pub(super) fn payable(claim: &Claim) -> BalanceKey {
    BalanceKey { payee: Some(claim.payee), ..BalanceKey::of(Account::F2302, &claim.programme) }
}
