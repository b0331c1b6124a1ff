//! Payment batches that are proposed: of the claims that are named, or of everything that can be paid.

use std::collections::BTreeSet;

use super::payments::{backed, conclude, may_be_paid, name_fits, read_claims};
use crate::book::context::{Context, Decide, Reads, named};
use crate::book::effects::{Change, Decision, Effects};
use crate::book::guards::{parties, programmes};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::Claim;
use crate::claims::blocked::{Standings, blocked};
use crate::domain::{ClaimId, Money};
use crate::payments::{CLAIMS_MAX, LEFT_OUT_MAX, LeftOut, PaymentError, ProposePaymentBatch, rules};

/// How many of the claims that wait a batch of everything looks at: those that cannot be paid hide none behind them, up to
/// what is read in one go.
const LOOKED_AT_MAX: usize = 5 * CLAIMS_MAX;

/// The claims that a batch looks at: those that are named, or the first of all that wait.
fn asked(command: &ProposePaymentBatch, payable: Option<&BTreeSet<ClaimId>>) -> Vec<ClaimId> {
    match &command.claims {
        Some(claims) => claims.iter().collect(),
        None => payable.into_iter().flatten().copied().take(LOOKED_AT_MAX).collect(),
    }
}

impl Decide for ProposePaymentBatch {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::PaymentBatch(self.id));
        if self.claims.is_none() {
            reads.insert(Key::PayableClaims(()));
        }
        let claims = asked(self, reads.book.payable_claims.peek(&()));
        read_claims(claims.into_iter(), reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let payable = if self.claims.is_none() { context.book.payable_claims.get(&())? } else { None };
        let mut effects = Effects::default();
        let (mut count, mut total, mut left_out, mut others) = (0_u32, Money::ZERO, Vec::new(), 0_u32);
        let mut seen = BTreeSet::new();
        for (index, id) in asked(self, payable).into_iter().enumerate() {
            let pointer = self.claims.as_ref().map(|_| format!("/claim_ids/{index}"));
            let claim = named(context.book.claims.get(&id)?, pointer.as_deref().unwrap_or_default())?;
            if !seen.insert(id) {
                return Err(PaymentError::ClaimInBatch { claim: id }.into());
            }
            if self.claims.is_none() {
                // a line and its claim change for each
                if effects.changes.len() == 2 * CLAIMS_MAX {
                    break;
                }
                if let Some(one) = kept_out(context, self, claim)? {
                    others += 1;
                    // the batch is in the leaf of each of its results, which holds so much
                    if left_out.len() < LEFT_OUT_MAX {
                        left_out.push(one);
                    }
                    continue;
                }
            }
            fits(context, self, claim, pointer)?;
            let line = rules::line(self.id, claim, context.stamp)?;
            (count, total) = (count + 1, total.plus(line.amount)?);
            effects.changes.push(Change::PaymentLine(Box::new(line)));
            let placed = rules::placed(claim, Some(self.id), context.stamp);
            effects.changes.push(Change::Claim(Box::new(placed)));
        }
        if count == 0 {
            return Err(PaymentError::NothingPayable { left_out: others.to_string() }.into());
        }
        let batch = rules::propose(self, (count, total, left_out), context.actor, context.stamp);
        Ok(conclude(effects, None, batch))
    }
}

/// Whether a claim can be paid with a batch.
fn fits(
    context: Context<'_>,
    batch: &ProposePaymentBatch,
    claim: &Claim,
    pointer: Option<String>,
) -> Result<(), Stop> {
    rules::payable(claim)?;
    backed(context, claim, pointer.clone())?;
    may_be_paid(context, claim)?;
    name_fits(context, claim, (batch.name_max, pointer.clone()))?;
    if let Some((letters, payee)) = batch.letters.zip(context.book.organisations.get(&claim.payee)?) {
        rules::letters_fit(claim.id, payee, (letters, pointer))?;
    }
    Ok(())
}

/// What keeps a claim out of a batch of everything: what stands in the way of its payment, or what would refuse a batch that
/// names it. A batch that goes on without its payee's account would only fail at the bank.
fn kept_out(
    context: Context<'_>,
    batch: &ProposePaymentBatch,
    claim: &Claim,
) -> Result<Option<LeftOut>, Stop> {
    let lost = || Fault::Broken(format!("claim {} has lost its payee", claim.id));
    let rules_of = programmes::rules_of(context, claim)?;
    let today = context.stamp.business_date;
    let standings = Standings {
        rules: rules_of,
        applicant: parties::applicant(context, &parties::of_claim(context, claim)?, rules_of)?,
        payee: context.book.organisations.get(&claim.payee)?.ok_or_else(lost)?,
        // what is approved was committed, and a proposal posts nothing
        available: Money::ZERO,
        recalculated_on: None,
        closed_through: None,
        today,
    };
    if let Some(block) = blocked(claim, &standings, |_| today).into_iter().next() {
        return Ok(Some(LeftOut { claim_id: claim.id, code: block.code, detail: block.detail }));
    }
    match fits(context, batch, claim, None) {
        Ok(()) => Ok(None),
        Err(Stop::Refused(refusal)) => {
            let kept = rules::left_out(claim.id, refusal.code(), refusal.to_string());
            kept.map_or(Err(Stop::Refused(refusal)), |kept| Ok(Some(kept)))
        }
        Err(fault @ Stop::Fault(_)) => Err(fault),
    }
}
