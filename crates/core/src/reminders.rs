//! Reminders 催办: which task was due or about to be, and on which day whoever is to do it was last told so.
//!
//! A task is told of at most once a day, whoever asks and however often: its reminder says on which day it was told of, and a
//! second one of that day is refused. Which tasks wait is read under the writer's lock and is no rule; by when they are due is
//! counted here by the agency's calendar.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::text::Malformed;
use crate::domain::{Code, Date, Revision, Stamp, WrongState};

/// How many days ahead it is told where nobody says otherwise.
pub const AHEAD_DAYS: u16 = 3;
/// The most days ahead.
pub const AHEAD_DAYS_MAX: u16 = 60;
/// The most letters of a task's name.
const KEY_MAX: usize = 200;

/// A task by what waits and what is to be done with it: `claim/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskKey(String);

impl TaskKey {
    /// Reads `kind/document/action`. Error: `invalid_value`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let sound = split(text).is_some_and(|(kind, document, action)| {
            word(kind)
                && word(action)
                && !document.is_empty()
                && document.bytes().all(|b| b.is_ascii_graphic())
        });
        if sound && text.len() <= KEY_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(Malformed { code: Code::InvalidValue })
        }
    }

    /// Its kind, the document as the work list names it, and the action.
    pub fn parts(&self) -> (&str, &str, &str) {
        split(&self.0).unwrap_or_default()
    }
}

/// A document may be named by two keys with a slash between them; a kind and an action never are.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (kind, rest) = text.split_once('/')?;
    let (document, action) = rest.rsplit_once('/')?;
    Some((kind, document, action))
}

impl fmt::Display for TaskKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

crate::domain::string_value!(TaskKey, Code::InvalidValue);

/// That a task was told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    pub task: TaskKey,
    /// The day after which its term counts.
    pub counted_from: Date,
    /// How many working days the rules give for it.
    pub term_days: u16,
    /// The last of them.
    pub due_on: Date,
    /// The business date on which it was told of last.
    pub told_on: Date,
    /// On how many days it was told of.
    pub times: u32,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Reminder {
    /// Whether it was late on the day on which it was told of.
    pub fn is_late(&self) -> bool {
        self.due_on < self.told_on
    }
}

/// A member of `POST /tasks/remind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemindTask {
    pub task: TaskKey,
    /// The day after which its term counts.
    pub counted_from: Date,
    /// How many working days the rules give for it.
    pub term_days: u16,
    /// How many days ahead of the day by which it is due.
    pub days: u16,
}

/// A task told of on the business date: it is late, or due within so many days. Error: it was told of on that day, or is not
/// due so soon.
pub fn remind(
    before: Option<&Reminder>,
    command: &RemindTask,
    due_on: Date,
    stamp: &Stamp,
) -> Result<Reminder, WrongState> {
    let today = stamp.business_date;
    if before.is_some_and(|before| before.told_on >= today) {
        return Err(WrongState::is("reminded"));
    }
    let horizon = today.plus_days(u64::from(command.days)).unwrap_or(today);
    if due_on > horizon {
        return Err(WrongState::is("not_due"));
    }
    Ok(Reminder {
        task: command.task.clone(),
        counted_from: command.counted_from,
        term_days: command.term_days,
        due_on,
        told_on: today,
        times: before.map_or(0, |before| before.times).saturating_add(1),
        revision: before.map_or_else(|| Revision::first(stamp), |before| before.revision.next(stamp)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_task_is_named_and_read_alike() {
        for (text, parts) in [
            ("claim/0194/approve", ("claim", "0194", "approve")),
            ("claim_override/0194/2/approve", ("claim_override", "0194/2", "approve")),
            ("programme/bj-voucher/pay", ("programme", "bj-voucher", "pay")),
        ] {
            let key = TaskKey::parse(text).unwrap();
            assert_eq!((key.parts(), key.to_string().as_str()), (parts, text));
        }
        let long = format!("claim/{}/approve", "x".repeat(200));
        for text in [
            "",
            "claim",
            "claim/approve",
            "claim//approve",
            "/x/approve",
            "claim/x/",
            "C/x/y",
            "a/ x/y",
            &long,
        ] {
            assert_eq!(TaskKey::parse(text).unwrap_err().code, Code::InvalidValue, "{text}");
        }
    }
}
