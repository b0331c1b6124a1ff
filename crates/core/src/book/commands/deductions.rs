//! Deductions: claims for interest that the bank pays its borrowers out of what it was paid ahead.

use crate::book::context::{Context, Reads, not_before};
use crate::book::effects::{Change, Effects};
use crate::book::guards::{cap_usage, claim_basis};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::{Claim, ClaimPayment, ClaimStatus, SettledBy, payable};
use crate::domain::dates::FiscalYear;
use crate::domain::{Date, Money};
use crate::ledger::{Account, BalanceKey, Dimensions, Part, Posting, parts};
use crate::organisations::rules as organisations;
use crate::prefunds::rules::{self, Movement};
use crate::prefunds::{PrefundYear, PrefundYearKey};
use crate::programmes::RulesKey;
use crate::programmes::calculation::Calculation;

fn year(claim: &Claim, year: FiscalYear) -> Key {
    Key::PrefundYear(PrefundYearKey { programme: claim.programme.clone(), bank: claim.provider, year })
}

/// What a claim that the bank deducts on a day takes of its prefund, where the claim's rules are known and prefund.
pub(super) fn read_deducted(claim: &Claim, day: Date, reads: &mut Reads<'_>) {
    let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    if reads.book.rules.peek(&key).is_some_and(|version| version.rules.prefunds()) {
        reads.extend([
            year(claim, day.year()),
            Key::Balance(BalanceKey::of_payee(Account::F1214, &claim.programme, claim.provider)),
        ]);
    }
}

/// The amount of a claim deducted out of the bank's prefund of the year of its approval: with that it is paid.
pub(super) fn deducted(
    context: Context<'_>,
    before: &Claim,
    (claim, sheet): (Claim, &Calculation),
    day: Date,
) -> Result<(Effects, Claim), Stop> {
    organisations::may_begin(context.book.organisations.get(&claim.payee)?, claim.payee)?;
    let claim = Claim { fiscal_year: day.year(), ..claim };
    let (year, posting) = drawn(context, &claim, &claim.parts, day)?;
    let by = SettledBy::Prefund(day.year());
    let payment = ClaimPayment { by, amount: claim.amount, parts: claim.parts.clone(), date: day };
    let claim = payable::settled(claim, payment)?;
    let mut effects = Effects::claim(Some(before.status), &claim);
    effects.changes.extend(cap_usage::counted(context, &claim, Some(day), (claim.amount, day))?);
    effects.changes.extend(claim_basis::used(context, &claim, Some(sheet))?);
    effects.changes.push(Change::PrefundYear(Box::new(year)));
    Ok((Effects { posting, effective_date: Some(day), ..effects }, claim))
}

/// What a claim draws on its bank's prefund of a day's year, or gives back where it is below zero: the account after
/// it, and what it posts.
pub(super) fn drawn(
    context: Context<'_>,
    claim: &Claim,
    by: &[Part],
    day: Date,
) -> Result<(PrefundYear, Posting), Stop> {
    drawn_of(context, claim, day.year(), by, day)
}

/// The same of the year in which it was deducted.
fn drawn_of(
    context: Context<'_>,
    claim: &Claim,
    year: FiscalYear,
    by: &[Part],
    day: Date,
) -> Result<(PrefundYear, Posting), Stop> {
    let key = PrefundYearKey { programme: claim.programme.clone(), bank: claim.provider, year };
    let known = context.book.prefund_years.get(&key)?;
    let amount = parts::sum(by)?;
    rules::covers(known, year, amount)?;
    if amount.is_positive() {
        // before anything was there nothing could be deducted
        not_before(day, known.map(|known| known.since))?;
    }
    let account = rules::account(known, &key, day, context.stamp);
    let account = rules::moved(&account, Movement::Deducted, by, day, context.stamp);
    let at = Dimensions { fiscal_year: year, ..claim.dimensions() };
    let [more, less] = parts::by_sign(by)?;
    let deduct = |parts: &[Part]| Posting::deduct(parts, claim.class.expense(), &at, claim.provider);
    let posting = deduct(&more).and(deduct(&less).reversed());
    Ok((account?, posting))
}

/// What was deducted for a claim, and what the caps count of it.
pub(super) fn read_undeducted(claim: &Claim, reads: &mut Reads<'_>) {
    reads.extend(claim.payments.iter().filter_map(|payment| match payment.by {
        SettledBy::Prefund(of) => Some(year(claim, of)),
        SettledBy::Batch(_) | SettledBy::Recovery(_) => None,
    }));
    reads.insert(Key::Balance(BalanceKey::of_payee(Account::F1214, &claim.programme, claim.provider)));
    reads.insert(Key::Balance(BalanceKey::of(claim.class.expense(), &claim.programme)));
    cap_usage::read_counted(claim, claim.approved_on, reads);
}

/// A claim whose deduction is undone: it waits for its approval again, and its bank has the amount.
pub(super) fn undeducted(context: Context<'_>, before: &Claim, day: Date) -> Result<Effects, Stop> {
    let lost = || Fault::Broken(format!("claim {} was not deducted", before.id));
    let payment = before.payments.first().ok_or_else(lost)?;
    let SettledBy::Prefund(year) = payment.by else { return Err(lost().into()) };
    let back = parts::minus(&[], &payment.parts)?;
    let (account, posting) = drawn_of(context, before, year, &back, day)?;
    let claim = Claim {
        status: ClaimStatus::Reviewed,
        approved_on: None,
        approved_by: None,
        paid_on: None,
        payments: Vec::new(),
        settled: Vec::new(),
        revision: before.revision.next(context.stamp),
        ..before.clone()
    };
    let mut effects = Effects::claim(Some(before.status), &claim);
    let less = Money::ZERO.minus(before.amount)?;
    effects.changes.extend(cap_usage::counted(context, before, before.approved_on, (less, day))?);
    effects.changes.push(Change::PrefundYear(Box::new(account)));
    Ok(Effects { posting, ..effects })
}
