//! Lines part by part, in the order of the log or of their days: each part by its key, in short statements.

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};

use super::documents::sequences;
use super::{Filter, LineQuery, LineRow};
use crate::ReadError;
use crate::reading::Part;
use crate::report::Scope;
use subsidy_core::domain::Date;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

/// Lines of a part at most.
const PAGE: i64 = 8_192;
/// The same of a page that people look at.
const SHORT_PAGE: i64 = 256;
/// Sequences of such a part.
const SHORT_WINDOW: i64 = 8_192;

rows! {
    /// A day, and a block of sequences that hold lines of it.
    struct DayBlockRow { day: NaiveDate, block: i64 }
}

/// Days that are read together: from one on, of sequences from another on, so many lines at most.
#[derive(Debug, Clone, Copy)]
struct DayRun {
    day: NaiveDate,
    first: i64,
    limit: i64,
}

statement! {
    /// Where lines may stand, by day: what the totals of a block count, some line of the block holds.
    fn segments(
        LineQuery<'_> { as_of, programme, accounts, level, fiscal_year }; last: i64, from: NaiveDate
    ) -> Vec<DayBlockRow> =
        "SELECT DISTINCT effective_date AS day, block FROM totals \
          WHERE block <= $6 AND effective_date <= $1 AND ($2::text IS NULL OR programme = $2) \
            AND (cardinality($3::text[]) = 0 OR account = ANY($3)) AND ($4::text IS NULL OR level = $4) \
            AND ($5::text IS NULL OR fiscal_year::text = $5) AND effective_date >= $7 ORDER BY day, block";
    /// Lines of a day after one of them, by their key.
    fn within(
        LineQuery<'_> { until, as_of, programme, accounts, flow, organisation, level, document, voucher, region, fiscal_year, provider, after, line }; limit: i64
    ) -> Vec<LineRow> =
        concat!(
            listed!(),
            "AND x.effective_date = $2 AND (x.sequence, x.line) > ($13::bigint, $14::smallint) \
             ORDER BY x.sequence, x.line LIMIT $15",
        );
    /// Lines of several days after one of them, of sequences from one on, by day and key.
    fn across(
        LineQuery<'_> { until, as_of, programme, accounts, flow, organisation, level, document, voucher, region, fiscal_year, provider, after, line }, DayRun { day, first, limit }
    ) -> Vec<LineRow> =
        concat!(
            listed!(),
            "AND x.effective_date >= $15 AND x.sequence >= $16 \
             AND (x.effective_date, x.sequence, x.line) > ($15::date, $13::bigint, $14::smallint) \
             ORDER BY x.effective_date, x.sequence, x.line LIMIT $17",
        );
    /// Lines of some sequences after one of them, by day and key.
    fn of_sequences(
        LineQuery<'_> { until, as_of, programme, accounts, flow, organisation, level, document, voucher, region, fiscal_year, provider, after, line }, DayRun { day, limit }; sequences: &[i64]
    ) -> Vec<LineRow> =
        concat!(
            listed!(),
            "AND x.sequence = ANY($17) AND x.effective_date >= $15 \
             AND (x.effective_date, x.sequence, x.line) > ($15::date, $13::bigint, $14::smallint) \
             ORDER BY x.effective_date, x.sequence, x.line LIMIT $16",
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

/// The last sequence of a block.
const fn last_of(block: i64) -> i64 {
    block.saturating_add(1).saturating_mul(BLOCK) - 1
}

/// A line, or where lines would stand after all of a block or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineKey {
    day: NaiveDate,
    sequence: i64,
    line: i16,
}

impl LineKey {
    /// Before a day's lines from a sequence on.
    const fn before(day: NaiveDate, sequence: i64) -> Self {
        Self { day, sequence: sequence - 1, line: i16::MAX }
    }

    /// After all lines of a day up to a sequence.
    const fn after(day: NaiveDate, sequence: i64) -> Self {
        Self { day, sequence, line: i16::MAX }
    }

    const fn of(line: &LineRow) -> Self {
        Self { day: line.effective_date, sequence: line.sequence, line: line.line }
    }

    /// Whether lines of a segment may come after it: also those of a sequence of which it is a line.
    fn may_precede(self, segment: &DayBlockRow) -> bool {
        self < Self::after(segment.day, last_of(segment.block))
    }
}

/// Where lines may stand.
#[derive(Debug)]
enum Places {
    /// Days and blocks that are still to be read, and how many of them are read together.
    Segments { left: Vec<DayBlockRow>, together: usize },
    /// These sequences, in which a document moved something; none once all of it was read.
    Sequences(Vec<i64>),
}

/// Lines in the order of their days, and within a day of the log. A busy day is read block by block; quiet days that lie near
/// each other are read together, twice as many each time until a part is full.
#[derive(Debug)]
pub struct ByDay {
    scope: Scope,
    filter: Filter,
    places: Places,
    after: LineKey,
}

impl ByDay {
    /// Before the first line, or after one of them.
    pub async fn begin(
        conn: &AsyncPgConnection,
        scope: Scope,
        filter: Filter,
        after: Option<LineKey>,
    ) -> Result<Self, ReadError> {
        let first = filter.from.map_or_else(NaiveDate::default, Date::naive);
        let after = after.unwrap_or_else(|| LineKey::before(first, 0));
        let places = match sequences(conn, &scope, &filter).await? {
            Some(sequences) => Places::Sequences(sequences),
            None => Places::Segments { left: days(conn, &scope, &filter, after).await?, together: 1 },
        };
        Ok(Self { scope, filter, places, after })
    }

    /// After which line the next part begins.
    pub const fn after(&self) -> LineKey {
        self.after
    }

    /// The next lines, perhaps none of some days; nothing after the last.
    pub async fn next(
        &mut self,
        conn: &AsyncPgConnection,
        part: Part,
    ) -> Result<Option<Vec<LineRow>>, ReadError> {
        let limit = part.pick(PAGE, SHORT_PAGE);
        let read = match &self.places {
            Places::Sequences(sequences) if sequences.is_empty() => return Ok(None),
            Places::Sequences(_) => Run {
                first_day: self.after.day,
                last_day: self.scope.as_of.naive(),
                first: 0,
                until: self.scope.known_at,
            },
            Places::Segments { left, together } => match Run::next(left, *together) {
                Some(read) => read,
                None => return Ok(None),
            },
        };
        let from = self.after.max(LineKey::before(read.first_day, read.first));
        let (until, as_of) = (self.scope.known_at.min(read.until), read.last_day);
        let of_filter = LineQuery::of(&self.scope, &self.filter);
        let query = LineQuery { until, as_of, after: from.sequence, line: from.line, ..of_filter };
        let run = DayRun { day: from.day, first: read.first, limit };
        let found = match &self.places {
            Places::Sequences(sequences) => of_sequences(conn, query, run, sequences).await?,
            _ if read.first_day == read.last_day => within(conn, query, limit).await?,
            _ => across(conn, query, run).await?,
        };
        let is_full = is_full(&found, limit);
        let end = self.after.max(LineKey::after(read.last_day, read.until));
        self.after = found.last().filter(|_| is_full).map_or(end, LineKey::of);
        match &mut self.places {
            Places::Segments { left, together } => {
                left.retain(|segment| self.after.may_precede(segment));
                let few = found.len() <= usize::try_from(limit / 4).unwrap_or(usize::MAX);
                *together = if few { together.saturating_mul(2) } else { 1 };
            }
            Places::Sequences(sequences) if !is_full => sequences.clear(),
            Places::Sequences(_) => {}
        }
        Ok(Some(found))
    }
}

fn is_full(found: &[LineRow], limit: i64) -> bool {
    i64::try_from(found.len()).unwrap_or(limit) >= limit
}

/// Blocks that days are read over together: of sequences further apart too many others would be looked at in one statement.
const BLOCKS_MAX: i64 = 4;

/// What is read together: one block of a day, or all blocks of several days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    first_day: NaiveDate,
    last_day: NaiveDate,
    /// The first sequence that may hold lines of them.
    first: i64,
    /// The last one.
    until: i64,
}

impl Run {
    /// Of a segment.
    const fn of(segment: &DayBlockRow) -> Self {
        let (day, first) = (segment.day, segment.block * BLOCK);
        Self { first_day: day, last_day: day, first, until: last_of(segment.block) }
    }

    /// With another segment, of the same day or a later one; none of what lies too far.
    fn with(&self, segment: &DayBlockRow) -> Option<Self> {
        let (first, until) = (self.first.min(segment.block * BLOCK), self.until.max(last_of(segment.block)));
        let is_near = until - first < BLOCKS_MAX * BLOCK;
        is_near.then_some(Self { last_day: segment.day, first, until, ..*self })
    }

    /// The next of what is left: whole days until there are so many segments, or one block of a single day.
    fn next(left: &[DayBlockRow], together: usize) -> Option<Self> {
        let (mut run, mut taken) = (None, 0);
        for day in left.chunk_by(|one, next| one.day == next.day) {
            let with = |run: Option<Self>, segment| match run {
                Some(run) => Self::with(&run, segment).map(Some),
                None => Some(Some(Self::of(segment))),
            };
            let Some(longer) = day.iter().try_fold(run, with).filter(|_| taken < together) else { break };
            (run, taken) = (longer, taken + day.len());
        }
        run.filter(|run| run.last_day > run.first_day).or(left.first().map(Self::of))
    }
}

/// Lines in the order of the log, part by part, each by its key.
#[derive(Debug)]
pub struct ByLog {
    scope: Scope,
    filter: Filter,
    /// The last line that was read.
    at: (i64, i16),
}

impl ByLog {
    /// Before the first line, or after one of them.
    pub fn new(scope: Scope, filter: Filter, after: Option<(i64, i16)>) -> Self {
        Self { scope, filter, at: after.unwrap_or((-1, i16::MAX)) }
    }

    /// After which line the next part begins.
    pub const fn after(&self) -> (i64, i16) {
        self.at
    }

    /// The next lines, perhaps none of some sequences; nothing after the last.
    pub async fn next(
        &mut self,
        conn: &AsyncPgConnection,
        part: Part,
    ) -> Result<Option<Vec<LineRow>>, ReadError> {
        let (scope, (after, line), limit) = (&self.scope, self.at, part.pick(PAGE, SHORT_PAGE));
        if self.at >= (scope.known_at, i16::MAX) {
            return Ok(None);
        }
        let until = after.saturating_add(part.pick(BLOCK, SHORT_WINDOW)).min(scope.known_at);
        let query = LineQuery { until, after, line, ..LineQuery::of(scope, &self.filter) };
        let lines = next(conn, query, limit).await?;
        let last = lines.last().filter(|_| is_full(&lines, limit));
        self.at = last.map_or((until, i16::MAX), |last| (last.sequence, last.line));
        Ok(Some(lines))
    }
}

/// The days after a line that a filter may find lines on, each with its blocks, in order.
async fn days(
    conn: &AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
    after: LineKey,
) -> Result<Vec<DayBlockRow>, ReadError> {
    let last = scope.known_at.div_euclid(BLOCK);
    let found = segments(conn, LineQuery::of(scope, filter), last, after.day).await?;
    Ok(found.into_iter().filter(|segment| after.may_precede(segment)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::default() + chrono::Days::new(u64::from(number))
    }

    fn left(segments: &[(u32, i64)]) -> Vec<DayBlockRow> {
        segments.iter().map(|(number, block)| DayBlockRow { day: day(*number), block: *block }).collect()
    }

    /// The days and blocks that a run reads.
    fn run(segments: &[(u32, i64)], together: usize) -> Option<([NaiveDate; 2], [i64; 2])> {
        let run = Run::next(&left(segments), together)?;
        Some(([run.first_day, run.last_day], [run.first / BLOCK, run.until / BLOCK]))
    }

    #[test]
    fn a_run_is_a_block_of_a_day_or_whole_days_that_are_near() {
        let of = |first, last, blocks| Some(([day(first), day(last)], blocks));
        assert_eq!(run(&[], 8), None);
        assert_eq!(run(&[(1, 0), (2, 0)], 1), of(1, 1, [0, 0]));
        assert_eq!(run(&[(1, 0), (2, 0), (3, 1), (4, 1)], 3), of(1, 3, [0, 1]));
        // of a single day one block
        assert_eq!(run(&[(1, 0), (1, 1), (1, 2)], 8), of(1, 1, [0, 0]));
        // the last day is taken whole, or not at all
        assert_eq!(run(&[(1, 0), (2, 0), (2, 1), (3, 1)], 2), of(1, 2, [0, 1]));
        assert_eq!(run(&[(1, 0), (2, 0), (3, 0), (3, 9), (4, 9)], 8), of(1, 2, [0, 0]));
        // a day that has lines far behind is read by its blocks
        assert_eq!(run(&[(1, 0), (1, 9), (2, 0)], 8), of(1, 1, [0, 0]));
    }

    #[test]
    fn a_line_in_the_middle_of_the_last_sequence_of_a_block_is_not_its_end() {
        let segment = DayBlockRow { day: day(1), block: 0 };
        let line = |line| LineKey { day: day(1), sequence: BLOCK - 1, line };
        assert!(line(3).may_precede(&segment));
        assert!(!line(i16::MAX).may_precede(&segment));
        assert!(!LineKey::after(day(2), 0).may_precede(&segment));
    }

    proptest! {
        /// Whatever days and blocks there are: each is read once, after those of the days before it.
        #[test]
        fn runs_read_every_day_and_block_once_and_in_order(
            segments in proptest::collection::btree_set((0_u32..12, 0_i64..12), 0..40), sizes in proptest::collection::vec(1_usize..9, 1..9),
        ) {
            let segments: Vec<(u32, i64)> = segments.into_iter().collect();
            let (mut left, mut read) = (left(&segments), Vec::new());
            for together in sizes.iter().cycle() {
                let Some(run) = Run::next(&left, *together) else { break };
                prop_assert!(run.until - run.first < BLOCKS_MAX * BLOCK);
                let is_read = |segment: &&DayBlockRow| {
                    (run.first_day..=run.last_day).contains(&segment.day)
                        && (run.first..=run.until).contains(&(segment.block * BLOCK))
                };
                read.extend(left.iter().filter(is_read).map(|segment| (segment.day, segment.block)));
                let end = LineKey::after(run.last_day, run.until);
                left.retain(|segment| end.may_precede(segment));
            }
            let all: Vec<_> = segments.iter().map(|(number, block)| (day(*number), *block)).collect();
            prop_assert_eq!(read, all);
        }
    }
}
