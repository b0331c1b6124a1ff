//! Contracts.

use super::{Context, named, programmes};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::domain::Money;
use crate::organisations::rules as organisations;
use crate::programmes::calculation::CalculationError;
use crate::programmes::rules::allows_related;
use crate::rentals::{RegisterRental, rules};

pub(super) fn register(context: Context<'_>, command: &RegisterRental) -> Result<Decision, Stop> {
    context.no_version()?;
    if !context.acts_for(command.organisation) {
        return Err(AccessError::NotFound { pointer: Some("/organisation".to_owned()) }.into());
    }
    let book = context.book;
    let organisation =
        organisations::may_begin(book.organisations.get(&command.organisation)?, command.organisation)?;
    let provider = organisations::may_begin(book.organisations.get(&command.provider)?, command.provider)?;
    let facts = rules::Facts {
        organisation,
        provider,
        existing: book.contracts.get(&command.contract())?.copied(),
        related_allowed: related_allowed(context)?,
    };
    let total = Money::sum(command.lines.iter().map(|l| l.amount.money())).map_err(CalculationError::from)?;
    let rental = rules::register(&facts, command, total, context.actor, context.stamp)?;
    let step = Transition { kind: "rental", document: rental.id.to_string(), from: None, to: "registered" };
    let effects = Effects {
        changes: vec![Change::Rental(rental.clone())],
        transitions: vec![step],
        ..Effects::default()
    };
    Ok(Decision { effects, outcome: Outcome::Rental(Box::new(rental)) })
}

/// Whether an active programme of the agency lets related providers in today.
fn related_allowed(context: Context<'_>) -> Result<bool, Stop> {
    for code in &context.agency()?.related_programmes {
        let programme = named(context.book.programmes.get(code)?, "/provider")?;
        let versions = programmes::versions(context.book, programme)?;
        if allows_related(programme, versions, context.stamp.business_date) {
            return Ok(true);
        }
    }
    Ok(false)
}
