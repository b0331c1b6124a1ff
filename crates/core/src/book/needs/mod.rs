//! Which keys a command reads.
//!
//! Asked again after each load, at most four rounds: the document a command names, then what that
//! document names, then parents' counters and balances, then the reference rates that a programme's rules name. Asking for more than `decide` reads costs a
//! little; asking for less is a fault, and a property test looks for it.

mod backing;
mod calendar;
mod claims;
mod payments;
mod periods;
mod prefunds;
mod recalculation;
mod recoveries;
mod reversals;

pub(super) use backing::claim_asked_back;

use super::{Book, Command, Key, Keys, RateKey, Series, segregation};
use crate::domain::{CreditCode, Date, ProgrammeCode, RentalId, Stamp, Subject, UsageImportId, VoucherId};
use crate::ledger::{Account, BalanceKey};
use crate::payments::LineKey;
use crate::programmes::{CapUsageKey, Counts, RulesKey};
use crate::usage::{UsedRate, imports};
use crate::vouchers::{Voucher, VoucherStatus};

/// How often a load may show that more is needed.
pub const ROUNDS_MAX: usize = 4;

/// The key that says whether a caller is known, which every command reads.
pub fn caller(subject: &Subject) -> Key {
    Key::Person(subject.folded())
}

/// The keys that a command reads, as far as the book shows them already.
pub fn needs(command: &Command, stamp: &Stamp, book: &Book) -> Keys {
    let mut keys = segregation::keys(command, book);
    let today = stamp.business_date;
    match command {
        Command::CreateAgency(_)
        | Command::SwitchSemantics(_)
        | Command::AcceptLog(_)
        | Command::MoveBusinessDate(_)
        | Command::OpenGroup(_) => {}
        Command::EraseText(c) => keys.extend([Key::Text(c.sha256), Key::Erasure(c.sha256)]),
        Command::ClosePeriod(c) => periods::close(c.month, book, &mut keys),
        Command::NameSubject(c) => {
            keys.insert(caller(&c.subject));
        }
        Command::ProposeReopening(c) => {
            keys.insert(Key::Period(c.month));
        }
        Command::ApproveReopening(c) => periods::reopen(c.month, book, &mut keys),
        Command::RejectReopening(c) => {
            keys.insert(Key::Period(c.month));
        }
        Command::ProposeCalendar(c) => {
            keys.insert(Key::CalendarChange(c.id));
        }
        Command::ApproveCalendar(c) => calendar::approve(c.id, book, &mut keys),
        Command::RejectCalendar(c) => {
            keys.insert(Key::CalendarChange(c.id));
        }
        Command::LoadReferenceRate(c) => {
            keys.insert(Key::ReferenceRate(RateKey::new(&c.name, c.date)));
        }
        Command::RegisterOrganisation(c) => {
            keys.insert(Key::Organisation(c.credit_code));
        }
        Command::BlockOrganisation(c) | Command::UnblockOrganisation(c) => {
            keys.insert(Key::Organisation(c.credit_code));
        }
        Command::ProposeBankAccount(c) => {
            keys.insert(Key::Organisation(c.credit_code));
        }
        Command::ApproveBankAccount(c) => {
            keys.insert(Key::Organisation(c.credit_code));
        }
        Command::RejectBankAccount(c) => {
            keys.insert(Key::Organisation(c.credit_code));
        }
        Command::ProposeProgramme(c) => {
            keys.extend([Key::Programme(c.code.clone()), Key::ProgrammeOf(c.code.folded())]);
        }
        Command::ApproveProgramme(c) => programme(&c.code, book, &mut keys),
        Command::ProposeRules(c) => programme(&c.programme, book, &mut keys),
        Command::ApproveRules(c) => {
            programme(&c.programme, book, &mut keys);
            keys.insert(Key::Rules(RulesKey { programme: c.programme.clone(), number: c.number }));
        }
        Command::ProposeBudgetChange(c) => {
            keys.extend([Key::Programme(c.programme.clone()), Key::BudgetChange(c.id)]);
            budget(&c.programme, &mut keys);
        }
        Command::ApproveBudgetChange(c) => {
            keys.extend([Key::Programme(c.programme.clone()), Key::BudgetChange(c.id)]);
            budget(&c.programme, &mut keys);
        }
        Command::RegisterEvidence(c) => {
            backing::brought(c, book, &mut keys);
        }
        Command::ConfirmInvoice(c) => backing::confirmed(c, book, &mut keys),
        Command::RegisterRental(c) => {
            keys.extend([
                Key::Organisation(c.organisation),
                Key::Organisation(c.provider),
                Key::Contract(c.contract()),
                Key::Rental(c.id),
            ]);
            for code in book.agency.iter().flat_map(|a| &a.related_programmes) {
                programme(code, book, &mut keys);
            }
        }
        Command::ImportUsage(c) => {
            keys.extend([Key::Rental(c.rental), Key::RentalUsage(c.rental), Key::UsageImport(c.id)]);
            keys.insert(Key::ContractUses(c.rental));
            let beside = imports::beside(book.rental_usage.peek(&c.rental), &c.deliveries);
            keys.extend(beside.into_iter().map(Key::UsageImport));
            let key = |rate: &UsedRate| Key::ReferenceRate(RateKey::new(&rate.name, rate.date));
            keys.extend(c.rates.iter().map(key));
        }
        Command::ApproveUsageImport(c) => proposed_usage(c.id, c.rental, book, &mut keys),
        Command::RejectUsageImport(c) => proposed_usage(c.id, c.rental, book, &mut keys),
        Command::RegisterLoan(c) => {
            keys.extend([Key::Organisation(c.organisation), Key::Organisation(c.bank)]);
            keys.extend([Key::LoanOf(c.key()), Key::Loan(c.id)]);
        }
        Command::RecordLoanEvents(c) => {
            keys.insert(Key::Loan(c.id));
        }
        Command::ConfirmInterest(c) => {
            keys.insert(Key::Loan(c.id));
        }
        Command::ProposePrefund(c) => prefunds::propose(c, book, &mut keys),
        Command::ApprovePrefund(c) => prefunds::approve(c.id, book, &mut keys),
        Command::RejectPrefund(c) => {
            keys.insert(Key::Prefund(c.id));
        }
        Command::ProposeTrueUp(c) => prefunds::propose_true_up(c, &mut keys),
        Command::ApproveTrueUp(c) => prefunds::approve_true_up(c.id, book, &mut keys),
        Command::RejectTrueUp(c) => prefunds::reject_true_up(c.id, book, &mut keys),
        Command::ApplyForVoucher(c) => {
            keys.insert(Key::Voucher(c.id));
            let to = Target { programme: &c.programme, rental: c.rental, voucher: c.id, day: today };
            voucher_facts(&to, book, &mut keys);
        }
        Command::ReviewVoucher(c) => {
            keys.insert(Key::Voucher(c.id));
            with_voucher(c.id, book, |v| {
                keys.insert(Key::ContractUses(v.rental));
                // reviewed again it is computed anew
                if v.status == VoucherStatus::Reviewed {
                    let to = Target { programme: &v.programme, rental: v.rental, voucher: c.id, day: today };
                    voucher_facts(&to, book, &mut keys);
                }
            });
        }
        Command::IssueVoucher(c) => issue_voucher(c.id, c.effective_date.unwrap_or(today), book, &mut keys),
        Command::CancelVoucher(c) => cancel_voucher(c.id, book, &mut keys),
        Command::SuspendVoucher(c) | Command::ReinstateVoucher(c) => {
            keys.insert(Key::Voucher(c.id));
        }
        Command::ExpireVoucher(c) => cancel_voucher(c.id, book, &mut keys),
        Command::RemindVoucher(c) => {
            keys.insert(Key::Voucher(c.id));
        }
        Command::DraftClaim(c) => {
            claims::draft(c, today, book, &mut keys);
            backing::named(c, book, &mut keys);
        }
        Command::RewriteClaim(c) => {
            claims::computed(c.id, today, book, &mut keys);
            backing::named(c, book, &mut keys);
        }
        Command::SubmitClaim(c) => claims::computed(c.id, today, book, &mut keys),
        Command::WithdrawClaim(c) => claims::held(c.id, book, &mut keys),
        Command::ReviewClaim(c) => {
            claims::review(c.id, today, book, &mut keys);
            backing::contradicted(c.id, book, &mut keys);
        }
        Command::RejectClaim(c) => claims::held(c.id, book, &mut keys),
        Command::ApproveClaim(c) => {
            claims::approve(c.id, c.effective_date.unwrap_or(today), book, &mut keys);
            backing::contradicted(c.id, book, &mut keys);
        }
        Command::ProposeRecalculation(c) => recalculation::propose(c.claim, book, &mut keys),
        Command::ApproveRecalculation(c) => recalculation::approve(c, today, book, &mut keys),
        Command::RejectRecalculation(c) => recalculation::named(c.claim, c.number, book, &mut keys),
        Command::RaiseObjection(c) => recalculation::raise(c, book, &mut keys),
        Command::ResolveObjection(c) => keys.extend([Key::Objection(c.id), Key::Claim(c.claim)]),
        Command::ProposePaymentBatch(c) => {
            keys.insert(Key::PaymentBatch(c.id));
            payments::claims(c.claims.iter(), book, &mut keys);
        }
        Command::ApprovePaymentBatch(c) => payments::approve(c.id, book, &mut keys),
        Command::RejectPaymentBatch(c) => payments::reject(c.id, book, &mut keys),
        Command::SettlePayment(c) => payments::settle(c, book, &mut keys),
        Command::ApproveReturn(c) => {
            payments::line(LineKey { batch: c.batch, claim: c.claim }, book, &mut keys);
        }
        Command::RejectReturn(c) => {
            payments::line(LineKey { batch: c.batch, claim: c.claim }, book, &mut keys);
        }
        Command::ReadAccounts(c) => payments::read_accounts(c.batch, today, book, &mut keys),
        Command::ProposeRecovery(c) => keys.extend([Key::Recovery(c.id), Key::Claim(c.claim)]),
        Command::ApproveRecovery(c) => recoveries::approve(c.id, book, &mut keys),
        Command::RejectRecovery(c) => {
            keys.insert(Key::Recovery(c.id));
        }
        Command::ReceiveRecovery(c) => recoveries::receive(c.id, book, &mut keys),
        Command::OffsetRecovery(c) => recoveries::offset(c, book, &mut keys),
        Command::WriteOffRecovery(c) => recoveries::write_off(c.id, book, &mut keys),
        Command::ProposeReversal(c) => reversals::reversal(c.sequence, book, &mut keys),
        Command::ApproveReversal(c) => reversals::reversal(c.sequence, book, &mut keys),
    }
    keys
}

fn with_voucher(id: VoucherId, book: &Book, then: impl FnOnce(&Voucher)) {
    if let Some(voucher) = book.vouchers.peek(&id) {
        then(voucher);
    }
}

/// A billing file that waits, and what it is to replace.
fn proposed_usage(id: UsageImportId, rental: RentalId, book: &Book, keys: &mut Keys) {
    keys.extend([Key::UsageImport(id), Key::RentalUsage(rental)]);
    let replaced = book.usage_imports.peek(&id).map_or(&[][..], |import| &import.replaces);
    keys.extend(replaced.iter().copied().map(Key::UsageImport));
}

/// A programme and every version of its rules.
fn programme(code: &ProgrammeCode, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Programme(code.clone()));
    let versions = book.programmes.peek(code).map_or(0, |p| p.versions);
    keys.extend((1..=versions).map(|number| Key::Rules(RulesKey { programme: code.clone(), number })));
}

/// The balances that a change of the budget moves.
fn budget(code: &ProgrammeCode, keys: &mut Keys) {
    for account in [Account::B1001, Account::B2001, Account::B2009] {
        keys.insert(Key::Balance(BalanceKey::of(account, code)));
    }
}

struct Target<'a> {
    programme: &'a ProgrammeCode,
    rental: RentalId,
    voucher: VoucherId,
    day: Date,
}

/// What a voucher is computed from.
fn voucher_facts(to: &Target<'_>, book: &Book, keys: &mut Keys) {
    programme(to.programme, book, keys);
    keys.extend([Key::Rental(to.rental), Key::ContractUses(to.rental), Key::Voucher(to.voucher)]);
    if let Some(rental) = book.rentals.peek(&to.rental) {
        keys.extend([Key::Organisation(rental.organisation), Key::Organisation(rental.provider)]);
        usages(to.programme, rental.organisation, to.day, keys);
    }
}

fn usages(programme: &ProgrammeCode, organisation: CreditCode, day: Date, keys: &mut Keys) {
    for year in [Some(day.year()), None] {
        let programme = programme.clone();
        keys.insert(Key::Usage(CapUsageKey { programme, organisation, year, counts: Counts::Issue }));
    }
}

fn issue_voucher(id: VoucherId, day: Date, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Voucher(id));
    with_voucher(id, book, |voucher| {
        let to = Target { programme: &voucher.programme, rental: voucher.rental, voucher: id, day };
        voucher_facts(&to, book, keys);
        for account in [Account::B2001, Account::B2003] {
            keys.insert(Key::Balance(BalanceKey::of(account, &voucher.programme)));
        }
        keys.insert(Key::Number(voucher_series(&voucher.programme, day)));
    });
}

fn cancel_voucher(id: VoucherId, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Voucher(id));
    with_voucher(id, book, |voucher| {
        keys.insert(Key::ContractUses(voucher.rental));
        for account in [Account::B2001, Account::B2003, Account::B2009] {
            keys.insert(Key::Balance(BalanceKey::of(account, &voucher.programme)));
        }
        keys.insert(rules_of(voucher));
        if let Some(issued) = voucher.valid_from {
            usages(&voucher.programme, voucher.organisation, issued, keys);
        }
    });
}

/// What a closed voucher moves where a claim frees what it held.
fn release(voucher: &Voucher, keys: &mut Keys) {
    keys.insert(rules_of(voucher));
    for account in [Account::B2001, Account::B2003, Account::B2009] {
        keys.insert(Key::Balance(BalanceKey::of(account, &voucher.programme)));
    }
    if let Some(issued) = voucher.valid_from {
        usages(&voucher.programme, voucher.organisation, issued, keys);
    }
}

/// The rules under which a voucher was issued.
fn rules_of(voucher: &Voucher) -> Key {
    Key::Rules(RulesKey { programme: voucher.programme.clone(), number: voucher.rules_version })
}

/// The series of a programme's voucher numbers in a year.
pub(super) fn voucher_series(programme: &ProgrammeCode, day: Date) -> Series {
    Series(format!("voucher/{programme}/{}", day.year()))
}
