//! Claims, from draft to approval, and the voucher that a redemption draws on.

use super::claim_basis::{ClaimBasis, granted, used as taken};
use super::deductions::deducted;
use super::vouchers::{dimensions, refunded_to_prefund, voucher_step};
use super::{Context, backing, found, programmes};
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, NewSheet, Outcome, Transition};
use crate::book::refusal::{DateError, Stop};
use crate::claims::backing::Parties;
use crate::claims::rental_claims::{self, Asked};
use crate::claims::{
    ApproveClaim, Claim, ClaimError, ClaimStatus, ClaimSubject, NameClaim, RejectClaim, ReviewClaim,
    WriteClaim, rules,
};
use crate::domain::dates::FiscalYear;
use crate::domain::{ClaimId, CreditCode, Date, Money, ProgrammeCode};
use crate::ledger::{ExpenseClass, Posting};
use crate::organisations::{Organisation, rules as organisations};
use crate::programmes::calculation::{Calculation, CalculationError, not_more_than_seen};
use crate::programmes::policy::RelatedProvider;
use crate::programmes::rules::in_force;
use crate::programmes::{CapUsageKey, Counts, ProgrammeError, RulesKey, RulesVersion};
use crate::rentals::RentalError;
use crate::vouchers::redemption::{self, Redemption};
use crate::vouchers::rules::eligible;
use crate::vouchers::{ReviewDecision, Voucher};

/// What a redemption is held against, all of it loaded.
pub(super) fn facts<'a>(
    context: Context<'a>,
    voucher: &'a Voucher,
    rules: &'a RulesVersion,
    own: Money,
    day: Date,
) -> Result<rules::Facts<'a>, Stop> {
    redemption::open(voucher)?;
    // the last usable day is held against the day of the deed: an approval dated back brings nothing back
    let room = redemption::room(voucher, own, context.stamp.business_date)?;
    let used = |year| {
        let key = usage(&voucher.programme, voucher.organisation, year);
        context.book.usages.get(&key).map(|used| used.copied().unwrap_or_default().amount)
    };
    Ok(rules::Facts {
        rules,
        organisation: party(context, [voucher.organisation, voucher.provider], rules)?,
        provider: voucher.provider,
        fiscal_year: voucher.fiscal_year,
        room: Some(room),
        net_off: None,
        documents: None,
        used_in_year: used(Some(day.year()))?,
        used_in_all: used(None)?,
        day,
    })
}

/// The organisation, not blocked, and not related to the provider where the rules refuse that.
pub(super) fn party<'a>(
    context: Context<'a>,
    [organisation, provider]: [CreditCode; 2],
    rules: &RulesVersion,
) -> Result<&'a Organisation, Stop> {
    let known = &context.book.organisations;
    let organisation = organisations::may_begin(known.get(&organisation)?, organisation)?;
    let lost = || Fault::Broken(format!("{provider} has a contract and is not registered"));
    let provider = known.get(&provider)?.ok_or_else(lost)?;
    let refuses = rules.rules.eligibility.related_provider == RelatedProvider::Refuse;
    if refuses && organisations::related(organisation, provider) {
        return Err(RentalError::RelatedProvider { provider: provider.credit_code }.into());
    }
    Ok(organisation)
}

pub(super) fn usage(
    programme: &ProgrammeCode,
    organisation: CreditCode,
    year: Option<FiscalYear>,
) -> CapUsageKey {
    CapUsageKey { programme: programme.clone(), organisation, year, counts: Counts::Redemption }
}

/// The rules in force today.
pub(super) fn rules_today<'a>(context: Context<'a>, voucher: &Voucher) -> Result<&'a RulesVersion, Stop> {
    let lost = || Fault::Broken(format!("voucher {} has lost its programme", voucher.id));
    let programme = context.book.programmes.get(&voucher.programme)?.ok_or_else(lost)?;
    let today = context.stamp.business_date;
    let versions = programmes::versions(context.book, programme)?;
    Ok(in_force(versions, today).ok_or(ProgrammeError::WindowClosed { date: today })?)
}

pub(super) fn draft(context: Context<'_>, command: &WriteClaim) -> Result<Decision, Stop> {
    context.no_version()?;
    let ground = ClaimBasis::asked(context, command)?;
    let invoices = backing::written(context, command, ground.parties(), None)?;
    let rules = ground.rules_today(context)?;
    let subject = ground.known(context, rules, ClaimSubject::of(&command.request))?;
    let asked = Asked { id: command.id, programme: &rules.programme, subject: &subject, invoices: &invoices };
    let facts = ground.facts(context, rules, (asked, Money::ZERO), context.stamp.business_date)?;
    eligible(facts.organisation, &facts.rules.rules.eligibility)?;
    ground.let_in(rules)?;
    let sheet = ground.sheet(context, &subject, 1, &facts)?;
    let claim = rules::draft(command.id, subject, &facts, &sheet, context.actor, context.stamp);
    let claim = Claim { invoices, evidence: command.evidence.clone(), ..claim };
    Ok(decided(step(None, &claim), claim, Some(sheet)))
}

pub(super) fn write(context: Context<'_>, command: &WriteClaim) -> Result<Decision, Stop> {
    let before = own(context, command.id)?;
    rules::writable(before)?;
    let claim = rules::written(before, &command.request)?;
    let parties = Parties { organisation: claim.organisation, provider: claim.provider };
    let invoices = backing::written(context, command, parties, Some(before))?;
    let claim = Claim { invoices, evidence: command.evidence.clone(), ..claim };
    let (claim, sheet) = computed(context, &claim)?;
    let mut effects = step(Some(before.status), &claim);
    effects.changes.extend(backing::reallocated(context, Some(before), &claim)?);
    effects.changes.extend(taken(context, &claim, Some(&sheet))?);
    Ok(decided(effects, claim, Some(sheet)))
}

/// A draft or a returned claim, computed under the rules in force today.
fn computed(context: Context<'_>, claim: &Claim) -> Result<(Claim, Calculation), Stop> {
    let ground = ClaimBasis::of(context, claim)?;
    let rules = ground.rules_today(context)?;
    let subject = ground.known(context, rules, claim.subject.clone())?;
    let claim = &Claim { subject, ..claim.clone() };
    let facts = ground.facts(context, rules, (claim.into(), claim.held), context.stamp.business_date)?;
    rules::still_eligible(facts.organisation, facts.rules)?;
    rules::still(ground.let_in(rules))?;
    let sheet = ground.sheet(context, &claim.subject, claim.calculation.saturating_add(1), &facts)?;
    Ok((rules::computed(claim, &facts, &sheet, context.stamp), sheet))
}

pub(super) fn submit(context: Context<'_>, command: &NameClaim) -> Result<Decision, Stop> {
    let before = own(context, command.id)?;
    rules::writable(before)?;
    backing::still_fits(context, before)?;
    let (claim, sheet) = computed(context, before)?;
    let claim = rules::submitted(claim, context.actor, context.stamp);
    let mut effects = step(Some(before.status), &claim);
    rehold(context, before, claim.held, &mut effects)?;
    effects.changes.extend(backing::reallocated(context, Some(before), &claim)?);
    effects.changes.extend(taken(context, &claim, Some(&sheet))?);
    Ok(decided(effects, claim, Some(sheet)))
}

/// Changes the claim's hold on its voucher; nothing where it stays. What is freed of a voucher that was closed is released
/// with the same step, as of today.
fn rehold(context: Context<'_>, before: &Claim, to: Money, effects: &mut Effects) -> Result<(), Stop> {
    // what draws on no voucher holds nothing
    if before.held == to {
        return Ok(());
    }
    let old = voucher(context, before)?;
    let held = redemption::hold(old, before.held, to, context.stamp);
    let (voucher, released) = held.map_err(CalculationError::from)?;
    effects.transitions.extend(voucher_step(old.status, &voucher));
    if released.is_positive() {
        let day = context.effective_date(None)?;
        effects.changes.extend(refunded_to_prefund(context, &voucher, (released, day))?);
        let (at, commitment) = (dimensions(&voucher, day), ExpenseClass::Voucher.commitment());
        effects.posting = Posting::release(released, commitment, &at, day.year());
        effects.effective_date = Some(day);
    }
    effects.changes.push(Change::Voucher(Box::new(voucher)));
    Ok(())
}

pub(super) fn withdraw(context: Context<'_>, command: &NameClaim) -> Result<Decision, Stop> {
    let before = own(context, command.id)?;
    freed(context, before, rules::withdraw(before, context.stamp)?)
}

pub(super) fn review(context: Context<'_>, command: &ReviewClaim) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let claim = rules::review(before, command, context.actor, context.stamp)?;
    if command.decision == ReviewDecision::Pass {
        backing::stands(context, before)?;
        usage_accepted(context, before, command)?;
    }
    if before.status == ClaimStatus::Reviewed && command.decision == ReviewDecision::Pass {
        return reviewed_again(context, before, &claim);
    }
    freed(context, before, claim)
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

/// A claim that was reviewed already, computed anew as of today: the new sheet is then the one that was seen. What it
/// holds only grows: what was filed in time stays alive until the claim is decided.
fn reviewed_again(context: Context<'_>, before: &Claim, claim: &Claim) -> Result<Decision, Stop> {
    let rules = rules_of(context, before)?;
    let ground = ClaimBasis::of(context, before)?;
    let facts = ground.facts(context, rules, (before.into(), before.held), context.stamp.business_date)?;
    rules::still_eligible(facts.organisation, rules)?;
    rules::still(ground.let_in(rules))?;
    let number = before.calculation.saturating_add(1);
    let sheet = ground.sheet(context, &before.subject, number, &facts)?;
    let claim = rules::computed(claim, &facts, &sheet, context.stamp);
    let held = claim.subject.voucher().map_or(Money::ZERO, |_| before.held.max(claim.amount));
    let claim = Claim { held, ..claim };
    let mut effects = step(Some(before.status), &claim);
    rehold(context, before, claim.held, &mut effects)?;
    effects.changes.extend(taken(context, &claim, Some(&sheet))?);
    Ok(decided(effects, claim, Some(sheet)))
}

/// The rules of its submission.
fn rules_of<'a>(context: Context<'a>, claim: &Claim) -> Result<&'a RulesVersion, Fault> {
    let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    context
        .book
        .rules
        .get(&key)?
        .ok_or_else(|| Fault::Broken(format!("claim {} has lost its rules", claim.id)))
}

pub(super) fn reject(context: Context<'_>, command: &RejectClaim) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    freed(context, before, rules::reject(before, command.reason, context.stamp)?)
}

/// A step that computes nothing; the voucher follows where the hold changed.
fn freed(context: Context<'_>, before: &Claim, claim: Claim) -> Result<Decision, Stop> {
    let mut effects = step(Some(before.status), &claim);
    rehold(context, before, claim.held, &mut effects)?;
    effects.changes.extend(backing::reallocated(context, Some(before), &claim)?);
    effects.changes.extend(taken(context, &claim, None)?);
    Ok(decided(effects, claim, None))
}

pub(super) fn approve(context: Context<'_>, command: &ApproveClaim) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let rules = rules_of(context, before)?;
    rules::approvable(before, rules, context.stamp)?;
    context.may_approve()?;
    backing::stands(context, before)?;
    let day = context.effective_date(command.effective_date)?;
    let ground = ClaimBasis::of(context, before)?;
    not_before(day, ground.earliest().max(before.submitted_on))?;
    let facts = ground.facts(context, rules, (before.into(), before.held), day)?;
    rules::still_eligible(facts.organisation, rules)?;
    rules::still(ground.let_in(rules))?;
    if let Some(rental) = before.subject.rental() {
        let known = context.book.rental_usage.get(&rental)?;
        rental_claims::whole_usage(&before.subject, known, Some(before.reviewed_at.unwrap_or_default()))?;
    }
    let documents = facts.documents.clone();
    let documents = documents.map(|documents| documents.accepted_by(before.reviewed_by.as_ref()));
    let room = rules::Facts { room: facts.room.map(|_| before.held), documents, ..facts };
    let number = before.calculation.saturating_add(1);
    let sheet = ground.sheet(context, &before.subject, number, &room)?;
    not_before_freed(context, &usage(&before.programme, before.organisation, None), &sheet, day)?;
    not_more_than_seen(before.amount, sheet.amount)?;
    let claim = rules::approved(rules::computed(before, &room, &sheet, context.stamp), day, context.actor);
    match ground {
        ClaimBasis::Voucher(_) => redeemed(context, before, claim, sheet),
        ClaimBasis::Rental(_) | ClaimBasis::Loan(_) => {
            let grant = if rules.rules.prefunds() { deducted } else { granted };
            let (effects, claim) = grant(context, before, (claim, &sheet), day)?;
            Ok(decided(effects, claim, Some(sheet)))
        }
    }
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
    let redeemed = redemption::redeem(old, &redemption, context.stamp);
    let (voucher, released) = redeemed.map_err(CalculationError::from)?;
    let mut effects = step(Some(before.status), &claim);
    effects.transitions.extend(voucher_step(old.status, &voucher));
    effects.changes.extend(counted(context, &claim, Some(day), (claim.amount, day))?);
    if released.is_positive() {
        effects.changes.extend(refunded_to_prefund(context, &voucher, (released, day))?);
    }
    let at = dimensions(&voucher, day);
    let accounts @ [commitment, _] = [claim.class.commitment(), claim.class.expense()];
    effects.posting = Posting::accrue(&claim.parts, accounts, &at, claim.payee).and(Posting::release(
        released,
        commitment,
        &at,
        day.year(),
    ));
    effects.effective_date = Some(day);
    effects.changes.push(Change::Voucher(Box::new(voucher)));
    Ok(decided(effects, claim, Some(sheet)))
}

/// What the caps on redemptions count of a claim's programme and organisation, in the year of its approval and in all,
/// with more drawn from a day on.
pub(super) fn counted(
    context: Context<'_>,
    claim: &Claim,
    approved_on: Option<Date>,
    (drawn, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let mut changes = Vec::new();
    for year in [approved_on.map(Date::year), None] {
        let key = usage(&claim.programme, claim.organisation, year);
        let used = context.book.usages.get(&key)?.copied().unwrap_or_default();
        changes.push(Change::Usage { key, used: used.moved(drawn, day).map_err(CalculationError::from)? });
    }
    Ok(changes)
}

/// A day that lies before what it rests on would make the books of that day wrong.
pub(super) fn not_before(day: Date, earliest: Option<Date>) -> Result<(), DateError> {
    match earliest {
        Some(earliest) if day < earliest => {
            Err(DateError::EffectiveDateTooEarly { effective_date: day, earliest })
        }
        Some(_) | None => Ok(()),
    }
}

/// What is dated back draws on no cap that was freed later: on its day that was not free yet. `of` is the use of the
/// programme that the sheet's caps count, whichever year it names.
pub(super) fn not_before_freed(
    context: Context<'_>,
    of: &CapUsageKey,
    sheet: &Calculation,
    day: Date,
) -> Result<(), Stop> {
    for cap in [&sheet.inputs.annual, &sheet.inputs.lifetime].into_iter().flatten() {
        let used = context.book.usages.get(&CapUsageKey { year: cap.year, ..of.clone() })?;
        not_before(day, used.and_then(|used| used.freed_on))?;
    }
    Ok(())
}

fn existing(context: Context<'_>, id: ClaimId) -> Result<&Claim, Stop> {
    let claim = found(context.book.claims.get(&id)?)?;
    context.same_version(&claim.revision)?;
    Ok(claim)
}

/// A claim of the caller's, or of whom an officer acts for.
fn own(context: Context<'_>, id: ClaimId) -> Result<&Claim, Stop> {
    let claim = found(context.book.claims.get(&id)?.filter(|claim| context.acts_for(claim.organisation)))?;
    context.same_version(&claim.revision)?;
    Ok(claim)
}

pub(super) fn voucher<'a>(context: Context<'a>, claim: &Claim) -> Result<&'a Voucher, Stop> {
    let lost = || Fault::Broken(format!("claim {} has lost its voucher", claim.id));
    let id = claim.subject.voucher().ok_or_else(lost)?;
    Ok(context.book.vouchers.get(&id)?.ok_or_else(lost)?)
}

/// The effects of a step from one state to another, the document included.
pub(super) fn step(from: Option<ClaimStatus>, claim: &Claim) -> Effects {
    let step = Transition {
        kind: "claim",
        document: claim.id.to_string(),
        from: from.map(ClaimStatus::as_str),
        to: claim.status.as_str(),
    };
    Effects {
        changes: vec![Change::Claim(Box::new(claim.clone()))],
        transitions: vec![step],
        ..Effects::default()
    }
}

fn decided(mut effects: Effects, claim: Claim, sheet: Option<Calculation>) -> Decision {
    if let Some(sheet) = &sheet {
        effects.sheets.push(NewSheet { document: claim.id.to_string(), sheet: sheet.clone() });
    }
    Decision { effects, outcome: Outcome::Claim { claim: Box::new(claim), calculation: sheet } }
}
