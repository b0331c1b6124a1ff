//! The service's own keys, in a folder outside the database: `<data>/keys`.
//!
//! - `token.pem`: Ed25519, PKCS#8 PEM (RFC 8410), signs bearer tokens;
//! - `account.key`: 32 random bytes in base64, from which the keys for bank account numbers are derived;
//! - `log/<agency>.key`: an Ed25519 seed in base64, signs the checkpoints of that agency's log.
//!
//! Folders are 0700 and files 0600; looser ones are refused. A file appears whole or not at all, and of
//! several processes that start at once one makes the key and all use it. What root makes belongs to whoever owns the
//! folder around it, for the service that runs as that user must read it. Secrets are wiped on drop and never printed.
//!
//! A key that is made anew where another one was in use loses what that one sealed and ends what it signed: only whoever
//! begins a ledger makes keys ([`Keys::open_or_make`]), everybody else finds them ([`Keys::open`]).

pub mod accounts;
pub mod keyed;

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use jsonwebtoken::EncodingKey;
use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use subsidy_core::domain::agency_code::AgencyCode;

/// Most bytes in a key file.
pub const KEY_FILE_BYTES_MAX: u64 = 4_096;

/// Why a key cannot be had. Paths are named, contents never.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot use {path}")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Others than the owner may read the file or enter the folder.
    #[error("{path} has mode {mode:o}, others than its owner must have no access to it (chmod go= {path})")]
    Permissions { path: PathBuf, mode: u32 },
    /// The file is not there, and is not to be made.
    #[error(
        "{path} is missing: put it back from the backup of the keys, or say --data if they are elsewhere"
    )]
    Missing { path: PathBuf },
    #[error("{path} does not hold a key of its kind")]
    Malformed { path: PathBuf },
}

/// 32 secret bytes.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Takes over 32 bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// 32 bytes of the operating system's randomness.
    #[must_use]
    pub fn random() -> Secret {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(bytes.as_mut_slice());
        Secret(bytes)
    }

    /// The bytes, for the one use that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn to_file(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}\n", *Zeroizing::new(STANDARD.encode(self.0.as_slice()))))
    }

    fn from_file(content: &[u8]) -> Option<Secret> {
        let decoded = Zeroizing::new(STANDARD.decode(content.trim_ascii()).ok()?);
        Some(Secret::new(<[u8; 32]>::try_from(decoded.as_slice()).ok()?))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// The Ed25519 key that signs the service's own tokens.
pub struct TokenKey {
    key: SigningKey,
    kid: String,
}

impl TokenKey {
    #[must_use]
    pub fn from_seed(seed: &Secret) -> TokenKey {
        TokenKey::new(SigningKey::from_bytes(seed.expose()))
    }

    fn new(key: SigningKey) -> TokenKey {
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        TokenKey { kid: URL_SAFE_NO_PAD.encode(Sha256::digest(members)), key }
    }

    /// The key's id: its thumbprint (RFC 7638, RFC 8037).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The private key as a JWT library takes it; none if it cannot be encoded, which no Ed25519 key is known
    /// for.
    #[must_use]
    pub fn encoding_key(&self) -> Option<EncodingKey> {
        let document = self.pkcs8().to_pkcs8_der().ok()?;
        Some(EncodingKey::from_ed_der(document.as_bytes()))
    }

    /// PKCS#8 version 1, without the public key: what `openssl` writes and reads.
    fn pkcs8(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.key.to_bytes(), public_key: None }
    }

    fn to_file(&self) -> Option<Zeroizing<String>> {
        self.pkcs8().to_pkcs8_pem(LineEnding::LF).ok()
    }

    fn from_file(content: &[u8]) -> Option<TokenKey> {
        let pem = std::str::from_utf8(content).ok()?;
        SigningKey::from_pkcs8_pem(pem).ok().map(TokenKey::new)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The opened folder of keys. Its functions block on small files: call them at start-up or off the event
/// loop.
#[derive(Debug)]
pub struct Keys {
    dir: PathBuf,
    token: TokenKey,
    account: Secret,
}

impl Keys {
    /// Opens the folder `dir` itself (usually `<data>/keys`). Makes nothing.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn open(dir: &Path) -> Result<Keys, KeyError> {
        for folder in [dir.to_owned(), dir.join("log")] {
            match fs::metadata(&folder) {
                Ok(metadata) => owner_only(&folder, &metadata)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound && folder != dir => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(KeyError::Missing { path: folder });
                }
                Err(source) => return Err(io_error(&folder, source)),
            }
        }
        let missing = |path: PathBuf| KeyError::Missing { path };
        let (token, account) = (dir.join("token.pem"), dir.join("account.key"));
        Ok(Keys {
            dir: dir.to_owned(),
            token: read(&token, TokenKey::from_file)?.ok_or_else(|| missing(token))?,
            account: read(&account, Secret::from_file)?.ok_or_else(|| missing(account))?,
        })
    }

    /// Opens the folder `dir` itself and makes it and the service's keys where they are missing: for whoever begins a
    /// ledger where there is none.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn open_or_make(dir: &Path) -> Result<Keys, KeyError> {
        if let Some(parent) = dir.parent() {
            fs::create_dir_all(parent).map_err(|source| io_error(parent, source))?;
        }
        ensure_folder(dir)?;
        ensure_folder(&dir.join("log"))?;
        let token = Keys::token_key_in(dir)?;
        let account =
            open_or_create(&dir.join("account.key"), Secret::from_file, || Some(Secret::random().to_file()))?;
        Ok(Keys { dir: dir.to_owned(), token, account })
    }

    /// The key that signs tokens, made where it is missing. A new one ends the tokens of the one before and loses nothing
    /// else.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn token_key_in(dir: &Path) -> Result<TokenKey, KeyError> {
        open_or_create(&dir.join("token.pem"), TokenKey::from_file, || {
            TokenKey::from_seed(&Secret::random()).to_file()
        })
    }

    /// The key that signs the service's own tokens.
    #[must_use]
    pub fn token_key(&self) -> &TokenKey {
        &self.token
    }

    /// The secret from which the keys for bank account numbers are derived.
    #[must_use]
    pub fn account_key(&self) -> &Secret {
        &self.account
    }

    /// The Ed25519 seed of an agency's log, or none if the agency has no key here.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn log_key(&self, agency: &AgencyCode) -> Result<Option<Secret>, KeyError> {
        read(&self.log_path(agency), Secret::from_file)
    }

    /// Makes the Ed25519 seed of an agency's log; one that is there already stays and is returned.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn create_log_key(&self, agency: &AgencyCode) -> Result<Secret, KeyError> {
        open_or_create(&self.log_path(agency), Secret::from_file, || Some(Secret::random().to_file()))
    }

    /// Where the secret of account numbers is kept.
    #[must_use]
    pub fn account_path(&self) -> PathBuf {
        self.dir.join("account.key")
    }

    /// Where the seed of an agency's log is kept.
    #[must_use]
    pub fn log_path(&self, agency: &AgencyCode) -> PathBuf {
        self.dir.join("log").join(format!("{agency}.key"))
    }
}

fn io_error(path: &Path, source: io::Error) -> KeyError {
    KeyError::Io { path: path.to_owned(), source }
}

fn malformed(path: &Path) -> KeyError {
    KeyError::Malformed { path: path.to_owned() }
}

/// Makes a folder that its owner alone may enter, unless it is there and is one.
///
/// # Errors
/// [`KeyError`], naming the folder.
pub fn ensure_folder(path: &Path) -> Result<(), KeyError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(io_error(path, error)),
        made => {
            if made.is_ok() {
                hand_over(path, None).map_err(|source| io_error(path, source))?;
            }
            let metadata = fs::metadata(path).map_err(|source| io_error(path, source))?;
            if !metadata.is_dir() {
                return Err(io_error(path, io::ErrorKind::NotADirectory.into()));
            }
            owner_only(path, &metadata)
        }
    }
}

fn owner_only(path: &Path, metadata: &fs::Metadata) -> Result<(), KeyError> {
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyError::Permissions { path: path.to_owned(), mode }) }
}

/// Reads a key, or makes it and reads what is there then: possibly what another process made meanwhile.
fn open_or_create<T>(
    path: &Path,
    parse: fn(&[u8]) -> Option<T>,
    make: impl FnOnce() -> Option<Zeroizing<String>>,
) -> Result<T, KeyError> {
    if let Some(key) = read(path, parse)? {
        return Ok(key);
    }
    let content = make().ok_or_else(|| malformed(path))?;
    create_once(path, content.as_bytes()).map_err(|source| io_error(path, source))?;
    read(path, parse)?.ok_or_else(|| io_error(path, io::ErrorKind::NotFound.into()))
}

fn read<T>(path: &Path, parse: fn(&[u8]) -> Option<T>) -> Result<Option<T>, KeyError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, error)),
    };
    let metadata = file.metadata().map_err(|source| io_error(path, source))?;
    owner_only(path, &metadata)?;
    if !metadata.is_file() || metadata.len() > KEY_FILE_BYTES_MAX {
        return Err(malformed(path));
    }
    let mut content = Zeroizing::new(Vec::with_capacity(8_192));
    file.take(KEY_FILE_BYTES_MAX).read_to_end(&mut content).map_err(|source| io_error(path, source))?;
    parse(&content).map(Some).ok_or_else(|| malformed(path))
}

/// Puts a whole file at `path` unless there is one. A link, unlike a rename, never replaces what another
/// process put there first.
fn create_once(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{:016x}", OsRng.next_u64()));
    let linked = write_new(&temporary, content).and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&temporary);
    linked?;
    removed?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Gives what root made to whoever owns the folder around it.
fn hand_over(path: &Path, file: Option<&File>) -> io::Result<()> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let around =
        fs::metadata(path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")))?;
    let (uid, gid) = (Some(around.uid()), Some(around.gid()));
    match file {
        Some(file) => fchown(file, uid, gid),
        None => chown(path, uid, gid),
    }
}

/// Puts a whole file at `path` in place of the one that is there, readable by its folder's owner alone.
///
/// # Errors
/// The file system refused.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{:016x}", OsRng.next_u64()));
    write_new(&temporary, content).and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        fs::remove_file(&temporary).ok();
    })
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    hand_over(path, Some(&file))?;
    file.write_all(content)?;
    file.sync_all()
}

/// Throw-away folders for the tests of this room.
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::Barrier;

    use super::*;
    use tempfile::TempDir;

    fn agency() -> AgencyCode {
        AgencyCode::parse("shanghai").unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_first_start_makes_the_keys_and_the_next_finds_them() {
        let scratch = TempDir::new().unwrap();
        let dir = scratch.path().join("data/keys");
        let first = Keys::open_or_make(&dir).unwrap();
        assert!(first.log_key(&agency()).unwrap().is_none());
        let log = first.create_log_key(&agency()).unwrap();
        let second = Keys::open(&dir).unwrap();
        assert_eq!(first.token_key().kid(), second.token_key().kid());
        assert_eq!(first.account_key().expose(), second.account_key().expose());
        assert_eq!(second.log_key(&agency()).unwrap().unwrap().expose(), log.expose());
        assert_eq!(second.create_log_key(&agency()).unwrap().expose(), log.expose());
        assert_ne!(first.account_key().expose(), log.expose());
        for folder in [dir.clone(), dir.join("log")] {
            assert_eq!(mode(&folder), 0o700);
        }
        for file in ["token.pem", "account.key", "log/shanghai.key"] {
            assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
        }
        let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["account.key", "log", "token.pem"]);
    }

    #[test]
    fn processes_that_start_at_once_agree_on_every_key() {
        for _ in 0..20 {
            let scratch = TempDir::new().unwrap();
            let dir = scratch.path().join("keys");
            let barrier = Barrier::new(8);
            let open = || {
                barrier.wait();
                let keys = Keys::open_or_make(&dir).unwrap();
                let log = keys.create_log_key(&agency()).unwrap();
                (keys.token_key().public_key(), *keys.account_key().expose(), *log.expose())
            };
            let found = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert!(found.windows(2).all(|pair| pair.first() == pair.last()));
        }
    }

    #[test]
    fn files_and_folders_that_others_can_read_are_refused_by_name() {
        let scratch = TempDir::new().unwrap();
        let dir = scratch.path().join("keys");
        drop(Keys::open_or_make(&dir).unwrap());
        for (name, strict, loose) in [
            ("token.pem", 0o600, 0o640),
            ("account.key", 0o600, 0o604),
            ("log", 0o700, 0o755),
            ("", 0o700, 0o710),
        ] {
            let path = dir.join(name);
            fs::set_permissions(&path, fs::Permissions::from_mode(loose)).unwrap();
            let error = Keys::open_or_make(&dir).unwrap_err();
            assert!(matches!(&error, KeyError::Permissions { mode, .. } if *mode == loose), "{error}");
            assert!(error.to_string().contains(name));
            fs::set_permissions(&path, fs::Permissions::from_mode(strict)).unwrap();
        }
        drop(Keys::open_or_make(&dir).unwrap());
    }

    #[test]
    fn a_damaged_key_is_refused_and_never_replaced() {
        for name in ["token.pem", "account.key"] {
            for content in [String::new(), "AAAA".to_owned(), "x".repeat(5_000)] {
                let scratch = TempDir::new().unwrap();
                let dir = scratch.path().join("keys");
                drop(Keys::open_or_make(&dir).unwrap());
                fs::write(dir.join(name), &content).unwrap();
                assert!(matches!(Keys::open_or_make(&dir), Err(KeyError::Malformed { .. })), "{name}");
                assert_eq!(fs::read_to_string(dir.join(name)).unwrap(), content);
            }
        }
    }

    #[test]
    fn a_key_that_is_missing_is_named_and_not_made_by_whoever_only_opens() {
        let scratch = TempDir::new().unwrap();
        let dir = scratch.path().join("keys");
        assert!(matches!(Keys::open(&dir), Err(KeyError::Missing { path }) if path == dir));
        assert!(!dir.exists());
        drop(Keys::open_or_make(&dir).unwrap());
        for name in ["token.pem", "account.key"] {
            let (path, content) = (dir.join(name), fs::read(dir.join(name)).unwrap());
            fs::remove_file(&path).unwrap();
            let said = Keys::open(&dir).unwrap_err().to_string();
            assert!(said.contains(path.to_str().unwrap()), "{said}");
            assert!(!path.exists());
            write_new(&path, &content).unwrap();
        }
        drop(Keys::open(&dir).unwrap());
    }

    #[test]
    fn what_root_makes_belongs_to_the_owner_of_the_folder() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let scratch = TempDir::new().unwrap();
        chown(scratch.path(), Some(65_534), Some(65_534)).unwrap();
        let dir = scratch.path().join("keys");
        Keys::open_or_make(&dir).unwrap().create_log_key(&agency()).unwrap();
        for name in ["", "log", "token.pem", "account.key", "log/shanghai.key"] {
            assert_eq!(fs::metadata(dir.join(name)).unwrap().uid(), 65_534, "{name}");
        }
    }

    #[test]
    fn the_token_key_is_a_plain_pkcs8_pem_and_its_id_the_published_thumbprint() {
        // RFC 8037, appendix A.1 and A.3.
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = TokenKey::from_seed(&Secret::new(seed.try_into().unwrap()));
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(URL_SAFE_NO_PAD.encode(key.public_key()), x);
        let pem = key.to_file().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/Vpgu"));
        assert_eq!(TokenKey::from_file(pem.as_bytes()).unwrap().kid(), key.kid());
    }

    #[test]
    fn debug_output_has_no_secret() {
        let scratch = TempDir::new().unwrap();
        let keys = Keys::open_or_make(&scratch.path().join("keys")).unwrap();
        let printed = format!("{keys:?}");
        let kid = keys.token_key().kid();
        assert!(printed.contains(&format!("token: TokenKey {{ kid: {kid:?}, .. }}, account: Secret(..)")));
    }
}
