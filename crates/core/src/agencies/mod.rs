//! Agencies 主管部门: the tenant that owns a ledger, its time zone and its business date.
//!
//! The agency's own state is one document per ledger; the first leaf of every log creates it.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::dates::Zone;
use crate::domain::{AgencyCode, Date, Instant, Line, Month, Points, ProgrammeCode, RootHash, Sequence};
use crate::programmes::StatutoryLimits;

/// The newest meaning of the rules that this release knows, and the oldest that it still replays.
pub const SEMANTICS: std::ops::RangeInclusive<u32> = 1..=1;

/// The meaning that every log begins under, whatever release begins it: the first leaf does not say another,
/// so a later number is switched on by a leaf of its own.
pub const SEMANTICS_FIRST: u32 = 1;

/// What an agency's ledger knows about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Its code, the tenant's key.
    pub code: AgencyCode,
    pub name: Line,
    /// The zone in which its dates are.
    pub zone: Zone,
    /// Whether its business date may be set by hand; never for real money.
    pub sandbox: bool,
    /// The business date that a sandbox has set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_date: Option<Date>,
    /// Which meaning of the rules decides (a change of what `decide` answers is a new number).
    pub semantics: u32,
    /// Programmes with an approved version of the rules that allows related providers.
    pub related_programmes: Vec<ProgrammeCode>,
    /// The last month that is closed: it and every month before it take no postings. One mark, in the one document
    /// that every decision has at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_through: Option<Month>,
    /// The statutory limits that were approved, the newest last; before the first, those that every agency begins with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<DatedLimits>,
    /// What an operator last accepted to be lost: the database had been wound back, or restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<LostLog>,
}

/// Statutory limits, and the leaf that approved them: the database holds what was written from it on to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedLimits {
    pub since: Sequence,
    pub points_max: Points,
    pub window_until: Date,
}

/// A log that was answered from and is no longer there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostLog {
    /// How many leaves it had.
    pub size: u64,
    pub root: RootHash,
    /// How many of the first of them are still there, as far as it is known: all others are lost.
    pub kept: u64,
}

impl Agency {
    /// The business date at an instant: what a sandbox has set, else the date in the agency's zone.
    pub fn business_date_at(&self, at: Instant) -> Date {
        self.business_date.unwrap_or_else(|| at.date_in(self.zone.tz()))
    }

    /// The statutory limits that it is held to now.
    pub fn limits(&self) -> StatutoryLimits {
        let of = |newest: &DatedLimits| StatutoryLimits {
            points_max: newest.points_max,
            window_until: newest.window_until,
        };
        self.limits.last().map(of).unwrap_or_default()
    }

    /// Whether a month takes no postings.
    pub fn is_closed(&self, month: Month) -> bool {
        self.closed_through.is_some_and(|last| month <= last)
    }
}

/// The first command of every log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateAgency {
    pub code: AgencyCode,
    pub name: Line,
    pub zone: Zone,
    /// Whether its business date may be set by hand.
    pub sandbox: bool,
    /// The date a sandbox begins at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_date: Option<Date>,
}

/// `PUT /business-date`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveBusinessDate {
    /// The new business date.
    pub date: Date,
}

/// Switches on a newer meaning of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchSemantics {
    pub to: u32,
}

/// Goes on with a log that does not contain what was answered from it, and names what is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptLog {
    pub lost: LostLog,
}

/// Why an agency's state does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AgencyError {
    /// The business date of a real agency is the calendar's.
    #[error("the business date is only set by hand in a sandbox")]
    SandboxOnly,
    #[error("the business date moves forward only")]
    BusinessDateBackwards { business_date: Date },
    #[error("the agency exists")]
    AgencyExists,
    /// No leaf is lost that was not accepted to be, or the log has fewer than it is said to have kept.
    #[error("nothing is lost that was not accepted already")]
    NothingLost,
    /// This release does not know that number, or it is not newer.
    #[error("the semantics cannot be switched to that number")]
    SemanticsUnknown { semantics: u32 },
}

crate::domain::coded! {
    AgencyError:
    SandboxOnly BusinessDateBackwards AgencyExists NothingLost SemanticsUnknown
}
