//! How people and programs sign in by an OpenID Connect provider: the settings, as an operator writes them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;

use super::claims::{ClaimsMap, OneOrMore};
use subsidy_core::domain::Subject;

/// The `iss` of the service's own tokens.
pub const ISSUER: &str = "subsidy-ledger";

/// How far the clocks of issuer and service may differ, where the settings say nothing.
pub const CLOCK_SKEW_SECONDS: u32 = 5;
const CLOCK_SKEW_SECONDS_MAX: u32 = 300;

/// The longest that a provider's token may be valid, where the settings say nothing: what Casdoor gives unasked.
const LIFETIME_HOURS: u32 = 168;

/// `[sign_in]`: whose tokens serve beside the service's own, and what they must say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The one `iss` that its keys may sign for.
    pub issuer: String,
    /// One of these stands in `aud`.
    pub audience: OneOrMore,
    /// From where its keys come.
    #[serde(default)]
    pub keys: KeySource,
    /// Where any are named: the programs that a token may have been issued to.
    #[serde(default)]
    pub clients: OneOrMore,
    /// Whose own tokens serve beside the provider's: with two issuers one person is two subjects.
    #[serde(default)]
    pub own_tokens: OwnTokens,
    #[serde(default = "clock_skew_seconds")]
    pub clock_skew_seconds: u32,
    #[serde(default = "lifetime_hours_max")]
    pub lifetime_hours_max: u32,
    /// Where in a token it stands who calls.
    #[serde(default)]
    pub claims: ClaimsMap,
    /// How people sign in to the console there; without it they bring a token.
    #[serde(default)]
    pub console: Option<ConsoleClient>,
}

/// `[sign_in.console]`: what the console is to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleClient {
    pub client_id: String,
    /// A file that holds nothing but the secret; neither this nor a secret of the environment for a public client.
    pub secret_file: Option<PathBuf>,
    #[serde(skip)]
    pub secret: Option<ClientSecret>,
    #[serde(default = "scope")]
    pub scope: String,
}

/// A secret that `Debug` leaves out, so that no log has it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(pub String);

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClientSecret(..)")
    }
}

impl ConsoleClient {
    pub fn of(client_id: String) -> Self {
        Self { client_id, secret_file: None, secret: None, scope: scope() }
    }

    fn wrong(&self) -> Option<String> {
        if self.client_id.trim().is_empty() {
            return Some(
                "sign_in.console.client_id must be the id under which the provider knows the console"
                    .to_owned(),
            );
        }
        if !self.scope.split_whitespace().any(|word| word == "openid") {
            return Some(
                "sign_in.console.scope must hold openid: without it no ID token is issued".to_owned(),
            );
        }
        None
    }
}

fn scope() -> String {
    "openid".to_owned()
}

const fn clock_skew_seconds() -> u32 {
    CLOCK_SKEW_SECONDS
}

const fn lifetime_hours_max() -> u32 {
    LIFETIME_HOURS
}

impl SignIn {
    /// A provider whose tokens are as this service's own: all else is left to the defaults.
    pub fn of(issuer: String, audience: OneOrMore) -> Self {
        Self {
            issuer,
            audience,
            keys: KeySource::default(),
            clients: OneOrMore::default(),
            own_tokens: OwnTokens::default(),
            clock_skew_seconds: CLOCK_SKEW_SECONDS,
            lifetime_hours_max: LIFETIME_HOURS,
            claims: ClaimsMap::default(),
            console: None,
        }
    }

    /// What is wrong with the settings, in words.
    pub fn wrong(&self) -> Option<String> {
        if self.issuer == ISSUER || Subject::of(&self.issuer, "x").is_err() {
            return Some(format!(
                "sign_in.issuer must be the provider's iss, other than {ISSUER}, without '#' and blanks"
            ));
        }
        if self.audience.0.is_empty() || self.audience.0.iter().any(String::is_empty) {
            return Some(
                "sign_in.audience must name what the provider writes into aud for this service".to_owned(),
            );
        }
        if self.clock_skew_seconds > CLOCK_SKEW_SECONDS_MAX {
            return Some(format!("sign_in.clock_skew_seconds is at most {CLOCK_SKEW_SECONDS_MAX}"));
        }
        if self.lifetime_hours_max == 0 {
            return Some("sign_in.lifetime_hours_max is at least 1".to_owned());
        }
        self.claims.wrong().or_else(|| self.console.as_ref().and_then(ConsoleClient::wrong))
    }
}

/// From where a provider's keys come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum KeySource {
    /// From where the issuer's discovery document says.
    #[default]
    Discovery,
    Url(String),
    File(PathBuf),
}

impl From<String> for KeySource {
    fn from(text: String) -> Self {
        if text.starts_with("https://") || text.starts_with("http://") {
            Self::Url(text)
        } else {
            Self::File(text.into())
        }
    }
}

/// Whose own tokens serve beside a provider's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "OwnTokensSetting")]
pub enum OwnTokens {
    #[default]
    Off,
    /// Those of machines that the operator names, by the `sub` of their tokens. A person's name is none of them.
    Of(BTreeSet<String>),
    On,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "true, false, or a list of the subs of machines")]
enum OwnTokensSetting {
    All(bool),
    Of(BTreeSet<String>),
}

impl From<OwnTokensSetting> for OwnTokens {
    fn from(setting: OwnTokensSetting) -> Self {
        match setting {
            OwnTokensSetting::All(true) => Self::On,
            OwnTokensSetting::All(false) => Self::Off,
            OwnTokensSetting::Of(named) => Self::Of(named),
        }
    }
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
