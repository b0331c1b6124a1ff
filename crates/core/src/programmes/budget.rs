//! A programme's budget: appropriations, adjustments and lapses, each proposed by one person and posted when
//! another approves it.

use serde::{Deserialize, Serialize};

use super::{BudgetCodes, PerformanceTarget};
use crate::domain::dates::FiscalYear;
use crate::domain::money::{Amount, SignedAmount};
use crate::domain::{BudgetChangeId, Date, Line, Money, ProgrammeCode, Revision, Subject, TextHash};

/// What a change of the budget does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum BudgetChangeKind {
    /// 指标下达
    Appropriation,
    /// 指标调整, of either sign.
    Adjustment,
    /// 指标收回
    Lapse,
}

/// Where a change of a budget is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum BudgetChangeStatus {
    /// It waits for another person.
    Proposed,
    Approved,
    Reversed,
}

/// A change of a programme's budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetChange {
    pub id: BudgetChangeId,
    pub programme: ProgrammeCode,
    pub kind: BudgetChangeKind,
    /// CNY; negative only for an adjustment.
    pub amount: Money,
    /// The fiscal year of the money.
    pub fiscal_year: FiscalYear,
    /// The document that orders it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Line>,
    /// Where the money comes from (a fund, a level).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Line>,
    /// Under which codes it is budgeted: an appropriation's own, else the programme's of that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_codes: Option<BudgetCodes>,
    /// What the appropriation's fiscal year is to achieve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<PerformanceTarget>,
    /// The day it counts from; the business date of its approval where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
    /// Whether it is posted.
    pub status: BudgetChangeStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What is asked of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetRequest {
    /// `POST /programmes/{code}/appropriations`
    Appropriation {
        /// CNY.
        amount: Amount,
        /// Of which year.
        fiscal_year: FiscalYear,
        /// The document that orders it.
        document: Line,
        /// Where the money comes from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Line>,
        /// Under which codes it is budgeted; its programme's where none are given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        budget_codes: Option<Box<BudgetCodes>>,
        /// What its fiscal year is to achieve.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<PerformanceTarget>,
        /// The day it counts from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_date: Option<Date>,
    },
    /// `POST /programmes/{code}/adjustments`
    Adjustment {
        /// CNY, of either sign.
        amount: SignedAmount,
        /// The document that orders it.
        document: Line,
        reason: TextHash,
    },
    /// `POST /programmes/{code}/lapse`
    Lapse {
        /// CNY; all that is available where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// Of which year.
        fiscal_year: FiscalYear,
        reason: TextHash,
    },
}

/// A change of a budget, proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeBudgetChange {
    /// The id that the edge made.
    pub id: BudgetChangeId,
    pub programme: ProgrammeCode,
    pub request: BudgetRequest,
}

/// `POST /programmes/{code}/appropriations/{id}/approve` and its kin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveBudgetChange {
    pub programme: ProgrammeCode,
    /// What it does: each kind has a path of its own.
    pub kind: BudgetChangeKind,
    pub id: BudgetChangeId,
}
