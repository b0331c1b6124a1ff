//! A real PgBouncer before the throw-away cluster.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::identity_provider::free_port;
use super::service::fresh_folder;
use super::tools::not_checked;
use super::{TestDatabase, unprivileged, unprivileged_command};

pub struct Pooler {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Pooler {
    /// In this mode, with these settings beside. None where this machine has no PgBouncer, which is said.
    pub fn start(mode: &str, more: &str) -> Option<Self> {
        if Command::new("pgbouncer").arg("--version").output().is_err() {
            not_checked("pgbouncer", "apt-get install pgbouncer");
            return None;
        }
        let cluster = super::cluster_url();
        let place =
            cluster.split_once('?').expect("the cluster listens on a unix socket").1.replace('&', " ");
        let (folder, port) = (fresh_folder(), free_port());
        let users = folder.join("users");
        std::fs::write(&users, "\"subsidy_owner\" \"\"\n\"subsidy_app\" \"\"\n").expect("a file");
        let settings = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = {place}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\n{more}\n",
            users.display()
        );
        std::fs::write(&settings, text).expect("a file");
        if let Some(owner) = unprivileged() {
            let done = Command::new("chown").args(["-R", owner]).arg(&folder).status();
            assert!(done.expect("chown runs").success());
        }
        let mut command = unprivileged_command("pgbouncer");
        command.arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let pooler = Self { child: command.spawn().expect("it runs"), folder, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "PgBouncer does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(pooler)
    }

    /// The same database through it.
    pub fn url(&self, database: &TestDatabase, role: &str) -> String {
        format!("postgresql://{role}@127.0.0.1:{}/{}?sslmode=disable", self.port, database.name())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.child.kill().expect("a signal");
        self.child.wait().expect("an end");
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}
