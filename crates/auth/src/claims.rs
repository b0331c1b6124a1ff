//! What a token says of its bearer, and where: providers differ, so the settings name the claims.
//!
//! A path leads through objects by names and dots and through every item of a list: `realm_access.roles`, `roles[].name`.
//! Where a claim's own name has dots (`https://id.example/roles`) the longest name that is there counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::identity::{Identity, TokenError};
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Role, Roles, Subject};

/// One word, or a list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Words")]
pub struct OneOrMore(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
enum Words {
    One(String),
    More(Vec<String>),
}

impl From<Words> for OneOrMore {
    fn from(words: Words) -> Self {
        match words {
            Words::One(word) => Self(vec![word]),
            Words::More(words) => Self(words),
        }
    }
}

/// Where in a token it stands who calls: `[sign_in.claims]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimsMap {
    pub subject: Mapping,
    pub agency: Mapping,
    pub roles: Mapping,
    pub organisation: Mapping,
}

/// Where one thing stands, and what the provider's words for it mean here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "MappingSetting")]
pub struct Mapping {
    /// Paths; without any, the claim of the thing's own name.
    claim: Vec<String>,
    /// Where given: what each word means. Other words mean nothing.
    values: Option<BTreeMap<String, OneOrMore>>,
    /// Where given: what holds for every token, whatever it says.
    fixed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "the path of a claim, a list of paths, or a table of claim, values and fixed")]
enum MappingSetting {
    Claim(OneOrMore),
    Table(MappingTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingTable {
    #[serde(default)]
    claim: OneOrMore,
    values: Option<BTreeMap<String, OneOrMore>>,
    #[serde(default)]
    fixed: OneOrMore,
}

impl From<MappingSetting> for Mapping {
    fn from(setting: MappingSetting) -> Self {
        let MappingTable { claim, values, fixed } = match setting {
            MappingSetting::Claim(claim) => MappingTable { claim, values: None, fixed: OneOrMore::default() },
            MappingSetting::Table(table) => table,
        };
        Self { claim: claim.0, values, fixed: fixed.0 }
    }
}

impl ClaimsMap {
    /// What is wrong with the settings, in words: a value that is none of ours would be missed at every sign-in.
    pub(super) fn wrong(&self) -> Option<String> {
        type IsOurs = fn(&str) -> bool;
        let checks: [(&str, &Mapping, IsOurs); 4] = [
            ("subject", &self.subject, |_| true),
            ("agency", &self.agency, |text| AgencyCode::parse(text).is_ok()),
            ("roles", &self.roles, |text| Role::from_str(text).is_ok()),
            ("organisation", &self.organisation, |text| CreditCode::parse(text).is_ok()),
        ];
        checks.into_iter().find_map(|(name, mapping, is_ours)| {
            let is_read = !mapping.claim.is_empty() || mapping.values.is_some();
            if is_read && !mapping.fixed.is_empty() {
                return Some(format!("sign_in.claims.{name} is either fixed or read from a claim"));
            }
            let meant = mapping.values.iter().flat_map(BTreeMap::values).flat_map(|words| &words.0);
            let mut given = meant.chain(&mapping.fixed);
            let unknown = given.find(|text| !is_ours(text))?;
            Some(format!("sign_in.claims.{name} means {unknown}, which is no {name} of this service"))
        })
    }
}

impl Mapping {
    fn paths<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        match (self.claim.as_slice(), name) {
            ([], "subject") => vec!["sub"],
            ([], name) => vec![name],
            (paths, _) => paths.iter().map(String::as_str).collect(),
        }
    }

    /// What the claims say of the thing of this name.
    fn read<'a>(&'a self, claims: &'a Claims, name: &'a str) -> BTreeSet<&'a str> {
        if !self.fixed.is_empty() {
            return self.fixed.iter().map(String::as_str).collect();
        }
        let said = self.paths(name).into_iter().flat_map(|path| claims.texts(path));
        match &self.values {
            None => said.collect(),
            Some(values) => said
                .filter_map(|word| values.get(word))
                .flat_map(|words| &words.0)
                .map(String::as_str)
                .collect(),
        }
    }

    /// What the claims say, where one thing and no other has to stand. None where they say nothing.
    fn one<T: FromStr>(&self, claims: &Claims, name: &'static str) -> Result<Option<T>, TokenError> {
        let refused = || TokenError::in_claim(name, self.paths(name).join(", "));
        let said = self.read(claims, name);
        match (said.first(), said.len()) {
            (None, _) if self.is_silent(claims, name) => Ok(None),
            (Some(text), 1) => text.parse().map(Some).map_err(|_| refused()),
            _ => Err(refused()),
        }
    }

    /// Whether none of the claims is there at all: what is there and means nothing is a mistake.
    fn is_silent(&self, claims: &Claims, name: &str) -> bool {
        self.values.is_some() || self.paths(name).into_iter().all(|path| !claims.has(path))
    }
}

/// What else a token must say, whoever issued it.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) issuer: String,
    pub(super) audience: Vec<String>,
    pub(super) clients: Vec<String>,
    pub(super) clock_skew_seconds: u32,
    pub(super) lifetime_max: Option<TimeDelta>,
    pub(super) claims: ClaimsMap,
    /// Where it is an ID token: what the sign-in that asked for it expects.
    pub(super) id_token: Option<ExpectedIdToken>,
}

/// What an ID token must say beside who signed in (OpenID Connect Core, 3.1.3.7).
#[derive(Debug, Clone)]
pub struct ExpectedIdToken {
    pub client_id: String,
    pub nonce: String,
}

/// All claims of a token. A name that stands there twice is refused: another reader might take the other.
#[derive(Debug)]
pub(super) struct Claims(Map<String, Value>);

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Claims;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
                let mut claims = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("a claim stands there twice"));
                    }
                }
                Ok(Claims(claims))
            }
        }

        deserializer.deserialize_map(Once)
    }
}

impl Claims {
    pub(super) fn into_identity(self, terms: &Terms, now: DateTime<Utc>) -> Result<Identity, TokenError> {
        // a list of issuers would pass the library if it only contained ours
        if self.text("iss") != Some(terms.issuer.as_str()) {
            return Err(TokenError::new("issuer"));
        }
        if self.is_for_another_use(terms.id_token.is_some()) {
            return Err(TokenError::new("type"));
        }
        if let Some(expected) = &terms.id_token {
            self.answers(expected)?;
        }
        let client = ["azp", "client_id", "appid"].into_iter().find_map(|name| self.text(name));
        if !terms.clients.is_empty()
            && !client.is_some_and(|id| terms.clients.iter().any(|named| named == id))
        {
            return Err(TokenError::new("client"));
        }
        let expires_at = self.instant("exp")?.ok_or(TokenError::new("claim_missing"))?;
        let issued_at = self.instant("iat")?;
        check_times(issued_at, expires_at, terms, now)?;
        let token = self.text("jti").and_then(|jti| Subject::of(&terms.issuer, jti).ok());
        let map = &terms.claims;
        let missing =
            |reason, mapping: &Mapping| TokenError::in_claim(reason, mapping.paths(reason).join(", "));
        let sub = map.subject.one::<String>(&self, "subject")?;
        let subject = sub.and_then(|sub| Subject::of(&terms.issuer, &sub).ok());
        // what others call their roles is theirs
        let roles = map.roles.read(&self, "roles").into_iter().filter_map(|name| name.parse::<Role>().ok());
        let actor = Actor {
            subject: subject.ok_or_else(|| missing("subject", &map.subject))?,
            roles: roles.collect::<Roles>(),
            organisation: map.organisation.one::<CreditCode>(&self, "organisation")?,
        };
        let agency = map.agency.one::<AgencyCode>(&self, "agency")?;
        let agency = agency.ok_or_else(|| missing("agency", &map.agency))?;
        if actor.roles.is_empty() {
            return Err(missing("roles", &map.roles));
        }
        if actor.lacks_organisation() {
            let claim = map.organisation.paths("organisation").join(", ");
            return Err(TokenError::in_claim("organisation_missing", claim));
        }
        Ok(Identity { agency, actor, ungranted: Roles::NONE, token, issued_at, expires_at })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A NumericDate, whose fraction is left out.
    fn instant(&self, name: &str) -> Result<Option<DateTime<Utc>>, TokenError> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let seconds = value.as_number().and_then(|number| Decimal::from_str(&number.to_string()).ok());
        let instant = seconds.and_then(|seconds| DateTime::from_timestamp(seconds.trunc().to_i64()?, 0));
        instant.map(Some).ok_or(TokenError::new("expiry"))
    }

    /// Whether an ID token is the one that a sign-in asked for.
    fn answers(&self, expected: &ExpectedIdToken) -> Result<(), TokenError> {
        if self.text("nonce") != Some(expected.nonce.as_str()) {
            return Err(TokenError::new("nonce"));
        }
        if !self.has("iat") {
            return Err(TokenError::new("claim_missing"));
        }
        let is_for_several = self.0.get("aud").and_then(Value::as_array).is_some_and(|named| named.len() > 1);
        match self.text("azp") {
            Some(client) if client != expected.client_id => Err(TokenError::new("client")),
            None if is_for_several => Err(TokenError::new("client")),
            _ => Ok(()),
        }
    }

    /// Whether it calls itself something else than what opens a service, or than an ID token where one is asked for:
    /// providers sign ID, refresh and logout tokens with the same keys. Keycloak says so in `typ`, Casdoor in
    /// `tokenType`, Cognito in `token_use`; a logout has `events`.
    fn is_for_another_use(&self, is_id: bool) -> bool {
        let named = ["typ", "tokenType", "TokenType", "token_type", "token_use"].into_iter();
        let mut words = named.filter_map(|name| self.text(name)).map(str::to_ascii_lowercase);
        let other = ["id", "refresh", "offline", "logout"];
        words.any(|word| other.iter().any(|other| word.starts_with(other) && !(is_id && word == "id")))
            || self.0.contains_key("events")
    }

    fn has(&self, path: &str) -> bool {
        let mut found = Vec::new();
        walk_members(&self.0, path, &mut found);
        found.iter().any(|value| !value.is_null())
    }

    /// The texts that a path leads to. A scope is a list in one text (RFC 6749, 3.3).
    fn texts<'a>(&'a self, path: &str) -> Vec<&'a str> {
        let mut found = Vec::new();
        walk_members(&self.0, path, &mut found);
        let texts = found.into_iter().filter_map(Value::as_str);
        if matches!(path.rsplit('.').next(), Some("scope" | "scp")) {
            return texts.flat_map(str::split_whitespace).collect();
        }
        texts.collect()
    }
}

fn walk<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, found)),
        value if path.is_empty() => found.push(value),
        Value::Object(members) => walk_members(members, path, found),
        _ => {}
    }
}

fn walk_members<'a>(members: &'a Map<String, Value>, path: &str, found: &mut Vec<&'a Value>) {
    let mut name = path;
    loop {
        let member = members.get(name).or_else(|| members.get(name.strip_suffix("[]")?));
        if let Some(value) = member {
            let rest = path.get(name.len()..).unwrap_or_default();
            return walk(value, rest.trim_start_matches('.'), found);
        }
        match name.rsplit_once('.') {
            Some((shorter, _)) => name = shorter,
            None => return,
        }
    }
}

/// The library has looked at `exp` and `nbf`.
fn check_times(
    issued_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
    terms: &Terms,
    now: DateTime<Utc>,
) -> Result<(), TokenError> {
    let skew = TimeDelta::seconds(terms.clock_skew_seconds.into());
    if issued_at.is_some_and(|at| at > now + skew) {
        return Err(TokenError::new("issued_in_future"));
    }
    let lifetime = expires_at - issued_at.unwrap_or(now);
    if terms.lifetime_max.is_some_and(|most| lifetime > most) {
        return Err(TokenError::new("lifetime"));
    }
    Ok(())
}
