//! What holds from a day on, until the next.

use serde::{Deserialize, Serialize};

use super::{Date, ExactPoints, Money, Percent};

/// What holds from a day on, until the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// The first day.
    pub date: Date,
    pub value: T,
}

/// A rate, from a day on.
pub type DatedPercent = Dated<Percent>;
/// An amount, from a day on.
pub type DatedMoney = Dated<Money>;
/// Points, from a day on.
pub type DatedPoints = Dated<ExactPoints>;

/// What holds on a day: the latest on or before it. `steps` are in the order of their days.
pub fn in_force<T: Copy>(steps: &[Dated<T>], day: Date) -> Option<T> {
    let after = steps.partition_point(|step| step.date <= day);
    after.checked_sub(1).and_then(|last| steps.get(last)).map(|step| step.value)
}

/// The steps that hold on the days from `from`, counted, to `until`, not counted; the first stands on `from` where one
/// was in force before.
pub fn between<T: Copy>(steps: &[Dated<T>], from: Date, until: Date) -> Vec<Dated<T>> {
    let opening = in_force(steps, from).map(|value| Dated { date: from, value });
    let later = steps.iter().filter(|step| from < step.date && step.date < until);
    opening.into_iter().chain(later.copied()).collect()
}

/// A value of every day from `from`, counted, to `until`, not counted, as steps: it changes on none but these `days`.
pub fn steps<T: Copy + PartialEq>(
    from: Date,
    until: Date,
    days: impl IntoIterator<Item = Date>,
    on: impl Fn(Date) -> T,
) -> Vec<Dated<T>> {
    let mut days: Vec<Date> = days.into_iter().filter(|day| from < *day && *day < until).collect();
    days.push(from);
    days.sort_unstable();
    days.dedup();
    let mut steps: Vec<Dated<T>> = Vec::with_capacity(days.len());
    for date in days {
        let value = on(date);
        if steps.last().is_none_or(|last| last.value != value) {
            steps.push(Dated { date, value });
        }
    }
    steps
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn dated(date: &str, value: u8) -> Dated<u8> {
        Dated { date: day(date), value }
    }

    #[test]
    fn a_part_of_the_steps_begins_with_what_was_in_force() {
        let all = [dated("2024-01-01", 1), dated("2024-02-01", 2), dated("2024-03-01", 3)];
        let part = |from, until| between(&all, day(from), day(until));
        assert_eq!(part("2024-01-15", "2024-02-15"), [dated("2024-01-15", 1), dated("2024-02-01", 2)]);
        assert_eq!(part("2024-02-01", "2024-03-01"), [dated("2024-02-01", 2)]);
        assert_eq!(part("2023-12-01", "2024-01-02"), [dated("2024-01-01", 1)]);
        assert_eq!(part("2023-12-01", "2024-01-01"), []);
    }

    #[test]
    fn steps_stand_where_the_value_changes_and_nowhere_else() {
        let days = ["2024-01-20", "2024-01-10", "2024-01-10", "2023-12-01", "2024-02-01"].map(day);
        let found = steps(day("2024-01-01"), day("2024-02-01"), days, |on| u8::from(on >= day("2024-01-15")));
        assert_eq!(found, [dated("2024-01-01", 0), dated("2024-01-20", 1)]);
    }
}
