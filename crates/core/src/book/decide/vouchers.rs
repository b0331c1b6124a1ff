//! Vouchers, from application to issue and back.

use super::claims::{not_before, not_before_freed};
use super::{Context, found, named, programmes};
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, NewSheet, Outcome, Transition};
use crate::book::needs::voucher_series;
use crate::book::refusal::{Refusal, Stop};
use crate::domain::{CreditCode, Date, Money, ProgrammeCode, RentalId, Sequence, VoucherId};
use crate::ledger::{Account, Dimensions, Posting};
use crate::organisations::{Organisation, rules as organisations};
use crate::programmes::calculation::{Calculation, CalculationError, not_more_than_seen};
use crate::programmes::policy::{AnnualCap, RelatedProvider, Stacking};
use crate::programmes::rules::{governing, usable};
use crate::programmes::{CapUsageKey, Counts, Instrument, Programme, ProgrammeError, RulesKey, RulesVersion};
use crate::rentals::allocations::{ContractAllocation, ContractAllocations, ContractHolder};
use crate::rentals::{Rental, RentalError};
use crate::vouchers::{
    ApplyForVoucher, ChangeVoucher, ExpireVoucher, IssueVoucher, RemindVoucher, ReviewDecision,
    ReviewVoucher, Voucher, VoucherStatus, redemption, rules,
};

/// What a voucher is held against, all of it loaded.
struct Case<'a> {
    rules: &'a RulesVersion,
    organisation: &'a Organisation,
    provider: &'a Organisation,
    rental: &'a Rental,
    uses: ContractAllocations,
    used_in_year: Money,
    used_in_all: Money,
    day: Date,
}

impl Case<'_> {
    fn facts(&self) -> rules::Facts<'_> {
        rules::Facts {
            rules: self.rules,
            organisation: self.organisation,
            rental: self.rental,
            uses: &self.uses,
            used_in_year: self.used_in_year,
            used_in_all: self.used_in_all,
            day: self.day,
        }
    }

    fn programme(&self) -> &ProgrammeCode {
        &self.rules.programme
    }

    /// All that is refused at application and again at issue, and the sheet.
    fn calculate(&self, own: VoucherId, version: u32) -> Result<Calculation, Refusal> {
        let policy = &self.rules.rules;
        rules::contract_free(own, self.programme(), policy, &self.uses)?;
        let related = organisations::related(self.organisation, self.provider);
        if related && policy.eligibility.related_provider == RelatedProvider::Refuse {
            return Err(RentalError::RelatedProvider { provider: self.provider.credit_code }.into());
        }
        rules::eligible(self.organisation, &policy.eligibility)?;
        Ok(rules::calculate(own, version, &self.facts())?)
    }

    fn contract_use(&self, amount: Money, live: bool) -> ContractAllocation {
        ContractAllocation {
            programme: self.programme().clone(),
            amount,
            exclusive: self.rules.rules.stacking == Stacking::Exclusive,
            live,
            settled: None,
        }
    }
}

/// `filed` is where in the log it was applied for.
fn case<'a>(
    context: Context<'a>,
    programme: &Programme,
    rental: &'a Rental,
    (day, filed): (Date, Sequence),
) -> Result<Case<'a>, Stop> {
    usable(programme, Instrument::Voucher, day)?;
    let versions = programmes::versions(context.book, programme)?;
    let rules = governing(versions, day, filed).ok_or(ProgrammeError::WindowClosed { date: day })?;
    let known = &context.book.organisations;
    let organisation = organisations::may_begin(known.get(&rental.organisation)?, rental.organisation)?;
    let provider = known.get(&rental.provider)?.ok_or_else(|| missing(rental.provider))?;
    let used = |year| {
        let key = usage(&programme.code, rental.organisation, year);
        context.book.usages.get(&key).map(|used| used.copied().unwrap_or_default().amount)
    };
    Ok(Case {
        rules,
        organisation,
        provider,
        rental,
        uses: uses(context, rental.id)?,
        used_in_year: used(Some(day.year()))?,
        used_in_all: used(None)?,
        day,
    })
}

fn missing(provider: CreditCode) -> Fault {
    Fault::Broken(format!("{provider} has a contract and is not registered"))
}

fn uses(context: Context<'_>, rental: RentalId) -> Result<ContractAllocations, Fault> {
    Ok(context.book.uses.get(&rental)?.cloned().unwrap_or_default())
}

fn usage(
    programme: &ProgrammeCode,
    organisation: CreditCode,
    year: Option<crate::domain::dates::FiscalYear>,
) -> CapUsageKey {
    CapUsageKey { programme: programme.clone(), organisation, year, counts: Counts::Issue }
}

pub(super) fn apply(context: Context<'_>, command: &ApplyForVoucher) -> Result<Decision, Stop> {
    context.no_version()?;
    let programme = named(context.book.programmes.get(&command.programme)?, "/programme")?;
    let rental = context.book.rentals.get(&command.rental)?.filter(|r| context.acts_for(r.organisation));
    let rental = named(rental, "/rental_id")?;
    let case = case(context, programme, rental, (context.stamp.business_date, context.stamp.sequence))?;
    let sheet = case.calculate(command.id, 1)?;
    let voucher = rules::apply(command, &case.facts(), &sheet, context.actor, context.stamp);
    let mut effects = step(None, &voucher);
    effects.changes.push(contract_use(&voucher, case.contract_use(sheet.amount, true)));
    Ok(decided(effects, voucher, Some(sheet)))
}

fn contract_use(voucher: &Voucher, contract_use: ContractAllocation) -> Change {
    Change::ContractAllocation {
        rental: voucher.rental,
        user: ContractHolder::Voucher(voucher.id),
        contract_use,
    }
}

/// The effects of a step from one state to another, the document included.
fn step(from: Option<VoucherStatus>, voucher: &Voucher) -> Effects {
    let step = Transition {
        kind: "voucher",
        document: voucher.id.to_string(),
        from: from.map(VoucherStatus::as_str),
        to: voucher.status.as_str(),
    };
    Effects {
        changes: vec![Change::Voucher(Box::new(voucher.clone()))],
        transitions: vec![step],
        ..Effects::default()
    }
}

/// The step of a voucher that another document changed; none where it stays.
pub(super) fn voucher_step(from: VoucherStatus, voucher: &Voucher) -> Option<Transition> {
    (from != voucher.status).then(|| Transition {
        kind: "voucher",
        document: voucher.id.to_string(),
        from: Some(from.as_str()),
        to: voucher.status.as_str(),
    })
}

fn decided(mut effects: Effects, voucher: Voucher, sheet: Option<Calculation>) -> Decision {
    if let Some(sheet) = &sheet {
        effects.sheets.push(NewSheet { document: voucher.id.to_string(), sheet: sheet.clone() });
    }
    Decision { effects, outcome: Outcome::Voucher { voucher: Box::new(voucher), calculation: sheet } }
}

fn existing(context: Context<'_>, id: VoucherId) -> Result<&Voucher, Stop> {
    let voucher = found(context.book.vouchers.get(&id)?)?;
    context.same_version(&voucher.revision)?;
    Ok(voucher)
}

pub(super) fn review(context: Context<'_>, command: &ReviewVoucher) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let voucher = rules::review(before, command, context.actor, context.stamp)?;
    if before.status == VoucherStatus::Reviewed && command.decision == ReviewDecision::Pass {
        return reviewed_again(context, before, voucher);
    }
    let mut effects = step(Some(before.status), &voucher);
    if command.decision != ReviewDecision::Pass {
        effects.changes.extend(freed(context, &voucher)?);
    }
    Ok(decided(effects, voucher, None))
}

/// A voucher that was reviewed already, computed anew as of today: the new sheet is then the one that was seen.
fn reviewed_again(context: Context<'_>, before: &Voucher, voucher: Voucher) -> Result<Decision, Stop> {
    let case = case_of(context, before, context.stamp.business_date)?;
    let sheet = case.calculate(before.id, before.calculation.saturating_add(1))?;
    let (calculation, rules_version) = (sheet.version, sheet.rules_version);
    let voucher = Voucher { calculation, rules_version, ..voucher };
    let mut effects = step(Some(before.status), &voucher);
    effects.changes.push(contract_use(&voucher, case.contract_use(sheet.amount, true)));
    Ok(decided(effects, voucher, Some(sheet)))
}

/// What a voucher that was applied for is held against on a day.
fn case_of<'a>(context: Context<'a>, voucher: &Voucher, day: Date) -> Result<Case<'a>, Stop> {
    let broken = || Fault::Broken(format!("voucher {} has lost its programme or contract", voucher.id));
    let programme = context.book.programmes.get(&voucher.programme)?.ok_or_else(broken)?;
    let rental = context.book.rentals.get(&voucher.rental)?.ok_or_else(broken)?;
    case(context, programme, rental, (day, voucher.revision.created))
}

/// CNY of the sheet that was reviewed: the contract is kept for so much.
fn seen(case: &Case<'_>, voucher: &Voucher) -> Result<Money, Fault> {
    let own = case.uses.get(&ContractHolder::Voucher(voucher.id));
    let lost = || Fault::Broken(format!("voucher {} does not rest on its contract", voucher.id));
    own.map(|own| own.amount).ok_or_else(lost)
}

/// The contract, no longer used by a voucher.
fn freed(context: Context<'_>, voucher: &Voucher) -> Result<Option<Change>, Fault> {
    let uses = uses(context, voucher.rental)?;
    let own = uses.get(&ContractHolder::Voucher(voucher.id)).cloned();
    Ok(own.map(|own| contract_use(voucher, ContractAllocation { live: false, ..own })))
}

pub(super) fn issue(context: Context<'_>, command: &IssueVoucher) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    rules::issuable(before)?;
    context.may_approve()?;
    let day = context.effective_date(command.effective_date)?;
    not_before(day, Some(before.submitted_on))?;
    let case = case_of(context, before, day)?;
    let sheet = case.calculate(before.id, before.calculation.saturating_add(1))?;
    not_before_freed(context, &usage(&before.programme, before.organisation, None), &sheet, day)?;
    not_more_than_seen(seen(&case, before)?, sheet.amount)?;
    let available = programmes::available(context.book, &before.programme)?;
    if sheet.amount > available {
        return Err(ProgrammeError::PotExhausted { available, requested: sheet.amount }.into());
    }
    let series = voucher_series(&before.programme, day);
    let last = context.book.numbers.get(&series)?.copied().unwrap_or(0).saturating_add(1);
    let number = format!("{}-{}-{last:06}", before.programme, day.year());
    let voucher = rules::issue(before, &case.facts(), &sheet, number, context.actor, context.stamp)?;
    let mut effects = step(Some(before.status), &voucher);
    effects.changes.push(contract_use(&voucher, case.contract_use(sheet.amount, true)));
    effects.changes.push(Change::Number { series, last });
    effects.changes.extend(used(context, &voucher, (sheet.amount, day))?);
    effects.posting = Posting::commit(sheet.amount, Account::B2003, &dimensions(&voucher, day));
    effects.effective_date = Some(day);
    Ok(decided(effects, voucher, Some(sheet)))
}

pub(super) fn dimensions(voucher: &Voucher, day: Date) -> Dimensions {
    Dimensions {
        programme: voucher.programme.clone(),
        organisation: Some(voucher.organisation),
        level: None,
        fiscal_year: voucher.fiscal_year.unwrap_or(day.year()),
    }
}

/// What the organisation used of the programme, in the year of the issue and in all, after a change.
pub(super) fn used(
    context: Context<'_>,
    voucher: &Voucher,
    (by, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let mut changes = Vec::new();
    for year in [voucher.fiscal_year, None] {
        let key = usage(&voucher.programme, voucher.organisation, year);
        let before = context.book.usages.get(&key)?.copied().unwrap_or_default();
        changes.push(Change::Usage { key, used: before.moved(by, day).map_err(CalculationError::from)? });
    }
    Ok(changes)
}

/// What the caps on issues count once a voucher gave something back. The cap of its year stays used where the rules cap
/// what is applied for, unless it is cancelled unused.
pub(super) fn refunded_to_prefund(
    context: Context<'_>,
    voucher: &Voucher,
    (amount, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let key = RulesKey { programme: voucher.programme.clone(), number: voucher.rules_version };
    let lost = || Fault::Broken(format!("voucher {} has lost its rules", voucher.id));
    let rules = context.book.rules.get(&key)?.ok_or_else(lost)?;
    let unused = voucher.status == VoucherStatus::Cancelled && voucher.balance.redeemed.is_zero();
    let stays = rules.rules.caps.annual.as_ref().is_some_and(AnnualCap::keeps_released) && !unused;
    let less = amount.negated().map_err(CalculationError::from)?;
    let mut changes = used(context, voucher, (less, day))?;
    changes.retain(|change| match change {
        Change::Usage { key, .. } => key.year.is_none() || !stays,
        _ => true,
    });
    Ok(changes)
}

pub(super) fn cancel(context: Context<'_>, command: &ChangeVoucher) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let (voucher, released) = rules::cancel(before, command, context.stamp)?;
    let today = context.effective_date(None)?;
    let mut effects = step(Some(before.status), &voucher);
    effects.changes.extend(refunded_to_prefund(context, &voucher, (released, today))?);
    if voucher.balance.redeemed.is_zero() {
        effects.changes.extend(freed(context, &voucher)?);
    }
    let at = dimensions(&voucher, today);
    effects.posting = Posting::release(released, Account::B2003, &at, today.year());
    effects.effective_date = Some(today).filter(|_| !effects.posting.is_empty());
    Ok(decided(effects, voucher, None))
}

pub(super) fn suspend(context: Context<'_>, command: &ChangeVoucher) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let voucher = rules::suspend(before, command, context.stamp)?;
    Ok(decided(step(Some(before.status), &voucher), voucher, None))
}

pub(super) fn reinstate(context: Context<'_>, command: &ChangeVoucher) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let voucher = rules::reinstate(before, command, context.stamp)?;
    Ok(decided(step(Some(before.status), &voucher), voucher, None))
}

pub(super) fn expire(context: Context<'_>, command: &ExpireVoucher) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let day = context.effective_date(command.as_of)?;
    let (voucher, amount) = redemption::expire(before, day, context.stamp)?;
    let mut effects = step(Some(before.status), &voucher);
    effects.transitions.retain(|_| before.status != voucher.status);
    effects.changes.extend(refunded_to_prefund(context, &voucher, (amount, day))?);
    effects.posting = Posting::release(amount, Account::B2003, &dimensions(&voucher, day), day.year());
    effects.effective_date = Some(day);
    Ok(Decision { effects, outcome: Outcome::Expiry { voucher: Box::new(voucher), amount } })
}

/// A reminder moves no money and no state; the day is looked back from, as of an expiry.
pub(super) fn remind(context: Context<'_>, command: &RemindVoucher) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let day = context.effective_date(command.as_of)?;
    let (voucher, amount) = redemption::remind(before, day, command.days, context.stamp)?;
    let changes = vec![Change::Voucher(Box::new(voucher.clone()))];
    let effects = Effects { changes, ..Effects::default() };
    Ok(Decision { effects, outcome: Outcome::Reminder { voucher: Box::new(voucher), amount } })
}
