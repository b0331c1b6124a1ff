//! What was posted in each month, kept as the log grows: the totals are summed once, and from then on the lines after what
//! is known are added to it. Lines never change, so that nothing kept can grow old. Closed months are left out: they are
//! kept as they were closed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use subsidy_core::domain::{AgencyCode, Month};
use subsidy_core::ledger::Turnovers;
use subsidy_store::ledger::{MonthRow, read_months};
use subsidy_store::{rows, statement};

/// Sequences whose lines are added to what is known; of more than that the totals are quicker.
const BEHIND_MAX: i64 = 4_096;

rows! {
    /// The log's end, and turnovers of a month and a book; none where there is nothing to add.
    struct MonthTurnoverRow {
        last: i64,
        hash: Vec<u8>,
        month: Option<String>,
        book: Option<String>,
        debit: Option<Decimal>,
        credit: Option<Decimal>,
    }
}

/// How far a leaf may be behind the log's end.
#[derive(Debug, Clone, Copy)]
struct Behind<'a> {
    last: i64,
    hash: &'a [u8],
    most: i64,
}

statement! {
    /// All that was posted up to the log's end, of the days after one or of all.
    fn all(after: Option<NaiveDate>) -> Vec<MonthTurnoverRow> =
        "SELECT l.sequence AS last, l.hash, to_char(m.first, 'YYYY-MM') AS month, m.book, m.debit, m.credit \
           FROM head AS h JOIN log AS l ON l.sequence = h.next_sequence - 1 \
           LEFT JOIN (SELECT date_trunc('month', effective_date::timestamp) AS first, left(account, 1) AS book, \
                             sum(debit) AS debit, sum(credit) AS credit \
                        FROM (SELECT effective_date, account, sum(debit) AS debit, sum(credit) AS credit \
                                FROM totals WHERE $1::date IS NULL OR effective_date > $1 \
                               GROUP BY effective_date, account) AS d \
                       GROUP BY 1, 2) AS m ON true";
    /// What was posted after `$1`, the place of a leaf with the hash `$2`, up to the log's end, where that is at most `$3`
    /// further. Nothing of another log, or of one that is further.
    fn since(Behind<'_> { last, hash, most }) -> Vec<MonthTurnoverRow> =
        "SELECT l.sequence AS last, l.hash, m.month, m.book, m.debit, m.credit \
           FROM head AS h JOIN log AS l ON l.sequence = h.next_sequence - 1 \
           JOIN log AS k ON k.sequence = $1 AND k.hash = $2 \
           LEFT JOIN LATERAL (SELECT to_char(effective_date, 'YYYY-MM') AS month, left(account, 1) AS book, \
                                     coalesce(sum(amount) FILTER (WHERE side = 'D'), 0) AS debit, \
                                     coalesce(sum(amount) FILTER (WHERE side = 'C'), 0) AS credit \
                                FROM (SELECT effective_date, account, side, sum(amount) AS amount FROM entries \
                                       WHERE sequence > $1 AND sequence <= l.sequence \
                                       GROUP BY effective_date, account, side) AS d \
                               GROUP BY 1, 2) AS m ON true \
          WHERE h.next_sequence - 1 - $1 <= $3";
}

/// What was posted by month, up to a leaf.
#[derive(Debug, Clone, Default)]
struct Posted {
    /// The last month that is left out, where some are.
    after: Option<Month>,
    last: i64,
    /// The leaf's hash: it tells this log from one that took its place.
    hash: Vec<u8>,
    months: BTreeMap<Month, Turnovers>,
}

impl Posted {
    /// With what was found; none where nothing was.
    fn with(mut self, found: Vec<MonthTurnoverRow>) -> Result<Option<Self>, ReadError> {
        let Some(end) = found.first() else { return Ok(None) };
        (self.last, self.hash) = (end.last, end.hash.clone());
        let row = |found: MonthTurnoverRow| {
            let (debit, credit) = (found.debit?, found.credit?);
            Some(MonthRow { month: found.month?, book: found.book?, debit, credit })
        };
        let rows: Vec<MonthRow> = found.into_iter().filter_map(row).collect();
        for (month, turnovers) in read_months(&rows)? {
            let sum = self.months.entry(month).or_default();
            *sum = sum.plus(&turnovers)?;
        }
        Ok(Some(self))
    }
}

/// What a process knows of each agency's months. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Months(Arc<Mutex<BTreeMap<AgencyCode, Posted>>>);

impl Months {
    fn known(&self) -> MutexGuard<'_, BTreeMap<AgencyCode, Posted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was posted in each open month up to now, where all are closed up to one; months without postings are left out.
    pub async fn read(
        &self,
        conn: &AsyncPgConnection,
        agency: &AgencyCode,
        closed: Option<Month>,
    ) -> Result<BTreeMap<Month, Turnovers>, ReadError> {
        // a month that was reopened may have been left out
        let known = self.known().get(agency).filter(|known| known.after <= closed).cloned();
        let mut posted = None;
        if let Some(known) = known {
            let found = since(conn, Behind { last: known.last, hash: &known.hash, most: BEHIND_MAX }).await?;
            posted = known.with(found)?;
        }
        let posted = match posted {
            Some(posted) => posted,
            None => {
                let found = all(conn, closed.map(|month| month.last_day().naive())).await?;
                Posted { after: closed, ..Posted::default() }.with(found)?.unwrap_or_default()
            }
        };
        if !posted.hash.is_empty() {
            self.known().insert(agency.clone(), posted.clone());
        }
        Ok(posted
            .months
            .into_iter()
            .filter(|(month, _)| closed.is_none_or(|closed| *month > closed))
            .collect())
    }
}
