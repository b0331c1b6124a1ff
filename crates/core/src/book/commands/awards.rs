//! What becomes of awards: objections, a later deadline, the acceptance and what it settles.

use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::{award_basis, clawback};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, Key};
use crate::claims::Claim;
use crate::domain::money::Amount;
use crate::domain::{AwardId, Date};
use crate::grants::awards::{
    Acceptance, Award, AwardStatus, NameAward, ProposeAcceptance, ProposeExtension, RaiseAwardObjection,
    RejectAward, ResolveAwardObjection,
};
use crate::grants::settlement::{self as rules, Share};
use crate::ledger::{Account, BalanceKey, ExpenseClass, Posting, parts};
use crate::recoveries::{ProposeRecovery, Recovery, rules as recoveries};

fn existing(context: Context<'_>, id: AwardId) -> Result<&Award, Stop> {
    let award = found(context.book.awards.get(&id)?)?;
    context.same_version(&award.revision)?;
    Ok(award)
}

fn conclude(mut effects: Effects, from: AwardStatus, award: Award) -> Decision {
    if from != award.status {
        effects.transitions.push(Transition::new("award", &award.id, Some(from), award.status));
    }
    effects.changes.push(Change::Award(Box::new(award.clone())));
    Decision { effects, outcome: Outcome::Award(Box::new(award)) }
}

/// What waits for another person; the award stays in its state.
fn proposed(award: Award) -> Decision {
    let changes = vec![Change::Award(Box::new(award.clone()))];
    let effects = Effects { changes, ..Effects::default() };
    Decision { effects, outcome: Outcome::AwardProposal(Box::new(award)) }
}

impl Decide for RaiseAwardObjection {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Award(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        match rules::object(before, self.text, context.actor, context.stamp) {
            Ok(award) => Ok(conclude(Effects::default(), before.status, award)),
            Err(refused) if context.acts_for(before.organisation) => Err(refused.into()),
            // what is not published is nobody else's to know of
            Err(_) => Err(AccessError::NotFound { pointer: None }.into()),
        }
    }
}

impl Decide for ResolveAwardObjection {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Award(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        found(rules::objection(before, self.number))?;
        let award = rules::resolve(before, self, context.actor, context.stamp)?;
        context.may_approve()?;
        Ok(conclude(Effects::default(), before.status, award))
    }
}

/// What an award and what is released of it moves.
fn read_money(id: AwardId, reads: &mut Reads<'_>) {
    use Account::{B2001, B2006, B2009, F1212, F2103, F500104};
    award_basis::read(id, reads);
    let Some(award) = reads.book.awards.peek(&id) else { return };
    let moved = [B2001, B2006, B2009, F1212, F2103, F500104];
    reads.extend(moved.map(|account| Key::Balance(BalanceKey::of(account, &award.programme))));
    let advances = BalanceKey::of_payee(Account::F1214, &award.programme, award.organisation);
    reads.insert(Key::Balance(advances));
    for claim in award.tranches.iter().filter_map(|tranche| tranche.claim) {
        reads.insert(Key::Claim(claim));
        clawback::read(clawback::id(id.uuid(), claim), reads);
    }
}

pub(super) struct CancelAward<'a>(pub &'a RejectAward);

impl Decide for CancelAward<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_money(self.0.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let award = rules::cancel(before, self.0.reason, context.stamp)?;
        let day = context.effective_date(None)?;
        let commitment = ExpenseClass::Grant.commitment();
        let posting = Posting::release(before.amount, commitment, &before.dimensions(), day.year());
        let effects = Effects { posting, effective_date: Some(day), ..Effects::default() };
        Ok(conclude(effects, before.status, award))
    }
}

impl Decide for ProposeAcceptance {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Award(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        Ok(proposed(rules::propose_acceptance(before, self, context.actor, context.stamp)?))
    }
}

/// A project accepted: what was paid ahead and is deserved becomes an expense, what was paid too much is asked back, what is
/// due may be claimed, and the rest of the award is released.
pub(super) struct Accept<'a>(pub &'a NameAward);

impl Decide for Accept<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_money(self.0.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let acceptance = rules::waiting(before)?;
        context.may_approve()?;
        before.published(context.stamp.business_date)?;
        let day = context.effective_date(None)?;
        let claims = before.tranches.iter().filter_map(|tranche| tranche.claim);
        let lost = || Fault::Broken(format!("award {} has lost a claim", before.id));
        let claims = claims.map(|id| context.book.claims.get(&id)?.ok_or_else(lost));
        let claims = claims.collect::<Result<Vec<_>, Fault>>()?;
        let (settled, shares) = rules::settle(before, acceptance, &claims, (day, context.actor))?;
        let mut effects = Effects { effective_date: Some(day), ..Effects::default() };
        for share in &shares {
            settle(context, (before, acceptance, day), share, &mut effects)?;
        }
        let commitment = ExpenseClass::Grant.commitment();
        let released = Posting::release(settled.released, commitment, &before.dimensions(), day.year());
        effects.posting = std::mem::take(&mut effects.posting).and(released);
        effects.effective_date = Some(day).filter(|_| !effects.posting.is_empty());
        Ok(conclude(effects, before.status, rules::accepted(before, &settled, context.stamp)))
    }
}

/// A claim for a tranche settled: from now on it is an expense.
fn settle(
    context: Context<'_>,
    (award, acceptance, day): (&Award, &Acceptance, Date),
    share: &Share<'_>,
    effects: &mut Effects,
) -> Result<(), Stop> {
    let claim = share.claim;
    let earned = parts::split(share.earned, &claim.settled)?;
    let expense = ExpenseClass::Grant.expense();
    let mut posting = Posting::deduct(&earned, expense, &claim.dimensions(), claim.payee);
    if let Some(amount) = Amount::of(share.over) {
        let id = clawback::id(award.id.uuid(), claim.id);
        let proposal = ProposeRecovery {
            id,
            claim: claim.id,
            amount,
            decision_no: acceptance.document.clone(),
            reason: acceptance.reason,
            fraud: false,
            effective_date: None,
        };
        let proposed = recoveries::propose(&proposal, claim, context.actor, context.stamp)?;
        let created_by = acceptance.proposed_by.clone();
        let approved = recoveries::approve(&proposed, day, context.actor, context.stamp);
        let recovery = Recovery { created_by, ..approved };
        let credited = recoveries::credited(&recovery);
        let asked = Posting::recovery(&recovery.owed, credited, &recovery.dimensions());
        posting = posting.and(asked.receivable_of(recovery.id));
        effects.transitions.push(Transition::new("recovery", &recovery.id, None, recovery.status));
        effects.changes.push(Change::Recovery(Box::new(recovery)));
    }
    if claim.class == ExpenseClass::Advance || share.over.is_positive() {
        let recovered = claim.recovered.plus(share.over)?;
        let revision = claim.revision.next(context.stamp);
        let claim = Claim { class: ExpenseClass::Grant, recovered, revision, ..claim.clone() };
        effects.changes.push(Change::Claim(Box::new(claim)));
    }
    effects.posting = std::mem::take(&mut effects.posting).and(posting);
    Ok(())
}

pub(super) struct RefuseAcceptance<'a>(pub &'a RejectAward);

impl Decide for RefuseAcceptance<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Award(self.0.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let award = rules::reject_acceptance(before, self.0.reason, context.stamp)?;
        context.may_approve()?;
        Ok(conclude(Effects::default(), before.status, award))
    }
}

impl Decide for ProposeExtension {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Award(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        Ok(proposed(rules::propose_extension(before, self, context.actor, context.stamp)?))
    }
}

pub(super) struct Extend<'a>(pub &'a NameAward);

impl Decide for Extend<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Award(self.0.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let award = rules::decide_extension(before, None, context.stamp)?;
        context.may_approve()?;
        // its state stays, and since when the deadline is another one is known by its step
        let step = Transition::new("extension", &award.id, Some("proposed"), "approved");
        Ok(conclude(Effects { transitions: vec![step], ..Effects::default() }, before.status, award))
    }
}

pub(super) struct RefuseExtension<'a>(pub &'a RejectAward);

impl Decide for RefuseExtension<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Award(self.0.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let award = rules::decide_extension(before, Some(self.0.reason), context.stamp)?;
        context.may_approve()?;
        Ok(conclude(Effects::default(), before.status, award))
    }
}
