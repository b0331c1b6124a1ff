//! A delivery 账期交付: what one file brings of one billing period of a contract's provider.
//!
//! Clouds deliver a month many times: in parts, as more days are known, and whole again once it is restated, without
//! saying so in any row. So a file whose charge periods meet what counts of the same billing period says itself what it
//! is: it replaces that, or it adds to it. What counts is told by delivery, which is what a replacement takes away.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::months::ChargePeriod;
use super::{InvoiceTotal, UsageTotal};
use crate::domain::{Instant, Month, Sequence, UsageImportId};

/// The most spans of time that a delivery is kept as.
pub const SPANS_MAX: usize = 100;
/// The most while rows are read: of more, those that lie closest are taken together.
const SPANS_READ_MAX: usize = 4_096;

/// Time for which something was charged; its end does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
}

impl Span {
    /// Whether two lists of spans share any time.
    pub fn any_meet(one: &[Self], other: &[Self]) -> bool {
        one.iter().any(|a| other.iter().any(|b| a.from < b.until && b.from < a.until))
    }
}

/// Time for which something was charged, put together row by row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(BTreeMap<DateTime<Utc>, DateTime<Utc>>);

impl Spans {
    /// Adds a charge period; what touches becomes one.
    pub fn add(&mut self, period: ChargePeriod) {
        let (mut from, mut until) = (period.start, period.end);
        if let Some((start, end)) = self.0.range(..=from).next_back()
            && *end >= from
        {
            if *end >= until {
                return;
            }
            from = *start;
        }
        while let Some((start, end)) = self.0.range(from..).next().map(|(start, end)| (*start, *end))
            && start <= until
        {
            self.0.remove(&start);
            until = until.max(end);
        }
        self.0.insert(from, until);
        if self.0.len() > SPANS_READ_MAX {
            self.0 = self.coarse(SPANS_READ_MAX / 2);
        }
    }

    /// The same as at most so many spans: the shortest gaps are closed. That finds an overlap where there is none rather
    /// than none where there is one.
    fn coarse(&self, most: usize) -> BTreeMap<DateTime<Utc>, DateTime<Utc>> {
        let next = self.0.keys().skip(1);
        let mut gaps: Vec<_> =
            self.0.values().zip(next).map(|(end, start)| (*start - *end, *start)).collect();
        gaps.sort_unstable_by(|one, other| other.cmp(one));
        gaps.truncate(most.saturating_sub(1));
        let kept: BTreeSet<DateTime<Utc>> = gaps.into_iter().map(|(_, after)| after).collect();
        let mut found: BTreeMap<DateTime<Utc>, DateTime<Utc>> = BTreeMap::new();
        for (start, end) in &self.0 {
            match found.last_entry() {
                Some(mut last) if !kept.contains(start) => {
                    last.insert(*end);
                }
                Some(_) | None => {
                    found.insert(*start, *end);
                }
            }
        }
        found
    }

    /// At most [`SPANS_MAX`] of them, the earliest first.
    pub fn list(&self) -> Vec<Span> {
        let span = |(from, until): (&DateTime<Utc>, &DateTime<Utc>)| Span {
            from: Instant::new(*from),
            until: Instant::new(*until),
        };
        if self.0.len() > SPANS_MAX {
            self.coarse(SPANS_MAX).iter().map(span).collect()
        } else {
            self.0.iter().map(span).collect()
        }
    }
}

/// Rows of a month that do not count because something is wrong with them: the month is incomplete without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRows {
    /// The agency's month.
    pub month: Month,
    pub rows: u32,
}

/// A month of which rows that would count were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncompleteMonth {
    /// The agency's month.
    pub month: Month,
    pub rows: u32,
    /// The leaf that refused the last of them: a claim that was reviewed before it is reviewed again.
    pub since: Sequence,
}

/// What a file brings of a billing period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The agency's month in which the billing period begins.
    pub billing_period: Month,
    /// Rows that the import brought to count.
    pub rows: u32,
    /// For which time they charge.
    pub charged: Vec<Span>,
    /// What they come to, by month and service category.
    pub totals: Vec<UsageTotal>,
    /// What they come to by invoice and month, of invoices whose number one could have.
    pub invoices: Vec<InvoiceTotal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedRows>,
    /// The import that took its place. It counts no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<UsageImportId>,
}

/// What counts of a billing period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedPeriod {
    pub billing_period: Month,
    /// The imports whose delivery counts, in the order in which they came.
    pub imports: Vec<UsageImportId>,
    /// The leaf that changed last what counts of it.
    pub changed: Sequence,
}

/// A month of which usage was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedMonth {
    pub month: Month,
    /// The leaf that did so last: what was computed from usage before it rests on what counts no more.
    pub at: Sequence,
}

/// Rows that were refused, by the billing period and the month that they are of, as far as they tell.
#[derive(Debug, Clone, Default)]
pub struct Refusals(BTreeMap<(Option<Month>, Option<Month>), u32>);

impl Refusals {
    /// Counts a row: its billing period, and the month in which its charge period begins.
    pub fn add(&mut self, billing_period: Option<Month>, month: Option<Month>) {
        let rows = self.0.entry((billing_period, month)).or_default();
        *rows = rows.saturating_add(1);
    }

    /// The deliveries with what was refused of each. A row that tells neither may be of any: every month of the file is
    /// incomplete without it.
    pub fn attributed(&self, deliveries: Vec<Delivery>) -> Vec<Delivery> {
        let mut found: BTreeMap<Month, Delivery> =
            deliveries.into_iter().map(|delivery| (delivery.billing_period, delivery)).collect();
        for (told, rows) in &self.0 {
            let (billing_period, month) = match *told {
                (Some(billing_period), month) => (billing_period, month.unwrap_or(billing_period)),
                (None, Some(month)) => (month, month),
                (None, None) => continue,
            };
            let empty = || Delivery {
                billing_period,
                rows: 0,
                charged: Vec::new(),
                totals: Vec::new(),
                invoices: Vec::new(),
                refused: Vec::new(),
                replaced_by: None,
            };
            refuse(found.entry(billing_period).or_insert_with(empty), month, *rows);
        }
        if let Some(rows) = self.0.get(&(None, None)) {
            for delivery in found.values_mut() {
                let mut months: Vec<Month> = delivery.totals.iter().map(|total| total.month).collect();
                months.dedup();
                months.iter().for_each(|month| refuse(delivery, *month, *rows));
            }
        }
        found.into_values().collect()
    }
}

fn refuse(delivery: &mut Delivery, month: Month, rows: u32) {
    match delivery.refused.iter_mut().find(|one| one.month == month) {
        Some(known) => known.rows = known.rows.saturating_add(rows),
        None => {
            delivery.refused.push(RefusedRows { month, rows });
            delivery.refused.sort_by_key(|one| one.month);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hours(from: i64, until: i64) -> ChargePeriod {
        let at = |hour: i64| DateTime::from_timestamp(1_700_000_000 + hour * 3_600, 0).unwrap();
        ChargePeriod { start: at(from), end: at(until) }
    }

    fn spans(periods: &[(i64, i64)]) -> Spans {
        let mut spans = Spans::default();
        periods.iter().for_each(|(from, until)| spans.add(hours(*from, *until)));
        spans
    }

    #[test]
    fn what_touches_is_one_and_what_does_not_stays_apart() {
        assert_eq!(spans(&[(0, 1), (1, 2), (5, 6), (3, 4)]).list().len(), 3);
        assert_eq!(spans(&[(0, 1), (3, 4), (5, 6), (0, 9)]).list().len(), 1);
        assert_eq!(spans(&[(0, 9), (3, 4)]), spans(&[(0, 9)]));
        let (day, next) = (spans(&[(0, 24)]).list(), spans(&[(24, 48)]).list());
        assert!(!Span::any_meet(&day, &next));
        assert!(Span::any_meet(&day, &spans(&[(23, 48)]).list()));
    }

    #[test]
    fn many_spans_are_kept_as_few_that_leave_out_nothing() {
        let many: Vec<_> = (0..10_000).map(|n| (n * 3, n * 3 + 1)).collect();
        let list = spans(&many).list();
        assert_eq!(list.len(), SPANS_MAX);
        assert!(many.iter().all(|one| Span::any_meet(&spans(&[*one]).list(), &list)));
    }

    proptest! {
        #[test]
        fn an_hour_is_in_it_where_a_period_has_it(
            periods in proptest::collection::vec((0_i64..60, 1_i64..8), 0..40),
        ) {
            let periods: Vec<_> = periods.into_iter().map(|(from, length)| (from, from + length)).collect();
            let list = spans(&periods).list();
            for hour in 0..70 {
                let charged = periods.iter().any(|(from, until)| *from <= hour && hour < *until);
                prop_assert_eq!(Span::any_meet(&spans(&[(hour, hour + 1)]).list(), &list), charged);
            }
        }
    }
}
