//! Decisions on programmes, their rules and their budgets.

use super::performance;
use super::policy::RelatedProvider;
use super::{
    BudgetChange, BudgetChangeKind, BudgetChangeStatus, BudgetRequest, Instrument, Policy, Programme,
    ProgrammeError, ProgrammeStatus, ProposalStatus, ProposeBudgetChange, ProposeProgramme, ProposeRules,
    RulesVersion, StatutoryLimits,
};
use crate::domain::dates::Window;
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Date, Money, Month, ProgrammeCode, Revision, Stamp, Subject, TextHash};
use crate::ledger::{Dimensions, Posting};

/// A draft and version 1 of its rules, which counts from the window's first day. `existing` is the programme whose code
/// is this one or looks like it.
/// `sha256` is that of the rules' canonical JSON.
pub fn propose(
    existing: Option<&ProgrammeCode>,
    command: &ProposeProgramme,
    (limits, sha256): (&StatutoryLimits, String),
    actor: &Actor,
    stamp: &Stamp,
) -> Result<(Programme, RulesVersion), ProgrammeError> {
    if let Some(programme) = existing {
        return Err(ProgrammeError::ProgrammeExists { programme: programme.clone() });
    }
    if command.window.until < command.window.from {
        return Err(ProgrammeError::InvalidWindow);
    }
    command.rules.check(command.instrument, &command.window, limits)?;
    let programme = Programme {
        code: command.code.clone(),
        title: command.title.clone(),
        instrument: command.instrument,
        level: command.level,
        legal_basis: command.legal_basis.clone(),
        window: command.window,
        budget_codes: command.budget_codes.clone(),
        status: ProgrammeStatus::Draft,
        versions: 1,
        created_by: actor.subject.clone(),
        approved_by: None,
        revision: Revision::first(stamp),
    };
    let first = Proposal { effective_from: command.window.from, rules: &command.rules, reason: None };
    let version = version(&programme, 1, &first, sha256, actor, stamp);
    Ok((programme, version))
}

struct Proposal<'a> {
    effective_from: Date,
    rules: &'a Policy,
    reason: Option<TextHash>,
}

fn version(
    programme: &Programme,
    number: u32,
    proposal: &Proposal<'_>,
    sha256: String,
    actor: &Actor,
    stamp: &Stamp,
) -> RulesVersion {
    let points = proposal.rules.most_points();
    let of_interest = programme.instrument == Instrument::InterestSubsidy;
    RulesVersion {
        programme: programme.code.clone(),
        number,
        effective_from: proposal.effective_from,
        rules: proposal.rules.clone(),
        sha256,
        status: ProposalStatus::Proposed,
        reason: proposal.reason,
        created_by: actor.subject.clone(),
        approved_by: None,
        approved_on: None,
        points_max: points,
        window_until: of_interest.then(|| proposal.rules.earning(programme.window).until),
        revision: Revision::first(stamp),
    }
}

/// Whether rules may be approved: the limits may have changed since they were proposed.
pub fn approvable(
    programme: &Programme,
    version: &RulesVersion,
    limits: &StatutoryLimits,
) -> Result<(), ProgrammeError> {
    Ok(version.rules.within_the_law(programme.instrument, programme.window, limits)?)
}

/// The programme active and version 1 of its rules approved.
pub fn approve(
    programme: &Programme,
    first: &RulesVersion,
    approver: &Subject,
    stamp: &Stamp,
) -> (Programme, RulesVersion) {
    let programme = Programme {
        status: ProgrammeStatus::Active,
        approved_by: Some(approver.clone()),
        revision: programme.revision.next(stamp),
        ..programme.clone()
    };
    (programme, approve_rules(first, approver, stamp))
}

/// The next version of a programme's rules.
pub fn propose_rules(
    programme: &Programme,
    command: &ProposeRules,
    (limits, sha256): (&StatutoryLimits, String),
    actor: &Actor,
    stamp: &Stamp,
) -> Result<(Programme, RulesVersion), ProgrammeError> {
    command.rules.check(programme.instrument, &programme.window, limits)?;
    if !programme.window.contains(command.effective_from) {
        return Err(ProgrammeError::WindowClosed { date: command.effective_from });
    }
    let number = programme.versions.saturating_add(1);
    let proposal = Proposal {
        effective_from: command.effective_from,
        rules: &command.rules,
        reason: Some(command.reason),
    };
    let version = version(programme, number, &proposal, sha256, actor, stamp);
    let programme =
        Programme { versions: number, revision: programme.revision.next(stamp), ..programme.clone() };
    Ok((programme, version))
}

pub fn approve_rules(version: &RulesVersion, approver: &Subject, stamp: &Stamp) -> RulesVersion {
    RulesVersion {
        status: ProposalStatus::Approved,
        approved_by: Some(approver.clone()),
        approved_on: Some(stamp.business_date),
        revision: version.revision.next(stamp),
        ..version.clone()
    }
}

/// The rules in force on a day: the approved version with the latest `effective_from` on or before it,
/// of several the newest.
pub fn in_force<'a>(
    versions: impl IntoIterator<Item = &'a RulesVersion>,
    day: Date,
) -> Option<&'a RulesVersion> {
    versions
        .into_iter()
        .filter(|v| v.status == ProposalStatus::Approved && v.effective_from <= day)
        .max_by_key(|v| (v.effective_from, v.number))
}

/// Whether a programme lets related providers in on a day.
pub fn allows_related<'a>(
    programme: &Programme,
    versions: impl IntoIterator<Item = &'a RulesVersion>,
    day: Date,
) -> bool {
    programme.status == ProgrammeStatus::Active
        && in_force(versions, day)
            .is_some_and(|v| v.rules.eligibility.related_provider == RelatedProvider::Allow)
}

/// An active programme of that instrument, else why not.
pub fn usable(programme: &Programme, instrument: Instrument) -> Result<(), ProgrammeError> {
    if programme.instrument != instrument {
        return Err(ProgrammeError::WrongInstrument {
            programme: programme.code.clone(),
            instrument: programme.instrument.into_str().to_owned(),
        });
    }
    if programme.status != ProgrammeStatus::Active {
        return Err(ProgrammeError::ProgrammeNotActive { programme: programme.code.clone() });
    }
    Ok(())
}

/// A change of a programme's budget, proposed. `available` is what the programme has left.
pub fn propose_budget_change(
    command: &ProposeBudgetChange,
    (programme, closed_through): (&Programme, Option<Month>),
    available: Money,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<BudgetChange, ProgrammeError> {
    in_open_year(&command.request, programme.window, closed_through)?;
    let blank = BudgetChange {
        id: command.id,
        programme: command.programme.clone(),
        kind: BudgetChangeKind::Appropriation,
        amount: Money::ZERO,
        fiscal_year: stamp.business_date.year(),
        document: None,
        source: None,
        budget_codes: programme.budget_codes.clone(),
        targets: Vec::new(),
        effective_date: None,
        status: BudgetChangeStatus::Proposed,
        reason: None,
        created_by: actor.subject.clone(),
        approved_by: None,
        revision: Revision::first(stamp),
    };
    Ok(match &command.request {
        BudgetRequest::Appropriation {
            amount,
            fiscal_year,
            document,
            source,
            budget_codes,
            targets,
            effective_date,
        } => {
            performance::check(targets)?;
            BudgetChange {
                amount: amount.money(),
                fiscal_year: *fiscal_year,
                document: Some(document.clone()),
                source: source.clone(),
                budget_codes: budget_codes.as_deref().cloned().or(blank.budget_codes),
                targets: targets.clone(),
                effective_date: *effective_date,
                ..blank
            }
        }
        BudgetRequest::Adjustment { amount, document, reason } => BudgetChange {
            kind: BudgetChangeKind::Adjustment,
            amount: amount.money(),
            document: Some(document.clone()),
            reason: Some(*reason),
            ..blank
        },
        BudgetRequest::Lapse { amount, fiscal_year, reason } => {
            let lapsing = amount.map_or(available, |a| a.money());
            if lapsing.is_zero() {
                return Err(ProgrammeError::NothingToLapse);
            }
            BudgetChange {
                kind: BudgetChangeKind::Lapse,
                amount: lapsing,
                fiscal_year: *fiscal_year,
                reason: Some(*reason),
                ..blank
            }
        }
    })
}

/// Money is of a year in which the programme runs. What lapses may be of a closed year: it is known once that is over.
fn in_open_year(
    request: &BudgetRequest,
    window: Window,
    closed_through: Option<Month>,
) -> Result<(), ProgrammeError> {
    let (fiscal_year, opens) = match request {
        BudgetRequest::Appropriation { fiscal_year, .. } => (*fiscal_year, true),
        BudgetRequest::Lapse { fiscal_year, .. } => (*fiscal_year, false),
        BudgetRequest::Adjustment { .. } => return Ok(()),
    };
    let (from, until) = (window.from.year(), window.until.year());
    if !(from..=until).contains(&fiscal_year) {
        return Err(ProgrammeError::FiscalYearOutsideWindow { fiscal_year, from, until });
    }
    // a year ends with its December
    let closed = closed_through.is_some_and(|month| month.next().first_day().year() > fiscal_year);
    if opens && closed {
        return Err(ProgrammeError::FiscalYearClosed { fiscal_year });
    }
    Ok(())
}

/// The change approved, and what it posts.
pub fn approve_budget_change(
    change: &BudgetChange,
    approver: &Subject,
    stamp: &Stamp,
) -> Result<(BudgetChange, Posting), OutOfRange> {
    let posting = posting_of(change)?;
    let approved = BudgetChange {
        status: BudgetChangeStatus::Approved,
        effective_date: Some(change.effective_date.unwrap_or(stamp.business_date)),
        approved_by: Some(approver.clone()),
        revision: change.revision.next(stamp),
        ..change.clone()
    };
    Ok((approved, posting))
}

/// CNY that moves: an adjustment that takes away is written below zero.
pub fn leaving(change: &BudgetChange) -> Result<Money, OutOfRange> {
    if change.amount < Money::ZERO { change.amount.negated() } else { Ok(change.amount) }
}

/// Whether what is available becomes less.
pub fn takes(change: &BudgetChange) -> bool {
    change.kind == BudgetChangeKind::Lapse || change.amount < Money::ZERO
}

/// What a change of the budget posts when it is approved.
pub fn posting_of(change: &BudgetChange) -> Result<Posting, OutOfRange> {
    let at = Dimensions {
        programme: change.programme.clone(),
        organisation: None,
        level: None,
        fiscal_year: change.fiscal_year,
    };
    let leaving = leaving(change)?;
    Ok(match change.kind {
        BudgetChangeKind::Appropriation => Posting::appropriate(change.amount, &at),
        BudgetChangeKind::Adjustment if takes(change) => Posting::reduce_appropriation(leaving, &at),
        BudgetChangeKind::Adjustment => Posting::appropriate(change.amount, &at),
        BudgetChangeKind::Lapse => Posting::lapse(leaving, &at),
    })
}

/// An approved change whose posting was reversed.
pub fn reversed(change: &BudgetChange, stamp: &Stamp) -> BudgetChange {
    BudgetChange {
        status: BudgetChangeStatus::Reversed,
        revision: change.revision.next(stamp),
        ..change.clone()
    }
}
