//! What this process has answered from: the largest size of each log, and its root.
//!
//! A database that is restored, or whose primary comes back from a sleep and is wound back to what a new one knows, no
//! longer holds what was acknowledged, and gives its sequence numbers to other commands; by itself it verifies. So each
//! process writes down what its log was before it answers, in its own data folder: `seen/<agency>`, a line
//! `size root` a batch. Whenever a writer gets a connection, and when the process starts, the log must still contain it.
//!
//! A line `accepted size root` names a loss that an operator had accepted when what follows it was seen. It excuses whoever
//! had seen something before it, and never what is lost after it, however much more was lost that first time.
//!
//! A line is written before the answer and handed to the system at once, so that a process that is killed forgets
//! nothing; it is flushed to the disk every second and at the end, so that a machine without power forgets a second.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::origin;
use subsidy_core::agencies::Agency;
use subsidy_core::audit::note::Checkpoint;
use subsidy_core::audit::tree::{Frontier, Hash};
use subsidy_core::domain::{AgencyCode, RootHash};

/// The most bytes of a file; it is put aside then, and the one before it goes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Before a loss that was accepted.
const ACCEPTED: &str = "accepted ";
/// How often lines are flushed.
const FLUSH: Duration = Duration::from_secs(1);

/// A log as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub size: u64,
    pub root: Hash,
}

impl Mark {
    /// Of a log that ends so.
    pub fn of(frontier: &Frontier) -> Self {
        Self { size: frontier.size(), root: frontier.root() }
    }

    /// Of the log that an operator last accepted to be lost.
    pub fn accepted(agency: Option<&Agency>) -> Option<Self> {
        agency?.lost.as_ref().map(|lost| Self { size: lost.size, root: *lost.root.as_bytes() })
    }

    fn parse(line: &str) -> Option<Self> {
        let (size, root) = line.split_once(' ')?;
        Some(Self { size: size.parse().ok()?, root: *RootHash::parse(root).ok()?.as_bytes() })
    }

    fn line(&self) -> String {
        format!("{} {}\n", self.size, RootHash::new(self.root))
    }
}

/// What was seen of every agency's log.
#[derive(Debug, Default)]
pub struct SeenLogs {
    /// Where it is kept; without a folder it is known while the process lives.
    folder: Option<PathBuf>,
    logs: Mutex<BTreeMap<AgencyCode, Arc<SeenLog>>>,
}

impl SeenLogs {
    /// Kept in a folder, which is made where it is missing.
    pub fn kept_in(folder: PathBuf) -> Self {
        Self { folder: Some(folder), logs: Mutex::default() }
    }

    pub fn log(&self, agency: &AgencyCode) -> Arc<SeenLog> {
        let mut logs = held(&self.logs);
        let log = logs.entry(agency.clone()).or_insert_with(|| {
            let path = self.folder.as_ref().map(|folder| folder.join(agency.as_str()));
            Arc::new(SeenLog::open(agency, path))
        });
        Arc::clone(log)
    }

    /// The agencies of whose logs something was seen, by this process or one before it.
    pub fn agencies(&self) -> Vec<AgencyCode> {
        let files = self.folder.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let names = files.filter_map(|file| AgencyCode::parse(&file.file_name().to_string_lossy()).ok());
        let known: BTreeSet<AgencyCode> = names.chain(held(&self.logs).keys().cloned()).collect();
        known.into_iter().collect()
    }

    /// The agencies whose logs do not contain what was seen of them.
    pub fn rewound(&self) -> Vec<AgencyCode> {
        let logs = held(&self.logs);
        logs.iter().filter(|(_, log)| log.is_rewound()).map(|(agency, _)| agency.clone()).collect()
    }
}

#[derive(Debug)]
pub struct SeenLog {
    agency: AgencyCode,
    path: Option<PathBuf>,
    state: Mutex<State>,
    rewound: AtomicBool,
    /// Whether the log behind the writer's connection is known to contain it.
    contained: AtomicBool,
}

#[derive(Debug)]
struct State {
    newest: Option<Mark>,
    /// The losses that had been accepted in a log when it was answered from.
    accepted: BTreeSet<Mark>,
    file: Option<Arc<File>>,
    bytes: u64,
    flushed: Instant,
    dirty: bool,
}

impl SeenLog {
    fn open(agency: &AgencyCode, path: Option<PathBuf>) -> Self {
        let Lines { marks, accepted } = path.as_deref().map(Lines::read).unwrap_or_default();
        let newest = marks.into_iter().max();
        let state = State { newest, accepted, file: None, bytes: 0, flushed: Instant::now(), dirty: false };
        Self {
            agency: agency.clone(),
            path,
            state: Mutex::new(state),
            rewound: AtomicBool::new(false),
            contained: AtomicBool::new(false),
        }
    }

    /// The newest that was seen.
    pub fn newest(&self) -> Option<Mark> {
        held(&self.state).newest
    }

    /// The newest that was seen, as a checkpoint of the log.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.newest().map(|mark| Checkpoint {
            origin: origin(&self.agency),
            size: mark.size,
            root: mark.root,
        })
    }

    /// All that is still written down, in order.
    pub fn marks(&self) -> Vec<Mark> {
        let mut marks: Vec<Mark> = self.path.as_deref().map(Lines::read).unwrap_or_default().marks;
        marks.extend(self.newest());
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// Whether the log was found not to contain it.
    pub fn is_rewound(&self) -> bool {
        self.rewound.load(Ordering::Relaxed)
    }

    /// Takes down whether the log contains it.
    pub fn found(&self, contained: bool) {
        self.contained.store(contained, Ordering::Relaxed);
        if self.rewound.swap(!contained, Ordering::Relaxed) == contained {
            let rewound = if contained { 0.0 } else { 1.0 };
            metrics::gauge!("ledger_rewound", "agency" => self.agency.to_string()).set(rewound);
            if contained {
                tracing::warn!(agency = %self.agency, "the ledger goes on");
            } else {
                tracing::error!(agency = %self.agency, "the ledger does not contain what was answered from it");
            }
        }
    }

    /// The connection changes, and with it perhaps the log.
    pub fn mark_stale(&self) {
        self.contained.store(false, Ordering::Relaxed);
    }

    /// Whether the log behind the connection was compared already.
    pub fn is_contained(&self) -> bool {
        self.contained.load(Ordering::Relaxed)
    }

    /// Whether an operator, by accepting that a log is lost, accepted that what was seen is: that log is what was seen, or
    /// had grown beyond it. A loss that was accepted before this was seen is another one.
    pub fn is_excused_by(&self, accepted: Mark) -> bool {
        let state = held(&self.state);
        state.newest.is_none_or(|newest| {
            newest == accepted || (newest.size <= accepted.size && !state.accepted.contains(&accepted))
        })
    }

    /// The log ends so now, and somebody is about to be told; and the loss that was last accepted in it.
    pub fn answer_from(&self, frontier: &Frontier, accepted: Option<Mark>) {
        if self.is_rewound() {
            // a refusal of what an operator asked for changes nothing
            if accepted.is_some_and(|accepted| self.is_excused_by(accepted)) {
                self.restart(frontier, accepted);
            }
            return;
        }
        let mut state = held(&self.state);
        if state.newest.map_or(0, |newest| newest.size) >= frontier.size() {
            return;
        }
        let mark = Mark::of(frontier);
        state.newest = Some(mark);
        let unknown = accepted.filter(|accepted| state.accepted.insert(*accepted));
        if let Some(path) = &self.path
            && let Err(error) = state.write(path, unknown, mark)
        {
            state.file = None;
            tracing::error!(%error, path = %path.display(), "what was answered from cannot be written down");
        }
    }

    /// Flushes what was written a while ago, beside whoever asks.
    pub fn flush_in_time(&self) {
        let mut state = held(&self.state);
        if !state.dirty || state.flushed.elapsed() < FLUSH {
            return;
        }
        state.dirty = false;
        state.flushed = Instant::now();
        if let Some(file) = state.file.clone() {
            tokio::task::spawn_blocking(move || file.sync_data());
        }
    }

    pub fn flush(&self) {
        let mut state = held(&self.state);
        if let Some(Err(error)) = state.file.as_ref().map(|file| file.sync_data()) {
            tracing::error!(%error, "what was answered from cannot be flushed");
        }
        state.dirty = false;
    }

    /// An operator accepted that the log ends so: what was seen beyond it is put aside under its size.
    pub fn restart(&self, frontier: &Frontier, accepted: Option<Mark>) {
        let mut state = held(&self.state);
        let lost = state.newest.take();
        state.file = None;
        if let (Some(path), Some(lost)) = (&self.path, lost) {
            // another process on this folder may have begun anew already
            let begun = !Lines::read(path).marks.contains(&lost);
            let moved = if begun { Ok(()) } else { fs::rename(path, aside(path, lost.size)) };
            let older = if begun { Ok(()) } else { fs::remove_file(before(path)) };
            for error in [moved, older].into_iter().filter_map(Result::err) {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::error!(%error, path = %path.display(), "what was lost cannot be put aside");
                }
            }
        }
        drop(state);
        self.found(true);
        self.answer_from(frontier, accepted);
    }
}

impl State {
    fn write(&mut self, path: &Path, accepted: Option<Mark>, mark: Mark) -> io::Result<()> {
        if self.bytes > FILE_BYTES_MAX {
            self.file = None;
            fs::rename(path, before(path))?;
        }
        let mut lines = accepted.iter().map(accepted_line).collect::<String>();
        let file = match &self.file {
            Some(file) => file,
            None => {
                if let Some(folder) = path.parent() {
                    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                }
                let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
                self.bytes = file.metadata()?.len();
                // the file before it goes one day, and what was accepted is still to be known
                lines = self.accepted.iter().map(accepted_line).collect();
                self.file.insert(Arc::new(file))
            }
        };
        lines.push_str(&mark.line());
        file.as_ref().write_all(lines.as_bytes())?;
        self.bytes += u64::try_from(lines.len()).unwrap_or(0);
        self.dirty = true;
        Ok(())
    }
}

/// The file before a file.
fn before(path: &Path) -> PathBuf {
    path.with_extension("before")
}

/// Where a file is put that was lost at this size: not where an older one lies.
fn aside(path: &Path, size: u64) -> PathBuf {
    let first = path.with_extension(format!("lost-{size}"));
    let others = (2_u32..).map(|number| path.with_extension(format!("lost-{size}-{number}")));
    std::iter::once(first.clone()).chain(others).find(|path| !path.exists()).unwrap_or(first)
}

fn accepted_line(mark: &Mark) -> String {
    format!("{ACCEPTED}{}", mark.line())
}

/// What a file says, and the one before it.
#[derive(Debug, Default)]
struct Lines {
    marks: Vec<Mark>,
    accepted: BTreeSet<Mark>,
}

impl Lines {
    /// The whole lines: one that a machine without power left unfinished is none.
    fn read(path: &Path) -> Self {
        let mut lines = Self::default();
        for path in [before(path), path.to_owned()] {
            let text = fs::read_to_string(path).unwrap_or_default();
            for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
                match line.strip_prefix(ACCEPTED) {
                    Some(mark) => lines.accepted.extend(Mark::parse(mark)),
                    None => lines.marks.extend(Mark::parse(line)),
                }
            }
        }
        lines
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects")]
mod tests {
    use super::*;

    fn frontier(leaves: u8) -> Frontier {
        let mut frontier = Frontier::new();
        (0..leaves).for_each(|leaf| drop(frontier.append([leaf; 32])));
        frontier
    }

    #[test]
    fn what_was_answered_from_outlives_the_process_and_half_a_line_is_none() {
        let folder = std::env::temp_dir().join(format!("seen-{}", uuid::Uuid::now_v7()));
        let agency = AgencyCode::parse("a").unwrap();
        let log = SeenLogs::kept_in(folder.clone()).log(&agency);
        for size in [1, 3, 2] {
            log.answer_from(&frontier(size), None);
        }
        fs::OpenOptions::new().append(true).open(folder.join("a")).unwrap().write_all(b"9 00").unwrap();
        let seen = SeenLogs::kept_in(folder.clone());
        assert_eq!(seen.agencies(), std::slice::from_ref(&agency));
        let log = seen.log(&agency);
        assert_eq!(log.newest(), Some(Mark::of(&frontier(3))));
        assert_eq!(log.marks(), [Mark::of(&frontier(1)), Mark::of(&frontier(3))]);
        log.found(false);
        assert_eq!(seen.rewound(), std::slice::from_ref(&agency));
        let lost = Mark::of(&frontier(3));
        log.answer_from(&frontier(2), Some(Mark { size: 2, ..lost }));
        assert_eq!(seen.rewound(), std::slice::from_ref(&agency), "less was accepted than was seen");
        log.answer_from(&frontier(2), Some(lost));
        assert!(folder.join("a.lost-3").exists() && seen.rewound().is_empty());
        let log = SeenLogs::kept_in(folder.clone()).log(&agency);
        assert_eq!(log.newest(), Some(Mark::of(&frontier(2))));
        assert!(!log.is_excused_by(lost), "it was seen after that was accepted");
        assert!(log.is_excused_by(Mark { size: 4, ..lost }));
        // as much is lost again
        log.answer_from(&frontier(3), Some(lost));
        log.restart(&frontier(2), Some(lost));
        assert!(folder.join("a.lost-3-2").exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
