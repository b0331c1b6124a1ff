//! Metered usage of contracts.

use super::{Context, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, RateKey};
use crate::domain::Role;
use crate::usage::{ImportUsage, UsageError, rules};

pub(super) fn import(context: Context<'_>, command: &ImportUsage) -> Result<Decision, Stop> {
    context.no_version()?;
    let rental = found(context.book.rentals.get(&command.rental)?)?;
    let actor = context.actor;
    let provides = actor.has(Role::Provider) && actor.organisation == Some(rental.provider);
    if !provides && !actor.has(Role::Officer) {
        return Err(AccessError::NotFound { pointer: None }.into());
    }
    if context.book.usage_imports.get(&command.id)?.is_some() {
        return Err(Fault::Broken(format!("import {} exists", command.id)).into());
    }
    for rate in &command.rates {
        let key = RateKey { name: rate.name.clone(), date: rate.date };
        let known = context.book.reference_rates.get(&key)?;
        if known.is_none_or(|known| known.percent != rate.percent) {
            let (name, date) = (rate.name.clone(), rate.date);
            return Err(UsageError::UsageRateUnknown { name, date }.into());
        }
    }
    let existing = context.book.rental_usage.get(&command.rental)?;
    let (import, usage) = rules::import(existing, command, actor, context.stamp)?;
    let step =
        Transition { kind: "usage_import", document: import.id.to_string(), from: None, to: "imported" };
    let effects = Effects {
        changes: vec![Change::UsageImport(Box::new(import.clone())), Change::RentalUsage(Box::new(usage))],
        transitions: vec![step],
        ..Effects::default()
    };
    Ok(Decision { effects, outcome: Outcome::UsageImport(Box::new(import)) })
}
