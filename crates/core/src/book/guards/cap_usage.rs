//! What caps count: vouchers and redemptions under a programme, in a year and in all: an organisation's, and beside them those
//! of the project, the loan or the contract by which the rules count, and of the groups of caps that they name.

use std::collections::BTreeSet;

use super::programmes;
use crate::book::context::{Context, Reads, not_before};
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::book::{Book, Fault, Key};
use crate::claims::{Claim, ClaimPeriod, ClaimSubject};
use crate::domain::dates::FiscalYear;
use crate::domain::{CreditCode, Date, LoanId, Money, ProgrammeCode, RentalId};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::calculation::{Calculation, CapUse, GroupUse};
use crate::programmes::cap_use::CapUses;
use crate::programmes::overrides::{counting, relaxed};
use crate::programmes::policy::{AnnualCap, CapHolder, Policy};
use crate::programmes::{CapPool, CapScope, CapUsageKey, Counts, ProgrammeError, RulesKey};
use crate::vouchers::{Voucher, VoucherStatus};

/// What a case rests on, as far as caps count by it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RestsOn {
    Contract(RentalId),
    Loan(LoanId),
}

/// Whose use of a programme's caps counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'a> {
    pub(super) programme: &'a ProgrammeCode,
    pub(super) organisation: CreditCode,
    /// Not known where nothing counts by it.
    rests_on: Option<RestsOn>,
    /// A version of the rules beside those of a programme that is known.
    pub(super) version: Option<u32>,
    /// Whether what is redeemed draws on a voucher, whose issue counts in the groups already.
    redeems: bool,
}

impl<'a> Counted<'a> {
    /// What rests on a contract.
    pub(crate) const fn contract(
        programme: &'a ProgrammeCode,
        organisation: CreditCode,
        rental: RentalId,
    ) -> Self {
        let rests_on = Some(RestsOn::Contract(rental));
        Self { programme, organisation, rests_on, version: None, redeems: false }
    }

    /// What rests on a loan.
    pub(crate) const fn loan(programme: &'a ProgrammeCode, organisation: CreditCode, loan: LoanId) -> Self {
        let rests_on = Some(RestsOn::Loan(loan));
        Self { programme, organisation, rests_on, version: None, redeems: false }
    }

    /// A voucher, and what is redeemed of it.
    pub(crate) const fn voucher(voucher: &'a Voucher) -> Self {
        let of = Self::contract(&voucher.programme, voucher.organisation, voucher.rental);
        Self { version: Some(voucher.rules_version), redeems: true, ..of }
    }

    /// A claim, which may rest on a voucher that is not known yet.
    pub(crate) fn peeked(claim: &'a Claim, reads: &Reads<'_>) -> Self {
        let voucher = claim.subject.voucher().and_then(|id| reads.book.vouchers.peek(&id));
        Self { version: Some(claim.rules_version), ..Self::resting(claim, voucher) }
    }

    /// A claim. What it rests on is looked up only where its rules count by it.
    pub(crate) fn claim(context: Context<'_>, claim: &'a Claim, rules: &Policy) -> Result<Self, Stop> {
        if matches!(rules.caps.per, None | Some(CapHolder::Organisation)) {
            return Ok(Self { rests_on: None, ..Self::resting(claim, None) });
        }
        let voucher = claim.subject.voucher().map(|id| context.book.vouchers.get(&id)).transpose()?;
        Ok(Self::resting(claim, voucher.flatten()))
    }

    /// A claim that draws on no voucher, with what it rests on whatever its rules count by. Error: its loan is not loaded.
    pub(super) fn whole(context: Context<'_>, claim: &'a Claim) -> Result<Self, Fault> {
        if let ClaimSubject::InterestSubsidy { loan, .. } = &claim.subject {
            // else its project would be taken for none
            context.book.loans.get(loan)?;
        }
        Ok(Self::resting(claim, None))
    }

    /// A claim, on its voucher where it draws on one.
    fn resting(claim: &'a Claim, voucher: Option<&Voucher>) -> Self {
        let rests_on = match &claim.subject {
            ClaimSubject::VoucherRedemption { .. } => voucher.map(|known| RestsOn::Contract(known.rental)),
            ClaimSubject::RentalSubsidy { rental, .. } => Some(RestsOn::Contract(*rental)),
            ClaimSubject::InterestSubsidy { loan, .. } => Some(RestsOn::Loan(*loan)),
            ClaimSubject::GrantTranche { .. } => None,
        };
        let redeems = claim.subject.voucher().is_some();
        Self {
            programme: &claim.programme,
            organisation: claim.organisation,
            rests_on,
            version: None,
            redeems,
        }
    }

    /// By whom the rules count, where not by organisation alone.
    fn scope(&self, rules: &Policy, book: &Book) -> Option<CapScope> {
        match (rules.caps.per?, self.rests_on?) {
            (CapHolder::Contract, RestsOn::Contract(rental)) => Some(CapScope::Contract(rental)),
            (CapHolder::Loan, RestsOn::Loan(loan)) => Some(CapScope::Loan(loan)),
            (CapHolder::Project, RestsOn::Loan(loan)) => {
                let known = book.loans.peek(&loan)?;
                Some(CapScope::Project(known.project.code.folded()))
            }
            (CapHolder::Organisation | CapHolder::Contract | CapHolder::Loan | CapHolder::Project, _) => None,
        }
    }

    /// The pools that a case counts in, as far as the book shows them, that of its own caps first. What was promised of a
    /// group with a voucher is not taken of it again by a redemption.
    fn pools(&self, rules: &Policy, counts: Counts, book: &Book) -> Vec<CapPool> {
        let of = |scope| CapPool::Programme(self.programme.clone(), scope);
        let mut pools: Vec<CapPool> = self.scope(rules, book).map(of).into_iter().collect();
        pools.push(of(CapScope::Organisation));
        if !(self.redeems && counts == Counts::Redemption) {
            pools.extend(rules.caps.groups.iter().flatten().cloned().map(CapPool::Group));
        }
        pools
    }

    fn known(&self, context: Context<'_>, rules: &Policy, counts: Counts) -> Result<Vec<CapPool>, Fault> {
        if let (Some(CapHolder::Project), Some(RestsOn::Loan(loan))) = (rules.caps.per, self.rests_on) {
            // else the project would be taken for none
            context.book.loans.get(&loan)?;
        }
        Ok(self.pools(rules, counts, context.book))
    }

    /// The sums of the bases of a cost year that a case counts in: of whom its rules count by first, then of everybody whom any
    /// rules can count by. A loan counts once with the most of its claims, which stand under several versions: each sum has all
    /// of them, or what one of them adds another would take away.
    pub(super) fn bases(&self, rules: &Policy, book: &Book) -> Vec<CapPool> {
        if !rules.caps.counts_year_base() {
            return Vec::new();
        }
        let mut scopes: Vec<CapScope> = self.scope(rules, book).into_iter().collect();
        scopes.push(CapScope::Organisation);
        match self.rests_on {
            Some(RestsOn::Contract(rental)) => scopes.push(CapScope::Contract(rental)),
            Some(RestsOn::Loan(loan)) => {
                scopes.push(CapScope::Loan(loan));
                let known = book.loans.peek(&loan);
                scopes.extend(known.map(|known| CapScope::Project(known.project.code.folded())));
            }
            None => {}
        }
        let mut known = BTreeSet::new();
        scopes.retain(|scope| known.insert(scope.clone()));
        scopes.into_iter().map(|scope| CapPool::Base(self.programme.clone(), scope)).collect()
    }

    pub(super) fn key(&self, pool: CapPool, year: Option<FiscalYear>, counts: Counts) -> CapUsageKey {
        match pool {
            CapPool::Group(code) => CapUsageKey::group(code, self.organisation, year),
            CapPool::Programme(..) | CapPool::Base(..) => {
                CapUsageKey { pool, organisation: self.organisation, year, counts }
            }
        }
    }
}

/// What caps count of one kind, in a year and in all, under every version of the rules that is known.
pub(crate) fn read(of: Counted<'_>, year: Option<FiscalYear>, counts: Counts, reads: &mut Reads<'_>) {
    let book = reads.book;
    let versions = book.programmes.peek(of.programme).map_or(0, |known| known.versions);
    let mut pools = BTreeSet::from([CapPool::Programme(of.programme.clone(), CapScope::Organisation)]);
    for number in (1..=versions).chain(of.version) {
        let key = RulesKey { programme: of.programme.clone(), number };
        let Some(rules) = book.rules.peek(&key).map(|version| &version.rules) else { continue };
        pools.extend(of.pools(rules, counts, book));
        reads.extend(rules.caps.groups.iter().flatten().cloned().map(Key::CapGroup));
        if let (Some(CapHolder::Project), Some(RestsOn::Loan(loan))) = (rules.caps.per, of.rests_on) {
            reads.insert(Key::Loan(loan));
        }
    }
    for pool in pools {
        reads.extend([year, None].map(|year| Key::Usage(of.key(pool.clone(), year, counts))));
    }
}

/// CNY that a cap counts.
pub(super) fn amount(context: Context<'_>, key: &CapUsageKey) -> Result<Money, Fault> {
    Ok(context.book.usages.get(key)?.map_or(Money::ZERO, |used| used.amount))
}

/// What was used of the caps of a case.
pub(crate) fn used(
    context: Context<'_>,
    rules: &Policy,
    of: Counted<'_>,
    (year, counts): (FiscalYear, Counts),
) -> Result<CapUses, Stop> {
    let pools = of.known(context, rules, counts)?;
    let spent = |pool: &CapPool, year| amount(context, &of.key(pool.clone(), year, counts));
    let mut found = CapUses::default();
    if let Some(own) = pools.first() {
        (found.in_year, found.in_all) = (spent(own, Some(year))?, spent(own, None)?);
    }
    for pool in &pools {
        let CapPool::Group(code) = pool else { continue };
        let lost = || Fault::Broken(format!("{} names a cap group {code} that is none", of.programme));
        let caps = context.book.cap_groups.get(code)?.and_then(|group| group.caps).ok_or_else(lost)?;
        let cap = |year, most: crate::domain::money::Amount| {
            Ok::<_, Fault>(CapUse::new(year, most.money(), spent(pool, year)?))
        };
        found.groups.push(GroupUse {
            code: code.clone(),
            annual: caps.annual.map(|most| cap(Some(year), most)).transpose()?,
            lifetime: caps.lifetime.map(|most| cap(None, most)).transpose()?,
        });
    }
    Ok(found)
}

/// The keys of [`counted`], of a claim approved on a day.
pub(crate) fn read_counted(claim: &Claim, approved_on: Option<Date>, reads: &mut Reads<'_>) {
    reads.insert(programmes::rules_key(claim));
    // by what the rules count is not known yet: all of it is looked for at once, since rounds are few
    reads.extend(claim.subject.voucher().map(Key::Voucher));
    reads.extend(claim.subject.loan().map(Key::Loan));
    let cost = claim.subject.period().and_then(ClaimPeriod::last);
    for day in [approved_on, cost] {
        read(Counted::peeked(claim, reads), day.map(Date::year), Counts::Redemption, reads);
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
    let rules = &programmes::rules_of(context, claim)?.rules;
    let of = Counted::claim(context, claim, rules)?;
    let years = [year(context, claim, approved_on)?, None];
    moved(context, (of, rules), (years, Counts::Redemption), (drawn, day))
}

/// Every use that a case counts in, after a change.
fn moved(
    context: Context<'_>,
    (of, rules): (Counted<'_>, &Policy),
    (years, counts): ([Option<FiscalYear>; 2], Counts),
    (by, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let mut changes = Vec::new();
    for pool in of.known(context, rules, counts)? {
        for year in years {
            let key = of.key(pool.clone(), year, counts);
            let before = context.book.usages.get(&key)?.copied().unwrap_or_default();
            changes.push(Change::Usage { key, used: before.moved(by, day)? });
        }
    }
    Ok(changes)
}

/// What was issued of the caps of a voucher's case, in the year of the issue and in all, after a change.
pub(crate) fn issued(
    context: Context<'_>,
    voucher: &Voucher,
    (by, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let rules = &programmes::version(context.book, &voucher.programme, voucher.rules_version)?.rules;
    moved(
        context,
        (Counted::voucher(voucher), rules),
        ([voucher.fiscal_year, None], Counts::Issue),
        (by, day),
    )
}

/// The keys of [`released`], and the balances that it moves.
pub(crate) fn read_released(voucher: &Voucher, reads: &mut Reads<'_>) {
    reads.insert(rules_of(voucher));
    for account in [Account::B2001, Account::B2003, Account::B2009] {
        reads.insert(Key::Balance(BalanceKey::of(account, &voucher.programme)));
    }
    // its money may be of another year than its first day
    for year in [voucher.valid_from.map(Date::year), voucher.fiscal_year].into_iter().flatten() {
        read(Counted::voucher(voucher), Some(year), Counts::Issue, reads);
    }
}

/// The rules under which a voucher was issued.
pub(crate) fn rules_of(voucher: &Voucher) -> Key {
    programmes::key(&voucher.programme, voucher.rules_version)
}

/// What the caps on issues count once a voucher gave something back. The rules' own cap of its year stays used where they cap
/// what is applied for, unless it is cancelled unused. A group's is free again for every programme of the group: what one
/// programme says of its own cap binds no other.
pub(crate) fn released(
    context: Context<'_>,
    voucher: &Voucher,
    (amount, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    let rules = programmes::version(context.book, &voucher.programme, voucher.rules_version)?;
    let unused = voucher.status == VoucherStatus::Cancelled && voucher.balance.redeemed.is_zero();
    let under = relaxed(rules.rules.under(voucher.tier), &counting(&voucher.overrides));
    let stays = under.caps.annual.as_ref().is_some_and(AnnualCap::keeps_released) && !unused;
    let less = amount.negated()?;
    let mut changes = issued(context, voucher, (less, day))?;
    changes.retain(|change| match change {
        Change::Usage { key: CapUsageKey { pool: CapPool::Programme(..), year: Some(_), .. }, .. } => !stays,
        _ => true,
    });
    Ok(changes)
}

/// What is dated back draws on no cap that was freed later: on its day that was not free yet.
pub(crate) fn not_before_freed(
    context: Context<'_>,
    (of, rules): (Counted<'_>, &Policy),
    counts: Counts,
    sheet: &Calculation,
    day: Date,
) -> Result<(), Stop> {
    let (pools, inputs) = (of.known(context, rules, counts)?, &sheet.inputs);
    let groups = inputs.groups.iter().flat_map(|group| {
        let caps = [&group.annual, &group.lifetime].into_iter().flatten();
        caps.map(|cap| (CapPool::Group(group.code.clone()), cap.year))
    });
    let own = pools.first().into_iter().flat_map(|own| {
        let caps = [&inputs.annual, &inputs.lifetime].into_iter().flatten();
        caps.map(|cap| (own.clone(), cap.year))
    });
    for (pool, year) in own.chain(groups) {
        let used = context.book.usages.get(&of.key(pool, year, counts))?;
        not_before(day, used.and_then(|used| used.freed_on))?;
    }
    Ok(())
}

/// What of an amount that a voucher released the caps on issues let be committed again, in a year and in all.
pub(crate) fn committable(
    context: Context<'_>,
    voucher: &Voucher,
    (year, most): (FiscalYear, Money),
) -> Result<Money, Stop> {
    let rules = &programmes::version(context.book, &voucher.programme, voucher.rules_version)?.rules;
    let under = relaxed(rules.under(voucher.tier), &counting(&voucher.overrides));
    let used = used(context, rules, Counted::voucher(voucher), (year, Counts::Issue))?;
    let counted = |cap: &&AnnualCap| cap.counts.contains(&Counts::Issue) && !cap.keeps_released();
    let annual = under.caps.annual.as_ref().filter(counted);
    let mut limits = vec![
        annual.map(|cap| (cap.amount.money(), used.in_year)),
        under.caps.lifetime.map(|cap| (cap.money(), used.in_all)),
    ];
    let groups = used.groups.iter().flat_map(|group| [&group.annual, &group.lifetime]).flatten();
    limits.extend(groups.map(|cap| Some((cap.cap, cap.used))));
    limits
        .into_iter()
        .flatten()
        .try_fold(most, |most, (cap, issued)| Ok(most.min(cap.minus(issued)?.max(Money::ZERO))))
}

/// What is committed again of a voucher draws on no cap on issues that was freed later.
pub(crate) fn not_before_issues_freed(
    context: Context<'_>,
    voucher: &Voucher,
    day: Date,
) -> Result<(), Stop> {
    let (of, rules) = (
        Counted::voucher(voucher),
        &programmes::version(context.book, &voucher.programme, voucher.rules_version)?.rules,
    );
    for pool in of.known(context, rules, Counts::Issue)? {
        for year in [voucher.fiscal_year, None] {
            let used = context.book.usages.get(&of.key(pool.clone(), year, Counts::Issue))?;
            not_before(day, used.and_then(|used| used.freed_on))?;
        }
    }
    Ok(())
}
