//! True-ups: a year of a bank's prefunds settled with it.

use super::payments::{read_reference, unused};
use super::prefunds::read_balances;
use super::reversals::floors;
use crate::book::context::{Context, Decide, Reads, found, not_before};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::domain::money::OutOfRange;
use crate::domain::{Date, TrueUpId};
use crate::ledger::{Posting, parts};
use crate::prefunds::rules::{self as prefunds, Movement};
use crate::prefunds::true_up::{
    self as rules, ApproveTrueUp, ProposeTrueUp, RejectTrueUp, TrueUp, TrueUpAction, TrueUpStatus,
};
use crate::prefunds::{PrefundYear, PrefundYearKey};

fn read_returned(action: &TrueUpAction, reads: &mut Reads<'_>) {
    if let TrueUpAction::Return { bank_reference, .. } = action {
        read_reference(bank_reference, reads);
    }
}

impl Decide for ProposeTrueUp {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::TrueUp(self.id), Key::PrefundYear(self.key())]);
        read_returned(&self.action, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let key = self.key();
        let year = prefunds::prefunded(context.book.prefund_years.get(&key)?, &key)?;
        if let Some(day) = self.action.date() {
            let day = context.effective_date(Some(day))?;
            not_before(day, Some(year.newest))?;
        }
        if let TrueUpAction::Return { bank_reference, .. } = &self.action {
            unused(context, bank_reference)?;
        }
        let (true_up, year) = rules::propose(self, year, context.actor, context.stamp)?;
        let effects = Effects::from(Change::PrefundYear(Box::new(year)));
        Ok(conclude(effects, None, true_up))
    }
}

fn read_waiting<'a>(id: TrueUpId, reads: &mut Reads<'a>) -> Option<&'a TrueUp> {
    reads.insert(Key::TrueUp(id));
    let found = reads.book.true_ups.peek(&id)?;
    reads.insert(Key::PrefundYear(found.key()));
    Some(found)
}

fn waiting(context: Context<'_>, id: TrueUpId) -> Result<(&TrueUp, &PrefundYear), Stop> {
    let true_up = found(context.book.true_ups.get(&id)?)?;
    context.same_version(&true_up.revision)?;
    rules::proposed(true_up)?;
    let lost = || Fault::Broken(format!("true-up {id} has lost its year"));
    let year = context.book.prefund_years.get(&true_up.key())?.ok_or_else(lost)?;
    Ok((true_up, year))
}

impl Decide for ApproveTrueUp {
    fn needs(&self, reads: &mut Reads<'_>) {
        let Some(found) = read_waiting(self.id, reads) else { return };
        reads.extend(found.key().next().map(Key::PrefundYear));
        read_returned(&found.action, reads);
        read_balances(&found.programme, found.bank, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (before, year) = waiting(context, self.id)?;
        context.may_approve()?;
        let day = context.effective_date(before.action.date())?;
        not_before(day, Some(year.newest))?;
        rules::fresh(before, year)?;
        if let TrueUpAction::Return { bank_reference, .. } = &before.action {
            unused(context, bank_reference)?;
        }
        let (true_up, closed) = rules::approve(before, year, day, context.actor, context.stamp)?;
        let mut effects = Effects::from(Change::PrefundYear(Box::new(closed)));
        effects.posting = match before.action {
            TrueUpAction::Roll { .. } => rolled(context, year, day, &mut effects)?,
            TrueUpAction::Return { .. } => returned(year)?,
        };
        floors(context, &effects.posting)?;
        effects.effective_date = Some(day).filter(|_| !effects.posting.is_empty());
        Ok(conclude(effects, Some(before.status), true_up))
    }
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
    let next = year.key().next().ok_or(OutOfRange)?;
    let known = context.book.prefund_years.get(&next)?;
    known.map_or(Ok(()), prefunds::open)?;
    let opened = prefunds::account(known, &next, day, context.stamp);
    let opened = prefunds::moved(&opened, Movement::Opened, &year.left, day, context.stamp);
    effects.changes.push(Change::PrefundYear(Box::new(opened?)));
    let [more, less] = parts::by_sign(&year.left)?;
    let roll = |parts: &[_], from: &PrefundYearKey, to: &PrefundYearKey| {
        Posting::roll(parts, &from.dimensions(), to.year, year.bank)
    };
    Ok(roll(&more, &year.key(), &next).and(roll(&less, &next, &year.key())))
}

/// What is left came back.
fn returned(year: &PrefundYear) -> Result<Posting, Stop> {
    let at = year.key().dimensions();
    let [more, less] = parts::by_sign(&year.left)?;
    let back = |parts: &[_]| Posting::prefund_returned(parts, &at, year.bank);
    Ok(back(&more).and(back(&less).reversed()))
}

impl Decide for RejectTrueUp {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_waiting(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (before, year) = waiting(context, self.id)?;
        let (true_up, year) = rules::reject(before, year, self.reason, context.actor, context.stamp);
        let effects = Effects::from(Change::PrefundYear(Box::new(year)));
        Ok(conclude(effects, Some(before.status), true_up))
    }
}

fn conclude(mut effects: Effects, from: Option<TrueUpStatus>, true_up: TrueUp) -> Decision {
    effects.transitions.push(Transition::new("true_up", &true_up.id, from, true_up.status));
    effects.changes.push(Change::TrueUp(Box::new(true_up.clone())));
    Decision { effects, outcome: Outcome::TrueUp(Box::new(true_up)) }
}
