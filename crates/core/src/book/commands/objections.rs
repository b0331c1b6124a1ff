//! Objections to published claims.

use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, Key};
use crate::claims::Claim;
use crate::claims::objection::{
    self, Objection, ObjectionStatus, RaiseObjection, ResolveObjection, objectionable,
};

/// Whether the caller sees a claim that is not published.
fn can_see(context: Context<'_>, claim: &Claim) -> bool {
    let parties = [Some(claim.provider), claim.buyer];
    context.acts_for(claim.organisation)
        || parties.iter().any(|party| party.is_some() && context.actor.organisation == *party)
}

impl Decide for RaiseObjection {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Objection(self.id), Key::Claim(self.claim)]);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let claim = found(context.book.claims.get(&self.claim)?)?;
        if let Err(refused) = objectionable(claim, context.stamp) {
            // what is not published is nobody else's to know of
            return Err(if can_see(context, claim) {
                refused.into()
            } else {
                AccessError::NotFound { pointer: None }.into()
            });
        }
        let (objection, claim) = objection::raise(claim, self, context.actor, context.stamp);
        Ok(conclude(None, objection, claim))
    }
}

impl Decide for ResolveObjection {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Objection(self.id), Key::Claim(self.claim)]);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = context.book.objections.get(&self.id)?;
        let before = found(before.filter(|objection| objection.claim == self.claim))?;
        context.same_version(&before.revision)?;
        let lost = || Fault::Broken(format!("objection {} has lost its claim", before.id));
        let claim = context.book.claims.get(&before.claim)?.ok_or_else(lost)?;
        let (objection, after) = objection::resolve(before, claim, self, context.actor, context.stamp)?;
        context.may_approve()?;
        Ok(conclude(Some(before.status), objection, after))
    }
}

fn conclude(from: Option<ObjectionStatus>, objection: Objection, claim: Claim) -> Decision {
    let step = Transition::new("objection", &objection.id, from, objection.status);
    let effects = Effects {
        changes: vec![Change::Claim(Box::new(claim)), Change::Objection(Box::new(objection.clone()))],
        transitions: vec![step],
        ..Effects::default()
    };
    Decision { effects, outcome: Outcome::Objection(Box::new(objection)) }
}
