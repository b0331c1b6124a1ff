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
    /// Adds what a scope lets through of the leaves of a window. Nothing is added before all of it was read: who asked may go
    /// away meanwhile.
    fn add(
        &mut self,
        conn: &AsyncPgConnection,
        of: (&At, &Scope),
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
    /// Whether the log has the leaf that it ends with.
    async fn is_of_log(&self, conn: &AsyncPgConnection) -> Result<bool, ReadError> {
        let found = leaf_hash(conn, self.last).await?;
        Ok(self.last < 0 || found.is_some_and(|found| found.hash == self.hash))
    }

    /// Goes on to the last leaf of a scope, which is not before the last one.
    async fn go_on(&mut self, conn: &AsyncPgConnection, (at, scope): (&At, &Scope)) -> Result<(), ReadError> {
        while let Some(window) = scope.window(self.last, BLOCK) {
            self.sum.add(conn, (at, scope), window).await?;
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
    /// What the sum of a scope says: the one that is kept, or one of its own where the scope leaves out some of what that
    /// one counts. A scope's programme is for `say` to tell apart.
    pub async fn read<R>(
        &self,
        conn: &AsyncPgConnection,
        (agency, at, scope): (&AgencyCode, &At, &Scope),
        say: impl FnOnce(&T) -> R,
    ) -> Result<R, ReadError> {
        if counts_all(conn, at, scope).await? {
            let mut known = self.of(agency).lock_owned().await;
            // the sum that is kept goes on with the log, and not back
            if known.last <= scope.known_at {
                if !known.is_of_log(conn).await? {
                    *known = SummedUp::default();
                }
                let whole = Scope { programme: None, ..scope.clone() };
                if let Err(error) = known.go_on(conn, (at, &whole)).await {
                    // some of a window may be in it
                    *known = SummedUp::default();
                    return Err(error);
                }
                return Ok(say(&known.sum));
            }
        }
        let mut own = SummedUp::<T>::default();
        own.go_on(conn, (at, scope)).await?;
        Ok(say(&own.sum))
    }

    fn of(&self, agency: &AgencyCode) -> Arc<tokio::sync::Mutex<SummedUp<T>>> {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sums.entry(agency.clone()).or_default())
    }
}

/// Whether a scope counts all lines up to its sequence, but for its programme.
async fn counts_all(conn: &AsyncPgConnection, at: &At, scope: &Scope) -> Result<bool, ReadError> {
    if !scope.only.is_all() || business_date(conn, at).await? > scope.as_of {
        return Ok(false);
    }
    let newest = newest_day(conn).await?.and_then(|found| found.day);
    Ok(newest <= Some(scope.as_of.naive()))
}
