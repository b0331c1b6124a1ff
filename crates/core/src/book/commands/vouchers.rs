//! Vouchers, from application to issue.

use crate::book::context::{Context, Decide, Reads, found, named, not_before};
use crate::book::effects::{Change, Decision, Effects, NewSheet, Outcome};
use crate::book::guards::cap_usage::{self, Counted, not_before_freed};
use crate::book::guards::parties::{self, Between};
use crate::book::guards::programmes;
use crate::book::refusal::{Refusal, Stop};
use crate::book::{Fault, Key, Series};
use crate::domain::dates::Window;
use crate::domain::{Date, Money, ProgrammeCode, RentalId, Sequence, VoucherId};
use crate::ledger::{Account, BalanceKey, Posting};
use crate::organisations::rules as organisations;
use crate::programmes::assessment::{Assessment, AssessmentRule};
use crate::programmes::calculation::{Calculation, CalculationError, not_more_than_seen};
use crate::programmes::cap_use::CapUses;
use crate::programmes::dating::{CaseDays, filing_open, governing, signed_in_time, within_costs};
use crate::programmes::funding::OtherFunding;
use crate::programmes::overrides::Override;
use crate::programmes::prorated::Prorated;
use crate::programmes::rules::usable;
use crate::programmes::stacking::Stacked;
use crate::programmes::{
    Applicant, Counts, Instrument, Level, Programme, ProgrammeError, RulesKey, RulesVersion,
};
use crate::rentals::Rental;
use crate::rentals::allocations::{ContractAllocation, ContractAllocations, ContractHolder};
use crate::tags::TagSubject;
use crate::vouchers::{
    ApplyForVoucher, IssueVoucher, ReviewDecision, ReviewVoucher, Voucher, VoucherStatus, rules,
};

/// What a voucher is held against, all of it loaded.
struct Case<'a> {
    rules: &'a RulesVersion,
    /// Whose money it is.
    level: Level,
    applicant: Applicant<'a>,
    rental: &'a Rental,
    uses: ContractAllocations,
    used: CapUses,
    prorated: Option<Prorated>,
    declared: Option<&'a [OtherFunding]>,
    assessment: Option<&'a Assessment>,
    overrides: &'a [Override],
    day: Date,
}

/// When a voucher is asked for: on which day it was and where in the log, and for which day it is asked now.
#[derive(Clone, Copy)]
struct Filing {
    on: Date,
    at: Sequence,
    day: Date,
}

impl Case<'_> {
    fn facts(&self) -> rules::Facts<'_> {
        rules::Facts {
            rules: self.rules,
            applicant: self.applicant,
            rental: self.rental,
            uses: &self.uses,
            used: &self.used,
            prorated: self.prorated,
            declared: self.declared,
            assessment: self.assessment,
            overrides: self.overrides,
            day: self.day,
        }
    }

    fn programme(&self) -> &ProgrammeCode {
        &self.rules.programme
    }

    /// All that is refused at application and again at issue, and the sheet.
    fn calculate(&self, own: VoucherId, version: u32) -> Result<Calculation, Refusal> {
        let policy = &self.rules.rules;
        rules::contract_free(own, (self.programme(), self.level), policy, &self.uses)?;
        parties::unrelated(&self.applicant, self.rules)?;
        self.applicant.eligible(policy)?;
        Ok(rules::calculate(own, version, &self.facts())?)
    }

    fn contract_use(&self, amount: Money, live: bool) -> ContractAllocation {
        ContractAllocation {
            programme: self.programme().clone(),
            amount,
            stacked: Stacked::of(self.level, &self.rules.rules),
            live,
            settled: None,
        }
    }
}

/// The keys of [`case`].
pub(super) fn read_case(programme: &ProgrammeCode, rental: RentalId, day: Date, reads: &mut Reads<'_>) {
    programmes::read(programme, reads);
    reads.extend([Key::Rental(rental), Key::ContractUses(rental)]);
    if let Some(rental) = reads.book.rentals.peek(&rental) {
        let between = [rental.organisation, rental.provider];
        reads.extend(between.map(Key::Organisation));
        parties::read_lists((programme, None), between, TagSubject::Rental(rental.id), reads);
        let of = Counted::contract(programme, rental.organisation, rental.id);
        cap_usage::read(of, Some(day.year()), Counts::Issue, reads);
    }
}

fn case<'a>(
    context: Context<'a>,
    programme: &Programme,
    (rental, declared): (&'a Rental, Option<&'a [OtherFunding]>),
    Filing { on, at, day }: Filing,
) -> Result<Case<'a>, Stop> {
    usable(programme, Instrument::Voucher)?;
    let days = CaseDays::contract(day, rental.signed_on);
    let rules = governing(programmes::versions(context.book, programme)?, &days, at)?;
    // where the rules do not say when is filed, the programme's window has the day of the issue in it
    let filed = if rules.rules.takes_filing(on).is_some() { on } else { day };
    filing_open(&rules.rules, &programme.window, filed)?;
    let service = Window { from: rental.from, until: rental.until };
    let days = CaseDays { filed: on, ..days };
    within_costs(&rules.rules, (programme.window, &days), (service, "/rental_id"))
        .map_err(ProgrammeError::from)?;
    signed_in_time(&rules.rules, rental.signed_on).map_err(ProgrammeError::from)?;
    let (organisation, supplier) = (rental.organisation, rental.provider);
    organisations::may_begin(context.book.organisations.get(&organisation)?, organisation)?;
    let between = Between { organisation, supplier, project: TagSubject::Rental(rental.id), filed: on };
    let of = Counted::contract(&programme.code, rental.organisation, rental.id);
    Ok(Case {
        rules,
        level: programme.level,
        applicant: parties::applicant(context, &between, rules)?,
        rental,
        uses: uses(context, rental.id)?,
        used: cap_usage::used(context, &rules.rules, of, (day.year(), Counts::Issue))?,
        prorated: Prorated::of(&rules.rules, programme.window, &days, service),
        declared,
        assessment: None,
        overrides: &[],
        day,
    })
}

fn uses(context: Context<'_>, rental: RentalId) -> Result<ContractAllocations, Fault> {
    Ok(context.book.uses.get(&rental)?.cloned().unwrap_or_default())
}

impl Decide for ApplyForVoucher {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Voucher(self.id));
        read_case(&self.programme, self.rental, reads.today, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let programme = named(context.book.programmes.get(&self.programme)?, "/programme")?;
        let rental = context.book.rentals.get(&self.rental)?.filter(|r| context.acts_for(r.organisation));
        let rental = named(rental, "/rental_id")?;
        let (today, at) = (context.stamp.business_date, context.stamp.sequence);
        let case = case(
            context,
            programme,
            (rental, self.other_funding.as_deref()),
            Filing { on: today, at, day: today },
        )?;
        let sheet = case.calculate(self.id, 1)?;
        let voucher = rules::apply(self, &case.facts(), &sheet, context.actor, context.stamp);
        let mut effects = Effects::voucher(None, &voucher);
        effects.changes.push(contract_use(&voucher, case.contract_use(sheet.amount, true)));
        Ok(conclude(effects, voucher, Some(sheet)))
    }
}

fn contract_use(voucher: &Voucher, contract_use: ContractAllocation) -> Change {
    Change::ContractAllocation {
        rental: voucher.rental,
        user: ContractHolder::Voucher(voucher.id),
        contract_use,
    }
}

pub(super) fn conclude(mut effects: Effects, voucher: Voucher, sheet: Option<Calculation>) -> Decision {
    if let Some(sheet) = &sheet {
        effects.sheets.push(NewSheet { document: voucher.id.to_string(), sheet: sheet.clone() });
    }
    Decision { effects, outcome: Outcome::Voucher { voucher: Box::new(voucher), calculation: sheet } }
}

pub(super) fn existing(context: Context<'_>, id: VoucherId) -> Result<&Voucher, Stop> {
    let voucher = found(context.book.vouchers.get(&id)?)?;
    context.same_version(&voucher.revision)?;
    Ok(voucher)
}

impl Decide for ReviewVoucher {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Voucher(self.id));
        let Some(voucher) = reads.book.vouchers.peek(&self.id) else { return };
        reads.insert(Key::ContractUses(voucher.rental));
        let key = RulesKey { programme: voucher.programme.clone(), number: voucher.rules_version };
        reads.insert(Key::Rules(key));
        // reviewed again it is computed anew
        if voucher.status == VoucherStatus::Reviewed || self.assessment.is_some() {
            read_case(&voucher.programme, voucher.rental, reads.today, reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let voucher = rules::review(before, self, context.actor, context.stamp)?;
        if self.decision == ReviewDecision::Pass {
            assessed(context, &voucher, self)?;
            if before.status == VoucherStatus::Reviewed || self.assessment.is_some() {
                return computed_at_review(context, before, voucher);
            }
        }
        let mut effects = Effects::voucher(Some(before.status), &voucher);
        if self.decision != ReviewDecision::Pass {
            effects.changes.extend(freed(context, &voucher)?);
        }
        Ok(conclude(effects, voucher, None))
    }
}

/// Whether the contract is assessed where the rules ask for that, and no item with more than it has.
fn assessed(context: Context<'_>, voucher: &Voucher, command: &ReviewVoucher) -> Result<(), Stop> {
    let lost = || Fault::Broken(format!("voucher {} has lost its rules or contract", voucher.id));
    if let Some(found) = &command.assessment {
        found.of(&context.book.rentals.get(&voucher.rental)?.ok_or_else(lost)?.lines)?;
    }
    let rules = programmes::version(context.book, &voucher.programme, voucher.rules_version)?;
    match rules.rules.assessment {
        Some(AssessmentRule::Required) if voucher.assessment.is_none() => {
            Err(CalculationError::AssessmentMissing.into())
        }
        Some(AssessmentRule::Required) | None => Ok(()),
    }
}

/// A voucher that was reviewed already, is assessed or has a cap relaxed, computed anew as of today: the new sheet is then the one
/// that was seen.
pub(super) fn computed_at_review(
    context: Context<'_>,
    before: &Voucher,
    voucher: Voucher,
) -> Result<Decision, Stop> {
    let case = case_of(context, &voucher, context.stamp.business_date)?;
    let sheet = case.calculate(before.id, before.calculation.saturating_add(1))?;
    let (calculation, rules_version, tier) = (sheet.version, sheet.rules_version, sheet.tier);
    let contract = case.contract_use(sheet.amount, true);
    let voucher = Voucher { calculation, rules_version, tier, ..voucher.clone() };
    let mut effects = Effects::voucher(Some(before.status), &voucher);
    effects.changes.push(contract_use(&voucher, contract));
    Ok(conclude(effects, voucher, Some(sheet)))
}

/// What a voucher that was applied for is held against on a day.
fn case_of<'a>(context: Context<'a>, voucher: &'a Voucher, day: Date) -> Result<Case<'a>, Stop> {
    let broken = || Fault::Broken(format!("voucher {} has lost its programme or contract", voucher.id));
    let programme = context.book.programmes.get(&voucher.programme)?.ok_or_else(broken)?;
    let rental = context.book.rentals.get(&voucher.rental)?.ok_or_else(broken)?;
    let filing = Filing { on: voucher.submitted_on, at: voucher.revision.created, day };
    let case = case(context, programme, (rental, voucher.other_funding.as_deref()), filing)?;
    Ok(Case { assessment: voucher.assessment.as_ref(), overrides: &voucher.overrides, ..case })
}

/// The sheet that a voucher would have as of a day, with so much used of its caps.
pub(in crate::book) fn tried<'a>(
    context: Context<'a>,
    voucher: &'a Voucher,
    day: Date,
    used: CapUses,
) -> Result<Calculation, Stop> {
    let case = Case { used, ..case_of(context, voucher, day)? };
    Ok(case.calculate(voucher.id, voucher.calculation)?)
}

/// CNY of the sheet that was reviewed: the contract is kept for so much.
fn seen(case: &Case<'_>, voucher: &Voucher) -> Result<Money, Fault> {
    let own = case.uses.get(&ContractHolder::Voucher(voucher.id));
    let lost = || Fault::Broken(format!("voucher {} does not rest on its contract", voucher.id));
    own.map(|own| own.amount).ok_or_else(lost)
}

/// The contract, no longer used by a voucher.
pub(super) fn freed(context: Context<'_>, voucher: &Voucher) -> Result<Option<Change>, Fault> {
    let uses = uses(context, voucher.rental)?;
    let own = uses.get(&ContractHolder::Voucher(voucher.id)).cloned();
    Ok(own.map(|own| contract_use(voucher, ContractAllocation { live: false, ..own })))
}

impl Decide for IssueVoucher {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Voucher(self.id));
        let Some(voucher) = reads.book.vouchers.peek(&self.id) else { return };
        let (programme, day) = (&voucher.programme, self.effective_date.unwrap_or(reads.today));
        read_case(programme, voucher.rental, day, reads);
        reads.extend(
            [Account::B2001, Account::B2003].map(|account| Key::Balance(BalanceKey::of(account, programme))),
        );
        reads.insert(Key::Number(voucher_series(programme, day)));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::issuable(before)?;
        context.may_approve()?;
        let day = context.effective_date(self.effective_date)?;
        not_before(day, Some(before.submitted_on))?;
        let case = case_of(context, before, day)?;
        let sheet = case.calculate(before.id, before.calculation.saturating_add(1))?;
        let of = Counted::contract(&before.programme, before.organisation, before.rental);
        not_before_freed(context, (of, &case.rules.rules), Counts::Issue, &sheet, day)?;
        not_more_than_seen(seen(&case, before)?, sheet.amount)?;
        programmes::still_available(context, &before.programme, sheet.amount)?;
        let series = voucher_series(&before.programme, day);
        let last = context.book.numbers.get(&series)?.copied().unwrap_or(0).saturating_add(1);
        let number = format!("{}-{}-{last:06}", before.programme, day.year());
        let voucher = rules::issue(before, &case.facts(), &sheet, number, context.actor, context.stamp)?;
        let mut effects = Effects::voucher(Some(before.status), &voucher);
        effects.changes.push(contract_use(&voucher, case.contract_use(sheet.amount, true)));
        effects.changes.push(Change::Number { series, last });
        effects.changes.extend(cap_usage::issued(context, &voucher, (sheet.amount, day))?);
        effects.posting = Posting::commit(sheet.amount, Account::B2003, &voucher.dimensions(day));
        effects.effective_date = Some(day);
        Ok(conclude(effects, voucher, Some(sheet)))
    }
}

/// The series of a programme's voucher numbers in a year.
fn voucher_series(programme: &ProgrammeCode, day: Date) -> Series {
    Series(format!("voucher/{programme}/{}", day.year()))
}
