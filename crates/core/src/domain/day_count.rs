//! How days become a fraction of a year, without a remainder.
//!
//! Every basis divides the same number, so that fractions of years of different lengths add up as integers.
//! Each count is a difference of two days' positions: what is counted in parts sums to the whole.

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::dates::Date;

/// How days become a fraction of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DayCount {
    /// Days ÷ 360.
    #[default]
    #[serde(rename = "actual/360")]
    Actual360,
    /// Days ÷ 365.
    #[serde(rename = "actual/365")]
    Actual365,
    /// Days of a leap year ÷ 366, others ÷ 365.
    #[serde(rename = "actual/actual")]
    ActualActual,
    /// Both days of the month capped at 30, ÷ 360.
    #[serde(rename = "30e/360")]
    Thirty360,
}

/// What days were divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Basis {
    /// 360.
    #[serde(rename = "360")]
    Days360,
    /// 365.
    #[serde(rename = "365")]
    Days365,
    /// 366: every day lies in a leap year.
    #[serde(rename = "366")]
    Days366,
    /// Days of leap years by 366 and the others by 365: a new year lies between.
    #[serde(rename = "actual/actual")]
    Actual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearPart {
    /// How many days were counted; under 30e/360 those of its calendar.
    pub days: u32,
    /// What they were divided by.
    pub basis: Basis,
    /// The part, in [`YearPart::UNITS`] of a year.
    pub units: i64,
}

impl YearPart {
    /// The least common multiple of 360, 365 and 366.
    pub const UNITS: i64 = 1_603_080;
}

/// Units of a day of a year that long.
const fn unit(days: i64) -> i64 {
    YearPart::UNITS / days
}

impl DayCount {
    /// The part of a year from the first day, counted, to the last, not counted. None where the last lies before the
    /// first.
    pub fn between(self, from: Date, until: Date) -> Option<YearPart> {
        let (from, until) = (from.naive(), until.naive());
        let actual = i64::from(until.num_days_from_ce()) - i64::from(from.num_days_from_ce());
        let (days, basis, units) = match self {
            Self::Actual360 => (actual, Basis::Days360, actual * unit(360)),
            Self::Actual365 => (actual, Basis::Days365, actual * unit(365)),
            Self::Thirty360 => {
                let days = thirty(until) - thirty(from);
                (days, Basis::Days360, days * unit(360))
            }
            Self::ActualActual => {
                let leap = leap_days_before(until) - leap_days_before(from);
                let basis = match leap {
                    0 => Basis::Days365,
                    leap if leap == actual => Basis::Days366,
                    _ => Basis::Actual,
                };
                (actual, basis, leap * unit(366) + (actual - leap) * unit(365))
            }
        };
        if actual < 0 {
            return None;
        }
        Some(YearPart { days: u32::try_from(days).ok()?, basis, units })
    }
}

/// A day's position in the calendar of twelve months of thirty days.
fn thirty(day: chrono::NaiveDate) -> i64 {
    360 * i64::from(day.year()) + 30 * i64::from(day.month0()) + i64::from(day.day().min(30))
}

/// How many days of leap years lie before this one, counted from the year 0.
fn leap_days_before(day: chrono::NaiveDate) -> i64 {
    // leap years before `year`, the year 0 among them; years of a date are above 0
    let year = i64::from(day.year());
    let before = year - 1;
    let leap_years = before / 4 - before / 100 + before / 400 + 1;
    leap_years * 366 + if day.leap_year() { i64::from(day.ordinal0()) } else { 0 }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [DayCount; 4] =
        [DayCount::Actual360, DayCount::Actual365, DayCount::ActualActual, DayCount::Thirty360];

    fn between(count: DayCount, from: &str, until: &str) -> YearPart {
        count.between(Date::parse(from).unwrap(), Date::parse(until).unwrap()).unwrap()
    }

    #[test]
    fn a_part_of_a_year_is_what_its_convention_says() {
        use DayCount::{Actual360, Actual365, ActualActual, Thirty360};
        for (count, from, until, days, basis, units) in [
            (Actual360, "2024-06-21", "2024-09-21", 92, Basis::Days360, 92 * 4_453),
            (Actual365, "2024-06-21", "2024-09-21", 92, Basis::Days365, 92 * 4_392),
            (Thirty360, "2024-06-21", "2024-09-21", 90, Basis::Days360, 90 * 4_453),
            (ActualActual, "2024-02-01", "2024-03-01", 29, Basis::Days366, 29 * 4_380),
            (ActualActual, "2023-02-01", "2023-03-01", 28, Basis::Days365, 28 * 4_392),
            (ActualActual, "2023-12-31", "2024-01-02", 2, Basis::Actual, 4_392 + 4_380),
            (ActualActual, "2024-12-31", "2025-01-02", 2, Basis::Actual, 4_380 + 4_392),
            (ActualActual, "2024-01-01", "2025-01-01", 366, Basis::Days366, YearPart::UNITS),
            (ActualActual, "2000-01-01", "2001-01-01", 366, Basis::Days366, YearPart::UNITS),
            (ActualActual, "1900-01-01", "1901-01-01", 365, Basis::Days365, YearPart::UNITS),
            (Thirty360, "2024-02-01", "2024-03-01", 30, Basis::Days360, 30 * 4_453),
            (Thirty360, "2025-01-31", "2025-02-28", 28, Basis::Days360, 28 * 4_453),
            (Thirty360, "2025-01-30", "2025-01-31", 0, Basis::Days360, 0),
            (Thirty360, "2025-02-28", "2025-03-31", 32, Basis::Days360, 32 * 4_453),
        ] {
            let part = YearPart { days, basis, units };
            assert_eq!(between(count, from, until), part, "{count:?} {from} {until}");
        }
        let [from, until] = ["2025-01-02", "2025-01-01"].map(|text| Date::parse(text).unwrap());
        assert!(ALL.iter().all(|count| count.between(from, until).is_none()));
    }

    proptest! {
        #[test]
        fn parts_of_a_period_sum_to_it(from in 0_u64..46_000, first in 0_u64..2_000, second in 0_u64..2_000) {
            let begin = Date::parse("1900-01-01").unwrap();
            let [from, cut, until] = [from, from + first, from + first + second].map(|d| begin.plus_days(d).unwrap());
            for count in ALL {
                let [a, b, whole] = [(from, cut), (cut, until), (from, until)]
                    .map(|(from, until)| count.between(from, until).unwrap());
                prop_assert_eq!((a.days + b.days, a.units + b.units), (whole.days, whole.units));
            }
        }
    }
}
