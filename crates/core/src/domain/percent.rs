//! Percent, percentage points, quantities and their prices, exact to six decimals.

use std::fmt;

use super::code::Code;
use super::macros::string_value;
use super::text::Malformed;

const MICRO: i64 = 1_000_000;

pub(super) fn parse_micro(text: &str, whole_max: usize, code: Code) -> Result<i64, Malformed> {
    let refused = Malformed { code };
    let (whole, part) = text.split_once('.').map_or((text, None), |(w, p)| (w, Some(p)));
    let digits =
        |s: &str, max: usize| !s.is_empty() && s.len() <= max && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole, whole_max) || part.is_some_and(|p| !digits(p, 6)) {
        return Err(refused);
    }
    let whole: i64 = whole.parse().map_err(|_| refused)?;
    let part: i64 = format!("{:0<6}", part.unwrap_or("")).parse().map_err(|_| refused)?;
    Ok(whole * MICRO + part)
}

fn write_micro(micro: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (whole, part) = (micro / MICRO, micro % MICRO);
    if part == 0 {
        return write!(f, "{whole}");
    }
    let digits = format!("{part:06}");
    write!(f, "{whole}.{}", digits.trim_end_matches('0'))
}

macro_rules! micro_value {
    ($(#[$doc:meta])* $name:ident, $code:expr, $max_digits:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Digits, then up to six decimals; never negative.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                parse_micro(text, $max_digits, $code).map(Self)
            }

            pub const fn from_micro(micro: i64) -> Self {
                Self(micro)
            }

            /// In millionths of one.
            pub const fn micro(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_micro(self.0, f)
            }
        }

        string_value!($name, $code);
    };
}

micro_value!(
    /// A percentage: `20` is 20 %. Error: `invalid_percent`.
    Percent,
    Code::InvalidPercent,
    4
);
micro_value!(
    /// Percentage points of interest: `1.5` takes 3.25 % down to 1.75 %. Error: `invalid_points`.
    Points,
    Code::InvalidPoints,
    2
);

micro_value!(
    /// How much of something was used: `12345.678`. Error: `invalid_quantity`.
    Quantity,
    Code::InvalidQuantity,
    12
);
micro_value!(
    /// CNY for one of something: `0.05`. Error: `invalid_quantity`.
    UnitPrice,
    Code::InvalidQuantity,
    9
);

impl Percent {
    /// 100 %.
    pub const HUNDRED: Self = Self(100 * MICRO);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_percent_reads_back_in_its_shortest_form() {
        for (text, shown) in [("20", "20"), ("1.50", "1.5"), ("33.333333", "33.333333"), ("0", "0")] {
            assert_eq!(Percent::parse(text).unwrap().to_string(), shown);
        }
        for bad in ["", "-1", "+1", "1e2", ".5", "5.", "1.1234567", "12345", "１"] {
            assert!(Percent::parse(bad).is_err(), "{bad:?}");
        }
    }
}
