//! What a request says beside its body: who calls, the idempotency key, `If-Match`, the query, the path.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::json;
use super::language::Language;
use super::problem::Problem;
use subsidy_auth::token::{Identity, Verifier};
use subsidy_core::domain::{Code, Sequence, letters};

/// The request's id, made where the request comes in; it stands in the answer and in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// A header that may stand there once, as text.
pub fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// The language to answer in.
pub fn language(headers: &HeaderMap) -> Language {
    Language::accepted(header_text(headers, &header::ACCEPT_LANGUAGE))
}

/// Who calls. Error: `unauthenticated`, which says what is wrong with a token and what to do; never the token.
pub async fn identity(headers: &HeaderMap, verifier: &Verifier) -> Result<Identity, Problem> {
    let text = header_text(headers, &header::AUTHORIZATION).unwrap_or_default();
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (_, token) = token.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    verifier.verify(token.trim()).await.map_err(|error| {
        let (reason, claim) = (error.reason(), error.claim());
        tracing::info!(reason, claim, "a token was refused");
        Problem::new(error.code()).with("reason", reason).with("claim", claim)
    })
}

/// An idempotency key as it is kept: its SHA-256.
pub fn key_digest(key: &str) -> Result<[u8; 32], Problem> {
    match key.len() {
        0 => Err(Problem::new(Code::IdempotencyKeyMissing)),
        1..=255 if key.bytes().all(|b| b.is_ascii_graphic()) => Ok(Sha256::digest(key).into()),
        _ => Err(Problem::new(Code::IdempotencyKeyInvalid)),
    }
}

/// The idempotency key of a request.
pub fn idempotency_key(headers: &HeaderMap) -> Result<[u8; 32], Problem> {
    let name = HeaderName::from_static("idempotency-key");
    match headers.get_all(&name).count() {
        0 => Err(Problem::new(Code::IdempotencyKeyMissing)),
        1 => {
            let text =
                header_text(headers, &name).ok_or_else(|| Problem::new(Code::IdempotencyKeyInvalid))?;
            key_digest(text.trim())
        }
        _ => Err(Problem::new(Code::IdempotencyKeyInvalid)),
    }
}

/// The version that the caller saw: `"123"`. What is no version of ours matches none; `*` says nothing.
pub fn if_match(headers: &HeaderMap) -> Result<Option<Sequence>, Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    let text = header_text(headers, &header::IF_MATCH).map(str::trim);
    if text == Some("*") {
        return Ok(None);
    }
    let digits = text.and_then(|t| t.strip_prefix('"')?.strip_suffix('"'));
    let number = digits.and_then(whole_number);
    number.map(|n| Some(Sequence::new(n))).ok_or_else(|| Problem::new(Code::VersionConflict))
}

/// The SHA-256 of what makes a request the same: each part with its length before it.
pub fn request_digest(parts: [&[u8]; 5]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// A whole number as everybody writes it: digits, without a sign and without zeros before others.
fn whole_number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

/// Whether a text holds a character that nobody sees or that the database cannot take; bytes that are no characters
/// were decoded to U+FFFD, which is one.
fn unreadable(text: &str) -> bool {
    text.chars().any(letters::is_refused)
}

/// The query's parameters, each once and all known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Error: `invalid_query`, naming the parameter; also where it holds what nobody can read.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, Problem> {
        let refused = |name: &str| Problem::new(Code::InvalidQuery).with("parameter", name);
        let pairs =
            actix_web::web::Query::<Vec<(String, String)>>::from_query(text).map_err(|_| refused("?"))?;
        let pairs = pairs.into_inner();
        for (index, (name, value)) in pairs.iter().enumerate() {
            let Some(known) = known.iter().find(|known| *known == name) else {
                // an unknown name is repeated only where it can be read
                return Err(refused(if unreadable(name) { "?" } else { name }));
            };
            if unreadable(value) || pairs.iter().skip(index + 1).any(|(other, _)| other == known) {
                return Err(refused(known));
            }
        }
        Ok(Self(pairs))
    }

    /// A parameter as it was written.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A parameter as a value. Error: `invalid_query`.
    pub fn value<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let parsed = self.text(name).map(str::parse::<T>).transpose();
        parsed.map_err(|_| Problem::new(Code::InvalidQuery).with("parameter", name))
    }

    /// A parameter that is one of a few words. Error: `invalid_query`.
    pub fn word<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problem> {
        let word = self.text(name).map(json::word::<T>).transpose();
        word.map_err(|allowed| {
            Problem::new(Code::InvalidQueryWord).with("parameter", name).with("allowed", allowed)
        })
    }

    /// A parameter as a whole number. Error: `invalid_query`.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = whole_number(text);
        number.map(Some).ok_or_else(|| Problem::new(Code::InvalidQuery).with("parameter", name))
    }

    /// All but the named ones, sorted.
    pub fn others(&self, but: &[&str]) -> Vec<(&str, &str)> {
        let pairs = self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let mut pairs: Vec<_> = pairs.filter(|(name, _)| !but.contains(name)).collect();
        pairs.sort_unstable();
        pairs
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathParts(Vec<(String, String)>);

impl PathParts {
    /// Of a request that a resource took.
    pub fn of(request: &HttpRequest) -> Self {
        request.match_info().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Error: `invalid_path` where a parameter holds what nobody can read.
    pub fn check(request: &HttpRequest) -> Result<(), Problem> {
        if request.match_info().iter().any(|(_, value)| unreadable(value)) {
            return Err(Problem::new(Code::InvalidPath));
        }
        Ok(())
    }

    /// A parameter as it was written.
    pub fn text(&self, name: &str) -> Result<&str, Problem> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str()).ok_or_else(|| Problem::new(Code::NotFound))
    }

    /// A parameter as a value. What has not its form names nothing: `not_found`.
    pub fn value<T: std::str::FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.text(name)?.parse().map_err(|_| Problem::new(Code::NotFound))
    }

    /// A parameter as a whole number. What is none names nothing: `not_found`.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, Problem> {
        whole_number(self.text(name)?).ok_or_else(|| Problem::new(Code::NotFound))
    }
}

impl FromIterator<(String, String)> for PathParts {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(parts: I) -> Self {
        Self(parts.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_write_needs_one_visible_key() {
        let code =
            |values: &[&str]| idempotency_key(&headers("idempotency-key", values)).map_err(|p| p.code());
        assert_eq!(code(&[]), Err(Code::IdempotencyKeyMissing));
        assert_eq!(code(&[""]), Err(Code::IdempotencyKeyMissing));
        assert_eq!(code(&["a b"]), Err(Code::IdempotencyKeyInvalid));
        assert_eq!(code(&["a", "a"]), Err(Code::IdempotencyKeyInvalid));
        assert_eq!(code(&[&"a".repeat(256)]), Err(Code::IdempotencyKeyInvalid));
        assert!(code(&[&"a".repeat(255)]).is_ok());
        assert_ne!(code(&["a"]), code(&["b"]));
    }

    #[test]
    fn if_match_takes_one_strong_tag() {
        let read = |values: &[&str]| if_match(&headers("if-match", values)).map_err(|p| p.code());
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(None));
        assert_eq!(read(&["\"123\""]), Ok(Some(Sequence::new(123))));
        for other in ["123", "W/\"123\"", "\"abc\"", "\"\"", "\"1\", \"2\"", "\"-1\"", "\"+1\"", "\"01\""] {
            assert_eq!(read(&[other]), Err(Code::VersionConflict), "{other}");
        }
    }

    #[test]
    fn a_query_is_known_and_each_parameter_stands_there_once() {
        let code = |text: &str| Query::parse(text, &["limit", "status"]).map_err(|p| p.code());
        assert_eq!(code("limit=1&limit=2"), Err(Code::InvalidQuery));
        assert_eq!(code("colour=1"), Err(Code::InvalidQuery));
        let query = code("status=a%20b&limit=5").unwrap();
        assert_eq!(query.text("status"), Some("a b"));
        assert_eq!(query.number::<u32>("limit").unwrap(), Some(5));
        assert_eq!(query.number::<u32>("status").unwrap_err().code(), Code::InvalidQuery);
        assert_eq!(query.others(&["limit"]), [("status", "a b")]);
    }

    #[test]
    fn what_nobody_can_read_is_no_parameter() {
        let refused = |text: &str| Query::parse(text, &["status"]).map_err(|p| p.code()).unwrap_err();
        for text in
            ["status=%00", "status=a%00b", "status=%FF", "status=%EF%BF%BF", "status=%E2%80%8B", "%00=1"]
        {
            assert_eq!(refused(text), Code::InvalidQuery, "{text}");
        }
    }

    #[test]
    fn a_number_has_no_sign_no_blank_and_no_zero_before_others() {
        for wrong in ["+1", "00", "01", "%201", "1%20", "-1", "", "1.0", "0x1", "%EF%BC%91", "99999999999"] {
            let query = Query::parse(&format!("limit={wrong}"), &["limit"]).unwrap();
            assert_eq!(
                query.number::<u32>("limit").map_err(|p| p.code()),
                Err(Code::InvalidQuery),
                "{wrong}"
            );
        }
        let parts: PathParts =
            [("n".to_owned(), "+1".to_owned()), ("m".to_owned(), "0".to_owned())].into_iter().collect();
        assert_eq!(parts.number::<u64>("n").map_err(|p| p.code()), Err(Code::NotFound));
        assert_eq!(parts.number::<u64>("m"), Ok(0));
    }

    #[test]
    fn a_digest_knows_where_a_part_ends() {
        let digest = |a: &str, b: &str| request_digest([a.as_bytes(), b.as_bytes(), b"", b"", b""]);
        assert_ne!(digest("ab", "c"), digest("a", "bc"));
    }
}
