//! The rule reckoned from its text: one day after the other, in big rationals, with a calendar of its own. Shares
//! nothing with the service but the question's types.

use std::collections::BTreeSet;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use subsidy_core::domain::{Date, DayCount, RoundingMode, RoundingScope, RoundingUnit};
use subsidy_core::loans::Change;
use subsidy_core::programmes::policy::{Stacking, TermFrom};

use super::questions::Drawn;

/// A stretch between two days that change something.
#[derive(Debug)]
pub struct Line {
    pub from: String,
    pub days: i64,
    /// CNY.
    pub exact: BigRational,
    /// CNY that the agency's limit of points comes to.
    at_limit: BigRational,
}

#[derive(Debug)]
pub struct Reckoned {
    pub lines: Vec<Line>,
    /// CNY.
    pub exact: BigRational,
    /// Fen from here on.
    pub computed: i64,
    pub amount: i64,
    pub reductions: Vec<(&'static str, i64)>,
    pub shares: Vec<i64>,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Day {
    year: i64,
    month: i64,
    day: i64,
}

fn ratio(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(BigInt::from(numerator), BigInt::from(denominator))
}

impl Day {
    fn of(date: Date) -> Self {
        let text = date.to_string();
        let part = |range: std::ops::Range<usize>| text[range].parse().expect("digits");
        Self { year: part(0..4), month: part(5..7), day: part(8..10) }
    }

    fn is_leap(self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    fn days_of_month(self) -> i64 {
        match self.month {
            2 if self.is_leap() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn next(self) -> Self {
        if self.day < self.days_of_month() {
            Self { day: self.day + 1, ..self }
        } else if self.month < 12 {
            Self { month: self.month + 1, day: 1, ..self }
        } else {
            Self { year: self.year + 1, month: 1, day: 1 }
        }
    }

    /// The corresponding day so many months on, or the last of that month.
    fn months_on(self, months: i64) -> Self {
        let month = self.month - 1 + months;
        let first = Self { year: self.year + month.div_euclid(12), month: month.rem_euclid(12) + 1, day: 1 };
        Self { day: self.day.min(first.days_of_month()), ..first }
    }

    /// How many days lie before this one, since the year 1.
    fn number(self) -> i64 {
        let before = self.year - 1;
        let months = (1..self.month).map(|month| Self { month, ..self }.days_of_month());
        365 * before + before / 4 - before / 100 + before / 400 + months.sum::<i64>() + self.day
    }

    /// How many days the anniversary year has in which this day lies.
    fn year_since(self, begin: Self) -> i64 {
        let years = (0..).take_while(|years| begin.months_on(12 * years) <= self).last();
        let Some(years) = years else { return 365 };
        let (first, next) = (begin.months_on(12 * years), begin.months_on(12 * years + 12));
        next.number() - first.number()
    }

    /// How many days the stretch from this day to the next counts for, and by what they are divided. `drawn` is the day
    /// of the first drawdown.
    fn counts(self, day_count: DayCount, drawn: Option<Self>) -> (i64, i64) {
        match day_count {
            DayCount::Icma => (1, drawn.map_or(365, |drawn| self.year_since(drawn))),
            DayCount::Actual360 => (1, 360),
            DayCount::Actual365 => (1, 365),
            DayCount::ActualActual => (1, if self.is_leap() { 366 } else { 365 }),
            // a month has thirty days: of a longer one the 30th counts for nothing, of a shorter one the last for more
            DayCount::Thirty360 if self.day == 30 && self.days_of_month() == 31 => (0, 360),
            DayCount::Thirty360 if self.month == 2 && self.day == self.days_of_month() => {
                (31 - self.day, 360)
            }
            DayCount::Thirty360 => (1, 360),
        }
    }
}

/// How the loan stands on a day.
struct Standing {
    /// What is left of each drawdown, the oldest first, and whether it was drawn within the window for it.
    drawn: Vec<(i64, bool)>,
    principal: i64,
    overdue: i64,
    /// From this day on nothing is owed in time.
    matures_on: Option<Day>,
    /// Millionths of a percent.
    rate: i64,
    paused: bool,
}

impl Standing {
    fn signed(drawn: &Drawn) -> Self {
        let matures_on = drawn.matures_on.map(Day::of);
        Self {
            drawn: Vec::new(),
            principal: 0,
            overdue: 0,
            matures_on,
            rate: drawn.rate.micro(),
            paused: false,
        }
    }

    fn after(&mut self, change: Change, in_window: bool) {
        match change {
            Change::Drawdown(amount) => {
                self.principal += amount.money().fen();
                self.drawn.push((amount.money().fen(), in_window));
            }
            Change::Repayment(amount) => {
                let mut left = amount.money().fen();
                self.principal -= left;
                for (of, _) in &mut self.drawn {
                    let part = left.min(*of);
                    (*of, left) = (*of - part, left - part);
                }
            }
            Change::Pause => self.paused = true,
            Change::Resume => self.paused = false,
            Change::RateChange(rate) => self.rate = rate.micro(),
            Change::Overdue(amount) => self.overdue += amount.money().fen(),
            Change::OverdueCleared(amount) => self.overdue -= amount.money().fen(),
            Change::Extension(day) => self.matures_on = Some(Day::of(day)),
        }
    }
}

impl Standing {
    /// What is owed, not overdue, and of the drawdowns within the window. The oldest drawdown is overdue first.
    fn in_time(&self) -> i64 {
        let (mut overdue, mut sum) = (self.overdue, 0);
        for (left, in_window) in &self.drawn {
            let late = overdue.min(*left);
            overdue -= late;
            sum += if *in_window { left - late } else { 0 };
        }
        sum
    }
}

/// Whether a loan is not dearer than the ceiling of the longest tenor that it is above; none where nothing is asked.
pub fn admitted(drawn: &Drawn) -> Option<bool> {
    let (ceilings, due) = drawn.rules.rate_ceiling.as_ref().zip(drawn.matures_on)?;
    let (signed, due) = (Day::of(drawn.signed_on), Day::of(due));
    let mut longest: Option<(i64, i64)> = None;
    for ceiling in ceilings.all() {
        let months = ceiling.tenor_months_above.map_or(-1, i64::from);
        let above = months < 0 || due > signed.months_on(months);
        if above && longest.is_none_or(|(known, _)| months > known) {
            longest = Some((months, i64::from(ceiling.spread_bp)));
        }
    }
    let Some((_, spread)) = longest else { return Some(true) };
    let mut published = drawn.reference.iter().filter(|rate| Day::of(rate.date) <= signed);
    let reference = published.next_back().expect("a rate before everything").value.micro();
    Some(drawn.rate.micro() <= (reference + spread * 10_000).max(0))
}

/// The first day under the term that earns nothing.
fn term_ends(drawn: &Drawn) -> Option<Day> {
    let term = drawn.policy.term?;
    let from = match term.from {
        TermFrom::FirstDrawdown => first_drawdown(drawn)?,
        TermFrom::Signed => Day::of(drawn.signed_on),
    };
    Some(from.months_on(i64::from(term.months_max)))
}

fn first_drawdown(drawn: &Drawn) -> Option<Day> {
    let mut events = drawn.events.iter();
    events.find(|event| matches!(event.change, Change::Drawdown(_))).map(|event| Day::of(event.date))
}

/// Whether a drawdown of a day can earn at all.
fn in_window(drawn: &Drawn, date: Date) -> bool {
    let window = drawn.policy.windows.and_then(|windows| windows.disbursed);
    window
        .is_none_or(|window| Day::of(window.from) <= Day::of(date) && Day::of(date) <= Day::of(window.until))
}

/// What a line earns.
struct Earns {
    /// CNY a year: principal × points ÷ 100.
    yearly: BigRational,
    /// The same at the agency's limit of points.
    at_limit: BigRational,
    /// Whether any principal earns.
    any: bool,
}

fn earns(drawn: &Drawn, standing: &Standing, day: Day) -> Earns {
    let latest = |steps: &mut dyn Iterator<Item = (Date, i64)>| {
        steps.filter(|(date, _)| Day::of(*date) <= day).last().map(|(_, value)| value)
    };
    let room = latest(&mut drawn.room.iter().map(|step| (step.date, step.value.fen())));
    let mut principal = standing.in_time();
    let over = standing.matures_on.is_some_and(|last| day >= last);
    let unlawful = day > Day::of(drawn.statutory.window_until);
    if over || unlawful || standing.paused || term_ends(drawn).is_some_and(|end| day >= end) {
        principal = 0;
    }
    if let Some(room) = room {
        principal = principal.min(room);
    }
    let rate = ratio(standing.rate, 1_000_000);
    let limit = ratio(drawn.statutory.points_max.micro(), 1_000_000);
    let hundredth =
        |points: BigRational| ratio(principal, 100) * points / BigRational::from_integer(BigInt::from(100));
    let (any, at_limit) = (principal > 0, hundredth(limit.clone()));
    let Some(rule) = &drawn.policy.points else {
        return Earns { yearly: BigRational::zero(), at_limit, any };
    };
    let mut points = vec![limit, rate.clone()];
    points.extend(rule.max.map(|max| ratio(max.micro(), 1_000_000)));
    if let Some(share) = rule.share_of_contract_rate_percent {
        points.push(ratio(share.micro(), 100_000_000) * &rate);
    }
    if let Some(share) = &rule.share_of_reference {
        let reference = latest(&mut drawn.reference.iter().map(|step| (step.date, step.value.micro())));
        points.push(ratio(share.percent.micro(), 100_000_000) * ratio(reference.expect("a rate"), 1_000_000));
    }
    if let (Stacking::NetOff, Some(other)) = (drawn.policy.stacking.mode(), drawn.other_points) {
        points.push(rate - ratio(other.micro(), 1_000_000));
    }
    let least = points.into_iter().min().expect("some").max(BigRational::zero());
    Earns { yearly: hundredth(least), at_limit, any }
}

/// The days on which something changes, so that a line begins.
fn beginnings(drawn: &Drawn) -> BTreeSet<Day> {
    let mut days: BTreeSet<Day> = drawn.events.iter().map(|event| Day::of(event.date)).collect();
    // the maturity changes something where anything is owed in time until then
    let mut last = Standing::signed(drawn);
    drawn.events.iter().for_each(|event| last.after(event.change, true));
    days.extend(term_ends(drawn));
    days.insert(Day::of(drawn.statutory.window_until).next());
    days.extend(last.matures_on.filter(|_| last.principal > last.overdue));
    days.extend(drawn.room.iter().map(|step| Day::of(step.date)));
    if drawn.policy.points.as_ref().is_some_and(|rule| rule.share_of_reference.is_some()) {
        days.extend(drawn.reference.iter().map(|step| Day::of(step.date)));
    }
    days
}

fn lines(drawn: &Drawn) -> Vec<Line> {
    let day_count = drawn.policy.day_count.expect("a day count");
    let (from, until) = (Day::of(drawn.period.from), Day::of(drawn.period.until));
    let (first, last) = (Day::of(drawn.window.from), Day::of(drawn.window.until));
    let mut standing = Standing::signed(drawn);
    let changes: Vec<(Day, Change, bool)> = drawn
        .events
        .iter()
        .map(|event| (Day::of(event.date), event.change, in_window(drawn, event.date)))
        .collect();
    let first_drawdown = first_drawdown(drawn);
    let mut changes = changes.into_iter().peekable();
    let (beginnings, mut lines) = (beginnings(drawn), Vec::<Line>::new());
    let mut open: Option<Earns> = None;
    // days by what they are divided by, since the line began, and all of them
    let mut counted: [i64; 4] = [0; 4];
    let mut day = from;
    while day < until {
        while let Some((_, change, in_window)) = changes.next_if(|(date, ..)| *date <= day) {
            standing.after(change, in_window);
        }
        if first <= day && day <= last {
            if open.is_none() || beginnings.contains(&day) {
                close(drawn, &mut lines, &mut counted, open.as_ref());
                let from = format!("{:04}-{:02}-{:02}", day.year, day.month, day.day);
                lines.push(Line { from, days: 0, exact: BigRational::zero(), at_limit: BigRational::zero() });
                open = Some(earns(drawn, &standing, day));
            }
            let (days, basis) = day.counts(day_count, first_drawdown);
            let index = [360, 365, 366].iter().position(|b| *b == basis).expect("a basis");
            counted[index] += days;
            counted[3] += 1;
        }
        day = day.next();
    }
    close(drawn, &mut lines, &mut counted, open.as_ref());
    lines
}

/// Ends the line that is open.
fn close(drawn: &Drawn, lines: &mut [Line], counted: &mut [i64; 4], open: Option<&Earns>) {
    if let (Some(line), Some(earns)) = (lines.last_mut(), open) {
        let [by_360, by_365, by_366, all] = *counted;
        line.days = by_360 + by_365 + by_366;
        let part = ratio(by_360, 360) + ratio(by_365, 365) + ratio(by_366, 366);
        line.at_limit = &earns.at_limit * &part;
        line.exact = match &drawn.policy.points {
            Some(_) => &earns.yearly * part,
            None => paid_share(drawn) * ratio(if earns.any { all } else { 0 }, days_of_period(drawn)),
        };
    }
    *counted = [0; 4];
}

fn days_of_period(drawn: &Drawn) -> i64 {
    Day::of(drawn.period.until).number() - Day::of(drawn.period.from).number()
}

/// CNY: the percentage of the interest paid.
fn paid_share(drawn: &Drawn) -> BigRational {
    let percent = drawn.policy.paid_interest_percent.expect("a percentage");
    ratio(drawn.interest_paid.expect("interest").fen(), 100) * ratio(percent.micro(), 100_000_000)
}

/// CNY to fen.
fn round(exact: &BigRational, mode: RoundingMode) -> i64 {
    let fen = exact * BigRational::from_integer(BigInt::from(100));
    let (whole, rest) = (fen.floor(), &fen - fen.floor());
    let half = ratio(1, 2);
    let odd = (whole.to_integer() % BigInt::from(2)).abs() == BigInt::from(1);
    let up = match mode {
        RoundingMode::Down => false,
        RoundingMode::HalfUp => rest >= half,
        RoundingMode::HalfEven => rest > half || rest == half && odd,
    };
    whole.to_integer().to_i64().expect("in range") + i64::from(up)
}

/// CNY to fen, in whole units of a rule.
fn in_units(exact: &BigRational, rounding: subsidy_core::domain::Rounding) -> i64 {
    match rounding.unit {
        RoundingUnit::Fen => round(exact, rounding.mode),
        RoundingUnit::Yuan => {
            100 * round(&(exact / BigRational::from_integer(BigInt::from(100))), rounding.mode)
        }
    }
}

/// What each level gets: the whole fen of its percentage, and a fen more where the rest is largest.
fn shares(drawn: &Drawn, amount: i64) -> Vec<i64> {
    let levels = drawn.policy.shares.as_deref().unwrap_or_default();
    let exact: Vec<BigRational> =
        levels.iter().map(|share| ratio(amount, 1) * ratio(share.percent.micro(), 100_000_000)).collect();
    let mut parts: Vec<i64> =
        exact.iter().map(|e| e.floor().to_integer().to_i64().expect("in range")).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| {
        (&exact[*b] - exact[*b].floor()).cmp(&(&exact[*a] - exact[*a].floor())).then(a.cmp(b))
    });
    let left = if levels.is_empty() { 0 } else { amount - parts.iter().sum::<i64>() };
    for index in order.into_iter().take(usize::try_from(left).expect("few")) {
        parts[index] += 1;
    }
    parts
}

/// What the subsidy comes to.
pub fn reckon(drawn: &Drawn) -> Reckoned {
    let (lines, rounding) = (lines(drawn), drawn.policy.rounding);
    let exact = lines.iter().fold(BigRational::zero(), |sum, line| sum + &line.exact);
    let computed = match rounding.scope {
        RoundingScope::Claim => in_units(&exact, rounding),
        RoundingScope::Line => lines.iter().map(|line| in_units(&line.exact, rounding)).sum(),
    };
    let left = |cap: Option<(subsidy_core::domain::Money, subsidy_core::domain::Money)>| {
        cap.map(|(cap, used)| (cap.fen() - used.fen()).max(0))
    };
    let mut amount = computed;
    let mut reductions = Vec::new();
    let points = drawn.policy.points.is_some();
    let beside = points && drawn.policy.paid_interest_percent.is_some() && drawn.interest_paid.is_some();
    let at_limit = lines.iter().fold(BigRational::zero(), |sum, line| sum + &line.at_limit);
    for (code, limit) in [
        ("claim_cap", drawn.policy.caps.claim.map(|cap| cap.money().fen())),
        ("paid_interest_share", beside.then(|| round(&paid_share(drawn), rounding.mode))),
        ("statutory_points", (!points).then(|| round(&at_limit, rounding.mode))),
        ("paid_interest_ceiling", drawn.interest_paid.map(subsidy_core::domain::Money::fen)),
        ("lifetime_cap", left(drawn.lifetime)),
        ("annual_cap", left(drawn.annual)),
    ] {
        if let Some(limit) = limit.filter(|limit| amount > *limit) {
            reductions.push((code, amount - limit));
            amount = limit;
        }
    }
    let shares = shares(drawn, amount);
    Reckoned { lines, exact, computed, amount, reductions, shares }
}
