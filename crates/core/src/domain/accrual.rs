//! What accrues on a principal, exact to the end: principal × points ÷ 100 × a part of a year.
//!
//! A sum is an integer over one denominator that every day count and every points rule divides. The bounds: a
//! principal of at most [`Money::INPUT_MAX`] (below 10¹⁴ fen), at most 1.50 points (1.5 × 10¹⁴ of their unit) and the
//! 46,751 days from 1900 to 2027 (2.1 × 10⁸ units of a year) make at most 3.2 × 10³⁶, a fiftieth of what an `i128`
//! holds. What passes them all the same is refused as out of range, never wrapped.

use super::code::Code;
use std::fmt;

use super::day_count::YearPart;
use super::exact::Exact;
use super::macros::string_value;
use super::money::{Money, OutOfRange};
use super::percent::{Percent, Points};
use super::rounding::Rounding;
use super::text::Malformed;

/// [`ExactPoints`] in a millionth of a point.
const PER_MICRO: i64 = 100_000_000;
/// [`ExactPoints`] in a point.
const PER_POINT: i64 = 100_000_000_000_000;
/// A fen, in the unit of an accrual: a hundredth of [`PER_POINT`] and the parts of a year.
const PER_FEN: i128 = 100 * 100_000_000_000_000 * 1_603_080;

/// Percentage points without rounding: a share of at most six decimals of a rate of at most six.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ExactPoints(i64);

impl ExactPoints {
    /// Points as they are written. Error: out of range.
    pub fn of(points: Points) -> Result<Self, OutOfRange> {
        points.micro().checked_mul(PER_MICRO).map(Self).ok_or(OutOfRange)
    }

    /// All of a rate. Error: out of range.
    pub fn of_rate(rate: Percent) -> Result<Self, OutOfRange> {
        rate.micro().checked_mul(PER_MICRO).map(Self).ok_or(OutOfRange)
    }

    /// A percentage of a rate. Error: out of range, above 92,233 points.
    pub fn share(percent: Percent, rate: Percent) -> Result<Self, OutOfRange> {
        percent.micro().checked_mul(rate.micro()).map(Self).ok_or(OutOfRange)
    }

    /// Less other points; never below 0. Error: out of range.
    pub fn less(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_sub(other.0).map(|left| Self(left.max(0))).ok_or(OutOfRange)
    }

    /// The sum. Error: out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
    }

    /// The same as a number of 10⁻¹⁴ points.
    pub const fn scaled(self) -> i64 {
        self.0
    }

    /// Digits, then up to fourteen decimals. Error: `invalid_points`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refused = Malformed { code: Code::InvalidPoints };
        let (whole, part) = text.split_once('.').map_or((text, None), |(w, p)| (w, Some(p)));
        let plain =
            |s: &str, max: usize| !s.is_empty() && s.len() <= max && s.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole, 5) || part.is_some_and(|part| !plain(part, 14)) {
            return Err(refused);
        }
        let whole: i64 = whole.parse().map_err(|_| refused)?;
        let part: i64 = format!("{:0<14}", part.unwrap_or("")).parse().map_err(|_| refused)?;
        whole.checked_mul(PER_POINT).and_then(|whole| whole.checked_add(part)).map(Self).ok_or(refused)
    }
}

impl fmt::Display for ExactPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / PER_POINT, self.0 % PER_POINT);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:014}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

string_value!(ExactPoints, Code::InvalidPoints);

/// What accrued: so many parts of a fen, each of one in `per_fen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accrual {
    parts: i128,
    per_fen: i128,
}

impl Default for Accrual {
    fn default() -> Self {
        Self { parts: 0, per_fen: PER_FEN }
    }
}

impl Accrual {
    /// Principal × points ÷ 100 × a part of a year. Error: out of range.
    pub fn of(principal: Money, points: ExactPoints, part: YearPart) -> Result<Self, OutOfRange> {
        i128::from(principal.fen())
            .checked_mul(i128::from(points.0))
            .and_then(|yearly| yearly.checked_mul(i128::from(part.units)))
            .map(|parts| Self { parts, per_fen: PER_FEN })
            .ok_or(OutOfRange)
    }

    /// A percentage of an amount × days ÷ all days, of which there is one at least. Error: out of range.
    pub fn share(amount: Money, percent: Percent, [days, of_days]: [u32; 2]) -> Result<Self, OutOfRange> {
        let shared = i128::from(amount.fen()).checked_mul(i128::from(percent.micro()));
        let parts = shared.and_then(|shared| shared.checked_mul(i128::from(days))).ok_or(OutOfRange)?;
        Ok(Self { parts, per_fen: i128::from(Percent::HUNDRED.micro()) * i128::from(of_days) })
    }

    /// The sum of two that were reckoned alike. Error: out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        if self.parts == 0 {
            return Ok(other);
        }
        if self.per_fen != other.per_fen && other.parts != 0 {
            return Err(OutOfRange);
        }
        let parts = self.parts.checked_add(other.parts).ok_or(OutOfRange)?;
        Ok(Self { parts, ..self })
    }

    /// To the unit that a rule names. Error: out of range.
    pub fn round(self, rounding: Rounding) -> Result<Money, OutOfRange> {
        rounding.of(self.parts, self.per_fen)
    }

    /// As a decimal: all of its digits where they end, else the first [`Unrounded::DECIMALS`].
    pub fn unrounded(self) -> Unrounded {
        let mut digits = self.parts / self.per_fen;
        let mut rest = self.parts % self.per_fen;
        // 2 decimals are the fen's. A rest is below 1.7 × 10²², so that 15 digits of it at once stay in range; an `i128` is
        // at most 1.1 × 10¹⁶ fen, and with 18 decimals more in range too. Of a share of what was paid a fen has fewer parts,
        // and there is no more of it than what was paid
        for scale in [10_i128.pow(15), 10_i128.pow(3)] {
            rest *= scale;
            digits = digits * scale + rest / self.per_fen;
            rest %= self.per_fen;
        }
        Unrounded(digits)
    }
}

/// CNY with up to twenty decimals, the rest cut off: how what accrued is shown, never what is computed with. Two
/// decimals at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Unrounded(i128);

impl Unrounded {
    pub const DECIMALS: usize = 20;
    const PER_YUAN: i128 = 10_i128.pow(20);

    /// The same amount of what leaves at most ten decimals. Error: below zero, or out of range.
    pub fn of(exact: Exact) -> Result<Self, OutOfRange> {
        let scaled = exact.weight().checked_mul(10_i128.pow(10)).filter(|scaled| *scaled >= 0);
        scaled.map(Self).ok_or(OutOfRange)
    }

    /// What it weighs when an amount is apportioned: hundred-millionths of a fen, which leave room for the product
    /// with any amount.
    pub const fn weight(self) -> i128 {
        self.0 / 10_i128.pow(10)
    }

    /// Exactly what `Display` writes. Error: `invalid_amount`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refused = Malformed { code: Code::InvalidAmount };
        let (whole, part) = text.split_once('.').ok_or(refused)?;
        let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(part) || part.len() > Self::DECIMALS {
            return Err(refused);
        }
        let whole: i128 = whole.parse().map_err(|_| refused)?;
        let part: i128 = format!("{part:0<20}").parse().map_err(|_| refused)?;
        whole.checked_mul(Self::PER_YUAN).and_then(|w| w.checked_add(part)).map(Self).ok_or(refused)
    }
}

impl fmt::Display for Unrounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:020}", self.0 % Self::PER_YUAN);
        let shown = digits.trim_end_matches('0');
        write!(f, "{}.{shown:0<2}", self.0 / Self::PER_YUAN)
    }
}

string_value!(Unrounded, Code::InvalidAmount);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::super::{Date, DayCount};
    use super::*;

    fn accrual(principal: &str, points: &str, count: DayCount, from: &str, until: &str) -> Accrual {
        let [from, until] = [from, until].map(|text| Date::parse(text).unwrap());
        let part = count.between(from, until, from).unwrap();
        Accrual::of(Money::parse(principal).unwrap(), ExactPoints::parse(points).unwrap(), part).unwrap()
    }

    #[test]
    fn the_denominator_is_points_times_a_hundred_times_a_years_units() {
        assert_eq!(PER_FEN, 100 * i128::from(PER_POINT) * i128::from(YearPart::UNITS));
        assert_eq!(
            i128::from(PER_POINT),
            i128::from(Points::from_micro(1_000_000).micro()) * i128::from(PER_MICRO)
        );
    }

    #[test]
    fn what_accrues_is_shown_with_all_its_digits_or_twenty_of_them() {
        let shown =
            |count| accrual("200000000", "1.5", count, "2024-06-21", "2024-09-21").unrounded().to_string();
        assert_eq!(shown(DayCount::Actual360), "766666.66666666666666666666");
        assert_eq!(shown(DayCount::Actual365), "756164.38356164383561643835");
        assert_eq!(shown(DayCount::Thirty360), "750000.00");
        let ends = accrual("0.01", "0.00000000000001", DayCount::Thirty360, "2024-01-01", "2025-01-01");
        assert_eq!(ends.unrounded().to_string(), "0.000000000000000001");
    }

    #[test]
    fn the_largest_sum_that_inputs_allow_is_in_range_with_room_to_spare() {
        for count in [
            DayCount::Actual360,
            DayCount::Actual365,
            DayCount::ActualActual,
            DayCount::Thirty360,
            DayCount::Icma,
        ] {
            let all = accrual("999999999999.99", "1.5", count, "1900-01-01", "2028-01-01");
            assert!(all.parts < i128::MAX / 50, "{count:?}");
            let rounded = all.round(Rounding::default()).unwrap();
            assert!(all.unrounded().weight().checked_mul(i128::from(rounded.fen())).is_some());
            assert_eq!(Unrounded::parse(&all.unrounded().to_string()), Ok(all.unrounded()));
        }
    }

    #[test]
    fn a_share_of_what_was_paid_counts_by_days_and_parts_make_the_whole() {
        let share = |days| {
            let (paid, percent) = (Money::parse("412345.67").unwrap(), Percent::parse("50").unwrap());
            Accrual::share(paid, percent, [days, 181]).unwrap()
        };
        assert_eq!(share(181).unrounded().to_string(), "206172.835");
        assert_eq!(share(31).plus(share(150)), Ok(share(181)));
        assert_eq!(Accrual::default().plus(share(1)), Ok(share(1)));
        let accrued = accrual("100", "1", DayCount::Actual360, "2024-01-01", "2024-01-02");
        assert_eq!(accrued.plus(share(1)), Err(OutOfRange));
    }

    #[test]
    fn points_are_exact_to_fourteen_decimals_and_never_below_zero() {
        let third =
            ExactPoints::share(Percent::parse("33.333333").unwrap(), Percent::parse("3.456789").unwrap())
                .unwrap();
        assert_eq!(third.to_string(), "1.15226298847737");
        assert_eq!(ExactPoints::of(Points::parse("1.50").unwrap()).unwrap().to_string(), "1.5");
        assert_eq!(ExactPoints::default().less(third), Ok(ExactPoints::default()));
        for bad in ["", "-1", "1.", ".5", "1.123456789012345", "1e3"] {
            assert!(ExactPoints::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn points_out_of_range_are_refused_and_never_cut() {
        let (most, two) = (ExactPoints(i64::MAX), Percent::from_micro(2));
        assert_eq!(ExactPoints::share(Percent::from_micro(i64::MAX / 2), two), Ok(ExactPoints(i64::MAX - 1)));
        for too_much in [
            ExactPoints::of(Points::from_micro(i64::MAX)),
            ExactPoints::of_rate(Percent::from_micro(i64::MAX)),
            ExactPoints::share(Percent::from_micro(i64::MAX), two),
            most.plus(ExactPoints(1)),
            ExactPoints(i64::MIN).less(most),
        ] {
            assert_eq!(too_much, Err(OutOfRange));
        }
        let shown = Accrual { parts: i128::MAX, ..Accrual::default() }.unrounded();
        assert_eq!(shown.to_string(), "106133931843993.58218659536873760767");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(points in 0_i64..150_000_000_000_000, digits in 0_i128..10_i128.pow(32)) {
            let points = ExactPoints(points);
            prop_assert_eq!(ExactPoints::parse(&points.to_string()), Ok(points));
            let shown = Unrounded(digits);
            prop_assert_eq!(Unrounded::parse(&shown.to_string()), Ok(shown));
        }
    }
}
