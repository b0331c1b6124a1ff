//! A programme with the versions of its rules, and what it has left.

use crate::book::context::{Context, Reads};
use crate::book::refusal::Stop;
use crate::book::{Book, Fault, Key};
use crate::claims::Claim;
use crate::domain::{Money, ProgrammeCode};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::stacking::Stacked;
use crate::programmes::{Programme, ProgrammeError, RulesKey, RulesVersion};

/// A programme and every version of its rules.
pub(crate) fn read(code: &ProgrammeCode, reads: &mut Reads<'_>) {
    reads.insert(Key::Programme(code.clone()));
    let versions = reads.book.programmes.peek(code).map_or(0, |p| p.versions);
    reads.extend((1..=versions).map(|number| key(code, number)));
}

/// The key of [`version`].
pub(crate) fn key(programme: &ProgrammeCode, number: u32) -> Key {
    Key::Rules(RulesKey { programme: programme.clone(), number })
}

/// Every version of a programme's rules.
pub(crate) fn versions<'a>(book: &'a Book, programme: &Programme) -> Result<Vec<&'a RulesVersion>, Fault> {
    (1..=programme.versions).map(|number| version(book, &programme.code, number)).collect()
}

pub(crate) fn version<'a>(
    book: &'a Book,
    programme: &ProgrammeCode,
    number: u32,
) -> Result<&'a RulesVersion, Fault> {
    let key = RulesKey { programme: programme.clone(), number };
    book.rules.get(&key)?.ok_or_else(|| Fault::Broken(format!("{programme} has no rules {number}")))
}

/// CNY that a programme has left.
pub(crate) fn available(book: &Book, programme: &ProgrammeCode) -> Result<Money, Fault> {
    book.balance(&BalanceKey::of(Account::B2001, programme))
}

/// The rules under which a claim was submitted.
pub(crate) fn rules_of<'a>(context: Context<'a>, claim: &Claim) -> Result<&'a RulesVersion, Fault> {
    version(context.book, &claim.programme, claim.rules_version)
}

/// Whose money a claim is of, and beside whose the rules under which it was submitted pay nothing.
pub(crate) fn stacked(context: Context<'_>, claim: &Claim) -> Result<Stacked, Fault> {
    let lost = || Fault::Broken(format!("claim {} has lost its programme", claim.id));
    let programme = context.book.programmes.get(&claim.programme)?.ok_or_else(lost)?;
    Ok(Stacked::of(programme.level, &rules_of(context, claim)?.rules))
}

/// The key of [`rules_of`].
pub(crate) fn rules_key(claim: &Claim) -> Key {
    key(&claim.programme, claim.rules_version)
}

/// Error: less is available than is to be committed.
pub(crate) fn still_available(
    context: Context<'_>,
    programme: &ProgrammeCode,
    requested: Money,
) -> Result<(), Stop> {
    let available = available(context.book, programme)?;
    if requested > available {
        return Err(ProgrammeError::PotExhausted { available, requested }.into());
    }
    Ok(())
}
