//! Prefunds: money paid to banks ahead.

use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found, named, not_before};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::programmes;
use crate::book::refusal::{AccessError, Stop};
use crate::domain::{CreditCode, Date, PrefundId, ProgrammeCode, Sequence, WrongState};
use crate::ledger::{Account, BalanceKey, Posting};
use crate::organisations::rules as organisations;
use crate::prefunds::rules::{self, Movement};
use crate::prefunds::{
    ApprovePrefund, Prefund, PrefundStatus, PrefundYear, PrefundYearKey, ProposePrefund, RejectPrefund,
};
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
    usable(programme, Instrument::InterestSubsidy)?;
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

/// The balances that money to a bank and back moves.
pub(super) fn read_balances(programme: &ProgrammeCode, bank: CreditCode, reads: &mut Reads<'_>) {
    use Account::{B2001, B2005, B2008, F4001, Y6001, Y7101};
    let moved = [B2001, B2005, B2008, F4001, Y6001, Y7101];
    reads.extend(moved.map(|account| Key::Balance(BalanceKey::of(account, programme))));
    reads.insert(Key::Balance(BalanceKey::of_payee(Account::F1214, programme, bank)));
}

impl Decide for ProposePrefund {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Prefund(self.id), Key::Organisation(self.bank), Key::PrefundYear(self.key())]);
        programmes::read(&self.programme, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let book = context.book;
        let programme = named(book.programmes.get(&self.programme)?, "/programme")?;
        let bank = named(book.organisations.get(&self.bank)?, "/bank")?;
        organisations::may_begin(Some(bank), self.bank)?;
        if let Some(day) = self.effective_date {
            context.effective_date(Some(day))?;
        }
        prefunding(context, programme, Some("/programme"))?;
        account(context, &self.key())?;
        Ok(conclude(Effects::default(), None, rules::propose(self, context.actor, context.stamp)))
    }
}

fn existing(context: Context<'_>, id: PrefundId) -> Result<&Prefund, Stop> {
    let prefund = found(context.book.prefunds.get(&id)?)?;
    context.same_version(&prefund.revision)?;
    rules::in_state(prefund, PrefundStatus::Proposed)?;
    Ok(prefund)
}

impl Decide for ApprovePrefund {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Prefund(self.id));
        let Some(prefund) = reads.book.prefunds.peek(&self.id) else { return };
        reads.extend([Key::Organisation(prefund.bank), Key::PrefundYear(prefund.key())]);
        programmes::read(&prefund.programme, reads);
        read_balances(&prefund.programme, prefund.bank, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        context.may_approve()?;
        let day = context.effective_date(before.effective_date)?;
        organisations::may_begin(context.book.organisations.get(&before.bank)?, before.bank)?;
        let programme = found(context.book.programmes.get(&before.programme)?)?;
        let version = prefunding(context, programme, None)?;
        let known = account(context, &before.key())?;
        programmes::still_available(context, &before.programme, before.amount)?;
        let prefund = rules::approve(before, &version.rules, day, context.actor, context.stamp)?;
        let key = before.key();
        let year = rules::account(known, &key, day, context.stamp);
        let year = rules::moved(&year, Movement::Paid, &prefund.parts, day, context.stamp)?;
        let effects = Effects {
            changes: vec![Change::PrefundYear(Box::new(year))],
            posting: Posting::prefund(&prefund.parts, &key.dimensions(), prefund.bank),
            effective_date: Some(day),
            ..Effects::default()
        };
        Ok(conclude(effects, Some(before.status), prefund))
    }
}

impl Decide for RejectPrefund {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Prefund(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let prefund = rules::reject(before, self.reason, context.actor, context.stamp);
        Ok(conclude(Effects::default(), Some(before.status), prefund))
    }
}

/// The keys of [`reversed`].
pub(super) fn read_reversed(id: PrefundId, reads: &mut Reads<'_>) {
    reads.insert(Key::Prefund(id));
    let Some(prefund) = reads.book.prefunds.peek(&id) else { return };
    reads.insert(Key::PrefundYear(prefund.key()));
    read_balances(&prefund.programme, prefund.bank, reads);
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
        return Err(AccessError::from(WrongState::is(before.status.into_str())).into());
    }
    let key = before.key();
    let known = account(context, &key)?;
    rules::covers(known, key.year, before.amount)?;
    not_before(day, known.map(|year| year.newest))?;
    let year = rules::account(known, &key, day, context.stamp);
    let year = rules::moved(&year, Movement::Unpaid, &before.parts, day, context.stamp)?;
    let mut effects = Effects {
        changes: vec![Change::PrefundYear(Box::new(year))],
        posting: Posting::prefund(&before.parts, &key.dimensions(), before.bank).reversed(),
        ..Effects::default()
    };
    step(&mut effects, Some(before.status), &rules::reversed(before, context.stamp));
    Ok(effects)
}

/// Adds the prefund and its step.
fn step(effects: &mut Effects, from: Option<PrefundStatus>, prefund: &Prefund) {
    effects.transitions.push(Transition::new("prefund", &prefund.id, from, prefund.status));
    effects.changes.push(Change::Prefund(Box::new(prefund.clone())));
}

fn conclude(mut effects: Effects, from: Option<PrefundStatus>, prefund: Prefund) -> Decision {
    step(&mut effects, from, &prefund);
    Decision { effects, outcome: Outcome::Prefund(Box::new(prefund)) }
}
