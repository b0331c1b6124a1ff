//! Programmes, their rules and their budgets.

use sha2::{Digest, Sha256};

use super::{Context, found};
use crate::agencies::Agency;
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Book, Fault};
use crate::domain::{Money, ProgrammeCode, TextHash, canonical};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::policy::RelatedProvider;
use crate::programmes::{
    ApproveBudgetChange, ApproveProgramme, ApproveRules, BudgetChange, BudgetChangeStatus, Policy, Programme,
    ProgrammeError, ProgrammeStatus, ProposalStatus, ProposeBudgetChange, ProposeProgramme, ProposeRules,
    RulesKey, RulesVersion, rules,
};

pub(super) fn propose(context: Context<'_>, command: &ProposeProgramme) -> Result<Decision, Stop> {
    context.no_version()?;
    let existing = context.book.programme_codes.get(&command.code.folded())?;
    let sha256 = sha256_of(&command.rules)?;
    let (programme, first) = rules::propose(existing, command, sha256, context.actor, context.stamp)?;
    let step = programme_step(&programme, None);
    Ok(decided(programme, Some(first), None, step))
}

pub(super) fn approve(context: Context<'_>, command: &ApproveProgramme) -> Result<Decision, Stop> {
    let before = found(context.book.programmes.get(&command.code)?)?;
    context.same_version(&before.revision)?;
    if before.status != ProgrammeStatus::Draft {
        return Err(AccessError::WrongState { status: before.status.as_str().to_owned() }.into());
    }
    context.may_approve()?;
    let first = version(context.book, &command.code, 1)?;
    let (programme, first) = rules::approve(before, first, &context.actor.subject, context.stamp);
    let agency = allowing(context.agency()?, &first);
    let step = programme_step(&programme, Some(before.status.as_str()));
    Ok(decided(programme, Some(first), agency, step))
}

fn programme_step(programme: &Programme, from: Option<&'static str>) -> Transition {
    Transition {
        kind: "programme",
        document: programme.code.to_string(),
        from,
        to: programme.status.as_str(),
    }
}

fn decided(
    programme: Programme,
    rules: Option<RulesVersion>,
    agency: Option<Agency>,
    step: Transition,
) -> Decision {
    let mut changes = vec![Change::Programme(programme.clone())];
    changes.extend(rules.map(|v| Change::Rules(Box::new(v))));
    changes.extend(agency.map(Change::Agency));
    let effects = Effects { changes, transitions: vec![step], ..Effects::default() };
    Decision { effects, outcome: Outcome::Programme(programme) }
}

/// The agency with the programme among those that let related providers in, where it is not yet.
fn allowing(agency: &Agency, version: &RulesVersion) -> Option<Agency> {
    let allows = version.rules.eligibility.related_provider == RelatedProvider::Allow;
    if !allows || agency.related_programmes.contains(&version.programme) {
        return None;
    }
    let mut agency = agency.clone();
    agency.related_programmes.push(version.programme.clone());
    agency.related_programmes.sort();
    Some(agency)
}

pub(super) fn propose_rules(context: Context<'_>, command: &ProposeRules) -> Result<Decision, Stop> {
    let before = found(context.book.programmes.get(&command.programme)?)?;
    context.same_version(&before.revision)?;
    let sha256 = sha256_of(&command.rules)?;
    let (programme, version) = rules::propose_rules(before, command, sha256, context.actor, context.stamp)?;
    let step = rules_step(&version, None);
    let changes = vec![Change::Programme(programme), Change::Rules(Box::new(version.clone()))];
    let effects = Effects { changes, transitions: vec![step], ..Effects::default() };
    Ok(Decision { effects, outcome: Outcome::Rules(Box::new(version)) })
}

pub(super) fn approve_rules(context: Context<'_>, command: &ApproveRules) -> Result<Decision, Stop> {
    let programme = found(context.book.programmes.get(&command.programme)?)?;
    let key = RulesKey { programme: command.programme.clone(), number: command.number };
    let before = found(context.book.rules.get(&key)?)?;
    context.same_version(&before.revision)?;
    if before.status != ProposalStatus::Proposed {
        return Err(AccessError::WrongState { status: before.status.as_str().to_owned() }.into());
    }
    if programme.status != ProgrammeStatus::Active {
        return Err(ProgrammeError::ProgrammeNotActive { programme: programme.code.clone() }.into());
    }
    context.may_approve()?;
    let version = rules::approve_rules(before, &context.actor.subject, context.stamp);
    let mut changes = vec![Change::Rules(Box::new(version.clone()))];
    changes.extend(allowing(context.agency()?, &version).map(Change::Agency));
    let step = rules_step(&version, Some(before.status.as_str()));
    let effects = Effects { changes, transitions: vec![step], ..Effects::default() };
    Ok(Decision { effects, outcome: Outcome::Rules(Box::new(version)) })
}

fn rules_step(version: &RulesVersion, from: Option<&'static str>) -> Transition {
    let document = format!("{}/{}", version.programme, version.number);
    Transition { kind: "rules", document, from, to: version.status.as_str() }
}

pub(super) fn propose_budget_change(
    context: Context<'_>,
    command: &ProposeBudgetChange,
) -> Result<Decision, Stop> {
    let programme = found(context.book.programmes.get(&command.programme)?)?;
    context.no_version()?;
    let available = available(context.book, &programme.code)?;
    let change = rules::propose_budget_change(command, available, context.actor, context.stamp)?;
    context.effective_date(change.effective_date)?;
    let step = budget_step(&change, None);
    let effects = Effects {
        changes: vec![Change::BudgetChange(change.clone())],
        transitions: vec![step],
        ..Effects::default()
    };
    Ok(Decision { effects, outcome: Outcome::BudgetChange(change) })
}

pub(super) fn approve_budget_change(
    context: Context<'_>,
    command: &ApproveBudgetChange,
) -> Result<Decision, Stop> {
    let programme = found(context.book.programmes.get(&command.programme)?)?;
    let before = context.book.budget_changes.get(&command.id)?;
    let before = before.filter(|change| change.programme == programme.code && change.kind == command.kind);
    let before = found(before)?;
    context.same_version(&before.revision)?;
    if before.status != BudgetChangeStatus::Proposed {
        return Err(AccessError::WrongState { status: before.status.as_str().to_owned() }.into());
    }
    context.may_approve()?;
    if programme.status != ProgrammeStatus::Active {
        return Err(ProgrammeError::ProgrammeNotActive { programme: programme.code.clone() }.into());
    }
    let available = available(context.book, &programme.code)?;
    let (change, posting) =
        rules::approve_budget_change(before, available, &context.actor.subject, context.stamp)?;
    let effective_date = context.effective_date(change.effective_date)?;
    let effects = Effects {
        changes: vec![Change::BudgetChange(change.clone())],
        posting,
        effective_date: Some(effective_date),
        transitions: vec![budget_step(&change, Some(before.status.as_str()))],
        ..Effects::default()
    };
    Ok(Decision { effects, outcome: Outcome::BudgetChange(change) })
}

fn budget_step(change: &BudgetChange, from: Option<&'static str>) -> Transition {
    Transition {
        kind: change.kind.as_str(),
        document: change.id.to_string(),
        from,
        to: change.status.as_str(),
    }
}

/// CNY that a programme has left.
pub(super) fn available(book: &Book, programme: &ProgrammeCode) -> Result<Money, Fault> {
    book.balance(&BalanceKey::of(Account::B2001, programme))
}

/// Every version of a programme's rules.
pub(super) fn versions<'a>(book: &'a Book, programme: &Programme) -> Result<Vec<&'a RulesVersion>, Fault> {
    (1..=programme.versions).map(|number| version(book, &programme.code, number)).collect()
}

fn version<'a>(book: &'a Book, programme: &ProgrammeCode, number: u32) -> Result<&'a RulesVersion, Fault> {
    let key = RulesKey { programme: programme.clone(), number };
    book.rules.get(&key)?.ok_or_else(|| Fault::Broken(format!("{programme} has no rules {number}")))
}

/// The SHA-256 of rules, over their canonical JSON.
fn sha256_of(policy: &Policy) -> Result<String, Fault> {
    let text = canonical::encode(policy).map_err(|e| Fault::Broken(e.to_string()))?;
    Ok(TextHash::new(Sha256::digest(text.as_bytes()).into()).to_string())
}
