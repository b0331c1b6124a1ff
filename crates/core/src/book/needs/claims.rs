//! What commands on claims read.

use super::{backing, prefunds, programme, release, rules_of};
use crate::book::{Book, Key, Keys};
use crate::claims::{Claim, ClaimRequest, ClaimStatus, ClaimSubject, WriteClaim};
use crate::domain::{ClaimId, CreditCode, Date, LoanId, ProgrammeCode, RentalId};
use crate::ledger::{Account, BalanceKey};
use crate::loans::BorrowerKey;
use crate::programmes::{CapUsageKey, Counts, RulesKey};

fn redeemed(programme: &ProgrammeCode, organisation: CreditCode, day: Date, keys: &mut Keys) {
    for year in [Some(day.year()), None] {
        let programme = programme.clone();
        keys.insert(Key::Usage(CapUsageKey { programme, organisation, year, counts: Counts::Redemption }));
    }
}

pub(super) fn draft(command: &WriteClaim, day: Date, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Claim(command.id));
    let (code, [organisation, provider]) = match &command.request {
        ClaimRequest::VoucherRedemption { voucher, .. } => {
            keys.insert(Key::Voucher(*voucher));
            let Some(found) = book.vouchers.peek(voucher) else { return };
            (&found.programme, [found.organisation, found.provider])
        }
        ClaimRequest::RentalSubsidy { programme: code, rental, .. } => {
            programme(code, book, keys);
            contract(*rental, keys);
            let Some(found) = book.rentals.peek(rental) else { return };
            (code, [found.organisation, found.provider])
        }
        ClaimRequest::InterestSubsidy { programme: code, loan, .. } => {
            programme(code, book, keys);
            borrowed(*loan, keys);
            rates(code, book, keys);
            let Some(found) = book.loans.peek(loan) else { return };
            holdings(code, found.organisation, keys);
            (code, [found.organisation, found.bank])
        }
    };
    programme(code, book, keys);
    keys.extend([Key::Organisation(organisation), Key::Organisation(provider)]);
    redeemed(code, organisation, day, keys);
}

/// A contract, what rests on it already, and what was metered of it.
fn contract(rental: RentalId, keys: &mut Keys) {
    keys.extend([Key::Rental(rental), Key::ContractUses(rental), Key::RentalUsage(rental)]);
}

/// A loan and the claims on it.
fn borrowed(loan: LoanId, keys: &mut Keys) {
    keys.extend([Key::Loan(loan), Key::LoanAllocations(loan)]);
}

fn holdings(code: &ProgrammeCode, organisation: CreditCode, keys: &mut Keys) {
    keys.insert(Key::Holdings(BorrowerKey { programme: code.clone(), organisation }));
}

/// The reference rates that the versions of a programme's rules name, as far as they are known.
fn rates(code: &ProgrammeCode, book: &Book, keys: &mut Keys) {
    let versions = book.programmes.peek(code).map_or(0, |p| p.versions);
    for number in 1..=versions {
        let Some(version) = book.rules.peek(&RulesKey { programme: code.clone(), number }) else { continue };
        let share = version.rules.points.as_ref().and_then(|points| points.share_of_reference.as_ref());
        keys.extend(share.map(|share| Key::RateSeries(share.name.folded())));
        keys.extend(version.rules.rate_ceiling.iter().map(|c| Key::RateSeries(c.reference.folded())));
    }
}

/// The voucher, the contract or the loan that a claim rests on.
pub(super) fn rests_on(claim: &Claim, book: &Book, keys: &mut Keys) {
    match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => {
            keys.insert(Key::Voucher(*voucher));
            if let Some(voucher) = book.vouchers.peek(voucher).filter(|voucher| voucher.closed) {
                release(voucher, keys);
            }
        }
        ClaimSubject::RentalSubsidy { rental, .. } => {
            contract(*rental, keys);
            let rules = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
            keys.extend([Key::Programme(claim.programme.clone()), Key::Rules(rules)]);
        }
        ClaimSubject::InterestSubsidy { loan, .. } => {
            borrowed(*loan, keys);
            holdings(&claim.programme, claim.organisation, keys);
            let rules = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
            keys.extend([Key::Programme(claim.programme.clone()), Key::Rules(rules)]);
            rates(&claim.programme, book, keys);
        }
    }
}

/// A claim and what it rests on.
pub(super) fn held(id: ClaimId, book: &Book, keys: &mut Keys) {
    with_its_ground(id, book, keys);
}

/// A claim that is reviewed; reviewed again, what it is computed from too.
pub(super) fn review(id: ClaimId, day: Date, book: &Book, keys: &mut Keys) {
    match book.claims.peek(&id) {
        Some(claim) if claim.status == ClaimStatus::Reviewed => computed(id, day, book, keys),
        Some(_) | None => held(id, book, keys),
    }
}

fn with_its_ground<'a>(id: ClaimId, book: &'a Book, keys: &mut Keys) -> Option<&'a Claim> {
    keys.insert(Key::Claim(id));
    let claim = book.claims.peek(&id)?;
    rests_on(claim, book, keys);
    backing::taken(claim, keys);
    Some(claim)
}

/// What a claim is computed from on a day.
pub(super) fn computed(id: ClaimId, day: Date, book: &Book, keys: &mut Keys) {
    let Some(claim) = with_its_ground(id, book, keys) else { return };
    programme(&claim.programme, book, keys);
    parties(claim, keys);
    redeemed(&claim.programme, claim.organisation, day, keys);
}

pub(super) fn parties(claim: &Claim, keys: &mut Keys) {
    keys.extend([Key::Organisation(claim.organisation), Key::Organisation(claim.provider)]);
}

pub(super) fn approve(id: ClaimId, day: Date, book: &Book, keys: &mut Keys) {
    let Some(claim) = with_its_ground(id, book, keys) else { return };
    let programme = &claim.programme;
    keys.insert(Key::Rules(RulesKey { programme: programme.clone(), number: claim.rules_version }));
    keys.extend(claim.subject.voucher().and_then(|id| book.vouchers.peek(&id)).map(rules_of));
    parties(claim, keys);
    redeemed(programme, claim.organisation, day, keys);
    for year in [Some(claim.fiscal_year), None] {
        let (programme, organisation) = (programme.clone(), claim.organisation);
        keys.insert(Key::Usage(CapUsageKey { programme, organisation, year, counts: Counts::Issue }));
    }
    for account in accounts(claim) {
        keys.insert(Key::Balance(BalanceKey::of(account, programme)));
    }
    keys.insert(Key::Balance(payable(claim)));
    prefunds::deduct(claim, day, book, keys);
}

/// What a claim's approval and its correction move, beside what is owed.
pub(super) fn accounts(claim: &Claim) -> Vec<Account> {
    use Account::{B2001, B2007, B2009};
    vec![B2001, claim.class.commitment(), B2007, B2009, claim.class.expense()]
}

/// What is owed to the claim's payee.
pub(super) fn payable(claim: &Claim) -> BalanceKey {
    BalanceKey { payee: Some(claim.payee), ..BalanceKey::of(Account::F2302, &claim.programme) }
}
