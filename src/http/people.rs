//! Who signs in: a subject that differs from one that acted here in case, width or composition alone is refused.
//!
//! Whoever was let in is looked up again after a while, for an operator may say that another spelling is right; what they
//! would write is held against the log itself in any case.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::problem::Problem;
use crate::auth::token::Identity;
use subsidy_core::domain::{AgencyCode, Code, Subject};
use subsidy_store::engine::Engine;
use subsidy_store::people::PersonRow;

/// For how long somebody who was let in is not looked up again.
const AGAIN: Duration = Duration::from_secs(60);
/// How soon the database answers where it is well.
const ANSWER: Duration = Duration::from_secs(3);
const SUBJECTS_MAX: usize = 10_000;

/// Subjects that were let in, and until when that holds.
#[derive(Debug, Default)]
pub struct People(Mutex<HashMap<(AgencyCode, Subject), Instant>>);

impl People {
    /// Whether a caller may sign in. Error: `subject_variant`, `unavailable`.
    pub async fn admits(&self, engine: &Engine, identity: &Identity) -> Result<(), Problem> {
        let who = (identity.agency.clone(), identity.actor.subject.clone());
        let now = Instant::now();
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&who).copied();
        if until.is_some_and(|until| now < until) {
            return Ok(());
        }
        let folded = [who.1.folded().as_str().to_owned()];
        let asked = async {
            let conn = engine.reader(&who.0).await?;
            PersonRow::by_keys(&conn, &folded).await.map_err(Problem::from)
        };
        let found = tokio::time::timeout(ANSWER, asked).await;
        let found = found.unwrap_or_else(|_| Err(Problem::new(Code::Unavailable)))?;
        if found.first().is_some_and(|known| known.subject != who.1.as_str()) {
            return Err(Problem::new(Code::SubjectVariant));
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= SUBJECTS_MAX {
            seen.clear();
        }
        seen.insert(who, now.checked_add(AGAIN).unwrap_or(now));
        Ok(())
    }
}
