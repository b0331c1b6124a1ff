//! The calendar 工作日历: on which days the agency's bank works. Saturdays and Sundays are holidays unless it says otherwise;
//! the State Council's yearly notice adds holidays and 调休 workdays.
//!
//! A change of it is proposed → approved or rejected by another person. The day that a later change names is what that
//! change says it is: nothing is taken back, a wrong day is named again.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::text::Malformed;
use crate::domain::{CalendarId, Code, Date, Line, Revision, Subject, TextHash, WrongState};

/// The most days of one change: a leap year's.
pub const DAYS_MAX: usize = 366;
/// How many days ahead a working day is looked for: the longest holidays have nine.
pub const AHEAD_DAYS_MAX: u64 = 31;

/// What a day is that the calendar names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum DayKind {
    /// 休息日
    Holiday,
    /// 工作日, 调休 too.
    Workday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// Which day.
    pub date: Date,
    pub kind: DayKind,
}

/// 1 to 366 days, each once, in the order of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<CalendarDay>", into = "Vec<CalendarDay>")]
pub struct CalendarDays(Vec<CalendarDay>);

impl CalendarDays {
    /// Error: `invalid_value`.
    pub fn new(mut days: Vec<CalendarDay>) -> Result<Self, Malformed> {
        days.sort_by_key(|day| day.date);
        let twice = days.iter().zip(days.iter().skip(1)).any(|(day, next)| day.date == next.date);
        if twice || !(1..=DAYS_MAX).contains(&days.len()) {
            return Err(Malformed { code: Code::InvalidValue });
        }
        Ok(Self(days))
    }

    /// The days, in order.
    pub fn iter(&self) -> impl Iterator<Item = &CalendarDay> {
        self.0.iter()
    }
}

impl TryFrom<Vec<CalendarDay>> for CalendarDays {
    type Error = Malformed;

    fn try_from(days: Vec<CalendarDay>) -> Result<Self, Malformed> {
        Self::new(days)
    }
}

impl From<CalendarDays> for Vec<CalendarDay> {
    fn from(days: CalendarDays) -> Self {
        days.0
    }
}

/// Where a change of the calendar is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum CalendarStatus {
    /// It waits for another person.
    Proposed,
    /// Its days are what it says.
    Approved,
    Rejected,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarChange {
    pub id: CalendarId,
    /// Where it is in its life.
    pub status: CalendarStatus,
    /// What it makes of which days.
    pub days: CalendarDays,
    /// The notice that orders it.
    pub document: Line,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// A day that is not what its place in the week says, or was said to be what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDay {
    /// Which day.
    pub date: Date,
    pub kind: DayKind,
    pub calendar: CalendarId,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /calendar`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeCalendar {
    /// The id that the edge made.
    pub id: CalendarId,
    /// What it makes of which days.
    pub days: CalendarDays,
    /// The notice that orders it.
    pub document: Line,
}

/// `POST /calendar/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveCalendar {
    pub id: CalendarId,
}

/// `POST /calendar/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectCalendar {
    pub id: CalendarId,
    pub reason: TextHash,
}

/// Why the calendar does not change, or does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CalendarError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    #[error("no working day from {from} to {until}")]
    NoWorkingDay {
        /// The first day that was looked at.
        from: Date,
        until: Date,
    },
}

crate::domain::coded!(CalendarError: WrongState NoWorkingDay);
