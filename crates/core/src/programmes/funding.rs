//! What others pay for the same costs: as who asks declares it, and as the agency knows it of its own programmes. Of each
//! level the greater of both counts, since what is declared may be what is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::calculation_error::CalculationError;
use super::policy::Policy;
use super::stacking::Levels;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{Exact, Line, Money, Percent, RoundingMode};

/// The most that is declared of one case.
pub const OTHER_FUNDING_MAX: usize = 20;

/// A level of government.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Level {
    Central,
    Province,
    #[default]
    City,
    District,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Central, Self::Province, Self::City, Self::District];
}

/// Money of others for the same costs, as who asks declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherFunding {
    pub level: Level,
    /// CNY.
    pub amount: Amount,
    /// What grants it.
    pub document: Line,
}

/// What others pay of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LevelMoney {
    pub level: Level,
    /// CNY as who asks says.
    pub declared: Money,
    /// CNY that the agency's other programmes are known to pay.
    pub known: Money,
}

impl LevelMoney {
    fn counted(self) -> Money {
        self.declared.max(self.known)
    }
}

/// What others pay, level by level; no level of which nothing is said or known.
pub fn by_level(
    declared: Option<&[OtherFunding]>,
    known: impl IntoIterator<Item = (Level, Money)>,
) -> Result<Vec<LevelMoney>, OutOfRange> {
    let mut sums: BTreeMap<Level, [Money; 2]> = BTreeMap::new();
    for one in declared.into_iter().flatten() {
        let [said, _] = sums.entry(one.level).or_default();
        *said = said.plus(one.amount.money())?;
    }
    for (level, amount) in known {
        let [_, known] = sums.entry(level).or_default();
        *known = known.plus(amount)?;
    }
    let of = |(level, [declared, known]): (Level, [Money; 2])| LevelMoney { level, declared, known };
    Ok(sums.into_iter().map(of).filter(|of| of.counted().is_positive()).collect())
}

/// CNY of all levels, as far as the rules take it off.
pub fn taken_off(others: &[LevelMoney], levels: Levels) -> Result<Money, OutOfRange> {
    Money::sum(others.iter().filter(|one| levels.contains(one.level)).map(|one| one.counted()))
}

/// CNY of all levels.
fn total(others: &[LevelMoney]) -> Result<Money, OutOfRange> {
    Money::sum(others.iter().map(|one| one.counted()))
}

/// CNY that is declared beyond what is known, as far as the rules take it off.
pub fn beyond_known(others: &[LevelMoney], levels: Levels) -> Result<Money, OutOfRange> {
    let beyond = |one: &LevelMoney| one.counted().minus(one.known);
    let taken = others.iter().filter(|one| levels.contains(one.level));
    Money::sum(taken.map(beyond).collect::<Result<Vec<_>, _>>()?)
}

/// CNY that a joint ceiling leaves beside what others pay; rounded down, so that all together stay within it.
pub fn joint_room(base: Exact, percent: Percent, others: &[LevelMoney]) -> Result<Money, OutOfRange> {
    Exact::ratio(base, percent)?.round(RoundingMode::Down)?.minus(total(others)?)
}

impl Policy {
    /// Whether what others pay counts.
    pub fn counts_others(&self) -> bool {
        !self.stacking.takes_off().is_empty() || self.joint_ceiling_percent.is_some()
    }

    /// Whether nothing is declared beside which the rules pay nothing. A joint ceiling says how much may stand beside, unless
    /// the rules name the levels that may not.
    pub fn alone(&self, other_funding: Option<&[OtherFunding]>) -> Result<(), CalculationError> {
        let bounded = self.joint_ceiling_percent.is_some() && self.stacking.named().is_none();
        let refuses = if bounded { Levels::NONE } else { self.stacking.refuses() };
        match other_funding.into_iter().flatten().find(|other| refuses.contains(other.level)) {
            Some(other) => Err(CalculationError::OtherFundingClashes { level: other.level }),
            None => Ok(()),
        }
    }

    /// Whether who asks says what others pay, where the rules ask for that.
    pub fn declared(&self, other_funding: Option<&[OtherFunding]>) -> Result<(), CalculationError> {
        if self.declare_other_funding == Some(true) && other_funding.is_none() {
            return Err(CalculationError::OtherFundingMissing);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_joint_ceiling_is_rounded_once() {
        let base = Exact::ratio(Exact::from_money(Money::from_fen(10_001_900)), Percent::from_micro(100_000))
            .unwrap();
        // 95 % of 100.019 is 95.01805
        let room = joint_room(base, Percent::from_micro(95_000_000), &[]).unwrap();
        assert_eq!(room, Money::from_fen(9_501));
    }
}
