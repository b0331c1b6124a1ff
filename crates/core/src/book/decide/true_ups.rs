//! True-ups: a year of a bank's prefunds settled with it.

use super::claims::not_before;
use super::payments::unused;
use super::prefunds::dimensions;
use super::reversals::floors;
use super::{Context, found};
use crate::book::Fault;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::domain::money::OutOfRange;
use crate::domain::{Date, TrueUpId};
use crate::ledger::{Posting, parts};
use crate::prefunds::rules::{self as prefunds, Movement};
use crate::prefunds::true_up::{
    self as rules, ApproveTrueUp, ProposeTrueUp, RejectTrueUp, TrueUp, TrueUpAction, TrueUpStatus,
};
use crate::prefunds::{PrefundYear, PrefundYearKey};
use crate::programmes::calculation::CalculationError;

pub(super) fn propose(context: Context<'_>, command: &ProposeTrueUp) -> Result<Decision, Stop> {
    context.no_version()?;
    let key = command.key();
    let year = prefunds::prefunded(context.book.prefund_years.get(&key)?, &key)?;
    if let Some(day) = command.action.date() {
        let day = context.effective_date(Some(day))?;
        not_before(day, Some(year.newest))?;
    }
    if let TrueUpAction::Return { bank_reference, .. } = &command.action {
        unused(context, bank_reference)?;
    }
    let (true_up, year) = rules::propose(command, year, context.actor, context.stamp)?;
    let effects = Effects { changes: vec![Change::PrefundYear(Box::new(year))], ..Effects::default() };
    Ok(decided(effects, None, true_up))
}

/// A true-up that waits, and its year.
fn waiting(context: Context<'_>, id: TrueUpId) -> Result<(&TrueUp, &PrefundYear), Stop> {
    let true_up = found(context.book.true_ups.get(&id)?)?;
    context.same_version(&true_up.revision)?;
    rules::proposed(true_up)?;
    let lost = || Fault::Broken(format!("true-up {id} has lost its year"));
    let year = context.book.prefund_years.get(&true_up.key())?.ok_or_else(lost)?;
    Ok((true_up, year))
}

pub(super) fn approve(context: Context<'_>, command: &ApproveTrueUp) -> Result<Decision, Stop> {
    let (before, year) = waiting(context, command.id)?;
    context.may_approve()?;
    let day = context.effective_date(before.action.date())?;
    not_before(day, Some(year.newest))?;
    rules::fresh(before, year)?;
    if let TrueUpAction::Return { bank_reference, .. } = &before.action {
        unused(context, bank_reference)?;
    }
    let approved = rules::approve(before, year, day, context.actor, context.stamp);
    let (true_up, closed) = approved.map_err(CalculationError::from)?;
    let mut effects = Effects { changes: vec![Change::PrefundYear(Box::new(closed))], ..Effects::default() };
    effects.posting = match before.action {
        TrueUpAction::Roll { .. } => rolled(context, year, day, &mut effects)?,
        TrueUpAction::Return { .. } => returned(year)?,
    };
    floors(context, &effects.posting)?;
    effects.effective_date = Some(day).filter(|_| !effects.posting.is_empty());
    Ok(decided(effects, Some(before.status), true_up))
}

/// What is left opens the next year, which must not be settled yet.
fn rolled(
    context: Context<'_>,
    year: &PrefundYear,
    day: Date,
    effects: &mut Effects,
) -> Result<Posting, Stop> {
    if year.left.is_empty() {
        return Ok(Posting::default());
    }
    let next = year.key().next().ok_or(CalculationError::from(OutOfRange))?;
    let known = context.book.prefund_years.get(&next)?;
    known.map_or(Ok(()), prefunds::open)?;
    let opened = prefunds::account(known, &next, day, context.stamp);
    let opened = prefunds::moved(&opened, Movement::Opened, &year.left, day, context.stamp);
    effects.changes.push(Change::PrefundYear(Box::new(opened.map_err(CalculationError::from)?)));
    let [more, less] = parts::by_sign(&year.left).map_err(CalculationError::from)?;
    let roll = |parts: &[_], from: &PrefundYearKey, to: &PrefundYearKey| {
        Posting::roll(parts, &dimensions(from), to.year, year.bank)
    };
    Ok(roll(&more, &year.key(), &next).and(roll(&less, &next, &year.key())))
}

/// What is left came back.
fn returned(year: &PrefundYear) -> Result<Posting, Stop> {
    let at = dimensions(&year.key());
    let [more, less] = parts::by_sign(&year.left).map_err(CalculationError::from)?;
    let back = |parts: &[_]| Posting::prefund_returned(parts, &at, year.bank);
    Ok(back(&more).and(back(&less).reversed()))
}

pub(super) fn reject(context: Context<'_>, command: &RejectTrueUp) -> Result<Decision, Stop> {
    let (before, year) = waiting(context, command.id)?;
    let (true_up, year) = rules::reject(before, year, command.reason, context.actor, context.stamp);
    let effects = Effects { changes: vec![Change::PrefundYear(Box::new(year))], ..Effects::default() };
    Ok(decided(effects, Some(before.status), true_up))
}

fn decided(mut effects: Effects, from: Option<TrueUpStatus>, true_up: TrueUp) -> Decision {
    effects.transitions.push(Transition {
        kind: "true_up",
        document: true_up.id.to_string(),
        from: from.map(TrueUpStatus::as_str),
        to: true_up.status.as_str(),
    });
    effects.changes.push(Change::TrueUp(Box::new(true_up.clone())));
    Decision { effects, outcome: Outcome::TrueUp(Box::new(true_up)) }
}
