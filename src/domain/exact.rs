//! An exact amount before it is rounded: fen over a power of ten.

use std::fmt;

use super::money::{Money, OutOfRange};
use super::percent::Percent;
use super::rounding::{RoundingMode, round};

/// Millionths of a percent in one: a percent has six decimals, a hundred of them make one.
const PER_UNIT: i128 = 100_000_000;

/// An exact amount of CNY in units of 10⁻⁸ fen: what a ratio of at most six decimals leaves of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Exact(i128);

impl Exact {
    /// `percent` of `base`, without rounding. Error: out of range.
    pub fn ratio(base: Money, percent: Percent) -> Result<Self, OutOfRange> {
        i128::from(base.fen()).checked_mul(i128::from(percent.micro())).map(Self).ok_or(OutOfRange)
    }

    /// An amount that is already in fen.
    pub fn from_money(money: Money) -> Self {
        Self(i128::from(money.fen()) * PER_UNIT)
    }

    /// The sum. Error: out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
    }

    /// To the fen. Error: out of range.
    pub fn round(self, mode: RoundingMode) -> Result<Money, OutOfRange> {
        round(self.0, PER_UNIT, mode)
    }

    /// The weight that this amount has when a total is apportioned.
    pub const fn weight(self) -> i128 {
        self.0
    }
}

impl fmt::Display for Exact {
    /// A decimal of CNY with at least two and at most ten decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_yuan = PER_UNIT * 100;
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.abs() / per_yuan, self.0.abs() % per_yuan);
        let digits = format!("{part:010}");
        let shown = digits.trim_end_matches('0');
        write!(f, "{sign}{whole}.{shown:0<2}")
    }
}

impl serde::Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Exact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = super::text::raw_string(deserializer, "invalid_amount")?;
        Self::parse_stored(&text).ok_or_else(|| serde::de::Error::custom("invalid_amount"))
    }
}

impl Exact {
    /// Reads the exact form that `Display` writes.
    pub fn parse_stored(text: &str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |r| (-1, r));
        let (whole, part) = rest.split_once('.')?;
        let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(part) || part.len() > 10 {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let part: i128 = format!("{part:0<10}").parse().ok()?;
        whole.checked_mul(PER_UNIT * 100)?.checked_add(part)?.checked_mul(sign).map(Self)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use super::*;

    fn ratio(base: &str, percent: &str) -> Exact {
        Exact::ratio(Money::parse(base).unwrap(), Percent::parse(percent).unwrap()).unwrap()
    }

    #[test]
    fn the_worked_examples_come_out_to_the_fen() {
        // E2, E3, E4 of the domain text.
        let e2 = ratio("5123456.78", "20");
        assert_eq!(e2.to_string(), "1024691.356");
        assert_eq!(e2.round(RoundingMode::HalfUp).unwrap().to_string(), "1024691.36");
        assert_eq!(e2.round(RoundingMode::Down).unwrap().to_string(), "1024691.35");
        assert_eq!(ratio("18765432.10", "50").round(RoundingMode::HalfUp).unwrap().to_string(), "9382716.05");
        assert_eq!(ratio("18765432.10", "60").to_string(), "11259259.26");
        assert_eq!(ratio("833333.33", "60").round(RoundingMode::HalfUp).unwrap().to_string(), "500000.00");
        assert_eq!(ratio("833333.33", "60").round(RoundingMode::Down).unwrap().to_string(), "499999.99");
    }

    #[test]
    fn what_is_written_reads_back() {
        for exact in [ratio("1", "33.333333"), ratio("999999999999.99", "100"), ratio("0", "1")] {
            assert_eq!(Exact::parse_stored(&exact.to_string()), Some(exact));
        }
    }
}
