//! Statutory limits 法定上限 of an agency, with their history: another limit is proposed, with the number of the document that
//! orders it, → approved or rejected by another person. From then on it holds for what is proposed and computed; what was
//! computed before stays as it was.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::{Line, Revision, StatutoryLimitId, Subject, TextHash};
use crate::programmes::StatutoryLimits;

/// Where a limit is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum StatutoryLimitStatus {
    /// It waits for another person.
    Proposed,
    /// It holds, until another one does.
    Approved,
    Rejected,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatutoryLimit {
    pub id: StatutoryLimitId,
    /// Where it is in its life.
    pub status: StatutoryLimitStatus,
    pub limits: StatutoryLimits,
    /// What orders it.
    pub document: Line,
    pub reason: TextHash,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<TextHash>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /statutory-limits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeStatutoryLimit {
    /// The id that the edge made.
    pub id: StatutoryLimitId,
    pub limits: StatutoryLimits,
    /// What orders it.
    pub document: Line,
    pub reason: TextHash,
}

/// `POST /statutory-limits/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveStatutoryLimit {
    pub id: StatutoryLimitId,
}

/// `POST /statutory-limits/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectStatutoryLimit {
    pub id: StatutoryLimitId,
    pub reason: TextHash,
}

/// Why a limit does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StatutoryLimitError {
    /// It cannot be done in this state.
    #[error("it is {status}")]
    WrongState {
        /// The state it is in.
        status: String,
    },
}

crate::domain::coded!(StatutoryLimitError: WrongState);
