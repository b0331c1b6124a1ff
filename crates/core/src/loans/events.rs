//! What happens to a loan, and what is owed from each day on.
//!
//! Overdue principal stays marked until it is cleared, whatever is repaid meanwhile: what earns is what is owed beyond
//! it, never below zero. What is still owed on the day of maturity is overdue from then on, unless the parties agreed on a
//! later day before: an extension 展期. From a pause 暂停 on nothing earns, until the day of the resumption 恢复, which does.

use serde::{Deserialize, Serialize};

use super::{LoanError, RATE_MAX};
pub use crate::domain::dated::{Dated, in_force};
use crate::domain::dates::Window;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{Date, Money, Percent};

/// What happens to a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// 放款: CNY more is owed.
    Drawdown(Amount),
    /// 还本: CNY less is owed.
    Repayment(Amount),
    /// 利率调整: percent a year from that day on.
    RateChange(Percent),
    /// 逾期: CNY of what is owed is late; it earns nothing.
    Overdue(Amount),
    /// 逾期结清: CNY of what was late no longer is.
    OverdueCleared(Amount),
    /// 展期: the loan is due on this later day.
    Extension(Date),
    /// 暂停: nothing that is owed earns.
    Pause,
    /// 恢复: what is owed earns again.
    Resume,
}

/// A dated event. It takes effect on its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanEvent {
    /// From which day.
    pub date: Date,
    pub change: Change,
}

/// How a loan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// CNY that is owed.
    pub principal: Money,
    /// CNY that is marked as overdue.
    pub overdue: Money,
    /// Percent a year.
    pub rate: Percent,
    /// Whether nothing of it earns for now.
    pub paused: bool,
}

impl Owed {
    /// A loan of which nothing was drawn.
    pub const fn nothing(rate: Percent) -> Self {
        Self { principal: Money::ZERO, overdue: Money::ZERO, rate, paused: false }
    }

    /// CNY that is owed and not overdue.
    pub fn in_time(&self) -> Result<Money, OutOfRange> {
        Ok(self.principal.minus(self.overdue)?.max(Money::ZERO))
    }

    /// After an event. `pointer` is that of the event.
    fn after(self, change: Change, pointer: &str) -> Result<Self, LoanError> {
        let pointer = || pointer.to_owned();
        let too_large = || LoanError::PrincipalTooLarge { pointer: pointer(), limit: Money::INPUT_MAX };
        let less =
            |from: Money, amount: Amount| from.minus(amount.money()).ok().filter(|left| *left >= Money::ZERO);
        match change {
            Change::Drawdown(amount) => {
                let principal =
                    self.principal.plus(amount.money()).ok().filter(|sum| *sum <= Money::INPUT_MAX);
                Ok(Self { principal: principal.ok_or_else(too_large)?, ..self })
            }
            Change::Repayment(amount) => {
                let refused =
                    || LoanError::RepaymentExceedsPrincipal { pointer: pointer(), principal: self.principal };
                Ok(Self { principal: less(self.principal, amount).ok_or_else(refused)?, ..self })
            }
            Change::RateChange(rate) if rate > RATE_MAX => {
                Err(LoanError::RateTooHigh { pointer: pointer(), limit: RATE_MAX })
            }
            Change::RateChange(rate) => Ok(Self { rate, ..self }),
            Change::Overdue(amount) => {
                let principal = self.in_time().map_err(|_| too_large())?;
                if amount.money() > principal {
                    return Err(LoanError::OverdueExceedsPrincipal { pointer: pointer(), principal });
                }
                let overdue = self.overdue.plus(amount.money()).map_err(|_| too_large())?;
                Ok(Self { overdue, ..self })
            }
            Change::OverdueCleared(amount) => {
                let refused =
                    || LoanError::ClearedExceedsOverdue { pointer: pointer(), overdue: self.overdue };
                Ok(Self { overdue: less(self.overdue, amount).ok_or_else(refused)?, ..self })
            }
            // moves the day of maturity, not what is owed
            Change::Extension(_) => Ok(self),
            Change::Pause if self.paused => Err(LoanError::PausedAlready { pointer: pointer() }),
            Change::Resume if !self.paused => Err(LoanError::NotPaused { pointer: pointer() }),
            Change::Pause => Ok(Self { paused: true, ..self }),
            Change::Resume => Ok(Self { paused: false, ..self }),
        }
    }
}

/// A loan as it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// Percent a year.
    pub rate: Percent,
    /// When it is due, where that is known.
    pub matures_on: Option<Date>,
}

/// What the events of a loan come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// How the loan stands from each day on that has an event, one step a day.
    pub steps: Vec<Dated<Owed>>,
    /// When it is due, after every extension.
    pub matures_on: Option<Date>,
}

impl History {
    /// How the loan stands day after day, its maturity included: from then on all that is owed is overdue.
    pub fn matured(self) -> Vec<Dated<Owed>> {
        let Self { mut steps, matures_on } = self;
        // no event lies after the day of maturity
        let Some((date, last)) = matures_on.zip(steps.last().copied()) else { return steps };
        if last.value.principal > last.value.overdue {
            let value = Owed { overdue: last.value.principal.max(last.value.overdue), ..last.value };
            match steps.last_mut() {
                Some(on_the_day) if on_the_day.date == date => on_the_day.value = value,
                Some(_) | None => steps.push(Dated { date, value }),
            }
        }
        steps
    }
}

/// The day of maturity after an event. Nothing happens to a loan after it, and an extension moves it on.
fn matures(known: Option<Date>, event: &LoanEvent, pointer: &str) -> Result<Option<Date>, LoanError> {
    let date = event.date;
    match (known, event.change) {
        (Some(matures_on), _) if date > matures_on => {
            Err(LoanError::AfterMaturity { pointer: format!("{pointer}/date"), date, matures_on })
        }
        (known, Change::Extension(until)) if until <= known.unwrap_or(date) => {
            let (pointer, matures_on) = (format!("{pointer}/matures_on"), known.unwrap_or(date));
            Err(LoanError::ExtensionNotLater { pointer, date: until, matures_on })
        }
        (_, Change::Extension(until)) => Ok(Some(until)),
        (known, _) => Ok(known),
    }
}

/// What events come to that are in the order of their days; `pointer` says where the event at an index stands in the
/// body.
pub fn history(
    signed: Signed,
    events: &[LoanEvent],
    pointer: impl Fn(usize) -> String,
) -> Result<History, LoanError> {
    let mut steps: Vec<Dated<Owed>> = Vec::with_capacity(events.len());
    let (mut owed, mut matures_on) = (Owed::nothing(signed.rate), signed.matures_on);
    for (index, event) in events.iter().enumerate() {
        matures_on = match matures(matures_on, event, "") {
            Ok(after) => after,
            Err(_) => matures(matures_on, event, &pointer(index))?,
        };
        owed = match owed.after(event.change, "") {
            Ok(after) => after,
            // written out only where it is read
            Err(_) => owed.after(event.change, &pointer(index))?,
        };
        match steps.last_mut() {
            Some(last) if last.date == event.date => last.value = owed,
            Some(_) | None => steps.push(Dated { date: event.date, value: owed }),
        }
    }
    Ok(History { steps, matures_on })
}

/// The day on which a loan was drawn first. `events` are in the order of their days.
pub fn first_drawdown(events: &[LoanEvent]) -> Option<Date> {
    events.iter().find(|event| matches!(event.change, Change::Drawdown(_))).map(|event| event.date)
}

/// CNY still owed of what was drawn outside a window that the first drawdown lies in, from each day on that changes it;
/// nothing where all was drawn within. Repayments take the oldest drawdown first. Error: out of range.
pub fn drawn_outside(events: &[LoanEvent], window: Window) -> Result<Vec<Dated<Money>>, OutOfRange> {
    let (mut principal, mut outside) = (Money::ZERO, Money::ZERO);
    let mut steps: Vec<Dated<Money>> = Vec::new();
    for LoanEvent { date, change } in events.iter().copied() {
        let before = outside;
        match change {
            Change::Drawdown(amount) => {
                principal = principal.plus(amount.money())?;
                if !window.contains(date) {
                    outside = outside.plus(amount.money())?;
                }
            }
            Change::Repayment(amount) => {
                principal = principal.minus(amount.money())?;
                // what was drawn outside is the newest, so that all before it is repaid before it
                outside = outside.min(principal);
            }
            Change::RateChange(_)
            | Change::Overdue(_)
            | Change::OverdueCleared(_)
            | Change::Extension(_)
            | Change::Pause
            | Change::Resume => {}
        }
        match steps.last_mut() {
            Some(last) if last.date == date => last.value = outside,
            _ if outside != before => steps.push(Dated { date, value: outside }),
            Some(_) | None => {}
        }
    }
    Ok(steps)
}

/// Events in the order of their days, each with its place in the list that was given. Of one day, those stand first
/// that stood first.
pub fn in_order(events: &[LoanEvent]) -> Vec<(usize, LoanEvent)> {
    let mut sorted: Vec<_> = events.iter().copied().enumerate().collect();
    sorted.sort_by_key(|(_, event)| event.date);
    sorted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap()
    }

    fn event(date: &str, change: Change) -> LoanEvent {
        LoanEvent { date: Date::parse(date).unwrap(), change }
    }

    fn until(matures_on: &str) -> Signed {
        Signed { rate: Percent::parse("3.25").unwrap(), matures_on: Date::parse(matures_on).ok() }
    }

    fn standing(events: &[LoanEvent]) -> Result<Vec<(String, String, String)>, LoanError> {
        matured(until(""), events)
    }

    fn matured(signed: Signed, events: &[LoanEvent]) -> Result<Vec<(String, String, String)>, LoanError> {
        let steps = history(signed, events, |index| format!("/events/{index}"))?.matured();
        let shown = |s: &Dated<Owed>| {
            (s.date.to_string(), s.value.principal.to_string(), s.value.in_time().unwrap().to_string())
        };
        Ok(steps.iter().map(shown).collect())
    }

    #[test]
    fn what_is_owed_follows_the_events() {
        let steps = standing(&[
            event("2025-01-01", Change::Drawdown(amount("60"))),
            event("2025-02-01", Change::Overdue(amount("10"))),
            event("2025-02-01", Change::RateChange(Percent::parse("3").unwrap())),
            event("2025-03-01", Change::Repayment(amount("55"))),
            event("2025-04-01", Change::OverdueCleared(amount("10"))),
        ]);
        let expected = [
            ("2025-01-01", "60.00", "60.00"),
            ("2025-02-01", "60.00", "50.00"),
            ("2025-03-01", "5.00", "0.00"),
            ("2025-04-01", "5.00", "5.00"),
        ];
        assert_eq!(steps.unwrap(), expected.map(|(d, p, e)| (d.to_owned(), p.to_owned(), e.to_owned())));
    }

    #[test]
    fn events_that_contradict_those_before_them_are_refused_where_they_stand() {
        let drawn = event("2025-01-01", Change::Drawdown(amount("60")));
        let pointer = "/events/1".to_owned();
        let money = |text: &str| Money::parse(text).unwrap();
        for (change, refused) in [
            (
                Change::Repayment(amount("60.01")),
                LoanError::RepaymentExceedsPrincipal { pointer: pointer.clone(), principal: money("60") },
            ),
            (
                Change::Overdue(amount("60.01")),
                LoanError::OverdueExceedsPrincipal { pointer: pointer.clone(), principal: money("60") },
            ),
            (
                Change::OverdueCleared(amount("0.01")),
                LoanError::ClearedExceedsOverdue { pointer: pointer.clone(), overdue: Money::ZERO },
            ),
            (
                Change::Drawdown(amount("999999999999.99")),
                LoanError::PrincipalTooLarge { pointer: pointer.clone(), limit: Money::INPUT_MAX },
            ),
            (
                Change::RateChange(Percent::parse("100.000001").unwrap()),
                LoanError::RateTooHigh { pointer: pointer.clone(), limit: RATE_MAX },
            ),
        ] {
            assert_eq!(standing(&[drawn, event("2025-01-02", change)]), Err(refused));
        }
        let overdue = event("2025-01-02", Change::Overdue(amount("40")));
        let more = event("2025-01-03", Change::Overdue(amount("20.01")));
        assert!(standing(&[drawn, overdue, more]).is_err());
        assert!(standing(&[event("2025-01-01", Change::Repayment(amount("1")))]).is_err());
    }

    #[test]
    fn what_is_owed_at_maturity_is_overdue_from_then_unless_it_was_extended_before() {
        let drawn = event("2025-01-01", Change::Drawdown(amount("60")));
        let extended = |on, to| event(on, Change::Extension(Date::parse(to).unwrap()));
        let at = |signed, events: &[LoanEvent]| {
            matured(until(signed), events).unwrap().pop().map(|(day, _, in_time)| format!("{day} {in_time}"))
        };
        assert_eq!(at("2025-03-01", &[drawn]).unwrap(), "2025-03-01 0.00");
        // on the last day it can still be moved, and what is repaid on it is repaid in time
        let later = [drawn, extended("2025-03-01", "2025-06-01")];
        assert_eq!(at("2025-03-01", &later).unwrap(), "2025-06-01 0.00");
        let repaid = [drawn, event("2025-03-01", Change::Repayment(amount("60")))];
        assert_eq!(at("2025-03-01", &repaid).unwrap(), "2025-03-01 0.00");
        assert_eq!(at("", &[drawn]).unwrap(), "2025-01-01 60.00");
        let refused = |events: &[LoanEvent]| history(until("2025-03-01"), events, |i| format!("/events/{i}"));
        let day = |text: &str| Date::parse(text).unwrap();
        let [date, matures_on] = [day("2025-03-02"), day("2025-03-01")];
        let pointer = "/events/1/date".to_owned();
        let late = refused(&[drawn, extended("2025-03-02", "2025-06-01")]);
        assert_eq!(late, Err(LoanError::AfterMaturity { pointer, date, matures_on }));
        let pointer = "/events/1/matures_on".to_owned();
        let same = refused(&[drawn, extended("2025-02-01", "2025-03-01")]);
        assert_eq!(same, Err(LoanError::ExtensionNotLater { pointer, date: matures_on, matures_on }));
    }

    #[test]
    fn what_holds_on_a_day_is_the_latest_on_or_before_it() {
        let day = |text: &str| Date::parse(text).unwrap();
        let steps =
            [Dated { date: day("2025-01-10"), value: 1 }, Dated { date: day("2025-01-20"), value: 2 }];
        let found = ["2025-01-09", "2025-01-10", "2025-01-19", "2025-01-20", "2026-01-01"];
        assert_eq!(found.map(|d| in_force(&steps, day(d))), [None, Some(1), Some(1), Some(2), Some(2)]);
    }
}
