//! Claims that their organisation writes, submits and withdraws.

use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, NewSheet, Outcome, Transition};
use crate::book::guards::claim_basis::{self, ClaimBasis};
use crate::book::guards::voucher_basis::voucher;
use crate::book::guards::{backing, cap_usage, parties, programmes};
use crate::book::refusal::Stop;
use crate::claims::backing::Parties;
use crate::claims::rental_claims::ClaimOutline;
use crate::claims::{Claim, ClaimSubject, NameClaim, WriteClaim, rules};
use crate::domain::{ClaimId, Money};
use crate::ledger::{ExpenseClass, Posting};
use crate::programmes::calculation::Calculation;
use crate::vouchers::redemption::{self};

/// A claim is written for the first time.
pub(super) struct Draft<'a>(pub &'a WriteClaim);

impl Decide for Draft<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Claim(self.0.id));
        claim_basis::read_asked(&self.0.request, reads);
        backing::read_written(self.0, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let basis = ClaimBasis::from_request(context, self.0)?;
        let parties = basis.parties();
        let invoices = backing::written(context, self.0, parties, None)?;
        let rules = basis.rules_today(context)?;
        let subject = basis.known(context, rules, ClaimSubject::of(&self.0.request))?;
        let asked = ClaimOutline {
            id: self.0.id,
            programme: &rules.programme,
            subject: &subject,
            invoices: &invoices,
            other_funding: self.0.other_funding.as_deref(),
            assessment: None,
            overrides: &[],
        };
        let facts = basis.facts(context, rules, (asked, Money::ZERO), context.stamp.business_date)?;
        facts.applicant.eligible(&rules.rules)?;
        basis.let_in(rules)?;
        let sheet = basis.sheet(context, &subject, 1, &facts)?;
        let claim = rules::draft(self.0.id, subject, &facts, &sheet, context.actor, context.stamp);
        let Parties { provider, buyer, .. } = parties;
        let claim = Claim { provider, buyer, invoices, evidence: self.0.evidence.clone(), ..claim };
        Ok(conclude(Effects::claim(None, &claim), claim, Some(sheet)))
    }
}

/// A draft or a returned claim is written anew.
pub(super) struct Rewrite<'a>(pub &'a WriteClaim);

impl Decide for Rewrite<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_inputs(self.0.id, reads);
        claim_basis::read_cost_year(self.0, reads);
        backing::read_written(self.0, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = own(context, self.0.id)?;
        rules::writable(before)?;
        let claim = rules::written(before, &self.0.request)?;
        let invoices = backing::written(context, self.0, Parties::of(&claim), Some(before))?;
        let (evidence, other_funding) = (self.0.evidence.clone(), self.0.other_funding.clone());
        let claim = Claim { invoices, evidence, other_funding, ..claim };
        let (claim, sheet) = computed(context, &claim)?;
        let mut effects = Effects::claim(Some(before.status), &claim);
        effects.changes.extend(backing::reallocated(context, Some(before), &claim)?);
        effects.changes.extend(claim_basis::used(context, &claim, Some(&sheet))?);
        Ok(conclude(effects, claim, Some(sheet)))
    }
}

/// A claim, and what it rests on.
pub(super) fn read<'a>(id: ClaimId, reads: &mut Reads<'a>) -> Option<&'a Claim> {
    reads.insert(Key::Claim(id));
    let claim = reads.book.claims.peek(&id)?;
    claim_basis::read(claim, reads);
    backing::read(claim, reads);
    Some(claim)
}

/// What a claim is computed from today.
pub(super) fn read_inputs(id: ClaimId, reads: &mut Reads<'_>) {
    let Some(claim) = read(id, reads) else { return };
    programmes::read(&claim.programme, reads);
    parties::read(claim, reads);
    cap_usage::read_counted(claim, Some(reads.today), reads);
}

/// A draft or a returned claim, computed under the rules in force today.
fn computed(context: Context<'_>, claim: &Claim) -> Result<(Claim, Calculation), Stop> {
    let basis = ClaimBasis::of(context, claim)?;
    let rules = basis.rules_today(context)?;
    let subject = basis.known(context, rules, claim.subject.clone())?;
    let claim = &Claim { subject, ..claim.clone() };
    let facts = basis.facts(context, rules, (claim.into(), claim.held), context.stamp.business_date)?;
    rules::still_eligible(&facts.applicant, facts.rules)?;
    rules::still(basis.let_in(rules))?;
    let sheet = basis.sheet(context, &claim.subject, claim.calculation.saturating_add(1), &facts)?;
    Ok((rules::computed(claim, &facts, &sheet, context.stamp), sheet))
}

/// A draft or a returned claim is filed.
pub(super) struct Submit<'a>(pub &'a NameClaim);

impl Decide for Submit<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_inputs(self.0.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = own(context, self.0.id)?;
        rules::writable(before)?;
        backing::still_fits(context, before)?;
        // what is filed again is assessed again
        let filed = Claim { assessment: None, ..before.clone() };
        let (claim, sheet) = computed(context, &filed)?;
        let claim = rules::submitted(claim, context.actor, context.stamp);
        let mut effects = Effects::claim(Some(before.status), &claim);
        rehold(context, before, claim.held, &mut effects)?;
        effects.changes.extend(backing::reallocated(context, Some(before), &claim)?);
        effects.changes.extend(claim_basis::used(context, &claim, Some(&sheet))?);
        Ok(conclude(effects, claim, Some(sheet)))
    }
}

/// Changes the claim's hold on its voucher; nothing where it stays. What is freed of a voucher that was closed is released
/// with the same step, as of today.
pub(super) fn rehold(
    context: Context<'_>,
    before: &Claim,
    to: Money,
    effects: &mut Effects,
) -> Result<(), Stop> {
    // what draws on no voucher holds nothing
    if before.held == to {
        return Ok(());
    }
    let old = voucher(context, before)?;
    let (voucher, released) = redemption::hold(old, before.held, to, context.stamp)?;
    effects.transitions.extend(Transition::voucher(old.status, &voucher));
    if released.is_positive() {
        let day = context.effective_date(None)?;
        effects.changes.extend(cap_usage::released(context, &voucher, (released, day))?);
        let (at, commitment) = (voucher.dimensions(day), ExpenseClass::Voucher.commitment());
        effects.posting = Posting::release(released, commitment, &at, day.year());
        effects.effective_date = Some(day);
    }
    effects.changes.push(Change::Voucher(Box::new(voucher)));
    Ok(())
}

/// A claim is taken back by whom it is of.
pub(super) struct Withdraw<'a>(pub &'a NameClaim);

impl Decide for Withdraw<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.0.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = own(context, self.0.id)?;
        freed(context, before, rules::withdraw(before, context.stamp)?)
    }
}

/// A step that computes nothing; the voucher follows where the hold changed.
pub(super) fn freed(context: Context<'_>, before: &Claim, claim: Claim) -> Result<Decision, Stop> {
    let mut effects = Effects::claim(Some(before.status), &claim);
    rehold(context, before, claim.held, &mut effects)?;
    effects.changes.extend(backing::reallocated(context, Some(before), &claim)?);
    effects.changes.extend(claim_basis::used(context, &claim, None)?);
    Ok(conclude(effects, claim, None))
}

/// A claim of the caller's, or of whom an officer acts for.
fn own(context: Context<'_>, id: ClaimId) -> Result<&Claim, Stop> {
    let claim = found(context.book.claims.get(&id)?.filter(|claim| context.acts_for(claim.organisation)))?;
    context.same_version(&claim.revision)?;
    Ok(claim)
}

pub(super) fn conclude(mut effects: Effects, claim: Claim, sheet: Option<Calculation>) -> Decision {
    if let Some(sheet) = &sheet {
        effects.sheets.push(NewSheet { document: claim.id.to_string(), sheet: sheet.clone() });
    }
    Decision { effects, outcome: Outcome::Claim { claim: Box::new(claim), calculation: sheet } }
}
