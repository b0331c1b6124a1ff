//! Decisions on reference rates.

use super::{LoadReferenceRate, ReferenceRate, ReferenceRateError};
use crate::domain::{Actor, Revision, Stamp};

/// A new dated rate; a day's rate is loaded once.
pub fn load(
    existing: Option<&ReferenceRate>,
    command: &LoadReferenceRate,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<ReferenceRate, ReferenceRateError> {
    if existing.is_some() {
        return Err(ReferenceRateError::ReferenceRateExists {
            name: command.name.clone(),
            date: command.date,
        });
    }
    Ok(ReferenceRate {
        name: command.name.clone(),
        date: command.date,
        percent: command.percent,
        created_by: actor.subject.clone(),
        revision: Revision::first(stamp),
    })
}
