//! Cap groups 合并限额: caps of an organisation that several programmes share: all of them together pay no more.
//!
//! Proposed → approved or rejected by another person; a change of one that is in force is proposed and decided in the same
//! way, and until then it stays as it is. Programmes name a group in their rules once it is in force.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::money::Amount;
use crate::domain::{CapGroupCode, Revision, Subject, TextHash};

/// Where a group is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum CapGroupStatus {
    /// It, or a change of it, waits for another person.
    Proposed,
    Approved,
    /// It was rejected before it was ever in force.
    Rejected,
}

/// The caps of an organisation; one of them at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupCaps {
    /// CNY of a calendar year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub annual: Option<Amount>,
    /// CNY in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lifetime: Option<Amount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapGroup {
    pub code: CapGroupCode,
    /// Where it is in its life.
    pub status: CapGroupStatus,
    /// What holds; none before it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<GroupCaps>,
    /// What waits for another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<GroupCaps>,
    /// Why the last proposal was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<TextHash>,
    /// Who proposed it last.
    pub created_by: Subject,
    /// Who approved or rejected that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /cap-groups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeCapGroup {
    pub code: CapGroupCode,
    pub caps: GroupCaps,
}

/// `POST /cap-groups/{code}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveCapGroup {
    pub code: CapGroupCode,
}

/// `POST /cap-groups/{code}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectCapGroup {
    pub code: CapGroupCode,
    pub reason: TextHash,
}

/// Why a group does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CapGroupError {
    /// It cannot be done in this state.
    #[error("it is {status}")]
    WrongState {
        /// The state it is in.
        status: String,
    },
}

crate::domain::coded!(CapGroupError: WrongState);
