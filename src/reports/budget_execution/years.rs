//! Budget execution by fiscal year.

use std::collections::BTreeMap;

use super::{COLUMNS, Figure, Figures, Key, Movements, NAME, at_the_end, move_on, row};
use crate::reports::ReadError;
use crate::reports::report::{Dimension, Report, Scope};
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
        // the programme's own row is the first of its key, its years follow
        let of_years = movements.range((programme.clone(), Some(String::new()))..);
        let of_years: Vec<_> = of_years.take_while(|((of, _), _)| of == programme).collect();
        let (mut standing, mut by_year) = (Figures::new(), BTreeMap::<FiscalYear, _>::new());
        for month in first.through(Month::of(scope.as_of)) {
            move_on(&mut standing, months.get(&month))?;
            for ((_, year), months) in &of_years {
                let year = read_year(year.as_deref())?;
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
    let of_years = movements.range((programme.to_owned(), Some(String::new()))..);
    let of_years = of_years.take_while(|((of, _), _)| of == programme);
    of_years.map(|((_, year), months)| Ok((read_year(year.as_deref())?, at_the_end(months)?))).collect()
}

fn read_year(part: Option<&str>) -> Result<FiscalYear, Unreadable> {
    let year: i32 = part.and_then(|year| year.parse().ok()).unwrap_or_default();
    FiscalYear::new(year).map_err(|_| Unreadable(year.to_string()))
}

/// The figures of each year's money.
pub(super) fn attributed(
    standing: &Figures,
    by_year: &BTreeMap<FiscalYear, Figures>,
) -> Result<Vec<(FiscalYear, Figures)>, OutOfRange> {
    let of = |figures: &Figures, figure| figures.get(&figure).copied().unwrap_or_default();
    let mut years = BTreeMap::new();
    for (year, figures) in by_year {
        let appropriated = of(figures, Figure::Appropriated).plus(of(figures, Figure::Adjusted))?;
        let money = YearAppropriation { appropriated, lapsed: of(figures, Figure::Lapsed) };
        if money != YearAppropriation::default() {
            years.insert(*year, money);
        }
    }
    let used = UsedBudget {
        expended: of(standing, Figure::Expended),
        payable: of(standing, Figure::Approved),
        committed: of(standing, Figure::Committed),
        reserved: of(standing, Figure::Reserved),
    };
    let figures = |budget: YearBudget| {
        let adjusted = by_year.get(&budget.fiscal_year).map(|figures| of(figures, Figure::Adjusted));
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
