//! Who signs in: a subject that differs from one that acted here in case, width or composition alone is refused, and so is
//! a token that was revoked.
//!
//! Whoever was let in is looked up again after a while, for an operator may revoke tokens in another process or say that
//! another spelling is right; what they would write is held against the log itself in any case.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::problem::Problem;
use subsidy_auth::token::Identity;
use subsidy_core::domain::{AgencyCode, Code, Subject};
use subsidy_core::revocations::RevokedTokens;
use subsidy_store::engine::Engine;
use subsidy_store::people::PersonRow;
use subsidy_store::revocations::RevocationRow;

/// For how long somebody who was let in is not looked up again.
const AGAIN: Duration = Duration::from_secs(60);
/// How soon the database answers where it is well.
const ANSWER: Duration = Duration::from_secs(3);
const TOKENS_MAX: usize = 10_000;

/// What of a token is looked up: agency, subject, token, and when it was issued.
type AdmittedKey = (AgencyCode, Subject, Option<Subject>, Option<DateTime<Utc>>);

/// Tokens that were let in, and until when that holds.
#[derive(Debug, Default)]
pub struct People(Mutex<HashMap<AdmittedKey, Instant>>);

impl People {
    /// Whether a caller may sign in. Error: `unauthenticated` for a token that was revoked, `subject_variant`,
    /// `unavailable`.
    pub async fn admits(&self, engine: &Engine, identity: &Identity) -> Result<(), Problem> {
        let subject = &identity.actor.subject;
        let who = (identity.agency.clone(), subject.clone(), identity.token.clone(), identity.issued_at);
        let now = Instant::now();
        if self.seen().get(&who).is_some_and(|until| now < *until) {
            return Ok(());
        }
        let folded = [subject.folded().as_str().to_owned()];
        let token = identity.token.clone().map(RevokedTokens::Token);
        let tokens: Vec<String> = token
            .into_iter()
            .chain([RevokedTokens::Subject(subject.clone())])
            .map(|tokens| tokens.to_string())
            .collect();
        let asked = async {
            let conn = engine.reader(&identity.agency).await?;
            let known = PersonRow::by_keys(&conn, &folded).await?;
            Ok::<_, Problem>((known, RevocationRow::by_keys(&conn, &tokens).await?))
        };
        let found = tokio::time::timeout(ANSWER, asked).await;
        let (known, revoked) = found.unwrap_or_else(|_| Err(Problem::new(Code::Unavailable)))?;
        if revoked.iter().any(|revocation| holds(revocation, identity)) {
            tracing::info!(reason = "revoked", "a token was refused");
            return Err(Problem::new(Code::TokenRevoked));
        }
        if known.first().is_some_and(|known| known.subject != subject.as_str()) {
            return Err(Problem::new(Code::SubjectVariant));
        }
        let mut seen = self.seen();
        if seen.len() >= TOKENS_MAX {
            seen.clear();
        }
        seen.insert(who, now.checked_add(AGAIN).unwrap_or(now));
        Ok(())
    }

    /// Looks everybody up again: tokens were revoked by this process.
    pub fn forget(&self) {
        self.seen().clear();
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<AdmittedKey, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a revocation of a subject, or of a token, is of this one. What does not say when it was issued may have been
/// before.
fn holds(revocation: &RevocationRow, identity: &Identity) -> bool {
    revocation.tokens.starts_with("token/") || identity.issued_at.is_none_or(|at| at <= revocation.updated_at)
}
