//! Bearer tokens: signed JWTs (RFC 7519, EdDSA of RFC 8037 or ES256) that say who calls, for which agency.
//!
//! What a token's header says only selects among pinned keys: `kid` is looked up in a map, the algorithm is
//! the key's, `jku`, `x5u`, `jwk`, `x5c` are ignored, `crit` is refused. Own keys vouch for the own issuer
//! only, a provider's keys for the provider's only. All failures look alike to the caller; the reason is
//! for the log.

mod cache;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, decode, decode_header, encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::jwks::{JwksConfig, JwksError, JwksFile, OwnTokens, PinnedKey, PinnedKeys};
use cache::TokenCache;
use subsidy_core::domain::actor::{Actor, Roles, Subject};
use subsidy_core::domain::agency_code::AgencyCode;
use subsidy_core::domain::credit_code::CreditCode;
use subsidy_store::keys::TokenKey;

#[cfg(test)]
mod tests;

/// The `iss` of the service's own tokens.
pub const ISSUER: &str = "subsidy-ledger";

/// The `aud` of the service's own tokens.
pub const AUDIENCE: &str = "subsidy-ledger";

/// Most bytes in a token.
pub const TOKEN_BYTES_MAX: usize = 8_192;

/// The token is not valid, or cannot be made. The reason is one of a few fixed words, never part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("token refused: {reason}")]
pub struct TokenError {
    reason: &'static str,
}

impl TokenError {
    const fn new(reason: &'static str) -> TokenError {
        TokenError { reason }
    }

    /// Why, for the log: `expired`, `unknown_key`, `signature`, …
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl From<jsonwebtoken::errors::Error> for TokenError {
    fn from(error: jsonwebtoken::errors::Error) -> TokenError {
        TokenError::new(match error.kind() {
            ErrorKind::ExpiredSignature => "expired",
            ErrorKind::ImmatureSignature => "not_yet_valid",
            ErrorKind::InvalidSignature => "signature",
            ErrorKind::InvalidIssuer => "issuer",
            ErrorKind::InvalidAudience => "audience",
            ErrorKind::InvalidAlgorithm => "algorithm",
            ErrorKind::MissingRequiredClaim(_) => "claim_missing",
            ErrorKind::InvalidClaimFormat(_) => "claim_malformed",
            _ => "malformed",
        })
    }
}

/// Who calls, once the token is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The agency whose ledger the token is for.
    pub agency: AgencyCode,
    /// Who acts, with which roles.
    pub actor: Actor,
    /// The token's `exp`: the first instant at which it no longer serves.
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct OwnClaims<'a> {
    iss: &'static str,
    aud: &'static str,
    iat: i64,
    nbf: i64,
    exp: i64,
    agency: &'a AgencyCode,
    sub: &'a str,
    roles: Roles,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<CreditCode>,
}

/// Signs the service's own tokens.
pub struct Mint {
    key: EncodingKey,
    kid: String,
}

impl std::fmt::Debug for Mint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mint").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Mint {
    /// A mint with the service's own key.
    ///
    /// # Errors
    /// [`TokenError`] if the key cannot be used for signing.
    pub fn new(key: &TokenKey) -> Result<Mint, TokenError> {
        let encoding_key = key.encoding_key().ok_or(TokenError::new("signing_key"))?;
        Ok(Mint { key: encoding_key, kid: key.kid().to_owned() })
    }

    /// A token that is valid from `now` for `ttl`, in whole seconds.
    ///
    /// # Errors
    /// [`TokenError`] for a `ttl` under a second or beyond the calendar, for a subject of another issuer, or for an
    /// enterprise, a provider or a bank without an organisation.
    pub fn issue(
        &self,
        agency: &AgencyCode,
        actor: &Actor,
        now: DateTime<Utc>,
        ttl: TimeDelta,
    ) -> Result<String, TokenError> {
        if actor.lacks_organisation() {
            return Err(TokenError::new("organisation_missing"));
        }
        let until = now.checked_add_signed(ttl).filter(|_| ttl >= TimeDelta::seconds(1));
        let until = until.ok_or(TokenError::new("time_to_live"))?;
        let claims = OwnClaims {
            iss: ISSUER,
            aud: AUDIENCE,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: until.timestamp(),
            agency,
            sub: actor.subject.sub_of(ISSUER).ok_or(TokenError::new("subject"))?,
            roles: actor.roles,
            organisation: actor.organisation,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        Ok(encode(&header, &claims, &self.key)?)
    }
}

/// The claims of anyone's token, as far as the service reads them. The signature's library checks `exp`,
/// `nbf`, `iss`, `aud` and that `sub` is there; that each stands there once is checked here.
#[derive(Deserialize)]
struct Claims {
    iss: Option<Value>,
    sub: Option<Value>,
    exp: Option<Value>,
    agency: Option<Value>,
    roles: Option<Value>,
    organisation: Option<Value>,
}

impl Claims {
    fn into_identity(self, key: &PinnedKey) -> Result<Identity, TokenError> {
        // A list of issuers would pass if it only contained ours.
        if required::<String>(self.iss, "issuer")? != key.issuer {
            return Err(TokenError::new("issuer"));
        }
        let expires_at = DateTime::from_timestamp(required(self.exp, "expiry")?, 0);
        let organisation = self.organisation.map(|code| required(Some(code), "organisation")).transpose()?;
        let sub: String = required(self.sub, "subject")?;
        let actor = Actor {
            subject: Subject::of(&key.issuer, &sub).map_err(|_| TokenError::new("subject"))?,
            roles: required(self.roles, "roles")?,
            organisation,
        };
        if actor.lacks_organisation() {
            return Err(TokenError::new("organisation_missing"));
        }
        Ok(Identity {
            agency: required(self.agency, "agency")?,
            actor,
            expires_at: expires_at.ok_or(TokenError::new("expiry"))?,
        })
    }
}

fn required<T: DeserializeOwned>(claim: Option<Value>, reason: &'static str) -> Result<T, TokenError> {
    claim.and_then(|value| serde_json::from_value(value).ok()).ok_or(TokenError::new(reason))
}

/// Verifies tokens; one for the whole process, shared by reference.
#[derive(Debug)]
pub struct Verifier {
    own_kid: String,
    own: PinnedKey,
    /// Whose own tokens serve: beside a provider only theirs whom the operator names.
    own_serve: OwnTokens,
    provider: Option<Mutex<JwksFile>>,
    cache: Mutex<TokenCache>,
}

impl Verifier {
    /// A verifier for the service's own tokens and, if configured, for those of an OIDC provider.
    ///
    /// # Errors
    /// [`JwksError`] if the provider's keys cannot be used, or its issuer is empty or the service's own.
    pub fn new(own: &TokenKey, provider: Option<JwksConfig>) -> Result<Verifier, JwksError> {
        let own_serve = provider.as_ref().map_or(OwnTokens::On, |config| config.own_tokens.clone());
        if let Some(config) = &provider
            && (config.audience.is_empty()
                || config.issuer == ISSUER
                || Subject::of(&config.issuer, "x").is_err())
        {
            return Err(JwksError::Issuer);
        }
        let provider = provider.map(|config| JwksFile::open(config, Instant::now())).transpose()?;
        let key = DecodingKey::from_ed_der(&own.public_key());
        Ok(Verifier {
            own_kid: own.kid().to_owned(),
            own: PinnedKey::new(Algorithm::EdDSA, key, ISSUER, AUDIENCE),
            own_serve,
            provider: provider.map(Mutex::new),
            cache: Mutex::default(),
        })
    }

    /// Tells who calls with this token now. It blocks shortly, at most once a minute, to look at the
    /// provider's file.
    ///
    /// # Errors
    /// [`TokenError`] for whatever is not a valid token.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::new("too_long"));
        }
        let now = Utc::now();
        let (provider_keys, generation) = self.provider_keys();
        let digest = Sha256::digest(token).into();
        if let Some(identity) = lock(&self.cache).get(&digest, generation, now) {
            return Ok(identity.clone());
        }
        let identity = self.verify_signed(token, &provider_keys)?;
        lock(&self.cache).insert(digest, generation, identity.clone(), now);
        Ok(identity)
    }

    fn provider_keys(&self) -> (Arc<PinnedKeys>, u64) {
        match &self.provider {
            Some(file) => lock(file).current(Instant::now()),
            None => (Arc::default(), 0),
        }
    }

    fn verify_signed(&self, token: &str, provider_keys: &PinnedKeys) -> Result<Identity, TokenError> {
        let header = decode_header(token)?;
        if header.crit.is_some() {
            return Err(TokenError::new("critical_header"));
        }
        if header.typ.as_deref().is_some_and(|typ| !is_token(typ)) {
            return Err(TokenError::new("type"));
        }
        let key = match header.kid.as_deref() {
            // Without an id there is one key it can be: the service's own.
            None => &self.own,
            Some(kid) if kid == self.own_kid => &self.own,
            Some(kid) => provider_keys.get(kid).ok_or(TokenError::new("unknown_key"))?,
        };
        let own = key.issuer == ISSUER;
        if own && self.own_serve == OwnTokens::Off {
            return Err(TokenError::new("own_tokens_off"));
        }
        if header.alg != key.algorithm {
            return Err(TokenError::new("algorithm"));
        }
        let identity = decode::<Claims>(token, &key.key, &key.validation)?.claims.into_identity(key)?;
        let sub = identity.actor.subject.sub_of(ISSUER).filter(|_| own);
        if sub.is_some_and(|sub| !self.own_serve.serve(sub)) {
            return Err(TokenError::new("own_tokens_off"));
        }
        Ok(identity)
    }
}

/// Whether a `typ` is that of a token. What says that it is something else, a proof or a logout say, is signed by the same
/// provider and is not to be taken for one (RFC 8725, 3.11); not all tokens say what they are.
fn is_token(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
}

/// What these locks guard is whole between any two statements, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
