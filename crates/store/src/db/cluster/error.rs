use std::io;
use std::path::{Path, PathBuf};

/// Why the private cluster could not be opened or closed; each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "PostgreSQL {least} or later is not installed (no initdb under /usr/lib/postgresql/*/bin or in PATH): \
         install it (Debian, Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`), \
         or set DATABASE_URL to a server that runs already"
    )]
    NotInstalled { least: u32 },

    #[error(
        "the cluster in {} was made by PostgreSQL {major}, which is not installed: \
         install it (Debian, Ubuntu: `apt-get install postgresql-{major}`) or upgrade the cluster with pg_upgrade",
        home.display()
    )]
    VersionNotInstalled { home: PathBuf, major: u32 },

    #[error(
        "PostgreSQL does not run as root and there is no OS user `postgres` or `nobody` to run it: create one, \
             start this program as an ordinary user, or set DATABASE_URL"
    )]
    NoAccount,

    #[error(
        "PostgreSQL does not run as root, and running it as OS user {account} was refused: \
             start this program as an ordinary user, or set DATABASE_URL"
    )]
    CannotBecome { account: String, source: io::Error },

    #[error(
        "OS user {account}, who runs the cluster, cannot reach {}: move that folder to a place it can reach \
         and leave a symbolic link to it, or let the user through with `chmod o+x` on the folders above",
        home.display()
    )]
    Unreachable { home: PathBuf, account: String },

    #[error(
        "OS user {account} can reach neither {} nor a folder under {tried}: choose another data folder \
         (--data or SUBSIDY_LEDGER_DATA), or set DATABASE_URL",
        data.display()
    )]
    Nowhere { data: PathBuf, account: String, tried: String },

    #[error(
        "the cluster in {} belongs to OS user {owner}: run this program as that user or as root, \
         or choose another data folder (--data or SUBSIDY_LEDGER_DATA)",
        home.display()
    )]
    OwnedByAnother { home: PathBuf, owner: String },

    #[error(
        "{} belongs to root and is not empty, and PostgreSQL does not run as root: \
         give it to an ordinary user (`chown -R postgres`), or choose another data folder",
        home.display()
    )]
    OwnedByRoot { home: PathBuf },

    #[error(
        "{} points to {}, which is not there: put that folder back, or remove the link to start with an empty ledger",
        link.display(), target.display()
    )]
    LinkBroken { link: PathBuf, target: PathBuf },

    #[error(
        "the server of {} is {state} and did not get any further in {waited_s} s: see {}, \
         close what is still connected to it, then try again",
        home.display(), log.display()
    )]
    Stuck { home: PathBuf, log: PathBuf, state: &'static str, waited_s: u64 },

    #[error("the cluster in {} is gone: put that folder back", home.display())]
    Gone { home: PathBuf },

    #[error("the server of {} came back with its socket elsewhere: start this program anew", home.display())]
    Moved { home: PathBuf },

    #[error("{tool} failed: {said}")]
    Tool { tool: &'static str, said: String },

    #[error("cannot {doing} {}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

impl ClusterError {
    /// For `map_err`: what was being done, to which file.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClusterError {
        move |source| ClusterError::Io { doing, path: path.to_owned(), source }
    }
}
