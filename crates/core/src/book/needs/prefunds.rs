//! What commands on prefunds and true-ups read, and what claims do that banks deduct.

use super::{payments, programme};
use crate::book::{Book, Key, Keys};
use crate::claims::{Claim, SettledBy};
use crate::domain::dates::FiscalYear;
use crate::domain::{CreditCode, Date, PrefundId, ProgrammeCode, TrueUpId};
use crate::ledger::{Account, BalanceKey};
use crate::prefunds::true_up::{ProposeTrueUp, TrueUp, TrueUpAction};
use crate::prefunds::{Prefund, PrefundYearKey, ProposePrefund};
use crate::programmes::{CapUsageKey, Counts, RulesKey};

fn existing<'a>(id: PrefundId, book: &'a Book, keys: &mut Keys) -> Option<&'a Prefund> {
    keys.insert(Key::Prefund(id));
    book.prefunds.peek(&id)
}

/// What the bank has of the programme's prefunds.
fn of_bank(programme: &ProgrammeCode, bank: CreditCode) -> Key {
    Key::Balance(BalanceKey { payee: Some(bank), ..BalanceKey::of(Account::F1214, programme) })
}

/// The balances that money to a bank and back moves.
fn balances(programme: &ProgrammeCode, bank: CreditCode, keys: &mut Keys) {
    use Account::{B2001, B2005, B2008, F4001, Y6001, Y7101};
    let moved = [B2001, B2005, B2008, F4001, Y6001, Y7101];
    keys.extend(moved.map(|account| Key::Balance(BalanceKey::of(account, programme))));
    keys.insert(of_bank(programme, bank));
}

pub(super) fn propose(command: &ProposePrefund, book: &Book, keys: &mut Keys) {
    keys.extend([Key::Prefund(command.id), Key::Organisation(command.bank), Key::PrefundYear(command.key())]);
    programme(&command.programme, book, keys);
}

pub(super) fn approve(id: PrefundId, book: &Book, keys: &mut Keys) {
    let Some(prefund) = existing(id, book, keys) else { return };
    keys.extend([Key::Organisation(prefund.bank), Key::PrefundYear(prefund.key())]);
    programme(&prefund.programme, book, keys);
    balances(&prefund.programme, prefund.bank, keys);
}

pub(super) fn reverse(id: PrefundId, book: &Book, keys: &mut Keys) {
    let Some(prefund) = existing(id, book, keys) else { return };
    keys.insert(Key::PrefundYear(prefund.key()));
    balances(&prefund.programme, prefund.bank, keys);
}

fn true_up<'a>(id: TrueUpId, book: &'a Book, keys: &mut Keys) -> Option<&'a TrueUp> {
    keys.insert(Key::TrueUp(id));
    let found = book.true_ups.peek(&id)?;
    keys.insert(Key::PrefundYear(found.key()));
    Some(found)
}

pub(super) fn propose_true_up(command: &ProposeTrueUp, keys: &mut Keys) {
    keys.extend([Key::TrueUp(command.id), Key::PrefundYear(command.key())]);
    returned(&command.action, keys);
}

pub(super) fn approve_true_up(id: TrueUpId, book: &Book, keys: &mut Keys) {
    let Some(found) = true_up(id, book, keys) else { return };
    keys.extend(found.key().next().map(Key::PrefundYear));
    returned(&found.action, keys);
    balances(&found.programme, found.bank, keys);
}

fn returned(action: &TrueUpAction, keys: &mut Keys) {
    if let TrueUpAction::Return { bank_reference, .. } = action {
        payments::reference(bank_reference, keys);
    }
}

pub(super) fn reject_true_up(id: TrueUpId, book: &Book, keys: &mut Keys) {
    true_up(id, book, keys);
}

fn year(claim: &Claim, year: FiscalYear) -> Key {
    Key::PrefundYear(PrefundYearKey { programme: claim.programme.clone(), bank: claim.provider, year })
}

/// What a claim that the bank deducts on a day takes of its prefund, where the claim's rules are known and prefund.
pub(super) fn deduct(claim: &Claim, day: Date, book: &Book, keys: &mut Keys) {
    let rules = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    if book.rules.peek(&rules).is_some_and(|version| version.rules.prefunds()) {
        keys.extend([year(claim, day.year()), of_bank(&claim.programme, claim.provider)]);
    }
}

/// What was deducted for a claim, and what the caps count of it.
pub(super) fn undeduct(claim: &Claim, keys: &mut Keys) {
    keys.extend(claim.payments.iter().filter_map(|payment| match payment.by {
        SettledBy::Prefund(of) => Some(year(claim, of)),
        SettledBy::Batch(_) | SettledBy::Recovery(_) => None,
    }));
    keys.insert(of_bank(&claim.programme, claim.provider));
    keys.insert(Key::Balance(BalanceKey::of(claim.class.expense(), &claim.programme)));
    for year in [claim.approved_on.map(Date::year), None] {
        let (programme, organisation) = (claim.programme.clone(), claim.organisation);
        keys.insert(Key::Usage(CapUsageKey { programme, organisation, year, counts: Counts::Redemption }));
    }
}
