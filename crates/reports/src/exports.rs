//! Long exports: a report that is read page by page and written to a file beside the ledger, while its caller asks how far
//! it is.
//!
//! An export is known by what it is of: the same question of the same person at the same sequence is the same export, so
//! that asking twice makes one file. It changes nothing in the ledger and is in no leaf. Files are kept for
//! [`KEPT`] and swept by whoever asks next. What a process was writing when it ended stays behind as a part and reads
//! `interrupted`; asked for again, it begins again.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::ReadError;
use super::formats::file::{FileFormat, Summary, Writing};
use super::formats::{Cell, Column, FormatError};
use subsidy_core::domain::{AgencyCode, ContentHash, Instant};
use subsidy_store::db::pool::DatabaseError;

/// How long a file is kept after it was finished.
pub const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// How many are written at once.
const AT_ONCE: usize = 2;
/// How many may be under way or wait.
const WAITING_MAX: usize = 64;

/// Why an export did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be written.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A file cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A format has no room for so many rows.
    #[error("more than {limit} rows")]
    TooManyRows { limit: u64 },
    #[error("a worker ended")]
    Worker,
    #[error("{WAITING_MAX} exports are under way")]
    Busy,
}

#[derive(Debug, Clone)]
pub struct ExportRequest {
    pub agency: AgencyCode,
    pub id: Uuid,
    pub format: FileFormat,
    /// What the file is called.
    pub name: String,
    pub sheet: &'static str,
    pub columns: &'static [Column],
    /// When the rows were as they are.
    pub created: Instant,
}

/// The id of an export: what it is of.
pub fn id_of(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A finished export, as it is written beside its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// What the file is called.
    pub name: String,
    pub format: String,
    /// How many rows it holds.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The digest of its bytes.
    pub sha256: ContentHash,
    /// The digest of the same rows as CSV.
    pub sha256_of_csv: String,
    pub finished_at: Instant,
}

/// How far an export is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is being written, and has so many rows.
    Running(u64),
    /// Its file can be fetched.
    Finished(Finished),
    /// It failed; the log says why. Asked for again, it begins again.
    Failed,
    /// The process that wrote it ended. Asked for again, it begins again.
    Interrupted,
}

/// What is under way.
#[derive(Debug)]
struct Job {
    rows: AtomicU64,
    failed: Mutex<bool>,
}

/// The exports of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Exports(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    runtime: Handle,
    room: Semaphore,
    jobs: Mutex<BTreeMap<(AgencyCode, Uuid), Arc<Job>>>,
}

/// Rows that come page by page.
pub trait Pages: Send + 'static {
    /// The next rows; none after the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<Vec<Cell>>>, ExportError>> + Send;
}

impl Exports {
    /// In a folder, written by a runtime.
    pub fn new(folder: PathBuf, runtime: Handle) -> Self {
        let room = Semaphore::new(AT_ONCE);
        Self(Arc::new(Inner { folder, runtime, room, jobs: Mutex::default() }))
    }

    fn path(&self, agency: &AgencyCode, id: Uuid, ending: &str) -> PathBuf {
        self.0.folder.join(agency.as_str()).join(format!("{}.{ending}", id.simple()))
    }

    /// How far an export is; none where nobody asked for it, or its file is no longer kept.
    pub fn progress(&self, agency: &AgencyCode, id: Uuid) -> Result<Option<Progress>, ExportError> {
        let jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = jobs.get(&(agency.clone(), id)) {
            let failed = *job.failed.lock().unwrap_or_else(PoisonError::into_inner);
            let rows = job.rows.load(Ordering::Relaxed);
            return Ok(Some(if failed { Progress::Failed } else { Progress::Running(rows) }));
        }
        drop(jobs);
        match fs::read(self.path(agency, id, "json")) {
            Ok(bytes) => {
                let finished = serde_json::from_slice(&bytes).map_err(io::Error::from)?;
                Ok(Some(Progress::Finished(finished)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let part = self.path(agency, id, "part").is_file();
                Ok(part.then_some(Progress::Interrupted))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Begins an export, unless it is under way or its file is there. Error: `Busy`.
    pub fn begin<P, A>(&self, wanted: ExportRequest, pages: P, about: A) -> Result<Progress, ExportError>
    where
        P: Pages,
        A: Fn(&Summary) -> Vec<(&'static str, String)> + Send + 'static,
    {
        let folder = self.0.folder.join(wanted.agency.as_str());
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        sweep(&folder, SystemTime::now());
        if let Some(known @ (Progress::Running(_) | Progress::Finished(_))) =
            self.progress(&wanted.agency, wanted.id)?
        {
            return Ok(known);
        }
        let job = Arc::new(Job { rows: AtomicU64::new(0), failed: Mutex::new(false) });
        let mut jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| !*job.failed.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(job) = jobs.get(&(wanted.agency.clone(), wanted.id)) {
            return Ok(Progress::Running(job.rows.load(Ordering::Relaxed)));
        }
        if jobs.len() >= WAITING_MAX {
            return Err(ExportError::Busy);
        }
        jobs.insert((wanted.agency.clone(), wanted.id), Arc::clone(&job));
        drop(jobs);
        File::create(self.path(&wanted.agency, wanted.id, "part"))?;
        let exports = self.clone();
        self.0.runtime.spawn(async move { exports.run(wanted, pages, about, &job).await });
        Ok(Progress::Running(0))
    }

    async fn run<P, A>(&self, wanted: ExportRequest, pages: P, about: A, job: &Arc<Job>)
    where
        P: Pages,
        A: Fn(&Summary) -> Vec<(&'static str, String)> + Send + 'static,
    {
        let Ok(_room) = self.0.room.acquire().await else { return };
        let key = (wanted.agency.clone(), wanted.id);
        match self.written(wanted, pages, about, job).await {
            Ok(()) => {
                self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            }
            Err(error) => {
                tracing::error!(%error, export.id = %key.1, "an export failed");
                *job.failed.lock().unwrap_or_else(PoisonError::into_inner) = true;
                if let Err(error) = fs::remove_file(self.path(&key.0, key.1, "part")) {
                    tracing::warn!(%error, "a part of an export stays behind");
                }
            }
        }
    }

    /// Writes the file, page by page, and last of all what it is: a file without that is not finished.
    async fn written<P, A>(
        &self,
        wanted: ExportRequest,
        mut pages: P,
        about: A,
        job: &Arc<Job>,
    ) -> Result<(), ExportError>
    where
        P: Pages,
        A: Fn(&Summary) -> Vec<(&'static str, String)> + Send + 'static,
    {
        let part = self.path(&wanted.agency, wanted.id, "part");
        let file = File::options().read(true).write(true).truncate(true).open(&part)?;
        let mut writing =
            Writing::begin(wanted.format, wanted.columns, (wanted.sheet, wanted.created), file)?;
        while let Some(rows) = pages.next().await? {
            writing = blocking(move || {
                rows.iter().try_for_each(|row| writing.row(row))?;
                Ok(writing)
            })
            .await?;
            job.rows.store(writing.rows(), Ordering::Relaxed);
            if let Some(limit) = wanted.format.rows_max().filter(|limit| writing.rows() > *limit) {
                return Err(ExportError::TooManyRows { limit });
            }
        }
        let (whole, told) = (
            self.path(&wanted.agency, wanted.id, wanted.format.ending()),
            self.path(&wanted.agency, wanted.id, "json"),
        );
        blocking(move || {
            let (file, summary) = writing.finish(about)?;
            file.sync_all()?;
            let (sha256, bytes) = hashed(&part)?;
            let finished = Finished {
                name: wanted.name,
                format: wanted.format.ending().to_owned(),
                rows: summary.rows,
                bytes,
                sha256,
                sha256_of_csv: summary.sha256_of_csv.to_string(),
                finished_at: Instant::new(chrono::Utc::now()),
            };
            fs::rename(&part, &whole)?;
            Ok(fs::write(told, serde_json::to_vec(&finished).map_err(io::Error::from)?)?)
        })
        .await
    }

    pub fn file(&self, agency: &AgencyCode, id: Uuid, finished: &Finished) -> Result<File, ExportError> {
        Ok(File::open(self.path(agency, id, &finished.format))?)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ExportError> + Send + 'static,
) -> Result<T, ExportError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ExportError::Worker))
}

/// The digest of a file's bytes, and how many there are.
fn hashed(path: &Path) -> Result<(ContentHash, u64), ExportError> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let bytes = io::copy(&mut file, &mut hash)?;
    Ok((ContentHash::new(hash.finalize().into()), bytes))
}

/// The next bytes of a file; empty at its end.
pub fn next_bytes(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(65_536).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Removes what is no longer kept.
fn sweep(folder: &Path, now: SystemTime) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|metadata| metadata.modified());
        let old = age.is_ok_and(|age| now.duration_since(age).is_ok_and(|age| age > KEPT));
        if old && let Err(error) = fs::remove_file(entry.path()) {
            tracing::warn!(%error, path = %entry.path().display(), "an old export stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_same_question_has_the_same_id_and_no_other_has() {
        assert_eq!(id_of(&["a", "b"]), id_of(&["a", "b"]));
        assert_ne!(id_of(&["a", "b"]), id_of(&["ab", ""]));
    }

    #[test]
    fn what_is_no_longer_kept_is_swept_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("exports-{}", Uuid::now_v7()));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.csv"), b"x").unwrap();
        sweep(&folder, SystemTime::now() + KEPT - Duration::from_secs(60));
        assert!(folder.join("a.csv").is_file());
        sweep(&folder, SystemTime::now() + KEPT + Duration::from_secs(60));
        assert!(!folder.join("a.csv").exists());
        fs::remove_dir(&folder).unwrap();
    }
}
