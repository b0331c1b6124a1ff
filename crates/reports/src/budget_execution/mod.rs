//! Budget execution 预算执行: where a programme's appropriation stands at the end of each month.
//!
//! A row without a level, an organisation and a district is the programme: appropriated + adjusted = available + reserved +
//! committed + approved + expended + lapsed. The appropriation is one sum per programme, so a part's row says alone what
//! it was asked and paid; what is committed is known by organisation and district, and not by level.
//!
//! A fiscal year's row is of all figures: what was appropriated stands on its lines, and what is spent takes the oldest
//! year's money first (by `years`), so that no lines alone sum to it.

pub mod carry_over;
pub mod performance;
mod years;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use super::budget_codes;
use super::formats::Column;
use super::report::{Dimension, Link, Only, Report, Row, Scope};
use super::snapshot_range::SnapshotRange;
use super::turnovers::{self, Source, TurnoverSums};
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{Date, Money, Month};
use subsidy_core::ledger::{BookCode, Turnover};
use subsidy_core::programmes::fiscal_years::execution_rate;
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("月份 month", 10),
    Column::plain("行 row", 14),
    Column::plain("资金级次 level", 12),
    Column::plain("单位 organisation", 24),
    Column::plain("区域 region", 16),
    Column::plain("预算年度 fiscal_year", 10),
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
    Column::plain("预算项目 budget_project", 26),
    Column::plain("功能分类 budget_function", 14),
    Column::plain("经济分类 budget_economy", 14),
    Column::plain("资金性质 budget_fund", 14),
];

rows! {
    struct AdjustmentRow { programme: String, month: String, fiscal_year: i16, amount: Decimal }
}

statement! {
    /// What of the appropriations was adjusted; which change is an adjustment was said when it was proposed.
    fn adjusted(known_at: i64, as_of: NaiveDate, programme: Option<&str>) -> Vec<AdjustmentRow> =
        "SELECT e.programme, to_char(e.effective_date, 'YYYY-MM') AS month, e.fiscal_year, \
                sum(CASE e.side WHEN 'D' THEN e.amount ELSE -e.amount END) AS amount \
           FROM budget_changes AS b \
           JOIN transitions AS t ON t.document = b.id::text AND t.sequence <= $1 \
           JOIN entries AS e ON e.sequence = t.sequence AND e.account = 'B1001' \
          WHERE b.kind = 'adjustment' AND e.effective_date <= $2 AND ($3::text IS NULL OR e.programme = $3) \
          GROUP BY e.programme, month, e.fiscal_year";
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
        part == Dimension::FiscalYear
            || matches!(self, Self::Approved | Self::Expended)
            || (self == Self::Committed && part != Dimension::Level)
    }
}

/// A programme, and a part of it; none for the whole.
type Key = (String, Option<String>);

/// CNY by figure.
type Figures = BTreeMap<Figure, Money>;

/// CNY by programme, part and figure, month by month.
type Movements = BTreeMap<Key, BTreeMap<Month, Figures>>;

const NAME: [&str; 2] = ["budget-execution", "预算执行"];

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
async fn adjustments(
    conn: &AsyncPgConnection,
    scope: &Scope,
    (by, all): (Dimension, &mut Movements),
) -> Result<(), ReadError> {
    let (as_of, programme) = (scope.as_of.naive(), scope.programme.as_deref());
    for row in adjusted(conn, scope.known_at, as_of, programme).await? {
        let (month, amount) = (convert::read(&row.month)?, convert::money(row.amount)?);
        let year = (by == Dimension::FiscalYear).then(|| row.fiscal_year.to_string());
        for part in std::iter::once(None).chain(year.as_deref().map(Some)) {
            add(all, (&row.programme, part), month, Figure::Adjusted, amount)?;
            add(all, (&row.programme, part), month, Figure::Appropriated, amount.negated()?)?;
        }
    }
    Ok(())
}

/// Programmes and their parts by a dimension; by programme, the wholes alone; of some lines alone the parts and no whole. A
/// programme without funding levels has no row of none.
async fn movements(
    conn: &AsyncPgConnection,
    scope: &Scope,
    (by, source): (Dimension, Source<'_>),
) -> Result<Movements, ReadError> {
    let (mut all, whole) = (Movements::new(), scope.only.is_all());
    let dimensions = [Dimension::Programme, Dimension::Month, by];
    let sums = turnovers::sums_from(conn, scope, &dimensions, source, Some(BookCode::B)).await?;
    for ((place, account), turnover) in &sums {
        let Some(figure) = Figure::of(account.code()) else { continue };
        let [programme, month, level, organisation, region, fiscal_year] = place;
        let part = match by {
            Dimension::Programme => None,
            Dimension::Organisation => Some(organisation),
            Dimension::Region => Some(region),
            Dimension::FiscalYear => Some(fiscal_year),
            Dimension::Month | Dimension::Level => Some(level),
        };
        let (month, amount) = (convert::read(month)?, turnover.balance(account.side())?);
        if whole {
            add(&mut all, (programme, None), month, figure, amount)?;
        }
        let Some(part) = part else { continue };
        let named = !part.is_empty() || by != Dimension::Level || !whole;
        if figure.of_part(by) && named && turnover != &Turnover::default() {
            add(&mut all, (programme, Some(part)), month, figure, amount)?;
        }
    }
    if whole {
        adjustments(conn, scope, (by, &mut all)).await?;
    }
    Ok(all)
}

/// Where each programme stood at the end of each month, from its first posting on; and its parts, by the dimension that is
/// asked for, else by the one that the scope names, else by level.
pub async fn read(
    conn: &AsyncPgConnection,
    (scope, known): (&Scope, TurnoverSums<'_>),
    by: Option<Dimension>,
) -> Result<Report, ReadError> {
    let named = match &scope.only {
        Only { organisation: Some(_), .. } => Dimension::Organisation,
        Only { region: Some(_), .. } => Dimension::Region,
        Only { .. } => Dimension::Level,
    };
    let by = by.unwrap_or(named);
    let mut report = stood(conn, (scope, Source::Known(known)), by).await?;
    budget_codes::append(conn, &mut report.table.rows).await?;
    Ok(report)
}

async fn stood(
    conn: &AsyncPgConnection,
    (scope, source): (&Scope, Source<'_>),
    by: Dimension,
) -> Result<Report, ReadError> {
    if by != Dimension::FiscalYear && scope.only.fiscal_year.is_none() {
        return standing(scope, by, &movements(conn, scope, (by, source)).await?);
    }
    // what a year's money is spent on follows from all years
    let all = Scope { only: Only { fiscal_year: None, ..scope.only.clone() }, ..scope.clone() };
    years::standing(scope, &movements(conn, &all, (Dimension::FiscalYear, source)).await?)
}

/// Programmes and their levels from some totals and some lines.
pub async fn read_from(
    conn: &AsyncPgConnection,
    scope: &Scope,
    range: SnapshotRange,
) -> Result<Report, ReadError> {
    let mut report = standing(
        scope,
        Dimension::Level,
        &movements(conn, scope, (Dimension::Level, Source::Range(range))).await?,
    )?;
    budget_codes::append(conn, &mut report.table.rows).await?;
    Ok(report)
}

/// Month after month what the movements come to.
fn standing(scope: &Scope, by: Dimension, movements: &Movements) -> Result<Report, ReadError> {
    let mut rows = Vec::new();
    for ((programme, part), months) in movements {
        let Some(first) = months.keys().next() else { continue };
        let mut standing = Figures::new();
        for month in first.through(Month::of(scope.as_of)) {
            move_on(&mut standing, months.get(&month))?;
            let part = part.as_deref().map(|part| (by, part));
            rows.push(row(scope, (programme, part), month, &standing)?);
        }
    }
    Ok(Report::of(NAME, COLUMNS, rows))
}

/// CNY of a figure; 0.00 where nothing moved it.
fn figure(figures: &Figures, figure: Figure) -> Money {
    figures.get(&figure).copied().unwrap_or_default()
}

/// What was appropriated, adjustments included.
fn appropriated(figures: &Figures) -> Result<Money, OutOfRange> {
    figure(figures, Figure::Appropriated).plus(figure(figures, Figure::Adjusted))
}

/// The parts of a programme, which follow its own row.
fn parts_of<'a>(
    movements: &'a Movements,
    programme: &str,
) -> impl Iterator<Item = (&'a str, &'a BTreeMap<Month, Figures>)> {
    let of_programme = move |(key, _): &(&'a Key, _)| key.0 == programme;
    let parts = movements.range((programme.to_owned(), Some(String::new()))..).take_while(of_programme);
    parts.map(|((_, part), months)| (part.as_deref().unwrap_or_default(), months))
}

/// Where all months together end.
fn at_the_end(months: &BTreeMap<Month, Figures>) -> Result<Figures, OutOfRange> {
    let mut standing = Figures::new();
    months.values().try_for_each(|moved| move_on(&mut standing, Some(moved)))?;
    Ok(standing)
}

fn move_on(standing: &mut Figures, moved: Option<&Figures>) -> Result<(), OutOfRange> {
    for (figure, amount) in moved.into_iter().flatten() {
        let sum = standing.entry(*figure).or_default();
        *sum = sum.plus(*amount)?;
    }
    Ok(())
}

fn row(
    scope: &Scope,
    (programme, part): (&str, Option<(Dimension, &str)>),
    month: Month,
    standing: &Figures,
) -> Result<Row, OutOfRange> {
    let of = |one| figure(standing, one);
    let last = month.last_day().min(scope.as_of);
    let kind = part.map_or("total", |(by, _)| by.into_str());
    let mut row = Row::default().text(programme).text(month).text(kind);
    for dimension in [Dimension::Level, Dimension::Organisation, Dimension::Region, Dimension::FiscalYear] {
        let part = part.filter(|(by, _)| *by == dimension).map(|(_, part)| turnovers::shown(part));
        row = row.text(part.unwrap_or_default());
    }
    for one in Figure::ALL {
        let lines_alone = matches!(one, Figure::Appropriated | Figure::Adjusted);
        row = if part.is_some_and(|(by, _)| by == Dimension::FiscalYear) && !lines_alone {
            row.amount(of(one))
        } else if part.is_none_or(|(by, _)| one.of_part(by)) {
            row.figure(of(one), link(scope, (programme, part), one, last))
        } else {
            row.empty()
        };
    }
    let appropriated = appropriated(standing)?;
    Ok(match execution_rate(of(Figure::Expended), appropriated)? {
        Some(percent) if part.is_none_or(|(by, _)| by == Dimension::FiscalYear) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_of_the_budget_belongs_to_one_figure() {
        use subsidy_core::ledger::{Account, BookCode};
        for account in Account::ALL.iter().filter(|account| account.book() == BookCode::B) {
            assert!(Figure::of(account.code()).is_some(), "{account}");
        }
        assert_eq!(Figure::of("F1212"), None);
    }
}
