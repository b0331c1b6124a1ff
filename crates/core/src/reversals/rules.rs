use super::{ProposeReversal, Reversal, ReversalError, ReversalStatus};
use crate::domain::{Actor, Date, Revision, Stamp, WrongState};

/// Whether a reversal may be proposed beside the one that there is.
pub fn may_propose(before: Option<&Reversal>) -> Result<(), ReversalError> {
    match before {
        None => Ok(()),
        Some(before) => match before.reversed_by {
            Some(reversed_by) => Err(ReversalError::AlreadyReversed { reversed_by }),
            None => Err(WrongState::is(before.status.into_str()).into()),
        },
    }
}

pub fn propose(command: &ProposeReversal, actor: &Actor, stamp: &Stamp) -> Reversal {
    Reversal {
        sequence: command.sequence,
        status: ReversalStatus::Proposed,
        reason: command.reason,
        effective_date: None,
        reversed_by: None,
        created_by: actor.subject.clone(),
        approved_by: None,
        revision: Revision::first(stamp),
    }
}

/// Whether a reversal waits for approval.
pub fn approvable(before: &Reversal) -> Result<(), ReversalError> {
    before.reversed_by.map_or(Ok(()), |reversed_by| Err(ReversalError::AlreadyReversed { reversed_by }))
}

/// A reversal approved: this leaf posts it.
pub fn approve(before: &Reversal, day: Date, actor: &Actor, stamp: &Stamp) -> Reversal {
    Reversal {
        status: ReversalStatus::Approved,
        effective_date: Some(day),
        reversed_by: Some(stamp.sequence),
        approved_by: Some(actor.subject.clone()),
        revision: before.revision.next(stamp),
        ..before.clone()
    }
}
