//! Objections 异议 to a claim while it is published (公示).
//!
//! open → upheld | dismissed, by an officer who neither raised it nor wrote the claim. An open one holds back the
//! claim's approval; after an upheld one the claim can only be rejected, or returned and filed anew.

use serde::{Deserialize, Serialize};

use super::{Claim, ClaimError, ClaimStatus};
use crate::domain::{Actor, ClaimId, Instant, ObjectionId, Revision, Stamp, Subject, TextHash, WrongState};

/// The most objections of a claim.
pub const OBJECTIONS_MAX: u32 = 1_000;

/// Where an objection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ObjectionStatus {
    /// It waits for an officer.
    Open,
    Upheld,
    Dismissed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    pub id: ObjectionId,
    pub claim: ClaimId,
    /// Where it is in its life.
    pub status: ObjectionStatus,
    pub text: TextHash,
    /// Why it was resolved so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    pub created_at: Instant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /claims/{id}/objections`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaiseObjection {
    /// The id that the edge made.
    pub id: ObjectionId,
    pub claim: ClaimId,
    pub text: TextHash,
}

/// What an officer decides on an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ObjectionDecision)]
pub enum Resolution {
    /// It is right: the claim cannot be approved as it stands.
    Upheld,
    /// It is not: the claim goes on.
    Dismissed,
}

impl From<Resolution> for ObjectionStatus {
    fn from(decision: Resolution) -> Self {
        match decision {
            Resolution::Upheld => Self::Upheld,
            Resolution::Dismissed => Self::Dismissed,
        }
    }
}

/// `POST /claims/{id}/objections/{objection}/resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveObjection {
    pub id: ObjectionId,
    pub claim: ClaimId,
    pub decision: Resolution,
    pub reason: TextHash,
}

/// Whether no objection holds back the claim's approval.
pub fn none_stands(claim: &Claim) -> Result<(), ClaimError> {
    if claim.objection_upheld {
        return Err(ClaimError::ObjectionUpheld);
    }
    if claim.objections_open > 0 {
        return Err(ClaimError::ObjectionOpen { count: claim.objections_open.to_string() });
    }
    Ok(())
}

/// Whether a claim takes an objection on this day: it is published, and takes one more.
pub fn objectionable(claim: &Claim, stamp: &Stamp) -> Result<(), ClaimError> {
    claim.in_state(&[ClaimStatus::Reviewed])?;
    let published = claim.published_until.is_some_and(|until| stamp.business_date <= until);
    if !published {
        return Err(WrongState::is("not_published").into());
    }
    if claim.objections >= OBJECTIONS_MAX {
        return Err(ClaimError::TooManyObjections { limit: OBJECTIONS_MAX.to_string() });
    }
    Ok(())
}

/// An objection, and the claim that it holds back.
pub fn raise(claim: &Claim, command: &RaiseObjection, actor: &Actor, stamp: &Stamp) -> (Objection, Claim) {
    let objection = Objection {
        id: command.id,
        claim: claim.id,
        status: ObjectionStatus::Open,
        text: command.text,
        reason: None,
        created_by: actor.subject.clone(),
        created_at: stamp.recorded_at,
        resolved_by: None,
        revision: Revision::first(stamp),
    };
    let claim = Claim {
        objections: claim.objections.saturating_add(1),
        objections_open: claim.objections_open.saturating_add(1),
        revision: claim.revision.next(stamp),
        ..claim.clone()
    };
    (objection, claim)
}

/// An open objection resolved, and the claim that goes on, or does not.
pub fn resolve(
    objection: &Objection,
    claim: &Claim,
    command: &ResolveObjection,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<(Objection, Claim), ClaimError> {
    WrongState::unless(objection.status, &[ObjectionStatus::Open])?;
    let upheld = command.decision == Resolution::Upheld;
    let resolved = Objection {
        status: command.decision.into(),
        reason: Some(command.reason),
        resolved_by: Some(actor.subject.clone()),
        revision: objection.revision.next(stamp),
        ..objection.clone()
    };
    // a claim that was decided meanwhile, or taken back, is held back by nothing any more
    let holds = upheld && claim.status == ClaimStatus::Reviewed;
    let claim = Claim {
        objections_open: claim.objections_open.saturating_sub(1),
        objection_upheld: claim.objection_upheld || holds,
        revision: claim.revision.next(stamp),
        ..claim.clone()
    };
    Ok((resolved, claim))
}
