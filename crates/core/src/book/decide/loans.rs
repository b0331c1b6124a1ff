//! Loans.

use super::{Context, found, named};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::domain::Role;
use crate::loans::{ConfirmInterest, Loan, RecordLoanEvents, RegisterLoan, rules};
use crate::organisations::rules as organisations;

/// The one state of a loan: it is recorded.
const REGISTERED: &str = "registered";

pub(super) fn register(context: Context<'_>, command: &RegisterLoan) -> Result<Decision, Stop> {
    context.no_version()?;
    if !context.acts_for(command.organisation) {
        return Err(AccessError::NotFound { pointer: Some("/organisation".to_owned()) }.into());
    }
    let book = context.book;
    organisations::may_begin(book.organisations.get(&command.organisation)?, command.organisation)?;
    let bank = named(book.organisations.get(&command.bank)?, "/bank")?;
    organisations::may_begin(Some(bank), command.bank)?;
    let existing = book.loan_keys.get(&command.key())?.copied();
    let loan = rules::register(existing, command, context.actor, context.stamp)?;
    Ok(decided(loan, None))
}

pub(super) fn record_events(context: Context<'_>, command: &RecordLoanEvents) -> Result<Decision, Stop> {
    let loan = context.book.loans.get(&command.id)?.filter(|loan| context.acts_for(loan.organisation));
    let loan = found(loan)?;
    context.same_version(&loan.revision)?;
    Ok(decided(rules::record_events(loan, command, context.stamp)?, Some(REGISTERED)))
}

/// The lending bank alone says what it was paid.
pub(super) fn confirm(context: Context<'_>, command: &ConfirmInterest) -> Result<Decision, Stop> {
    let own = |loan: &&Loan| context.actor.has(Role::Bank) && context.actor.organisation == Some(loan.bank);
    let loan = found(context.book.loans.get(&command.id)?.filter(own))?;
    context.same_version(&loan.revision)?;
    Ok(decided(rules::confirm(loan, command, context.actor, context.stamp)?, Some(REGISTERED)))
}

fn decided(loan: Loan, from: Option<&'static str>) -> Decision {
    let step = Transition { kind: "loan", document: loan.id.to_string(), from, to: REGISTERED };
    let effects = Effects {
        changes: vec![Change::Loan(Box::new(loan.clone()))],
        transitions: vec![step],
        ..Effects::default()
    };
    Decision { effects, outcome: Outcome::Loan(Box::new(loan)) }
}
