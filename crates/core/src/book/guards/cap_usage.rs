//! What caps count: an organisation's vouchers and redemptions under a programme, in a year and in all.

use super::programmes;
use crate::book::context::{Context, Reads, not_before};
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::{Claim, ClaimPeriod};
use crate::domain::dates::FiscalYear;
use crate::domain::{CreditCode, Date, Money, ProgrammeCode};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::calculation::Calculation;
use crate::programmes::policy::AnnualCap;
use crate::programmes::{CapUsageKey, Counts, ProgrammeError, RulesKey};
use crate::vouchers::{Voucher, VoucherStatus};

/// What caps count of one kind, in a year and in all.
pub(crate) fn read(
    (programme, organisation): (&ProgrammeCode, CreditCode),
    year: Option<FiscalYear>,
    counts: Counts,
    reads: &mut Reads<'_>,
) {
    let key = |year| Key::Usage(CapUsageKey::new(programme, organisation, year, counts));
    reads.extend([year, None].map(key));
}

/// CNY that a cap counts.
pub(crate) fn amount(context: Context<'_>, key: &CapUsageKey) -> Result<Money, Fault> {
    Ok(context.book.usages.get(key)?.map_or(Money::ZERO, |used| used.amount))
}

/// The keys of [`counted`], of a claim approved on a day.
pub(crate) fn read_counted(claim: &Claim, approved_on: Option<Date>, reads: &mut Reads<'_>) {
    reads.insert(programmes::rules_key(claim));
    let cost = claim.subject.period().and_then(ClaimPeriod::last);
    for day in [approved_on, cost] {
        read((&claim.programme, claim.organisation), day.map(Date::year), Counts::Redemption, reads);
    }
}

/// The year whose annual cap counts a claim that is approved on a day.
pub(crate) fn year(
    context: Context<'_>,
    claim: &Claim,
    approved_on: Option<Date>,
) -> Result<Option<FiscalYear>, Stop> {
    let rules = &programmes::rules_of(context, claim)?.rules;
    let cost = claim.subject.period().map(|period| period.cost_year(rules, "/period"));
    let cost = cost.transpose().map_err(ProgrammeError::from)?.flatten();
    Ok(cost.or(approved_on.map(Date::year)))
}

/// What the caps on redemptions count of a claim's programme and organisation, in its year and in all, with more drawn from
/// a day on.
pub(crate) fn counted(
    context: Context<'_>,
    claim: &Claim,
    approved_on: Option<Date>,
    (drawn, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let mut changes = Vec::new();
    for year in [year(context, claim, approved_on)?, None] {
        let key = CapUsageKey::new(&claim.programme, claim.organisation, year, Counts::Redemption);
        let used = context.book.usages.get(&key)?.copied().unwrap_or_default();
        changes.push(Change::Usage { key, used: used.moved(drawn, day)? });
    }
    Ok(changes)
}

/// What the organisation used of the programme, in the year of the issue and in all, after a change.
pub(crate) fn issued(
    context: Context<'_>,
    voucher: &Voucher,
    (by, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let mut changes = Vec::new();
    for year in [voucher.fiscal_year, None] {
        let key = CapUsageKey::new(&voucher.programme, voucher.organisation, year, Counts::Issue);
        let before = context.book.usages.get(&key)?.copied().unwrap_or_default();
        changes.push(Change::Usage { key, used: before.moved(by, day)? });
    }
    Ok(changes)
}

/// The keys of [`released`], and the balances that it moves.
pub(crate) fn read_released(voucher: &Voucher, reads: &mut Reads<'_>) {
    reads.insert(rules_of(voucher));
    for account in [Account::B2001, Account::B2003, Account::B2009] {
        reads.insert(Key::Balance(BalanceKey::of(account, &voucher.programme)));
    }
    if let Some(issued) = voucher.valid_from {
        read((&voucher.programme, voucher.organisation), Some(issued.year()), Counts::Issue, reads);
    }
}

/// The rules under which a voucher was issued.
pub(crate) fn rules_of(voucher: &Voucher) -> Key {
    Key::Rules(RulesKey { programme: voucher.programme.clone(), number: voucher.rules_version })
}

/// What the caps on issues count once a voucher gave something back. The cap of its year stays used where the rules cap
/// what is applied for, unless it is cancelled unused.
pub(crate) fn released(
    context: Context<'_>,
    voucher: &Voucher,
    (amount, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let key = RulesKey { programme: voucher.programme.clone(), number: voucher.rules_version };
    let lost = || Fault::Broken(format!("voucher {} has lost its rules", voucher.id));
    let rules = context.book.rules.get(&key)?.ok_or_else(lost)?;
    let unused = voucher.status == VoucherStatus::Cancelled && voucher.balance.redeemed.is_zero();
    let annual = rules.rules.under(voucher.tier).caps.annual.clone();
    let stays = annual.as_ref().is_some_and(AnnualCap::keeps_released) && !unused;
    let less = amount.negated()?;
    let mut changes = issued(context, voucher, (less, day))?;
    changes.retain(|change| match change {
        Change::Usage { key, .. } => key.year.is_none() || !stays,
        _ => true,
    });
    Ok(changes)
}

/// What is dated back draws on no cap that was freed later: on its day that was not free yet. `of` is the use of the
/// programme that the sheet's caps count, whichever year it names.
pub(crate) fn not_before_freed(
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
