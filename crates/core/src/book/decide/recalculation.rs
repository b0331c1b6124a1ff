//! Recalculations of approved and paid claims: what a further sheet takes from the voucher, the caps and the pot, or
//! gives back to them.

use super::backing::{reallocated, withdrawn};
use super::claims::{counted, not_before, not_before_freed, party, usage, voucher};
use super::interest_claims::LoanBasis;
use super::payments::dimensions;
use super::rental_claims::{self, Beside, RentalBasis};
use super::vouchers::{refunded_to_prefund, voucher_step};
use super::{Context, claim_basis, deductions, found, programmes, refunded_to_prefund};
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, NewSheet, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::claims::recalculation::{
    self as rules, ApproveRecalculation, ClaimChanges, Correction, ProposeRecalculation, Recalculation,
    RecalculationKey, RecalculationStatus, RejectRecalculation,
};
use crate::claims::{Claim, ClaimError, ClaimSubject, backing, payable, rules as claims};
use crate::domain::{ClaimId, Date, Line, Money, Subject};
use crate::ledger::{Dimensions, Posting, parts};
use crate::programmes::calculation::{Calculation, CalculationError};
use crate::programmes::documents::Documents;
use crate::programmes::policy::AnnualCap;
use crate::programmes::{CapUsageKey, Counts, ProgrammeError, RulesKey, RulesVersion};
use crate::recoveries::{Recovery, rules as recoveries};
use crate::rentals::allocations::Netted;
use crate::vouchers::{Voucher, correction};

/// A claim computed anew.
struct Anew {
    sheet: Calculation,
    correction: Correction,
}

fn rules_of<'a>(context: Context<'a>, claim: &Claim, number: u32) -> Result<&'a RulesVersion, Fault> {
    let key = RulesKey { programme: claim.programme.clone(), number };
    let lost = || Fault::Broken(format!("claim {} has lost its rules", claim.id));
    context.book.rules.get(&key)?.ok_or_else(lost)
}

/// What of a closed voucher's released amount the caps on issues let be committed again.
fn committable(context: Context<'_>, claim: &Claim, voucher: &Voucher) -> Result<Money, Stop> {
    if !claim.subject.closing() {
        return Ok(Money::ZERO);
    }
    let caps = &rules_of(context, claim, voucher.rules_version)?.rules.caps;
    let counted = |cap: &&AnnualCap| cap.counts.contains(&Counts::Issue) && !cap.keeps_released();
    let annual = caps.annual.as_ref().filter(counted);
    let limits = [
        annual.map(|cap| (Some(claim.fiscal_year), cap.amount.money())),
        caps.lifetime.map(|cap| (None, cap.money())),
    ];
    let mut most = voucher.balance.released;
    for (year, cap) in limits.into_iter().flatten() {
        let (programme, organisation) = (claim.programme.clone(), claim.organisation);
        let key = CapUsageKey { programme, organisation, year, counts: Counts::Issue };
        let issued = context.book.usages.get(&key)?.copied().unwrap_or_default().amount;
        most = most.min(cap.minus(issued).map_err(CalculationError::from)?.max(Money::ZERO));
    }
    Ok(most)
}

/// What limits a further sheet beside the caps.
struct Limits {
    room: Option<Money>,
    net_off: Option<Vec<Netted>>,
    documents: Option<Documents>,
}

fn limits(
    context: Context<'_>,
    before: &Claim,
    changed: &Claim,
    rules: &RulesVersion,
) -> Result<Limits, Stop> {
    match &before.subject {
        ClaimSubject::VoucherRedemption { .. } => {
            let voucher = voucher(context, before)?;
            let committable = committable(context, before, voucher)?;
            let today = context.stamp.business_date;
            let own = rules::charged(before).map_err(CalculationError::from)?;
            let room = correction::room_to_correct(voucher, own, committable, today);
            let room = Some(room.map_err(CalculationError::from)?);
            Ok(Limits { room, net_off: None, documents: None })
        }
        ClaimSubject::RentalSubsidy { rental, .. } => {
            let Beside { net_off, documents } = rental_claims::anew(context, *rental, rules, changed.into())?;
            Ok(Limits { room: None, net_off, documents })
        }
        ClaimSubject::InterestSubsidy { .. } => Ok(Limits { room: None, net_off: None, documents: None }),
    }
}

/// The sheet of changed inputs under the rules of the submission and the caps of the year of the approval, in which what
/// the claim is charged with is free. Who gets more must be eligible still; who gets less need not be.
/// `word` is whose it is that what was refused of its months' usage does not matter.
fn anew(
    context: Context<'_>,
    before: &Claim,
    changed: &Claim,
    (number, word): (u32, &Subject),
) -> Result<Anew, Stop> {
    let rules = rules_of(context, before, before.rules_version)?;
    let lost = || Fault::Broken(format!("claim {} has lost its organisation", before.id));
    let organisation = context.book.organisations.get(&before.organisation)?.ok_or_else(lost)?;
    let approved_on = before.approved_on.unwrap_or(context.stamp.business_date);
    let asked = refunded_to_prefund::asked_before(context, before)?;
    let others = |year| -> Result<Money, Stop> {
        let used = context
            .book
            .usages
            .get(&usage(&before.programme, before.organisation, year))?
            .copied()
            .unwrap_or_default()
            .amount;
        // what is still asked back is given back first, so that it is free as well
        let own = before.amount.plus(asked).map_err(CalculationError::from)?;
        Ok(used.minus(own).map_err(CalculationError::from)?)
    };
    let Limits { room, net_off, documents } = limits(context, before, changed, rules)?;
    let documents = documents.map(|documents| documents.accepted_by(Some(word)));
    let facts = claims::Facts {
        rules,
        organisation,
        provider: before.provider,
        fiscal_year: Some(before.fiscal_year),
        room,
        net_off,
        documents,
        used_in_year: others(Some(approved_on.year()))?,
        used_in_all: others(None)?,
        day: approved_on,
    };
    let sheet = sheet(context, changed, number, &facts)?;
    if sheet.amount > before.amount {
        let organisation = party(context, [before.organisation, before.provider], rules)?;
        claims::still_eligible(organisation, rules)?;
    }
    let correction = rules::correction(before, &claims::parts(&sheet), asked);
    let correction = correction.map_err(CalculationError::from)?;
    let back = correction.asked_back.max(correction.refunded_to_prefund);
    if back.is_positive() {
        recoveries::within(back, recoveries::outstanding_of(before)?)?;
    }
    Ok(Anew { sheet, correction })
}

/// A claim from metered usage, or one that is to be one now, as that is known now.
fn metered(context: Context<'_>, changed: Claim, changes: &ClaimChanges) -> Result<Claim, Stop> {
    let asked = changes.usage || changed.subject.metered().is_some();
    let Some(lease) = RentalBasis::under(context, &changed)?.filter(|_| asked) else { return Ok(changed) };
    let rules = rules_of(context, &changed, changed.rules_version)?;
    let lines = changed.subject.settlement().to_vec();
    let subject = changed.subject.resettled(lines, false, Some(context.stamp.sequence));
    Ok(Claim { subject: lease.metered(context, rules, subject)?, ..changed })
}

/// The sheet of changed inputs. Of a loan the days must be free of other claims still, and what happened to it since
/// counts.
fn sheet<'a>(
    context: Context<'a>,
    changed: &Claim,
    number: u32,
    facts: &claims::Facts<'a>,
) -> Result<Calculation, Stop> {
    match &changed.subject {
        ClaimSubject::VoucherRedemption { .. } | ClaimSubject::RentalSubsidy { .. } => {
            Ok(claims::calculate(changed.subject.settlement(), number, facts)?)
        }
        ClaimSubject::InterestSubsidy { loan, terms } => {
            let borrowing = LoanBasis::of(context, changed, *loan, *terms)?.changed();
            borrowing.free(context, facts.rules)?;
            borrowing.sheet(context, number, facts)
        }
    }
}

pub(super) fn propose(context: Context<'_>, command: &ProposeRecalculation) -> Result<Decision, Stop> {
    let before = found(context.book.claims.get(&command.claim)?)?;
    context.same_version(&before.revision)?;
    rules::recalculable(before)?;
    if let Some(version) = before.pending {
        return Err(ClaimError::RecalculationPending { version }.into());
    }
    command.changes.fit(&before.subject)?;
    let changed = metered(context, rules::changed(before, &command.changes), &command.changes)?;
    // what is proposed knows of every red invoice until now; of one that comes later the claim is still held to account
    let invoices = backing::without(&before.invoices, &withdrawn(context, before)?);
    let changed = Claim { invoices: invoices.map_err(CalculationError::from)?, ..changed };
    let word = match rental_claims::usage_spoken_of(context, before, &changed) {
        Err(Stop::Refused(_)) if command.accept_incomplete_usage => None,
        accepted => accepted?,
    };
    let word = word.as_ref().unwrap_or(&context.actor.subject);
    let Anew { sheet, .. } = anew(context, before, &changed, (rules::next_number(before), word))?;
    let proposed = rules::propose(before, &changed, &sheet, command.reason, context.actor, context.stamp);
    let (recalculation, claim) = proposed.map_err(CalculationError::from)?;
    let mut effects = Effects { changes: vec![Change::Claim(Box::new(claim))], ..Effects::default() };
    effects.sheets.push(NewSheet { document: before.id.to_string(), sheet: sheet.clone() });
    Ok(decided(effects, None, recalculation, Some(sheet)))
}

/// A claim and its recalculation that waits, or that is named.
fn waiting<'a>(
    context: Context<'a>,
    id: ClaimId,
    number: Option<u32>,
) -> Result<(&'a Claim, &'a Recalculation), Stop> {
    let claim = found(context.book.claims.get(&id)?)?;
    let wrong = || ClaimError::WrongState { status: claim.status.as_str().to_owned() };
    let number = number.or(claim.pending).ok_or_else(wrong)?;
    let found = found(context.book.recalculations.get(&RecalculationKey { claim: id, number })?)?;
    context.same_version(&found.revision)?;
    rules::proposed(found)?;
    Ok((claim, found))
}

pub(super) fn reject(context: Context<'_>, command: &RejectRecalculation) -> Result<Decision, Stop> {
    let (claim, before) = waiting(context, command.claim, command.number)?;
    let (rejected, claim) = rules::reject(before, claim, command.reason, context.actor, context.stamp);
    let effects = Effects { changes: vec![Change::Claim(Box::new(claim))], ..Effects::default() };
    Ok(decided(effects, Some(before.status), rejected, None))
}

pub(super) fn approve(context: Context<'_>, command: &ApproveRecalculation) -> Result<Decision, Stop> {
    let (old, before) = waiting(context, command.claim, command.number)?;
    rules::recalculable(old)?;
    context.may_approve()?;
    let day = context.effective_date(command.effective_date)?;
    not_before(day, payable::newest_day(old).max(Some(before.proposed_on)))?;
    let changed = Claim { subject: before.subject(old), invoices: before.invoices.clone(), ..old.clone() };
    rental_claims::whole_usage(context, &changed, Some(before.revision.created))?;
    let word = match rental_claims::usage_spoken_of(context, old, &changed) {
        Err(Stop::Refused(_)) => None,
        accepted => accepted?,
    };
    let word = word.as_ref().unwrap_or(&before.created_by);
    let Anew { sheet, correction } = anew(context, old, &changed, (before.number, word))?;
    if correction.drawn.is_positive() {
        let of = usage(&old.programme, old.organisation, None);
        not_before_freed(context, &of, &sheet, day)?;
    }
    if sheet.amount != before.amount {
        return Err(ClaimError::RecalculationStale { amount: before.amount, now: sheet.amount }.into());
    }
    let claim = rules::corrected(old, before, (&sheet, &correction), day, context.stamp);
    let claim = claim.map_err(CalculationError::from)?;
    let invoices = reallocated(context, Some(old), &claim)?;
    let recovery = asked_back(context, command, (old, before), &correction, day)?;
    let id = recovery.as_ref().map(|recovery| recovery.id);
    let approved = rules::approve(before, day, id, context.actor, context.stamp);
    let mut effects = posted(context, (old, &claim), (&sheet, &correction), recovery, day)?;
    effects.changes.extend(invoices);
    effects.effective_date = Some(day).filter(|_| !effects.posting.is_empty());
    Ok(decided(effects, Some(before.status), approved, None))
}

/// What was paid too much, decided to come back with the recalculation.
fn asked_back(
    context: Context<'_>,
    command: &ApproveRecalculation,
    (claim, recalculation): (&Claim, &Recalculation),
    correction: &Correction,
    day: Date,
) -> Result<Option<Recovery>, Stop> {
    if !correction.asked_back.is_positive() {
        return Ok(None);
    }
    let number = Line::parse(&format!("{}/{}", claim.id, recalculation.number));
    let number = number.map_err(|error| Fault::Broken(error.to_string()))?;
    let owed = correction.owed.clone();
    let (actor, stamp) = (context.actor, context.stamp);
    let recovery =
        recoveries::corrected(command.recovery, claim, (recalculation, owed), (number, day), (actor, stamp));
    Ok(Some(recovery.map_err(CalculationError::from)?))
}

/// The difference posted: on the claim, its voucher, what the caps count, and the recovery.
fn posted(
    context: Context<'_>,
    (old, claim): (&Claim, &Claim),
    (sheet, correction): (&Calculation, &Correction),
    recovery: Option<Recovery>,
    day: Date,
) -> Result<Effects, Stop> {
    let mut effects = super::claims::step(Some(old.status), claim);
    effects.transitions.retain(|_| old.status != claim.status);
    effects.changes.extend(counted(context, claim, old.approved_on, (correction.drawn, day))?);
    if payable::prefunded(old) {
        effects.changes.extend(claim_basis::used(context, claim, Some(sheet))?);
        let (year, posting) = deductions::drawn(context, claim, &correction.accrued, day)?;
        effects.changes.push(Change::PrefundYear(Box::new(year)));
        return Ok(Effects { posting, ..effects });
    }
    let moved = match &old.subject {
        ClaimSubject::VoucherRedemption { .. } => {
            redrawn(context, (old, claim), (correction, day), &mut effects)?
        }
        ClaimSubject::RentalSubsidy { .. } | ClaimSubject::InterestSubsidy { .. } => {
            effects.changes.extend(claim_basis::used(context, claim, Some(sheet))?);
            let less = Money::ZERO.minus(correction.drawn).map_err(CalculationError::from)?;
            correction::Moved {
                taken_back: correction.drawn.max(Money::ZERO),
                redrawn: Money::ZERO,
                released: less.max(Money::ZERO),
            }
        }
    };
    let available = programmes::available(context.book, &claim.programme)?;
    let requested = moved.taken_back.plus(moved.redrawn).map_err(CalculationError::from)?;
    if requested > available {
        return Err(ProgrammeError::PotExhausted { available, requested }.into());
    }
    let restored = refunded_to_prefund::posted(context, old, correction.restored, &mut effects)?;
    let at = dimensions(claim);
    let [more, less] = parts::by_sign(&correction.accrued).map_err(CalculationError::from)?;
    let accounts @ [commitment, _] = [claim.class.commitment(), claim.class.expense()];
    effects.posting = restored
        .and(Posting::commit(requested, commitment, &at))
        .and(Posting::accrue(&more, accounts, &at, claim.payee))
        .and(Posting::unaccrue(&less, accounts, &at, claim.payee))
        .and(Posting::release(moved.released, commitment, &at, day.year()));
    if let Some(recovery) = recovery {
        decided_too(&mut effects, recovery, &at);
    }
    Ok(effects)
}

/// Adds a recovery that is decided with the recalculation.
fn decided_too(effects: &mut Effects, recovery: Recovery, at: &Dimensions) {
    let credited = recoveries::credited(&recovery);
    let posting = std::mem::take(&mut effects.posting);
    effects.posting = posting.and(Posting::recovery(&recovery.owed, credited, at));
    effects.transitions.push(Transition {
        kind: "recovery",
        document: recovery.id.to_string(),
        from: None,
        to: recovery.status.as_str(),
    });
    effects.changes.push(Change::Recovery(Box::new(recovery)));
}

/// The difference on the claim's voucher, and what of it goes back to the pot or is taken from it again.
fn redrawn(
    context: Context<'_>,
    (old, claim): (&Claim, &Claim),
    (correction, day): (&Correction, Date),
    effects: &mut Effects,
) -> Result<correction::Moved, Stop> {
    let before = voucher(context, old)?;
    let drawn = correction::Correction {
        drawn: correction.drawn,
        redrawn: correction.redrawn,
        closing: claim.subject.closing(),
    };
    let corrected = correction::correct(before, &drawn, context.stamp);
    let (voucher, moved) = corrected.map_err(CalculationError::from)?;
    effects.transitions.extend(voucher_step(before.status, &voucher));
    if moved.released != moved.taken_back {
        let given = moved.released.minus(moved.taken_back).map_err(CalculationError::from)?;
        for year in [voucher.fiscal_year, None].into_iter().filter(|_| given < Money::ZERO) {
            let (programme, organisation) = (voucher.programme.clone(), voucher.organisation);
            let key = CapUsageKey { programme, organisation, year, counts: Counts::Issue };
            not_before(day, context.book.usages.get(&key)?.and_then(|used| used.freed_on))?;
        }
        effects.changes.extend(refunded_to_prefund(context, &voucher, (given, day))?);
    }
    effects.changes.push(Change::Voucher(Box::new(voucher)));
    Ok(moved)
}

fn decided(
    mut effects: Effects,
    from: Option<RecalculationStatus>,
    recalculation: Recalculation,
    sheet: Option<Calculation>,
) -> Decision {
    effects.transitions.insert(
        0,
        Transition {
            kind: "recalculation",
            document: recalculation.claim.to_string(),
            from: from.map(RecalculationStatus::as_str),
            to: recalculation.status.as_str(),
        },
    );
    effects.changes.push(Change::Recalculation(Box::new(recalculation.clone())));
    let recalculation = Box::new(recalculation);
    Decision { effects, outcome: Outcome::Recalculation { recalculation, calculation: sheet } }
}
