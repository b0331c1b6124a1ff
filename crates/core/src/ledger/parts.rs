//! Amounts by funding level: added, taken away, split, told apart by their sign.
//!
//! A list names each level once. A level that a list does not name has 0.00 in it. A difference may be below zero at
//! one level while its sum is not: the largest remainder of a larger amount can give a level a fen less.

use super::Part;
use crate::domain::apportion::largest_remainder;
use crate::domain::money::OutOfRange;
use crate::domain::{Label, Money};

pub fn sum(parts: &[Part]) -> Result<Money, OutOfRange> {
    Money::sum(parts.iter().map(|part| part.amount))
}

fn at(parts: &[Part], level: Option<&Label>) -> Money {
    parts.iter().find(|part| part.level.as_ref() == level).map(|part| part.amount).unwrap_or_default()
}

/// Both by level: the levels of the first, then those that only the second names.
fn both(
    one: &[Part],
    other: &[Part],
    amount: impl Fn(Money, Money) -> Result<Money, OutOfRange>,
) -> Result<Vec<Part>, OutOfRange> {
    let named = |part: &&Part| one.iter().all(|known| known.level != part.level);
    let levels = one.iter().chain(other.iter().filter(named)).map(|part| &part.level);
    let part = |level: &Option<Label>| {
        let amount = amount(at(one, level.as_ref()), at(other, level.as_ref()))?;
        Ok(Part { level: level.clone(), amount })
    };
    levels.map(part).collect()
}

/// Level by level, one and the other.
pub fn plus(one: &[Part], other: &[Part]) -> Result<Vec<Part>, OutOfRange> {
    both(one, other, Money::plus)
}

/// Level by level, one less the other.
pub fn minus(one: &[Part], other: &[Part]) -> Result<Vec<Part>, OutOfRange> {
    both(one, other, Money::minus)
}

/// An amount in proportion to parts, none of them below zero.
pub fn split(amount: Money, by: &[Part]) -> Result<Vec<Part>, OutOfRange> {
    let weights: Vec<i128> = by.iter().map(|part| i128::from(part.amount.fen())).collect();
    let amounts = largest_remainder(amount, &weights)?;
    Ok(by.iter().zip(amounts).map(|(part, amount)| Part { level: part.level.clone(), amount }).collect())
}

/// What is above zero, and what is below it as amounts above it.
pub fn by_sign(parts: &[Part]) -> Result<[Vec<Part>; 2], OutOfRange> {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for Part { level, amount } in parts.iter().filter(|part| !part.amount.is_zero()) {
        let level = level.clone();
        if amount.is_positive() {
            above.push(Part { level, amount: *amount });
        } else {
            below.push(Part { level, amount: amount.negated()? });
        }
    }
    Ok([above, below])
}

/// The parts above zero, cut at the largest until they sum to `total`, which is not more than they do.
pub fn cut_to(parts: &[Part], total: Money) -> Result<Vec<Part>, OutOfRange> {
    let [mut kept, _] = by_sign(parts)?;
    let mut excess = sum(&kept)?.minus(total)?;
    while excess.is_positive() {
        let largest = kept.iter_mut().max_by_key(|part| part.amount).ok_or(OutOfRange)?;
        let cut = excess.min(largest.amount);
        if cut.is_zero() {
            return Err(OutOfRange);
        }
        (largest.amount, excess) = (largest.amount.minus(cut)?, excess.minus(cut)?);
    }
    kept.retain(|part| part.amount.is_positive());
    Ok(kept)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(fen: &[i64]) -> Vec<Part> {
        let level = |index: usize| Some(Label::parse(&format!("level{index}")).unwrap());
        fen.iter()
            .enumerate()
            .map(|(index, fen)| Part { level: level(index), amount: Money::from_fen(*fen) })
            .collect()
    }

    proptest! {
        #[test]
        fn what_is_added_and_taken_away_again_is_as_before(
            one in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..5),
            other in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..5),
        ) {
            let (one, other) = (parts(&one), parts(&other));
            let both = plus(&one, &other).unwrap();
            prop_assert_eq!(sum(&both).unwrap(), sum(&one).unwrap().plus(sum(&other).unwrap()).unwrap());
            let again = minus(&both, &other).unwrap();
            for part in &again {
                prop_assert_eq!(part.amount, at(&one, part.level.as_ref()));
            }
        }

        #[test]
        fn both_signs_together_are_the_parts(fen in proptest::collection::vec(-1_000_000_i64..1_000_000, 0..5)) {
            let all = parts(&fen);
            let [above, below] = by_sign(&all).unwrap();
            prop_assert!(above.iter().chain(&below).all(|part| part.amount.is_positive()));
            prop_assert_eq!(sum(&above).unwrap().minus(sum(&below).unwrap()), sum(&all));
        }

        #[test]
        fn what_is_cut_sums_to_the_total_and_takes_no_level_below_zero(
            fen in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..5), share in 0_i64..=100,
        ) {
            let all = parts(&fen);
            let [above, _] = by_sign(&all).unwrap();
            let total = Money::from_fen(sum(&above).unwrap().fen() / 100 * share);
            let cut = cut_to(&all, total).unwrap();
            prop_assert_eq!(sum(&cut).unwrap(), total);
            for part in &cut {
                prop_assert!(part.amount.is_positive() && part.amount <= at(&all, part.level.as_ref()));
            }
        }
    }
}
