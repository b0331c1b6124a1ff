//! Decisions on prefunds, and what moves on the account of a bank's year.

use super::{Prefund, PrefundError, PrefundStatus, PrefundYear, PrefundYearKey, ProposePrefund};
use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Date, Money, ProgrammeCode, Revision, Stamp, TextHash, WrongState};
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
    Ok(WrongState::unless(prefund.status, &[status])?)
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
    let left = year.map(left).transpose()?.unwrap_or_default();
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
    Deducted,
    /// It rolled into the year after.
    Rolled,
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::super::true_up::{
        ProposeTrueUp, Statement, TrueUpAction, approve as settle, fresh, propose as state, reject as refuse,
    };
    use super::*;
    use crate::domain::{Instant, Label, Roles, Sequence, Subject, TrueUpId};

    fn key() -> PrefundYearKey {
        PrefundYearKey {
            programme: ProgrammeCode::parse("i").unwrap(),
            bank: crate::domain::CreditCode::parse("91330100MA2AX00016").unwrap(),
            year: FiscalYear::new(2025).unwrap(),
        }
    }

    fn stamp(sequence: u64) -> Stamp {
        Stamp {
            sequence: Sequence::new(sequence),
            recorded_at: Instant::parse("2025-06-01T00:00:00Z").unwrap(),
            business_date: day(),
        }
    }

    fn day() -> Date {
        Date::parse("2025-06-01").unwrap()
    }

    fn actor(subject: &str) -> Actor {
        Actor { subject: Subject::parse(subject).unwrap(), roles: Roles::default(), organisation: None }
    }

    /// An amount by levels of equal weight.
    fn shared(fen: i64, levels: usize) -> Vec<Part> {
        let weights = vec![1_i128; levels];
        let amounts = crate::domain::apportion::largest_remainder(Money::from_fen(fen), &weights).unwrap();
        let level = |index: usize| Some(Label::parse(&format!("level{index}")).unwrap());
        amounts.into_iter().enumerate().map(|(index, amount)| Part { level: level(index), amount }).collect()
    }

    fn paid(fen: i64) -> PrefundYear {
        let empty = account(None, &key(), day(), &stamp(1));
        moved(&empty, Movement::Paid, &shared(fen, 1), day(), &stamp(1)).unwrap()
    }

    fn statement(deducted: &str, left: Option<&str>) -> ProposeTrueUp {
        let amount = |text: &str| Money::parse_stored(text).unwrap();
        let key = key();
        ProposeTrueUp {
            id: TrueUpId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            programme: key.programme,
            bank: key.bank,
            fiscal_year: key.year,
            action: TrueUpAction::Roll { date: None },
            statement: Statement { deducted: amount(deducted), left: left.map(amount) },
            document: crate::domain::Line::parse("1").unwrap(),
            reason: None,
        }
    }

    proptest! {
        #[test]
        fn what_is_left_and_what_went_is_what_came_and_nothing_is_deducted_that_is_not_there(
            steps in proptest::collection::vec((0_u8..4, 1_i64..1_000_000), 1..60), levels in 1_usize..4,
        ) {
            let mut year = account(None, &key(), day(), &stamp(0));
            let mut sequence = 0;
            for (kind, fen) in steps {
                sequence += 1;
                let by = shared(fen, levels);
                let (movement, by) = match kind {
                    0 => (Movement::Paid, by),
                    1 => (Movement::Opened, by),
                    2 => (Movement::Deducted, by),
                    // given back
                    _ => (Movement::Deducted, parts::minus(&[], &by).unwrap()),
                };
                let before = left(&year).unwrap();
                let asked = if movement == Movement::Deducted { parts::sum(&by).unwrap() } else { Money::ZERO };
                let refused = covers(Some(&year), key().year, asked).is_err();
                prop_assert_eq!(refused, asked > before, "{} of {}", asked, before);
                if refused {
                    continue;
                }
                year = moved(&year, movement, &by, day(), &stamp(sequence)).unwrap();
                let came = year.opening.plus(year.paid).unwrap();
                prop_assert_eq!(left(&year).unwrap(), came.minus(year.deducted).unwrap());
                prop_assert!(left(&year).unwrap() >= Money::ZERO);
            }
            // settled, nothing of it is left at any level
            let command = statement(&year.deducted.to_string(), Some(&left(&year).unwrap().to_string()));
            let (true_up, waiting) = state(&command, &year, &actor("a"), &stamp(100)).unwrap();
            let (true_up, closed) = settle(&true_up, &waiting, day(), &actor("b"), &stamp(101)).unwrap();
            prop_assert_eq!(parts::sum(&true_up.left), left(&year));
            prop_assert!(closed.left.is_empty() && closed.closed);
            prop_assert_eq!(closed.rolled, left(&year).unwrap());
        }
    }

    #[test]
    fn a_year_that_nothing_was_paid_for_covers_nothing_and_takes_back_anything() {
        let fen = Money::from_fen;
        let refused = covers(None, key().year, fen(1)).unwrap_err();
        let expected = PrefundError::PrefundExhausted {
            fiscal_year: "2025".to_owned(),
            left: Money::ZERO,
            requested: fen(1),
        };
        assert_eq!(refused, expected);
        assert_eq!(covers(None, key().year, Money::ZERO), Ok(()));
        assert_eq!(covers(None, key().year, fen(-1)), Ok(()));
        let year = paid(100);
        assert_eq!(covers(Some(&year), key().year, fen(100)), Ok(()));
        assert!(covers(Some(&year), key().year, fen(101)).is_err());
        let closed = PrefundYear { closed: true, ..year };
        for amount in [-1, 0, 1] {
            let trued_up = PrefundError::PrefundTruedUp { fiscal_year: "2025".to_owned() };
            assert_eq!(covers(Some(&closed), key().year, fen(amount)), Err(trued_up));
        }
    }

    #[test]
    fn a_statement_is_held_to_the_fen_and_what_came_between_makes_it_stale() {
        let year = paid(10_000);
        let stated = |deducted: &str, left: Option<&str>| {
            state(&statement(deducted, left), &year, &actor("a"), &stamp(2))
                .map(|(true_up, _)| true_up.status)
        };
        assert!(stated("0.00", None).is_ok() && stated("0.00", Some("100.00")).is_ok());
        let differs = |deducted, left| match stated(deducted, left) {
            Err(PrefundError::StatementDiffers { pointer, difference, .. }) => {
                (pointer, difference.to_string())
            }
            other => unreachable!("{other:?}"),
        };
        assert_eq!(differs("0.01", None), ("/statement/deducted".to_owned(), "0.01".to_owned()));
        assert_eq!(differs("0.00", Some("99.99")), ("/statement/left".to_owned(), "-0.01".to_owned()));

        let (true_up, waiting) = state(&statement("0.00", None), &year, &actor("a"), &stamp(2)).unwrap();
        let again = state(&statement("0.00", None), &waiting, &actor("a"), &stamp(3)).unwrap_err();
        assert_eq!(again, PrefundError::TrueUpPending { true_up: true_up.id });
        assert_eq!(fresh(&true_up, &waiting), Ok(()));
        let later = moved(&waiting, Movement::Deducted, &shared(1, 1), day(), &stamp(4)).unwrap();
        assert!(matches!(fresh(&true_up, &later), Err(PrefundError::TrueUpStale { .. })));
        // paid and deducted as much: what is left is the same, what makes it up is not
        let both = moved(&later, Movement::Paid, &shared(1, 1), day(), &stamp(5)).unwrap();
        assert_eq!(left(&both), left(&waiting));
        assert!(fresh(&true_up, &both).is_err());
        let reason = TextHash::new([7; 32]);
        let (_, free) = refuse(&true_up, &both, reason, &actor("b"), &stamp(6));
        assert!(state(&statement("0.01", None), &free, &actor("a"), &stamp(7)).is_ok());
    }

    #[test]
    fn the_last_year_of_the_calendar_has_no_next() {
        assert_eq!(key().next().unwrap().year.number(), 2026);
        assert_eq!(PrefundYearKey { year: FiscalYear::new(2999).unwrap(), ..key() }.next(), None);
    }
}
