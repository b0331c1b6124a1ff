//! Exact amounts of metered usage: what a bill writes, and what it comes to in CNY.

use std::fmt;

use crate::domain::money::OutOfRange;
use crate::domain::rounding::{RoundingMode, round};
use crate::domain::text::Malformed;
use crate::domain::{Code, Exact, Money, Percent, string_value};

/// Units of a bill's amount in one of its currency: it has at most 18 decimals.
const BILLED_DECIMALS: u32 = 18;
/// A bill's amount has at most this many digits before the point.
const BILLED_DIGITS_MAX: u32 = 11;
/// A rate has six decimals.
const RATE_DECIMALS: u32 = 6;
/// Decimals of an exact amount of CNY: a bill's and a rate's.
const METERED_DECIMALS: u32 = BILLED_DECIMALS + RATE_DECIMALS;
/// Units of an exact amount in a fen.
const PER_FEN: i128 = 10_i128.pow(METERED_DECIMALS - 2);

/// An amount as a bill writes it, exact: in units of 10⁻¹⁸ of its currency; below 10¹¹ either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Billed(i128);

impl Billed {
    /// FOCUS's numeric form: digits, perhaps a sign `-`, a point with digits, an exponent `E-7`. Nothing is rounded.
    /// Error: `invalid_number`, for another form as for more digits than are kept.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        Self::read(text).ok_or(Malformed { code: Code::InvalidNumber })
    }

    fn read(text: &str) -> Option<Self> {
        let written = Numeral::read(text)?;
        (written.scale >= 0).then(|| written.billed()).flatten()
    }

    /// The same, where what is beyond 18 decimals is rounded, half away from zero: doubles that were written with all
    /// their digits have more. None where it is no number or too large.
    pub fn rounded(text: &str) -> Option<Self> {
        Numeral::read(text)?.billed()
    }
}

/// A number taken apart: its significant digits, in units of 10⁻¹⁸ times a power of ten.
struct Numeral {
    negative: bool,
    significant: String,
    scale: i64,
}

impl Numeral {
    fn read(text: &str) -> Option<Self> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(w, p)| (w, Some(p)));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !part.is_none_or(digits) {
            return None;
        }
        let all = format!("{whole}{}", part.unwrap_or_default());
        let significant = all.trim_start_matches('0').trim_end_matches('0').to_owned();
        if significant.is_empty() {
            return Some(Self { negative: false, significant, scale: 0 });
        }
        let dropped = all.trim_start_matches('0').len().checked_sub(significant.len())?;
        let decimals = i64::try_from(part.map_or(0, str::len)).ok()?;
        let scale = i64::from(BILLED_DECIMALS) + exponent - decimals + i64::try_from(dropped).ok()?;
        Some(Self { negative, significant, scale })
    }

    /// Rounded to whole units, where it has parts of one. None where it is too large.
    fn billed(&self) -> Option<Billed> {
        let digits_max = usize::try_from(BILLED_DECIMALS + BILLED_DIGITS_MAX).ok()?;
        let sign = if self.negative { -1 } else { 1 };
        if self.scale > i64::from(BILLED_DECIMALS + BILLED_DIGITS_MAX) {
            return None;
        }
        let units = if self.scale < 0 {
            let cut = usize::try_from(self.scale.unsigned_abs()).ok()?;
            let kept = self.significant.len().checked_sub(cut);
            let (whole, rest) = self.significant.split_at_checked(kept.unwrap_or(0))?;
            let up = kept.is_some() && rest.as_bytes().first().is_some_and(|digit| *digit >= b'5');
            if whole.len() > digits_max {
                return None;
            }
            let whole = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()? };
            whole.checked_add(i128::from(up))?
        } else if self.significant.is_empty() {
            0
        } else if self.significant.len() > digits_max {
            return None;
        } else {
            let power = 10_i128.checked_pow(u32::try_from(self.scale).ok()?)?;
            self.significant.parse::<i128>().ok()?.checked_mul(power)?
        };
        (units < 10_i128.pow(BILLED_DECIMALS + BILLED_DIGITS_MAX)).then_some(Billed(sign * units))
    }
}

fn read_exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<i64>().ok()).flatten().map(|exponent| sign * exponent)
}

impl fmt::Display for Billed {
    /// A plain decimal with at least two decimals and no more zeros than those.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.0, BILLED_DECIMALS))
    }
}

/// An exact amount of CNY, in units of 10⁻²⁴: what a bill's amount comes to at a rate of six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Metered(i128);

impl Metered {
    /// What an amount comes to: at a rate in CNY per unit of its currency, or as it is. Error: out of range.
    pub fn of(billed: Billed, rate: Option<Percent>) -> Result<Self, OutOfRange> {
        let rate = rate.map_or(10_i128.pow(RATE_DECIMALS), |rate| i128::from(rate.micro()));
        billed.0.checked_mul(rate).map(Self).ok_or(OutOfRange)
    }

    /// The form that `Display` writes. Error: `invalid_amount`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let read = || {
            let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
            let (whole, part) = rest.split_once('.')?;
            let plain = |s: &str| !s.is_empty() && s.bytes().all(|byte| byte.is_ascii_digit());
            let decimals = usize::try_from(METERED_DECIMALS).ok()?;
            if !plain(whole) || !plain(part) || part.len() > decimals {
                return None;
            }
            format!("{whole}{part:0<decimals$}").parse::<i128>().ok().map(|units| Self(sign * units))
        };
        read().filter(|amount| amount.to_string() == text).ok_or(Malformed { code: Code::InvalidAmount })
    }

    /// The sum. Error: out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
    }

    /// The difference. Error: out of range.
    pub fn minus(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_sub(other.0).map(Self).ok_or(OutOfRange)
    }

    /// `part` of `whole` of it, towards zero; `part` at most `whole`. Error: out of range.
    pub fn share(self, part: i64, whole: i64) -> Result<Self, OutOfRange> {
        let (part, whole) = (i128::from(part), i128::from(whole));
        let quotient = self.0.checked_div(whole).ok_or(OutOfRange)?;
        let rest = self.0.checked_rem(whole).ok_or(OutOfRange)?;
        // the rest is below `whole`, an i64: the product of two of them is an i128
        let rest = rest.checked_mul(part).and_then(|product| product.checked_div(whole)).ok_or(OutOfRange)?;
        quotient.checked_mul(part).and_then(|product| product.checked_add(rest)).map(Self).ok_or(OutOfRange)
    }

    /// The same amount, to be computed with. Error: out of range.
    pub fn exact(self) -> Result<Exact, OutOfRange> {
        Exact::from_metered(self.0)
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// To the fen, half up. Error: out of range.
    pub fn round(self) -> Result<Money, OutOfRange> {
        round(self.0, PER_FEN, RoundingMode::HalfUp)
    }
}

impl fmt::Display for Metered {
    /// A plain decimal with at least two decimals and no more zeros than those.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.0, METERED_DECIMALS))
    }
}

string_value!(Metered, Code::InvalidAmount);

fn decimal(units: i128, decimals: u32) -> String {
    let per_unit = 10_u128.pow(decimals);
    let sign = if units < 0 { "-" } else { "" };
    let (whole, part) = (units.unsigned_abs() / per_unit, units.unsigned_abs() % per_unit);
    let width = usize::try_from(decimals).unwrap_or_default();
    let digits = format!("{part:0width$}");
    format!("{sign}{whole}.{:0<2}", digits.trim_end_matches('0'))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use super::*;

    fn billed(text: &str) -> Billed {
        Billed::parse(text).unwrap()
    }

    #[test]
    fn amounts_are_kept_as_they_are_written() {
        for (text, shown) in [
            ("0.00000080000", "0.0000008"),
            ("-2.61370000000", "-2.6137"),
            ("35.2E-7", "0.00000352"),
            ("1.5e+3", "1500.00"),
            ("12", "12.00"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("99999999999.999999999999999999", "99999999999.999999999999999999"),
            ("0E5", "0.00"),
            ("-0", "0.00"),
            ("1.00000000000000000000000000000000000", "1.00"),
        ] {
            assert_eq!(billed(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_would_be_rounded_or_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "+1",
            "1,000",
            "1_000",
            "NaN",
            "inf",
            "0x1",
            "1e",
            "1e1e1",
            "１",
            " 1",
            "1 ",
            "0.0000000000000000001",
            "100000000000",
            "1E11",
            "1E-19",
            "1E9999",
        ] {
            assert!(Billed::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn doubles_with_all_their_digits_are_rounded_at_the_eighteenth_decimal() {
        for (text, shown) in [
            ("1.1250000000000001E-4", "0.0001125"),
            ("-1.1250000000000001E-4", "-0.0001125"),
            ("0.0000000000000000005", "0.000000000000000001"),
            ("0.00000000000000000049", "0.00"),
            ("1E-30", "0.00"),
            ("99999999999.9999999999999999994", "99999999999.999999999999999999"),
            ("12.5", "12.50"),
        ] {
            assert_eq!(Billed::rounded(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "x", "$1", "100000000000", "99999999999.9999999999999999999"] {
            assert!(Billed::rounded(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_rate_multiplies_exactly_and_the_sum_is_rounded_once() {
        let rate = Percent::parse("7.0074").unwrap();
        let amount = Metered::of(billed("0.0000008"), Some(rate)).unwrap();
        assert_eq!(amount.to_string(), "0.00000560592");
        let largest = Percent::parse("100").unwrap();
        assert!(Metered::of(billed("99999999999.999999999999999999"), Some(largest)).is_ok());
        let third = Metered::of(billed("0.004"), None).unwrap();
        let sum = third.plus(third).unwrap();
        assert_eq!(sum.round().unwrap().to_string(), "0.01");
        assert_eq!(third.round().unwrap().to_string(), "0.00");
    }

    #[test]
    fn what_is_shown_reads_back_and_nothing_else_does() {
        for text in ["0.00", "-0.01", "123456789.000000000000000000000001", "7.10"] {
            assert_eq!(Metered::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "1", "1.0", "1.000", "-0.00", "01.00", "1.0000000000000000000000001", "1e2"] {
            assert!(Metered::parse(text).is_err(), "{text:?}");
        }
    }
}
