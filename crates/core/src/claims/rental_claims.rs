//! Claims for what was rented: which days a claim may be for, what it is written from where that is metered usage, and
//! what documents leave of it.
//!
//! No day and item of a contract is settled twice under a programme. Claims for days that meet may both count only where
//! invoices tell them apart; usage is claimed once: of the days that claims share, what one claims is gone for the other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::backing::TakenInvoice;
use super::invoice_matching::{self, Cluster};
use super::{Claim, ClaimPeriod, ClaimSubject};
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{ClaimId, Date, Exact, Label, Money, Month, ProgrammeCode, Sequence};
use crate::programmes::assessment::Assessment;
use crate::programmes::calculation::{Calculation, ReductionCode};
use crate::programmes::documents::{Documents, ItemAmount, MeteredRoom};
use crate::programmes::funding::OtherFunding;
use crate::programmes::overrides::Override;
use crate::programmes::stacking::Levels;
use crate::programmes::{EligibilityError, RulesVersion, SettledLine};
use crate::rentals::Rental;
use crate::rentals::allocations::{ContractAllocations, ContractHolder, Days, Netted, Settled, netted};
use crate::usage::{Metered, RentalUsage, ServiceCategory, UsageError, rules as usage};

/// Why a claim is not for these days of its contract, or not on these terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RentalClaimError {
    /// The contract does not run on every day of the period.
    #[error("the contract runs from {from} to {until}")]
    RentalPeriodOutside { from: Date, until: Date, pointer: String },
    #[error("usage is metered by month")]
    UsagePeriodNotMonths { pointer: String },
    /// Another claim of the programme settles the same days and items of the contract.
    #[error("another claim is for {from} to {until}")]
    RentalPeriodOverlaps {
        #[serde(flatten)]
        by: ContractHolder,
        from: Date,
        /// The day after its last.
        until: Date,
        pointer: String,
    },
}

crate::domain::coded!(RentalClaimError: RentalPeriodOutside UsagePeriodNotMonths RentalPeriodOverlaps);

/// A claim as far as its amount is not known yet.
#[derive(Debug, Clone, Copy)]
pub struct ClaimOutline<'a> {
    pub id: ClaimId,
    pub programme: &'a ProgrammeCode,
    /// What it is for.
    pub subject: &'a ClaimSubject,
    /// What it takes of which invoice.
    pub invoices: &'a [TakenInvoice],
    /// What others pay, as it says.
    pub other_funding: Option<&'a [OtherFunding]>,
    /// What an officer found of it.
    pub assessment: Option<&'a Assessment>,
    /// Caps that are relaxed for it.
    pub overrides: &'a [Override],
}

impl<'a> From<&'a Claim> for ClaimOutline<'a> {
    fn from(claim: &'a Claim) -> Self {
        Self {
            id: claim.id,
            programme: &claim.programme,
            subject: &claim.subject,
            invoices: &claim.invoices,
            other_funding: claim.other_funding.as_deref(),
            assessment: claim.assessment.as_ref(),
            overrides: &claim.overrides,
        }
    }
}

impl From<ClaimPeriod> for Days {
    fn from(period: ClaimPeriod) -> Self {
        Self { from: period.from, until: period.until }
    }
}

/// Whether the rules name the contract's scenario, where they name any.
pub fn scenario(rental: &Rental, rules: &RulesVersion) -> Result<(), EligibilityError> {
    let named = |list: &Vec<Label>| rental.scenario.as_ref().is_some_and(|one| list.contains(one));
    if rules.rules.scenarios.as_ref().is_some_and(|list| !named(list)) {
        return Err(EligibilityError::NotEligible { reason: "scenario" });
    }
    Ok(())
}

/// Whether the contract runs on every day of the period.
pub fn within_term(rental: &Rental, period: ClaimPeriod) -> Result<(), RentalClaimError> {
    let last = period.until <= rental.until || rental.until.plus_days(1) == Some(period.until);
    if rental.from <= period.from && last {
        return Ok(());
    }
    let (from, until) = (rental.from, rental.until);
    Err(RentalClaimError::RentalPeriodOutside { from, until, pointer: "/period".to_owned() })
}

/// Whether usage can be told for the period: it is metered by month, so that the period begins with a month or with the
/// contract and ends so.
pub fn whole_months(rental: &Rental, period: ClaimPeriod) -> Result<(), RentalClaimError> {
    let begins = |day| Month::of(day).first_day() == day;
    let from = begins(period.from) || period.from == rental.from;
    let until = begins(period.until) || rental.until.plus_days(1) == Some(period.until);
    if from && until {
        return Ok(());
    }
    Err(RentalClaimError::UsagePeriodNotMonths { pointer: "/period".to_owned() })
}

/// Whether the days and items of a claim are free: what other claims of the programme settle meets them only where
/// invoices back both, and neither takes the usage itself.
pub fn apart(own: ClaimOutline<'_>, uses: &ContractAllocations) -> Result<(), RentalClaimError> {
    let Some(period) = own.subject.period() else { return Ok(()) };
    let metered = own.subject.metered().is_some();
    let (user, days) = (ContractHolder::Claim(own.id), Days::from(period));
    let clash = uses.claims(user, own.programme).find(|(_, other)| {
        let told = !own.invoices.is_empty() && other.invoiced && !(metered && other.metered);
        let shared = other.items.iter().any(|of| {
            of.amount.is_positive() && own.subject.settlement().iter().any(|line| line.item == of.item)
        });
        other.days.meet(days) && shared && !told
    });
    match clash {
        None => Ok(()),
        Some((by, other)) => Err(RentalClaimError::RentalPeriodOverlaps {
            by,
            from: other.days.from,
            until: other.days.until,
            pointer: "/period".to_owned(),
        }),
    }
}

/// Whether usage of the claim's months is whole, but for what was refused up to a leaf: an officer spoke of that.
pub fn whole_usage(
    subject: &ClaimSubject,
    known: Option<&RentalUsage>,
    accepted_up_to: Option<Sequence>,
) -> Result<(), UsageError> {
    let (Some(known), Some(period)) = (known, subject.period()) else { return Ok(()) };
    let missing = known.incomplete_within(Days::from(period).months());
    let missing = missing.filter(|one| accepted_up_to.is_none_or(|leaf| one.since > leaf));
    let months: Vec<Month> = missing.map(|one| one.month).collect();
    if months.is_empty() { Ok(()) } else { Err(UsageError::UsageIncomplete { months }) }
}

/// What was metered as lines to settle: with all of its decimals, shown to the fen. The rate of tax in it is that of the contract's line of
/// the item. What comes to nothing or less is left out. Error: nothing was metered, or it is out of range.
pub fn metered_lines(
    rental: &Rental,
    rules: &RulesVersion,
    period: ClaimPeriod,
    known: Option<&RentalUsage>,
) -> Result<Vec<SettledLine>, UsageError> {
    let out_of_range = |_| UsageError::UsageOutOfRange;
    let map = rules.rules.item_map.as_deref().unwrap_or_default();
    let missing = || UsageError::UsageMissing { pointer: "/usage".to_owned() };
    let items =
        usage::by_item(known.ok_or_else(missing)?, Days::from(period).months(), map).map_err(out_of_range)?;
    let mut lines = Vec::new();
    for (item, exact) in items {
        // what is less than half a fen is shown as a fen: a line shows an amount above zero
        let shown = exact.round().map_err(out_of_range)?;
        let metered = exact.exact().map_err(out_of_range)?;
        let least = if metered.is_positive() { Money::from_fen(1) } else { Money::ZERO };
        let Some(amount) = Amount::of(shown.max(least)) else { continue };
        let tax_percent =
            rental.lines.iter().find(|line| line.item == item).and_then(|line| line.tax_percent);
        let metered = Some(metered).filter(|metered| !metered.is_whole());
        lines.push(SettledLine { metered, ..SettledLine::new(item, amount, tax_percent) });
    }
    if lines.is_empty() { Err(missing()) } else { Ok(lines) }
}

/// A claim from metered usage, written from what is metered now.
pub fn remetered(
    subject: &ClaimSubject,
    rental: &Rental,
    rules: &RulesVersion,
    known: Option<&RentalUsage>,
) -> Result<ClaimSubject, UsageError> {
    let Some(period) = subject.period() else { return Ok(subject.clone()) };
    let lines = metered_lines(rental, rules, period, known)?;
    Ok(subject.resettled(lines, false, known.map(|usage| usage.revision.version)))
}

/// What documents leave of a claim: its parts of invoices as far as rows under them bear them out, and of what was
/// metered in its days what other claims of the programme do not claim. Error: out of range.
pub fn documents(
    own: ClaimOutline<'_>,
    rules: &RulesVersion,
    uses: &ContractAllocations,
    known: Option<&RentalUsage>,
) -> Result<Option<Documents>, OutOfRange> {
    let Some(period) = own.subject.period() else { return Ok(None) };
    let invoiced = Money::sum(own.invoices.iter().map(|part| part.amount))?;
    let invoiced = (!own.invoices.is_empty()).then_some(invoiced);
    let (from, until) = Days::from(period).months();
    let any = |usage: &&RentalUsage| usage.totals.iter().any(|one| from <= one.month && one.month <= until);
    let incomplete = known.iter().flat_map(|usage| usage.incomplete_within((from, until)));
    let incomplete: Vec<Month> = incomplete.map(|one| one.month).collect();
    let Some(known) = known.filter(any) else {
        return Ok(Some(Documents { invoiced, incomplete, ..Documents::default() })
            .filter(|found| !found.is_empty()));
    };
    let others: Vec<&Settled> =
        uses.claims(ContractHolder::Claim(own.id), own.programme).map(|(_, settled)| settled).collect();
    let (shared, others) = together(period.into(), &others);
    let cluster = Cluster { own: period.into(), shared, others: &others };
    let cuts = invoice_matching::cuts(own.invoices, &cluster, &known.invoices)?;
    let metered = Some(room(rules, &cluster, known)?);
    Ok(Some(Documents { invoiced, metered, cuts, incomplete, incomplete_accepted_by: None }))
}

fn room(rules: &RulesVersion, cluster: &Cluster<'_>, known: &RentalUsage) -> Result<MeteredRoom, OutOfRange> {
    let map = rules.rules.item_map.as_deref().unwrap_or_default();
    let of = |days: Days| usage::by_item(known, days.months(), map);
    let (here, all) = (of(cluster.own)?, of(cluster.shared)?);
    let taking = || cluster.others.iter().flat_map(|one| &one.items);
    let mut items = Vec::new();
    for item in mapped(rules) {
        let metered =
            |found: &BTreeMap<Label, Metered>| found.get(&item).copied().unwrap_or_default().exact();
        let taken = taking().filter(|of| of.item == item);
        let left = metered(&all)?.minus(Exact::sum(taken.map(|of| of.amount))?)?;
        items.push(ItemAmount { amount: metered(&here)?.min(left).max(Exact::ZERO), item });
    }
    let sum = |found: &BTreeMap<Label, Metered>| {
        found.values().try_fold(Metered::default(), |sum, one| sum.plus(*one))?.exact()
    };
    let taken = Exact::sum(taking().map(|of| of.amount))?;
    let total = sum(&here)?.min(sum(&all)?.minus(taken)?).max(Exact::ZERO);
    Ok(MeteredRoom { total, items })
}

/// Days together with those of all claims that share a month with them, directly or through others, and these claims.
pub(super) fn together<'a>(mut days: Days, others: &[&'a Settled]) -> (Days, Vec<&'a Settled>) {
    let (mut left, mut found) = (others.to_vec(), Vec::new());
    loop {
        let (meeting, apart): (Vec<_>, Vec<_>) = left.into_iter().partition(|one| in_a_month(one.days, days));
        if meeting.is_empty() {
            return (days, found);
        }
        days = meeting.iter().fold(days, |days, one| days.hull(one.days));
        found.extend(meeting);
        left = apart;
    }
}

/// Whether days share a month: usage is told by month, and what one claim takes of a month is gone for every other.
pub(super) fn in_a_month(one: Days, other: Days) -> bool {
    let ((from, until), (begins, ends)) = (one.months(), other.months());
    from <= ends && begins <= until
}

/// Every item that usage can come to under the rules.
fn mapped(rules: &RulesVersion) -> BTreeSet<Label> {
    let map = rules.rules.item_map.as_deref().unwrap_or_default();
    ServiceCategory::ALL.iter().filter_map(|category| usage::item(*category, map)).collect()
}

/// What a claim settles of its contract, as others see it. `open` is what other programmes pay, `levels` whose money is taken off.
/// Error: out of range.
pub fn settled(
    own: ClaimOutline<'_>,
    sheet: &Calculation,
    (open, levels): (&[Netted], Levels),
) -> Result<Option<Settled>, OutOfRange> {
    let Some(period) = own.subject.period() else { return Ok(None) };
    let mut items: Vec<ItemAmount> = Vec::new();
    for line in &sheet.lines {
        let amount = line.documented.or(line.metered).unwrap_or_else(|| Exact::from_money(line.amount));
        match items.iter_mut().find(|of| of.item == line.item) {
            Some(of) => of.amount = of.amount.plus(amount)?,
            None => items.push(ItemAmount { item: line.item.clone(), amount }),
        }
    }
    items.sort_by(|one, other| one.item.cmp(&other.item));
    let off = sheet.reductions.iter().filter(|cut| cut.code == ReductionCode::NetOff).map(|cut| cut.amount);
    let cuts = sheet.inputs.documents.as_ref().map_or(&[][..], |documents| &documents.cuts);
    Ok(Some(Settled {
        days: period.into(),
        items,
        invoiced: !own.invoices.is_empty(),
        metered: own.subject.metered().is_some(),
        netted: netted(open, levels, Money::sum(off)?)?,
        invoices: invoice_matching::counted(own.invoices, cuts)?,
        // what it counts for the minimum of its year, its step says
        base: Money::ZERO,
    }))
}
