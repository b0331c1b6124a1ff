//! An exact amount before it is rounded: fen, and of a fen as many decimals as what was metered leaves.

use super::code::Code;
use std::fmt;

use super::money::{Money, OutOfRange};
use super::percent::{Percent, Quantity, UnitPrice};
use super::rounding::{Rounding, RoundingMode};

/// Millionths of a percent in one: a percent has six decimals, a hundred of them make one.
const PER_UNIT: i128 = 100_000_000;
/// Parts of a unit: a metered amount has 22 decimals of a fen, a ratio of it eight more.
const PER_REST: i128 = 10_i128.pow(22);
/// Decimals of CNY that are kept.
const DECIMALS: usize = 32;

/// An exact amount of CNY: whole units of 10⁻⁸ fen, which a ratio of at most six decimals leaves of an amount in fen, and
/// a rest in units of 10⁻³⁰ fen, which it leaves of what was metered. The rest is never below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Exact {
    units: i128,
    rest: i128,
}

impl Exact {
    /// 0.00
    pub const ZERO: Self = Self { units: 0, rest: 0 };

    /// `percent` of `base`, without rounding. Error: out of range, also where the base has more decimals than what is
    /// metered.
    pub fn ratio(base: Self, percent: Percent) -> Result<Self, OutOfRange> {
        let micro = i128::from(percent.micro());
        if base.rest % PER_UNIT != 0 {
            return Err(OutOfRange);
        }
        let product = base.units.checked_mul(micro).ok_or(OutOfRange)?;
        let (units, part) = (product.div_euclid(PER_UNIT), product.rem_euclid(PER_UNIT));
        // both are below 10²², the sum is far from the end of the range
        Self { units, rest: part * (PER_REST / PER_UNIT) + base.rest / PER_UNIT * micro }.carried()
    }

    /// An amount that is already in fen.
    pub fn from_money(money: Money) -> Self {
        Self { units: i128::from(money.fen()) * PER_UNIT, rest: 0 }
    }

    /// So many units of 10⁻²⁴ CNY, as usage is metered. Error: out of range.
    pub fn from_metered(units: i128) -> Result<Self, OutOfRange> {
        // 10¹⁴ of them are a hundred-millionth of a fen
        let per_unit = PER_REST / PER_UNIT;
        Self { units: units.div_euclid(per_unit), rest: units.rem_euclid(per_unit) * PER_UNIT }.carried()
    }

    fn carried(self) -> Result<Self, OutOfRange> {
        let units = self.units.checked_add(self.rest.div_euclid(PER_REST)).ok_or(OutOfRange)?;
        Ok(Self { units, rest: self.rest.rem_euclid(PER_REST) })
    }

    /// The sum. Error: out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        let units = self.units.checked_add(other.units).ok_or(OutOfRange)?;
        Self { units, rest: self.rest + other.rest }.carried()
    }

    /// The difference. Error: out of range.
    pub fn minus(self, other: Self) -> Result<Self, OutOfRange> {
        let units = self.units.checked_sub(other.units).ok_or(OutOfRange)?;
        Self { units, rest: self.rest - other.rest }.carried()
    }

    /// The sum of many. Error: out of range.
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Result<Self, OutOfRange> {
        parts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// Whether it is above 0.00.
    pub fn is_positive(self) -> bool {
        self > Self::ZERO
    }

    /// Whether it is an amount in fen.
    pub const fn is_whole(self) -> bool {
        self.rest == 0 && self.units % PER_UNIT == 0
    }

    /// So much of a metered quantity at a price. Error: out of range.
    pub fn priced(quantity: Quantity, price: UnitPrice) -> Result<Self, OutOfRange> {
        // millionths of millionths of a yuan: a unit is a hundred of them
        let product =
            i128::from(quantity.micro()).checked_mul(i128::from(price.micro())).ok_or(OutOfRange)?;
        let (units, part) = (product.div_euclid(100), product.rem_euclid(100));
        Self { units, rest: part * (PER_REST / 100) }.carried()
    }

    /// `numerator ÷ denominator` of it; below its last decimal lies only whether anything is left, which decides a
    /// rounding as all of it would. Neither is below zero. Error: out of range.
    pub fn fraction(self, numerator: i128, denominator: i128) -> Result<Self, OutOfRange> {
        let units = self.units.checked_mul(numerator).ok_or(OutOfRange)?;
        let rest = self.rest.checked_mul(numerator).ok_or(OutOfRange)?;
        let whole = units.checked_div_euclid(denominator).ok_or(OutOfRange)?;
        let left = units.checked_rem_euclid(denominator).and_then(|left| left.checked_mul(PER_REST));
        let left = left.and_then(|left| left.checked_add(rest)).ok_or(OutOfRange)?;
        let (part, more) = (left / denominator, i128::from(left % denominator > 0));
        Self { units: whole, rest: part + more }.carried()
    }

    /// To the fen. Error: out of range.
    pub fn round(self, mode: RoundingMode) -> Result<Money, OutOfRange> {
        self.rounded(Rounding { mode, ..Rounding::default() })
    }

    /// To the unit that a rule names. Error: out of range.
    pub fn rounded(self, rounding: Rounding) -> Result<Money, OutOfRange> {
        if self.units < 0 {
            return Self::ZERO.minus(self)?.rounded(rounding)?.negated();
        }
        // half a fen is a whole number of units: what lies beyond them decides only whether a half is more than one
        let beyond = i128::from(self.rest > 0);
        let doubled =
            self.units.checked_mul(2).and_then(|units| units.checked_add(beyond)).ok_or(OutOfRange)?;
        rounding.of(doubled, 2 * PER_UNIT)
    }

    /// amount ÷ (1 + percent), to the fen. Error: out of range.
    pub fn without(self, percent: Percent, mode: RoundingMode) -> Result<Money, OutOfRange> {
        let hundred = i128::from(Percent::HUNDRED.micro());
        let divisor = hundred.checked_add(i128::from(percent.micro())).ok_or(OutOfRange)?;
        // in units of 10⁻⁸ fen, and of what is left of the division the rest
        let scaled = self.units.checked_mul(hundred).ok_or(OutOfRange)?;
        let (units, left) = (scaled.div_euclid(divisor), scaled.rem_euclid(divisor));
        let left = left.checked_mul(PER_REST).ok_or(OutOfRange)?;
        let left =
            self.rest.checked_mul(hundred).and_then(|rest| rest.checked_add(left)).ok_or(OutOfRange)?;
        let (rest, more) = (left.div_euclid(divisor), i128::from(left.rem_euclid(divisor) > 0));
        let found = Self { units, rest }.carried()?;
        // whether anything is left decides like all of it
        Self { rest: if found.rest == 0 { more } else { found.rest }, ..found }.round(mode)
    }

    /// As it is shown where it was divided: what lies beyond its units is left out.
    #[must_use]
    pub const fn shown(self) -> Self {
        if self.rest % PER_UNIT == 0 { self } else { Self { rest: 0, ..self } }
    }

    /// The weight that this amount has when a total is apportioned: what lies beyond its units is left out.
    pub const fn weight(self) -> i128 {
        self.units
    }
}

impl fmt::Display for Exact {
    /// A decimal of CNY with at least two decimals and no more zeros than those.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_yuan = PER_UNIT * 100;
        let (sign, Self { units, rest }) = match Self::ZERO.minus(*self) {
            Ok(negated) if self.units < 0 => ("-", negated),
            Ok(_) | Err(_) => ("", *self),
        };
        let (whole, part) = (units / per_yuan, units % per_yuan);
        let digits = format!("{part:010}{rest:022}");
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
        let text = super::text::raw_string(deserializer, Code::InvalidAmount)?;
        Self::parse_stored(&text).ok_or_else(|| serde::de::Error::custom(Code::InvalidAmount))
    }
}

impl Exact {
    /// Reads the exact form that `Display` writes.
    pub fn parse_stored(text: &str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |r| (-1, r));
        let (whole, part) = rest.split_once('.')?;
        let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(part) || part.len() > DECIMALS {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let digits = format!("{part:0<DECIMALS$}");
        let (part, rest) = digits.split_at_checked(10)?;
        let units = whole.checked_mul(PER_UNIT * 100)?.checked_add(part.parse().ok()?)?;
        let found = Self { units, rest: rest.parse().ok()? };
        if sign < 0 { Self::ZERO.minus(found).ok() } else { Some(found) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use super::*;

    fn ratio(base: &str, percent: &str) -> Exact {
        let base = Exact::from_money(Money::parse(base).unwrap());
        Exact::ratio(base, Percent::parse(percent).unwrap()).unwrap()
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

    fn metered(text: &str) -> Exact {
        Exact::parse_stored(text).unwrap()
    }

    #[test]
    fn what_is_metered_is_rounded_once_at_the_end() {
        use RoundingMode::{Down, HalfEven, HalfUp};
        let half = Exact::ratio(metered("100.505"), Percent::parse("50").unwrap()).unwrap();
        assert_eq!(half.to_string(), "50.2525");
        assert_eq!(half.round(HalfUp).unwrap().to_string(), "50.25");
        // a half is one only where nothing lies beyond it
        for (text, up, even, down) in [
            ("0.005", "0.01", "0.00", "0.00"),
            ("0.00500000000000000000000000000001", "0.01", "0.01", "0.00"),
            ("0.00499999999999999999999999999999", "0.00", "0.00", "0.00"),
            ("-0.005", "-0.01", "0.00", "0.00"),
            ("-0.00500000000000000000000000000001", "-0.01", "-0.01", "0.00"),
        ] {
            let found = [HalfUp, HalfEven, Down].map(|mode| metered(text).round(mode).unwrap().to_string());
            assert_eq!(found, [up, even, down], "{text}");
            assert_eq!(metered(text).to_string(), text);
        }
        let without = |text: &str, mode| metered(text).without(Percent::parse("6").unwrap(), mode).unwrap();
        assert_eq!(without("1060000.00", HalfUp).to_string(), "1000000.00");
        assert_eq!(without("2345678.91", HalfUp).to_string(), "2212904.63");
        // 1.005 exactly is a half, and the least more is not
        assert_eq!(without("1.0653", HalfEven).to_string(), "1.00");
        assert_eq!(without("1.065300000000000000000001", HalfEven).to_string(), "1.01");
        assert_eq!(without("1.065299999999999999999999", HalfUp).to_string(), "1.00");
    }

    #[test]
    fn a_fraction_decides_a_rounding_as_its_whole_value_would() {
        use RoundingMode::{Down, HalfEven, HalfUp};
        let third = ratio("100.00", "30").fraction(1, 3).unwrap();
        assert_eq!(
            (third.to_string().as_str(), third.round(Down).unwrap().to_string().as_str()),
            ("10.00", "10.00")
        );
        for (of, n, d, up, even, down) in [
            ("0.03", 1, 2, "0.02", "0.02", "0.01"),
            ("0.01", 1, 2, "0.01", "0.00", "0.00"),
            ("0.05", 1, 9, "0.01", "0.01", "0.00"),
            ("200000.00", 305, 729, "83676.27", "83676.27", "83676.26"),
        ] {
            let found = metered(of).fraction(n, d).unwrap();
            let found = [HalfUp, HalfEven, Down].map(|mode| found.round(mode).unwrap().to_string());
            assert_eq!(found, [up, even, down], "{of} × {n}/{d}");
        }
        let price = |quantity, price| {
            Exact::priced(Quantity::parse(quantity).unwrap(), UnitPrice::parse(price).unwrap())
                .unwrap()
                .to_string()
        };
        assert_eq!(
            [price("12345.678", "0.05"), price("0.000001", "0.000001")],
            ["617.2839", "0.000000000001"]
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        for exact in [
            ratio("1", "33.333333"),
            metered("-1.23456789012345678901234567890123"),
            ratio("999999999999.99", "100"),
            ratio("0", "1"),
        ] {
            assert_eq!(Exact::parse_stored(&exact.to_string()), Some(exact));
        }
    }
}
