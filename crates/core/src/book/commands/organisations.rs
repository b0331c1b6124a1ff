//! Organisations and reference rates.

use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::book::{Key, RateKey};
use crate::domain::CreditCode;
use crate::organisations::{
    ApproveBankAccount, ChangeStanding, Organisation, ProposeBankAccount, RegisterOrganisation, Standing,
    rules,
};
use crate::reference_rates::{LoadReferenceRate, rules as reference_rates};

impl Decide for RegisterOrganisation {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Organisation(self.credit_code));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let existing = context.book.organisations.get(&self.credit_code)?;
        let organisation = rules::register(existing, self, context.actor, context.stamp)?;
        let step = Transition::new("organisation", &self.credit_code, None, organisation.status);
        let effects = Effects::step(Change::Organisation(Box::new(organisation.clone())), step);
        Ok(Decision { effects, outcome: Outcome::Organisation(Box::new(organisation)) })
    }
}

/// An organisation is to begin nothing new.
pub(super) struct Block<'a>(pub &'a ChangeStanding);

impl Decide for Block<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Organisation(self.0.credit_code));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        change_standing(context, self.0, Standing::Blocked)
    }
}

/// A blocked organisation may begin again.
pub(super) struct Unblock<'a>(pub &'a ChangeStanding);

impl Decide for Unblock<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Organisation(self.0.credit_code));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        change_standing(context, self.0, Standing::Active)
    }
}

fn change_standing(context: Context<'_>, command: &ChangeStanding, to: Standing) -> Result<Decision, Stop> {
    let before = existing(context, command.credit_code)?;
    let organisation = rules::change_standing(before, command, to, context.stamp);
    let step = Transition::new("organisation", &command.credit_code, Some(before.status), to);
    let effects = Effects::step(Change::Organisation(Box::new(organisation.clone())), step);
    Ok(Decision { effects, outcome: Outcome::Organisation(Box::new(organisation)) })
}

fn existing(context: Context<'_>, code: CreditCode) -> Result<&Organisation, Stop> {
    let organisation = found(context.book.organisations.get(&code)?)?;
    context.same_version(&organisation.revision)?;
    Ok(organisation)
}

impl Decide for ProposeBankAccount {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Organisation(self.credit_code));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.credit_code)?;
        let after = rules::propose_account(before, &self.account, context.actor, context.stamp)?;
        Ok(without_step(after))
    }
}

impl Decide for ApproveBankAccount {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Organisation(self.credit_code));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.credit_code)?;
        let change = rules::waiting_account(before)?;
        context.may_approve()?;
        Ok(without_step(rules::approve_account(before, change, context.stamp)))
    }
}

/// A proposed bank account is refused.
pub(super) struct RejectAccount<'a>(pub &'a ChangeStanding);

impl Decide for RejectAccount<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Organisation(self.0.credit_code));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.credit_code)?;
        rules::waiting_account(before)?;
        Ok(without_step(rules::reject_account(before, self.0.reason, context.stamp)))
    }
}

/// An organisation that changed and stands as it stood.
fn without_step(organisation: Organisation) -> Decision {
    let changes = vec![Change::Organisation(Box::new(organisation.clone()))];
    let effects = Effects { changes, ..Effects::default() };
    Decision { effects, outcome: Outcome::Organisation(Box::new(organisation)) }
}

impl Decide for LoadReferenceRate {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::ReferenceRate(RateKey::new(&self.name, self.date)));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let key = RateKey::new(&self.name, self.date);
        let existing = context.book.reference_rates.get(&key)?;
        let rate = reference_rates::load(existing, self, context.actor, context.stamp)?;
        let effects = Effects::from(Change::ReferenceRate(Box::new(rate.clone())));
        Ok(Decision { effects, outcome: Outcome::ReferenceRate(rate) })
    }
}
