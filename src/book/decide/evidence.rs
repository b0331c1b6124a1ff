//! Files that back claims, and the invoices that they show.

use super::Context;
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::domain::Role;
use crate::evidence::{RegisterEvidence, rules};
use crate::organisations::OrganisationError;

pub(super) fn register(context: Context<'_>, command: &RegisterEvidence) -> Result<Decision, Stop> {
    context.no_version()?;
    if !context.acts_for(command.organisation) {
        return Err(AccessError::NotFound { pointer: Some("/organisation".to_owned()) }.into());
    }
    if command.corrects && !context.actor.has(Role::Officer) {
        return Err(AccessError::Forbidden.into());
    }
    let credit_code = command.organisation;
    // a blocked organisation may still bring what its open claims are asked for
    if context.book.organisations.get(&credit_code)?.is_none() {
        return Err(OrganisationError::OrganisationNotRegistered { credit_code }.into());
    }
    if context.book.evidence.get(&command.id)?.is_some() {
        return Err(Fault::Broken(format!("evidence {} exists", command.id)).into());
    }
    rules::fits(command.kind, command.media_type)?;
    let evidence = rules::register(command, context.actor, context.stamp);
    let step =
        Transition { kind: "evidence", document: evidence.id.to_string(), from: None, to: "registered" };
    let mut effects = Effects {
        changes: vec![Change::Evidence(Box::new(evidence.clone()))],
        transitions: vec![step],
        ..Effects::default()
    };
    let mut invoice = None;
    if let Some(facts) = &command.invoice {
        let known = context.book.invoices.get(&facts.number)?;
        let learn = if command.corrects { rules::corrected } else { rules::learnt };
        let learnt = learn(known, facts, context.stamp)?;
        effects.changes.extend(learnt.clone().map(|invoice| Change::Invoice(Box::new(invoice))));
        invoice = learnt.or_else(|| known.cloned()).map(Box::new);
    }
    Ok(Decision { effects, outcome: Outcome::Evidence { evidence: Box::new(evidence), invoice } })
}
