//! Lines page by page, in the order of the log or of their days: each page by its key, in short statements.

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;

use super::{Filter, LineQuery, LineRow};
use crate::reports::ReadError;
use crate::reports::report::Scope;
use subsidy_core::domain::Date;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

const PAGE: i64 = 8_192;

rows! {
    /// A day, and a block of sequences that hold lines of it.
    struct DayBlockRow { day: NaiveDate, block: i64 }
}

statement! {
    /// Where lines may stand, by day: what the totals of a block count, some line of the block holds.
    fn segments(
        LineQuery<'_> { as_of, programme, accounts, level, fiscal_year }; last: i64, from: Option<NaiveDate>
    ) -> Vec<DayBlockRow> =
        "SELECT DISTINCT effective_date AS day, block FROM totals \
          WHERE block <= $6 AND effective_date <= $1 AND ($2::text IS NULL OR programme = $2) \
            AND (cardinality($3::text[]) = 0 OR account = ANY($3)) AND ($4::text IS NULL OR level = $4) \
            AND ($5::text IS NULL OR fiscal_year::text = $5) AND ($7::date IS NULL OR effective_date >= $7) ORDER BY day, block";
    /// Lines of a day after one of them, by their key.
    fn within(
        LineQuery<'_> { until, as_of, programme, accounts, flow, organisation, level, document, voucher, region, fiscal_year, provider, after, line }; limit: i64
    ) -> Vec<LineRow> =
        concat!(
            listed!(),
            "AND x.effective_date = $2 AND (x.sequence, x.line) > ($13::bigint, $14::smallint) \
             ORDER BY x.sequence, x.line LIMIT $15",
        );
    /// Lines up to a sequence after one of them, by their key.
    fn next(
        LineQuery<'_> { until, as_of, programme, accounts, flow, organisation, level, document, voucher, region, fiscal_year, provider, after, line }; limit: i64
    ) -> Vec<LineRow> =
        concat!(
            listed!(),
            "AND x.sequence >= $13 AND (x.sequence, x.line) > ($13::bigint, $14::smallint) \
             ORDER BY x.sequence, x.line LIMIT $15",
        );
}

/// Lines in the order of their days, and within a day of the log: day by day, block by block.
#[derive(Debug)]
pub struct ByDay {
    scope: Scope,
    filter: Filter,
    segments: std::vec::IntoIter<DayBlockRow>,
    /// The segment that is being read, and the last line of it that was.
    at: Option<(DayBlockRow, (i64, i16))>,
}

impl ByDay {
    /// Before the first line.
    pub async fn begin(conn: &AsyncPgConnection, scope: Scope, filter: Filter) -> Result<Self, ReadError> {
        let segments = days(conn, &scope, &filter).await?.into_iter();
        Ok(Self { scope, filter, segments, at: None })
    }

    /// The next lines; none after the last.
    pub async fn next(&mut self, conn: &AsyncPgConnection) -> Result<Option<Vec<LineRow>>, ReadError> {
        loop {
            let (segment, after) = match self.at.take() {
                Some(at) => at,
                None => match self.segments.next() {
                    Some(segment) => {
                        let before = (segment.block * BLOCK - 1, i16::MAX);
                        (segment, before)
                    }
                    None => return Ok(None),
                },
            };
            let found = of_day(conn, &self.scope, &self.filter, (&segment, after), PAGE).await?;
            let full = i64::try_from(found.len()).unwrap_or(PAGE) >= PAGE;
            self.at = found.last().filter(|_| full).map(|last| (segment, (last.sequence, last.line)));
            if !found.is_empty() {
                return Ok(Some(found));
            }
        }
    }
}

/// Lines in the order of the log, page by page, each page by its key.
#[derive(Debug)]
pub struct ByLog {
    scope: Scope,
    filter: Filter,
    /// The last line that was read.
    at: (i64, i16),
}

impl ByLog {
    /// Before the first line.
    pub const fn new(scope: Scope, filter: Filter) -> Self {
        Self { scope, filter, at: (-1, i16::MAX) }
    }

    /// The next lines; none after the last.
    pub async fn next(&mut self, conn: &AsyncPgConnection) -> Result<Option<Vec<LineRow>>, ReadError> {
        let (scope, filter) = (&self.scope, &self.filter);
        while self.at.0 < scope.known_at {
            let until = self.at.0.saturating_add(BLOCK).min(scope.known_at);
            let (after, line) = self.at;
            let query = LineQuery { until, after, line, ..LineQuery::of(scope, filter) };
            let lines = next(conn, query, PAGE).await?;
            let full = i64::try_from(lines.len()).unwrap_or(PAGE) >= PAGE;
            let last = lines.last().filter(|_| full).map(|last| (last.sequence, last.line));
            self.at = last.unwrap_or((until, i16::MAX));
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }
}

/// The days that a filter may find lines on, each with its blocks, in order.
async fn days(
    conn: &AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
) -> Result<Vec<DayBlockRow>, ReadError> {
    let (last, from) = (scope.known_at.div_euclid(BLOCK), filter.from.map(Date::naive));
    Ok(segments(conn, LineQuery::of(scope, filter), last, from).await?)
}

/// Lines of a day and a block after one of them, by their key; at most so many.
async fn of_day(
    conn: &AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
    (segment, (after, line)): (&DayBlockRow, (i64, i16)),
    limit: i64,
) -> Result<Vec<LineRow>, ReadError> {
    let until = scope.known_at.min((segment.block + 1) * BLOCK - 1);
    let query = LineQuery { until, as_of: segment.day, after, line, ..LineQuery::of(scope, filter) };
    Ok(within(conn, query, limit).await?)
}
