//! Which agencies there are: remembered once seen, because none ever goes away.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use super::problem::Problem;
use crate::domain::AgencyCode;
use crate::engine::{Engine, store};

/// How soon the database answers where it is well.
const ANSWER: Duration = Duration::from_secs(3);

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
            let conn = engine.database().admin().await.map_err(|error| Problem::database(&error))?;
            store::agencies(&conn).await.map_err(|error| Problem::database(&error))
        };
        let rows = tokio::time::timeout(ANSWER, asked).await;
        let rows = rows.unwrap_or_else(|_| Err(Problem::new("unavailable")))?;
        let codes: BTreeSet<AgencyCode> =
            rows.iter().filter_map(|row| AgencyCode::parse(&row.code).ok()).collect();
        let known = codes.contains(agency);
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(codes);
        Ok(known)
    }

    /// Whether the database answers, and soon.
    pub async fn answers(engine: &Engine) -> bool {
        let asked = async {
            match engine.database().admin().await {
                Ok(conn) => store::agencies(&conn).await.is_ok(),
                Err(_) => false,
            }
        };
        tokio::time::timeout(ANSWER, asked).await.unwrap_or(false)
    }
}
