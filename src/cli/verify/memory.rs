//! What was last seen here of a log: verified, which is kept beside the keys, or answered from by the service, which it
//! keeps in `seen`. A log that was cut off or rewritten since is noticed by whoever verifies again, without a checkpoint of
//! their own.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use subsidy_core::audit::note::Checkpoint;
use subsidy_core::audit::since::Older;
use subsidy_core::domain::{AgencyCode, ContentHash};
use subsidy_proofs::verify::Verified;
use subsidy_store::engine::origin;
use subsidy_store::engine::seen::SeenLogs;
use subsidy_store::keys;

/// A folder with a file for each agency.
#[derive(Debug, Clone)]
pub struct Memory {
    folder: PathBuf,
    answered: PathBuf,
}

/// How far a log was verified.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastVerified {
    size: u64,
    root: ContentHash,
}

impl Memory {
    /// Beside the keys, and where the service keeps what it answered from; none where there are no keys, for verifying
    /// makes none.
    pub fn beside(keys: &Path, answered: PathBuf) -> Option<Self> {
        keys.is_dir().then(|| Self { folder: keys.join("verified"), answered })
    }

    /// Where an agency's is kept.
    pub fn path(&self, agency: &AgencyCode) -> PathBuf {
        self.folder.join(format!("{agency}.json"))
    }

    /// The logs that were last verified and answered from. What the service writes down was committed before, so whoever
    /// reads this before the log finds it there.
    ///
    /// # Errors
    /// What was verified cannot be read, or is something else.
    pub fn of(&self, agency: &AgencyCode) -> io::Result<Vec<Older>> {
        let answered =
            SeenLogs::kept_in(self.answered.clone()).log(agency).checkpoint().map(|checkpoint| Older {
                name: format!(
                    "what was answered from here ({})",
                    self.answered.join(agency.as_str()).display()
                ),
                checkpoint,
            });
        let verified = self.verified(agency)?;
        Ok([verified, answered].into_iter().flatten().collect())
    }

    /// What was last verified.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    fn verified(&self, agency: &AgencyCode) -> io::Result<Option<Older>> {
        let path = self.path(agency);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let LastVerified { size, root } = serde_json::from_slice(&bytes)?;
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
        let seen = LastVerified { size: verified.leaves, root: ContentHash::new(verified.root) };
        keys::replace(&self.path(agency), &serde_json::to_vec(&seen)?)
    }
}
