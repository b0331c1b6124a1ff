//! What others pay for the same costs: as who asks declares it, and as the agency knows it of its own programmes. Of each
//! level the greater of both counts, since what is declared may be what is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::calculation_error::CalculationError;
use super::policy::Policy;
use super::stacking::{Levels, Stacking};
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
    /// CNY that the agency's other programmes are known to pay; beside a joint ceiling the part that falls to these costs. Of a
    /// redemption with it what was declared for its voucher.
    pub known: Money,
}

impl LevelMoney {
    /// CNY: the greater of both.
    pub fn counted(self) -> Money {
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

/// CNY of an amount that falls to a part of what it is paid for, of the whole at most; up to the fen, so that a ceiling beside it
/// stays one. The whole is above zero.
pub fn part_of(amount: Money, part: i128, whole: i128) -> Result<Money, OutOfRange> {
    if part >= whole {
        return Ok(amount);
    }
    let times = i128::from(amount.fen()).checked_mul(part.max(0)).ok_or(OutOfRange)?;
    let up =
        times.checked_add(whole.max(1) - 1).ok_or(OutOfRange)?.checked_div(whole.max(1)).ok_or(OutOfRange)?;
    i64::try_from(up).map(Money::from_fen).map_err(|_| OutOfRange)
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

    /// Whether a joint ceiling says how much other money may stand beside, since the rules name no levels that may not.
    pub fn bounds_others(&self) -> bool {
        let excludes = self.stacking.mode() == Stacking::Exclusive && self.stacking.named().is_none();
        self.joint_ceiling_percent.is_some() && excludes
    }

    /// Beside whose money they pay nothing, whether that is known or declared.
    pub fn refuses(&self) -> Levels {
        if self.bounds_others() { Levels::NONE } else { self.stacking.refuses() }
    }

    /// Whether nothing is declared beside which the rules pay nothing.
    pub fn alone(&self, other_funding: Option<&[OtherFunding]>) -> Result<(), CalculationError> {
        let refuses = self.refuses();
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

    proptest::proptest! {
        #[test]
        fn parts_of_an_amount_are_together_at_least_the_amount_and_a_fen_each_more_at_most(
            fen in 0_i64..1_000_000_000,
            parts in proptest::collection::vec(1_i64..1_000_000, 1..12),
        ) {
            let whole: i128 = parts.iter().copied().map(i128::from).sum();
            let of = |part: &i64| part_of(Money::from_fen(fen), i128::from(*part), whole).unwrap();
            let sum: i64 = parts.iter().map(|part| of(part).fen()).sum();
            let most = fen + i64::try_from(parts.len()).unwrap();
            proptest::prop_assert!(fen <= sum && sum <= most);
        }
    }

    #[test]
    fn a_joint_ceiling_is_rounded_once() {
        let base = Exact::ratio(Exact::from_money(Money::from_fen(10_001_900)), Percent::from_micro(100_000))
            .unwrap();
        // 95 % of 100.019 is 95.01805
        let room = joint_room(base, Percent::from_micro(95_000_000), &[]).unwrap();
        assert_eq!(room, Money::from_fen(9_501));
    }
}
