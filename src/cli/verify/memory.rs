//! What was last verified here: kept beside the keys, so that a log that was cut off or rewritten since is noticed by
//! whoever verifies again, without a checkpoint of their own.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::audit::note::Checkpoint;
use crate::audit::since::Older;
use crate::auth::keys;
use crate::domain::{AgencyCode, ContentHash};
use crate::engine::origin;
use crate::engine::verify::Verified;

/// A folder with a file for each agency.
#[derive(Debug, Clone)]
pub struct Memory {
    folder: PathBuf,
}

/// How far a log was verified.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    size: u64,
    root: ContentHash,
}

impl Memory {
    /// Beside the keys; none where there is no such folder, for verifying makes none.
    pub fn beside(keys: &Path) -> Option<Self> {
        keys.is_dir().then(|| Self { folder: keys.join("verified") })
    }

    /// Where an agency's is kept.
    pub fn path(&self, agency: &AgencyCode) -> PathBuf {
        self.folder.join(format!("{agency}.json"))
    }

    /// What was last verified.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn of(&self, agency: &AgencyCode) -> io::Result<Option<Older>> {
        let path = self.path(agency);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Seen { size, root } = serde_json::from_slice(&bytes)?;
        let checkpoint = Checkpoint { origin: origin(agency), size, root: *root.as_bytes() };
        Ok(Some(Older { name: format!("the last verification here ({})", path.display()), checkpoint }))
    }

    /// Forgets what was verified: for whoever accepts that a log lost entries.
    ///
    /// # Errors
    /// The file system refused.
    pub fn forget(&self, agency: &AgencyCode) -> io::Result<()> {
        match fs::remove_file(self.path(agency)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Keeps what was verified.
    ///
    /// # Errors
    /// The file system refused.
    pub fn keep(&self, agency: &AgencyCode, verified: &Verified) -> io::Result<()> {
        keys::ensure_folder(&self.folder).map_err(io::Error::other)?;
        let seen = Seen { size: verified.leaves, root: ContentHash::new(verified.root) };
        keys::replace(&self.path(agency), &serde_json::to_vec(&seen)?)
    }
}
