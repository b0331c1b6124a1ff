//! The private cluster of a test: found, killed, kept from starting, put on a small disk; gone when the test is over.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::service::fresh_folder;

/// A data folder with a private cluster in it.
pub struct Data(pub PathBuf);

impl Data {
    pub fn new() -> Self {
        Self(fresh_folder())
    }

    pub fn home(&self) -> PathBuf {
        fs::canonicalize(self.0.join("postgres")).unwrap()
    }

    fn postmaster(&self) -> Option<i32> {
        let text = fs::read_to_string(self.home().join("pgdata/postmaster.pid")).ok()?;
        let pid: i32 = text.lines().next()?.trim().parse().ok()?;
        is_running(pid).then_some(pid)
    }

    /// SIGSTOP to all of it: nothing answers, nothing is closed.
    pub fn stop_postgres(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub fn continue_postgres(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let Some(postmaster) = self.postmaster() else { return };
        for pid in [postmaster].into_iter().chain(children_of(postmaster)) {
            kill(Pid::from_raw(pid), signal).ok();
        }
    }

    /// SIGKILL to the postmaster and all its children, as when the machine runs out of memory or power.
    pub fn kill_postgres(&self) {
        let Some(postmaster) = self.postmaster() else { return };
        let family: Vec<i32> = children_of(postmaster).into_iter().chain([postmaster]).collect();
        // the parent first: it would start new children
        for pid in family.iter().rev() {
            kill(Pid::from_raw(*pid), Signal::SIGKILL).ok();
        }
        let since = Instant::now();
        while family.iter().any(|pid| is_running(*pid)) && since.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// While this is held nobody starts the server.
    pub fn hold_lock(&self) -> File {
        let lock = File::open(self.home().join("lock")).unwrap();
        lock.lock().unwrap();
        lock
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if let Ok(home) = fs::canonicalize(self.0.join("postgres")) {
            self.kill_postgres();
            fs::remove_dir_all(home).ok();
        }
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A zombie, whom nobody reaps in some containers, is not running: its command line is empty.
fn is_running(pid: i32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn children_of(parent: i32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // the name before it stands in brackets and may hold anything
            let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
            after.split(' ').nth(1) == Some(parent.to_string().as_str())
        })
        .collect()
}

/// A disk of its own, small, for the write-ahead log; taken away again with this.
pub struct SmallDisk {
    wal: PathBuf,
}

impl SmallDisk {
    /// Under the cluster's write-ahead log. The server must not run. Why not, where this machine does not allow it.
    pub fn mount(data: &Data, megabytes: u32) -> Result<Self, String> {
        if !nix::unistd::geteuid().is_root() {
            return Err("only root mounts a disk".to_owned());
        }
        let wal = data.home().join("pgdata/pg_wal");
        let aside = wal.with_file_name("pg_wal.aside");
        fs::rename(&wal, &aside).unwrap();
        fs::create_dir(&wal).unwrap();
        let options = format!("size={megabytes}m,mode=0700");
        let mounted = run("mount", &["-t", "tmpfs", "-o", &options, "tmpfs"], &wal);
        let copied = run("cp", &["-a", "--", &format!("{}/.", aside.display())], &wal);
        // the folder itself has its owner and mode from the copy; without a mount it is as it was
        fs::remove_dir_all(&aside).unwrap();
        copied.unwrap();
        mounted.map(|()| Self { wal })
    }

    /// Leaves no room on it.
    pub fn fill(&self) {
        let mut bytes = 1 << 20;
        let mut file = File::create(self.filler()).unwrap();
        while bytes > 0 {
            let written = std::io::Write::write(&mut file, &vec![0_u8; bytes]);
            bytes = if written.is_ok() { bytes } else { bytes / 2 };
        }
    }

    /// Takes the filler away.
    pub fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.wal.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.wal).ok();
    }
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<(), String> {
    let done = Command::new(program).args(arguments).arg(folder).output().map_err(|e| e.to_string())?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}
