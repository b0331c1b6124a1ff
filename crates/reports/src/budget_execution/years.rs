//! Budget execution by fiscal year.

use std::collections::BTreeMap;

use super::{
    COLUMNS, Figure, Figures, Key, Movements, NAME, appropriated, at_the_end, figure, move_on, parts_of, row,
};
use crate::ReadError;
use crate::report::{Dimension, Report, Scope};
use subsidy_core::domain::Month;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::programmes::fiscal_years::{UsedBudget, YearAppropriation, YearBudget, by_fiscal_year};
use subsidy_store::db::convert::Unreadable;

/// Month after month each programme, and a row a fiscal year of it; of one year alone where the scope names it.
pub(super) fn standing(scope: &Scope, movements: &Movements) -> Result<Report, ReadError> {
    let mut rows = Vec::new();
    let only = scope.only.fiscal_year.as_deref();
    let whole = |(_, part): &Key| part.is_none();
    for ((programme, _), months) in movements.iter().filter(|(key, _)| whole(key)) {
        let Some(first) = months.keys().next() else { continue };
        let of_years: Vec<_> = parts_of(movements, programme).collect();
        let (mut standing, mut by_year) = (Figures::new(), BTreeMap::<FiscalYear, _>::new());
        for month in first.through(Month::of(scope.as_of)) {
            move_on(&mut standing, months.get(&month))?;
            for (year, months) in &of_years {
                let year = read_year(year)?;
                move_on(by_year.entry(year).or_default(), months.get(&month))?;
            }
            if only.is_none() {
                rows.push(row(scope, (programme, None), month, &standing)?);
            }
            for (year, figures) in attributed(&standing, &by_year)? {
                let year = year.to_string();
                if only.is_none_or(|only| only == year) {
                    let part = Some((Dimension::FiscalYear, year.as_str()));
                    rows.push(row(scope, (programme, part), month, &figures)?);
                }
            }
        }
    }
    Ok(Report::of(NAME, COLUMNS, rows))
}

/// What was appropriated for each year of a programme, in all months.
pub(super) fn of(movements: &Movements, programme: &str) -> Result<BTreeMap<FiscalYear, Figures>, ReadError> {
    let of_years = parts_of(movements, programme);
    of_years.map(|(year, months)| Ok((read_year(year)?, at_the_end(months)?))).collect()
}

fn read_year(part: &str) -> Result<FiscalYear, Unreadable> {
    let year = part.parse().ok().and_then(|year| FiscalYear::new(year).ok());
    year.ok_or_else(|| Unreadable(part.to_owned()))
}

/// The figures of each year's money.
pub(super) fn attributed(
    standing: &Figures,
    by_year: &BTreeMap<FiscalYear, Figures>,
) -> Result<Vec<(FiscalYear, Figures)>, OutOfRange> {
    let mut years = BTreeMap::new();
    for (year, figures) in by_year {
        let appropriated = appropriated(figures)?;
        let money = YearAppropriation { appropriated, lapsed: figure(figures, Figure::Lapsed) };
        if money != YearAppropriation::default() {
            years.insert(*year, money);
        }
    }
    let used = UsedBudget {
        expended: figure(standing, Figure::Expended),
        payable: figure(standing, Figure::Approved),
        committed: figure(standing, Figure::Committed),
        reserved: figure(standing, Figure::Reserved),
    };
    let figures = |budget: YearBudget| {
        let adjusted = by_year.get(&budget.fiscal_year).map(|figures| figure(figures, Figure::Adjusted));
        let adjusted = adjusted.unwrap_or_default();
        let figures = BTreeMap::from([
            (Figure::Appropriated, budget.appropriated.minus(adjusted)?),
            (Figure::Adjusted, adjusted),
            (Figure::Available, budget.available),
            (Figure::Reserved, budget.used.reserved),
            (Figure::Committed, budget.used.committed),
            (Figure::Approved, budget.used.payable),
            (Figure::Expended, budget.used.expended),
            (Figure::Lapsed, budget.lapsed),
        ]);
        Ok((budget.fiscal_year, figures))
    };
    by_fiscal_year(&years, used)?.into_iter().map(figures).collect()
}
