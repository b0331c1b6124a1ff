//! Programmes, their rules and their budgets.

use sha2::{Digest, Sha256};

use crate::agencies::Agency;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::programmes::{self, available, version};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, Key};
use crate::domain::{ProgrammeCode, TextHash, WrongState, canonical};
use crate::ledger::{Account, BalanceKey};
use crate::programmes::policy::RelatedProvider;
use crate::programmes::{
    ApproveBudgetChange, ApproveProgramme, ApproveRules, BudgetChange, BudgetChangeStatus, Policy, Programme,
    ProgrammeError, ProgrammeStatus, ProposalStatus, ProposeBudgetChange, ProposeProgramme, ProposeRules,
    RulesKey, RulesVersion, rules,
};

impl Decide for ProposeProgramme {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Programme(self.code.clone()), Key::ProgrammeOf(self.code.folded())]);
        read_groups(&self.rules, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let existing = context.book.programme_codes.get(&self.code.folded())?;
        let sha256 = sha256_of(&self.rules)?;
        groups_hold(context, &self.rules)?;
        let (programme, first) = rules::propose(
            existing,
            self,
            (&context.agency()?.limits(), sha256),
            context.actor,
            context.stamp,
        )?;
        let step = programme_step(&programme, None);
        Ok(conclude(programme, Some(first), None, step))
    }
}

impl Decide for ApproveProgramme {
    fn needs(&self, reads: &mut Reads<'_>) {
        programmes::read(&self.code, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = found(context.book.programmes.get(&self.code)?)?;
        context.same_version(&before.revision)?;
        WrongState::unless(before.status, &[ProgrammeStatus::Draft]).map_err(AccessError::from)?;
        context.may_approve()?;
        let first = version(context.book, &self.code, 1)?;
        rules::approvable(before, first, &context.agency()?.limits())?;
        let (programme, first) = rules::approve(before, first, &context.actor.subject, context.stamp);
        let agency = allowing(context.agency()?, &first);
        let step = programme_step(&programme, Some(before.status));
        Ok(conclude(programme, Some(first), agency, step))
    }
}

fn programme_step(programme: &Programme, from: Option<ProgrammeStatus>) -> Transition {
    Transition::new("programme", &programme.code, from, programme.status)
}

fn conclude(
    programme: Programme,
    rules: Option<RulesVersion>,
    agency: Option<Agency>,
    step: Transition,
) -> Decision {
    let mut changes = vec![Change::Programme(Box::new(programme.clone()))];
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

/// The groups of caps that rules name.
fn read_groups(rules: &Policy, reads: &mut Reads<'_>) {
    reads.extend(rules.caps.groups.iter().flatten().cloned().map(Key::CapGroup));
}

/// Whether every group of caps that rules name is in force: one that is not would bound nothing.
fn groups_hold(context: Context<'_>, rules: &Policy) -> Result<(), Stop> {
    for (index, code) in rules.caps.groups.iter().flatten().enumerate() {
        if context.book.cap_groups.get(code)?.is_none_or(|group| group.caps.is_none()) {
            let field = format!("/caps/groups/{index}");
            return Err(ProgrammeError::CapGroupUnknown { group: code.clone(), field }.into());
        }
    }
    Ok(())
}

impl Decide for ProposeRules {
    fn needs(&self, reads: &mut Reads<'_>) {
        programmes::read(&self.programme, reads);
        read_groups(&self.rules, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = found(context.book.programmes.get(&self.programme)?)?;
        context.same_version(&before.revision)?;
        let sha256 = sha256_of(&self.rules)?;
        groups_hold(context, &self.rules)?;
        let (programme, version) = rules::propose_rules(
            before,
            self,
            (&context.agency()?.limits(), sha256),
            context.actor,
            context.stamp,
        )?;
        let step = rules_step(&version, None);
        let changes = vec![Change::Programme(Box::new(programme)), Change::Rules(Box::new(version.clone()))];
        let effects = Effects { changes, transitions: vec![step], ..Effects::default() };
        Ok(Decision { effects, outcome: Outcome::Rules(Box::new(version)) })
    }
}

impl Decide for ApproveRules {
    fn needs(&self, reads: &mut Reads<'_>) {
        programmes::read(&self.programme, reads);
        reads.insert(programmes::key(&self.programme, self.number));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let programme = found(context.book.programmes.get(&self.programme)?)?;
        let key = RulesKey { programme: self.programme.clone(), number: self.number };
        let before = found(context.book.rules.get(&key)?)?;
        context.same_version(&before.revision)?;
        WrongState::unless(before.status, &[ProposalStatus::Proposed]).map_err(AccessError::from)?;
        if programme.status != ProgrammeStatus::Active {
            return Err(ProgrammeError::ProgrammeNotActive { programme: programme.code.clone() }.into());
        }
        context.may_approve()?;
        rules::approvable(programme, before, &context.agency()?.limits())?;
        let version = rules::approve_rules(before, &context.actor.subject, context.stamp);
        let mut changes = vec![Change::Rules(Box::new(version.clone()))];
        changes.extend(allowing(context.agency()?, &version).map(Change::Agency));
        let step = rules_step(&version, Some(before.status));
        let effects = Effects { changes, transitions: vec![step], ..Effects::default() };
        Ok(Decision { effects, outcome: Outcome::Rules(Box::new(version)) })
    }
}

fn rules_step(version: &RulesVersion, from: Option<ProposalStatus>) -> Transition {
    let document = format!("{}/{}", version.programme, version.number);
    Transition::new("rules", &document, from, version.status)
}

/// The balances that a change of the budget moves.
pub(super) fn read_budget(code: &ProgrammeCode, reads: &mut Reads<'_>) {
    for account in [Account::B1001, Account::B2001, Account::B2009] {
        reads.insert(Key::Balance(BalanceKey::of(account, code)));
    }
}

impl Decide for ProposeBudgetChange {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Programme(self.programme.clone()), Key::BudgetChange(self.id)]);
        read_budget(&self.programme, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let programme = found(context.book.programmes.get(&self.programme)?)?;
        context.no_version()?;
        let available = available(context.book, &programme.code)?;
        let of = (programme, context.agency()?.closed_through);
        let change = rules::propose_budget_change(self, of, available, context.actor, context.stamp)?;
        context.effective_date(change.effective_date)?;
        let step = budget_step(&change, None);
        let effects = Effects::step(Change::BudgetChange(Box::new(change.clone())), step);
        Ok(Decision { effects, outcome: Outcome::BudgetChange(change) })
    }
}

impl Decide for ApproveBudgetChange {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Programme(self.programme.clone()), Key::BudgetChange(self.id)]);
        read_budget(&self.programme, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let programme = found(context.book.programmes.get(&self.programme)?)?;
        let before = context.book.budget_changes.get(&self.id)?;
        let before = before.filter(|change| change.programme == programme.code && change.kind == self.kind);
        let before = found(before)?;
        context.same_version(&before.revision)?;
        WrongState::unless(before.status, &[BudgetChangeStatus::Proposed]).map_err(AccessError::from)?;
        context.may_approve()?;
        if programme.status != ProgrammeStatus::Active {
            return Err(ProgrammeError::ProgrammeNotActive { programme: programme.code.clone() }.into());
        }
        if rules::takes(before) {
            programmes::still_available(context, &programme.code, rules::leaving(before)?)?;
        }
        let (change, posting) = rules::approve_budget_change(before, &context.actor.subject, context.stamp)?;
        let effective_date = context.effective_date(change.effective_date)?;
        let effects = Effects {
            changes: vec![Change::BudgetChange(Box::new(change.clone()))],
            posting,
            effective_date: Some(effective_date),
            transitions: vec![budget_step(&change, Some(before.status))],
            ..Effects::default()
        };
        Ok(Decision { effects, outcome: Outcome::BudgetChange(change) })
    }
}

fn budget_step(change: &BudgetChange, from: Option<BudgetChangeStatus>) -> Transition {
    Transition::new(change.kind.into_str(), &change.id, from, change.status)
}

/// The SHA-256 of rules, over their canonical JSON.
fn sha256_of(policy: &Policy) -> Result<String, Fault> {
    let text = canonical::encode(policy).map_err(|e| Fault::Broken(e.to_string()))?;
    Ok(TextHash::new(Sha256::digest(text.as_bytes()).into()).to_string())
}
