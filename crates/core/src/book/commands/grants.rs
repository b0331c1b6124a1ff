//! Calls for applications, applications, and what experts find of them.

use crate::book::context::{Context, Decide, Reads, found, named};
use crate::book::effects::{Change, Decision, Effects, NewSheet, Outcome, Transition};
use crate::book::guards::award_basis::{grant_rules, rules_key, unrelated};
use crate::book::guards::{backing, parties, programmes};
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::domain::{ApplicationId, CallId, WrongState};
use crate::grants::{
    Application, ApplicationStatus, Call, CallStatus, GrantError, NameApplication, NameCall, NameExperts,
    ProposeCall, RejectCall, ReviewApplication, ScoreApplication, WriteApplication, rules,
};
use crate::programmes::calculation::Calculation;
use crate::programmes::rules::{in_force, usable};
use crate::programmes::{Instrument, PolicyError, Programme, ProgrammeError};

impl Decide for ProposeCall {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Call(self.id));
        programmes::read(&self.programme, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let programme = named(context.book.programmes.get(&self.programme)?, "/programme")?;
        version_today(context, programme)?;
        if self.filing.until < self.filing.from {
            return Err(ProgrammeError::InvalidWindow.into());
        }
        Ok(called(None, rules::propose_call(self, context.actor, context.stamp)))
    }
}

/// The version of the rules in force today, of a programme that grants.
fn version_today(context: Context<'_>, programme: &Programme) -> Result<u32, Stop> {
    usable(programme, Instrument::Grant)?;
    let day = context.stamp.business_date;
    let version = in_force(programmes::versions(context.book, programme)?, day);
    let version = version.ok_or(ProgrammeError::WindowClosed { date: day })?;
    if version.rules.grant.is_none() {
        let missing = PolicyError::RulesFieldMissing { field: "/grant".to_owned() };
        return Err(ProgrammeError::from(missing).into());
    }
    Ok(version.number)
}

pub(super) fn call(context: Context<'_>, id: CallId) -> Result<&Call, Stop> {
    let call = found(context.book.calls.get(&id)?)?;
    context.same_version(&call.revision)?;
    Ok(call)
}

/// A call is opened, under the rules in force today.
pub(super) struct OpenCall<'a>(pub &'a NameCall);

impl Decide for OpenCall<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Call(self.0.id));
        if let Some(call) = reads.book.calls.peek(&self.0.id) {
            programmes::read(&call.programme, reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = call(context, self.0.id)?;
        rules::call_in_state(before, CallStatus::Proposed)?;
        context.may_approve()?;
        let programme = found(context.book.programmes.get(&before.programme)?)?;
        let number = version_today(context, programme)?;
        let to = (CallStatus::Open, Some(number), None);
        Ok(called(Some(before.status), rules::decided_call(before, to, context.actor, context.stamp)))
    }
}

pub(super) struct RefuseCall<'a>(pub &'a RejectCall);

impl Decide for RefuseCall<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Call(self.0.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = call(context, self.0.id)?;
        rules::call_in_state(before, CallStatus::Proposed)?;
        context.may_approve()?;
        let to = (CallStatus::Rejected, None, Some(self.0.reason));
        Ok(called(Some(before.status), rules::decided_call(before, to, context.actor, context.stamp)))
    }
}

pub(super) fn called(from: Option<CallStatus>, call: Call) -> Decision {
    Decision { effects: called_too(Effects::default(), from, &call), outcome: Outcome::Call(Box::new(call)) }
}

pub(super) fn called_too(mut effects: Effects, from: Option<CallStatus>, call: &Call) -> Effects {
    if from != Some(call.status) {
        effects.transitions.push(Transition::new("call", &call.id, from, call.status));
    }
    effects.changes.push(Change::Call(Box::new(call.clone())));
    effects
}

/// What an application is written from.
fn read_written(command: &WriteApplication, reads: &mut Reads<'_>) {
    reads.extend([Key::Application(command.id), Key::Call(command.call)]);
    reads.extend(command.evidence.iter().copied().map(Key::Evidence));
    if let Some(call) = reads.book.calls.peek(&command.call) {
        reads.extend(rules_key(&call.programme, call.rules_version));
        parties::read_alone((&call.programme, call.rules_version), command.organisation, reads);
    }
}

/// The call that an application is written for, open, and the sheet of its project. Of another's nothing is told.
fn computed<'a>(
    context: Context<'a>,
    command: &WriteApplication,
    version: u32,
) -> Result<(&'a Call, Calculation), Stop> {
    let book = context.book;
    let call = named(book.calls.get(&command.call)?, "/call")?;
    rules::call_in_state(call, CallStatus::Open)?;
    let (version_of, grant) = grant_rules(book, &call.programme, call.rules_version)?;
    let filed = (command.organisation, context.stamp.business_date);
    let organisation = parties::let_in(context, filed, version_of)?.organisation;
    rules::fits(grant, command)?;
    for (place, id) in command.evidence.iter().enumerate() {
        backing::own(context, command.organisation, *id, &format!("/evidence/{place}"))?;
    }
    Ok((call, rules::grantable((version_of, organisation), grant, command, version)?))
}

pub(super) struct DraftApplication<'a>(pub &'a WriteApplication);

impl Decide for DraftApplication<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_written(self.0, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let (call, sheet) = computed(context, self.0, 1)?;
        let application = rules::written(None, self.0, (call, &sheet), context.actor, context.stamp);
        Ok(applied(Effects::default(), None, application, Some(sheet)))
    }
}

/// A draft or a returned application is written anew.
pub(super) struct RewriteApplication<'a>(pub &'a WriteApplication);

impl Decide for RewriteApplication<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_written(self.0, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = own(context, self.0.id)?;
        rules::writable(before)?;
        for (pointer, same) in [
            ("/call", before.call == self.0.call),
            ("/organisation", before.organisation == self.0.organisation),
        ] {
            if !same {
                return Err(GrantError::ApplicationDiffers { pointer }.into());
            }
        }
        let (call, sheet) = computed(context, self.0, before.calculation.saturating_add(1))?;
        let application = rules::written(Some(before), self.0, (call, &sheet), context.actor, context.stamp);
        Ok(applied(Effects::default(), Some(before.status), application, Some(sheet)))
    }
}

/// An application of the caller's, or of whom an officer acts for.
fn own(context: Context<'_>, id: ApplicationId) -> Result<&Application, Stop> {
    let known = context.book.applications.get(&id)?;
    let application = found(known.filter(|known| context.acts_for(known.organisation)))?;
    context.same_version(&application.revision)?;
    Ok(application)
}

fn existing(context: Context<'_>, id: ApplicationId) -> Result<&Application, Stop> {
    let application = found(context.book.applications.get(&id)?)?;
    context.same_version(&application.revision)?;
    Ok(application)
}

/// An application, and its call.
fn read<'a>(id: ApplicationId, reads: &mut Reads<'a>) -> Option<&'a Application> {
    reads.insert(Key::Application(id));
    let application = reads.book.applications.peek(&id)?;
    reads.insert(Key::Call(application.call));
    let rules = (&application.programme, Some(application.rules_version));
    reads.extend(rules_key(rules.0, rules.1));
    parties::read_alone(rules, application.organisation, reads);
    Some(application)
}

fn call_of<'a>(context: Context<'a>, application: &Application) -> Result<&'a Call, Fault> {
    let lost = || Fault::Broken(format!("application {} has lost its call", application.id));
    context.book.calls.get(&application.call)?.ok_or_else(lost)
}

pub(super) struct SubmitApplication<'a>(pub &'a NameApplication);

impl Decide for SubmitApplication<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.0.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = own(context, self.0.id)?;
        let call = call_of(context, before)?;
        let (application, call_after) = rules::submit(before, call, context.stamp)?;
        rules::call_in_state(call, CallStatus::Open)?;
        let today = context.stamp.business_date;
        if !call.filing.contains(today) {
            return Err(ProgrammeError::WindowClosed { date: today }.into());
        }
        let (version, _) = grant_rules(context.book, &before.programme, Some(before.rules_version))?;
        parties::let_in(context, (before.organisation, today), version)?;
        let effects = called_too(Effects::default(), Some(call.status), &call_after);
        Ok(applied(effects, Some(before.status), application, None))
    }
}

pub(super) struct WithdrawApplication<'a>(pub &'a NameApplication);

impl Decide for WithdrawApplication<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.0.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = own(context, self.0.id)?;
        let application = rules::withdraw(before, context.stamp)?;
        Ok(applied(Effects::default(), Some(before.status), application, None))
    }
}

impl Decide for ReviewApplication {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let application = rules::review(before, self, context.actor, context.stamp)?;
        Ok(applied(Effects::default(), Some(before.status), application, None))
    }
}

impl Decide for NameExperts {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.id, reads);
        reads.extend(self.experts.iter().filter_map(|expert| expert.organisation).map(Key::Organisation));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        for (place, subject) in self.excused.iter().enumerate() {
            named(Some(subject).filter(|subject| before.named(subject)), &format!("/excused/{place}"))?;
        }
        let (_, grant) = grant_rules(context.book, &before.programme, Some(before.rules_version))?;
        let application = rules::name_experts(before, self, grant, context.stamp)?;
        listed_already(call_of(context, before)?)?;
        unrelated(
            context,
            before.organisation,
            self.experts.iter().filter_map(|expert| expert.organisation),
        )?;
        Ok(applied(Effects::default(), Some(before.status), application, None))
    }
}

/// Who waits for a list of awards to be decided does not change what it rests on.
pub(super) fn listed_already(call: &Call) -> Result<(), GrantError> {
    let proposed = GrantError::from(WrongState::is("awards_proposed"));
    if call.list.is_empty() { Ok(()) } else { Err(proposed) }
}

/// An expert's score. Whoever was not named for it does not know of the application.
impl Decide for ScoreApplication {
    fn needs(&self, reads: &mut Reads<'_>) {
        let Some(application) = read(self.id, reads) else { return };
        reads.extend(
            application.experts.iter().filter_map(|expert| expert.organisation).map(Key::Organisation),
        );
        reads.extend(self.organisation.map(Key::Organisation));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (book, actor) = (context.book, context.actor);
        let known = book.applications.get(&self.id)?.filter(|known| known.named(&actor.subject));
        let before = found(known)?;
        context.same_version(&before.revision)?;
        let (_, grant) = grant_rules(book, &before.programme, Some(before.rules_version))?;
        let application = rules::score(before, self, grant, (actor, context.stamp))?;
        context.may_approve()?;
        let own = before.experts.iter().filter(|expert| expert.subject == actor.subject);
        let works_for = own.filter_map(|expert| expert.organisation).chain(self.organisation);
        unrelated(context, before.organisation, works_for)?;
        Ok(applied(Effects::default(), Some(before.status), application, None))
    }
}

fn applied(
    mut effects: Effects,
    from: Option<ApplicationStatus>,
    application: Application,
    sheet: Option<Calculation>,
) -> Decision {
    applied_too(&mut effects, from, &application);
    if let Some(sheet) = &sheet {
        effects.sheets.push(NewSheet { document: application.id.to_string(), sheet: sheet.clone() });
    }
    Decision {
        effects,
        outcome: Outcome::Application { application: Box::new(application), calculation: sheet },
    }
}

pub(super) fn applied_too(effects: &mut Effects, from: Option<ApplicationStatus>, application: &Application) {
    if from != Some(application.status) {
        let step = Transition::new("application", &application.id, from, application.status);
        effects.transitions.push(step);
    }
    effects.changes.push(Change::Application(Box::new(application.clone())));
}
