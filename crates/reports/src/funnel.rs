//! The funnel 办理漏斗: of each programme how many cases came how far, in how many days, and how much money did.
//!
//! A case is what somebody applied for: a voucher, a project of a call, else a claim by itself. It counts at every step that
//! it ever reached, on the first day that it did: the effective date of what was posted, else the business date of the
//! leaf. Claims on a voucher or an award are steps of that case.
//!
//! Amounts are balances of the budget's book, each of which holds the next: what is promised or further
//! (B2003 to B2008), what is approved or paid (B2007, B2008), what is paid (B2008). An application promises nothing, and
//! nothing is posted for one.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::known::{KnownSums, Summed};
use super::report::{Dimension, Report, Row, Scope, Window};
use super::scope::{At, BusinessDays};
use super::turnovers::{self, Source, TurnoverSums, Turnovers};
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{AgencyCode, Date, Instant, Money};
use subsidy_core::ledger::BookCode;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("步骤 step", 12),
    Column::counts("件数 cases", 10),
    Column::plain("距上一步天数中位数 median_days", 14),
    Column::amounts("金额 amount", 20),
];

/// How far a case came.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case", const_into_str)]
enum Step {
    /// 申请
    Applied,
    /// 签发: the voucher was issued, the project awarded.
    Issued,
    /// 申领: the first claim on it was submitted.
    Claimed,
    /// 核定
    Approved,
    /// 支付
    Paid,
}

impl Step {
    /// The accounts that hold what came so far; none for what nothing is posted of.
    const fn accounts(self) -> &'static [&'static str] {
        match self {
            Self::Applied | Self::Claimed => &[],
            Self::Issued => &["B2003", "B2004", "B2005", "B2006", "B2007", "B2008"],
            Self::Approved => &["B2007", "B2008"],
            Self::Paid => &["B2008"],
        }
    }

    /// Whether only some instruments have it.
    const fn is_of_some(self) -> bool {
        matches!(self, Self::Issued | Self::Claimed)
    }
}

rows! {
    /// The first leaf by which a case reached a step.
    pub struct StepRow {
        programme: String,
        of_case: String,
        step: String,
        sequence: i64,
        effective_date: Option<NaiveDate>,
        recorded_at: DateTime<Utc>,
    }
}

statement! {
    /// Of leaves after `$1` up to `$2`, and of a programme `$3` or of all.
    fn steps(Window { after, until }; programme: Option<&str>) -> Vec<StepRow> =
        "SELECT s.programme, s.of_case, s.step, s.sequence, l.effective_date, l.recorded_at FROM ( \
             SELECT u.programme, u.of_case::text AS of_case, u.step, min(u.sequence) AS sequence FROM ( \
                 SELECT v.programme, v.id AS of_case, t.sequence, \
                        CASE t.to_status WHEN 'submitted' THEN 'applied' ELSE 'issued' END AS step \
                   FROM transitions AS t JOIN vouchers AS v ON v.id = CASE WHEN t.kind = 'voucher' THEN t.document::uuid END \
                  WHERE t.sequence > $1 AND t.sequence <= $2 AND t.to_status IN ('submitted', 'issued') \
                 UNION ALL \
                 SELECT p.programme, p.id, t.sequence, 'applied' \
                   FROM transitions AS t \
                   JOIN applications AS p ON p.id = CASE WHEN t.kind = 'application' THEN t.document::uuid END \
                  WHERE t.sequence > $1 AND t.sequence <= $2 AND t.to_status = 'submitted' \
                 UNION ALL \
                 SELECT a.programme, a.application, t.sequence, 'issued' \
                   FROM transitions AS t JOIN awards AS a ON a.id = CASE WHEN t.kind = 'award' THEN t.document::uuid END \
                  WHERE t.sequence > $1 AND t.sequence <= $2 AND t.to_status = 'awarded' \
                 UNION ALL \
                 SELECT c.programme, coalesce(c.voucher, a.application, c.id), t.sequence, \
                        CASE WHEN t.to_status <> 'submitted' THEN t.to_status \
                             WHEN c.voucher IS NULL AND c.award IS NULL THEN 'applied' ELSE 'claimed' END \
                   FROM transitions AS t JOIN claims AS c ON c.id = CASE WHEN t.kind = 'claim' THEN t.document::uuid END \
                   LEFT JOIN awards AS a ON a.id = c.award \
                  WHERE t.sequence > $1 AND t.sequence <= $2 AND t.to_status IN ('submitted', 'approved', 'paid') \
             ) AS u WHERE ($3::text IS NULL OR u.programme = $3) GROUP BY u.programme, u.of_case, u.step \
         ) AS s JOIN log AS l ON l.sequence = s.sequence";
}

/// On which day a case first reached each step.
type Days = BTreeMap<Step, Date>;

/// By programme and case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cases(BTreeMap<String, BTreeMap<String, Days>>);

impl Cases {
    /// Of each programme how many cases came to each step, and the median of the days that they took to it.
    fn reached(&self, programme: Option<&str>) -> BTreeMap<String, BTreeMap<Step, Reached>> {
        let of_it = self.0.iter().filter(|(of, _)| programme.is_none_or(|only| *of == only));
        let reached = |cases: &BTreeMap<String, Days>| {
            let steps = <Step as strum::VariantArray>::VARIANTS.iter().copied();
            let reached = |step| Reached {
                cases: cases.values().filter(|days| days.contains_key(&step)).count(),
                days: median(durations(cases.values(), step)).unwrap_or_default(),
            };
            steps.map(|step| (step, reached(step))).collect()
        };
        of_it.map(|(programme, cases)| (programme.clone(), reached(cases))).collect()
    }
}

impl Summed for Cases {
    type Read = Vec<(StepRow, Date)>;

    /// The steps up to the last day of a scope, each with its day.
    async fn read(
        &self,
        conn: &AsyncPgConnection,
        (at, scope): (&At, &Scope),
        window: Window,
    ) -> Result<Self::Read, ReadError> {
        let business = BusinessDays::read(conn, at).await?;
        let found = steps(conn, window, scope.programme.as_deref()).await?;
        let with_day = found.into_iter().map(|found| {
            let day = found.effective_date.map(Date::from_naive);
            let day = day.unwrap_or_else(|| business.of(found.sequence, Instant::new(found.recorded_at)));
            (found, day)
        });
        Ok(with_day.filter(|(_, day)| *day <= scope.as_of).collect())
    }

    fn add(&mut self, read: Self::Read) -> Result<(), ReadError> {
        for (found, day) in read {
            let step: Step = found.step.parse().map_err(|_| Unreadable(found.step.clone()))?;
            let of_programme = self.0.entry(found.programme).or_default();
            of_programme.entry(found.of_case).or_default().entry(step).or_insert(day);
        }
        Ok(())
    }
}

/// How many cases came to a step, and in how many days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Reached {
    cases: usize,
    /// The median; empty where no case has a step before.
    days: String,
}

/// The days that cases took to a step from the one before it that each reached.
fn durations<'a>(cases: impl Iterator<Item = &'a Days>, step: Step) -> Vec<i64> {
    let taken = |days: &Days| {
        let reached = days.get(&step)?;
        let (_, before) = days.range(..step).next_back()?;
        Some(reached.naive().signed_duration_since(before.naive()).num_days())
    };
    cases.filter_map(taken).collect()
}

/// The middle of some numbers; of an even count half the sum of the two in the middle, so `3` or `3.5`.
fn median(mut numbers: Vec<i64>) -> Option<String> {
    numbers.sort_unstable();
    let upper = *numbers.get(numbers.len() / 2)?;
    let lower = *numbers.get((numbers.len() - 1) / 2)?;
    let sum = lower + upper;
    let sign = if sum < 0 { "-" } else { "" };
    let (whole, half) = (sum.abs() / 2, if sum % 2 == 0 { "" } else { ".5" });
    Some(format!("{sign}{whole}{half}"))
}

/// CNY by programme and account.
type Balances = BTreeMap<String, BTreeMap<&'static str, Money>>;

async fn balances(
    conn: &AsyncPgConnection,
    (scope, known): (&Scope, TurnoverSums<'_>),
) -> Result<Balances, ReadError> {
    let sums =
        turnovers::sums_from(conn, scope, &[Dimension::Programme], Source::Known(known), Some(BookCode::B))
            .await?;
    let mut balances = Balances::new();
    for (([programme, ..], account), turnover) in sums {
        let balance = turnover.balance(account.side())?;
        balances.entry(programme).or_default().insert(account.code(), balance);
    }
    Ok(balances)
}

/// The steps of each programme with cases or money.
pub async fn read(
    conn: &AsyncPgConnection,
    (agency, at, scope): (&AgencyCode, &At, &Scope),
    (cases, turnovers): (&KnownSums<Cases>, &KnownSums<Turnovers>),
) -> Result<Report, ReadError> {
    let programme = scope.programme.as_deref();
    let reached = cases.read(conn, (agency, at, scope), |cases| cases.reached(programme)).await?;
    let balances = balances(conn, (scope, TurnoverSums { agency, at, sums: turnovers })).await?;
    let programmes: std::collections::BTreeSet<&String> = reached.keys().chain(balances.keys()).collect();
    let (no_cases, no_money) = (BTreeMap::new(), BTreeMap::new());
    let mut rows = Vec::new();
    for programme in programmes {
        let of_it = reached.get(programme).unwrap_or(&no_cases);
        let money = balances.get(programme).unwrap_or(&no_money);
        for step in <Step as strum::VariantArray>::VARIANTS.iter().copied() {
            let Reached { cases, days } = of_it.get(&step).cloned().unwrap_or_default();
            if step.is_of_some() && cases == 0 {
                continue;
            }
            let count = i64::try_from(cases).unwrap_or(i64::MAX);
            let row = Row::default().text(programme).text(step.into_str()).count(count).text(days);
            rows.push(with_money(scope, programme, step, money, row)?);
        }
    }
    Ok(Report::of(["funnel", "办理漏斗"], COLUMNS, rows))
}

fn with_money(
    scope: &Scope,
    programme: &str,
    step: Step,
    money: &BTreeMap<&'static str, Money>,
    row: Row,
) -> Result<Row, OutOfRange> {
    let accounts = step.accounts();
    if accounts.is_empty() {
        return Ok(row.empty());
    }
    let amount = Money::sum(accounts.iter().filter_map(|account| money.get(account).copied()))?;
    let link = scope.statement().with("account", &accounts.join(",")).with("programme", programme);
    Ok(row.figure(amount, link.until(scope.as_of)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn days(steps: &[(Step, &str)]) -> Days {
        steps.iter().map(|(step, day)| (*step, Date::parse(day).unwrap())).collect()
    }

    #[test]
    fn a_median_is_the_middle_or_half_the_sum_of_both_middles() {
        for (numbers, expected) in [
            (vec![], None),
            (vec![4], Some("4")),
            (vec![9, 0], Some("4.5")),
            (vec![7, 1, 3], Some("3")),
            (vec![1, 2, 3, 4], Some("2.5")),
            (vec![-1, 0], Some("-0.5")),
        ] {
            assert_eq!(median(numbers.clone()).as_deref(), expected, "{numbers:?}");
        }
    }

    #[test]
    fn a_step_is_timed_from_the_one_before_that_the_case_reached() {
        use Step::{Applied, Approved, Claimed, Issued, Paid};
        let voucher = days(&[
            (Applied, "2025-01-02"),
            (Issued, "2025-01-12"),
            (Claimed, "2025-02-01"),
            (Approved, "2025-02-04"),
        ]);
        let claim = days(&[(Applied, "2025-03-01"), (Approved, "2025-03-08"), (Paid, "2025-03-08")]);
        let of = |step| durations([&voucher, &claim].into_iter(), step);
        assert_eq!([of(Applied), of(Issued), of(Claimed)], [vec![], vec![10], vec![20]]);
        assert_eq!([of(Approved), of(Paid)], [vec![3, 7], vec![0]]);
    }

    proptest::proptest! {
        #[test]
        fn at_least_half_are_on_each_side_of_a_median(numbers in proptest::collection::vec(-1_000_i64..1_000, 1..40)) {
            let twice = (median(numbers.clone()).unwrap().parse::<rust_decimal::Decimal>().unwrap()
                * rust_decimal::Decimal::TWO)
                .to_string()
                .split('.')
                .next()
                .unwrap()
                .parse::<i64>()
                .unwrap();
            let below = numbers.iter().filter(|number| **number * 2 <= twice).count();
            let above = numbers.iter().filter(|number| **number * 2 >= twice).count();
            proptest::prop_assert!(below * 2 >= numbers.len() && above * 2 >= numbers.len());
        }
    }
}
