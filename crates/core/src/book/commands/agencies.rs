//! The agency's own state, groups' headers, texts that are erased, and tokens that are revoked.

use crate::agencies::{AcceptLog, Agency, CreateAgency, MoveBusinessDate, SwitchSemantics, rules};
use crate::book::Key;
use crate::book::command::OpenGroup;
use crate::book::context::{Context, Decide, Reads};
use crate::book::effects::{Change, Decision, Effects, Outcome};
use crate::book::refusal::Stop;
use crate::erasures::{self, EraseText};
use crate::people::{NameSubject, PersonError};
use crate::revocations::{self, RevokeTokens};

impl Decide for CreateAgency {
    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        rules::create(context.book.agency.as_ref(), self).map(decision).map_err(Stop::from)
    }
}

impl Decide for SwitchSemantics {
    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        rules::switch_semantics(context.agency()?, self).map(decision).map_err(Stop::from)
    }
}

impl Decide for AcceptLog {
    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let accepted = rules::accept_log(context.agency()?, context.stamp.sequence, self);
        accepted.map(decision).map_err(Stop::from)
    }
}

/// Which spelling of a subject is right: the other signs in no more, and what either did one person did.
impl Decide for NameSubject {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Person(self.subject.folded()));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let agency = context.agency()?.clone();
        let known = context.book.people.get(&self.subject.folded())?;
        let known = known.ok_or(PersonError::SubjectUnknown)?;
        if known.subject == self.subject {
            return Err(PersonError::SubjectNamed.into());
        }
        let named = known.named(&self.subject, context.stamp);
        let effects = Effects::from(Change::Person(Box::new(named)));
        Ok(Decision { effects, outcome: Outcome::Agency(agency) })
    }
}

impl Decide for MoveBusinessDate {
    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let moved = rules::move_business_date(context.agency()?, context.stamp.business_date, self)?;
        Ok(decision(moved))
    }
}

impl Decide for OpenGroup {
    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        if let Some(as_of) = self.as_of {
            context.effective_date(Some(as_of))?;
        }
        Ok(Decision { effects: Effects::default(), outcome: Outcome::Group { members: self.members } })
    }
}

impl Decide for EraseText {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Text(self.sha256), Key::Erasure(self.sha256)]);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (book, digest) = (context.book, &self.sha256);
        let is_kept = book.texts.get(digest)?.is_some();
        let before = book.erasures.get(digest)?;
        let erasure = erasures::rules::erase(is_kept, before, self, context.actor, context.stamp)?;
        let effects = Effects::from(Change::Erasure(Box::new(erasure.clone())));
        Ok(Decision { effects, outcome: Outcome::Erasure(Box::new(erasure)) })
    }
}

impl Decide for RevokeTokens {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Revocation(self.tokens.clone()));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = context.book.revocations.get(&self.tokens)?;
        let revocation = revocations::revoke(before, self, context.actor, context.stamp);
        let effects = Effects::from(Change::Revocation(Box::new(revocation.clone())));
        Ok(Decision { effects, outcome: Outcome::Revocation(Box::new(revocation)) })
    }
}

fn decision(agency: Agency) -> Decision {
    let effects = Effects::from(Change::Agency(agency.clone()));
    Decision { effects, outcome: Outcome::Agency(agency) }
}
