//! Overrides 放宽: a cap that the rules let be relaxed case by case (可以放宽、一事一议), of one claim or voucher, on a document and by
//! two people, before it is approved. The newest of a cap counts.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::policy::Policy;
use crate::domain::money::Amount;
use crate::domain::{Actor, ClaimId, Line, Subject, TextHash, VoucherId, WrongState};

/// The most overrides of a claim or voucher.
const OVERRIDES_MAX: usize = 20;

/// Which cap, as it stands on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum OverrideCode {
    ClaimCap,
    LifetimeCap,
    AnnualCap,
}

/// A cap that may be relaxed, and up to which amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideRule {
    pub code: OverrideCode,
    /// CNY.
    pub up_to: Amount,
}

/// Whether an override counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum OverrideStatus {
    /// It waits for another person.
    Proposed,
    Approved,
    Rejected,
    /// What it was for was sent back: filed again it is asked for again.
    Lapsed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// From 1.
    pub number: u32,
    pub code: OverrideCode,
    /// CNY that takes the place of the cap.
    pub to: Amount,
    /// What allows it.
    pub document: Line,
    pub reason: TextHash,
    pub status: OverrideStatus,
    pub proposed_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<TextHash>,
}

/// An override that a sheet is computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Relaxed {
    /// Which override of the document it is, counted from 1.
    pub number: u32,
    pub code: OverrideCode,
    /// CNY.
    pub to: Amount,
}

/// Whose cap is relaxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overridden {
    Claim(ClaimId),
    Voucher(VoucherId),
}

impl fmt::Display for Overridden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(id) => id.fmt(f),
            Self::Voucher(id) => id.fmt(f),
        }
    }
}

/// `POST /claims/{id}/overrides`, `/vouchers/{id}/overrides`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeOverride {
    pub of: Overridden,
    pub code: OverrideCode,
    pub to: Amount,
    pub document: Line,
    pub reason: TextHash,
}

/// `POST …/overrides/{number}/approve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveOverride {
    pub of: Overridden,
    pub number: u32,
}

/// `POST …/overrides/{number}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectOverride {
    pub of: Overridden,
    pub number: u32,
    pub reason: TextHash,
}

/// Why a cap is not relaxed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum OverrideError {
    /// The rules do not let this cap be relaxed.
    #[error("{} is not relaxed", cap.into_str())]
    OverrideNotAllowed { cap: OverrideCode },
    /// It is not above the cap, or beyond what the rules allow.
    #[error("up to {up_to}")]
    OverrideOutOfRange {
        /// CNY, the most that the rules allow.
        up_to: Amount,
    },
    #[error(transparent)]
    WrongState(#[from] WrongState),
}

crate::domain::coded!(OverrideError: OverrideNotAllowed OverrideOutOfRange WrongState);

impl OverrideRule {
    /// The cap that rules have, those of a tier where they are a tier's.
    fn cap(policy: &Policy, code: OverrideCode) -> Option<Amount> {
        match code {
            OverrideCode::ClaimCap => policy.caps.claim,
            OverrideCode::LifetimeCap => policy.caps.lifetime,
            OverrideCode::AnnualCap => policy.caps.annual.as_ref().map(|annual| annual.amount),
        }
    }

    /// Whether the rules, or a tier of them, have the cap, and a lower one than it may become.
    pub(super) fn sound(&self, policy: &Policy) -> bool {
        let tiers = policy.tiers.iter().flatten().filter_map(|tier| tier.caps.as_ref());
        let of_tiers = tiers.filter_map(|caps| match self.code {
            OverrideCode::ClaimCap => caps.claim,
            OverrideCode::LifetimeCap => caps.lifetime,
            OverrideCode::AnnualCap => caps.annual.as_ref().map(|annual| annual.amount),
        });
        let mut caps = Self::cap(policy, self.code).into_iter().chain(of_tiers).peekable();
        caps.peek().is_some() && caps.all(|cap| cap.money() < self.up_to.money())
    }
}

/// One more, which waits for another person. `policy` is the rules as the tier of the case has them: its cap is raised.
pub fn propose(
    known: &[Override],
    policy: &Policy,
    command: &ProposeOverride,
    actor: &Actor,
) -> Result<Override, OverrideError> {
    if known.iter().any(|one| one.status == OverrideStatus::Proposed) {
        return Err(WrongState::is("override_proposed").into());
    }
    let rule = policy.overrides.iter().flatten().find(|rule| rule.code == command.code);
    let rule = rule.filter(|_| known.len() < OVERRIDES_MAX);
    let rule = rule.ok_or(OverrideError::OverrideNotAllowed { cap: command.code })?;
    // a case whose tier has no such cap has nothing to be relaxed
    let cap = OverrideRule::cap(policy, command.code);
    let cap = cap.ok_or(OverrideError::OverrideNotAllowed { cap: command.code })?;
    let to = command.to.money();
    if to > rule.up_to.money() || to <= cap.money() {
        return Err(OverrideError::OverrideOutOfRange { up_to: rule.up_to });
    }
    let last = known.last().map_or(0, |one| one.number);
    Ok(Override {
        number: last.saturating_add(1),
        code: command.code,
        to: command.to,
        document: command.document.clone(),
        reason: command.reason,
        status: OverrideStatus::Proposed,
        proposed_by: actor.subject.clone(),
        decided_by: None,
        rejection: None,
    })
}

/// The one that waits, approved, or rejected for a reason.
pub fn decide(one: &Override, rejection: Option<TextHash>, actor: &Actor) -> Result<Override, OverrideError> {
    WrongState::unless(one.status, &[OverrideStatus::Proposed])?;
    let status = if rejection.is_some() { OverrideStatus::Rejected } else { OverrideStatus::Approved };
    Ok(Override { status, rejection, decided_by: Some(actor.subject.clone()), ..one.clone() })
}

/// Once a claim is sent back, nothing that was proposed or approved for it counts: what is filed then may be another case.
pub fn lapsed(overrides: &[Override]) -> Vec<Override> {
    let lapse = |one: &Override| match one.status {
        OverrideStatus::Proposed | OverrideStatus::Approved => {
            Override { status: OverrideStatus::Lapsed, ..one.clone() }
        }
        OverrideStatus::Rejected | OverrideStatus::Lapsed => one.clone(),
    };
    overrides.iter().map(lapse).collect()
}

/// What counts: the newest that was approved of each cap.
pub fn counting(overrides: &[Override]) -> Vec<Relaxed> {
    let mut found: Vec<Relaxed> = Vec::new();
    for one in overrides.iter().filter(|one| one.status == OverrideStatus::Approved) {
        found.retain(|before| before.code != one.code);
        found.push(Relaxed { number: one.number, code: one.code, to: one.to });
    }
    found
}

/// Rules with relaxed caps, as far as they themselves allow it: what was approved under a version may be computed under
/// another. No cap is lowered.
pub fn relaxed<'a>(mut policy: Cow<'a, Policy>, relaxed: &[Relaxed]) -> Cow<'a, Policy> {
    let raise = |cap: &mut Amount, to: Amount| {
        if to.money() > cap.money() {
            *cap = to;
        }
    };
    for one in relaxed {
        let rule = policy.overrides.iter().flatten().find(|rule| rule.code == one.code);
        let Some(up_to) = rule.map(|rule| rule.up_to) else { continue };
        let to = if one.to.money() > up_to.money() { up_to } else { one.to };
        let caps = &mut policy.to_mut().caps;
        let cap = match one.code {
            OverrideCode::ClaimCap => caps.claim.as_mut(),
            OverrideCode::LifetimeCap => caps.lifetime.as_mut(),
            OverrideCode::AnnualCap => caps.annual.as_mut().map(|annual| &mut annual.amount),
        };
        if let Some(cap) = cap {
            raise(cap, to);
        }
    }
    policy
}
