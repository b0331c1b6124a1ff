//! The machine's own PostgreSQL programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::ClusterError;

const LEAST_MAJOR: u32 = 15;
const DEBIAN: &str = "/usr/lib/postgresql";
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

#[derive(Debug)]
pub(super) struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// The newest there is, for a cluster yet to be made.
    pub(super) fn newest() -> Result<Binaries, ClusterError> {
        installed()
            .filter(|found| found.major >= LEAST_MAJOR)
            .max_by_key(|found| found.major)
            .ok_or(ClusterError::NotInstalled { least: LEAST_MAJOR })
    }

    /// Those of the major version that made the cluster in `home`: no other can read it.
    pub(super) fn of_major(major: u32, home: &Path) -> Result<Binaries, ClusterError> {
        installed()
            .find(|found| found.major == major)
            .ok_or_else(|| ClusterError::VersionNotInstalled { home: home.to_owned(), major })
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn installed() -> impl Iterator<Item = Binaries> {
    debian_folders().chain(path_folders())
}

fn debian_folders() -> impl Iterator<Item = Binaries> {
    fs::read_dir(DEBIAN).into_iter().flatten().flatten().filter_map(|entry| {
        let major = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        is_complete(&folder).then_some(Binaries { folder, major })
    })
}

fn path_folders() -> impl Iterator<Item = Binaries> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    folders.into_iter().filter_map(|folder| {
        // PATH often holds links: the other programs stand beside the file itself
        let initdb = fs::canonicalize(folder.join("initdb")).ok()?;
        let folder = initdb.parent()?.to_owned();
        let major = major_of(&initdb)?;
        is_complete(&folder).then_some(Binaries { folder, major })
    })
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS.iter().all(|name| folder.join(name).is_file())
}

/// Reads `initdb (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major_of(initdb: &Path) -> Option<u32> {
    let output = Command::new(initdb).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let version = said.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
