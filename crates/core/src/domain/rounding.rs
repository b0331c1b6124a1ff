//! Rounding: the one function that rounds, and it is the last step.

use serde::{Deserialize, Serialize};

use super::money::{Money, OutOfRange};

/// How a fraction of a fen is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    /// 四舍五入: half a fen and more goes away from zero.
    #[default]
    HalfUp,
    /// Half a fen goes to the even fen.
    HalfEven,
    /// Every fraction is dropped, towards zero.
    Down,
}

/// What is rounded: the exact sum of all lines once, or each line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundingScope {
    /// The exact sum of all lines, once.
    #[default]
    Claim,
    /// Each line by itself; the total is their sum.
    Line,
}

/// To what is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundingUnit {
    /// 分
    #[default]
    Fen,
    /// 元. What is prorated is rounded to it too; a later cut, and shares, may have fen.
    Yuan,
}

impl RoundingUnit {
    // serde hands references
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    const fn is_fen(&self) -> bool {
        matches!(self, Self::Fen)
    }

    /// How many fen it has.
    pub const fn fen(self) -> i64 {
        match self {
            Self::Fen => 1,
            Self::Yuan => 100,
        }
    }
}

/// A programme's rounding rule; printed on every calculation sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rounding {
    pub mode: RoundingMode,
    pub scope: RoundingScope,
    #[serde(skip_serializing_if = "RoundingUnit::is_fen")]
    pub unit: RoundingUnit,
}

impl Rounding {
    /// `numerator ÷ denominator` fen in whole units.
    /// Error: out of range, also for a denominator that is not above zero.
    pub fn of(self, numerator: i128, denominator: i128) -> Result<Money, OutOfRange> {
        let unit = self.unit.fen();
        let units =
            round(numerator, denominator.checked_mul(i128::from(unit)).ok_or(OutOfRange)?, self.mode)?;
        units.fen().checked_mul(unit).map(Money::from_fen).ok_or(OutOfRange)
    }
}

/// `numerator ÷ denominator` fen, rounded to the fen. The denominator is above zero.
/// Error: out of range, also for a denominator that is not above zero.
pub fn round(numerator: i128, denominator: i128, mode: RoundingMode) -> Result<Money, OutOfRange> {
    if denominator <= 0 {
        return Err(OutOfRange);
    }
    let whole = numerator / denominator;
    let rest = (numerator % denominator).abs();
    let doubled = rest.checked_mul(2).ok_or(OutOfRange)?;
    let away = match mode {
        RoundingMode::Down => false,
        RoundingMode::HalfUp => doubled >= denominator,
        RoundingMode::HalfEven => doubled > denominator || doubled == denominator && whole % 2 != 0,
    };
    let fen = if away { whole + numerator.signum() } else { whole };
    i64::try_from(fen).map(Money::from_fen).map_err(|_| OutOfRange)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed rounding fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_fen_goes_where_the_mode_says() {
        use RoundingMode::{Down, HalfEven, HalfUp};
        for (n, d, up, even, down) in
            [(5, 2, 3, 2, 2), (7, 2, 4, 4, 3), (-5, 2, -3, -2, -2), (4, 3, 1, 1, 1), (5, 3, 2, 2, 1)]
        {
            assert_eq!(round(n, d, HalfUp).unwrap().fen(), up);
            assert_eq!(round(n, d, HalfEven).unwrap().fen(), even);
            assert_eq!(round(n, d, Down).unwrap().fen(), down);
        }
    }

    #[test]
    fn whole_yuan_are_rounded_as_fen_are() {
        use RoundingMode::{Down, HalfEven, HalfUp};
        let of = |mode, n, d| {
            Rounding { mode, unit: RoundingUnit::Yuan, ..Rounding::default() }.of(n, d).unwrap().fen()
        };
        for (n, d, up, even, down) in [
            (250, 1, 300, 200, 200),
            (350, 1, 400, 400, 300),
            (500, 2, 300, 200, 200),
            (501, 2, 300, 300, 200),
            (499, 2, 200, 200, 200),
        ] {
            assert_eq!([of(HalfUp, n, d), of(HalfEven, n, d), of(Down, n, d)], [up, even, down], "{n}/{d}");
        }
    }

    proptest! {
        #[test]
        fn rounding_moves_by_less_than_a_fen(n in -1_000_000_000_000_i128..1_000_000_000_000, d in 1_i128..1_000_000) {
            for mode in [RoundingMode::HalfUp, RoundingMode::HalfEven, RoundingMode::Down] {
                let fen = i128::from(round(n, d, mode).unwrap().fen());
                prop_assert!((fen * d - n).abs() < d);
                if mode != RoundingMode::Down { prop_assert!((fen * d - n).abs() * 2 <= d); }
            }
        }
    }
}
