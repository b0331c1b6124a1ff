//! Signing people in at the provider: an authorization code with PKCE (RFC 7636), and the ID token that it is exchanged
//! for. Which sign-ins are under way, the console keeps.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::key_source::{DiscoveryDocument, KeysError, Reader, allowed, discovery};
use super::sign_in::{ClientSecret, ConsoleClient, SignIn};

/// For how long what the provider says of itself is not asked again.
const AGAIN: Duration = Duration::from_secs(300);

/// What the console is to the provider, and where people come back to.
#[derive(Debug)]
pub struct CodeFlow {
    pub client_id: String,
    pub issuer: String,
    secret: Option<ClientSecret>,
    scope: String,
    /// The address of the service, without a `/` at its end.
    base: String,
    reader: Reader,
    known: Mutex<Option<(Instant, Arc<DiscoveryDocument>)>>,
}

/// What goes with people to the provider and has to come back.
#[derive(Debug)]
pub struct SentAlong<'a> {
    pub state: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a str,
    /// The language of the provider's pages.
    pub language: &'a str,
}

/// Why a code brings no ID token.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error(transparent)]
    Provider(#[from] KeysError),
    /// In the provider's word for it: `invalid_grant`, `invalid_client`.
    #[error("the provider refuses the code: {0}")]
    Refused(String),
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<String>,
    error: Option<String>,
}

impl CodeFlow {
    /// None where the settings say nothing of the console.
    ///
    /// # Errors
    /// [`KeysError`] if the secret cannot be read.
    pub fn of(sign_in: &SignIn, base: &str) -> Result<Option<Self>, KeysError> {
        let Some(console) = &sign_in.console else { return Ok(None) };
        Ok(Some(Self {
            client_id: console.client_id.clone(),
            issuer: sign_in.issuer.clone(),
            secret: secret(console)?,
            scope: console.scope.clone(),
            base: base.trim_end_matches('/').to_owned(),
            reader: Reader::new()?,
            known: Mutex::default(),
        }))
    }

    /// Where the provider sends people back to.
    pub fn redirect(&self) -> String {
        format!("{}/sign-in/return", self.base)
    }

    /// Where people sign in.
    pub async fn address(&self, along: &SentAlong<'_>) -> Result<String, KeysError> {
        let document = self.document().await?;
        let endpoint = named(document.authorization_endpoint.as_deref(), self, "authorization_endpoint")?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(along.verifier));
        let redirect = self.redirect();
        Ok(with_pairs(
            endpoint,
            &[
                ("response_type", "code"),
                ("client_id", &self.client_id),
                ("redirect_uri", &redirect),
                ("scope", &self.scope),
                ("state", along.state),
                ("nonce", along.nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("ui_locales", along.language),
            ],
        ))
    }

    /// Whether an answer may be of this provider (RFC 9207): it says so wherever the provider promises to.
    pub async fn is_of_provider(&self, iss: Option<&str>) -> Result<bool, KeysError> {
        match iss {
            Some(iss) => Ok(iss == self.issuer),
            None => Ok(!self.document().await?.authorization_response_iss_parameter_supported),
        }
    }

    /// The ID token for a code.
    pub async fn exchange(&self, code: &str, verifier: &str) -> Result<String, FlowError> {
        let document = self.document().await?;
        let endpoint = named(document.token_endpoint.as_deref(), self, "token_endpoint")?;
        let url = allowed(endpoint).ok_or_else(|| KeysError::Insecure { url: endpoint.to_owned() })?;
        let redirect = self.redirect();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect),
            ("code_verifier", verifier),
        ];
        let mut request = self.reader.0.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let methods = &document.token_endpoint_auth_methods_supported;
        let takes = |method: &str| methods.iter().any(|named| named == method);
        match &self.secret {
            None => fields.push(("client_id", &self.client_id)),
            Some(ClientSecret(secret)) if !takes("client_secret_basic") && takes("client_secret_post") => {
                fields.extend([("client_id", self.client_id.as_str()), ("client_secret", secret)]);
            }
            // both are escaped before they are joined (RFC 6749, 2.3.1)
            Some(ClientSecret(secret)) => {
                request = request.basic_auth(escaped(&self.client_id), Some(escaped(secret)));
            }
        }
        let away = |source| KeysError::Away { url: endpoint.to_owned(), source };
        let answer = request.body(pairs(&fields)).send().await.map_err(away)?;
        let status = answer.status().as_u16();
        let text = Reader::text(endpoint, answer).await?;
        let said: Option<TokenAnswer> = serde_json::from_slice(&text).ok();
        match said {
            Some(TokenAnswer { id_token: Some(token), .. }) if status == 200 => Ok(token),
            Some(TokenAnswer { error: Some(error), .. }) => Err(FlowError::Refused(error)),
            _ if status == 200 => Err(FlowError::Refused("no_id_token".to_owned())),
            _ => Err(KeysError::Status { url: endpoint.to_owned(), status }.into()),
        }
    }

    /// Where people sign out at the provider, if it has that; it sends them back to the sign-in page.
    pub async fn sign_out_address(&self) -> Result<Option<String>, KeysError> {
        let document = self.document().await?;
        let back = format!("{}/sign-in", self.base);
        let fields = [("client_id", self.client_id.as_str()), ("post_logout_redirect_uri", &back)];
        Ok(document.end_session_endpoint.as_deref().map(|endpoint| with_pairs(endpoint, &fields)))
    }

    /// What `doctor` finds: where people sign in, and where they come back to.
    pub async fn look_once(&self) -> Result<String, KeysError> {
        let document = self.document().await?;
        let at = named(document.authorization_endpoint.as_deref(), self, "authorization_endpoint")?;
        named(document.token_endpoint.as_deref(), self, "token_endpoint")?;
        let out = if document.end_session_endpoint.is_some() { "" } else { "; it signs nobody out" };
        Ok(format!("{} at {at}, back to {}{out}", self.client_id, self.redirect()))
    }

    async fn document(&self) -> Result<Arc<DiscoveryDocument>, KeysError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, document)) = known.filter(|(at, _)| at.elapsed() < AGAIN) {
            return Ok(document);
        }
        let document = Arc::new(self.reader.document(&self.issuer).await?);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), Arc::clone(&document)));
        Ok(document)
    }
}

/// The secret of the environment, else of its file.
fn secret(console: &ConsoleClient) -> Result<Option<ClientSecret>, KeysError> {
    if console.secret.is_some() {
        return Ok(console.secret.clone());
    }
    let Some(path) = &console.secret_file else { return Ok(None) };
    let text =
        std::fs::read_to_string(path).map_err(|source| KeysError::Secret { path: path.clone(), source })?;
    Ok(Some(ClientSecret(text.trim().to_owned())))
}

/// An address that the provider has to name for this, and that is safe on its way.
fn named<'a>(
    address: Option<&'a str>,
    flow: &CodeFlow,
    endpoint: &'static str,
) -> Result<&'a str, KeysError> {
    let address = address.ok_or_else(|| KeysError::NoEndpoint { url: discovery(&flow.issuer), endpoint })?;
    match allowed(address) {
        Some(_) => Ok(address),
        None => Err(KeysError::Insecure { url: address.to_owned() }),
    }
}

/// All but what an address never escapes (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn pairs(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// An address may have a query of its own.
fn with_pairs(address: &str, fields: &[(&str, &str)]) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{}", pairs(fields))
}
