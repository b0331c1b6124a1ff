//! The private PostgreSQL cluster in the data folder, for whoever sets no `DATABASE_URL`.
//!
//! - Any number of processes may have it open. An flock on `lock` puts opening and closing in line; each user holds a
//!   shared flock on `users`, so whoever can have that one alone is the last, and stops the server.
//! - Locks die with their process: a crash leaves at most a running server, and the next user adopts it.
//! - The server never runs as root and listens on no network. Its socket trusts whoever reaches it, and only the
//!   server's user and root do.

mod account;
mod binaries;
mod error;
mod keeper;
mod place;
mod server;

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use binaries::Binaries;
pub use error::ClusterError;
pub use keeper::Keeper;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use place::Place;
use server::Server;

/// The database that the service uses.
pub const DATABASE: &str = "subsidy";
/// The superuser of the cluster, who owns the database.
pub const SUPERUSER: &str = "subsidy_owner";
const PORT: u16 = 5432;

#[derive(Debug)]
pub struct Cluster {
    place: Place,
    socket_folder: PathBuf,
    /// Holds the shared lock; empty once the cluster was left.
    users: Option<File>,
}

impl Cluster {
    /// Opens the private cluster under `data`: made the first time, started when nobody runs it, adopted when somebody
    /// does.
    pub fn open(data: &Path) -> Result<Cluster, ClusterError> {
        let place = Place::find_or_make(data)?;
        let lock = locked(&place)?;
        let users = place.lock_file("users")?;
        let socket_folder = Server::find_or_make(&place, &lock)?.ensure_started()?;
        users.lock_shared().map_err(ClusterError::io("lock the users file in", &place.home))?;
        Ok(Cluster { place, socket_folder, users: Some(users) })
    }

    /// Whether there is one under `data`. What cannot be looked at counts as there: opening it says why.
    pub fn is_in(data: &Path) -> bool {
        let missing = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
        !data.join("postgres/pgdata/PG_VERSION").metadata().is_err_and(|error| missing(&error))
    }

    /// A URL that psql and tokio-postgres both take.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!(
            "postgresql://{}@/{}?host={}&port={PORT}",
            percent_encoded(user),
            percent_encoded(database),
            self.socket_folder.display(), // its folder is chosen free of anything to encode
        )
    }

    pub fn socket_dir(&self) -> &Path {
        &self.socket_folder
    }

    /// Whoever keeps the server up while this cluster is open.
    pub fn keeper(&self) -> Keeper {
        Keeper { place: self.place.clone(), socket_folder: self.socket_folder.clone() }
    }

    /// Leaves the cluster; the last user that leaves stops the server.
    pub fn close(mut self) -> Result<(), ClusterError> {
        self.leave()
    }

    fn leave(&mut self) -> Result<(), ClusterError> {
        let Some(users) = self.users.take() else {
            return Ok(());
        };
        let lock = locked(&self.place)?;
        // nobody comes in between: coming in takes the lock
        users.unlock().map_err(ClusterError::io("unlock the users file in", &self.place.home))?;
        match users.try_lock() {
            Ok(()) => Server::find(&self.place, &lock)?.map_or(Ok(()), |server| server.stop()),
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(source)) => Err(ClusterError::Io {
                doing: "lock the users file in",
                path: self.place.home.clone(),
                source,
            }),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::warn!(error = %error, home = %self.place.home.display(), "the cluster was not left cleanly");
        }
    }
}

/// The major version of the newest PostgreSQL on this machine, if there is one that serves.
pub fn installed_major() -> Result<u32, ClusterError> {
    Binaries::newest().map(|found| found.major())
}

/// The folder of the newest PostgreSQL's programs, `psql` and `pgbench` among them.
pub fn tools() -> Result<std::path::PathBuf, ClusterError> {
    Binaries::newest()
        .map(|found| found.program("psql").parent().map_or_else(Default::default, Path::to_owned))
}

fn locked(place: &Place) -> Result<File, ClusterError> {
    let lock = place.lock_file(place::LOCK)?;
    loop {
        match lock.lock() {
            Ok(()) => return Ok(lock),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(source) => {
                return Err(ClusterError::Io { doing: "lock", path: place.home.join("lock"), source });
            }
        }
    }
}

/// What stands in a URL as it is (RFC 3986, unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn percent_encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, UNRESERVED)
}
