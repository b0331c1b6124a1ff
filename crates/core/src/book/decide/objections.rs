//! Objections to published claims.

use super::{Context, found};
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::claims::Claim;
use crate::claims::objection::{
    self, Objection, ObjectionStatus, RaiseObjection, ResolveObjection, objectionable,
};
use crate::programmes::RulesKey;

/// Whether the caller sees a claim that is not published.
fn can_see(context: Context<'_>, claim: &Claim) -> bool {
    context.acts_for(claim.organisation) || context.actor.organisation == Some(claim.provider)
}

pub(super) fn raise(context: Context<'_>, command: &RaiseObjection) -> Result<Decision, Stop> {
    context.no_version()?;
    let claim = found(context.book.claims.get(&command.claim)?)?;
    let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    let lost = || Fault::Broken(format!("claim {} has lost its rules", claim.id));
    let rules = context.book.rules.get(&key)?.ok_or_else(lost)?;
    if let Err(refused) = objectionable(claim, rules, context.stamp) {
        // what is not published is nobody else's to know of
        return Err(if can_see(context, claim) {
            refused.into()
        } else {
            AccessError::NotFound { pointer: None }.into()
        });
    }
    let (objection, claim) = objection::raise(claim, command, context.actor, context.stamp);
    Ok(decided(None, objection, claim))
}

pub(super) fn resolve(context: Context<'_>, command: &ResolveObjection) -> Result<Decision, Stop> {
    let before = context.book.objections.get(&command.id)?;
    let before = found(before.filter(|objection| objection.claim == command.claim))?;
    context.same_version(&before.revision)?;
    let lost = || Fault::Broken(format!("objection {} has lost its claim", before.id));
    let claim = context.book.claims.get(&before.claim)?.ok_or_else(lost)?;
    let (objection, after) = objection::resolve(before, claim, command, context.actor, context.stamp)?;
    context.may_approve()?;
    Ok(decided(Some(before.status), objection, after))
}

fn decided(from: Option<ObjectionStatus>, objection: Objection, claim: Claim) -> Decision {
    let step = Transition {
        kind: "objection",
        document: objection.id.to_string(),
        from: from.map(ObjectionStatus::as_str),
        to: objection.status.as_str(),
    };
    let effects = Effects {
        changes: vec![Change::Claim(Box::new(claim)), Change::Objection(Box::new(objection.clone()))],
        transitions: vec![step],
        ..Effects::default()
    };
    Decision { effects, outcome: Outcome::Objection(Box::new(objection)) }
}
