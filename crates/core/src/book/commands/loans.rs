use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found, named};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::domain::Role;
use crate::loans::{ConfirmInterest, Loan, RecordLoanEvents, RegisterLoan, rules};
use crate::organisations::rules as organisations;

/// The one state of a loan: it is recorded.
const REGISTERED: &str = "registered";

impl Decide for RegisterLoan {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Organisation(self.organisation), Key::Organisation(self.bank)]);
        reads.extend([Key::LoanOf(self.key()), Key::Loan(self.id)]);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        if !context.acts_for(self.organisation) {
            return Err(AccessError::NotFound { pointer: Some("/organisation".to_owned()) }.into());
        }
        let book = context.book;
        organisations::may_begin(book.organisations.get(&self.organisation)?, self.organisation)?;
        let bank = named(book.organisations.get(&self.bank)?, "/bank")?;
        organisations::may_begin(Some(bank), self.bank)?;
        let existing = book.loan_keys.get(&self.key())?.copied();
        let loan = rules::register(existing, self, context.actor, context.stamp)?;
        Ok(conclude(loan, None))
    }
}

impl Decide for RecordLoanEvents {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Loan(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let loan = context.book.loans.get(&self.id)?.filter(|loan| context.acts_for(loan.organisation));
        let loan = found(loan)?;
        context.same_version(&loan.revision)?;
        Ok(conclude(rules::record_events(loan, self, context.stamp)?, Some(REGISTERED)))
    }
}

/// The lending bank alone says what it was paid.
impl Decide for ConfirmInterest {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Loan(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let own =
            |loan: &&Loan| context.actor.has(Role::Bank) && context.actor.organisation == Some(loan.bank);
        let loan = found(context.book.loans.get(&self.id)?.filter(own))?;
        context.same_version(&loan.revision)?;
        Ok(conclude(rules::confirm(loan, self, context.actor, context.stamp)?, Some(REGISTERED)))
    }
}

fn conclude(loan: Loan, from: Option<&'static str>) -> Decision {
    let step = Transition::new("loan", &loan.id, from, REGISTERED);
    let effects = Effects::step(Change::Loan(Box::new(loan.clone())), step);
    Decision { effects, outcome: Outcome::Loan(Box::new(loan)) }
}
