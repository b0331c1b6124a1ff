//! The keys that tokens are verified with, each pinned to one algorithm, issuer and audience.
//!
//! Beside the service's own key there may be a file with the JWK set (RFC 7517) of an OIDC provider. Only
//! public Ed25519 and P-256 keys for signatures are taken from it, by their `kid`; all others, RSA above
//! all, are passed over, so their tokens are refused. Nothing is ever fetched from an address that a token
//! names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

/// Most bytes in a JWK set.
pub const JWKS_BYTES_MAX: u64 = 262_144;

/// How often the file is looked at, at most.
pub const JWKS_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// How far the clocks of issuer and service may differ.
pub const LEEWAY_SECONDS: u64 = 5;

/// Whose own tokens serve beside a provider's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OwnTokens {
    #[default]
    Off,
    /// Those of machines that the operator names, by the `sub` of their tokens. A person's name is none of them.
    Of(BTreeSet<String>),
    On,
}

impl OwnTokens {
    /// Whether the own tokens of a `sub` serve.
    pub fn serve(&self, sub: &str) -> bool {
        match self {
            Self::Off => false,
            Self::Of(named) => named.contains(sub),
            Self::On => true,
        }
    }
}

/// Where the keys of an OIDC provider are, and what its tokens must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksConfig {
    /// The file with the JWK set.
    pub path: PathBuf,
    /// The one `iss` that these keys may sign for.
    pub issuer: String,
    /// The `aud` that a token must be meant for.
    pub audience: String,
    /// Whose own tokens serve beside the provider's: with two issuers one person is two subjects.
    pub own_tokens: OwnTokens,
}

/// Why a JWK set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    #[error("cannot read {path}")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The file is not a JWK set of at most 256 KiB with distinct key ids.
    #[error("{path} is not a JWK set of at most 256 KiB with distinct key ids")]
    Malformed { path: PathBuf },
    /// No key in the set is an Ed25519 or P-256 key for signatures with an id.
    #[error("{path} has no Ed25519 or P-256 key for signatures with an id")]
    NoUsableKey { path: PathBuf },
    /// The provider's issuer or audience is empty, or its issuer is the service's own name or can begin no subject.
    #[error(
        "issuer and audience must be given, and the issuer must be neither the service's own name nor have a '#' or blanks"
    )]
    Issuer,
}

/// A key with all that a token it signed must say.
#[derive(Debug, Clone)]
pub(super) struct PinnedKey {
    pub(super) algorithm: Algorithm,
    pub(super) issuer: String,
    pub(super) key: DecodingKey,
    pub(super) validation: Validation,
}

impl PinnedKey {
    pub(super) fn new(algorithm: Algorithm, key: DecodingKey, issuer: &str, audience: &str) -> PinnedKey {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        PinnedKey { algorithm, issuer: issuer.to_owned(), key, validation }
    }
}

/// Keys by their id.
pub(super) type PinnedKeys = BTreeMap<String, PinnedKey>;

/// The keys of a file, read again when it changes.
#[derive(Debug)]
pub(super) struct JwksFile {
    config: JwksConfig,
    keys: Arc<PinnedKeys>,
    /// Counts the sets of keys: what an older one verified is not remembered.
    generation: u64,
    seen: FileStamp,
    next_check: Instant,
}

/// Tells one version of a file from another.
type FileStamp = (SystemTime, u64);

impl JwksFile {
    /// Reads the file for the first time; a service does not start without usable keys that it was told to
    /// use.
    pub(super) fn open(config: JwksConfig, now: Instant) -> Result<JwksFile, JwksError> {
        // The stamp is taken first: a file replaced in between is then read once more, never missed.
        let seen = stamp(&config.path)?;
        let keys = load(&config)?;
        if keys.is_empty() {
            return Err(JwksError::NoUsableKey { path: config.path });
        }
        Ok(JwksFile {
            config,
            keys: Arc::new(keys),
            generation: 0,
            seen,
            next_check: now + JWKS_CHECK_INTERVAL,
        })
    }

    /// The keys of now, and the number of their set.
    pub(super) fn current(&mut self, now: Instant) -> (Arc<PinnedKeys>, u64) {
        if now >= self.next_check {
            self.next_check = now + JWKS_CHECK_INTERVAL;
            // A file that is away or half written leaves the known keys in force; an empty set revokes them
            // all.
            if let Err(error) = self.reload() {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "the JWK set was not reloaded, its keys stay in force");
            }
        }
        (Arc::clone(&self.keys), self.generation)
    }

    fn reload(&mut self) -> Result<(), JwksError> {
        let stamp = stamp(&self.config.path)?;
        if stamp == self.seen {
            return Ok(());
        }
        self.keys = Arc::new(load(&self.config)?);
        self.generation += 1;
        self.seen = stamp;
        tracing::info!(keys = self.keys.len(), "the JWK set was reloaded");
        Ok(())
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> JwksError + '_ {
    |source| JwksError::Io { path: path.to_owned(), source }
}

fn stamp(path: &Path) -> Result<FileStamp, JwksError> {
    let metadata = fs::metadata(path).map_err(io_error(path))?;
    Ok((metadata.modified().map_err(io_error(path))?, metadata.len()))
}

fn load(config: &JwksConfig) -> Result<PinnedKeys, JwksError> {
    let path = &config.path;
    let malformed = || JwksError::Malformed { path: path.clone() };
    let mut text = Vec::new();
    let file = File::open(path).map_err(io_error(path))?;
    file.take(JWKS_BYTES_MAX + 1).read_to_end(&mut text).map_err(io_error(path))?;
    if u64::try_from(text.len()).is_ok_and(|bytes| bytes > JWKS_BYTES_MAX) {
        return Err(malformed());
    }
    let set: JwkSet = serde_json::from_slice(&text).map_err(|_| malformed())?;
    let mut keys = PinnedKeys::new();
    for key in set.keys.iter().filter_map(|key| Jwk::deserialize(key).ok()) {
        let Some((kid, algorithm, decoding)) = key.usable() else {
            continue;
        };
        let pinned = PinnedKey::new(algorithm, decoding, &config.issuer, &config.audience);
        if keys.insert(kid, pinned).is_some() {
            return Err(malformed());
        }
    }
    Ok(keys)
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

/// The members of a JWK that matter here; others are for other uses.
#[derive(Deserialize)]
struct Jwk {
    kid: Option<String>,
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// The key's id, the one algorithm it is for, and the key; none if it is not to be used here.
    fn usable(&self) -> Option<(String, Algorithm, DecodingKey)> {
        let verifies = self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !verifies || self.usage.as_ref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let kid = self.kid.clone().filter(|kid| !kid.is_empty())?;
        let x = coordinate(self.x.as_deref()?)?;
        let fits = |names: &[&str]| self.alg.as_deref().is_none_or(|alg| names.contains(&alg));
        match (self.kty.as_str(), self.crv.as_deref()?) {
            ("OKP", "Ed25519") if fits(&["EdDSA", "Ed25519"]) => {
                let strong = VerifyingKey::from_bytes(&x).is_ok_and(|key| !key.is_weak());
                strong.then(|| (kid, Algorithm::EdDSA, DecodingKey::from_ed_der(&x)))
            }
            ("EC", "P-256") if fits(&["ES256"]) => {
                let y = coordinate(self.y.as_deref()?)?;
                let point = [[4u8].as_slice(), &x, &y].concat();
                Some((kid, Algorithm::ES256, DecodingKey::from_ec_der(&point)))
            }
            _ => None,
        }
    }
}

fn coordinate(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;
    use tempfile::TempDir;

    fn ed(kid: &str) -> Value {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        json!({"kid": kid, "kty": "OKP", "crv": "Ed25519", "x": x})
    }

    fn ec(kid: &str) -> Value {
        json!({
            "kid": kid, "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "key_ops": ["verify"],
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    fn with(mut key: Value, member: &str, value: Value) -> Value {
        key.as_object_mut().unwrap().insert(member.to_owned(), value);
        key
    }

    struct Fixture {
        _scratch: TempDir,
        config: JwksConfig,
    }

    impl Fixture {
        fn new(keys: &[Value]) -> Fixture {
            let scratch = TempDir::new().unwrap();
            let path = scratch.path().join("jwks.json");
            let config = JwksConfig {
                path,
                issuer: "https://id.example".into(),
                audience: "ledger".into(),
                own_tokens: OwnTokens::Off,
            };
            let fixture = Fixture { _scratch: scratch, config };
            fixture.write(keys);
            fixture
        }

        fn write(&self, keys: &[Value]) {
            fs::write(&self.config.path, json!({ "keys": keys }).to_string()).unwrap();
        }

        fn open(&self) -> Result<JwksFile, JwksError> {
            JwksFile::open(self.config.clone(), Instant::now())
        }
    }

    fn ids(keys: &PinnedKeys) -> Vec<(&str, Algorithm)> {
        keys.iter().map(|(kid, key)| (kid.as_str(), key.algorithm)).collect()
    }

    #[test]
    fn each_key_is_pinned_to_the_one_algorithm_of_its_curve() {
        let file = Fixture::new(&[ed("a"), ec("b")]).open().unwrap();
        assert_eq!(ids(&file.keys), [("a", Algorithm::EdDSA), ("b", Algorithm::ES256)]);
        for key in file.keys.values() {
            assert_eq!(key.validation.algorithms, [key.algorithm]);
        }
    }

    #[test]
    fn keys_for_anything_else_are_passed_over() {
        let rsa = json!({"kid": "rsa", "kty": "RSA", "alg": "RS256", "use": "sig", "n": "AQAB", "e": "AQAB"});
        let secret = json!({"kid": "oct", "kty": "oct", "k": "AAAA", "alg": "HS256"});
        let weak = with(ed("weak"), "x", json!(URL_SAFE_NO_PAD.encode([0; 32])));
        let refused = [
            rsa,
            secret,
            weak,
            json!(5),
            json!({"kty": "new"}),
            with(ed("none"), "kid", json!(null)),
            with(ed("empty"), "kid", json!("")),
            with(ed("x"), "x", json!("AAAA")),
            with(ed("alg"), "alg", json!("HS256")),
            with(ed("crv"), "crv", json!("X25519")),
            with(ec("p384"), "crv", json!("P-384")),
            with(ec("rs256"), "alg", json!("RS256")),
            with(ec("enc"), "use", json!("enc")),
            with(ec("ops"), "key_ops", json!(["sign"])),
            with(ec("y"), "y", json!(null)),
        ];
        let mut keys = refused.to_vec();
        assert!(matches!(Fixture::new(&keys).open(), Err(JwksError::NoUsableKey { .. })));
        keys.push(ed("good"));
        assert_eq!(ids(&Fixture::new(&keys).open().unwrap().keys), [("good", Algorithm::EdDSA)]);
    }

    #[test]
    fn a_file_that_is_no_set_of_distinct_keys_is_refused() {
        assert!(matches!(Fixture::new(&[ed("a"), ec("a")]).open(), Err(JwksError::Malformed { .. })));
        let fixture = Fixture::new(&[]);
        for text in ["", "[]", "{}", "{\"keys\": 1}", &" ".repeat(262_145)] {
            fs::write(&fixture.config.path, text).unwrap();
            assert!(matches!(fixture.open(), Err(JwksError::Malformed { .. })), "{}", text.len());
        }
        fs::remove_file(&fixture.config.path).unwrap();
        assert!(matches!(fixture.open(), Err(JwksError::Io { .. })));
    }

    #[test]
    fn a_changed_file_is_read_again_after_a_minute_and_not_before() {
        let fixture = Fixture::new(&[ed("a")]);
        let start = Instant::now();
        let mut file = JwksFile::open(fixture.config.clone(), start).unwrap();
        fixture.write(&[ed("a"), ec("b")]);
        assert_eq!(file.current(start + Duration::from_secs(59)).1, 0);
        let (keys, generation) = file.current(start + Duration::from_secs(60));
        assert_eq!((keys.len(), generation), (2, 1));
        let (keys, generation) = file.current(start + Duration::from_secs(180));
        assert_eq!((keys.len(), generation), (2, 1));
        fixture.write(&[]);
        assert_eq!(file.current(start + Duration::from_secs(239)).0.len(), 2);
        assert_eq!(file.current(start + Duration::from_secs(240)).0.len(), 0);
    }

    #[test]
    fn a_file_that_is_damaged_or_away_leaves_the_known_keys_until_it_is_back() {
        let fixture = Fixture::new(&[ed("a")]);
        let start = Instant::now();
        let mut file = JwksFile::open(fixture.config.clone(), start).unwrap();
        fs::write(&fixture.config.path, "{").unwrap();
        assert_eq!(file.current(start + Duration::from_secs(60)).1, 0);
        fs::remove_file(&fixture.config.path).unwrap();
        assert_eq!(file.current(start + Duration::from_secs(120)).0.len(), 1);
        fixture.write(&[ed("a"), ec("b")]);
        assert_eq!(file.current(start + Duration::from_secs(180)).0.len(), 2);
    }
}
