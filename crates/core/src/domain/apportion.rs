//! Splitting an amount into parts that sum to it exactly: the method of the largest remainder.

use super::money::{Money, OutOfRange};

/// Splits `total` (not below zero) in proportion to `weights` (none below zero).
///
/// Every part gets the whole fen of its exact share; the fen that are left go one each to the largest
/// remainders, ties to the earlier part. Parts sum to `total`, and no part is a fen or more away from
/// its exact share. Where all weights are zero the first part takes all. Error: out of range.
pub fn largest_remainder(total: Money, weights: &[i128]) -> Result<Vec<Money>, OutOfRange> {
    let sum = weights.iter().try_fold(0_i128, |a, w| a.checked_add(*w)).ok_or(OutOfRange)?;
    if weights.iter().any(|w| *w < 0) || total < Money::ZERO {
        return Err(OutOfRange);
    }
    if sum == 0 {
        return Ok(weights
            .iter()
            .enumerate()
            .map(|(i, _)| if i == 0 { total } else { Money::ZERO })
            .collect());
    }
    let fen = i128::from(total.fen());
    let mut parts = Vec::with_capacity(weights.len());
    let mut rests = Vec::with_capacity(weights.len());
    let mut left = fen;
    for (index, weight) in weights.iter().enumerate() {
        let (whole, rest) = share(fen, *weight, sum)?;
        left -= whole;
        parts.push(whole);
        rests.push((std::cmp::Reverse(rest), index));
    }
    rests.sort_unstable();
    let extra = usize::try_from(left).map_err(|_| OutOfRange)?;
    for (_, index) in rests.into_iter().take(extra) {
        if let Some(part) = parts.get_mut(index) {
            *part += 1;
        }
    }
    parts.into_iter().map(|p| i64::try_from(p).map(Money::from_fen).map_err(|_| OutOfRange)).collect()
}

/// `(total × weight) ÷ sum` as whole and remainder. An amount of at most 10¹⁴ fen at a ratio of eight
/// decimals weighs at most 10²², so the product stays below 2¹²⁷.
fn share(total: i128, weight: i128, sum: i128) -> Result<(i128, i128), OutOfRange> {
    let product = total.checked_mul(weight).ok_or(OutOfRange)?;
    Ok((product / sum, product % sum))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed split fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(total: i64, weights: &[i128]) -> Vec<i64> {
        largest_remainder(Money::from_fen(total), weights).unwrap().into_iter().map(Money::fen).collect()
    }

    #[test]
    fn ties_go_to_the_earlier_part() {
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(101, &[1, 1, 1]), [34, 34, 33]);
        assert_eq!(split(1, &[1, 1]), [1, 0]);
        assert_eq!(split(7, &[0, 0]), [7, 0]);
        assert_eq!(split(10, &[1, 2, 3]), [2, 3, 5]);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_stay_within_a_fen(
            total in 0_i64..1_000_000_000_000,
            weights in prop::collection::vec(0_i128..1_000_000_000_000_000_000, 1..20),
        ) {
            let parts = split(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            let sum: i128 = weights.iter().sum();
            if sum > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    prop_assert!((i128::from(*part) * sum - i128::from(total) * weight).abs() < sum);
                }
            }
        }
    }
}
