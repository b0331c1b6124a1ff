//! What of an approved claim is still to be paid.
//!
//! due = amount − settled, by funding level, and never below zero in all. A claim is `paid` where nothing is due; a
//! recalculation that gives more makes it `approved` again, and the next batch pays what is due and no more.

use super::{Claim, ClaimPayment, ClaimStatus, SettledBy};
use crate::domain::money::OutOfRange;
use crate::domain::{Date, Money};
use crate::ledger::{Account, BalanceKey, Part, parts};

/// What is due by funding level; nothing where the claim is not approved.
pub fn due(claim: &Claim) -> Result<Vec<Part>, OutOfRange> {
    match claim.status {
        ClaimStatus::Approved | ClaimStatus::Paid => parts::minus(&claim.parts, &claim.settled),
        ClaimStatus::Draft
        | ClaimStatus::Submitted
        | ClaimStatus::Reviewed
        | ClaimStatus::Returned
        | ClaimStatus::Rejected
        | ClaimStatus::Withdrawn => Ok(Vec::new()),
    }
}

/// The balance of what is owed to the claim's payee.
pub fn owed(claim: &Claim) -> BalanceKey {
    BalanceKey::of_payee(Account::F2302, &claim.programme, claim.payee)
}

/// The balances that a claim's approval and its correction move.
pub fn balances(claim: &Claim) -> [BalanceKey; 6] {
    use Account::{B2001, B2007, B2009};
    let [commitment, expense] = [claim.class.commitment(), claim.class.expense()];
    let of = |account| BalanceKey::kept(account, &claim.programme, claim.payee);
    [of(B2001), of(commitment), of(B2007), of(B2009), of(expense), owed(claim)]
}

/// CNY that is due.
pub fn payable(claim: &Claim) -> Result<Money, OutOfRange> {
    parts::sum(&due(claim)?)
}

/// CNY that was paid or offset in all, whether or not it was asked back.
pub fn received(claim: &Claim) -> Result<Money, OutOfRange> {
    Money::sum(claim.payments.iter().map(|payment| payment.amount))
}

/// CNY that the bank paid, with a batch or out of its prefund.
pub fn paid(claim: &Claim) -> Result<Money, OutOfRange> {
    sum_of(claim, |by| matches!(by, SettledBy::Batch(_) | SettledBy::Prefund(_)))
}

/// CNY that the bank paid out of its prefund.
pub fn deducted(claim: &Claim) -> Result<Money, OutOfRange> {
    sum_of(claim, |by| matches!(by, SettledBy::Prefund(_)))
}

/// Whether the bank deducted it from what its borrower owes: what changes of it changes its prefund.
pub fn prefunded(claim: &Claim) -> bool {
    claim.payments.iter().any(|payment| matches!(payment.by, SettledBy::Prefund(_)))
}

/// CNY that was offset against recoveries.
pub fn offset(claim: &Claim) -> Result<Money, OutOfRange> {
    sum_of(claim, |by| matches!(by, SettledBy::Recovery(_)))
}

fn sum_of(claim: &Claim, which: impl Fn(SettledBy) -> bool) -> Result<Money, OutOfRange> {
    Money::sum(claim.payments.iter().filter(|payment| which(payment.by)).map(|payment| payment.amount))
}

/// The first day on which anything of it was paid or offset: what comes back in a later year than this is not the
/// programme's to spend again.
pub fn first_paid_on(claim: &Claim) -> Option<Date> {
    claim.payments.iter().map(|payment| payment.date).min()
}

/// The day before which nothing can be posted about its money.
pub fn newest_day(claim: &Claim) -> Option<Date> {
    [claim.approved_on, claim.recalculated_on, claim.paid_on].into_iter().flatten().max()
}

/// The claim with its status, its batch and its day as what is due has them.
pub fn restated(claim: Claim) -> Result<Claim, OutOfRange> {
    let paid_on = claim.payments.iter().map(|payment| payment.date).max();
    let last = claim.payments.iter().rev().find_map(|payment| match payment.by {
        SettledBy::Batch(batch) => Some(batch),
        SettledBy::Recovery(_) | SettledBy::Prefund(_) => None,
    });
    if payable(&claim)?.is_zero() {
        return Ok(Claim { status: ClaimStatus::Paid, batch: last, paid_on, ..claim });
    }
    let open = claim.batch.filter(|_| claim.status == ClaimStatus::Approved);
    Ok(Claim { status: ClaimStatus::Approved, batch: open, paid_on, ..claim })
}

/// The claim after a payment or an offset.
pub fn settled(claim: Claim, payment: ClaimPayment) -> Result<Claim, OutOfRange> {
    let settled = parts::plus(&claim.settled, &payment.parts)?;
    let mut claim = Claim { settled, batch: None, ..claim };
    claim.payments.push(payment);
    restated(claim)
}

/// The claim after a payment came back.
pub fn unsettled(claim: Claim, payment: &ClaimPayment) -> Result<Claim, OutOfRange> {
    let mut claim = Claim { settled: parts::minus(&claim.settled, &payment.parts)?, ..claim };
    claim.payments.retain(|known| known.by != payment.by);
    if claim.payments.is_empty() {
        claim.settled = Vec::new();
    }
    restated(claim)
}

/// What a batch paid of it.
pub fn paid_with(claim: &Claim, by: SettledBy) -> Option<&ClaimPayment> {
    claim.payments.iter().find(|payment| payment.by == by)
}
