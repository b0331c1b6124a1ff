//! A provider's keys as they are used: the last good set, renewed by and by and when a token names a key that is not in it.
//!
//! While the provider is away the set that is known goes on serving, which is said in the log and in `/readyz`; a copy
//! in the data folder carries it over a start. A set that arrives without a usable key is an answer: it revokes all.

use std::error::Error as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::jwks::{KeySet, PinnedKeys};
pub use super::key_source::KeysError;
use super::key_source::Source;
use super::sign_in::SignIn;

/// How often a set is looked at: an address, a file, and either of them once it could not be read.
const LOOK: Duration = Duration::from_secs(300);
const LOOK_AT_FILE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Tokens that name unknown keys make nobody look more often.
const LOOK_LEAST: Duration = Duration::from_secs(10);
const KEPT: &str = "sign-in-keys.json";

#[derive(Debug)]
pub(super) struct ProviderKeys {
    source: Source,
    /// Where a copy of the last good set is kept.
    kept_in: PathBuf,
    current: RwLock<Current>,
    looked: Mutex<Instant>,
}

#[derive(Debug, Clone)]
struct Current {
    keys: Arc<PinnedKeys>,
    text: Vec<u8>,
    /// Counts the sets: what an older one verified is not remembered.
    generation: u64,
    stale: Option<Stale>,
}

/// Since when the set could not be read again, and why not.
#[derive(Debug, Clone)]
pub struct Stale {
    pub since: DateTime<Utc>,
    pub cause: String,
}

impl std::fmt::Display for Stale {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let since = self.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        write!(formatter, "since {since}, {}", self.cause)
    }
}

/// The copy in the data folder: which set it is, and its text.
#[derive(Serialize, Deserialize)]
struct KeptSet {
    place: String,
    set: String,
}

impl ProviderKeys {
    /// Reads the set for the first time; a service does not start without usable keys that it was told to use.
    pub(super) async fn open(sign_in: &SignIn, data: &Path) -> Result<Self, KeysError> {
        let (source, kept_in) = (Source::of(sign_in)?, data.join(KEPT));
        let (set, text, stale) = match source.read().await {
            Ok((set, text)) => (set, text, None),
            Err(error) => {
                let Some((set, text)) = kept(&source, &kept_in) else { return Err(error) };
                let stale = Stale { since: Utc::now(), cause: in_one_line(&error) };
                tracing::warn!(cause = stale.cause, "the last good set of a provider's keys serves");
                (set, text, Some(stale))
            }
        };
        if set.keys.is_empty() {
            return Err(KeysError::NoUsableKey { place: source.place(), set: set.to_string() });
        }
        tracing::info!(keys = %set, "a provider's keys serve");
        let current = Current { keys: Arc::new(set.keys), text, generation: 0, stale };
        let keys =
            Self { source, kept_in, current: RwLock::new(current), looked: Mutex::new(Instant::now()) };
        keys.keep();
        Ok(keys)
    }

    /// The keys of now, and the number of their set.
    pub(super) fn current(&self) -> (Arc<PinnedKeys>, u64) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&current.keys), current.generation)
    }

    /// Since when the last good set serves because none could be read.
    pub(super) fn stale(&self) -> Option<Stale> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).stale.clone()
    }

    /// Looks for another set because a token names a key that is not in this one. Whoever comes while one looks waits.
    pub(super) async fn look_for_more(&self) {
        let mut looked = self.looked.lock().await;
        if looked.elapsed() >= LOOK_LEAST {
            self.look().await;
            *looked = Instant::now();
        }
    }

    /// Looks by and by, for as long as it is polled.
    pub(super) async fn keep_fresh(&self) -> std::convert::Infallible {
        loop {
            let pause = match (self.stale(), self.source.is_remote()) {
                (Some(_), _) => LOOK_AGAIN,
                (None, true) => LOOK,
                (None, false) => LOOK_AT_FILE,
            };
            tokio::time::sleep(pause).await;
            let mut looked = self.looked.lock().await;
            self.look().await;
            *looked = Instant::now();
        }
    }

    async fn look(&self) {
        let read = self.source.read().await;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Err(error) => {
                let (cause, since) = (in_one_line(&error), current.stale.as_ref().map(|stale| stale.since));
                tracing::warn!(cause, "a provider's keys could not be read again, the last good set serves");
                current.stale = Some(Stale { since: since.unwrap_or_else(Utc::now), cause });
            }
            Ok((set, text)) => {
                if current.stale.take().is_some() {
                    tracing::info!("a provider's keys can be read again");
                }
                if current.text == text {
                    return;
                }
                tracing::info!(keys = %set, "a provider's keys changed");
                let generation = current.generation.saturating_add(1);
                *current = Current { keys: Arc::new(set.keys), text, generation, stale: None };
                drop(current);
                self.keep();
            }
        }
    }

    /// Keeps a copy; a copy that cannot be made costs a start during an outage and nothing else.
    fn keep(&self) {
        let text = self.current.read().unwrap_or_else(PoisonError::into_inner).text.clone();
        let Some(set) = String::from_utf8(text).ok().filter(|_| self.source.is_remote()) else { return };
        let kept = KeptSet { place: self.source.place(), set };
        if let Err(error) = write(&self.kept_in, &kept) {
            tracing::warn!(%error, "no copy of a provider's keys can be kept in the data folder");
        }
    }
}

/// The copy of a set from the same place.
fn kept(source: &Source, path: &Path) -> Option<(KeySet, Vec<u8>)> {
    let kept: KeptSet = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let text = kept.set.into_bytes();
    let set = KeySet::read(&text).filter(|_| source.is_remote() && kept.place == source.place())?;
    Some((set, text))
}

fn write(path: &Path, kept: &KeptSet) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    fs::rename(new, path)
}

/// An error and its causes.
fn in_one_line(error: &KeysError) -> String {
    let (mut line, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

/// What `doctor` finds: the keys that a start would take now, and why not the others.
pub async fn look_once(sign_in: &SignIn) -> Result<String, KeysError> {
    if let Some(wrong) = sign_in.wrong() {
        return Err(KeysError::Settings(wrong));
    }
    let source = Source::of(sign_in)?;
    let (set, _) = source.read().await?;
    match set.keys.is_empty() {
        true => Err(KeysError::NoUsableKey { place: source.place(), set: set.to_string() }),
        false => Ok(format!("{}: {set}", source.place())),
    }
}

/// Whether a start could do with the copy of a set that was read before.
pub fn has_kept(sign_in: &SignIn, data: &Path) -> bool {
    Source::of(sign_in).is_ok_and(|source| kept(&source, &data.join(KEPT)).is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;
    use tempfile::TempDir;

    use super::super::claims::OneOrMore;
    use super::super::sign_in::KeySource;
    use super::*;

    fn write_keys(path: &Path, kids: &[&str]) {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = |kid: &&str| json!({"kid": kid, "kty": "OKP", "crv": "Ed25519", "x": x});
        fs::write(path, json!({"keys": kids.iter().map(key).collect::<Vec<_>>()}).to_string()).unwrap();
    }

    fn of_file(path: &Path) -> SignIn {
        let audience = OneOrMore(vec!["ledger".to_owned()]);
        SignIn {
            keys: KeySource::File(path.to_owned()),
            ..SignIn::of("https://id.example".to_owned(), audience)
        }
    }

    /// Ten seconds after the last look.
    async fn look_later(keys: &ProviderKeys) {
        *keys.looked.lock().await -= LOOK_LEAST;
        keys.look_for_more().await;
    }

    #[tokio::test]
    async fn an_unknown_key_is_looked_for_and_not_more_often_than_every_ten_seconds() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("keys.json");
        write_keys(&path, &["a"]);
        let keys = ProviderKeys::open(&of_file(&path), scratch.path()).await.unwrap();
        write_keys(&path, &["a", "b"]);
        keys.look_for_more().await;
        assert_eq!(keys.current().1, 0, "it was looked at just now");
        look_later(&keys).await;
        assert_eq!((keys.current().0.len(), keys.current().1), (2, 1));
        look_later(&keys).await;
        assert_eq!(keys.current().1, 1, "the same set is no new one");
        write_keys(&path, &[]);
        look_later(&keys).await;
        assert_eq!(keys.current().0.len(), 0, "an empty set revokes all");
    }

    #[tokio::test]
    async fn a_set_that_is_damaged_or_away_leaves_the_known_keys_until_it_is_back() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("keys.json");
        write_keys(&path, &["a"]);
        let keys = ProviderKeys::open(&of_file(&path), scratch.path()).await.unwrap();
        assert!(keys.stale().is_none());
        for damage in [Some("{"), None] {
            match damage {
                Some(text) => fs::write(&path, text).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            look_later(&keys).await;
            assert_eq!(keys.current().1, 0);
            assert!(keys.stale().unwrap().to_string().contains("keys.json"));
        }
        write_keys(&path, &["a", "b"]);
        look_later(&keys).await;
        assert!(keys.stale().is_none() && keys.current().0.len() == 2);
    }

    #[tokio::test]
    async fn nothing_starts_on_a_set_without_a_usable_key() {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("keys.json");
        let error = ProviderKeys::open(&of_file(&path), scratch.path()).await.unwrap_err();
        assert!(matches!(error, KeysError::File { .. }));
        write_keys(&path, &[]);
        let error = ProviderKeys::open(&of_file(&path), scratch.path()).await.unwrap_err();
        assert!(matches!(error, KeysError::NoUsableKey { .. }));
        fs::write(&path, " ".repeat(262_145)).unwrap();
        let error = look_once(&of_file(&path)).await.unwrap_err();
        assert!(matches!(error, KeysError::TooLong { .. }));
    }
}
