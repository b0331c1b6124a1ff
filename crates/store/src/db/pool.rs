//! Connections: each belongs to one agency and one purpose for its life, by the options it starts with.
//!
//! They are opened on demand, kept while they are in use, closed when idle. `connections_max` bounds all of them;
//! writers have a share of their own, so that readers never keep the door shut. A connection comes back clean: whatever
//! its last user left open is rolled back before another gets it.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use super::error::DatabaseError;
use super::refusal::ValueKind;
use super::session::{Plans, Session};
use super::target::Target;
use super::wire::Wire;
use subsidy_core::domain::agency_code::AgencyCode;

/// A pooled connection that has rested longer than this is tried before it is given out.
const TRUSTED: Duration = Duration::from_secs(1);
/// How long such a trial may take.
const ANSWER: Duration = Duration::from_secs(2);

/// How long the server may say nothing to a statement that takes its time.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    pub url: String,
    pub connections_max: usize,
    /// How many of `connections_max` are kept for writers.
    pub writers_max: usize,
    /// How writers' statements are planned.
    pub plans: Plans,
    pub connections_idle: Duration,
    pub connect_timeout: Duration,
    pub acquire_timeout: Duration,
}

impl DatabaseConfig {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections_max: 32,
            writers_max: 12,
            plans: Plans::default(),
            connections_idle: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(5),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Writer(AgencyCode),
    Reader(AgencyCode),
    Auditor(AgencyCode),
    Admin,
}

impl Place {
    fn session(&self, plans: Plans) -> Session {
        match self {
            Self::Writer(agency) => Session::writer(agency, plans),
            Self::Reader(agency) => Session::reader(agency),
            Self::Auditor(agency) => Session::auditor(agency),
            Self::Admin => Session::admin(),
        }
    }
}

/// A connection and what drives it.
struct Link {
    conn: AsyncPgConnection,
    wire: Wire,
}

/// Every agency's connections; cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Arc<Pool>,
}

struct Pool {
    target: Target,
    config: DatabaseConfig,
    writers: Arc<Semaphore>,
    others: Arc<Semaphore>,
    resting: Mutex<HashMap<Place, Vec<Resting>>>,
    /// How many connections were found to be gone, or were given up.
    broken: AtomicU64,
}

struct Resting {
    link: Link,
    since: Instant,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pool").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens one connection to see that the URL is right.
    pub async fn connect(config: DatabaseConfig) -> Result<Self, DatabaseError> {
        let target = Target::parse(&config.url, config.connect_timeout)?;
        let writers_max = config.writers_max.clamp(1, config.connections_max.max(2) - 1);
        let pool = Arc::new(Pool {
            target,
            writers: Arc::new(Semaphore::new(writers_max)),
            others: Arc::new(Semaphore::new(config.connections_max.max(2) - writers_max)),
            resting: Mutex::default(),
            broken: AtomicU64::new(0),
            config,
        });
        tokio::spawn(close_idle(Arc::downgrade(&pool), pool.config.connections_idle));
        let database = Self { pool };
        drop(database.admin().await?);
        Ok(database)
    }

    /// `subsidy_app` in the agency's schema, with the writer's time-outs.
    pub async fn writer(&self, agency: &AgencyCode) -> Result<Connection, DatabaseError> {
        self.take(Place::Writer(agency.clone())).await
    }

    /// Whether all connections for writers are in use, so that another agency's writer may be waiting.
    pub fn writers_are_short(&self) -> bool {
        self.pool.writers.available_permits() == 0
    }

    /// How many connections broke until now. Behind the next ones another server may stand, or another database.
    pub fn broken(&self) -> u64 {
        self.pool.broken.load(Ordering::Relaxed)
    }

    /// `subsidy_app` in the agency's schema, read-only.
    pub async fn reader(&self, agency: &AgencyCode) -> Result<Connection, DatabaseError> {
        self.take(Place::Reader(agency.clone())).await
    }

    /// `subsidy_auditor` in the agency's schema, read-only, for work that takes its time.
    pub async fn auditor(&self, agency: &AgencyCode) -> Result<Connection, DatabaseError> {
        self.take(Place::Auditor(agency.clone())).await
    }

    /// The URL's own role in `public`.
    pub async fn admin(&self) -> Result<Connection, DatabaseError> {
        self.take(Place::Admin).await
    }

    async fn take(&self, place: Place) -> Result<Connection, DatabaseError> {
        let permits = if matches!(place, Place::Writer(_)) { &self.pool.writers } else { &self.pool.others };
        let permit =
            tokio::time::timeout(self.pool.config.acquire_timeout, Arc::clone(permits).acquire_owned())
                .await
                .map_err(|_elapsed| DatabaseError::Busy)?
                .map_err(|_closed| DatabaseError::Busy)?;
        let link = match self.pool.rested(&place).await {
            Some(link) => link,
            None => {
                self.pool.make_room();
                let (conn, wire) = self.pool.target.link(&place.session(self.pool.config.plans)).await?;
                Link { conn, wire }
            }
        };
        Ok(Connection { link: Some(link), place, pool: Arc::clone(&self.pool), permit: Some(permit) })
    }
}

impl Pool {
    fn resting(&self) -> MutexGuard<'_, HashMap<Place, Vec<Resting>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn rested(&self, place: &Place) -> Option<Link> {
        loop {
            let Resting { mut link, since } = self.resting().get_mut(place)?.pop()?;
            if since.elapsed() < TRUSTED {
                return Some(link);
            }
            match tokio::time::timeout(ANSWER, link.conn.batch_execute("")).await {
                Ok(Ok(())) => return Some(link),
                Ok(Err(_)) => {}
                // the others are of the same server
                Err(_silent) => drop(self.resting().remove(place)),
            }
            self.broke();
        }
    }

    /// Whoever holds a permit may open: the longest resting connection of any agency gives way.
    fn make_room(&self) {
        let free = self.writers.available_permits() + self.others.available_permits();
        let mut resting = self.resting();
        while resting.values().map(Vec::len).sum::<usize>() > free {
            // the first of each list rests longest: connections are taken from the end
            let oldest = resting
                .values_mut()
                .filter(|list| !list.is_empty())
                .min_by_key(|list| list.first().map(|rest| rest.since));
            match oldest {
                Some(list) => drop(list.remove(0)),
                None => return,
            }
        }
    }

    fn broke(&self) {
        self.broken.fetch_add(1, Ordering::Relaxed);
    }

    fn rest(&self, place: Place, link: Link) {
        link.wire.settle();
        self.resting().entry(place).or_default().push(Resting { link, since: Instant::now() });
    }
}

async fn close_idle(pool: Weak<Pool>, idle: Duration) {
    loop {
        tokio::time::sleep(idle.max(Duration::from_millis(20)) / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut resting = pool.resting();
        resting.retain(|_, list| {
            list.retain(|rest| rest.since.elapsed() < idle);
            !list.is_empty()
        });
    }
}

/// A connection of the pool; dropped, it goes back.
pub struct Connection {
    link: Option<Link>,
    place: Place,
    pool: Arc<Pool>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Closes it instead of giving it back: after a commit whose end is not known, say.
    pub fn close(mut self) {
        self.link = None;
        self.pool.broke();
    }

    /// A batch begins on it: until it is settled, the server may take no longer for all of it than for one statement.
    pub fn begin_batch(&self) {
        self.wire(Wire::begin_batch);
    }

    /// Nobody waits any more for anything that was asked on it.
    pub fn settle(&self) {
        self.wire(Wire::settle);
    }

    /// Statements on it may take their time from here on.
    pub fn be_patient(&self) {
        self.wire(|wire| wire.limit(Some(PATIENCE)));
    }

    /// Whether the server stopped waiting for its synchronous standby at a commit since this was last asked.
    pub fn take_unconfirmed(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.wire.take_unconfirmed())
    }

    /// For which kind of value the server refused a statement since the batch began.
    pub fn take_refused(&self) -> Option<ValueKind> {
        self.link.as_ref().and_then(|link| link.wire.take_refused())
    }

    fn wire(&self, what: impl FnOnce(&Wire)) {
        if let Some(link) = &self.link {
            what(&link.wire);
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Deref for Connection {
    type Target = AsyncPgConnection;

    #[expect(clippy::expect_used, reason = "empty only after close and drop, which end the borrow")]
    fn deref(&self) -> &AsyncPgConnection {
        &self.link.as_ref().expect("a connection until it is dropped").conn
    }
}

impl DerefMut for Connection {
    #[expect(clippy::expect_used, reason = "empty only after close and drop, which end the borrow")]
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.link.as_mut().expect("a connection until it is dropped").conn
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (Some(mut link), permit) = (self.link.take(), self.permit.take()) else {
            return;
        };
        let (pool, place) = (Arc::clone(&self.pool), self.place.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // BEGIN first: a ROLLBACK without a transaction writes a warning to the server's log each time
                if link.conn.batch_execute("BEGIN; ROLLBACK").await.is_ok() {
                    pool.rest(place, link);
                } else {
                    pool.broke();
                }
                drop(permit);
            });
        }
    }
}
