//! `POST /tokens/revoke`: tokens that serve no more, whoever issued them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, WriteRequest};
use crate::problem::Problem;
use crate::text::Reason;
use subsidy_core::book::Command;
use subsidy_core::domain::{Code, Instant, Sequence, Subject};
use subsidy_core::revocations::{Revocation, RevokeTokens, RevokedTokens};

/// Which tokens serve no more: all of a subject, or one by its id.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokensToRevoke {
    /// All tokens of `issuer#sub` that were issued until now.
    subject: Option<Subject>,
    /// One token, by `issuer#jti`.
    token: Option<Subject>,
    reason: Reason,
}

/// Tokens that serve no more.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevocationView {
    /// All of this subject that were issued until then.
    subject: Option<Subject>,
    /// The one with this id.
    token: Option<Subject>,
    revoked_at: Instant,
    revoked_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
}

impl RevocationView {
    pub fn of(revocation: &Revocation) -> Self {
        let (subject, token) = match &revocation.tokens {
            RevokedTokens::Subject(subject) => (Some(subject.clone()), None),
            RevokedTokens::Token(token) => (None, Some(token.clone())),
        };
        Self {
            subject,
            token,
            revoked_at: revocation.revision.updated_at,
            revoked_by: revocation.revoked_by.clone(),
            revision: revocation.revision.version,
        }
    }
}

/// `POST /tokens/revoke`
pub fn revoke(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: TokensToRevoke = request.body()?;
    let (pointer, name, tokens) = match (&body.subject, &body.token) {
        (Some(subject), None) => ("/subject", subject, RevokedTokens::Subject(subject.clone())),
        (None, Some(token)) => ("/token", token, RevokedTokens::Token(token.clone())),
        (None, None) => return Err(Problem::new(Code::MissingField).at("/subject")),
        (Some(_), Some(_)) => return Err(Problem::new(Code::InvalidValue).at("/token")),
    };
    // without its issuer it would be nobody's
    if !name.as_str().contains('#') {
        return Err(Problem::new(Code::InvalidValue).at(pointer));
    }
    Ok(Parsed::reasoned(body.reason, |reason| Command::RevokeTokens(RevokeTokens { tokens, reason })))
}
