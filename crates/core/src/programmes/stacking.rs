//! Beside whose money a programme pays: of which level its own money is, and what happens where others pay for the same costs.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Level;
use super::policy::Policy;

/// What happens to a contract or loan that another programme pays for too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    #[default]
    Exclusive,
    /// The other subsidy is taken off.
    NetOff,
    Allow,
}

/// What happens to money of some levels; that of others is let be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelStacking {
    pub mode: Stacking,
    /// Whose money; of every level where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub levels: Option<Vec<Level>>,
}

/// A word, or a mode and the levels for which it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum StackingRule {
    Mode(Stacking),
    OfLevels(LevelStacking),
}

impl Default for StackingRule {
    fn default() -> Self {
        Stacking::default().into()
    }
}

impl From<Stacking> for StackingRule {
    fn from(mode: Stacking) -> Self {
        Self::Mode(mode)
    }
}

/// The form tells which, so that what is in it is read by its own type.
impl<'de> Deserialize<'de> for StackingRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = StackingRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word, or a mode and levels")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<StackingRule, E> {
                Stacking::deserialize(StrDeserializer::new(word)).map(StackingRule::Mode)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StackingRule, A::Error> {
                LevelStacking::deserialize(MapAccessDeserializer::new(map)).map(StackingRule::OfLevels)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl StackingRule {
    pub const fn mode(&self) -> Stacking {
        match self {
            Self::Mode(mode) | Self::OfLevels(LevelStacking { mode, .. }) => *mode,
        }
    }

    /// The levels that are named.
    pub fn named(&self) -> Option<&[Level]> {
        match self {
            Self::Mode(_) => None,
            Self::OfLevels(of) => of.levels.as_deref(),
        }
    }

    /// Whose money is meant, where that is the mode.
    fn whose(&self, mode: Stacking) -> Levels {
        match self.named() {
            _ if self.mode() != mode => Levels::NONE,
            Some(named) => named.iter().copied().collect(),
            None => Levels::ALL,
        }
    }

    /// Beside whose money nothing is paid.
    pub fn refuses(&self) -> Levels {
        self.whose(Stacking::Exclusive)
    }

    /// Whose money is taken off.
    pub fn takes_off(&self) -> Levels {
        self.whose(Stacking::NetOff)
    }
}

/// A set of levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels(u8);

impl Levels {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(0b1111);

    const fn bit(level: Level) -> u8 {
        match level {
            Level::Central => 1,
            Level::Province => 2,
            Level::City => 4,
            Level::District => 8,
        }
    }

    pub const fn contains(self, level: Level) -> bool {
        self.0 & Self::bit(level) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Level> for Levels {
    fn from_iter<I: IntoIterator<Item = Level>>(levels: I) -> Self {
        Self(levels.into_iter().fold(0, |all, level| all | Self::bit(level)))
    }
}

impl Serialize for Levels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(Level::ALL.into_iter().filter(|level| self.contains(*level)))
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Level>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Of which level a programme's money is, and beside which levels' it pays nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stacked {
    pub level: Level,
    pub refuses: Levels,
}

impl Stacked {
    pub fn of(level: Level, policy: &Policy) -> Self {
        Self { level, refuses: policy.refuses() }
    }

    /// Whether one of both does not suffer the other.
    pub const fn clashes(self, other: Self) -> bool {
        self.refuses.contains(other.level) || other.refuses.contains(self.level)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a text that is not read fails the test")]
mod tests {
    use super::*;

    fn read(text: &str) -> StackingRule {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_word_is_short_for_a_mode_of_all_levels() {
        let word = read("\"exclusive\"");
        assert_eq!(word.refuses(), Levels::ALL);
        assert_eq!(serde_json::to_string(&word).unwrap(), "\"exclusive\"");
        assert_eq!(read("{\"mode\":\"exclusive\"}").refuses(), Levels::ALL);
        let of_the_city = read("{\"mode\":\"exclusive\",\"levels\":[\"city\"]}");
        assert_eq!(of_the_city.refuses(), [Level::City].into_iter().collect());
        assert!(of_the_city.takes_off().is_empty());
        assert!(serde_json::from_str::<StackingRule>("\"never\"").is_err());
        assert!(serde_json::from_str::<StackingRule>("{\"mode\":\"allow\",\"level\":1}").is_err());
    }

    #[test]
    fn money_clashes_where_one_of_both_does_not_suffer_the_others_level() {
        let of = |level, refuses: &[Level]| Stacked { level, refuses: refuses.iter().copied().collect() };
        let cases = [
            (of(Level::City, &[]), of(Level::City, &[]), false),
            (of(Level::City, &[Level::City]), of(Level::Central, &[]), false),
            (of(Level::City, &[Level::Central]), of(Level::Central, &[]), true),
            (of(Level::City, &[]), of(Level::Central, &[Level::City]), true),
            (of(Level::City, &[Level::District]), of(Level::Central, &[Level::District]), false),
        ];
        for (one, other, clash) in cases {
            assert_eq!((one.clashes(other), other.clashes(one)), (clash, clash), "{one:?} {other:?}");
        }
    }
}
