//! Grants 项目奖补: money for projects that experts find good, in tranches, settled at the acceptance.
//!
//! A call is proposed and approved by two people: proposed → open | rejected; open → closed, once its awards are approved.
//! An application is filed under it: draft → submitted → passed | returned | rejected; withdrawn; passed → awarded. Each
//! expert scores a passed one once, blind to the others until all have. Who proposes the awards takes the ranking from its
//! top as far as quota and budget go; another person approves them, which commits their amounts ([`awards`]).
pub mod awards;
pub mod ranking;
pub mod refusal;
pub mod rules;
pub mod settlement;
pub mod tranches;

use serde::{Deserialize, Serialize};

use crate::domain::dates::Window;
use crate::domain::money::Amount;
use crate::domain::{
    ApplicationId, AwardId, CallId, CreditCode, Date, EvidenceId, Label, Line, Money, ProgrammeCode,
    Revision, Score, Sequence, Subject, TextHash,
};
use crate::programmes::grants::Quota;
use crate::programmes::{SettledLine, Title};
use crate::vouchers::ReviewDecision;
use ranking::Mean;
pub use refusal::GrantError;

/// The most applications of a call.
pub const APPLICATIONS_MAX: usize = 500;

/// Where a call is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum CallStatus {
    /// It waits for another person.
    Proposed,
    /// It takes applications.
    Open,
    Rejected,
    /// Its awards are approved.
    Closed,
}

/// An application on the list of awards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub application: ApplicationId,
    pub organisation: CreditCode,
    pub mean: Mean,
    /// CNY.
    pub amount: Money,
    /// The award, once it is approved.
    pub award: AwardId,
}

/// 申报通知: what may be applied for, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub id: CallId,
    pub programme: ProgrammeCode,
    pub title: Title,
    /// When is filed, both days included.
    pub filing: Window,
    /// Of this call, beside that of the rules.
    pub quota: Quota,
    pub status: CallStatus,
    /// Under which version of the rules everything of it is decided, from its approval on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_version: Option<u32>,
    /// What was filed, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<ApplicationId>,
    /// The awards that wait for another person, or that were approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<Listed>,
    /// Why it, or its awards, were rejected last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What money is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub name: Line,
    /// Its first day.
    pub from: Date,
    /// How long it takes.
    pub months: u32,
    pub budget: Vec<SettledLine>,
}

/// Where an application is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ApplicationStatus {
    Draft,
    Submitted,
    /// 形式审查通过: experts may score it.
    Passed,
    Returned,
    Rejected,
    Withdrawn,
    /// 立项
    Awarded,
}

/// Who is asked to score an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Expert {
    pub subject: Subject,
    /// For whom they work, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub organisation: Option<CreditCode>,
}

/// What an expert finds of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    pub name: Label,
    pub score: Score,
}

/// What an expert found of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpertScore {
    pub subject: Subject,
    pub criteria: Vec<Criterion>,
    /// What they sum to.
    pub total: Score,
    pub comment: TextHash,
}

/// 申报书
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    pub id: ApplicationId,
    pub call: CallId,
    pub programme: ProgrammeCode,
    pub organisation: CreditCode,
    pub project: Project,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
    pub status: ApplicationStatus,
    /// CNY that may be awarded: of its newest calculation sheet.
    pub amount: Money,
    pub rules_version: u32,
    /// The number of its newest calculation sheet.
    pub calculation: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experts: Vec<Expert>,
    /// In the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<ExpertScore>,
    /// The leaf that filed it last: of equal means the earlier comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Sequence>,
    /// Why it was returned or rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Application {
    /// Whether an expert was named for it.
    pub fn named(&self, subject: &Subject) -> bool {
        self.experts.iter().any(|expert| expert.subject == *subject)
    }

    /// Whether every expert has scored it.
    pub fn is_scored(&self) -> bool {
        !self.experts.is_empty() && self.scores.len() == self.experts.len()
    }
}

/// `POST /calls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeCall {
    /// The id that the edge made.
    pub id: CallId,
    pub programme: ProgrammeCode,
    pub title: Title,
    pub filing: Window,
    pub quota: Quota,
}

/// `POST /calls/{id}/approve` and `/awards/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCall {
    pub id: CallId,
}

/// `POST /calls/{id}/reject` and `/awards/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectCall {
    pub id: CallId,
    pub reason: TextHash,
}

/// `POST /applications` and `PUT /applications/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteApplication {
    /// Which; of a new one the id that the edge made.
    pub id: ApplicationId,
    pub call: CallId,
    pub organisation: CreditCode,
    pub project: Project,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}

/// `POST /applications/{id}/submit` and `/withdraw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameApplication {
    pub id: ApplicationId,
}

/// `POST /applications/{id}/review`: 形式审查.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewApplication {
    pub id: ApplicationId,
    pub decision: ReviewDecision,
    /// Why; needed to return or reject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
}

/// `POST /applications/{id}/experts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameExperts {
    pub id: ApplicationId,
    pub experts: Vec<Expert>,
    /// Who was named and does not score it after all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excused: Vec<Subject>,
}

/// `POST /applications/{id}/scores`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreApplication {
    pub id: ApplicationId,
    /// For whom the expert works, as their token says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CreditCode>,
    pub criteria: Vec<Criterion>,
    pub comment: TextHash,
}

/// What an application is to be awarded, where that is less than it may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AwardRequest {
    #[serde(rename = "application_id")]
    pub application: ApplicationId,
    pub amount: Amount,
}

/// `POST /calls/{id}/awards`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeAwards {
    pub id: CallId,
    /// The ranking from its top; as far as quota and budget go where none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awards: Vec<AwardRequest>,
}
