//! Who calls, and why a token does not say so.

use chrono::{DateTime, Utc};

use subsidy_core::domain::{Actor, AgencyCode, Code, Roles, Subject};

/// Who calls, once the token is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The agency whose ledger the token is for.
    pub agency: AgencyCode,
    /// Who acts, with which roles.
    pub actor: Actor,
    /// Roles that the token or the account says and that the agency has not granted.
    pub ungranted: Roles,
    /// The token's id as its issuer gave it: `issuer#jti`.
    pub token: Option<Subject>,
    /// The token's `iat`.
    pub issued_at: Option<DateTime<Utc>>,
    /// The token's `exp`: the first instant at which it no longer serves.
    pub expires_at: DateTime<Utc>,
}

/// The token is not valid, or cannot be made. The reason is one of a few fixed words, never part of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("token refused: {reason}")]
pub struct TokenError {
    reason: &'static str,
    claim: String,
}

impl TokenError {
    pub(super) const fn new(reason: &'static str) -> Self {
        Self { reason, claim: String::new() }
    }

    /// For what the settings look for in a claim: which.
    pub(super) const fn in_claim(reason: &'static str, claim: String) -> Self {
        Self { reason, claim }
    }

    /// Why, for the log: `expired`, `unknown_key`, `signature`, …
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// In which claim, as the settings call it; empty where it is about none.
    #[must_use]
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// What the caller is told.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.reason {
            "expired" => Code::TokenExpired,
            "not_yet_valid" | "issued_in_future" => Code::TokenTooEarly,
            "lifetime" => Code::TokenLifetime,
            "unknown_key" => Code::TokenKeyUnknown,
            "issuer" => Code::TokenIssuer,
            "audience" => Code::TokenAudience,
            "client" => Code::TokenClient,
            "type" => Code::TokenType,
            "own_tokens_off" => Code::TokenOwn,
            "subject" => Code::TokenSubject,
            "agency" => Code::TokenAgency,
            "roles" => Code::TokenRoles,
            "organisation" => Code::TokenOrganisation,
            "organisation_missing" => Code::TokenOrganisationMissing,
            _ => Code::TokenRefused,
        }
    }
}
