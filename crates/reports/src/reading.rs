//! Readings: the rows of a report, part by part, each part by short statements. Whoever wants them all reads to the end;
//! whoever wants a page reads until it is full and keeps the place at which the next page goes on.

use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ReadError;
use super::report::{ROWS_MAX, Row};

/// How long a page that has a fair number of rows is read on for more. A page over a long ledger may be short: people wait
/// for a page and not for a full one.
const PATIENCE: Duration = Duration::from_millis(60);
/// How long a page of fewer rows is.
const PATIENCE_FOR_SOME: Duration = Duration::from_millis(500);
/// A fair number of rows.
const SOME: usize = 50;

/// How much is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// As much as a statement reads without running long: the reading goes to its end.
    Long,
    /// Little: a page may be full after it.
    Short,
}

impl Part {
    /// The size of a part.
    pub const fn pick(self, long: i64, short: i64) -> i64 {
        match self {
            Self::Long => long,
            Self::Short => short,
        }
    }
}

/// Rows that come part by part.
pub trait Reading: Send + 'static {
    /// The rows of the next part, which may have none; nothing after the last part.
    fn next(
        &mut self,
        conn: &AsyncPgConnection,
        part: Part,
    ) -> impl Future<Output = Result<Option<Vec<Row>>, ReadError>> + Send;
}

/// A reading that another process can go on with. The rows after a place are always the same and in one order, however they
/// are cut into parts.
pub trait Paged: Reading {
    /// Where a part begins, with what was summed up to there.
    type Place: Serialize + DeserializeOwned + Send;

    /// Where the next part begins.
    fn place(&self) -> Self::Place;
}

/// Where a page begins: in a part, after rows of it that were shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageStart<P> {
    pub place: P,
    pub shown: usize,
}

/// All rows of a reading. Error: more than a report has.
pub async fn decode_all(conn: &AsyncPgConnection, mut reading: impl Reading) -> Result<Vec<Row>, ReadError> {
    let mut rows = Vec::new();
    while let Some(more) = reading.next(conn, Part::Long).await? {
        rows.extend(more);
        if rows.len() > ROWS_MAX {
            return Err(ReadError::TooManyRows { limit: ROWS_MAX });
        }
    }
    Ok(rows)
}

/// At most `limit` rows of a reading that was begun at the place of a page, without those that were `shown`; and where the
/// next page begins, none on the last.
pub async fn page<R: Paged>(
    conn: &AsyncPgConnection,
    reading: &mut R,
    mut shown: usize,
    limit: usize,
) -> Result<(Vec<Row>, Option<PageStart<R::Place>>), ReadError> {
    let (began, mut page) = (Instant::now(), Vec::new());
    loop {
        let place = reading.place();
        let Some(mut rows) = reading.next(conn, Part::Short).await? else { return Ok((page, None)) };
        let (skipped, left) = (shown.min(rows.len()), limit.saturating_sub(page.len()));
        rows.drain(..skipped);
        if rows.len() > left {
            rows.truncate(left);
            page.extend(rows);
            return Ok((page, Some(PageStart { place, shown: skipped + left })));
        }
        page.extend(rows);
        shown -= skipped;
        let patience = if page.len() < SOME { PATIENCE_FOR_SOME } else { PATIENCE };
        if began.elapsed() > patience {
            return Ok((page, Some(PageStart { place: reading.place(), shown })));
        }
    }
}
