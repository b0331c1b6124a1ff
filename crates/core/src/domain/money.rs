//! Money: CNY to the fen, exact, with checked arithmetic.

use super::code::Code;
use std::fmt;

use super::macros::string_value;
use super::text::Malformed;

/// An amount of CNY in fen. May be negative where a difference is meant; postings never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// A sum left the range that the ledger keeps (about ±92 quadrillion yuan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount is out of range")]
pub struct OutOfRange;

impl Money {
    /// 0.00
    pub const ZERO: Self = Self(0);

    /// The largest amount that a caller may write: 999,999,999,999.99.
    pub const INPUT_MAX: Self = Self(99_999_999_999_999);

    /// An amount of so many fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// `digits[.d[d]]`, at most 12 digits before the point, an optional minus and nothing else: no plus
    /// sign, exponent, separator, white space or digit of another script. Error: `invalid_amount`.
    pub fn parse_signed(text: &str) -> Result<Self, Malformed> {
        match text.strip_prefix('-') {
            Some(rest) => Self::parse(rest).map(|m| Self(-m.0)),
            None => Self::parse(text),
        }
    }

    /// Like [`Money::parse_signed`], but not below zero. Error: `invalid_amount`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refused = Malformed { code: Code::InvalidAmount };
        let (yuan, fen) = text.split_once('.').map_or((text, None), |(y, f)| (y, Some(f)));
        let digits =
            |s: &str, max: usize| !s.is_empty() && s.len() <= max && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(yuan, 12) || fen.is_some_and(|f| !digits(f, 2)) {
            return Err(refused);
        }
        let yuan: i64 = yuan.parse().map_err(|_| refused)?;
        let cents: i64 = match fen {
            None => 0,
            Some(f) if f.len() == 1 => f.parse::<i64>().map_err(|_| refused)? * 10,
            Some(f) => f.parse().map_err(|_| refused)?,
        };
        Ok(Self(yuan * 100 + cents))
    }

    /// An amount as banks and invoices print it: like [`Money::parse_signed`], and what says nothing may stand around the
    /// digits: blanks, a sign of CNY before or after the minus, a plus sign, zeros in front, and zeros beyond the fen
    /// (ISO 20022 has up to five decimals: `100.00000`). Error: `invalid_amount`, also for parts of a fen.
    pub fn parse_printed(text: &str) -> Result<Self, Malformed> {
        const SIGNS: [char; 2] = ['¥', '￥'];
        let refused = Malformed { code: Code::InvalidAmount };
        let text = text.trim();
        let (marked, text) = text.strip_prefix(SIGNS).map_or((false, text), |rest| (true, rest.trim_start()));
        let negative = text.starts_with('-');
        let text = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start();
        let text = text.strip_prefix(SIGNS).filter(|_| !marked).map_or(text, str::trim_start);
        let (yuan, fen) = text.split_once('.').unwrap_or((text, ""));
        if yuan.is_empty() && fen.is_empty() {
            return Err(refused);
        }
        let whole = yuan.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let fen = if fen.len() > 2 { fen.trim_end_matches('0') } else { fen };
        let digits = if fen.is_empty() { whole.to_owned() } else { format!("{whole}.{fen}") };
        let amount = Self::parse(&digits)?;
        if negative { amount.negated().map_err(|_| refused) } else { Ok(amount) }
    }

    /// The sum. Error: out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
    }

    /// The difference. Error: out of range.
    pub fn minus(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_sub(other.0).map(Self).ok_or(OutOfRange)
    }

    /// The amount with the other sign.
    pub fn negated(self) -> Result<Self, OutOfRange> {
        self.0.checked_neg().map(Self).ok_or(OutOfRange)
    }

    /// Whether it is 0.00.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is above 0.00.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum of many. Error: out of range.
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Result<Self, OutOfRange> {
        parts.into_iter().try_fold(Self::ZERO, Self::plus)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads what the ledger itself wrote, which may be negative or larger than any input; callers' amounts
/// come in as [`Amount`] or [`SignedAmount`].
impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = super::text::raw_string(deserializer, Code::InvalidAmount)?;
        Self::parse_stored(&text).ok_or_else(|| serde::de::Error::custom(Code::InvalidAmount))
    }
}

impl Money {
    /// Reads the exact form that `Display` writes.
    pub fn parse_stored(text: &str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |r| (-1, r));
        let (yuan, fen) = rest.split_once('.')?;
        if fen.len() != 2 || yuan.is_empty() || !yuan.bytes().chain(fen.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let yuan: i64 = yuan.parse().ok()?;
        let fen: i64 = fen.parse().ok()?;
        yuan.checked_mul(100)?.checked_add(fen)?.checked_mul(sign).map(Self)
    }
}

/// An amount as a caller writes it: above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Money);

impl Amount {
    /// Error: `invalid_amount`, also for 0.00.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        Money::parse(text)
            .ok()
            .filter(|m| m.is_positive())
            .map(Self)
            .ok_or(Malformed { code: Code::InvalidAmount })
    }

    /// Money that is above zero.
    pub fn of(money: Money) -> Option<Self> {
        (money.is_positive() && money <= Money::INPUT_MAX).then_some(Self(money))
    }

    pub const fn money(self) -> Money {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

string_value!(Amount, Code::InvalidAmount);

/// An amount as a caller writes it: not below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AmountOrZero(Money);

impl AmountOrZero {
    /// Error: `invalid_amount`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        Money::parse(text).map(Self)
    }

    pub const fn money(self) -> Money {
        self.0
    }
}

impl fmt::Display for AmountOrZero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

string_value!(AmountOrZero, Code::InvalidAmount);

/// A change as a caller writes it: of either sign, not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignedAmount(Money);

impl SignedAmount {
    /// Error: `invalid_amount`, also for 0.00.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let money = Money::parse_signed(text)?;
        if money.is_zero() { Err(Malformed { code: Code::InvalidAmount }) } else { Ok(Self(money)) }
    }

    pub const fn money(self) -> Money {
        self.0
    }
}

impl fmt::Display for SignedAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

string_value!(SignedAmount, Code::InvalidAmount);

/// A figure as others state it: of either sign, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Figure(Money);

impl Figure {
    /// Error: `invalid_amount`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        Money::parse_signed(text).map(Self)
    }

    pub const fn money(self) -> Money {
        self.0
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

string_value!(Figure, Code::InvalidAmount);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_plain_digits_with_at_most_two_decimals() {
        for (text, fen) in [("0", 0), ("0.5", 50), ("1360000.00", 136_000_000), ("007", 700)] {
            assert_eq!(Money::parse(text).unwrap().fen(), fen, "{text}");
        }
        for bad in [
            "",
            "1e3",
            "1_000",
            "+1",
            "1.234",
            "NaN",
            "-1",
            ".5",
            "5.",
            "１００",
            "1,000",
            " 1",
            "1 ",
            "0x1",
            "1e100000000",
            "1234567890123",
        ] {
            assert!(Money::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_others_print_of_an_amount_is_read_without_what_says_nothing() {
        for (text, fen) in [
            ("100", 10_000),
            ("100.00000", 10_000),
            ("100.000", 10_000),
            (" 100.5\u{a0}", 10_050),
            ("0018.00", 1_800),
            ("+18.00", 1_800),
            ("￥ 12.5", 1_250),
            ("-¥1060000.00", -106_000_000),
            ("¥-1060000.00", -106_000_000),
            ("- 1", -100),
            (".50", 50),
            ("5.", 500),
            ("0.000", 0),
            ("-0.00", 0),
        ] {
            assert_eq!(Money::parse_printed(text).unwrap().fen(), fen, "{text}");
        }
        for bad in [
            "",
            ".",
            "-",
            "¥",
            "--5",
            "¥¥5",
            "¥-¥5",
            "1e5",
            "1,060.00",
            "100.001",
            "100.00001",
            "1.2.3",
            "1 0",
        ] {
            assert!(Money::parse_printed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn zero_is_no_amount() {
        assert!(Amount::parse("0.00").is_err());
        assert!(SignedAmount::parse("-0.00").is_err());
        assert_eq!(SignedAmount::parse("-1.5").unwrap().money().fen(), -150);
        assert_eq!(Figure::parse("0.00").unwrap().money(), Money::ZERO);
        assert_eq!(Figure::parse("-1.5").unwrap().money().fen(), -150);
        assert!(Figure::parse("+1").is_err());
    }

    #[test]
    fn a_sum_out_of_range_is_refused() {
        assert_eq!(Money::from_fen(i64::MAX).plus(Money::from_fen(1)), Err(OutOfRange));
        assert_eq!(Money::from_fen(i64::MIN).negated(), Err(OutOfRange));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(fen in any::<i64>()) {
            prop_assume!(fen != i64::MIN);
            let money = Money::from_fen(fen);
            prop_assert_eq!(Money::parse_stored(&money.to_string()), Some(money));
        }

        /// Zeros before and behind, blanks and a sign of CNY change no amount that can be written.
        #[test]
        fn dress_changes_no_amount(
            fen in -99_999_999_999_999_i64..=99_999_999_999_999,
            (front, behind) in ("0{0,9}", "0{0,9}"),
            (sign, blank) in ("[¥￥]?", "[ \u{a0}]?"),
        ) {
            let money = Money::from_fen(fen);
            let plain = money.to_string();
            let (minus, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
            for text in [
                format!("{blank}{minus}{sign}{blank}{front}{digits}{behind}{blank}"),
                format!("{sign}{blank}{minus}{front}{digits}{behind}"),
            ] {
                prop_assert_eq!(Money::parse_printed(&text), Ok(money), "{}", text);
            }
            prop_assert_eq!(Money::parse_printed(&plain), Money::parse_signed(&plain));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _parsed = (Money::parse(&text), Money::parse_signed(&text), Money::parse_stored(&text));
            let _printed = Money::parse_printed(&text);
        }
    }
}
