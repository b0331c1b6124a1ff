//! Contracts that run longer than their costs are paid for: each line counts by days, of which the last counts neither here
//! nor there (算头不算尾).

use serde::{Deserialize, Serialize};

use super::Policy;
use super::dating::{CaseDays, counted, length, paid_days};
use crate::domain::Date;
use crate::domain::dates::Window;

/// Which part of a contract counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Prorated {
    /// The first day that counts.
    pub from: Date,
    /// The last of its days that are paid for, which does not count.
    pub until: Date,
    /// How many days of the contract count: from the first to the last, the last not counted.
    pub days: u32,
    /// How many days the contract has.
    pub of_days: u32,
}

impl Prorated {
    /// Of a contract, where the rules prorate and any day of it is paid for.
    pub fn of(rules: &Policy, programme: Window, days: &CaseDays, contract: Window) -> Option<Self> {
        rules.prorate?;
        let paid = paid_days(rules, programme, days)?;
        // a contract of one day has no day that counts: all of it is paid for, or nothing
        let (counts, of_days) = (counted(contract, paid), length(contract).max(1));
        let window = Window { from: contract.from.max(paid.from), until: contract.until.min(paid.until) };
        let days = counts.min(of_days);
        (days > 0).then_some(Self { from: window.from, until: window.until, days, of_days })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::programmes::policy::{Prorate, Windows};

    fn window(from: &str, until: &str) -> Window {
        Window { from: Date::parse(from).unwrap(), until: Date::parse(until).unwrap() }
    }

    fn of(contract: Window, cost: Window) -> Option<Prorated> {
        let windows = Windows { cost: Some(cost), ..Windows::default() };
        let rules = Policy { prorate: Some(Prorate::ByDay), windows: Some(windows), ..Policy::default() };
        Prorated::of(&rules, cost, &CaseDays::contract(cost.from, contract.from), contract)
    }

    #[test]
    fn the_last_day_counts_neither_in_the_part_nor_in_the_whole() {
        let found = of(window("2025-03-01", "2027-02-28"), window("2025-01-01", "2025-12-31")).unwrap();
        assert_eq!((found.days, found.of_days), (305, 729));
        let one = window("2025-03-01", "2025-03-01");
        assert_eq!(
            of(one, window("2025-01-01", "2025-12-31")).map(|found| [found.days, found.of_days]),
            Some([1, 1])
        );
        assert_eq!(of(one, window("2025-03-02", "2025-12-31")), None);
        // of the contract only its first day is paid for, which is the last that is
        assert_eq!(of(window("2025-12-31", "2026-12-31"), window("2025-01-01", "2025-12-31")), None);
    }

    proptest! {
        #[test]
        fn never_more_than_the_whole_counts(from in 0_u64..900, days in 0_u64..900, first in 0_u64..900, length in 0_u64..900) {
            let begin = Date::parse("2024-01-01").unwrap();
            let window = |from, days| {
                let from = begin.plus_days(from).unwrap();
                Window { from, until: from.plus_days(days).unwrap() }
            };
            let (contract, cost) = (window(from, days), window(first, length));
            let whole = cost.from <= contract.from && contract.until <= cost.until;
            match of(contract, cost) {
                Some(found) => {
                    prop_assert!(0 < found.days && found.days <= found.of_days);
                    prop_assert_eq!(found.days == found.of_days, whole);
                }
                None => prop_assert!(!whole),
            }
        }
    }
}
