//! Which agencies there are: remembered once seen, because none ever goes away.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use super::problem::Problem;
use subsidy_core::domain::{AgencyCode, Code};
use subsidy_store::engine::Engine;
use subsidy_store::engine::store;
use subsidy_store::engine::store::{TakesWrites, takes_writes};

/// How soon the database answers where it is well.
const ANSWER: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It answers and takes writes.
    Ready,
    /// It answers, and is a standby or set read-only.
    ReadOnly,
    /// It does not answer, or not soon.
    Away,
}

/// The agencies that were seen.
#[derive(Debug, Default)]
pub struct Registry(RwLock<BTreeSet<AgencyCode>>);

impl Registry {
    /// Whether there is such an agency. Error: `unavailable`.
    pub async fn knows(&self, engine: &Engine, agency: &AgencyCode) -> Result<bool, Problem> {
        if self.0.read().unwrap_or_else(PoisonError::into_inner).contains(agency) {
            return Ok(true);
        }
        let asked = async {
            let conn = engine.database().admin().await?;
            store::agencies(&conn).await.map_err(Problem::from)
        };
        let rows = tokio::time::timeout(ANSWER, asked).await;
        let rows = rows.unwrap_or_else(|_| Err(Problem::new(Code::Unavailable)))?;
        let codes: BTreeSet<AgencyCode> =
            rows.iter().filter_map(|row| AgencyCode::parse(&row.code).ok()).collect();
        let known = codes.contains(agency);
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(codes);
        Ok(known)
    }

    /// Whether the database answers, and soon, and takes writes.
    pub async fn health(engine: &Engine) -> Health {
        let asked = async {
            let conn = engine.database().admin().await.ok()?;
            store::agencies(&conn).await.ok()?;
            takes_writes(&conn).await.ok()?
        };
        match tokio::time::timeout(ANSWER, asked).await.ok().flatten() {
            Some(TakesWrites { takes_writes: true }) => Health::Ready,
            Some(TakesWrites { takes_writes: false }) => Health::ReadOnly,
            None => Health::Away,
        }
    }
}
