//! Decisions on statutory limits.

use super::{ProposeStatutoryLimit, StatutoryLimit, StatutoryLimitError, StatutoryLimitStatus};
use crate::domain::{Actor, Revision, Stamp, TextHash};

pub fn propose(command: &ProposeStatutoryLimit, actor: &Actor, stamp: &Stamp) -> StatutoryLimit {
    StatutoryLimit {
        id: command.id,
        status: StatutoryLimitStatus::Proposed,
        limits: command.limits,
        document: command.document.clone(),
        reason: command.reason,
        rejection: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    }
}

/// Whether a limit waits for another person.
pub fn proposed(limit: &StatutoryLimit) -> Result<(), StatutoryLimitError> {
    match limit.status {
        StatutoryLimitStatus::Proposed => Ok(()),
        status => Err(StatutoryLimitError::WrongState { status: status.into_str().to_owned() }),
    }
}

/// A limit decided: approved, or rejected for a reason.
pub fn decide(
    limit: &StatutoryLimit,
    rejection: Option<TextHash>,
    actor: &Actor,
    stamp: &Stamp,
) -> StatutoryLimit {
    let status = match rejection {
        Some(_) => StatutoryLimitStatus::Rejected,
        None => StatutoryLimitStatus::Approved,
    };
    StatutoryLimit {
        status,
        rejection,
        decided_by: Some(actor.subject.clone()),
        revision: limit.revision.next(stamp),
        ..limit.clone()
    }
}
