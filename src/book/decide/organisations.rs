//! Organisations and reference rates.

use super::{Context, found};
use crate::book::RateKey;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::organisations::{ChangeStanding, RegisterOrganisation, Standing, rules};
use crate::reference_rates::{LoadReferenceRate, rules as reference_rates};

pub(super) fn register(context: Context<'_>, command: &RegisterOrganisation) -> Result<Decision, Stop> {
    context.no_version()?;
    let existing = context.book.organisations.get(&command.credit_code)?;
    let organisation = rules::register(existing, command, context.actor, context.stamp)?;
    let step = Transition {
        kind: "organisation",
        document: command.credit_code.to_string(),
        from: None,
        to: organisation.status.as_str(),
    };
    let effects = Effects {
        changes: vec![Change::Organisation(organisation.clone())],
        transitions: vec![step],
        ..Effects::default()
    };
    Ok(Decision { effects, outcome: Outcome::Organisation(Box::new(organisation)) })
}

pub(super) fn block(context: Context<'_>, command: &ChangeStanding) -> Result<Decision, Stop> {
    change_standing(context, command, Standing::Blocked)
}

pub(super) fn unblock(context: Context<'_>, command: &ChangeStanding) -> Result<Decision, Stop> {
    change_standing(context, command, Standing::Active)
}

fn change_standing(context: Context<'_>, command: &ChangeStanding, to: Standing) -> Result<Decision, Stop> {
    let before = found(context.book.organisations.get(&command.credit_code)?)?;
    context.same_version(&before.revision)?;
    let organisation = rules::change_standing(before, command, to, context.stamp);
    let step = Transition {
        kind: "organisation",
        document: command.credit_code.to_string(),
        from: Some(before.status.as_str()),
        to: to.as_str(),
    };
    let effects = Effects {
        changes: vec![Change::Organisation(organisation.clone())],
        transitions: vec![step],
        ..Effects::default()
    };
    Ok(Decision { effects, outcome: Outcome::Organisation(Box::new(organisation)) })
}

pub(super) fn load_reference_rate(
    context: Context<'_>,
    command: &LoadReferenceRate,
) -> Result<Decision, Stop> {
    context.no_version()?;
    let key = RateKey { name: command.name.clone(), date: command.date };
    let existing = context.book.reference_rates.get(&key)?;
    let rate = reference_rates::load(existing, command, context.actor, context.stamp)?;
    let effects = Effects { changes: vec![Change::ReferenceRate(rate.clone())], ..Effects::default() };
    Ok(Decision { effects, outcome: Outcome::ReferenceRate(rate) })
}
