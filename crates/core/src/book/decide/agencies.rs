//! The agency's own state, groups' headers, and texts that are erased.

use super::Context;
use crate::agencies::{AcceptLog, Agency, CreateAgency, MoveBusinessDate, SwitchSemantics, rules};
use crate::book::command::OpenGroup;
use crate::book::effects::{Change, Decision, Effects, Outcome};
use crate::book::refusal::Stop;
use crate::erasures::{self, EraseText};
use crate::people::{NameSubject, PersonError};

pub(super) fn create(context: Context<'_>, command: &CreateAgency) -> Result<Decision, Stop> {
    rules::create(context.book.agency.as_ref(), command).map(decision).map_err(Stop::from)
}

pub(super) fn switch_semantics(context: Context<'_>, command: &SwitchSemantics) -> Result<Decision, Stop> {
    rules::switch_semantics(context.agency()?, command).map(decision).map_err(Stop::from)
}

pub(super) fn accept_log(context: Context<'_>, command: &AcceptLog) -> Result<Decision, Stop> {
    let accepted = rules::accept_log(context.agency()?, context.stamp.sequence, command);
    accepted.map(decision).map_err(Stop::from)
}

/// Which spelling of a subject is right: the other signs in no more, and what either did one person did.
pub(super) fn name_subject(context: Context<'_>, command: &NameSubject) -> Result<Decision, Stop> {
    let agency = context.agency()?.clone();
    let known = context.book.people.get(&command.subject.folded())?;
    let known = known.ok_or(PersonError::SubjectUnknown)?;
    if known.subject == command.subject {
        return Err(PersonError::SubjectNamed.into());
    }
    let named = known.named(&command.subject, context.stamp);
    let effects = Effects { changes: vec![Change::Person(Box::new(named))], ..Effects::default() };
    Ok(Decision { effects, outcome: Outcome::Agency(agency) })
}

pub(super) fn move_business_date(context: Context<'_>, command: &MoveBusinessDate) -> Result<Decision, Stop> {
    let moved = rules::move_business_date(context.agency()?, context.stamp.business_date, command)?;
    Ok(decision(moved))
}

pub(super) fn open_group(context: Context<'_>, command: &OpenGroup) -> Result<Decision, Stop> {
    if let Some(as_of) = command.as_of {
        context.effective_date(Some(as_of))?;
    }
    Ok(Decision { effects: Effects::default(), outcome: Outcome::Group { members: command.members } })
}

pub(super) fn erase_text(context: Context<'_>, command: &EraseText) -> Result<Decision, Stop> {
    let (book, digest) = (context.book, &command.sha256);
    let is_kept = book.texts.get(digest)?.is_some();
    let before = book.erasures.get(digest)?;
    let erasure = erasures::rules::erase(is_kept, before, command, context.actor, context.stamp)?;
    let effects = Effects { changes: vec![Change::Erasure(Box::new(erasure.clone()))], ..Effects::default() };
    Ok(Decision { effects, outcome: Outcome::Erasure(Box::new(erasure)) })
}

fn decision(agency: Agency) -> Decision {
    let effects = Effects { changes: vec![Change::Agency(agency.clone())], ..Effects::default() };
    Decision { effects, outcome: Outcome::Agency(agency) }
}
