//! Scores 评分: what an expert gives, and what a metric says.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::code::Code;
use super::money::OutOfRange;
use super::percent::{Percent, parse_micro};
use super::text::Malformed;

/// What an expert gives, or a metric says: at most twelve digits and six decimals, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(i64);

impl Score {
    /// Digits, then up to six decimals. Error: `invalid_score`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        parse_micro(text, 12, Code::InvalidScore).map(Self)
    }

    /// In millionths of one.
    pub const fn micro(self) -> i64 {
        self.0
    }

    /// So many of it. Error: out of range.
    pub fn times(self, many: u32) -> Result<Self, OutOfRange> {
        self.0.checked_mul(i64::from(many)).map(Self).ok_or(OutOfRange)
    }

    /// The sum. Error: out of range.
    pub fn sum(scores: impl IntoIterator<Item = Self>) -> Result<Self, OutOfRange> {
        let add = |sum: i64, one: Self| sum.checked_add(one.0).ok_or(OutOfRange);
        scores.into_iter().try_fold(0, add).map(Self)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Percent::from_micro(self.0).fmt(f)
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A string, or a whole number as people type marks.
impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScoreVisitor;

        impl Visitor<'_> for ScoreVisitor {
            type Value = Score;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a score")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Score, E> {
                Score::parse(text).map_err(|refused| E::custom(refused.code))
            }

            fn visit_u64<E: Error>(self, whole: u64) -> Result<Score, E> {
                self.visit_str(&whole.to_string())
            }

            fn visit_i64<E: Error>(self, whole: i64) -> Result<Score, E> {
                self.visit_str(&whole.to_string())
            }
        }

        deserializer.deserialize_any(ScoreVisitor)
    }
}
