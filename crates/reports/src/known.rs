//! What long reports sum over the whole log, kept as the log grows: summed once, and from then on the leaves after what is
//! known are added. Leaves and lines never change, so that nothing kept can grow old; a log that took the place of another
//! has another leaf where the sums end. Reports of an earlier day or sequence, and those of parts that a sum does not tell
//! apart, are summed by themselves. What somebody changes behind the service's back does not show in what is kept before the
//! service is started anew: to find that is for verification.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use tokio::sync::OwnedMutexGuard;

use super::ReadError;
use super::report::{Only, Scope, Window};
use super::scope::{self, At, business_date};
use subsidy_core::domain::{AgencyCode, Date};
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

/// A day after all on which anything is posted.
const FAR: Date = Date::from_naive(match NaiveDate::from_ymd_opt(9_999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
});

/// How many leaves a sum may be behind where there is another way to what it says.
const NEAR: i64 = 16_384;

rows! {
    struct LeafHashRow { hash: Vec<u8> }
}

rows! {
    struct LastLeafRow { sequence: i64 }
}

rows! {
    /// The hash of the last leaf of a window, and the newest day that a leaf of it was posted on.
    struct WindowEndRow { hash: Option<Vec<u8>>, newest: Option<NaiveDate> }
}

statement! {
    fn leaf_hash(sequence: i64) -> Option<LeafHashRow> = "SELECT hash FROM log WHERE sequence = $1";
    fn last_leaf() -> Option<LastLeafRow> = "SELECT sequence FROM log ORDER BY sequence DESC LIMIT 1";
    fn window_end(Window { after, until }) -> Option<WindowEndRow> =
        "SELECT (SELECT hash FROM log WHERE sequence = $2) AS hash, \
                (SELECT max(effective_date) FROM log WHERE sequence > $1 AND sequence <= $2) AS newest";
}

/// A sum over leaves.
pub trait Summed: Default + Send + Sync + 'static {
    /// Whether it adds all of a window, whatever day and part a scope lets through.
    const ADDS_ALL: bool = false;
    /// Sequences of a window: of each window a statement or two read what is added.
    const WINDOW: i64 = BLOCK;

    /// What was read of a window, before it is added.
    type Read: Send;

    /// Reads what a scope lets through of a window. Whoever asked may go away meanwhile: the sum is as it was until all of it
    /// is read.
    fn read(
        &self,
        conn: &AsyncPgConnection,
        of: (&At, &Scope),
        window: Window,
    ) -> impl Future<Output = Result<Self::Read, ReadError>> + Send;

    /// Adds what was read. After an error some of it may be in the sum.
    fn add(&mut self, read: Self::Read) -> Result<(), ReadError>;
}

/// A sum over the leaves up to one of them.
#[derive(Debug)]
struct SummedUp<T> {
    sum: T,
    last: i64,
    /// The hash of that leaf: it tells this log from one that took its place.
    hash: Vec<u8>,
    /// The newest day that any of the leaves was posted on.
    newest: Option<NaiveDate>,
}

impl<T: Summed> Default for SummedUp<T> {
    fn default() -> Self {
        Self { sum: T::default(), last: -1, hash: Vec::new(), newest: None }
    }
}

impl<T: Summed> SummedUp<T> {
    /// Whether the log has the leaf that it ends with.
    async fn is_of_log(&self, conn: &AsyncPgConnection) -> Result<bool, ReadError> {
        if self.last < 0 {
            return Ok(true);
        }
        Ok(leaf_hash(conn, self.last).await?.is_some_and(|found| found.hash == self.hash))
    }

    /// Goes on to the last leaf of a scope, window by window: what was added stays where a later one cannot be read.
    async fn go_on(&mut self, conn: &AsyncPgConnection, (at, scope): (&At, &Scope)) -> Result<(), ReadError> {
        while let Some(window) = scope.window(self.last, T::WINDOW) {
            let read = self.sum.read(conn, (at, scope), window).await?;
            let end = window_end(conn, window).await?;
            if let Err(error) = self.sum.add(read) {
                *self = Self::default();
                return Err(error);
            }
            let (hash, newest) = end.map(|end| (end.hash, end.newest)).unwrap_or_default();
            (self.last, self.hash) = (window.until, hash.unwrap_or_default());
            self.newest = self.newest.max(newest);
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
        of: (&AgencyCode, &At, &Scope),
        say: impl FnOnce(&T) -> R,
    ) -> Result<R, ReadError> {
        match self.kept(conn, of).await? {
            Some(known) => Ok(say(&known.sum)),
            None => Ok(say(&sum_up(conn, of.1, of.2).await?)),
        }
    }

    /// The same where the sum that is kept is the scope's, and at hand; none elsewhere, for whoever has another way.
    pub async fn read_at_hand<R>(
        &self,
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &At, &Scope),
        say: impl FnOnce(&T) -> R,
    ) -> Result<Option<R>, ReadError> {
        if !self.is_at_hand(of) {
            return Ok(None);
        }
        Ok(self.kept(conn, of).await?.map(|known| say(&known.sum)))
    }

    /// Whether nobody goes on with the sum, and it is not far behind a scope.
    pub fn is_at_hand(&self, (agency, _, scope): (&AgencyCode, &At, &Scope)) -> bool {
        let near = |known: OwnedMutexGuard<SummedUp<T>>| scope.known_at.saturating_sub(known.last) <= NEAR;
        self.of(agency).try_lock_owned().is_ok_and(near)
    }

    /// The sum that is kept, where it is the scope's: it goes on with the log, and not back.
    async fn kept(
        &self,
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &At, &Scope),
    ) -> Result<Option<OwnedMutexGuard<SummedUp<T>>>, ReadError> {
        let (_, at, scope) = of;
        if !T::ADDS_ALL && (!scope.only.is_all() || business_date(conn, at).await? > scope.as_of) {
            return Ok(None);
        }
        let known = self.hold(conn, of).await?;
        let is_of_all_days = T::ADDS_ALL || known.newest <= Some(scope.as_of.naive());
        Ok((known.last <= scope.known_at && is_of_all_days).then_some(known))
    }

    /// What the sum says that is kept, which holds at least the leaves up to the last one of a scope: leaves after it are
    /// for `say` to tell apart.
    pub async fn read_with_later<R>(
        &self,
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &At, &Scope),
        say: impl FnOnce(&T) -> R,
    ) -> Result<R, ReadError> {
        Ok(say(&self.hold(conn, of).await?.sum))
    }

    /// Goes on with the sum where the last leaf of a scope is so far ahead of it.
    pub async fn keep_up(
        &self,
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &At, &Scope),
        behind: i64,
    ) -> Result<(), ReadError> {
        let last = self.of(of.0).lock_owned().await.last;
        if of.2.known_at.saturating_sub(last) >= behind {
            self.hold(conn, of).await?;
        }
        Ok(())
    }

    /// The sum that is kept, with the leaves up to the last one of a scope in it, whatever day they were posted on.
    async fn hold(
        &self,
        conn: &AsyncPgConnection,
        (agency, at, scope): (&AgencyCode, &At, &Scope),
    ) -> Result<OwnedMutexGuard<SummedUp<T>>, ReadError> {
        let mut known = self.of(agency).lock_owned().await;
        if !known.is_of_log(conn).await? {
            *known = SummedUp::default();
        }
        let whole = Scope { as_of: FAR, programme: None, only: Only::default(), ..scope.clone() };
        known.go_on(conn, (at, &whole)).await?;
        Ok(known)
    }

    fn of(&self, agency: &AgencyCode) -> Arc<tokio::sync::Mutex<SummedUp<T>>> {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sums.entry(agency.clone()).or_default())
    }
}

/// The sum of a scope, of which nothing is kept.
pub async fn sum_up<T: Summed>(conn: &AsyncPgConnection, at: &At, scope: &Scope) -> Result<T, ReadError> {
    let mut own = SummedUp::<T>::default();
    own.go_on(conn, (at, scope)).await?;
    Ok(own.sum)
}

/// All that is posted up to the end of the log; none of a log without leaves.
pub async fn whole(conn: &AsyncPgConnection) -> Result<Option<(At, Scope)>, ReadError> {
    let Some(last) = last_leaf(conn).await? else { return Ok(None) };
    let Some(at) = scope::at(conn, last.sequence).await? else { return Ok(None) };
    let (known_at, recorded_at) = (at.sequence, at.recorded_at);
    Ok(Some((at, Scope { as_of: FAR, known_at, recorded_at, programme: None, only: Only::default() })))
}
