//! The dearest loan that is subsidised, or the dearest of each tenor.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::{Date, Label};

/// The most tenors that rules tell apart.
const TENORS_MAX: usize = 10;

/// The dearest loan that is subsidised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateCeiling {
    pub reference: Label,
    /// Basis points above it (below it where negative), −1,000 to 1,000.
    pub spread_bp: i32,
    /// For loans that run for more months than this, from the day on which they were signed to that on which they are due; for
    /// all where it is left out. The longest that a loan is above counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tenor_months_above: Option<u32>,
}

/// One ceiling, or a list of them by tenor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum RateCeilings {
    One(RateCeiling),
    ByTenor(Vec<RateCeiling>),
}

/// The form tells which, so that what is in it is read by its own type.
impl<'de> Deserialize<'de> for RateCeilings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = RateCeilings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rate ceiling or a list of them")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RateCeilings, A::Error> {
                RateCeiling::deserialize(MapAccessDeserializer::new(map)).map(RateCeilings::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<RateCeilings, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(RateCeilings::ByTenor)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl RateCeilings {
    pub fn all(&self) -> &[RateCeiling] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::ByTenor(all) => all,
        }
    }

    /// Whether it depends on the day on which a loan is due.
    pub fn asks_tenor(&self) -> bool {
        self.all().iter().any(|one| one.tenor_months_above.is_some())
    }

    /// The one for a loan; none where it is short enough for no ceiling.
    pub fn of(&self, signed_on: Date, matures_on: Date) -> Option<&RateCeiling> {
        let above = |one: &&RateCeiling| {
            let months = one.tenor_months_above;
            months.is_none_or(|months| signed_on.plus_months(months).is_some_and(|day| matures_on > day))
        };
        self.all().iter().filter(above).max_by_key(|one| one.tenor_months_above)
    }

    /// Whether each tenor is named once, and no spread is out of range.
    pub(super) fn sound(&self) -> bool {
        let all = self.all();
        let tenors: BTreeSet<_> = all.iter().map(|one| one.tenor_months_above).collect();
        (1..=TENORS_MAX).contains(&all.len())
            && tenors.len() == all.len()
            && all.iter().all(|one| (-1000..=1000).contains(&one.spread_bp))
    }
}
