//! How days become a fraction of a year, without a remainder.
//!
//! Every basis divides the same number, so that fractions of years of different lengths add up as integers.
//! Each count is a difference of two days' positions: what is counted in parts sums to the whole.

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::dates::Date;

/// How days become a fraction of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// A day ÷ the days of the anniversary year in which it falls.
    #[serde(rename = "actual/actual-icma")]
    Icma,
}

/// What days were divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// Days of years of 366 days by 366 and the others by 365: the turn of a year lies between.
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
    /// first. Anniversary years begin on a day of their own, and its anniversaries.
    pub fn between(self, from: Date, until: Date, years_from: Date) -> Option<YearPart> {
        let (begin, from, until) = (years_from.naive(), from.naive(), until.naive());
        let actual = i64::from(until.num_days_from_ce()) - i64::from(from.num_days_from_ce());
        let (days, basis, units) = match self {
            Self::Actual360 => (actual, Basis::Days360, actual * unit(360)),
            Self::Actual365 => (actual, Basis::Days365, actual * unit(365)),
            Self::Thirty360 => {
                let days = thirty(until) - thirty(from);
                (days, Basis::Days360, days * unit(360))
            }
            Self::ActualActual => by_years(actual, leap_days_before(until) - leap_days_before(from)),
            Self::Icma => by_years(actual, days_of_long_years(begin, from, until)?),
        };
        if actual < 0 {
            return None;
        }
        Some(YearPart { days: u32::try_from(days).ok()?, basis, units })
    }
}

/// Days of which so many lie in years of 366 days, and the others in years of 365.
const fn by_years(actual: i64, long: i64) -> (i64, Basis, i64) {
    let basis = match long {
        0 => Basis::Days365,
        long if long == actual => Basis::Days366,
        _ => Basis::Actual,
    };
    (actual, basis, long * unit(366) + (actual - long) * unit(365))
}

/// How many of the days lie in anniversary years of 366 days. Before the first day of all years no principal is there to
/// earn, and every year counts as one of 365. None beyond the calendar.
fn days_of_long_years(begin: NaiveDate, from: NaiveDate, until: NaiveDate) -> Option<i64> {
    // each anniversary is counted from the first day: of 29 February it is the 28th, and the 29th again in a leap year
    let anniversary = |year: i32| {
        let years = u32::try_from(year - begin.year()).ok()?;
        begin.checked_add_months(Months::new(years * 12))
    };
    let mut long = 0;
    for year in from.year() - 1..=until.year() {
        let Some(first) = anniversary(year) else { continue };
        let next = anniversary(year + 1)?;
        let common = (next.min(until) - first.max(from)).num_days();
        if (next - first).num_days() == 366 {
            long += common.max(0);
        }
    }
    Some(long)
}

/// A day's position in the calendar of twelve months of thirty days.
fn thirty(day: NaiveDate) -> i64 {
    360 * i64::from(day.year()) + 30 * i64::from(day.month0()) + i64::from(day.day().min(30))
}

/// How many days of leap years lie before this one, counted from the year 0.
fn leap_days_before(day: NaiveDate) -> i64 {
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

    use DayCount::{Actual360, Actual365, ActualActual, Icma, Thirty360};

    const ALL: [DayCount; 5] = [Actual360, Actual365, ActualActual, Thirty360, Icma];

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn between(count: DayCount, from: &str, until: &str) -> YearPart {
        count.between(day(from), day(until), day("2000-01-01")).unwrap()
    }

    #[test]
    fn a_part_of_a_year_is_what_its_convention_says() {
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
        let [from, until] = ["2025-01-02", "2025-01-01"].map(day);
        assert!(ALL.iter().all(|count| count.between(from, until, until).is_none()));
    }

    #[test]
    fn anniversary_years_are_counted_from_their_first_day() {
        for (begin, from, until, days, basis, units) in [
            ("2027-09-01", "2027-09-01", "2028-03-01", 182, Basis::Days366, 182 * 4_380),
            ("2027-09-01", "2028-03-01", "2028-09-01", 184, Basis::Days366, 184 * 4_380),
            ("2027-09-01", "2028-08-31", "2028-09-02", 2, Basis::Actual, 4_380 + 4_392),
            // 29 February: its anniversaries are the 28th, of a leap year the 29th
            ("2024-02-29", "2024-02-29", "2025-02-28", 365, Basis::Days365, YearPart::UNITS),
            ("2024-02-29", "2027-02-28", "2028-02-29", 366, Basis::Days366, YearPart::UNITS),
            ("2024-02-29", "2024-02-29", "2028-02-29", 1_461, Basis::Actual, 4 * YearPart::UNITS),
            ("2025-05-01", "2025-04-30", "2025-05-02", 2, Basis::Days365, 2 * 4_392),
        ] {
            let part = YearPart { days, basis, units };
            assert_eq!(Icma.between(day(from), day(until), day(begin)), Some(part), "{begin} {from} {until}");
        }
    }

    proptest! {
        #[test]
        fn parts_of_a_period_sum_to_it(from in 0_u64..46_000, first in 0_u64..2_000, second in 0_u64..2_000) {
            let begin = Date::parse("1900-01-01").unwrap();
            let [from, cut, until] = [from, from + first, from + first + second].map(|d| begin.plus_days(d).unwrap());
            for (count, years) in ALL.map(|count| (count, begin)).into_iter().chain([(Icma, from), (Icma, cut)]) {
                let [a, b, whole] = [(from, cut), (cut, until), (from, until)]
                    .map(|(from, until)| count.between(from, until, years).unwrap());
                prop_assert_eq!((a.days + b.days, a.units + b.units), (whole.days, whole.units));
            }
        }

        #[test]
        fn a_full_year_of_a_loan_is_exactly_one(begin in 0_u64..46_000, years in 0_u32..40) {
            let begin = Date::parse("1900-01-01").unwrap().plus_days(begin).unwrap();
            let [from, until] = [years, years + 1].map(|years| begin.plus_months(12 * years).unwrap());
            prop_assert_eq!(Icma.between(from, until, begin).unwrap().units, YearPart::UNITS);
        }
    }
}
