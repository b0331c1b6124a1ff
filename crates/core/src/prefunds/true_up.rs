//! True-ups 年度清算: a year of a bank's prefunds settled.
//!
//! The bank states what it deducted; where that is not what the ledger has, nothing is proposed. What is left rolls into
//! the next year, or came back. proposed → approved | rejected, by another person; what was posted in between makes it
//! stale. Once it is approved the year takes no prefund, no deduction and nothing back: what is found out later counts
//! in a later year.

use serde::{Deserialize, Serialize};

use super::{PrefundError, PrefundYear, PrefundYearKey, rules};
use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{
    Actor, CreditCode, Date, Line, Money, ProgrammeCode, ReferenceKey, Revision, Stamp, Subject, TextHash,
    TrueUpId, WrongState,
};
use crate::ledger::{Part, parts};

/// Where a true-up is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum TrueUpStatus {
    /// It waits for another person.
    Proposed,
    /// Posted; the year is closed.
    Approved,
    Rejected,
}

/// What becomes of what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrueUpAction {
    /// 结转: it is the next year's.
    Roll {
        /// The day it counts from; that of the approval where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date: Option<Date>,
    },
    /// 退回: it came back.
    Return {
        /// What the bank calls it.
        bank_reference: Line,
        /// On which day; the posting counts from it.
        date: Date,
    },
}

impl TrueUpAction {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Roll { .. } => "roll",
            Self::Return { .. } => "return",
        }
    }

    /// The day that is asked for.
    pub const fn date(&self) -> Option<Date> {
        match self {
            Self::Roll { date } => *date,
            Self::Return { date, .. } => Some(*date),
        }
    }
}

/// What the bank states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// CNY that it deducted, less what it was given back.
    pub deducted: Money,
    /// CNY that it has left, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Money>,
}

/// A year of a bank's prefunds settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueUp {
    pub id: TrueUpId,
    pub programme: ProgrammeCode,
    pub bank: CreditCode,
    /// Of which year.
    pub fiscal_year: FiscalYear,
    /// What becomes of what is left.
    pub action: TrueUpAction,
    /// Where it is in its life.
    pub status: TrueUpStatus,
    /// CNY that had rolled into the year.
    pub opening: Money,
    /// CNY that was paid to the bank.
    pub paid: Money,
    /// CNY that it deducted, less what it was given back.
    pub deducted: Money,
    /// What is left, by funding level.
    pub left: Vec<Part>,
    /// What the bank states.
    pub statement: Statement,
    /// The document that it rests on.
    pub document: Line,
    /// What was said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<TextHash>,
    /// The day from which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Date>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl TrueUp {
    /// What no other money of the agency may be called at the bank: under which reference it came back.
    pub fn reference_key(&self) -> Option<ReferenceKey> {
        match (&self.action, self.status) {
            (TrueUpAction::Return { bank_reference, .. }, TrueUpStatus::Approved) => {
                Some(ReferenceKey::new(bank_reference))
            }
            (TrueUpAction::Return { .. } | TrueUpAction::Roll { .. }, _) => None,
        }
    }

    pub fn key(&self) -> PrefundYearKey {
        PrefundYearKey { programme: self.programme.clone(), bank: self.bank, year: self.fiscal_year }
    }
}

/// `POST /prefunds/true-ups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeTrueUp {
    /// The id that the edge made.
    pub id: TrueUpId,
    pub programme: ProgrammeCode,
    pub bank: CreditCode,
    /// Of which year.
    pub fiscal_year: FiscalYear,
    /// What becomes of what is left.
    pub action: TrueUpAction,
    /// What the bank states.
    pub statement: Statement,
    /// The document that it rests on.
    pub document: Line,
    /// What is said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
}

impl ProposeTrueUp {
    pub fn key(&self) -> PrefundYearKey {
        PrefundYearKey { programme: self.programme.clone(), bank: self.bank, year: self.fiscal_year }
    }
}

/// `POST /prefunds/true-ups/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveTrueUp {
    pub id: TrueUpId,
}

/// `POST /prefunds/true-ups/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectTrueUp {
    pub id: TrueUpId,
    pub reason: TextHash,
}

/// The bank states what the ledger has. Error: the first figure that differs.
fn same_figures(statement: &Statement, year: &PrefundYear) -> Result<(), PrefundError> {
    let left = rules::left(year)?;
    let figures = [
        ("/statement/deducted", year.deducted, statement.deducted),
        ("/statement/left", left, statement.left.unwrap_or(left)),
    ];
    match figures.into_iter().find(|(_, ours, stated)| ours != stated) {
        Some((pointer, ours, stated)) => Err(PrefundError::StatementDiffers {
            pointer: pointer.to_owned(),
            ours,
            stated,
            difference: stated.minus(ours)?,
        }),
        None => Ok(()),
    }
}

/// A true-up proposed, and the year that it waits for.
pub fn propose(
    command: &ProposeTrueUp,
    year: &PrefundYear,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<(TrueUp, PrefundYear), PrefundError> {
    rules::open(year)?;
    if let Some(true_up) = year.true_up {
        return Err(PrefundError::TrueUpPending { true_up });
    }
    same_figures(&command.statement, year)?;
    let nothing = rules::left(year)?.is_zero();
    if nothing && matches!(command.action, TrueUpAction::Return { .. }) {
        return Err(PrefundError::NothingToReturn { fiscal_year: year.fiscal_year.number().to_string() });
    }
    let true_up = TrueUp {
        id: command.id,
        programme: command.programme.clone(),
        bank: command.bank,
        fiscal_year: command.fiscal_year,
        action: command.action.clone(),
        status: TrueUpStatus::Proposed,
        opening: year.opening,
        paid: year.paid,
        deducted: year.deducted,
        left: year.left.clone(),
        statement: command.statement,
        document: command.document.clone(),
        reason: command.reason,
        rejection: None,
        decided_on: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    };
    let revision = year.revision.next(stamp);
    Ok((true_up, PrefundYear { true_up: Some(command.id), revision, ..year.clone() }))
}

/// Error: it was decided already.
pub fn proposed(true_up: &TrueUp) -> Result<(), PrefundError> {
    Ok(WrongState::unless(true_up.status, &[TrueUpStatus::Proposed])?)
}

/// What was looked at when it was proposed is still so.
pub fn fresh(true_up: &TrueUp, year: &PrefundYear) -> Result<(), PrefundError> {
    let then = (true_up.opening, true_up.paid, true_up.deducted, &true_up.left);
    if then == (year.opening, year.paid, year.deducted, &year.left) {
        return Ok(());
    }
    let left = parts::sum(&true_up.left)?;
    Err(PrefundError::TrueUpStale { left, now: rules::left(year)? })
}

/// A true-up approved, and the year that it closes, of which nothing is left.
pub fn approve(
    true_up: &TrueUp,
    year: &PrefundYear,
    day: Date,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<(TrueUp, PrefundYear), OutOfRange> {
    let moved = match true_up.action {
        TrueUpAction::Roll { .. } => rules::Movement::Rolled,
        TrueUpAction::Return { .. } => rules::Movement::Returned,
    };
    let closed = rules::moved(year, moved, &year.left, day, stamp)?;
    let approved = TrueUp {
        status: TrueUpStatus::Approved,
        decided_on: Some(day),
        decided_by: Some(actor.subject.clone()),
        revision: true_up.revision.next(stamp),
        ..true_up.clone()
    };
    Ok((approved, PrefundYear { closed: true, ..closed }))
}

/// A true-up refused, and the year that waits no more.
pub fn reject(
    true_up: &TrueUp,
    year: &PrefundYear,
    reason: TextHash,
    actor: &Actor,
    stamp: &Stamp,
) -> (TrueUp, PrefundYear) {
    let rejected = TrueUp {
        status: TrueUpStatus::Rejected,
        rejection: Some(reason),
        decided_by: Some(actor.subject.clone()),
        revision: true_up.revision.next(stamp),
        ..true_up.clone()
    };
    (rejected, PrefundYear { true_up: None, revision: year.revision.next(stamp), ..year.clone() })
}
