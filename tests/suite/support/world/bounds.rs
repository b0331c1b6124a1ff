//! Rules that bound what is paid.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rand::Rng;
use subsidy_core::book::{Book, Command};
use subsidy_core::cap_groups::*;
use subsidy_core::claims::{Claim, ClaimPeriod, ClaimStatus, ClaimSubject};
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::{Amount, AmountOrZero};
use subsidy_core::domain::{
    CapGroupCode, ClaimId, CreditCode, Percent, Points, ProgrammeCode, Quantity, StatutoryLimitId, UnitPrice,
};
use subsidy_core::programmes::assessment::{AssessedItem, Assessment, AssessmentRule};
use subsidy_core::programmes::funding::{Level, OtherFunding};
use subsidy_core::programmes::overrides::*;
use subsidy_core::programmes::policy::{
    CapHolder, Claimant, LevelStacking, Minimums, Prorate, RateCeiling, RateCeilings, Stacking, StackingRule,
};
use subsidy_core::programmes::{
    CapPool, CapScope, CapUsageKey, Counts, Instrument, Policy, RulesKey, StatutoryLimits,
};
use subsidy_core::rentals::allocations::ContractHolder;
use subsidy_core::statutory_limits::*;
use subsidy_core::vouchers::{Voucher, VoucherStatus};

use super::dating::cap_year;
use super::{World, date, label, line, percent};

impl World {
    /// Says something of bounds in some rules, as the instrument allows.
    pub(super) fn bounds(&mut self, policy: &mut Policy, instrument: Instrument) {
        let loan = instrument == Instrument::InterestSubsidy;
        if instrument == Instrument::Grant || self.one_in(2) {
            return;
        }
        let per: &[CapHolder] = if loan {
            &[CapHolder::Project, CapHolder::Loan, CapHolder::Organisation]
        } else {
            &[CapHolder::Contract, CapHolder::Organisation]
        };
        policy.caps.per = self.maybe(3, |w| w.pick(per));
        if instrument == Instrument::RentalSubsidy && policy.eligibility.provider.is_none() {
            policy.claimant = self.maybe(12, |_| Claimant::Provider);
        }
        policy.joint_ceiling_percent =
            self.maybe(4, |w| w.pick(&[50, 80, 100]) * 1_000_000).map(Percent::from_micro);
        policy.declare_other_funding = self.maybe(6, |w| w.one_in(4));
        if !loan {
            policy.assessment = self.maybe(6, |_| AssessmentRule::Required);
        }
        let annual = policy.caps.annual.as_ref().map(|annual| annual.amount);
        policy.overrides = annual.filter(|_| self.one_in(2)).map(|_| {
            let up_to = Amount::parse("99000000000").expect("an amount");
            vec![OverrideRule { code: OverrideCode::AnnualCap, up_to }]
        });
        policy.caps.groups = self.maybe(4, |w| vec![w.group()]);
        policy.minimums = self.maybe(4, |w| Minimums {
            interest_paid: w.maybe(2, |w| w.amount(2, 6)).filter(|_| loan),
            amount: w.maybe(2, |w| w.amount(2, 6)),
        });
        if loan {
            let share = self.pick(&["10", "50", "33.333333", "100"]);
            policy.paid_interest_percent = self.maybe(2, |_| percent(share));
            if policy.paid_interest_percent.is_some()
                && policy.stacking.mode() != Stacking::NetOff
                && self.one_in(2)
            {
                policy.points = None;
            }
            return;
        }
        policy.prorate = self.maybe(4, |_| Prorate::ByDay);
        for item in policy.items.iter_mut().flatten() {
            if self.one_in(6) {
                item.unit_price =
                    Some(UnitPrice::parse(self.pick(&["0.05", "1", "123.456789"])).expect("a price"));
                item.unit = self.maybe(3, |_| label("kWh"));
                let without = item.startup_ratio_percent.is_none() && self.one_in(2);
                item.ratio_percent = item.ratio_percent.filter(|_| !without);
            }
        }
    }

    pub(super) fn stacking(&mut self) -> StackingRule {
        let mode = self.pick(&[Stacking::Exclusive, Stacking::NetOff, Stacking::Allow, Stacking::Allow]);
        let levels = if mode == Stacking::Allow {
            None
        } else {
            self.maybe(
                3,
                |w| if w.one_in(2) { vec![Level::City] } else { vec![Level::Central, Level::Province] },
            )
        };
        match levels {
            None => mode.into(),
            levels => StackingRule::OfLevels(LevelStacking { mode, levels }),
        }
    }

    /// What others pay; most times nothing is said of it.
    pub(super) fn other_funding(&mut self) -> Option<Vec<OtherFunding>> {
        let level = self.pick(&[Level::Central, Level::City, Level::District]);
        let document = "渝财〔2025〕1号".parse().expect("a line");
        self.maybe(3, |w| {
            if w.one_in(3) {
                Vec::new()
            } else {
                vec![OtherFunding { level, amount: w.amount(3, 7), document }]
            }
        })
    }

    /// What an officer finds; most times nothing is to be found.
    pub(super) fn assessment(&mut self) -> Option<Assessment> {
        self.maybe(3, |w| {
            let amount = AmountOrZero::parse(&w.amount(3, 7).money().to_string()).expect("an amount");
            let lines =
                if w.one_in(4) { Vec::new() } else { vec![AssessedItem { item: label("compute"), amount }] };
            Assessment {
                lines,
                ratio_percent: w.maybe(3, |w| Percent::from_micro(w.pick(&[5, 20, 60]) * 1_000_000)),
            }
        })
    }

    pub(super) fn ceilings(&mut self) -> RateCeilings {
        let of = |spread_bp, tenor_months_above| RateCeiling {
            reference: label("LPR5Y"),
            spread_bp,
            tenor_months_above,
        };
        if self.one_in(2) {
            return RateCeilings::One(of(-70, self.maybe(4, |_| 60)));
        }
        RateCeilings::ByTenor(vec![of(-70, None), of(self.pick(&[-90, 0]), Some(self.pick(&[12, 60])))])
    }

    /// A cap to be relaxed, or that decided.
    pub(super) fn relax(&mut self, book: &Book) -> Command {
        let claim = |claim: &Claim| matches!(claim.status, ClaimStatus::Submitted | ClaimStatus::Reviewed);
        let voucher =
            |voucher: &Voucher| matches!(voucher.status, VoucherStatus::Submitted | VoucherStatus::Reviewed);
        let may = |programme: &ProgrammeCode, number| {
            let rules = book.rules.peek(&RulesKey { programme: programme.clone(), number });
            rules.is_some_and(|version| version.rules.overrides.is_some())
        };
        let claims =
            book.claims.iter().filter(|(_, one)| claim(one) && may(&one.programme, one.rules_version));
        let claims = claims.map(|(id, one)| (Overridden::Claim(*id), one.overrides.as_slice()));
        let vouchers =
            book.vouchers.iter().filter(|(_, one)| voucher(one) && may(&one.programme, one.rules_version));
        let vouchers = vouchers.map(|(id, one)| (Overridden::Voucher(*id), one.overrides.as_slice()));
        let all: Vec<(Overridden, &[Override])> = claims.chain(vouchers).collect();
        if all.is_empty() {
            let of = Overridden::Claim(ClaimId::new(self.id()));
            return Command::ApproveOverride(ApproveOverride { of, number: 1 });
        }
        let (of, known) = all[self.rng.gen_range(0..all.len())];
        match known.last().filter(|one| one.status == OverrideStatus::Proposed) {
            Some(one) if self.one_in(4) => {
                Command::RejectOverride(RejectOverride { of, number: one.number, reason: self.hash() })
            }
            Some(one) => Command::ApproveOverride(ApproveOverride { of, number: one.number }),
            None => Command::ProposeOverride(Box::new(ProposeOverride {
                of,
                code: self.pick(&[OverrideCode::AnnualCap, OverrideCode::ClaimCap]),
                to: self.amount(5, 11),
                document: "渝办〔2025〕7号".parse().expect("a line"),
                reason: self.hash(),
            })),
        }
    }

    fn group(&mut self) -> CapGroupCode {
        CapGroupCode::parse(self.pick(&["g1", "g2"])).expect("a code")
    }

    /// Caps that programmes share, proposed and decided; each once, so that none is lowered.
    pub(super) fn groups(&mut self, book: &Book) -> Command {
        let code = self.group();
        match book.cap_groups.peek(&code) {
            Some(group) if group.proposed.is_some() && self.one_in(4) => {
                Command::RejectCapGroup(RejectCapGroup { code, reason: self.hash() })
            }
            Some(group) if group.proposed.is_some() || group.caps.is_some() => {
                Command::ApproveCapGroup(ApproveCapGroup { code })
            }
            _ => {
                let caps = GroupCaps {
                    annual: self.maybe(2, |w| w.amount(6, 10)),
                    lifetime: Some(self.amount(7, 11)),
                };
                Command::ProposeCapGroup(ProposeCapGroup { code, caps })
            }
        }
    }

    /// Other statutory limits, proposed and decided.
    pub(super) fn limits(&mut self, book: &Book) -> Command {
        let is_open = |limit: &StatutoryLimit| limit.status == StatutoryLimitStatus::Proposed;
        let found = self.found(&book.statutory_limits, 10, is_open);
        let id = found.unwrap_or_else(|| StatutoryLimitId::new(self.id()));
        if !book.statutory_limits.iter().any(|(_, limit)| is_open(limit)) || self.one_in(3) {
            let [points_max, until] =
                self.pick(&[["1.5", "2027-12-31"], ["2.5", "2029-12-31"], ["1", "2026-12-31"]]);
            return Command::ProposeStatutoryLimit(ProposeStatutoryLimit {
                id: StatutoryLimitId::new(self.id()),
                limits: StatutoryLimits {
                    points_max: Points::parse(points_max).expect("points"),
                    window_until: date(until),
                },
                document: line("文1"),
                reason: self.hash(),
            });
        }
        if self.one_in(2) {
            return Command::RejectStatutoryLimit(RejectStatutoryLimit { id, reason: self.hash() });
        }
        Command::ApproveStatutoryLimit(ApproveStatutoryLimit { id })
    }

    pub(super) fn quantity(&mut self) -> Option<Quantity> {
        self.maybe(2, |w| Quantity::from_micro(w.rng.gen_range(0..1_000_000_000_000)))
    }
}

/// The pools that a case counts in, that of its own caps first.
/// Rules with every cap relaxed that was relaxed of any claim or voucher of an organisation.
pub fn relaxed_of<'a>(
    book: &Book,
    (programme, organisation): (&ProgrammeCode, CreditCode),
    rules: Cow<'a, Policy>,
) -> Cow<'a, Policy> {
    let claims = book.claims.iter().map(|(_, one)| (&one.programme, one.organisation, &one.overrides));
    let vouchers = book.vouchers.iter().map(|(_, one)| (&one.programme, one.organisation, &one.overrides));
    let own = claims.chain(vouchers).filter(|(of, who, _)| *of == programme && *who == organisation);
    own.flat_map(|(_, _, overrides)| overrides)
        .fold(rules, |rules, one| relaxed(rules, &counting(std::slice::from_ref(one))))
}

fn pools(
    book: &Book,
    programme: &ProgrammeCode,
    number: u32,
    scope: impl Fn(CapHolder) -> CapScope,
) -> Vec<CapPool> {
    let key = RulesKey { programme: programme.clone(), number };
    let caps = &book.rules.peek(&key).expect("its rules").rules.caps;
    let of = |scope| CapPool::Programme(programme.clone(), scope);
    let own = caps.per.filter(|per| *per != CapHolder::Organisation).map(|per| of(scope(per)));
    let groups = caps.groups.iter().flatten().cloned().map(CapPool::Group);
    own.into_iter().chain([of(CapScope::Organisation)]).chain(groups).collect()
}

pub fn pools_of_voucher(book: &Book, voucher: &Voucher) -> Vec<CapPool> {
    pools(book, &voucher.programme, voucher.rules_version, |_| CapScope::Contract(voucher.rental))
}

/// Of a redemption without the groups: its voucher counts in them.
pub fn pools_of_claim(book: &Book, claim: &Claim) -> Vec<CapPool> {
    let found = pools(book, &claim.programme, claim.rules_version, |per| match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => {
            CapScope::Contract(book.vouchers.peek(voucher).expect("its voucher").rental)
        }
        ClaimSubject::RentalSubsidy { rental, .. } => CapScope::Contract(*rental),
        ClaimSubject::GrantTranche { .. } => CapScope::Organisation,
        ClaimSubject::InterestSubsidy { loan, .. } if per == CapHolder::Loan => CapScope::Loan(*loan),
        ClaimSubject::InterestSubsidy { loan, .. } => {
            CapScope::Project(book.loans.peek(loan).expect("its loan").project.code.folded())
        }
    });
    if claim.subject.voucher().is_some() { own_pools(found) } else { found }
}

/// The pools of the rules themselves, without those of groups.
pub fn own_pools(pools: Vec<CapPool>) -> Vec<CapPool> {
    pools.into_iter().filter(|pool| matches!(pool, CapPool::Programme(..))).collect()
}

pub fn usage_key(
    pool: &CapPool,
    organisation: CreditCode,
    year: Option<FiscalYear>,
    counts: Counts,
) -> CapUsageKey {
    let counts = if matches!(pool, CapPool::Group(_)) { Counts::Issue } else { counts };
    CapUsageKey { pool: pool.clone(), organisation, year, counts }
}

/// What a group counts is what vouchers promise and have not given back, and what claims without one were approved at.
pub fn check_groups(book: &Book) {
    let mut used: BTreeMap<CapUsageKey, i64> = BTreeMap::new();
    let mut count = |pools: Vec<CapPool>, (organisation, year), fen: i64| {
        for pool in pools.iter().filter(|pool| matches!(pool, CapPool::Group(_))) {
            for year in [year, None] {
                *used.entry(usage_key(pool, organisation, year, Counts::Issue)).or_default() += fen;
            }
        }
    };
    for (_, voucher) in book.vouchers.iter().filter(|(_, one)| one.number.is_some()) {
        let balance = &voucher.balance;
        let live = balance.face.fen() - balance.released.fen() - balance.expired.fen();
        count(pools_of_voucher(book, voucher), (voucher.organisation, voucher.fiscal_year), live);
    }
    for (_, claim) in book.claims.iter().filter(|(_, one)| one.approved_on.is_some()) {
        let drawn = claim.amount.fen() + claim.corrected.fen() - claim.freed.fen();
        count(pools_of_claim(book, claim), (claim.organisation, cap_year(book, claim)), drawn);
    }
    used.retain(|_, fen| *fen != 0);
    let groups = book.usages.iter().filter(|(key, _)| matches!(key.pool, CapPool::Group(_)));
    let kept: BTreeMap<CapUsageKey, i64> =
        groups.map(|(key, used)| (key.clone(), used.amount.fen())).filter(|(_, fen)| *fen != 0).collect();
    assert_eq!(kept, used, "a group counts what is promised under all its programmes");
}

/// The sums of the bases of cost years are those of the claims that are filed and stand, under rules that sum them.
pub(super) fn check_bases(book: &Book) {
    use ClaimStatus::{Approved, Paid, Reviewed, Submitted};
    let mut sums: BTreeMap<CapUsageKey, i64> = BTreeMap::new();
    for (id, claim) in book.claims.iter() {
        let (year, base) = match &claim.subject {
            ClaimSubject::RentalSubsidy { rental, .. } => {
                let uses = book.uses.peek(rental).and_then(|uses| uses.get(&ContractHolder::Claim(*id)));
                let Some(settled) = uses.and_then(|one| one.settled.as_deref()) else { continue };
                (settled.days.last_year(), settled.base)
            }
            ClaimSubject::InterestSubsidy { loan, .. } => {
                let Some(held) = book.loan_uses.peek(loan).and_then(|uses| uses.get(id)) else { continue };
                let (from, until) = (held.period.from, held.period.until);
                (ClaimPeriod { from, until }.last_year(), held.base)
            }
            ClaimSubject::VoucherRedemption { .. } | ClaimSubject::GrantTranche { .. } => continue,
        };
        let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
        let sums_them = book.rules.peek(&key).expect("its rules").rules.caps.counts_year_base();
        let filed = matches!(claim.status, Submitted | Reviewed | Approved | Paid);
        assert!(filed && sums_them || base.is_zero(), "{base} of {claim:?}");
        if base.is_zero() {
            continue;
        }
        for pool in pools_of_claim(book, claim) {
            let CapPool::Programme(programme, scope) = pool else { continue };
            let (pool, organisation) = (CapPool::Base(programme, scope), claim.organisation);
            let key = CapUsageKey { pool, organisation, year: Some(year), counts: Counts::Redemption };
            *sums.entry(key).or_default() += base.fen();
        }
    }
    let kept = book
        .usages
        .iter()
        .filter(|(key, used)| matches!(key.pool, CapPool::Base(..)) && !used.amount.is_zero());
    let kept: BTreeMap<CapUsageKey, i64> = kept.map(|(key, used)| (key.clone(), used.amount.fen())).collect();
    assert_eq!(kept, sums, "the bases of a year are those of its claims");
}
