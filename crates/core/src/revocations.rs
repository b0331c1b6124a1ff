//! Revocations 令牌吊销: tokens that serve no more in this agency, whoever issued them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{Actor, Revision, Stamp, Subject, TextHash};

/// Which tokens. Both are told by their issuer's name before a `#`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedTokens {
    /// All of a subject that were issued until the revocation: `issuer#sub`.
    Subject(Subject),
    /// One, by its id: `issuer#jti`.
    Token(Subject),
}

impl fmt::Display for RevokedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Subject(subject) => ("subject", subject),
            Self::Token(token) => ("token", token),
        };
        write!(formatter, "{kind}/{}", name.as_str())
    }
}

impl RevokedTokens {
    /// As it was stored.
    pub fn stored(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('/')?;
        let name = Subject::parse(name).ok()?;
        match kind {
            "subject" => Some(Self::Subject(name)),
            "token" => Some(Self::Token(name)),
            _ => None,
        }
    }
}

/// That they serve no more, and since which leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    pub tokens: RevokedTokens,
    pub revoked_by: Subject,
    /// Where it stands in the log; its last change is when they were revoked.
    pub revision: Revision,
}

/// `POST /tokens/revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeTokens {
    pub tokens: RevokedTokens,
    pub reason: TextHash,
}

/// Revokes them, or what of a subject's was issued since the last time as well.
pub fn revoke(
    before: Option<&Revocation>,
    command: &RevokeTokens,
    actor: &Actor,
    stamp: &Stamp,
) -> Revocation {
    Revocation {
        tokens: command.tokens.clone(),
        revoked_by: actor.subject.clone(),
        revision: before.map_or_else(|| Revision::first(stamp), |before| before.revision.next(stamp)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_revoked_is_stored_and_read_alike() {
        let name = Subject::parse("https://id.example/a#7/b").unwrap();
        for tokens in [RevokedTokens::Subject(name.clone()), RevokedTokens::Token(name)] {
            assert_eq!(RevokedTokens::stored(&tokens.to_string()), Some(tokens));
        }
        assert_eq!(RevokedTokens::stored("person/a#b"), None);
    }
}
