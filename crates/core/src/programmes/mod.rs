//! Programmes 专项: a funded policy instrument: its legal basis, its window, its rules in versions, and
//! its budget.
//!
//! A programme, a version of its rules and a change of its budget are each proposed by one person and
//! approved by another. The rules in force on a day are the approved version with the latest
//! `effective_from` on or before it; a version that was dated back when it was approved governs nothing that was filed
//! before that.
pub mod assessment;
pub mod bounds;
pub mod budget;
pub mod budget_codes;
pub mod calculation;
mod calculation_error;
pub mod cap_use;
pub mod caps;
pub mod check;
pub mod dating;
pub mod documents;
pub mod eligibility;
pub mod expected;
pub mod explained;
pub mod fiscal_years;
pub mod funding;
pub mod grants;
pub mod inputs;
pub mod interest;
pub mod overrides;
pub mod performance;
pub mod policy;
pub mod prorated;
pub mod rate_ceilings;
pub mod rules;
pub mod service;
mod settled_line;
mod sheet_lines;
pub mod stacking;
pub mod statutory;
pub mod tiers;

use serde::{Deserialize, Serialize};

use crate::domain::dates::{FiscalYear, Window};
use crate::domain::money::OutOfRange;
use crate::domain::{CapGroupCode, Date, Line, Money, Points, ProgrammeCode, Revision, Subject, TextHash};
pub use budget::{
    ApproveBudgetChange, BudgetChange, BudgetChangeKind, BudgetChangeStatus, BudgetRequest,
    ProposeBudgetChange,
};
pub use budget_codes::BudgetCodes;
pub use cap_use::{CapPool, CapScope, CapUsageKey};
pub use dating::DatesError;
pub use eligibility::{Applicant, EligibilityError};
pub use funding::Level;
pub use performance::{PerformanceMetric, PerformanceTarget};
pub use policy::{Policy, PolicyError};
pub use settled_line::SettledLine;
pub use statutory::StatutoryLimits;

/// What a programme pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Instrument {
    /// 创新券 / 算力券
    Voucher,
    /// 补需方
    RentalSubsidy,
    /// 贷款贴息
    InterestSubsidy,
    /// 项目奖补
    Grant,
}

/// A title in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Title {
    pub zh: Line,
    pub en: Line,
}

/// The official text a programme rests on; its own validity may end before the policy's window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// Its number or title.
    pub document: Line,
    /// The notice's first day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub valid_from: Option<Date>,
    /// The notice's last day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub valid_until: Option<Date>,
}

/// Whether a programme may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ProgrammeStatus {
    Draft,
    /// Approved by another person.
    Active,
}

/// A programme. Its rules stand apart, a document a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    pub code: ProgrammeCode,
    pub title: Title,
    pub instrument: Instrument,
    /// Whose money it is.
    pub level: Level,
    pub legal_basis: LegalBasis,
    /// When it applies, both days included.
    pub window: Window,
    /// Under which codes its money is budgeted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_codes: Option<BudgetCodes>,
    /// Whether it may be used.
    pub status: ProgrammeStatus,
    /// How many versions of its rules there are; they are numbered from 1.
    pub versions: u32,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// Whether a proposal was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ProposalStatus {
    /// It waits for another person.
    Proposed,
    Approved,
}

/// A version of a programme's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesVersion {
    pub programme: ProgrammeCode,
    pub number: u32,
    /// The first day on which it can be in force.
    pub effective_from: Date,
    pub rules: Policy,
    /// SHA-256 of the rules' canonical JSON (RFC 8785, every value a string).
    pub sha256: String,
    /// Whether it was approved.
    pub status: ProposalStatus,
    /// Why it was proposed; the first version needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Subject>,
    /// The day on which it was approved; one that is dated back governs nothing that was filed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_on: Option<Date>,
    /// Interest only: the most points it pays, where it says so; held to the statutory limit by the database as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_max: Option<Points>,
    /// Interest only: the last day that earns, held to the statutory limit by the database as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_until: Option<Date>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// Which version of which programme's rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RulesKey {
    pub programme: ProgrammeCode,
    pub number: u32,
}

/// What counts against a cap of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Counts {
    Issue,
    /// Amounts approved for payment.
    Redemption,
}

/// What an organisation used of a programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CapUsage {
    /// CNY that count against the cap.
    pub amount: Money,
    /// The last day from which anything of it counts no more. What is dated back before it does not draw on what was freed:
    /// on that day it was not free yet.
    pub freed_on: Option<Date>,
}

impl CapUsage {
    /// With more used from a day on, or less where it is below zero. Error: out of range.
    pub fn moved(self, by: Money, day: Date) -> Result<Self, OutOfRange> {
        let freed_on = if by < Money::ZERO { self.freed_on.max(Some(day)) } else { self.freed_on };
        Ok(Self { amount: self.amount.plus(by)?, freed_on })
    }
}

/// `POST /programmes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeProgramme {
    pub code: ProgrammeCode,
    pub title: Title,
    pub instrument: Instrument,
    /// Whose money it is; the city's where left out.
    #[serde(default)]
    pub level: Level,
    pub legal_basis: LegalBasis,
    pub window: Window,
    /// Under which codes its money is budgeted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_codes: Option<BudgetCodes>,
    /// Version 1 of its rules.
    pub rules: Policy,
}

/// `POST /programmes/{code}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveProgramme {
    pub code: ProgrammeCode,
}

/// `POST /programmes/{code}/rules`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeRules {
    pub programme: ProgrammeCode,
    /// The first day on which they can be in force.
    pub effective_from: Date,
    pub rules: Policy,
    pub reason: TextHash,
}

/// `POST /programmes/{code}/rules/{version}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveRules {
    pub programme: ProgrammeCode,
    pub number: u32,
}

/// Why a programme, its rules or its budget do not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ProgrammeError {
    #[error("programme {programme} exists")]
    ProgrammeExists { programme: ProgrammeCode },
    #[error("the window is empty")]
    InvalidWindow,
    #[error("nothing is available")]
    NothingToLapse,
    /// Money of a fiscal year in which the programme does not run.
    #[error("fiscal year {fiscal_year} lies outside the programme's window")]
    FiscalYearOutsideWindow {
        fiscal_year: FiscalYear,
        /// The first year of the window.
        from: FiscalYear,
        /// The last year of the window.
        until: FiscalYear,
    },
    /// A metric has two targets.
    #[error("{pointer} has a target already")]
    TargetTwice { pointer: String },
    /// Money of a fiscal year whose last month is closed.
    #[error("fiscal year {fiscal_year} is closed")]
    FiscalYearClosed { fiscal_year: FiscalYear },
    /// What is asked does not fit in the available appropriation.
    #[error("{available} is available")]
    PotExhausted {
        /// CNY that is available.
        available: Money,
        /// CNY that was asked for.
        requested: Money,
    },
    /// The day lies outside the programme's window, or no version of the rules is in force on it.
    #[error("outside the programme's window")]
    WindowClosed { date: Date },
    #[error("programme {programme} is not active")]
    ProgrammeNotActive { programme: ProgrammeCode },
    #[error("programme {programme} is of another instrument")]
    WrongInstrument { programme: ProgrammeCode, instrument: String },
    /// The rules name caps that no two people agreed on.
    #[error("there is no cap group {group}")]
    CapGroupUnknown {
        group: CapGroupCode,
        /// Where it is named.
        field: String,
    },
    /// The rules do not fit the instrument or contradict themselves.
    #[error(transparent)]
    #[serde(untagged)]
    Policy(#[from] PolicyError),
    /// The dates of a case do not fit the rules.
    #[error(transparent)]
    #[serde(untagged)]
    Dates(#[from] DatesError),
}

crate::domain::coded! {
    ProgrammeError:
    ProgrammeExists InvalidWindow NothingToLapse TargetTwice FiscalYearOutsideWindow FiscalYearClosed PotExhausted WindowClosed
    ProgrammeNotActive WrongInstrument CapGroupUnknown ; Policy Dates
}
