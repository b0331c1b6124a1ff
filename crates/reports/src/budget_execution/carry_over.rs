//! Carry-over 结转结余: what of each year's money was not spent by the end of a fiscal year.
//!
//! What is reserved, committed or payable is carried over for its own purpose 结转. So is what is available, as long as the
//! programme runs on; once its window ended by the year's end, that is a balance left 结余, which lapses.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;

use super::{Figure, Figures, Movements, appropriated, at_the_end, figure, movements, years};
use crate::ReadError;
use crate::budget_codes;
use crate::formats::Column;
use crate::report::{Dimension, Report, Row, Scope};
use crate::turnovers::{Source, TurnoverSums};
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{Date, Money};
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("指标年度 money_of", 10),
    Column::plain("截止日 as_of", 12),
    Column::summed("指标数 appropriated", 20),
    Column::summed("已支付 expended", 20),
    Column::summed("收回失效 lapsed", 20),
    Column::summed("结转 carried_over", 20),
    Column::summed("其中已承诺 committed", 20),
    Column::summed("结余 balance_left", 20),
    Column::plain("预算项目 budget_project", 26),
    Column::plain("功能分类 budget_function", 14),
    Column::plain("经济分类 budget_economy", 14),
    Column::plain("资金性质 budget_fund", 14),
];

rows! {
    struct WindowEndRow { code: String, window_until: NaiveDate }
}

statement! {
    fn window_ends() -> Vec<WindowEndRow> = "SELECT code, window_until FROM programmes";
}

/// Each programme's years of money at the end of a fiscal year, or as far as it is known.
pub async fn read(
    conn: &AsyncPgConnection,
    (scope, known): (&Scope, TurnoverSums<'_>),
) -> Result<Report, ReadError> {
    let ends = window_ends(conn).await?.into_iter().map(|row| (row.code, Date::from_naive(row.window_until)));
    let ends: BTreeMap<String, Date> = ends.collect();
    let found = movements(conn, scope, (Dimension::FiscalYear, Source::Known(known))).await?;
    let mut rows = Vec::new();
    for (programme, years) in by_programme(&found)? {
        let runs_on = ends.get(programme).is_none_or(|until| *until > scope.as_of);
        for (year, figures) in years {
            rows.push(row(scope, (programme, year), &figures, runs_on)?);
        }
    }
    let mut report = Report::of(["carry-over", "结转结余"], COLUMNS, rows);
    budget_codes::append(conn, &mut report.table.rows).await?;
    Ok(report)
}

/// What became of each year's money, oldest first.
pub(super) type Years = Vec<(FiscalYear, Figures)>;

/// The years of each programme, in all months that were read.
pub(super) fn by_programme(found: &Movements) -> Result<Vec<(&String, Years)>, ReadError> {
    let mut all = Vec::new();
    for ((programme, part), months) in found {
        if part.is_none() {
            let by_year = years::of(found, programme)?;
            all.push((programme, years::attributed(&at_the_end(months)?, &by_year)?));
        }
    }
    Ok(all)
}

fn row(
    scope: &Scope,
    (programme, year): (&str, FiscalYear),
    figures: &Figures,
    runs_on: bool,
) -> Result<Row, OutOfRange> {
    let of = |one| figure(figures, one);
    let committed = Money::sum([Figure::Reserved, Figure::Committed, Figure::Approved].into_iter().map(of))?;
    let available = of(Figure::Available);
    let (carried, left) =
        if runs_on { (committed.plus(available)?, Money::ZERO) } else { (committed, available) };
    Ok(Row::default()
        .text(programme)
        .text(year)
        .text(scope.as_of)
        .amount(appropriated(figures)?)
        .amount(of(Figure::Expended))
        .amount(of(Figure::Lapsed))
        .amount(carried)
        .amount(committed)
        .amount(left))
}
