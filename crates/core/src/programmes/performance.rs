//! Performance 绩效: what an appropriation is to achieve in its fiscal year, held to what was posted.

use serde::{Deserialize, Serialize};

use super::ProgrammeError;
use crate::domain::money::Amount;

/// What is measured; every figure follows from postings.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum PerformanceMetric {
    /// CNY paid out in the fiscal year.
    Expended,
    /// Percent of the year's own money that was paid out by the year's end.
    ExecutionRatePercent,
    /// Organisations to which anything was paid in the year.
    Organisations,
}

/// What is to be reached at least.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PerformanceTarget {
    pub metric: PerformanceMetric,
    /// In the metric's unit: CNY, percent, or a number of organisations.
    pub at_least: Amount,
}

/// Whether no metric has two targets.
pub fn check(targets: &[PerformanceTarget]) -> Result<(), ProgrammeError> {
    for (index, target) in targets.iter().enumerate() {
        let earlier = targets.iter().take(index).any(|one| one.metric == target.metric);
        if earlier {
            return Err(ProgrammeError::TargetTwice { pointer: format!("/targets/{index}/metric") });
        }
    }
    Ok(())
}
