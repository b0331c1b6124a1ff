//! `backup.json`: what a backup holds, and the digest of each of its files.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cli::Failure;
use crate::cli::language::say;
use subsidy_core::domain::{AgencyCode, ContentHash};
use subsidy_store::keys::replace;

pub const MANIFEST: &str = "backup.json";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the program that wrote it.
    pub release: String,
    pub made_at: DateTime<Utc>,
    pub agencies: Vec<BackedUp>,
    /// All files but the evidence, each of which is named by its digest.
    pub files: Vec<ListedFile>,
    /// How many files of evidence there are.
    pub evidence: u64,
}

/// An agency's log as the backup's checkpoint has it. The database of the backup holds at least this.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackedUp {
    pub agency: AgencyCode,
    pub size: u64,
    pub root: ContentHash,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedFile {
    /// Within the backup's folder.
    pub path: String,
    pub bytes: u64,
    pub sha256: ContentHash,
}

impl Manifest {
    /// Reads a backup's manifest. Error: the folder holds none, so it is no backup or one that was not finished.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(MANIFEST);
        let text = fs::read(&path).map_err(|error| {
            let folder = folder.display();
            Failure::Usage(say!(
                "{folder} 中没有完成的备份：无法读取 {MANIFEST}：{error}",
                "{folder} holds no finished backup: {MANIFEST} cannot be read: {error}"
            ))
        })?;
        serde_json::from_slice(&text)
            .map_err(Failure::doing(format!("{} is no manifest of this release", path.display())))
    }

    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let doing = format!("cannot write {}", path.display());
        replace(path, &serde_json::to_vec_pretty(self)?).map_err(Failure::doing(doing))
    }

    /// Holds each listed file to its digest. Error: the first that is missing or has other bytes.
    pub fn check(&self, folder: &Path) -> Result<(), Failure> {
        for listed in &self.files {
            let found = file(folder, &listed.path)?;
            if found.sha256 != listed.sha256 {
                return Err(Failure::Unverified(format!(
                    "{} of the backup has {} bytes of sha256 {}; its manifest says {} bytes of {}",
                    listed.path, found.bytes, found.sha256, listed.bytes, listed.sha256
                )));
            }
        }
        Ok(())
    }
}

/// Files of a folder, with their digests.
pub fn files(folder: &Path, paths: impl Iterator<Item = String>) -> Result<Vec<ListedFile>, Failure> {
    paths.map(|path| file(folder, &path)).collect()
}

fn file(folder: &Path, path: &str) -> Result<ListedFile, Failure> {
    let mut hash = Sha256::new();
    let read = File::open(folder.join(path)).and_then(|mut file| io::copy(&mut file, &mut hash));
    let bytes = read.map_err(Failure::doing(format!("cannot read {path} of the backup")))?;
    Ok(ListedFile { path: path.to_owned(), bytes, sha256: ContentHash::new(hash.finalize().into()) })
}
