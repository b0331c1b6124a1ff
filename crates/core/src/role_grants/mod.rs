//! Role grants 角色授予: who may have which role in the agency, from when until when. An operator proposes, a security
//! administrator who is neither the proposer nor the person concerned approves or rejects; either of them takes a role away
//! alone, because waiting for a second person would be the danger.
//!
//! A grant makes nobody act: whether the roles that a token or an account says are held against the grants is a setting of
//! the service. The log says in any case who could.
pub mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    CreditCode, Date, Line, Revision, Role, RoleGrantId, Sequence, Subject, TextHash, WrongState,
};

/// Where a grant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum RoleGrantStatus {
    /// It waits for another person.
    Proposed,
    /// It counts on its days.
    Approved,
    Rejected,
    /// It was taken away.
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGrant {
    pub id: RoleGrantId,
    /// Where it is in its life.
    pub status: RoleGrantStatus,
    /// Who gets the role.
    pub subject: Subject,
    pub role: Role,
    /// For which organisation an enterprise, a provider or a bank acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CreditCode>,
    /// The first day that counts; none where it counts from its approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The number of the paper that orders it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Line>,
    pub reason: TextHash,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<TextHash>,
    /// Why the role was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<TextHash>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// The leaf with which it was approved or rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Sequence>,
    /// On which business date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Date>,
    /// Who took the role away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<Subject>,
    /// The leaf with which the role was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Sequence>,
    /// On which business date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What a grant that waits or counts says of a role, among all of a person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    pub role: Role,
    /// The organisation for which the person acts in it.
    pub organisation: Option<CreditCode>,
    /// The first day that counts.
    pub from: Option<Date>,
    /// The last day that counts.
    pub until: Option<Date>,
}

impl HeldRole {
    /// What a grant says as long as it waits or counts; none afterwards.
    pub fn of(grant: &RoleGrant) -> Option<Self> {
        let is_open = matches!(grant.status, RoleGrantStatus::Proposed | RoleGrantStatus::Approved);
        let RoleGrant { role, organisation, from, until, .. } = *grant;
        is_open.then_some(Self { role, organisation, from, until })
    }

    /// Whether a day lies in both, of the same role for the same organisation.
    pub fn meets(&self, other: &Self) -> bool {
        let begins_in_time = |from: Option<Date>, until: Option<Date>| match (from, until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        self.role == other.role
            && self.organisation == other.organisation
            && begins_in_time(self.from, other.until)
            && begins_in_time(other.from, self.until)
    }
}

/// The grants of one person that wait or count.
pub type HeldRoles = BTreeMap<RoleGrantId, HeldRole>;

/// That somebody is to get a role: `POST /role-grants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeRoleGrant {
    /// The id that the edge made.
    pub id: RoleGrantId,
    /// Who gets the role.
    pub subject: Subject,
    pub role: Role,
    /// The organisation for which the person acts in it, where the role needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CreditCode>,
    /// The first day that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The number of the paper that orders it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Line>,
    pub reason: TextHash,
}

/// The second person's yes: `POST /role-grants/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveRoleGrant {
    pub id: RoleGrantId,
}

/// The second person's no: `POST /role-grants/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectRoleGrant {
    pub id: RoleGrantId,
    pub reason: TextHash,
}

/// That a role is taken away at once: `POST /role-grants/{id}/end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRoleGrant {
    pub id: RoleGrantId,
    pub reason: TextHash,
}

/// Why a role is not granted, or not taken away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RoleGrantError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The last day lies before the first.
    #[error("no day counts")]
    InvalidWindow { pointer: &'static str },
    /// Enterprises, providers and banks act for an organisation, others for none.
    #[error("an organisation belongs to the roles that act for one")]
    RoleOrganisation { role: Role, pointer: &'static str },
    /// Another grant of the same role waits or counts on some of the days.
    #[error("the grant {grant} says the same")]
    RoleAlreadyGranted { grant: RoleGrantId },
    /// Nobody approves a role for themselves.
    #[error("the role is the caller's own")]
    OwnRole,
}

crate::domain::coded!(RoleGrantError: WrongState InvalidWindow RoleOrganisation RoleAlreadyGranted OwnRole);
