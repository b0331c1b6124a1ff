//! The private cluster, on real servers in throw-away data folders.

use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use subsidy_store::db::cluster::{Cluster, ClusterError, DATABASE, SUPERUSER};

/// A data folder that goes with the test, and the cluster's own folder if that is elsewhere.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("subsidy-ledger-cluster-{}", uuid::Uuid::now_v7()));
        DirBuilder::new().mode(0o755).create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Folder(path)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn home(&self) -> PathBuf {
        fs::canonicalize(self.data().join("postgres")).unwrap()
    }

    fn server_pid(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.home().join("pgdata/postmaster.pid")).ok()?;
        Some(Pid::from_raw(text.lines().next()?.parse().unwrap()))
    }

    fn kill_server(&self) {
        let pid = self.server_pid().unwrap();
        kill(pid, Signal::SIGKILL).unwrap();
        assert!(goes(pid));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Ok(home) = fs::canonicalize(self.data().join("postgres")) {
            fs::remove_dir_all(home).ok();
        }
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A zombie, whom nobody reaps in some containers, is not running: its command line is empty.
fn is_running(pid: Pid) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

/// Whether a server that was stopped is gone: it takes its pid file away shortly before it ends.
fn goes(pid: Pid) -> bool {
    let since = Instant::now();
    while is_running(pid) && since.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(20));
    }
    !is_running(pid)
}

#[tokio::main(flavor = "current_thread")]
async fn ask(url: &str, sql: &str) -> Result<String, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let rows = client.simple_query(sql).await?;
    let first = rows.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(first.unwrap_or_default())
}

fn setting(cluster: &Cluster, name: &str) -> String {
    ask(&cluster.url(SUPERUSER, DATABASE), &format!("SHOW {name}")).unwrap()
}

#[test]
fn the_first_open_makes_the_database_and_the_last_close_stops_the_server() {
    let folder = Folder::new();
    let first = Cluster::open(&folder.data()).unwrap();
    let url = first.url(SUPERUSER, DATABASE);
    let pid = folder.server_pid().unwrap();
    assert_eq!(ask(&url, "SELECT current_database()").unwrap(), "subsidy");
    assert_eq!(setting(&first, "server_encoding"), "UTF8");
    assert_eq!(setting(&first, "data_checksums"), "on");
    assert_eq!(setting(&first, "listen_addresses"), "");
    assert_eq!(setting(&first, "max_connections"), "400");

    let second = Cluster::open(&folder.data()).unwrap();
    assert_eq!(folder.server_pid(), Some(pid), "the second user adopts the server");
    assert_eq!(second.socket_dir(), first.socket_dir());

    first.close().unwrap();
    assert_eq!(ask(&url, "SELECT 1").unwrap(), "1", "the second user still has it");
    second.close().unwrap();
    assert!(ask(&url, "SELECT 1").is_err(), "nobody is left");
    assert_eq!(folder.server_pid(), None);
    assert!(goes(pid));
}

#[test]
fn the_log_of_a_server_that_runs_is_set_aside_when_it_has_grown_long() {
    let folder = Folder::new();
    let cluster = Cluster::open(&folder.data()).unwrap();
    let log = folder.home().join("server.log");
    let length = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len());
    cluster.keeper().turn_log().unwrap();
    assert!(length(&log) > 0, "a short one stays");
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    std::io::Write::write_all(&mut file, &vec![b'.'; 17 << 20]).unwrap();
    cluster.keeper().turn_log().unwrap();
    assert_eq!(length(&log), 0);
    assert!(length(&log.with_extension("log.old")) > 17 << 20);
    // the server goes on at its beginning
    ask(&cluster.url(SUPERUSER, DATABASE), "SELECT nothing").unwrap_err();
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.len() < 1_000 && text.contains("nothing"), "{text}");
    cluster.close().unwrap();
}

#[test]
fn what_was_written_is_there_after_a_stop() {
    let folder = Folder::new();
    let cluster = Cluster::open(&folder.data()).unwrap();
    ask(&cluster.url(SUPERUSER, DATABASE), "CREATE TABLE kept AS SELECT 42 AS n").unwrap();
    cluster.close().unwrap();
    let cluster = Cluster::open(&folder.data()).unwrap();
    assert_eq!(ask(&cluster.url(SUPERUSER, DATABASE), "SELECT n FROM kept").unwrap(), "42");
    cluster.close().unwrap();
}

#[test]
fn many_that_open_a_new_folder_at_once_share_one_server() {
    let folder = Folder::new();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let data = folder.data();
            thread::spawn(move || {
                let cluster = Cluster::open(&data).unwrap();
                let answer =
                    ask(&cluster.url(SUPERUSER, DATABASE), "SELECT pg_postmaster_start_time()").unwrap();
                (cluster, answer)
            })
        })
        .collect();
    let opened: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let (_, started) = opened.first().unwrap();
    assert!(opened.iter().all(|(_, answer)| answer == started));
    for (cluster, _) in opened {
        cluster.close().unwrap();
    }
    assert_eq!(folder.server_pid(), None);
}

#[test]
fn a_server_killed_under_its_user_is_started_again_by_the_next() {
    let folder = Folder::new();
    let crashed = Cluster::open(&folder.data()).unwrap();
    ask(&crashed.url(SUPERUSER, DATABASE), "CREATE TABLE kept AS SELECT 42 AS n").unwrap();
    folder.kill_server();
    let cluster = Cluster::open(&folder.data()).unwrap();
    assert_eq!(ask(&cluster.url(SUPERUSER, DATABASE), "SELECT n FROM kept").unwrap(), "42");
    cluster.close().unwrap();
    assert!(folder.server_pid().is_some(), "the first user has not left yet");
    crashed.close().unwrap();
    assert_eq!(folder.server_pid(), None);
}

#[test]
fn a_process_id_that_now_belongs_to_a_stranger_does_not_keep_the_server_from_starting() {
    let folder = Folder::new();
    let crashed = Cluster::open(&folder.data()).unwrap();
    folder.kill_server();
    let path = folder.home().join("pgdata/postmaster.pid");
    let text = fs::read_to_string(&path).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    fs::write(&path, format!("{}\n{rest}", std::process::id())).unwrap();
    let cluster = Cluster::open(&folder.data()).unwrap();
    assert_eq!(ask(&cluster.url(SUPERUSER, DATABASE), "SELECT 1").unwrap(), "1");
    crashed.close().unwrap();
    cluster.close().unwrap();
}

#[test]
fn a_server_that_a_killed_user_left_running_is_adopted_and_then_stopped() {
    let folder = Folder::new();
    let mut user = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cluster::a_user_of_the_cluster_until_killed", "--ignored", "--nocapture"])
        .env("CLUSTER_TEST_DATA", folder.data())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(user.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("opened")));
    user.kill().unwrap();
    user.wait().unwrap();

    let pid = folder.server_pid().unwrap();
    assert!(is_running(pid));
    let cluster = Cluster::open(&folder.data()).unwrap();
    assert_eq!(folder.server_pid(), Some(pid));
    cluster.close().unwrap();
    assert!(goes(pid));
}

#[test]
#[ignore = "the other process of the test above"]
#[allow(clippy::print_stdout, reason = "how the processes talk")]
fn a_user_of_the_cluster_until_killed() {
    let Some(data) = std::env::var_os("CLUSTER_TEST_DATA") else {
        return;
    };
    let _cluster = Cluster::open(Path::new(&data)).unwrap();
    println!("opened");
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_cluster_that_was_not_finished_is_made_anew() {
    let folder = Folder::new();
    Cluster::open(&folder.data()).unwrap().close().unwrap();
    fs::rename(folder.home().join("pgdata"), folder.home().join("pgdata.new")).unwrap();
    fs::remove_file(folder.home().join("pgdata.new/PG_VERSION")).unwrap();
    let cluster = Cluster::open(&folder.data()).unwrap();
    assert_eq!(ask(&cluster.url(SUPERUSER, DATABASE), "SELECT 1").unwrap(), "1");
    assert!(!folder.home().join("pgdata.new").exists());
    cluster.close().unwrap();
}

#[test]
fn a_path_too_long_or_too_odd_for_a_socket_gets_a_short_one_elsewhere() {
    let folder = Folder::new();
    let data = folder.0.join("it's a, %20 \"path\"; $HOME/总账/").join("x".repeat(100)).join("data");
    let cluster = Cluster::open(&data).unwrap();
    let socket_dir = cluster.socket_dir().to_owned();
    assert!(socket_dir.as_os_str().len() < 90, "{}", socket_dir.display());
    assert_eq!(fs::metadata(&socket_dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(ask(&cluster.url(SUPERUSER, DATABASE), "SELECT 1").unwrap(), "1");
    let second = Cluster::open(&data).unwrap();
    assert_eq!(second.socket_dir(), socket_dir);
    second.close().unwrap();

    fs::rename(socket_dir.join(".s.PGSQL.5432"), socket_dir.join("swept")).unwrap();
    fs::remove_file(socket_dir.join("swept")).unwrap();
    let third = Cluster::open(&data).unwrap();
    assert_eq!(
        ask(&third.url(SUPERUSER, DATABASE), "SELECT 1").unwrap(),
        "1",
        "a swept socket is made again"
    );
    third.close().unwrap();
    cluster.close().unwrap();
    assert!(!socket_dir.exists());
}

#[test]
fn a_folder_that_the_servers_user_cannot_reach_keeps_its_cluster_elsewhere() {
    if !geteuid().is_root() {
        return; // an ordinary user runs the server as oneself, who reaches everything it needs
    }
    let folder = Folder::new();
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = Cluster::open(&folder.data()).unwrap();
    let link = fs::read_link(folder.data().join("postgres")).unwrap();
    assert!(!link.starts_with(&folder.0));
    assert_eq!(ask(&cluster.url(SUPERUSER, DATABASE), "SELECT 1").unwrap(), "1");
    let second = Cluster::open(&folder.data()).unwrap();
    assert_eq!(second.socket_dir(), cluster.socket_dir());
    second.close().unwrap();
    cluster.close().unwrap();

    fs::remove_dir_all(&link).unwrap();
    let error = Cluster::open(&folder.data()).unwrap_err();
    assert!(matches!(error, ClusterError::LinkBroken { .. }), "{error}");
}

#[test]
fn a_folder_full_of_roots_files_is_left_alone() {
    if !geteuid().is_root() {
        return;
    }
    let folder = Folder::new();
    fs::create_dir_all(folder.data().join("postgres/precious")).unwrap();
    let error = Cluster::open(&folder.data()).unwrap_err();
    assert!(matches!(error, ClusterError::OwnedByRoot { .. }), "{error}");
}

#[test]
fn names_in_the_url_are_encoded() {
    let folder = Folder::new();
    let cluster = Cluster::open(&folder.data()).unwrap();
    let url = cluster.url("a user@home", "a/b?c");
    assert!(url.starts_with("postgresql://a%20user%40home@/a%2Fb%3Fc?host=/"), "{url}");
    cluster.close().unwrap();
}
