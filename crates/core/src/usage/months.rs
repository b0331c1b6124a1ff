//! A charge period cut at the agency's months.
//!
//! A charge counts in each month for the seconds of its period that lie there. The parts are cut at 10⁻²⁴ CNY, each
//! bound by what came before it: together they are the charge, to the last digit.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::amount::Metered;
use crate::domain::money::OutOfRange;
use crate::domain::{Instant, Month};

/// The most months that a charge period may touch.
pub const MONTHS_MAX: usize = 61;

/// A charge period: UTC, its end not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChargePeriod {
    pub start: DateTime<Utc>,
    /// The first instant after it.
    pub end: DateTime<Utc>,
}

impl ChargePeriod {
    /// The months that it touches, in a zone.
    pub fn months(self, zone: Tz) -> impl Iterator<Item = Month> {
        let last = self.end.checked_sub_signed(chrono::TimeDelta::seconds(1)).unwrap_or(self.end);
        let month = |at| Month::of(Instant::new(at).date_in(zone));
        month(self.start).through(month(last))
    }

    /// An amount cut at the months of a zone, in their order. Error: out of range.
    pub fn cut(self, amount: Metered, zone: Tz) -> Result<Vec<(Month, Metered)>, OutOfRange> {
        let whole = self.end.signed_duration_since(self.start).num_seconds();
        let (mut parts, mut before) = (Vec::new(), Metered::default());
        for month in self.months(zone) {
            let until = Instant::beginning(month.next().first_day(), zone).utc().min(self.end);
            let elapsed = until.signed_duration_since(self.start).num_seconds();
            let so_far = if elapsed >= whole { amount } else { amount.share(elapsed, whole)? };
            parts.push((month, so_far.minus(before)?));
            before = so_far;
        }
        Ok(parts)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::super::amount::Billed;
    use super::*;

    const SHANGHAI: Tz = chrono_tz::Asia::Shanghai;

    fn period(start: &str, end: &str) -> ChargePeriod {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc);
        ChargePeriod { start: at(start), end: at(end) }
    }

    fn cut(period: ChargePeriod, amount: &str) -> Vec<(String, String)> {
        let amount = Metered::of(Billed::parse(amount).unwrap(), None).unwrap();
        let parts = period.cut(amount, SHANGHAI).unwrap();
        parts.into_iter().map(|(month, part)| (month.to_string(), part.to_string())).collect()
    }

    #[test]
    fn an_hour_before_and_an_hour_after_the_agencys_midnight_are_of_different_months() {
        let last = period("2024-09-30T15:00:00Z", "2024-09-30T16:00:00Z");
        assert_eq!(cut(last, "1"), [("2024-09".to_owned(), "1.00".to_owned())]);
        let first = period("2024-09-30T16:00:00Z", "2024-09-30T17:00:00Z");
        assert_eq!(cut(first, "1"), [("2024-10".to_owned(), "1.00".to_owned())]);
        let both = period("2024-09-30T15:00:00Z", "2024-09-30T17:00:00Z");
        let halves = [("2024-09".to_owned(), "-0.50".to_owned()), ("2024-10".to_owned(), "-0.50".to_owned())];
        assert_eq!(cut(both, "-1"), halves);
    }

    #[test]
    fn a_month_of_utc_gives_eight_of_its_hours_to_the_next_month() {
        let parts = cut(period("2024-09-01T00:00:00Z", "2024-10-01T00:00:00Z"), "720");
        assert_eq!(
            parts,
            [("2024-09".to_owned(), "712.00".to_owned()), ("2024-10".to_owned(), "8.00".to_owned())]
        );
    }

    proptest! {
        #[test]
        fn the_parts_are_the_charge_to_the_last_digit(
            start in 1_600_000_000_i64..1_900_000_000,
            seconds in 1_i64..100_000_000,
            units in -9_999_999_999_999_i64..9_999_999_999_999,
            exponent in 0..16,
        ) {
            let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
            let period = ChargePeriod { start: at(start), end: at(start + seconds) };
            let amount = Metered::of(Billed::parse(&format!("{units}E-{exponent}")).unwrap_or_default(), None).unwrap();
            let parts = period.cut(amount, SHANGHAI).unwrap();
            let sum = parts.iter().try_fold(Metered::default(), |sum, (_, part)| sum.plus(*part)).unwrap();
            prop_assert_eq!(sum, amount);
            prop_assert!(parts.iter().zip(parts.iter().skip(1)).all(|(one, next)| one.0.next() == next.0));
            let flipped = |part: Metered| (part < Metered::default()) != (amount < Metered::default()) && !part.is_zero();
            prop_assert!(!parts.iter().any(|(_, part)| flipped(*part)));
        }
    }
}
