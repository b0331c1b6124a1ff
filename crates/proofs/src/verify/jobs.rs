//! Verifications that the service runs for an auditor: begun by one request, watched by further ones.
//!
//! A verification reads one snapshot on a connection that cannot write, changes nothing in the ledger and is in no leaf.
//! What it came to stands in a file beside the ledger. A process runs one at a time for each agency: whoever asks while
//! one is under way is told of that one. Of all agencies two run at once, and the others wait their turn, since each holds a
//! connection that readers need. What a process was verifying when it ended has a file without an end and reads
//! `interrupted`; asked for again, a new one begins at the first leaf.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Numbers, Outside, Progress, Verdict, VerifyError, verify_against};
use subsidy_core::audit::since::{KeptCheckpoint, Older};
use subsidy_core::audit::verify::Finding;
use subsidy_core::domain::{AgencyCode, Instant, RootHash, Subject};
use subsidy_store::engine::Engine;

/// How many verifications of an agency are kept, the newest ones.
const KEPT: usize = 50;
/// How many run at once in a process.
const AT_ONCE: usize = 2;

/// What a verification was asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    pub id: Uuid,
    pub started_by: Subject,
    pub started_at: Instant,
    /// The newest signed checkpoint at its beginning: the log must contain it.
    pub checkpoint: String,
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All is as the log says, up to its last leaf of then.
    Good {
        leaves: u64,
        lines: u64,
        root: RootHash,
        /// How many sealed account numbers were opened; none where they could not be.
        accounts: Option<u64>,
    },
    /// Something was changed behind the service's back.
    Bad {
        /// How many places there are.
        found: u64,
        /// Whether all was looked at in spite of them.
        complete: bool,
        /// The first of them.
        findings: Vec<Finding>,
    },
    /// There is no verdict; the service's log says why.
    Failed,
}

impl Outcome {
    fn of(verdict: Result<Verdict, VerifyError>) -> Self {
        match verdict {
            Ok(Verdict::Good(found)) => Self::Good {
                leaves: found.leaves,
                lines: found.lines,
                root: RootHash::new(found.root),
                accounts: match found.numbers {
                    Numbers::Opened(count) => Some(count),
                    Numbers::NoKeys | Numbers::NotReadable => None,
                },
            },
            Ok(Verdict::Bad(found)) => Self::Bad {
                found: found.count(),
                complete: found.is_complete(),
                findings: found.kept().to_vec(),
            },
            Err(error) => {
                tracing::error!(%error, "a verification came to no verdict");
                Self::Failed
            }
        }
    }
}

/// How far a verification is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Running(Progress),
    Finished {
        at: Instant,
        outcome: Outcome,
    },
    /// The process that ran it ended.
    Interrupted,
}

/// A verification as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    pub begun: Beginning,
    pub status: Status,
}

/// A verification as its file has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    begun: Beginning,
    end: Option<End>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    at: Instant,
    outcome: Outcome,
}

/// One that is under way.
#[derive(Debug)]
struct Job {
    begun: Beginning,
    done: AtomicU64,
    total: AtomicU64,
}

impl Job {
    fn shown(&self) -> Verification {
        let progress =
            Progress { done: self.done.load(Ordering::Relaxed), total: self.total.load(Ordering::Relaxed) };
        Verification { begun: self.begun.clone(), status: Status::Running(progress) }
    }
}

/// The verifications of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Verifications(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    runtime: Handle,
    running: Mutex<BTreeMap<AgencyCode, Arc<Job>>>,
    turns: Semaphore,
}

impl Verifications {
    /// Kept in a folder, run by a runtime.
    pub fn new(folder: PathBuf, runtime: Handle) -> Self {
        Self(Arc::new(Inner { folder, runtime, running: Mutex::default(), turns: Semaphore::new(AT_ONCE) }))
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<AgencyCode, Arc<Job>>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, agency: &AgencyCode) -> PathBuf {
        self.0.folder.join(agency.as_str())
    }

    fn path(&self, agency: &AgencyCode, id: Uuid) -> PathBuf {
        self.folder(agency).join(format!("{id}.json"))
    }

    /// Begins one, unless one of the agency is under way: then that one is it.
    pub fn begin(
        &self,
        engine: &Engine,
        agency: &AgencyCode,
        (started_by, checkpoint): (Subject, String),
    ) -> io::Result<Verification> {
        let folder = self.folder(agency);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut running = self.running();
        if let Some(job) = running.get(agency) {
            return Ok(job.shown());
        }
        let started_at = Instant::new(chrono::Utc::now());
        let begun = Beginning { id: Uuid::now_v7(), started_by, started_at, checkpoint };
        write(&self.path(agency, begun.id), &Record { begun: begun.clone(), end: None })?;
        sweep(&folder);
        let job = Arc::new(Job { begun, done: AtomicU64::new(0), total: AtomicU64::new(0) });
        running.insert(agency.clone(), Arc::clone(&job));
        drop(running);
        let shown = job.shown();
        let under_way = UnderWay { all: self.clone(), agency: agency.clone(), job };
        let engine = engine.clone();
        // on a thread of its own: what a verification borrows across its pages binds it to one
        let runtime = self.0.runtime.clone();
        self.0.runtime.spawn_blocking(move || runtime.block_on(under_way.run(&engine)));
        Ok(shown)
    }

    /// How far one is; none where there is no such.
    pub fn get(&self, agency: &AgencyCode, id: Uuid) -> io::Result<Option<Verification>> {
        // looked up before the file is read: one that ends in between has written its end
        let running = self.running().get(agency).filter(|job| job.begun.id == id).cloned();
        if let Some(job) = running {
            return Ok(Some(job.shown()));
        }
        match fs::read(self.path(agency, id)) {
            Ok(bytes) => Ok(Some(read(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Those that are kept, the newest first.
    pub fn list(&self, agency: &AgencyCode) -> io::Result<Vec<Verification>> {
        let mut found = Vec::new();
        for id in kept(&self.folder(agency)) {
            match self.get(agency, id) {
                Ok(one) => found.extend(one),
                // one file that cannot be read hides none of the others
                Err(error) => tracing::warn!(%error, %id, "the file of a verification cannot be read"),
            }
        }
        Ok(found)
    }
}

/// A verification while it runs; however it ends, the next one may begin.
struct UnderWay {
    all: Verifications,
    agency: AgencyCode,
    job: Arc<Job>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.running().remove(&self.agency);
    }
}

impl UnderWay {
    async fn run(self, engine: &Engine) {
        let Ok(_turn) = self.all.0.turns.acquire().await else { return };
        // what was answered from here is asked for before the log is read: it was committed before it was answered
        let seen = engine.seen().log(&self.agency).checkpoint();
        let seen =
            seen.map(|checkpoint| Older { name: "what was answered from here".to_owned(), checkpoint });
        let kept = KeptCheckpoint {
            name: "the checkpoint at the beginning".to_owned(),
            note: self.job.begun.checkpoint.clone(),
        };
        let outside = Outside { kept: &[kept], seen: seen.into_iter().collect(), keys: Some(engine.keys()) };
        let told = |progress: Progress| {
            self.job.done.store(progress.done, Ordering::Relaxed);
            self.job.total.store(progress.total, Ordering::Relaxed);
        };
        let verdict = verify_against(engine.database(), &self.agency, &outside, told).await;
        let end = End { at: Instant::new(chrono::Utc::now()), outcome: Outcome::of(verdict) };
        let record = Record { begun: self.job.begun.clone(), end: Some(end) };
        if let Err(error) = write(&self.all.path(&self.agency, self.job.begun.id), &record) {
            tracing::error!(%error, "what a verification came to cannot be written");
        }
    }
}

/// Written beside its place, brought to the disk and moved there, so that nobody reads half of it.
fn write(path: &Path, record: &Record) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = fs::File::create(&part)?;
    file.write_all(&serde_json::to_vec(record).map_err(io::Error::from)?)?;
    file.sync_all()?;
    fs::rename(part, path)
}

fn read(bytes: &[u8]) -> io::Result<Verification> {
    let Record { begun, end } = serde_json::from_slice(bytes).map_err(io::Error::from)?;
    let status = match end {
        Some(End { at, outcome }) => Status::Finished { at, outcome },
        None => Status::Interrupted,
    };
    Ok(Verification { begun, status })
}

/// The ids in a folder, the newest first: they begin with their time.
fn kept(folder: &Path) -> Vec<Uuid> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let records = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let mut ids: Vec<Uuid> = records.filter_map(|path| path.file_stem()?.to_str()?.parse().ok()).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

/// Removes what is more than is kept.
fn sweep(folder: &Path) {
    for id in kept(folder).into_iter().skip(KEPT) {
        if let Err(error) = fs::remove_file(folder.join(format!("{id}.json"))) {
            tracing::warn!(%error, "an old verification stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn begun(id: Uuid) -> Beginning {
        Beginning {
            id,
            started_by: Subject::parse("subsidy-ledger#sun").unwrap(),
            started_at: Instant::new(chrono::Utc::now()),
            checkpoint: "a note".to_owned(),
        }
    }

    #[test]
    fn what_a_process_left_without_an_end_is_interrupted_and_the_oldest_are_swept() {
        let folder = std::env::temp_dir().join(format!("verifications-{}", Uuid::now_v7()));
        fs::create_dir(&folder).unwrap();
        let ids: Vec<Uuid> = (0..=KEPT).map(|_| Uuid::now_v7()).collect();
        for id in &ids {
            let path = folder.join(format!("{id}.json"));
            write(&path, &Record { begun: begun(*id), end: None }).unwrap();
            assert_eq!(read(&fs::read(path).unwrap()).unwrap().status, Status::Interrupted);
        }
        sweep(&folder);
        let left = kept(&folder);
        assert_eq!(
            (left.len(), left.first(), ids.first().map(|id| left.contains(id))),
            (KEPT, ids.last(), Some(false))
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
