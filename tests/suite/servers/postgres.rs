//! Real PostgreSQL servers of a test: a primary, its standby, put to sleep, promoted, wound back; gone when the test is
//! over, and by a watchdog when the test itself is killed.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::service::fresh_folder;
use crate::support::{unprivileged, unprivileged_command};

/// Who owns the servers' databases, and their superuser.
const OWNER: &str = "subsidy_owner";

/// What every server starts with: enough of the write-ahead log to wind it back.
const OPTIONS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=80 -c fsync=off \
     -c shared_buffers=32MB -c wal_log_hints=on -c wal_keep_size=256MB -c timezone=UTC";

/// Waits for its input to end, which it does when the test ends, however that ends; then nothing is left of the server.
const WATCHDOG: &str = r#"
    trap "" HUP INT TERM
    read -r _
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) || exit 0
    children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
    kill -9 "$pid" $children
    rm -rf "$1""#;

pub struct Server {
    folder: PathBuf,
    port: u16,
    watchdog: Child,
}

fn program(name: &str) -> Command {
    let path = subsidy_store::db::cluster::tools().expect("PostgreSQL").join(name);
    let mut command = unprivileged_command(path);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    command.current_dir("/tmp").stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> String {
    let done = command.output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{command:?}: {err}\n{out}");
    out.trim().to_owned()
}

/// Below those that the system gives to outgoing connections: a server that is started again finds it free.
fn free_port() -> u16 {
    let tried = |_| {
        let port = 15_000 + rand::random::<u16>() % 15_000;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    };
    (0..100).find_map(tried).expect("a free port")
}

impl Server {
    fn new() -> Self {
        let folder = fresh_folder();
        if let Some(owner) = unprivileged() {
            run(Command::new("chown").arg(owner).arg(&folder));
        }
        let mut watchdog = Command::new("setsid");
        watchdog.args(["sh", "-c", WATCHDOG, "watchdog"]).arg(&folder);
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { folder, port: free_port(), watchdog: watchdog.spawn().expect("a watchdog") }
    }

    pub fn primary() -> Self {
        let server = Self::new();
        let data = server.data();
        run(program("initdb").arg("-D").arg(data).args([
            "-U",
            OWNER,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--auth=trust",
            "--no-sync",
        ]));
        server.start();
        server
    }

    pub fn standby_of(primary: &Self) -> Self {
        let server = Self::new();
        let mut backup = program("pg_basebackup");
        backup.arg("-D").arg(server.data()).args(["-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        run(backup.args(["-d", &primary.url()]));
        server.start();
        server
    }

    pub fn url(&self) -> String {
        format!("postgresql://{OWNER}@127.0.0.1:{}/postgres", self.port)
    }

    /// A URL of two servers: whichever takes writes.
    pub fn url_of_both(&self, other: &Self) -> String {
        format!(
            "postgresql://{OWNER}@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
            self.port, other.port
        )
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn start(&self) {
        let mut start = program("pg_ctl");
        start.args(["start", "-w", "-t", "60", "-o", &format!("-p {} {OPTIONS}", self.port), "-D"]);
        start.arg(self.data()).arg("-l").arg(self.folder.join("log"));
        // the server keeps what it is given as output
        let started = start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(started.success(), "{log}");
    }

    pub fn stop(&self) {
        run(program("pg_ctl").args(["stop", "-w", "-m", "fast", "-D"]).arg(self.data()));
    }

    pub fn promote(&self) {
        run(program("pg_ctl").args(["promote", "-w", "-D"]).arg(self.data()));
    }

    /// A stopped primary, as a standby of nobody from its next start on.
    pub fn demote(&self) {
        let signal = self.data().join("standby.signal");
        fs::write(&signal, "").unwrap();
        if let Some(owner) = unprivileged() {
            run(Command::new("chown").arg(owner).arg(signal));
        }
    }

    /// All of it stops where it is: it closes nothing, takes connections, and says nothing.
    pub fn sleep(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub fn wake(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// The standby hears nothing more, as behind a broken network; the primary serves on.
    pub fn cut_standby_off(&self) {
        let pid = self.ask("SELECT pid FROM pg_stat_replication");
        kill(Pid::from_raw(pid.parse().expect("one standby")), Signal::SIGSTOP).unwrap();
    }

    fn signal(&self, signal: Signal) {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let Some(postmaster) = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok()) else {
            return;
        };
        // the parent first: it would start new children
        let _gone = kill(Pid::from_raw(postmaster), signal);
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        for child in children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()) {
            let _gone = kill(Pid::from_raw(child), signal);
        }
    }

    pub fn ask(&self, sql: &str) -> String {
        run(program("psql").args(["-X", "-A", "-t", "-q", "-c", sql, "-d", &self.url()]))
    }

    /// Whether a commit waits for the standby from now on.
    pub fn set_synchronous(&self, synchronous: bool) {
        let names = if synchronous { "*" } else { "" };
        self.ask(&format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"));
        self.ask("SELECT pg_reload_conf()");
        let state = if synchronous { "sync" } else { "async" };
        self.wait_for("SELECT string_agg(sync_state, ',') FROM pg_stat_replication", state);
    }

    /// Asleep until now, wound back to where another server's history parts from its own, and its standby from then on.
    pub fn follow(&self, primary: &Self) {
        self.wake();
        self.stop();
        // where the timelines part stands in the control file after the next checkpoint
        primary.ask("CHECKPOINT");
        let mut rewind = program("pg_rewind");
        rewind.arg("-D").arg(self.data()).args(["-R", "--no-sync"]);
        run(rewind.arg(format!("--source-server={}", primary.url())));
        self.start();
    }

    pub fn wait_for(&self, sql: &str, expected: &str) {
        let since = Instant::now();
        while self.ask(sql) != expected {
            assert!(since.elapsed() < Duration::from_secs(30), "{sql} is {}, not {expected}", self.ask(sql));
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
        drop(self.watchdog.stdin.take());
        let _ended = self.watchdog.wait();
        let _gone = fs::remove_dir_all(&self.folder);
    }
}
