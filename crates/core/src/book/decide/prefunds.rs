//! Prefunds: money paid to banks ahead.

use super::claims::not_before;
use super::{Context, found, named, programmes};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::domain::{CreditCode, Date, PrefundId, Sequence};
use crate::ledger::{Dimensions, Posting};
use crate::organisations::rules as organisations;
use crate::prefunds::rules::{self, Movement};
use crate::prefunds::{
    ApprovePrefund, Prefund, PrefundStatus, PrefundYear, PrefundYearKey, ProposePrefund, RejectPrefund,
};
use crate::programmes::calculation::CalculationError;
use crate::programmes::rules::{in_force, usable};
use crate::programmes::{Instrument, Programme, ProgrammeError, RulesVersion};

/// The rules in force today, of an active programme for interest that prefunds. A bank may be paid after the window has
/// closed: what it laid out in its last days is known only then.
fn prefunding<'a>(
    context: Context<'a>,
    programme: &Programme,
    pointer: Option<&str>,
) -> Result<&'a RulesVersion, Stop> {
    let today = context.stamp.business_date;
    usable(programme, Instrument::InterestSubsidy, programme.window.from)?;
    let version = in_force(programmes::versions(context.book, programme)?, today);
    let version = version.ok_or(ProgrammeError::WindowClosed { date: today })?;
    rules::allowed(&version.rules, &programme.code, pointer)?;
    Ok(version)
}

fn account<'a>(context: Context<'a>, key: &PrefundYearKey) -> Result<Option<&'a PrefundYear>, Stop> {
    let known = context.book.prefund_years.get(key)?;
    known.map_or(Ok(()), rules::open)?;
    Ok(known)
}

/// What every line about a bank's prefund carries.
pub(super) fn dimensions(key: &PrefundYearKey) -> Dimensions {
    Dimensions {
        programme: key.programme.clone(),
        organisation: Some(key.bank),
        level: None,
        fiscal_year: key.year,
    }
}

pub(super) fn propose(context: Context<'_>, command: &ProposePrefund) -> Result<Decision, Stop> {
    context.no_version()?;
    let book = context.book;
    let programme = named(book.programmes.get(&command.programme)?, "/programme")?;
    let bank = named(book.organisations.get(&command.bank)?, "/bank")?;
    organisations::may_begin(Some(bank), command.bank)?;
    if let Some(day) = command.effective_date {
        context.effective_date(Some(day))?;
    }
    prefunding(context, programme, Some("/programme"))?;
    account(context, &command.key())?;
    Ok(decided(Effects::default(), None, rules::propose(command, context.actor, context.stamp)))
}

fn existing(context: Context<'_>, id: PrefundId) -> Result<&Prefund, Stop> {
    let prefund = found(context.book.prefunds.get(&id)?)?;
    context.same_version(&prefund.revision)?;
    rules::in_state(prefund, PrefundStatus::Proposed)?;
    Ok(prefund)
}

pub(super) fn approve(context: Context<'_>, command: &ApprovePrefund) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    context.may_approve()?;
    let day = context.effective_date(before.effective_date)?;
    may_begin(context, before.bank)?;
    let programme = found(context.book.programmes.get(&before.programme)?)?;
    let version = prefunding(context, programme, None)?;
    let known = account(context, &before.key())?;
    let available = programmes::available(context.book, &before.programme)?;
    if before.amount > available {
        return Err(ProgrammeError::PotExhausted { available, requested: before.amount }.into());
    }
    let prefund = rules::approve(before, &version.rules, day, context.actor, context.stamp);
    let prefund = prefund.map_err(CalculationError::from)?;
    let key = before.key();
    let year = rules::account(known, &key, day, context.stamp);
    let year = rules::moved(&year, Movement::Paid, &prefund.parts, day, context.stamp);
    let year = year.map_err(CalculationError::from)?;
    let effects = Effects {
        changes: vec![Change::PrefundYear(Box::new(year))],
        posting: Posting::prefund(&prefund.parts, &dimensions(&key), prefund.bank),
        effective_date: Some(day),
        ..Effects::default()
    };
    Ok(decided(effects, Some(before.status), prefund))
}

fn may_begin(context: Context<'_>, bank: CreditCode) -> Result<(), Stop> {
    organisations::may_begin(context.book.organisations.get(&bank)?, bank)?;
    Ok(())
}

pub(super) fn reject(context: Context<'_>, command: &RejectPrefund) -> Result<Decision, Stop> {
    let before = existing(context, command.id)?;
    let prefund = rules::reject(before, command.reason, context.actor, context.stamp);
    Ok(decided(Effects::default(), Some(before.status), prefund))
}

/// A prefund that was posted in error: its bank has it no more, which must not have deducted from it.
pub(super) fn reversed(
    context: Context<'_>,
    id: PrefundId,
    sequence: Sequence,
    day: Date,
) -> Result<Effects, Stop> {
    let before = found(context.book.prefunds.get(&id)?)?;
    if before.revision.version != sequence {
        return Err(AccessError::WrongState { status: before.status.as_str().to_owned() }.into());
    }
    let key = before.key();
    let known = account(context, &key)?;
    rules::covers(known, key.year, before.amount)?;
    not_before(day, known.map(|year| year.newest))?;
    let year = rules::account(known, &key, day, context.stamp);
    let year = rules::moved(&year, Movement::Unpaid, &before.parts, day, context.stamp);
    let year = year.map_err(CalculationError::from)?;
    let mut effects = Effects {
        changes: vec![Change::PrefundYear(Box::new(year))],
        posting: Posting::prefund(&before.parts, &dimensions(&key), before.bank).reversed(),
        ..Effects::default()
    };
    step(&mut effects, Some(before.status), &rules::reversed(before, context.stamp));
    Ok(effects)
}

/// Adds the prefund and its step.
fn step(effects: &mut Effects, from: Option<PrefundStatus>, prefund: &Prefund) {
    effects.transitions.push(Transition {
        kind: "prefund",
        document: prefund.id.to_string(),
        from: from.map(PrefundStatus::as_str),
        to: prefund.status.as_str(),
    });
    effects.changes.push(Change::Prefund(Box::new(prefund.clone())));
}

fn decided(mut effects: Effects, from: Option<PrefundStatus>, prefund: Prefund) -> Decision {
    step(&mut effects, from, &prefund);
    Decision { effects, outcome: Outcome::Prefund(Box::new(prefund)) }
}
