//! Budget execution 预算执行: where a programme's appropriation stands at the end of each month.
//!
//! A row without a level, an organisation and a district is the programme: appropriated + adjusted = available + reserved +
//! committed + approved + expended + lapsed. The appropriation is one sum per programme, so a part's row says alone what
//! it was asked and paid; what is committed is known by organisation and district, and not by level.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use super::formats::Column;
use super::report::Dimension;
use super::report::{Link, Only, Report, Row, Scope};
use super::snapshot_range::SnapshotRange;
use super::turnovers;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::rounding::round;
use subsidy_core::domain::{Date, Money, Month, RoundingMode};
use subsidy_core::ledger::{BookCode, Turnover};
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("月份 month", 10),
    Column::plain("资金级次 level", 12),
    Column::plain("单位 organisation", 24),
    Column::plain("区域 region", 16),
    Column::amounts("指标下达 appropriated", 20),
    Column::amounts("指标调整 adjusted", 20),
    Column::amounts("可用 available", 20),
    Column::amounts("预留 reserved", 20),
    Column::amounts("承诺 committed", 20),
    Column::amounts("核定待支付 approved", 20),
    Column::amounts("已支付 expended", 20),
    Column::amounts("收回失效 lapsed", 20),
    Column::plain("执行率% execution_rate_percent", 12),
    Column::plain("执行率分数 execution_rate_fraction", 32),
];

rows! {
    struct AdjustmentRow { programme: String, month: String, amount: Decimal }
}

statement! {
    /// What of the appropriations was adjusted; which change is an adjustment was said when it was proposed.
    fn adjusted(known_at: i64, as_of: NaiveDate, programme: Option<&str>) -> Vec<AdjustmentRow> =
        "SELECT e.programme, to_char(e.effective_date, 'YYYY-MM') AS month, \
                sum(CASE e.side WHEN 'D' THEN e.amount ELSE -e.amount END) AS amount \
           FROM budget_changes AS b \
           JOIN transitions AS t ON t.document = b.id::text AND t.sequence <= $1 \
           JOIN entries AS e ON e.sequence = t.sequence AND e.account = 'B1001' \
          WHERE b.kind = 'adjustment' AND e.effective_date <= $2 AND ($3::text IS NULL OR e.programme = $3) \
          GROUP BY e.programme, month";
}

/// What stands on each line of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    Appropriated,
    Adjusted,
    Available,
    Reserved,
    Committed,
    Approved,
    Expended,
    Lapsed,
}

impl Figure {
    const ALL: [Self; 8] = [
        Self::Appropriated,
        Self::Adjusted,
        Self::Available,
        Self::Reserved,
        Self::Committed,
        Self::Approved,
        Self::Expended,
        Self::Lapsed,
    ];

    const fn accounts(self) -> &'static str {
        match self {
            Self::Appropriated | Self::Adjusted => "B1001",
            Self::Available => "B2001",
            Self::Reserved => "B2002",
            Self::Committed => "B2003,B2004,B2005,B2006",
            Self::Approved => "B2007",
            Self::Expended => "B2008",
            Self::Lapsed => "B2009",
        }
    }

    const fn flow(self) -> &'static str {
        match self {
            Self::Appropriated => "appropriated",
            Self::Adjusted => "adjusted",
            Self::Available
            | Self::Reserved
            | Self::Committed
            | Self::Approved
            | Self::Expended
            | Self::Lapsed => "",
        }
    }

    /// The figure that an account's movements belong to; those of B1001 are adjustments or the rest.
    fn of(account: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| *figure != Self::Adjusted && figure.accounts().contains(account))
    }

    /// Whether a part of a programme has it of its own: a level, an organisation, a district.
    fn of_part(self, part: Dimension) -> bool {
        matches!(self, Self::Approved | Self::Expended)
            || (self == Self::Committed && part != Dimension::Level)
    }
}

/// A programme, and a part of it; none for the whole.
type Key = (String, Option<String>);

/// CNY by programme, part and figure, month by month.
type Movements = BTreeMap<Key, BTreeMap<Month, BTreeMap<Figure, Money>>>;

fn add(
    to: &mut Movements,
    (programme, part): (&str, Option<&str>),
    month: Month,
    figure: Figure,
    amount: Money,
) -> Result<(), OutOfRange> {
    let months = to.entry((programme.to_owned(), part.map(str::to_owned))).or_default();
    let sum = months.entry(month).or_default().entry(figure).or_default();
    *sum = sum.plus(amount)?;
    Ok(())
}

/// What of the appropriations was adjusted stands apart from the rest of them.
async fn adjustments(conn: &AsyncPgConnection, scope: &Scope, all: &mut Movements) -> Result<(), ReadError> {
    let (as_of, programme) = (scope.as_of.naive(), scope.programme.as_deref());
    for row in adjusted(conn, scope.known_at, as_of, programme).await? {
        let (month, amount) = (convert::read(&row.month)?, convert::money(row.amount)?);
        add(all, (&row.programme, None), month, Figure::Adjusted, amount)?;
        add(all, (&row.programme, None), month, Figure::Appropriated, amount.negated()?)?;
    }
    Ok(())
}

/// Programmes and their parts by a dimension; of some lines alone the parts and no whole. A programme without funding
/// levels has no row of none.
async fn movements(
    conn: &AsyncPgConnection,
    scope: &Scope,
    (by, range): (Dimension, Option<SnapshotRange>),
) -> Result<Movements, ReadError> {
    let (mut all, whole) = (Movements::new(), scope.only.is_all());
    let dimensions = [Dimension::Programme, Dimension::Month, by];
    let sums = turnovers::sums_from(conn, scope, &dimensions, range, Some(BookCode::B)).await?;
    for ((place, account), turnover) in &sums {
        let Some(figure) = Figure::of(account.code()) else { continue };
        let [programme, month, level, organisation, region] = place;
        let part = match by {
            Dimension::Organisation => organisation,
            Dimension::Region => region,
            Dimension::Programme | Dimension::Month | Dimension::Level => level,
        };
        let (month, amount) = (convert::read(month)?, turnover.balance(account.side())?);
        if whole {
            add(&mut all, (programme, None), month, figure, amount)?;
        }
        let named = !part.is_empty() || by != Dimension::Level || !whole;
        if figure.of_part(by) && named && turnover != &Turnover::default() {
            add(&mut all, (programme, Some(part)), month, figure, amount)?;
        }
    }
    if whole {
        adjustments(conn, scope, &mut all).await?;
    }
    Ok(all)
}

/// Where each programme stood at the end of each month, from its first posting on; and its parts, by the dimension that is
/// asked for, else by the one that the scope names, else by level.
pub async fn read(
    conn: &AsyncPgConnection,
    scope: &Scope,
    by: Option<Dimension>,
) -> Result<Report, ReadError> {
    let named = match &scope.only {
        Only { organisation: Some(_), .. } => Dimension::Organisation,
        Only { region: Some(_), .. } => Dimension::Region,
        Only { .. } => Dimension::Level,
    };
    let by = by.unwrap_or(named);
    standing(scope, by, &movements(conn, scope, (by, None)).await?)
}

/// Programmes and their levels from some totals and some lines.
pub async fn read_from(
    conn: &AsyncPgConnection,
    scope: &Scope,
    range: SnapshotRange,
) -> Result<Report, ReadError> {
    standing(scope, Dimension::Level, &movements(conn, scope, (Dimension::Level, Some(range))).await?)
}

/// Month after month what the movements come to.
fn standing(scope: &Scope, by: Dimension, movements: &Movements) -> Result<Report, ReadError> {
    let mut rows = Vec::new();
    for ((programme, part), months) in movements {
        let Some(first) = months.keys().next() else { continue };
        let mut standing: BTreeMap<Figure, Money> = BTreeMap::new();
        for month in first.through(Month::of(scope.as_of)) {
            for (figure, amount) in months.get(&month).into_iter().flatten() {
                let sum = standing.entry(*figure).or_default();
                *sum = sum.plus(*amount)?;
            }
            let part = part.as_deref().map(|part| (by, part));
            rows.push(row(scope, (programme, part), month, &standing)?);
        }
    }
    Ok(Report::of(["budget-execution", "预算执行"], COLUMNS, rows))
}

fn row(
    scope: &Scope,
    (programme, part): (&str, Option<(Dimension, &str)>),
    month: Month,
    standing: &BTreeMap<Figure, Money>,
) -> Result<Row, OutOfRange> {
    let of = |figure: Figure| standing.get(&figure).copied().unwrap_or_default();
    let last = month.last_day().min(scope.as_of);
    let mut row = Row::default().text(programme).text(month);
    for dimension in [Dimension::Level, Dimension::Organisation, Dimension::Region] {
        let part = part.filter(|(by, _)| *by == dimension).map(|(_, part)| turnovers::shown(part));
        row = row.text(part.unwrap_or_default());
    }
    for figure in Figure::ALL {
        row = if part.is_none_or(|(by, _)| figure.of_part(by)) {
            row.figure(of(figure), link(scope, (programme, part), figure, last))
        } else {
            row.empty()
        };
    }
    let appropriated = of(Figure::Appropriated).plus(of(Figure::Adjusted))?;
    Ok(match rate(of(Figure::Expended), appropriated)? {
        Some(percent) if part.is_none() => {
            row.text(percent).text(format!("{}/{appropriated}", of(Figure::Expended)))
        }
        Some(_) | None => row.empty().empty(),
    })
}

fn link(
    scope: &Scope,
    (programme, part): (&str, Option<(Dimension, &str)>),
    figure: Figure,
    last: Date,
) -> Link {
    let link = scope.statement().with("account", figure.accounts()).with("flow", figure.flow());
    let link = link.with("programme", programme);
    scope.only.named(link, part.as_slice()).until(last)
}

/// Percent with two decimals, rounded half up; none of nothing.
fn rate(expended: Money, appropriated: Money) -> Result<Option<Money>, OutOfRange> {
    if !appropriated.is_positive() {
        return Ok(None);
    }
    let (part, whole) = (i128::from(expended.fen()), i128::from(appropriated.fen()));
    round(part * 10_000, whole, RoundingMode::HalfUp).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_rate_is_rounded_once_and_there_is_none_of_nothing() {
        let rate = |part, whole| rate(Money::from_fen(part), Money::from_fen(whole)).unwrap();
        assert_eq!(rate(54_469_136, 5_000_000_000).unwrap().to_string(), "1.09");
        assert_eq!(rate(1, 3).unwrap().to_string(), "33.33");
        assert_eq!(rate(1, 1).unwrap().to_string(), "100.00");
        assert_eq!(rate(1, 8_000).unwrap().to_string(), "0.01");
        assert_eq!(rate(1, 0), None);
    }

    #[test]
    fn every_account_of_the_budget_belongs_to_one_figure() {
        use subsidy_core::ledger::{Account, BookCode};
        for account in Account::ALL.iter().filter(|account| account.book() == BookCode::B) {
            assert!(Figure::of(account.code()).is_some(), "{account}");
        }
        assert_eq!(Figure::of("F1212"), None);
    }
}
