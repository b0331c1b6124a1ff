//! Organisations and reference rates.

use super::{Context, found};
use crate::book::RateKey;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::domain::CreditCode;
use crate::organisations::{
    ApproveBankAccount, ChangeStanding, Organisation, ProposeBankAccount, RegisterOrganisation, Standing,
    rules,
};
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
        changes: vec![Change::Organisation(Box::new(organisation.clone()))],
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
    let before = existing(context, command.credit_code)?;
    let organisation = rules::change_standing(before, command, to, context.stamp);
    let step = Transition {
        kind: "organisation",
        document: command.credit_code.to_string(),
        from: Some(before.status.as_str()),
        to: to.as_str(),
    };
    let effects = Effects {
        changes: vec![Change::Organisation(Box::new(organisation.clone()))],
        transitions: vec![step],
        ..Effects::default()
    };
    Ok(Decision { effects, outcome: Outcome::Organisation(Box::new(organisation)) })
}

fn existing(context: Context<'_>, code: CreditCode) -> Result<&Organisation, Stop> {
    let organisation = found(context.book.organisations.get(&code)?)?;
    context.same_version(&organisation.revision)?;
    Ok(organisation)
}

pub(super) fn propose_account(context: Context<'_>, command: &ProposeBankAccount) -> Result<Decision, Stop> {
    let before = existing(context, command.credit_code)?;
    let after = rules::propose_account(before, &command.account, context.actor, context.stamp)?;
    Ok(without_step(after))
}

pub(super) fn approve_account(context: Context<'_>, command: &ApproveBankAccount) -> Result<Decision, Stop> {
    let before = existing(context, command.credit_code)?;
    let change = rules::waiting_account(before)?;
    context.may_approve()?;
    Ok(without_step(rules::approve_account(before, change, context.stamp)))
}

pub(super) fn reject_account(context: Context<'_>, command: &ChangeStanding) -> Result<Decision, Stop> {
    let before = existing(context, command.credit_code)?;
    rules::waiting_account(before)?;
    Ok(without_step(rules::reject_account(before, command.reason, context.stamp)))
}

/// An organisation that changed and stands as it stood.
fn without_step(organisation: Organisation) -> Decision {
    let changes = vec![Change::Organisation(Box::new(organisation.clone()))];
    let effects = Effects { changes, ..Effects::default() };
    Decision { effects, outcome: Outcome::Organisation(Box::new(organisation)) }
}

pub(super) fn load_reference_rate(
    context: Context<'_>,
    command: &LoadReferenceRate,
) -> Result<Decision, Stop> {
    context.no_version()?;
    let key = RateKey::new(&command.name, command.date);
    let existing = context.book.reference_rates.get(&key)?;
    let rate = reference_rates::load(existing, command, context.actor, context.stamp)?;
    let effects = Effects { changes: vec![Change::ReferenceRate(rate.clone())], ..Effects::default() };
    Ok(Decision { effects, outcome: Outcome::ReferenceRate(rate) })
}
