//! Decisions on an agency's own state.

use super::{
    AcceptLog, Agency, AgencyError, CreateAgency, MoveBusinessDate, SEMANTICS, SEMANTICS_FIRST,
    SwitchSemantics,
};
use crate::domain::Sequence;

/// The agency as its first leaf makes it.
pub fn create(existing: Option<&Agency>, command: &CreateAgency) -> Result<Agency, AgencyError> {
    if existing.is_some() {
        return Err(AgencyError::AgencyExists);
    }
    if command.business_date.is_some() && !command.sandbox {
        return Err(AgencyError::SandboxOnly);
    }
    Ok(Agency {
        code: command.code.clone(),
        name: command.name.clone(),
        zone: command.zone,
        sandbox: command.sandbox,
        business_date: command.business_date,
        semantics: SEMANTICS_FIRST,
        related_programmes: Vec::new(),
        closed_through: None,
        limits: Vec::new(),
        lost: None,
    })
}

/// A sandbox's business date moves forward, never back.
pub fn move_business_date(
    agency: &Agency,
    today: crate::domain::Date,
    command: &MoveBusinessDate,
) -> Result<Agency, AgencyError> {
    if !agency.sandbox {
        return Err(AgencyError::SandboxOnly);
    }
    if command.date < today {
        return Err(AgencyError::BusinessDateBackwards { business_date: today });
    }
    Ok(Agency { business_date: Some(command.date), ..agency.clone() })
}

/// An operator goes on with a log that lost leaves. What was accepted already is not lost again; another time less may be
/// lost than the first time.
pub fn accept_log(agency: &Agency, next: Sequence, command: &AcceptLog) -> Result<Agency, AgencyError> {
    let lost = &command.lost;
    let accepted =
        agency.lost.as_ref().is_some_and(|before| (before.size, before.root) == (lost.size, lost.root));
    if lost.kept >= lost.size || lost.kept > next.number() || accepted {
        return Err(AgencyError::NothingLost);
    }
    Ok(Agency { lost: Some(lost.clone()), ..agency.clone() })
}

/// A newer meaning of the rules that this release knows.
pub fn switch_semantics(agency: &Agency, command: &SwitchSemantics) -> Result<Agency, AgencyError> {
    if command.to <= agency.semantics || !SEMANTICS.contains(&command.to) {
        return Err(AgencyError::SemanticsUnknown { semantics: agency.semantics });
    }
    Ok(Agency { semantics: command.to, ..agency.clone() })
}
