//! What long reports sum over the whole log, kept as the log grows: summed once, and from then on the leaves after what is
//! known are added. Leaves and lines never change, so that nothing kept can grow old; a log that took the place of another
//! has another leaf where the sums end. Reports of an earlier day or sequence, and those of a part, are summed by
//! themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::report::{Scope, Window};
use super::scope::{At, business_date};
use subsidy_core::domain::AgencyCode;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

rows! {
    struct LeafHashRow { hash: Vec<u8> }
}

rows! {
    struct NewestDayRow { day: Option<NaiveDate> }
}

statement! {
    fn leaf_hash(sequence: i64) -> Option<LeafHashRow> = "SELECT hash FROM log WHERE sequence = $1";
    /// The newest day that anything was posted on, also after any sequence.
    fn newest_day() -> Option<NewestDayRow> = "SELECT max(effective_date) AS day FROM totals";
}

/// A sum over leaves.
pub trait Summed: Default + Send + 'static {
    /// Adds the leaves of a window, of all programmes and days. Nothing is added before all of it was read: who asked may
    /// go away meanwhile.
    fn add(
        &mut self,
        conn: &AsyncPgConnection,
        at: &At,
        window: Window,
    ) -> impl Future<Output = Result<(), ReadError>> + Send;
}

/// A sum over the leaves up to one of them.
#[derive(Debug)]
struct SummedUp<T> {
    sum: T,
    last: i64,
    /// The hash of that leaf: it tells this log from one that took its place.
    hash: Vec<u8>,
}

impl<T: Summed> Default for SummedUp<T> {
    fn default() -> Self {
        Self { sum: T::default(), last: -1, hash: Vec::new() }
    }
}

impl<T: Summed> SummedUp<T> {
    /// Goes on to a leaf, which is not before the last one.
    async fn go_on(&mut self, conn: &AsyncPgConnection, at: &At) -> Result<(), ReadError> {
        while let Some(window) = Window::next(self.last, at.sequence, BLOCK) {
            self.sum.add(conn, at, window).await?;
            self.last = window.until;
            self.hash = leaf_hash(conn, self.last).await?.map(|found| found.hash).unwrap_or_default();
        }
        Ok(())
    }
}

/// By agency: whoever goes on with a sum holds it, and others wait for what they would sum themselves.
type Sums<T> = BTreeMap<AgencyCode, Arc<tokio::sync::Mutex<SummedUp<T>>>>;

/// What a process knows of a sum, for each agency. Cheap to clone.
#[derive(Debug)]
pub struct KnownSums<T>(Arc<Mutex<Sums<T>>>);

impl<T> Clone for KnownSums<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for KnownSums<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Summed> KnownSums<T> {
    /// What a sum up to the scope's sequence says; none where days are left out, for which it would have to be summed anew.
    pub async fn read<R>(
        &self,
        conn: &AsyncPgConnection,
        (agency, at, scope): (&AgencyCode, &At, &Scope),
        say: impl FnOnce(&T) -> R,
    ) -> Result<Option<R>, ReadError> {
        let newest = newest_day(conn).await?.and_then(|found| found.day);
        if newest > Some(scope.as_of.naive()) || business_date(conn, at).await? > scope.as_of {
            return Ok(None);
        }
        let sums = Arc::clone(
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(agency.clone()).or_default(),
        );
        let mut known = sums.lock().await;
        if known.last > at.sequence {
            // of an earlier sequence; the one that is kept goes on with the log
            return Ok(None);
        }
        if known.last >= 0 {
            let found = leaf_hash(conn, known.last).await?;
            if found.is_none_or(|found| found.hash != known.hash) {
                *known = SummedUp::default();
            }
        }
        known.go_on(conn, at).await?;
        Ok(Some(say(&known.sum)))
    }
}
