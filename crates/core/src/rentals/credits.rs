//! What was subsidised of a contract, month by month.
//!
//! A claim comes to what was paid or offset of it less what was decided to come back. That is cut at the months of the
//! claim's days, by their number; the fen that are left go to the largest remainders, so that the parts are the claim's, to
//! the fen. The redemption of a voucher has no days of its own: it counts on the first day on which
//! it was paid.

use crate::claims::{Claim, ClaimPeriod, payable};
use crate::domain::apportion::largest_remainder;
use crate::domain::money::OutOfRange;
use crate::domain::{ClaimId, Date, Money, Month, ProgrammeCode};

/// A part of what a claim came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    pub claim: ClaimId,
    pub programme: ProgrammeCode,
    pub month: Month,
    /// Its days in that month.
    pub days: ClaimPeriod,
    /// CNY.
    pub amount: Money,
}

/// The credits of claims on one contract, by month and within it in the order of the claims; those of 0.00 are left out.
/// Error: out of range.
pub fn credits(claims: &[Claim]) -> Result<Vec<Credit>, OutOfRange> {
    let mut all = Vec::new();
    for claim in claims {
        all.extend(credits_of(claim)?);
    }
    all.sort_by_key(|credit| credit.month);
    Ok(all)
}

fn credits_of(claim: &Claim) -> Result<Vec<Credit>, OutOfRange> {
    let amount = payable::received(claim)?.minus(claim.recovered)?;
    let Some(period) = claim.subject.period().or_else(|| first_paid(claim)) else { return Ok(Vec::new()) };
    let months = months(period);
    let weights: Vec<i128> = months.iter().map(|(_, within)| days(*within)).collect();
    let parts = largest_remainder(amount, &weights)?;
    let credit = |((month, days), amount)| Credit {
        claim: claim.id,
        programme: claim.programme.clone(),
        month,
        days,
        amount,
    };
    Ok(months.into_iter().zip(parts).map(credit).filter(|credit| !credit.amount.is_zero()).collect())
}

fn first_paid(claim: &Claim) -> Option<ClaimPeriod> {
    let from = payable::first_paid_on(claim)?;
    Some(ClaimPeriod { from, until: Date::from_naive(from.naive().succ_opt()?) })
}

/// A period's days in each of its months.
fn months(period: ClaimPeriod) -> Vec<(Month, ClaimPeriod)> {
    let Some(last) = period.last() else { return Vec::new() };
    let within = |month: Month| ClaimPeriod {
        from: month.first_day().max(period.from),
        until: month.next().first_day().min(period.until),
    };
    Month::of(period.from).through(Month::of(last)).map(|month| (month, within(month))).collect()
}

fn days(period: ClaimPeriod) -> i128 {
    period.until.naive().signed_duration_since(period.from.naive()).num_days().into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_month_are_counted_from_the_first_of_the_period_to_the_day_before_its_end() {
        let day = |text| Date::parse(text).unwrap();
        let found = months(ClaimPeriod { from: day("2025-01-30"), until: day("2025-03-01") });
        let counted: Vec<_> =
            found.iter().map(|(month, within)| (month.to_string(), days(*within))).collect();
        assert_eq!(counted, [("2025-01".to_owned(), 2), ("2025-02".to_owned(), 28)]);
    }
}
