//! Awards 立项: what a project was granted, its tranches, its deadline, and what the acceptance made of it.
//!
//! awarded → accepted, by two people, which settles it; awarded → cancelled, while nothing of it is claimed. Its tranches
//! are claims (`grant_tranche`), which hold a tranche from their filing on. It is published (公示) for as long as the rules
//! say: no tranche is approved meanwhile, nor while an objection stands.

use serde::{Deserialize, Serialize};

use super::GrantError;
use crate::claims::objection::{ObjectionStatus, Resolution};
use crate::domain::dates::FiscalYear;
use crate::domain::money::AmountOrZero;
use crate::domain::{
    ApplicationId, AwardId, CallId, ClaimId, CreditCode, Date, Label, Line, Money, Percent, ProgrammeCode,
    Revision, Subject, TextHash, WrongState,
};
use crate::ledger::Dimensions;
use crate::programmes::grants::TrancheOn;

/// The most objections to an award.
pub const OBJECTIONS_MAX: usize = 100;

/// Where an award is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum AwardStatus {
    Awarded,
    /// Its acceptance is decided; what is still due of it may be claimed.
    Accepted,
    /// Given up before anything of it was claimed.
    Cancelled,
}

/// A part of an award.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tranche {
    pub name: Label,
    pub percent: Percent,
    pub on: TrancheOn,
    /// CNY; of one on acceptance what is due once that is decided.
    pub amount: Money,
    /// The claim that is for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimId>,
}

/// 验收结论
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcceptanceDecision {
    Passed,
    Partly,
    Failed,
}

/// What an acceptance finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// CNY that the project is entitled to, as audited.
    pub entitlement: Money,
    pub document: Line,
    pub decision: AcceptanceDecision,
    /// Of what is asked back.
    pub reason: TextHash,
    pub proposed_by: Subject,
}

/// What an acceptance made of an award: paid − recovered + due ≤ entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub accepted_on: Date,
    /// CNY that was paid and not asked back before.
    pub paid: Money,
    /// CNY that is still to be claimed.
    pub due: Money,
    /// CNY of the award that nobody needs.
    pub released: Money,
    /// CNY that was paid too much.
    pub recovered: Money,
    pub approved_by: Subject,
}

/// A later deadline that waits for another person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub until: Date,
    pub document: Line,
    pub proposed_by: Subject,
}

/// An objection to an award that is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwardObjection {
    pub text: TextHash,
    pub status: ObjectionStatus,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<Subject>,
}

/// What a project was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Award {
    pub id: AwardId,
    pub application: ApplicationId,
    pub call: CallId,
    /// Its place on the list, from 1.
    pub rank: u32,
    pub programme: ProgrammeCode,
    pub organisation: CreditCode,
    /// The project's name.
    pub project: Line,
    pub status: AwardStatus,
    /// CNY.
    pub amount: Money,
    /// Of the commitment.
    pub fiscal_year: FiscalYear,
    pub rules_version: u32,
    pub tranches: Vec<Tranche>,
    pub awarded_on: Date,
    /// The last day of its publicity; none where the rules ask for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_until: Option<Date>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<AwardObjection>,
    /// The day by which the project is to be accepted.
    pub due_on: Date,
    /// Whether that was made later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extended: bool,
    /// The later deadline that waits for another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// What an acceptance finds; it waits for another person until the award is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
    /// Why it was cancelled, or a proposal last rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Award {
    /// What every line about its money carries.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions::of(&self.programme, self.organisation, self.fiscal_year)
    }

    /// Error: it is in another state.
    pub fn in_state(&self, status: AwardStatus) -> Result<(), GrantError> {
        Ok(WrongState::unless(self.status, &[status])?)
    }

    pub fn tranche(&self, name: &Label) -> Option<&Tranche> {
        self.tranches.iter().find(|tranche| tranche.name == *name)
    }

    /// How many objections wait, and whether one was upheld.
    fn standing(&self, status: ObjectionStatus) -> usize {
        self.objections.iter().filter(|objection| objection.status == status).count()
    }

    /// Whether its money may move: its publicity is over, and no objection stands.
    pub fn published(&self, today: Date) -> Result<(), GrantError> {
        if let Some(until) = self.published_until.filter(|until| today <= *until) {
            return Err(GrantError::PublicityRunning { until });
        }
        if self.standing(ObjectionStatus::Upheld) > 0 {
            return Err(GrantError::ObjectionUpheld);
        }
        match self.standing(ObjectionStatus::Open) {
            0 => Ok(()),
            count => Err(GrantError::ObjectionOpen { count: count.to_string() }),
        }
    }
}

/// `POST /awards/{id}/objections`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaiseAwardObjection {
    pub id: AwardId,
    pub text: TextHash,
}

/// `POST /awards/{id}/objections/{number}/resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveAwardObjection {
    pub id: AwardId,
    /// Counted from 1.
    pub number: u32,
    pub decision: Resolution,
    pub reason: TextHash,
}

/// `POST /awards/{id}/acceptance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeAcceptance {
    pub id: AwardId,
    /// CNY.
    pub entitlement: AmountOrZero,
    pub document: Line,
    pub decision: AcceptanceDecision,
    /// Of what is asked back.
    pub reason: TextHash,
}

/// `POST /awards/{id}/acceptance/approve` and `/extension/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameAward {
    pub id: AwardId,
}

/// `POST /awards/{id}/cancel`, `/acceptance/reject` and `/extension/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectAward {
    pub id: AwardId,
    pub reason: TextHash,
}

/// `POST /awards/{id}/extension`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeExtension {
    pub id: AwardId,
    pub until: Date,
    pub document: Line,
}
