//! Recalculations of approved and paid claims: a further sheet, proposed, rejected and approved.

use super::corrections::{asked_before, posted};
use super::deductions;
use crate::book::context::{Context, Decide, Reads, found, not_before};
use crate::book::effects::{Change, Decision, Effects, NewSheet, Outcome, Transition};
use crate::book::guards::backing::{self, reallocated, withdrawn};
use crate::book::guards::cap_usage::{self, not_before_freed};
use crate::book::guards::loan_basis::LoanBasis;
use crate::book::guards::parties::{self, applicant, of_claim, party};
use crate::book::guards::rental_basis::{self, Beside, RentalBasis};
use crate::book::guards::voucher_basis::{self, voucher};
use crate::book::guards::{claim_basis, programmes, year_bases};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::recalculation::{
    self as rules, ApproveRecalculation, ClaimChanges, Correction, ProposeRecalculation, Recalculation,
    RecalculationKey, RecalculationStatus, RejectRecalculation,
};
use crate::claims::{
    Claim, ClaimError, ClaimPeriod, ClaimSubject, backing as invoices, payable, rules as claims,
};
use crate::domain::dates::FiscalYear;
use crate::domain::{ClaimId, Date, Line, Money, Subject, WrongState};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::calculation::Calculation;
use crate::programmes::documents::Documents;
use crate::programmes::overrides;
use crate::programmes::prorated::Prorated;
use crate::programmes::{Counts, DatesError, Level, ProgrammeError, RulesVersion};
use crate::recoveries::{Recovery, rules as recoveries};
use crate::rentals::allocations::Netted;
use crate::vouchers::{Voucher, correction};

/// A claim computed anew.
struct Anew {
    sheet: Calculation,
    correction: Correction,
}

/// What of a closed voucher's released amount the caps on issues let be committed again.
fn committable(context: Context<'_>, claim: &Claim, voucher: &Voucher) -> Result<Money, Stop> {
    if !claim.subject.closing() {
        return Ok(Money::ZERO);
    }
    cap_usage::committable(context, voucher, (claim.fiscal_year, voucher.balance.released))
}

/// What limits a further sheet beside the caps.
#[derive(Default)]
struct Limits {
    room: Option<Money>,
    others: Option<Vec<Netted>>,
    beside: Vec<(Level, Money)>,
    documents: Option<Documents>,
    prorated: Option<Prorated>,
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
            let own = rules::charged(before)?;
            let room = correction::room_to_correct(voucher, own, committable, today);
            let room = Some(room?);
            let beside = voucher_basis::beside(context, voucher, rules, changed.subject.settlement())?;
            Ok(Limits { room, beside, ..Limits::default() })
        }
        ClaimSubject::RentalSubsidy { rental, .. } => {
            let Beside { others, part, documents } =
                rental_basis::anew(context, *rental, rules, changed.into())?;
            let prorated = RentalBasis::under(context, before)?.and_then(|basis| basis.prorated(rules));
            Ok(Limits { room: None, others, beside: part, documents, prorated })
        }
        ClaimSubject::InterestSubsidy { .. } | ClaimSubject::GrantTranche { .. } => Ok(Limits::default()),
    }
}

/// Its earlier recalculations, and what they asked back.
fn read_earlier(claim: &Claim, reads: &mut Reads<'_>) {
    for number in 1..=claim.last_sheet {
        let key = RecalculationKey { claim: claim.id, number };
        let recovery = reads.book.recalculations.peek(&key).and_then(|found| found.recovery);
        reads.insert(Key::Recalculation(key));
        reads.extend(recovery.map(Key::Recovery));
    }
}

/// What a claim is computed from anew, perhaps for another period: its rules, those of its voucher, and what the caps of its year count.
fn read_anew(claim: &Claim, period: Option<ClaimPeriod>, reads: &mut Reads<'_>) {
    if let Some(period) = period {
        year_bases::read(cap_usage::Counted::peeked(claim, reads), period.last_year(), reads);
    }
    parties::read(claim, reads);
    backing::read(claim, reads);
    claim_basis::read(claim, reads);
    read_earlier(claim, reads);
    let voucher = claim.subject.voucher().and_then(|id| reads.book.vouchers.peek(&id));
    reads.extend(voucher.map(cap_usage::rules_of));
    cap_usage::read_counted(claim, claim.approved_on, reads);
    let of = cap_usage::Counted::peeked(claim, reads);
    cap_usage::read(of, Some(claim.fiscal_year), Counts::Issue, reads);
    if let Some(voucher) = voucher {
        cap_usage::read(cap_usage::Counted::voucher(voucher), Some(claim.fiscal_year), Counts::Issue, reads);
    }
}

/// The sheet of changed inputs under the rules of the submission and the caps of the year of the approval, in which what
/// the claim is charged with is free. Who gets more must be eligible still; who gets less need not be. What was paid of a claim
/// for which the rules pay nothing now is asked back whole.
/// `word` is whose it is that what was refused of its months' usage does not matter.
fn anew(
    context: Context<'_>,
    before: &Claim,
    changed: &Claim,
    (number, word): (u32, &Subject),
) -> Result<Anew, Stop> {
    let rules = programmes::rules_of(context, before)?;
    let approved_on = before.approved_on.unwrap_or(context.stamp.business_date);
    let asked = asked_before(context, before)?;
    let cap_year = cap_usage::year(context, before, Some(approved_on))?.unwrap_or(approved_on.year());
    stays_in(cap_year, rules, changed)?;
    let of = cap_usage::Counted::claim(context, before, &rules.rules)?;
    let used = cap_usage::used(context, &rules.rules, of, (cap_year, Counts::Redemption))?;
    // what is still asked back is given back first, so that it is free as well
    let used = used.beside(before.amount.plus(asked)?)?;
    let mut year_base = None;
    if let Some(period) = changed.subject.period()
        && let Some(own) = claim_basis::counted_base(context, before, period)?
    {
        year_base = year_bases::beside(context, (of, &rules.rules), period, own)?;
    }
    let Limits { room, others, beside, documents, prorated } = limits(context, before, changed, rules)?;
    let documents = documents.map(|documents| documents.accepted_by(Some(word)));
    let between = of_claim(context, before)?;
    let applicant = applicant(context, &between, rules)?;
    let tier = match before.subject.voucher() {
        Some(_) => voucher_basis::tier(context, voucher(context, before)?, rules, &applicant)?,
        None => {
            let found = (documents.as_ref(), changed.assessment.as_ref());
            rules.rules.tier(&applicant, changed.subject.settlement(), found)?
        }
    };
    let relaxed = overrides::counting(&changed.overrides);
    let facts = claims::Facts {
        rules,
        policy: overrides::relaxed(rules.rules.under(tier), &relaxed),
        tier,
        applicant,
        fiscal_year: Some(before.fiscal_year),
        room,
        others,
        beside,
        declared: changed.other_funding.clone(),
        assessment: changed.assessment.clone(),
        overrides: relaxed,
        documents,
        prorated,
        cap_year,
        used,
        year_base,
        paid_before: !before.payments.is_empty(),
        day: approved_on,
    };
    let sheet = sheet(context, changed, number, &facts)?;
    if before.payments.is_empty() {
        // of which nothing was paid its approval is taken back instead
        sheet.enough_in_year()?;
    }
    if sheet.amount > before.amount {
        claims::still_eligible(&party(context, &between, rules)?, rules)?;
    }
    let correction = rules::correction(before, &claims::parts(&sheet), asked)?;
    let back = correction.asked_back.max(correction.refunded_to_prefund);
    if back.is_positive() {
        recoveries::within(back, recoveries::outstanding_of(before)?)?;
    }
    Ok(Anew { sheet, correction })
}

/// What counts in the year of its costs stays in it: it is charged there already.
fn stays_in(year: FiscalYear, rules: &RulesVersion, changed: &Claim) -> Result<(), ProgrammeError> {
    let pointer = "/changes/period";
    let period = changed.subject.period();
    let now = period.map(|period| period.cost_year(&rules.rules, pointer)).transpose()?.flatten();
    match now {
        Some(now) if now != year => Err(DatesError::PeriodSpansYears { pointer: pointer.to_owned() }.into()),
        Some(_) | None => Ok(()),
    }
}

/// A claim from metered usage, or one that is to be one now, as that is known now.
fn metered(context: Context<'_>, changed: Claim, changes: &ClaimChanges) -> Result<Claim, Stop> {
    let asked = changes.usage || changed.subject.metered().is_some();
    let Some(rental) = RentalBasis::under(context, &changed)?.filter(|_| asked) else { return Ok(changed) };
    let rules = programmes::rules_of(context, &changed)?;
    let lines = changed.subject.settlement().to_vec();
    let subject = changed.subject.resettled(lines, false, Some(context.stamp.sequence));
    Ok(Claim { subject: rental.metered(context, rules, subject)?, ..changed })
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
        // nothing of a tranche changes: its acceptance settles it
        ClaimSubject::VoucherRedemption { .. }
        | ClaimSubject::RentalSubsidy { .. }
        | ClaimSubject::GrantTranche { .. } => {
            Ok(claims::calculate(changed.subject.settlement(), number, facts)?)
        }
        ClaimSubject::InterestSubsidy { loan, terms } => {
            let loan = LoanBasis::of(context, changed, *loan, *terms)?.changed();
            loan.free(context, facts.rules)?;
            loan.sheet(context, number, facts)
        }
    }
}

impl Decide for ProposeRecalculation {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Claim(self.claim));
        let Some(claim) = reads.book.claims.peek(&self.claim) else { return };
        let number = rules::next_number(claim);
        reads.insert(Key::Recalculation(RecalculationKey { claim: self.claim, number }));
        read_anew(claim, self.changes.period, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = found(context.book.claims.get(&self.claim)?)?;
        context.same_version(&before.revision)?;
        rules::recalculable(before)?;
        if let Some(version) = before.pending {
            return Err(ClaimError::RecalculationPending { version }.into());
        }
        let by_year = programmes::rules_of(context, before)?.rules.caps.counts_year_base();
        let by_year = by_year && before.subject.period().is_some();
        self.changes.fit(&before.subject, by_year)?;
        let changed = metered(context, rules::changed(before, &self.changes), &self.changes)?;
        // what is proposed knows of every red invoice until now; of one that comes later the claim is still held to account
        let invoices = invoices::without(&before.invoices, &withdrawn(context, before)?);
        let changed = Claim { invoices: invoices?, ..changed };
        let word = match rental_basis::usage_spoken_of(context, before, &changed) {
            Err(Stop::Refused(_)) if self.accept_incomplete_usage => None,
            accepted => accepted?,
        };
        let word = word.as_ref().unwrap_or(&context.actor.subject);
        let Anew { sheet, .. } = anew(context, before, &changed, (rules::next_number(before), word))?;
        let (recalculation, claim) =
            rules::propose(before, &changed, &sheet, self.reason, context.actor, context.stamp)?;
        let mut effects = Effects::from(Change::Claim(Box::new(claim)));
        effects.sheets.push(NewSheet { document: before.id.to_string(), sheet: sheet.clone() });
        Ok(conclude(effects, None, recalculation, Some(sheet)))
    }
}

/// A claim and its recalculation: the one that is named, or that waits.
fn read_waiting(id: ClaimId, number: Option<u32>, reads: &mut Reads<'_>) {
    reads.insert(Key::Claim(id));
    let claim = reads.book.claims.peek(&id);
    if let Some(number) = number.or(claim.and_then(|claim| claim.pending)) {
        reads.insert(Key::Recalculation(RecalculationKey { claim: id, number }));
    }
}

/// A claim and its recalculation that waits, or that is named.
fn waiting<'a>(
    context: Context<'a>,
    id: ClaimId,
    number: Option<u32>,
) -> Result<(&'a Claim, &'a Recalculation), Stop> {
    let claim = found(context.book.claims.get(&id)?)?;
    let wrong = || ClaimError::from(WrongState::is(claim.status.into_str()));
    let number = number.or(claim.pending).ok_or_else(wrong)?;
    let found = found(context.book.recalculations.get(&RecalculationKey { claim: id, number })?)?;
    context.same_version(&found.revision)?;
    rules::proposed(found)?;
    Ok((claim, found))
}

impl Decide for RejectRecalculation {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_waiting(self.claim, self.number, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (claim, before) = waiting(context, self.claim, self.number)?;
        let (rejected, claim) = rules::reject(before, claim, self.reason, context.actor, context.stamp);
        let effects = Effects::from(Change::Claim(Box::new(claim)));
        Ok(conclude(effects, Some(before.status), rejected, None))
    }
}

impl Decide for ApproveRecalculation {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_waiting(self.claim, self.number, reads);
        reads.insert(Key::Recovery(self.recovery));
        let Some(claim) = reads.book.claims.peek(&self.claim) else { return };
        let number = self.number.or(claim.pending);
        let key = number.map(|number| RecalculationKey { claim: self.claim, number });
        let waiting = key.and_then(|key| reads.book.recalculations.peek(&key));
        let period = waiting.and_then(|waiting| waiting.subject(claim).period());
        read_anew(claim, period, reads);
        deductions::read_deducted(claim, self.effective_date.unwrap_or(reads.today), reads);
        reads.extend(payable::balances(claim).map(Key::Balance));
        let asked_back = [Account::F1212, Account::F2103];
        reads.extend(asked_back.map(|account| Key::Balance(BalanceKey::of(account, &claim.programme))));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (old, before) = waiting(context, self.claim, self.number)?;
        rules::recalculable(old)?;
        context.may_approve()?;
        let day = context.effective_date(self.effective_date)?;
        not_before(day, payable::newest_day(old).max(Some(before.proposed_on)))?;
        let changed = Claim {
            subject: before.subject(old),
            other_funding: before.other_funding.clone(),
            invoices: before.invoices.clone(),
            ..old.clone()
        };
        rental_basis::whole_usage(context, &changed, Some(before.revision.created))?;
        let word = match rental_basis::usage_spoken_of(context, old, &changed) {
            Err(Stop::Refused(_)) => None,
            accepted => accepted?,
        };
        let word = word.as_ref().unwrap_or(&before.created_by);
        let Anew { sheet, correction } = anew(context, old, &changed, (before.number, word))?;
        if correction.drawn.is_positive() {
            let rules = &programmes::rules_of(context, old)?.rules;
            let of = cap_usage::Counted::claim(context, old, rules)?;
            not_before_freed(context, (of, rules), Counts::Redemption, &sheet, day)?;
        }
        if sheet.amount != before.amount {
            return Err(ClaimError::RecalculationStale { amount: before.amount, now: sheet.amount }.into());
        }
        let claim = rules::corrected(old, before, (&sheet, &correction), day, context.stamp)?;
        let invoices = reallocated(context, Some(old), &claim)?;
        let recovery = asked_back(context, self, (old, before), &correction, day)?;
        let id = recovery.as_ref().map(|recovery| recovery.id);
        let approved = rules::approve(before, day, id, context.actor, context.stamp);
        let mut effects = posted(context, (old, &claim), (Some(&sheet), &correction), recovery, day)?;
        effects.changes.extend(invoices);
        effects.effective_date = Some(day).filter(|_| !effects.posting.is_empty());
        Ok(conclude(effects, Some(before.status), approved, None))
    }
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
    Ok(Some(recovery?))
}

fn conclude(
    mut effects: Effects,
    from: Option<RecalculationStatus>,
    recalculation: Recalculation,
    sheet: Option<Calculation>,
) -> Decision {
    effects
        .transitions
        .insert(0, Transition::new("recalculation", &recalculation.claim, from, recalculation.status));
    effects.changes.push(Change::Recalculation(Box::new(recalculation.clone())));
    let recalculation = Box::new(recalculation);
    Decision { effects, outcome: Outcome::Recalculation { recalculation, calculation: sheet } }
}
