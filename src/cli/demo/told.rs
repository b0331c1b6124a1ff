//! Whether the demonstration was told before: a later start repeats nothing.

use sha2::{Digest, Sha256};

use super::seed::{City, actor, subject};
use crate::cli::Failure;
use subsidy_core::agencies::MoveBusinessDate;
use subsidy_core::book::Command;
use subsidy_core::domain::{Date, Role};
use subsidy_store::engine::store::IdempotencyRow;

/// What the last step is called, of a few cases and of a whole year.
const LAST_STEPS: [&str; 2] = ["all of a few cases", "all of a year"];

impl City<'_> {
    /// Whether all of it was told before: then there is nothing to repeat, whatever was done since.
    pub(super) async fn was_told(&self) -> Result<bool, Failure> {
        let reading = "cannot read the ledger";
        let conn = self.engine.reader(&self.agency).await.map_err(Failure::doing(reading))?;
        let officer = subject(Role::Officer)?.to_string();
        let key = |step| (officer.clone(), Sha256::digest(format!("demo {step}")).to_vec());
        let [short, whole] = LAST_STEPS.map(key);
        let told = IdempotencyRow::by_keys(&conn, &[short.clone(), whole]).await;
        let told = told.map_err(Failure::doing(reading))?;
        if self.whole_year && told.iter().any(|row| row.key == short.1) {
            return Err(Failure::new(
                "the demonstration here is the one of a few cases: start it with --small, or say another --data for the whole year",
            ));
        }
        Ok(!told.is_empty())
    }

    pub(super) async fn told(&self, last_day: &str) -> Result<(), Failure> {
        let [short, whole] = LAST_STEPS;
        let date = Command::MoveBusinessDate(MoveBusinessDate { date: Date::parse(last_day)? });
        let step = if self.whole_year { whole } else { short };
        self.step(step, actor(Role::Officer)?, date).await.map(|_| ())
    }
}
