//! Reports of which pages are shown: what is made as a whole is kept for whoever turns the page, as it was when its first
//! page was shown. A page that another process answers, or that nobody asked for in a long time, is made anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::report::{ROWS_MAX, Report};

/// Each under what it was asked, the oldest first.
type Reports = VecDeque<(String, Arc<Report>)>;

/// The last reports. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct PagedReports(Arc<Mutex<Reports>>);

impl PagedReports {
    /// The report that was asked for like this.
    pub fn get(&self, asked: &str) -> Option<Arc<Report>> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().find(|(one, _)| one == asked).map(|(_, report)| Arc::clone(report))
    }

    /// Keeps a report, and gives up the oldest where there are more rows than one report may have: about a kilobyte each.
    pub fn keep(&self, asked: String, report: Arc<Report>) {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.retain(|(one, _)| *one != asked);
        reports.push_back((asked, report));
        while reports.iter().map(|(_, report)| report.table.rows.len()).sum::<usize>() > ROWS_MAX {
            reports.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Row;

    #[test]
    fn the_oldest_reports_make_room_for_new_ones() {
        let of = |rows: usize| Arc::new(Report::of(["a", "甲"], &[], vec![Row::default(); rows]));
        let kept = PagedReports::default();
        for asked in ["one", "two", "three", "two"] {
            kept.keep(asked.to_owned(), of(ROWS_MAX / 2));
        }
        let rows = |asked| kept.get(asked).map(|report| report.table.rows.len());
        assert_eq!(["one", "two", "three"].map(rows), [None, Some(ROWS_MAX / 2), Some(ROWS_MAX / 2)]);
        kept.keep("longest".to_owned(), of(ROWS_MAX));
        assert_eq!(["two", "three", "longest"].map(rows), [None, None, Some(ROWS_MAX)]);
    }
}
