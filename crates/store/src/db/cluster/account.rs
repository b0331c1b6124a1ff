//! The OS user that the server runs as: oneself, or for root somebody who is not.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User, geteuid};

use super::{Binaries, ClusterError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Root changes into the account for all that PostgreSQL's programs do.
    changes: bool,
}

impl Account {
    pub(super) fn for_new_cluster() -> Result<Account, ClusterError> {
        let me = geteuid();
        if !me.is_root() {
            return Ok(Account::myself());
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .filter(|user| !user.uid.is_root())
            .map(|user| Account { uid: user.uid.as_raw(), gid: user.gid.as_raw(), changes: true })
            .ok_or(ClusterError::NoAccount)
    }

    /// A cluster that exists is run by the user whose folder it is in; only root can do that for others.
    pub(super) fn owning(uid: u32, gid: u32) -> Option<Account> {
        let me = geteuid();
        if me.is_root() && uid != 0 {
            return Some(Account { uid, gid, changes: true });
        }
        (!me.is_root() && me.as_raw() == uid).then(Account::myself)
    }

    fn myself() -> Account {
        Account { uid: geteuid().as_raw(), gid: nix::unistd::getegid().as_raw(), changes: false }
    }

    pub(super) fn changes(&self) -> bool {
        self.changes
    }

    pub(super) fn name(&self) -> String {
        user_name(self.uid)
    }

    /// A command of this user in `folder`, without the caller's environment (its `PG…` variables would steer the
    /// server, its secrets are none of the server's business), out of reach of the terminal's Ctrl-C.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
        command.process_group(0).stdin(Stdio::null());
        if self.changes {
            command.gid(self.gid).uid(self.uid);
        }
        command
    }

    /// Whether this user can work in `folder`: asked of the kernel, since modes alone know nothing of ACLs and mounts.
    pub(super) fn reaches(&self, folder: &Path, binaries: &Binaries) -> Result<bool, ClusterError> {
        if !self.changes {
            return Ok(true);
        }
        self.runs_in(Path::new("/"), binaries)
            .map_err(|source| ClusterError::CannotBecome { account: self.name(), source })?;
        Ok(self.runs_in(folder, binaries).is_ok())
    }

    fn runs_in(&self, folder: &Path, binaries: &Binaries) -> io::Result<()> {
        let output = self.command(&binaries.program("pg_ctl"), folder).arg("--version").output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

pub(super) fn user_name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}
