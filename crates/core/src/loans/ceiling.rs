//! The dearest loan that rules let in.

use super::LoanError;
use crate::domain::dated::{Dated, in_force};
use crate::domain::{Date, Percent};
use crate::programmes::policy::RateCeiling;

/// Whether a loan is not too dear: its contract rate at signing is at most the reference rate in force on that day and
/// the spread. `reference` is in the order of the days.
pub fn within_ceiling(
    ceiling: &RateCeiling,
    reference: &[Dated<Percent>],
    annual_rate_percent: Percent,
    signed_on: Date,
) -> Result<(), LoanError> {
    let missing = || LoanError::ReferenceRateMissing { name: ceiling.reference.clone(), date: signed_on };
    let reference = in_force(reference, signed_on).ok_or_else(missing)?;
    // a basis point is a hundredth of a percent; a rate has at most four digits before the point and a spread is an `i32`:
    // their sum is far from the end of an `i64`
    let most = (reference.micro() + i64::from(ceiling.spread_bp) * 10_000).max(0);
    let ceiling = Percent::from_micro(most);
    if annual_rate_percent > ceiling {
        return Err(LoanError::LoanRateAboveCeiling { annual_rate_percent, ceiling });
    }
    Ok(())
}
