//! Decisions on prefunds, and what moves on the account of a bank's year.

use super::{Prefund, PrefundError, PrefundStatus, PrefundYear, PrefundYearKey, ProposePrefund};
use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Date, Money, ProgrammeCode, Revision, Stamp, TextHash};
use crate::ledger::{Part, parts};
use crate::programmes::Policy;
use crate::programmes::calculation::shares;

/// Whether the rules prefund. `pointer` is where the body names the programme.
pub fn allowed(
    policy: &Policy,
    programme: &ProgrammeCode,
    pointer: Option<&str>,
) -> Result<(), PrefundError> {
    if policy.prefunds() {
        return Ok(());
    }
    let (programme, pointer) = (programme.clone(), pointer.map(str::to_owned));
    Err(PrefundError::PrefundNotAllowed { programme, pointer })
}

/// A prefund proposed.
pub fn propose(command: &ProposePrefund, actor: &Actor, stamp: &Stamp) -> Prefund {
    Prefund {
        id: command.id,
        programme: command.programme.clone(),
        bank: command.bank,
        amount: command.amount.money(),
        fiscal_year: command.fiscal_year,
        document: command.document.clone(),
        status: PrefundStatus::Proposed,
        parts: Vec::new(),
        effective_date: command.effective_date,
        reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    }
}

/// Error: the prefund is in another state.
pub fn in_state(prefund: &Prefund, status: PrefundStatus) -> Result<(), PrefundError> {
    if prefund.status == status {
        return Ok(());
    }
    Err(PrefundError::WrongState { status: prefund.status.as_str().to_owned() })
}

/// A prefund approved, its amount shared by the funding levels of the rules.
pub fn approve(
    prefund: &Prefund,
    policy: &Policy,
    day: Date,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Prefund, OutOfRange> {
    let shared = shares(prefund.amount, policy)?;
    let parts = if shared.is_empty() {
        vec![Part { level: None, amount: prefund.amount }]
    } else {
        shared.into_iter().map(|s| Part { level: Some(s.level), amount: s.amount }).collect()
    };
    Ok(Prefund {
        status: PrefundStatus::Approved,
        parts,
        effective_date: Some(day),
        decided_by: Some(actor.subject.clone()),
        revision: prefund.revision.next(stamp),
        ..prefund.clone()
    })
}

/// A prefund refused.
pub fn reject(prefund: &Prefund, reason: TextHash, actor: &Actor, stamp: &Stamp) -> Prefund {
    Prefund {
        status: PrefundStatus::Rejected,
        reason: Some(reason),
        decided_by: Some(actor.subject.clone()),
        revision: prefund.revision.next(stamp),
        ..prefund.clone()
    }
}

/// A prefund whose posting was reversed.
pub fn reversed(prefund: &Prefund, stamp: &Stamp) -> Prefund {
    Prefund { status: PrefundStatus::Reversed, revision: prefund.revision.next(stamp), ..prefund.clone() }
}

/// CNY that is left of a year.
pub fn left(year: &PrefundYear) -> Result<Money, OutOfRange> {
    parts::sum(&year.left)
}

fn text(year: FiscalYear) -> String {
    year.number().to_string()
}

/// Error: the year was trued up.
pub fn open(year: &PrefundYear) -> Result<(), PrefundError> {
    if year.closed {
        return Err(PrefundError::PrefundTruedUp { fiscal_year: text(year.fiscal_year) });
    }
    Ok(())
}

/// Whether so much is left of a year, which takes it. Of a year that nothing was paid for, nothing is.
pub fn covers(
    year: Option<&PrefundYear>,
    fiscal_year: FiscalYear,
    requested: Money,
) -> Result<(), PrefundError> {
    year.map_or(Ok(()), open)?;
    let left = year.and_then(|year| left(year).ok()).unwrap_or_default();
    if requested.is_positive() && requested > left {
        return Err(PrefundError::PrefundExhausted { fiscal_year: text(fiscal_year), left, requested });
    }
    Ok(())
}

/// The account of a year, of which there is something to true up.
pub fn prefunded<'a>(
    year: Option<&'a PrefundYear>,
    key: &PrefundYearKey,
) -> Result<&'a PrefundYear, PrefundError> {
    year.ok_or_else(|| PrefundError::NothingPrefunded { fiscal_year: text(key.year) })
}

/// What moves on a year's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// It rolled in from the year before.
    Opened,
    /// It was paid to the bank.
    Paid,
    /// It was paid in error.
    Unpaid,
    /// The bank deducted it.
    Deducted,
    /// It rolled into the year after.
    Rolled,
    /// It came back.
    Returned,
}

/// A year's account, empty where there was none.
pub fn account(known: Option<&PrefundYear>, key: &PrefundYearKey, day: Date, stamp: &Stamp) -> PrefundYear {
    known.cloned().unwrap_or_else(|| PrefundYear {
        programme: key.programme.clone(),
        bank: key.bank,
        fiscal_year: key.year,
        opening: Money::ZERO,
        paid: Money::ZERO,
        deducted: Money::ZERO,
        rolled: Money::ZERO,
        returned: Money::ZERO,
        left: Vec::new(),
        since: day,
        newest: day,
        true_up: None,
        closed: false,
        revision: Revision::first(stamp),
    })
}

/// The account after amounts by funding level moved on a day. Of what the bank deducted an amount below zero was given
/// back.
pub fn moved(
    year: &PrefundYear,
    movement: Movement,
    by: &[Part],
    day: Date,
    stamp: &Stamp,
) -> Result<PrefundYear, OutOfRange> {
    let amount = parts::sum(by)?;
    let mut after = PrefundYear {
        newest: year.newest.max(day),
        since: year.since.min(day),
        revision: year.revision.next(stamp),
        ..year.clone()
    };
    let comes = match movement {
        Movement::Opened => {
            after.opening = year.opening.plus(amount)?;
            true
        }
        Movement::Paid => {
            after.paid = year.paid.plus(amount)?;
            true
        }
        Movement::Unpaid => {
            after.paid = year.paid.minus(amount)?;
            false
        }
        Movement::Deducted => {
            after.deducted = year.deducted.plus(amount)?;
            false
        }
        Movement::Rolled => {
            after.rolled = year.rolled.plus(amount)?;
            false
        }
        Movement::Returned => {
            after.returned = year.returned.plus(amount)?;
            false
        }
    };
    after.left = if comes { parts::plus(&year.left, by)? } else { parts::minus(&year.left, by)? };
    after.left.retain(|part| !part.amount.is_zero());
    Ok(after)
}
