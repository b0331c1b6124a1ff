//! Random questions: events that do not contradict each other, most of them around a period, rules of every kind.

use rand::Rng;
use rand::rngs::StdRng;
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::*;
use subsidy_core::loans::ceiling::within_ceiling;
use subsidy_core::loans::events::Dated;
use subsidy_core::loans::subsidy::{Limits, Question};
use subsidy_core::loans::{Change, InterestPeriod, LoanEvent};
use subsidy_core::organisations::{Category, Size};
use subsidy_core::programmes::StatutoryLimits;
use subsidy_core::programmes::calculation::CapUse;
use subsidy_core::programmes::eligibility::Traits;
use subsidy_core::programmes::policy::*;

use super::tiers::{Asks, tiered};

/// A question with all that it borrows.
#[derive(Debug)]
pub struct Drawn {
    /// The rules with their tiers.
    pub rules: Policy,
    /// The rules as the service has them for who asks.
    under: Policy,
    /// The same as they are reckoned from the text of the tiers.
    pub policy: Policy,
    pub window: Window,
    pub period: InterestPeriod,
    pub signed_on: Date,
    pub rate: Percent,
    pub matures_on: Option<Date>,
    pub events: Vec<LoanEvent>,
    pub reference: Vec<Dated<Percent>>,
    pub room: Vec<Dated<Money>>,
    pub other_points: Option<Points>,
    pub interest_paid: Option<Money>,
    pub statutory: StatutoryLimits,
    pub lifetime: Option<(Money, Money)>,
    pub annual: Option<(Money, Money)>,
}

impl Drawn {
    /// Whether the service takes a loan as dear as this; none where nothing says when it is due.
    pub fn taken(&self) -> Option<bool> {
        let (ceilings, matures_on) = self.rules.rate_ceiling.as_ref().zip(self.matures_on)?;
        let ceiling = ceilings.of(self.signed_on, matures_on);
        let within = |one| within_ceiling(one, &self.reference, self.rate, self.signed_on).is_ok();
        Some(ceiling.is_none_or(within))
    }

    pub fn question(&self) -> Question<'_> {
        let cap = |(cap, used): (Money, Money)| CapUse::new(None, cap, used);
        Question {
            policy: &self.under,
            window: self.window,
            period: self.period,
            signed_on: Some(self.signed_on),
            first_drawdown: None,
            drawn_outside: &[],
            annual_rate_percent: self.rate,
            matures_on: self.matures_on,
            events: &self.events,
            reference: &self.reference,
            room: &self.room,
            others: &[],
            other_points: self.other_points,
            limits: Limits {
                interest_paid: self.interest_paid,
                statutory: self.statutory,
                lifetime: self.lifetime.map(cap),
                annual: self.annual.map(cap),
                groups: Vec::new(),
                other_money: Vec::new(),
            },
        }
    }
}

fn one_in(rng: &mut StdRng, n: u32) -> bool {
    rng.gen_range(0..n) == 0
}

fn maybe<T>(rng: &mut StdRng, n: u32, make: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
    one_in(rng, n).then(|| make(rng))
}

fn plus(day: Date, days: i64) -> Date {
    Date::from_naive(day.naive() + chrono::TimeDelta::days(days))
}

/// Fen of any order of magnitude between two powers of ten.
fn fen(rng: &mut StdRng, from: u32, until: u32) -> i64 {
    let magnitude = 10_i64.pow(rng.gen_range(from..until));
    rng.gen_range(magnitude..magnitude * 10)
}

fn amount(fen: i64) -> Amount {
    Amount::parse(&Money::from_fen(fen).to_string()).expect("an amount")
}

/// A rate of two to six decimals, up to 8 %.
fn rate(rng: &mut StdRng) -> Percent {
    let step = [1, 100, 10_000, 50_000][rng.gen_range(0..4)];
    Percent::from_micro(rng.gen_range(0..8_000_000 / step) * step)
}

pub fn draw(rng: &mut StdRng, day_count: DayCount) -> Drawn {
    let first = Date::parse("2023-01-01").expect("a date");
    let from = plus(first, rng.gen_range(0..1_900));
    let days = if one_in(rng, 12) { rng.gen_range(1..900) } else { rng.gen_range(1..100) };
    let period = InterestPeriod { from, until: plus(from, days) };
    let matures_on = maybe(rng, 2, |rng| plus(from, rng.gen_range(-20..days + 40)));
    let events = events(rng, (from, days), matures_on);
    let rate = rate(rng);
    let reference = reference(rng, from, days);
    let mut rules = policy(rng, day_count);
    rules.tiers = maybe(rng, 2, |rng| (0..rng.gen_range(1..4)).map(|_| tier(rng)).collect());
    rules.rate_ceiling = maybe(rng, 2, ceilings);
    let asks = Asks {
        category: [Category::PrivateEnterprise, Category::University][rng.gen_range(0..2)],
        size: maybe(rng, 2, |rng| [Size::Micro, Size::Small, Size::Large][rng.gen_range(0..3)]),
        startup: one_in(rng, 2),
    };
    let drawn = events.iter().find(|event| matches!(event.change, Change::Drawdown(_)));
    if let Some(first) = drawn.filter(|_| one_in(rng, 3)) {
        let until = plus(first.date, rng.gen_range(0..days));
        rules.windows =
            Some(Windows { disbursed: Some(Window { from: first.date, until }), ..Windows::default() });
    }
    let traits = Traits {
        category: Some(asks.category),
        size: asks.size,
        startup: asks.startup,
        region: None,
        tags: Vec::new(),
        project_tags: Vec::new(),
        base: None,
    };
    let under = rules.under(rules.tier_of(&traits)).into_owned();
    let policy = tiered(&rules, &asks);
    let paid = if under.points.is_none() || policy.points.is_none() { 1 } else { 3 };
    let points_max = if one_in(rng, 2) { 1_500_000 } else { rng.gen_range(0..4_000_000) };
    Drawn {
        rules,
        under,
        policy,
        statutory: StatutoryLimits {
            points_max: Points::from_micro(points_max),
            window_until: if one_in(rng, 6) {
                plus(from, rng.gen_range(-2..days + 5))
            } else {
                StatutoryLimits::default().window_until
            },
        },
        signed_on: plus(from, rng.gen_range(-400..1)),
        window: window(rng, from, days),
        period,
        rate,
        matures_on,
        events,
        reference,
        room: maybe(rng, 5, |rng| room(rng, from)).unwrap_or_default(),
        other_points: maybe(rng, 3, |rng| Points::from_micro(rng.gen_range(0..4_000_000))),
        interest_paid: maybe(rng, paid, |rng| Money::from_fen(fen(rng, 3, 10))),
        lifetime: maybe(rng, 6, |rng| (Money::from_fen(fen(rng, 5, 10)), Money::from_fen(fen(rng, 4, 9)))),
        annual: maybe(rng, 6, |rng| (Money::from_fen(fen(rng, 5, 10)), Money::from_fen(fen(rng, 4, 9)))),
    }
}

fn window(rng: &mut StdRng, from: Date, days: i64) -> Window {
    let statutory = Date::parse("2027-12-31").expect("a date");
    let begin = match rng.gen_range(0..6) {
        0 => plus(from, rng.gen_range(0..days + 1)),
        _ => Date::parse("2023-06-01").expect("a date"),
    };
    let until = if one_in(rng, 4) { plus(from, rng.gen_range(-2..days + 5)) } else { statutory };
    Window { from: begin, until: until.min(statutory).max(begin) }
}

/// Up to nine events, kept from contradicting each other. Nothing happens to a loan after its day of maturity, which
/// extensions move on.
fn events(rng: &mut StdRng, (from, days): (Date, i64), mut matures_on: Option<Date>) -> Vec<LoanEvent> {
    let mut dates: Vec<Date> =
        (0..rng.gen_range(1..10)).map(|_| plus(from, rng.gen_range(-days - 5..days + 5))).collect();
    if one_in(rng, 2) {
        dates.push(from);
    }
    dates.sort_unstable();
    let (mut principal, mut overdue, mut paused) = (0_i64, 0_i64, false);
    let mut events = Vec::new();
    for (index, date) in dates.into_iter().enumerate() {
        if matures_on.is_some_and(|last| date > last) {
            break;
        }
        let in_time = (principal - overdue).max(0);
        if one_in(rng, 6) {
            let last = plus(matures_on.unwrap_or(date), rng.gen_range(1..60));
            matures_on = Some(last);
            events.push(LoanEvent { date, change: Change::Extension(last) });
            continue;
        }
        if index > 0 && one_in(rng, 8) {
            paused = !paused;
            events.push(LoanEvent { date, change: if paused { Change::Pause } else { Change::Resume } });
            continue;
        }
        let change = match rng.gen_range(0..10) {
            _ if index == 0 => drawdown(rng, &mut principal),
            0..3 => drawdown(rng, &mut principal),
            3..5 if principal > 0 => {
                let by = if one_in(rng, 4) { principal } else { rng.gen_range(1..=principal) };
                principal -= by;
                Change::Repayment(amount(by))
            }
            5..7 if in_time > 0 => {
                let by = rng.gen_range(1..=in_time);
                overdue += by;
                Change::Overdue(amount(by))
            }
            7 if overdue > 0 => {
                let by = rng.gen_range(1..=overdue);
                overdue -= by;
                Change::OverdueCleared(amount(by))
            }
            _ => Change::RateChange(rate(rng)),
        };
        events.push(LoanEvent { date, change });
    }
    events
}

/// Up to the largest amount there is; what would be more than that is a fen.
fn drawdown(rng: &mut StdRng, principal: &mut i64) -> Change {
    let by = if one_in(rng, 20) { fen(rng, 0, 13) } else { fen(rng, 6, 12) };
    let by = by.min(Money::INPUT_MAX.fen() - *principal - 20).max(1);
    *principal += by;
    Change::Drawdown(amount(by))
}

/// A rate before everything, and perhaps changes of it.
fn reference(rng: &mut StdRng, from: Date, days: i64) -> Vec<Dated<Percent>> {
    let mut dates = vec![Date::parse("2019-08-20").expect("a date")];
    for _ in 0..rng.gen_range(0..4) {
        dates.push(plus(from, rng.gen_range(-30..days + 10)));
    }
    dates.sort_unstable();
    dates.dedup();
    dates.into_iter().map(|date| Dated { date, value: rate(rng) }).collect()
}

/// Room from the first day of all, and perhaps another from a day on.
fn room(rng: &mut StdRng, from: Date) -> Vec<Dated<Money>> {
    let mut room = vec![Dated {
        date: Date::parse("2000-01-01").expect("a date"),
        value: Money::from_fen(fen(rng, 7, 12)),
    }];
    if one_in(rng, 2) {
        let value = if one_in(rng, 5) { Money::ZERO } else { Money::from_fen(fen(rng, 7, 12)) };
        room.push(Dated { date: plus(from, rng.gen_range(-5..60)), value });
    }
    room
}

fn points(rng: &mut StdRng) -> PointsRule {
    let max = if one_in(rng, 2) { 1_500_000 } else { rng.gen_range(0..=1_500_000) };
    PointsRule {
        max: maybe(rng, 2, |_| Points::from_micro(max)),
        share_of_contract_rate_percent: maybe(rng, 3, |rng| {
            Percent::from_micro(rng.gen_range(0..=100_000_000))
        }),
        share_of_reference: maybe(rng, 3, |rng| ShareOfReference {
            name: Label::parse("LPR5Y").expect("a label"),
            percent: Percent::from_micro(rng.gen_range(0..=100_000_000)),
        }),
    }
}

/// A tier for some of those who ask, with points or a cap of its own, or with neither.
fn tier(rng: &mut StdRng) -> Tier {
    let when = TierWhen {
        categories: maybe(rng, 3, |_| vec![Category::University]),
        sizes: maybe(rng, 3, |_| vec![Size::Micro, Size::Small]),
        startup: maybe(rng, 3, |rng| one_in(rng, 2)),
        ..TierWhen::default()
    };
    let caps = maybe(rng, 2, |rng| TierCaps {
        claim: maybe(rng, 2, |rng| amount(fen(rng, 4, 10))),
        ..TierCaps::default()
    });
    Tier { when, items: None, points: maybe(rng, 2, points), caps }
}

/// One ceiling, or some by tenor.
fn ceilings(rng: &mut StdRng) -> RateCeilings {
    let mut of = |months| RateCeiling {
        reference: Label::parse("LPR5Y").expect("a label"),
        spread_bp: rng.gen_range(-200..300),
        tenor_months_above: months,
    };
    let all = [None, Some(3), Some(12), Some(14)].map(&mut of);
    match rng.gen_range(0..3) {
        0 => RateCeilings::One(all[rng.gen_range(0..4)].clone()),
        1 => RateCeilings::ByTenor(all.to_vec()),
        _ => RateCeilings::ByTenor(all[1..].to_vec()),
    }
}

fn policy(rng: &mut StdRng, day_count: DayCount) -> Policy {
    let mut policy = Policy {
        day_count: Some(day_count),
        rounding: Rounding {
            mode: [RoundingMode::HalfUp, RoundingMode::HalfEven, RoundingMode::Down][rng.gen_range(0..3)],
            scope: [RoundingScope::Claim, RoundingScope::Line][rng.gen_range(0..2)],
            unit: if one_in(rng, 5) { RoundingUnit::Yuan } else { RoundingUnit::Fen },
        },
        stacking: [Stacking::Exclusive, Stacking::NetOff, Stacking::Allow][rng.gen_range(0..3)].into(),
        ..Policy::default()
    };
    policy.points = Some(points(rng));
    policy.paid_interest_percent = maybe(rng, 3, |rng| Percent::from_micro(rng.gen_range(0..=100_000_000)));
    if policy.paid_interest_percent.is_some() && policy.stacking.mode() != Stacking::NetOff && one_in(rng, 2)
    {
        policy.points = None;
    }
    policy.term = maybe(rng, 4, |rng| Term {
        months_max: rng.gen_range(1..16),
        from: [TermFrom::FirstDrawdown, TermFrom::Signed][rng.gen_range(0..2)],
    });
    policy.caps.claim = maybe(rng, 5, |rng| amount(fen(rng, 4, 10)));
    policy.shares = maybe(rng, 3, |rng| {
        let first = rng.gen_range(0..=100_000_000);
        let second = rng.gen_range(0..=100_000_000 - first);
        let share = |level: &str, micro| Share {
            level: Label::parse(level).expect("a label"),
            percent: Percent::from_micro(micro),
        };
        vec![share("city", first), share("district", second), share("town", 100_000_000 - first - second)]
    });
    policy
}
