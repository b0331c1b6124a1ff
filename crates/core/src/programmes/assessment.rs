//! Assessments 审定: what an officer finds at the review of what was filed. It takes away and never gives more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SettledLine;
use super::calculation_error::CalculationError;
use crate::domain::apportion::largest_remainder;
use crate::domain::money::{AmountOrZero, OutOfRange};
use crate::domain::{Exact, Folded, Label, Money, Percent};

/// The most lines of an assessment.
pub const ASSESSED_MAX: usize = 100;

/// Whether what was filed is assessed at the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssessmentRule {
    Required,
}

/// What counts of an item, all of its lines together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessedItem {
    pub item: Label,
    /// CNY, tax included: at most what was filed.
    pub amount: AmountOrZero,
}

/// What counts of what was filed; an item that it does not name counts as it was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Assessment {
    pub lines: Vec<AssessedItem>,
    /// In place of the ratios of the rules, where those are higher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ratio_percent: Option<Percent>,
}

impl Assessment {
    /// Whether it names each item once, and none with more than was filed. Error: says where.
    pub fn of(&self, filed: &[SettledLine]) -> Result<(), CalculationError> {
        let mut sums: BTreeMap<Folded, Money> = BTreeMap::new();
        for line in filed {
            let sum = sums.entry(line.item.folded()).or_default();
            *sum = sum.plus(line.amount.money())?;
        }
        for (index, line) in self.lines.iter().enumerate() {
            let pointer = format!("/assessment/lines/{index}");
            // an item that was named before has nothing left
            let filed = sums.remove(&line.item.folded());
            if filed.is_none_or(|filed| line.amount.money() > filed) {
                let filed = filed.unwrap_or_default();
                return Err(CalculationError::AssessmentAboveFiled { pointer, filed });
            }
        }
        Ok(())
    }

    /// What counts of each line: what is found of an item is shared out by what its lines were filed with.
    pub fn shown(&self, lines: &[SettledLine]) -> Result<Vec<Option<Exact>>, OutOfRange> {
        let mut counts = vec![None; lines.len()];
        for found in &self.lines {
            let fold = found.item.folded();
            let of = || lines.iter().zip(0_usize..).filter(|(line, _)| line.item.folded() == fold);
            let weights: Vec<i128> = of().map(|(line, _)| i128::from(line.amount.money().fen())).collect();
            let filed = Money::sum(of().map(|(line, _)| line.amount.money()))?;
            // less may be settled now than was assessed then
            if found.amount.money() >= filed {
                continue;
            }
            for ((_, place), part) in of().zip(largest_remainder(found.amount.money(), &weights)?) {
                if let Some(slot) = counts.get_mut(place) {
                    *slot = Some(Exact::from_money(part));
                }
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::money::Amount;

    proptest! {
        #[test]
        fn an_assessment_sums_to_what_was_found_and_gives_no_line_more(
            filed in proptest::collection::vec(1_i64..1_000_000, 1..6),
            found in 0_i64..6_000_000,
        ) {
            let item = Label::parse("compute").unwrap();
            let line = |fen: &i64| {
                let amount = Amount::parse(&Money::from_fen(*fen).to_string()).unwrap();
                SettledLine::new(item.clone(), amount, None)
            };
            let lines: Vec<SettledLine> = filed.iter().map(line).collect();
            let all = Money::from_fen(filed.iter().sum());
            let amount = AmountOrZero::parse(&Money::from_fen(found).to_string()).unwrap();
            let assessment =
                Assessment { lines: vec![AssessedItem { item: item.clone(), amount }], ratio_percent: None };
            prop_assert_eq!(assessment.of(&lines).is_ok(), amount.money() <= all);
            let shown = assessment.shown(&lines).unwrap();
            let counts: Vec<Exact> =
                lines.iter().zip(&shown).map(|(line, cut)| cut.unwrap_or_else(|| line.exact())).collect();
            prop_assert!(lines.iter().zip(&counts).all(|(line, counts)| *counts <= line.exact()));
            prop_assert_eq!(Exact::sum(counts).unwrap(), Exact::from_money(amount.money().min(all)));
        }
    }
}
