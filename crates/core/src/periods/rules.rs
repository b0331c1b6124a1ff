use super::{ClosePeriod, Period, PeriodError, PeriodStatus, ReopenPeriod};
use crate::agencies::Agency;
use crate::domain::{Actor, Date, Month, Stamp, WrongState};
use crate::ledger::Turnovers;

/// Whether a month may be closed at all: it is open, and its last day is over.
pub fn may_close(agency: &Agency, month: Month, business_date: Date) -> Result<(), PeriodError> {
    if agency.is_closed(month) {
        return Err(WrongState::not(PeriodStatus::Closed.into_str(), &[PeriodStatus::Open]).into());
    }
    let last_day = month.last_day();
    if business_date <= last_day {
        return Err(PeriodError::MonthNotOver { month, last_day, business_date });
    }
    Ok(())
}

/// The first month that closing `month` closes: the one after the last closed one; of a ledger that never closed one,
/// its first month with postings.
pub fn first_closed(agency: &Agency, month: Month, first_posted: Option<Month>) -> Month {
    match agency.closed_through {
        Some(last) => last.next(),
        None => first_posted.unwrap_or(month).min(month),
    }
}

fn tie(month: Month, turnovers: &Turnovers) -> Result<(), PeriodError> {
    match turnovers.untied() {
        None => Ok(()),
        Some(book) => {
            let turnover = turnovers.of_book(book);
            let (debit, credit) = (turnover.debit, turnover.credit);
            Err(PeriodError::PeriodUnbalanced { month, book, debit, credit })
        }
    }
}

/// The trial balance ties: in each month, and over all of them.
pub fn ties<'a>(months: impl Iterator<Item = (Month, &'a Turnovers)>) -> Result<(), PeriodError> {
    let mut sum = Turnovers::default();
    for (month, turnovers) in months {
        sum = sum.plus(turnovers)?;
        tie(month, turnovers)?;
        tie(month, &sum)?;
    }
    Ok(())
}

/// A month closed.
pub fn close(
    before: Option<&Period>,
    month: Month,
    books: Turnovers,
    actor: &Actor,
    stamp: &Stamp,
) -> Period {
    let revision =
        before.map_or_else(|| crate::domain::Revision::first(stamp), |before| before.revision.next(stamp));
    Period {
        month,
        status: PeriodStatus::Closed,
        books,
        closed_by: actor.subject.clone(),
        closed_at: stamp.recorded_at,
        reopened_by: before.and_then(|before| before.reopened_by.clone()),
        reopened_at: before.and_then(|before| before.reopened_at),
        reason: before.and_then(|before| before.reason),
        revision,
    }
}

/// A closed month reopened, for the reason that was given for the first of them.
pub fn reopen(before: &Period, command: &ReopenPeriod, actor: &Actor, stamp: &Stamp) -> Period {
    Period {
        status: PeriodStatus::Open,
        reopened_by: Some(actor.subject.clone()),
        reopened_at: Some(stamp.recorded_at),
        reason: Some(command.reason),
        revision: before.revision.next(stamp),
        ..before.clone()
    }
}

/// The agency after a month was closed.
pub fn closed(agency: &Agency, command: &ClosePeriod) -> Agency {
    Agency { closed_through: Some(command.month), ..agency.clone() }
}

/// The agency after a month was reopened: what was closed before it stays closed. Where it is the first month that was
/// ever closed, nothing is.
pub fn reopened(agency: &Agency, command: &ReopenPeriod, before: Option<&Period>) -> Agency {
    Agency { closed_through: before.map(|_| command.month.previous()), ..agency.clone() }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use super::*;
    use crate::agencies::{CreateAgency, rules};
    use crate::domain::{AgencyCode, Line, Money};
    use crate::ledger::{BookCode, Turnover};

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    fn agency(closed_through: Option<&str>) -> Agency {
        let command = CreateAgency {
            code: AgencyCode::parse("a").unwrap(),
            name: Line::parse("a").unwrap(),
            zone: crate::domain::dates::Zone::default(),
            sandbox: false,
            business_date: None,
        };
        let created = rules::create(None, &command).unwrap();
        Agency { closed_through: closed_through.map(month), ..created }
    }

    #[test]
    fn a_month_closes_on_the_day_after_its_last() {
        let [last, after] = ["2025-02-28", "2025-03-01"].map(|day| Date::parse(day).unwrap());
        let february = month("2025-02");
        assert!(matches!(
            may_close(&agency(None), february, last),
            Err(PeriodError::MonthNotOver { last_day, .. }) if last_day == last
        ));
        assert_eq!(may_close(&agency(None), february, after), Ok(()));
        assert_eq!(may_close(&agency(Some("2025-01")), february, after), Ok(()));
        for closed in ["2025-02", "2025-03"] {
            let refused = may_close(&agency(Some(closed)), february, after);
            assert!(matches!(refused, Err(PeriodError::WrongState(WrongState { status: "closed", .. }))));
        }
    }

    #[test]
    fn closing_a_month_closes_what_is_open_before_it() {
        let march = month("2025-03");
        assert_eq!(first_closed(&agency(None), march, None), march);
        assert_eq!(first_closed(&agency(None), march, Some(month("2024-11"))), month("2024-11"));
        assert_eq!(first_closed(&agency(None), march, Some(month("2025-06"))), march);
        assert_eq!(first_closed(&agency(Some("2025-01")), march, Some(month("2024-11"))), month("2025-02"));
        assert_eq!(first_closed(&agency(Some("2025-01")), march, Some(march)), month("2025-02"));
    }

    #[test]
    fn a_month_that_does_not_tie_is_named_also_where_another_makes_up_for_it() {
        let side = |debit, credit| Turnovers {
            cash: Turnover { debit: Money::from_fen(debit), credit: Money::from_fen(credit) },
            ..Turnovers::default()
        };
        let good = [(month("2025-01"), side(5, 5)), (month("2025-02"), side(7, 7))];
        assert_eq!(ties(good.iter().map(|(m, t)| (*m, t))), Ok(()));
        let bad = [(month("2025-01"), side(5, 4)), (month("2025-02"), side(7, 8))];
        assert_eq!(
            ties(bad.iter().map(|(m, t)| (*m, t))),
            Err(PeriodError::PeriodUnbalanced {
                month: month("2025-01"),
                book: BookCode::Y,
                debit: Money::from_fen(5),
                credit: Money::from_fen(4),
            })
        );
    }
}
