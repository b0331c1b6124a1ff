//! The server of one cluster: made, looked at, started, stopped. All of it under the cluster's lock.
//!
//! The programs get the lock file as their standard input: should this process be killed, the lock stays taken until
//! they are through, so nobody works beside an orphan. The server itself has /dev/null there.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;

use super::place::Place;
use super::{Binaries, ClusterError, DATABASE, PORT, SUPERUSER};

/// Relative to the cluster's folder, where the programs work: pg_ctl hands them to a shell, which would read a path.
const PGDATA: &str = "pgdata";
const DRAFT: &str = "pgdata.new";
const LOG: &str = "server.log";
const START_S_MAX: u64 = 300; // recovery after a crash reads the whole log since the last checkpoint
const STOP_S_MAX: u64 = 60;
const WAIT_S_MAX: u64 = 60;
const ORPHANS_S_MAX: u64 = 20;
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
const POLL: Duration = Duration::from_millis(50);
/// Above any process id that Linux gives.
const NOBODYS_PID: &str = "2147483647";

#[derive(Debug)]
pub(super) struct Server<'a> {
    place: &'a Place,
    lock: &'a File,
    binaries: Binaries,
    pgdata: PathBuf,
    log: PathBuf,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Stopped,
    Starting,
    Ready { socket_folder: PathBuf },
    Stopping,
}

impl<'a> Server<'a> {
    /// The server of the cluster in `place`, which is made when there is none.
    pub(super) fn find_or_make(place: &'a Place, lock: &'a File) -> Result<Server<'a>, ClusterError> {
        if let Some(server) = Server::find(place, lock)? {
            return Ok(server);
        }
        let server = Server::new(place, lock, Binaries::newest()?);
        server.make()?;
        Ok(server)
    }

    pub(super) fn find(place: &'a Place, lock: &'a File) -> Result<Option<Server<'a>>, ClusterError> {
        let Some(major) = major_in(&place.home.join(PGDATA))? else {
            return Ok(None);
        };
        let binaries = Binaries::of_major(major, &place.home)?;
        Ok(Some(Server::new(place, lock, binaries)))
    }

    fn new(place: &'a Place, lock: &'a File, binaries: Binaries) -> Server<'a> {
        Server { place, lock, binaries, pgdata: place.home.join(PGDATA), log: place.home.join(LOG) }
    }

    /// Makes the cluster and its database under another name first: it appears whole or not at all.
    fn make(&self) -> Result<(), ClusterError> {
        let draft = self.place.home.join(DRAFT);
        match fs::remove_dir_all(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(ClusterError::Io { doing: "remove the unfinished", path: draft, source: error });
            }
            _ => {}
        }
        let mut initdb = self.program("initdb")?;
        initdb.args(["-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]);
        initdb.args(["--data-checksums", &format!("--username={SUPERUSER}"), "-D", DRAFT]);
        initdb.args(is_unsynced().then_some("--no-sync"));
        run("initdb", &mut initdb)?;
        self.create_database()?;
        fs::rename(&draft, &self.pgdata).map_err(ClusterError::io("rename to pgdata", &draft))?;
        File::open(&self.place.home)
            .and_then(|home| home.sync_all())
            .map_err(ClusterError::io("sync", &self.place.home))
    }

    /// In single-user mode, before anybody can connect.
    fn create_database(&self) -> Result<(), ClusterError> {
        let failed = ClusterError::io("run postgres --single in", &self.place.home);
        let mut single = self.place.account.command(&self.binaries.program("postgres"), &self.place.home);
        single.args(["--single", "-D", DRAFT, "-c", "exit_on_error=on", "-c", fsync_setting(), "postgres"]);
        single.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = single.spawn().and_then(|mut child| {
            if let Some(mut stdin) = child.stdin.take() {
                writeln!(stdin, "CREATE DATABASE {DATABASE}")?;
            }
            child.wait_with_output()
        });
        judge("postgres --single", &output.map_err(failed)?)
    }

    /// Starts the server, or adopts the one that runs; gives the folder of its socket.
    pub(super) fn ensure_started(&self) -> Result<PathBuf, ClusterError> {
        let since = Instant::now();
        loop {
            let state = self.state()?;
            match &state {
                State::Ready { socket_folder } if answers(socket_folder) => return Ok(socket_folder.clone()),
                // its socket was swept away: nobody can reach it any more
                State::Ready { .. } => self.stop()?,
                State::Stopped => self.start()?,
                State::Starting | State::Stopping => {}
            }
            if since.elapsed().as_secs() >= WAIT_S_MAX {
                return Err(self.stuck(&state));
            }
            sleep(POLL);
        }
    }

    fn start(&self) -> Result<(), ClusterError> {
        turn_log(self.place)?;
        let socket_folder = self.place.socket_folder()?;
        // a dead server's claim on the socket, which the next one would believe for as long as the process id is taken
        fs::remove_file(socket_folder.join(format!(".s.PGSQL.{PORT}.lock"))).ok();
        let options = format!(
            "-c listen_addresses= -c port={PORT} -c {} -c unix_socket_permissions=0700 -c max_connections=400 -c {} \
             -c timezone=UTC -c log_timezone=UTC -c cluster_name=subsidy-ledger",
            socket_setting(&socket_folder.to_string_lossy()),
            fsync_setting(),
        );
        let since = Instant::now();
        loop {
            let log_before = fs::metadata(&self.log).map_or(0, |meta| meta.len());
            let mut pg_ctl = self.program("pg_ctl")?;
            pg_ctl.args(["start", "-w", "-t", &START_S_MAX.to_string(), "-o", &options]);
            let Err(error) = run("pg_ctl start", pg_ctl.args(["-D", PGDATA, "-l", LOG])) else {
                return Ok(());
            };
            let logged = self.log_since(log_before);
            // after a crash the dead server's last children may still be at work for a moment
            if logged.contains("pre-existing shared memory block")
                && since.elapsed().as_secs() < ORPHANS_S_MAX
            {
                sleep(Duration::from_millis(500));
                continue;
            }
            let said = format!("{error}\n{}:\n{logged}", self.log.display());
            return Err(ClusterError::Tool { tool: "pg_ctl start", said });
        }
    }

    /// Stops the server, if one runs.
    pub(super) fn stop(&self) -> Result<(), ClusterError> {
        let state = self.state()?;
        if state == State::Stopped {
            return Ok(());
        }
        let mut pg_ctl = self.program("pg_ctl")?;
        pg_ctl.args(["stop", "-m", "fast", "-w", "-t", &STOP_S_MAX.to_string(), "-D", PGDATA]);
        run("pg_ctl stop", &mut pg_ctl)?;
        if let State::Ready { socket_folder } = state
            && !socket_folder.starts_with(&self.place.home)
        {
            fs::remove_dir(&socket_folder).ok();
        }
        Ok(())
    }

    /// What `postmaster.pid` says, when the process it names really is this cluster's server.
    fn state(&self) -> Result<State, ClusterError> {
        let path = self.pgdata.join("postmaster.pid");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Stopped),
            Err(source) => {
                return Err(ClusterError::Io { doing: "read", path, source });
            }
        };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let Some(pid) = lines.first().and_then(|line| line.parse::<u32>().ok()) else {
            // the machine died before anything was written; under the lock nobody is writing it now
            fs::remove_file(&path).map_err(ClusterError::io("remove the empty", &path))?;
            return Ok(State::Stopped);
        };
        let socket_folder = lines.get(4).copied().unwrap_or_default();
        if !is_server(&self.pgdata, pid, socket_folder) {
            self.disown(&path, &text)?;
            return Ok(State::Stopped);
        }
        Ok(match lines.get(7) {
            Some(&"ready") => State::Ready { socket_folder: PathBuf::from(socket_folder) },
            Some(&"stopping") => State::Stopping,
            _ => State::Starting,
        })
    }

    /// The server refuses to start while the id in the file is alive, whoever has it. The file stays, for the rest of it
    /// tells the server which shared memory must be free first.
    fn disown(&self, path: &Path, text: &str) -> Result<(), ClusterError> {
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        OpenOptions::new()
            .write(true)
            .truncate(true)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(path)
            .and_then(|mut file| file.write_all(format!("{NOBODYS_PID}\n{rest}").as_bytes()))
            .map_err(ClusterError::io("rewrite the stale", path))
    }

    fn program(&self, name: &str) -> Result<Command, ClusterError> {
        let held =
            self.lock.try_clone().map_err(ClusterError::io("hand on the lock of", &self.place.home))?;
        let mut command = self.place.account.command(&self.binaries.program(name), &self.place.home);
        command.stdin(held);
        Ok(command)
    }

    fn log_since(&self, start: u64) -> String {
        let mut text = Vec::new();
        let read = File::open(&self.log).and_then(|mut log| {
            log.seek(SeekFrom::Start(start))?;
            log.take(8 * 1024).read_to_end(&mut text)
        });
        match read {
            Ok(_) => String::from_utf8_lossy(&text).trim_end().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn stuck(&self, state: &State) -> ClusterError {
        let state = match state {
            State::Stopped => "stopped",
            State::Starting => "starting",
            State::Ready { .. } => "running without a socket",
            State::Stopping => "shutting down",
        };
        let (home, log) = (self.place.home.clone(), self.log.clone());
        ClusterError::Stuck { home, log, state, waited_s: WAIT_S_MAX }
    }
}

/// Sets the log aside when it has grown long. A server that runs has it open and writes at its end, wherever that is: it is
/// copied and emptied. What is written between the two is lost, a line perhaps in months.
pub(super) fn turn_log(place: &Place) -> Result<(), ClusterError> {
    let log = place.home.join(LOG);
    if fs::metadata(&log).is_ok_and(|meta| meta.len() > LOG_BYTES_MAX) {
        let emptied = fs::copy(&log, log.with_extension("log.old"))
            .and_then(|_| OpenOptions::new().write(true).truncate(true).open(&log));
        emptied.map_err(ClusterError::io("set aside", &log))?;
    }
    Ok(())
}

/// Whether the server's process is there: a look without the lock, which touches nothing.
pub(super) fn is_alive(place: &Place) -> bool {
    let pgdata = place.home.join(PGDATA);
    let Ok(text) = fs::read_to_string(pgdata.join("postmaster.pid")) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pid = lines.first().and_then(|line| line.parse::<u32>().ok());
    pid.is_some_and(|pid| is_server(&pgdata, pid, lines.get(4).copied().unwrap_or_default()))
}

/// The id alone proves nothing: after a restart it may be anybody's, and a dead server that nobody reaped keeps it.
/// The working folder says it; where that may not be read, the socket's folder on the command line does.
fn is_server(pgdata: &Path, pid: u32, socket_folder: &str) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    if let Ok(folder) = fs::read_link(process.join("cwd")) {
        return folder == pgdata;
    }
    let wanted = socket_setting(socket_folder);
    let arguments = fs::read(process.join("cmdline")).unwrap_or_default();
    arguments.split(|byte| *byte == 0).any(|argument| argument == wanted.as_bytes())
}

fn major_in(pgdata: &Path) -> Result<Option<u32>, ClusterError> {
    let path = pgdata.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ClusterError::Io { doing: "read", path, source }),
    }
}

fn answers(socket_folder: &Path) -> bool {
    UnixStream::connect(socket_folder.join(format!(".s.PGSQL.{PORT}"))).is_ok()
}

/// For tests, where a run's data is thrown away: ten times as quick, and lost when the machine stops.
fn is_unsynced() -> bool {
    std::env::var_os("SUBSIDY_LEDGER_TEST_FSYNC").is_some_and(|value| value == "off")
}

fn socket_setting(folder: &str) -> String {
    format!("unix_socket_directories={folder}")
}

fn fsync_setting() -> &'static str {
    if is_unsynced() { "fsync=off" } else { "fsync=on" }
}

fn run(tool: &'static str, command: &mut Command) -> Result<(), ClusterError> {
    let output = command.output().map_err(ClusterError::io("run", Path::new(command.get_program())));
    judge(tool, &output?)
}

fn judge(tool: &'static str, output: &std::process::Output) -> Result<(), ClusterError> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(ClusterError::Tool { tool, said: format!("{} ({said})", output.status) })
}
