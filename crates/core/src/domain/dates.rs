//! Calendar dates in the agency's zone and instants in UTC.

use super::code::Code;
use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::macros::string_value;
use super::text::Malformed;

/// A calendar date `YYYY-MM-DD`, from 1900 to 2999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

impl Date {
    /// Exactly ten characters. Error: `invalid_date`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refused = Malformed { code: Code::InvalidDate };
        let shape = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(refused);
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| refused)?;
        if (1900..3000).contains(&date.year()) { Ok(Self(date)) } else { Err(refused) }
    }

    /// A date that a library already checked.
    pub const fn from_naive(date: NaiveDate) -> Self {
        Self(date)
    }

    pub const fn naive(self) -> NaiveDate {
        self.0
    }

    /// The calendar year, which is the fiscal year too.
    pub fn year(self) -> FiscalYear {
        FiscalYear(self.0.year())
    }

    /// The corresponding day so many months on, or that month's last day if there is none:
    /// 2025-08-31 + 6 months is 2026-02-28.
    pub fn plus_months(self, months: u32) -> Option<Self> {
        self.0.checked_add_months(Months::new(months)).map(Self)
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// So many days on.
    pub fn plus_days(self, days: u64) -> Option<Self> {
        self.0.checked_add_days(Days::new(days)).map(Self)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

string_value!(Date, Code::InvalidDate);

/// A calendar and fiscal year (in China they are the same), 1900 to 2999; an integer on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FiscalYear(i32);

impl FiscalYear {
    /// Error: `invalid_fiscal_year`.
    pub fn new(year: i32) -> Result<Self, Malformed> {
        if (1900..3000).contains(&year) {
            Ok(Self(year))
        } else {
            Err(Malformed { code: Code::InvalidFiscalYear })
        }
    }

    pub const fn number(self) -> i32 {
        self.0
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An instant in UTC to the microsecond, which is what PostgreSQL keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(DateTime<Utc>);

impl Instant {
    /// Drops what is finer than a microsecond.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at))
    }

    pub const fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// The instant at which a day begins in a zone.
    pub fn beginning(day: Date, zone: chrono_tz::Tz) -> Self {
        let local = day.naive().and_time(NaiveTime::MIN);
        // where the clock jumps over midnight, the day begins with what the clock shows after it
        let at = zone.from_local_datetime(&local).earliest();
        Self::new(at.map_or_else(|| Utc.from_utc_datetime(&local), |at| at.with_timezone(&Utc)))
    }

    /// The date of this instant in a zone.
    pub fn date_in(self, zone: chrono_tz::Tz) -> Date {
        Date(self.0.with_timezone(&zone).date_naive())
    }

    /// RFC 3339. Error: `invalid_instant`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        DateTime::parse_from_rfc3339(text)
            .map(|at| Self::new(at.with_timezone(&Utc)))
            .map_err(|_| Malformed { code: Code::InvalidInstant })
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

string_value!(Instant, Code::InvalidInstant);

/// A time zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// Error: `invalid_zone`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text.parse().map(Self).map_err(|_| Malformed { code: Code::InvalidZone })
    }

    pub const fn tz(self) -> chrono_tz::Tz {
        self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(chrono_tz::Asia::Shanghai)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

string_value!(Zone, Code::InvalidZone);

/// Days from `from` to `until`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
}

impl Window {
    /// Whether the day lies in it.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn months_are_added_to_the_corresponding_day_or_the_months_last() {
        for (from, months, to) in [
            ("2025-08-31", 6, "2026-02-28"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2025-03-01", 6, "2025-09-01"),
            ("2023-08-31", 6, "2024-02-29"),
            ("2025-12-31", 2, "2026-02-28"),
            ("2025-05-15", 12, "2026-05-15"),
        ] {
            assert_eq!(date(from).plus_months(months), Some(date(to)), "{from} + {months}");
        }
    }

    #[test]
    fn a_date_has_ten_characters_and_is_on_the_calendar() {
        for bad in [
            "2025-2-1",
            "2025-02-30",
            "20250201",
            "2025-02-01T00:00:00Z",
            "+025-02-01",
            "1899-12-31",
            "２０２５-02-01",
        ] {
            assert!(Date::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_business_date_is_that_of_the_zone() {
        let late = Instant::parse("2025-12-31T16:00:00Z").unwrap();
        assert_eq!(late.date_in(Zone::default().tz()), date("2026-01-01"));
    }
}
