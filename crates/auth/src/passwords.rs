//! Passwords: drawn, chosen, hashed (Argon2id).

use std::sync::LazyLock;

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use rand::Rng;
use rand::rngs::OsRng;
use tokio::sync::Semaphore;

pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The fewest characters of a password that somebody chooses.
pub const PASSWORD_CHARS_MIN: usize = 12;
pub(super) const PASSWORD_BYTES_MAX: usize = 512;
/// Letters and digits that nobody takes for each other.
const PLAIN: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";

/// Argon2id over 19 MiB, twice, which is what the crate takes by default and OWASP advises. Passwords are hashed two at a time, whoever asks.
static HASHER: LazyLock<Argon2<'static>> = LazyLock::new(Argon2::default);
static HASHING: Semaphore = Semaphore::const_new(2);
/// What a name that nobody has is compared with.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hashed(&drawn(4)).unwrap_or_default());

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakPassword {
    Short,
    Long,
    HasName,
}

/// Whether somebody may choose a password.
pub fn weakness(name: &str, password: &str) -> Option<WeakPassword> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        Some(WeakPassword::Short)
    } else if password.len() > PASSWORD_BYTES_MAX {
        Some(WeakPassword::Long)
    } else {
        // a short name is a part of many words
        let has_name = name.chars().count() > 2 && password.to_lowercase().contains(name);
        has_name.then_some(WeakPassword::HasName)
    }
}

/// A password or a code that nobody guesses: groups of five letters, each of 25 bits.
pub fn drawn(groups: usize) -> String {
    let letter = || PLAIN.get(OsRng.gen_range(0..PLAIN.len())).copied().map_or('x', char::from);
    let group = || (0..5).map(|_| letter()).collect::<String>();
    (0..groups).map(|_| group()).collect::<Vec<_>>().join("-")
}

/// Takes long, and much memory.
pub fn hashed(password: &str) -> Result<String, Failed> {
    let hash: PasswordHash = HASHER.hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

pub(super) async fn matches(hash: Option<String>, password: String) -> Result<bool, Failed> {
    let _turn = HASHING.acquire().await?;
    let compare = move || {
        let hash = PasswordHash::new(hash.as_ref().unwrap_or(&NOBODYS)).ok()?;
        HASHER.verify_password(password.as_bytes(), &hash).ok()
    };
    Ok(tokio::task::spawn_blocking(compare).await?.is_some())
}

pub(super) async fn hashed_later(password: String) -> Result<String, Failed> {
    let _turn = HASHING.acquire().await?;
    tokio::task::spawn_blocking(move || hashed(&password)).await?
}
