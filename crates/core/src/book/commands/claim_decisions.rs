//! Claims reviewed, rejected and approved, and what an approval posts.

use super::calendar;
use super::claims::{self, conclude, freed, rehold};
use super::corrections::posted;
use super::deductions;
use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found, not_before};
use crate::book::effects::{Change, Decision, Effects, Transition};
use crate::book::guards::cap_usage::{self, not_before_freed};
use crate::book::guards::claim_basis::{self, ClaimBasis};
use crate::book::guards::voucher_basis::voucher;
use crate::book::guards::{backing, parties, programmes};
use crate::book::refusal::Stop;
use crate::claims::{
    ApproveClaim, Claim, ClaimError, ClaimStatus, RejectClaim, ReviewClaim, payable, recalculation,
    rental_claims, rules,
};
use crate::domain::{ClaimId, Date, Money};
use crate::ledger::Posting;
use crate::programmes::assessment::AssessmentRule;
use crate::programmes::calculation::{Calculation, CalculationError, not_more_than_seen};
use crate::programmes::{Counts, RulesKey};
use crate::vouchers::ReviewDecision;
use crate::vouchers::redemption::{self, Redemption};

impl Decide for ReviewClaim {
    fn needs(&self, reads: &mut Reads<'_>) {
        match reads.book.claims.peek(&self.id) {
            // reviewed again it is computed anew
            Some(claim) if claim.status == ClaimStatus::Reviewed || self.assessment.is_some() => {
                claims::read_inputs(self.id, reads);
            }
            Some(_) | None => drop(claims::read(self.id, reads)),
        }
        if let Some(claim) = reads.book.claims.peek(&self.id) {
            reads.insert(programmes::rules_key(claim));
            let (programme, number) = (claim.programme.clone(), claim.rules_version);
            let known = reads.book.rules.peek(&RulesKey { programme, number });
            known.into_iter().for_each(|version| calendar::read_publicity(&version.rules, reads));
        }
        backing::read_statements(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let claim = rules::review(before, self, context.actor, context.stamp)?;
        if self.decision == ReviewDecision::Pass {
            let claim = published(context, claim)?;
            backing::stands(context, before)?;
            usage_accepted(context, before, self)?;
            assessed(context, &claim, self)?;
            if before.status == ClaimStatus::Reviewed || self.assessment.is_some() {
                return computed_at_review(context, before, &claim);
            }
            return freed(context, before, claim);
        }
        freed(context, before, claim)
    }
}

/// A claim whose publicity begins with its review, where its rules ask for one. Of a grant the award is published, not each
/// tranche of it.
fn published(context: Context<'_>, claim: Claim) -> Result<Claim, Stop> {
    if claim.subject.tranche().is_some() {
        return Ok(claim);
    }
    let rules = programmes::rules_of(context, &claim)?;
    let published_until = calendar::published_until(context, &rules.rules)?;
    Ok(Claim { published_until, ..claim })
}

/// Where rows of usage of the claim's months were refused, an officer says, and why, that it is right nevertheless.
fn usage_accepted(context: Context<'_>, before: &Claim, command: &ReviewClaim) -> Result<(), Stop> {
    let Some(rental) = before.subject.rental() else { return Ok(()) };
    let known = context.book.rental_usage.get(&rental)?;
    match rental_claims::whole_usage(&before.subject, known, None) {
        Ok(()) => Ok(()),
        Err(_) if command.accept_incomplete_usage && command.reason.is_some() => Ok(()),
        Err(_) if command.accept_incomplete_usage => Err(ClaimError::ReasonMissing.into()),
        Err(incomplete) => Err(incomplete.into()),
    }
}

/// Whether what was filed is assessed where the rules ask for that, and no item with more than was filed. A redemption is of a
/// voucher that was assessed.
fn assessed(context: Context<'_>, claim: &Claim, command: &ReviewClaim) -> Result<(), Stop> {
    if let Some(found) = &command.assessment {
        if claim.subject.loan().is_some() {
            let kind = claim.subject.kind().into_str().to_owned();
            return Err(ClaimError::ChangeNotApplicable { kind, pointer: "/assessment".to_owned() }.into());
        }
        found.of(claim.subject.settlement())?;
    }
    if claim.subject.rental().is_none() || claim.assessment.is_some() {
        return Ok(());
    }
    match programmes::rules_of(context, claim)?.rules.assessment {
        Some(AssessmentRule::Required) => Err(CalculationError::AssessmentMissing.into()),
        None => Ok(()),
    }
}

/// A claim that was reviewed already, is assessed or has a cap relaxed, computed anew as of today: the new sheet is then the one
/// that was seen. What it holds only grows: what was filed in time stays alive until the claim is decided.
pub(super) fn computed_at_review(
    context: Context<'_>,
    before: &Claim,
    claim: &Claim,
) -> Result<Decision, Stop> {
    let rules = programmes::rules_of(context, before)?;
    let basis = ClaimBasis::of(context, before)?;
    let facts = basis.facts(context, rules, (claim.into(), before.held), context.stamp.business_date)?;
    rules::still_eligible(&facts.applicant, rules)?;
    rules::still(basis.let_in(rules))?;
    let number = before.calculation.saturating_add(1);
    let sheet = basis.sheet(context, &before.subject, number, &facts)?;
    let claim = rules::computed(claim, &facts, &sheet, context.stamp);
    let held = claim.subject.voucher().map_or(Money::ZERO, |_| before.held.max(claim.amount));
    let claim = Claim { held, ..claim };
    let mut effects = Effects::claim(Some(before.status), &claim);
    rehold(context, before, claim.held, &mut effects)?;
    effects.changes.extend(claim_basis::used(context, &claim, Some(&sheet))?);
    Ok(conclude(effects, claim, Some(sheet)))
}

impl Decide for RejectClaim {
    fn needs(&self, reads: &mut Reads<'_>) {
        let claim = claims::read(self.id, reads);
        let Some(claim) = claim.filter(|claim| claim.status == ClaimStatus::Approved) else { return };
        let voucher = claim.subject.voucher().and_then(|id| reads.book.vouchers.peek(&id));
        reads.extend(voucher.map(cap_usage::rules_of));
        cap_usage::read_counted(claim, claim.approved_on, reads);
        let of = cap_usage::Counted::peeked(claim, reads);
        cap_usage::read(of, Some(claim.fiscal_year), Counts::Issue, reads);
        reads.extend(payable::balances(claim).map(Key::Balance));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let claim = rules::reject(before, self.reason, context.stamp)?;
        if before.status == ClaimStatus::Approved {
            return revoked(context, before, claim);
        }
        freed(context, before, claim)
    }
}

/// An approval of which nothing was paid taken back: the expense and what is owed are reversed, and the amount is there
/// again for its voucher, or for its programme and the caps.
fn revoked(context: Context<'_>, before: &Claim, claim: Claim) -> Result<Decision, Stop> {
    let day = context.effective_date(None)?;
    not_before(day, payable::newest_day(before))?;
    let correction = recalculation::correction(before, &[], Money::ZERO)?;
    let mut effects = posted(context, (before, &claim), (None, &correction), None, day)?;
    effects.changes.extend(backing::reallocated(context, Some(before), &claim)?);
    effects.effective_date = Some(day);
    Ok(conclude(effects, claim, None))
}

impl Decide for ApproveClaim {
    fn needs(&self, reads: &mut Reads<'_>) {
        let day = self.effective_date.unwrap_or(reads.today);
        if let Some(claim) = claims::read(self.id, reads) {
            let of = cap_usage::Counted::peeked(claim, reads);
            reads.extend(
                claim.subject.voucher().and_then(|id| reads.book.vouchers.peek(&id)).map(cap_usage::rules_of),
            );
            parties::read(claim, reads);
            cap_usage::read_counted(claim, Some(day), reads);
            cap_usage::read(of, Some(claim.fiscal_year), Counts::Issue, reads);
            reads.extend(payable::balances(claim).map(Key::Balance));
            deductions::read_deducted(claim, day, reads);
        }
        backing::read_statements(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let rules = programmes::rules_of(context, before)?;
        rules::approvable(before, context.stamp)?;
        context.may_approve()?;
        backing::stands(context, before)?;
        let day = context.effective_date(self.effective_date)?;
        let basis = ClaimBasis::of(context, before)?;
        basis.published(context.stamp.business_date)?;
        not_before(day, basis.earliest().max(before.submitted_on))?;
        let facts = basis.facts(context, rules, (before.into(), before.held), day)?;
        rules::still_eligible(&facts.applicant, rules)?;
        rules::still(basis.let_in(rules))?;
        if let Some(rental) = before.subject.rental() {
            let known = context.book.rental_usage.get(&rental)?;
            rental_claims::whole_usage(&before.subject, known, Some(before.reviewed_at.unwrap_or_default()))?;
        }
        let documents = facts.documents.clone();
        let documents = documents.map(|documents| documents.accepted_by(before.reviewed_by.as_ref()));
        let room = rules::Facts { room: facts.room.map(|_| before.held), documents, ..facts };
        let number = before.calculation.saturating_add(1);
        let sheet = basis.sheet(context, &before.subject, number, &room)?;
        sheet.enough_in_year()?;
        not_before_freed(
            context,
            (cap_usage::Counted::claim(context, before, &rules.rules)?, &rules.rules),
            Counts::Redemption,
            &sheet,
            day,
        )?;
        not_more_than_seen(before.amount, sheet.amount)?;
        let claim =
            rules::approved(rules::computed(before, &room, &sheet, context.stamp), day, context.actor);
        match basis {
            ClaimBasis::Voucher(_) => redeemed(context, before, claim, sheet),
            ClaimBasis::Rental(_) | ClaimBasis::Loan(_) | ClaimBasis::Award(_) => {
                let grant = if rules.rules.prefunds() { deductions::deducted } else { granted };
                let (effects, claim) = grant(context, before, (claim, &sheet), day)?;
                Ok(conclude(effects, claim, Some(sheet)))
            }
        }
    }
}

/// The amount of a claim that draws on no voucher committed and accrued in one posting, in the year of its approval. That of
/// a tranche was committed with its award.
fn granted(
    context: Context<'_>,
    before: &Claim,
    (claim, sheet): (Claim, &Calculation),
    day: Date,
) -> Result<(Effects, Claim), Stop> {
    let awarded = claim.subject.tranche().is_some();
    let claim = if awarded { claim } else { Claim { fiscal_year: day.year(), ..claim } };
    let commits = if awarded { Money::ZERO } else { claim.amount };
    programmes::still_available(context, &claim.programme, commits)?;
    let mut effects = Effects::claim(Some(before.status), &claim);
    effects.changes.extend(cap_usage::counted(context, &claim, Some(day), (claim.amount, day))?);
    effects.changes.extend(claim_basis::used(context, &claim, Some(sheet))?);
    let at = claim.dimensions();
    let accounts @ [commitment, _] = [claim.class.commitment(), claim.class.expense()];
    effects.posting = Posting::commit(commits, commitment, &at).and(Posting::accrue(
        &claim.parts,
        accounts,
        &at,
        claim.payee,
    ));
    effects.effective_date = Some(day);
    Ok((effects, claim))
}

/// The claim's amount taken off its voucher and accrued.
fn redeemed(
    context: Context<'_>,
    before: &Claim,
    claim: Claim,
    sheet: Calculation,
) -> Result<Decision, Stop> {
    let old = voucher(context, before)?;
    let day = claim.approved_on.unwrap_or(context.stamp.business_date);
    let redemption = Redemption { held: before.held, amount: claim.amount, closing: claim.subject.closing() };
    let (voucher, released) = redemption::redeem(old, &redemption, context.stamp)?;
    let mut effects = Effects::claim(Some(before.status), &claim);
    effects.transitions.extend(Transition::voucher(old.status, &voucher));
    effects.changes.extend(cap_usage::counted(context, &claim, Some(day), (claim.amount, day))?);
    if released.is_positive() {
        effects.changes.extend(cap_usage::released(context, &voucher, (released, day))?);
    }
    let at = voucher.dimensions(day);
    let accounts @ [commitment, _] = [claim.class.commitment(), claim.class.expense()];
    effects.posting = Posting::accrue(&claim.parts, accounts, &at, claim.payee).and(Posting::release(
        released,
        commitment,
        &at,
        day.year(),
    ));
    effects.effective_date = Some(day);
    effects.changes.push(Change::Voucher(Box::new(voucher)));
    Ok(conclude(effects, claim, Some(sheet)))
}

fn existing(context: Context<'_>, id: ClaimId) -> Result<&Claim, Stop> {
    let claim = found(context.book.claims.get(&id)?)?;
    context.same_version(&claim.revision)?;
    Ok(claim)
}
