//! What a programme for interest will still cost, to the end of its window: loan by loan, month by month.
//!
//! A loan counts from the day after the last that a claim takes, at the earliest from the window's first, to its maturity or the
//! window's end. What happened counts as it happened, from then on today's balance and rate stay as they are. Each month
//! is rounded by itself, as the rules round; all sums are sums of these. Where interest that is paid counts, it is taken to be
//! what accrues at the contract rate. The cap on principal goes to an organisation's
//! loans in the order of their recording. Caps in money are left out: they count in the year of an approval that nobody
//! knows yet.

use std::collections::BTreeMap;

use super::allocations::{Holdings, room, taken};
use super::events::{Dated, first_drawdown, history};
use super::subsidy::{Limits, Question, SubsidyError, outside, over};
use super::{InterestPeriod, Loan};
use crate::domain::dates::Window;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{ClaimId, CreditCode, Date, Money, Month, Percent};
use crate::programmes::{Policy, StatutoryLimits};

/// What a loan is estimated under.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The rules, as the loan's tier has them.
    pub policy: &'a Policy,
    pub window: Window,
    pub statutory: StatutoryLimits,
    /// The reference rate that the points rule asks for, in the order of the days.
    pub reference: &'a [Dated<Percent>],
}

/// A month's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthCost {
    pub month: Month,
    /// CNY.
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanCost {
    /// The first day that counts.
    pub from: Date,
    /// The day after the last that counts.
    pub until: Date,
    /// CNY, the sum of its months.
    pub amount: Money,
    /// Month after month; none with nothing in it.
    pub months: Vec<MonthCost>,
}

/// Loans, as they are estimated one after the other.
#[derive(Debug, Default)]
pub struct Estimate {
    held: BTreeMap<CreditCode, Holdings>,
    months: BTreeMap<Month, Money>,
    total: Money,
}

/// Rules as they earn where it is not known yet what is paid.
fn accruing(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    if let Some(percent) = policy.paid_interest_percent.take() {
        let rule = policy.points.get_or_insert_default();
        let share = rule.share_of_contract_rate_percent.map_or(percent, |share| share.min(percent));
        rule.share_of_contract_rate_percent = Some(share);
    }
    policy
}

impl Estimate {
    /// CNY of all loans so far.
    pub const fn total(&self) -> Money {
        self.total
    }

    /// All loans so far, month after month.
    pub fn months(&self) -> Vec<MonthCost> {
        self.months.iter().map(|(month, amount)| MonthCost { month: *month, amount: *amount }).collect()
    }

    /// The first day that an appropriation no longer covers; none where it covers all of them.
    ///
    /// A month's cost is taken to accrue evenly over all of its days: of a month that costs c over n days and has left r,
    /// it is the day after the first ⌊r · n / c⌋.
    pub fn ends_on(&self, available: Money) -> Result<Option<Date>, OutOfRange> {
        let mut left = available;
        for (month, cost) in &self.months {
            let after = left.minus(*cost)?;
            if after.fen() >= 0 {
                left = after;
                continue;
            }
            let (first, last) = (month.first_day(), month.last_day());
            let days = last.naive().signed_duration_since(first.naive()).num_days() + 1;
            // 128 bits: a month's days times any amount
            let covered = i128::from(left.fen().max(0)) * i128::from(days) / i128::from(cost.fen());
            return Ok(u64::try_from(covered).ok().and_then(|covered| first.plus_days(covered)));
        }
        Ok(None)
    }

    /// Takes the next loan under its terms, of which claims take the days before `claimed`. None where no day of it is left.
    pub fn add(
        &mut self,
        loan: &Loan,
        claimed: Option<Date>,
        terms: Terms<'_>,
    ) -> Result<Option<LoanCost>, SubsidyError> {
        let window = terms.statutory.within(terms.window);
        let after = window.until.plus_days(1).unwrap_or(window.until);
        let known = history(loan.signed(), &loan.events, |_| String::new())?;
        let until = after.min(known.matures_on.unwrap_or(loan.matures_on));
        let from = claimed.unwrap_or(loan.signed_on).max(window.from).max(loan.signed_on);
        if until <= from {
            return Ok(None);
        }
        let known = known.matured();
        let policy = accruing(terms.policy);
        let room = self.room(loan, InterestPeriod { from, until }, &policy)?;
        let outside = outside(&policy, &loan.events)?;
        let question = Question {
            policy: &policy,
            window,
            period: InterestPeriod { from, until },
            signed_on: Some(loan.signed_on),
            first_drawdown: first_drawdown(&loan.events),
            drawn_outside: &outside,
            annual_rate_percent: loan.annual_rate_percent,
            matures_on: None,
            events: &[],
            reference: terms.reference,
            room: &room,
            others: &[],
            other_points: None,
            limits: Limits { statutory: terms.statutory, ..Limits::default() },
        };
        let (mut months, mut sum, mut segments) = (Vec::new(), Money::ZERO, Vec::new());
        for month in Month::of(from).through(Month::of(until)) {
            let days = InterestPeriod {
                from: month.first_day().max(from),
                until: month.next().first_day().min(until),
            };
            if days.check().is_err() {
                continue;
            }
            let found = over(&Question { period: days, ..question.clone() }, &known)?;
            let amount = found.computed;
            segments.extend(found.segments);
            if amount.is_zero() {
                continue;
            }
            sum = sum.plus(amount)?;
            months.push(MonthCost { month, amount });
            let all = self.months.entry(month).or_default();
            *all = all.plus(amount)?;
        }
        if policy.principal_cap.is_some() {
            let held = self.held.entry(loan.organisation).or_default();
            held.insert(ClaimId::new(loan.id.uuid()), taken(&segments).1);
        }
        self.total = self.total.plus(sum)?;
        Ok(Some(LoanCost { from, until, amount: sum, months }))
    }

    /// What the cap on principal leaves beside the loans before.
    fn room(
        &self,
        loan: &Loan,
        period: InterestPeriod,
        policy: &Policy,
    ) -> Result<Vec<Dated<Money>>, OutOfRange> {
        let Some(cap) = policy.principal_cap.map(Amount::money) else { return Ok(Vec::new()) };
        let none = Holdings::new();
        let held = self.held.get(&loan.organisation).unwrap_or(&none);
        room(ClaimId::new(loan.id.uuid()), cap, period, held)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "what is not right fails the test")]
mod tests {
    use super::*;
    use crate::domain::{CreditCode, LoanId, Points, Revision, Sequence, Stamp, Subject};
    use crate::loans::{Change, LoanEvent, Project};
    use crate::programmes::policy::PointsRule;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn loan(number: u128, matures_on: &str) -> Loan {
        let at = crate::domain::Instant::parse("2024-01-01T00:00:00.000000Z").unwrap();
        let stamp = Stamp { sequence: Sequence::new(1), recorded_at: at, business_date: date("2024-01-01") };
        Loan {
            id: LoanId::new(uuid::Uuid::from_u128(number)),
            organisation: CreditCode::parse("91310000MA1FL0000N").unwrap(),
            bank: CreditCode::parse("91330100MA2AX00016").unwrap(),
            loan_no: crate::domain::Line::parse("L").unwrap(),
            annual_rate_percent: Percent::parse("3.25").unwrap(),
            signed_on: date("2024-01-01"),
            matures_on: date(matures_on),
            project: Project {
                code: crate::domain::Label::parse("P").unwrap(),
                name: crate::domain::Line::parse("P").unwrap(),
                investment: None,
            },
            events: vec![LoanEvent {
                date: date("2024-01-01"),
                change: Change::Drawdown(Amount::parse("36000000").unwrap()),
            }],
            interest: Vec::new(),
            created_by: Subject::parse("a").unwrap(),
            revision: Revision::first(&stamp),
        }
    }

    fn policy(cap: Option<&str>) -> Policy {
        Policy {
            points: Some(PointsRule { max: Some(Points::parse("1").unwrap()), ..PointsRule::default() }),
            principal_cap: cap.map(|cap| Amount::parse(cap).unwrap()),
            ..Policy::default()
        }
    }

    fn terms(policy: &Policy) -> Terms<'_> {
        let window = Window { from: date("2024-01-01"), until: date("2024-04-30") };
        Terms { policy, window, statutory: StatutoryLimits::default(), reference: &[] }
    }

    #[test]
    fn months_are_rounded_by_themselves_and_everything_is_their_sum() {
        let policy = policy(None);
        let (mut estimate, terms) = (Estimate::default(), terms(&policy));
        // 1,000.00 a day, from the day after what is claimed to the window's last day
        let first = estimate.add(&loan(1, "2034-01-01"), Some(date("2024-02-20")), terms).unwrap().unwrap();
        assert_eq!((first.from, first.until), (date("2024-02-20"), date("2024-05-01")));
        let shown: Vec<_> =
            first.months.iter().map(|m| (m.month.to_string(), m.amount.to_string())).collect();
        let expected = [("2024-02", "10000.00"), ("2024-03", "31000.00"), ("2024-04", "30000.00")];
        assert_eq!(shown, expected.map(|(month, amount)| (month.to_owned(), amount.to_owned())));
        // one that matures within the window, one of which no day is left
        let second = estimate.add(&loan(2, "2024-03-11"), None, terms).unwrap().unwrap();
        assert_eq!(second.amount.to_string(), "70000.00");
        assert_eq!(estimate.add(&loan(3, "2034-01-01"), Some(date("2024-05-01")), terms).unwrap(), None);
        assert_eq!(estimate.total().to_string(), "141000.00");
        let months = Money::sum(estimate.months().iter().map(|month| month.amount)).unwrap();
        assert_eq!(months, estimate.total());
    }

    #[test]
    fn the_budget_ends_on_the_first_day_that_it_does_not_cover() {
        let policy = policy(None);
        let mut estimate = Estimate::default();
        // 1,000.00 a day: 31 in January, 29 in February, 31 in March, 30 in April
        estimate.add(&loan(1, "2034-01-01"), None, terms(&policy)).unwrap().unwrap();
        for (available, expected) in [
            ("0.00", Some("2024-01-01")),
            ("999.99", Some("2024-01-01")),
            ("1000.00", Some("2024-01-02")),
            ("31000.00", Some("2024-02-01")),
            ("60000.00", Some("2024-03-01")),
            ("120999.99", Some("2024-04-30")),
            ("121000.00", None),
            ("999999.00", None),
        ] {
            let ends = estimate.ends_on(Money::parse(available).unwrap()).unwrap();
            assert_eq!(ends, expected.map(date), "{available}");
        }
        assert_eq!(Estimate::default().ends_on(Money::ZERO).unwrap(), None);
    }

    proptest::proptest! {
        #[test]
        fn more_money_never_ends_earlier(less in 0_i64..20_000_000, more in 0_i64..5_000_000) {
            let policy = policy(None);
            let mut estimate = Estimate::default();
            estimate.add(&loan(1, "2034-01-01"), None, terms(&policy)).unwrap().unwrap();
            let ends = |fen| estimate.ends_on(Money::from_fen(fen)).unwrap();
            let far = date("2099-12-31");
            proptest::prop_assert!(ends(less).unwrap_or(far) <= ends(less + more).unwrap_or(far));
            proptest::prop_assert_eq!(ends(less).is_none(), Money::from_fen(less) >= estimate.total());
        }
    }

    #[test]
    fn interest_that_is_paid_is_estimated_as_what_accrues() {
        let paid = |percent: &str, points| Policy {
            points,
            paid_interest_percent: Some(Percent::parse(percent).unwrap()),
            ..Policy::default()
        };
        // 3.25 % of 36,000,000.00 over 121 of 360 days are 393,250.00
        for (policy, amount) in [
            (paid("10", None), "39325.00"),
            (paid("80", None), "181500.00"),
            (paid("10", policy(None).points), "39325.00"),
            (paid("80", policy(None).points), "121000.00"),
        ] {
            let found =
                Estimate::default().add(&loan(1, "2034-01-01"), None, terms(&policy)).unwrap().unwrap();
            assert_eq!(found.amount.to_string(), amount, "{policy:?}");
        }
    }

    #[test]
    fn an_organisations_loans_share_its_cap_in_the_order_of_their_recording() {
        let policy = policy(Some("54000000"));
        let (mut estimate, terms) = (Estimate::default(), terms(&policy));
        let [first, second, third] = [1, 2, 3]
            .map(|n| estimate.add(&loan(n, "2034-01-01"), None, terms).unwrap().unwrap().amount.to_string());
        assert_eq!([first.as_str(), second.as_str(), third.as_str()], ["121000.00", "60500.00", "0.00"]);
    }
}
