//! Bearer tokens: signed JWTs (RFC 7519) that say who calls, for which agency.
//!
//! What a token's header says only selects among pinned keys: `kid` is looked up in a map, or where it is left out the
//! issuer decides; the algorithm must be one of the key's, `jku`, `x5u`, `jwk`, `x5c` are ignored, `crit` is refused. Own keys vouch for the own issuer only, a
//! provider's keys for the provider's only.

mod cache;

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use super::claims::ExpectedIdToken;
use super::claims::{Claims, ClaimsMap, Terms};
pub use super::identity::{Identity, TokenError};
use super::jwks::{PinnedKey, PinnedKeys};
use super::provider_keys::{KeysError, ProviderKeys, Stale};
pub use super::sign_in::ISSUER;
use super::sign_in::{CLOCK_SKEW_SECONDS, OwnTokens, SignIn};
use cache::TokenCache;
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Roles};
use subsidy_store::keys::TokenKey;

#[cfg(test)]
mod tests;

/// The `aud` of the service's own tokens.
pub const AUDIENCE: &str = ISSUER;

/// Most bytes in a token.
pub const TOKEN_BYTES_MAX: usize = 8_192;

const UNKNOWN_KEY: &str = "unknown_key";

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

#[derive(Serialize)]
struct OwnClaims<'a> {
    iss: &'static str,
    aud: &'static str,
    jti: Uuid,
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
            jti: Uuid::now_v7(),
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

/// Verifies tokens; one for the whole process, shared by reference.
#[derive(Debug)]
pub struct Verifier {
    own_kid: String,
    own: PinnedKey,
    own_terms: Terms,
    /// Whose own tokens serve: beside a provider only theirs whom the operator names.
    own_serve: OwnTokens,
    provider: Option<Provider>,
    cache: Mutex<TokenCache>,
}

#[derive(Debug)]
struct Provider {
    keys: ProviderKeys,
    terms: Terms,
}

impl Verifier {
    /// A verifier for the service's own tokens and, if configured, for those of an OIDC provider, whose last good set of
    /// keys is kept in the data folder.
    ///
    /// # Errors
    /// [`KeysError`] if the provider's keys cannot be used, or the settings do not make sense.
    pub async fn open(own: &TokenKey, sign_in: Option<&SignIn>, data: &Path) -> Result<Verifier, KeysError> {
        let provider = match sign_in {
            None => None,
            Some(sign_in) => {
                if let Some(wrong) = sign_in.wrong() {
                    return Err(KeysError::Settings(wrong));
                }
                let keys = ProviderKeys::open(sign_in, data).await?;
                Some(Provider { keys, terms: terms(sign_in) })
            }
        };
        Ok(Verifier {
            own_kid: own.kid().to_owned(),
            own: PinnedKey {
                algorithms: vec![Algorithm::EdDSA],
                key: DecodingKey::from_ed_der(&own.public_key()),
            },
            own_terms: own_terms(),
            own_serve: sign_in.map_or(OwnTokens::On, |sign_in| sign_in.own_tokens.clone()),
            provider,
            cache: Mutex::default(),
        })
    }

    /// Tells who calls with this token now. A token that names a key that the provider may have made since has it looked
    /// for.
    ///
    /// # Errors
    /// [`TokenError`] for whatever is not a valid token.
    pub async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::new("too_long"));
        }
        match (self.verify_now(token), &self.provider) {
            (Err(error), Some(provider)) if error.reason() == UNKNOWN_KEY => {
                provider.keys.look_for_more().await;
                self.verify_now(token)
            }
            (verified, _) => verified,
        }
    }

    /// Tells who signed in by an ID token of the provider that was issued to the console for this one sign-in.
    ///
    /// # Errors
    /// [`TokenError`] for whatever is not that token.
    pub async fn verify_id_token(
        &self,
        token: &str,
        expected: ExpectedIdToken,
    ) -> Result<Identity, TokenError> {
        let Some(provider) = &self.provider else { return Err(TokenError::new(UNKNOWN_KEY)) };
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::new("too_long"));
        }
        let terms = Terms {
            audience: vec![expected.client_id.clone()],
            clients: Vec::new(),
            id_token: Some(expected),
            ..provider.terms.clone()
        };
        let verified = || {
            let header = plain_header(token)?;
            let (keys, _) = provider.keys.current();
            let key = keys.of(header.kid.as_deref(), header.alg).ok_or(TokenError::new(UNKNOWN_KEY))?;
            signed_claims(token, header.alg, key, &terms, Utc::now())
        };
        match verified() {
            Err(error) if error.reason() == UNKNOWN_KEY => {
                provider.keys.look_for_more().await;
                verified()
            }
            verified => verified,
        }
    }

    /// Whether the service's own tokens, and so its accounts, serve anybody.
    pub fn own_may_serve(&self) -> bool {
        self.own_serve != OwnTokens::Off
    }

    /// Whether they serve somebody.
    pub fn own_serve(&self, sub: &str) -> bool {
        self.own_serve.serve(sub)
    }

    /// Since when the provider's last good keys serve because none could be read, and why not.
    pub fn stale(&self) -> Option<Stale> {
        self.provider.as_ref()?.keys.stale()
    }

    /// Looks for the provider's keys by and by, for as long as it is polled.
    pub async fn keep_fresh(&self) -> Infallible {
        match &self.provider {
            Some(provider) => provider.keys.keep_fresh().await,
            None => std::future::pending().await,
        }
    }

    fn verify_now(&self, token: &str) -> Result<Identity, TokenError> {
        let now = Utc::now();
        let (provider_keys, generation) =
            self.provider.as_ref().map_or_else(Default::default, |provider| provider.keys.current());
        let digest = Sha256::digest(token).into();
        if let Some(identity) = lock(&self.cache).get(&digest, generation, now) {
            return Ok(identity.clone());
        }
        let identity = self.verify_signed(token, &provider_keys, now)?;
        lock(&self.cache).insert(digest, generation, identity.clone(), now);
        Ok(identity)
    }

    fn verify_signed(
        &self,
        token: &str,
        provider_keys: &PinnedKeys,
        now: DateTime<Utc>,
    ) -> Result<Identity, TokenError> {
        let header = plain_header(token)?;
        let own = (&self.own, &self.own_terms);
        let (key, terms) = match (header.kid.as_deref(), &self.provider) {
            // Without an id it is the provider's key that has none, if the token is of the provider, or else the own.
            (None, provider) => {
                let provider = provider.as_ref().filter(|provider| is_of(token, &provider.terms.issuer));
                let nameless = provider_keys.of(None, header.alg);
                provider.and_then(|provider| Some((nameless?, &provider.terms))).unwrap_or(own)
            }
            (Some(kid), _) if kid == self.own_kid => own,
            (Some(kid), Some(provider)) => {
                let key = provider_keys.of(Some(kid), header.alg).ok_or(TokenError::new(UNKNOWN_KEY))?;
                (key, &provider.terms)
            }
            (Some(_), None) => return Err(TokenError::new(UNKNOWN_KEY)),
        };
        let own = terms.issuer == ISSUER;
        if own && self.own_serve == OwnTokens::Off {
            return Err(TokenError::new("own_tokens_off"));
        }
        let identity = signed_claims(token, header.alg, key, terms, now)?;
        let sub = identity.actor.subject.sub_of(ISSUER).filter(|_| own);
        if sub.is_some_and(|sub| !self.own_serve.serve(sub)) {
            return Err(TokenError::new("own_tokens_off"));
        }
        Ok(identity)
    }
}

/// What a token's header says, unless it is something else than a token.
fn plain_header(token: &str) -> Result<Header, TokenError> {
    let header = decode_header(token)?;
    if header.crit.is_some() {
        return Err(TokenError::new("critical_header"));
    }
    if header.typ.as_deref().is_some_and(|typ| !is_token(typ)) {
        return Err(TokenError::new("type"));
    }
    Ok(header)
}

/// Whether a token says that this issuer made it. It only selects a key, whose signature is looked at afterwards.
fn is_of(token: &str, issuer: &str) -> bool {
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<serde_json::Value>(&claims).ok());
    claims.is_some_and(|claims| claims.get("iss").and_then(|iss| iss.as_str()) == Some(issuer))
}

/// Who calls, once the key's signature is found good.
fn signed_claims(
    token: &str,
    algorithm: Algorithm,
    key: &PinnedKey,
    terms: &Terms,
    now: DateTime<Utc>,
) -> Result<Identity, TokenError> {
    if !key.algorithms.contains(&algorithm) {
        return Err(TokenError::new("algorithm"));
    }
    let claims = decode::<Claims>(token, &key.key, &validation(algorithm, terms))?.claims;
    claims.into_identity(terms, now)
}

/// What the service's own tokens must say; whoever makes them may make them for long.
fn own_terms() -> Terms {
    Terms {
        issuer: ISSUER.to_owned(),
        audience: vec![AUDIENCE.to_owned()],
        clients: Vec::new(),
        clock_skew_seconds: CLOCK_SKEW_SECONDS,
        lifetime_max: None,
        claims: ClaimsMap::default(),
        id_token: None,
    }
}

/// What a provider's must say.
fn terms(sign_in: &SignIn) -> Terms {
    Terms {
        issuer: sign_in.issuer.clone(),
        audience: sign_in.audience.0.clone(),
        clients: sign_in.clients.0.clone(),
        clock_skew_seconds: sign_in.clock_skew_seconds,
        lifetime_max: Some(TimeDelta::hours(sign_in.lifetime_hours_max.into())),
        claims: sign_in.claims.clone(),
        id_token: None,
    }
}

/// Who the claims of a provider's token are, whoever signed them.
///
/// # Errors
/// [`TokenError`] for whatever does not say who calls.
pub fn claimed(payload: &[u8], sign_in: &SignIn, now: DateTime<Utc>) -> Result<Identity, TokenError> {
    let claims: Claims = serde_json::from_slice(payload).map_err(|_| TokenError::new("malformed"))?;
    claims.into_identity(&terms(sign_in), now)
}

/// What the library holds a token to. `nbf` may be missing (RFC 7519).
fn validation(algorithm: Algorithm, terms: &Terms) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    validation.leeway = terms.clock_skew_seconds.into();
    validation.set_issuer(&[&terms.issuer]);
    validation.set_audience(&terms.audience);
    validation
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
