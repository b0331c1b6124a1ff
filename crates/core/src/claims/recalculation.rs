//! Recalculations 重新核算: a further sheet of an approved or a paid claim, from inputs that are known better now.
//!
//! proposed → approved | rejected, by another person. Approved, its sheet is the claim's and the difference is posted:
//! more is accrued and due, once what is still asked back was given back; less is taken from what is due, and of what was
//! paid already it is asked back. The rules are those of the claim's submission, the caps those of the year of its
//! approval, in which what the claim is charged with already is free for it. The old sheets stay.

use serde::{Deserialize, Serialize};

use super::backing::TakenInvoice;
pub use super::changes::ClaimChanges;
use super::{Claim, ClaimError, ClaimPayment, ClaimStatus, ClaimSubject, InterestTerms, SettledBy, payable};
use crate::domain::money::OutOfRange;
use crate::domain::{
    Actor, ClaimId, Date, Money, RecoveryId, Revision, Sequence, Stamp, Subject, TextHash, WrongState,
};
use crate::ledger::{Part, parts};
use crate::programmes::SettledLine;
use crate::programmes::calculation::Calculation;
use crate::programmes::funding::OtherFunding;

/// Where a recalculation is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum RecalculationStatus {
    /// It waits for another person.
    Proposed,
    /// Its sheet was the claim's from then on.
    Approved,
    /// Refused; the claim stays as it was.
    Rejected,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalculation {
    pub claim: ClaimId,
    pub number: u32,
    /// The number of the sheet that it takes the place of.
    pub previous: u32,
    /// Where it is in its life.
    pub status: RecalculationStatus,
    /// What was settled, as it is known now; nothing of an interest subsidy.
    pub settlement: Vec<SettledLine>,
    /// Where it is what was metered: the leaf after which that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Sequence>,
    /// Whether the claim is the voucher's last.
    #[serde(rename = "final")]
    pub closing: bool,
    /// Of an interest subsidy: what is said of the interest now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest: Option<InterestTerms>,
    /// What others pay for the same costs, as it is known now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_funding: Option<Vec<OtherFunding>>,
    /// The parts of invoices that the claim holds with it: what red invoices took back until then is let go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<TakenInvoice>,
    /// CNY, of its sheet.
    pub amount: Money,
    /// CNY, its amount less that of the sheet before; below zero where it gives less.
    pub difference: Money,
    pub reason: TextHash,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<TextHash>,
    /// What asks back what was paid too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryId>,
    /// The day on which it was proposed: it counts from no earlier one.
    pub proposed_on: Date,
    /// The day from which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Date>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// Which sheet of which claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecalculationKey {
    pub claim: ClaimId,
    pub number: u32,
}

impl Recalculation {
    /// Which sheet of which claim.
    pub const fn key(&self) -> RecalculationKey {
        RecalculationKey { claim: self.claim, number: self.number }
    }

    /// What its claim is for, as it is known with it.
    pub fn subject(&self, claim: &Claim) -> ClaimSubject {
        let subject = claim.subject.resettled(self.settlement.clone(), self.closing, self.usage);
        subject.with_interest(self.interest)
    }
}

/// `POST /claims/{id}/recalculate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeRecalculation {
    pub claim: ClaimId,
    /// What is other than it was.
    pub changes: ClaimChanges,
    pub reason: TextHash,
    /// Whether it is right although rows of usage of its months were refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_incomplete_usage: bool,
}

/// `POST /claims/{id}/recalculations/{version}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveRecalculation {
    pub claim: ClaimId,
    /// Which; the one that waits where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The id that the edge made for a recovery, should one be needed.
    pub recovery: RecoveryId,
    /// The day it counts from; the business date where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
}

/// `POST /claims/{id}/recalculations/{version}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectRecalculation {
    pub claim: ClaimId,
    /// Which; the one that waits where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    pub reason: TextHash,
}

/// Whether a claim can be recalculated: approved or paid, and not on its way to the bank.
pub fn recalculable(claim: &Claim) -> Result<(), ClaimError> {
    claim.in_state(&[ClaimStatus::Approved, ClaimStatus::Paid])?;
    if claim.status == ClaimStatus::Approved && claim.batch.is_some() {
        return Err(WrongState::is("in_payment_batch").into());
    }
    Ok(())
}

/// The claim with its changed inputs, as a sheet is computed from it.
pub fn changed(claim: &Claim, changes: &ClaimChanges) -> Claim {
    let other_funding = changes.other_funding.clone().or_else(|| claim.other_funding.clone());
    Claim { subject: changes.made_to(&claim.subject), other_funding, ..claim.clone() }
}

/// The number of the next sheet.
pub fn next_number(claim: &Claim) -> u32 {
    claim.calculation.max(claim.last_sheet).saturating_add(1)
}

/// A recalculation proposed, and the claim that it waits for.
pub fn propose(
    before: &Claim,
    changed: &Claim,
    sheet: &Calculation,
    reason: TextHash,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<(Recalculation, Claim), OutOfRange> {
    let recalculation = Recalculation {
        claim: before.id,
        number: sheet.version,
        previous: before.calculation,
        status: RecalculationStatus::Proposed,
        settlement: changed.subject.settlement().to_vec(),
        usage: changed.subject.metered(),
        closing: changed.subject.closing(),
        interest: changed.subject.interest(),
        other_funding: changed.other_funding.clone(),
        invoices: changed.invoices.clone(),
        amount: sheet.amount,
        difference: sheet.amount.minus(before.amount)?,
        reason,
        rejection: None,
        recovery: None,
        proposed_on: stamp.business_date,
        decided_on: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    };
    let claim = Claim {
        last_sheet: sheet.version,
        pending: Some(sheet.version),
        revision: before.revision.next(stamp),
        ..before.clone()
    };
    Ok((recalculation, claim))
}

/// Error: it was decided already.
pub fn proposed(recalculation: &Recalculation) -> Result<(), ClaimError> {
    Ok(WrongState::unless(recalculation.status, &[RecalculationStatus::Proposed])?)
}

/// A recalculation refused, and the claim as it was.
pub fn reject(
    recalculation: &Recalculation,
    claim: &Claim,
    reason: TextHash,
    actor: &Actor,
    stamp: &Stamp,
) -> (Recalculation, Claim) {
    let rejected = Recalculation {
        status: RecalculationStatus::Rejected,
        rejection: Some(reason),
        decided_by: Some(actor.subject.clone()),
        revision: recalculation.revision.next(stamp),
        ..recalculation.clone()
    };
    (rejected, Claim { pending: None, revision: claim.revision.next(stamp), ..claim.clone() })
}

pub fn approve(
    recalculation: &Recalculation,
    day: Date,
    recovery: Option<RecoveryId>,
    actor: &Actor,
    stamp: &Stamp,
) -> Recalculation {
    Recalculation {
        status: RecalculationStatus::Approved,
        recovery,
        decided_on: Some(day),
        decided_by: Some(actor.subject.clone()),
        revision: recalculation.revision.next(stamp),
        ..recalculation.clone()
    }
}

/// What a new amount does to the books of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// What is accrued beside what was, by funding level; below zero where it is taken back.
    pub accrued: Vec<Part>,
    /// What they sum to: the voucher and the caps are charged with it.
    pub drawn: Money,
    /// What was paid too much, by funding level. The accrual of it stays: its recovery takes the expense back.
    pub owed: Vec<Part>,
    pub asked_back: Money,
    /// CNY that the bank's prefund has again, of a claim that the bank deducted.
    pub refunded_to_prefund: Money,
    /// CNY that earlier recalculations asked back and that is given back first: it is not owed any more.
    pub restored: Money,
    /// CNY of what is drawn that had come in of what was asked back.
    pub redrawn: Money,
    settled: Vec<Part>,
}

/// CNY that a claim draws on its voucher.
pub fn charged(claim: &Claim) -> Result<Money, OutOfRange> {
    claim.amount.plus(claim.corrected)?.minus(claim.redrawn)
}

/// From the parts that a claim has to new ones. Of more than before, what is still asked back is given back first, then the
/// rest is accrued; of less, what is due goes first, then what was paid. What a bank deducted is all settled: the
/// difference is its prefund's. `restorable` is what earlier ones asked back and is owed still, or was given up.
pub fn correction(claim: &Claim, new: &[Part], restorable: Money) -> Result<Correction, OutOfRange> {
    if payable::prefunded(claim) {
        let accrued = parts::minus(new, &claim.parts)?;
        let drawn = parts::sum(&accrued)?;
        return Ok(Correction {
            refunded_to_prefund: drawn.negated()?.max(Money::ZERO),
            drawn,
            accrued,
            owed: Vec::new(),
            asked_back: Money::ZERO,
            restored: Money::ZERO,
            redrawn: Money::ZERO,
            settled: new.to_vec(),
        });
    }
    let short = parts::sum(new)?.minus(parts::sum(&claim.settled)?)?.max(Money::ZERO);
    let restored = short.min(restorable);
    // what a level gets of it follows the shares: a fen more or less is accrued at its level
    let shares = if claim.amount.is_zero() { new } else { &claim.parts };
    let back = parts::split(restored, shares)?;
    let (old, settled) = (parts::plus(&claim.parts, &back)?, claim.settled.clone());
    let settled = if restored.is_zero() { settled } else { parts::plus(&settled, &back)? };
    let found = correction_of(&old, &settled, new)?;
    let came_in = claim.corrected.minus(restorable)?.minus(claim.redrawn)?;
    let redrawn = match claim.subject.voucher() {
        Some(_) => found.drawn.max(Money::ZERO).min(came_in.max(Money::ZERO)),
        None => Money::ZERO,
    };
    Ok(Correction { restored, redrawn, ..found })
}

fn correction_of(old: &[Part], settled: &[Part], new: &[Part]) -> Result<Correction, OutOfRange> {
    let over = parts::minus(settled, new)?;
    let asked_back = parts::sum(&over)?.max(Money::ZERO);
    let owed = parts::cut_to(&over, asked_back)?;
    let accrued = parts::minus(&parts::plus(new, &owed)?, old)?;
    let settled = parts::minus(settled, &owed)?;
    let drawn = parts::sum(&accrued)?;
    let [refunded_to_prefund, restored, redrawn] = [Money::ZERO; 3];
    Ok(Correction { drawn, accrued, owed, asked_back, refunded_to_prefund, restored, redrawn, settled })
}

/// The claim with the recalculation's inputs and its sheet.
pub fn corrected(
    claim: &Claim,
    recalculation: &Recalculation,
    (sheet, correction): (&Calculation, &Correction),
    day: Date,
    stamp: &Stamp,
) -> Result<Claim, OutOfRange> {
    let mut claim = Claim {
        subject: recalculation.subject(claim),
        other_funding: recalculation.other_funding.clone(),
        invoices: recalculation.invoices.clone(),
        amount: sheet.amount,
        parts: super::rules::parts(sheet),
        calculation: recalculation.number,
        settled: correction.settled.clone(),
        corrected: claim.corrected.plus(correction.asked_back)?.minus(correction.restored)?,
        recovered: claim.recovered.plus(correction.asked_back)?.minus(correction.restored)?,
        redrawn: claim.redrawn.plus(correction.redrawn)?,
        pending: None,
        recalculated_on: Some(day),
        revision: claim.revision.next(stamp),
        ..claim.clone()
    };
    let moves = correction.accrued.iter().any(|part| !part.amount.is_zero());
    if payable::prefunded(&claim) && moves {
        let (by, parts) = (SettledBy::Prefund(day.year()), correction.accrued.clone());
        claim.payments.push(ClaimPayment { by, amount: correction.drawn, parts, date: day });
    }
    payable::restated(claim)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Label;
    use crate::domain::apportion::largest_remainder;

    /// An amount by levels of these weights.
    fn shared(fen: i64, weights: &[i128]) -> Vec<Part> {
        let amounts = largest_remainder(Money::from_fen(fen), weights).unwrap();
        let level = |index: usize| Some(Label::parse(&format!("level{index}")).unwrap());
        amounts.into_iter().enumerate().map(|(index, amount)| Part { level: level(index), amount }).collect()
    }

    fn same(one: &[Part], other: &[Part]) -> bool {
        parts::minus(one, other).unwrap().iter().all(|part| part.amount.is_zero())
    }

    proptest! {
        #[test]
        fn what_was_accrued_stays_with_what_is_owed_and_nothing_is_lost_at_any_level(
            weights in proptest::collection::vec(0_i128..1_000, 1..5),
            [old, new] in [1_i64..10_000_000, 1_i64..10_000_000],
            share in 0_i64..=100,
        ) {
            let (before, after) = (shared(old, &weights), shared(new, &weights));
            let settled = parts::split(Money::from_fen(old / 100 * share), &before).unwrap();
            let found = correction_of(&before, &settled, &after).unwrap();
            // the accrual moves from the old parts to the new ones and what is owed
            let accrued = parts::plus(&before, &found.accrued).unwrap();
            prop_assert!(same(&accrued, &parts::plus(&after, &found.owed).unwrap()));
            prop_assert!(same(&parts::plus(&found.settled, &found.owed).unwrap(), &settled));
            prop_assert!(found.owed.iter().all(|part| part.amount.is_positive()));
            // only what was paid beyond the new amount is asked back
            let over = parts::sum(&settled).unwrap().fen() - new;
            prop_assert_eq!(found.asked_back.fen(), over.max(0));
            prop_assert_eq!(parts::sum(&found.owed).unwrap(), found.asked_back);
            prop_assert_eq!(found.drawn.fen(), new - old + found.asked_back.fen());
            let due = new - parts::sum(&found.settled).unwrap().fen();
            prop_assert!(due >= 0, "{} is due", due);
            prop_assert!(found.asked_back.is_zero() || due == 0);
        }
    }
}
