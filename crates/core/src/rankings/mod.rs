//! Rankings 排名: organisations measured against each other for a year; the first so many are named, without money.
//!
//! proposed → approved | rejected, by another person. Each metric is ranked by itself, ties share the better rank, and the
//! weighted ranks are summed: the lowest sum comes first. Of equal sums the higher first metric does, then who was
//! registered earlier. What is approved is published.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{
    CreditCode, Date, EvidenceId, Label, ProgrammeCode, RankingId, Revision, Score, Sequence, Subject,
    TextHash, WrongState,
};

/// The most metrics of a ranking.
pub const METRICS_MAX: usize = 10;
/// The most organisations of a ranking.
pub const ENTRIES_MAX: usize = 500;

/// Where a ranking is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum RankingStatus {
    /// It waits for another person.
    Proposed,
    /// Published.
    Approved,
    Rejected,
}

/// What is measured, and how much it weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    pub name: Label,
    pub weight: Score,
}

/// What was measured of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RankingEntry)]
pub struct Entry {
    pub organisation: CreditCode,
    /// In the order of the metrics; more is better.
    pub values: Vec<Score>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}

/// What put an organisation before the next one, whose sum is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TieBreak {
    /// It has more of the first metric.
    FirstMetric,
    /// It was registered earlier.
    Registration,
}

/// Where an organisation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub organisation: CreditCode,
    pub values: Vec<Score>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
    /// The leaf that registered it.
    pub registered: Sequence,
    /// Its rank by each metric.
    pub ranks: Vec<u32>,
    /// Of the weighted ranks.
    pub sum: Score,
    /// What put it before the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie: Option<TieBreak>,
}

/// Organisations measured against each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranking {
    pub id: RankingId,
    pub programme: ProgrammeCode,
    /// Of which year.
    pub year: FiscalYear,
    pub metrics: Vec<Metric>,
    /// All of them, the first first.
    pub places: Vec<Place>,
    /// How many are named.
    pub top: u32,
    pub status: RankingStatus,
    /// The day of its approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_on: Option<Date>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Ranking {
    /// Those that are named, the first first.
    pub fn named(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().take(usize::try_from(self.top).unwrap_or(usize::MAX))
    }
}

/// `POST /rankings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeRanking {
    /// The id that the edge made.
    pub id: RankingId,
    pub programme: ProgrammeCode,
    pub year: FiscalYear,
    pub metrics: Vec<Metric>,
    pub entries: Vec<Entry>,
    /// How many are named.
    pub top: u32,
}

/// `POST /rankings/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveRanking {
    pub id: RankingId,
}

/// `POST /rankings/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectRanking {
    pub id: RankingId,
    pub reason: TextHash,
}

/// Why nobody is named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RankingError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// An organisation is measured twice.
    #[error("{organisation} is measured twice")]
    EntryTwice { pointer: String, organisation: CreditCode },
    /// A value is missing, or there is one too many.
    #[error("{metrics} metrics")]
    ValuesDiffer { pointer: String, metrics: String },
    /// The year has not begun yet.
    #[error("{year} has not begun")]
    YearNotBegun { pointer: &'static str, year: String },
    /// A sum left the range.
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded!(RankingError: WrongState EntryTwice ValuesDiffer YearNotBegun AmountOutOfRange);

impl From<OutOfRange> for RankingError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}
