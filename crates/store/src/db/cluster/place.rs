//! Where a cluster lives: `postgres` in the data folder, or, when the server's user cannot reach that (root's own
//! home, a mount without owners), a folder elsewhere that a symbolic link `postgres` in the data folder points to.
//! The folder belongs to the server's user, mode 0700, and appears under its name only when it is usable.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown, lchown, symlink,
};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::account::{Account, user_name};
use super::{Binaries, ClusterError};

const NAME: &str = "postgres";
/// Opening and closing stand in line at it.
pub(super) const LOCK: &str = "lock";
/// Both outlive a reboot.
const ELSEWHERE: [&str; 2] = ["/var/lib/subsidy-ledger", "/var/tmp"];
/// A socket's path may have 107 bytes; its name takes `/.s.PGSQL.5432` of them.
const SOCKET_FOLDER_BYTES_MAX: usize = 89;

#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) home: PathBuf,
    pub(super) account: Account,
}

impl Place {
    pub(super) fn find_or_make(data: &Path) -> Result<Place, ClusterError> {
        fs::create_dir_all(data).map_err(ClusterError::io("create the data folder", data))?;
        let data = fs::canonicalize(data).map_err(ClusterError::io("open the data folder", data))?;
        let link = data.join(NAME);
        if fs::symlink_metadata(&link).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            make(&data, &link)?;
        }
        let place = Place::existing(&link)?;
        let binaries = Binaries::newest()?;
        if place.account.reaches(&place.home, &binaries)? {
            return Ok(place);
        }
        Err(ClusterError::Unreachable { account: place.account.name(), home: place.home })
    }

    fn existing(link: &Path) -> Result<Place, ClusterError> {
        let home = fs::canonicalize(link).map_err(|source| match fs::read_link(link) {
            Ok(target) if source.kind() == ErrorKind::NotFound => {
                ClusterError::LinkBroken { link: link.to_owned(), target }
            }
            _ => ClusterError::Io { doing: "open", path: link.to_owned(), source },
        })?;
        let meta = fs::metadata(&home).map_err(ClusterError::io("open", &home))?;
        if let Some(account) = Account::owning(meta.uid(), meta.gid()) {
            return Ok(Place { home, account });
        }
        if meta.uid() != 0 || !nix::unistd::geteuid().is_root() {
            return Err(ClusterError::OwnedByAnother { owner: user_name(meta.uid()), home });
        }
        // an empty volume that somebody mounted here; anything fuller is not ours to give away
        let mut entries = fs::read_dir(&home).map_err(ClusterError::io("read", &home))?;
        if entries.next().is_some() {
            return Err(ClusterError::OwnedByRoot { home });
        }
        let account = Account::for_new_cluster()?;
        give(&home, &account).map_err(ClusterError::io("hand over", &home))?;
        Ok(Place { home, account })
    }

    /// A lock file in the folder. It never follows a link: root works in a folder that belongs to somebody else.
    pub(super) fn lock_file(&self, name: &str) -> Result<File, ClusterError> {
        let path = self.home.join(name);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(&path)
            .map_err(ClusterError::io("open the lock file", &path))?;
        if self.account.changes() {
            fchown(&file, Some(self.account.uid), Some(self.account.gid))
                .map_err(ClusterError::io("hand over the lock file", &path))?;
        }
        Ok(file)
    }

    /// The folder of the socket, for a server about to start: 0700, for whoever reaches it is let in.
    pub(super) fn socket_folder(&self) -> Result<PathBuf, ClusterError> {
        let inside = self.home.join("socket");
        if is_plain(&inside) {
            return self.private_folder(inside);
        }
        let mut hasher = DefaultHasher::new();
        self.home.hash(&mut hasher);
        let short = PathBuf::from(format!("/tmp/subsidy-ledger-{:016x}", hasher.finish()));
        match self.private_folder(short) {
            // somebody else was there first: /tmp belongs to all
            Err(_) => self.private_folder(PathBuf::from(format!("/tmp/subsidy-ledger-{:016x}", random()))),
            folder => folder,
        }
    }

    fn private_folder(&self, path: PathBuf) -> Result<PathBuf, ClusterError> {
        match make_private(&path, &self.account) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(source) => {
                return Err(ClusterError::Io { doing: "create the socket folder", path, source });
            }
        }
        let meta = fs::symlink_metadata(&path).map_err(ClusterError::io("open the socket folder", &path))?;
        if meta.is_dir() && meta.uid() == self.account.uid && meta.permissions().mode() & 0o777 == 0o700 {
            return Ok(path);
        }
        Err(ClusterError::OwnedByAnother { owner: user_name(meta.uid()), home: path })
    }
}

/// Makes the folder under another name and moves it into place, so that of several at once one wins and none fails.
fn make(data: &Path, link: &Path) -> Result<(), ClusterError> {
    let binaries = Binaries::newest()?;
    let account = Account::for_new_cluster()?;
    let draft = data.join(format!(".{NAME}-{:016x}", random()));
    match make_private(&draft, &account) {
        Ok(()) if account.reaches(&draft, &binaries)? => {
            // an empty folder would be replaced by the next one that is moved there, under whoever uses it already
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(draft.join(LOCK))
                .map_err(ClusterError::io("create the lock file in", &draft))?;
            return settle(&draft, link, fs::rename(&draft, link));
        }
        Ok(()) => remove(&draft),
        Err(_) if account.changes() => remove(&draft),
        Err(source) => {
            return Err(ClusterError::Io { doing: "create", path: draft, source });
        }
    }
    for parent in ELSEWHERE.map(Path::new) {
        if DirBuilder::new().recursive(true).mode(0o755).create(parent).is_err() {
            continue;
        }
        let home = parent.join(format!("cluster-{:016x}", random()));
        if make_private(&home, &account).is_ok() && account.reaches(&home, &binaries)? {
            tracing::info!(home = %home.display(), data = %data.display(),
                "the server's user cannot reach the data folder: the cluster is kept elsewhere");
            return settle(&home, link, symlink(&home, link));
        }
        remove(&home);
    }
    Err(ClusterError::Nowhere {
        data: data.to_owned(),
        account: account.name(),
        tried: ELSEWHERE.join(" or "),
    })
}

/// When the name was taken in the meantime, that folder is the one to use and ours is dropped.
fn settle(ours: &Path, link: &Path, moved: io::Result<()>) -> Result<(), ClusterError> {
    let Err(source) = moved else { return Ok(()) };
    remove(ours);
    if fs::symlink_metadata(link).is_ok() {
        return Ok(());
    }
    Err(ClusterError::Io { doing: "create", path: link.to_owned(), source })
}

fn make_private(path: &Path, account: &Account) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    if account.changes() {
        lchown(path, Some(account.uid), Some(account.gid))?;
    }
    Ok(())
}

fn give(home: &Path, account: &Account) -> io::Result<()> {
    chown(home, Some(account.uid), Some(account.gid))?;
    fs::set_permissions(home, fs::Permissions::from_mode(0o700))
}

/// Only ever called on a folder of ours with nothing but a lock file; what cannot be removed is left.
fn remove(folder: &Path) {
    fs::remove_file(folder.join(LOCK)).ok();
    fs::remove_dir(folder).ok();
}

/// Short enough for a socket, and free of what a shell, a URL or PostgreSQL's list syntax would read.
fn is_plain(path: &Path) -> bool {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    path.to_str().is_some_and(|text| text.len() <= SOCKET_FOLDER_BYTES_MAX && text.bytes().all(harmless))
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
