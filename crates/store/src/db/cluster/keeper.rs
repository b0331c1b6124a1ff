//! Keeps a cluster's server up for as long as a service runs on it: a private server that died is started by nobody else.
//!
//! It takes the cluster's lock like everybody who opens it, so of many keepers one starts the server and the others find
//! it running. A server that somebody stopped by hand is started again too: it is the service that is to be stopped.

use std::path::PathBuf;

use super::place::Place;
use super::server::{self, Server};
use super::{ClusterError, PORT, locked};

/// Whoever keeps the server up.
#[derive(Debug, Clone)]
pub struct Keeper {
    pub(super) place: Place,
    pub(super) socket_folder: PathBuf,
}

impl Keeper {
    /// Whether the server is there and its socket too. Cheap, and takes no lock: to be asked every second.
    pub fn is_up(&self) -> bool {
        server::is_alive(&self.place) && self.socket_folder.join(format!(".s.PGSQL.{PORT}")).exists()
    }

    /// Sets the server's log aside when it has grown long. Cheap: to be asked every second.
    pub fn turn_log(&self) -> Result<(), ClusterError> {
        server::turn_log(&self.place)
    }

    /// Starts the server again unless it runs, and waits until it takes connections. Never makes a new cluster: an empty
    /// ledger in the place of one that is lost would be worse than none.
    pub fn revive(&self) -> Result<(), ClusterError> {
        let lock = locked(&self.place)?;
        let gone = || ClusterError::Gone { home: self.place.home.clone() };
        let server = Server::find(&self.place, &lock)?.ok_or_else(gone)?;
        if server.ensure_started()? == self.socket_folder {
            return Ok(());
        }
        // whoever is connected here would look for it where it was
        Err(ClusterError::Moved { home: self.place.home.clone() })
    }
}
