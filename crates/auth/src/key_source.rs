//! Where a provider's JWK set is read: a file, an address, or the address that the issuer's discovery document names.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Response, Url, redirect};
use serde::Deserialize;

use super::jwks::KeySet;
use super::sign_in::{KeySource, SignIn};

/// Most bytes in a JWK set or a discovery document.
const BYTES_MAX: usize = 262_144;
/// How soon a provider answers where it is well.
const ANSWER: Duration = Duration::from_secs(5);

/// Why a provider's keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("{0}")]
    Settings(String),
    #[error("the keys that tokens are verified with cannot be read from {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the provider does not answer at {url}")]
    Away {
        url: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("{url} answers {status}: is sign_in.issuer or sign_in.keys right?")]
    Status { url: String, status: u16 },
    #[error("{place} holds more than 256 KiB, which no JWK set does")]
    TooLong { place: String },
    #[error("{place} is no JWK set with distinct key ids")]
    Malformed { place: String },
    #[error("{url} is no discovery document: it has no issuer and jwks_uri")]
    Discovery { url: String },
    #[error("{url} is of the issuer {found}: set sign_in.issuer to exactly that")]
    OtherIssuer { url: String, found: String },
    #[error("{url} is no address for keys: https, or http on this machine alone")]
    Insecure { url: String },
    #[error("{place} has no key that can be used: {set}")]
    NoUsableKey { place: String, set: String },
    #[error("the client secret of the console cannot be read from {}", path.display())]
    Secret {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{url} names no {endpoint}: nobody can sign in by a code there")]
    NoEndpoint { url: String, endpoint: &'static str },
    #[error("no connection to a provider can be made here")]
    Client(#[source] reqwest::Error),
}

/// Where the set is, and how it is reached.
#[derive(Debug)]
pub(super) struct Source {
    keys: KeySource,
    issuer: String,
    reader: Reader,
}

/// What a provider publishes of itself. What signs people in is optional: others only verify its tokens.
#[derive(Debug, Deserialize)]
pub(super) struct DiscoveryDocument {
    issuer: String,
    jwks_uri: String,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) end_session_endpoint: Option<String>,
    #[serde(default)]
    pub(super) token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// Reaches a provider, which answers soon and shortly or not at all.
#[derive(Debug, Clone)]
pub(super) struct Reader(pub(super) Client);

impl Source {
    pub(super) fn of(sign_in: &SignIn) -> Result<Self, KeysError> {
        Ok(Self { keys: sign_in.keys.clone(), issuer: sign_in.issuer.clone(), reader: Reader::new()? })
    }

    /// Whether it may be away while this machine is well.
    pub(super) const fn is_remote(&self) -> bool {
        !matches!(self.keys, KeySource::File(_))
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        match &self.keys {
            KeySource::Discovery => discovery(&self.issuer),
            KeySource::Url(url) => url.clone(),
            KeySource::File(path) => path.display().to_string(),
        }
    }

    /// The set as it is now, and its bytes.
    pub(super) async fn read(&self) -> Result<(KeySet, Vec<u8>), KeysError> {
        let (place, text) = match &self.keys {
            KeySource::File(path) => (path.display().to_string(), self.file(path.clone())?),
            KeySource::Url(url) => (url.clone(), self.reader.get(url).await?),
            KeySource::Discovery => {
                let document = self.reader.document(&self.issuer).await?;
                let text = self.reader.get(&document.jwks_uri).await?;
                (document.jwks_uri, text)
            }
        };
        match KeySet::read(&text) {
            Some(set) => Ok((set, text)),
            None => Err(KeysError::Malformed { place }),
        }
    }

    fn file(&self, path: PathBuf) -> Result<Vec<u8>, KeysError> {
        let mut text = Vec::new();
        let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        let read = File::open(&path).and_then(|file| file.take(most).read_to_end(&mut text));
        match read {
            Err(source) => Err(KeysError::File { path, source }),
            Ok(_) if text.len() > BYTES_MAX => Err(KeysError::TooLong { place: self.place() }),
            Ok(_) => Ok(text),
        }
    }
}

/// Where an issuer says of itself what a reader has to know.
pub(super) fn discovery(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Reader {
    pub(super) fn new() -> Result<Self, KeysError> {
        // a connection is made for each look: they are minutes apart, and threads have runtimes of their own
        let client =
            Client::builder().timeout(ANSWER).redirect(redirect::Policy::none()).pool_max_idle_per_host(0);
        Ok(Self(client.build().map_err(KeysError::Client)?))
    }

    /// What an issuer says of itself; another issuer's document is none.
    pub(super) async fn document(&self, issuer: &str) -> Result<DiscoveryDocument, KeysError> {
        let url = discovery(issuer);
        let document: DiscoveryDocument = serde_json::from_slice(&self.get(&url).await?)
            .map_err(|_| KeysError::Discovery { url: url.clone() })?;
        if document.issuer != issuer {
            return Err(KeysError::OtherIssuer { url, found: document.issuer });
        }
        Ok(document)
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, KeysError> {
        let url = allowed(address).ok_or_else(|| KeysError::Insecure { url: address.to_owned() })?;
        let sent = self.0.get(url).send().await;
        let answer = sent.map_err(|source| KeysError::Away { url: address.to_owned(), source })?;
        if answer.status() != 200 {
            return Err(KeysError::Status { url: address.to_owned(), status: answer.status().as_u16() });
        }
        Self::text(address, answer).await
    }

    /// What was answered, unless it is too long.
    pub(super) async fn text(address: &str, mut answer: Response) -> Result<Vec<u8>, KeysError> {
        let away = |source| KeysError::Away { url: address.to_owned(), source };
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(away)? {
            text.extend_from_slice(&chunk);
            if text.len() > BYTES_MAX {
                return Err(KeysError::TooLong { place: address.to_owned() });
            }
        }
        Ok(text)
    }
}

/// Whoever could change the set on its way could sign in as anybody.
pub(super) fn allowed(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    (url.scheme() == "https" || url.scheme() == "http" && here).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for url in
            ["https://id.example/keys", "http://127.0.0.1:8/keys", "http://[::1]/keys", "http://localhost/k"]
        {
            assert!(allowed(url).is_some(), "{url}");
        }
        for url in [
            "http://id.example/keys",
            "http://10.0.0.1/keys",
            "file:///etc/passwd",
            "keys",
            "",
            "ftp://localhost/k",
        ] {
            assert!(allowed(url).is_none(), "{url}");
        }
    }
}
