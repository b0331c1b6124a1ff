//! Decisions on caps that programmes share.

use super::{CapGroup, CapGroupError, CapGroupStatus, GroupCaps, ProposeCapGroup};
use crate::domain::{Actor, Revision, Stamp, TextHash};

fn wrong_state(group: &CapGroup) -> CapGroupError {
    CapGroupError::WrongState { status: group.status.into_str().to_owned() }
}

/// A group or a change of one, which waits for another person.
pub fn propose(
    before: Option<&CapGroup>,
    command: &ProposeCapGroup,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<CapGroup, CapGroupError> {
    if let Some(before) = before.filter(|before| before.proposed.is_some()) {
        return Err(wrong_state(before));
    }
    Ok(CapGroup {
        code: command.code.clone(),
        status: CapGroupStatus::Proposed,
        caps: before.and_then(|before| before.caps),
        proposed: Some(command.caps),
        rejection: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: before.map_or_else(|| Revision::first(stamp), |before| before.revision.next(stamp)),
    })
}

/// What waits for another person.
pub fn proposed(group: &CapGroup) -> Result<GroupCaps, CapGroupError> {
    group.proposed.ok_or_else(|| wrong_state(group))
}

/// What was proposed decided: it holds from now on, or for a reason nothing changes.
pub fn decide(
    group: &CapGroup,
    rejection: Option<TextHash>,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<CapGroup, CapGroupError> {
    let proposed = proposed(group)?;
    let caps = if rejection.is_some() { group.caps } else { Some(proposed) };
    let status = if caps.is_some() { CapGroupStatus::Approved } else { CapGroupStatus::Rejected };
    Ok(CapGroup {
        status,
        caps,
        proposed: None,
        rejection,
        decided_by: Some(actor.subject.clone()),
        revision: group.revision.next(stamp),
        ..group.clone()
    })
}
