//! Calendar months, which are the accounting periods.

use super::code::Code;
use std::fmt;

use chrono::{Datelike, Months, NaiveDate};

use super::dates::Date;
use super::macros::string_value;
use super::text::Malformed;

/// A calendar month `YYYY-MM`, from 1900-01 to 2999-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// Exactly seven characters. Error: `invalid_month`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refused = Malformed { code: Code::InvalidMonth };
        if text.len() != 7 {
            return Err(refused);
        }
        Date::parse(&format!("{text}-01")).map(Self).map_err(|_| refused)
    }

    /// The month of a day.
    pub fn of(day: Date) -> Self {
        let first = day.naive().with_day(1).unwrap_or(day.naive());
        Self(Date::from_naive(first))
    }

    /// Its first day.
    pub const fn first_day(self) -> Date {
        self.0
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        let next = self.0.naive().checked_add_months(Months::new(1));
        Date::from_naive(next.and_then(|day| day.pred_opt()).unwrap_or(NaiveDate::MAX))
    }

    /// The month after it.
    pub fn next(self) -> Self {
        Self(self.0.plus_months(1).unwrap_or(self.0))
    }

    /// The month before it.
    pub fn previous(self) -> Self {
        let before = self.0.naive().checked_sub_months(Months::new(1));
        Self(before.map_or(self.0, Date::from_naive))
    }

    /// The months from this one to another, both included; none where the other is earlier.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next())).take_while(move |month| *month <= last)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.naive().format("%Y-%m"))
    }
}

string_value!(Month, Code::InvalidMonth);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    #[test]
    fn a_month_has_seven_characters_and_is_on_the_calendar() {
        for bad in ["2025-2", "2025-13", "2025-00", "202502", "2025-02-01", "+025-02", "２０２５-02", ""]
        {
            assert!(Month::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_month_ends_on_its_last_day_and_the_next_one_follows() {
        for (text, last, next) in [
            ("2024-02", "2024-02-29", "2024-03"),
            ("2025-02", "2025-02-28", "2025-03"),
            ("2025-12", "2025-12-31", "2026-01"),
        ] {
            assert_eq!(month(text).last_day().to_string(), last);
            assert_eq!(month(text).next(), month(next));
            assert_eq!(month(next).previous(), month(text));
            assert_eq!(Month::of(month(text).last_day()), month(text));
        }
        let through: Vec<_> = month("2025-11").through(month("2026-01")).map(|m| m.to_string()).collect();
        assert_eq!(through, ["2025-11", "2025-12", "2026-01"]);
        assert_eq!(month("2025-11").through(month("2025-10")).count(), 0);
    }
}
