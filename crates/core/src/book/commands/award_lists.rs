//! The list of awards: taken from the ranking, decided by another person.

use super::calendar;
use super::grants::{applied_too, call, called, called_too, listed_already};
use crate::book::context::{Context, Decide, Reads};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::award_basis::{grant_rules, rules_key};
use crate::book::guards::{clawback, parties, programmes};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::domain::{ApplicationId, AwardId, CallId, WrongState};
use crate::grants::ranking::ranked;
use crate::grants::{
    Application, ApplicationStatus, Call, CallStatus, GrantError, NameCall, ProposeAwards, RejectCall, rules,
};
use crate::ledger::{Account, BalanceKey, ExpenseClass, Posting};
use crate::programmes::RulesKey;

/// A call, its applications and its rules.
fn read_call(id: CallId, reads: &mut Reads<'_>) {
    reads.insert(Key::Call(id));
    let Some(call) = reads.book.calls.peek(&id) else { return };
    reads.extend(call.applications.iter().copied().map(Key::Application));
    reads.extend(rules_key(&call.programme, call.rules_version));
    for listed in &call.list {
        parties::read_alone((&call.programme, call.rules_version), listed.organisation, reads);
    }
    for account in [Account::B2001, ExpenseClass::Grant.commitment()] {
        reads.insert(Key::Balance(BalanceKey::of(account, &call.programme)));
    }
}

fn application(context: Context<'_>, id: ApplicationId) -> Result<&Application, Fault> {
    let lost = || Fault::Broken(format!("application {id} is filed and gone"));
    context.book.applications.get(&id)?.ok_or_else(lost)
}

impl Decide for ProposeAwards {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_call(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = call(context, self.id)?;
        rules::call_in_state(before, CallStatus::Open)?;
        listed_already(before)?;
        rules::filing_over(before, context.stamp.business_date)?;
        let applications = before.applications.iter().map(|id| application(context, *id));
        let applications = applications.collect::<Result<Vec<_>, _>>()?;
        let (_, grant) = grant_rules(context.book, &before.programme, before.rules_version)?;
        rules::all_scored(&applications, grant)?;
        let ranked = ranked(applications, &grant.review)?;
        let quota = grant.quota.unwrap_or_default().and(before.quota);
        let limits = (quota, programmes::available(context.book, &before.programme)?);
        let award =
            |application: &Application| AwardId::new(clawback::made(before.id.uuid(), application.id.uuid()));
        let list = rules::list(&ranked, &self.awards, limits, award)?;
        programmes::still_available(context, &before.programme, rules::listed(&list)?)?;
        let revision = before.revision.next(context.stamp);
        let call = Call { list, revision, ..before.clone() };
        let effects = called_too(Effects::default(), Some(before.status), &call);
        Ok(Decision { effects, outcome: Outcome::AwardsProposed(Box::new(call)) })
    }
}

/// The awards that wait.
fn proposed(context: Context<'_>, id: CallId) -> Result<&Call, Stop> {
    let before = call(context, id)?;
    rules::call_in_state(before, CallStatus::Open)?;
    if before.list.is_empty() {
        return Err(GrantError::from(WrongState::is(before.status.into_str())).into());
    }
    Ok(before)
}

/// The list of awards approved: each is committed, and the call is closed.
pub(super) struct ApproveAwards<'a>(pub &'a NameCall);

impl Decide for ApproveAwards<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_call(self.0.id, reads);
        let rules = reads.book.calls.peek(&self.0.id).and_then(|call| {
            let number = call.rules_version?;
            reads.book.rules.peek(&RulesKey { programme: call.programme.clone(), number })
        });
        if let Some(version) = rules {
            calendar::read_publicity(&version.rules, reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = proposed(context, self.0.id)?;
        context.may_approve()?;
        let day = context.effective_date(None)?;
        programmes::still_available(context, &before.programme, rules::listed(&before.list)?)?;
        let of = grant_rules(context.book, &before.programme, before.rules_version)?;
        let published_until = calendar::published_until(context, &of.0.rules)?;
        let mut effects = Effects { effective_date: Some(day), ..Effects::default() };
        for (rank, listed) in (1..).zip(&before.list) {
            let application = application(context, listed.application)?;
            application.in_state(&[ApplicationStatus::Passed])?;
            parties::let_in(context, (listed.organisation, before.filing.until), of.0)?;
            let (awarded, award) =
                rules::award((application, listed, rank), of, context.stamp, published_until)?;
            applied_too(&mut effects, Some(application.status), &awarded);
            let commitment = ExpenseClass::Grant.commitment();
            let commits = Posting::commit(award.amount, commitment, &award.dimensions());
            effects.posting = std::mem::take(&mut effects.posting).and(commits);
            effects.transitions.push(Transition::new("award", &award.id, None, award.status));
            effects.changes.push(Change::Award(Box::new(award)));
        }
        let to = (CallStatus::Closed, before.rules_version, None);
        let call = rules::decided_call(before, to, context.actor, context.stamp);
        let effects = called_too(effects, Some(before.status), &call);
        Ok(Decision { effects, outcome: Outcome::Call(Box::new(call)) })
    }
}

pub(super) struct RefuseAwards<'a>(pub &'a RejectCall);

impl Decide for RefuseAwards<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Call(self.0.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = proposed(context, self.0.id)?;
        context.may_approve()?;
        let (list, reason) = (Vec::new(), Some(self.0.reason));
        let revision = before.revision.next(context.stamp);
        Ok(called(Some(before.status), Call { list, reason, revision, ..before.clone() }))
    }
}
